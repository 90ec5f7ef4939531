package check

import "github.com/ssoctl/ssoctl/internal/evidence"

// fields ties each kind of evidence to the field of a Case that it fills: whether it is there, and how to hide it.
var fields = []struct {
	kind evidence.Kind
	has  func(*Case) bool
	hide func(*Case)
}{
	{evidence.File, func(c *Case) bool { return c.File != nil }, func(c *Case) { c.File = nil }},
	{evidence.Config, func(c *Case) bool { return c.Config != nil }, func(c *Case) { c.Config = nil }},
	{evidence.Refs, func(c *Case) bool { return c.got(evidence.Refs) != nil }, func(c *Case) { c.Refs = nil }},
	{evidence.Network, func(c *Case) bool { return c.got(evidence.Network) != nil }, func(c *Case) { c.Network, c.Chain = nil, nil }},
	{evidence.Discovery, func(c *Case) bool { return c.Discovery != nil }, func(c *Case) { c.Discovery = nil }},
	{evidence.Alternatives, func(c *Case) bool { return c.Alternatives != nil }, func(c *Case) { c.Alternatives = nil }},
	{evidence.OAuthMeta, func(c *Case) bool { return c.OAuthMeta != nil }, func(c *Case) { c.OAuthMeta = nil }},
	{evidence.Repeat, func(c *Case) bool { return c.Repeat != nil }, func(c *Case) { c.Repeat = nil }},
	{evidence.JWKS, func(c *Case) bool { return c.JWKS != nil }, func(c *Case) { c.JWKS = nil }},
	{evidence.Client, func(c *Case) bool { return c.Client != nil }, func(c *Case) { c.Client = nil }},
	{evidence.Authorize, func(c *Case) bool { return c.Authorize != nil }, func(c *Case) { c.Authorize = nil }},
	{evidence.PAR, func(c *Case) bool { return c.PAR != nil }, func(c *Case) { c.PAR = nil }},
	{evidence.Mutated, func(c *Case) bool { return c.Mutated != nil }, func(c *Case) { c.Mutated = nil }},
	{evidence.Device, func(c *Case) bool { return c.Device != nil }, func(c *Case) { c.Device = nil }},
	{evidence.SPProviders, func(c *Case) bool { return c.SPProviders != nil }, func(c *Case) { c.SPProviders = nil }},
	{evidence.SPSignIn, func(c *Case) bool { return c.SPSignIn != nil }, func(c *Case) { c.SPSignIn = nil }},
	{evidence.SPMetadata, func(c *Case) bool { return c.SPMetadata != nil }, func(c *Case) { c.SPMetadata, c.SPEntity = nil, nil }},
	{evidence.SAMLMetadata, func(c *Case) bool { return c.Metadata != nil }, func(c *Case) { c.Metadata = nil }},
	{evidence.SAMLCerts, func(c *Case) bool { return c.Certs != nil }, func(c *Case) { c.Certs = nil }},
	{evidence.SAMLSSO, func(c *Case) bool { return c.SSO != nil }, func(c *Case) { c.SSO, c.Probed = nil, nil }},
	{evidence.SAMLMessages, func(c *Case) bool { return c.Messages != nil }, func(c *Case) { c.Messages = nil }},
	{evidence.LoginRun, func(c *Case) bool { return c.Login != nil }, func(c *Case) { c.Login = nil }},
	{evidence.Tokens, func(c *Case) bool { return c.Tokens != nil }, func(c *Case) { c.Tokens = nil }},
	{evidence.Claims, func(c *Case) bool { return c.User != nil }, func(c *Case) { c.User = nil }},
}

func (c *Case) has(kind evidence.Kind) bool {
	for _, f := range fields {
		if f.kind == kind {
			return f.has(c)
		}
	}
	return false
}

// only copies the case and hides everything that the rule does not declare, so that a rule cannot come to depend on more.
// SP and IdP stay: they are products, not evidence.
func (c *Case) only(r *Rule) *Case {
	view := *c
	view.Seen = map[evidence.Kind]Seen{}
	for _, f := range fields {
		declared := false
		for _, kinds := range [][]evidence.Kind{r.Needs, r.AnyOf, r.Uses, r.Tries, r.TriesAnyOf} {
			for _, k := range kinds {
				declared = declared || k == f.kind
			}
		}
		if !declared {
			f.hide(&view)
			continue
		}
		if seen, ok := c.Seen[f.kind]; ok {
			view.Seen[f.kind] = seen
		}
	}
	return &view
}
