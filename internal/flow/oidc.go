package flow

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/oauth2"

	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/oidcdoc"
	"github.com/ssoctl/ssoctl/internal/probe"
	"github.com/ssoctl/ssoctl/internal/token"
)

// oidc goes on from an authorization response (OpenID Connect Core §3.1.2.5): first whose it is, then what it says.
func (r *Run) oidc(ctx context.Context, ans Answer) {
	l := r.login.Login
	callback := evidence.Exchange{Label: evidence.LoginCallback, Method: cmp.Or(ans.Method, http.MethodGet), URL: ans.URL, Form: ans.Form, At: ans.At}
	if ans.ContentType != "" {
		callback.Header = map[string][]string{"Content-Type": {ans.ContentType}}
	}
	if ans.Blocked != "" {
		callback.Failure = &evidence.Failure{Stage: evidence.StageBlocked, Code: "browser", Text: ans.Blocked}
	}
	r.keep(callback)
	cb := Parameters(ans)
	l.CodeLength = len(cb.Code)
	issuer := r.issuer()
	switch {
	case len(cb.Params) == 1 && cb.Code != "" && r.a.Verifier != "" && (l.Receiver == "file" || l.Receiver == "paste"):
		// Somebody copied the code alone. Whose it is the verifier shows to the IdP (RFC 7636), and the nonce shows it to us.
	case len(cb.Params) == 1 && cb.Code != "" && l.Receiver != "har":
		l.Withheld = "only the code was brought, without the state that shows whose it is; copy the whole address"
	case cb.State == "" && l.Receiver != "har":
		l.Withheld = "no state came back, so nothing shows whose answer it is"
	case !r.a.Ours(cb.State) && l.Receiver != "har":
		l.Withheld = "the state that came back is not the one that was sent"
	case cb.Iss != "" && issuer != "" && cb.Iss != issuer:
		l.Withheld = "iss in the answer names another issuer"
	case cb.Error != "":
		l.End = evidence.EndedRefused
		return
	}
	if t := cb.Params.Get("id_token"); t != "" {
		r.take(t, "id_token", evidence.LoginCallback, token.Against{AccessToken: cb.Params.Get("access_token"), Code: cb.Code})
	}
	for _, name := range []string{"id_token", "access_token"} {
		if t := ans.Tokens[name]; t != "" {
			r.take(t, name, evidence.LoginToken, token.Against{AccessToken: ans.Tokens["access_token"]})
		}
	}
	r.claims = append(r.claims, ans.Claims...)
	switch {
	case l.Withheld != "" || cb.Code == "":
	case l.Receiver == "har":
		l.Withheld = "the code of a recording was used already"
	default:
		r.exchange(ctx, cb.Code)
	}
}

// Parameters reads an authorization response wherever its parameters stand.
func Parameters(ans Answer) *oidcdoc.Answer {
	if len(ans.Form) > 0 {
		return oidcdoc.FormAnswer(ans.URL, ans.Form)
	}
	cb, err := oidcdoc.ParseAnswer(ans.URL)
	if err != nil {
		return &oidcdoc.Answer{Params: url.Values{}}
	}
	return cb
}

// issuer is the one that tokens must name: that of the discovery document, else the configured one.
func (r *Run) issuer() string {
	if d := r.s.Discovery(); d != nil && d.Issuer() != "" {
		return d.Issuer()
	}
	return r.s.Conn().Issuer()
}

// exchange redeems the code, once (RFC 6749 §4.1.3), and goes on with the tokens.
func (r *Run) exchange(ctx context.Context, code string) {
	l := r.login.Login
	endpoint := r.s.Endpoint("token")
	if endpoint == "" {
		l.Withheld = "no token endpoint is known"
		return
	}
	if why := r.s.MaySend(endpoint); why != nil {
		l.Withheld = why.Text
		return
	}
	client, extra, withheld := r.client(endpoint)
	if withheld != "" {
		l.Withheld = withheld
		return
	}
	client.RedirectURL = r.a.RedirectURI
	if r.a.Verifier != "" {
		extra = append(extra, oauth2.VerifierOption(r.a.Verifier))
	}
	var ex evidence.Exchange
	got, err := client.Exchange(r.through(ctx, evidence.LoginToken, &ex), code, extra...)
	r.keep(ex)
	if err != nil {
		if ex.Status == http.StatusOK {
			l.Opinions["x/oauth2"] = err.Error()
		}
		return
	}
	r.granted(ctx, got, evidence.LoginToken, code)
	r.userinfo(ctx, got.AccessToken)
	if got.RefreshToken != "" && len(extra) < 2 { // an assertion is good for one request
		r.refresh(ctx, client, got)
	}
}

