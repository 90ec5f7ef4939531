#!/usr/bin/env bash
# The template engine `handlebars` (npm), with which the real-server suite compares internal/mapping.
#
#   handlebars.sh prepare   install the locked version into the cache; does nothing when that is done
#                           and the lock file has not changed since. May be interrupted at any time.
#   handlebars.sh run       evaluate what standard input holds; hb.mjs says in which form
set -euo pipefail
. "$(dirname "$0")/npm.bash" handlebars hb.mjs "$@"
