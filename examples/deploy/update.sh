#!/usr/bin/env bash
# Updates mt5crs on a server by one command, and goes back by one.
#
#   update.sh [OPTION…] mt5crs-VERSION-ARCH-linux.tar.gz    SHA256SUMS and SHA256SUMS.minisig must lie beside it
#   update.sh [OPTION…] rollback                            to what was in place before
#   update.sh [OPTION…] status
#
#   --account NAME   prove this account (repeatable); default: each NAME.env in the configuration
#   --unit NAME      also restart this unit if it runs (repeatable), for instance the strategy engine's
#   --skip CHECK     leave this check or group out of the audit (repeatable): a failure that you know and accept
#   --hand-over      let a guardian that watches a position hand it over to the other version; the position stays open
#   --key FILE       the public key of releases; default: the one that came with the release in place, or with the package
#   --allow-unsigned take a release whose signature nobody checks: only for one that you built yourself
#   --user NAME      the user that runs mt5crs in the units; default: mt5crs
#   --root DIR       work below DIR instead of /, to try the script
#
# A release is a program and a configuration that were proved together:
#
#   /opt/mt5crs/releases/ID/{bin,lib,share}   the artifact, never changed
#   /opt/mt5crs/releases/ID/config            the configuration's files, never changed; RELEASE names the commit
#   /opt/mt5crs/current, previous             links to releases. One rename switches program and configuration together
#   /opt/mt5crs/configuration.git             a clone of the configuration: git clone --bare URL …
#   /etc/mt5crs, /usr/local/bin/mt5crs        links into `current`, for the units and for you
#
# minisign (a package of Debian's) verifies the signature of SHA256SUMS. Everything that can be checked without switching is
# checked first. If a step after the switch fails (restart of units, link-test, the command line of mt5crs-gate@), the
# script goes back by itself, configuration included. The file `pending` exists from before the switch
# until the result: if a run is killed in between, the next run continues it. So you can kill it anywhere and run it again.
#
# Exit codes: 0 in place and proved; 1 the new release is not in place, the old one is unchanged; 2 usage; 3 the release in
# place is not proved: a person must look.
set -euo pipefail
trap '' PIPE

readonly GUARDIAN_PATIENCE_S=90
readonly KEPT_RELEASES=5

say() { printf 'update: %s\n' "$1" || true; }

# Prints the error, its cause and the remedy, and ends with that code.
die() {
  local code=$1
  printf 'error: %s\n' "$2" >&2 || true
  [ -z "${3:-}" ] || printf 'cause: %s\n' "$3" >&2 || true
  [ -z "${4:-}" ] || printf 'help: %s\n' "$4" >&2 || true
  exit "$code"
}

usage() { die 2 "$1" '' "$0 --help"; }

# --- arguments ---------------------------------------------------------------------------------------------------------

root='' user=mt5crs hand_over=no what='' key='' signed=yes accounts=() units=() skips=(link)
while [ $# -gt 0 ]; do
  case $1 in
    --account | --unit | --skip | --user | --key | --root)
      [ $# -ge 2 ] || usage "$1 needs a value"
      case $1 in
        --account) accounts+=("$2") ;;
        --unit) units+=("$2") ;;
        --skip) skips+=("$2") ;;
        --user) user=$2 ;;
        --key) key=$(cd "$(dirname "$2")" 2>/dev/null && pwd)/$(basename "$2") ;;
        --root) root=$(cd "$2" && pwd -P) || usage "there is no directory $2" ;;
      esac
      shift 2 ;;
    --hand-over) hand_over=yes; shift ;;
    --allow-unsigned) signed=no; shift ;;
    -h | --help) sed -n '1d; /^set /q; s/^# \{0,1\}//p' "$0"; exit ;;
    -*) usage "there is no option $1" ;;
    *) [ -z "$what" ] || usage "one thing at a time: $what, or $1"
       what=$1; shift ;;
  esac
done
[ -n "$what" ] || usage 'name an artifact, or say rollback or status'

