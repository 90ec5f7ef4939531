package samlrules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/exact"
	"github.com/ssoctl/ssoctl/internal/report"
)

// How a response travels, and what the SP makes of it.
var rspTransport = []check.Rule{
	{
		Code: "RSP001", Title: "the response can be decoded as its binding says", Severity: report.Error, Protocol: config.SAML,
		AnyOf: []evidence.Kind{evidence.SAMLMessages, evidence.SAMLSSO}, Explains: []string{"RSP002", "RSP021"},
		Why:     "The SP finds no response in what arrives.",
		Fix:     "let the form carry the XML in base64, once",
		Refs:    []string{refPost},
		Decides: func(c *check.Case) string { return unlessCarried(c, "SAMLResponse", noResponse) },
		Check: func(c *check.Case) []report.Finding {
			return encodings(c, "SAMLResponse", func(do string) string { return c.AtIdP(do, "log") })
		},
	},
	{
		Code: "RSP002", Title: "the response is well-formed XML without a document type", Severity: report.Error, Protocol: config.SAML,
		AnyOf: []evidence.Kind{evidence.SAMLMessages, evidence.SAMLSSO}, Explains: []string{"RSP021"},
		Why:     "The SP cannot read it; a document type is how attacks on XML parsers begin, so SPs refuse it.",
		Fix:     "let the IdP send its response as it was signed; what stands between the two sides must not change it",
		Decides: func(c *check.Case) string { return unlessCarried(c, "SAMLResponse", noResponse) },
		Check: func(c *check.Case) []report.Finding {
			out := unparsed(c, "SAMLResponse", func(do string) string { return c.AtIdP(do, "log") })
			for _, m := range c.Answers() {
				if m.Doc.Doctype.Line > 0 {
					f := report.Finding{Aspect: "doctype", Where: m.In(m.Doc.Root, ""), Message: "the response has a document type declaration, which no SAML message may have", Fix: []string{c.AtIdP("send responses without DOCTYPE", "log")}}
					out = append(out, f)
				}
			}
			return out
		},
	},
	onResponse(check.Rule{
		Code: "RSP018", Title: "RelayState comes back as the SP sent it", Severity: report.Warning,
		Why:  "The SP does not find the page that the user asked for, or refuses the login.",
		Fix:  "let the IdP pass RelayState on as it is",
		Refs: []string{"SAML 2.0 Bindings §3.5.3"},
	}, func(l letter) string {
		if l.m.Label == "" && l.asked().m == nil {
			return "the request, with its RelayState, is not at hand"
		}
		return ""
	}, relayState),
	onResponse(check.Rule{
		Code: "RSP019", Title: "the form posts the response to the ACS URL, under its name", Severity: report.Error, Explains: []string{"RSP021"},
		Why:  "The response does not reach the SP, or the SP does not find it in the form.",
		Fix:  "let the IdP post a form with the fields SAMLResponse and RelayState to the SP's ACS URL",
		Refs: []string{refPost},
	}, func(l letter) string {
		if l.m.To == "" && l.m.Form == nil {
			return "the form that carries the response was not seen"
		}
		return ""
	}, form),
	onResponse(check.Rule{
		Code: "RSP020", Title: "the response comes by HTTP-POST", Severity: report.Error, Explains: []string{"RSP021"},
		Why:  "SPs do not take responses in an address; it is also often too long for one.",
		Fix:  "let the IdP send responses by HTTP-POST",
		Refs: []string{"SAML 2.0 Profiles §4.1.2"},
	}, func(l letter) string {
		if l.m.Binding == "" {
			return "how the response travelled is not known"
		}
		return ""
	}, func(l letter) []report.Finding {
		if l.m.Binding != "HTTP-Redirect" || l.m.Form != nil {
			return nil
		}
		f := envelope(l.m, l.m.Binding, "HTTP-POST", "the response came by %q, which the standard forbids for responses to logins", l.m.Binding)
		f.Fix = []string{l.c.AtIdP("send responses by HTTP-POST", "acs"), atSP(l.c, "ask for HTTP-POST in ProtocolBinding, or leave it out")}
		return []report.Finding{f}
	}),
	onResponse(check.Rule{
		Code: "RSP021", Title: "the SP takes the response", Severity: report.Error,
		Why: "The login came as far as the SP and ended there.",
		Fix: "look up what the SP's log says about the time of the login",
	}, func(l letter) string {
		if l.m.Answer == nil || l.m.Answer.Status == 0 {
			return "the SP's answer was not recorded"
		}
		return ""
	}, receipt),
}

// question is the request that a response should answer.
type question struct {
	id string         // its ID; "" when nothing is known
	m  *check.Message // nil when only the ID is known
}

// asked finds the request that a response should answer: the one that a probe or the user names, else one of the same recording that
// stands before it. Of several, the one that the response names counts, else the last.
func (l letter) asked() question {
	before := l.before(func(m *check.Message) bool { return m.Request != nil })
	if id := l.m.RequestID; id != "" {
		for _, m := range before {
			if m.Request.ID == id {
				return question{id, m}
			}
		}
		return question{id: id}
	}
	if l.m.Label != "" || len(before) == 0 {
		return question{}
	}
	for _, m := range before {
		if m.Request.ID != "" && m.Request.ID == l.head.InResponseTo {
			return question{m.Request.ID, m}
		}
	}
	return question{before[0].Request.ID, before[0]}
}

