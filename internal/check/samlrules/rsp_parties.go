package samlrules

import (
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/exact"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/samldoc"
	"github.com/ssoctl/ssoctl/internal/xmltree"
)

// Who sends the response, and to whom.
var rspParties = []check.Rule{
	onResponse(check.Rule{
		Code: "RSP010", Title: "Destination of the response is the SP's ACS URL", Severity: report.Error, Explains: []string{"AST014", "RSP019", "RSP021"},
		Why:  "The SP compares Destination with its own address and refuses a response that is for another one.",
		Fix:  "enter the SP's ACS URL at the IdP, to the letter",
		Refs: []string{"SAML 2.0 Bindings §3.5.5.2"},
	}, noACS, func(l letter) []report.Finding { return sentTo(l, false) }),
	onResponse(check.Rule{
		Code: "RSP011", Title: "Destination of the response is spelt as the SP's ACS URL", Severity: report.Error, Explains: []string{"AST014", "RSP019", "RSP021"},
		Why:  "Addresses are compared as strings: a slash, a capital or a port makes another one of it.",
		Fix:  "enter the SP's ACS URL at the IdP, to the letter: letter case, a slash at the end and a port count",
		Refs: []string{"SAML 2.0 Bindings §3.5.5.2"},
	}, noACS, func(l letter) []report.Finding { return sentTo(l, true) }),
	onResponse(check.Rule{
		Code: "RSP016", Title: "the issuer of the response is the IdP of the connection", Severity: report.Error,
		Uses: []evidence.Kind{evidence.SAMLMetadata}, Explains: []string{"RSP021"},
		Why:  "The SP looks the IdP up by this name, and refuses a response of anybody else.",
		Fix:  "enter the IdP's entity ID at the SP exactly as the response has it",
		Refs: []string{refProfile},
	}, func(l letter) string {
		if l.c.IdPEntityID() == "" {
			return "nothing says what the IdP's entity ID is"
		}
		return ""
	}, responseIssuer),
	onResponse(check.Rule{
		Code: "RSP017", Title: "Consent and Extensions are what the standard allows", Severity: report.Info,
		Why:  "An SP that validates responses refuses it.",
		Fix:  "let the IdP leave them out",
		Refs: []string{refResponse},
	}, nil, extras),
}

func noACS(l letter) string {
	if len(acsURLs(l.c)) == 0 {
		return "nothing says what the SP's ACS URL is"
	}
	return ""
}

// sentTo compares Destination with the ACS URL. near chooses the findings in which the two differ in a single respect. What the IdP
// sends elsewhere as a whole is REQ006.
func sentTo(l letter, near bool) []report.Finding {
	e := l.head.Element
	got, there := e.Lookup("", "Destination")
	known := acsURLs(l.c)
	var f report.Finding
	switch {
	case l.m.Label != "" && addressee(l.m) == got && !slices.Contains(known, got):
		return nil
	case got == "":
		if near || !there && (!ownSignature(l.m) || l.m.Binding == "HTTP-Redirect") {
			return nil
		}
		f = l.finding(e, "", "the response is signed and has no Destination, which a signed response must have")
		if there {
			f = l.finding(e, "Destination", "Destination of the response is empty")
		}
		f.Aspect, f.Fix = "missing", []string{l.c.AtIdP("let responses carry Destination", "acs")}
		return []report.Finding{f}
	case len(known) == 0 || slices.Contains(known, got):
		return nil
	}
	want := closestOf(known, got)
	d := exact.Compare(got, want)
	if nearly(d) != near {
		return nil
	}
	f = l.about(e, "Destination", got, want, "Destination of the response is %s but the ACS URL of %s is %s (%s)", check.Quote(got), l.c.TheSP(), check.Quote(want), check.Difference(got, d))
	f.Fix = []string{l.c.AtIdP("enter "+want, "acs", "redirect_uri")}
	return []report.Finding{f}
}

