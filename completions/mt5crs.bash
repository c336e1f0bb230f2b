# Completions of mt5crs for bash: the program gives the candidates.
#
# A word that holds `=` or `:` is several words here; the program joins them by the typed line.
_mt5crs() {
    local candidate
    COMPREPLY=()
    while IFS= read -r candidate; do
        COMPREPLY+=("$candidate")
    done < <(_MT5CRS_COMPLETE=bash _MT5CRS_LINE="${COMP_LINE:0:COMP_POINT}" \
        mt5crs -- "${COMP_WORDS[@]:0:COMP_CWORD}" "$2" 2>/dev/null)
    # A directory goes on.
    if [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == */ ]]; then
        compopt -o nospace 2>/dev/null
    fi
}

# The order is the program's, where bash can keep it.
complete -o bashdefault -o nosort -F _mt5crs mt5crs 2>/dev/null || complete -o bashdefault -F _mt5crs mt5crs
