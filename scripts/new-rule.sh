#!/usr/bin/env bash
# Writes the stubs of a new rule: a value in its subject's file and a case file. new-rule.sh DISC070 disc_issuer
set -euo pipefail
code=${1:?the code, e.g. DISC070}
subject=${2:?the subject file without .go, e.g. disc_issuer}
area=$(printf '%s' "$code" | tr -d '0-9' | tr '[:upper:]' '[:lower:]')
file=$(find internal/check -name "$subject.go")
[ -n "$file" ] || { echo "no file $subject.go under internal/check" >&2; exit 1; }
if grep -rq "\"$code\"" internal/check; then echo "$code exists" >&2; exit 1; fi
name=$(printf '%s' "$code" | tr '[:upper:]' '[:lower:]')
cat >>"$file" <<GO

// $name: put this value into the file's list of rules.
var $name = check.Rule{
	Code: "$code", Title: "", Severity: report.Error,
	Needs: []evidence.Kind{},
	Why:   "",
	Fix:   "",
	Check: func(c *check.Case) []report.Finding { return nil },
}
GO
mkdir -p "testdata/rules/$area"
cat >"testdata/rules/$area/$code.txtar" <<CASE
What the rule is about, in a sentence.
-- fails/why/ssoctl.yaml --
version: 1
connections:
  - name: example
    sp: {profile: generic, callback_url: https://app.example.com/callback}
    oidc: {issuer: https://idp.example.com, client_id: app, client_secret: env:SECRET}
-- fails/why/want --
-- passes/healthy/ssoctl.yaml --
version: 1
connections:
  - name: example
    sp: {profile: generic, callback_url: https://app.example.com/callback}
    oidc: {issuer: https://idp.example.com, client_id: app, client_secret: env:SECRET}
CASE
echo "now fill in: $file, testdata/rules/$area/$code.txtar; then: make update docs"
