#!/usr/bin/env bash
set -euo pipefail
case ${1:-} in prepare) ;; env) printf 'program %s\nlibraries \n' /usr/bin/chromium ;; esac