readonly prefix=$root/opt/mt5crs
readonly releases=$prefix/releases
readonly configuration=$prefix/configuration.git
readonly etc=$root/etc/mt5crs
readonly program=$root/usr/local/bin/mt5crs

# --- releases and links ------------------------------------------------------------------------------------------------

# The release that a link names; empty if there is none.
release_of() {
  local to
  to=$(readlink "$prefix/$1" 2>/dev/null) || return 0
  printf '%s' "${to#releases/}"
}

# Makes a link name a release, by one rename. A half-made link of an interrupted call is replaced, not followed.
point() {
  ln -sfT "releases/$2" "$prefix/.$1.new"
  mv -T "$prefix/.$1.new" "$prefix/$1"
}

# Removes half-made files of a killed run. Nothing uses them: each is renamed before it is used. A killed `git fetch` leaves
# its own; those of the last hour may be of one that still runs.
sweep() {
  rm -rf "$prefix/.current.new" "$prefix/.previous.new" "$prefix/.pending.new" "$releases"/.new.*
  [ ! -d "$configuration/objects" ] || find "$configuration/objects" -name 'tmp_*' -mmin +60 -delete || true
}

# Removes old releases, also those that were unpacked and never in place.
prune() {
  local release kept=0
  # Newest first. The current and the previous release always stay.
  while IFS= read -r release; do
    if [ "$release" = "$(release_of current)" ] || [ "$release" = "$(release_of previous)" ]; then continue; fi
    kept=$((kept + 1))
    [ "$kept" -le "$KEPT_RELEASES" ] || rm -rf "${releases:?}/$release"
  done < <(ls -1t "$releases")
}

# Whether the path is our link into `current`, or free. Anything else belongs to somebody and stays.
is_ours() { { [ ! -e "$1" ] && [ ! -L "$1" ]; } || [ "$(readlink "$1" || true)" = "$2" ]; }

lay_links() {
  local unit name place taken
  mkdir -p "${etc%/*}" "${program%/*}" "$root/etc/systemd/system"
  [ -L "$etc" ] || ln -s "$prefix/current/config" "$etc"
  [ -L "$program" ] || ln -s "$prefix/current/bin/mt5crs" "$program"
  # Units of the package or of the administrator are left alone.
  for unit in "$prefix/current/lib/systemd/system"/*.service; do
    name=${unit##*/} taken=no
    [ -e "$unit" ] || continue
    for place in etc/systemd/system usr/lib/systemd/system lib/systemd/system; do
      if [ -e "$root/$place/$name" ] || [ -L "$root/$place/$name" ]; then taken=yes; fi
    done
    [ "$taken" = yes ] || ln -s "$unit" "$root/etc/systemd/system/$name"
  done
}

