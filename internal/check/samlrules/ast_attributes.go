package samlrules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/samldoc"
	"github.com/ssoctl/ssoctl/internal/xmltree"
)

const refAttributes = "SAML 2.0 Core §2.7.3"

// Which attributes arrive, and under which names.
var astAttributes = []check.Rule{
	onAssertion(check.Rule{
		Code: "AST033", Title: "the assertion carries attributes where the SP reads some", Severity: report.Error,
		Why:  "The user gets in without name or address, or not at all.",
		Fix:  "add the attributes at the IdP",
		Refs: []string{refAttributes},
	}, unlessRead, noAttributes),
	{
		Code: "AST034", Title: "the attributes that the SP reads are sent", Severity: report.Error, Protocol: config.SAML,
		Needs: []evidence.Kind{evidence.Config}, Uses: []evidence.Kind{evidence.SAMLMessages, evidence.SAMLSSO}, Explains: []string{"RSP021", "CLM007"},
		Why:     "The user gets in without name or address, or not at all.",
		Fix:     "add the attributes at the IdP",
		Decides: attributesDecide,
		Check: func(c *check.Case) []report.Finding {
			out := c.Required("AST034")
			for _, t := range assertions(c) {
				out = append(out, byMisspelling(t.m, "RSP003", missing(t))...)
			}
			return out
		},
	},
	onAssertion(check.Rule{
		Code: "AST035", Title: "the attributes come under the names that the SP reads", Severity: report.Error, Explains: []string{"CLM007"},
		Why:  "The SP compares names to the letter: to it the attribute is missing, although the value arrives.",
		Fix:  "give the attribute the name that the SP reads",
		Refs: []string{"SAML 2.0 Core §2.7.3.1"},
	}, unlessRead, misnamed),
	onAssertion(check.Rule{
		Code: "AST036", Title: "an attribute with several values is one Attribute element", Severity: report.Error,
		Why:  "Most SPs keep the last element, or the first, and lose the other values.",
		Fix:  "let the IdP put all values into one Attribute",
		Refs: []string{refAttributes},
	}, unlessRead, repeated),
	onAssertion(check.Rule{
		Code: "AST037", Title: "the attributes that the SP reads have values", Severity: report.Warning,
		Why:  "The SP takes the empty value for what the user is called, or refuses the login.",
		Fix:  "fill the field of the user that the attribute is taken from",
		Refs: []string{"SAML 2.0 Core §2.7.3.1.1"},
	}, unlessRead, empty),
	onAssertion(check.Rule{
		Code: "AST038", Title: "an attribute that stands for one thing has one value", Severity: report.Warning,
		Why:  "Which of the values counts is up to the SP; after the next change in the directory it may be another one.",
		Fix:  "let the IdP send one value",
		Refs: []string{"SAML 2.0 Core §2.7.3.1.1"},
	}, unlessRead, manyValues),
	onAssertion(check.Rule{
		Code: "AST039", Title: "the NameFormat of an attribute fits its name", Severity: report.Info,
		Why:  "SPs that compare name and format together do not find the attribute.",
		Fix:  "let the IdP send the format uri for names that are URIs, and basic for short names",
		Refs: []string{"SAML 2.0 Core §8.2"},
	}, nil, nameFormats),
}

// unlessRead says that nobody knows which attributes the SP reads.
func unlessRead(t assertion) string {
	if t.c.Config == nil || len(readBy(t.c)) == 0 && (t.c.SP.SAML == nil || len(t.c.SP.SAML.Attributes) == 0) {
		return "nothing says which attributes the SP reads"
	}
	return ""
}

func attributesDecide(c *check.Case) string {
	demanded := len(c.Requirements("AST034")) > 0
	if demanded && c.Unstated("AST034") == "" {
		return ""
	}
	reason := noAssertion(c)
	if reason == "" {
		for _, t := range assertions(c) {
			if reason = unlessRead(t); reason == "" {
				return ""
			}
		}
	}
	if demanded && len(c.Messages) == 0 {
		return c.Unstated("AST034")
	}
	return reason
}