// sealed reports whether the response is signed itself, or carries an encrypted assertion: then it has to name its issuer.
func sealed(l letter) bool {
	return ownSignature(l.m) || len(l.m.Response.Encrypted) > 0
}

func responseIssuer(l letter) []report.Finding {
	all := l.head.Element.All(samldoc.Assertion, "Issuer")
	step := func(do string) []string { return []string{l.c.AtIdP(do, "entity_id", "metadata")} }
	if len(all) == 0 || all[0].Value() == "" {
		if len(all) == 0 && !sealed(l) {
			return nil
		}
		f := l.finding(l.head.Element, "", "the response does not name its issuer, which one that is signed or encrypted must do")
		if len(all) > 0 {
			f = l.finding(all[0], "", "the Issuer of the response is empty")
		}
		f.Fix = step("let responses carry the IdP's entity ID as Issuer")
		return []report.Finding{f}
	}
	issuer := all[0]
	if format := issuer.Attr("Format"); format != "" && format != samldoc.FormatEntity {
		f := l.about(issuer, "Format", format, samldoc.FormatEntity, "Format of the response's Issuer is %s where only %q, or none, may stand", check.Quote(format), samldoc.FormatEntity)
		f.Fix = step("send Issuer without a Format")
		return []report.Finding{f}
	}
	got, want := issuer.Value(), l.c.IdPEntityID()
	if got == strings.TrimSpace(want) || want == "" || l.assertedBy(got) { // white space in the connection file is CFG001
		return nil
	}
	f := l.about(issuer, "", got, want, "the response is issued by %s but the IdP is known as %s%s", check.Quote(got), check.Quote(want), inOne(got, want))
	f.Fix = append([]string{l.c.AtSP("enter "+got+", once you have seen that it is the entity ID that the IdP shows", "idp_entity_id")}, step("compare the entity ID")...)
	if l.c.Config != nil && l.c.Config.Stated("saml/idp_entity_id") {
		f.Related = []report.Location{l.c.Config.Pos("saml/idp_entity_id")}
		if trusted(l.m) { // anybody can write a name into a message; the key says whose it is
			edit, edits := l.c.InFile("saml/idp_entity_id", got)
			f.Fix, f.Edits = append(f.Fix, edit), edits
		}
	}
	return []report.Finding{f}
}

// assertedBy reports whether an assertion of the response has that issuer too: then AST002 tells it once for both.
func (l letter) assertedBy(issuer string) bool {
	return slices.ContainsFunc(l.m.Response.Assertions, func(a *samldoc.AssertionDoc) bool { return a.Issuer.Value() == issuer })
}

// wrappedParts are elements whose place the rules on wrapping tell of, wherever they stand.
var wrappedParts = []string{"Assertion", "EncryptedAssertion", "Response"}

func extras(l letter) []report.Finding {
	var out []report.Finding
	if consent, there := l.head.Element.Lookup("", "Consent"); there && !strings.Contains(consent, ":") {
		f := l.about(l.head.Element, "Consent", consent, "urn:oasis:names:tc:SAML:2.0:consent:unspecified", "Consent of the response is %s, and it has to be a URI", check.Quote(consent))
		f.Fix = []string{l.c.AtIdP("leave Consent out", "log")}
		out = append(out, f)
	}
	for _, e := range l.head.Element.Child(samldoc.Protocol, "Extensions").Elements() {
		if slices.Contains([]string{samldoc.Protocol, samldoc.Assertion, samldoc.Metadata, ""}, e.Space) && !slices.Contains(wrappedParts, e.Local) {
			out = append(out, l.ofOwnNamespace(e))
		}
	}
	return out
}

func (l letter) ofOwnNamespace(e *xmltree.Element) report.Finding {
	f := l.about(e, "", e.Space, "", "<%s> in Extensions is in the namespace %s, and only elements of other namespaces than SAML's may stand there", e.Name(), check.Quote(e.Space))
	f.Fix = []string{l.c.AtIdP("leave it out", "log")}
	return f
}
