package config

import (
	"reflect"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/source"
)

// Redacted gives the text of the file without any secret that stands in it in plain text. Lines keep their numbers.
func (f *File) Redacted() []byte {
	lines := make([]string, f.Doc.Lines())
	for i := range lines {
		lines[i] = f.Doc.Line(i + 1)
	}
	for _, n := range f.inPlain() {
		blot(lines, n)
	}
	return []byte(strings.Join(lines, "\n"))
}

// InPlain reports whether a secret stands in the file in plain text.
func (f *File) InPlain() bool { return len(f.inPlain()) > 0 }

// inPlain finds the values of every key that holds a secret or was meant to: misspelt, doubled or in another section it is shown
// no more than where it belongs.
func (f *File) inPlain() []*source.Node {
	var out []*source.Node
	seen := map[*source.Node]bool{}
	var walk func(n *source.Node, secret bool)
	walk = func(n *source.Node, secret bool) {
		if n == nil || seen[n] && !secret {
			return
		}
		seen[n] = true
		for _, item := range n.Items {
			walk(item, secret)
		}
		for _, m := range n.Members {
			if m.Key != "teams" && m.Key != "roles" { // whose keys are names of the customer's own
				walk(m.Value, secret || secretKey(m.Key))
			}
		}
		if secret && n.Str() != RedactedMark && plain(n.Str()) && !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	walk(f.Doc.Root, false)
	return out
}

// secretKey reports whether a key names a secret, however it is spelt.
func secretKey(key string) bool {
	low := strings.NewReplacer("_", "", "-", "", " ", "").Replace(strings.ToLower(key))
	if strings.HasSuffix(low, "expires") { // a setting that holds a date
		return false
	}
	for _, word := range []string{"secret", "privatekey", "password", "passwd", "apikey"} {
		if strings.Contains(low, word) {
			return true
		}
	}
	return source.Nearest(key, []string{"client_secret", "sp_private_key"}) != "" && !slices.Contains(knownKeys(), key)
}

// knownKeys lists the keys of the sections in which secrets stand.
func knownKeys() []string {
	var out []string
	for _, t := range []reflect.Type{reflect.TypeFor[OIDCPart](), reflect.TypeFor[SAMLPart]()} {
		for _, f := range source.Fields(t) {
			out = append(out, f.Name)
		}
	}
	return out
}

// blot replaces a scalar in its line; one that spans lines loses the lines that are indented under its key.
func blot(lines []string, n *source.Node) {
	i := n.Pos.Line - 1
	line := []rune(lines[i])
	start := min(n.Pos.Col-1, len(line))
	for start > 0 && !strings.ContainsRune(" \t[{,:", line[start-1]) { // in case the place is off: nothing of it may stay
		start--
	}
	if n.Len > 0 && start+n.Len <= len(line) && (start+n.Len == len(line) || strings.ContainsRune(" \t,]}\r", line[start+n.Len])) {
		lines[i] = string(line[:start]) + `"` + RedactedMark + `"` + string(line[start+n.Len:])
		return
	}
	lines[i] = string(line[:min(start, len(line))]) + `"` + RedactedMark + `"`
	indent := len(line) - len([]rune(strings.TrimLeft(string(line), " ")))
	for j := i + 1; j < len(lines); j++ {
		l := lines[j]
		if strings.TrimSpace(l) != "" && len(l)-len(strings.TrimLeft(l, " ")) <= indent {
			return
		}
		lines[j] = ""
	}
}
