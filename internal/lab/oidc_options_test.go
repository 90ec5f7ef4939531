package lab_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/ssoctl/ssoctl/internal/lab"
)

// TestLoopback: with the option any port of 127.0.0.1 is a redirect URI, and nothing else on this machine.
func TestLoopback(t *testing.T) {
	c := newClock()
	for _, o := range []lab.Options{{Now: c.now}, {Now: c.now, Loopback: true}} {
		l := start(t, o)
		b := newBrowser(t, l, c.now)
		for uri, registered := range map[string]bool{
			"http://127.0.0.1:40123/callback": true, "http://127.0.0.1/callback": true, "http://localhost:40123/callback": false, "http://127.0.0.1:40123/callback/": false,
			"http://127.0.0.1:40123/callback?a=b": false, "https://127.0.0.1:40123/callback": false, "http://127.0.0.2:40123/callback": false, "http://me@127.0.0.1:40123/callback": false,
		} {
			page := b.get(t, l.Issuer+"/authorize?"+request(l, "redirect_uri", uri).Encode())
			if want := registered && o.Loopback; (page.status == http.StatusOK) != want {
				t.Errorf("loopback %v: %s answers %d", o.Loopback, uri, page.status)
			}
		}
	}
}

// TestImplicit: tokens come in the fragment or by a form, never in a query, and only where the option offers them.
func TestImplicit(t *testing.T) {
	c := newClock()
	l := start(t, lab.Options{Now: c.now, Implicit: true})
	b := newBrowser(t, l, c.now)
	implicit := func(changes ...string) url.Values {
		return request(l, append([]string{"response_type", "id_token token", "code_challenge", "", "code_challenge_method", ""}, changes...)...)
	}
	page := b.get(t, l.Issuer+"/authorize?"+implicit().Encode())
	m := input.FindStringSubmatch(page.body)
	if m == nil {
		t.Fatalf("no login form: %d %s", page.status, page.body)
	}
	done := b.post(t, l.Issuer+"/login", url.Values{m[1]: {m[2]}, "username": {"ann@lab.example"}, "password": {l.Password}}, "", "")
	before, fragment, _ := strings.Cut(done.header.Get("Location"), "#")
	got, err := url.ParseQuery(fragment)
	if err != nil || before != l.RedirectURI || got.Get("code") != "" || got.Get("access_token") == "" || got.Get("state") != "state-of-the-test" {
		t.Fatalf("answer is %q: %v", done.header.Get("Location"), err)
	}
	if claims := verify(t, b, got.Get("id_token")); claims["nonce"] != "nonce-of-the-test" || claims["at_hash"] == nil {
		t.Errorf("claims are %v", claims)
	}
	for _, changes := range [][]string{{"nonce", ""}, {"response_mode", "query"}, {"scope", "profile"}} {
		refused := b.get(t, l.Issuer+"/authorize?"+implicit(append(changes, "prompt", "none")...).Encode()).header.Get("Location")
		if !strings.Contains(refused, "error=invalid_request") {
			t.Errorf("%v answers %q", changes, refused)
		}
	}
}

// TestKeyJWT: the client proves itself by its key, and by nothing else.
func TestKeyJWT(t *testing.T) {
	c := newClock()
	l := start(t, lab.Options{Now: c.now, KeyJWT: true})
	b := newBrowser(t, l, c.now)
	form := url.Values{"grant_type": {"authorization_code"}, "code": {"bogus"}}
	b.post(t, l.Issuer+"/token", form, l.ClientID, "anything").refused(t, 401, "invalid_client", "not for client_secret_basic")
	form.Set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
	form.Set("client_assertion", "e30.e30.e30")
	b.post(t, l.Issuer+"/token", form, "", "").refused(t, 401, "invalid_client", "client assertion cannot be read")
}
