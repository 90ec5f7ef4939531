package probe

import (
	"context"
	"strings"
	"sync"

	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/connection"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/knowledge"
	"github.com/ssoctl/ssoctl/internal/oidcdoc"
)

// table lists every probe. A probe asks for the evidence that it follows through run.get, so order does not matter here.
// It is a function because the probes reach back to it.
func table() []probe {
	return []probe{
		{evidence.Refs, files, refs},
		{evidence.Network, passive, network},
		{evidence.Discovery, passive, discovery},
		{evidence.Alternatives, passive, alternatives},
		{evidence.OAuthMeta, passive, oauthMeta},
		{evidence.JWKS, passive, jwks},
		{evidence.Repeat, deep, repeat},
		{evidence.Client, active, client},
		{evidence.Authorize, active, authorize},
		{evidence.PAR, active, par},
		{evidence.Mutated, deep, mutated},
		{evidence.Device, deep, device},
		{evidence.SPProviders, passive, spProviders},
		{evidence.SPSignIn, active, spSignIn},
		{evidence.SPMetadata, passive, spMetadata},
		{evidence.SAMLCerts, files, samlCerts},
		{evidence.SAMLMetadata, files, samlMetadata},
		{evidence.SAMLSSO, active, samlSSO},
	}
}

// Result is what a gathering brought.
type Result struct {
	Set evidence.Set
	// Conn is the connection with the IdP as far as the discovery document could tell it.
	Conn *connection.Connection
}

// Gather collects the wanted kinds of evidence on a connection, concurrently, each once. It never fails: what could not be seen
// is an observation with a Failure. ctx bounds the whole.
func Gather(ctx context.Context, env *Env, t *config.Target, lib *knowledge.Library, own *knowledge.SP, want map[evidence.Kind]bool) Result {
	s := Open(ctx, env, t, lib, own)
	defer s.Close()
	return Result{Set: s.Gather(want), Conn: s.Conn()}
}

// run is one gathering.
type run struct {
	ctx    context.Context
	env    *Env
	conn   *connection.Connection
	own    *knowledge.SP
	client *recorder
	table  []probe
	once   map[evidence.Kind]func() *evidence.Observation
	ident  func() *connection.Connection
}

func newRun(ctx context.Context, env *Env, t *config.Target, lib *knowledge.Library, own *knowledge.SP) *run {
	r := &run{ctx: ctx, table: table(), env: env, own: own, conn: connection.Resolve(t, lib, own, connection.Seen{}), once: map[evidence.Kind]func() *evidence.Observation{}}
	r.client = newRecorder(env, r.typed())
	for _, p := range r.table {
		r.once[p.kind] = sync.OnceValue(func() *evidence.Observation {
			start := env.Now()
			obs := p.run(ctx, r)
			if obs == nil {
				return nil
			}
			obs.Kind, obs.At, obs.Elapsed = p.kind, start, env.Now().Sub(start)
			return obs
		})
	}
	r.ident = sync.OnceValue(func() *connection.Connection {
		if d := r.discovered(); d != nil {
			return connection.Resolve(t, lib, own, connection.Seen{Discovery: d.Str})
		}
		if r.conn.SAML != nil {
			if m := r.metadata(); m != nil {
				return connection.Resolve(t, lib, own, SeenIn(m))
			}
		}
		return r.conn
	})
	return r
}

// get gives the evidence of a kind, gathering it on first use. Probes whose effect the run does not allow give nil.
func (r *run) get(kind evidence.Kind) *evidence.Observation {
	for _, p := range r.table {
		if p.kind == kind && r.allowed(p.effect) && (r.conn.OIDC != nil || !strings.HasPrefix(string(kind), "oidc.")) &&
			(r.conn.SAML != nil || !strings.HasPrefix(string(kind), "saml.")) {
			return r.once[kind]()
		}
	}
	return nil
}

func (r *run) allowed(e effect) bool {
	switch {
	case e == files:
		return true
	case r.env.Offline:
		return false
	case r.env.Passive:
		return e == passive
	}
	return e != deep || r.env.Deep
}

// discovered gives the discovery document, or nil.
func (r *run) discovered() *oidcdoc.Discovery {
	last := r.get(evidence.Discovery).Last()
	if last == nil || last.Status != 200 || last.Cut || last.Failure != nil {
		return nil
	}
	d, err := oidcdoc.ParseDiscovery(last.URL, last.Body)
	if err != nil || !d.Object() {
		return nil
	}
	return d
}

// identified is the connection with its IdP recognised by the discovery document as well.
func (r *run) identified() *connection.Connection { return r.ident() }

// byHand gives the endpoints of the connection file.
func (r *run) byHand() config.Endpoints {
	if r.conn.OIDC == nil {
		return config.Endpoints{}
	}
	return r.conn.OIDC.Endpoints
}

// endpoint gives an endpoint: entered by hand, else from the discovery document, else from the IdP's profile.
func (r *run) endpoint(byHand, member, profile string) string {
	if byHand != "" {
		return byHand
	}
	if d := r.discovered(); d != nil {
		return d.Str(member)
	}
	if r.conn.IdP.OIDC != nil && profile != "" {
		return r.conn.IdP.OIDC.Endpoints[profile].V
	}
	return ""
}

// typed lists the hosts that the user wrote: private addresses are allowed only there.
func (r *run) typed() []string {
	var urls []string
	if o := r.conn.OIDC; o != nil {
		urls = append(urls, o.Issuer, o.DiscoveryURL, o.Endpoints.Authorization, o.Endpoints.Token, o.Endpoints.Userinfo, o.Endpoints.JWKS)
	}
	if s := r.conn.SAML; s != nil {
		urls = append(urls, s.IdPMetadata, s.SSOURL)
	}
	for _, v := range r.conn.Vars {
		urls = append(urls, v)
	}
	return hostsOf(urls)
}
