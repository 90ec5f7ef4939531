package evidence

import (
	"time"

	"github.com/ssoctl/ssoctl/internal/report"
)

// Login is how one login went, beside the exchanges that made it up.
type Login struct {
	Protocol string    `json:"protocol"`           // oidc | saml
	Receiver string    `json:"receiver"`           // how the answer came back: paste | loopback | device | file | har | form
	Grant    string    `json:"grant,omitempty"`    // code | implicit | hybrid | device
	Mode     string    `json:"mode,omitempty"`     // response_mode that was asked for; "" when none was
	Began    time.Time `json:"began,omitzero"`     // when the request was made
	Arrived  time.Time `json:"arrived,omitzero"`   // when the answer came; zero: it never did
	End      string    `json:"end"`                // one of the Ended words
	Detail   string    `json:"detail,omitempty"`   // for people: what the IdP asks for, what its page says
	Unasked  bool      `json:"unasked,omitempty"`  // IdP-initiated: no request was sent
	Foreign  int       `json:"foreign,omitempty"`  // answers of another attempt, or of nobody, that were turned away
	Withheld string    `json:"withheld,omitempty"` // why no code was exchanged: no secret, the endpoint is not trusted
	Listener string    `json:"listener,omitempty"` // addresses that were listened on, separated by a comma
	Redirect string    `json:"redirect,omitempty"` // redirect URI or ACS that was used in place of the SP's
	// CodeLength is how many characters the authorization code has, which redaction does not keep; 0: not known.
	CodeLength int `json:"code_length,omitempty"`
	// Passed says what the strict libraries said of what came, by name ("go-oidc"): "" when they took it.
	Opinions map[string]string `json:"opinions,omitempty"`
}

// How the detail of a refused login begins that was seen and not said: the answer went, or came, otherwise than the SP takes it.
const (
	SentElsewhere = "the IdP sends its answer to"
	SentArtifact  = "the IdP answers with an artifact"
)

// How a login can end.
const (
	EndedAnswered    = "answered"    // an answer with a code, tokens or an assertion came
	EndedRefused     = "refused"     // an answer with an error came, or the IdP's page says no
	EndedCancelled   = "cancelled"   // the user gave up
	EndedTimeout     = "timeout"     // nothing came in time
	EndedInteraction = "interaction" // the IdP wants something that only a person can do
	EndedPassword    = "password"    // the IdP did not take the user name and password
	EndedUnsent      = "unsent"      // there was nowhere to send the user
)

// Labels of a login's exchanges.
const (
	LoginRequest  = "request"      // the authorization request, as it was sent; what came back is known to the form driver only
	LoginPage     = "page"         // of the IdP, on the way to the answer
	LoginCallback = "callback"     // what the IdP sent to the redirect URI
	LoginToken    = "token"        // the exchange of the code
	LoginUserinfo = "userinfo"     // with the access token
	LoginEmails   = "emails"       // GitHub's second address for e-mail addresses
	LoginRefresh  = "refresh"      // with the refresh token
	LoginDevice   = "device"       // device authorization request
	LoginPoll     = "poll"         // of the token endpoint in the device flow; the last one
	LoginPush     = "pushed"       // pushed authorization request
	LoginRevoke   = "revocation"   // --cleanup
	LoginSignOut  = "end_session"  // --cleanup
	LoginRegister = "registration" // of a client, where it is made for the login
)

// Token is one token, or one signed answer, as it may be kept: header and claims with personal values replaced, and what was found out
// about it while it was whole.
type Token struct {
	Name   string `json:"name"`             // id_token | access_token | refresh_token | logout_token | userinfo (signed) | client_assertion
	Label  string `json:"label,omitempty"`  // of the exchange that brought it: token, refresh, callback; "" when it was pasted
	Source string `json:"source,omitempty"` // file or exchange, for people
	Parts  int    `json:"parts"`            // 3: JWS, 5: JWE, else opaque
	Size   int    `json:"size"`             // bytes
	Header Bytes  `json:"header,omitempty"` // JSON
	Claims Bytes  `json:"claims,omitempty"` // JSON; empty when they cannot be read
	// Problem is why header or claims cannot be read.
	Problem   string    `json:"problem,omitempty"`
	Signature Verified  `json:"signature"`
	At        time.Time `json:"at,omitzero"`        // when it came; zero: not known
	Traits    []string  `json:"traits,omitempty"`   // what redaction destroys: sub_long, sub_not_ascii, sub_is_iss, not_visible_ascii, not_base64url, short, doubled:NAME
	AtHash    string    `json:"at_hash,omitempty"`  // of an ID token: same | different | absent (no hash) | unknown (no access token)
	CHash     string    `json:"c_hash,omitempty"`   // the same for the code
	Opinion   string    `json:"opinion,omitempty"`  // of go-oidc on an ID token: what it refuses it for
	Judged    bool      `json:"judged,omitempty"`   // go-oidc was asked; an empty Opinion then means that it takes the token
	Unsealed  bool      `json:"unsealed,omitempty"` // it was encrypted and is shown decrypted
}

// Verified is what became of a token's signature.
type Verified struct {
	State string `json:"state"`         // verified | refused | no_key | none | not_computed
	By    string `json:"by,omitempty"`  // the key that verifies it
	Kid   string `json:"kid,omitempty"` // of the header
	Alg   string `json:"alg,omitempty"`
	Text  string `json:"text,omitempty"` // why not, for people
}

// States of Verified.
const (
	SigVerified    = "verified"
	SigRefused     = "refused"      // a key was tried and does not verify it
	SigNoKey       = "no_key"       // the key set has no key that the header could mean
	SigNone        = "none"         // alg none, or no signature part
	SigNotComputed = "not_computed" // no keys were at hand
)

// ClaimSet is what one source says about the user, with personal values replaced.
type ClaimSet struct {
	Source string `json:"source"` // id_token | userinfo | access_token | assertion | claims (a file that does not say)
	Claims Bytes  `json:"claims"` // JSON object; of an assertion attribute names and values, "nameID" for the NameID
}

// Decided is the SP's decision, made on the real values.
type Decided = report.Decision

// Values gives the claims; nil when they are no JSON object. Numbers are json.Number.
func (c ClaimSet) Values() map[string]any { return object(c.Claims) }
