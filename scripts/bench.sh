#!/usr/bin/env bash
# Whole-process figures: bench.sh bin/ssoctl. Prints the minimum of many runs, the size and the peak memory.
set -euo pipefail
bin=$(realpath "$1")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
printf 'package main\n\nfunc main() {}\n' >"$dir/nothing.go"
CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o "$dir/nothing" "$dir/nothing.go"
go build -o "$dir/times" ./scripts/times
"$dir/times" "$dir/nothing" -- "$bin" version
printf 'size of the binary: %s bytes\n' "$(stat -c %s "$bin")"

# One signed response of 11 KB, decoded and judged, against xmlsec1, which verifies the signature and no more. Both find it whole.
SSOCTL_BENCH_DIR=$dir go test ./internal/xmlsig -run '^TestTypical$' -count=1 >/dev/null
if ! bash test/real/setup/xmlsec1.sh prepare >"$dir/log" 2>&1; then
  echo "left out: decode against xmlsec1 ($(tail -n 1 "$dir/log"))"
  exit 0
fi
libraries=
while read -r key value; do
  case $key in program) xmlsec1=$value ;; libraries) libraries=$value ;; esac
done < <(bash test/real/setup/xmlsec1.sh env)
LD_LIBRARY_PATH=$libraries "$dir/times" "$xmlsec1" --verify --enabled-key-data rsa --pubkey-cert-pem "$dir/certificate.pem" \
  --id-attr:ID urn:oasis:names:tc:SAML:2.0:protocol:Response "$dir/response.xml" -- "$bin" decode --fail-on never "$dir/response.xml"
