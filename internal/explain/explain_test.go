package explain_test

import (
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/explain"
	"github.com/ssoctl/ssoctl/internal/knowledge"
)

func ask(q explain.Query) []string {
	var ids []string
	for _, m := range engine().Explain(q).Matches {
		ids = append(ids, m.ID)
	}
	return ids
}

// TestWrappings: quoting, encoding, tags, prefixes and letter case make no difference.
func TestWrappings(t *testing.T) {
	const text = `Invalid parameter: redirect_uri`
	quoted, _ := json.Marshal(`<p class="x">` + text + `</p>`)
	for name, wrapped := range map[string]string{
		"plain": text, "upper": strings.ToUpper(text), "URL": "https://a.example/?error_description=" + url.QueryEscape(text),
		"URL twice": url.QueryEscape(url.QueryEscape("error " + text)), "entities": html.EscapeString(`"` + text + `"`), "tags": "<h1>We are <b>sorry</b></h1><p>Invalid <i>parameter</i>: redirect_uri</p>",
		"JSON": string(quoted), "log": `2026-01-01T00:00:00Z WARN [org.keycloak] (t-1) msg="` + text + `" ip=10.0.0.1`, "escapes": `b'Invalid parameter:\u0020redirect_uri\n'`,
		"typographic": "“Invalid  parameter”:\n redirect_uri", "trace": "java.lang.Exception: " + text + "\n\tat a.b.C.d(C.java:1)",
	} {
		if got := ask(explain.Query{Text: wrapped}); len(got) == 0 || got[0] != "REDIRECT_URI_MISMATCH" {
			t.Errorf("%s: %v for %q", name, got, wrapped)
		}
	}
}

// TestSpecificFirst: the sentence that says more stands before the general code beside it.
func TestSpecificFirst(t *testing.T) {
	for text, want := range map[string]string{
		`{"error":"invalid_grant","error_description":"PKCE code verifier not specified"}`:                                                                             "PKCE",
		`error=access_denied&error_description=User+is+not+assigned+to+the+client+application.`:                                                                        "USER_NOT_ASSIGNED",
		`urn:oasis:names:tc:SAML:2.0:status:Responder urn:oasis:names:tc:SAML:2.0:status:NoAuthnContext`:                                                               "AUTHN_CONTEXT",
		`IDX20803: Unable to obtain configuration from: 'https://a.example/.well-known/openid-configuration'. ---> dial: RemoteCertificateNameMismatch`:                "TLS_NAME",
		`[invalid_token_response] An error occurred while attempting to retrieve the OAuth 2.0 Access Token Response: I/O error: PKIX path building failed: unable to`: "TLS_UNTRUSTED",
	} {
		if got := ask(explain.Query{Text: text}); len(got) == 0 || got[0] != want {
			t.Errorf("%v, want %s first for %s", got, want, text)
		}
	}
}

// TestWordings: general rules find ordinary wordings that nobody has listed, in parts of words too; they hold where the text is about a login.
func TestWordings(t *testing.T) {
	for text, want := range map[string]string{
		"SSO: the relay state could not be decoded":                           "IDP_INITIATED",
		"oic.exception.IssuerMismatch: 'https://a.test/' != 'https://b.test'": "ISSUER_MISMATCH",
		"[user_oidc] the audience was rejected":                               "AUDIENCE_MISMATCH",
		"SAML metadata's signature isn't valid":                               "SIGNATURE_INVALID",
		"SSO-Fehler: Die Assertion ist abgelaufen":                            "CLOCK_SKEW",
		"campaign 7: the audience was rejected by the ad server":              "",
		"postgres: role reporting is missing":                                 "",
		"BIMI record: issuer is not trusted":                                  "",
	} {
		got := append(ask(explain.Query{Text: text}), "")
		if got[0] != want {
			t.Errorf("%v, want %q first for %s", got, want, text)
		}
	}
}

// TestTroubleshooting: each entry of the three products' own pages is found by each of its symptoms, with the product named or told.
func TestTroubleshooting(t *testing.T) {
	lib := knowledge.New()
	found := 0
	for _, id := range []string{"orq", "archestra", "torq"} {
		sp, _ := lib.SP(id)
		for _, e := range sp.Entries {
			for _, symptom := range e.Symptoms {
				q := explain.Query{Text: symptom, SP: id}
				if len(e.IdPs) == 1 {
					q.IdP = e.IdPs[0]
				}
				matches := engine().Explain(q).Matches
				ok := false
				for _, m := range matches {
					for _, entry := range m.Troubleshooting {
						ok = ok || entry.SP == id && entry.ID == e.ID
					}
				}
				if !ok {
					t.Errorf("%s %s is not found by %q", id, e.ID, symptom)
				}
			}
			found++
		}
	}
	if found != 24 {
		t.Errorf("%d entries, want 24", found)
	}
}

