package probe

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/exact"
)

// client presents the client's credentials with a code that cannot exist: an answer about the code proves the secret.
func client(ctx context.Context, r *run) *evidence.Observation {
	address := r.endpoint(r.byHand().Token, "token_endpoint", "token")
	if address == "" || r.conn.OIDC.ClientID == "" {
		return nil
	}
	if r.conn.OIDC.AuthMethod == evidence.NoSecret {
		return r.public(ctx, address)
	}
	if r.conn.OIDC.ClientSecret == "" || !r.secretMethod() {
		return nil
	}
	if refusal := r.refuseSecret(address); refusal != nil {
		return refusal
	}
	secret, err := r.secret(r.conn.OIDC.ClientSecret)
	if err != nil || strings.TrimSpace(secret) == "" {
		return nil // the reference has its own finding
	}
	form := r.bogusCode()
	obs := &evidence.Observation{Source: address}
	for _, label := range r.methods() {
		ex := r.authenticate(ctx, address, label, secret, form)
		obs.Exchanges = append(obs.Exchanges, ex)
		if !clientRefused(ex) {
			return settle(obs)
		}
	}
	r.secondGuesses(ctx, obs, address, secret, form)
	return settle(obs)
}

// bogusCode is a token request with a code that cannot exist.
func (r *run) bogusCode() url.Values {
	form := url.Values{"grant_type": {"authorization_code"}, "code": {"ssoctl-probe-" + r.env.Random()},
		"code_verifier": {r.env.Random() + r.env.Random()}}
	if uri := r.conn.RedirectURI(); uri != "" {
		form.Set("redirect_uri", uri)
	}
	return form
}

// public asks as a client without a secret does: the IdP's refusal shows that it wants one.
func (r *run) public(ctx context.Context, address string) *evidence.Observation {
	form := r.bogusCode()
	form.Set("client_id", r.conn.OIDC.ClientID)
	ex, _ := r.client.send(ctx, request{label: evidence.NoSecret, method: http.MethodPost, url: address, accept: acceptJSON, effect: true, form: form})
	return settle(&evidence.Observation{Source: address, Exchanges: []evidence.Exchange{ex}})
}

// settle marks an observation as failed when not one answer came.
func settle(obs *evidence.Observation) *evidence.Observation {
	for _, ex := range obs.Exchanges {
		if ex.Status != 0 {
			return obs
		}
	}
	if last := obs.Last(); last != nil {
		obs.Failure = last.Failure
	}
	return obs
}

// secretMethod reports whether the client authenticates by its secret at all.
func (r *run) secretMethod() bool {
	m := r.conn.OIDC.AuthMethod
	return m == "" || m == evidence.Basic || m == evidence.Post
}

// methods gives the order of attempts: the connection's own method first, then the other one.
func (r *run) methods() []string {
	order := []string{evidence.Basic, evidence.Post}
	if m := r.conn.AuthMethods(); len(m) > 0 && m[0] == evidence.Post {
		slices.Reverse(order)
	}
	return order
}

// secondGuesses tries the well-known traps once each when the secret was refused both ways.
func (r *run) secondGuesses(ctx context.Context, obs *evidence.Observation, address, secret string, form url.Values) {
	if url.QueryEscape(secret) != secret {
		obs.Exchanges = append(obs.Exchanges, r.authenticate(ctx, address, evidence.Raw, secret, form))
	}
	if trimmed := strings.TrimSpace(secret); trimmed != secret {
		ex := r.authenticate(ctx, address, obs.Exchanges[0].Label, trimmed, form)
		ex.Label = evidence.Trimmed
		obs.Exchanges = append(obs.Exchanges, ex)
	}
}

func (r *run) authenticate(ctx context.Context, address, label, secret string, form url.Values) evidence.Exchange {
	id := r.conn.OIDC.ClientID
	req := request{label: label, method: http.MethodPost, url: address, accept: acceptJSON, effect: true, form: url.Values{}}
	for k, v := range form {
		req.form[k] = v
	}
	switch label {
	case evidence.Post:
		req.form.Set("client_id", id)
		req.form.Set("client_secret", secret)
	case evidence.Raw:
		req.basic = &[2]string{id, secret}
	default:
		req.basic = &[2]string{url.QueryEscape(id), url.QueryEscape(secret)}
	}
	ex, _ := r.client.send(ctx, req)
	return ex
}

// clientRefused reports whether the answer may be about the client and not about the code, so that another method is worth
// one try. It is no judgement: only a reason to ask once more.
func clientRefused(ex evidence.Exchange) bool {
	body := string(ex.Body)
	return ex.Status == http.StatusUnauthorized || strings.Contains(body, "invalid_client") || strings.Contains(body, "incorrect_client_credentials") ||
		ex.Status == http.StatusForbidden && strings.Contains(body, "access_denied") || strings.Contains(body, "token_endpoint_auth_method")
}

// refuseSecret gives the reason why a secret is not sent to an endpoint, as an observation; nil when it may be sent.
func (r *run) refuseSecret(address string) *evidence.Observation {
	u, err := url.Parse(address)
	refuse := func(code, text string) *evidence.Observation {
		return &evidence.Observation{Source: address, Failure: &evidence.Failure{Stage: evidence.StageBlocked, Code: code, Text: text}}
	}
	switch {
	case err != nil || u.Host == "":
		return refuse("url", "the endpoint is no absolute URL")
	case u.Scheme != "https" && !exact.Loopback(u.Hostname()):
		return refuse("plain", "the secret is not sent: the endpoint is not https")
	case strings.HasPrefix(r.conn.Issuer(), "https:") && u.Scheme != "https":
		return refuse("plain", "the secret is not sent: the issuer is https, the endpoint is not")
	case !r.trusted(address):
		return refuse("host", "the secret is not sent: "+u.Host+" is not known to belong to the issuer")
	}
	if d := r.discovered(); d != nil && r.byHand().Token != address {
		if diff := exact.Compare(d.Issuer(), r.conn.Issuer()); !diff.Equal() && !(diff.Only && diff.Kind == exact.Slash) {
			return refuse("issuer", "the secret is not sent: the discovery document is that of another issuer")
		}
	}
	return nil
}

// trusted reports whether an endpoint belongs to the issuer: typed by the user, on the issuer's host or its registrable domain,
// or on a host that the IdP's profile names.
func (r *run) trusted(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	host := strings.ToLower(u.Hostname())
	if slices.Contains(r.client.typed, host) {
		return true
	}
	if issuer, err := url.Parse(r.conn.Issuer()); err == nil && site(issuer.Hostname()) == site(host) && site(host) != "" {
		return true
	}
	if r.identified().IdP.OIDC == nil {
		return false
	}
	return slices.ContainsFunc(r.identified().IdP.OIDC.EndpointHosts.V, func(p string) bool { return r.conn.Lib.Matches(p, host) })
}

// site approximates the registrable domain: two labels, three under short second-level domains such as co.uk.
func site(host string) string {
	labels := strings.Split(strings.ToLower(strings.TrimSuffix(host, ".")), ".")
	n := 2
	if len(labels) > 2 && len(labels[len(labels)-1]) == 2 && len(labels[len(labels)-2]) <= 3 {
		n = 3
	}
	if len(labels) < n || strings.Contains(host, ":") {
		return host
	}
	return strings.Join(labels[len(labels)-n:], ".")
}
