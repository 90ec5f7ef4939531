#!/usr/bin/env bash
# The certified OpenID provider `oidc-provider` (npm) for the real-server suite.
#
#   oidc-provider.sh prepare   install the locked versions into the cache; does nothing when that is done
#                              and the lock file has not changed since. May be interrupted at any time.
#   oidc-provider.sh run       serve in the foreground until standard input ends; op.mjs says what it reads
set -euo pipefail
. "$(dirname "$0")/npm.bash" oidc-provider op.mjs "$@"