take_links_away() {
  local link
  for link in "$etc" "$program" "$root/etc/systemd/system"/mt5crs-*.service; do
    case $(readlink "$link" || true) in
      "$prefix"/current/*) rm -f "$link" ;;
    esac
  done
}

# --- mt5crs and systemd ------------------------------------------------------------------------------------------------

# Runs a release's mt5crs for an account as the units do: as their user, with the account's settings, without this shell's.
mt5crs_of() {
  local release=$releases/$1 account=$2 as=()
  shift 2
  [ "$(id -un)" = "$user" ] || as=(runuser -u "$user" --)
  (cd / && ${as[@]+"${as[@]}"} env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/ LANG=C.UTF-8 \
    "$release/bin/mt5crs" --config "$release/config/config.json" --env-file "$release/config/$account.env" \
    --profile "$account" "$@")
}

# The accounts that were named, or all of a release's configuration.
accounts_of() {
  local file
  if [ ${#accounts[@]} -gt 0 ]; then
    printf '%s\n' "${accounts[@]}"
    return
  fi
  for file in "$releases/$1/config"/*.env; do
    [ ! -e "$file" ] || basename "$file" .env
  done
}

# Whether a unit runs, starts or stops.
runs() {
  local state
  state=$(systemctl show --property=ActiveState --value "$1")
  [ "$state" != inactive ] && [ "$state" != failed ]
}

guardian() { printf 'mt5crs-guardian@%s.service' "$1"; }

# Makes a guardian leave its position open and recorded, and end.
have_handed_over() {
  local unit waited
  unit=$(guardian "$1")
  systemctl kill --kill-who=main --signal=SIGUSR1 "$unit" || return 1
  for ((waited = 0; waited < GUARDIAN_PATIENCE_S; waited++)); do
    runs "$unit" || return 0
    sleep 1
  done
  say "$unit did not hand over within $GUARDIAN_PATIENCE_S s"
  return 1
}

# Restarts the units on the current release. Returns 1 if one of them did not start.
bring_units() {
  local account unit code=0
  systemctl daemon-reload || return 1
  for account in $(accounts_of "$(release_of current)"); do
    bring_guardian "$account" || code=1
    bring "mt5crs-link@$account.service" || code=1
  done
  for unit in ${units[@]+"${units[@]}"}; do
    bring "$unit" || code=1
  done
  return "$code"
}

# A unit that doesn't run is not started.
bring() {
  runs "$1" || return 0
  systemctl restart "$1" || { say "$1 did not restart"; return 1; }
}

bring_guardian() {
  local unit
  unit=$(guardian "$1")
  if ! is_watched "$1"; then
    runs "$unit" || return 0
    if [ "$hand_over" = no ]; then
      say "$unit keeps running the release that it was started from"
      return 0
    fi
    # Recorded before it ends: nothing watches the position until the next one starts.
    watched+=("$1")
    write_pending || return 1
  fi
  if runs "$unit"; then have_handed_over "$1" || return 1; fi
  systemctl start "$unit" || { say "$unit did not start"; return 1; }
}

# What the gate's unit of an account runs, drop-ins included: sets `gate` to the words behind `mt5crs`, without the files
# and the profile, which belong to the release. Where there is no such unit, it is what the shipped one runs.
read_gate() {
  local account=$1 line words word
  gate=()
  line=$(systemctl cat "mt5crs-gate@$account.service" 2>/dev/null |
    sed -e ':a' -e '/\\$/{N;s/\\\n/ /;ba' -e '}' | sed -n 's/^ExecStart=\(.\)/\1/p' | tail -n 1) || true
  read -r -a words <<<"${line:-mt5crs sync -- true}"
  set -- "${words[@]:1}"
  while [ $# -gt 0 ]; do
    word=${1//%i/$account}
    case $word in
      --) gate+=("${@//%i/$account}"); return ;;
      --config | --env-file | --profile) shift 2 || return 1 ;;
      *) gate+=("$word"); shift ;;
    esac
  done
}

# Whether every account can be reached and passes its gate with this release.
is_proved() {
  local release=$1 account gate
  for account in $(accounts_of "$release"); do
    succeeds "$release" "$account" link-test || return 1
    read_gate "$account" || { say "the command line of mt5crs-gate@$account can't be read"; return 1; }
    succeeds "$release" "$account" "${gate[@]}" || return 1
  done
}

succeeds() {
  local release=$1 account=$2 code=0
  shift 2
  mt5crs_of "$release" "$account" "$@" || code=$?
  [ "$code" -eq 0 ] || say "$* of $account ended with code $code"
  return "$code"
}

# --- the switch --------------------------------------------------------------------------------------------------------

# The switch: from which release to which, and which guardians handed over. Kept in `pending` until the result is known.
from='' to='' kind='' watched=()

write_pending() {
  printf '%s=%s\n' kind "$kind" from "$from" to "$to" watched "${watched[*]-}" accounts "${accounts[*]-}" units "${units[*]-}" \
    >"$prefix/.pending.new" && mv -T "$prefix/.pending.new" "$prefix/pending"
}

read_pending() {
  local key value
  while IFS='=' read -r key value; do
    case $key in
      kind) kind=$value ;;
      from) from=$value ;;
      to) to=$value ;;
      watched) read -r -a watched <<<"$value" ;;
      accounts) [ -z "$value" ] || read -r -a accounts <<<"$value" ;;
      units) [ -z "$value" ] || read -r -a units <<<"$value" ;;
    esac
  done <"$prefix/pending"
}

is_watched() {
  local name
  for name in ${watched[@]+"${watched[@]}"}; do [ "$name" != "$1" ] || return 0; done
  return 1
}

# Whether the switch has no result yet: then however this run ends, the old release comes back.
unanswered=no

# Goes back to the old release. Ends with 1 if that is proved, else with 3.
go_back() {
  unanswered=no
  if [ -z "$from" ]; then
    rm -f "$prefix/current"
    take_links_away
    systemctl daemon-reload || true
    rm -f "$prefix/pending"
    die 1 "$to is not proved, and was taken away again" '' 'there was no release before it; correct the problem named above'
  fi
  say "going back to $from"
  point current "$from"
  local proved=yes
  bring_units || proved=no
  is_proved "$from" || proved=no
  rm -f "$prefix/pending"
  if [ "$proved" = yes ]; then
    die 1 "$to is not proved; $from is in place again, and proved" '' 'correct the problem named above, then run this again'
  fi
  die 3 "$to is not proved; $from is in place again, and is not proved either" '' \
    'look at the gateway: mt5crs link-test; then at the units: systemctl list-units "mt5crs-*"'
}

at_exit() {
  local code=$?
  sweep
  if [ "$unanswered" = yes ]; then
    say 'interrupted before the answer'
    go_back
  fi
  exit "$code"
}

# The steps after the switch: links, units, proof. A person asked for a rollback, so it stays, proved or not.
answer() {
  local proved=yes
  unanswered=yes
  [ "$kind" = update ] || unanswered=no
  lay_links
  bring_units || proved=no
  [ "$proved" = no ] || is_proved "$to" || proved=no
  if [ "$proved" = no ] && [ "$kind" = update ]; then
    go_back
  fi
  [ -z "$from" ] || point previous "$from"
  unanswered=no
  rm -f "$prefix/pending"
  [ "$proved" = yes ] || die 3 "$to is in place, and is not proved" '' \
    'look at the gateway: mt5crs link-test; then at the units: systemctl list-units "mt5crs-*"'
  prune
  say "$to is in place, and proved"
}

switch_to() {
  kind=$1 from=$(release_of current) to=$2 watched=()
  guardians_agree
  write_pending
  # From here on the old release comes back by itself, unless this is a rollback.
  unanswered=$([ "$kind" = update ] && echo yes || echo no)
  point current "$to"
  answer
}

# A running guardian watches a position. Between its end and the next start nobody does, so a person decides that.
guardians_agree() {
  local account
  [ "$hand_over" = no ] || return 0
  for account in $(accounts_of "$to"); do
    if runs "$(guardian "$account")"; then
      die 1 "$(guardian "$account") watches a position; nothing was switched" '' \
        'with --hand-over it leaves the position open, and its next start adopts it; or wait for its end'
    fi
  done
}

# Whether continuing an earlier run has already done the requested work.
taken_up=no

# Continues a run that was killed.
take_up() {
  [ -e "$prefix/pending" ] || return 0
  local named=(${accounts[@]+"${accounts[@]}"}) further=(${units[@]+"${units[@]}"})
  read_pending
  if [ "$(release_of current)" != "$to" ]; then
    # It was killed before the switch or while going back, so units may still run the new release.
    say "an earlier run ended without $to in place"
    [ -z "$from" ] || bring_units || say 'not every unit started'
    rm -f "$prefix/pending"
  elif [ "$what" = rollback ] && [ "$kind" = update ] && [ -n "$from" ]; then
    say "an earlier run switched to $to and ended without an answer"
    local unproved=$to
    kind=rollback to=$from from=$unproved
    write_pending
    point current "$to"
    answer
    taken_up=yes
  else
    say "an earlier run switched to $to and ended without an answer; asking now"
    answer
    if [ "$what" = rollback ] && [ "$kind" = rollback ]; then taken_up=yes; fi
  fi
  accounts=(${named[@]+"${named[@]}"}) units=(${further[@]+"${further[@]}"})
}

# --- artifacts -----------------------------------------------------------------------------------------------------------

# Copies an artifact with its sums to `incoming`, a place of our own, so that nobody changes it between the check and its
# use, and verifies the signature of the sums.
take_in() {
  local artifact=$1 file sums beside
  sums=$(dirname "$artifact")/SHA256SUMS
  beside=("$artifact" "$sums")
  [ "$signed" = no ] || beside+=("$sums.minisig")
  for file in "${beside[@]}"; do
    [ -r "$file" ] || die 1 "$file can't be read" '' 'fetch it from the place of the artifact'
  done
  incoming=$releases/.new.$$.in
  mkdir -p "$incoming"
  cp -- "${beside[@]}" "$incoming/" || die 1 "$artifact could not be copied" '' "free space below $releases"
  if [ "$signed" = no ]; then
    say 'nobody checks the signature: --allow-unsigned'
  else
    verify "$incoming/SHA256SUMS"
  fi
}

# The key that came with the release in place, or with the package; empty if neither has one.
installed_key() {
  local file
  for file in "$prefix/current/share/mt5crs/release.pub" "$root/usr/share/mt5crs/release.pub"; do
    [ ! -r "$file" ] || { printf '%s' "$file"; return; }
  done
}

# Ends with 1 unless the file is signed by the key.
verify() {
  command -v minisign >/dev/null ||
    die 1 'minisign is not installed, and verifies the signature' '' 'apt install minisign'
  [ -n "$key" ] || key=$(installed_key)
  [ -n "$key" ] || die 1 'there is no public key' 'neither the release in place nor the package has one' \
    '--key FILE, with the key from its publisher; or --allow-unsigned for a release that you built yourself'
  [ -r "$key" ] || die 1 "the key $key can't be read" '' '--key FILE'
  minisign -V -q -p "$key" -m "$1" >&2 ||
    die 1 "SHA256SUMS is not signed by $key" '' 'fetch the files again from where they are published; never leave this check out for them'
}

# --- the three commands ------------------------------------------------------------------------------------------------

update() {
  local artifact=$1 name sum commit id new branch account code incoming
  name=${artifact##*/}
  case $name in
    *[!A-Za-z0-9._+-]*) die 1 "$name is not the name of an artifact" '' 'mt5crs-VERSION-ARCH-linux.tar.gz' ;;
    mt5crs-*.tar.gz) ;;
    *) die 1 "$name is not the name of an artifact" '' 'mt5crs-VERSION-ARCH-linux.tar.gz' ;;
  esac
  take_in "$artifact"
  artifact=$incoming/$name
  sum=$(sha256sum <"$artifact")
  sum=${sum%% *}
  awk -v sum="$sum" -v name="$name" '($1 == sum) && ($2 == name || $2 == "*" name) { found = 1 } END { exit !found }' "$incoming/SHA256SUMS" ||
    die 1 "$name is not what SHA256SUMS says" "its SHA-256 is $sum" 'fetch both again'

  [ -d "$configuration" ] || die 1 "there is no configuration $configuration" '' "git clone --bare URL $configuration"
  branch=$(git -C "$configuration" symbolic-ref --short HEAD)
  # No work of git's goes on behind the fetch: it would keep this run's lock.
  GIT_TERMINAL_PROMPT=0 timeout 60 git -C "$configuration" -c gc.auto=0 -c maintenance.auto=false fetch --quiet origin "+$branch:refs/deploy/latest" ||
    die 1 'the configuration could not be pulled' '' "git -C $configuration fetch origin $branch"
  commit=$(git -C "$configuration" rev-parse refs/deploy/latest)

  id=${name#mt5crs-}
  id=${id%.tar.gz}-${sum:0:12}-${commit:0:12}
  if [ ! -d "$releases/$id" ]; then
    new=$releases/.new.$$
    mkdir -p "$new/config"
    tar -xzf "$artifact" -C "$new" --strip-components=1 --no-same-owner ||
      die 1 "$name can't be unpacked" '' 'fetch it again'
    [ -x "$new/bin/mt5crs" ] || die 1 "$name holds no bin/mt5crs" '' 'it is not an artifact of mt5crs'
    # Other users may read the program, but not the settings.
    git -C "$configuration" archive "$commit" | (umask 027 && tar -x -C "$new/config" --no-same-owner --no-same-permissions)
    chmod 750 "$new/config"
    [ "$(id -un)" = "$user" ] || chgrp -R "$(id -gn "$user")" "$new/config"
    printf 'artifact=%s\nsha256=%s\nsigned=%s\nconfiguration=%s\n' "$name" "$sum" "$signed" "$commit" >"$new/RELEASE"
    sync -f "$new"
    mv -T "$new" "$releases/$id"
  fi
  rm -rf "$incoming"
  if [ "$(release_of current)" = "$id" ]; then
    is_proved "$id" || die 3 "$id was in place already, and is not proved" '' 'look at the gateway: mt5crs link-test'
    say "$id was in place already, and is proved"
    return
  fi

  is_ours "$etc" "$prefix/current/config" ||
    die 1 "$etc is there, and is not a link to $prefix/current/config" '' "commit its files to the configuration, then move it away"
  is_ours "$program" "$prefix/current/bin/mt5crs" ||
    die 1 "$program is there, and is not a link to $prefix/current/bin/mt5crs" '' 'move it away'
  [ -n "$(accounts_of "$id")" ] || die 1 "the configuration $commit has no account" 'it holds no NAME.env' 'add one, commit, push'
  for account in $(accounts_of "$id"); do
    code=0
    mt5crs_of "$id" "$account" audit "${skips[@]/#/--skip=}" || code=$?
    [ "$code" -eq 0 ] || die 1 "the audit of $account by the new mt5crs ended with code $code; nothing was switched" '' \
      'correct the check that it names: a program by another artifact, a configuration by a commit; or leave the check out: --skip CHECK'
  done
  switch_to update "$id"
}

