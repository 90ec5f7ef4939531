package config

import (
	"regexp"
	"strings"
	"sync"
)

// Reference splits a secret reference: env:NAME, file:PATH or keyring:NAME. ok is false for anything else, which is then a
// secret in plain text.
func Reference(s string) (scheme, name string, ok bool) {
	scheme, name, found := strings.Cut(s, ":")
	switch {
	case !found:
		return "", "", false
	case scheme == "env" || scheme == "file" || scheme == "keyring":
		return scheme, name, true
	}
	return "", "", false
}

// variable is deliberately narrow: a secret that merely begins with a dollar sign must not be taken for the name of one.
var variable = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^\$(?:\{([A-Za-z_][A-Za-z0-9_]*)\}|([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+))$`)
})

// Variable recognises ${NAME} and $SOME_NAME, as shells and compose files refer to a variable. No such text is expanded, but it is no
// secret either: it names one.
func Variable(s string) (name string, ok bool) {
	m := variable().FindStringSubmatch(strings.TrimSpace(s))
	if m == nil {
		return "", false
	}
	return m[1] + m[2], true
}

// plain reports whether a value of a secret field is the secret itself.
func plain(value string) bool {
	_, _, reference := Reference(value)
	_, named := Variable(value)
	return !reference && !named && strings.TrimSpace(value) != ""
}

// RedactedMark stands for a secret that was found in plain text.
const RedactedMark = "[redacted]"

// secretPaths are the places of a connection that hold secrets.
var secretPaths = []string{"oidc/client_secret", "saml/sp_private_key"}
