package lab_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/ssoctl/ssoctl/internal/lab"
)

const verifier = "a-code-verifier-of-more-than-forty-three-characters"

func challenge() string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// request is what an SP would send, with changes: name, value, name, value; an empty value removes the name.
func request(l *lab.Lab, changes ...string) url.Values {
	q := url.Values{"client_id": {l.ClientID}, "redirect_uri": {l.RedirectURI}, "response_type": {"code"}, "scope": {"openid email profile groups offline_access"},
		"state": {"state-of-the-test"}, "nonce": {"nonce-of-the-test"}, "code_challenge": {challenge()}, "code_challenge_method": {"S256"}}
	for i := 0; i < len(changes); i += 2 {
		q.Set(changes[i], changes[i+1])
		if changes[i+1] == "" {
			q.Del(changes[i])
		}
	}
	return q
}

var input = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)">`)

// signIn fills the form that an authorization request shows, and returns the parameters of the redirect.
func signIn(t *testing.T, b browser, q url.Values) url.Values {
	t.Helper()
	page := b.get(t, b.lab.Issuer+"/authorize?"+q.Encode())
	m := input.FindStringSubmatch(page.body)
	if page.status != http.StatusOK || m == nil {
		t.Fatalf("no login form: %d %s", page.status, page.body)
	}
	form := url.Values{html.UnescapeString(m[1]): {html.UnescapeString(m[2])}, "username": {"ann@lab.example"}, "password": {b.lab.Password}}
	return b.post(t, b.lab.Issuer+"/login", form, "", "").location(t, b.lab.RedirectURI+"?")
}

func exchange(b browser, code string) url.Values {
	return url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {b.lab.RedirectURI}, "code_verifier": {verifier}}
}

// verify checks an ID token with the published keys and returns its claims.
func verify(t *testing.T, b browser, idToken string) map[string]any {
	t.Helper()
	var set jose.JSONWebKeySet
	if err := json.Unmarshal([]byte(b.get(t, b.lab.Issuer+"/jwks").body), &set); err != nil {
		t.Fatal(err)
	}
	signed, err := jose.ParseSigned(idToken, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		t.Fatal(err)
	}
	keys := set.Key(signed.Signatures[0].Header.KeyID)
	if len(keys) != 1 {
		t.Fatalf("kid %q names %d published keys", signed.Signatures[0].Header.KeyID, len(keys))
	}
	payload, err := signed.Verify(keys[0])
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if err := json.Unmarshal(payload, &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

func TestLogin(t *testing.T) {
	c := newClock()
	l := start(t, lab.Options{Now: c.now})
	b := newBrowser(t, l, c.now)
	answer := signIn(t, b, request(l))
	if answer.Get("state") != "state-of-the-test" || answer.Get("iss") != l.Issuer || answer.Get("code") == "" {
		t.Fatalf("authorization answer is %v", answer)
	}
	tokens := b.back(t, "/token", exchange(b, answer.Get("code"))).object(t)
	claims := verify(t, b, tokens["id_token"].(string))
	for name, want := range map[string]any{"iss": l.Issuer, "aud": l.ClientID, "sub": "1001", "nonce": "nonce-of-the-test", "email": "ann@lab.example",
		"email_verified": true, "given_name": "Ann", "iat": float64(c.now().Unix()), "exp": float64(c.now().Unix() + 300)} {
		if claims[name] != want {
			t.Errorf("claim %s is %v, want %v", name, claims[name], want)
		}
	}
	access := tokens["access_token"].(string)
	half := sha256.Sum256([]byte(access))
	if claims["at_hash"] != base64.RawURLEncoding.EncodeToString(half[:16]) {
		t.Error("at_hash is not that of the access token")
	}
	t.Run("userinfo", func(t *testing.T) {
		if got := userinfo(t, b, access).object(t); got["sub"] != "1001" || got["email"] != "ann@lab.example" {
			t.Errorf("userinfo is %v", got)
		}
	})
	t.Run("single sign-on", func(t *testing.T) {
		again := b.get(t, l.Issuer+"/authorize?"+request(l, "prompt", "none").Encode()).location(t, l.RedirectURI)
		if again.Get("code") == "" {
			t.Errorf("signed in, but prompt=none answers %v", again)
		}
		if page := b.get(t, l.Issuer+"/authorize?"+request(l, "prompt", "login").Encode()); !strings.Contains(page.body, `name="password"`) {
			t.Error("prompt=login shows no form")
		}
		c.advance(time.Minute)
		old := b.get(t, l.Issuer+"/authorize?"+request(l, "prompt", "none", "max_age", "30").Encode()).location(t, l.RedirectURI)
		if old.Get("error") != "login_required" {
			t.Errorf("max_age has passed, but the answer is %v", old)
		}
	})
	t.Run("refresh", func(t *testing.T) { refresh(t, b, c, tokens, claims) })
}

func userinfo(t *testing.T, b browser, access string) reply {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, b.lab.Issuer+"/userinfo", nil)
	if err != nil {
		t.Fatal(err)
	}
	if access != "" {
		r.Header.Set("Authorization", "Bearer "+access)
	}
	return b.do(t, r)
}

func refresh(t *testing.T, b browser, c *clock, tokens, claims map[string]any) {
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {tokens["refresh_token"].(string)}}
	c.advance(time.Minute)
	next := b.back(t, "/token", form).object(t)
	again := verify(t, b, next["id_token"].(string))
	for _, name := range []string{"iss", "sub", "aud", "auth_time"} {
		if again[name] != claims[name] {
			t.Errorf("after the refresh %s is %v, before it was %v", name, again[name], claims[name])
		}
	}
	if again["nonce"] != nil || again["iat"] == claims["iat"] {
		t.Errorf("the refreshed ID token is %v", again)
	}
	b.back(t, "/token", form).refused(t, 400, "invalid_grant", "refresh token")
	if r := userinfo(t, b, next["access_token"].(string)); r.status != 401 {
		t.Errorf("a refresh token was used twice, but its family still works: %d", r.status)
	}
}

