package cli

import (
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/report"
)

// decide notes what the run was asked for and could not decide: without the IdP's document nothing about a live OIDC connection
// is known, whatever else was seen.
func decide(c *report.Connection, s subject) {
	if s.target.Protocol() == config.SAML {
		c.Undecided = append(c.Undecided, "this version looks at the file and at the way to the IdP of a SAML connection, not yet at its metadata, signatures and messages")
		return
	}
	obs := s.set[evidence.Discovery]
	if obs == nil {
		return
	}
	if obs.Failure != nil {
		c.Undecided = append(c.Undecided, obs.Failure.Text)
		return
	}
	if last := obs.Last(); last != nil && (last.Status == 429 || last.Status >= 500) {
		c.Undecided = append(c.Undecided, last.Name())
	}
}
