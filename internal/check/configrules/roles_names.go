package configrules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/exact"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/source"
)

// Roles and values that a mapping names.
var roleNames = []check.Rule{
	{
		Code: "CLM008", Title: "every role of the mapping exists at the SP", Severity: report.Error,
		Needs:   []evidence.Kind{evidence.Config},
		Why:     "The rule matches and gives nothing: the user gets another role than meant, or none.",
		Fix:     "use a role that the SP has",
		Applies: func(c *check.Case) bool { return mapped(c) && len(c.SP.Roles.Roles) > 0 },
		Check:   roleExists,
	},
	{
		Code: "CLM009", Title: "claim values are written as the IdP sends them", Severity: report.Warning,
		Needs: []evidence.Kind{evidence.Config}, Uses: []evidence.Kind{evidence.Claims, evidence.SAMLMessages},
		Explains: []string{"CLM007"},
		Why:      "A value that differs by a capital, a blank or a path matches nobody.",
		Fix:      "copy the value out of a real token",
		Applies:  func(c *check.Case) bool { return byValue(c) || len(c.User.Notes("near_miss")) > 0 },
		Check: func(c *check.Case) []report.Finding {
			var out []report.Finding
			if byValue(c) {
				out = claimValues(c)
			}
			return append(out, nearMisses(c, out)...)
		},
	},
	{
		Code: "CLM012", Title: "administrators are made by membership, not by a free attribute", Severity: report.Warning,
		Needs:   []evidence.Kind{evidence.Config},
		Why:     "Department and job title are kept by people who do not think of access rights; whoever is renamed becomes an administrator.",
		Fix:     "let a group or an application role decide",
		Applies: func(c *check.Case) bool { return mapped(c) && len(c.SP.Roles.Roles) > 0 },
		Check:   freeAttributes,
	},
}

// mapped is true when the file states role rules and the SP's profile says how they work.
func mapped(c *check.Case) bool {
	r := c.Config.Target.Roles
	return r != nil && len(r.Rules) > 0 && c.SP.Roles != nil && c.SP.Roles.Language != "none" && c.SP.Roles.Language != ""
}

func rulePath(i int, key string) string { return fmt.Sprintf("roles/rules/%d/%s", i, key) }

func roleExists(c *check.Case) []report.Finding {
	var out []report.Finding
	judge := func(path, role string) {
		if f := roleFinding(c, role); f != nil {
			f.Where = c.Config.Pos(path)
			if f.Want != "" {
				step, edits := c.InFile(path, f.Want)
				f.Fix = append(f.Fix, step)
				if f.Severity != report.Warning { // what is only likely nobody writes unasked
					f.Edits = edits
				}
			}
			out = append(out, *f)
		}
	}
	for i, rule := range c.Config.Target.Roles.Rules {
		if !meantHere(c, fmt.Sprintf("roles/rules/%d", i), "role") {
			judge(rulePath(i, "role"), rule.Role)
		}
	}
	if d := c.Config.Target.Roles.Default; d != "" {
		judge("roles/default", d)
	}
	return out
}

// roleFinding judges one name; nil when the role exists or may be one of the customer's own.
func roleFinding(c *check.Case, role string) *report.Finding {
	known := c.SP.Roles.Roles
	if slices.Contains(known, role) {
		return nil
	}
	f := &report.Finding{Got: role, Message: fmt.Sprintf("role %q is none of %s (%s)", role, c.TheSP(), strings.Join(known, ", "))}
	own := c.SP.Roles.RolePattern
	for _, k := range known {
		if strings.EqualFold(k, strings.TrimSpace(role)) {
			f.Want = k
			f.Message = fmt.Sprintf("role is %q but %s calls it %q", role, c.TheSP(), k)
		}
	}
	near := source.Nearest(role, known)
	switch {
	case role == "":
		f.Message = "the rule names no role"
	case own != "" && c.Lib.Matches(own, role):
		if typo := slip(role, known); typo != "" && f.Want == "" {
			f.Severity, f.Want = report.Warning, typo
			f.Message = fmt.Sprintf("likely: role %q is none of %s (%s); did you mean %q?", role, c.TheSP(), strings.Join(known, ", "), typo)
			f.Fix = []string{c.AtSP("look whether a role of that name is there", "roles")}
			return f
		}
		if strings.TrimSpace(role) == role {
			return nil // one of the customer's own, or a role of the list that was written down with another case
		}
		f.Message = fmt.Sprintf("role %q has white space around it", role)
		f.Want = strings.TrimSpace(role)
	case f.Want != "":
	case near != "":
		f.Want = near
		f.Message += fmt.Sprintf("; did you mean %q?", near)
	case own != "":
		f.Message = fmt.Sprintf("role %q is none of %s (%s) and cannot be one of your own, which are spelt %s", role, c.TheSP(), strings.Join(known, ", "), own)
	}
	f.Fix = []string{c.AtSP("look how the role is spelt there", "roles")}
	return f
}

// slip gives the role of the product from which a name differs by one letter; "" for a name that is rather a role of its own.
func slip(role string, known []string) string {
	near := source.Nearest(role, known)
	if len(near) < 5 || !source.Slip(role, near) {
		return ""
	}
	return near
}

