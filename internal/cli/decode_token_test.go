package cli

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/ssoctl/ssoctl/internal/lab"
)

// TestDecodeTokens: what a pasted token is, with and without a connection; only what is wrong with it is an error.
func TestDecodeTokens(t *testing.T) {
	b := newBench(t, lab.Options{})
	const idToken = `{"iss":"https://i.example","sub":"1","aud":"c","exp":1767229200,"iat":1767225600,"nonce":"n","email":"ann@acme.com","name":"Ann"}`
	known := []string{"--issuer", "https://i.example", "--client-id", "c"}
	for name, c := range map[string]struct {
		header, claims string
		args           []string
		code           int
		errors         string
	}{
		"ID token":                      {`{"alg":"RS256"}`, idToken, known, 0, ""},
		"exp as a text":                 {`{"alg":"RS256"}`, strings.Replace(idToken, "1767229200", `"1767229200"`, 1), nil, 1, "IDT016"},
		"Keycloak's access token":       {`{"alg":"RS256"}`, `{"iss":"https://i.example","aud":"account","typ":"Bearer","azp":"c","sub":"1","exp":1767229200,"iat":1767225600}`, nil, 0, ""},
		"the same, for a connection":    {`{"alg":"RS256"}`, `{"iss":"https://i.example","aud":"account","typ":"Bearer","azp":"c","sub":"1","exp":1767229200,"iat":1767225600}`, known, 1, "IDT009"},
		"Okta's, for a connection":      {`{"alg":"RS256"}`, `{"iss":"https://i.example","aud":"api://default","cid":"c","scp":["openid"],"sub":"ann@acme.com","exp":1767229200,"iat":1767225600}`, known, 1, "IDT009"},
		"client's assertion, given one": {`{"alg":"RS256"}`, `{"iss":"c","sub":"c","aud":"https://i.example/token","jti":"x","exp":1767229200,"iat":1767225600}`, known, 1, "IDT009"},
	} {
		b.write(t, "t.jwt", unsigned(c.header, c.claims))
		code, out, errs := b.run(append([]string{"decode", "t.jwt", "--format", "json"}, c.args...)...)
		var r struct {
			Connections []struct {
				Findings []struct{ Code, Severity string }
			}
		}
		if err := json.Unmarshal([]byte(out), &r); err != nil {
			t.Fatalf("%s: %v, %s", name, err, errs)
		}
		var got []string
		for _, conn := range r.Connections {
			for _, f := range conn.Findings {
				if f.Severity == "error" {
					got = append(got, f.Code)
				}
			}
		}
		if code != c.code || strings.Join(got, " ") != c.errors {
			t.Errorf("%s: exit %d, errors %q; want %d, %q", name, code, got, c.code, c.errors)
		}
	}
}

// TestMapFixes: a fix names what has to send the claim, never the file that lacks it.
func TestMapFixes(t *testing.T) {
	b := newBench(t, lab.Options{})
	b.write(t, "m.yaml", `version: 1
connections:
  - name: oidc
    sp: {profile: generic, callback_url: "https://a.example/cb", required_claims: [email, dept]}
    oidc: {issuer: "https://idp.example", client_id: abc, client_secret: env:X}
  - name: saml
    sp: {profile: generic, acs_url: "https://a.example/acs", entity_id: "urn:a", required_claims: [email, dept]}
    saml: {idp_entity_id: "https://idp.example", sso_url: "https://idp.example/sso"}
`)
	b.write(t, "c.json", `{"sub":"1","email":5}`)
	for name, want := range map[string]string{"oidc": "let the ID token carry the claim dept", "saml": "send the attribute dept"} {
		_, out, _ := b.run("map", name, "-c", "m.yaml", "--claims", "c.json", "--format", "json")
		if !strings.Contains(out, want) || strings.Contains(out, "let the file") || strings.Contains(out, "let the carry") {
			t.Errorf("%s: %s", name, out)
		}
		if name == "oidc" && (!strings.Contains(out, "is not a text") || strings.Contains(out, "is empty")) {
			t.Errorf("%s: %s", name, out)
		}
	}
}
