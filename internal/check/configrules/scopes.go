package configrules

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/source"
)

var scopes = []check.Rule{
	{
		Code: "CFG013", Title: "the scopes bring what the SP reads", Severity: report.Error, Protocol: config.OIDC,
		Needs:    []evidence.Kind{evidence.Config},
		Why:      "The login at the IdP succeeds, and the SP finds no address, no name or no groups in what it gets.",
		Fix:      "add the missing scope",
		Refs:     []string{"OpenID Connect Core 1.0 §5.4"},
		Explains: []string{"AUTHZ021", "AUTHZ022", "DISC039", "IDT028", "IDT030", "UI005", "CLM001"},
		Applies: func(c *check.Case) bool {
			return !c.Config.PlainOAuth() || len(c.Requirements("CFG013")) > 0
		},
		Check: func(c *check.Case) []report.Finding {
			var out []report.Finding
			if !c.Config.PlainOAuth() {
				out = slices.Concat(scopesMissing(c), groupsMissing(c), neverGranted(c))
			}
			return append(out, c.Required("CFG013")...)
		},
	},
}

// scopesMissing compares the stated scopes with what the SP needs. openid has a rule of its own.
func scopesMissing(c *check.Case) []report.Finding {
	if c.SP.OIDC == nil || len(c.Config.OIDC.Scopes) == 0 {
		return nil
	}
	asked, need := c.Config.OIDC.Scopes, c.SP.OIDC.Scopes.Required
	if i := slices.IndexFunc(asked, func(s string) bool { return strings.ContainsAny(strings.TrimSpace(s), " ,\t\n") }); i >= 0 {
		single := strings.FieldsFunc(asked[i], func(r rune) bool { return unicode.IsSpace(r) || r == ',' })
		if len(single) > 1 {
			return []report.Finding{{Got: asked[i], Want: strings.Join(single, ", "), Where: c.Config.Pos(fmt.Sprintf("oidc/scopes/%d", i)),
				Message: fmt.Sprintf("scopes hold %q, several scopes in one entry, expected one entry each: %q", asked[i], strings.Join(single, ", ")),
				Fix:     []string{"write them as " + strings.Join(single, ", ")}}}
		}
	}
	var missing []string
	for _, s := range need.V {
		if s != "openid" && !slices.Contains(asked, s) {
			missing = append(missing, s)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	if f := misspeltScope(c, missing); f != nil {
		return []report.Finding{likely(*f, need.S)}
	}
	want := append(slices.Clone(asked), missing...)
	f := report.Finding{Got: strings.Join(asked, " "), Want: strings.Join(want, " "), Where: c.Config.Pos("oidc/scopes"),
		Message: fmt.Sprintf("scopes are %q but %s needs %q too", strings.Join(asked, " "), c.TheSP(), strings.Join(missing, " ")),
		Fix:     append([]string{"add " + strings.Join(missing, ", ") + " to scopes"}, c.IfAtSP("enter "+strings.Join(want, " "), "scopes")...)}
	f.Troubleshooting = c.NoEmail(missing)
	var brought []string
	for _, claim := range c.SP.OIDC.Claims {
		if slices.Contains(missing, claim.Scope) && claim.Level != "optional" {
			brought = append(brought, claim.Name)
		}
	}
	if len(brought) > 0 {
		f.Message += fmt.Sprintf(", which brings %q", strings.Join(brought, ", "))
	}
	return []report.Finding{likely(f, need.S)}
}

// misspeltScope finds the entry that was meant to be the one scope that is missing.
func misspeltScope(c *check.Case, missing []string) *report.Finding {
	if len(missing) != 1 {
		return nil
	}
	i := slices.IndexFunc(c.Config.OIDC.Scopes, func(s string) bool {
		return strings.EqualFold(strings.TrimSpace(s), missing[0]) || source.Near(strings.TrimSpace(s), missing[0])
	})
	if i < 0 {
		return nil
	}
	got, path := c.Config.OIDC.Scopes[i], fmt.Sprintf("oidc/scopes/%d", i)
	step, edits := c.InFile(path, missing[0])
	return &report.Finding{Got: got, Want: missing[0], Where: c.Config.Pos(path), Edits: edits, Troubleshooting: c.NoEmail(missing),
		Message: fmt.Sprintf("scopes hold %q but %s needs %q", got, c.TheSP(), missing[0]),
		Fix:     append([]string{step}, c.IfAtSP("enter "+strings.Join(missing, " "), "scopes")...)}
}

// groupsMissing looks whether role rules or teams read groups that no scope asks for.
func groupsMissing(c *check.Case) []report.Finding {
	place, ok := readsGroups(c)
	if !ok || c.SP.OIDC == nil || c.IdP.OIDC == nil || meantHere(c, "oidc", "scopes") || foreign(c) != "" {
		return nil
	}
	want := c.IdP.OIDC.GroupsScope
	if !want.Known() || want.V == "none" || strings.Contains(want.V, " ") || slices.Contains(c.Config.Scopes(), want.V) {
		return nil
	}
	asked := strings.Join(c.Config.Scopes(), " ")
	f := report.Finding{Got: asked, Want: want.V, Where: c.Config.Pos("oidc"), Related: []report.Location{c.Config.Pos(place)},
		Message: fmt.Sprintf("%s reads groups, but scopes are %q without %q, by which %s sends them", place, asked, want.V, c.TheIdP()),
		Fix:     append(append([]string{"add " + want.V + " to scopes"}, c.IfAtSP("add "+want.V, "scopes")...), c.AtIdP("let the client have it", "groups", "scopes"))}
	if c.Config.Stated("oidc/scopes") {
		f.Where = c.Config.Pos("oidc/scopes")
	}
	return []report.Finding{likely(f, want.S)}
}

// readsGroups finds the first part of the mapping that reads group claims, and its key.
func readsGroups(c *check.Case) (string, bool) {
	if c.SP.Roles == nil {
		return "", false
	}
	names := c.SP.Roles.GroupClaims.V
	if len(names) == 0 {
		names = []string{"groups"}
	}
	if r := c.Config.Target.Roles; r != nil {
		for _, rule := range r.Rules {
			for _, name := range names {
				if rule.Claim == name || strings.Contains(rule.Template, "{{") && slices.Contains(words(rule.Template), name) {
					return "roles", true
				}
			}
		}
	}
	t := c.Config.Target.Teams
	if t != nil && (t.Enabled == nil || *t.Enabled) && (len(t.Links) > 0 || t.Template != "") {
		return "teams", true
	}
	return "", false
}

// neverGranted names scopes that the IdP answers with invalid_scope.
func neverGranted(c *check.Case) []report.Finding {
	if c.IdP.OIDC == nil || foreign(c) != "" {
		return nil
	}
	var out []report.Finding
	for i, s := range c.Config.OIDC.Scopes {
		if !slices.Contains(c.IdP.OIDC.RefusedScopes.V, s) {
			continue
		}
		f := report.Finding{Got: s, Where: c.Config.Pos(fmt.Sprintf("oidc/scopes/%d", i)), Message: fmt.Sprintf("scopes hold %q, which %s refuses with invalid_scope", s, c.TheIdP()),
			Fix: append([]string{"take " + s + " out of scopes"}, c.IfAtSP("take it out", "scopes")...)}
		if note := c.IdP.OIDC.GroupsScope.Note; note != "" && s == "groups" {
			f.Fix = append(f.Fix, c.AtIdP(note, "groups"))
		}
		out = append(out, likely(f, c.IdP.OIDC.RefusedScopes.S))
	}
	return out
}
