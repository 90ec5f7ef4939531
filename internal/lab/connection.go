package lab

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
)

// Field is one key of a connection file; Value is a string, a bool, a []string, Fields or a list of them.
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
	SP, IdP        Fields
	OIDC, SAML     Fields // one of them
	Roles          Fields
	AllowedDomains []string
	lab            *Lab
}

// Connection is the text of a connection file for the generic SP and this lab, with the fault's changes applied.
// The client secret is a reference to the environment variable SecretEnv; its value is ClientSecret. The SP's private key, where
// a fault needs one, is a reference to SPKeyEnv; its value is that of SPKeys.
func (l *Lab) Connection() string {
	c := &Conn{Name: "lab", IdP: Fields{{"profile", "lab"}}, AllowedDomains: []string{"lab.example"}, lab: l}
	if l.saml != nil {
		c.SP = Fields{{"profile", "generic"}, {"acs_url", l.ACSURL}, {"entity_id", l.SPEntityID}, {"required_claims", []string{"email", "firstName", "lastName"}}}
		c.SAML = Fields{{"idp_metadata", l.MetadataURL}, {"idp_entity_id", l.EntityID}, {"certificate", l.saml.keys.sign.pem()}}
	} else {
		c.SP = Fields{{"profile", "generic"}, {"callback_url", l.RedirectURI}}
		c.OIDC = Fields{
			{"issuer", l.Issuer}, {"client_id", l.ClientID}, {"client_secret", "env:" + SecretEnv},
			{"scopes", []string{"openid", "email", "profile"}}, {"redirect_uri", l.RedirectURI},
		}
	}
	if l.opts.KeyJWT && c.OIDC != nil {
		c.OIDC.Set("token_endpoint_auth_method", methodKeyJWT)
	}
	if l.Fault.Connection != nil {
		l.Fault.Connection(c)
	}
	return c.yaml()
}

func (c *Conn) yaml() string {
	var b strings.Builder
	b.WriteString("version: 1\nconnections:\n")
	part, fields := "oidc", c.OIDC
	if c.SAML != nil {
		part, fields = "saml", c.SAML
	}
	fmt.Fprintf(&b, "  - name: %s\n    sp: %s\n    idp: %s\n    %s:\n", scalar(c.Name), flow(c.SP), flow(c.IdP), part)
	for _, f := range fields {
		if s, ok := f.Value.(string); ok && strings.HasSuffix(s, "-----\n") {
			fmt.Fprintf(&b, "      %s: |\n        %s\n", f.Key, strings.ReplaceAll(strings.TrimSuffix(s, "\n"), "\n", "\n        "))
			continue
		}
		fmt.Fprintf(&b, "      %s: %s\n", f.Key, flow(f.Value))
	}
	if len(c.AllowedDomains) > 0 {
		fmt.Fprintf(&b, "    allowed_domains: %s\n", flow(c.AllowedDomains))
	}
	if len(c.Roles) > 0 {
		fmt.Fprintf(&b, "    roles: %s\n", flow(c.Roles))
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
	case []Fields:
		parts := make([]string, len(v))
		for i, f := range v {
			parts[i] = flow(f)
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