func relayState(l letter) []report.Finding {
	fix := func(do string) string { return l.c.AtIdP(do, "log") }
	if l.m.Label != "" {
		switch {
		case l.m.RelayState != nil && slices.Contains(l.m.Notes, "RelayState came back changed"):
			f := envelope(l.m, shortened(*l.m.RelayState), "", "RelayState came back as %s, which is not what was sent", shortened(*l.m.RelayState))
			f.Fix = []string{fix("pass RelayState on as it is")}
			return []report.Finding{f}
		case l.m.RelayState == nil:
			f := envelope(l.m, "", "", "RelayState was sent and did not come back")
			f.Fix = []string{fix("pass RelayState on as it is")}
			return []report.Finding{f}
		}
		return nil
	}
	sent, got := l.asked(), l.m.RelayState
	if sent.m == nil || sent.m.RelayState == nil {
		return longRelayState(l.m, fix)
	}
	want := *sent.m.RelayState
	var f report.Finding
	switch {
	case got == nil && l.m.Binding == "", got != nil && *got == want:
		return nil // a request that is too long is REQ016
	case got == nil:
		f = envelope(l.m, "", want, "RelayState of the request was %s and did not come back", shortened(want))
	default:
		f = envelope(l.m, *got, want, "RelayState came back as %s, and the request had %s", shortened(*got), shortened(want))
	}
	f.Fix = []string{fix("pass RelayState on as it is")}
	return []report.Finding{f}
}

// form judges the form: its method, its fields, and where it goes. That the answers of a live IdP go elsewhere is REQ006.
func form(l letter) []report.Finding {
	var out []report.Finding
	add := func(f report.Finding, do string) {
		f.Fix = []string{l.c.AtIdP(do, "acs", "log")}
		out = append(out, f)
	}
	if f := l.m.Form; f != nil && !strings.EqualFold(f.Method, "POST") {
		got := f.Method
		if got == "" {
			got = "GET"
		}
		add(envelope(l.m, got, "POST", "the form is sent by %q where %q belongs", got, "POST"), "send the form by POST")
	}
	names := []string{l.m.Name}
	if l.m.Form != nil {
		names = append(names, l.m.Form.Fields...)
	}
	for _, want := range []string{"SAMLResponse", "RelayState"} {
		if i := slices.IndexFunc(names, func(n string) bool { return strings.EqualFold(n, want) && n != want }); i >= 0 {
			add(envelope(l.m, names[i], want, "the field of the form is called %q, and the SP looks for %q", names[i], want), "call the field "+want)
		}
	}
	to, known := addressee(l.m), acsURLs(l.c)
	if l.m.Label != "" || to == "" || len(known) == 0 || slices.Contains(known, to) || to == l.head.Destination || l.m.Form != nil && !strings.Contains(to, "://") {
		return out // a wrong address that the response names as well is RSP010 or RSP011
	}
	want := closestOf(known, to)
	add(envelope(l.m, to, want, "the response is sent to %s but the SP's ACS URL is %s (%s)", check.Quote(to), check.Quote(want), check.Difference(to, exact.Compare(to, want))), "enter "+want)
	return out
}

// receipt judges what the SP answered to the post.
func receipt(l letter) []report.Finding {
	a := l.m.Answer
	if a == nil || a.Status == 0 {
		return nil
	}
	said := check.PageText(a.Body)
	if r := []rune(said); len(r) > 160 {
		said = string(r[:157]) + "…"
	}
	text := ""
	if said != "" {
		text = ": " + check.Quote(said)
	}
	to := a.Head("Location")
	var f report.Finding
	switch {
	case a.Status >= 400:
		f = envelope(l.m, fmt.Sprint(a.Status), "", "the SP answers the response with status %d%s", a.Status, text)
	case a.Status >= 300 && errorIn(to) != "":
		f = envelope(l.m, errorIn(to), "", "the SP answers the response by leading the browser on with the error %s", check.Quote(errorIn(to)))
	default:
		return nil
	}
	f.Fix = []string{"explain the text: ssoctl explain", atSP(l.c, "look up what its log says about the time of the login")}
	return []report.Finding{f}
}

// errorIn is the error that an address carries in its query.
func errorIn(address string) string {
	_, query, _ := strings.Cut(address, "?")
	values := map[string]string{}
	for _, p := range strings.FieldsFunc(query, func(r rune) bool { return r == '&' || r == '#' }) {
		name, value, _ := strings.Cut(p, "=")
		values[name] = value
	}
	for _, name := range []string{"error", "error_code", "errorCode", "saml_error", "sso_error"} {
		if v := values[name]; v != "" {
			if d := values["error_description"]; d != "" {
				v += ": " + d
			}
			return strings.NewReplacer("+", " ", "%20", " ").Replace(v)
		}
	}
	return ""
}
