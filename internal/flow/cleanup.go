package flow

import (
	"context"
	"net/http"
	"net/url"

	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/probe"
)

// Cleanup gives back what the login left at the IdP: tokens are revoked (RFC 7009), and the session of the form driver is ended. For a
// session in a browser it gives the address that ends it; "" when the IdP announces none.
func (r *Run) Cleanup(ctx context.Context) (open string) {
	conn := r.s.Conn()
	if conn.OIDC == nil {
		return ""
	}
	if endpoint := r.s.Endpoint("revocation_endpoint"); endpoint != "" && r.s.MaySend(endpoint) == nil {
		for hint, t := range map[string]string{"refresh_token": r.raw.RefreshToken, "access_token": r.raw.AccessToken} {
			if t == "" {
				continue
			}
			form := url.Values{"token": {t}, "token_type_hint": {hint}}
			header := proof(r.s, form)
			ex, _ := r.s.Send(ctx, probe.Request{Label: evidence.LoginRevoke, Method: http.MethodPost, URL: endpoint, Accept: "application/json", Form: form, Header: header})
			r.keep(ex)
		}
	}
	endpoint := r.s.Endpoint("end_session_endpoint")
	if endpoint == "" {
		return ""
	}
	v := url.Values{"client_id": {conn.OIDC.ClientID}, "state": {"ssoctl-" + r.s.Env().Random()}}
	if r.jar == nil || r.s.MaySend(endpoint) != nil {
		v.Del("state")
		return join(endpoint, v) // without the ID token: the address is shown, and stays in the history of the browser
	}
	if r.raw.IDToken != "" {
		v.Set("id_token_hint", r.raw.IDToken)
	}
	address := join(endpoint, v)
	ex, _ := r.s.Send(ctx, probe.Request{Label: evidence.LoginSignOut, Method: http.MethodGet, URL: address, Accept: "text/html", Cookie: r.jar.give(address)})
	r.keep(ex)
	return ""
}