// through is a context whose HTTP client records into ex.
func (r *Run) through(ctx context.Context, label string, ex *evidence.Exchange) context.Context {
	rt := r.s.Recording(label, func(got evidence.Exchange) { *ex = got })
	return context.WithValue(ctx, oauth2.HTTPClient, &http.Client{Transport: rt, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }})
}

// client is the SP's client at the token endpoint; withheld is the reason why it cannot be.
func (r *Run) client(endpoint string) (conf *oauth2.Config, extra []oauth2.AuthCodeOption, withheld string) {
	oidc := r.s.Conn().OIDC
	conf = &oauth2.Config{ClientID: oidc.ClientID, Endpoint: oauth2.Endpoint{TokenURL: endpoint, AuthStyle: oauth2.AuthStyleInHeader}}
	method := r.s.Method()
	secret := ""
	if method != evidence.NoSecret {
		var err error
		if secret, err = r.s.Secret(oidc.ClientSecret); err != nil || secret == "" {
			return nil, nil, "the client secret is not at hand"
		}
	}
	switch method {
	case evidence.NoSecret:
		conf.Endpoint.AuthStyle = oauth2.AuthStyleInParams
	case evidence.Basic:
		conf.ClientSecret = secret
	case evidence.Post:
		conf.ClientSecret, conf.Endpoint.AuthStyle = secret, oauth2.AuthStyleInParams
	case "private_key_jwt", "client_secret_jwt":
		signed, err := token.Assertion(method, secret, probe.PrivateKey(secret), oidc.ClientID, endpoint, r.s.Env().Random()+r.s.Env().Random(), keyID(r.s), r.s.Env().Now())
		if err != nil {
			return nil, nil, err.Error()
		}
		conf.Endpoint.AuthStyle = oauth2.AuthStyleInParams
		extra = append(extra, oauth2.SetAuthURLParam("client_assertion_type", assertionType), oauth2.SetAuthURLParam("client_assertion", signed))
		r.tokens = append(r.tokens, token.Examine(signed, "client_assertion", evidence.LoginToken, token.Against{Now: r.s.Env().Now()}))
	default:
		return nil, nil, "ssoctl does not authenticate by " + method
	}
	return conf, extra, ""
}

// granted takes the tokens of an answer.
func (r *Run) granted(ctx context.Context, got *oauth2.Token, label, code string) {
	access := got.AccessToken
	id, _ := got.Extra("id_token").(string)
	if label == evidence.LoginToken {
		r.raw.AccessToken, r.raw.RefreshToken, r.raw.IDToken = access, got.RefreshToken, id
	}
	if id != "" {
		r.take(id, "id_token", label, token.Against{AccessToken: access, Code: code})
	}
	if label == evidence.LoginToken {
		r.take(access, "access_token", label, token.Against{})
	}
}

// take examines one token and keeps what its claims say about the user.
func (r *Run) take(raw, name, label string, a token.Against) {
	conn := r.s.Conn()
	a.Issuer, a.ClientID, a.Now = r.issuer(), conn.OIDC.ClientID, r.s.Env().Now()
	if d := r.s.Discovery(); d != nil {
		a.Algs, _ = d.List("id_token_signing_alg_values_supported")
	}
	p := token.Parse(raw)
	switch {
	case strings.HasPrefix(p.Text("alg"), "HS") && conn.OIDC.ClientSecret != "":
		a.Secret, _ = r.s.Secret(conn.OIDC.ClientSecret)
	case name == "id_token" || p.Parts == 3:
		a.Keys = r.keysFor(p)
	}
	t := token.Examine(raw, name, label, a)
	r.tokens = append(r.tokens, t)
	if label == evidence.LoginRefresh || len(t.Claims) == 0 {
		return
	}
	r.claims = append(r.claims, evidence.ClaimSet{Source: name, Claims: t.Claims})
}

