package samlrules

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/samldoc"
)

// What the values say. Personal ones are judged by their shape, which redaction keeps.
var astValues = []check.Rule{
	onAssertion(check.Rule{
		Code: "AST010", Title: "NameID and the attribute for the e-mail address are one address", Severity: report.Warning,
		Why:  "An SP that finds accounts by the one and shows the other makes two accounts of one person.",
		Fix:  "take both from the same field of the user",
		Refs: []string{"SAML 2.0 Core §8.3.2"},
	}, nil, oneAddress),
	onAssertion(check.Rule{
		Code: "AST011", Title: "the user's e-mail domain is one that the SP lets in", Severity: report.Error,
		Applies: func(c *check.Case) bool {
			return c.Config != nil && len(c.Config.AllowedDomains) > 0 && (c.SP.Domains == nil || len(c.SP.Domains.Protocols) == 0 || slices.Contains(c.SP.Domains.Protocols, string(config.SAML)))
		},
		Why: "The login at the IdP succeeds, and the SP turns the user away.",
		Fix: "add the domain at the SP, or sign in with an address of an allowed one",
	}, func(t assertion) string {
		if t.loginDomain() == "" {
			return "the assertion holds no e-mail address"
		}
		return ""
	}, allowedDomain),
	onAssertion(check.Rule{
		Code: "AST040", Title: "no placeholder was left in a value", Severity: report.Error,
		Why: "Every user arrives under the same odd name, which is no account of anybody.",
		Fix: "write the expression as the IdP's console wants it",
	}, nil, placeholders),
	onAssertion(check.Rule{
		Code: "AST041", Title: "groups come by the names that the SP compares with", Severity: report.Error, Explains: []string{"AST039", "CLM007"},
		Why: "No role rule matches: users get the default role, or are turned away.",
		Fix: "let the IdP send group names, or enter the values that it sends at the SP",
	}, groupsUnread, groups),
	onAssertion(check.Rule{
		Code: "AST042", Title: "no comment stands inside a name or a value", Severity: report.Error, Explains: []string{"AST007", "AST010", "AST011", "AST002", "AST026", "AST027", "RSP016", "SIG006"},
		Why:  "The signature does not cover comments, and SPs that stop reading at one take a part of the name for the whole: whoever owns \"ann@corp.example.evil.example\" signs in as \"ann@corp.example\".",
		Fix:  "find out who puts comments into messages: no IdP does",
		Refs: []string{"CVE-2017-11427", "CVE-2025-29775"},
	}, nil, comments),
	onAssertion(check.Rule{
		Code: "AST044", Title: "values arrive whole and in their own letters", Severity: report.Info,
		Why:  "Names look broken at the SP, or are cut off where its table ends.",
		Fix:  "store and send text in UTF-8 throughout; keep values below 256 characters",
		Refs: []string{"SAML 2.0 Core §1.3.1"},
	}, nil, intact),
	{
		Code: "AST046", Title: "the response is no larger than the SP takes", Severity: report.Error, Protocol: config.SAML,
		AnyOf: []evidence.Kind{evidence.SAMLMessages, evidence.SAMLSSO}, Uses: []evidence.Kind{evidence.Config}, Explains: []string{"RSP021"},
		Why:     "The SP refuses the response before it looks into it.",
		Fix:     "send fewer groups and attributes",
		Applies: func(c *check.Case) bool { return c.Config != nil && c.SP.SAML != nil && c.SP.SAML.MaxResponse.Known() },
		Check:   tooLarge,
	},
}

func oneAddress(t assertion) []report.Finding {
	name := t.a.NameID.Value()
	value, from := t.mail()
	if value == "" || !address(name) || name == value {
		return nil
	}
	f := t.about(t.a.NameID, "", name, value, "NameID is the address %s but the attribute %s is %s", check.Quote(name), check.Quote(from.Name), check.Quote(value))
	if evidence.Alike(name, value) {
		f.Message += " (only the letter case differs)"
	}
	f.Related = []report.Location{t.m.In(from.Element, "")}
	f.Fix = []string{t.c.AtIdP("take NameID and "+from.Name+" from one field of the user", "nameid", "attributes")}
	return []report.Finding{f}
}

