// Package tokenrules judges what a login brought: the answer of the token endpoint, and the tokens in it, for the SP's sake: form,
// signature, issuer, audience, times.
package tokenrules

import (
	"slices"
	"time"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/report"
)

// Rules lists every rule of the package.
var Rules = slices.Concat(answer, form, signature, keys, parties, audience, times, clock, asked, claims, companions)

var _ []check.Rule = Rules

// onIDToken completes a rule that judges ID tokens one by one: judge gives a finding or nil, and the first one counts, since the
// tokens of one login are made alike. uses are the kinds that judge reads beside tokens, connection and discovery document.
func onIDToken(r check.Rule, uses []evidence.Kind, judge func(*check.Case, *check.Token) *report.Finding) check.Rule {
	r.Protocol = config.OIDC
	r.Needs = []evidence.Kind{evidence.Tokens}
	r.Uses = append([]evidence.Kind{evidence.Config, evidence.Discovery}, uses...)
	more := r.Decides
	r.Decides = func(c *check.Case) string {
		if len(idTokens(c)) == 0 {
			return "no ID token that can be read"
		}
		if more == nil {
			return ""
		}
		return more(c)
	}
	r.Check = func(c *check.Case) []report.Finding {
		for _, t := range idTokens(c) {
			if f := judge(c, t); f != nil {
				return []report.Finding{*unverified(c, f)}
			}
		}
		return nil
	}
	return r
}

// idTokens are the ID tokens that can be read. What is only called one is left to IDT009.
func idTokens(c *check.Case) []*check.Token {
	return slices.DeleteFunc(c.IDTokens(), func(t *check.Token) bool { return mistaken(t) != "" })
}

// unverified lowers a finding where the SP is known not to verify ID tokens in a login such as this one.
func unverified(c *check.Case, f *report.Finding) *report.Finding {
	if f.Severity != report.Default && f.Severity != report.Error || !ignoresToken(c) {
		return f
	}
	f.Severity = report.Warning
	f.Effect = c.TheSP() + " does not verify the ID token as long as it knows a userinfo endpoint, so people sign in; a later release may refuse them."
	return f
}

// ignoresToken reports whether the SP takes what it needs from elsewhere and leaves the ID token unverified.
func ignoresToken(c *check.Case) bool {
	if c.Config == nil || c.SP.OIDC == nil || !c.SP.OIDC.IDTokenVerified.Certain() {
		return false
	}
	switch c.SP.OIDC.IDTokenVerified.V {
	case "never":
		return true
	case "without_userinfo":
		return c.Config.OIDC.Endpoints.Userinfo != "" || c.Discovery.Str("userinfo_endpoint") != ""
	}
	return false
}

// issuers are the values that the SP takes for iss, the one to show first; empty when nobody has said one.
func issuers(c *check.Case) []string {
	var out []string
	if s := c.Discovery.Str("issuer"); s != "" {
		out = append(out, s)
	} else if c.Config != nil && c.Config.Issuer() != "" {
		out = append(out, c.Config.Issuer())
	}
	if len(out) > 0 {
		out = append(out, c.IdP.Issuer.InTokens.V...)
	}
	return out
}

// usualSkew is by how much clocks may differ at an SP of which nobody has said what it puts up with.
const usualSkew = 180 * time.Second

// skew is by how much clocks may differ at the SP of the case.
func skew(c *check.Case) time.Duration {
	if c.SP.OIDC != nil && c.SP.OIDC.ClockSkew.Certain() {
		return time.Duration(c.SP.OIDC.ClockSkew.V) * time.Second
	}
	return usualSkew
}

// came is when a token reached the SP, as far as anybody knows; zero when nobody does: it stood in something that was pasted or saved,
// and was not fetched for it.
func came(c *check.Case, t *check.Token) time.Time {
	switch l := c.Login; {
	case l == nil || t.Label == "":
		return t.At
	case l.Receiver == "har":
		return l.Arrived
	case t.Label == evidence.LoginCallback && l.Receiver == "file", t.Label != evidence.LoginCallback && l.Exchange == nil:
		return time.Time{}
	}
	return t.At
}

// fresh reports whether a token came in a login that somebody has just made: not from a file, and not from a recording.
func fresh(c *check.Case, t *check.Token) bool {
	return c.Login != nil && t.Label != "" && c.Login.Receiver != "har" && !came(c, t).IsZero()
}

// stamp gives a NumericDate claim as a time; ok is false when it is missing, no number, or beyond what a time can be.
func stamp(t *check.Token, claim string) (time.Time, bool) {
	s, ok := t.Seconds(claim)
	if !ok || s < 0 || s > 1e14 {
		return time.Time{}, false
	}
	return time.Unix(int64(s), 0).UTC(), true
}

// clientID is the client ID of the connection; "" when no connection is given.
func clientID(c *check.Case) string {
	if c.Config == nil || c.Config.OIDC == nil {
		return ""
	}
	return c.Config.OIDC.ClientID
}
