package xmlsigrules

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

// signed are the rules on what is signed.
var signed = []check.Rule{
	ofMessages(check.Rule{
		Code: "SIG001", Title: "the response or the assertion is signed", Severity: report.Error, Explains: []string{"SIG002", "MD039"},
		Why:  "Anybody could have written the message, so every SP refuses it.",
		Fix:  "let the IdP sign the assertion",
		Refs: []string{refProfile},
	}, signedDecides, unsigned),
	{
		Code: "SIG002", Title: "the IdP signs what the SP demands", Severity: report.Error, Protocol: config.SAML,
		Needs: []evidence.Kind{evidence.Config}, Uses: []evidence.Kind{evidence.SAMLMessages, evidence.SAMLSSO}, Explains: []string{"MD039", "RSP021"},
		Why:     "The SP refuses the response, although the login at the IdP succeeded.",
		Fix:     "let the IdP sign the assertion",
		Refs:    []string{"SAML 2.0 Metadata §2.4.4"},
		Decides: demandDecides,
		Check:   demanded,
	},
}

// carriers are the responses that carry something to sign.
func carriers(c *check.Case) []*check.Message {
	return slices.DeleteFunc(responses(c), func(m *check.Message) bool { return len(m.Response.Assertions)+len(m.Response.Encrypted) == 0 })
}

// sealedUp reports whether an assertion could not be opened: whether it is signed itself cannot be told.
func sealedUp(m *check.Message) bool {
	return slices.ContainsFunc(m.Response.Encrypted, func(e *xmltree.Element) bool { return e.Child(samldoc.Assertion, "Assertion") == nil })
}

// anySignature reports whether something in the message, or the address that brought it, is signed.
func anySignature(m *check.Message) bool {
	return m.Query != nil || m.Doc.Root.Find(samldoc.DSig, "Signature") != nil
}

func signedDecides(c *check.Case) string {
	reason := "no " + string(evidence.SAMLMessages)
	for _, m := range responses(c) {
		switch {
		case len(m.Response.Assertions)+len(m.Response.Encrypted) == 0:
			reason = "no message carries an assertion"
		case anySignature(m):
			return ""
		case m.Response.Element == nil:
			reason = "the assertion is not signed itself, and the response around it, which may be, is not at hand"
		case sealedUp(m) && len(besideSealed(c, m)) == 0:
			reason = "the assertion is encrypted and could not be opened; it may be signed inside"
		default:
			return ""
		}
	}
	return reason
}

func unsigned(c *check.Case) []report.Finding {
	var out []report.Finding
	for _, m := range carriers(c) {
		if anySignature(m) || m.Response.Element == nil {
			continue
		}
		if sealedUp(m) {
			out = append(out, besideSealed(c, m)...)
			continue
		}
		f := report.Finding{Where: m.In(m.Response.Element, ""), Message: "neither the response nor the assertion is signed"}
		f.Fix = []string{c.AtIdP("switch signing of assertions on", "signing")}
		out = append(out, f)
	}
	return out
}

// besideSealed tells of assertions in the clear beside one that could not be opened: a signature inside that one does not cover them.
func besideSealed(c *check.Case, m *check.Message) []report.Finding {
	var out []report.Finding
	for _, a := range m.Response.Assertions {
		if a.Element.Parent != m.Response.Element {
			continue
		}
		f := report.Finding{Where: m.In(a.Element, ""), Got: a.ID,
			Message: fmt.Sprintf("the assertion %s stands in the clear beside an encrypted one, and nothing outside the encrypted one is signed", check.Quote(a.ID))}
		f.Fix = []string{attack, c.AtIdP("send one assertion, signed", "signing")}
		out = append(out, f)
	}
	return out
}

// demand is what has to be signed, and who says so.
type demand struct {
	element string // Assertion | Response
	level   report.Severity
	by      string
}

// demands lists what the SP wants signed: what the connection file states, else what the SP's profile says.
func demands(c *check.Case) []demand {
	if c.Config == nil || c.SP.SAML == nil {
		return nil
	}
	var out []demand
	add := func(element string, stated *bool, v string, certain bool) {
		d := demand{element, report.Error, c.TheSP() + " demands"}
		switch {
		case stated != nil && *stated:
		case stated != nil:
			return
		case v == "required" && certain:
		case v == "required":
			d.level = report.Warning
		case v == "recommended":
			d.level, d.by = report.Info, c.TheSP()+" recommends"
		default:
			return
		}
		out = append(out, d)
	}
	var want config.Want
	if c.Config.SAML != nil && c.Config.SAML.Want != nil {
		want = *c.Config.SAML.Want
	}
	add("Assertion", want.AssertionSigned, c.SP.SAML.AssertionSigned.V, c.SP.SAML.AssertionSigned.Certain())
	add("Response", want.ResponseSigned, c.SP.SAML.ResponseSigned.V, c.SP.SAML.ResponseSigned.Certain())
	return out
}

func demandDecides(c *check.Case) string {
	settings := len(c.Requirements("SIG002")) > 0
	if settings && c.Unstated("SIG002") == "" {
		return ""
	}
	all := carriers(c)
	switch {
	case len(all) == 0 && settings:
		return c.Unstated("SIG002")
	case len(all) == 0:
		return signedDecides(c)
	case len(demands(c)) == 0 && (c.SP.SAML == nil || c.SP.SAML.AssertionSigned.V != "either"):
		return "nothing says what the SP wants signed"
	case !slices.ContainsFunc(all, func(m *check.Message) bool { return !sealedUp(m) }):
		return "the assertion is encrypted and could not be opened; it may be signed inside"
	}
	return ""
}

func demanded(c *check.Case) []report.Finding {
	if out := c.Required("SIG002"); len(out) > 0 {
		return out // told where the setting stands
	}
	var out []report.Finding
	for _, m := range carriers(c) {
		if !anySignature(m) { // SIG001
			continue
		}
		for _, d := range demands(c) {
			for _, e := range targets(m, d.element) {
				if e.Child(samldoc.DSig, "Signature") != nil {
					continue
				}
				other := map[string]string{"Assertion": "response around it", "Response": "assertion in it"}[d.element]
				f := report.Finding{Severity: d.level, Where: m.In(e, ""), Got: "no signature", Want: "a signature of its own",
					Message: fmt.Sprintf("the %s has no signature of its own, only the %s has; %s one", strings.ToLower(d.element), other, d.by)}
				f.Fix = []string{c.AtIdP("sign the "+strings.ToLower(d.element)+" too", "signing")}
				out = append(out, f)
				break
			}
		}
	}
	return out
}

// targets gives the elements of a message that a demand is about.
func targets(m *check.Message, element string) []*xmltree.Element {
	if element == "Response" {
		if m.Response.Element == nil {
			return nil
		}
		return []*xmltree.Element{m.Response.Element}
	}
	var out []*xmltree.Element
	for _, a := range m.Response.Assertions {
		out = append(out, a.Element)
	}
	return out
}