func claimValues(c *check.Case) []report.Finding {
	var out []report.Finding
	exactCase := c.SP.Roles.CaseSensitive.V
	rules := c.Config.Target.Roles.Rules
	for i, r := range rules {
		if at := fmt.Sprintf("roles/rules/%d", i); meantHere(c, at, "claim") || meantHere(c, at, "value") || cutAtComma(c, at) {
			continue // CFG001 tells why it reads as absent
		}
		f := report.Finding{Got: r.Value, Where: c.Config.Pos(rulePath(i, "value"))}
		trimmed := strings.TrimSpace(r.Value)
		switch twin := lookAlike(rules[:i], r); {
		case r.Claim == "" || r.Value == "":
			f.Severity = report.Error
			if f.Where = c.Config.Pos(fmt.Sprintf("roles/rules/%d", i)); r.Claim != "" && written(c, rulePath(i, "value")) {
				f.Where = c.Config.Pos(rulePath(i, "value"))
			}
			f.Message = fmt.Sprintf("rule %d names claim %q and value %q, and needs both", i, r.Claim, r.Value)
		case strings.TrimSpace(r.Claim) != r.Claim:
			f.Got, f.Where = r.Claim, c.Config.Pos(rulePath(i, "claim"))
			f.Message = fmt.Sprintf("claim %q of rule %d has white space around it", r.Claim, i)
		case exact.HasPlaceholder(r.Value):
			f.Message = fmt.Sprintf("value %q of rule %d is a placeholder", r.Value, i)
		case strings.EqualFold(r.Claim, "email") && !strings.Contains(r.Value, "@"):
			f.Message = fmt.Sprintf("value %q of rule %d is no mail address, but claim %q holds one", r.Value, i, r.Claim)
		case trimmed != r.Value:
			f.Want = trimmed
			f.Message = fmt.Sprintf("value %q of rule %d has white space around it", r.Value, i)
		case distinguished(r.Value):
			f.Message = fmt.Sprintf("value %q of rule %d is a distinguished name, which never equals the short name of a group", r.Value, i)
			f.Fix = []string{"write the short name of the group", c.AtIdP("send short group names", "groups")}
		case exactCase && twin >= 0:
			f.Message = fmt.Sprintf("value %q of rule %d and value %q of rule %d differ only in %s; only one of them can be what the IdP sends", r.Value, i, rules[twin].Value, twin, alike(r.Value, rules[twin].Value))
		case strings.HasPrefix(r.Value, "/") && strings.Count(r.Value, "/") == 1:
			f.Severity = report.Info
			f.Message = fmt.Sprintf("value %q of rule %d begins with a slash, which fits only when the IdP sends the full path of groups", r.Value, i)
		default:
			continue
		}
		if f.Want != "" {
			step, edits := c.InFile(rulePath(i, "value"), f.Want)
			f.Fix, f.Edits = append(f.Fix, step), edits
		}
		out = append(out, f)
	}
	return out
}

// cutAtComma reports whether a value without quotes fell apart at its commas, as a distinguished name does between braces: what
// stands behind them reads as keys.
func cutAtComma(c *check.Case, at string) bool {
	return slices.ContainsFunc(c.Config.File().Problems, func(p source.Problem) bool {
		return p.Kind == source.UnknownKey && strings.Contains(p.Key, "=") && strings.HasPrefix(p.Path, c.Config.Path(at)+"/")
	})
}

// lookAlike finds an earlier rule on the same claim whose value differs only by letter case or a leading slash; -1 without one.
func lookAlike(earlier []config.Rule, r config.Rule) int {
	fold := func(s string) string { return strings.ToLower(strings.TrimPrefix(strings.TrimSpace(s), "/")) }
	return slices.IndexFunc(earlier, func(e config.Rule) bool {
		return e.Claim == r.Claim && e.Value != r.Value && fold(e.Value) == fold(r.Value)
	})
}

func alike(a, b string) string {
	if strings.EqualFold(a, b) {
		return "letter case"
	}
	return "a leading slash"
}

// distinguished recognises an LDAP name such as CN=Admins,OU=Groups.
func distinguished(value string) bool {
	low := strings.ToLower(value)
	return strings.HasPrefix(low, "cn=") || strings.Contains(low, ",ou=") || strings.Contains(low, ",dc=")
}

// freeAttributes lists claims that hold text anybody may edit, in the spellings of the common products.
func freeAttributeNames() []string {
	return []string{"department", "dept", "title", "jobtitle", "job_title", "jobTitle", "division", "office", "company", "costcenter", "cost_center"}
}

func freeAttributes(c *check.Case) []report.Finding {
	var out []report.Finding
	top := c.SP.Roles.Roles[0]
	for i, r := range c.Config.Target.Roles.Rules {
		if !strings.EqualFold(r.Role, top) {
			continue
		}
		if r.Template != "" && always(r.Template) && !strings.ContainsAny(strings.TrimSpace(r.Template), " {") {
			out = append(out, report.Finding{Got: r.Template, Where: c.Config.Pos(rulePath(i, "template")), Message: fmt.Sprintf("rule %d gives the role %q to everybody: its template %s always fits", i, r.Role, check.Quote(r.Template))})
			continue
		}
		names := append(words(r.Template), r.Claim)
		at := slices.IndexFunc(names, func(n string) bool { return slices.Contains(freeAttributeNames(), n) })
		if at < 0 {
			continue
		}
		key := "claim"
		if r.Template != "" {
			key = "template"
		}
		out = append(out, report.Finding{Got: names[at], Where: c.Config.Pos(rulePath(i, key)), Message: fmt.Sprintf("rule %d gives the role %q by %q, which is free text and no membership", i, r.Role, names[at])})
	}
	return out
}