rollback() {
  local before
  before=$(release_of previous)
  [ -n "$before" ] || die 1 'there is no earlier release' '' "$0 status"
  [ -d "$releases/$before" ] || die 1 "the release $before is gone" '' 'update to its artifact'
  switch_to rollback "$before"
}

status() {
  local link release
  for link in current previous; do
    release=$(release_of "$link")
    printf '%s: %s\n' "$link" "${release:-none}"
    [ -z "$release" ] || sed 's/^/  /' "$releases/$release/RELEASE"
  done
  [ ! -e "$prefix/pending" ] || { echo 'pending: a switch without an answer; the next run takes it up'; sed 's/^/  /' "$prefix/pending"; }
}

if [ "$what" = status ]; then
  status
  exit
fi
id -u "$user" >/dev/null 2>&1 || die 2 "there is no user $user" '' 'install the package, which makes it, or name another with --user'
if [ "$(id -un)" != "$user" ] && [ "$(id -u)" -ne 0 ]; then
  die 2 "mt5crs is run by $user" "this is $(id -un)" 'run it with sudo'
fi
if [ "$what" != rollback ]; then
  what=$(cd "$(dirname "$what")" 2>/dev/null && pwd)/$(basename "$what")
fi
mkdir -p "$releases"
exec 9>"$prefix/.lock"
flock -n 9 || die 1 'another update runs' '' 'wait for its end'
trap at_exit EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
sweep
take_up
prune
case $what in
  rollback) [ "$taken_up" = yes ] || rollback ;;
  *) update "$what" ;;
esac
