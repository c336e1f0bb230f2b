#!/usr/bin/env bash
# The pipeline's gate for one account: link-test, sync, audit, canary, in this order, each only after a 0.
#
#   pipeline.sh ACCOUNT [--keep-open]
#
# It ends with the exit code of the step that stopped it. Only one code is tried again:
#
#   0  go on                        4  outcome unknown: never send the order again; sync looks for it
#   1  the answer is no: stop       5  refused by a guard: stop, the reason is on stderr
#   2  usage or settings: stop      6  not the gateway: stop, call a person
#   3  no answer: try again later   7  order refused, proved: stop, `mt5crs explain` explains the code
#                                   8  the position remains: stop, call a person
#
# CONFIG_DIR names another directory than /etc/mt5crs, PAUSE_S the seconds before a read is tried again.
set -euo pipefail

attempts=3
pause=${PAUSE_S:-20}
config=${CONFIG_DIR:-/etc/mt5crs}

if [ $# -lt 1 ] || [ $# -gt 2 ] || { [ $# -eq 2 ] && [ "$2" != --keep-open ]; }; then
  echo 'usage: pipeline.sh ACCOUNT [--keep-open]' >&2
  exit 2
fi
account=$1
keep_open=${2:-}

mt5crs_of_account() {
  mt5crs --config "$config/config.json" --env-file "$config/$account.env" --profile "$account" "$@"
}

# Runs one step, and repeats a read that got no answer. One line on stderr says which step stopped the pipeline.
step() {
  local name=$1 attempt code
  shift
  for ((attempt = 1; ; attempt++)); do
    code=0
    mt5crs_of_account "$@" || code=$?
    case $code in
      0) return 0 ;;
      3)
        # Every step except the canary only reads. The canary's 3 means that no order was sent; a person should find
        # out why before the next pipeline tries again.
        if [ "$name" != canary ] && [ "$attempt" -lt "$attempts" ]; then
          echo "pipeline: $name of $account: no answer, attempt $attempt of $attempts" >&2
          sleep "$pause"
          continue
        fi
        stop "$name" "$code" 'the gateway does not answer; no order was sent' ;;
      1) stop "$name" "$code" 'the answer is no; the report above names the failed check' ;;
      2) stop "$name" "$code" 'wrong usage or settings; nothing was sent' ;;
      4)
        # The order may have executed. It is never sent again: sync looks for it and records what it finds.
        mt5crs_of_account sync || true
        stop "$name" "$code" 'an order was sent and its outcome is not proved; see mt5crs evidence show, then the terminal' ;;
      5) stop "$name" "$code" 'refused by a guard; no order was sent' ;;
      6) stop "$name" "$code" 'the answer is not the gateway'\''s; find out which program listens there' ;;
      7) stop "$name" "$code" 'the order was refused, and nothing executed' ;;
      8) stop "$name" "$code" 'a position remains; run mt5crs emergency-close, or close it by hand' ;;
      129 | 130 | 143) stop "$name" "$code" 'stopped by a signal' ;;
      *) stop "$name" "$code" 'an unexpected code; look at the log' ;;
    esac
  done
}

stop() {
  echo "pipeline: stopped at $1 of $account with code $2: $3" >&2
  exit "$2"
}

step link-test link-test -c 100
# With a command behind `--`, a warning, the kill switch or an unresolved order stops here as well.
step sync sync -- true
step audit audit
# shellcheck disable=SC2086 # one word or none
step canary canary --yes $keep_open
echo "pipeline: $account passed link-test, sync, audit and canary" >&2
