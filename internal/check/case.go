package check

import (
	"crypto/x509"
	"strings"
	"time"

	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/connection"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/knowledge"
	"github.com/ssoctl/ssoctl/internal/oidcdoc"
	"github.com/ssoctl/ssoctl/internal/samldoc"
)

// Case is everything a rule may read about one connection, or about one file. A field is nil when its evidence is not there
// or could not be parsed; Seen tells what was attempted.
type Case struct {
	Now time.Time
	SP  *knowledge.SP  // never nil
	IdP *knowledge.IdP // never nil
	Lib *knowledge.Library

	File         *config.File           // Kind config.file
	Config       *connection.Connection // Kind config; nil when a bare document is judged
	Refs         []evidence.Ref         // Kind config.refs
	Network      *evidence.Observation  // Kind net.host
	Chain        []*x509.Certificate    // Kind net.host: the chain that the issuer's host sent
	Discovery    *oidcdoc.Discovery     // Kind oidc.discovery
	Alternatives *evidence.Observation  // Kind oidc.discovery.alternatives
	OAuthMeta    *oidcdoc.Discovery     // Kind oidc.discovery.rfc8414
	Repeat       *evidence.Observation  // Kind oidc.repeat
	JWKS         *oidcdoc.JWKS          // Kind oidc.jwks
	Client       *Attempts              // Kind oidc.client
	Authorize    *Attempts              // Kind oidc.authorize
	PAR          *Attempts              // Kind oidc.par
	Mutated      *Attempts              // Kind oidc.mutated
	Device       *Attempts              // Kind oidc.device
	SPProviders  *evidence.Observation  // Kind sp.providers
	SPSignIn     *evidence.Observation  // Kind sp.signin
	SPMetadata   *evidence.Observation  // Kind sp.metadata
	SPEntity     *samldoc.Entities      // Kind sp.metadata: parsed; nil when the answer is no metadata
	Metadata     *samldoc.Entities      // Kind saml.metadata
	Certs        []Cert                 // Kind saml.certificates
	SSO          *Attempts              // Kind saml.sso
	Probed       []*Message             // Kind saml.sso: the messages that came back
	Messages     []*Message             // Kind saml.messages
	Login        *Login                 // Kind login
	Tokens       []*Token               // Kind oidc.tokens
	User         *User                  // Kind claims

	Seen map[evidence.Kind]Seen // every attempt
}

// Seen is one attempt to get evidence, with what became of it.
type Seen struct {
	Obs    *evidence.Observation
	Parsed error // why a document could not be parsed; nil when it was, or was not tried
}

// New makes a case from evidence. conn may be nil for a bare document. Parsing never fails: what cannot be parsed stays nil.
//
// The file comes in through conn; for a file without connections call NewFile.
func New(conn *connection.Connection, lib *knowledge.Library, set evidence.Set, now time.Time) *Case {
	c := &Case{Now: now, Lib: lib, Config: conn, Seen: map[evidence.Kind]Seen{}}
	if conn != nil {
		c.File = conn.File()
		c.Seen[evidence.File] = Seen{Obs: set[evidence.Config]}
		c.SP, c.IdP = conn.SP, conn.IdP
		if obs := set[evidence.LoginRun]; obs != nil && obs.Login != nil && obs.Login.Redirect != "" {
			listening := *conn
			listening.Listening = obs.Login.Redirect
			c.Config = &listening
		}
	} else {
		c.SP, _ = lib.SP("generic")
		c.IdP, _ = lib.IdP("generic")
	}
	for kind, obs := range set {
		c.Seen[kind] = Seen{Obs: obs}
	}
	c.Discovery = c.discovery(evidence.Discovery)
	c.OAuthMeta = c.discovery(evidence.OAuthMeta)
	c.jwks()
	if conn == nil && c.Discovery != nil {
		id, _ := lib.Detect(knowledge.Clues{Issuer: c.Discovery.Issuer(), Discovery: c.Discovery.Str})
		c.IdP, _ = lib.IdP(id)
	}
	if obs := c.got(evidence.Refs); obs != nil {
		c.Refs = obs.Refs
	}
	c.Network = c.got(evidence.Network)
	if c.Network == nil { // a host that could not be reached is what the network rules are about
		c.Network = set[evidence.Network]
	}
	c.chain()
	c.Alternatives, c.Repeat = c.got(evidence.Alternatives), c.got(evidence.Repeat)
	c.SPProviders, c.SPSignIn, c.SPMetadata = c.got(evidence.SPProviders), c.got(evidence.SPSignIn), c.got(evidence.SPMetadata)
	c.Client, c.Authorize, c.PAR = c.attempts(evidence.Client), c.attempts(evidence.Authorize), c.attempts(evidence.PAR)
	c.Mutated, c.Device = c.attempts(evidence.Mutated), c.attempts(evidence.Device)
	c.saml()
	c.login()
	return c
}

// NewFile makes a case of a connection file as a whole; parsed is why it could not be parsed, f is nil then.
func NewFile(name string, f *config.File, parsed error, lib *knowledge.Library, now time.Time) *Case {
	c := New(nil, lib, nil, now)
	c.File = f
	c.Seen[evidence.File] = Seen{Obs: &evidence.Observation{Kind: evidence.File, Source: name}, Parsed: parsed}
	return c
}

// got gives an observation that succeeded, or nil.
func (c *Case) got(kind evidence.Kind) *evidence.Observation {
	obs := c.Seen[kind].Obs
	if obs == nil || obs.Failure != nil {
		return nil
	}
	return obs
}

// document gives an observation that can be parsed: a file, or a 200 answer that was not cut.
func (c *Case) document(kind evidence.Kind) *evidence.Observation {
	obs := c.got(kind)
	if obs == nil {
		return nil
	}
	if last := obs.Last(); last != nil && (last.Status != 200 || last.Cut || last.Failure != nil) {
		return nil
	}
	return obs
}

func (c *Case) discovery(kind evidence.Kind) *oidcdoc.Discovery {
	obs := c.document(kind)
	if obs == nil {
		return nil
	}
	d, err := oidcdoc.ParseDiscovery(obs.Source, obs.Document())
	if err != nil || !d.Object() {
		c.Seen[kind] = Seen{Obs: obs, Parsed: orNoObject(err)}
		return nil
	}
	return d
}

func (c *Case) jwks() {
	obs := c.document(evidence.JWKS)
	if obs == nil {
		return
	}
	set, err := oidcdoc.ParseJWKS(obs.Source, obs.Document())
	if err != nil || !set.Object() {
		c.Seen[evidence.JWKS] = Seen{Obs: obs, Parsed: orNoObject(err)}
		return
	}
	c.JWKS = set
}

func (c *Case) chain() {
	if c.Network == nil || len(c.Network.Hosts) == 0 || c.Network.Hosts[0].TLS == nil {
		return
	}
	for _, der := range c.Network.Hosts[0].TLS.Chain {
		if cert, err := x509.ParseCertificate(der); err == nil {
			c.Chain = append(c.Chain, cert)
		}
	}
}

// OtherIssuer reports whether the discovery document that came names another issuer than the connection, the slash at the end aside. The
// rules on the issuer tell it; where the endpoints of that document lead does not matter then.
func (c *Case) OtherIssuer() bool {
	if c.Discovery == nil || c.Config == nil {
		return false
	}
	got, want := c.Discovery.Issuer(), c.Config.Issuer()
	return got != "" && want != "" && strings.TrimSuffix(got, "/") != strings.TrimSuffix(want, "/")
}
