package samlrules

import (
	"fmt"
	"slices"
	"time"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/samldoc"
	"github.com/ssoctl/ssoctl/internal/xmltree"
)

const refRequest = "SAML 2.0 Core §3.4.1"

// stale is the age above which IdPs refuse a request; many keep to five minutes.
const stale = 5 * time.Minute

// What stands in a request.
var reqContent = []check.Rule{
	{
		Code: "REQ002", Title: "the request is an AuthnRequest of SAML 2.0 as the schema says", Severity: report.Error, Protocol: config.SAML,
		AnyOf: []evidence.Kind{evidence.SAMLMessages, evidence.SAMLSSO}, Uses: []evidence.Kind{evidence.Config},
		Why:     "An IdP that validates requests refuses it.",
		Fix:     "let the SP's library write the request, and give it an ID that begins with an underscore",
		Refs:    []string{"SAML 2.0 Core §3.2.1", refRequest},
		Decides: func(c *check.Case) string { return unlessCarried(c, "SAMLRequest", noRequest) },
		Check: func(c *check.Case) []report.Finding {
			out := unparsed(c, "SAMLRequest", func(do string) string { return atSP(c, do) })
			for _, l := range requestsOf(c) {
				out = append(out, requestShape(l)...)
			}
			return out
		},
	},
	onRequest(check.Rule{
		Code: "REQ003", Title: "the request was issued just now, in UTC", Severity: report.Warning,
		Why:  "IdPs refuse requests that are older than a few minutes, or that come out of their future.",
		Fix:  "set the SP's clock by a time server, and start a login anew in place of using a saved address",
		Refs: []string{"SAML 2.0 Core §1.3.3"},
	}, nil, requestAge),
	onRequest(check.Rule{
		Code: "REQ005", Title: "the request names the SP by the entity ID that the IdP knows", Severity: report.Error,
		Uses: []evidence.Kind{evidence.SPMetadata}, Explains: []string{"AUTHZ031"},
		Why:  "The IdP looks the SP up by this name, and shows an error page of its own when it does not find it.",
		Fix:  "enter one and the same entity ID on both sides; letter case counts",
		Refs: []string{"SAML 2.0 Profiles §4.1.4.1"},
	}, func(l letter) string {
		if spNames(l.c) == nil {
			return "nothing says what the SP's entity ID is"
		}
		return ""
	}, requestIssuer),
	onRequest(check.Rule{
		Code: "REQ007", Title: "the request names its ACS in one way", Severity: report.Error,
		Why:  "The standard forbids both at once: IdPs refuse the request, or go by either of the two.",
		Fix:  "let the SP send AssertionConsumerServiceURL and leave the index out",
		Refs: []string{refRequest},
	}, nil, func(l letter) []report.Finding {
		r := l.m.Request
		other, value := "AssertionConsumerServiceURL", r.ACSURL
		if r.ACSURL == "" {
			other, value = "ProtocolBinding", r.ProtocolBinding
		}
		if r.ACSIndex == "" || value == "" {
			return nil
		}
		f := l.about(r.Element, "AssertionConsumerServiceIndex", r.ACSIndex, "", "the request has AssertionConsumerServiceIndex %s beside %s %s, and only one of them may stand", check.Quote(r.ACSIndex), other, check.Quote(value))
		f.Fix = []string{atSP(l.c, "leave AssertionConsumerServiceIndex out")}
		return []report.Finding{f}
	}),
	onRequest(check.Rule{
		Code: "REQ008", Title: "the request asks for the response by HTTP-POST", Severity: report.Warning, Explains: []string{"RSP020"},
		Why:  "Responses to browser logins may not come by HTTP-Redirect, and an artifact needs a connection from the SP to the IdP.",
		Fix:  "let the SP ask for HTTP-POST, or leave ProtocolBinding out",
		Refs: []string{"SAML 2.0 Profiles §4.1.2"},
	}, nil, func(l letter) []report.Finding {
		r := l.m.Request
		if r.ProtocolBinding == "" || r.ProtocolBinding == samldoc.POST || r.ProtocolBinding == "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST-SimpleSign" {
			return nil
		}
		f := l.about(r.Element, "ProtocolBinding", r.ProtocolBinding, samldoc.POST, "ProtocolBinding is %s where %q belongs", check.Quote(r.ProtocolBinding), samldoc.POST)
		f.Fix = []string{atSP(l.c, "ask for "+samldoc.POST)}
		return []report.Finding{f}
	}),
	onRequest(check.Rule{
		Code: "REQ010", Title: "the request leaves the way of signing in to the IdP", Severity: report.Error, Explains: []string{"RSP013"},
		Why:  "Users who sign in with a second factor, a key or a certificate did not use the method that is demanded exactly, and the IdP refuses them.",
		Fix:  "let the SP leave RequestedAuthnContext out, or ask for it with Comparison minimum",
		Refs: []string{"SAML 2.0 Core §3.3.2.2.1"},
	}, nil, demandedContext),
	onRequest(check.Rule{
		Code: "REQ011", Title: "the request does not ask for a new login and for none at once", Severity: report.Info,
		Why:  "The user would have to sign in again without being shown anything: the IdP can only answer NoPassive.",
		Fix:  "let the SP send ForceAuthn or IsPassive, not both",
		Refs: []string{refRequest},
	}, nil, func(l letter) []report.Finding {
		if !l.m.Request.ForceAuthn || !l.m.Request.IsPassive {
			return nil
		}
		f := l.about(l.head.Element, "IsPassive", "true", "false", "the request has ForceAuthn and IsPassive, both %q", "true")
		f.Fix = []string{atSP(l.c, "send one of the two")}
		return []report.Finding{f}
	}),
	onRequest(check.Rule{
		Code: "REQ015", Title: "the request does not say who shall sign in", Severity: report.Info,
		Why:  "Most IdPs pass over Subject, and some refuse a request that has one.",
		Fix:  "let the SP leave Subject out; a login hint has its own parameter",
		Refs: []string{refRequest},
	}, nil, func(l letter) []report.Finding {
		e := l.head.Element.Child(samldoc.Assertion, "Subject")
		if e == nil {
			return nil
		}
		f := l.finding(e, "", "the request has a Subject, %s", check.Quote(e.Child(samldoc.Assertion, "NameID").Value()))
		f.Fix = []string{atSP(l.c, "leave Subject out of the request")}
		return []report.Finding{f}
	}),
}

