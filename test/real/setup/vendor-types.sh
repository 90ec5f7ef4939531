#!/usr/bin/env bash
# The vendors' own types of their APIs (npm), with which the real-server suite compares what emit writes.
#
#   vendor-types.sh prepare   install the locked versions into the cache; does nothing when that is done
#                             and the lock file has not changed since. May be interrupted at any time.
#   vendor-types.sh run       check what standard input holds; check.mjs says in which form
set -euo pipefail
. "$(dirname "$0")/npm.bash" vendor-types check.mjs "$@"
