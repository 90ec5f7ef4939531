package flow

import (
	"context"
	"strings"
	"time"

	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/oidcdoc"
	"github.com/ssoctl/ssoctl/internal/probe"
	"github.com/ssoctl/ssoctl/internal/unwrap"
)

// Answer is what came back: from a browser, a file, or the form driver.
type Answer struct {
	Method, URL string            // with query and fragment; the redirect URI or ACS without them when it was posted
	Form        map[string]string // of a POST
	ContentType string
	At          time.Time
	Messages    []unwrap.Document // of SAML: what was opened
	// Beside it, of a recorded browser (HAR): what else it saw of the login.
	Tokens map[string]string // name to token
	Claims []evidence.ClaimSet
	// Blocked is why the recorded browser sent nothing, or dropped what came.
	Blocked string
}

// Run is one login that is being made. Its evidence is complete after Finish or End.
type Run struct {
	s       *probe.Session
	a       *Attempt
	login   *evidence.Observation
	tokens  []evidence.Token
	claims  []evidence.ClaimSet
	message []evidence.Message
	keys    *evidence.Exchange // the key set, when it was asked for once more
	set     *oidcdoc.JWKS
	raw     Raw
	jar     *jar
}

// Raw is what must not be shown: the tokens and messages as they came, for --save-tokens and --cleanup.
type Raw struct {
	IDToken      string `json:"id_token,omitempty"`
	AccessToken  string `json:"access_token,omitempty"`
	RefreshToken string `json:"refresh_token,omitempty"`
	SAMLResponse string `json:"saml_response,omitempty"` // the XML
}

// New makes a run of an attempt. receiver is how the answer comes back: paste, loopback, file, har, form, device.
func New(s *probe.Session, a *Attempt, receiver string) *Run {
	r := &Run{s: s, a: a, login: &evidence.Observation{Kind: evidence.LoginRun, At: a.Began, Source: bare(a.URL),
		Login: &evidence.Login{Protocol: a.Protocol, Receiver: receiver, Began: a.Began, Mode: a.ResponseMode, Unasked: a.Unasked, Opinions: map[string]string{}}}}
	if a.Protocol == "oidc" {
		r.login.Login.Grant = map[string]string{"code": "code", "id_token": "implicit"}[a.ResponseType]
	}
	if a.RedirectURI != "" && a.RedirectURI != home(s) {
		r.login.Login.Redirect = a.RedirectURI
	}
	if a.pushed != nil {
		r.keep(*a.pushed)
	}
	if a.Protocol == "oidc" && a.URL != "" {
		r.keep(evidence.Exchange{Label: evidence.LoginRequest, Method: "GET", URL: a.URL, At: a.Began})
	}
	return r
}

// home is where the SP takes its answers.
func home(s *probe.Session) string {
	if c := s.Conn(); c.SAML != nil {
		return c.ACSURL()
	}
	return s.Conn().RedirectURI()
}

// bare is an address without what is secret in it: query and fragment.
func bare(address string) string {
	if i := strings.IndexAny(address, "?#"); i >= 0 {
		return address[:i]
	}
	return address
}

func (r *Run) keep(ex evidence.Exchange) { r.login.Exchanges = append(r.login.Exchanges, ex) }

// Login is what the run knows of how it went; the caller may add to it.
func (r *Run) Login() *evidence.Login { return r.login.Login }

// Raw gives the tokens and messages as they came.
func (r *Run) Raw() Raw { return r.raw }

// End closes a run to which no answer came.
func (r *Run) End(how, detail string) {
	r.login.Login.End, r.login.Login.Detail = how, detail
}

// Finish takes the answer and goes on with it as far as it leads: the exchange of the code, userinfo, a refresh; the signatures of
// SAML messages. It is called once.
func (r *Run) Finish(ctx context.Context, ans Answer) {
	l := r.login.Login
	l.Arrived, l.End = ans.At, evidence.EndedAnswered
	if r.a.Protocol == "saml" {
		r.saml(ans)
		return
	}
	r.oidc(ctx, ans)
}

// Person is what the caller knows about who signed in.
type Person struct {
	Admin bool // the admin of the connection, who asks whether enforcing SSO would lock him or her out
}

// Evidence gives what the run leaves, for a set: its kinds replace those that are there. It may be called more than once.
func (r *Run) Evidence(set evidence.Set, who Person) {
	at := r.s.Env().Now()
	r.login.Elapsed = at.Sub(r.login.At)
	set[evidence.LoginRun] = r.login
	if len(r.tokens) > 0 {
		set[evidence.Tokens] = &evidence.Observation{Kind: evidence.Tokens, At: at, Tokens: r.tokens}
	}
	if len(r.message) > 0 {
		set[evidence.SAMLMessages] = &evidence.Observation{Kind: evidence.SAMLMessages, At: at, Source: r.message[0].Source, Messages: r.message}
	}
	if len(r.claims) > 0 {
		set[evidence.Claims] = r.decided(at, who)
	}
	if r.keys != nil && set[evidence.JWKS] != nil {
		obs := *set[evidence.JWKS]
		obs.Exchanges = append(obs.Exchanges[:len(obs.Exchanges):len(obs.Exchanges)], *r.keys)
		set[evidence.JWKS] = &obs
	}
}