// unparsed tells of messages that are no well-formed XML.
func unparsed(c *check.Case, name string, fix func(do string) string) []report.Finding {
	var out []report.Finding
	for _, m := range slices.Concat(c.Messages, c.Probed) {
		if m.Parsed == nil || len(m.XML) == 0 || !carries(m, name) {
			continue
		}
		why := ""
		for _, n := range m.Notes {
			if len(n) > 8 && (n[:8] == "cut off:" || n[:8] == "the XML ") {
				why = ": " + n
			}
		}
		f := envelope(m, "", "", "%s is no well-formed XML%s", name, why)
		f.Fix = []string{fix("write XML that is well-formed; what stands between the two sides must not cut it off")}
		if !recorded(m) {
			f.Fix = append([]string{"copy the whole value once more: a paste is cut off easily"}, f.Fix...)
		}
		out = append(out, f)
	}
	return out
}

func requestShape(l letter) []report.Finding {
	e := l.head.Element
	do := func(text string) []string { return []string{atSP(l.c, text)} }
	var out []report.Finding
	if l.m.Doc.Doctype.Line > 0 {
		f := l.finding(e, "", "the request has a document type declaration, which no SAML message may have")
		f.Fix = do("write requests without DOCTYPE")
		out = append(out, f)
	}
	if l.head.Version != "2.0" {
		f := l.about(e, "Version", l.head.Version, "2.0", "Version of the request is %s where %q is meant", check.Quote(l.head.Version), "2.0")
		f.Fix = do("send requests of SAML 2.0")
		out = append(out, f)
	}
	if !ncNamed(l.head.ID) {
		f := l.about(e, "ID", l.head.ID, "_"+l.head.ID, "the ID of the request is %s, and an ID begins with a letter or %q and has no blanks and colons", check.Quote(l.head.ID), "_")
		f.Fix = do("begin IDs with an underscore")
		out = append(out, f)
	}
	return append(out, l.misbuilt(atSP(l.c, "write the request as the schema says"))...)
}

