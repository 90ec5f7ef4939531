package evidence

import (
	"strings"
	"testing"
)

// TestParamsNameNobody: parameters that name a person, and texts that mention one, keep the domain at most.
func TestParamsNameNobody(t *testing.T) {
	r := NewRedactor(key)
	got := r.Params(map[string][]string{"login_hint": {"Canary7@acme.com"}, "UserName": {"ACME\\Canary7"}, "error_description": {"user Canary7@acme.com, Canary7@b.example."}, "scope": {"openid"}, "state": {"Canary7"}})
	all := ""
	for _, v := range got {
		all += strings.Join(v, " ") + "\n"
	}
	if strings.Contains(all, canary) || strings.Count(all, "@acme.com") != 2 || !strings.Contains(all, "@b.example.") || got["scope"][0] != "openid" {
		t.Error(all)
	}
	again := r.Params(got)
	for k := range got {
		if got[k][0] != again[k][0] {
			t.Errorf("%s: %q, then %q", k, got[k][0], again[k][0])
		}
	}
	if got["login_hint"][0] != r.Personal("Canary7@acme.com") {
		t.Errorf("equal values differ: %s", got["login_hint"][0])
	}
}

// TestOtherXML: of a document of an unknown kind the elements stay, and no text.
func TestOtherXML(t *testing.T) {
	got := NewRedactor(key).XML([]byte(`<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body user="Canary7"><Password>Canary7</Password> <a/> </s:Body></s:Envelope>`))
	if strings.Contains(got, canary) || !strings.Contains(got, "<Password>redacted-") || !strings.Contains(got, "soap-envelope") {
		t.Error(got)
	}
	if got := NewRedactor(key).XML([]byte(`<a>Canary7`)); strings.Contains(got, canary) {
		t.Error(got)
	}
}

// TestToldInMessages: comments, the texts of a status, and whatever stands inside a value lose what they tell of a person.
func TestToldInMessages(t *testing.T) {
	m, doc := redacted(t, `<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"><samlp:Status><samlp:StatusMessage>no access for Canary7@acme.com today</samlp:StatusMessage>`+
		`<samlp:StatusDetail><Cause>Canary7@acme.com</Cause></samlp:StatusDetail></samlp:Status><saml:Assertion><saml:NameID>a<!--Canary7-->b</saml:NameID><saml:AttributeStatement><saml:Attribute Name="n"><saml:AttributeValue><p><q>Canary7</q></p></saml:AttributeValue></saml:Attribute></saml:AttributeStatement></saml:Assertion></samlp:Response>`)
	text := string(m.XML)
	if strings.Contains(text, canary) || !strings.Contains(text, "no access for redacted-") || !strings.Contains(text, "@acme.com today") || strings.Count(text, "<!--") != 1 || doc == nil {
		t.Error(text)
	}
}

// TestFieldsOfPages: what an auto-submitting page or a form-encoded answer carries is gone, however it is written.
func TestFieldsOfPages(t *testing.T) {
	for _, text := range []string{
		`<input type="hidden" name="code" value="Canary7"/>`, `<input type=hidden name=code value="Canary7">`, `<input type=hidden name=code value=Canary7>`,
		`<INPUT VALUE='Canary7' NAME='SAMLResponse'>`, `<input value="Canary7" data-x="a>b" name="id_token">`, "access_token=Canary7&token_type=bearer", "token_type=bearer&access_token=Canary7",
	} {
		got := string(NewRedactor(key).Body([]byte(text)))
		if strings.Contains(got, canary) || !strings.Contains(got, mark) {
			t.Errorf("%s: %s", text, got)
		}
		if again := string(NewRedactor(key).Body([]byte(got))); again != got {
			t.Errorf("%s: %s, then %s", text, got, again)
		}
	}
	for _, text := range []string{`<input name="username" value="x">`, `<input name="q">`} {
		if got := string(NewRedactor(key).Body([]byte(text))); got != text {
			t.Errorf("%s: %s", text, got)
		}
	}
}
