#!/usr/bin/env bash
# Runs every fuzz target of the module for the given time: fuzz.sh 20s
set -euo pipefail
time=${1:-20s}
grep -rl --include='*_test.go' '^func Fuzz' internal | while read -r file; do
  dir=$(dirname "$file")
  grep -o '^func Fuzz[A-Za-z0-9]*' "$file" | cut -d' ' -f2 | while read -r target; do
    echo "== $dir $target"
    go test "./$dir" -run '^$' -fuzz "^$target\$" -fuzztime "$time" -fuzzminimizetime 1x </dev/null
  done
done
