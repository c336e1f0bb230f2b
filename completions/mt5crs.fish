# Completions of mt5crs for fish: the program gives the candidates, each as VALUE, a tab and HELP.
complete --command mt5crs --no-files --keep-order --arguments '(_MT5CRS_COMPLETE=fish mt5crs -- (commandline --current-process --tokenize --cut-at-cursor) (commandline --current-token --cut-at-cursor) 2>/dev/null)'
