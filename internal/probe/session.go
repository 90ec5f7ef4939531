package probe

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rsa"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/connection"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/knowledge"
	"github.com/ssoctl/ssoctl/internal/oidcdoc"
	"github.com/ssoctl/ssoctl/internal/samldoc"
	"github.com/ssoctl/ssoctl/internal/xmlsig"
)

// Session is one connection that is being looked at, for who goes on from what Gather sees: a login. Its requests go through the
// same recording client, with the same bounds.
type Session struct{ r *run }

// Open begins to look at a connection; nothing is sent yet. The caller must call Close.
func Open(ctx context.Context, env *Env, t *config.Target, lib *knowledge.Library, own *knowledge.SP) *Session {
	return &Session{newRun(ctx, env, t, lib, own)}
}

// Gather collects the wanted kinds of evidence, concurrently, each once. It never fails: what could not be seen is an observation
// with a Failure.
func (s *Session) Gather(want map[evidence.Kind]bool) evidence.Set {
	var wg sync.WaitGroup
	var mu sync.Mutex
	set := evidence.Set{}
	for _, p := range s.r.table {
		if !want[p.kind] {
			continue
		}
		wg.Go(func() {
			obs := s.r.get(p.kind)
			if obs == nil {
				return
			}
			mu.Lock()
			defer mu.Unlock()
			set[p.kind] = obs
		})
	}
	wg.Wait()
	return set
}

// Close gives connections back.
func (s *Session) Close() { s.r.client.close() }

// Context bounds the whole of the session.
func (s *Session) Context() context.Context { return s.r.ctx }

// Env is the world of the session.
func (s *Session) Env() *Env { return s.r.env }

// Conn is the connection, with the IdP as far as its own documents could tell it.
func (s *Session) Conn() *connection.Connection { return s.r.identified() }

// Discovery gives the discovery document, or nil.
func (s *Session) Discovery() *oidcdoc.Discovery { return s.r.discovered() }

// Endpoint gives an endpoint of the IdP: entered by hand, else that of the discovery document, else the profile's; "" when nobody
// says. name is one of authorization, token, userinfo, jwks; any other is a member of the discovery document.
func (s *Session) Endpoint(name string) string {
	hand := s.r.byHand()
	switch name {
	case "authorization":
		return s.r.endpoint(hand.Authorization, "authorization_endpoint", name)
	case "token":
		return s.r.endpoint(hand.Token, "token_endpoint", name)
	case "userinfo":
		return s.r.endpoint(hand.Userinfo, "userinfo_endpoint", name)
	case "jwks":
		return s.r.endpoint(hand.JWKS, "jwks_uri", name)
	}
	return s.r.endpoint("", name, "")
}

// Keys fetches the key set and gives it with the exchange; nil when there is none or it cannot be read. again asks once more, for a
// key that came after the first time.
func (s *Session) Keys(again bool) (*oidcdoc.JWKS, *evidence.Exchange) {
	last := s.r.get(evidence.JWKS).Last()
	if again {
		address := s.Endpoint("jwks")
		if address == "" {
			return nil, nil
		}
		got := s.r.fetch(s.r.ctx, request{method: http.MethodGet, url: address, accept: acceptJSON})
		last = &got[len(got)-1]
	}
	if last == nil || last.Status != http.StatusOK || last.Cut {
		return nil, last
	}
	set, err := oidcdoc.ParseJWKS(last.URL, last.Body)
	if err != nil || !set.Object() {
		return nil, last
	}
	return set, last
}

// Secret gives the value that a reference of the connection file leads to; it must not be kept.
func (s *Session) Secret(ref string) (string, error) { return s.r.secret(ref) }

// MaySend gives the reason why a secret, a code or a token is not sent to an endpoint; nil when it may be.
func (s *Session) MaySend(address string) *evidence.Failure {
	if refusal := s.r.refuseSecret(address); refusal != nil {
		return refusal.Failure
	}
	return nil
}

// Method is the way in which the client authenticates at the token endpoint: the connection's, else the one that the token endpoint
// took when it was probed, else the one that the SP uses first.
func (s *Session) Method() string {
	conn := s.Conn()
	if conn.OIDC.AuthMethod != "" {
		return conn.OIDC.AuthMethod
	}
	if conn.OIDC.ClientSecret == "" {
		return evidence.NoSecret
	}
	if tried := s.r.get(evidence.Client); tried != nil {
		for _, ex := range tried.Exchanges {
			if (ex.Label == evidence.Basic || ex.Label == evidence.Post) && ex.Status != 0 && !clientRefused(ex) {
				return ex.Label
			}
		}
	}
	return s.r.methods()[0]
}

// Request is one request of a login.
type Request struct {
	Label  string
	Method string
	URL    string
	Accept string
	Form   url.Values // POST body
	JSON   []byte     // POST body
	Header map[string]string
	Cookie []*http.Cookie
}

// Send makes one exchange and gives the cookies that it set. It follows nothing. What went wrong is in the exchange.
func (s *Session) Send(ctx context.Context, q Request) (evidence.Exchange, []*http.Cookie) {
	return s.r.client.send(ctx, request{label: q.Label, method: q.Method, url: q.URL, accept: q.Accept, form: q.Form, json: q.JSON, header: q.Header, cookie: q.Cookie})
}

