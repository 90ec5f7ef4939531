package probe

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/evidence"
)

// authorize sends the authorization request of the SP with prompt=none: without a session a sound client ends at its redirect
// URI with login_required, and nothing is sent there by us.
func authorize(ctx context.Context, r *run) *evidence.Observation {
	address := r.endpoint(r.byHand().Authorization, "authorization_endpoint", "authorization")
	if address == "" || r.conn.OIDC.ClientID == "" || r.conn.RedirectURI() == "" {
		return nil
	}
	obs := &evidence.Observation{Source: address}
	ask := func(label string, params url.Values) evidence.Exchange {
		got := r.front(ctx, label, address, params.Encode(), params.Get("redirect_uri"))
		obs.Exchanges = append(obs.Exchanges, got...)
		return got[len(got)-1]
	}
	params := r.authorization()
	last := ask(evidence.AsSent, params)
	switch said := answerText(last); {
	case strings.Contains(said, "code_challenge") || strings.Contains(said, "code challenge") || strings.Contains(said, "pkce"):
		changed, label := withPKCE(params, r.env.Random()+r.env.Random()), evidence.WithPKCE
		if params.Has("code_challenge") {
			changed, label = without(params, "code_challenge", "code_challenge_method"), evidence.WithoutPKCE
		}
		ask(label, changed)
	case strings.Contains(said, "scope"):
		r.bisect(params, ask)
	}
	return settle(obs)
}

// bisect finds the scope that is refused: openid alone first, then each other one beside it.
func (r *run) bisect(params url.Values, ask func(string, url.Values) evidence.Exchange) {
	scopes := strings.Fields(params.Get("scope"))
	if len(scopes) < 2 || len(scopes) > 6 {
		return
	}
	alone := clone(params)
	alone.Set("scope", "openid")
	ask(evidence.OpenIDOnly, alone)
	for _, s := range scopes {
		if s == "openid" {
			continue
		}
		with := clone(params)
		with.Set("scope", "openid "+s)
		ask(evidence.OneScope+s, with)
	}
}

// authorization is the request that the SP sends, with prompt=none added.
func (r *run) authorization() url.Values {
	v := url.Values{
		"response_type": {"code"}, "client_id": {r.conn.OIDC.ClientID}, "redirect_uri": {r.conn.RedirectURI()},
		"scope": {strings.Join(r.conn.Scopes(), " ")}, "state": {"ssoctl-doctor-" + r.env.Random()}, "nonce": {r.env.Random()}, "prompt": {"none"},
	}
	if r.conn.Grant() == "implicit" {
		v.Set("response_type", "id_token")
	}
	if sp := r.conn.SP.OIDC; sp != nil && sp.ResponseMode.V != "" && sp.ResponseMode.V != "query" {
		v.Set("response_mode", sp.ResponseMode.V)
	}
	if sends, known := r.conn.PKCE(); known && sends && r.conn.Grant() == "code" {
		return withPKCE(v, r.env.Random()+r.env.Random())
	}
	return v
}

func clone(v url.Values) url.Values {
	out := url.Values{}
	for k, values := range v {
		out[k] = slices.Clone(values)
	}
	return out
}

// withPKCE adds a code challenge (RFC 7636 §4.3); the verifier is not kept, since no code will be exchanged.
func withPKCE(v url.Values, verifier string) url.Values {
	sum := sha256.Sum256([]byte(verifier))
	out := clone(v)
	out.Set("code_challenge", base64.RawURLEncoding.EncodeToString(sum[:]))
	out.Set("code_challenge_method", "S256")
	return out
}

func without(v url.Values, names ...string) url.Values {
	out := clone(v)
	for _, n := range names {
		out.Del(n)
	}
	return out
}

// answerText is what the IdP said, to choose the next request by; lower case.
func answerText(ex evidence.Exchange) string {
	location := ex.Head("Location")
	if u, err := url.Parse(location); err == nil && location != "" {
		return strings.ToLower(u.Query().Get("error") + " " + u.Query().Get("error_description") + " " + u.Fragment)
	}
	if ex.Status < 400 {
		return ""
	}
	return strings.ToLower(string(ex.Body[:min(len(ex.Body), 64<<10)]))
}

