package cli

import (
	"fmt"
	"slices"

	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/unwrap"
)

// decide notes what the run was asked for and could not decide: without the IdP's document nothing about a live OIDC connection
// is known, whatever else was seen.
func decide(c *report.Connection, s subject) {
	document, asked := evidence.Discovery, []evidence.Kind{evidence.Authorize, evidence.Client}
	if s.target.Protocol() == config.SAML {
		document, asked = evidence.SAMLMetadata, []evidence.Kind{evidence.SAMLSSO}
	}
	obs := s.set[document]
	if obs == nil && document == evidence.Discovery {
		return
	}
	if obs != nil && obs.Failure != nil {
		c.Undecided = append(c.Undecided, obs.Failure.Text)
		return
	}
	if last := obs.Last(); last != nil && (last.Status == 429 || last.Status >= 500) {
		c.Undecided = append(c.Undecided, last.Name())
		return
	}
	for _, kind := range asked {
		if why := unheard(c, kind, s.set[kind]); why != "" {
			c.Undecided = append(c.Undecided, why)
		}
	}
}

// answeredLast is the last exchange that was not held back because the server had asked for a pause.
func answeredLast(obs *evidence.Observation) *evidence.Exchange {
	if obs == nil {
		return nil
	}
	for i := len(obs.Exchanges) - 1; i >= 0; i-- {
		ex := &obs.Exchanges[i]
		if ex.Failure == nil || ex.Failure.Stage != evidence.StageBlocked || ex.Failure.Code != "pause" {
			return ex
		}
	}
	return obs.Last()
}

// unheard says why an endpoint of the login that was asked said nothing of use, "" when it did: it fell silent, it had no time, or
// it refused with a page that nobody here can read.
func unheard(c *report.Connection, kind evidence.Kind, obs *evidence.Observation) string {
	name := map[evidence.Kind]string{evidence.Authorize: "authorization endpoint", evidence.Client: "token endpoint", evidence.SAMLSSO: "single sign-on service"}[kind]
	last := answeredLast(obs)
	if last == nil || last.Failure != nil && last.Failure.Stage == evidence.StageBlocked {
		return ""
	}
	if last.Failure != nil {
		return name + ": " + last.Failure.Text
	}
	tells := map[evidence.Kind]string{evidence.Authorize: "AUTHZ001", evidence.SAMLSSO: "AUTHZ031"}[kind]
	refusal := last.Status >= 400 || last.Status == 200 && unwrap.ReadPage(last.Body).Mishap()
	unread := refusal && slices.ContainsFunc(c.Results, func(r report.Result) bool {
		return r.Code == tells && r.Outcome == report.Unknown
	})
	if last.Status == 429 || last.Status >= 500 || unread {
		if last.Status == 200 {
			return name + ": it answers with a page that is headed as an error"
		}
		return fmt.Sprintf("%s: it answers %d", name, last.Status)
	}
	return ""
}
