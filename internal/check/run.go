package check

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/knowledge"
	"github.com/ssoctl/ssoctl/internal/report"
)

// Selection limits a run to some rules. Entries are codes or areas.
type Selection struct{ Only, Skip []string }

// Includes reports whether a rule is to be run.
func (s Selection) Includes(code string) bool {
	matches := func(list []string) bool {
		return slices.ContainsFunc(list, func(e string) bool { return strings.EqualFold(e, code) || strings.EqualFold(e, Area(code)) })
	}
	return (len(s.Only) == 0 || matches(s.Only)) && !matches(s.Skip)
}

// Filter gives the rules of a selection.
func (s Selection) Filter(rules []Rule) []Rule {
	var out []Rule
	for _, r := range rules {
		if s.Includes(r.Code) {
			out = append(out, r)
		}
	}
	return out
}

// Run judges a case by every rule and orders the findings: a root cause, then what follows from it.
func Run(rules []Rule, c *Case) ([]report.Finding, []report.Result) {
	results := make([]report.Result, 0, len(rules))
	var findings []report.Finding
	byCode := map[string]*Rule{}
	for i := range rules {
		r := &rules[i]
		byCode[r.Code] = r
		result := apply(r, c)
		result.Findings = slices.DeleteFunc(result.Findings, c.silenced)
		if result.Outcome == report.Failed && len(result.Findings) == 0 {
			result.Outcome, result.Reason = report.Passed, "silenced by ssoctl:ignore"
		}
		results = append(results, result)
		findings = append(findings, result.Findings...)
	}
	slices.SortFunc(results, func(a, b report.Result) int { return cmp.Compare(a.Code, b.Code) })
	return arrange(findings, byCode), results
}

// silenced reports whether a suppression in the connection file covers the finding.
func (c *Case) silenced(f report.Finding) bool {
	if c.File == nil || f.Where.File != c.File.Doc.File {
		return false
	}
	return slices.ContainsFunc(c.File.Ignores, func(i config.Ignore) bool { return i.Covers(f.Code, f.Where.Line, c.Now) })
}

func apply(r *Rule, c *Case) (result report.Result) {
	result = report.Result{Code: r.Code, Title: r.Title}
	defer func() {
		if p := recover(); p != nil {
			result.Outcome, result.Findings = report.Broken, nil
			result.Reason = fmt.Sprintf("the rule broke down: %v (a defect of ssoctl)", p)
		}
	}()
	if reason := otherProtocol(r, c); reason != "" {
		result.Outcome, result.Reason = report.NotApplicable, reason
		return result
	}
	if reason := c.lacks(r); reason != "" {
		result.Reason = reason
		return result
	}
	view := c.only(r)
	if r.Applies != nil && !r.Applies(view) {
		result.Outcome = report.NotApplicable
		return result
	}
	if r.Decides != nil {
		if reason := r.Decides(view); reason != "" {
			result.Reason = reason
			return result
		}
	}
	result.Findings = r.Check(view)
	result.Outcome = report.Passed
	if len(result.Findings) > 0 {
		result.Outcome = report.Failed
	}
	for i := range result.Findings {
		c.complete(r, &result.Findings[i])
	}
	return result
}

func otherProtocol(r *Rule, c *Case) string {
	if c.Config == nil {
		return ""
	}
	p := c.Config.Protocol()
	if r.Protocol != "" && r.Protocol != p {
		if p == "" {
			return "the connection states no protocol, or both"
		}
		return "the connection speaks " + string(p)
	}
	foreign := func(k evidence.Kind) bool {
		return p == config.SAML && strings.HasPrefix(string(k), "oidc.") || p == config.OIDC && strings.HasPrefix(string(k), "saml.")
	}
	all := func(kinds []evidence.Kind) bool {
		return len(kinds) > 0 && !slices.ContainsFunc(kinds, func(k evidence.Kind) bool { return !foreign(k) })
	}
	if slices.ContainsFunc(r.Needs, foreign) || slices.ContainsFunc(r.Tries, foreign) || all(r.AnyOf) || all(r.TriesAnyOf) {
		return "the connection speaks " + string(p)
	}
	return ""
}

