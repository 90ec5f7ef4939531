// Package flow makes one real login: it builds the request, takes the answer from whoever brings it, exchanges the code, and
// leaves evidence as a probe does. It judges nothing. Nothing is ever sent to a redirect URI or ACS.
package flow

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/probe"
)

// Life is for how long an attempt can be finished.
const Life = 10 * time.Minute

// Attempt is what has to be kept between the request of a login and its answer. It holds secrets: whoever writes it to a file does so
// for its owner alone.
type Attempt struct {
	Schema       int               `json:"schema"`
	Connection   string            `json:"connection"`
	Protocol     string            `json:"protocol"`       // oidc | saml
	URL          string            `json:"url"`            // to open in a browser
	Form         map[string]string `json:"form,omitempty"` // of a SAML request by HTTP-POST: what a page posts to URL
	RedirectURI  string            `json:"redirect_uri"`   // of SAML: the ACS URL
	State        string            `json:"state"`          // of SAML: RelayState
	Nonce        string            `json:"nonce,omitempty"`
	Verifier     string            `json:"code_verifier,omitempty"` // RFC 7636 §4.1
	ResponseType string            `json:"response_type,omitempty"`
	ResponseMode string            `json:"response_mode,omitempty"`
	RequestID    string            `json:"request_id,omitempty"` // of SAML: ID of the AuthnRequest
	Began        time.Time         `json:"began"`
	Unasked      bool              `json:"unasked,omitempty"` // IdP-initiated: an answer without a request is awaited

	pushed *evidence.Exchange // the pushed authorization request, where the IdP demands one
}

// Options say what kind of login it is to be.
type Options struct {
	Redirect     string // in place of the SP's redirect URI or ACS: where a loopback receiver listens
	Fragment     bool   // ask for the answer in the fragment where the IdP offers it: a web server never sees it
	Query        bool   // the receiver can take an answer by query or form only
	Fresh        bool   // the IdP has to ask for the password again
	IdPInitiated bool
}

// ErrNowhere means that there is no address to send the user to.
var ErrNowhere = errors.New("there is no address to send the user to")

// Begin makes the request of a login. Nothing is sent, but for a pushed authorization request where the IdP demands one.
func Begin(s *probe.Session, o Options) (*Attempt, error) {
	conn, env := s.Conn(), s.Env()
	a := &Attempt{Schema: 1, Connection: conn.Name, Protocol: string(conn.Protocol()), Began: env.Now(), State: "ssoctl-" + env.Random() + env.Random(), Unasked: o.IdPInitiated}
	if conn.SAML != nil {
		return a, a.saml(s, o)
	}
	if conn.OIDC == nil {
		return nil, fmt.Errorf("%w: the connection says neither oidc nor saml", ErrNowhere)
	}
	return a, a.oidc(s, o)
}

