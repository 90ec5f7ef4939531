package lab

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Paths of the redirect URI and the ACS that Options.Loopback registers.
const (
	loopCallback = "/callback"
	loopACS      = "/saml/acs"
)

// loops reports whether an address is the one on loopback that is registered with every port (RFC 8252 section 7.3).
func (o Options) loops(address, path string) bool {
	u, err := url.Parse(address)
	if err != nil || !o.Loopback {
		return false
	}
	port := u.Port()
	u.Host = strings.TrimSuffix(u.Host, ":"+port)
	return u.String() == "http://127.0.0.1"+path
}

// responseTypes are the flows on offer.
func (l *Lab) responseTypes() []string {
	if l.opts.Implicit {
		return []string{"code", "id_token", "id_token token"}
	}
	return []string{"code"}
}

// responseModes are the ways of an answer on offer.
func (l *Lab) responseModes() []string {
	if l.opts.Implicit || l.opts.Fragment {
		return []string{"query", "fragment", "form_post"}
	}
	return []string{"query", "form_post"}
}

// inFragment says where an answer stands that is not posted: tokens never come in a query (OAuth 2.0 Multiple Response Type
// Encoding Practices section 5).
func (l *Lab) inFragment(req authRequest) bool {
	return req.responseMode == "fragment" || req.responseMode == "" && l.opts.Implicit && strings.Contains(req.responseType, "token")
}

// checkImplicit judges what the implicit flow demands beyond the code flow: OIDC Core section 3.2.2.1.
func checkImplicit(q url.Values) *refusal {
	kind := strings.Fields(q.Get("response_type"))
	switch {
	case !slices.Contains(kind, "id_token"):
		return nil
	case q.Get("nonce") == "":
		return bounce("invalid_request", "nonce is missing")
	case q.Get("response_mode") == "query":
		return bounce("invalid_request", "response_mode query is not for tokens")
	case !slices.Contains(strings.Fields(q.Get("scope")), "openid"):
		return bounce("invalid_request", "scope openid is missing")
	}
	return nil
}

// finishImplicit sends tokens to the SP (OIDC Core section 3.2.2.5).
func (l *Lab) finishImplicit(w http.ResponseWriter, r *http.Request, req authRequest, g *grant) {
	out, access := url.Values{}, ""
	if slices.Contains(strings.Fields(req.responseType), "token") {
		access = l.accessToken(g)
		out.Set("access_token", access)
		out.Set("token_type", "Bearer")
		out.Set("expires_in", "300")
		out.Set("scope", strings.Join(g.scope, " "))
	}
	signed, err := l.idToken(g, access, "", true)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	out.Set("id_token", signed)
	l.back(w, r, req, out)
}
