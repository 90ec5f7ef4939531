// Package evidence holds what was seen, before anybody judges it: exchanges with servers, names resolved, files read.
// A Set can be saved, attached to a ticket and judged again elsewhere with the same result.
package evidence

import (
	"time"

	"github.com/ssoctl/ssoctl/internal/source"
)

// Kind names one kind of evidence. There is at most one Observation of each kind for a connection.
type Kind string

const (
	Config       Kind = "config"                      // the connection file
	File         Kind = "config.file"                 // the connection file as a whole
	Refs         Kind = "config.refs"                 // what its references (env:, file:, paths) lead to
	Network      Kind = "net.host"                    // DNS, TCP, TLS of the IdP's host, proxy in effect
	Discovery    Kind = "oidc.discovery"              // {issuer}/.well-known/openid-configuration, as configured
	Alternatives Kind = "oidc.discovery.alternatives" // slash and well-known variants, asked when the former gave no document
	OAuthMeta    Kind = "oidc.discovery.rfc8414"      // the RFC 8414 form
	Repeat       Kind = "oidc.repeat"                 // discovery and JWKS fetched again (--deep)
	JWKS         Kind = "oidc.jwks"
	Client       Kind = "oidc.client"       // bogus code at the token endpoint
	Authorize    Kind = "oidc.authorize"    // authorization request with prompt=none
	PAR          Kind = "oidc.par"          // pushed authorization request
	Mutated      Kind = "oidc.mutated"      // authorization request with a changed redirect URI (--deep)
	Device       Kind = "oidc.device"       // device authorization request (--deep)
	SPProviders  Kind = "sp.providers"      // the SP's public list of providers
	SPSignIn     Kind = "sp.signin"         // the authorization request that the SP really sends
	SPMetadata   Kind = "sp.metadata"       // the SP's SAML metadata
	SAMLMetadata Kind = "saml.metadata"     // the IdP's metadata: the file or URL of the connection
	SAMLCerts    Kind = "saml.certificates" // the certificates that the connection names
	SAMLSSO      Kind = "saml.sso"          // authentication requests at the IdP's single sign-on service
	SAMLMessages Kind = "saml.messages"     // messages that were pasted, recorded by a browser or caught in a login
	LoginRun     Kind = "login"             // one login: its exchanges, and how it ended
	Tokens       Kind = "oidc.tokens"       // the tokens that a login brought, or that were pasted
	Claims       Kind = "claims"            // what the sources say about the user, and what the SP decides on it
)

// Observation is one piece of evidence: a file that was read, or what came of asking a server.
type Observation struct {
	Kind      Kind          `json:"kind"`
	Source    string        `json:"source,omitempty"` // file name, or the URL that was asked
	At        time.Time     `json:"at"`
	Elapsed   time.Duration `json:"elapsed_ns,omitempty"`
	Exchanges []Exchange    `json:"exchanges,omitempty"` // in order; a redirect is followed by the exchange it led to
	Body      Bytes         `json:"body,omitempty"`      // of a file
	Hosts     []Host        `json:"hosts,omitempty"`
	Refs      []Ref         `json:"refs,omitempty"`
	Files     []NamedFile   `json:"files,omitempty"`
	Messages  []Message     `json:"messages,omitempty"`
	Login     *Login        `json:"login,omitempty"`
	Tokens    []Token       `json:"tokens,omitempty"`
	Claims    []ClaimSet    `json:"claims,omitempty"`
	Decision  *Decided      `json:"decision,omitempty"`
	Begins    source.Pos    `json:"begins,omitzero"`   // place of Body's first byte in Source, when it is a part of it
	Guessed   bool          `json:"guessed,omitempty"` // asked for where the product usually has it; the connection does not name it
	Failure   *Failure      `json:"failure,omitempty"` // why there is nothing to judge
}

// Last gives the final exchange, or nil.
func (o *Observation) Last() *Exchange {
	if o == nil || len(o.Exchanges) == 0 {
		return nil
	}
	return &o.Exchanges[len(o.Exchanges)-1]
}

// Labelled gives the last exchange of one attempt, or nil.
func (o *Observation) Labelled(label string) *Exchange {
	if o == nil {
		return nil
	}
	for i := len(o.Exchanges) - 1; i >= 0; i-- {
		if o.Exchanges[i].Label == label {
			return &o.Exchanges[i]
		}
	}
	return nil
}

// Document gives the bytes that a document rule judges: the file, or the body of the last exchange.
func (o *Observation) Document() []byte {
	if o == nil {
		return nil
	}
	if len(o.Exchanges) > 0 {
		return o.Last().Body
	}
	return o.Body
}

// FromFile reports whether the evidence was read from a file.
func (o *Observation) FromFile() bool { return o != nil && len(o.Exchanges) == 0 && o.Source != "" }

// Name is how findings cite the evidence: "GET https://… (200)", or the file.
func (o *Observation) Name() string {
	if last := o.Last(); last != nil {
		return last.Name()
	}
	if o == nil {
		return ""
	}
	return o.Source
}

