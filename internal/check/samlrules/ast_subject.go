package samlrules

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/exact"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/samldoc"
	"github.com/ssoctl/ssoctl/internal/xmltree"
)

// Whom the assertion is about: Subject and NameID.
var astSubject = []check.Rule{
	onAssertion(check.Rule{
		Code: "AST004", Title: "the assertion has a subject", Severity: report.Error, Explains: []string{"AST005", "AST012"},
		Why:  "The SP learns that somebody signed in, but not who.",
		Fix:  "let the IdP send a Subject with a NameID",
		Refs: []string{"SAML 2.0 Core §2.4.1"},
	}, nil, func(t assertion) []report.Finding {
		f := t.finding(t.a.Element, "", "the assertion has no Subject: it does not say who signed in")
		switch {
		case t.a.Subject == nil:
		case len(t.a.Subject.Elements()) == 0:
			f = t.finding(t.a.Subject, "", "Subject of the assertion is empty: it does not say who signed in")
		default:
			return nil
		}
		f.Fix = []string{t.c.AtIdP("send a NameID, such as the user's e-mail address", "nameid")}
		return []report.Finding{f}
	}),
	onAssertion(check.Rule{
		Code: "AST005", Title: "the subject has a NameID that is not empty", Severity: report.Error,
		Why:  "The SP cannot tell which account is meant.",
		Fix:  "let the IdP send a NameID, and fill the field of the user that it is taken from",
		Refs: []string{"SAML 2.0 Core §2.4.1"},
	}, nil, nameIDThere),
	onAssertion(check.Rule{
		Code: "AST006", Title: "the NameID comes in the format that the SP asks for", Severity: report.Error,
		Why:  "The SP takes the value for something that it is not, and finds no account or makes a wrong one.",
		Fix:  "choose the format that the SP documents, on both sides",
		Refs: []string{"SAML 2.0 Core §3.4.1.1"},
	}, func(t assertion) string {
		if format, by := t.wantedFormat(); format == "" && by == "" {
			return "nothing says which NameID format the SP reads"
		}
		return ""
	}, nameIDFormatOf),
	onAssertion(check.Rule{
		Code: "AST007", Title: "what comes as an e-mail address is one", Severity: report.Error,
		Why:  "The SP takes the value for an address, and finds or makes an account that nobody can use.",
		Fix:  "let the IdP fill the NameID, or the attribute, with the user's e-mail address",
		Refs: []string{"SAML 2.0 Core §8.3.2"},
	}, nil, noAddress),
	onAssertion(check.Rule{
		Code: "AST008", Title: "the NameID stays the same from one login to the next", Severity: report.Error,
		Why:  "A transient NameID is another one at each login: the SP makes a new account every time, or finds none.",
		Fix:  "let the IdP send an e-mail address or a persistent identifier",
		Refs: []string{"SAML 2.0 Core §8.3.8"},
	}, nil, transient),
	onAssertion(check.Rule{
		Code: "AST009", Title: "persistent and transient NameIDs are at most 256 characters long and qualified by the two parties", Severity: report.Warning,
		Uses: []evidence.Kind{evidence.SAMLMetadata},
		Why:  "SPs that look at the qualifiers take it for the name of somebody else, and long values do not fit their tables.",
		Fix:  "let the IdP leave the qualifiers out, or fill them with the two entity IDs",
		Refs: []string{"SAML 2.0 Core §8.3.7"},
	}, nil, qualified),
}

func nameIDThere(t assertion) []report.Finding {
	subject := t.a.Subject
	for _, other := range []string{"EncryptedID", "BaseID"} {
		if subject.Child(samldoc.Assertion, other) != nil {
			return nil // ENC005
		}
	}
	var f report.Finding
	switch {
	case subject == nil: // AST004
		return nil
	case t.a.NameID == nil:
		f = t.finding(subject, "", "the subject has no NameID: nothing says who signed in")
	case t.a.NameID.Value() == "":
		f = t.finding(t.a.NameID, "", "NameID is empty: nothing says who signed in")
	default:
		return nil
	}
	f.Fix = []string{t.c.AtIdP("send a NameID, such as the user's e-mail address", "nameid"), "see that the field which it is taken from is filled for this user"}
	return []report.Finding{f}
}

// wantedFormat is the NameID format that the SP asks for, and who says so. Without a format any will do; nobody says so when
// by is empty too.
func (t assertion) wantedFormat() (format, by string) {
	c := t.c
	if q := t.asked(); q != nil && q.NameIDFormat != "" {
		format, by = q.NameIDFormat, "the request asks for"
	} else if c.Config != nil && c.Config.SAML != nil && c.Config.SAML.NameIDFormat != "" {
		format, by = c.Config.SAML.NameIDFormat, c.TheSP()+" asks for"
	} else if c.Config != nil && c.SP.SAML != nil && c.SP.SAML.NameIDFormat.Certain() {
		format, by = c.SP.SAML.NameIDFormat.V, c.TheSP()+" reads"
	}
	if format == samldoc.FormatUnspecified || !strings.HasPrefix(format, "urn:") {
		return "", by // any will do
	}
	return format, by
}