// TestProducts: the fix names the places of the products at hand, given or recognised.
func TestProducts(t *testing.T) {
	fix := func(q explain.Query) string { return strings.Join(engine().Explain(q).Matches[0].Fix, "\n") }
	if got := fix(explain.Query{Text: "redirect_uri_mismatch", IdP: "okta", SP: "torq"}); !strings.Contains(got, "Okta › ") {
		t.Errorf("no place in Okta's console:\n%s", got)
	}
	if got := fix(explain.Query{Text: "invalid_client", SP: "orq", Protocol: "oidc"}); !strings.Contains(got, "Orq.ai › Settings › Auth › Edit › Client Secret") {
		t.Errorf("no field of Orq.ai's form:\n%s", got)
	}
	e := engine().Explain(explain.Query{Text: "https://my.orq.ai/v2/auth/sso/oidc/callback?error=access_denied&error_description=AADSTS50105"})
	if e.IdPName != "Microsoft Entra ID" || e.SPName != "Orq.ai" {
		t.Errorf("recognised %q and %q", e.IdPName, e.SPName)
	}
	for _, m := range e.Matches {
		for _, f := range m.Fix {
			if strings.ContainsAny(f, "{}") {
				t.Errorf("a placeholder is left in %q", f)
			}
		}
	}
}

// TestNoSecret: nothing secret in the text comes back.
func TestNoSecret(t *testing.T) {
	const canary = "s3cr3t-canary-0123456789"
	text := "AADSTS50011 redirect_uri=https://app.example.com/cb?code=" + canary + "&state=" + canary + " client_secret=" + canary + " Authorization: Bearer " + canary +
		" redirect URI 'https://user:" + canary + "@app.example.com/cb?token=" + canary + "'"
	out, err := json.Marshal(engine().Explain(explain.Query{Text: text, Hide: evidence.NewRedactor([]byte("k"))}).Matches)
	if err != nil {
		t.Fatal(err)
	}
	seen := engine().Explain(explain.Query{Text: text, Hide: evidence.NewRedactor([]byte("k"))}).Matches[0].Seen
	if all := string(out) + fmt.Sprint(seen); strings.Contains(all, canary) {
		t.Errorf("the secret comes back: %s", all)
	}
}

// TestLong: a text of any length is read within bounds, and its end counts.
func TestLong(t *testing.T) {
	e := engine().Explain(explain.Query{Text: strings.Repeat("all is well in line so and so\n", 100_000) + "AADSTS50011: no"})
	if !e.Cut || len(e.Matches) == 0 || e.Matches[0].ID != "REDIRECT_URI_MISMATCH" {
		t.Errorf("cut %v, %d matches", e.Cut, len(e.Matches))
	}
}

// TestBook: classes and signatures are sound.
func TestBook(t *testing.T) {
	book := knowledge.Errors()
	classes := map[string]bool{}
	for _, c := range book.Classes {
		if classes[c.ID] || c.Title == "" || c.Cause == "" || len(c.Fix) == 0 || len(c.Rules) == 0 || !slices.Contains([]string{"doctor", "test-login", "decode"}, c.Next) {
			t.Errorf("class %s is doubled or lacks something", c.ID)
		}
		classes[c.ID] = true
	}
	ids := map[string]bool{}
	for _, s := range book.Signatures(nil) {
		if ids[s.ID] || !classes[s.Class] || len(s.Texts) == 0 || s.S == "" || s.Weight < 1 || s.Weight > 100 {
			t.Errorf("signature %s is doubled, of no known class, or lacks text, source or weight", s.ID)
		}
		ids[s.ID] = true
	}
	if len(ids) < 1000 {
		t.Errorf("only %d signatures", len(ids))
	}
}

func BenchmarkExplain(b *testing.B) {
	text := strings.Repeat("2026-01-01 INFO all is well\n", 50) + "AADSTS50011: The redirect URI does not match"
	for b.Loop() {
		engine().Explain(explain.Query{Text: text})
	}
}

// BenchmarkStart is what a process pays before its first answer.
func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		explain.New(knowledge.Errors()).Explain(explain.Query{Text: "AADSTS50011"})
	}
}

func FuzzExplain(f *testing.F) {
	for _, p := range pastes(f, "tune/*.yaml") {
		f.Add(p.Text)
	}
	for _, s := range []string{"%25%32%35", `\u00`, "&amp;amp;", "<p", "<p>", "{}", "*", "\x00\xff", "状态不一致"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, m := range engine().Explain(explain.Query{Text: text}).Matches {
			if m.ID == "" || m.Title == "" || len(m.Fix) == 0 || m.Confidence == "" {
				t.Errorf("a match lacks something: %+v", m)
			}
		}
	})
}
