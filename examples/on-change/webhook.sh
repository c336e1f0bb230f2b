#!/bin/sh
# Sends a change, as it is, to a web address; needs curl.
#
#   mt5crs logs alerts --follow --on-change '/etc/mt5crs/on-change/webhook.sh https://example.com/mt5crs'
set -eu
exec curl --silent --show-error --fail --max-time 10 --header 'Content-Type: application/json' --data-binary @- "$1"
