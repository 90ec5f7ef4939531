#!/usr/bin/env bash
# Keycloak for the real-server suite: on loopback, without containers and without rights.
#
#   keycloak.sh prepare   install into the cache: fetch from Maven Central, check the digest, build for
#                         offline starts, create the database and its first administrator. Does nothing
#                         when that is done. May be interrupted: the cache gets the result in one rename.
#   keycloak.sh env       print what `run` needs of the cache: admin user and password file
#   keycloak.sh run       serve in the foreground from a fresh copy of the database until standard input
#                         ends, so that a test process that dies takes its server with it. Reads
#                           KC_HOSTNAME  the address in front, for example https://login.acme-corp.example:8443
#                           KC_PORT      port on 127.0.0.1, plain http, reached through the proxy in front
#                           KC_RUN       empty folder for database and log of this run
#
# Cache: ${SSOCTL_CACHE:-$HOME/.cache/ssoctl}. Needs bash, java 17 or newer, mvn, unzip.
set -euo pipefail

version=26.7.3
sha256=27a6535553c3cdcd083872ba40629efafb3475e3b758e0c6f691395561dd0f1f
cache=${SSOCTL_CACHE:-$HOME/.cache/ssoctl}
home=$cache/keycloak-$version

# The first compiler alone and the serial collector start fastest on small machines. JAVA_OPTS replaces
# kc.sh's own choice; appending a second collector to it would end the virtual machine.
start_opts="-Xmx512m -XX:MetaspaceSize=96M -XX:MaxMetaspaceSize=256m -Dfile.encoding=UTF-8 \
-Djava.security.egd=file:/dev/urandom -XX:TieredStopAtLevel=1 -XX:+UseSerialGC"

digest() { if command -v sha256sum >/dev/null; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d' ' -f1; }

# serve HOME DATABASE-FOLDER ARGUMENT...: one Keycloak in the foreground.
# --cache=local keeps the cluster sockets closed, the management host keeps its port off other interfaces.
serve() {
  local at=$1 db=$2
  shift 2
  JAVA_OPTS=$start_opts exec "$at/bin/kc.sh" start --optimized --cache=local --http-enabled=true \
    --http-host=127.0.0.1 --http-management-host=127.0.0.1 \
    "--db-url=jdbc:h2:file:$db/keycloakdb;NON_KEYWORDS=VALUE;AUTO_SERVER=FALSE" "$@"
}

prepare() {
  if [ -f "$home/pristine/keycloakdb.mv.db" ]; then
    echo "keycloak $version: in the cache"
    return
  fi
  mkdir -p "$cache"
  # What an earlier attempt left that could not clean up after itself.
  find "$cache" -maxdepth 1 -name 'keycloak.??????' -mmin +120 -exec rm -rf {} +
  work=$(mktemp -d "$cache/keycloak.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  mvn -B -q org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy \
    "-Dartifact=org.keycloak:keycloak-quarkus-dist:$version:zip" "-DoutputDirectory=$work" >"$work/mvn.log" 2>&1 ||
    { cat "$work/mvn.log" >&2; exit 1; }
  zip=$work/keycloak-quarkus-dist-$version.zip
  got=$(digest "$zip")
  if [ "$got" != "$sha256" ]; then
    echo "keycloak-quarkus-dist-$version.zip has SHA-256 $got, expected $sha256" >&2
    exit 1
  fi
  unzip -q "$zip" -d "$work"
  rm "$zip"
  built=$work/keycloak-$version
  "$built/bin/kc.sh" build --db=dev-file --health-enabled=true >"$work/build.log" 2>&1 ||
    { cat "$work/build.log" >&2; exit 1; }
  first_start
  # Somebody else may have been faster: then theirs is kept.
  [ -f "$home/pristine/keycloakdb.mv.db" ] || { rm -rf "$home"; mv "$built" "$home"; }
  echo "keycloak $version: installed"
}

# first_start makes the database and the administrator, whose password exists in this cache only.
first_start() {
  mkdir "$built/pristine"
  (umask 077 && od -An -N24 -tx1 /dev/urandom | tr -d ' \n' >"$built/pristine/admin.password")
  export KC_BOOTSTRAP_ADMIN_USERNAME=admin KC_BOOTSTRAP_ADMIN_PASSWORD
  KC_BOOTSTRAP_ADMIN_PASSWORD=$(cat "$built/pristine/admin.password")
  mkfifo "$work/log"
  (serve "$built" "$built/pristine" --http-port=0 --http-management-port=0 --hostname-strict=false) >"$work/log" 2>&1 &
  local server=$! ready=
  # This pipe ends with the script, however it ends, and the server with the pipe.
  exec 4> >(cat >/dev/null; kill "$server" 2>/dev/null || true)
  while IFS= read -r line; do
    echo "$line" >>"$work/start.log"
    case $line in *"Bootstrap completed"*) ready=yes; kill "$server" ;; esac
  done <"$work/log"
  wait "$server" || true
  exec 4>&-
  unset KC_BOOTSTRAP_ADMIN_USERNAME KC_BOOTSTRAP_ADMIN_PASSWORD
  if [ -z "$ready" ]; then
    cat "$work/start.log" >&2
    exit 1
  fi
}

run() {
  cp "$home/pristine/keycloakdb.mv.db" "$KC_RUN/"
  exec 3<&0
  (serve "$home" "$KC_RUN" --http-port="$KC_PORT" --http-management-port=0 --hostname="$KC_HOSTNAME" \
    --proxy-headers=xforwarded --log-console-color=false) </dev/null &
  server=$!
  # The watcher keeps no output open: when Keycloak ends by itself, the reader of its log sees the end.
  (cat <&3; kill "$server" || true) >/dev/null 2>&1 &
  wait "$server"
}

case ${1:-} in
prepare) prepare ;;
env) printf 'user admin\npassword_file %s\n' "$home/pristine/admin.password" ;;
run) run ;;
*) sed -n '2,15s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