// Exchange is one HTTP request and what came back.
type Exchange struct {
	Label   string              `json:"label,omitempty"` // which attempt it belongs to: "basic", "post", "slash" ...
	Method  string              `json:"method"`
	URL     string              `json:"url"`
	Form    map[string]string   `json:"form,omitempty"` // request body, secrets redacted
	Status  int                 `json:"status,omitempty"`
	Header  map[string][]string `json:"header,omitempty"`
	Body    Bytes               `json:"body,omitempty"`
	Cut     bool                `json:"cut,omitempty"` // the body was longer than our limit; Body holds its beginning
	Bytes   int64               `json:"bytes,omitempty"`
	TLS     string              `json:"tls,omitempty"` // negotiated version, e.g. "TLS 1.3"
	Proxy   string              `json:"proxy,omitempty"`
	Elapsed time.Duration       `json:"elapsed_ns,omitempty"`
	At      time.Time           `json:"at"` // when the answer's header arrived
	Failure *Failure            `json:"failure,omitempty"`
}

// Head gives a response header's first value.
func (e *Exchange) Head(name string) string {
	if e == nil || len(e.Header[name]) == 0 {
		return ""
	}
	return e.Header[name][0]
}

// Stage is where an exchange stopped.
type Stage string

const (
	StageDNS      Stage = "dns"
	StageConnect  Stage = "connect"
	StageTLS      Stage = "tls"
	StageSend     Stage = "send"
	StageHeader   Stage = "header" // connected, request sent, no answer
	StageBody     Stage = "body"   // the answer began and did not end
	StageRedirect Stage = "redirect"
	StageBlocked  Stage = "blocked" // we refused to send: private address, budget, secret to an unproven endpoint
	StageTimeout  Stage = "timeout" // our own deadline for the connection
	StageRead     Stage = "read"    // a file
)

// NotListed is the code of a failure to find an entity in a large aggregate of metadata.
const NotListed = "not_listed"

// Failure is why something could not be seen, classified once, where it happened.
type Failure struct {
	Stage Stage  `json:"stage"`
	Code  string `json:"code,omitempty"` // within the stage: nxdomain, refused, unknown_authority, expired, name, loop, limit ...
	Text  string `json:"text"`
}

// Error makes a Failure an error.
func (f *Failure) Error() string { return f.Text }

// Host is what was learnt of one host and port below HTTP.
type Host struct {
	Host      string        `json:"host"`
	Port      string        `json:"port"`
	Addrs     []string      `json:"addrs,omitempty"`
	Pinned    bool          `json:"pinned,omitempty"`     // the address came from --resolve
	Proxy     string        `json:"proxy,omitempty"`      // proxy used for this host, without credentials
	ProxyFrom string        `json:"proxy_from,omitempty"` // the environment variable that said so
	NoProxy   string        `json:"no_proxy,omitempty"`
	Resolver  time.Duration `json:"resolve_ns,omitempty"`
	Connect   time.Duration `json:"connect_ns,omitempty"`
	TLS       *TLS          `json:"tls,omitempty"` // nil: plain HTTP, or not reached
	Failure   *Failure      `json:"failure,omitempty"`
}

// TLS is the outcome of handshakes with one host.
type TLS struct {
	Version  string   `json:"version,omitempty"` // negotiated with everything on offer
	Cipher   string   `json:"cipher,omitempty"`
	Chain    []Bytes  `json:"chain,omitempty"`     // DER, as sent
	Verified bool     `json:"verified"`            // against system roots or --ca-file
	CAFile   bool     `json:"ca_file,omitempty"`   // it verifies only with the CA that the user gave
	Problem  *Failure `json:"problem,omitempty"`   // why it does not verify
	Cipher12 string   `json:"cipher_12,omitempty"` // the suite that a handshake capped at TLS 1.2 ends in; "" when it came to none
	Only13   string   `json:"only_13,omitempty"`   // a handshake that allows TLS 1.3 only: "ok", or why not
	Only11   string   `json:"only_11,omitempty"`   // one capped at TLS 1.1: "ok", or why not
}

// Ref is one reference of a connection file and what it leads to. The value of a secret is never kept.
type Ref struct {
	Path   string `json:"path"`           // JSON pointer within the file
	Ref    string `json:"ref"`            // as written: env:NAME, file:PATH, a path
	State  string `json:"state"`          // ok | unset | missing | unreadable | empty | malformed
	Text   string `json:"text,omitempty"` // reason, for people
	Secret bool   `json:"secret,omitempty"`
	// Traits of a secret's value: leading_space trailing_space trailing_newline inner_space quoted guid jwt url hex ascii_only
	// not_urlsafe, and "shape:N" for the N-th secret shape of the IdP profile.
	Traits []string `json:"traits,omitempty"`
	Length int      `json:"length,omitempty"`
	Public string   `json:"public,omitempty"` // of a private key: SHA-256 of its public part (SubjectPublicKeyInfo), hexadecimal
}

// Has reports a trait.
func (r Ref) Has(trait string) bool {
	for _, t := range r.Traits {
		if t == trait {
			return true
		}
	}
	return false
}

// Set is the evidence on one connection.
type Set map[Kind]*Observation

// Bytes is a body. In JSON it is text when it is valid UTF-8 without control characters, base64 otherwise.
type Bytes []byte
