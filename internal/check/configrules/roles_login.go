package configrules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/report"
)

// What a login adds to what the rules look like: notes of the SP's decision, which was worked out on the real values.

func byValue(c *check.Case) bool { return mapped(c) && c.SP.Roles.Language == "claim_value" }

// nearMisses finds values of claims that miss a rule's value by a little. Where the file alone told already, it is not told again.
func nearMisses(c *check.Case, told []report.Finding) []report.Finding {
	var out []report.Finding
	for _, n := range c.User.Notes("near_miss") {
		where := c.Config.Pos(n.Path)
		if n.Path == "" || slices.ContainsFunc(told, func(f report.Finding) bool { return f.Where == where }) || len(c.Messages) > 0 && distinguished(n.Got) {
			continue // AST041 tells of the distinguished names of an assertion
		}
		f := report.Finding{Got: n.Got, Want: n.Want, Where: where, Message: strings.TrimSuffix(strings.TrimSpace(n.Text), "."), Severity: report.Error}
		if fits(c) {
			f.Severity = report.Warning // another rule fits this user
		}
		f.Fix = []string{c.AtSP(fmt.Sprintf("write the value as it comes: %s", n.Got), "roles")}
		switch {
		case distinguished(n.Got):
			f.Fix = append(f.Fix, c.AtIdP("or send short group names", "groups", "claims"))
		case strings.HasPrefix(n.Got, "/") && !strings.HasPrefix(n.Want, "/"):
			f.Fix = append(f.Fix, c.AtIdP("or send group names without their path", "groups", "claims"))
		}
		out = append(out, f)
	}
	return out
}

// fits reports whether some rule fits the user.
func fits(c *check.Case) bool {
	return c.User.Decision != nil && slices.ContainsFunc(c.User.Decision.Rules, func(o report.RuleOutcome) bool { return o.Outcome == "matched" })
}

// demoted adds what a login shows of the order of rules: the first that fits gives less than a later one would. It stands in for what
// the order alone lets one fear of that very rule.
func demoted(c *check.Case, feared []report.Finding) []report.Finding {
	for _, n := range c.User.Notes("demotes") {
		higher := c.Config.Pos(n.Path)
		feared = slices.DeleteFunc(feared, func(f report.Finding) bool {
			return slices.ContainsFunc(f.Related, func(l report.Location) bool { return l.Line == higher.Line })
		})
		feared = append(feared, report.Finding{Got: n.Got, Want: n.Want, Where: higher, Message: strings.TrimSuffix(strings.TrimSpace(n.Text), "."),
			Fix: []string{c.AtSP(fmt.Sprintf("move the rule that gives %q above the one that gives %q", n.Want, n.Got), "roles")}})
	}
	return feared
}

// seenLockedOut speaks of an administrator whose login was looked at as such.
func seenLockedOut(c *check.Case) []report.Finding {
	var out []report.Finding
	for _, n := range c.User.Notes("lockout") {
		f := report.Finding{Severity: report.Error, Got: n.Got, Want: n.Want, Where: c.Config.Pos("roles/rules"), Message: strings.TrimSuffix(strings.TrimSpace(n.Text), ".")}
		if n.Path != "" {
			f.Where = c.Config.Pos(n.Path)
		}
		f.Fix = []string{c.AtSP("put a rule for the administrator at the top, by a claim that this login brings", "roles"), "keep the present session of the administrator open until another login has shown the role"}
		out = append(out, f)
	}
	return out
}

// topRole reports whether an outcome gives one of the two highest roles.
func topRole(c *check.Case) func(report.RuleOutcome) bool {
	top := c.SP.Roles.Roles[:min(2, len(c.SP.Roles.Roles))]
	return func(o report.RuleOutcome) bool {
		return o.Outcome == "matched" && slices.ContainsFunc(top, func(name string) bool { return strings.EqualFold(name, o.Role) })
	}
}
