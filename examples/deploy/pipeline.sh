#!/usr/bin/env bash
# The pipeline's gate for one account: link-test, sync, audit, canary, in this order, and the next only after a 0.
#
#   pipeline.sh ACCOUNT [--keep-open]
#
# It ends with the code of the step that ended it. Each code has one answer here, and only one of them is "try again":
#
#   0  go on                        4  outcome unknown: never again; sync finds out what became of the order
#   1  the answer is no: stop       5  refused by a guard: stop, the reason is on stderr
#   2  usage or settings: stop      6  not the gateway: stop, fetch a person
#   3  no answer: try again, later  7  order refused, proved: stop, `mt5crs explain` knows the code
#                                   8  the position remains: stop, fetch a person
#
# CONFIG_DIR names another directory than /etc/mt5crs; PAUSE_S the wait before a question is asked again.
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

# Runs one step; a question that nobody answered is asked again. What ends the pipeline is said in one line.
step() {
  local name=$1 attempt code
  shift
  for ((attempt = 1; ; attempt++)); do
    code=0
    mt5crs_of_account "$@" || code=$?
    case $code in
      0) return 0 ;;
      3)
        # Every step but the canary only asks. The canary's 3 says that no order was sent, but an order is worth a
        # person's look at why: it is the next pipeline's, not this one's, to try again.
        if [ "$name" != canary ] && [ "$attempt" -lt "$attempts" ]; then
          echo "pipeline: $name of $account: no answer, attempt $attempt of $attempts" >&2
          sleep "$pause"
          continue
        fi
        stop "$name" "$code" 'the gateway does not answer; no order was sent' ;;
      1) stop "$name" "$code" 'the answer is no; the report above names what failed' ;;
      2) stop "$name" "$code" 'wrong usage or settings; nothing was asked' ;;
      4)
        # The order may stand. It is never sent again: sync looks for it, and records what it finds.
        mt5crs_of_account sync || true
        stop "$name" "$code" 'an order was sent and its outcome is not proved; see mt5crs evidence show, then the terminal' ;;
      5) stop "$name" "$code" 'refused by a guard; nothing was sent' ;;
      6) stop "$name" "$code" 'whoever answered is not the gateway; find out who listens there' ;;
      7) stop "$name" "$code" 'the order was refused, and nothing executed' ;;
      8) stop "$name" "$code" 'a position remains; run mt5crs emergency-close, or close it by hand' ;;
      129 | 130 | 143) stop "$name" "$code" 'stopped by a signal' ;;
      *) stop "$name" "$code" 'not a code that mt5crs ends with on purpose; look at its log' ;;
    esac
  done
}

stop() {
  echo "pipeline: stopped at $1 of $account with code $2: $3" >&2
  exit "$2"
}

step link-test link-test -c 100
# With a command behind `--` a warning stops here as well, and so do the kill switch and an unresolved order.
step sync sync -- true
step audit audit
# shellcheck disable=SC2086 # one word or none
step canary canary --yes $keep_open
echo "pipeline: $account passed link-test, sync, audit and canary" >&2