func (a *Attempt) oidc(s *probe.Session, o Options) error {
	conn, env := s.Conn(), s.Env()
	endpoint := s.Endpoint("authorization")
	if endpoint == "" || conn.OIDC.ClientID == "" {
		return fmt.Errorf("%w: no authorization endpoint or no client ID is known", ErrNowhere)
	}
	a.RedirectURI = o.Redirect
	if a.RedirectURI == "" {
		a.RedirectURI = conn.RedirectURI()
	}
	if a.RedirectURI == "" {
		return fmt.Errorf("%w: the redirect URI is not known", ErrNowhere)
	}
	a.Nonce, a.ResponseType = env.Random()+env.Random(), "code"
	v := url.Values{"client_id": {conn.OIDC.ClientID}, "redirect_uri": {a.RedirectURI}, "scope": {strings.Join(conn.Scopes(), " ")}, "state": {a.State}}
	if conn.Grant() == "implicit" {
		a.ResponseType = "id_token"
	} else {
		a.Verifier = env.Random() + env.Random() + env.Random()
		sum := sha256.Sum256([]byte(a.Verifier))
		v.Set("code_challenge", base64.RawURLEncoding.EncodeToString(sum[:]))
		v.Set("code_challenge_method", "S256")
	}
	v.Set("response_type", a.ResponseType)
	if slices.Contains(conn.Scopes(), "openid") {
		v.Set("nonce", a.Nonce)
	} else {
		a.Nonce = ""
	}
	a.ResponseMode = a.mode(s, o)
	if a.ResponseMode != "" {
		v.Set("response_mode", a.ResponseMode)
	}
	if o.Fresh {
		v.Set("prompt", "login")
	}
	if conn.OIDC.HD != "" {
		v.Set("hd", conn.OIDC.HD)
	}
	if len(conn.OIDC.ACRValues) > 0 {
		v.Set("acr_values", strings.Join(conn.OIDC.ACRValues, " "))
	}
	if d := s.Discovery(); d != nil && d.True("require_pushed_authorization_requests") {
		a.push(s, v)
		return a.pushedURL(endpoint, conn.OIDC.ClientID)
	}
	a.URL = join(endpoint, v)
	return nil
}

// mode is the response mode to ask for: what the SP asks for, unless the receiver cannot take that, or another is safer.
func (a *Attempt) mode(s *probe.Session, o Options) string {
	mode := ""
	if sp := s.Conn().SP.OIDC; sp != nil {
		mode = sp.ResponseMode.V
	}
	if mode == "query" || mode == "fragment" && a.ResponseType != "code" {
		mode = "" // the default of the response type
	}
	d := s.Discovery()
	offers := func(m string) bool {
		if d == nil {
			return false
		}
		modes, _ := d.List("response_modes_supported")
		return slices.Contains(modes, m)
	}
	switch {
	case o.Fragment && offers("fragment"):
		return "fragment"
	case o.Query && a.ResponseType != "code":
		return "form_post" // a token never comes in a query, and a fragment never reaches a server
	}
	return mode
}

// join appends a query to an endpoint that may have one (RFC 6749 §3.1).
func join(endpoint string, v url.Values) string {
	if strings.Contains(endpoint, "?") {
		return endpoint + "&" + v.Encode()
	}
	return endpoint + "?" + v.Encode()
}

func (a *Attempt) saml(s *probe.Session, o Options) error {
	conn := s.Conn()
	a.RedirectURI = o.Redirect
	if a.RedirectURI == "" {
		a.RedirectURI = conn.ACSURL()
	}
	if o.IdPInitiated {
		a.State = ""
		return nil
	}
	q, ok := s.SAMLRequest(o.Redirect, a.State, o.Fresh)
	if !ok {
		return fmt.Errorf("%w: no SSO URL or no SP entity ID is known", ErrNowhere)
	}
	a.RequestID, a.URL = q.ID, q.URL
	if q.Form != nil {
		a.Form = map[string]string{}
		for name := range q.Form {
			a.Form[name] = q.Form.Get(name)
		}
	}
	return nil
}

// Expired reports whether the attempt is too old to be finished.
func (a *Attempt) Expired(now time.Time) bool { return now.After(a.Began.Add(Life)) }

// Ours reports whether an answer belongs to the attempt: the state of OIDC, the request's ID or RelayState of SAML. It takes the same
// time whatever differs.
func (a *Attempt) Ours(state string) bool {
	return a.State != "" && subtle.ConstantTimeCompare([]byte(state), []byte(a.State)) == 1
}

// Load reads an attempt that was written by --start.
func Load(b []byte) (*Attempt, error) {
	var a Attempt
	if err := json.Unmarshal(b, &a); err != nil {
		return nil, fmt.Errorf("read the attempt: %w", err)
	}
	if a.Schema != 1 || a.Protocol == "" || a.Connection == "" {
		return nil, errors.New("read the attempt: it is not what test-login --start writes")
	}
	return &a, nil
}