func requestAge(l letter) []report.Finding {
	fix := func(do string) string { return atSP(l.c, do) }
	if out := l.stamp("the request", fix); len(out) > 0 {
		return out
	}
	at, _, _ := samldoc.Time(l.head.IssueInstant)
	now, known := l.live()
	age := now.Sub(at)
	slack, _ := skew(l.c)
	if !known || age <= stale+slack {
		return nil
	}
	f := l.about(l.head.Element, "IssueInstant", l.head.IssueInstant, instant(now), "the request was issued at %s and sent %s later (%s)", check.Quote(l.head.IssueInstant), lasting(age), instant(now))
	f.Fix = []string{"start the login at the SP, not from a saved address or by going back in the browser", fix("set the clock by a time server")}
	return []report.Finding{f}
}

// spNames are the entity IDs that the SP is known by.
func spNames(c *check.Case) []string {
	var out []string
	if c.Config != nil && c.Config.SPEntityID() != "" {
		out = append(out, c.Config.SPEntityID())
	}
	if id := c.SPEntity.EntityID(); id != "" && len(out) == 0 {
		out = append(out, id)
	}
	return out
}

func requestIssuer(l letter) []report.Finding {
	issuer := l.head.Issuer
	if issuer.Value() == "" {
		f := l.finding(l.head.Element, "", "the request does not name the SP: it has no Issuer")
		if issuer != nil {
			f.Where = l.m.In(issuer, "")
		}
		f.Fix = []string{atSP(l.c, "send the SP's entity ID as Issuer")}
		return []report.Finding{f}
	}
	names := spNames(l.c)
	if len(names) == 0 || slices.Contains(names, issuer.Value()) {
		return nil
	}
	got, want := issuer.Value(), names[0]
	f := l.about(issuer, "", got, want, "the request comes from %s but the SP is known as %s%s", check.Quote(got), check.Quote(want), inOne(got, want))
	if l.c.Config != nil && l.c.Config.Stated("saml/sp_entity_id") {
		f.Related = []report.Location{l.c.Config.Pos("saml/sp_entity_id")}
	}
	f.Fix = []string{l.c.AtSP("enter "+want+", or see that the request is this SP's", "sp_entity_id"), l.c.AtIdP("or register the SP as "+got, "entity_id", "client_id")}
	return []report.Finding{f}
}

// passwords are the classes that stand for a login by password alone (SAML 2.0 Authentication Context §3.4).
var passwords = []string{"urn:oasis:names:tc:SAML:2.0:ac:classes:Password", "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"}

// demandedContext tells of a request that takes a password login and nothing else. It hurts only users who sign in otherwise, so it is
// a warning until an IdP was seen to refuse.
func demandedContext(l letter) []report.Finding {
	context := l.m.Request.Context
	if context == nil {
		return nil
	}
	if c := context.Attr("Comparison"); c != "" && c != "exact" {
		return nil
	}
	classes := context.All(samldoc.Assertion, "AuthnContextClassRef")
	if len(classes) == 0 || slices.ContainsFunc(classes, func(e *xmltree.Element) bool { return !slices.Contains(passwords, e.Value()) }) {
		return nil
	}
	f := l.about(classes[0], "", classes[0].Value(), "", "the request demands %s, exactly: whoever signs in with a second factor or without a password is refused", check.Quote(classes[0].Value()))
	f.Fix = []string{atSP(l.c, "leave RequestedAuthnContext out (a setting called requested authentication context, or disableRequestedAuthnContext)"), l.c.AtIdP("or let these users sign in with a password alone", "policy", "users")}
	f.Severity = report.Warning
	for _, m := range l.c.Answers() {
		if m.Response.SubCode == samldoc.Status+"NoAuthnContext" {
			f.Severity = report.Error
			f.Message += fmt.Sprintf(", and the IdP answers %q", "NoAuthnContext")
		}
	}
	return []report.Finding{f}
}