// loginDomain is the domain of the address that the SP goes by; "" without an address.
func (t assertion) loginDomain() string {
	if value, _ := t.mail(); value != "" {
		return domain(value)
	}
	if value := t.a.NameID.Value(); address(value) {
		return domain(value)
	}
	return ""
}

func allowedDomain(t assertion) []report.Finding {
	got := t.loginDomain()
	if got == "" {
		return nil
	}
	rule := ""
	if t.c.SP.Domains != nil {
		rule = t.c.SP.Domains.Subdomains.V
	}
	sub := ""
	for _, d := range t.c.Config.AllowedDomains {
		d = strings.ToLower(strings.TrimSpace(d))
		if got == d || rule == "included" && strings.HasSuffix(got, "."+d) {
			return nil
		}
		if strings.HasSuffix(got, "."+d) {
			sub = d
		}
	}
	e := t.a.NameID
	if _, from := t.mail(); from.Element != nil {
		e = firstValue(from)
	}
	f := t.about(e, "", got, strings.Join(t.c.Config.AllowedDomains, ", "), "the user's e-mail domain is %s but allowed_domains holds %s", check.Quote(got), check.Quote(strings.Join(t.c.Config.AllowedDomains, ", ")))
	if sub != "" && rule != "excluded" {
		f.Severity = report.Warning
		f.Message += fmt.Sprintf("; whether %q lets in what is below it is not known of %s", sub, t.c.TheSP())
	}
	f.Related = []report.Location{t.c.Config.Pos("allowed_domains")}
	f.Fix = []string{t.c.AtSP("add "+got, "allowed_domains"), t.c.AtIdP("or give the user an address of an allowed domain", "users")}
	return []report.Finding{f}
}

func placeholders(t assertion) []report.Finding {
	var out []report.Finding
	if value := t.a.NameID.Value(); unresolved(value) {
		f := t.about(t.a.NameID, "", value, "", "NameID is %s, an expression that the IdP should have replaced", check.Quote(value))
		f.Fix = []string{t.c.AtIdP("correct the expression that fills the NameID", "nameid")}
		out = append(out, f)
	}
	for _, a := range t.a.Attributes {
		for i, value := range a.Values {
			if !unresolved(value) {
				continue
			}
			f := t.about(a.Element.All(samldoc.Assertion, "AttributeValue")[i], "", value, "", "the attribute %s has the value %s, an expression that the IdP should have replaced", check.Quote(a.Name), check.Quote(value))
			if _, ok := t.read(a.Name); !ok && t.c.Config != nil && len(readBy(t.c)) > 0 {
				f.Severity = report.Warning // the SP does not read it
			}
			f.Fix = []string{t.c.AtIdP("correct the expression of "+a.Name, "attributes", "claims"), "see that the field exists, and is written as this console wants it: with its braces, or without"}
			out = append(out, f)
			break
		}
	}
	return out
}

var (
	guid = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^[0-9a-zA-Z]{8}-([0-9a-zA-Z]{4}-){3}[0-9a-zA-Z]{12}$`)
	})
	dnText = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)^(cn|ou|uid)=[^,]+(,\s*[a-z][a-z0-9-]*=[^,]+)+$`)
	})
)

// overage reports whether an attribute is the link that stands in place of too many groups.
func overage(a samldoc.Attribute) bool {
	name := strings.ToLower(a.Name)
	return strings.HasSuffix(name, "/groups.link") || name == "groups.link"
}

// groupAttributes gives the attributes that the SP reads groups from; the link in their place is one of them.
func (t assertion) groupAttributes() []samldoc.Attribute {
	var out []samldoc.Attribute
	reading := false
	for _, r := range readBy(t.c) {
		reading = reading || r.about() == "groups"
	}
	for _, a := range t.a.Attributes {
		r, ok := t.read(a.Name)
		if ok && (r.about() == "groups" || t.comparesWith(a.Name) != nil) || overage(a) && (reading || t.c.Config == nil) {
			out = append(out, a)
		}
	}
	return out
}

func groupsUnread(t assertion) string {
	if len(t.groupAttributes()) == 0 {
		return "the assertion carries no groups that the SP is known to read"
	}
	return ""
}

// comparesWith lists the values that role rules compare an attribute with.
func (t assertion) comparesWith(name string) []string {
	var out []string
	if t.c.Config != nil && t.c.Config.Roles != nil {
		for _, rule := range t.c.Config.Roles.Rules {
			if rule.Claim == name && rule.Value != "" {
				out = append(out, rule.Value)
			}
		}
	}
	return out
}

