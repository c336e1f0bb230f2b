#!/usr/bin/env bash
# Starts the strategy engine behind the gate, without systemd: by hand, in a container, in tmux.
#
#   start_strategy_engine.sh ACCOUNT COMMAND [ARGUMENT…]
#   start_strategy_engine.sh account1 python3 -m src.strategy.engine
#
# This process becomes mt5crs, and mt5crs becomes COMMAND when account and positions are proved, so signals and the exit code
# are COMMAND's own. If anything is not proved, COMMAND never starts, and the exit code tells why: 1 a check failed or
# warned, 2 settings, 3 no answer, 5 the kill switch or an unresolved order, 6 not the gateway.
set -euo pipefail

attempts=3
pause=${PAUSE_S:-10}
config=${CONFIG_DIR:-/etc/mt5crs}

if [ $# -lt 2 ]; then
  echo 'usage: start_strategy_engine.sh ACCOUNT COMMAND [ARGUMENT…]' >&2
  exit 2
fi
account=$1
shift
gate=(mt5crs --config "$config/config.json" --env-file "$config/$account.env" --profile "$account")

# Only "no answer" (3) is tried again. The engine may end with 3 itself, so the retries are done before the gate, without the
# engine.
for ((attempt = 1; ; attempt++)); do
  code=0
  "${gate[@]}" link-test -c 1 >&2 || code=$?
  if [ "$code" -ne 3 ] || [ "$attempt" -ge "$attempts" ]; then
    break
  fi
  echo "start: the gateway of $account does not answer, attempt $attempt of $attempts" >&2
  sleep "$pause"
done
[ "$code" -eq 0 ] || exit "$code"

exec "${gate[@]}" sync -- "$@"
