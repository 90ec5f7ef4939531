package config

import "strings"

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

// RedactedMark stands for a secret that was found in plain text.
const RedactedMark = "[redacted]"

// secretPaths are the places of a connection that hold secrets.
var secretPaths = []string{"oidc/client_secret", "saml/sp_private_key"}

// Literals lists the values that stand in secret fields although they are no references. Nothing may print them.
func (t *Target) Literals() []string {
	var out []string
	for _, path := range secretPaths {
		value := t.file.Doc.At(t.Path(path)).Str()
		if _, _, ok := Reference(value); !ok && strings.TrimSpace(value) != "" {
			out = append(out, value)
		}
	}
	return out
}
