# What the servers from npm share: sourced as `. npm.bash NAME MAIN COMMAND`. NAME is the folder beside this file with package.json,
# package-lock.json and MAIN, a module that reads the folder of the installed packages from MODULES.
#
# Cache: ${SSOCTL_CACHE:-$HOME/.cache/ssoctl}. Needs bash, node 20 or newer, npm.

name=$1 main=$2
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/$name
cache=${SSOCTL_CACHE:-$HOME/.cache/ssoctl}
home=$cache/$name-$(cksum <"$here/package-lock.json" | cut -d' ' -f1)

prepare() {
  if [ -d "$home" ]; then
    echo "$name: in the cache"
    return
  fi
  mkdir -p "$cache"
  # What an earlier attempt left that could not clean up after itself.
  find "$cache" -maxdepth 1 -name "$name.??????" -mmin +120 -exec rm -rf {} +
  work=$(mktemp -d "$cache/$name.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  cp "$here/package.json" "$here/package-lock.json" "$work/"
  (cd "$work" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >npm.log 2>&1) ||
    { cat "$work/npm.log" >&2; exit 1; }
  # Somebody else may have been faster: then theirs is kept.
  [ -d "$home" ] || mv "$work" "$home"
  echo "$name: installed"
}

case ${3:-} in
prepare) prepare ;;
run) MODULES=$home/node_modules exec node "$here/$main" ;;
*) echo "usage: $name.sh prepare | run" >&2; exit 2 ;;
esac
