#!/bin/bash
# Stops one account on a Mac: launchd sends SIGTERM, waits for the end, and doesn't start it at the next login.
#
#   stop.sh ACCOUNT
set -euo pipefail

if [ $# -ne 1 ] || [ -z "$1" ]; then
  echo 'usage: stop.sh ACCOUNT' >&2
  exit 2
fi
label=com.mt5crs.$1
plist=$HOME/Library/LaunchAgents/$label.plist
if ! launchctl print "gui/$(id -u)/$label" >/dev/null 2>&1; then
  rm -f "$plist"
  echo "$label does not run"
  exit 0
fi
if ! launchctl bootout "gui/$(id -u)/$label"; then
  printf 'error: %s may still run\nhelp: launchctl print gui/%s/%s\n' "$label" "$(id -u)" "$label" >&2
  exit 1
fi
rm -f "$plist"
echo "$label is stopped; positions stay as they are: mt5crs positions shows them"
