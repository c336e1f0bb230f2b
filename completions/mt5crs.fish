# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_mt5crs_global_optspecs
    string join \n o/output= outfile= color= v/verbose q/quiet log-format= host= port= timeout= attempts= retry-interval= state-dir= log-dir= env-file= profile= all-profiles config= deadline= allow-loopback sim keep sim-positions= sim-seed= sim-fault= sim-book= sim-link-rtt= sim-exec-time= h/help V/version
end

function __fish_mt5crs_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_mt5crs_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_mt5crs_using_subcommand
    set -l cmd (__fish_mt5crs_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c mt5crs -n "__fish_mt5crs_needs_command" -s o -l output -d 'Format of the result' -r -f -a "human\t'Text and tables'
json\t'One JSON document, on failure too'
nagios\t'For reads: the line and exit code of a monitoring plugin'
prometheus\t'For reads: metrics in Prometheus\'s text format'"
complete -c mt5crs -n "__fish_mt5crs_needs_command" -l outfile -d 'With -o prometheus: replace this file atomically instead of printing' -r -F
complete -c mt5crs -n "__fish_mt5crs_needs_command" -l color -d 'When to print colours; NO_COLOR and CLICOLOR_FORCE are obeyed with auto' -r -f -a "auto\t'On a terminal; NO_COLOR, CLICOLOR_FORCE and TERM=dumb are obeyed'
always\t'Into pipes and files as well'
never\t'Nowhere'"
complete -c mt5crs -n "__fish_mt5crs_needs_command" -l log-format -d 'Format of the run\'s own log; VERIFY_LOG.log is always text' -r -f -a "text\t'For people and for grep'
json\t'One object a line'"
complete -c mt5crs -n "__fish_mt5crs_needs_command" -l host -d 'Address or name of the gateway [GATEWAY_HOST, GTW_HOST]' -r
complete -c mt5crs -n "__fish_mt5crs_needs_command" -l port -d 'Port of the gateway [GATEWAY_PORT, GTW_PORT]' -r
complete -c mt5crs -n "__fish_mt5crs_needs_command" -l timeout -d 'Timeout of each attempt of a read [SYNC_TIMEOUT_S]' -r
complete -c mt5crs -n "__fish_mt5crs_needs_command" -l attempts -d 'Number of attempts of a read, the first included [SYNC_RETRY_COUNT]' -r
complete -c mt5crs -n "__fish_mt5crs_needs_command" -l retry-interval -d 'Wait between two attempts [SYNC_RETRY_INTERVAL_S]' -r
complete -c mt5crs -n "__fish_mt5crs_needs_command" -l state-dir -d 'Directory of snapshots and evidence [MT5CRS_STATE_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_needs_command" -l log-dir -d 'Directory of logs [MT5CRS_LOG_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_needs_command" -l env-file -d 'Read this file instead of ./.env or /etc/mt5crs/PROFILE.env' -r -F
complete -c mt5crs -n "__fish_mt5crs_needs_command" -l profile -d 'Account in the configuration file [MT5CRS_PROFILE]; repeatable for commands that send no order' -r
complete -c mt5crs -n "__fish_mt5crs_needs_command" -l config -d 'The configuration file, else ./config.json or /etc/mt5crs/config.json [MT5CRS_CONFIG]' -r
complete -c mt5crs -n "__fish_mt5crs_needs_command" -l deadline -d 'Time limit of the command; the exit code then states the proof so far' -r
complete -c mt5crs -n "__fish_mt5crs_needs_command" -l sim-positions -d 'Number of positions that it holds' -r
complete -c mt5crs -n "__fish_mt5crs_needs_command" -l sim-seed -d 'Seed of its prices' -r
complete -c mt5crs -n "__fish_mt5crs_needs_command" -l sim-fault -d 'A fault that it has, by name (repeatable); `mt5crs sim --list-faults` explains each' -r
complete -c mt5crs -n "__fish_mt5crs_needs_command" -l sim-book -d 'Keep its book in this file' -r -F
complete -c mt5crs -n "__fish_mt5crs_needs_command" -l sim-link-rtt -d 'Round trip of its link, which pipelining hides' -r
complete -c mt5crs -n "__fish_mt5crs_needs_command" -l sim-exec-time -d 'The broker\'s time for an order, which pipelining doesn\'t hide' -r
complete -c mt5crs -n "__fish_mt5crs_needs_command" -s v -l verbose -d 'Print more on stderr: once the run\'s log, twice every round trip'
complete -c mt5crs -n "__fish_mt5crs_needs_command" -s q -l quiet -d 'Print nothing but errors on stderr'
complete -c mt5crs -n "__fish_mt5crs_needs_command" -l all-profiles -d 'Every account in the configuration file, side by side; the exit code is the worst'
complete -c mt5crs -n "__fish_mt5crs_needs_command" -l allow-loopback -d 'Allow a gateway on this machine'
complete -c mt5crs -n "__fish_mt5crs_needs_command" -l sim -d 'Run against a simulated gateway that lives as long as the command; nothing that is configured is touched'
complete -c mt5crs -n "__fish_mt5crs_needs_command" -l keep -d 'Keep its scratch tree, with state, logs and kill switch, at the end'
complete -c mt5crs -n "__fish_mt5crs_needs_command" -s h -l help -d 'Print help; -h shows the main options only'
complete -c mt5crs -n "__fish_mt5crs_needs_command" -s V -l version -d 'Print the version'
complete -c mt5crs -n "__fish_mt5crs_needs_command" -f -a "link-test" -d 'Test the link to the gateway, layer by layer'
complete -c mt5crs -n "__fish_mt5crs_needs_command" -f -a "positions" -d 'Show account and positions as the gateway reports them'
complete -c mt5crs -n "__fish_mt5crs_needs_command" -f -a "sync" -d 'Recover and check account and positions, then become COMMAND'
complete -c mt5crs -n "__fish_mt5crs_needs_command" -f -a "audit" -d 'Check whether this deployment is fit to trade'
complete -c mt5crs -n "__fish_mt5crs_needs_command" -f -a "canary" -d 'Open one tiny order, prove it, close it, prove that'
complete -c mt5crs -n "__fish_mt5crs_needs_command" -f -a "drift" -d 'Compare two samples: the Population Stability Index'
complete -c mt5crs -n "__fish_mt5crs_needs_command" -f -a "emergency-close" -d 'Close every position, or name exactly those that remain'
complete -c mt5crs -n "__fish_mt5crs_needs_command" -f -a "phoenix" -d 'Test recovery: kill processes, cut wires, fill disks'
complete -c mt5crs -n "__fish_mt5crs_needs_command" -f -a "breaker" -d 'Show, engage or release the kill switch'
complete -c mt5crs -n "__fish_mt5crs_needs_command" -f -a "state" -d 'Show a gateway\'s state directory, or join a second one'
complete -c mt5crs -n "__fish_mt5crs_needs_command" -f -a "evidence" -d 'Show or verify intended orders and proved outcomes'
complete -c mt5crs -n "__fish_mt5crs_needs_command" -f -a "sim" -d 'Run a simulated gateway to practise on'
complete -c mt5crs -n "__fish_mt5crs_needs_command" -f -a "logs" -d 'Search the logs, list alerts, or sum them up'
complete -c mt5crs -n "__fish_mt5crs_needs_command" -f -a "config" -d 'Show or check the settings'
complete -c mt5crs -n "__fish_mt5crs_needs_command" -f -a "explain" -d 'Explain a code, a check, a guard or an alert, and its remedy'
complete -c mt5crs -n "__fish_mt5crs_needs_command" -f -a "schema" -d 'Print the JSON Schema of a report'
complete -c mt5crs -n "__fish_mt5crs_needs_command" -f -a "completions" -d 'Print a shell\'s completions'
complete -c mt5crs -n "__fish_mt5crs_needs_command" -f -a "man" -d 'Print a manual page, or write them all'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand link-test" -s c -l count -d 'Number of round trips' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand link-test" -l interval -d 'Interval between round trips' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand link-test" -l watch -d 'Go on until stopped: test this often, 10ms at least, and print every change' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand link-test" -l on-change -d 'With each change, run this command of the shell; it gets the change as JSON' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand link-test" -l on-change-timeout -d 'How long that command may take before it is killed with its children; up to 25s' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand link-test" -s o -l output -d 'Format of the result' -r -f -a "human\t'Text and tables'
json\t'One JSON document, on failure too'
nagios\t'For reads: the line and exit code of a monitoring plugin'
prometheus\t'For reads: metrics in Prometheus\'s text format'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand link-test" -l outfile -d 'With -o prometheus: replace this file atomically instead of printing' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand link-test" -l color -d 'When to print colours; NO_COLOR and CLICOLOR_FORCE are obeyed with auto' -r -f -a "auto\t'On a terminal; NO_COLOR, CLICOLOR_FORCE and TERM=dumb are obeyed'
always\t'Into pipes and files as well'
never\t'Nowhere'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand link-test" -l log-format -d 'Format of the run\'s own log; VERIFY_LOG.log is always text' -r -f -a "text\t'For people and for grep'
json\t'One object a line'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand link-test" -l host -d 'Address or name of the gateway [GATEWAY_HOST, GTW_HOST]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand link-test" -l port -d 'Port of the gateway [GATEWAY_PORT, GTW_PORT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand link-test" -l timeout -d 'Timeout of each attempt of a read [SYNC_TIMEOUT_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand link-test" -l attempts -d 'Number of attempts of a read, the first included [SYNC_RETRY_COUNT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand link-test" -l retry-interval -d 'Wait between two attempts [SYNC_RETRY_INTERVAL_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand link-test" -l state-dir -d 'Directory of snapshots and evidence [MT5CRS_STATE_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand link-test" -l log-dir -d 'Directory of logs [MT5CRS_LOG_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand link-test" -l env-file -d 'Read this file instead of ./.env or /etc/mt5crs/PROFILE.env' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand link-test" -l profile -d 'Account in the configuration file [MT5CRS_PROFILE]; repeatable for commands that send no order' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand link-test" -l config -d 'The configuration file, else ./config.json or /etc/mt5crs/config.json [MT5CRS_CONFIG]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand link-test" -l deadline -d 'Time limit of the command; the exit code then states the proof so far' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand link-test" -l sim-positions -d 'Number of positions that it holds' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand link-test" -l sim-seed -d 'Seed of its prices' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand link-test" -l sim-fault -d 'A fault that it has, by name (repeatable); `mt5crs sim --list-faults` explains each' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand link-test" -l sim-book -d 'Keep its book in this file' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand link-test" -l sim-link-rtt -d 'Round trip of its link, which pipelining hides' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand link-test" -l sim-exec-time -d 'The broker\'s time for an order, which pipelining doesn\'t hide' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand link-test" -l histogram -d 'Draw the distribution of the round trips'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand link-test" -s v -l verbose -d 'Print more on stderr: once the run\'s log, twice every round trip'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand link-test" -s q -l quiet -d 'Print nothing but errors on stderr'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand link-test" -l all-profiles -d 'Every account in the configuration file, side by side; the exit code is the worst'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand link-test" -l allow-loopback -d 'Allow a gateway on this machine'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand link-test" -l sim -d 'Run against a simulated gateway that lives as long as the command; nothing that is configured is touched'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand link-test" -l keep -d 'Keep its scratch tree, with state, logs and kill switch, at the end'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand link-test" -s h -l help -d 'Print help; -h shows the main options only'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand link-test" -s V -l version -d 'Print the version'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand positions" -l symbol -d 'Show only this symbol, as the broker spells it (repeatable)' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand positions" -l credit -d 'The account\'s credit, by which equity exceeds balance' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand positions" -s o -l output -d 'Format of the result' -r -f -a "human\t'Text and tables'
json\t'One JSON document, on failure too'
nagios\t'For reads: the line and exit code of a monitoring plugin'
prometheus\t'For reads: metrics in Prometheus\'s text format'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand positions" -l outfile -d 'With -o prometheus: replace this file atomically instead of printing' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand positions" -l color -d 'When to print colours; NO_COLOR and CLICOLOR_FORCE are obeyed with auto' -r -f -a "auto\t'On a terminal; NO_COLOR, CLICOLOR_FORCE and TERM=dumb are obeyed'
always\t'Into pipes and files as well'
never\t'Nowhere'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand positions" -l log-format -d 'Format of the run\'s own log; VERIFY_LOG.log is always text' -r -f -a "text\t'For people and for grep'
json\t'One object a line'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand positions" -l host -d 'Address or name of the gateway [GATEWAY_HOST, GTW_HOST]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand positions" -l port -d 'Port of the gateway [GATEWAY_PORT, GTW_PORT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand positions" -l timeout -d 'Timeout of each attempt of a read [SYNC_TIMEOUT_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand positions" -l attempts -d 'Number of attempts of a read, the first included [SYNC_RETRY_COUNT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand positions" -l retry-interval -d 'Wait between two attempts [SYNC_RETRY_INTERVAL_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand positions" -l state-dir -d 'Directory of snapshots and evidence [MT5CRS_STATE_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand positions" -l log-dir -d 'Directory of logs [MT5CRS_LOG_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand positions" -l env-file -d 'Read this file instead of ./.env or /etc/mt5crs/PROFILE.env' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand positions" -l profile -d 'Account in the configuration file [MT5CRS_PROFILE]; repeatable for commands that send no order' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand positions" -l config -d 'The configuration file, else ./config.json or /etc/mt5crs/config.json [MT5CRS_CONFIG]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand positions" -l deadline -d 'Time limit of the command; the exit code then states the proof so far' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand positions" -l sim-positions -d 'Number of positions that it holds' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand positions" -l sim-seed -d 'Seed of its prices' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand positions" -l sim-fault -d 'A fault that it has, by name (repeatable); `mt5crs sim --list-faults` explains each' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand positions" -l sim-book -d 'Keep its book in this file' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand positions" -l sim-link-rtt -d 'Round trip of its link, which pipelining hides' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand positions" -l sim-exec-time -d 'The broker\'s time for an order, which pipelining doesn\'t hide' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand positions" -l all -d 'Show every row of a table, not the first 50'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand positions" -s v -l verbose -d 'Print more on stderr: once the run\'s log, twice every round trip'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand positions" -s q -l quiet -d 'Print nothing but errors on stderr'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand positions" -l all-profiles -d 'Every account in the configuration file, side by side; the exit code is the worst'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand positions" -l allow-loopback -d 'Allow a gateway on this machine'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand positions" -l sim -d 'Run against a simulated gateway that lives as long as the command; nothing that is configured is touched'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand positions" -l keep -d 'Keep its scratch tree, with state, logs and kill switch, at the end'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand positions" -s h -l help -d 'Print help; -h shows the main options only'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand positions" -s V -l version -d 'Print the version'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sync" -l allow-warn -d 'Start COMMAND in spite of this warning (repeatable)' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sync" -l report -d 'Write the JSON report to this file as well' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sync" -l credit -d 'The account\'s credit, by which equity exceeds balance' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sync" -s o -l output -d 'Format of the result' -r -f -a "human\t'Text and tables'
json\t'One JSON document, on failure too'
nagios\t'For reads: the line and exit code of a monitoring plugin'
prometheus\t'For reads: metrics in Prometheus\'s text format'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sync" -l outfile -d 'With -o prometheus: replace this file atomically instead of printing' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sync" -l color -d 'When to print colours; NO_COLOR and CLICOLOR_FORCE are obeyed with auto' -r -f -a "auto\t'On a terminal; NO_COLOR, CLICOLOR_FORCE and TERM=dumb are obeyed'
always\t'Into pipes and files as well'
never\t'Nowhere'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sync" -l log-format -d 'Format of the run\'s own log; VERIFY_LOG.log is always text' -r -f -a "text\t'For people and for grep'
json\t'One object a line'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sync" -l host -d 'Address or name of the gateway [GATEWAY_HOST, GTW_HOST]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sync" -l port -d 'Port of the gateway [GATEWAY_PORT, GTW_PORT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sync" -l timeout -d 'Timeout of each attempt of a read [SYNC_TIMEOUT_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sync" -l attempts -d 'Number of attempts of a read, the first included [SYNC_RETRY_COUNT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sync" -l retry-interval -d 'Wait between two attempts [SYNC_RETRY_INTERVAL_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sync" -l state-dir -d 'Directory of snapshots and evidence [MT5CRS_STATE_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sync" -l log-dir -d 'Directory of logs [MT5CRS_LOG_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sync" -l env-file -d 'Read this file instead of ./.env or /etc/mt5crs/PROFILE.env' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sync" -l profile -d 'Account in the configuration file [MT5CRS_PROFILE]; repeatable for commands that send no order' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sync" -l config -d 'The configuration file, else ./config.json or /etc/mt5crs/config.json [MT5CRS_CONFIG]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sync" -l deadline -d 'Time limit of the command; the exit code then states the proof so far' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sync" -l sim-positions -d 'Number of positions that it holds' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sync" -l sim-seed -d 'Seed of its prices' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sync" -l sim-fault -d 'A fault that it has, by name (repeatable); `mt5crs sim --list-faults` explains each' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sync" -l sim-book -d 'Keep its book in this file' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sync" -l sim-link-rtt -d 'Round trip of its link, which pipelining hides' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sync" -l sim-exec-time -d 'The broker\'s time for an order, which pipelining doesn\'t hide' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sync" -l all -d 'Show every row of a table, not the first 50'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sync" -s v -l verbose -d 'Print more on stderr: once the run\'s log, twice every round trip'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sync" -s q -l quiet -d 'Print nothing but errors on stderr'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sync" -l all-profiles -d 'Every account in the configuration file, side by side; the exit code is the worst'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sync" -l allow-loopback -d 'Allow a gateway on this machine'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sync" -l sim -d 'Run against a simulated gateway that lives as long as the command; nothing that is configured is touched'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sync" -l keep -d 'Keep its scratch tree, with state, logs and kill switch, at the end'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sync" -s h -l help -d 'Print help; -h shows the main options only'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sync" -s V -l version -d 'Print the version'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand audit; and not __fish_seen_subcommand_from checks" -l only -d 'Run only these checks or groups (repeatable, or with commas)' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand audit; and not __fish_seen_subcommand_from checks" -l skip -d 'Leave out these checks or groups' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand audit; and not __fish_seen_subcommand_from checks" -l fail-on -d 'The lowest result that makes the exit code 1' -r -f -a "warn\t'Warnings and failures'
fail\t'Failures'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand audit; and not __fish_seen_subcommand_from checks" -l cpu-window -d 'How long the CPU of the engine\'s unit is measured' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand audit; and not __fish_seen_subcommand_from checks" -l credit -d 'The account\'s credit, by which equity exceeds balance' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand audit; and not __fish_seen_subcommand_from checks" -s o -l output -d 'Format of the result' -r -f -a "human\t'Text and tables'
json\t'One JSON document, on failure too'
nagios\t'For reads: the line and exit code of a monitoring plugin'
prometheus\t'For reads: metrics in Prometheus\'s text format'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand audit; and not __fish_seen_subcommand_from checks" -l outfile -d 'With -o prometheus: replace this file atomically instead of printing' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand audit; and not __fish_seen_subcommand_from checks" -l color -d 'When to print colours; NO_COLOR and CLICOLOR_FORCE are obeyed with auto' -r -f -a "auto\t'On a terminal; NO_COLOR, CLICOLOR_FORCE and TERM=dumb are obeyed'
always\t'Into pipes and files as well'
never\t'Nowhere'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand audit; and not __fish_seen_subcommand_from checks" -l log-format -d 'Format of the run\'s own log; VERIFY_LOG.log is always text' -r -f -a "text\t'For people and for grep'
json\t'One object a line'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand audit; and not __fish_seen_subcommand_from checks" -l host -d 'Address or name of the gateway [GATEWAY_HOST, GTW_HOST]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand audit; and not __fish_seen_subcommand_from checks" -l port -d 'Port of the gateway [GATEWAY_PORT, GTW_PORT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand audit; and not __fish_seen_subcommand_from checks" -l timeout -d 'Timeout of each attempt of a read [SYNC_TIMEOUT_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand audit; and not __fish_seen_subcommand_from checks" -l attempts -d 'Number of attempts of a read, the first included [SYNC_RETRY_COUNT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand audit; and not __fish_seen_subcommand_from checks" -l retry-interval -d 'Wait between two attempts [SYNC_RETRY_INTERVAL_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand audit; and not __fish_seen_subcommand_from checks" -l state-dir -d 'Directory of snapshots and evidence [MT5CRS_STATE_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand audit; and not __fish_seen_subcommand_from checks" -l log-dir -d 'Directory of logs [MT5CRS_LOG_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand audit; and not __fish_seen_subcommand_from checks" -l env-file -d 'Read this file instead of ./.env or /etc/mt5crs/PROFILE.env' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand audit; and not __fish_seen_subcommand_from checks" -l profile -d 'Account in the configuration file [MT5CRS_PROFILE]; repeatable for commands that send no order' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand audit; and not __fish_seen_subcommand_from checks" -l config -d 'The configuration file, else ./config.json or /etc/mt5crs/config.json [MT5CRS_CONFIG]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand audit; and not __fish_seen_subcommand_from checks" -l deadline -d 'Time limit of the command; the exit code then states the proof so far' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand audit; and not __fish_seen_subcommand_from checks" -l sim-positions -d 'Number of positions that it holds' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand audit; and not __fish_seen_subcommand_from checks" -l sim-seed -d 'Seed of its prices' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand audit; and not __fish_seen_subcommand_from checks" -l sim-fault -d 'A fault that it has, by name (repeatable); `mt5crs sim --list-faults` explains each' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand audit; and not __fish_seen_subcommand_from checks" -l sim-book -d 'Keep its book in this file' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand audit; and not __fish_seen_subcommand_from checks" -l sim-link-rtt -d 'Round trip of its link, which pipelining hides' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand audit; and not __fish_seen_subcommand_from checks" -l sim-exec-time -d 'The broker\'s time for an order, which pipelining doesn\'t hide' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand audit; and not __fish_seen_subcommand_from checks" -l all -d 'Show every row of a table, not the first 50'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand audit; and not __fish_seen_subcommand_from checks" -s v -l verbose -d 'Print more on stderr: once the run\'s log, twice every round trip'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand audit; and not __fish_seen_subcommand_from checks" -s q -l quiet -d 'Print nothing but errors on stderr'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand audit; and not __fish_seen_subcommand_from checks" -l all-profiles -d 'Every account in the configuration file, side by side; the exit code is the worst'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand audit; and not __fish_seen_subcommand_from checks" -l allow-loopback -d 'Allow a gateway on this machine'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand audit; and not __fish_seen_subcommand_from checks" -l sim -d 'Run against a simulated gateway that lives as long as the command; nothing that is configured is touched'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand audit; and not __fish_seen_subcommand_from checks" -l keep -d 'Keep its scratch tree, with state, logs and kill switch, at the end'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand audit; and not __fish_seen_subcommand_from checks" -s h -l help -d 'Print help; -h shows the main options only'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand audit; and not __fish_seen_subcommand_from checks" -s V -l version -d 'Print the version'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand audit; and not __fish_seen_subcommand_from checks" -f -a "checks" -d 'List every check: its code, its worst result, its subject'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand audit; and __fish_seen_subcommand_from checks" -s o -l output -d 'Format of the result' -r -f -a "human\t'Text and tables'
json\t'One JSON document, on failure too'
nagios\t'For reads: the line and exit code of a monitoring plugin'
prometheus\t'For reads: metrics in Prometheus\'s text format'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand audit; and __fish_seen_subcommand_from checks" -l outfile -d 'With -o prometheus: replace this file atomically instead of printing' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand audit; and __fish_seen_subcommand_from checks" -l color -d 'When to print colours; NO_COLOR and CLICOLOR_FORCE are obeyed with auto' -r -f -a "auto\t'On a terminal; NO_COLOR, CLICOLOR_FORCE and TERM=dumb are obeyed'
always\t'Into pipes and files as well'
never\t'Nowhere'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand audit; and __fish_seen_subcommand_from checks" -l log-format -d 'Format of the run\'s own log; VERIFY_LOG.log is always text' -r -f -a "text\t'For people and for grep'
json\t'One object a line'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand audit; and __fish_seen_subcommand_from checks" -l host -d 'Address or name of the gateway [GATEWAY_HOST, GTW_HOST]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand audit; and __fish_seen_subcommand_from checks" -l port -d 'Port of the gateway [GATEWAY_PORT, GTW_PORT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand audit; and __fish_seen_subcommand_from checks" -l timeout -d 'Timeout of each attempt of a read [SYNC_TIMEOUT_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand audit; and __fish_seen_subcommand_from checks" -l attempts -d 'Number of attempts of a read, the first included [SYNC_RETRY_COUNT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand audit; and __fish_seen_subcommand_from checks" -l retry-interval -d 'Wait between two attempts [SYNC_RETRY_INTERVAL_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand audit; and __fish_seen_subcommand_from checks" -l state-dir -d 'Directory of snapshots and evidence [MT5CRS_STATE_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand audit; and __fish_seen_subcommand_from checks" -l log-dir -d 'Directory of logs [MT5CRS_LOG_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand audit; and __fish_seen_subcommand_from checks" -l env-file -d 'Read this file instead of ./.env or /etc/mt5crs/PROFILE.env' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand audit; and __fish_seen_subcommand_from checks" -l profile -d 'Account in the configuration file [MT5CRS_PROFILE]; repeatable for commands that send no order' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand audit; and __fish_seen_subcommand_from checks" -l config -d 'The configuration file, else ./config.json or /etc/mt5crs/config.json [MT5CRS_CONFIG]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand audit; and __fish_seen_subcommand_from checks" -l deadline -d 'Time limit of the command; the exit code then states the proof so far' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand audit; and __fish_seen_subcommand_from checks" -l sim-positions -d 'Number of positions that it holds' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand audit; and __fish_seen_subcommand_from checks" -l sim-seed -d 'Seed of its prices' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand audit; and __fish_seen_subcommand_from checks" -l sim-fault -d 'A fault that it has, by name (repeatable); `mt5crs sim --list-faults` explains each' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand audit; and __fish_seen_subcommand_from checks" -l sim-book -d 'Keep its book in this file' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand audit; and __fish_seen_subcommand_from checks" -l sim-link-rtt -d 'Round trip of its link, which pipelining hides' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand audit; and __fish_seen_subcommand_from checks" -l sim-exec-time -d 'The broker\'s time for an order, which pipelining doesn\'t hide' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand audit; and __fish_seen_subcommand_from checks" -s v -l verbose -d 'Print more on stderr: once the run\'s log, twice every round trip'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand audit; and __fish_seen_subcommand_from checks" -s q -l quiet -d 'Print nothing but errors on stderr'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand audit; and __fish_seen_subcommand_from checks" -l all-profiles -d 'Every account in the configuration file, side by side; the exit code is the worst'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand audit; and __fish_seen_subcommand_from checks" -l allow-loopback -d 'Allow a gateway on this machine'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand audit; and __fish_seen_subcommand_from checks" -l sim -d 'Run against a simulated gateway that lives as long as the command; nothing that is configured is touched'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand audit; and __fish_seen_subcommand_from checks" -l keep -d 'Keep its scratch tree, with state, logs and kill switch, at the end'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand audit; and __fish_seen_subcommand_from checks" -s h -l help -d 'Print help; -h shows the main options only'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand audit; and __fish_seen_subcommand_from checks" -s V -l version -d 'Print the version'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand canary" -l symbol -d 'Symbol to trade [MT5CRS_CANARY_SYMBOL]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand canary" -l monitor -d 'Watch the position this long, up to 168h, then close' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand canary" -l monitor-interval -d 'Interval between two looks of --monitor, on a fixed schedule; 100ms to 60s' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand canary" -l on-stop -d 'What a stop does with a watched position: close or keep [MT5CRS_ON_STOP]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand canary" -l on-change -d 'With each change, run this command of the shell; it gets the change as JSON' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand canary" -l on-change-timeout -d 'How long that command may take before it is killed with its children; up to 25s' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand canary" -l credit -d 'The account\'s credit, by which equity exceeds balance' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand canary" -l decision -d 'The admission decision, JSON [MT5CRS_DECISION_FILE]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand canary" -l decision-report -d 'The report that must hold the decision\'s hash [MT5CRS_DECISION_REPORT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand canary" -l decision-hash -d 'The hash that the decision must have [MT5CRS_DECISION_HASH]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand canary" -l decision-max-age -d 'Maximum age of the decision [MT5CRS_DECISION_MAX_AGE]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand canary" -l drift-reference -d 'The sample that the strategy was made for [MT5CRS_DRIFT_REFERENCE]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand canary" -l drift-current -d 'The current sample; each needs at least 200 values [MT5CRS_DRIFT_CURRENT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand canary" -l drift-field -d 'The CSV column or JSONL field of both; without it each line is a number [MT5CRS_DRIFT_FIELD]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand canary" -s o -l output -d 'Format of the result' -r -f -a "human\t'Text and tables'
json\t'One JSON document, on failure too'
nagios\t'For reads: the line and exit code of a monitoring plugin'
prometheus\t'For reads: metrics in Prometheus\'s text format'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand canary" -l outfile -d 'With -o prometheus: replace this file atomically instead of printing' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand canary" -l color -d 'When to print colours; NO_COLOR and CLICOLOR_FORCE are obeyed with auto' -r -f -a "auto\t'On a terminal; NO_COLOR, CLICOLOR_FORCE and TERM=dumb are obeyed'
always\t'Into pipes and files as well'
never\t'Nowhere'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand canary" -l log-format -d 'Format of the run\'s own log; VERIFY_LOG.log is always text' -r -f -a "text\t'For people and for grep'
json\t'One object a line'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand canary" -l host -d 'Address or name of the gateway [GATEWAY_HOST, GTW_HOST]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand canary" -l port -d 'Port of the gateway [GATEWAY_PORT, GTW_PORT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand canary" -l timeout -d 'Timeout of each attempt of a read [SYNC_TIMEOUT_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand canary" -l attempts -d 'Number of attempts of a read, the first included [SYNC_RETRY_COUNT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand canary" -l retry-interval -d 'Wait between two attempts [SYNC_RETRY_INTERVAL_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand canary" -l state-dir -d 'Directory of snapshots and evidence [MT5CRS_STATE_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand canary" -l log-dir -d 'Directory of logs [MT5CRS_LOG_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand canary" -l env-file -d 'Read this file instead of ./.env or /etc/mt5crs/PROFILE.env' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand canary" -l profile -d 'Account in the configuration file [MT5CRS_PROFILE]; repeatable for commands that send no order' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand canary" -l config -d 'The configuration file, else ./config.json or /etc/mt5crs/config.json [MT5CRS_CONFIG]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand canary" -l deadline -d 'Time limit of the command; the exit code then states the proof so far' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand canary" -l sim-positions -d 'Number of positions that it holds' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand canary" -l sim-seed -d 'Seed of its prices' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand canary" -l sim-fault -d 'A fault that it has, by name (repeatable); `mt5crs sim --list-faults` explains each' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand canary" -l sim-book -d 'Keep its book in this file' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand canary" -l sim-link-rtt -d 'Round trip of its link, which pipelining hides' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand canary" -l sim-exec-time -d 'The broker\'s time for an order, which pipelining doesn\'t hide' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand canary" -l keep-open -d 'Leave the position open'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand canary" -l resume -d 'Resume the open canary of an earlier run'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand canary" -l beside-open -d 'Open beside other positions in the symbol'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand canary" -l dry-run -d 'Evaluate the guards and send no order'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand canary" -s y -l yes -d 'Don\'t ask for confirmation'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand canary" -l without-drift -d 'Watch without looking at drift'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand canary" -s v -l verbose -d 'Print more on stderr: once the run\'s log, twice every round trip'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand canary" -s q -l quiet -d 'Print nothing but errors on stderr'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand canary" -l all-profiles -d 'Every account in the configuration file, side by side; the exit code is the worst'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand canary" -l allow-loopback -d 'Allow a gateway on this machine'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand canary" -l sim -d 'Run against a simulated gateway that lives as long as the command; nothing that is configured is touched'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand canary" -l keep -d 'Keep its scratch tree, with state, logs and kill switch, at the end'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand canary" -s h -l help -d 'Print help; -h shows the main options only'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand canary" -s V -l version -d 'Print the version'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand drift" -l drift-reference -d 'The sample that the strategy was made for [MT5CRS_DRIFT_REFERENCE]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand drift" -l drift-current -d 'The current sample; each needs at least 200 values [MT5CRS_DRIFT_CURRENT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand drift" -l drift-field -d 'The CSV column or JSONL field of both; without it each line is a number [MT5CRS_DRIFT_FIELD]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand drift" -s o -l output -d 'Format of the result' -r -f -a "human\t'Text and tables'
json\t'One JSON document, on failure too'
nagios\t'For reads: the line and exit code of a monitoring plugin'
prometheus\t'For reads: metrics in Prometheus\'s text format'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand drift" -l outfile -d 'With -o prometheus: replace this file atomically instead of printing' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand drift" -l color -d 'When to print colours; NO_COLOR and CLICOLOR_FORCE are obeyed with auto' -r -f -a "auto\t'On a terminal; NO_COLOR, CLICOLOR_FORCE and TERM=dumb are obeyed'
always\t'Into pipes and files as well'
never\t'Nowhere'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand drift" -l log-format -d 'Format of the run\'s own log; VERIFY_LOG.log is always text' -r -f -a "text\t'For people and for grep'
json\t'One object a line'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand drift" -l host -d 'Address or name of the gateway [GATEWAY_HOST, GTW_HOST]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand drift" -l port -d 'Port of the gateway [GATEWAY_PORT, GTW_PORT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand drift" -l timeout -d 'Timeout of each attempt of a read [SYNC_TIMEOUT_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand drift" -l attempts -d 'Number of attempts of a read, the first included [SYNC_RETRY_COUNT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand drift" -l retry-interval -d 'Wait between two attempts [SYNC_RETRY_INTERVAL_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand drift" -l state-dir -d 'Directory of snapshots and evidence [MT5CRS_STATE_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand drift" -l log-dir -d 'Directory of logs [MT5CRS_LOG_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand drift" -l env-file -d 'Read this file instead of ./.env or /etc/mt5crs/PROFILE.env' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand drift" -l profile -d 'Account in the configuration file [MT5CRS_PROFILE]; repeatable for commands that send no order' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand drift" -l config -d 'The configuration file, else ./config.json or /etc/mt5crs/config.json [MT5CRS_CONFIG]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand drift" -l deadline -d 'Time limit of the command; the exit code then states the proof so far' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand drift" -l sim-positions -d 'Number of positions that it holds' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand drift" -l sim-seed -d 'Seed of its prices' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand drift" -l sim-fault -d 'A fault that it has, by name (repeatable); `mt5crs sim --list-faults` explains each' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand drift" -l sim-book -d 'Keep its book in this file' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand drift" -l sim-link-rtt -d 'Round trip of its link, which pipelining hides' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand drift" -l sim-exec-time -d 'The broker\'s time for an order, which pipelining doesn\'t hide' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand drift" -s v -l verbose -d 'Print more on stderr: once the run\'s log, twice every round trip'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand drift" -s q -l quiet -d 'Print nothing but errors on stderr'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand drift" -l all-profiles -d 'Every account in the configuration file, side by side; the exit code is the worst'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand drift" -l allow-loopback -d 'Allow a gateway on this machine'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand drift" -l sim -d 'Run against a simulated gateway that lives as long as the command; nothing that is configured is touched'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand drift" -l keep -d 'Keep its scratch tree, with state, logs and kill switch, at the end'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand drift" -s h -l help -d 'Print help; -h shows the main options only'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand drift" -s V -l version -d 'Print the version'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand emergency-close" -l symbol -d 'Close only this symbol (repeatable)' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand emergency-close" -l ticket -d 'Close only this ticket (repeatable)' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand emergency-close" -l magic -d 'Close only this magic number' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand emergency-close" -l window -d 'Number of CLOSE requests in flight' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand emergency-close" -l rounds -d 'Maximum number of rounds in a row that close nothing, over a link that holds' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand emergency-close" -l credit -d 'The account\'s credit, by which equity exceeds balance' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand emergency-close" -s o -l output -d 'Format of the result' -r -f -a "human\t'Text and tables'
json\t'One JSON document, on failure too'
nagios\t'For reads: the line and exit code of a monitoring plugin'
prometheus\t'For reads: metrics in Prometheus\'s text format'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand emergency-close" -l outfile -d 'With -o prometheus: replace this file atomically instead of printing' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand emergency-close" -l color -d 'When to print colours; NO_COLOR and CLICOLOR_FORCE are obeyed with auto' -r -f -a "auto\t'On a terminal; NO_COLOR, CLICOLOR_FORCE and TERM=dumb are obeyed'
always\t'Into pipes and files as well'
never\t'Nowhere'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand emergency-close" -l log-format -d 'Format of the run\'s own log; VERIFY_LOG.log is always text' -r -f -a "text\t'For people and for grep'
json\t'One object a line'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand emergency-close" -l host -d 'Address or name of the gateway [GATEWAY_HOST, GTW_HOST]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand emergency-close" -l port -d 'Port of the gateway [GATEWAY_PORT, GTW_PORT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand emergency-close" -l timeout -d 'Timeout of each attempt of a read [SYNC_TIMEOUT_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand emergency-close" -l attempts -d 'Number of attempts of a read, the first included [SYNC_RETRY_COUNT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand emergency-close" -l retry-interval -d 'Wait between two attempts [SYNC_RETRY_INTERVAL_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand emergency-close" -l state-dir -d 'Directory of snapshots and evidence [MT5CRS_STATE_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand emergency-close" -l log-dir -d 'Directory of logs [MT5CRS_LOG_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand emergency-close" -l env-file -d 'Read this file instead of ./.env or /etc/mt5crs/PROFILE.env' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand emergency-close" -l profile -d 'Account in the configuration file [MT5CRS_PROFILE]; repeatable for commands that send no order' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand emergency-close" -l config -d 'The configuration file, else ./config.json or /etc/mt5crs/config.json [MT5CRS_CONFIG]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand emergency-close" -l deadline -d 'Time limit of the command; the exit code then states the proof so far' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand emergency-close" -l sim-positions -d 'Number of positions that it holds' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand emergency-close" -l sim-seed -d 'Seed of its prices' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand emergency-close" -l sim-fault -d 'A fault that it has, by name (repeatable); `mt5crs sim --list-faults` explains each' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand emergency-close" -l sim-book -d 'Keep its book in this file' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand emergency-close" -l sim-link-rtt -d 'Round trip of its link, which pipelining hides' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand emergency-close" -l sim-exec-time -d 'The broker\'s time for an order, which pipelining doesn\'t hide' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand emergency-close" -l all -d 'Show every row of a table, not the first 50'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand emergency-close" -l dry-run -d 'List the positions that would be closed, and engage nothing'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand emergency-close" -s y -l yes -d 'Don\'t ask for confirmation'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand emergency-close" -l no-breaker -d 'Leave the kill switch alone; only with --ticket'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand emergency-close" -l stop-unit -d 'Stop the strategy engine\'s unit as well [MT5CRS_ENGINE_UNIT]'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand emergency-close" -s v -l verbose -d 'Print more on stderr: once the run\'s log, twice every round trip'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand emergency-close" -s q -l quiet -d 'Print nothing but errors on stderr'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand emergency-close" -l all-profiles -d 'Every account in the configuration file, side by side; the exit code is the worst'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand emergency-close" -l allow-loopback -d 'Allow a gateway on this machine'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand emergency-close" -l sim -d 'Run against a simulated gateway that lives as long as the command; nothing that is configured is touched'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand emergency-close" -l keep -d 'Keep its scratch tree, with state, logs and kill switch, at the end'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand emergency-close" -s h -l help -d 'Print help; -h shows the main options only'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand emergency-close" -s V -l version -d 'Print the version'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand phoenix" -l rounds -d 'Number of rounds, 1 to 100000' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand phoenix" -l seed -d 'Seed of the first round or world; the others count on [random, and printed]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand phoenix" -l for -d 'Duration of --worlds' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand phoenix" -l world -d 'Play only this world, by the name that a finding shows' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand phoenix" -s o -l output -d 'Format of the result' -r -f -a "human\t'Text and tables'
json\t'One JSON document, on failure too'
nagios\t'For reads: the line and exit code of a monitoring plugin'
prometheus\t'For reads: metrics in Prometheus\'s text format'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand phoenix" -l outfile -d 'With -o prometheus: replace this file atomically instead of printing' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand phoenix" -l color -d 'When to print colours; NO_COLOR and CLICOLOR_FORCE are obeyed with auto' -r -f -a "auto\t'On a terminal; NO_COLOR, CLICOLOR_FORCE and TERM=dumb are obeyed'
always\t'Into pipes and files as well'
never\t'Nowhere'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand phoenix" -l log-format -d 'Format of the run\'s own log; VERIFY_LOG.log is always text' -r -f -a "text\t'For people and for grep'
json\t'One object a line'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand phoenix" -l host -d 'Address or name of the gateway [GATEWAY_HOST, GTW_HOST]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand phoenix" -l port -d 'Port of the gateway [GATEWAY_PORT, GTW_PORT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand phoenix" -l timeout -d 'Timeout of each attempt of a read [SYNC_TIMEOUT_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand phoenix" -l attempts -d 'Number of attempts of a read, the first included [SYNC_RETRY_COUNT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand phoenix" -l retry-interval -d 'Wait between two attempts [SYNC_RETRY_INTERVAL_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand phoenix" -l state-dir -d 'Directory of snapshots and evidence [MT5CRS_STATE_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand phoenix" -l log-dir -d 'Directory of logs [MT5CRS_LOG_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand phoenix" -l env-file -d 'Read this file instead of ./.env or /etc/mt5crs/PROFILE.env' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand phoenix" -l profile -d 'Account in the configuration file [MT5CRS_PROFILE]; repeatable for commands that send no order' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand phoenix" -l config -d 'The configuration file, else ./config.json or /etc/mt5crs/config.json [MT5CRS_CONFIG]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand phoenix" -l deadline -d 'Time limit of the command; the exit code then states the proof so far' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand phoenix" -l sim-positions -d 'Number of positions that it holds' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand phoenix" -l sim-seed -d 'Seed of its prices' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand phoenix" -l sim-fault -d 'A fault that it has, by name (repeatable); `mt5crs sim --list-faults` explains each' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand phoenix" -l sim-book -d 'Keep its book in this file' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand phoenix" -l sim-link-rtt -d 'Round trip of its link, which pipelining hides' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand phoenix" -l sim-exec-time -d 'The broker\'s time for an order, which pipelining doesn\'t hide' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand phoenix" -l gateway -d 'Only read, from the configured gateway: kill a sync midway, restart it, compare the two'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand phoenix" -l worlds -d 'Look for a false claim in simulated worlds, in this process'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand phoenix" -l pairs -d 'Play every single act and every two first, however long that takes: --for is then the time for seeded worlds'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand phoenix" -l seeded -d 'Play seeded worlds alone, without single acts and pairs'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand phoenix" -s v -l verbose -d 'Print more on stderr: once the run\'s log, twice every round trip'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand phoenix" -s q -l quiet -d 'Print nothing but errors on stderr'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand phoenix" -l all-profiles -d 'Every account in the configuration file, side by side; the exit code is the worst'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand phoenix" -l allow-loopback -d 'Allow a gateway on this machine'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand phoenix" -l sim -d 'Run against a simulated gateway that lives as long as the command; nothing that is configured is touched'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand phoenix" -l keep -d 'Keep its scratch tree, with state, logs and kill switch, at the end'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand phoenix" -s h -l help -d 'Print help; -h shows the main options only'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand phoenix" -s V -l version -d 'Print the version'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and not __fish_seen_subcommand_from status engage restore release" -s o -l output -d 'Format of the result' -r -f -a "human\t'Text and tables'
json\t'One JSON document, on failure too'
nagios\t'For reads: the line and exit code of a monitoring plugin'
prometheus\t'For reads: metrics in Prometheus\'s text format'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and not __fish_seen_subcommand_from status engage restore release" -l outfile -d 'With -o prometheus: replace this file atomically instead of printing' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and not __fish_seen_subcommand_from status engage restore release" -l color -d 'When to print colours; NO_COLOR and CLICOLOR_FORCE are obeyed with auto' -r -f -a "auto\t'On a terminal; NO_COLOR, CLICOLOR_FORCE and TERM=dumb are obeyed'
always\t'Into pipes and files as well'
never\t'Nowhere'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and not __fish_seen_subcommand_from status engage restore release" -l log-format -d 'Format of the run\'s own log; VERIFY_LOG.log is always text' -r -f -a "text\t'For people and for grep'
json\t'One object a line'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and not __fish_seen_subcommand_from status engage restore release" -l host -d 'Address or name of the gateway [GATEWAY_HOST, GTW_HOST]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and not __fish_seen_subcommand_from status engage restore release" -l port -d 'Port of the gateway [GATEWAY_PORT, GTW_PORT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and not __fish_seen_subcommand_from status engage restore release" -l timeout -d 'Timeout of each attempt of a read [SYNC_TIMEOUT_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and not __fish_seen_subcommand_from status engage restore release" -l attempts -d 'Number of attempts of a read, the first included [SYNC_RETRY_COUNT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and not __fish_seen_subcommand_from status engage restore release" -l retry-interval -d 'Wait between two attempts [SYNC_RETRY_INTERVAL_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and not __fish_seen_subcommand_from status engage restore release" -l state-dir -d 'Directory of snapshots and evidence [MT5CRS_STATE_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and not __fish_seen_subcommand_from status engage restore release" -l log-dir -d 'Directory of logs [MT5CRS_LOG_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and not __fish_seen_subcommand_from status engage restore release" -l env-file -d 'Read this file instead of ./.env or /etc/mt5crs/PROFILE.env' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and not __fish_seen_subcommand_from status engage restore release" -l profile -d 'Account in the configuration file [MT5CRS_PROFILE]; repeatable for commands that send no order' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and not __fish_seen_subcommand_from status engage restore release" -l config -d 'The configuration file, else ./config.json or /etc/mt5crs/config.json [MT5CRS_CONFIG]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and not __fish_seen_subcommand_from status engage restore release" -l deadline -d 'Time limit of the command; the exit code then states the proof so far' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and not __fish_seen_subcommand_from status engage restore release" -l sim-positions -d 'Number of positions that it holds' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and not __fish_seen_subcommand_from status engage restore release" -l sim-seed -d 'Seed of its prices' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and not __fish_seen_subcommand_from status engage restore release" -l sim-fault -d 'A fault that it has, by name (repeatable); `mt5crs sim --list-faults` explains each' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and not __fish_seen_subcommand_from status engage restore release" -l sim-book -d 'Keep its book in this file' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and not __fish_seen_subcommand_from status engage restore release" -l sim-link-rtt -d 'Round trip of its link, which pipelining hides' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and not __fish_seen_subcommand_from status engage restore release" -l sim-exec-time -d 'The broker\'s time for an order, which pipelining doesn\'t hide' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and not __fish_seen_subcommand_from status engage restore release" -s v -l verbose -d 'Print more on stderr: once the run\'s log, twice every round trip'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and not __fish_seen_subcommand_from status engage restore release" -s q -l quiet -d 'Print nothing but errors on stderr'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and not __fish_seen_subcommand_from status engage restore release" -l all-profiles -d 'Every account in the configuration file, side by side; the exit code is the worst'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and not __fish_seen_subcommand_from status engage restore release" -l allow-loopback -d 'Allow a gateway on this machine'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and not __fish_seen_subcommand_from status engage restore release" -l sim -d 'Run against a simulated gateway that lives as long as the command; nothing that is configured is touched'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and not __fish_seen_subcommand_from status engage restore release" -l keep -d 'Keep its scratch tree, with state, logs and kill switch, at the end'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and not __fish_seen_subcommand_from status engage restore release" -s h -l help -d 'Print help; -h shows the main options only'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and not __fish_seen_subcommand_from status engage restore release" -s V -l version -d 'Print the version'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and not __fish_seen_subcommand_from status engage restore release" -f -a "status" -d 'Is the kill switch engaged? Exit code 0 if not, 1 if so'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and not __fish_seen_subcommand_from status engage restore release" -f -a "engage" -d 'Engage the kill switch: write its file'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and not __fish_seen_subcommand_from status engage restore release" -f -a "restore" -d 'Write again the files of an engaged kill switch that vanished, as after a reboot'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and not __fish_seen_subcommand_from status engage restore release" -f -a "release" -d 'Release the kill switch: remove its file'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from status" -s o -l output -d 'Format of the result' -r -f -a "human\t'Text and tables'
json\t'One JSON document, on failure too'
nagios\t'For reads: the line and exit code of a monitoring plugin'
prometheus\t'For reads: metrics in Prometheus\'s text format'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from status" -l outfile -d 'With -o prometheus: replace this file atomically instead of printing' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from status" -l color -d 'When to print colours; NO_COLOR and CLICOLOR_FORCE are obeyed with auto' -r -f -a "auto\t'On a terminal; NO_COLOR, CLICOLOR_FORCE and TERM=dumb are obeyed'
always\t'Into pipes and files as well'
never\t'Nowhere'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from status" -l log-format -d 'Format of the run\'s own log; VERIFY_LOG.log is always text' -r -f -a "text\t'For people and for grep'
json\t'One object a line'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from status" -l host -d 'Address or name of the gateway [GATEWAY_HOST, GTW_HOST]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from status" -l port -d 'Port of the gateway [GATEWAY_PORT, GTW_PORT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from status" -l timeout -d 'Timeout of each attempt of a read [SYNC_TIMEOUT_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from status" -l attempts -d 'Number of attempts of a read, the first included [SYNC_RETRY_COUNT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from status" -l retry-interval -d 'Wait between two attempts [SYNC_RETRY_INTERVAL_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from status" -l state-dir -d 'Directory of snapshots and evidence [MT5CRS_STATE_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from status" -l log-dir -d 'Directory of logs [MT5CRS_LOG_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from status" -l env-file -d 'Read this file instead of ./.env or /etc/mt5crs/PROFILE.env' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from status" -l profile -d 'Account in the configuration file [MT5CRS_PROFILE]; repeatable for commands that send no order' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from status" -l config -d 'The configuration file, else ./config.json or /etc/mt5crs/config.json [MT5CRS_CONFIG]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from status" -l deadline -d 'Time limit of the command; the exit code then states the proof so far' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from status" -l sim-positions -d 'Number of positions that it holds' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from status" -l sim-seed -d 'Seed of its prices' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from status" -l sim-fault -d 'A fault that it has, by name (repeatable); `mt5crs sim --list-faults` explains each' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from status" -l sim-book -d 'Keep its book in this file' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from status" -l sim-link-rtt -d 'Round trip of its link, which pipelining hides' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from status" -l sim-exec-time -d 'The broker\'s time for an order, which pipelining doesn\'t hide' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from status" -s v -l verbose -d 'Print more on stderr: once the run\'s log, twice every round trip'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from status" -s q -l quiet -d 'Print nothing but errors on stderr'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from status" -l all-profiles -d 'Every account in the configuration file, side by side; the exit code is the worst'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from status" -l allow-loopback -d 'Allow a gateway on this machine'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from status" -l sim -d 'Run against a simulated gateway that lives as long as the command; nothing that is configured is touched'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from status" -l keep -d 'Keep its scratch tree, with state, logs and kill switch, at the end'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from status" -s h -l help -d 'Print help; -h shows the main options only'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from status" -s V -l version -d 'Print the version'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from engage" -l reason -d 'Why, for the person who finds it' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from engage" -s o -l output -d 'Format of the result' -r -f -a "human\t'Text and tables'
json\t'One JSON document, on failure too'
nagios\t'For reads: the line and exit code of a monitoring plugin'
prometheus\t'For reads: metrics in Prometheus\'s text format'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from engage" -l outfile -d 'With -o prometheus: replace this file atomically instead of printing' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from engage" -l color -d 'When to print colours; NO_COLOR and CLICOLOR_FORCE are obeyed with auto' -r -f -a "auto\t'On a terminal; NO_COLOR, CLICOLOR_FORCE and TERM=dumb are obeyed'
always\t'Into pipes and files as well'
never\t'Nowhere'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from engage" -l log-format -d 'Format of the run\'s own log; VERIFY_LOG.log is always text' -r -f -a "text\t'For people and for grep'
json\t'One object a line'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from engage" -l host -d 'Address or name of the gateway [GATEWAY_HOST, GTW_HOST]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from engage" -l port -d 'Port of the gateway [GATEWAY_PORT, GTW_PORT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from engage" -l timeout -d 'Timeout of each attempt of a read [SYNC_TIMEOUT_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from engage" -l attempts -d 'Number of attempts of a read, the first included [SYNC_RETRY_COUNT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from engage" -l retry-interval -d 'Wait between two attempts [SYNC_RETRY_INTERVAL_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from engage" -l state-dir -d 'Directory of snapshots and evidence [MT5CRS_STATE_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from engage" -l log-dir -d 'Directory of logs [MT5CRS_LOG_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from engage" -l env-file -d 'Read this file instead of ./.env or /etc/mt5crs/PROFILE.env' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from engage" -l profile -d 'Account in the configuration file [MT5CRS_PROFILE]; repeatable for commands that send no order' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from engage" -l config -d 'The configuration file, else ./config.json or /etc/mt5crs/config.json [MT5CRS_CONFIG]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from engage" -l deadline -d 'Time limit of the command; the exit code then states the proof so far' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from engage" -l sim-positions -d 'Number of positions that it holds' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from engage" -l sim-seed -d 'Seed of its prices' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from engage" -l sim-fault -d 'A fault that it has, by name (repeatable); `mt5crs sim --list-faults` explains each' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from engage" -l sim-book -d 'Keep its book in this file' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from engage" -l sim-link-rtt -d 'Round trip of its link, which pipelining hides' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from engage" -l sim-exec-time -d 'The broker\'s time for an order, which pipelining doesn\'t hide' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from engage" -s v -l verbose -d 'Print more on stderr: once the run\'s log, twice every round trip'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from engage" -s q -l quiet -d 'Print nothing but errors on stderr'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from engage" -l all-profiles -d 'Every account in the configuration file, side by side; the exit code is the worst'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from engage" -l allow-loopback -d 'Allow a gateway on this machine'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from engage" -l sim -d 'Run against a simulated gateway that lives as long as the command; nothing that is configured is touched'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from engage" -l keep -d 'Keep its scratch tree, with state, logs and kill switch, at the end'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from engage" -s h -l help -d 'Print help; -h shows the main options only'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from engage" -s V -l version -d 'Print the version'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from restore" -s o -l output -d 'Format of the result' -r -f -a "human\t'Text and tables'
json\t'One JSON document, on failure too'
nagios\t'For reads: the line and exit code of a monitoring plugin'
prometheus\t'For reads: metrics in Prometheus\'s text format'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from restore" -l outfile -d 'With -o prometheus: replace this file atomically instead of printing' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from restore" -l color -d 'When to print colours; NO_COLOR and CLICOLOR_FORCE are obeyed with auto' -r -f -a "auto\t'On a terminal; NO_COLOR, CLICOLOR_FORCE and TERM=dumb are obeyed'
always\t'Into pipes and files as well'
never\t'Nowhere'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from restore" -l log-format -d 'Format of the run\'s own log; VERIFY_LOG.log is always text' -r -f -a "text\t'For people and for grep'
json\t'One object a line'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from restore" -l host -d 'Address or name of the gateway [GATEWAY_HOST, GTW_HOST]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from restore" -l port -d 'Port of the gateway [GATEWAY_PORT, GTW_PORT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from restore" -l timeout -d 'Timeout of each attempt of a read [SYNC_TIMEOUT_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from restore" -l attempts -d 'Number of attempts of a read, the first included [SYNC_RETRY_COUNT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from restore" -l retry-interval -d 'Wait between two attempts [SYNC_RETRY_INTERVAL_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from restore" -l state-dir -d 'Directory of snapshots and evidence [MT5CRS_STATE_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from restore" -l log-dir -d 'Directory of logs [MT5CRS_LOG_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from restore" -l env-file -d 'Read this file instead of ./.env or /etc/mt5crs/PROFILE.env' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from restore" -l profile -d 'Account in the configuration file [MT5CRS_PROFILE]; repeatable for commands that send no order' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from restore" -l config -d 'The configuration file, else ./config.json or /etc/mt5crs/config.json [MT5CRS_CONFIG]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from restore" -l deadline -d 'Time limit of the command; the exit code then states the proof so far' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from restore" -l sim-positions -d 'Number of positions that it holds' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from restore" -l sim-seed -d 'Seed of its prices' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from restore" -l sim-fault -d 'A fault that it has, by name (repeatable); `mt5crs sim --list-faults` explains each' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from restore" -l sim-book -d 'Keep its book in this file' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from restore" -l sim-link-rtt -d 'Round trip of its link, which pipelining hides' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from restore" -l sim-exec-time -d 'The broker\'s time for an order, which pipelining doesn\'t hide' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from restore" -s v -l verbose -d 'Print more on stderr: once the run\'s log, twice every round trip'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from restore" -s q -l quiet -d 'Print nothing but errors on stderr'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from restore" -l all-profiles -d 'Every account in the configuration file, side by side; the exit code is the worst'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from restore" -l allow-loopback -d 'Allow a gateway on this machine'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from restore" -l sim -d 'Run against a simulated gateway that lives as long as the command; nothing that is configured is touched'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from restore" -l keep -d 'Keep its scratch tree, with state, logs and kill switch, at the end'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from restore" -s h -l help -d 'Print help; -h shows the main options only'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from restore" -s V -l version -d 'Print the version'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from release" -s o -l output -d 'Format of the result' -r -f -a "human\t'Text and tables'
json\t'One JSON document, on failure too'
nagios\t'For reads: the line and exit code of a monitoring plugin'
prometheus\t'For reads: metrics in Prometheus\'s text format'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from release" -l outfile -d 'With -o prometheus: replace this file atomically instead of printing' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from release" -l color -d 'When to print colours; NO_COLOR and CLICOLOR_FORCE are obeyed with auto' -r -f -a "auto\t'On a terminal; NO_COLOR, CLICOLOR_FORCE and TERM=dumb are obeyed'
always\t'Into pipes and files as well'
never\t'Nowhere'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from release" -l log-format -d 'Format of the run\'s own log; VERIFY_LOG.log is always text' -r -f -a "text\t'For people and for grep'
json\t'One object a line'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from release" -l host -d 'Address or name of the gateway [GATEWAY_HOST, GTW_HOST]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from release" -l port -d 'Port of the gateway [GATEWAY_PORT, GTW_PORT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from release" -l timeout -d 'Timeout of each attempt of a read [SYNC_TIMEOUT_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from release" -l attempts -d 'Number of attempts of a read, the first included [SYNC_RETRY_COUNT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from release" -l retry-interval -d 'Wait between two attempts [SYNC_RETRY_INTERVAL_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from release" -l state-dir -d 'Directory of snapshots and evidence [MT5CRS_STATE_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from release" -l log-dir -d 'Directory of logs [MT5CRS_LOG_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from release" -l env-file -d 'Read this file instead of ./.env or /etc/mt5crs/PROFILE.env' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from release" -l profile -d 'Account in the configuration file [MT5CRS_PROFILE]; repeatable for commands that send no order' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from release" -l config -d 'The configuration file, else ./config.json or /etc/mt5crs/config.json [MT5CRS_CONFIG]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from release" -l deadline -d 'Time limit of the command; the exit code then states the proof so far' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from release" -l sim-positions -d 'Number of positions that it holds' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from release" -l sim-seed -d 'Seed of its prices' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from release" -l sim-fault -d 'A fault that it has, by name (repeatable); `mt5crs sim --list-faults` explains each' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from release" -l sim-book -d 'Keep its book in this file' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from release" -l sim-link-rtt -d 'Round trip of its link, which pipelining hides' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from release" -l sim-exec-time -d 'The broker\'s time for an order, which pipelining doesn\'t hide' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from release" -s y -l yes -d 'Don\'t ask for confirmation'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from release" -s v -l verbose -d 'Print more on stderr: once the run\'s log, twice every round trip'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from release" -s q -l quiet -d 'Print nothing but errors on stderr'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from release" -l all-profiles -d 'Every account in the configuration file, side by side; the exit code is the worst'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from release" -l allow-loopback -d 'Allow a gateway on this machine'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from release" -l sim -d 'Run against a simulated gateway that lives as long as the command; nothing that is configured is touched'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from release" -l keep -d 'Keep its scratch tree, with state, logs and kill switch, at the end'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from release" -s h -l help -d 'Print help; -h shows the main options only'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand breaker; and __fish_seen_subcommand_from release" -s V -l version -d 'Print the version'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and not __fish_seen_subcommand_from show adopt" -s o -l output -d 'Format of the result' -r -f -a "human\t'Text and tables'
json\t'One JSON document, on failure too'
nagios\t'For reads: the line and exit code of a monitoring plugin'
prometheus\t'For reads: metrics in Prometheus\'s text format'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and not __fish_seen_subcommand_from show adopt" -l outfile -d 'With -o prometheus: replace this file atomically instead of printing' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and not __fish_seen_subcommand_from show adopt" -l color -d 'When to print colours; NO_COLOR and CLICOLOR_FORCE are obeyed with auto' -r -f -a "auto\t'On a terminal; NO_COLOR, CLICOLOR_FORCE and TERM=dumb are obeyed'
always\t'Into pipes and files as well'
never\t'Nowhere'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and not __fish_seen_subcommand_from show adopt" -l log-format -d 'Format of the run\'s own log; VERIFY_LOG.log is always text' -r -f -a "text\t'For people and for grep'
json\t'One object a line'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and not __fish_seen_subcommand_from show adopt" -l host -d 'Address or name of the gateway [GATEWAY_HOST, GTW_HOST]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and not __fish_seen_subcommand_from show adopt" -l port -d 'Port of the gateway [GATEWAY_PORT, GTW_PORT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and not __fish_seen_subcommand_from show adopt" -l timeout -d 'Timeout of each attempt of a read [SYNC_TIMEOUT_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and not __fish_seen_subcommand_from show adopt" -l attempts -d 'Number of attempts of a read, the first included [SYNC_RETRY_COUNT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and not __fish_seen_subcommand_from show adopt" -l retry-interval -d 'Wait between two attempts [SYNC_RETRY_INTERVAL_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and not __fish_seen_subcommand_from show adopt" -l state-dir -d 'Directory of snapshots and evidence [MT5CRS_STATE_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and not __fish_seen_subcommand_from show adopt" -l log-dir -d 'Directory of logs [MT5CRS_LOG_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and not __fish_seen_subcommand_from show adopt" -l env-file -d 'Read this file instead of ./.env or /etc/mt5crs/PROFILE.env' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and not __fish_seen_subcommand_from show adopt" -l profile -d 'Account in the configuration file [MT5CRS_PROFILE]; repeatable for commands that send no order' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and not __fish_seen_subcommand_from show adopt" -l config -d 'The configuration file, else ./config.json or /etc/mt5crs/config.json [MT5CRS_CONFIG]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and not __fish_seen_subcommand_from show adopt" -l deadline -d 'Time limit of the command; the exit code then states the proof so far' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and not __fish_seen_subcommand_from show adopt" -l sim-positions -d 'Number of positions that it holds' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and not __fish_seen_subcommand_from show adopt" -l sim-seed -d 'Seed of its prices' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and not __fish_seen_subcommand_from show adopt" -l sim-fault -d 'A fault that it has, by name (repeatable); `mt5crs sim --list-faults` explains each' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and not __fish_seen_subcommand_from show adopt" -l sim-book -d 'Keep its book in this file' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and not __fish_seen_subcommand_from show adopt" -l sim-link-rtt -d 'Round trip of its link, which pipelining hides' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and not __fish_seen_subcommand_from show adopt" -l sim-exec-time -d 'The broker\'s time for an order, which pipelining doesn\'t hide' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and not __fish_seen_subcommand_from show adopt" -s v -l verbose -d 'Print more on stderr: once the run\'s log, twice every round trip'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and not __fish_seen_subcommand_from show adopt" -s q -l quiet -d 'Print nothing but errors on stderr'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and not __fish_seen_subcommand_from show adopt" -l all-profiles -d 'Every account in the configuration file, side by side; the exit code is the worst'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and not __fish_seen_subcommand_from show adopt" -l allow-loopback -d 'Allow a gateway on this machine'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and not __fish_seen_subcommand_from show adopt" -l sim -d 'Run against a simulated gateway that lives as long as the command; nothing that is configured is touched'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and not __fish_seen_subcommand_from show adopt" -l keep -d 'Keep its scratch tree, with state, logs and kill switch, at the end'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and not __fish_seen_subcommand_from show adopt" -s h -l help -d 'Print help; -h shows the main options only'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and not __fish_seen_subcommand_from show adopt" -s V -l version -d 'Print the version'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and not __fish_seen_subcommand_from show adopt" -f -a "show" -d 'Name the directories with records of this gateway; exit code 1 if there are two'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and not __fish_seen_subcommand_from show adopt" -f -a "adopt" -d 'Join another directory\'s records, or retire them'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and __fish_seen_subcommand_from show" -s o -l output -d 'Format of the result' -r -f -a "human\t'Text and tables'
json\t'One JSON document, on failure too'
nagios\t'For reads: the line and exit code of a monitoring plugin'
prometheus\t'For reads: metrics in Prometheus\'s text format'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and __fish_seen_subcommand_from show" -l outfile -d 'With -o prometheus: replace this file atomically instead of printing' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and __fish_seen_subcommand_from show" -l color -d 'When to print colours; NO_COLOR and CLICOLOR_FORCE are obeyed with auto' -r -f -a "auto\t'On a terminal; NO_COLOR, CLICOLOR_FORCE and TERM=dumb are obeyed'
always\t'Into pipes and files as well'
never\t'Nowhere'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and __fish_seen_subcommand_from show" -l log-format -d 'Format of the run\'s own log; VERIFY_LOG.log is always text' -r -f -a "text\t'For people and for grep'
json\t'One object a line'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and __fish_seen_subcommand_from show" -l host -d 'Address or name of the gateway [GATEWAY_HOST, GTW_HOST]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and __fish_seen_subcommand_from show" -l port -d 'Port of the gateway [GATEWAY_PORT, GTW_PORT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and __fish_seen_subcommand_from show" -l timeout -d 'Timeout of each attempt of a read [SYNC_TIMEOUT_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and __fish_seen_subcommand_from show" -l attempts -d 'Number of attempts of a read, the first included [SYNC_RETRY_COUNT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and __fish_seen_subcommand_from show" -l retry-interval -d 'Wait between two attempts [SYNC_RETRY_INTERVAL_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and __fish_seen_subcommand_from show" -l state-dir -d 'Directory of snapshots and evidence [MT5CRS_STATE_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and __fish_seen_subcommand_from show" -l log-dir -d 'Directory of logs [MT5CRS_LOG_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and __fish_seen_subcommand_from show" -l env-file -d 'Read this file instead of ./.env or /etc/mt5crs/PROFILE.env' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and __fish_seen_subcommand_from show" -l profile -d 'Account in the configuration file [MT5CRS_PROFILE]; repeatable for commands that send no order' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and __fish_seen_subcommand_from show" -l config -d 'The configuration file, else ./config.json or /etc/mt5crs/config.json [MT5CRS_CONFIG]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and __fish_seen_subcommand_from show" -l deadline -d 'Time limit of the command; the exit code then states the proof so far' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and __fish_seen_subcommand_from show" -l sim-positions -d 'Number of positions that it holds' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and __fish_seen_subcommand_from show" -l sim-seed -d 'Seed of its prices' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and __fish_seen_subcommand_from show" -l sim-fault -d 'A fault that it has, by name (repeatable); `mt5crs sim --list-faults` explains each' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and __fish_seen_subcommand_from show" -l sim-book -d 'Keep its book in this file' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and __fish_seen_subcommand_from show" -l sim-link-rtt -d 'Round trip of its link, which pipelining hides' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and __fish_seen_subcommand_from show" -l sim-exec-time -d 'The broker\'s time for an order, which pipelining doesn\'t hide' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Print more on stderr: once the run\'s log, twice every round trip'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Print nothing but errors on stderr'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and __fish_seen_subcommand_from show" -l all-profiles -d 'Every account in the configuration file, side by side; the exit code is the worst'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and __fish_seen_subcommand_from show" -l allow-loopback -d 'Allow a gateway on this machine'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and __fish_seen_subcommand_from show" -l sim -d 'Run against a simulated gateway that lives as long as the command; nothing that is configured is touched'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and __fish_seen_subcommand_from show" -l keep -d 'Keep its scratch tree, with state, logs and kill switch, at the end'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help; -h shows the main options only'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and __fish_seen_subcommand_from show" -s V -l version -d 'Print the version'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and __fish_seen_subcommand_from adopt" -s o -l output -d 'Format of the result' -r -f -a "human\t'Text and tables'
json\t'One JSON document, on failure too'
nagios\t'For reads: the line and exit code of a monitoring plugin'
prometheus\t'For reads: metrics in Prometheus\'s text format'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and __fish_seen_subcommand_from adopt" -l outfile -d 'With -o prometheus: replace this file atomically instead of printing' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and __fish_seen_subcommand_from adopt" -l color -d 'When to print colours; NO_COLOR and CLICOLOR_FORCE are obeyed with auto' -r -f -a "auto\t'On a terminal; NO_COLOR, CLICOLOR_FORCE and TERM=dumb are obeyed'
always\t'Into pipes and files as well'
never\t'Nowhere'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and __fish_seen_subcommand_from adopt" -l log-format -d 'Format of the run\'s own log; VERIFY_LOG.log is always text' -r -f -a "text\t'For people and for grep'
json\t'One object a line'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and __fish_seen_subcommand_from adopt" -l host -d 'Address or name of the gateway [GATEWAY_HOST, GTW_HOST]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and __fish_seen_subcommand_from adopt" -l port -d 'Port of the gateway [GATEWAY_PORT, GTW_PORT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and __fish_seen_subcommand_from adopt" -l timeout -d 'Timeout of each attempt of a read [SYNC_TIMEOUT_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and __fish_seen_subcommand_from adopt" -l attempts -d 'Number of attempts of a read, the first included [SYNC_RETRY_COUNT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and __fish_seen_subcommand_from adopt" -l retry-interval -d 'Wait between two attempts [SYNC_RETRY_INTERVAL_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and __fish_seen_subcommand_from adopt" -l state-dir -d 'Directory of snapshots and evidence [MT5CRS_STATE_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and __fish_seen_subcommand_from adopt" -l log-dir -d 'Directory of logs [MT5CRS_LOG_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and __fish_seen_subcommand_from adopt" -l env-file -d 'Read this file instead of ./.env or /etc/mt5crs/PROFILE.env' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and __fish_seen_subcommand_from adopt" -l profile -d 'Account in the configuration file [MT5CRS_PROFILE]; repeatable for commands that send no order' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and __fish_seen_subcommand_from adopt" -l config -d 'The configuration file, else ./config.json or /etc/mt5crs/config.json [MT5CRS_CONFIG]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and __fish_seen_subcommand_from adopt" -l deadline -d 'Time limit of the command; the exit code then states the proof so far' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and __fish_seen_subcommand_from adopt" -l sim-positions -d 'Number of positions that it holds' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and __fish_seen_subcommand_from adopt" -l sim-seed -d 'Seed of its prices' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and __fish_seen_subcommand_from adopt" -l sim-fault -d 'A fault that it has, by name (repeatable); `mt5crs sim --list-faults` explains each' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and __fish_seen_subcommand_from adopt" -l sim-book -d 'Keep its book in this file' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and __fish_seen_subcommand_from adopt" -l sim-link-rtt -d 'Round trip of its link, which pipelining hides' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and __fish_seen_subcommand_from adopt" -l sim-exec-time -d 'The broker\'s time for an order, which pipelining doesn\'t hide' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and __fish_seen_subcommand_from adopt" -s v -l verbose -d 'Print more on stderr: once the run\'s log, twice every round trip'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and __fish_seen_subcommand_from adopt" -s q -l quiet -d 'Print nothing but errors on stderr'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and __fish_seen_subcommand_from adopt" -l all-profiles -d 'Every account in the configuration file, side by side; the exit code is the worst'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and __fish_seen_subcommand_from adopt" -l allow-loopback -d 'Allow a gateway on this machine'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and __fish_seen_subcommand_from adopt" -l sim -d 'Run against a simulated gateway that lives as long as the command; nothing that is configured is touched'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and __fish_seen_subcommand_from adopt" -l keep -d 'Keep its scratch tree, with state, logs and kill switch, at the end'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and __fish_seen_subcommand_from adopt" -s h -l help -d 'Print help; -h shows the main options only'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand state; and __fish_seen_subcommand_from adopt" -s V -l version -d 'Print the version'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and not __fish_seen_subcommand_from show verify resolve export" -s o -l output -d 'Format of the result' -r -f -a "human\t'Text and tables'
json\t'One JSON document, on failure too'
nagios\t'For reads: the line and exit code of a monitoring plugin'
prometheus\t'For reads: metrics in Prometheus\'s text format'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and not __fish_seen_subcommand_from show verify resolve export" -l outfile -d 'With -o prometheus: replace this file atomically instead of printing' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and not __fish_seen_subcommand_from show verify resolve export" -l color -d 'When to print colours; NO_COLOR and CLICOLOR_FORCE are obeyed with auto' -r -f -a "auto\t'On a terminal; NO_COLOR, CLICOLOR_FORCE and TERM=dumb are obeyed'
always\t'Into pipes and files as well'
never\t'Nowhere'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and not __fish_seen_subcommand_from show verify resolve export" -l log-format -d 'Format of the run\'s own log; VERIFY_LOG.log is always text' -r -f -a "text\t'For people and for grep'
json\t'One object a line'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and not __fish_seen_subcommand_from show verify resolve export" -l host -d 'Address or name of the gateway [GATEWAY_HOST, GTW_HOST]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and not __fish_seen_subcommand_from show verify resolve export" -l port -d 'Port of the gateway [GATEWAY_PORT, GTW_PORT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and not __fish_seen_subcommand_from show verify resolve export" -l timeout -d 'Timeout of each attempt of a read [SYNC_TIMEOUT_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and not __fish_seen_subcommand_from show verify resolve export" -l attempts -d 'Number of attempts of a read, the first included [SYNC_RETRY_COUNT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and not __fish_seen_subcommand_from show verify resolve export" -l retry-interval -d 'Wait between two attempts [SYNC_RETRY_INTERVAL_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and not __fish_seen_subcommand_from show verify resolve export" -l state-dir -d 'Directory of snapshots and evidence [MT5CRS_STATE_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and not __fish_seen_subcommand_from show verify resolve export" -l log-dir -d 'Directory of logs [MT5CRS_LOG_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and not __fish_seen_subcommand_from show verify resolve export" -l env-file -d 'Read this file instead of ./.env or /etc/mt5crs/PROFILE.env' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and not __fish_seen_subcommand_from show verify resolve export" -l profile -d 'Account in the configuration file [MT5CRS_PROFILE]; repeatable for commands that send no order' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and not __fish_seen_subcommand_from show verify resolve export" -l config -d 'The configuration file, else ./config.json or /etc/mt5crs/config.json [MT5CRS_CONFIG]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and not __fish_seen_subcommand_from show verify resolve export" -l deadline -d 'Time limit of the command; the exit code then states the proof so far' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and not __fish_seen_subcommand_from show verify resolve export" -l sim-positions -d 'Number of positions that it holds' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and not __fish_seen_subcommand_from show verify resolve export" -l sim-seed -d 'Seed of its prices' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and not __fish_seen_subcommand_from show verify resolve export" -l sim-fault -d 'A fault that it has, by name (repeatable); `mt5crs sim --list-faults` explains each' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and not __fish_seen_subcommand_from show verify resolve export" -l sim-book -d 'Keep its book in this file' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and not __fish_seen_subcommand_from show verify resolve export" -l sim-link-rtt -d 'Round trip of its link, which pipelining hides' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and not __fish_seen_subcommand_from show verify resolve export" -l sim-exec-time -d 'The broker\'s time for an order, which pipelining doesn\'t hide' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and not __fish_seen_subcommand_from show verify resolve export" -s v -l verbose -d 'Print more on stderr: once the run\'s log, twice every round trip'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and not __fish_seen_subcommand_from show verify resolve export" -s q -l quiet -d 'Print nothing but errors on stderr'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and not __fish_seen_subcommand_from show verify resolve export" -l all-profiles -d 'Every account in the configuration file, side by side; the exit code is the worst'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and not __fish_seen_subcommand_from show verify resolve export" -l allow-loopback -d 'Allow a gateway on this machine'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and not __fish_seen_subcommand_from show verify resolve export" -l sim -d 'Run against a simulated gateway that lives as long as the command; nothing that is configured is touched'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and not __fish_seen_subcommand_from show verify resolve export" -l keep -d 'Keep its scratch tree, with state, logs and kill switch, at the end'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and not __fish_seen_subcommand_from show verify resolve export" -s h -l help -d 'Print help; -h shows the main options only'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and not __fish_seen_subcommand_from show verify resolve export" -s V -l version -d 'Print the version'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and not __fish_seen_subcommand_from show verify resolve export" -f -a "show" -d 'List runs with their orders and proved outcomes'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and not __fish_seen_subcommand_from show verify resolve export" -f -a "verify" -d 'Check that no record was changed, lost or added'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and not __fish_seen_subcommand_from show verify resolve export" -f -a "resolve" -d 'Record a person\'s word on an order whose outcome is not proved'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and not __fish_seen_subcommand_from show verify resolve export" -f -a "export" -d 'Write one run\'s records to files for people'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from show" -l last -d 'Number of runs shown that have nothing open' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from show" -l evidence-dir -d 'Directory of the records, instead of the configured gateway\'s' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from show" -s o -l output -d 'Format of the result' -r -f -a "human\t'Text and tables'
json\t'One JSON document, on failure too'
nagios\t'For reads: the line and exit code of a monitoring plugin'
prometheus\t'For reads: metrics in Prometheus\'s text format'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from show" -l outfile -d 'With -o prometheus: replace this file atomically instead of printing' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from show" -l color -d 'When to print colours; NO_COLOR and CLICOLOR_FORCE are obeyed with auto' -r -f -a "auto\t'On a terminal; NO_COLOR, CLICOLOR_FORCE and TERM=dumb are obeyed'
always\t'Into pipes and files as well'
never\t'Nowhere'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from show" -l log-format -d 'Format of the run\'s own log; VERIFY_LOG.log is always text' -r -f -a "text\t'For people and for grep'
json\t'One object a line'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from show" -l host -d 'Address or name of the gateway [GATEWAY_HOST, GTW_HOST]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from show" -l port -d 'Port of the gateway [GATEWAY_PORT, GTW_PORT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from show" -l timeout -d 'Timeout of each attempt of a read [SYNC_TIMEOUT_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from show" -l attempts -d 'Number of attempts of a read, the first included [SYNC_RETRY_COUNT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from show" -l retry-interval -d 'Wait between two attempts [SYNC_RETRY_INTERVAL_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from show" -l state-dir -d 'Directory of snapshots and evidence [MT5CRS_STATE_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from show" -l log-dir -d 'Directory of logs [MT5CRS_LOG_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from show" -l env-file -d 'Read this file instead of ./.env or /etc/mt5crs/PROFILE.env' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from show" -l profile -d 'Account in the configuration file [MT5CRS_PROFILE]; repeatable for commands that send no order' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from show" -l config -d 'The configuration file, else ./config.json or /etc/mt5crs/config.json [MT5CRS_CONFIG]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from show" -l deadline -d 'Time limit of the command; the exit code then states the proof so far' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from show" -l sim-positions -d 'Number of positions that it holds' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from show" -l sim-seed -d 'Seed of its prices' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from show" -l sim-fault -d 'A fault that it has, by name (repeatable); `mt5crs sim --list-faults` explains each' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from show" -l sim-book -d 'Keep its book in this file' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from show" -l sim-link-rtt -d 'Round trip of its link, which pipelining hides' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from show" -l sim-exec-time -d 'The broker\'s time for an order, which pipelining doesn\'t hide' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Print more on stderr: once the run\'s log, twice every round trip'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Print nothing but errors on stderr'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from show" -l all-profiles -d 'Every account in the configuration file, side by side; the exit code is the worst'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from show" -l allow-loopback -d 'Allow a gateway on this machine'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from show" -l sim -d 'Run against a simulated gateway that lives as long as the command; nothing that is configured is touched'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from show" -l keep -d 'Keep its scratch tree, with state, logs and kill switch, at the end'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help; -h shows the main options only'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from show" -s V -l version -d 'Print the version'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from verify" -l anchor -d 'A head noted earlier, which the records must still hold' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from verify" -l evidence-dir -d 'Directory of the records, instead of the configured gateway\'s' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from verify" -s o -l output -d 'Format of the result' -r -f -a "human\t'Text and tables'
json\t'One JSON document, on failure too'
nagios\t'For reads: the line and exit code of a monitoring plugin'
prometheus\t'For reads: metrics in Prometheus\'s text format'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from verify" -l outfile -d 'With -o prometheus: replace this file atomically instead of printing' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from verify" -l color -d 'When to print colours; NO_COLOR and CLICOLOR_FORCE are obeyed with auto' -r -f -a "auto\t'On a terminal; NO_COLOR, CLICOLOR_FORCE and TERM=dumb are obeyed'
always\t'Into pipes and files as well'
never\t'Nowhere'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from verify" -l log-format -d 'Format of the run\'s own log; VERIFY_LOG.log is always text' -r -f -a "text\t'For people and for grep'
json\t'One object a line'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from verify" -l host -d 'Address or name of the gateway [GATEWAY_HOST, GTW_HOST]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from verify" -l port -d 'Port of the gateway [GATEWAY_PORT, GTW_PORT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from verify" -l timeout -d 'Timeout of each attempt of a read [SYNC_TIMEOUT_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from verify" -l attempts -d 'Number of attempts of a read, the first included [SYNC_RETRY_COUNT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from verify" -l retry-interval -d 'Wait between two attempts [SYNC_RETRY_INTERVAL_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from verify" -l state-dir -d 'Directory of snapshots and evidence [MT5CRS_STATE_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from verify" -l log-dir -d 'Directory of logs [MT5CRS_LOG_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from verify" -l env-file -d 'Read this file instead of ./.env or /etc/mt5crs/PROFILE.env' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from verify" -l profile -d 'Account in the configuration file [MT5CRS_PROFILE]; repeatable for commands that send no order' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from verify" -l config -d 'The configuration file, else ./config.json or /etc/mt5crs/config.json [MT5CRS_CONFIG]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from verify" -l deadline -d 'Time limit of the command; the exit code then states the proof so far' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from verify" -l sim-positions -d 'Number of positions that it holds' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from verify" -l sim-seed -d 'Seed of its prices' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from verify" -l sim-fault -d 'A fault that it has, by name (repeatable); `mt5crs sim --list-faults` explains each' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from verify" -l sim-book -d 'Keep its book in this file' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from verify" -l sim-link-rtt -d 'Round trip of its link, which pipelining hides' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from verify" -l sim-exec-time -d 'The broker\'s time for an order, which pipelining doesn\'t hide' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from verify" -s v -l verbose -d 'Print more on stderr: once the run\'s log, twice every round trip'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from verify" -s q -l quiet -d 'Print nothing but errors on stderr'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from verify" -l all-profiles -d 'Every account in the configuration file, side by side; the exit code is the worst'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from verify" -l allow-loopback -d 'Allow a gateway on this machine'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from verify" -l sim -d 'Run against a simulated gateway that lives as long as the command; nothing that is configured is touched'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from verify" -l keep -d 'Keep its scratch tree, with state, logs and kill switch, at the end'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from verify" -s h -l help -d 'Print help; -h shows the main options only'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from verify" -s V -l version -d 'Print the version'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from resolve" -l executed -d 'The order opened this position' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from resolve" -l reason -d 'How that is known' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from resolve" -l evidence-dir -d 'Directory of the records, instead of the configured gateway\'s' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from resolve" -s o -l output -d 'Format of the result' -r -f -a "human\t'Text and tables'
json\t'One JSON document, on failure too'
nagios\t'For reads: the line and exit code of a monitoring plugin'
prometheus\t'For reads: metrics in Prometheus\'s text format'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from resolve" -l outfile -d 'With -o prometheus: replace this file atomically instead of printing' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from resolve" -l color -d 'When to print colours; NO_COLOR and CLICOLOR_FORCE are obeyed with auto' -r -f -a "auto\t'On a terminal; NO_COLOR, CLICOLOR_FORCE and TERM=dumb are obeyed'
always\t'Into pipes and files as well'
never\t'Nowhere'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from resolve" -l log-format -d 'Format of the run\'s own log; VERIFY_LOG.log is always text' -r -f -a "text\t'For people and for grep'
json\t'One object a line'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from resolve" -l host -d 'Address or name of the gateway [GATEWAY_HOST, GTW_HOST]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from resolve" -l port -d 'Port of the gateway [GATEWAY_PORT, GTW_PORT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from resolve" -l timeout -d 'Timeout of each attempt of a read [SYNC_TIMEOUT_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from resolve" -l attempts -d 'Number of attempts of a read, the first included [SYNC_RETRY_COUNT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from resolve" -l retry-interval -d 'Wait between two attempts [SYNC_RETRY_INTERVAL_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from resolve" -l state-dir -d 'Directory of snapshots and evidence [MT5CRS_STATE_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from resolve" -l log-dir -d 'Directory of logs [MT5CRS_LOG_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from resolve" -l env-file -d 'Read this file instead of ./.env or /etc/mt5crs/PROFILE.env' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from resolve" -l profile -d 'Account in the configuration file [MT5CRS_PROFILE]; repeatable for commands that send no order' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from resolve" -l config -d 'The configuration file, else ./config.json or /etc/mt5crs/config.json [MT5CRS_CONFIG]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from resolve" -l deadline -d 'Time limit of the command; the exit code then states the proof so far' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from resolve" -l sim-positions -d 'Number of positions that it holds' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from resolve" -l sim-seed -d 'Seed of its prices' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from resolve" -l sim-fault -d 'A fault that it has, by name (repeatable); `mt5crs sim --list-faults` explains each' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from resolve" -l sim-book -d 'Keep its book in this file' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from resolve" -l sim-link-rtt -d 'Round trip of its link, which pipelining hides' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from resolve" -l sim-exec-time -d 'The broker\'s time for an order, which pipelining doesn\'t hide' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from resolve" -l not-executed -d 'The order opened nothing'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from resolve" -s v -l verbose -d 'Print more on stderr: once the run\'s log, twice every round trip'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from resolve" -s q -l quiet -d 'Print nothing but errors on stderr'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from resolve" -l all-profiles -d 'Every account in the configuration file, side by side; the exit code is the worst'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from resolve" -l allow-loopback -d 'Allow a gateway on this machine'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from resolve" -l sim -d 'Run against a simulated gateway that lives as long as the command; nothing that is configured is touched'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from resolve" -l keep -d 'Keep its scratch tree, with state, logs and kill switch, at the end'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from resolve" -s h -l help -d 'Print help; -h shows the main options only'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from resolve" -s V -l version -d 'Print the version'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from export" -l run -d 'The run, or the first digits of its id' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from export" -l dir -d 'Directory for the files' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from export" -l evidence-dir -d 'Directory of the records, instead of the configured gateway\'s' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from export" -s o -l output -d 'Format of the result' -r -f -a "human\t'Text and tables'
json\t'One JSON document, on failure too'
nagios\t'For reads: the line and exit code of a monitoring plugin'
prometheus\t'For reads: metrics in Prometheus\'s text format'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from export" -l outfile -d 'With -o prometheus: replace this file atomically instead of printing' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from export" -l color -d 'When to print colours; NO_COLOR and CLICOLOR_FORCE are obeyed with auto' -r -f -a "auto\t'On a terminal; NO_COLOR, CLICOLOR_FORCE and TERM=dumb are obeyed'
always\t'Into pipes and files as well'
never\t'Nowhere'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from export" -l log-format -d 'Format of the run\'s own log; VERIFY_LOG.log is always text' -r -f -a "text\t'For people and for grep'
json\t'One object a line'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from export" -l host -d 'Address or name of the gateway [GATEWAY_HOST, GTW_HOST]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from export" -l port -d 'Port of the gateway [GATEWAY_PORT, GTW_PORT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from export" -l timeout -d 'Timeout of each attempt of a read [SYNC_TIMEOUT_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from export" -l attempts -d 'Number of attempts of a read, the first included [SYNC_RETRY_COUNT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from export" -l retry-interval -d 'Wait between two attempts [SYNC_RETRY_INTERVAL_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from export" -l state-dir -d 'Directory of snapshots and evidence [MT5CRS_STATE_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from export" -l log-dir -d 'Directory of logs [MT5CRS_LOG_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from export" -l env-file -d 'Read this file instead of ./.env or /etc/mt5crs/PROFILE.env' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from export" -l profile -d 'Account in the configuration file [MT5CRS_PROFILE]; repeatable for commands that send no order' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from export" -l config -d 'The configuration file, else ./config.json or /etc/mt5crs/config.json [MT5CRS_CONFIG]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from export" -l deadline -d 'Time limit of the command; the exit code then states the proof so far' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from export" -l sim-positions -d 'Number of positions that it holds' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from export" -l sim-seed -d 'Seed of its prices' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from export" -l sim-fault -d 'A fault that it has, by name (repeatable); `mt5crs sim --list-faults` explains each' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from export" -l sim-book -d 'Keep its book in this file' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from export" -l sim-link-rtt -d 'Round trip of its link, which pipelining hides' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from export" -l sim-exec-time -d 'The broker\'s time for an order, which pipelining doesn\'t hide' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from export" -s v -l verbose -d 'Print more on stderr: once the run\'s log, twice every round trip'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from export" -s q -l quiet -d 'Print nothing but errors on stderr'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from export" -l all-profiles -d 'Every account in the configuration file, side by side; the exit code is the worst'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from export" -l allow-loopback -d 'Allow a gateway on this machine'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from export" -l sim -d 'Run against a simulated gateway that lives as long as the command; nothing that is configured is touched'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from export" -l keep -d 'Keep its scratch tree, with state, logs and kill switch, at the end'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from export" -s h -l help -d 'Print help; -h shows the main options only'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand evidence; and __fish_seen_subcommand_from export" -s V -l version -d 'Print the version'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sim" -l positions -d 'Number of positions' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sim" -l seed -d 'Seed of the prices' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sim" -l fault -d 'A fault, by name (repeatable)' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sim" -l book -d 'Keep the book in this file, and continue it' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sim" -l link-rtt -d 'Round trip of the link, which pipelining hides' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sim" -l exec-time -d 'The broker\'s time for an order, which pipelining doesn\'t hide' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sim" -l signature-ttl -d 'Maximum age of an order\'s risk signature' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sim" -l listen-port -d 'Port on loopback [picked by the system]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sim" -l requests -d 'Write every request to this file, one JSON line each' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sim" -s o -l output -d 'Format of the result' -r -f -a "human\t'Text and tables'
json\t'One JSON document, on failure too'
nagios\t'For reads: the line and exit code of a monitoring plugin'
prometheus\t'For reads: metrics in Prometheus\'s text format'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sim" -l outfile -d 'With -o prometheus: replace this file atomically instead of printing' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sim" -l color -d 'When to print colours; NO_COLOR and CLICOLOR_FORCE are obeyed with auto' -r -f -a "auto\t'On a terminal; NO_COLOR, CLICOLOR_FORCE and TERM=dumb are obeyed'
always\t'Into pipes and files as well'
never\t'Nowhere'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sim" -l log-format -d 'Format of the run\'s own log; VERIFY_LOG.log is always text' -r -f -a "text\t'For people and for grep'
json\t'One object a line'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sim" -l host -d 'Address or name of the gateway [GATEWAY_HOST, GTW_HOST]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sim" -l port -d 'Port of the gateway [GATEWAY_PORT, GTW_PORT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sim" -l timeout -d 'Timeout of each attempt of a read [SYNC_TIMEOUT_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sim" -l attempts -d 'Number of attempts of a read, the first included [SYNC_RETRY_COUNT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sim" -l retry-interval -d 'Wait between two attempts [SYNC_RETRY_INTERVAL_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sim" -l state-dir -d 'Directory of snapshots and evidence [MT5CRS_STATE_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sim" -l log-dir -d 'Directory of logs [MT5CRS_LOG_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sim" -l env-file -d 'Read this file instead of ./.env or /etc/mt5crs/PROFILE.env' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sim" -l profile -d 'Account in the configuration file [MT5CRS_PROFILE]; repeatable for commands that send no order' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sim" -l config -d 'The configuration file, else ./config.json or /etc/mt5crs/config.json [MT5CRS_CONFIG]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sim" -l deadline -d 'Time limit of the command; the exit code then states the proof so far' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sim" -l sim-positions -d 'Number of positions that it holds' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sim" -l sim-seed -d 'Seed of its prices' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sim" -l sim-fault -d 'A fault that it has, by name (repeatable); `mt5crs sim --list-faults` explains each' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sim" -l sim-book -d 'Keep its book in this file' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sim" -l sim-link-rtt -d 'Round trip of its link, which pipelining hides' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sim" -l sim-exec-time -d 'The broker\'s time for an order, which pipelining doesn\'t hide' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sim" -l end-with-stdin -d 'Stop at the end of standard input, so that it never outlives its starter'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sim" -l list-faults -d 'Explain every fault, and end'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sim" -l ledger -d 'Print the executions on the book of --book, and end'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sim" -s v -l verbose -d 'Print more on stderr: once the run\'s log, twice every round trip'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sim" -s q -l quiet -d 'Print nothing but errors on stderr'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sim" -l all-profiles -d 'Every account in the configuration file, side by side; the exit code is the worst'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sim" -l allow-loopback -d 'Allow a gateway on this machine'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sim" -l sim -d 'Run against a simulated gateway that lives as long as the command; nothing that is configured is touched'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sim" -l keep -d 'Keep its scratch tree, with state, logs and kill switch, at the end'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sim" -s h -l help -d 'Print help; -h shows the main options only'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sim" -s V -l version -d 'Print the version'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and not __fish_seen_subcommand_from grep presets alerts ack summary" -s o -l output -d 'Format of the result' -r -f -a "human\t'Text and tables'
json\t'One JSON document, on failure too'
nagios\t'For reads: the line and exit code of a monitoring plugin'
prometheus\t'For reads: metrics in Prometheus\'s text format'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and not __fish_seen_subcommand_from grep presets alerts ack summary" -l outfile -d 'With -o prometheus: replace this file atomically instead of printing' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and not __fish_seen_subcommand_from grep presets alerts ack summary" -l color -d 'When to print colours; NO_COLOR and CLICOLOR_FORCE are obeyed with auto' -r -f -a "auto\t'On a terminal; NO_COLOR, CLICOLOR_FORCE and TERM=dumb are obeyed'
always\t'Into pipes and files as well'
never\t'Nowhere'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and not __fish_seen_subcommand_from grep presets alerts ack summary" -l log-format -d 'Format of the run\'s own log; VERIFY_LOG.log is always text' -r -f -a "text\t'For people and for grep'
json\t'One object a line'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and not __fish_seen_subcommand_from grep presets alerts ack summary" -l host -d 'Address or name of the gateway [GATEWAY_HOST, GTW_HOST]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and not __fish_seen_subcommand_from grep presets alerts ack summary" -l port -d 'Port of the gateway [GATEWAY_PORT, GTW_PORT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and not __fish_seen_subcommand_from grep presets alerts ack summary" -l timeout -d 'Timeout of each attempt of a read [SYNC_TIMEOUT_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and not __fish_seen_subcommand_from grep presets alerts ack summary" -l attempts -d 'Number of attempts of a read, the first included [SYNC_RETRY_COUNT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and not __fish_seen_subcommand_from grep presets alerts ack summary" -l retry-interval -d 'Wait between two attempts [SYNC_RETRY_INTERVAL_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and not __fish_seen_subcommand_from grep presets alerts ack summary" -l state-dir -d 'Directory of snapshots and evidence [MT5CRS_STATE_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and not __fish_seen_subcommand_from grep presets alerts ack summary" -l log-dir -d 'Directory of logs [MT5CRS_LOG_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and not __fish_seen_subcommand_from grep presets alerts ack summary" -l env-file -d 'Read this file instead of ./.env or /etc/mt5crs/PROFILE.env' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and not __fish_seen_subcommand_from grep presets alerts ack summary" -l profile -d 'Account in the configuration file [MT5CRS_PROFILE]; repeatable for commands that send no order' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and not __fish_seen_subcommand_from grep presets alerts ack summary" -l config -d 'The configuration file, else ./config.json or /etc/mt5crs/config.json [MT5CRS_CONFIG]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and not __fish_seen_subcommand_from grep presets alerts ack summary" -l deadline -d 'Time limit of the command; the exit code then states the proof so far' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and not __fish_seen_subcommand_from grep presets alerts ack summary" -l sim-positions -d 'Number of positions that it holds' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and not __fish_seen_subcommand_from grep presets alerts ack summary" -l sim-seed -d 'Seed of its prices' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and not __fish_seen_subcommand_from grep presets alerts ack summary" -l sim-fault -d 'A fault that it has, by name (repeatable); `mt5crs sim --list-faults` explains each' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and not __fish_seen_subcommand_from grep presets alerts ack summary" -l sim-book -d 'Keep its book in this file' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and not __fish_seen_subcommand_from grep presets alerts ack summary" -l sim-link-rtt -d 'Round trip of its link, which pipelining hides' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and not __fish_seen_subcommand_from grep presets alerts ack summary" -l sim-exec-time -d 'The broker\'s time for an order, which pipelining doesn\'t hide' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and not __fish_seen_subcommand_from grep presets alerts ack summary" -s v -l verbose -d 'Print more on stderr: once the run\'s log, twice every round trip'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and not __fish_seen_subcommand_from grep presets alerts ack summary" -s q -l quiet -d 'Print nothing but errors on stderr'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and not __fish_seen_subcommand_from grep presets alerts ack summary" -l all-profiles -d 'Every account in the configuration file, side by side; the exit code is the worst'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and not __fish_seen_subcommand_from grep presets alerts ack summary" -l allow-loopback -d 'Allow a gateway on this machine'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and not __fish_seen_subcommand_from grep presets alerts ack summary" -l sim -d 'Run against a simulated gateway that lives as long as the command; nothing that is configured is touched'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and not __fish_seen_subcommand_from grep presets alerts ack summary" -l keep -d 'Keep its scratch tree, with state, logs and kill switch, at the end'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and not __fish_seen_subcommand_from grep presets alerts ack summary" -s h -l help -d 'Print help; -h shows the main options only'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and not __fish_seen_subcommand_from grep presets alerts ack summary" -s V -l version -d 'Print the version'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and not __fish_seen_subcommand_from grep presets alerts ack summary" -f -a "grep" -d 'Search the logs, rotated and compressed ones too'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and not __fish_seen_subcommand_from grep presets alerts ack summary" -f -a "presets" -d 'List the searches that have names, each with the grep that it replaces'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and not __fish_seen_subcommand_from grep presets alerts ack summary" -f -a "alerts" -d 'List alerts, each with the lines that raised it'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and not __fish_seen_subcommand_from grep presets alerts ack summary" -f -a "ack" -d 'End the alert about a run that crashed, once you have looked at it'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and not __fish_seen_subcommand_from grep presets alerts ack summary" -f -a "summary" -d 'Sum up syncs, orders and errors by day or by run'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from grep" -s e -l regexp -d 'A pattern (repeatable); all words are then paths' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from grep" -l preset -d 'A search by name (repeatable, all in one pass); `mt5crs logs presets` lists them' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from grep" -s m -l max-count -d 'Stop reading a file after this many lines' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from grep" -s A -l after-context -d 'Print lines after a match' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from grep" -s B -l before-context -d 'Print lines before a match' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from grep" -s C -l context -d 'Print lines around a match' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from grep" -l last -d 'Print only the last lines, as tail does' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from grep" -l since -d 'From this time: how long ago (2h, 3d) or when (2026-01-17T04:00, local time without an offset)' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from grep" -l until -d 'Up to this time' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from grep" -l level -d 'Of this level or a more severe one' -r -f -a "error\t''
warn\t''
info\t''
debug\t''
trace\t''"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from grep" -l run -d 'Of this run: PID-RUN as its lines show it, or its id' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from grep" -s o -l output -d 'Format of the result' -r -f -a "human\t'Text and tables'
json\t'One JSON document, on failure too'
nagios\t'For reads: the line and exit code of a monitoring plugin'
prometheus\t'For reads: metrics in Prometheus\'s text format'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from grep" -l outfile -d 'With -o prometheus: replace this file atomically instead of printing' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from grep" -l color -d 'When to print colours; NO_COLOR and CLICOLOR_FORCE are obeyed with auto' -r -f -a "auto\t'On a terminal; NO_COLOR, CLICOLOR_FORCE and TERM=dumb are obeyed'
always\t'Into pipes and files as well'
never\t'Nowhere'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from grep" -l log-format -d 'Format of the run\'s own log; VERIFY_LOG.log is always text' -r -f -a "text\t'For people and for grep'
json\t'One object a line'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from grep" -l host -d 'Address or name of the gateway [GATEWAY_HOST, GTW_HOST]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from grep" -l port -d 'Port of the gateway [GATEWAY_PORT, GTW_PORT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from grep" -l timeout -d 'Timeout of each attempt of a read [SYNC_TIMEOUT_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from grep" -l attempts -d 'Number of attempts of a read, the first included [SYNC_RETRY_COUNT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from grep" -l retry-interval -d 'Wait between two attempts [SYNC_RETRY_INTERVAL_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from grep" -l state-dir -d 'Directory of snapshots and evidence [MT5CRS_STATE_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from grep" -l log-dir -d 'Directory of logs [MT5CRS_LOG_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from grep" -l env-file -d 'Read this file instead of ./.env or /etc/mt5crs/PROFILE.env' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from grep" -l profile -d 'Account in the configuration file [MT5CRS_PROFILE]; repeatable for commands that send no order' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from grep" -l config -d 'The configuration file, else ./config.json or /etc/mt5crs/config.json [MT5CRS_CONFIG]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from grep" -l deadline -d 'Time limit of the command; the exit code then states the proof so far' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from grep" -l sim-positions -d 'Number of positions that it holds' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from grep" -l sim-seed -d 'Seed of its prices' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from grep" -l sim-fault -d 'A fault that it has, by name (repeatable); `mt5crs sim --list-faults` explains each' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from grep" -l sim-book -d 'Keep its book in this file' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from grep" -l sim-link-rtt -d 'Round trip of its link, which pipelining hides' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from grep" -l sim-exec-time -d 'The broker\'s time for an order, which pipelining doesn\'t hide' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from grep" -l verbose -d 'Print more on stderr; in full, because -v means --invert-match here'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from grep" -s i -l ignore-case -d 'Ignore case'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from grep" -s F -l fixed-strings -d 'Take the pattern as text'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from grep" -s w -l word-regexp -d 'Match whole words'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from grep" -s v -l invert-match -d 'Select the lines that don\'t match'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from grep" -s c -l count -d 'Print the number of lines that match, by file or by preset'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from grep" -s l -l files-with-matches -d 'Print the names of files that match'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from grep" -s n -l line-number -d 'Print line numbers'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from grep" -l no-filename -d 'Don\'t print names of files'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from grep" -s f -l follow -d 'Go on with new lines, through rotations'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from grep" -s q -l quiet -d 'Print nothing but errors on stderr'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from grep" -l all-profiles -d 'Every account in the configuration file, side by side; the exit code is the worst'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from grep" -l allow-loopback -d 'Allow a gateway on this machine'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from grep" -l sim -d 'Run against a simulated gateway that lives as long as the command; nothing that is configured is touched'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from grep" -l keep -d 'Keep its scratch tree, with state, logs and kill switch, at the end'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from grep" -s h -l help -d 'Print help; -h shows the main options only'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from grep" -s V -l version -d 'Print the version'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from presets" -s o -l output -d 'Format of the result' -r -f -a "human\t'Text and tables'
json\t'One JSON document, on failure too'
nagios\t'For reads: the line and exit code of a monitoring plugin'
prometheus\t'For reads: metrics in Prometheus\'s text format'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from presets" -l outfile -d 'With -o prometheus: replace this file atomically instead of printing' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from presets" -l color -d 'When to print colours; NO_COLOR and CLICOLOR_FORCE are obeyed with auto' -r -f -a "auto\t'On a terminal; NO_COLOR, CLICOLOR_FORCE and TERM=dumb are obeyed'
always\t'Into pipes and files as well'
never\t'Nowhere'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from presets" -l log-format -d 'Format of the run\'s own log; VERIFY_LOG.log is always text' -r -f -a "text\t'For people and for grep'
json\t'One object a line'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from presets" -l host -d 'Address or name of the gateway [GATEWAY_HOST, GTW_HOST]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from presets" -l port -d 'Port of the gateway [GATEWAY_PORT, GTW_PORT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from presets" -l timeout -d 'Timeout of each attempt of a read [SYNC_TIMEOUT_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from presets" -l attempts -d 'Number of attempts of a read, the first included [SYNC_RETRY_COUNT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from presets" -l retry-interval -d 'Wait between two attempts [SYNC_RETRY_INTERVAL_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from presets" -l state-dir -d 'Directory of snapshots and evidence [MT5CRS_STATE_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from presets" -l log-dir -d 'Directory of logs [MT5CRS_LOG_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from presets" -l env-file -d 'Read this file instead of ./.env or /etc/mt5crs/PROFILE.env' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from presets" -l profile -d 'Account in the configuration file [MT5CRS_PROFILE]; repeatable for commands that send no order' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from presets" -l config -d 'The configuration file, else ./config.json or /etc/mt5crs/config.json [MT5CRS_CONFIG]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from presets" -l deadline -d 'Time limit of the command; the exit code then states the proof so far' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from presets" -l sim-positions -d 'Number of positions that it holds' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from presets" -l sim-seed -d 'Seed of its prices' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from presets" -l sim-fault -d 'A fault that it has, by name (repeatable); `mt5crs sim --list-faults` explains each' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from presets" -l sim-book -d 'Keep its book in this file' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from presets" -l sim-link-rtt -d 'Round trip of its link, which pipelining hides' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from presets" -l sim-exec-time -d 'The broker\'s time for an order, which pipelining doesn\'t hide' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from presets" -s v -l verbose -d 'Print more on stderr: once the run\'s log, twice every round trip'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from presets" -s q -l quiet -d 'Print nothing but errors on stderr'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from presets" -l all-profiles -d 'Every account in the configuration file, side by side; the exit code is the worst'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from presets" -l allow-loopback -d 'Allow a gateway on this machine'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from presets" -l sim -d 'Run against a simulated gateway that lives as long as the command; nothing that is configured is touched'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from presets" -l keep -d 'Keep its scratch tree, with state, logs and kill switch, at the end'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from presets" -s h -l help -d 'Print help; -h shows the main options only'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from presets" -s V -l version -d 'Print the version'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from alerts" -l window -d 'How far back to look' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from alerts" -l cpu-over -d 'Measure the CPU of the engine, or of a run that has not ended, over this time; 0s leaves it out [10s where MT5CRS_ENGINE_UNIT names the engine, else 0s]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from alerts" -l on-change -d 'With each change, run this command of the shell; it gets the change as JSON' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from alerts" -l on-change-timeout -d 'How long that command may take before it is killed with its children; up to 25s' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from alerts" -s o -l output -d 'Format of the result' -r -f -a "human\t'Text and tables'
json\t'One JSON document, on failure too'
nagios\t'For reads: the line and exit code of a monitoring plugin'
prometheus\t'For reads: metrics in Prometheus\'s text format'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from alerts" -l outfile -d 'With -o prometheus: replace this file atomically instead of printing' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from alerts" -l color -d 'When to print colours; NO_COLOR and CLICOLOR_FORCE are obeyed with auto' -r -f -a "auto\t'On a terminal; NO_COLOR, CLICOLOR_FORCE and TERM=dumb are obeyed'
always\t'Into pipes and files as well'
never\t'Nowhere'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from alerts" -l log-format -d 'Format of the run\'s own log; VERIFY_LOG.log is always text' -r -f -a "text\t'For people and for grep'
json\t'One object a line'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from alerts" -l host -d 'Address or name of the gateway [GATEWAY_HOST, GTW_HOST]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from alerts" -l port -d 'Port of the gateway [GATEWAY_PORT, GTW_PORT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from alerts" -l timeout -d 'Timeout of each attempt of a read [SYNC_TIMEOUT_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from alerts" -l attempts -d 'Number of attempts of a read, the first included [SYNC_RETRY_COUNT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from alerts" -l retry-interval -d 'Wait between two attempts [SYNC_RETRY_INTERVAL_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from alerts" -l state-dir -d 'Directory of snapshots and evidence [MT5CRS_STATE_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from alerts" -l log-dir -d 'Directory of logs [MT5CRS_LOG_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from alerts" -l env-file -d 'Read this file instead of ./.env or /etc/mt5crs/PROFILE.env' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from alerts" -l profile -d 'Account in the configuration file [MT5CRS_PROFILE]; repeatable for commands that send no order' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from alerts" -l config -d 'The configuration file, else ./config.json or /etc/mt5crs/config.json [MT5CRS_CONFIG]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from alerts" -l deadline -d 'Time limit of the command; the exit code then states the proof so far' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from alerts" -l sim-positions -d 'Number of positions that it holds' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from alerts" -l sim-seed -d 'Seed of its prices' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from alerts" -l sim-fault -d 'A fault that it has, by name (repeatable); `mt5crs sim --list-faults` explains each' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from alerts" -l sim-book -d 'Keep its book in this file' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from alerts" -l sim-link-rtt -d 'Round trip of its link, which pipelining hides' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from alerts" -l sim-exec-time -d 'The broker\'s time for an order, which pipelining doesn\'t hide' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from alerts" -s f -l follow -l watch -d 'Go on, and print each alert as it is raised and cleared'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from alerts" -s v -l verbose -d 'Print more on stderr: once the run\'s log, twice every round trip'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from alerts" -s q -l quiet -d 'Print nothing but errors on stderr'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from alerts" -l all-profiles -d 'Every account in the configuration file, side by side; the exit code is the worst'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from alerts" -l allow-loopback -d 'Allow a gateway on this machine'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from alerts" -l sim -d 'Run against a simulated gateway that lives as long as the command; nothing that is configured is touched'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from alerts" -l keep -d 'Keep its scratch tree, with state, logs and kill switch, at the end'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from alerts" -s h -l help -d 'Print help; -h shows the main options only'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from alerts" -s V -l version -d 'Print the version'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from ack" -l reason -d 'Why it ended, for those who read the logs later' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from ack" -l window -d 'How far back to look for the crash' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from ack" -s o -l output -d 'Format of the result' -r -f -a "human\t'Text and tables'
json\t'One JSON document, on failure too'
nagios\t'For reads: the line and exit code of a monitoring plugin'
prometheus\t'For reads: metrics in Prometheus\'s text format'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from ack" -l outfile -d 'With -o prometheus: replace this file atomically instead of printing' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from ack" -l color -d 'When to print colours; NO_COLOR and CLICOLOR_FORCE are obeyed with auto' -r -f -a "auto\t'On a terminal; NO_COLOR, CLICOLOR_FORCE and TERM=dumb are obeyed'
always\t'Into pipes and files as well'
never\t'Nowhere'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from ack" -l log-format -d 'Format of the run\'s own log; VERIFY_LOG.log is always text' -r -f -a "text\t'For people and for grep'
json\t'One object a line'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from ack" -l host -d 'Address or name of the gateway [GATEWAY_HOST, GTW_HOST]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from ack" -l port -d 'Port of the gateway [GATEWAY_PORT, GTW_PORT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from ack" -l timeout -d 'Timeout of each attempt of a read [SYNC_TIMEOUT_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from ack" -l attempts -d 'Number of attempts of a read, the first included [SYNC_RETRY_COUNT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from ack" -l retry-interval -d 'Wait between two attempts [SYNC_RETRY_INTERVAL_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from ack" -l state-dir -d 'Directory of snapshots and evidence [MT5CRS_STATE_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from ack" -l log-dir -d 'Directory of logs [MT5CRS_LOG_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from ack" -l env-file -d 'Read this file instead of ./.env or /etc/mt5crs/PROFILE.env' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from ack" -l profile -d 'Account in the configuration file [MT5CRS_PROFILE]; repeatable for commands that send no order' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from ack" -l config -d 'The configuration file, else ./config.json or /etc/mt5crs/config.json [MT5CRS_CONFIG]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from ack" -l deadline -d 'Time limit of the command; the exit code then states the proof so far' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from ack" -l sim-positions -d 'Number of positions that it holds' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from ack" -l sim-seed -d 'Seed of its prices' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from ack" -l sim-fault -d 'A fault that it has, by name (repeatable); `mt5crs sim --list-faults` explains each' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from ack" -l sim-book -d 'Keep its book in this file' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from ack" -l sim-link-rtt -d 'Round trip of its link, which pipelining hides' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from ack" -l sim-exec-time -d 'The broker\'s time for an order, which pipelining doesn\'t hide' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from ack" -s v -l verbose -d 'Print more on stderr: once the run\'s log, twice every round trip'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from ack" -s q -l quiet -d 'Print nothing but errors on stderr'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from ack" -l all-profiles -d 'Every account in the configuration file, side by side; the exit code is the worst'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from ack" -l allow-loopback -d 'Allow a gateway on this machine'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from ack" -l sim -d 'Run against a simulated gateway that lives as long as the command; nothing that is configured is touched'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from ack" -l keep -d 'Keep its scratch tree, with state, logs and kill switch, at the end'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from ack" -s h -l help -d 'Print help; -h shows the main options only'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from ack" -s V -l version -d 'Print the version'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from summary" -l since -d 'From this time: how long ago (72h, 3d) or when' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from summary" -l until -d 'Up to this time' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from summary" -l by -d 'Grouping of the rows' -r -f -a "day\t'A day, UTC as the logs are'
run\t'A run'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from summary" -s o -l output -d 'Format of the result' -r -f -a "human\t'Text and tables'
json\t'One JSON document, on failure too'
nagios\t'For reads: the line and exit code of a monitoring plugin'
prometheus\t'For reads: metrics in Prometheus\'s text format'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from summary" -l outfile -d 'With -o prometheus: replace this file atomically instead of printing' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from summary" -l color -d 'When to print colours; NO_COLOR and CLICOLOR_FORCE are obeyed with auto' -r -f -a "auto\t'On a terminal; NO_COLOR, CLICOLOR_FORCE and TERM=dumb are obeyed'
always\t'Into pipes and files as well'
never\t'Nowhere'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from summary" -l log-format -d 'Format of the run\'s own log; VERIFY_LOG.log is always text' -r -f -a "text\t'For people and for grep'
json\t'One object a line'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from summary" -l host -d 'Address or name of the gateway [GATEWAY_HOST, GTW_HOST]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from summary" -l port -d 'Port of the gateway [GATEWAY_PORT, GTW_PORT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from summary" -l timeout -d 'Timeout of each attempt of a read [SYNC_TIMEOUT_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from summary" -l attempts -d 'Number of attempts of a read, the first included [SYNC_RETRY_COUNT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from summary" -l retry-interval -d 'Wait between two attempts [SYNC_RETRY_INTERVAL_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from summary" -l state-dir -d 'Directory of snapshots and evidence [MT5CRS_STATE_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from summary" -l log-dir -d 'Directory of logs [MT5CRS_LOG_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from summary" -l env-file -d 'Read this file instead of ./.env or /etc/mt5crs/PROFILE.env' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from summary" -l profile -d 'Account in the configuration file [MT5CRS_PROFILE]; repeatable for commands that send no order' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from summary" -l config -d 'The configuration file, else ./config.json or /etc/mt5crs/config.json [MT5CRS_CONFIG]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from summary" -l deadline -d 'Time limit of the command; the exit code then states the proof so far' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from summary" -l sim-positions -d 'Number of positions that it holds' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from summary" -l sim-seed -d 'Seed of its prices' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from summary" -l sim-fault -d 'A fault that it has, by name (repeatable); `mt5crs sim --list-faults` explains each' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from summary" -l sim-book -d 'Keep its book in this file' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from summary" -l sim-link-rtt -d 'Round trip of its link, which pipelining hides' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from summary" -l sim-exec-time -d 'The broker\'s time for an order, which pipelining doesn\'t hide' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from summary" -l all -d 'Show every row of a table, not the first 50'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from summary" -s v -l verbose -d 'Print more on stderr: once the run\'s log, twice every round trip'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from summary" -s q -l quiet -d 'Print nothing but errors on stderr'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from summary" -l all-profiles -d 'Every account in the configuration file, side by side; the exit code is the worst'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from summary" -l allow-loopback -d 'Allow a gateway on this machine'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from summary" -l sim -d 'Run against a simulated gateway that lives as long as the command; nothing that is configured is touched'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from summary" -l keep -d 'Keep its scratch tree, with state, logs and kill switch, at the end'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from summary" -s h -l help -d 'Print help; -h shows the main options only'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand logs; and __fish_seen_subcommand_from summary" -s V -l version -d 'Print the version'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and not __fish_seen_subcommand_from show check" -s o -l output -d 'Format of the result' -r -f -a "human\t'Text and tables'
json\t'One JSON document, on failure too'
nagios\t'For reads: the line and exit code of a monitoring plugin'
prometheus\t'For reads: metrics in Prometheus\'s text format'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and not __fish_seen_subcommand_from show check" -l outfile -d 'With -o prometheus: replace this file atomically instead of printing' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and not __fish_seen_subcommand_from show check" -l color -d 'When to print colours; NO_COLOR and CLICOLOR_FORCE are obeyed with auto' -r -f -a "auto\t'On a terminal; NO_COLOR, CLICOLOR_FORCE and TERM=dumb are obeyed'
always\t'Into pipes and files as well'
never\t'Nowhere'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and not __fish_seen_subcommand_from show check" -l log-format -d 'Format of the run\'s own log; VERIFY_LOG.log is always text' -r -f -a "text\t'For people and for grep'
json\t'One object a line'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and not __fish_seen_subcommand_from show check" -l host -d 'Address or name of the gateway [GATEWAY_HOST, GTW_HOST]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and not __fish_seen_subcommand_from show check" -l port -d 'Port of the gateway [GATEWAY_PORT, GTW_PORT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and not __fish_seen_subcommand_from show check" -l timeout -d 'Timeout of each attempt of a read [SYNC_TIMEOUT_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and not __fish_seen_subcommand_from show check" -l attempts -d 'Number of attempts of a read, the first included [SYNC_RETRY_COUNT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and not __fish_seen_subcommand_from show check" -l retry-interval -d 'Wait between two attempts [SYNC_RETRY_INTERVAL_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and not __fish_seen_subcommand_from show check" -l state-dir -d 'Directory of snapshots and evidence [MT5CRS_STATE_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and not __fish_seen_subcommand_from show check" -l log-dir -d 'Directory of logs [MT5CRS_LOG_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and not __fish_seen_subcommand_from show check" -l env-file -d 'Read this file instead of ./.env or /etc/mt5crs/PROFILE.env' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and not __fish_seen_subcommand_from show check" -l profile -d 'Account in the configuration file [MT5CRS_PROFILE]; repeatable for commands that send no order' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and not __fish_seen_subcommand_from show check" -l config -d 'The configuration file, else ./config.json or /etc/mt5crs/config.json [MT5CRS_CONFIG]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and not __fish_seen_subcommand_from show check" -l deadline -d 'Time limit of the command; the exit code then states the proof so far' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and not __fish_seen_subcommand_from show check" -l sim-positions -d 'Number of positions that it holds' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and not __fish_seen_subcommand_from show check" -l sim-seed -d 'Seed of its prices' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and not __fish_seen_subcommand_from show check" -l sim-fault -d 'A fault that it has, by name (repeatable); `mt5crs sim --list-faults` explains each' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and not __fish_seen_subcommand_from show check" -l sim-book -d 'Keep its book in this file' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and not __fish_seen_subcommand_from show check" -l sim-link-rtt -d 'Round trip of its link, which pipelining hides' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and not __fish_seen_subcommand_from show check" -l sim-exec-time -d 'The broker\'s time for an order, which pipelining doesn\'t hide' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and not __fish_seen_subcommand_from show check" -s v -l verbose -d 'Print more on stderr: once the run\'s log, twice every round trip'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and not __fish_seen_subcommand_from show check" -s q -l quiet -d 'Print nothing but errors on stderr'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and not __fish_seen_subcommand_from show check" -l all-profiles -d 'Every account in the configuration file, side by side; the exit code is the worst'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and not __fish_seen_subcommand_from show check" -l allow-loopback -d 'Allow a gateway on this machine'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and not __fish_seen_subcommand_from show check" -l sim -d 'Run against a simulated gateway that lives as long as the command; nothing that is configured is touched'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and not __fish_seen_subcommand_from show check" -l keep -d 'Keep its scratch tree, with state, logs and kill switch, at the end'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and not __fish_seen_subcommand_from show check" -s h -l help -d 'Print help; -h shows the main options only'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and not __fish_seen_subcommand_from show check" -s V -l version -d 'Print the version'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and not __fish_seen_subcommand_from show check" -f -a "show" -d 'Show each setting with its origin, and the files that were read'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and not __fish_seen_subcommand_from show check" -f -a "check" -d 'Check the settings of every profile, and without one'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and __fish_seen_subcommand_from show" -s o -l output -d 'Format of the result' -r -f -a "human\t'Text and tables'
json\t'One JSON document, on failure too'
nagios\t'For reads: the line and exit code of a monitoring plugin'
prometheus\t'For reads: metrics in Prometheus\'s text format'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and __fish_seen_subcommand_from show" -l outfile -d 'With -o prometheus: replace this file atomically instead of printing' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and __fish_seen_subcommand_from show" -l color -d 'When to print colours; NO_COLOR and CLICOLOR_FORCE are obeyed with auto' -r -f -a "auto\t'On a terminal; NO_COLOR, CLICOLOR_FORCE and TERM=dumb are obeyed'
always\t'Into pipes and files as well'
never\t'Nowhere'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and __fish_seen_subcommand_from show" -l log-format -d 'Format of the run\'s own log; VERIFY_LOG.log is always text' -r -f -a "text\t'For people and for grep'
json\t'One object a line'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and __fish_seen_subcommand_from show" -l host -d 'Address or name of the gateway [GATEWAY_HOST, GTW_HOST]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and __fish_seen_subcommand_from show" -l port -d 'Port of the gateway [GATEWAY_PORT, GTW_PORT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and __fish_seen_subcommand_from show" -l timeout -d 'Timeout of each attempt of a read [SYNC_TIMEOUT_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and __fish_seen_subcommand_from show" -l attempts -d 'Number of attempts of a read, the first included [SYNC_RETRY_COUNT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and __fish_seen_subcommand_from show" -l retry-interval -d 'Wait between two attempts [SYNC_RETRY_INTERVAL_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and __fish_seen_subcommand_from show" -l state-dir -d 'Directory of snapshots and evidence [MT5CRS_STATE_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and __fish_seen_subcommand_from show" -l log-dir -d 'Directory of logs [MT5CRS_LOG_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and __fish_seen_subcommand_from show" -l env-file -d 'Read this file instead of ./.env or /etc/mt5crs/PROFILE.env' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and __fish_seen_subcommand_from show" -l profile -d 'Account in the configuration file [MT5CRS_PROFILE]; repeatable for commands that send no order' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and __fish_seen_subcommand_from show" -l config -d 'The configuration file, else ./config.json or /etc/mt5crs/config.json [MT5CRS_CONFIG]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and __fish_seen_subcommand_from show" -l deadline -d 'Time limit of the command; the exit code then states the proof so far' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and __fish_seen_subcommand_from show" -l sim-positions -d 'Number of positions that it holds' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and __fish_seen_subcommand_from show" -l sim-seed -d 'Seed of its prices' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and __fish_seen_subcommand_from show" -l sim-fault -d 'A fault that it has, by name (repeatable); `mt5crs sim --list-faults` explains each' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and __fish_seen_subcommand_from show" -l sim-book -d 'Keep its book in this file' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and __fish_seen_subcommand_from show" -l sim-link-rtt -d 'Round trip of its link, which pipelining hides' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and __fish_seen_subcommand_from show" -l sim-exec-time -d 'The broker\'s time for an order, which pipelining doesn\'t hide' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Print more on stderr: once the run\'s log, twice every round trip'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Print nothing but errors on stderr'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and __fish_seen_subcommand_from show" -l all-profiles -d 'Every account in the configuration file, side by side; the exit code is the worst'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and __fish_seen_subcommand_from show" -l allow-loopback -d 'Allow a gateway on this machine'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and __fish_seen_subcommand_from show" -l sim -d 'Run against a simulated gateway that lives as long as the command; nothing that is configured is touched'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and __fish_seen_subcommand_from show" -l keep -d 'Keep its scratch tree, with state, logs and kill switch, at the end'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help; -h shows the main options only'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and __fish_seen_subcommand_from show" -s V -l version -d 'Print the version'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and __fish_seen_subcommand_from check" -s o -l output -d 'Format of the result' -r -f -a "human\t'Text and tables'
json\t'One JSON document, on failure too'
nagios\t'For reads: the line and exit code of a monitoring plugin'
prometheus\t'For reads: metrics in Prometheus\'s text format'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and __fish_seen_subcommand_from check" -l outfile -d 'With -o prometheus: replace this file atomically instead of printing' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and __fish_seen_subcommand_from check" -l color -d 'When to print colours; NO_COLOR and CLICOLOR_FORCE are obeyed with auto' -r -f -a "auto\t'On a terminal; NO_COLOR, CLICOLOR_FORCE and TERM=dumb are obeyed'
always\t'Into pipes and files as well'
never\t'Nowhere'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and __fish_seen_subcommand_from check" -l log-format -d 'Format of the run\'s own log; VERIFY_LOG.log is always text' -r -f -a "text\t'For people and for grep'
json\t'One object a line'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and __fish_seen_subcommand_from check" -l host -d 'Address or name of the gateway [GATEWAY_HOST, GTW_HOST]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and __fish_seen_subcommand_from check" -l port -d 'Port of the gateway [GATEWAY_PORT, GTW_PORT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and __fish_seen_subcommand_from check" -l timeout -d 'Timeout of each attempt of a read [SYNC_TIMEOUT_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and __fish_seen_subcommand_from check" -l attempts -d 'Number of attempts of a read, the first included [SYNC_RETRY_COUNT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and __fish_seen_subcommand_from check" -l retry-interval -d 'Wait between two attempts [SYNC_RETRY_INTERVAL_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and __fish_seen_subcommand_from check" -l state-dir -d 'Directory of snapshots and evidence [MT5CRS_STATE_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and __fish_seen_subcommand_from check" -l log-dir -d 'Directory of logs [MT5CRS_LOG_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and __fish_seen_subcommand_from check" -l env-file -d 'Read this file instead of ./.env or /etc/mt5crs/PROFILE.env' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and __fish_seen_subcommand_from check" -l profile -d 'Account in the configuration file [MT5CRS_PROFILE]; repeatable for commands that send no order' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and __fish_seen_subcommand_from check" -l config -d 'The configuration file, else ./config.json or /etc/mt5crs/config.json [MT5CRS_CONFIG]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and __fish_seen_subcommand_from check" -l deadline -d 'Time limit of the command; the exit code then states the proof so far' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and __fish_seen_subcommand_from check" -l sim-positions -d 'Number of positions that it holds' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and __fish_seen_subcommand_from check" -l sim-seed -d 'Seed of its prices' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and __fish_seen_subcommand_from check" -l sim-fault -d 'A fault that it has, by name (repeatable); `mt5crs sim --list-faults` explains each' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and __fish_seen_subcommand_from check" -l sim-book -d 'Keep its book in this file' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and __fish_seen_subcommand_from check" -l sim-link-rtt -d 'Round trip of its link, which pipelining hides' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and __fish_seen_subcommand_from check" -l sim-exec-time -d 'The broker\'s time for an order, which pipelining doesn\'t hide' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and __fish_seen_subcommand_from check" -s v -l verbose -d 'Print more on stderr: once the run\'s log, twice every round trip'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and __fish_seen_subcommand_from check" -s q -l quiet -d 'Print nothing but errors on stderr'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and __fish_seen_subcommand_from check" -l all-profiles -d 'Every account in the configuration file, side by side; the exit code is the worst'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and __fish_seen_subcommand_from check" -l allow-loopback -d 'Allow a gateway on this machine'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and __fish_seen_subcommand_from check" -l sim -d 'Run against a simulated gateway that lives as long as the command; nothing that is configured is touched'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and __fish_seen_subcommand_from check" -l keep -d 'Keep its scratch tree, with state, logs and kill switch, at the end'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help; -h shows the main options only'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and __fish_seen_subcommand_from check" -s V -l version -d 'Print the version'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand explain" -s o -l output -d 'Format of the result' -r -f -a "human\t'Text and tables'
json\t'One JSON document, on failure too'
nagios\t'For reads: the line and exit code of a monitoring plugin'
prometheus\t'For reads: metrics in Prometheus\'s text format'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand explain" -l outfile -d 'With -o prometheus: replace this file atomically instead of printing' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand explain" -l color -d 'When to print colours; NO_COLOR and CLICOLOR_FORCE are obeyed with auto' -r -f -a "auto\t'On a terminal; NO_COLOR, CLICOLOR_FORCE and TERM=dumb are obeyed'
always\t'Into pipes and files as well'
never\t'Nowhere'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand explain" -l log-format -d 'Format of the run\'s own log; VERIFY_LOG.log is always text' -r -f -a "text\t'For people and for grep'
json\t'One object a line'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand explain" -l host -d 'Address or name of the gateway [GATEWAY_HOST, GTW_HOST]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand explain" -l port -d 'Port of the gateway [GATEWAY_PORT, GTW_PORT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand explain" -l timeout -d 'Timeout of each attempt of a read [SYNC_TIMEOUT_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand explain" -l attempts -d 'Number of attempts of a read, the first included [SYNC_RETRY_COUNT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand explain" -l retry-interval -d 'Wait between two attempts [SYNC_RETRY_INTERVAL_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand explain" -l state-dir -d 'Directory of snapshots and evidence [MT5CRS_STATE_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand explain" -l log-dir -d 'Directory of logs [MT5CRS_LOG_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand explain" -l env-file -d 'Read this file instead of ./.env or /etc/mt5crs/PROFILE.env' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand explain" -l profile -d 'Account in the configuration file [MT5CRS_PROFILE]; repeatable for commands that send no order' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand explain" -l config -d 'The configuration file, else ./config.json or /etc/mt5crs/config.json [MT5CRS_CONFIG]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand explain" -l deadline -d 'Time limit of the command; the exit code then states the proof so far' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand explain" -l sim-positions -d 'Number of positions that it holds' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand explain" -l sim-seed -d 'Seed of its prices' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand explain" -l sim-fault -d 'A fault that it has, by name (repeatable); `mt5crs sim --list-faults` explains each' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand explain" -l sim-book -d 'Keep its book in this file' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand explain" -l sim-link-rtt -d 'Round trip of its link, which pipelining hides' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand explain" -l sim-exec-time -d 'The broker\'s time for an order, which pipelining doesn\'t hide' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand explain" -s v -l verbose -d 'Print more on stderr: once the run\'s log, twice every round trip'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand explain" -s q -l quiet -d 'Print nothing but errors on stderr'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand explain" -l all-profiles -d 'Every account in the configuration file, side by side; the exit code is the worst'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand explain" -l allow-loopback -d 'Allow a gateway on this machine'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand explain" -l sim -d 'Run against a simulated gateway that lives as long as the command; nothing that is configured is touched'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand explain" -l keep -d 'Keep its scratch tree, with state, logs and kill switch, at the end'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand explain" -s h -l help -d 'Print help; -h shows the main options only'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand explain" -s V -l version -d 'Print the version'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand schema" -s o -l output -d 'Format of the result' -r -f -a "human\t'Text and tables'
json\t'One JSON document, on failure too'
nagios\t'For reads: the line and exit code of a monitoring plugin'
prometheus\t'For reads: metrics in Prometheus\'s text format'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand schema" -l outfile -d 'With -o prometheus: replace this file atomically instead of printing' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand schema" -l color -d 'When to print colours; NO_COLOR and CLICOLOR_FORCE are obeyed with auto' -r -f -a "auto\t'On a terminal; NO_COLOR, CLICOLOR_FORCE and TERM=dumb are obeyed'
always\t'Into pipes and files as well'
never\t'Nowhere'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand schema" -l log-format -d 'Format of the run\'s own log; VERIFY_LOG.log is always text' -r -f -a "text\t'For people and for grep'
json\t'One object a line'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand schema" -l host -d 'Address or name of the gateway [GATEWAY_HOST, GTW_HOST]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand schema" -l port -d 'Port of the gateway [GATEWAY_PORT, GTW_PORT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand schema" -l timeout -d 'Timeout of each attempt of a read [SYNC_TIMEOUT_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand schema" -l attempts -d 'Number of attempts of a read, the first included [SYNC_RETRY_COUNT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand schema" -l retry-interval -d 'Wait between two attempts [SYNC_RETRY_INTERVAL_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand schema" -l state-dir -d 'Directory of snapshots and evidence [MT5CRS_STATE_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand schema" -l log-dir -d 'Directory of logs [MT5CRS_LOG_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand schema" -l env-file -d 'Read this file instead of ./.env or /etc/mt5crs/PROFILE.env' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand schema" -l profile -d 'Account in the configuration file [MT5CRS_PROFILE]; repeatable for commands that send no order' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand schema" -l config -d 'The configuration file, else ./config.json or /etc/mt5crs/config.json [MT5CRS_CONFIG]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand schema" -l deadline -d 'Time limit of the command; the exit code then states the proof so far' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand schema" -l sim-positions -d 'Number of positions that it holds' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand schema" -l sim-seed -d 'Seed of its prices' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand schema" -l sim-fault -d 'A fault that it has, by name (repeatable); `mt5crs sim --list-faults` explains each' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand schema" -l sim-book -d 'Keep its book in this file' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand schema" -l sim-link-rtt -d 'Round trip of its link, which pipelining hides' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand schema" -l sim-exec-time -d 'The broker\'s time for an order, which pipelining doesn\'t hide' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand schema" -s v -l verbose -d 'Print more on stderr: once the run\'s log, twice every round trip'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand schema" -s q -l quiet -d 'Print nothing but errors on stderr'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand schema" -l all-profiles -d 'Every account in the configuration file, side by side; the exit code is the worst'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand schema" -l allow-loopback -d 'Allow a gateway on this machine'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand schema" -l sim -d 'Run against a simulated gateway that lives as long as the command; nothing that is configured is touched'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand schema" -l keep -d 'Keep its scratch tree, with state, logs and kill switch, at the end'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand schema" -s h -l help -d 'Print help; -h shows the main options only'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand schema" -s V -l version -d 'Print the version'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand completions" -s o -l output -d 'Format of the result' -r -f -a "human\t'Text and tables'
json\t'One JSON document, on failure too'
nagios\t'For reads: the line and exit code of a monitoring plugin'
prometheus\t'For reads: metrics in Prometheus\'s text format'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand completions" -l outfile -d 'With -o prometheus: replace this file atomically instead of printing' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand completions" -l color -d 'When to print colours; NO_COLOR and CLICOLOR_FORCE are obeyed with auto' -r -f -a "auto\t'On a terminal; NO_COLOR, CLICOLOR_FORCE and TERM=dumb are obeyed'
always\t'Into pipes and files as well'
never\t'Nowhere'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand completions" -l log-format -d 'Format of the run\'s own log; VERIFY_LOG.log is always text' -r -f -a "text\t'For people and for grep'
json\t'One object a line'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand completions" -l host -d 'Address or name of the gateway [GATEWAY_HOST, GTW_HOST]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand completions" -l port -d 'Port of the gateway [GATEWAY_PORT, GTW_PORT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand completions" -l timeout -d 'Timeout of each attempt of a read [SYNC_TIMEOUT_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand completions" -l attempts -d 'Number of attempts of a read, the first included [SYNC_RETRY_COUNT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand completions" -l retry-interval -d 'Wait between two attempts [SYNC_RETRY_INTERVAL_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand completions" -l state-dir -d 'Directory of snapshots and evidence [MT5CRS_STATE_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand completions" -l log-dir -d 'Directory of logs [MT5CRS_LOG_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand completions" -l env-file -d 'Read this file instead of ./.env or /etc/mt5crs/PROFILE.env' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand completions" -l profile -d 'Account in the configuration file [MT5CRS_PROFILE]; repeatable for commands that send no order' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand completions" -l config -d 'The configuration file, else ./config.json or /etc/mt5crs/config.json [MT5CRS_CONFIG]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand completions" -l deadline -d 'Time limit of the command; the exit code then states the proof so far' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand completions" -l sim-positions -d 'Number of positions that it holds' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand completions" -l sim-seed -d 'Seed of its prices' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand completions" -l sim-fault -d 'A fault that it has, by name (repeatable); `mt5crs sim --list-faults` explains each' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand completions" -l sim-book -d 'Keep its book in this file' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand completions" -l sim-link-rtt -d 'Round trip of its link, which pipelining hides' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand completions" -l sim-exec-time -d 'The broker\'s time for an order, which pipelining doesn\'t hide' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand completions" -s v -l verbose -d 'Print more on stderr: once the run\'s log, twice every round trip'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand completions" -s q -l quiet -d 'Print nothing but errors on stderr'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand completions" -l all-profiles -d 'Every account in the configuration file, side by side; the exit code is the worst'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand completions" -l allow-loopback -d 'Allow a gateway on this machine'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand completions" -l sim -d 'Run against a simulated gateway that lives as long as the command; nothing that is configured is touched'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand completions" -l keep -d 'Keep its scratch tree, with state, logs and kill switch, at the end'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand completions" -s h -l help -d 'Print help; -h shows the main options only'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand completions" -s V -l version -d 'Print the version'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand man" -l dir -d 'Write every page into this directory' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand man" -s o -l output -d 'Format of the result' -r -f -a "human\t'Text and tables'
json\t'One JSON document, on failure too'
nagios\t'For reads: the line and exit code of a monitoring plugin'
prometheus\t'For reads: metrics in Prometheus\'s text format'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand man" -l outfile -d 'With -o prometheus: replace this file atomically instead of printing' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand man" -l color -d 'When to print colours; NO_COLOR and CLICOLOR_FORCE are obeyed with auto' -r -f -a "auto\t'On a terminal; NO_COLOR, CLICOLOR_FORCE and TERM=dumb are obeyed'
always\t'Into pipes and files as well'
never\t'Nowhere'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand man" -l log-format -d 'Format of the run\'s own log; VERIFY_LOG.log is always text' -r -f -a "text\t'For people and for grep'
json\t'One object a line'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand man" -l host -d 'Address or name of the gateway [GATEWAY_HOST, GTW_HOST]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand man" -l port -d 'Port of the gateway [GATEWAY_PORT, GTW_PORT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand man" -l timeout -d 'Timeout of each attempt of a read [SYNC_TIMEOUT_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand man" -l attempts -d 'Number of attempts of a read, the first included [SYNC_RETRY_COUNT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand man" -l retry-interval -d 'Wait between two attempts [SYNC_RETRY_INTERVAL_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand man" -l state-dir -d 'Directory of snapshots and evidence [MT5CRS_STATE_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand man" -l log-dir -d 'Directory of logs [MT5CRS_LOG_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand man" -l env-file -d 'Read this file instead of ./.env or /etc/mt5crs/PROFILE.env' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand man" -l profile -d 'Account in the configuration file [MT5CRS_PROFILE]; repeatable for commands that send no order' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand man" -l config -d 'The configuration file, else ./config.json or /etc/mt5crs/config.json [MT5CRS_CONFIG]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand man" -l deadline -d 'Time limit of the command; the exit code then states the proof so far' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand man" -l sim-positions -d 'Number of positions that it holds' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand man" -l sim-seed -d 'Seed of its prices' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand man" -l sim-fault -d 'A fault that it has, by name (repeatable); `mt5crs sim --list-faults` explains each' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand man" -l sim-book -d 'Keep its book in this file' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand man" -l sim-link-rtt -d 'Round trip of its link, which pipelining hides' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand man" -l sim-exec-time -d 'The broker\'s time for an order, which pipelining doesn\'t hide' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand man" -s v -l verbose -d 'Print more on stderr: once the run\'s log, twice every round trip'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand man" -s q -l quiet -d 'Print nothing but errors on stderr'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand man" -l all-profiles -d 'Every account in the configuration file, side by side; the exit code is the worst'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand man" -l allow-loopback -d 'Allow a gateway on this machine'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand man" -l sim -d 'Run against a simulated gateway that lives as long as the command; nothing that is configured is touched'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand man" -l keep -d 'Keep its scratch tree, with state, logs and kill switch, at the end'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand man" -s h -l help -d 'Print help; -h shows the main options only'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand man" -s V -l version -d 'Print the version'
