#!/bin/sh
# Mails a change to an address; needs a `mail` command.
#
#   mt5crs link-test --watch 2s --on-change '/etc/mt5crs/on-change/mail.sh ops@example.com'
set -eu
change=$(cat)
# The value of "summary" without its quotes and escapes: one line, in words.
summary=$(printf '%s\n' "$change" | sed -nE 's/.*"summary":"(([^"\\]|\\.)*)".*/\1/p' | sed -E 's/\\(.)/\1/g')
printf '%s\n\n%s\n' "$summary" "$change" | mail -s "mt5crs: $summary" "$1"