// front sends a front-channel request as a browser would and follows redirects only while they stay on the IdP's origin; where
// the redirect URI is reached it stops, so that nothing reaches the SP.
func (r *run) front(ctx context.Context, label, endpoint, query, home string) []evidence.Exchange {
	address := appendQuery(endpoint, query)
	var out []evidence.Exchange
	var jar []*http.Cookie
	for range maxRedirects + 1 {
		ex, cookies := r.client.send(ctx, request{label: label, method: http.MethodGet, url: address, accept: "text/html", cookie: jar, effect: len(out) == 0})
		out = append(out, ex)
		jar = append(jar, cookies...)
		next, err := resolve(address, ex.Head("Location"))
		if ex.Status < 300 || ex.Status > 399 || err != nil || ex.Head("Location") == "" || home != "" && strings.HasPrefix(next, home) || !sameOrigin(next, endpoint) ||
			strings.Contains(next, "error=") {
			return out
		}
		address = next
	}
	out[len(out)-1].Failure = &evidence.Failure{Stage: evidence.StageRedirect, Code: "many", Text: fmt.Sprintf("more than %d redirects", maxRedirects)}
	return out
}

func sameOrigin(a, b string) bool {
	x, errA := url.Parse(a)
	y, errB := url.Parse(b)
	return errA == nil && errB == nil && x.Scheme == y.Scheme && strings.EqualFold(x.Host, y.Host)
}

// mutated sends a changed redirect URI (--deep, and only after the registered one was accepted): an IdP that takes it matches
// too widely.
func mutated(ctx context.Context, r *run) *evidence.Observation {
	first := r.get(evidence.Authorize).Labelled(evidence.AsSent)
	home := r.conn.RedirectURI()
	if first == nil || home == "" || !strings.HasPrefix(first.Head("Location"), home) {
		return nil
	}
	address := r.endpoint(r.byHand().Authorization, "authorization_endpoint", "authorization")
	obs := &evidence.Observation{Source: address}
	for _, m := range []struct{ label, uri string }{
		{"slash", home + "/"}, {"path", strings.TrimSuffix(home, "/") + "/ssoctl-probe"}, {"host", mutateHost(home)},
	} {
		params := r.authorization()
		params.Set("redirect_uri", m.uri)
		obs.Exchanges = append(obs.Exchanges, r.front(ctx, m.label, address, params.Encode(), m.uri)...)
	}
	return settle(obs)
}

func mutateHost(uri string) string {
	u, err := url.Parse(uri)
	if err != nil {
		return uri
	}
	u.Host = "ssoctl-probe.example"
	return u.String()
}

// par pushes the authorization request (RFC 9126 §2.1) where the IdP advertises it; it expires unused.
func par(ctx context.Context, r *run) *evidence.Observation {
	d := r.discovered()
	if d == nil || r.conn.OIDC.ClientID == "" || r.conn.RedirectURI() == "" || r.conn.OIDC.ClientSecret == "" || !r.secretMethod() {
		return nil
	}
	address := d.Str("pushed_authorization_request_endpoint")
	if address == "" {
		return nil
	}
	if refusal := r.refuseSecret(address); refusal != nil {
		return refusal
	}
	secret, err := r.secret(r.conn.OIDC.ClientSecret)
	if err != nil || secret == "" {
		return nil
	}
	params := without(r.authorization(), "prompt")
	params.Set("client_id", r.conn.OIDC.ClientID)
	obs := &evidence.Observation{Source: address}
	label := r.methods()[0]
	obs.Exchanges = append(obs.Exchanges, r.authenticate(ctx, address, label, secret, params))
	// It runs beside the token endpoint's probe. When it was refused and that one found another way, that way is tried too.
	if tried := r.get(evidence.Client).Last(); clientRefused(*obs.Last()) && tried != nil && tried.Label != label && (tried.Label == evidence.Basic || tried.Label == evidence.Post) {
		obs.Exchanges = []evidence.Exchange{r.authenticate(ctx, address, tried.Label, secret, params)}
	}
	return settle(obs)
}

// device starts a device authorization (RFC 8628 §3.1, --deep): it leaves a user code that expires.
func device(ctx context.Context, r *run) *evidence.Observation {
	d := r.discovered()
	if d == nil || r.conn.OIDC.ClientID == "" {
		return nil
	}
	address := d.Str("device_authorization_endpoint")
	if address == "" || r.refuseSecret(address) != nil {
		return nil
	}
	form := url.Values{"client_id": {r.conn.OIDC.ClientID}, "scope": {strings.Join(r.conn.Scopes(), " ")}}
	req := request{label: "device", method: http.MethodPost, url: address, accept: acceptJSON, form: form, effect: true}
	if secret, err := r.secret(r.conn.OIDC.ClientSecret); err == nil && r.secretMethod() {
		req.basic = &[2]string{url.QueryEscape(r.conn.OIDC.ClientID), url.QueryEscape(secret)}
	}
	ex, _ := r.client.send(ctx, req)
	return observe(address, []evidence.Exchange{ex})
}
