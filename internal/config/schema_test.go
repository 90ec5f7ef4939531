package config

import (
	"bytes"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/ssoctl/ssoctl/internal/source"
)

// compiled is the generated schema, compiled by a validator that others wrote.
func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("schema.json", doc); err != nil {
		t.Fatal(err)
	}
	return c.MustCompile("schema.json")
}

func TestSchemaAgreesWithDecoder(t *testing.T) {
	schema := compiled(t)
	const head = "version: 1\nconnections:\n  - name: a\n    sp: {profile: orq, workspace: acme}\n"
	for text, good := range map[string]bool{
		head + "    oidc: {issuer: https://a, client_id: b, client_secret: env:X, scopes: [openid], pkce: true, grant: code}\n":                                         true,
		head + "    saml: {idp_entity_id: a, sso_url: b, certificate: c, want: {assertion_signed: true}}\n    allowed_domains: [a.com]\n    enforce_sso: true\n":        true,
		head + "    oidc: {issuer: https://a}\n    roles: {default: m, rules: [{template: t, role: r}, {claim: c, value: v, role: r}]}\n    teams: {links: {a: [b]}}\n": true,
		head + "    oidc: {isuer: https://a}\n":                                                  false,
		head + "    oidc: {issuer: https://a, grant: x}\n":                                       false,
		head + "    oidc: {scopes: openid}\n":                                                    false,
		head + "    oidc: {pkce: yes please}\n":                                                  false,
		head + "    oidc: {}\n    extra: 1\n":                                                    false,
		strings.Replace(head, "version: 1", "version: 2", 1) + "    oidc: {issuer: https://a}\n": false,
	} {
		f, err := Parse("f", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		doc, err := source.ParseYAML("f", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if ours, theirs := len(f.Problems) == 0, schema.Validate(doc.Root.Any()) == nil; ours != good || theirs != good {
			t.Errorf("decoder %v, schema %v, want %v:\n%s%v", ours, theirs, good, text, f.Problems)
		}
	}
}

func TestReferencesAndRedaction(t *testing.T) {
	for s, want := range map[string]bool{"env:X": true, "file:./x": true, "keyring:x": true, "s3cret": false, "vault:x": false, "https://x": false, "": false} {
		if _, _, ok := Reference(s); ok != want {
			t.Errorf("%q: %v", s, ok)
		}
	}
	text := "version: 1\nconnections:\n  - name: a\n    sp: {profile: orq}\n    oidc:\n      client_secret: s3cret-value # here\n      issuer: https://a\n  - name: b\n    sp: {profile: orq}\n    saml:\n      sp_private_key: |\n        -----BEGIN PRIVATE KEY-----\n        abcdef\n        -----END PRIVATE KEY-----\n      sso_url: https://b\n"
	f, err := Parse("f", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	out := string(f.Redacted())
	if strings.Contains(out, "s3cret") || strings.Contains(out, "abcdef") {
		t.Errorf("a secret is left:\n%s", out)
	}
	if f, err := Parse("f", []byte("version: 1\nconnections:\n  - name: a\n    sp: {profile: orq}\n    oidc:\n      client_secret: !secret canary\n")); err != nil || strings.Contains(string(f.Redacted()), "y") {
		t.Errorf("%v: a letter of a tagged secret is left", err)
	}
	for _, line := range []string{"client_secret: &a canary", "client_secrt: canary", "client_secret: env:X\n      client_secret: canary", "clientSecret: canary", "client_secret: [canary]",
		"client_secret: {value: \"canary\"}", "sp_private_key: 'canary'", "client_secret: ca\n        nary", "client_secret: \"ca\\u006eary\"", "? client_secret\n      : canary"} {
		f, err := Parse("f", []byte("version: 1\nconnections:\n  - name: a\n    sp: {profile: orq}\n    oidc:\n      "+line+"\n"))
		if err != nil {
			t.Errorf("%s: %v", line, err)
		} else if out := string(f.Redacted()); !f.InPlain() || strings.Contains(out, "ary") {
			t.Errorf("a part of the secret is left:\n%s", out)
		}
	}
	again, err := Parse("f", []byte(out))
	if err != nil {
		t.Fatal(err)
	}
	for i, path := range []string{"oidc/issuer", "saml/sso_url"} {
		if a, b := f.Targets[i].Pos(path), again.Targets[i].Pos(path); a.Line != b.Line || a.Col != b.Col || a.Line == 0 {
			t.Errorf("%s moved from %v to %v", path, a, b)
		}
	}
}

func TestIgnores(t *testing.T) {
	f, err := Parse("f", []byte("version: 1 # ssoctl:ignore CFG001 known until 2027-01-31\n# ssoctl:ignore DISC008\n# ssoctl:ignore DISC002 reason [until 31.1.2027]\nconnections: []\n"))
	if err != nil || len(f.Ignores) != 3 {
		t.Fatalf("%v %+v", err, f.Ignores)
	}
	if i := f.Ignores[0]; i.Code != "CFG001" || i.Reason != "known" || i.Until.Format("2006-01-02") != "2027-01-31" {
		t.Errorf("%+v", i)
	}
	if i := f.Ignores[0]; !i.Covers("CFG001", 1, i.Until) || !i.Covers("CFG001", 2, i.Until) || i.Covers("CFG001", 3, i.Until) || i.Covers("CFG001", 1, i.Until.AddDate(0, 0, 1)) {
		t.Error("the suppression does not end after its day, or covers other lines")
	}
	if f.Ignores[2].Bad != "31.1.2027" {
		t.Errorf("%+v", f.Ignores[2])
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("version: 1\nconnections:\n  - name: a\n    sp: {profile: orq}\n    oidc: {client_secret: x}\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if file, err := Parse("f", b); err == nil {
			_ = file.Redacted()
		}
	})
}
