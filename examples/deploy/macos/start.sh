#!/bin/bash
# Runs one account on a Mac: installs mt5crs, makes its configuration, and loads it into launchd.
#
#   start.sh ACCOUNT                        watches the link to the account's gateway
#   start.sh ACCOUNT COMMAND [ARGUMENT…]    starts COMMAND behind the gate, each time it starts
#
# Everything is in ~/mt5crs: bin, config.json, ACCOUNT.env, logs, state. MT5_HOME names another directory. The binary is
# MT5_BINARY, or the one in ~/mt5crs/bin, or is built from this checkout. Run the script again after a change.
# Existing settings are never overwritten. (Written for bash 3.2, the version on macOS.)
set -euo pipefail

die() {
  printf 'error: %s\n' "$1" >&2
  [ -z "${2:-}" ] || printf 'help: %s\n' "$2" >&2
  exit "${3:-1}"
}

[ $# -ge 1 ] || die 'no account' 'start.sh ACCOUNT [COMMAND [ARGUMENT…]]' 2
account=$1
shift
case $account in
  '' | *[!A-Za-z0-9_-]*) die "$account is no account's name" 'letters, digits, - and _' 2 ;;
esac

scripts=$(cd "$(dirname "$0")" && pwd)
checkout=$(cd "$scripts/../../.." && pwd)
home=${MT5_HOME:-$HOME/mt5crs}
agents=$HOME/Library/LaunchAgents
label=com.mt5crs.$account
plist=$agents/$label.plist

# macOS keeps launchd's programs out of these folders and reports only "Operation not permitted".
for place in "$home" ${1:+"$(cd "$(dirname "$(command -v "$1" || echo "$home/x")")" && pwd)"}; do
  case $place/ in
    "$HOME"/Documents/* | "$HOME"/Desktop/* | "$HOME"/Downloads/* | "$HOME/Library/Mobile Documents"/*)
      die "macOS guards $place: programs that launchd starts may not read it" \
        'use a folder right below your home, as ~/mt5crs; or System Settings, Privacy & Security, Full Disk Access' ;;
  esac
done
case $checkout/ in
  "$HOME"/Documents/* | "$HOME"/Desktop/* | "$HOME"/Downloads/*)
    echo "warning: this checkout is in a folder that macOS guards; the running program does not use it" >&2 ;;
esac

# --- the program ---
mkdir -p "$home/bin" "$home/logs" "$home/state" "$agents"
install_binary() {
  cp "$1" "$home/bin/.mt5crs.new"
  chmod 755 "$home/bin/.mt5crs.new"
  mv -f "$home/bin/.mt5crs.new" "$home/bin/mt5crs"
}
if [ -n "${MT5_BINARY:-}" ]; then
  install_binary "$MT5_BINARY"
elif [ ! -x "$home/bin/mt5crs" ]; then
  command -v cargo >/dev/null || die 'there is no mt5crs, and no cargo to build it with' 'MT5_BINARY=… start.sh …, or https://rustup.rs'
  (cd "$checkout" && cargo build --release --locked)
  install_binary "$checkout/target/release/mt5crs"
fi

# --- the configuration ---
if [ ! -e "$home/config.json" ]; then
  cp "$scripts/../configuration/config.json" "$home/config.json"
  echo "wrote $home/config.json: put your gateways there" >&2
fi
if [ ! -e "$home/$account.env" ]; then
  (umask 077 && printf '# Settings of %s only; they win over its profile.\n' "$account" >"$home/$account.env")
  echo "wrote $home/$account.env" >&2
fi
mt5crs=("$home/bin/mt5crs" --config "$home/config.json" --env-file "$home/$account.env" --profile "$account")
"${mt5crs[@]}" config show >/dev/null ||
  die "the settings of $account can't be used; nothing was loaded" "correct $home/config.json or $home/$account.env, then run this again" 2

# --- launchd ---
if [ $# -gt 0 ]; then
  command=(sync -- "$@")
else
  command=(link-test --watch 2s)
fi
in_xml() { printf '%s' "$1" | sed 's/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g'; }
arguments=
for word in "${command[@]}"; do
  arguments="$arguments<string>$(in_xml "$word")</string>"
done
# By awk, because bash's own replacement reads quotes and `&` differently from version to version.
ACCOUNT=$account PLACE=$(in_xml "$home") ARGUMENTS=$arguments awk '
  function put(line, mark, text, at, out) {
    for (out = ""; at = index(line, mark); line = substr(line, at + length(mark))) out = out substr(line, 1, at - 1) text
    return out line
  }
  { print put(put(put($0, "@ACCOUNT@", ENVIRON["ACCOUNT"]), "@HOME@", ENVIRON["PLACE"]), "@COMMAND@", ENVIRON["ARGUMENTS"]) }
' "$scripts/com.mt5crs.account.plist" >"$plist.new"
mv -f "$plist.new" "$plist"

domain=gui/$(id -u)
# A running agent is stopped first; if none is loaded, that is no failure.
launchctl bootout "$domain/$label" 2>/dev/null || true
launchctl bootstrap "$domain" "$plist" || die "launchd did not take $plist" "launchctl print $domain/$label; $home/logs/mt5crs.$account.err"
echo "$label runs; its logs are in $home/logs, launchd's own are mt5crs.$account.out and .err there"