// lacks says which evidence of a rule is missing and why, "" when all is there.
func (c *Case) lacks(r *Rule) string {
	for _, k := range r.Tries {
		if c.Seen[k].Obs == nil {
			return "no " + string(k)
		}
	}
	if tried := func(k evidence.Kind) bool { return c.Seen[k].Obs != nil }; len(r.TriesAnyOf) > 0 && !slices.ContainsFunc(r.TriesAnyOf, tried) {
		return "no " + string(r.TriesAnyOf[0])
	}
	for _, k := range r.Needs {
		if !c.has(k) {
			return c.missing(k)
		}
	}
	if len(r.AnyOf) > 0 && !slices.ContainsFunc(r.AnyOf, c.has) {
		return c.missing(r.AnyOf[0])
	}
	return ""
}

// missing says why a kind of evidence is not there.
func (c *Case) missing(k evidence.Kind) string {
	seen := c.Seen[k]
	switch {
	case seen.Obs == nil:
		return "no " + string(k)
	case seen.Obs.Failure != nil:
		return fmt.Sprintf("no %s: %s", k, seen.Obs.Failure.Text)
	case seen.Parsed != nil:
		return fmt.Sprintf("no %s: %v", k, seen.Parsed)
	case seen.Obs.Last() != nil && seen.Obs.Last().Failure != nil:
		return fmt.Sprintf("no %s: %s", k, seen.Obs.Last().Failure.Text)
	case seen.Obs.Last() != nil && seen.Obs.Last().Status != 0:
		return fmt.Sprintf("no %s: %s", k, seen.Obs.Last().Name())
	}
	return "no " + string(k)
}

// complete fills in what the rule's metadata and the SP's profile know about a finding.
func (c *Case) complete(r *Rule, f *report.Finding) {
	f.Code, f.Title, f.Inconclusive = r.Code, r.Title, f.Inconclusive || r.Inconclusive
	if f.Severity == report.Default {
		f.Severity = r.Severity
	}
	c.reaction(f)
	if f.Effect == "" {
		f.Effect = r.Why
	}
	if len(f.Fix) == 0 && r.Fix != "" {
		f.Fix = []string{r.Fix}
	}
	f.References = append(f.References, r.Refs...)
	f.Troubleshooting = append(f.Troubleshooting, c.EntriesOf(r.Code)...)
	if f.Check == "" {
		f.Check = c.proof(r, f)
	}
}

// EntriesOf gives the entries of the SP's Troubleshooting page whose findings are those of a code. A finding carries its own code's
// without being asked; a rule asks for another's when it sees the cause of what that one would see later.
func (c *Case) EntriesOf(code string) []report.Entry {
	var out []report.Entry
	for _, e := range c.SP.Entries {
		if c.Config != nil && slices.Contains(e.Rules, code) && c.concerns(e.IdPs, e.Protocol) {
			out = append(out, report.Entry{SP: c.SP.ID, ID: e.ID})
		}
	}
	return out
}

func (c *Case) concerns(idps []string, protocol string) bool {
	return (len(idps) == 0 || slices.Contains(idps, c.IdP.ID)) && (protocol == "" || protocol == string(c.Config.Protocol()))
}

// proof is the command that shows whether the fix worked.
func (c *Case) proof(r *Rule, f *report.Finding) string {
	reads := func(kinds ...evidence.Kind) bool {
		return slices.ContainsFunc(slices.Concat(r.Needs, r.AnyOf, r.Uses), func(k evidence.Kind) bool { return slices.Contains(kinds, k) })
	}
	switch {
	case c.Config != nil && (c.Login != nil || c.Tokens != nil || c.User != nil) && c.Messages == nil && reads(evidence.LoginRun, evidence.Tokens, evidence.Claims):
		return "ssoctl test-login " + c.Config.Name
	case c.Config == nil && c.Tokens != nil && reads(evidence.Tokens):
		return "sign in once more, and look at the token that comes then"
	case c.Config != nil && c.Messages != nil:
		return "sign in once more, and ssoctl decode FILE -n " + c.Config.Name + " with what the IdP sends then"
	case c.Messages != nil:
		return "sign in once more, and ssoctl decode FILE with what the IdP sends then"
	case c.Config == nil || c.Network == nil && f.Where.File != "":
		return "ssoctl check " + f.Where.File
	}
	return "ssoctl doctor " + c.Config.Name
}

