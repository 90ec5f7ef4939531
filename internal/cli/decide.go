package cli

import (
	"fmt"
	"slices"

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
		return
	}
	for _, kind := range []evidence.Kind{evidence.Authorize, evidence.Client} {
		if why := unheard(c, kind, s.set[kind]); why != "" {
			c.Undecided = append(c.Undecided, why)
		}
	}
}

// unheard says why an endpoint of the login that was asked said nothing of use, "" when it did: it fell silent, it had no time, or
// it refused with a page that nobody here can read.
func unheard(c *report.Connection, kind evidence.Kind, obs *evidence.Observation) string {
	name := map[evidence.Kind]string{evidence.Authorize: "authorization endpoint", evidence.Client: "token endpoint"}[kind]
	last := obs.Last()
	if last == nil || last.Failure != nil && last.Failure.Stage == evidence.StageBlocked {
		return ""
	}
	if last.Failure != nil {
		return name + ": " + last.Failure.Text
	}
	unread := kind == evidence.Authorize && last.Status >= 400 && slices.ContainsFunc(c.Results, func(r report.Result) bool {
		return r.Code == "AUTHZ001" && r.Outcome == report.Unknown
	})
	if last.Status == 429 || last.Status >= 500 || unread {
		return fmt.Sprintf("%s: it answers %d", name, last.Status)
	}
	return ""
}
