package claimsrules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/report"
)

// roleFound reports whether some rule fits this user and nothing keeps the user out.
func roleFound(c *check.Case) bool {
	d := c.User.Decision
	return d.Denied == "" && slices.ContainsFunc(d.Rules, func(o report.RuleOutcome) bool { return o.Outcome == "matched" })
}

func noRule(c *check.Case) []report.Finding {
	d := c.User.Decision
	notes := c.User.Notes("no_rule")
	if len(notes) == 0 && d.Denied != "no_rule" && d.Denied != "strict" {
		return nil
	}
	f := report.Finding{Where: c.Config.Pos("roles/rules"), Got: strings.Join(d.Groups, ", "), Message: "no role rule fits the user"}
	if len(d.Groups) > 0 {
		f.Message += fmt.Sprintf(", whose groups are %s", quoted(d.Groups[:min(4, len(d.Groups))]))
	}
	switch {
	case d.Denied == "strict":
		f.Severity = report.Error
		f.Message += fmt.Sprintf(", and roles.strict is \"true\": %s lets nobody in without one", c.TheSP())
	case d.Denied == "no_rule":
		f.Severity = report.Error
		f.Message += fmt.Sprintf(", and %s lets nobody in without one", c.TheSP())
	case d.Role != "":
		f.Message += fmt.Sprintf("; the default role %q applies", d.Role)
	case d.RoleWhy != "":
		f.Message += "; " + sentence(d.RoleWhy)
	}
	if d.Denied == "" && c.Config.Target.Roles.Default != "" {
		f.Severity = report.Info // the file says what others get
	}
	if len(d.Groups) > 0 {
		f.Fix = []string{c.AtSP("add a rule for a group of the user", "roles"), c.AtIdP("or give the user a group that a rule reads", "users", "groups")}
	} else {
		f.Fix = []string{c.AtIdP("give the user a group that a rule reads", "users", "groups"), c.AtSP("or add a rule", "roles")}
	}
	return []report.Finding{f}
}

func directOnly(c *check.Case) []report.Finding {
	d := c.User.Decision
	if c.IdP.NestedGroups.V != "direct" || len(d.Groups) == 0 || roleFound(c) || len(c.User.Notes("no_rule")) == 0 && d.Denied != "no_rule" && d.Denied != "strict" {
		return nil
	}
	f := report.Finding{Where: in(readFrom(c), d.GroupsFrom), Message: fmt.Sprintf("no rule fits the user's groups, and %s sends only those that have the user as their own member", c.TheIdP())}
	if note := c.IdP.NestedGroups.Note; note != "" {
		f.Message += " (" + note + ")"
	}
	if !c.IdP.NestedGroups.Certain() {
		f.Message = "likely: " + f.Message
	}
	return []report.Finding{f}
}
