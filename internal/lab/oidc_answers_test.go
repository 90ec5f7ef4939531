package lab_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/ssoctl/ssoctl/internal/lab"
)

// TestAuthorizeAnswers is the table of what an unauthenticated authorization request can be told.
func TestAuthorizeAnswers(t *testing.T) {
	c := newClock()
	l := start(t, lab.Options{Now: c.now})
	b := newBrowser(t, l, c.now)
	for _, x := range []struct {
		name    string
		changes []string
		back    bool // answered at the redirect URI
		code    string
		text    string
	}{
		{"in order", nil, true, "login_required", "nobody is signed in"},
		{"without PKCE", []string{"code_challenge", "", "code_challenge_method", ""}, true, "login_required", ""},
		{"without client", []string{"client_id", ""}, false, "invalid_request", "client_id is missing"},
		{"unknown client", []string{"client_id", "lab-ap"}, false, "invalid_client", "client is not known here"},
		{"without redirect URI", []string{"redirect_uri", ""}, false, "invalid_request", "redirect_uri is missing"},
		{"redirect URI with a slash", []string{"redirect_uri", l.RedirectURI + "/"}, false, "invalid_request", "redirect_uri is not registered"},
		{"redirect URI in capitals", []string{"redirect_uri", strings.ToUpper(l.RedirectURI)}, false, "invalid_request", "redirect_uri is not registered"},
		{"unknown scope", []string{"scope", "openid roles"}, true, "invalid_scope", "roles"},
		{"token flow", []string{"response_type", "token"}, true, "unsupported_response_type", "response_type"},
		{"without response type", []string{"response_type", ""}, true, "invalid_request", "response_type is missing"},
		{"plain PKCE", []string{"code_challenge_method", "plain"}, true, "invalid_request", "not S256"},
		{"short challenge", []string{"code_challenge", "abc"}, true, "invalid_request", "SHA-256"},
		{"request object", []string{"request", "e30"}, true, "request_not_supported", ""},
		{"request by reference", []string{"request_uri", "https://app.lab.example/r"}, false, "request_uri_not_supported", ""},
		{"none and login", []string{"prompt", "none login"}, true, "invalid_request", "prompt none"},
	} {
		t.Run(x.name, func(t *testing.T) {
			q := request(l, append([]string{"prompt", "none"}, x.changes...)...)
			if x.back {
				got := b.get(t, l.Issuer+"/authorize?"+q.Encode()).location(t, l.RedirectURI)
				if got.Get("error") != x.code || !strings.Contains(got.Get("error_description"), x.text) || got.Get("state") != "state-of-the-test" || got.Get("iss") != l.Issuer || got.Has("code") {
					t.Errorf("answer is %v, want %q with %q, state and iss", got, x.code, x.text)
				}
				return
			}
			r, err := http.NewRequest(http.MethodGet, l.Issuer+"/authorize?"+q.Encode(), nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Accept", "application/json")
			b.do(t, r).refused(t, 400, x.code, x.text)
			r.Header.Set("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")
			if page := b.do(t, r); page.status != 400 || !strings.Contains(page.body, x.code) || !strings.HasPrefix(page.header.Get("Content-Type"), "text/html") {
				t.Errorf("the page answers %d %s", page.status, page.body)
			}
		})
	}
}

func TestTokenAnswers(t *testing.T) {
	c := newClock()
	l := start(t, lab.Options{Now: c.now})
	b := newBrowser(t, l, c.now)
	bogus := exchange(b, "no-such-code")
	with := func(name, value string) url.Values {
		form := exchange(b, "no-such-code")
		form.Set(name, value)
		return form
	}
	body := with("client_id", l.ClientID)
	body.Set("client_secret", l.ClientSecret)
	at := l.Issuer + "/token"
	b.post(t, at, bogus, l.ClientID, l.ClientSecret).refused(t, 400, "invalid_grant", "code is unknown")
	b.post(t, at, body, "", "").refused(t, 400, "invalid_grant", "code is unknown")
	b.post(t, at, body, l.ClientID, l.ClientSecret).refused(t, 400, "invalid_request", "two ways")
	b.post(t, at, bogus, "lab-ap", l.ClientSecret).refused(t, 401, "invalid_client", "client is not known here")
	b.post(t, at, bogus, "", "").refused(t, 401, "invalid_client", "no client authentication")
	b.post(t, at, with("grant_type", "password"), l.ClientID, l.ClientSecret).refused(t, 400, "unsupported_grant_type", "")
	b.post(t, at, with("grant_type", ""), l.ClientID, l.ClientSecret).refused(t, 400, "invalid_request", "grant_type is missing")
	wrong := b.post(t, at, bogus, l.ClientID, l.ClientSecret+"\n")
	wrong.refused(t, 401, "invalid_client", "client secret does not match")
	if got := wrong.header.Get("WWW-Authenticate"); got != `Basic realm="lab"` {
		t.Errorf("WWW-Authenticate is %q", got)
	}
	if got := wrong.header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control is %q", got)
	}
	if r := userinfo(t, b, ""); r.status != 401 || r.header.Get("WWW-Authenticate") != `Bearer realm="lab"` {
		t.Errorf("userinfo without a token answers %d %v", r.status, r.header)
	}
	userinfo(t, b, "bogus").refused(t, 401, "invalid_token", "unknown")
	for _, q := range l.Requests() {
		if q.Form.Get("client_secret") != "" && q.Form.Get("client_secret") != "[hidden]" || q.Form.Has("code") && q.Form.Get("code") != "[hidden]" {
			t.Errorf("a secret was kept: %+v", q)
		}
	}
}
