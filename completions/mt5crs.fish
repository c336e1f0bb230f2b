# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_mt5crs_global_optspecs
    string join \n o/output= v/verbose q/quiet host= port= timeout= attempts= retry-interval= magic= state-dir= log-dir= env-file= profile= config= deadline= allow-loopback sim sim-positions= sim-seed= sim-fault= sim-book= sim-link-rtt= sim-exec-time= h/help V/version
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

complete -c mt5crs -n "__fish_mt5crs_needs_command" -s o -l output -d 'How the result is printed' -r -f -a "human\t'Text and tables'
json\t'One JSON document, on failure too'"
complete -c mt5crs -n "__fish_mt5crs_needs_command" -l host -d 'The gateway\'s address or name [GATEWAY_HOST, GTW_HOST]' -r
complete -c mt5crs -n "__fish_mt5crs_needs_command" -l port -d 'The gateway\'s command port [GATEWAY_PORT, GTW_PORT]' -r
complete -c mt5crs -n "__fish_mt5crs_needs_command" -l timeout -d 'For one attempt of a read [SYNC_TIMEOUT_S]' -r
complete -c mt5crs -n "__fish_mt5crs_needs_command" -l attempts -d 'Attempts of a read in all [SYNC_RETRY_COUNT]' -r
complete -c mt5crs -n "__fish_mt5crs_needs_command" -l retry-interval -d 'Wait between two attempts [SYNC_RETRY_INTERVAL_S]' -r
complete -c mt5crs -n "__fish_mt5crs_needs_command" -l magic -d 'The strategy\'s magic number [MAGIC_NUMBER]' -r
complete -c mt5crs -n "__fish_mt5crs_needs_command" -l state-dir -d 'Where snapshots are kept [MT5CRS_STATE_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_needs_command" -l log-dir -d 'Where logs are written [MT5CRS_LOG_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_needs_command" -l env-file -d 'Read this file instead of ./.env' -r -F
complete -c mt5crs -n "__fish_mt5crs_needs_command" -l profile -d 'The account in the configuration file [MT5CRS_PROFILE]' -r
complete -c mt5crs -n "__fish_mt5crs_needs_command" -l config -d 'The configuration file [MT5CRS_CONFIG]' -r
complete -c mt5crs -n "__fish_mt5crs_needs_command" -l deadline -d 'End with an honest code after this long, whatever happens' -r
complete -c mt5crs -n "__fish_mt5crs_needs_command" -l sim-positions -d 'How many positions it holds' -r
complete -c mt5crs -n "__fish_mt5crs_needs_command" -l sim-seed -d 'The seed of its prices' -r
complete -c mt5crs -n "__fish_mt5crs_needs_command" -l sim-fault -d 'How it lies, by name (repeatable); `mt5crs sim --list-faults` explains each' -r
complete -c mt5crs -n "__fish_mt5crs_needs_command" -l sim-book -d 'Keep its book in this file' -r -F
complete -c mt5crs -n "__fish_mt5crs_needs_command" -l sim-link-rtt -d 'The link\'s round trip, which pipelining hides' -r
complete -c mt5crs -n "__fish_mt5crs_needs_command" -l sim-exec-time -d 'The broker\'s time for an order, which nothing hides' -r
complete -c mt5crs -n "__fish_mt5crs_needs_command" -s v -l verbose -d 'More on stderr: once for the run\'s story, twice for every round trip'
complete -c mt5crs -n "__fish_mt5crs_needs_command" -s q -l quiet -d 'Nothing but errors on stderr'
complete -c mt5crs -n "__fish_mt5crs_needs_command" -l allow-loopback -d 'Talk to an address of this machine'
complete -c mt5crs -n "__fish_mt5crs_needs_command" -l sim -d 'Run the command against a simulated gateway that lives just as long; configured state is never touched'
complete -c mt5crs -n "__fish_mt5crs_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mt5crs -n "__fish_mt5crs_needs_command" -s V -l version -d 'Print version'
complete -c mt5crs -n "__fish_mt5crs_needs_command" -f -a "link-test" -d 'Test the link layer by layer: name, target, TCP, ZMTP, identity, clock, terminal, latency'
complete -c mt5crs -n "__fish_mt5crs_needs_command" -f -a "positions" -d 'Show account and positions as the gateway reports them now'
complete -c mt5crs -n "__fish_mt5crs_needs_command" -f -a "sync" -d 'Recover and check account and positions, keep them, then become COMMAND'
complete -c mt5crs -n "__fish_mt5crs_needs_command" -f -a "sim" -d 'Run a simulated gateway to practise on'
complete -c mt5crs -n "__fish_mt5crs_needs_command" -f -a "config" -d 'Show settings'
complete -c mt5crs -n "__fish_mt5crs_needs_command" -f -a "explain" -d 'Say what a code means and what to do'
complete -c mt5crs -n "__fish_mt5crs_needs_command" -f -a "schema" -d 'Print the JSON Schema of a command\'s report'
complete -c mt5crs -n "__fish_mt5crs_needs_command" -f -a "completions" -d 'Print a shell\'s completions'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand link-test" -s c -l count -d 'Round trips' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand link-test" -l interval -d 'From one round trip to the next, on a fixed schedule' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand link-test" -l watch -d 'Go on until stopped, look this often, and tell of every change' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand link-test" -s o -l output -d 'How the result is printed' -r -f -a "human\t'Text and tables'
json\t'One JSON document, on failure too'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand link-test" -l host -d 'The gateway\'s address or name [GATEWAY_HOST, GTW_HOST]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand link-test" -l port -d 'The gateway\'s command port [GATEWAY_PORT, GTW_PORT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand link-test" -l timeout -d 'For one attempt of a read [SYNC_TIMEOUT_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand link-test" -l attempts -d 'Attempts of a read in all [SYNC_RETRY_COUNT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand link-test" -l retry-interval -d 'Wait between two attempts [SYNC_RETRY_INTERVAL_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand link-test" -l magic -d 'The strategy\'s magic number [MAGIC_NUMBER]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand link-test" -l state-dir -d 'Where snapshots are kept [MT5CRS_STATE_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand link-test" -l log-dir -d 'Where logs are written [MT5CRS_LOG_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand link-test" -l env-file -d 'Read this file instead of ./.env' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand link-test" -l profile -d 'The account in the configuration file [MT5CRS_PROFILE]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand link-test" -l config -d 'The configuration file [MT5CRS_CONFIG]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand link-test" -l deadline -d 'End with an honest code after this long, whatever happens' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand link-test" -l sim-positions -d 'How many positions it holds' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand link-test" -l sim-seed -d 'The seed of its prices' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand link-test" -l sim-fault -d 'How it lies, by name (repeatable); `mt5crs sim --list-faults` explains each' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand link-test" -l sim-book -d 'Keep its book in this file' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand link-test" -l sim-link-rtt -d 'The link\'s round trip, which pipelining hides' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand link-test" -l sim-exec-time -d 'The broker\'s time for an order, which nothing hides' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand link-test" -l histogram -d 'Draw the distribution of the round trips'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand link-test" -s v -l verbose -d 'More on stderr: once for the run\'s story, twice for every round trip'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand link-test" -s q -l quiet -d 'Nothing but errors on stderr'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand link-test" -l allow-loopback -d 'Talk to an address of this machine'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand link-test" -l sim -d 'Run the command against a simulated gateway that lives just as long; configured state is never touched'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand link-test" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand link-test" -s V -l version -d 'Print version'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand positions" -l symbol -d 'Show this symbol alone (repeatable); spelled as the broker does' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand positions" -l credit -d 'Credit that the account holds: an empty account\'s equity may differ from its balance by it' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand positions" -s o -l output -d 'How the result is printed' -r -f -a "human\t'Text and tables'
json\t'One JSON document, on failure too'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand positions" -l host -d 'The gateway\'s address or name [GATEWAY_HOST, GTW_HOST]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand positions" -l port -d 'The gateway\'s command port [GATEWAY_PORT, GTW_PORT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand positions" -l timeout -d 'For one attempt of a read [SYNC_TIMEOUT_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand positions" -l attempts -d 'Attempts of a read in all [SYNC_RETRY_COUNT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand positions" -l retry-interval -d 'Wait between two attempts [SYNC_RETRY_INTERVAL_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand positions" -l magic -d 'The strategy\'s magic number [MAGIC_NUMBER]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand positions" -l state-dir -d 'Where snapshots are kept [MT5CRS_STATE_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand positions" -l log-dir -d 'Where logs are written [MT5CRS_LOG_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand positions" -l env-file -d 'Read this file instead of ./.env' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand positions" -l profile -d 'The account in the configuration file [MT5CRS_PROFILE]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand positions" -l config -d 'The configuration file [MT5CRS_CONFIG]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand positions" -l deadline -d 'End with an honest code after this long, whatever happens' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand positions" -l sim-positions -d 'How many positions it holds' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand positions" -l sim-seed -d 'The seed of its prices' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand positions" -l sim-fault -d 'How it lies, by name (repeatable); `mt5crs sim --list-faults` explains each' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand positions" -l sim-book -d 'Keep its book in this file' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand positions" -l sim-link-rtt -d 'The link\'s round trip, which pipelining hides' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand positions" -l sim-exec-time -d 'The broker\'s time for an order, which nothing hides' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand positions" -l all -d 'Show every row of a table, not the first 50'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand positions" -s v -l verbose -d 'More on stderr: once for the run\'s story, twice for every round trip'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand positions" -s q -l quiet -d 'Nothing but errors on stderr'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand positions" -l allow-loopback -d 'Talk to an address of this machine'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand positions" -l sim -d 'Run the command against a simulated gateway that lives just as long; configured state is never touched'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand positions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand positions" -s V -l version -d 'Print version'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sync" -l allow-warn -d 'Let the gate pass this warning (repeatable)' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sync" -l report -d 'Write the JSON report to this file as well' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sync" -l credit -d 'Credit that the account holds: an empty account\'s equity may differ from its balance by it' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sync" -s o -l output -d 'How the result is printed' -r -f -a "human\t'Text and tables'
json\t'One JSON document, on failure too'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sync" -l host -d 'The gateway\'s address or name [GATEWAY_HOST, GTW_HOST]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sync" -l port -d 'The gateway\'s command port [GATEWAY_PORT, GTW_PORT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sync" -l timeout -d 'For one attempt of a read [SYNC_TIMEOUT_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sync" -l attempts -d 'Attempts of a read in all [SYNC_RETRY_COUNT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sync" -l retry-interval -d 'Wait between two attempts [SYNC_RETRY_INTERVAL_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sync" -l magic -d 'The strategy\'s magic number [MAGIC_NUMBER]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sync" -l state-dir -d 'Where snapshots are kept [MT5CRS_STATE_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sync" -l log-dir -d 'Where logs are written [MT5CRS_LOG_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sync" -l env-file -d 'Read this file instead of ./.env' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sync" -l profile -d 'The account in the configuration file [MT5CRS_PROFILE]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sync" -l config -d 'The configuration file [MT5CRS_CONFIG]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sync" -l deadline -d 'End with an honest code after this long, whatever happens' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sync" -l sim-positions -d 'How many positions it holds' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sync" -l sim-seed -d 'The seed of its prices' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sync" -l sim-fault -d 'How it lies, by name (repeatable); `mt5crs sim --list-faults` explains each' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sync" -l sim-book -d 'Keep its book in this file' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sync" -l sim-link-rtt -d 'The link\'s round trip, which pipelining hides' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sync" -l sim-exec-time -d 'The broker\'s time for an order, which nothing hides' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sync" -l all -d 'Show every row of a table, not the first 50'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sync" -s v -l verbose -d 'More on stderr: once for the run\'s story, twice for every round trip'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sync" -s q -l quiet -d 'Nothing but errors on stderr'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sync" -l allow-loopback -d 'Talk to an address of this machine'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sync" -l sim -d 'Run the command against a simulated gateway that lives just as long; configured state is never touched'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sync" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sync" -s V -l version -d 'Print version'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sim" -l positions -d 'How many positions it holds' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sim" -l seed -d 'The seed of its prices' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sim" -l fault -d 'How it lies, by name (repeatable)' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sim" -l book -d 'Keep the book in this file, and take it up again from there' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sim" -l link-rtt -d 'The link\'s round trip, which pipelining hides' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sim" -l exec-time -d 'The broker\'s time for an order, which nothing hides' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sim" -l listen-port -d 'The port to listen on, on loopback; the system picks one unless it is given' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sim" -s o -l output -d 'How the result is printed' -r -f -a "human\t'Text and tables'
json\t'One JSON document, on failure too'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sim" -l host -d 'The gateway\'s address or name [GATEWAY_HOST, GTW_HOST]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sim" -l port -d 'The gateway\'s command port [GATEWAY_PORT, GTW_PORT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sim" -l timeout -d 'For one attempt of a read [SYNC_TIMEOUT_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sim" -l attempts -d 'Attempts of a read in all [SYNC_RETRY_COUNT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sim" -l retry-interval -d 'Wait between two attempts [SYNC_RETRY_INTERVAL_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sim" -l magic -d 'The strategy\'s magic number [MAGIC_NUMBER]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sim" -l state-dir -d 'Where snapshots are kept [MT5CRS_STATE_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sim" -l log-dir -d 'Where logs are written [MT5CRS_LOG_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sim" -l env-file -d 'Read this file instead of ./.env' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sim" -l profile -d 'The account in the configuration file [MT5CRS_PROFILE]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sim" -l config -d 'The configuration file [MT5CRS_CONFIG]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sim" -l deadline -d 'End with an honest code after this long, whatever happens' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sim" -l sim-positions -d 'How many positions it holds' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sim" -l sim-seed -d 'The seed of its prices' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sim" -l sim-fault -d 'How it lies, by name (repeatable); `mt5crs sim --list-faults` explains each' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sim" -l sim-book -d 'Keep its book in this file' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sim" -l sim-link-rtt -d 'The link\'s round trip, which pipelining hides' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sim" -l sim-exec-time -d 'The broker\'s time for an order, which nothing hides' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sim" -l list-faults -d 'Explain every fault, and end'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sim" -l ledger -d 'Print what really executed on the book of --book, and end'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sim" -s v -l verbose -d 'More on stderr: once for the run\'s story, twice for every round trip'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sim" -s q -l quiet -d 'Nothing but errors on stderr'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sim" -l allow-loopback -d 'Talk to an address of this machine'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sim" -l sim -d 'Run the command against a simulated gateway that lives just as long; configured state is never touched'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sim" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand sim" -s V -l version -d 'Print version'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and not __fish_seen_subcommand_from show" -s o -l output -d 'How the result is printed' -r -f -a "human\t'Text and tables'
json\t'One JSON document, on failure too'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and not __fish_seen_subcommand_from show" -l host -d 'The gateway\'s address or name [GATEWAY_HOST, GTW_HOST]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and not __fish_seen_subcommand_from show" -l port -d 'The gateway\'s command port [GATEWAY_PORT, GTW_PORT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and not __fish_seen_subcommand_from show" -l timeout -d 'For one attempt of a read [SYNC_TIMEOUT_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and not __fish_seen_subcommand_from show" -l attempts -d 'Attempts of a read in all [SYNC_RETRY_COUNT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and not __fish_seen_subcommand_from show" -l retry-interval -d 'Wait between two attempts [SYNC_RETRY_INTERVAL_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and not __fish_seen_subcommand_from show" -l magic -d 'The strategy\'s magic number [MAGIC_NUMBER]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and not __fish_seen_subcommand_from show" -l state-dir -d 'Where snapshots are kept [MT5CRS_STATE_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and not __fish_seen_subcommand_from show" -l log-dir -d 'Where logs are written [MT5CRS_LOG_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and not __fish_seen_subcommand_from show" -l env-file -d 'Read this file instead of ./.env' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and not __fish_seen_subcommand_from show" -l profile -d 'The account in the configuration file [MT5CRS_PROFILE]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and not __fish_seen_subcommand_from show" -l config -d 'The configuration file [MT5CRS_CONFIG]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and not __fish_seen_subcommand_from show" -l deadline -d 'End with an honest code after this long, whatever happens' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and not __fish_seen_subcommand_from show" -l sim-positions -d 'How many positions it holds' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and not __fish_seen_subcommand_from show" -l sim-seed -d 'The seed of its prices' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and not __fish_seen_subcommand_from show" -l sim-fault -d 'How it lies, by name (repeatable); `mt5crs sim --list-faults` explains each' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and not __fish_seen_subcommand_from show" -l sim-book -d 'Keep its book in this file' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and not __fish_seen_subcommand_from show" -l sim-link-rtt -d 'The link\'s round trip, which pipelining hides' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and not __fish_seen_subcommand_from show" -l sim-exec-time -d 'The broker\'s time for an order, which nothing hides' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and not __fish_seen_subcommand_from show" -s v -l verbose -d 'More on stderr: once for the run\'s story, twice for every round trip'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and not __fish_seen_subcommand_from show" -s q -l quiet -d 'Nothing but errors on stderr'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and not __fish_seen_subcommand_from show" -l allow-loopback -d 'Talk to an address of this machine'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and not __fish_seen_subcommand_from show" -l sim -d 'Run the command against a simulated gateway that lives just as long; configured state is never touched'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and not __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and not __fish_seen_subcommand_from show" -s V -l version -d 'Print version'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and not __fish_seen_subcommand_from show" -f -a "show" -d 'Show each setting with its origin, and the files that were read'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and __fish_seen_subcommand_from show" -s o -l output -d 'How the result is printed' -r -f -a "human\t'Text and tables'
json\t'One JSON document, on failure too'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and __fish_seen_subcommand_from show" -l host -d 'The gateway\'s address or name [GATEWAY_HOST, GTW_HOST]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and __fish_seen_subcommand_from show" -l port -d 'The gateway\'s command port [GATEWAY_PORT, GTW_PORT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and __fish_seen_subcommand_from show" -l timeout -d 'For one attempt of a read [SYNC_TIMEOUT_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and __fish_seen_subcommand_from show" -l attempts -d 'Attempts of a read in all [SYNC_RETRY_COUNT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and __fish_seen_subcommand_from show" -l retry-interval -d 'Wait between two attempts [SYNC_RETRY_INTERVAL_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and __fish_seen_subcommand_from show" -l magic -d 'The strategy\'s magic number [MAGIC_NUMBER]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and __fish_seen_subcommand_from show" -l state-dir -d 'Where snapshots are kept [MT5CRS_STATE_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and __fish_seen_subcommand_from show" -l log-dir -d 'Where logs are written [MT5CRS_LOG_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and __fish_seen_subcommand_from show" -l env-file -d 'Read this file instead of ./.env' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and __fish_seen_subcommand_from show" -l profile -d 'The account in the configuration file [MT5CRS_PROFILE]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and __fish_seen_subcommand_from show" -l config -d 'The configuration file [MT5CRS_CONFIG]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and __fish_seen_subcommand_from show" -l deadline -d 'End with an honest code after this long, whatever happens' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and __fish_seen_subcommand_from show" -l sim-positions -d 'How many positions it holds' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and __fish_seen_subcommand_from show" -l sim-seed -d 'The seed of its prices' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and __fish_seen_subcommand_from show" -l sim-fault -d 'How it lies, by name (repeatable); `mt5crs sim --list-faults` explains each' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and __fish_seen_subcommand_from show" -l sim-book -d 'Keep its book in this file' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and __fish_seen_subcommand_from show" -l sim-link-rtt -d 'The link\'s round trip, which pipelining hides' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and __fish_seen_subcommand_from show" -l sim-exec-time -d 'The broker\'s time for an order, which nothing hides' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and __fish_seen_subcommand_from show" -s v -l verbose -d 'More on stderr: once for the run\'s story, twice for every round trip'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Nothing but errors on stderr'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and __fish_seen_subcommand_from show" -l allow-loopback -d 'Talk to an address of this machine'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and __fish_seen_subcommand_from show" -l sim -d 'Run the command against a simulated gateway that lives just as long; configured state is never touched'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand config; and __fish_seen_subcommand_from show" -s V -l version -d 'Print version'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand explain" -s o -l output -d 'How the result is printed' -r -f -a "human\t'Text and tables'
json\t'One JSON document, on failure too'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand explain" -l host -d 'The gateway\'s address or name [GATEWAY_HOST, GTW_HOST]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand explain" -l port -d 'The gateway\'s command port [GATEWAY_PORT, GTW_PORT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand explain" -l timeout -d 'For one attempt of a read [SYNC_TIMEOUT_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand explain" -l attempts -d 'Attempts of a read in all [SYNC_RETRY_COUNT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand explain" -l retry-interval -d 'Wait between two attempts [SYNC_RETRY_INTERVAL_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand explain" -l magic -d 'The strategy\'s magic number [MAGIC_NUMBER]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand explain" -l state-dir -d 'Where snapshots are kept [MT5CRS_STATE_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand explain" -l log-dir -d 'Where logs are written [MT5CRS_LOG_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand explain" -l env-file -d 'Read this file instead of ./.env' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand explain" -l profile -d 'The account in the configuration file [MT5CRS_PROFILE]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand explain" -l config -d 'The configuration file [MT5CRS_CONFIG]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand explain" -l deadline -d 'End with an honest code after this long, whatever happens' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand explain" -l sim-positions -d 'How many positions it holds' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand explain" -l sim-seed -d 'The seed of its prices' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand explain" -l sim-fault -d 'How it lies, by name (repeatable); `mt5crs sim --list-faults` explains each' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand explain" -l sim-book -d 'Keep its book in this file' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand explain" -l sim-link-rtt -d 'The link\'s round trip, which pipelining hides' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand explain" -l sim-exec-time -d 'The broker\'s time for an order, which nothing hides' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand explain" -s v -l verbose -d 'More on stderr: once for the run\'s story, twice for every round trip'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand explain" -s q -l quiet -d 'Nothing but errors on stderr'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand explain" -l allow-loopback -d 'Talk to an address of this machine'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand explain" -l sim -d 'Run the command against a simulated gateway that lives just as long; configured state is never touched'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand explain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand explain" -s V -l version -d 'Print version'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand schema" -s o -l output -d 'How the result is printed' -r -f -a "human\t'Text and tables'
json\t'One JSON document, on failure too'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand schema" -l host -d 'The gateway\'s address or name [GATEWAY_HOST, GTW_HOST]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand schema" -l port -d 'The gateway\'s command port [GATEWAY_PORT, GTW_PORT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand schema" -l timeout -d 'For one attempt of a read [SYNC_TIMEOUT_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand schema" -l attempts -d 'Attempts of a read in all [SYNC_RETRY_COUNT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand schema" -l retry-interval -d 'Wait between two attempts [SYNC_RETRY_INTERVAL_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand schema" -l magic -d 'The strategy\'s magic number [MAGIC_NUMBER]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand schema" -l state-dir -d 'Where snapshots are kept [MT5CRS_STATE_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand schema" -l log-dir -d 'Where logs are written [MT5CRS_LOG_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand schema" -l env-file -d 'Read this file instead of ./.env' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand schema" -l profile -d 'The account in the configuration file [MT5CRS_PROFILE]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand schema" -l config -d 'The configuration file [MT5CRS_CONFIG]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand schema" -l deadline -d 'End with an honest code after this long, whatever happens' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand schema" -l sim-positions -d 'How many positions it holds' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand schema" -l sim-seed -d 'The seed of its prices' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand schema" -l sim-fault -d 'How it lies, by name (repeatable); `mt5crs sim --list-faults` explains each' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand schema" -l sim-book -d 'Keep its book in this file' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand schema" -l sim-link-rtt -d 'The link\'s round trip, which pipelining hides' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand schema" -l sim-exec-time -d 'The broker\'s time for an order, which nothing hides' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand schema" -s v -l verbose -d 'More on stderr: once for the run\'s story, twice for every round trip'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand schema" -s q -l quiet -d 'Nothing but errors on stderr'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand schema" -l allow-loopback -d 'Talk to an address of this machine'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand schema" -l sim -d 'Run the command against a simulated gateway that lives just as long; configured state is never touched'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand schema" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand schema" -s V -l version -d 'Print version'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand completions" -s o -l output -d 'How the result is printed' -r -f -a "human\t'Text and tables'
json\t'One JSON document, on failure too'"
complete -c mt5crs -n "__fish_mt5crs_using_subcommand completions" -l host -d 'The gateway\'s address or name [GATEWAY_HOST, GTW_HOST]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand completions" -l port -d 'The gateway\'s command port [GATEWAY_PORT, GTW_PORT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand completions" -l timeout -d 'For one attempt of a read [SYNC_TIMEOUT_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand completions" -l attempts -d 'Attempts of a read in all [SYNC_RETRY_COUNT]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand completions" -l retry-interval -d 'Wait between two attempts [SYNC_RETRY_INTERVAL_S]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand completions" -l magic -d 'The strategy\'s magic number [MAGIC_NUMBER]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand completions" -l state-dir -d 'Where snapshots are kept [MT5CRS_STATE_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand completions" -l log-dir -d 'Where logs are written [MT5CRS_LOG_DIR]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand completions" -l env-file -d 'Read this file instead of ./.env' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand completions" -l profile -d 'The account in the configuration file [MT5CRS_PROFILE]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand completions" -l config -d 'The configuration file [MT5CRS_CONFIG]' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand completions" -l deadline -d 'End with an honest code after this long, whatever happens' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand completions" -l sim-positions -d 'How many positions it holds' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand completions" -l sim-seed -d 'The seed of its prices' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand completions" -l sim-fault -d 'How it lies, by name (repeatable); `mt5crs sim --list-faults` explains each' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand completions" -l sim-book -d 'Keep its book in this file' -r -F
complete -c mt5crs -n "__fish_mt5crs_using_subcommand completions" -l sim-link-rtt -d 'The link\'s round trip, which pipelining hides' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand completions" -l sim-exec-time -d 'The broker\'s time for an order, which nothing hides' -r
complete -c mt5crs -n "__fish_mt5crs_using_subcommand completions" -s v -l verbose -d 'More on stderr: once for the run\'s story, twice for every round trip'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand completions" -s q -l quiet -d 'Nothing but errors on stderr'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand completions" -l allow-loopback -d 'Talk to an address of this machine'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand completions" -l sim -d 'Run the command against a simulated gateway that lives just as long; configured state is never touched'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mt5crs -n "__fish_mt5crs_using_subcommand completions" -s V -l version -d 'Print version'