func TestCodeOnce(t *testing.T) {
	c := newClock()
	l := start(t, lab.Options{Now: c.now})
	b := newBrowser(t, l, c.now)
	form := exchange(b, signIn(t, b, request(l)).Get("code"))
	access := b.back(t, "/token", form).object(t)["access_token"].(string)
	b.back(t, "/token", form).refused(t, 400, "invalid_grant", "code is unknown, used or expired")
	if r := userinfo(t, b, access); r.status != 401 || !strings.Contains(r.header.Get("WWW-Authenticate"), "invalid_token") {
		t.Errorf("the code was used twice, but its token still works: %d %s", r.status, r.body)
	}
	next := func(changes ...string) url.Values {
		form := exchange(b, b.get(t, l.Issuer+"/authorize?"+request(l).Encode()).location(t, l.RedirectURI).Get("code"))
		for i := 0; i < len(changes); i += 2 {
			form.Set(changes[i], changes[i+1])
		}
		return form
	}
	b.back(t, "/token", next("redirect_uri", l.RedirectURI+"/")).refused(t, 400, "invalid_grant", "redirect_uri differs")
	b.back(t, "/token", next("code_verifier", strings.ToUpper(verifier))).refused(t, 400, "invalid_grant", "does not match")
	b.back(t, "/token", next("code_verifier", "")).refused(t, 400, "invalid_grant", "code_verifier is missing")
	late := next()
	c.advance(time.Minute)
	b.back(t, "/token", late).refused(t, 400, "invalid_grant", "code is unknown, used or expired")
}

func TestPushed(t *testing.T) {
	c := newClock()
	l := start(t, lab.Options{Now: c.now})
	b := newBrowser(t, l, c.now)
	push := func() string {
		r := b.back(t, "/par", request(l))
		m := r.object(t)
		if r.status != 201 || m["expires_in"] != float64(60) {
			t.Fatalf("PAR answers %d %v", r.status, m)
		}
		return m["request_uri"].(string)
	}
	q := url.Values{"client_id": {l.ClientID}, "request_uri": {push()}}
	if code := signIn(t, b, q).Get("code"); code == "" {
		t.Error("a pushed request brings no code")
	}
	if page := b.get(t, l.Issuer+"/authorize?"+q.Encode()); page.status != 400 || !strings.Contains(page.body, "invalid_request_uri") {
		t.Errorf("a request_uri was used twice: %d %s", page.status, page.body)
	}
	q.Set("request_uri", push())
	c.advance(time.Minute)
	if page := b.get(t, l.Issuer+"/authorize?"+q.Encode()); page.status != 400 {
		t.Errorf("an expired request_uri is taken: %d", page.status)
	}
	b.back(t, "/par", request(l, "redirect_uri", l.RedirectURI+"/")).refused(t, 400, "invalid_request", "redirect_uri is not registered")
	b.back(t, "/par", request(l, "scope", "openid roles")).refused(t, 400, "invalid_scope", "roles")
	b.post(t, l.Issuer+"/par", request(l), l.ClientID, "wrong").refused(t, 401, "invalid_client", "client secret does not match")
}

