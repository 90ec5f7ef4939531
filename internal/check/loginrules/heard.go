package loginrules

import (
	"fmt"
	"strings"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/report"
)

// asked are the kinds of evidence in which an IdP speaks of a client; a rule that may hear it from any of them declares all.
func asked() []evidence.Kind {
	return []evidence.Kind{evidence.Authorize, evidence.PAR, evidence.Client, evidence.SAMLSSO}
}

// refusals are the meanings that speak of the client itself: whoever hears one of them need not look at its secret.
func refusals() []string {
	return []string{"client_unknown", "client_disabled", "realm_disabled", "wrong_protocol"}
}

// known are the meanings that an IdP gives only for a client that it knows.
func known() []string {
	return []string{"accepted", "secret_rejected", "method_rejected", "dpop_required", "grant_off", "redirect_unregistered", "flow_off",
		"pkce_required", "par_required", "scope_refused", "login_required", "response_type_refused", "request_object_refused", "request_object_required", "client_disabled", "wrong_protocol", "signature_required"}
}

// heard is the first answer with one of these meanings, in the order of a login; nil when there is none. A pair that the IdP
// refuses for its secret says nothing else about the client.
func heard(c *check.Case, words ...string) *check.Attempt {
	for _, attempts := range []*check.Attempts{c.Authorize, c.PAR, c.Client, c.SSO} {
		if a := attempts.Means(words...); a != nil {
			return a
		}
	}
	return nil
}

// said is the answer to the SP's own request, or nil.
func said(c *check.Case) *check.Attempt {
	if c.Config.Protocol() == config.SAML {
		for _, label := range []string{evidence.AsSent, evidence.Passive} {
			if a := c.SSO.Get(label); a != nil {
				return a
			}
		}
		return c.SSO.Get(evidence.LoginRequest)
	}
	probe, real := c.Authorize.Get(evidence.AsSent), c.Authorize.Get(evidence.LoginRequest)
	if real != nil && (probe == nil || probe.Where != "callback" && real.Where == "callback") {
		return real
	}
	return probe
}

// unheard gives the reason why the answers do not decide whether one of the words applies: "" when one of them was heard, or when
// the client was seen to be fine.
func unheard(c *check.Case, words ...string) string {
	if heard(c, words...) != nil || heard(c, known()...) != nil {
		return ""
	}
	if a := said(c); a != nil && a.Means == "login_page" {
		return "" // an IdP whose profile calls it so shows the page only after it has looked at the request
	}
	return unclear(c, said(c))
}

// unclear words an answer that nobody can read, with the IdP's own words.
func unclear(c *check.Case, a *check.Attempt) string {
	switch {
	case a != nil:
		return fmt.Sprintf("the answer of the IdP does not decide it: %s", check.Quote(orStatus(a)))
	case c.Client != nil && len(c.Client.All) > 0:
		return fmt.Sprintf("the answer of the token endpoint does not decide it: %s", check.Quote(orStatus(&c.Client.All[0])))
	}
	for _, kind := range asked() {
		if obs := c.Seen[kind].Obs; obs != nil && obs.Failure != nil {
			return fmt.Sprintf("no %s: %s", kind, obs.Failure.Text)
		}
	}
	if c.Config.Protocol() == config.SAML {
		return "no " + string(evidence.SAMLSSO)
	}
	return "no " + string(evidence.Authorize)
}

func orStatus(a *check.Attempt) string {
	if q := a.Quote(); q != "" {
		return q
	}
	return a.Exchange.Name()
}

// verdict finishes a finding that rests on an answer: what the profile only remembers is no more than likely.
func verdict(f report.Finding, a *check.Attempt) []report.Finding {
	if f.Where.IsZero() {
		f.Where = cite(a)
	} else {
		f.Related = append(f.Related, cite(a))
	}
	if !a.Certain {
		f.Message = "likely: " + f.Message
		if f.Severity == report.Default || f.Severity == report.Error {
			f.Severity = report.Warning
		}
	}
	return []report.Finding{f}
}

// cite names the exchange without the parameters of the request, which are long and say little.
func cite(a *check.Attempt) report.Location {
	ex := *a.Exchange
	ex.URL, _, _ = strings.Cut(ex.URL, "?")
	return report.Location{Evidence: ex.Name()}
}

// place is where the connection file states a value, or the section that it would stand in.
func place(c *check.Case, path, section string) report.Location {
	if c.Config.Stated(path) {
		return c.Config.Pos(path)
	}
	return c.Config.Pos(section)
}
