#!/usr/bin/env bash
# Chromium without a window, the browser before which the login's receiver is tested.
#
#   chromium.sh prepare  install into the cache, unless the system has one: Debian's package chromium-headless-shell and its
#                        libraries are downloaded with apt-get, whose signatures hold, and unpacked; nothing on the system
#                        changes and no rights are needed. Does nothing when that is done. May be interrupted: the cache gets
#                        the result in one rename.
#   chromium.sh env      print `program` and `libraries`, the value of LD_LIBRARY_PATH, which is empty for the system's own
#
# SSOCTL_NO_SYSTEM=1 passes over the system's browser. Cache: ${SSOCTL_CACHE:-$HOME/.cache/ssoctl}. Needs bash; to install also
# apt-get, apt-cache and dpkg-deb.
set -euo pipefail

cache=${SSOCTL_CACHE:-$HOME/.cache/ssoctl}
home=$cache/chromium
package=chromium-headless-shell

system() {
  [ "${SSOCTL_NO_SYSTEM:-}" != 1 ] || return 1
  local name
  for name in chromium "$package" google-chrome; do
    command -v "$name" && return
  done
  return 1
}

# program is the unpacked browser itself, not a script that looks for it in the system's folders.
program() { find "$1/usr/lib" "$1/usr/bin" -type f -perm -u+x \( -name headless_shell -o -name chromium-headless-shell -o -name "$package" \) 2>/dev/null | head -n 1; }

# libraries lists the folders in which the unpacked packages keep theirs.
libraries() { find "$1/usr/lib" "$1/lib" -name '*.so*' -printf '%h\n' 2>/dev/null | sort -u | paste -sd: -; }

# runs tells whether the unpacked browser starts: it does not when a library is missing.
runs() {
  local path
  path=$(program "$1")
  [ -n "$path" ] && LD_LIBRARY_PATH=$(libraries "$1") timeout 60 "$path" --version >/dev/null 2>&1
}

# fetch downloads and unpacks into a folder the packages that the browser needs beyond what every such system has, and without the
# drivers of graphics cards. The options go to apt.
fetch() {
  local into=$1 name
  shift
  mkdir -p "$into/debs" "$into/root"
  apt-cache "$@" depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces --no-enhances "$package" |
    grep '^[a-z0-9]' | sort -u | grep -vE '^(libc6|gcc-[0-9]+-base|perl|perl-base|dpkg|debconf|tar|xdg-utils|systemd|dbus.*|ucf|sed|coreutils|fonts-.*|libllvm.*|libgl1-mesa-dri|cdebconf|debianutils|adduser|passwd)(:|$)' >"$into/packages"
  grep -qx "$package" "$into/packages" || return 1
  # A name that only others provide cannot be downloaded, and is not needed by itself.
  while IFS= read -r name; do
    (cd "$into/debs" && apt-get "$@" -qq download "$name") || [ "$name" != "$package" ] || return 1
  done <"$into/packages"
  for name in "$into"/debs/*.deb; do
    dpkg-deb -x "$name" "$into/root"
  done
}

prepare() {
  if path=$(system); then
    echo "chromium: $path"
    return
  fi
  if runs "$home"; then
    echo "chromium: in the cache"
    return
  fi
  mkdir -p "$cache"
  # What an earlier attempt left that could not clean up after itself.
  find "$cache" -maxdepth 1 -name 'chromium.??????' -mmin +120 -exec rm -rf {} +
  work=$(mktemp -d "$cache/chromium.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  if ! fetch "$work/known" -o APT::Sandbox::User= >"$work/apt.log" 2>&1; then
    # No lists of packages, or old ones: take new ones into a folder of our own.
    own=(-o "Dir::State=$work/state" -o "Dir::State::status=/var/lib/dpkg/status" -o "Dir::Cache=$work/aptcache" -o "APT::Sandbox::User=")
    mkdir -p "$work/state/lists/partial" "$work/aptcache/archives/partial"
    { apt-get "${own[@]}" -qq update && fetch "$work/fresh" "${own[@]}"; } >>"$work/apt.log" 2>&1 ||
      { cat "$work/apt.log" >&2; exit 1; }
    mv "$work/fresh/root" "$work/root"
  else
    mv "$work/known/root" "$work/root"
  fi
  runs "$work/root" || { cat "$work/apt.log" >&2; echo "chromium does not start from $work/root" >&2; exit 1; }
  rm -rf "$home"
  mv "$work/root" "$home"
  echo "chromium: installed"
}

case ${1:-} in
prepare) prepare ;;
env)
  if path=$(system); then
    printf 'program %s\nlibraries \n' "$path"
  else
    printf 'program %s\nlibraries %s\n' "$(program "$home")" "$(libraries "$home")"
  fi
  ;;
*) sed -n '2,12s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
