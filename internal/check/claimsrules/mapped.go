package claimsrules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/knowledge"
	"github.com/ssoctl/ssoctl/internal/report"
)

// What the SP's role rules make of the claims. The decision was worked out on the real values; each kind of its notes has one rule.
var mapped = []check.Rule{
	fromNotes(check.Rule{
		Code: "CLM001", Title: "the claims that the role rules read arrive", Severity: report.Error,
		Explains: []string{"CLM007", "CLM013", "CLM015"},
		Why:      "No rule on a claim that is not there can fit: users get the default role, or are turned away.",
		Fix:      "let the IdP send the claim",
	}, "no_claim", "not_equals_missing"),
	fromNotes(check.Rule{
		Code: "CLM002", Title: "the claims that the role rules read come under the names and from the place that they read", Severity: report.Error,
		Explains: []string{"CLM001", "CLM007", "CLM013", "CLM015"},
		Why:      "Rules find claims by their names, in one place: under another name, or elsewhere, the claim is missing.",
		Fix:      "read the claim under the name under which it comes, or let the IdP rename it",
	}, "other_name", "other_source"),
	fromNotes(check.Rule{
		Code: "CLM003", Title: "the claims that the role rules read are lists where lists are expected", Severity: report.Error,
		Explains: []string{"CLM001", "CLM007", "CLM013", "CLM015"},
		Why:      "A text is no list of one: a rule that looks for an element in it does not fit, or fits a part of a word.",
		Fix:      "let the IdP send a list",
	}, "not_a_list", "split_dn"),
	fromNotes(check.Rule{
		Code: "CLM004", Title: "groups come by the names that the role rules compare with", Severity: report.Error,
		Explains: []string{"CLM001", "CLM007", "CLM013", "CLM015"},
		Why:      "No rule fits: an object ID never equals a name.",
		Fix:      "let the IdP send names, or write the object IDs into the rules",
	}, "guid"),
	fromNotes(check.Rule{
		Code: "CLM005", Title: "the user's groups fit into what the IdP sends", Severity: report.Error,
		Explains: []string{"CLM001", "CLM002", "CLM006", "CLM007", "CLM013", "CLM015"},
		Why:      "Above a limit the IdP leaves the groups out and sends a link in their place, which SPs do not follow.",
		Fix:      "send only the groups that are assigned to the application, or application roles",
	}, "overage"),
	{
		Code: "CLM007", Title: "a role rule fits the user", Severity: report.Warning,
		Needs: []evidence.Kind{evidence.Config, evidence.Claims},
		Why:   "The user gets the default role, or is turned away where there is none.",
		Fix:   "give the user the group that a rule reads, or add a rule",
		Applies: func(c *check.Case) bool {
			return c.Config.Target.Roles != nil && len(c.Config.Target.Roles.Rules) > 0
		},
		Decides:  undecidedRules,
		Explains: []string{"CLM013", "CLM015"},
		Check:    noRule,
	},
	{
		Code: "CLM015", Title: "groups that the user is in by way of other groups are sent", Severity: report.Info,
		Needs: []evidence.Kind{evidence.Config, evidence.Claims},
		Why:   "A rule on an upper group does not fit those who are only in a group inside it.",
		Fix:   "let a rule name the group that has the user as its own member",
		Applies: func(c *check.Case) bool {
			return c.Config.Target.Roles != nil && c.IdP.NestedGroups.Known()
		},
		Decides: undecidedRules,
		Check:   directOnly,
	},
}

// fromNotes makes a rule that speaks of the notes of some kinds.
func fromNotes(r check.Rule, kinds ...string) check.Rule {
	r.Needs, r.Uses = []evidence.Kind{evidence.Config, evidence.Claims}, []evidence.Kind{evidence.SAMLMessages, evidence.LoginRun, evidence.Discovery}
	r.Applies = func(c *check.Case) bool {
		return c.Config.Target.Roles != nil || c.Config.Target.Teams != nil || len(kinds) > 0 && kinds[0] == "no_claim" && (len(requiredClaims(c)) > 0 || len(requiredAttributes(c)) > 0)
	}
	r.Decides = undecidedRules
	r.Check = func(c *check.Case) []report.Finding {
		var out []report.Finding
		if kinds[0] == "no_claim" {
			out = append(requiredMissing(c), attributesMissing(c)...)
		}
		if claimless(c) {
			return out // CLM010 and CLM013 say that this kind of login brings the rules nothing
		}
		told := map[string]int{} // claim -> index of its finding
		for _, kind := range kinds {
			if len(c.Messages) > 0 && slices.Contains([]string{"no_claim", "other_name", "guid", "overage"}, kind) && !templated(c) {
				continue // AST034, AST035 and AST041 say so of the assertion
			}
			for _, n := range c.User.Notes(kind) {
				if alternative(c, n) || toldOfAddress(c, n) || kind != "overage" && kind != "not_equals_missing" && len(c.User.Notes("overage")) > 0 && slices.Contains(standardName(n.Claim), "groups") {
					continue
				}
				key := kind + " " + n.Claim
				if i, ok := told[key]; ok && n.Claim != "" {
					if n.Path != "" {
						out[i].Related = append(out[i].Related, c.Config.Pos(n.Path))
					}
					continue
				}
				told[key] = len(out)
				out = append(out, noteFinding(c, n, r.Code))
			}
		}
		return out
	}
	return r
}

