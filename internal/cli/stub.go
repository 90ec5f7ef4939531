package cli

import (
	"fmt"
	"strings"

	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/exact"
	"github.com/ssoctl/ssoctl/internal/report"
)

// adopt takes over the issuer that the discovery document states when the address that was typed differs from it by no more than
// a slash or the discovery path: an address on the command line is a way to find the IdP, not a configuration to judge.
func adopt(s *subject) {
	member := discovered(s.set).Discovery
	if member == nil || s.target.OIDC == nil {
		return
	}
	diff := exact.Compare(s.target.OIDC.Issuer, member("issuer"))
	if diff.Equal() || !diff.Only || diff.Kind != exact.Slash && diff.Kind != exact.WellKnown {
		return
	}
	f, err := config.Parse("", urlFile(s.target.Name, member("issuer"), ""))
	if err != nil {
		return
	}
	s.target = f.Targets[0]
	obs := *s.set[evidence.Config]
	obs.Body = f.Doc.Raw
	s.set[evidence.Config] = &obs
}

// fromAddress completes the judgement on a bare address: it has no file to point to, and a file to start from is offered.
func fromAddress(c *report.Connection, s subject) {
	c.SP, c.SPName, c.Where = "", "", report.Location{}
	if s.target.OIDC == nil {
		again(c, s.target.SAML.IdPMetadata)
		if seen := discovered(s.set); seen.EntityID != "" {
			c.Stub = stubSAML(c, s.target.SAML.IdPMetadata)
		} else if last := s.set[evidence.SAMLMetadata].Last(); last != nil && len(c.Undecided) == 0 {
			c.Undecided = append(c.Undecided, last.Name()+" is no SAML metadata: give the address of the IdP's metadata")
		}
		return
	}
	issuer := s.target.OIDC.Issuer
	again(c, issuer)
	if member := discovered(s.set).Discovery; member != nil && member("issuer") != "" {
		issuer = member("issuer")
	}
	c.Stub = stub(c, issuer)
}

// again lets the advice on how to look again name the whole address: the connection is called by its host alone.
func again(c *report.Connection, address string) {
	for i := range c.Findings {
		f := &c.Findings[i]
		f.Check = strings.ReplaceAll(f.Check, "ssoctl doctor "+c.Name, "ssoctl doctor "+address)
	}
}

// stubSAML is a connection file to go on with after a look at metadata.
func stubSAML(c *report.Connection, metadata string) string {
	idp, name := "", "my-app"
	if c.IdP != "" && c.IdP != "generic" {
		idp = fmt.Sprintf("    idp: {profile: %s}\n", c.IdP)
		name += "-" + c.IdP
	}
	var b strings.Builder
	fmt.Fprintf(&b, "version: 1\nconnections:\n  - name: %s\n    sp:                                  # ssoctl catalog sps\n      profile: generic\n", name)
	fmt.Fprintf(&b, "      acs_url: https://app.example.com/saml/acs\n      entity_id: https://app.example.com/saml/metadata\n%s    saml:\n      idp_metadata: %s\n", idp, metadata)
	return b.String()
}

// stub is a connection file to go on with after a look at a bare address.
func stub(c *report.Connection, issuer string) string {
	idp, name := "", "my-app"
	if c.IdP != "" && c.IdP != "generic" {
		idp = fmt.Sprintf("    idp: {profile: %s}\n", c.IdP)
		name += "-" + c.IdP
	}
	var b strings.Builder
	fmt.Fprintf(&b, "version: 1\nconnections:\n  - name: %s\n    sp: {profile: generic, callback_url: \"https://app.example.com/callback\"}   # ssoctl catalog sps\n%s    oidc:\n", name, idp)
	fmt.Fprintf(&b, "      issuer: %s\n      client_id: my-client-id   # as registered at the IdP\n      client_secret: env:CLIENT_SECRET\n      scopes: [openid, email, profile]\n", issuer)
	return b.String()
}