func groups(t assertion) []report.Finding {
	var out []report.Finding
	for _, a := range t.groupAttributes() {
		if f := t.groupValues(a); f != nil {
			out = append(out, *f)
		}
	}
	return out
}

func (t assertion) groupValues(a samldoc.Attribute) *report.Finding {
	wanted := t.comparesWith(a.Name)
	all := func(is func(string) bool, values []string) bool {
		return len(values) > 0 && !slices.ContainsFunc(values, func(v string) bool { return !is(v) })
	}
	var f report.Finding
	switch {
	case overage(a):
		f = t.about(a.Element, "Name", a.Name, "groups", "a link stands in place of the groups (%s): the user has more of them than the IdP puts into an assertion", check.Quote(a.Name))
		f.Fix = []string{t.c.AtIdP("send only the groups that are assigned to this application, or filter them", "groups", "attributes"), "the link is no use to " + t.c.TheSP() + ": it would have to ask the IdP's directory itself"}
		return &f
	case all(guid().MatchString, a.Values) && !all(guid().MatchString, wanted):
		f = t.about(a.Element, "", a.Values[0], "", "the groups in %s come as object IDs such as %s", check.Quote(a.Name), check.Quote(a.Values[0]))
		f.Fix = []string{t.c.AtIdP("send group names (cloud-only display names or sAMAccountName) in place of IDs", "groups", "attributes"), t.c.AtSP("or enter the IDs as the values", "roles")}
	case all(dnText().MatchString, a.Values) && !all(dnText().MatchString, wanted):
		f = t.about(a.Element, "", a.Values[0], "", "the groups in %s come as distinguished names such as %s", check.Quote(a.Name), check.Quote(a.Values[0]))
		f.Fix = []string{t.c.AtIdP("send the short group names", "groups", "attributes"), t.c.AtSP("or enter the whole names as the values", "roles")}
	default:
		return nil
	}
	if len(wanted) == 0 {
		f.Severity = report.Warning // nothing says what they are compared with
	} else {
		f.Want = wanted[0]
		f.Message += fmt.Sprintf(" but the role rules compare with %s", check.Quote(wanted[0]))
		for i, rule := range t.c.Config.Roles.Rules {
			if rule.Claim == a.Name && rule.Value == wanted[0] {
				f.Related = []report.Location{t.c.Config.Pos(fmt.Sprintf("roles/rules/%d/value", i))}
			}
		}
	}
	return &f
}

func intact(t assertion) []report.Finding {
	var out []report.Finding
	for _, e := range t.texts() {
		value, what := e.Value(), e.Local
		if e.Local == "AttributeValue" && e.Parent != nil {
			what = "the attribute " + check.Quote(e.Parent.Attr("Name"))
		}
		switch n := len([]rune(value)); {
		case evidence.Recoded(value):
			f := t.finding(e, "", "%s looks as if its letters were recoded on the way: UTF-8 was read as Latin-1", what)
			f.Fix = []string{"look at the user in the IdP's directory: where the letters are broken already, they were imported so", t.c.AtIdP("import the users in UTF-8", "users")}
			out = append(out, f)
		case n > 256 && e.Local == "AttributeValue":
			f := t.finding(e, "", "%s has %d characters, and SPs need not keep more than 256", what, n)
			f.Fix = []string{t.c.AtIdP("send a shorter value", "attributes", "claims")}
			out = append(out, f)
		}
	}
	return out
}

func tooLarge(c *check.Case) []report.Finding {
	var out []report.Finding
	limit := c.SP.SAML.MaxResponse
	for _, m := range responses(c) {
		if m.Size <= limit.V {
			continue
		}
		f := report.Finding{Got: fmt.Sprint(m.Size), Want: fmt.Sprint(limit.V), Where: m.In(m.Doc.Root, ""), Message: fmt.Sprintf("the response has %d bytes but %s takes %d at most", m.Size, c.TheSP(), limit.V)}
		if !limit.Certain() {
			f.Severity, f.Message = report.Warning, "likely: "+f.Message
		}
		f.Fix = []string{c.AtIdP("send only the groups and attributes that the SP reads", "groups", "attributes")}
		out = append(out, f)
	}
	return out
}