// claimless is true when the places that the SP's rules read do not exist in this kind of login.
func claimless(c *check.Case) bool {
	if c.SP.Roles == nil || !c.SP.Roles.ReadsFrom.Certain() {
		return false
	}
	from := c.SP.Roles.ReadsFrom.V
	if c.Config.SAML != nil {
		return !slices.Contains(from, assertion)
	}
	return c.Config.PlainOAuth() && !slices.Contains(from, userinfo)
}

// requiredClaims are the claims that the connection file says the SP requires, less the address, which IDT028 looks for.
func requiredClaims(c *check.Case) []string {
	if len(c.Messages) > 0 {
		return nil // AST034
	}
	return slices.DeleteFunc(c.Config.SPParam("required_claims").Strings(), func(name string) bool { return name == "email" && c.Config.OIDC != nil })
}

func requiredMissing(c *check.Case) []report.Finding {
	var out []report.Finding
	all := c.Config.SPParam("required_claims").Strings()
	for _, name := range requiredClaims(c) {
		at := ""
		for _, s := range c.User.Sources {
			if v := s.Claims[name]; v != nil && v != "" {
				at = s.Name
			}
		}
		if at != "" {
			continue
		}
		var from []string
		for _, s := range c.User.Sources {
			from = append(from, s.Name)
		}
		out = append(out, report.Finding{Want: name, Where: c.Config.Pos(fmt.Sprintf("sp/required_claims/%d", slices.Index(all, name))),
			Message: fmt.Sprintf("the SP requires the claim %s, which is not in %s", check.Quote(name), places(from)),
			Effect:  "The login at the IdP succeeds, and the SP, which requires the claim, turns the user away.", Fix: sending(c, standardName(name), name, "", "CLM001")})
	}
	return out
}

// requiredAttributes are those without which the SP is not content, where claims of an assertion are at hand and not the assertion itself,
// of which AST034 speaks.
func requiredAttributes(c *check.Case) []knowledge.Claim {
	if c.Config.SAML == nil || c.SP.SAML == nil || len(c.Messages) > 0 || c.User.Source(assertion) == nil && c.User.Source(someFile) == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(c.SP.SAML.Attributes), func(a knowledge.Claim) bool { return a.Level != "required" })
}

func attributesMissing(c *check.Case) []report.Finding {
	var out []report.Finding
	for _, a := range requiredAttributes(c) {
		there := slices.ContainsFunc(c.User.Sources, func(s check.Source) bool {
			return firstValue(s.Claims, a.Names) != "" || a.NameID && value(s.Claims, "nameID") != ""
		})
		if there {
			continue
		}
		f := report.Finding{Want: strings.Join(a.Names, ", "), Where: in(assertion, a.Names[0]),
			Message: fmt.Sprintf("%s reads the attribute %s, which the assertion does not have", c.TheSP(), check.Quote(a.Names[0])),
			Effect:  "The login at the IdP succeeds, and the SP has no value for what it requires.", Fix: sending(c, standardName(a.Names[0]), a.Names[0], assertion, "CLM001")}
		if len(f.Fix) == 0 {
			f.Fix = []string{c.AtIdP("send the attribute "+a.Names[0], "attributes", "claims")}
		}
		if !a.S.Certain() {
			f.Severity = report.Warning
		}
		out = append(out, f)
	}
	return out
}

// templated reports whether the role rules are templates, of which the rules on assertions know nothing.
func templated(c *check.Case) bool {
	r := c.Config.Target.Roles
	return r == nil || slices.ContainsFunc(r.Rules, func(rule config.Rule) bool { return rule.Template != "" })
}

func undecidedRules(c *check.Case) string {
	if c.User.Decision == nil {
		return "what the SP decides was not worked out"
	}
	return ""
}

// alternative reports whether the rule of a note reads the other name too, as templates do that look under several.
func alternative(c *check.Case, n report.DecisionNote) bool {
	if n.Kind != "other_name" {
		return false
	}
	for _, o := range c.User.Decision.Rules {
		if strings.HasPrefix(n.Path, fmt.Sprintf("roles/rules/%d/template", o.Index)) && strings.Contains(o.Rule, n.Got) {
			return true
		}
	}
	return false
}