func nameIDFormatOf(t assertion) []report.Finding {
	want, by := t.wantedFormat()
	got := cmp.Or(t.a.NameID.Attr("Format"), samldoc.FormatUnspecified)
	value := t.a.NameID.Value()
	if want == "" || value == "" || got == want || got == samldoc.FormatTransient { // AST005, AST008
		return nil
	}
	f := t.about(t.a.NameID, "Format", got, want, "NameID comes in the format %s but %s %s", check.Quote(samldoc.Short(got)), by, check.Quote(samldoc.Short(want)))
	if strings.EqualFold(samldoc.Short(got), samldoc.Short(want)) {
		f.Message = fmt.Sprintf("NameID comes in the format %s but %s %s (the name is the same, the URN is not)", check.Quote(got), by, check.Quote(want))
	}
	if want == samldoc.FormatEmail && address(value) {
		f.Severity = report.Warning // the value is what the SP looks for, it is only labelled otherwise
		f.Message += "; the value is an address all the same"
	}
	f.Fix = []string{t.c.AtIdP("choose the NameID format "+samldoc.Short(want), "nameid")}
	return []report.Finding{f}
}

func transient(t assertion) []report.Finding {
	if t.a.NameID.Attr("Format") != samldoc.FormatTransient || t.a.NameID.Value() == "" {
		return nil
	}
	want, by := t.wantedFormat()
	if want == samldoc.FormatTransient {
		return nil
	}
	f := t.about(t.a.NameID, "Format", samldoc.FormatTransient, want, "NameID is transient: it names this login and not the user")
	if want == "" {
		f.Severity = report.Warning // an SP may know people by an attribute instead
	} else {
		f.Message += fmt.Sprintf(", but %s %s", by, check.Quote(samldoc.Short(want)))
	}
	f.Fix = []string{t.c.AtIdP("choose the NameID format "+samldoc.Short(cmp.Or(want, samldoc.FormatEmail)), "nameid")}
	return []report.Finding{f}
}

// qualified judges NameIDs of the formats that SAML defines closely. An e-mail address has no business with qualifiers, and SPs pass
// over them there.
func qualified(t assertion) []report.Finding {
	e := t.a.NameID
	format := e.Attr("Format")
	if format != samldoc.FormatPersistent && format != samldoc.FormatTransient {
		return nil
	}
	var out []report.Finding
	if n := len([]rune(e.Value())); n > 256 {
		f := t.finding(e, "", "the %s NameID has %d characters, and 256 are allowed", samldoc.Short(format), n)
		f.Fix = []string{t.c.AtIdP("send a shorter identifier", "nameid")}
		out = append(out, f)
	}
	own := ""
	if t.c.Config != nil && !exact.HasPlaceholder(t.c.Config.SPEntityID()) {
		own = t.c.Config.SPEntityID()
	}
	for _, q := range []struct{ attr, want, whose string }{{"SPNameQualifier", own, "SP's"}, {"NameQualifier", t.c.IdPEntityID(), "IdP's"}} {
		got := e.Attr(q.attr)
		if got == "" || q.want == "" || got == q.want || q.attr == "SPNameQualifier" && t.names(got) {
			continue
		}
		f := t.about(e, q.attr, got, q.want, "%s of the NameID is %s but the %s entity ID is %s%s", q.attr, check.Quote(got), q.whose, check.Quote(q.want), inOne(got, q.want))
		f.Fix = []string{t.c.AtIdP("leave "+q.attr+" out, or fill it with "+q.want, "nameid", "entity_id")}
		out = append(out, f)
	}
	return out
}

// names reports whether an AudienceRestriction names the SP so: then a wrong name is told there.
func (t assertion) names(sp string) bool {
	for _, group := range t.a.Audiences {
		for _, e := range group {
			if e.Value() == sp {
				return true
			}
		}
	}
	return false
}

// noAddress looks at the NameID that says it is an e-mail address, and at the attributes that the SP reads as one.
func noAddress(t assertion) []report.Finding {
	var out []report.Finding
	wrong := func(value string) bool { return value != "" && !unresolved(value) && !address(value) }
	if value := t.a.NameID.Value(); t.a.NameID.Attr("Format") == samldoc.FormatEmail && wrong(value) {
		f := t.about(t.a.NameID, "", value, "", "NameID is %s, which is no e-mail address, but its Format is %q", check.Quote(value), samldoc.Short(samldoc.FormatEmail))
		f.Fix = []string{t.c.AtIdP("take the NameID from the user's e-mail address and not from the login name", "nameid"), "see that the field is filled for this user"}
		out = append(out, f)
	}
	for _, a := range t.a.Attributes {
		r, ok := t.read(a.Name)
		if !ok || r.about() != "email" || len(a.Values) == 0 || !wrong(strings.TrimSpace(a.Values[0])) {
			continue
		}
		f := t.about(firstValue(a), "", a.Values[0], "", "the attribute %s, which %s, is %s, which is no e-mail address", check.Quote(a.Name), r.by, check.Quote(a.Values[0]))
		f.Fix = []string{t.c.AtIdP("take "+a.Name+" from the user's e-mail address and not from the login name", "attributes", "claims"), "see that the field is filled for this user"}
		out = append(out, f)
	}
	return out
}

