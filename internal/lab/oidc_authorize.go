package lab

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// authRequest is an authorization request that was found in order.
type authRequest struct {
	redirectURI, state, nonce, challenge, responseMode, responseType string
	scope, prompt                                                    []string
	maxAge                                                           time.Duration // negative: not asked
	loginHint                                                        string
}

// authorize is the authorization endpoint: RFC 6749 section 4.1, OIDC Core section 3.1.2.
func (l *Lab) authorize(w http.ResponseWriter, r *http.Request) {
	if !l.allow(w, r, http.MethodGet, http.MethodPost) {
		return
	}
	if l.b.authz.tenantOff {
		l.page(w, r, *tenantOff())
		return
	}
	if name, ok := single(r); !ok {
		l.page(w, r, *onPage(http.StatusBadRequest, "invalid_request", name+" is there more than once"))
		return
	}
	params, refused := l.unpush(r.Form)
	if refused != nil {
		l.page(w, r, *refused)
		return
	}
	req, refused := l.readRequest(params, len(params["request_uri"]) == 0 && r.Form.Has("request_uri"))
	switch {
	case refused != nil && refused.page:
		l.page(w, r, *refused)
	case refused != nil:
		l.backWith(w, r, req, refused)
	default:
		l.decide(w, r, req)
	}
}

// readRequest judges the parameters of an authorization request; pushed says that they came by PAR. What is read
// so far is returned with a refusal too: it says where a redirected one goes.
func (l *Lab) readRequest(q url.Values, pushed bool) (authRequest, *refusal) {
	req := authRequest{
		redirectURI: q.Get("redirect_uri"), state: q.Get("state"), nonce: q.Get("nonce"), challenge: q.Get("code_challenge"),
		responseMode: q.Get("response_mode"), responseType: q.Get("response_type"), scope: strings.Fields(q.Get("scope")), prompt: strings.Fields(q.Get("prompt")),
		maxAge: -1, loginHint: q.Get("login_hint"),
	}
	if f := l.checkClient(q); f != nil {
		return req, f
	}
	if mode := req.responseMode; mode != "" && !slices.Contains(l.responseModes(), mode) {
		req.responseMode = ""
		return req, bounce("invalid_request", "response_mode is not offered here")
	}
	if s := q.Get("max_age"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 0 {
			return req, bounce("invalid_request", "max_age is not a number of seconds")
		}
		req.maxAge = time.Duration(n) * time.Second
	}
	for _, check := range []func(url.Values) *refusal{l.checkKind, checkImplicit, l.checkScope, l.checkPKCE} {
		if f := check(q); f != nil {
			return req, f
		}
	}
	return req, l.checkDemand(pushed)
}

// checkClient judges who asks and where the answer would go; nothing of it may be redirected, but for a client that
// is right and has the flow switched off.
func (l *Lab) checkClient(q url.Values) *refusal {
	id := q.Get("client_id")
	switch {
	case id == "":
		return onPage(http.StatusBadRequest, "invalid_request", "client_id is missing")
	case id != l.ClientID:
		return onPage(http.StatusBadRequest, "invalid_client", "client is not known here")
	case l.b.authz.state == clientDisabled:
		return onPage(http.StatusBadRequest, "unauthorized_client", "client is disabled")
	case l.b.authz.state == clientBearer:
		return onPage(http.StatusForbidden, "unauthorized_client", "client is bearer-only and may not start a login")
	case l.b.authz.state == clientForeign:
		return onPage(http.StatusBadRequest, "unauthorized_client", "client is registered for SAML")
	}
	switch uri := q.Get("redirect_uri"); {
	case uri == "": // REQUIRED by OIDC Core section 3.1.2.1
		return onPage(http.StatusBadRequest, "invalid_request", "redirect_uri is missing")
	case uri != l.callback && !l.opts.loops(uri, loopCallback) && !l.b.authz.openRedirect:
		return onPage(http.StatusBadRequest, "invalid_request", "redirect_uri is not registered for this client")
	}
	if l.b.authz.state == clientNoCode {
		return bounce("unauthorized_client", "the authorization code flow is switched off for this client")
	}
	return nil
}

