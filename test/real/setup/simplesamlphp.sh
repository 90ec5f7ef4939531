#!/usr/bin/env bash
# SimpleSAMLphp as a SAML identity provider for the real-server suite: Debian's packages, without rights and without changing the system.
#
#   simplesamlphp.sh prepare   unpack Debian's packages of SimpleSAMLphp and PHP into the cache; does nothing when that is done. May be
#                              interrupted at any time.
#   simplesamlphp.sh run       serve in the foreground until standard input ends. Reads
#                                SSP_BASE  the address in front, for example https://login.acme-corp.example:8443/
#                                SSP_PORT  port on 127.0.0.1, plain http, reached through the proxy in front
#                                SSP_RUN   folder of this run; it holds metadata/ and cert/, which may change while it runs, and
#                                          config/authsources.php
#
# Cache: ${SSOCTL_CACHE:-$HOME/.cache/ssoctl}. Needs bash, apt-get, dpkg-deb.
set -euo pipefail

cache=${SSOCTL_CACHE:-$HOME/.cache/ssoctl}
home=$cache/simplesamlphp-debian

# php_version: that of the release, as its package php-cli depends on it.
php_version() { apt-cache depends php-cli | sed -n 's/.*Depends: php\([0-9.]*\)-cli$/\1/p' | head -n 1; }

# packages VERSION: what is needed of both, and the libraries that this machine lacks for it. The web server is not needed.
packages() {
  local own="simplesamlphp php$1-cli php$1-common php$1-xml php$1-mbstring php$1-curl"
  # shellcheck disable=SC2086 # a list of names
  { printf '%s\n' $own; apt-get install -s --no-install-recommends $own | sed -n 's/^Inst \([^ ]*\).*/\1/p'; } |
    grep -Ev '^(apache2.*|libapache2.*|libapr.*|liblua.*|php|php[0-9.]+)$' | sort -u
}

prepare() {
  if [ -d "$home" ]; then
    echo "simplesamlphp: in the cache"
    return
  fi
  mkdir -p "$cache"
  # What an earlier attempt left that could not clean up after itself.
  find "$cache" -maxdepth 1 -name 'simplesamlphp.??????' -mmin +120 -exec rm -rf {} +
  work=$(mktemp -d "$cache/simplesamlphp.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  local version
  version=$(php_version)
  if [ -z "$version" ]; then
    echo "simplesamlphp: apt knows no package php-cli; run apt-get update" >&2
    exit 1
  fi
  mkdir "$work/root" "$work/debs"
  # shellcheck disable=SC2046 # a list of names
  (cd "$work/debs" && apt-get -o APT::Sandbox::User= download $(packages "$version") >"$work/apt.log" 2>&1) || { cat "$work/apt.log" >&2; exit 1; }
  for deb in "$work"/debs/*.deb; do
    dpkg-deb -x "$deb" "$work/root"
  done
  rm -rf "$work/debs"
  echo "$version" >"$work/root/php-version"
  # Somebody else may have been faster: then theirs is kept.
  [ -d "$home" ] || mv "$work/root" "$home"
  echo "simplesamlphp: installed"
}

# php ARGUMENT...: the unpacked PHP with the extensions that SimpleSAMLphp uses, and no configuration of the system.
php() {
  local lib extensions=() name
  lib=$(dirname "$(find "$home/usr/lib/php" -name mbstring.so | head -n 1)")
  for name in ctype curl dom fileinfo iconv mbstring phar posix simplexml tokenizer xml xmlreader xmlwriter; do
    [ ! -f "$lib/$name.so" ] || extensions+=(-d "extension=$name")
  done
  LD_LIBRARY_PATH=$(find "$home/usr/lib" -maxdepth 1 -type d -name '*-linux-*'):${LD_LIBRARY_PATH:-} \
    exec "$home/usr/bin/php$(cat "$home/php-version")" -n -d display_errors=0 -d "extension_dir=$lib" "${extensions[@]}" "$@"
}

# configure writes the configuration of this run: Debian's own with the addresses and folders of the run.
configure() {
  mkdir -p "$SSP_RUN"/{config,metadata,cert,log,data,tmp,sessions}
  cp "$home/etc/simplesamlphp/acl.php" "$SSP_RUN/config/" 2>/dev/null || true
  sed -E '/^ *(require|include)|secrets\.inc/s/^/\/\/ /' "$home/etc/simplesamlphp/config.php" >"$SSP_RUN/config/config.php"
  cat >>"$SSP_RUN/config/config.php" <<PHP

\$run = '$SSP_RUN';
\$config = array_merge(\$config, [
    'baseurlpath' => '$SSP_BASE', 'certdir' => "\$run/cert/", 'datadir' => "\$run/data/", 'tempdir' => "\$run/tmp", 'metadatadir' => "\$run/metadata/",
    'loggingdir' => "\$run/log/", 'logging.handler' => 'file', 'enable.saml20-idp' => true, 'session.phpsession.savepath' => "\$run/sessions",
    'session.cookie.samesite' => null, 'session.cookie.secure' => str_starts_with('$SSP_BASE', 'https:'), 'timezone' => 'UTC', 'secretsalt' => bin2hex(random_bytes(16)), 'auth.adminpassword' => bin2hex(random_bytes(16)),
    'module.enable' => ['exampleauth' => true, 'core' => true, 'saml' => true], 'metadata.sources' => [['type' => 'flatfile', 'directory' => "\$run/metadata/"]],
]);
PHP
}

run() {
  configure
  export SIMPLESAMLPHP_CONFIG_DIR=$SSP_RUN/config
  exec 3<&0
  (php -d "session.save_path=$SSP_RUN/sessions" -d "error_log=$SSP_RUN/log/php.log" -S "127.0.0.1:$SSP_PORT" -t "$home/usr/share/simplesamlphp/www") </dev/null &
  server=$!
  # The watcher keeps no output open: when the server ends by itself, the reader of its log sees the end.
  (cat <&3; kill "$server" || true) >/dev/null 2>&1 &
  wait "$server"
}

case ${1:-} in
prepare) prepare ;;
run) run ;;
*) sed -n '2,13s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
