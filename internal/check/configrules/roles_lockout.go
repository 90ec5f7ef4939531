package configrules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/report"
)

var lockout = []check.Rule{
	{
		Code: "CLM013", Title: "the mapping lets the administrator back in", Severity: report.Error,
		Needs: []evidence.Kind{evidence.Config}, Uses: []evidence.Kind{evidence.Claims},
		Why:     "Whoever fits no rule is locked out, the person who sets it up included.",
		Fix:     "keep a rule that fits the administrator until others have signed in",
		Applies: mapped,
		Check: func(c *check.Case) []report.Finding {
			if found := seenLockedOut(c); len(found) > 0 {
				return found // what a login shows counts more than what the rules look like
			}
			if c.User != nil && c.User.Decision != nil && c.User.Decision.Denied == "" && slices.ContainsFunc(c.User.Decision.Rules, topRole(c)) {
				return nil
			}
			return lockedOut(c)
		},
	},
}

func lockedOut(c *check.Case) []report.Finding {
	r, sp := c.Config.Target.Roles, c.SP.Roles
	if r.Strict && claimless(c) {
		return []report.Finding{{Got: "strict: true", Where: c.Config.Pos("roles/strict"),
			Message: fmt.Sprintf("roles.strict is \"true\", but a login of this connection (%s) brings no claims to the rules, so %s denies everybody", kindOfLogin(c), c.TheSP()),
			Fix:     []string{"set strict to false, or connect by OpenID Connect"}}}
	}
	if sp.Language != "claim_value" || sp.NoMatch.V != "locked_out" || len(sp.Roles) == 0 {
		return nil
	}
	top := sp.Roles[:min(2, len(sp.Roles))]
	for i, rule := range r.Rules {
		if isEmail(c, rule.Claim) && slices.ContainsFunc(top, func(name string) bool { return strings.EqualFold(name, rule.Role) || slip(rule.Role, sp.Roles) == name }) {
			return nil // a misspelt role is CLM008's
		}
		if meantHere(c, fmt.Sprintf("roles/rules/%d", i), "claim") || meantHere(c, fmt.Sprintf("roles/rules/%d", i), "role") {
			return nil // CFG001 tells what stands there
		}
	}
	return []report.Finding{{
		Severity: report.Warning, Where: c.Config.Pos("roles/rules"), Want: "email",
		Message: fmt.Sprintf("no rule maps the address of an administrator (claim \"email\") to %q, and %s locks out whoever fits no rule", sp.Roles[0], c.TheSP()),
		Fix:     []string{c.AtSP("put a rule at the top: email = your own address, role "+sp.Roles[0], "roles")},
	}}
}

// isEmail reports whether a claim is the one in which the SP reads the address.
func isEmail(c *check.Case, claim string) bool {
	if claim == "email" {
		return true
	}
	if c.SP.SAML != nil && c.Config.SAML != nil {
		for _, a := range c.SP.SAML.Attributes {
			if a.Name == "email" && slices.Contains(a.Names, claim) {
				return true
			}
		}
	}
	return false
}
