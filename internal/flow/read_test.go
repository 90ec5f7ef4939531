package flow

import (
	"testing"
	"time"
)

// TestReadPasted: the answer of a login is found in whatever of it a person copies.
func TestReadPasted(t *testing.T) {
	a := &Attempt{Protocol: "oidc", RedirectURI: "https://app.example/cb", State: "s-1"}
	for name, c := range map[string]struct{ text, code, state string }{
		"address":             {"https://app.example/cb?code=c-1&state=s-1", "c-1", "s-1"},
		"fragment":            {"https://app.example/cb#state=s-1&code=c-1", "c-1", "s-1"},
		"without a scheme":    {"app.example/cb?state=s-1&code=c-1", "c-1", "s-1"},
		"with a port":         {"localhost:8443/a/cb#code=c-1&state=s-1", "c-1", "s-1"},
		"path, state first":   {"/cb?state=s-1&session_state=x&code=c-1", "c-1", "s-1"},
		"query":               {"?code=c-1&state=s-1", "c-1", "s-1"},
		"JSON":                {`{"code":"c-1","state":"s-1","n":1}`, "c-1", "s-1"},
		"code parameter":      {"code=c-1", "c-1", ""},
		"code alone":          {"0.AXoA-6a6_codeThatIsLong.uuid.uuid\n", "0.AXoA-6a6_codeThatIsLong.uuid.uuid", ""},
		"code with slashes":   {"4/0AeanS0aLongCodeOfGoogle_x-y", "4/0AeanS0aLongCodeOfGoogle_x-y", ""},
		"a word":              {"hello", "", ""},
		"JSON of an endpoint": {`{"error":"invalid_client","error_description":"x"}`, "", ""},
		"an address alone":    {"app.example/cb?x=1", "", ""},
	} {
		ans, _, err := Read(c.text, a, time.Now())
		if (err != nil) != (c.code == "") {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := Parameters(ans); err == nil && (got.Code != c.code || got.State != c.state) {
			t.Errorf("%s: code %q, state %q; want %q, %q", name, got.Code, got.State, c.code, c.state)
		}
	}
}

// TestBaseOfPage: the actions of forms are relative to <base>, and a form without one goes to the page itself.
func TestBaseOfPage(t *testing.T) {
	const forms = `<form action="login"></form><form action=""></form><form action="https://c.example/x"></form>`
	for base, want := range map[string][3]string{
		"":                                 {"login", "", "https://c.example/x"},
		`<base href="/auth/">`:             {"https://idp.example/auth/login", "", "https://c.example/x"},
		`<base href="https://b.example/">`: {"https://b.example/login", "", "https://c.example/x"},
	} {
		page := readPage([]byte(base+forms), "https://idp.example/a/b?c")
		for i := range want {
			if page.Forms[i].Action != want[i] {
				t.Errorf("%s form %d: %q, want %q", base, i, page.Forms[i].Action, want[i])
			}
		}
	}
}
