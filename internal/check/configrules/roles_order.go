package configrules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/report"
)

// Rules of which only the first one that fits counts.
var roleOrder = []check.Rule{
	{
		Code: "CLM010", Title: "every role rule can decide something", Severity: report.Warning,
		Needs: []evidence.Kind{evidence.Config}, Uses: []evidence.Kind{evidence.Claims}, Explains: []string{"CLM007"},
		Why:     "Rules are read from the top and the first that fits decides: a user gets a lower role than meant.",
		Fix:     "put the rule with the most rights at the top, and remove what is never reached",
		Applies: func(c *check.Case) bool { return mapped(c) && c.SP.Roles.Order.V == "first_match" },
		Check: func(c *check.Case) []report.Finding {
			return slices.Concat(unreachable(c), demoted(c, byPrivilege(c)), unreadable(c))
		},
	},
}

// unreachable finds rules that repeat an earlier one, or stand below one that always fits.
func unreachable(c *check.Case) []report.Finding {
	var out []report.Finding
	rules := c.Config.Target.Roles.Rules
	for i, r := range rules {
		path := fmt.Sprintf("roles/rules/%d", i)
		for j, e := range rules[:i] {
			f := report.Finding{Where: c.Config.Pos(path), Related: []report.Location{c.Config.Pos(fmt.Sprintf("roles/rules/%d", j))}}
			switch {
			case toldAlways(c, e):
				continue // that rule is told to fit everybody
			case e.Template != "" && always(e.Template):
				f.Got = e.Template
				f.Message = fmt.Sprintf("rule %d is never reached: rule %d (%s) always fits", i, j, check.Quote(e.Template))
			case r.Template != "" && strings.Join(strings.Fields(e.Template), " ") == strings.Join(strings.Fields(r.Template), " "):
				f.Got = r.Template
				f.Message = fmt.Sprintf("rule %d is never reached: rule %d has the same template and gives %q, this one %q", i, j, e.Role, r.Role)
			case r.Claim != "" && e.Claim == r.Claim && e.Value == r.Value:
				f.Got = r.Value
				f.Message = fmt.Sprintf("rule %d is never reached: rule %d has the same claim %q and value %q and gives %q, this one %q", i, j, r.Claim, r.Value, e.Role, r.Role)
			default:
				continue
			}
			out = append(out, f)
			break
		}
	}
	return out
}

// toldAlways reports whether CLM011 or CLM012 tells of a rule that it fits everybody.
func toldAlways(c *check.Case, r config.Rule) bool {
	text := strings.TrimSpace(r.Template)
	unmeant := !strings.Contains(text, "{{") && strings.ContainsAny(text, " {") && c.SP.Roles.Language == "handlebars"
	return unmeant || always(r.Template) && len(c.SP.Roles.Roles) > 0 && strings.EqualFold(r.Role, c.SP.Roles.Roles[0])
}

// always is true for a template without any expression that comes out as a match.
func always(template string) bool {
	text := strings.TrimSpace(template)
	return !strings.Contains(text, "{{") && text != "" && text != "false" && text != "0"
}

// byPrivilege compares the order of the rules with the order of the roles. Rules on templates are left alone: whether two of them
// can fit one user is not to be seen.
func byPrivilege(c *check.Case) []report.Finding {
	if c.SP.Roles.Language != "claim_value" {
		return nil
	}
	var out []report.Finding
	rules, rank := c.Config.Target.Roles.Rules, c.SP.Roles.Roles
	told := map[int]bool{} // by the rule that stands too high
	for i, r := range rules {
		mine := slices.Index(rank, r.Role)
		for j := range i {
			theirs := slices.Index(rank, rules[j].Role)
			if rules[j].Claim == r.Claim && rules[j].Value == r.Value {
				continue // it is never reached, which is told
			}
			if mine < 0 || theirs < 0 || theirs <= mine || isEmail(c, rules[j].Claim) && len(lockedOut(c)) > 0 {
				continue // CLM013 tells what the administrator's own rule gives
			}
			if told[j] {
				break
			}
			told[j] = true
			out = append(out, report.Finding{
				Got: r.Role, Where: c.Config.Pos(rulePath(i, "role")), Related: []report.Location{c.Config.Pos(rulePath(j, "role"))},
				Message: fmt.Sprintf("rule %d gives %q but stands below rule %d, which gives %q: whoever fits both gets the lower role", i, r.Role, j, rules[j].Role),
				Fix:     []string{c.AtSP(fmt.Sprintf("move the rule %q = %q above that of %q", r.Claim, r.Value, rules[j].Role), "roles")},
			})
			break
		}
	}
	return out
}

// unreadable tells that this connection's logins bring no claims to the rules at all.
func unreadable(c *check.Case) []report.Finding {
	if !claimless(c) || c.Config.Target.Roles.Strict {
		return nil // when nobody gets in at all, CLM013 says so
	}
	for i, r := range c.Config.Target.Roles.Rules {
		if r.Claim != "" || strings.Contains(r.Template, "{{") {
			return []report.Finding{{Got: string(c.Config.Protocol()), Where: c.Config.Pos(fmt.Sprintf("roles/rules/%d", i)),
				Message: fmt.Sprintf("%s reads role rules from %q, which a login of this connection (%s) does not bring: no rule can fit", c.TheSP(), strings.Join(c.SP.Roles.ReadsFrom.V, ", "), kindOfLogin(c)),
				Fix:     []string{"connect by OpenID Connect when roles should follow groups", c.AtSP("give the roles by hand", "roles")}}}
		}
	}
	return nil
}

// claimless is true when the places that the SP's rules read do not exist in this kind of login.
func claimless(c *check.Case) bool {
	from := c.SP.Roles.ReadsFrom
	if !from.Certain() || len(from.V) == 0 {
		return false
	}
	switch {
	case c.Config.SAML != nil && c.Config.OIDC == nil:
		return !slices.Contains(from.V, "assertion")
	case c.Config.OIDC != nil && c.Config.PlainOAuth():
		return len(from.V) == 1 && from.V[0] == "id_token"
	}
	return false
}

func kindOfLogin(c *check.Case) string {
	if c.Config.SAML != nil {
		return "SAML"
	}
	return "OAuth without an ID token"
}