// toldOfAddress reports whether a note is about the e-mail claim that IDT028, IDT029 or IDT030 find missing.
func toldOfAddress(c *check.Case, n report.DecisionNote) bool {
	w, ok := readsEmail(c)
	if !ok || c.Config.PlainOAuth() || !slices.Contains(w.names, n.Claim) || n.Kind == "not_equals_missing" {
		return false
	}
	return findEmail(c, w).state > found
}

// noteFinding words one note, with the steps that mend it.
func noteFinding(c *check.Case, n report.DecisionNote, code string) report.Finding {
	f := report.Finding{Got: n.Got, Want: n.Want, Message: sentence(n.Text), Where: noteAt(c, n)}
	switch {
	case roleFound(c) && n.Kind == "no_claim":
		f.Severity = report.Info // this user has a role, and may have no value there
	case roleFound(c), c.User.Decision.Denied == "" && c.Config.Target.Roles != nil && c.Config.Target.Roles.Default != "" && n.Kind == "no_claim":
		f.Severity = report.Warning
	}
	place := readFrom(c)
	switch n.Kind {
	case "no_claim":
		f.Fix = append(groupScope(c, n.Claim), sending(c, standardName(n.Claim), n.Claim, place, code)...)
		f.Fix = append(f.Fix, "see that the user has a value there at all: many IdPs leave an empty claim out")
	case "not_equals_missing":
		f.Severity = report.Warning
		f.Fix = []string{c.AtSP("let the rule ask first whether the claim is there", "roles")}
		f.Fix = append(f.Fix, sending(c, standardName(n.Claim), n.Claim, place, code)...)
	case "other_name":
		f.Fix = []string{c.AtSP(fmt.Sprintf("read %s in place of %s", n.Got, n.Claim), "roles"), c.AtIdP("or call it "+n.Claim, "groups", "claims")}
		if strings.Contains(n.Got, ".") && !strings.Contains(n.Got, "://") { // inside another claim, which not every SP can reach
			f.Fix = append(sending(c, standardName(n.Claim), n.Claim, place, code), "or read "+n.Got+" in place of "+n.Claim+", where "+c.TheSP()+" can")
		}
	case "other_source":
		f.Fix = sending(c, standardName(n.Claim), n.Claim, place, code)
	case "not_a_list":
		f.Fix = []string{c.AtIdP("send "+n.Claim+" as a list of texts, not as one text", "groups", "claims")}
	case "split_dn":
		f.Fix = []string{c.AtIdP("send short group names", "groups", "claims")}
	case "guid":
		f.Fix = append(sending(c, []string{"group_names"}, n.Claim, place, code), c.AtSP("or enter the object IDs as values", "roles"))
	case "overage":
		f.Fix = append(sending(c, []string{"fewer_groups"}, n.Claim, place, code), "or let the rules read application roles, which have no such limit")
	}
	return f
}

// noteAt is where a note's rule stands in the connection file; without a path, the claim.
func noteAt(c *check.Case, n report.DecisionNote) report.Location {
	if n.Path != "" {
		return c.Config.Pos(n.Path)
	}
	return in(readFrom(c), n.Claim)
}

// readFrom is the place whose claims the role rules read.
func readFrom(c *check.Case) string {
	if c.Config.SAML != nil {
		return assertion
	}
	if c.SP.Roles != nil {
		for _, place := range c.SP.Roles.ReadsFrom.V {
			if place != assertion {
				return place
			}
		}
	}
	return idToken
}

// standardName is what a claim is called in the steps of IdPs' profiles.
func standardName(claim string) []string {
	short := strings.ToLower(claim[strings.LastIndexAny(claim, "/:.")+1:])
	switch {
	case strings.Contains(short, "group") || strings.Contains(short, "member") || strings.Contains(short, "team"):
		return []string{"groups"}
	case strings.Contains(short, "role"):
		return []string{"roles"}
	}
	return []string{claim}
}

// groupScope is the step that asks for the scope by which the IdP sends groups, when it is not asked for.
func groupScope(c *check.Case, claim string) []string {
	if c.Config.OIDC == nil || c.IdP.OIDC == nil || !slices.Contains(standardName(claim), "groups") {
		return nil
	}
	scope := c.IdP.OIDC.GroupsScope
	if !scope.Known() || scope.V == "none" || strings.Contains(scope.V, " ") || slices.Contains(c.Config.Scopes(), scope.V) {
		return nil
	}
	return append([]string{"add " + scope.V + " to scopes"}, c.IfAtSP("add "+scope.V, "scopes")...)
}