// arrange puts consequences under their causes. Roots are ordered by severity, then by place in the chain of a login, then by
// code; a finding has at most one cause, the first root that explains it.
func arrange(findings []report.Finding, rules map[string]*Rule) []report.Finding {
	slices.SortStableFunc(findings, func(a, b report.Finding) int {
		return cmp.Or(cmp.Compare(b.Severity, a.Severity), cmp.Compare(stage(a.Code), stage(b.Code)), cmp.Compare(a.Code, b.Code),
			cmp.Compare(a.Where.File, b.Where.File), cmp.Compare(a.Where.Line, b.Where.Line))
	})
	var out []report.Finding
	for i := range findings {
		by := findings[i].CausedBy
		if by == "" || !slices.ContainsFunc(findings, func(f report.Finding) bool { return f.Code == by }) {
			findings[i].CausedBy = cause(findings[i].Code, findings, rules)
		}
	}
	placed := map[string]bool{}
	var place func(f report.Finding)
	place = func(f report.Finding) {
		out = append(out, f)
		if placed[f.Code] {
			return
		}
		placed[f.Code] = true
		for _, g := range findings {
			if g.CausedBy == f.Code {
				place(g)
			}
		}
	}
	for _, f := range findings {
		if f.CausedBy == "" {
			place(f)
		}
	}
	return out
}

// cause finds the code among the findings whose rule explains this one; chains lead to the first link, cycles are cut by
// taking only causes that are not themselves explained by this code.
func cause(code string, findings []report.Finding, rules map[string]*Rule) string {
	for _, f := range findings {
		r := rules[f.Code]
		if r == nil || f.Code == code || !r.explains(code) || f.Severity == report.Info && !f.Inconclusive && worst(code, findings) > report.Info {
			continue // what is only worth knowing is not what broke the login
		}
		if own := rules[code]; own != nil && own.explains(f.Code) {
			continue
		}
		return f.Code
	}
	return ""
}

// worst is the highest severity among the findings of a code.
func worst(code string, findings []report.Finding) report.Severity {
	out := report.Default
	for _, f := range findings {
		if f.Code == code {
			out = max(out, f.Severity)
		}
	}
	return out
}

// stages is the order in which a login would meet the trouble.
var stages = []string{"CFG", "NET", "DISC", "JWKS", "MD", "CERT", "AUTHZ", "REQ", "TOK", "RSP", "SIG", "ENC", "AST", "IDT", "UI", "CLM", "DEV", "LGO"}

func stage(code string) int { return slices.Index(stages, Area(code)) }

// reaction says what this SP makes of a finding: what it is known to pass over breaks nothing there, and what it shows is what people
// have before them.
func (c *Case) reaction(f *report.Finding) {
	if c.Config == nil {
		return
	}
	var all map[string]knowledge.Reaction
	switch p := c.Config.Protocol(); {
	case p == config.OIDC && c.SP.OIDC != nil:
		all = c.SP.OIDC.Reactions
	case p != config.OIDC && c.SP.SAML != nil:
		all = c.SP.SAML.Reactions
	}
	r, known := all[f.Code+"/"+f.Aspect]
	if !known {
		r, known = all[f.Code]
	}
	switch {
	case !known:
	case r.V == "ignored" && f.Severity == report.Error && r.S.Certain():
		f.Severity = report.Warning
		f.Effect = c.TheSP() + " does not look at it today; the standard forbids it, and a later release may refuse it."
	case r.V == "refused" && r.Shows != "" && f.Effect == "":
		f.Effect = c.TheSP() + " refuses the login: " + r.Shows
	}
}
