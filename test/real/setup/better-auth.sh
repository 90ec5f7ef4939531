#!/usr/bin/env bash
# better-auth with its SSO plug-in (npm), the SP that Archestra has inside, for the real-server suite.
#
#   better-auth.sh prepare   install the locked versions into the cache; does nothing when that is done
#                              and the lock file has not changed since. May be interrupted at any time.
#   better-auth.sh run       serve in the foreground until standard input ends; sp.mjs says what it reads
#
# Cache: ${SSOCTL_CACHE:-$HOME/.cache/ssoctl}. Needs bash, node 20 or newer, npm.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)/better-auth
cache=${SSOCTL_CACHE:-$HOME/.cache/ssoctl}
home=$cache/better-auth-$(cksum <"$here/package-lock.json" | cut -d' ' -f1)

prepare() {
  if [ -d "$home" ]; then
    echo "better-auth: in the cache"
    return
  fi
  mkdir -p "$cache"
  # What an earlier attempt left that could not clean up after itself.
  find "$cache" -maxdepth 1 -name 'better-auth.??????' -mmin +120 -exec rm -rf {} +
  work=$(mktemp -d "$cache/better-auth.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  cp "$here/package.json" "$here/package-lock.json" "$work/"
  (cd "$work" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >npm.log 2>&1) ||
    { cat "$work/npm.log" >&2; exit 1; }
  # Somebody else may have been faster: then theirs is kept.
  [ -d "$home" ] || mv "$work" "$home"
  echo "better-auth: installed"
}

case ${1:-} in
prepare) prepare ;;
run) SP_MODULES=$home/node_modules exec node "$here/sp.mjs" ;;
*) sed -n '2,9s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