// level makes a finding about an attribute as grave as the attribute is to the SP.
func (t assertion) level(f *report.Finding, r reads) {
	switch {
	case r.required && r.nameID && address(t.a.NameID.Value()):
		f.Severity = report.Warning
		f.Message += "; the NameID stands in for it"
	case !r.required:
		f.Severity = report.Warning
	default:
		f.Severity = report.Error
	}
	if r.where != "" {
		f.Related = append(f.Related, t.c.Config.Pos(r.where))
	}
}

// howTo gives the steps of a fix that bring an attribute: the SP's own advice for this IdP, then the IdP's.
func (t assertion) howTo(code string, r reads, first string) []string {
	out := []string{t.c.AtIdP(first, "attributes", "claims")}
	for _, e := range t.c.SP.Entries {
		if slices.Contains(e.Rules, code) {
			out = append(out, e.FixBy[t.c.IdP.ID]...)
		}
	}
	if w := t.c.IdP.Walkthrough["saml"]; w != nil && len(out) == 1 {
		for _, how := range w.Claims {
			if slices.ContainsFunc(r.names, func(n string) bool { return slices.Contains(words(how.Need), n) }) {
				out = append(out, how.How)
			}
		}
	}
	return out
}

// words takes a sentence apart.
func words(s string) []string {
	return strings.FieldsFunc(s, func(c rune) bool { return strings.ContainsRune(" ,;", c) })
}

func noAttributes(t assertion) []report.Finding {
	all := readBy(t.c)
	if len(t.a.Attributes) > 0 || len(all) == 0 || t.encrypted() {
		return nil
	}
	var names []string
	grave := false
	for _, r := range all {
		names = append(names, check.Quote(r.names[0]))
		grave = grave || r.required && !(r.nameID && address(t.a.NameID.Value()))
	}
	f := t.finding(t.a.Element, "", "the assertion carries no attributes but %s reads %s", t.c.TheSP(), strings.Join(names, ", "))
	if s := t.a.Element.Child(samldoc.Assertion, "AttributeStatement"); s != nil {
		f.Where = t.m.In(s, "")
	}
	if !grave {
		f.Severity = report.Warning
	}
	f.Want = all[0].names[0]
	f.Fix = t.howTo("AST033", all[0], "send "+strings.Join(names, ", "))
	return []report.Finding{f}
}

// missing finds attributes that come under no name at all. What the connection file states is judged by the requirements of the
// profile, and not told a second time.
func missing(t assertion) []report.Finding {
	if len(t.a.Attributes) == 0 || t.encrypted() { // AST033, ENC005
		return nil
	}
	var out []report.Finding
	for _, r := range readBy(t.c) {
		if len(r.of(t)) > 0 || t.near(r) != nil || t.linked(r) || t.settingsLack(r) {
			continue
		}
		f := t.about(t.statement(), "", t.sent(), r.names[0], "the assertion carries no attribute %s, which %s", check.Quote(r.names[0]), r.by)
		t.level(&f, r)
		f.Fix = t.howTo("AST034", r, "add the attribute "+r.names[0]+", spelt so")
		out = append(out, f)
	}
	return out
}

// statement is the element that attributes stand in.
func (t assertion) statement() *xmltree.Element {
	if s := t.a.Element.Child(samldoc.Assertion, "AttributeStatement"); s != nil {
		return s
	}
	return t.a.Element
}

// sent lists the names of the attributes that arrived.
func (t assertion) sent() string {
	var out []string
	for _, a := range t.a.Attributes {
		if !slices.Contains(out, a.Name) {
			out = append(out, a.Name)
		}
	}
	return strings.Join(out, ", ")
}

// settingsLack reports whether the connection file records that the IdP's console lacks this very attribute.
func (t assertion) settingsLack(r reads) bool {
	for _, req := range t.c.Requirements("AST034") {
		node := t.c.Config.Setting(req.Setting)
		if node == nil || req.Pattern == "" || slices.ContainsFunc(node.Strings(), func(s string) bool { return t.c.Lib.Matches(req.Pattern, s) }) {
			continue
		}
		if slices.ContainsFunc(r.names, func(n string) bool { return t.c.Lib.Matches(req.Pattern, n) }) {
			return true
		}
	}
	return false
}

