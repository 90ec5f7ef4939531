package cli

import (
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/report"
)

// decide notes what the run was asked for and could not decide: without the IdP's document nothing about a live OIDC connection
// is known, whatever else was seen.
func decide(c *report.Connection, s subject) {
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
