#!/usr/bin/env bash
# better-auth with its SSO plug-in (npm), the SP that Archestra has inside, for the real-server suite.
#
#   better-auth.sh prepare   install the locked versions into the cache; does nothing when that is done
#                            and the lock file has not changed since. May be interrupted at any time.
#   better-auth.sh run       serve in the foreground until standard input ends; sp.mjs says what it reads
set -euo pipefail
. "$(dirname "$0")/npm.bash" better-auth sp.mjs "$@"
