// Package knowledge holds what is known about products: one YAML file a service provider (sp/), one an
// identity provider (idp/). Go code decides nothing by a product's name; it reads these files.
package knowledge

import (
	"regexp"
	"strings"

	"github.com/ssoctl/ssoctl/internal/source"
)

// Fact is one statement about a product together with where it comes from. S holds keys of the profile's
// sources ("V:run", "S:seed"), or "M" for general knowledge that nobody has read up on.
type Fact[T any] struct {
	V    T      `yaml:"v"`
	S    Keys   `yaml:"s"`
	Note string `yaml:"note,omitempty"`
}

// Known reports whether the profile states the fact at all.
func (f Fact[T]) Known() bool { return len(f.S) > 0 }

// Certain reports whether the fact was read or observed. An uncertain fact is worded as a likelihood and is
// never an error by itself.
func (f Fact[T]) Certain() bool { return f.S.Certain() }

// Remark is a statement in words. Protocol says which it is about (oidc, saml, any), where the words do not tell.
type Remark struct {
	V        string `yaml:"v"`
	S        Keys   `yaml:"s"`
	Note     string `yaml:"note,omitempty"`
	Protocol string `yaml:"protocol,omitempty"`
}

// Certain reports whether the statement was read or observed.
func (r Remark) Certain() bool { return r.S.Certain() }

// Keys names the sources of a statement. In YAML it is one key or a list of keys.
type Keys []string

// Certain reports whether there is a source and none of them is memory.
func (k Keys) Certain() bool {
	for _, key := range k {
		if key == "M" {
			return false
		}
	}
	return len(k) > 0
}

// DecodeNode accepts one key as well as a list of keys.
func (k *Keys) DecodeNode(n *source.Node) string {
	if n.Type == source.Map {
		return "a source key or a list of them"
	}
	*k = n.Strings()
	return ""
}

// Facts is a section whose statements no rule reads yet: guides and the catalogue print them.
type Facts map[string]Fact[any]

// Expand replaces each {name} of a template by its value; a name is a letter and more of a-z, 0-9 and _, so the braces
// of JSON or of a regular expression stay. Names without a value stay as they are and are returned, so that a caller can tell a finished
// value from a form to fill in.
func Expand(template string, values map[string]string) (string, []string) {
	var out strings.Builder
	var missing []string
	for {
		open := strings.IndexByte(template, '{')
		if open < 0 {
			break
		}
		out.WriteString(template[:open])
		name := template[open+1:]
		name = name[:len(name)-len(strings.TrimLeft(name, "abcdefghijklmnopqrstuvwxyz0123456789_"))]
		if name == "" || name[0] < 'a' || !strings.HasPrefix(template[open+1+len(name):], "}") {
			out.WriteByte('{')
			template = template[open+1:]
			continue
		}
		if value := values[name]; value != "" {
			out.WriteString(value)
		} else {
			out.WriteString("{" + name + "}")
			missing = append(missing, name)
		}
		template = template[open+len(name)+2:]
	}
	out.WriteString(template)
	return out.String(), missing
}

// Match is Expand backwards: it reads the placeholders of a template off a value that was made from it and adds them to values. It
// reports whether the value fits. {issuer} takes anything, any other placeholder a part without "/", "?" and "#".
func Match(template, value string, values map[string]string) bool {
	if template == "" || value == "" {
		return false
	}
	var pattern strings.Builder
	var names []string
	pattern.WriteString("^")
	for rest := template; ; {
		open := strings.IndexByte(rest, '{')
		shut := strings.IndexByte(rest, '}')
		if open < 0 || shut < open {
			pattern.WriteString(regexp.QuoteMeta(rest))
			break
		}
		pattern.WriteString(regexp.QuoteMeta(rest[:open]))
		names = append(names, rest[open+1:shut])
		if rest[open+1:shut] == "issuer" {
			pattern.WriteString("(.+)")
		} else {
			pattern.WriteString("([^/?#]+)")
		}
		rest = rest[shut+1:]
	}
	re, err := regexp.Compile(pattern.String() + "$")
	if err != nil {
		return false
	}
	m := re.FindStringSubmatch(value)
	for i, name := range names {
		if m != nil {
			values[name] = m[i+1]
		}
	}
	return m != nil
}
