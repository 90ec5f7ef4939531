package real_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// seen is what a fault looks like on the wire, by one request of our own: it proves that the fault is in
// place before ssoctl is asked, and that a case does not pass for another reason.
type seen struct {
	at    place
	want  string // regular expression on "STATUS LOCATION BODY", the location percent-decoded
	never string // one that must not match, empty: not looked at
}

// compare ends the test when the answer does not show the fault.
func (s seen) compare(t *testing.T, got string) {
	t.Helper()
	t.Logf("on the wire: %.400q", got)
	if !regexp.MustCompile("(?s)" + s.want).MatchString(got) {
		t.Fatalf("the fault does not show: got %.600q, want a match of %s", got, s.want)
	}
	if s.never != "" && regexp.MustCompile("(?s)"+s.never).MatchString(got) {
		t.Fatalf("the fault does not show: got %.600q, want no match of %s", got, s.never)
	}
}

// place is an exchange with the identity provider.
type place int

const (
	nowhere   place = iota // nothing to see: the fault is in the file
	authorize              // prompt=none request of the SP, as a browser without a session would send it
	authPKCE               // the same with a code_challenge
	token                  // bogus code with the secret, HTTP basic
	discovery              // the discovery document
	jwks                   // the key set that the document names
	passive                // AuthnRequest of the SP with IsPassive, by HTTP-Redirect
)

// look sends the request of a place with the values of the connection.
func (s *realServer) look(t *testing.T, at place, c connection, secret string) string {
	t.Helper()
	if at == passive {
		return s.exchange(t, "GET", s.authnRequest(t, c, true), nil, "")
	}
	issuer := strings.TrimSuffix(s.issuer, "/")
	if at == discovery {
		return s.exchange(t, "GET", issuer+"/.well-known/openid-configuration", nil, "")
	}
	endpoints := s.endpoints(t, issuer)
	switch at {
	case jwks:
		return s.exchange(t, "GET", endpoints["jwks_uri"], nil, "")
	case token:
		basic := url.QueryEscape(c.OIDC.ClientID) + ":" + url.QueryEscape(secret)
		return s.exchange(t, "POST", endpoints["token_endpoint"], url.Values{
			"grant_type": {"authorization_code"}, "code": {"ssoctl-probe-000000000000"}, "redirect_uri": {c.redirect()},
		}, "Basic "+base64.StdEncoding.EncodeToString([]byte(basic)))
	}
	q := url.Values{
		"response_type": {"code"}, "client_id": {c.OIDC.ClientID}, "redirect_uri": {c.redirect()}, "prompt": {"none"},
		"scope": {strings.Join(c.OIDC.Scopes, " ")}, "state": {strings.Repeat("s", 32)}, "nonce": {strings.Repeat("n", 32)},
	}
	if at == authPKCE {
		q.Set("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")
		q.Set("code_challenge_method", "S256")
	}
	return s.exchange(t, "GET", endpoints["authorization_endpoint"]+"?"+q.Encode(), nil, "")
}

// endpoints reads the discovery document; members that are no strings are left out.
func (s *realServer) endpoints(t *testing.T, issuer string) map[string]string {
	t.Helper()
	_, body, _ := strings.Cut(s.exchange(t, "GET", issuer+"/.well-known/openid-configuration", nil, ""), "{")
	var document map[string]any
	if err := json.Unmarshal([]byte("{"+body), &document); err != nil {
		t.Fatalf("discovery document: %v", err)
	}
	found := map[string]string{}
	for name, value := range document {
		if text, ok := value.(string); ok {
			found[name] = text
		}
	}
	return found
}

// exchange sends one request through the front and returns "STATUS LOCATION BODY".
func (s *realServer) exchange(t *testing.T, method, address string, form url.Values, authorization string) string {
	t.Helper()
	req, err := http.NewRequest(method, address, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "application/json, */*;q=0.1")
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if authorization != "" {
		req.Header.Set("Authorization", authorization)
	}
	res, err := s.front.client().Do(req)
	if err != nil {
		return "no answer: " + err.Error()
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return "no answer: " + err.Error()
	}
	location, _ := url.QueryUnescape(res.Header.Get("Location"))
	return fmt.Sprintf("%d %s %s", res.StatusCode, location, body)
}
