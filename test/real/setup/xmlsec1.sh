#!/usr/bin/env bash
# xmlsec1, the oracle of XML signatures and encryption: a program, no server.
#
#   xmlsec1.sh prepare   install into the cache, unless the system has it: the Debian or Ubuntu packages of xmlsec1 and its
#                        libraries are downloaded with apt-get, whose signatures hold, and unpacked; nothing on the system
#                        changes and no rights are needed. Does nothing when that is done. May be interrupted: the cache gets
#                        the result in one rename.
#   xmlsec1.sh env       print `program` and `libraries`, the value of LD_LIBRARY_PATH, which is empty for the system's own
#
# SSOCTL_NO_SYSTEM=1 passes over the system's xmlsec1. Cache: ${SSOCTL_CACHE:-$HOME/.cache/ssoctl}. Needs bash; to install also
# apt-get, apt-cache and dpkg-deb.
set -euo pipefail

cache=${SSOCTL_CACHE:-$HOME/.cache/ssoctl}
home=$cache/xmlsec1

system() { [ "${SSOCTL_NO_SYSTEM:-}" != 1 ] && command -v xmlsec1; }

# libraries lists the folders in which the unpacked packages keep theirs.
libraries() {
  find "$home/usr/lib" "$home/lib" -name '*.so*' -printf '%h\n' 2>/dev/null | sort -u | paste -sd: -
}

# runs tells whether the unpacked program starts: it does not when a library is missing.
runs() { [ -x "$home/usr/bin/xmlsec1" ] && LD_LIBRARY_PATH=$(libraries) "$home/usr/bin/xmlsec1" --version >/dev/null 2>&1; }

# fetch downloads and unpacks into a folder the packages that xmlsec1 needs beyond what every such system has. The options go
# to apt.
fetch() {
  local into=$1 package
  shift
  mkdir -p "$into/debs" "$into/root"
  apt-cache "$@" depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces --no-enhances xmlsec1 |
    grep '^[a-z0-9]' | sort -u | grep -vE '^(libc6|gcc-[0-9]+-base)(:|$)' >"$into/packages"
  grep -qx xmlsec1 "$into/packages" || return 1
  # A name that only others provide cannot be downloaded, and is not needed by itself.
  while IFS= read -r package; do
    (cd "$into/debs" && apt-get "$@" -qq download "$package") || [ "$package" != xmlsec1 ] || return 1
  done <"$into/packages"
  for package in "$into"/debs/*.deb; do
    dpkg-deb -x "$package" "$into/root"
  done
}

prepare() {
  if path=$(system); then
    echo "xmlsec1: $path, $("$path" --version)"
    return
  fi
  if runs; then
    echo "xmlsec1: in the cache"
    return
  fi
  mkdir -p "$cache"
  # What an earlier attempt left that could not clean up after itself.
  find "$cache" -maxdepth 1 -name 'xmlsec1.??????' -mmin +120 -exec rm -rf {} +
  work=$(mktemp -d "$cache/xmlsec1.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  if ! fetch "$work/known" >"$work/apt.log" 2>&1; then
    # No lists of packages, or old ones: take new ones into a folder of our own.
    own=(-o "Dir::State=$work/state" -o "Dir::State::status=/var/lib/dpkg/status" -o "Dir::Cache=$work/aptcache" -o "APT::Sandbox::User=")
    mkdir -p "$work/state/lists/partial" "$work/aptcache/archives/partial"
    { apt-get "${own[@]}" -qq update && fetch "$work/fresh" "${own[@]}"; } >>"$work/apt.log" 2>&1 ||
      { cat "$work/apt.log" >&2; exit 1; }
    mv "$work/fresh/root" "$work/root"
  else
    mv "$work/known/root" "$work/root"
  fi
  rm -rf "$home"
  mv "$work/root" "$home"
  runs || { echo "xmlsec1 does not start from $home" >&2; LD_LIBRARY_PATH=$(libraries) "$home/usr/bin/xmlsec1" --version >&2; exit 1; }
  echo "xmlsec1: installed, $(LD_LIBRARY_PATH=$(libraries) "$home/usr/bin/xmlsec1" --version)"
}

case ${1:-} in
prepare) prepare ;;
env)
  if path=$(system); then
    printf 'program %s\nlibraries \n' "$path"
  else
    printf 'program %s\nlibraries %s\n' "$home/usr/bin/xmlsec1" "$(libraries)"
  fi
  ;;
*) sed -n '2,13s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