// Recording is an http.RoundTripper for libraries: each request goes through the session's client, and its exchange is handed to
// keep. Bodies must be forms or empty.
func (s *Session) Recording(label string, keep func(evidence.Exchange)) http.RoundTripper {
	return roundTripper(func(req *http.Request) (*http.Response, error) {
		q := Request{Label: label, Method: req.Method, URL: req.URL.String(), Accept: acceptJSON, Header: map[string]string{}}
		if auth := req.Header.Get("Authorization"); auth != "" {
			q.Header["Authorization"] = auth
		}
		if req.Body != nil {
			defer req.Body.Close()
			b, err := io.ReadAll(io.LimitReader(req.Body, maxBody))
			if err != nil {
				return nil, err
			}
			if q.Form, err = url.ParseQuery(string(b)); err != nil {
				return nil, err
			}
		}
		ex, _ := s.Send(req.Context(), q)
		keep(ex)
		if ex.Failure != nil && ex.Status == 0 {
			return nil, ex.Failure
		}
		return &http.Response{StatusCode: ex.Status, Status: http.StatusText(ex.Status), Header: ex.Header, Body: io.NopCloser(bytes.NewReader(ex.Body)), Request: req, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1}, nil
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// SAMLRequest is the authentication request of the SP, ready to be sent: by an address (HTTP-Redirect), or by a form (HTTP-POST).
type SAMLRequest struct {
	ID, RelayState string
	URL            string     // to open; of a form: where it goes
	Form           url.Values // nil for HTTP-Redirect
	XML            []byte
}

// SAMLRequest makes the request that the SP sends, with ForceAuthn when asked; acs replaces the ACS URL when it is not empty. ok is
// false when there is nowhere to send it.
func (s *Session) SAMLRequest(acs, relayState string, force bool) (out SAMLRequest, ok bool) {
	a := s.r.asker(s.r.ctx)
	if a.to == "" || s.Conn().SPEntityID() == "" {
		return out, false
	}
	if sp := s.r.conn.SP.SAML; sp != nil && sp.RequestSigned.V {
		a.key = a.spKey()
	}
	q := a.request()
	q.ForceAuthn = force
	if acs != "" {
		q.ACSURL = acs
	}
	form, query, body := a.encode(q, relayState)
	out = SAMLRequest{ID: q.ID, RelayState: relayState, URL: a.to, Form: form, XML: body}
	if form == nil {
		out.URL = appendQuery(a.to, query)
	}
	return out, true
}

// Trust gives the certificates and keys that SAML messages of this connection are verified and opened with.
func (s *Session) Trust() (xmlsig.Trust, []*rsa.PrivateKey) {
	a := &asker{r: s.r}
	return Trust(a.set(), s.r.conn.SAML.IdPEntityID), SPKeys(s.r.env, s.r.conn.SAML.SPPrivateKey)
}

// Metadata gives the IdP's metadata, or nil.
func (s *Session) Metadata() *samldoc.Entities { return s.r.metadata() }

// PrivateKey reads a private key in PEM; nil when it is none.
func PrivateKey(pem string) crypto.Signer { return privateKey(pem) }

// SameOrigin reports whether two addresses have scheme, host and port in common.
func SameOrigin(a, b string) bool { return sameOrigin(a, b) }

func appendQuery(endpoint, query string) string {
	if strings.Contains(endpoint, "?") { // RFC 6749 §3.1: a query of the endpoint is kept
		return endpoint + "&" + query
	}
	return endpoint + "?" + query
}

// SSOURL is where the SP sends its requests: as configured, else as the IdP's metadata says.
func (s *Session) SSOURL() string {
	if s.r.conn.SAML == nil {
		return ""
	}
	return s.r.asker(s.r.ctx).to
}

// IdPInitiated is where a login begins at the IdP, as far as the profile says; "" when nobody knows.
func (s *Session) IdPInitiated() string {
	conn := s.Conn()
	if conn.IdP.SAML == nil {
		return ""
	}
	vars := map[string]string{"sp_entity_id": url.QueryEscape(conn.SPEntityID()), "acs": url.QueryEscape(conn.ACSURL()), "sso_url": s.SSOURL(), "issuer": conn.SAML.IdPEntityID}
	if m := s.r.metadata(); m != nil && vars["issuer"] == "" && m.IdP() != nil {
		vars["issuer"] = SeenIn(m).EntityID
	}
	if found := map[string]string{}; knowledge.Match(conn.IdP.SAML.EntityID.V, vars["issuer"], found) && found["issuer"] != "" {
		vars["issuer"] = found["issuer"]
	}
	for name := range conn.IdP.Settings {
		if set := conn.Setting(name); set != nil && set.Str() != "" {
			vars[name] = url.PathEscape(set.Str())
		}
	}
	address, missing := knowledge.Expand(conn.IdP.SAML.IdPInitiated.V, vars)
	if len(missing) > 0 {
		return ""
	}
	return address
}
