package lab

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
)

// Field is one key of a connection file; Value is a string, a bool, a []string or Fields.
type Field struct {
	Key   string
	Value any
}

// Fields is an ordered mapping of a connection file.
type Fields []Field

// Set replaces the value of key, or appends it.
func (f *Fields) Set(key string, value any) {
	for i := range *f {
		if (*f)[i].Key == key {
			(*f)[i].Value = value
			return
		}
	}
	*f = append(*f, Field{key, value})
}

// Drop removes key when it is there.
func (f *Fields) Drop(key string) {
	for i := range *f {
		if (*f)[i].Key == key {
			*f = append((*f)[:i:i], (*f)[i+1:]...)
			return
		}
	}
}

// Text is the string at key, empty when there is none.
func (f Fields) Text(key string) string {
	for _, x := range f {
		if s, ok := x.Value.(string); ok && x.Key == key {
			return s
		}
	}
	return ""
}

// Conn is the connection file of a lab before it is written; a Fault may change it.
type Conn struct {
	Name           string
	SP, IdP, OIDC  Fields
	AllowedDomains []string
}

// Connection is the text of a connection file for the generic SP and this lab, with the fault's changes applied.
// The client secret is a reference to the environment variable SecretEnv; its value is ClientSecret.
func (l *Lab) Connection() string {
	c := &Conn{
		Name: "lab",
		SP:   Fields{{"profile", "generic"}, {"callback_url", l.RedirectURI}},
		IdP:  Fields{{"profile", "lab"}},
		OIDC: Fields{
			{"issuer", l.Issuer}, {"client_id", l.ClientID}, {"client_secret", "env:" + SecretEnv},
			{"scopes", []string{"openid", "email", "profile"}}, {"redirect_uri", l.RedirectURI},
		},
		AllowedDomains: []string{"lab.example"},
	}
	if l.Fault.Connection != nil {
		l.Fault.Connection(c)
	}
	return c.yaml()
}

func (c *Conn) yaml() string {
	var b strings.Builder
	b.WriteString("version: 1\nconnections:\n")
	fmt.Fprintf(&b, "  - name: %s\n    sp: %s\n    idp: %s\n    oidc:\n", scalar(c.Name), flow(c.SP), flow(c.IdP))
	for _, f := range c.OIDC {
		fmt.Fprintf(&b, "      %s: %s\n", f.Key, flow(f.Value))
	}
	if len(c.AllowedDomains) > 0 {
		fmt.Fprintf(&b, "    allowed_domains: %s\n", flow(c.AllowedDomains))
	}
	return b.String()
}

// flow writes a value on one line, as the examples of the documentation do.
func flow(value any) string {
	switch v := value.(type) {
	case string:
		return scalar(v)
	case []string:
		parts := make([]string, len(v))
		for i, s := range v {
			parts[i] = scalar(s)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case Fields:
		parts := make([]string, len(v))
		for i, f := range v {
			parts[i] = f.Key + ": " + flow(f.Value)
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	return fmt.Sprint(value)
}

// plain is what YAML reads as the same text without quotes, inside brackets too.
var plain = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_./@+-]*(:[A-Za-z0-9_./@+-]+)*$`) })

func scalar(s string) string {
	switch strings.ToLower(s) {
	case "true", "false", "null", "yes", "no", "on", "off", "y", "n":
		return `"` + s + `"`
	}
	if plain().MatchString(s) {
		return s
	}
	return fmt.Sprintf("%q", s)
}