// checkKind judges what is asked for.
func (l *Lab) checkKind(q url.Values) *refusal {
	switch {
	case q.Has("request"):
		return bounce("request_not_supported", "request objects are not offered here")
	case q.Has("registration"):
		return bounce("registration_not_supported", "the registration parameter is not offered here")
	case q.Get("response_type") == "":
		return bounce("invalid_request", "response_type is missing")
	case !slices.Contains(l.responseTypes(), q.Get("response_type")):
		return bounce("unsupported_response_type", "response_type is not offered here")
	}
	if p := strings.Fields(q.Get("prompt")); len(p) > 1 && slices.Contains(p, "none") { // OIDC Core section 3.1.2.1
		return bounce("invalid_request", "prompt none stands beside another value")
	}
	return nil
}

func (l *Lab) checkScope(q url.Values) *refusal {
	for _, s := range strings.Fields(q.Get("scope")) {
		if !slices.Contains(scopes(), s) || slices.Contains(l.b.authz.refusedScopes, s) {
			return bounce("invalid_scope", "scope is not allowed for this client: "+regexp.MustCompile(`[^!#-\[\]-~]`).ReplaceAllString(s, "?"))
		}
	}
	return nil
}

// checkPKCE judges RFC 7636: S256 alone is taken.
func (l *Lab) checkPKCE(q url.Values) *refusal {
	challenge, method := q.Get("code_challenge"), q.Get("code_challenge_method")
	switch {
	case challenge == "" && method != "":
		return bounce("invalid_request", "code_challenge is missing")
	case challenge == "" && l.b.authz.demand == demandPKCE:
		return bounce("invalid_request", "code_challenge is missing and PKCE is required for this client")
	case challenge == "":
		return nil
	case method != "S256": // an absent method means plain
		return bounce("invalid_request", "code_challenge_method is not S256")
	case !regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`).MatchString(challenge):
		return bounce("invalid_request", "code_challenge is not the base64url form of a SHA-256 hash")
	}
	return nil
}

func (l *Lab) checkDemand(pushed bool) *refusal {
	switch {
	case l.b.authz.demand == demandPAR && !pushed:
		return bounce("invalid_request", "a pushed authorization request is required")
	case l.b.authz.demand == demandRequestObject:
		return bounce("invalid_request", "a signed request object is required")
	}
	return nil
}

// decide lets the user in by session, or asks for a login.
func (l *Lab) decide(w http.ResponseWriter, r *http.Request, req authRequest) {
	s, signedIn := l.session(r)
	if req.maxAge >= 0 && signedIn && l.now().Sub(s.at) > req.maxAge {
		signedIn = false
	}
	switch {
	case slices.Contains(req.prompt, "none") && !signedIn:
		l.backWith(w, r, req, bounce("login_required", "nobody is signed in"))
	case signedIn && !slices.Contains(req.prompt, "login") && !slices.Contains(req.prompt, "select_account"):
		l.finish(w, r, req, s)
	default:
		l.ask(w, req, "")
	}
}

// finish sends a code to the SP.
func (l *Lab) finish(w http.ResponseWriter, r *http.Request, req authRequest, s session) {
	if l.b.login.user != nil {
		l.b.login.user(&s.user)
	}
	if l.b.login.instead != nil && l.b.login.instead(l, w, r, req) {
		return
	}
	g := &grant{user: s.user, scope: req.scope, nonce: req.nonce, authTime: s.at}
	if req.responseType != "code" {
		l.finishImplicit(w, r, req, g)
		return
	}
	code := token(32)
	if l.b.authz.shortCode {
		code = fmt.Sprintf("%08d", rand.IntN(1e8))
	}
	put(l.store, l.store.codes, code, &codeEntry{req: req, grant: g, expires: l.now().Add(codeLife)})
	l.back(w, r, req, url.Values{"code": {code}})
}

// tenantOff is what a tenant says that was switched off while its documents are still served.
func tenantOff() *refusal {
	return onPage(http.StatusForbidden, "access_denied", "this tenant is switched off")
}