// address reports whether a text is an e-mail address and nothing else (RFC 2822 addr-spec, as SAML 2.0 Core §8.3.2 wants it).
func address(s string) bool {
	local, host, ok := strings.Cut(s, "@")
	return ok && local != "" && host != "" && !strings.ContainsAny(s, " \t\r\n<>,;") && !strings.ContainsAny(host, "@/:")
}

// domain is what stands behind the @ of an address, in small letters.
func domain(s string) string { return strings.ToLower(s[strings.LastIndexByte(s, '@')+1:]) }

// unresolved reports whether a value is an expression that the IdP's console should have replaced (AST040).
func unresolved(s string) bool {
	return strings.Contains(s, "${") || strings.Contains(s, "{{") || strings.HasPrefix(s, "{") && strings.HasSuffix(s, "}") ||
		strings.HasPrefix(s, "user.") && !strings.Contains(s, "@") || strings.HasPrefix(s, "appuser.") && !strings.Contains(s, "@")
}

// texts gives the elements of an assertion whose text says who the user is or who may read it.
func (t assertion) texts() []*xmltree.Element {
	var out []*xmltree.Element
	t.a.Element.Walk(func(e *xmltree.Element) bool {
		if e.Space == samldoc.Assertion {
			switch e.Local {
			case "NameID", "AttributeValue", "Issuer", "Audience":
				out = append(out, e)
			}
		}
		return true
	})
	return out
}

// named are the texts of the assertion, and the issuer of the response around it with the first.
func (t assertion) named() []*xmltree.Element {
	if t.r.Issuer != nil && len(t.r.Assertions) > 0 && t.r.Assertions[0] == t.a {
		return append([]*xmltree.Element{t.r.Issuer}, t.texts()...)
	}
	return t.texts()
}

func comments(t assertion) []report.Finding {
	var out []report.Finding
	for _, e := range t.named() {
		by, covered := interruption(e)
		if by == "" {
			continue
		}
		what := e.Local
		if e.Local == "AttributeValue" && e.Parent != nil {
			what = "the attribute " + check.Quote(e.Parent.Attr("Name"))
		}
		f := t.finding(e, "", "%s stands inside %s: an SP that stops reading there takes the part before it for the whole", by, what)
		if !covered {
			f.Message = fmt.Sprintf("%s stands inside %s: the signature holds with it and without it, and an SP that stops reading there takes the part before it for the whole", by, what)
		}
		f.Got = e.Value()
		f.Fix = []string{"treat the message as an attack until you know who put it in: no IdP does", "let the SP use a library that reads a text as a whole, or refuses what interrupts it"}
		out = append(out, f)
	}
	return append(out, t.inSignature()...)
}

// interruption words what stands inside of a text, "" for nothing; covered says that a signature would notice it.
func interruption(e *xmltree.Element) (by string, covered bool) {
	for _, n := range e.Children {
		switch {
		case n.Kind == xmltree.Comment:
			return "a comment", false
		case n.Kind == xmltree.Instruction:
			by = "a processing instruction"
		case n.Kind == xmltree.Elem && by == "" && e.Local != "AttributeValue":
			by = "the element <" + n.Element.Name() + ">"
		}
	}
	return by, true
}

// inSignature finds what interrupts the values of the signatures of the assertion, and of the response around it with the first:
// libraries were made to take what stands before it for the digest.
func (t assertion) inSignature() []report.Finding {
	signatures := t.a.Element.All(samldoc.DSig, "Signature")
	if t.r.Element != nil && len(t.r.Assertions) > 0 && t.r.Assertions[0] == t.a {
		signatures = append(t.r.Element.All(samldoc.DSig, "Signature"), signatures...)
	}
	var out []report.Finding
	for _, s := range signatures {
		s.Walk(func(e *xmltree.Element) bool {
			if !e.Is(samldoc.DSig, "DigestValue") && !e.Is(samldoc.DSig, "SignatureValue") {
				return true
			}
			if by, _ := interruption(e); by != "" {
				f := t.finding(e, "", "%s stands inside %s: a library that stops reading there, or begins behind it, compares with a value that the IdP did not sign", by, e.Local)
				f.Fix = []string{"treat the message as an attack until you know who put it in: no IdP does", "let the SP use a library that reads a text as a whole, or refuses what interrupts it"}
				out = append(out, f)
			}
			return true
		})
	}
	return out
}