// keysFor gives the key set, asked for once more when it has not the key that the token names: some IdPs publish a key with its first use.
func (r *Run) keysFor(p token.Parsed) *oidcdoc.JWKS {
	if r.set == nil {
		r.set, _ = r.s.Keys(false)
	}
	kid := p.Text("kid")
	if r.set == nil || r.keys != nil || kid == "" || slices.ContainsFunc(r.set.Keys, func(k oidcdoc.Key) bool { return k.Kid == kid }) {
		return r.set
	}
	again, ex := r.s.Keys(true)
	if again != nil {
		r.set, r.keys = again, ex
	}
	return r.set
}

// userinfo asks for the user's claims (OpenID Connect Core §5.3).
func (r *Run) userinfo(ctx context.Context, access string) {
	endpoint := r.s.Endpoint("userinfo")
	if endpoint == "" || access == "" || r.s.MaySend(endpoint) != nil {
		return
	}
	bearer := map[string]string{"Authorization": "Bearer " + access}
	ex, _ := r.s.Send(ctx, probe.Request{Label: evidence.LoginUserinfo, Method: http.MethodGet, URL: endpoint, Accept: "application/json", Header: bearer})
	r.keep(ex)
	if ex.Status != http.StatusOK || ex.Cut {
		return
	}
	body := bytes.TrimSpace(ex.Body)
	if strings.Contains(ex.Head("Content-Type"), "jwt") || token.Parse(string(body)).Claims != nil {
		r.take(string(body), "userinfo", evidence.LoginUserinfo, token.Against{})
		return
	}
	var claims map[string]any
	if json.Unmarshal(body, &claims) != nil || claims == nil {
		return
	}
	if more := r.emails(ctx, claims, bearer); more != nil {
		body = more
	}
	r.claims = append(r.claims, evidence.ClaimSet{Source: "userinfo", Claims: body})
}

// emails asks the second address that some products have for e-mail addresses, when the profile of the user shows none. Where the SP
// asks there too, it gives the claims with the address in them: one that is verified, the primary one if it can be.
func (r *Run) emails(ctx context.Context, claims map[string]any, bearer map[string]string) []byte {
	idp := r.s.Conn().IdP.OIDC
	if s, _ := claims["email"].(string); s != "" || idp == nil || r.s.Conn().SP.OIDC == nil {
		return nil
	}
	endpoint, _, _ := strings.Cut(idp.Endpoints["emails"].V, " ")
	if endpoint == "" || r.s.MaySend(endpoint) != nil {
		return nil
	}
	ex, _ := r.s.Send(ctx, probe.Request{Label: evidence.LoginEmails, Method: http.MethodGet, URL: endpoint, Accept: "application/json", Header: bearer})
	r.keep(ex)
	var list []struct {
		Email    string `json:"email"`
		Primary  bool   `json:"primary"`
		Verified bool   `json:"verified"`
	}
	if _, reads := r.s.Conn().SP.OIDC.EmailFallback[r.s.Conn().IdP.ID]; !reads || ex.Status != http.StatusOK || json.Unmarshal(ex.Body, &list) != nil {
		return nil
	}
	best := -1
	for i, e := range list {
		if e.Verified && (best < 0 || e.Primary) {
			best = i
		}
	}
	if best < 0 {
		return nil
	}
	claims["email"], claims["email_verified"] = list[best].Email, true
	return encode(claims)
}

// refresh uses the refresh token once (OpenID Connect Core §12).
func (r *Run) refresh(ctx context.Context, client *oauth2.Config, got *oauth2.Token) {
	var ex evidence.Exchange
	again, err := client.TokenSource(r.through(ctx, evidence.LoginRefresh, &ex), &oauth2.Token{RefreshToken: got.RefreshToken}).Token()
	r.keep(ex)
	if err == nil {
		r.granted(ctx, again, evidence.LoginRefresh, "")
		r.raw.RefreshToken, r.raw.AccessToken = cmp.Or(again.RefreshToken, r.raw.RefreshToken), again.AccessToken
	}
}

// push sends the authorization request to the IdP beforehand (RFC 9126 §2.1).
func (a *Attempt) push(s *probe.Session, v url.Values) {
	endpoint := s.Endpoint("pushed_authorization_request_endpoint")
	if endpoint == "" || s.MaySend(endpoint) != nil {
		return
	}
	form := url.Values{}
	for name, values := range v {
		form[name] = values
	}
	header := proof(s, form)
	ex, _ := s.Send(s.Context(), probe.Request{Label: evidence.LoginPush, Method: http.MethodPost, URL: endpoint, Accept: "application/json", Form: form, Header: header})
	a.pushed = &ex
}
