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