// repeated judges the attributes that the SP reads only: others may be repeated at will.
func repeated(t assertion) []report.Finding {
	var out []report.Finding
	count := map[string]int{}
	for _, a := range t.a.Attributes {
		if count[a.Name]++; count[a.Name] != 2 {
			continue
		}
		r, ok := t.read(a.Name)
		if !ok {
			continue
		}
		f := t.about(a.Element, "Name", a.Name, "", "the attribute %s, which %s, comes in several Attribute elements and not in one with several values", check.Quote(a.Name), r.by)
		f.Fix = []string{t.c.AtIdP("put all values of "+a.Name+" into one attribute", repeatedAt(t, a.Name)...)}
		out = append(out, f)
	}
	return out
}

// repeatedAt is where the IdP's console fills an attribute: that of groups has a place of its own.
func repeatedAt(t assertion, name string) []string {
	if r, _ := t.read(name); r.about() == "groups" {
		return []string{"attributes", "groups", "claims"}
	}
	return []string{"attributes", "claims", "groups"}
}

func empty(t assertion) []report.Finding {
	var out []report.Finding
	for _, a := range t.a.Attributes {
		r, ok := t.read(a.Name)
		if !ok || slices.ContainsFunc(a.Values, func(v string) bool { return v != "" }) {
			continue
		}
		f := t.about(a.Element, "", "", "", "the attribute %s, which %s, has no value", check.Quote(a.Name), r.by)
		if len(a.Values) > 0 {
			f.Where = t.m.In(firstValue(a), "")
			f.Message = fmt.Sprintf("the attribute %s, which %s, is empty", check.Quote(a.Name), r.by)
		}
		t.level(&f, r)
		f.Fix = []string{"fill the field of the user that it is taken from", t.c.AtIdP("see where "+a.Name+" is taken from", "attributes", "claims")}
		out = append(out, f)
	}
	return out
}

// firstValue is the element of an attribute's first value; the attribute itself when it has none.
func firstValue(a samldoc.Attribute) *xmltree.Element {
	if v := a.Element.Child(samldoc.Assertion, "AttributeValue"); v != nil {
		return v
	}
	return a.Element
}

func manyValues(t assertion) []report.Finding {
	var out []report.Finding
	for _, a := range t.a.Attributes {
		r, ok := t.read(a.Name)
		if !ok || len(a.Values) < 2 || r.about() == "groups" || r.about() == "" {
			continue
		}
		f := t.finding(a.Element, "Name", "the attribute %s, which %s as one value, has %d of them", check.Quote(a.Name), r.by, len(a.Values))
		f.Got = fmt.Sprint(len(a.Values))
		f.Want = "1"
		f.Fix = []string{t.c.AtIdP("send one value of "+a.Name, "attributes", "claims"), "see whether the directory holds several values for this user"}
		out = append(out, f)
	}
	return out
}

// nameFormats judges for SPs that nobody has described: those whose profile lists names go by the names alone.
func nameFormats(t assertion) []report.Finding {
	if t.c.Config != nil && t.c.SP.SAML != nil && len(t.c.SP.SAML.Attributes) > 0 {
		return nil
	}
	for _, a := range t.a.Attributes {
		uri := strings.HasPrefix(a.Name, "urn:") || strings.Contains(a.Name, "://")
		var f report.Finding
		switch {
		case a.NameFormat == "":
			f = t.finding(a.Element, "", "the attribute %s has no NameFormat", check.Quote(a.Name))
		case uri && a.NameFormat == attrBasic:
			f = t.about(a.Element, "NameFormat", attrBasic, attrURI, "the attribute %s has the NameFormat %q, and its name is a URI", check.Quote(a.Name), "basic")
		default:
			continue
		}
		f.Fix = []string{t.c.AtIdP("choose the name format uri for names that are URIs, basic for short ones", "attributes", "claims")}
		return []report.Finding{f}
	}
	return nil
}
