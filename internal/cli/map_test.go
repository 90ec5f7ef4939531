package cli

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/ssoctl/ssoctl/internal/lab"
	"github.com/ssoctl/ssoctl/internal/report"
)

const mapConnections = `version: 1
connections:
  - name: one
    sp: {profile: orq, workspace: acme}
    oidc: {issuer: "https://idp.example", client_id: abc, client_secret: env:X}
    allowed_domains: [acme.com]
  - name: two
    sp: {profile: torq, region: us, workspace: acme}
    oidc: {issuer: "https://idp.example", client_id: abc}
    roles: {rules: [{claim: groups, value: Admins, role: Admin}]}
`

const annClaims = `{"sub":"u1","email":"ann@acme.com","email_verified":true,"name":"Ann A","given_name":"Ann","family_name":"A","groups":["Admins"]}`

func unsigned(header, claims string) string {
	enc := base64.RawURLEncoding.EncodeToString
	return enc([]byte(header)) + "." + enc([]byte(claims)) + "." + enc([]byte("not a signature, and nobody looks"))
}

func inUTF16(s string) string {
	out := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune(s)) {
		out = append(out, byte(u), byte(u>>8))
	}
	return string(out)
}

// TestMapReads: the claims are found in whatever brings them, and what is no set of claims says why.
func TestMapReads(t *testing.T) {
	b := newBench(t, lab.Options{})
	b.write(t, "m.yaml", mapConnections)
	id, access := unsigned(`{"alg":"RS256"}`, annClaims), unsigned(`{"alg":"RS256","typ":"at+jwt"}`, `{"sub":"u1"}`)
	ofTwo := strings.Replace(annClaims, "ann@", "bob@", 1)
	for name, c := range map[string]struct {
		text, source, email string
		code                int
		errs                string
	}{
		"object":           {text: annClaims, source: "claims", email: "ann@acme.com"},
		"byte order mark":  {text: "\ufeff" + annClaims, source: "claims", email: "ann@acme.com"},
		"UTF-16":           {text: inUTF16(annClaims), source: "claims", email: "ann@acme.com"},
		"token":            {text: id, source: "id_token", email: "ann@acme.com"},
		"token response":   {text: `{"access_token":"` + access + `","id_token":"` + id + `"}`, source: "id_token", email: "ann@acme.com"},
		"report, by name":  {text: `{"schema":1,"tool":{},"connections":[{"name":"two","claims":{"id_token":` + ofTwo + `}},{"name":"one","claims":{"id_token":` + annClaims + `}}]}`, source: "id_token", email: "ann@acme.com"},
		"report, only one": {text: `{"schema":1,"tool":{},"connections":[{"name":"x","claims":{"id_token":` + annClaims + `}}]}`, source: "id_token", email: "ann@acme.com"},
		"report, others":   {text: `{"schema":1,"tool":{},"connections":[{"name":"x","claims":{"id_token":{}}},{"name":"y","claims":{"id_token":{}}}]}`, code: 2, errs: `no claims of the connection "one"`},
		"report, nobody":   {text: `{"schema":1,"tool":{},"connections":[{"name":"one"}]}`, code: 2, errs: "nobody was signed in"},
		"cut":              {text: annClaims[:60], code: 2, errs: "c.json:1:61: the JSON value ends too early"},
		"two":              {text: annClaims + "\n" + annClaims, code: 2, errs: "c.json:2:2: text follows"},
	} {
		b.write(t, "c.json", c.text)
		code, out, errs := b.run("map", "one", "-c", "m.yaml", "--claims", "c.json", "--format", "json")
		if code != c.code || !strings.Contains(errs, c.errs) {
			t.Errorf("%s: exit %d, %s", name, code, errs)
			continue
		}
		var r loginReport
		if c.code != 0 {
			continue
		}
		if err := json.Unmarshal([]byte(out), &r); err != nil {
			t.Fatal(err)
		}
		if got := r.Connections[0].Claims[c.source]["email"]; got != c.email || r.Connections[0].Decision["allowed"] != true {
			t.Errorf("%s: e-mail %v, decision %v", name, r.Connections[0].Claims, r.Connections[0].Decision)
		}
	}
}

// TestMapLeavesOpen: who is kept out for want of claims that were not brought is not called healthy, and what is no address is a finding.
func TestMapLeavesOpen(t *testing.T) {
	b := newBench(t, lab.Options{})
	b.write(t, "m.yaml", mapConnections)
	for name, c := range map[string]struct {
		text    string
		verdict report.Verdict
		code    int
	}{
		"access token": {"Bearer " + unsigned(`{"alg":"RS256","typ":"at+jwt"}`, annClaims), report.VerdictUndecided, report.ExitInconclusive},
		"no domain":    {strings.Replace(annClaims, "@acme.com", "", 1), report.VerdictBroken, report.ExitFindings},
	} {
		b.write(t, "c.json", c.text)
		code, out, errs := b.run("map", "one", "-c", "m.yaml", "--claims", "c.json", "--format", "json")
		var r loginReport
		if err := json.Unmarshal([]byte(out), &r); err != nil {
			t.Fatalf("%s: %v, %s", name, err, errs)
		}
		if code != c.code || r.Connections[0].Verdict != c.verdict || r.Connections[0].Decision["allowed"] != false {
			t.Errorf("%s: exit %d, %s, %v", name, code, r.Connections[0].Verdict, r.Connections[0].Decision)
		}
	}
}

// TestMapHarmless: what claims hold never reaches the terminal as a command, nor a page as a character that is not seen.
func TestMapHarmless(t *testing.T) {
	b := newBench(t, lab.Options{})
	b.write(t, "m.yaml", mapConnections)
	const bad = "\x1b]0;x\x07\u202e##vso[x]"
	claims, err := json.Marshal(map[string]any{"sub": "u" + bad, "email": "a" + bad + "@acme.com", "email_verified": bad, "name": bad, "groups": []string{bad, "x" + bad}, "n" + bad: 1})
	if err != nil {
		t.Fatal(err)
	}
	b.write(t, "c.json", string(claims))
	for _, format := range []string{"text", "line", "markdown", "html", "github", "junit"} {
		for _, name := range []string{"one", "two"} {
			_, out, errs := b.run("map", name, "-c", "m.yaml", "--claims", "c.json", "-v", "--format", format)
			if strings.ContainsAny(out+errs, "\x1b\x07\u202e") || strings.Contains(out, "##vso[") || out == "" && format != "line" && format != "github" {
				t.Errorf("%s, %s: %q %s", format, name, out, errs)
			}
		}
	}
}