func TestDevice(t *testing.T) {
	c := newClock()
	l := start(t, lab.Options{Now: c.now})
	b := newBrowser(t, l, c.now)
	begin := func() (url.Values, string) {
		m := b.back(t, "/device", url.Values{"scope": {"openid email"}}).object(t)
		return url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:device_code"}, "device_code": {m["device_code"].(string)}}, m["verification_uri_complete"].(string)
	}
	poll, page := begin()
	b.back(t, "/token", poll).refused(t, 400, "authorization_pending", "")
	b.back(t, "/token", poll).refused(t, 400, "slow_down", "")
	u, err := url.Parse(page)
	if err != nil {
		t.Fatal(err)
	}
	if form := b.get(t, page); !strings.Contains(form.body, u.Query().Get("user_code")) {
		t.Error("the page does not show the code of its link")
	}
	settle := func(u *url.URL, decision string) reply {
		return b.post(t, l.Issuer+"/device/verify", url.Values{"user_code": {strings.ToLower(u.Query().Get("user_code"))}, "username": {"ann@lab.example"}, "password": {l.Password}, "decision": {decision}}, "", "")
	}
	if done := settle(u, "allow"); !strings.Contains(done.body, "may go on") {
		t.Errorf("allowing the device answers %s", done.body)
	}
	tokens := b.back(t, "/token", poll).object(t)
	if claims := verify(t, b, tokens["id_token"].(string)); claims["email"] != "ann@lab.example" || claims["nonce"] != nil {
		t.Errorf("the device's ID token is %v", claims)
	}
	b.back(t, "/token", poll).refused(t, 400, "invalid_grant", "device code")
	poll, page = begin()
	if u, err = url.Parse(page); err != nil {
		t.Fatal(err)
	}
	settle(u, "deny")
	b.back(t, "/token", poll).refused(t, 400, "access_denied", "")
	poll, _ = begin()
	c.advance(10 * time.Minute)
	b.back(t, "/token", poll).refused(t, 400, "expired_token", "")
}

func TestFormPost(t *testing.T) {
	c := newClock()
	l := start(t, lab.Options{Now: c.now})
	b := newBrowser(t, l, c.now)
	page := b.get(t, l.Issuer+"/authorize?"+request(l, "prompt", "none", "response_mode", "form_post").Encode())
	got := url.Values{}
	for _, m := range input.FindAllStringSubmatch(page.body, -1) {
		got.Set(html.UnescapeString(m[1]), html.UnescapeString(m[2]))
	}
	if page.status != 200 || got.Get("error") != "login_required" || got.Get("iss") != l.Issuer || !strings.Contains(page.body, `action="`+l.RedirectURI+`"`) {
		t.Errorf("form_post answers %d %v %s", page.status, got, page.body)
	}
}

func TestEndSession(t *testing.T) {
	c := newClock()
	l := start(t, lab.Options{Now: c.now})
	b := newBrowser(t, l, c.now)
	signIn(t, b, request(l))
	out := b.get(t, l.Issuer+"/end_session?"+url.Values{"client_id": {l.ClientID}, "post_logout_redirect_uri": {lab.PostLogoutURI}, "state": {"bye"}}.Encode())
	if got := out.location(t, lab.PostLogoutURI); got.Get("state") != "bye" {
		t.Errorf("state after the logout is %v", got)
	}
	after := b.get(t, l.Issuer+"/authorize?"+request(l, "prompt", "none").Encode()).location(t, l.RedirectURI)
	if after.Get("error") != "login_required" {
		t.Errorf("signed out, but the answer is %v", after)
	}
	if bad := b.get(t, l.Issuer+"/end_session?client_id="+l.ClientID+"&post_logout_redirect_uri=https://evil.example/"); bad.status != 400 {
		t.Errorf("an unregistered post_logout_redirect_uri answers %d", bad.status)
	}
}
