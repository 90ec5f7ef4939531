package samlrules

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/samldoc"
)

const refResponse = "SAML 2.0 Core §3.2.2"

// The response's own element: what it is, when it was issued, which request it answers.
var rspHead = []check.Rule{
	onResponse(check.Rule{
		Code: "RSP003", Title: "the response is built as its schema says", Severity: report.Error, Explains: []string{"RSP021"},
		Why:  "An SP that validates responses refuses it; others pass over the part that is in the wrong place.",
		Fix:  "let the IdP's own software write the response, and change nothing in it afterwards",
		Refs: []string{refResponse, refAssertion},
	}, nil, func(l letter) []report.Finding {
		return l.misbuilt(l.c.AtIdP("write responses as the schema says", "log"))
	}),
	onResponse(check.Rule{
		Code: "RSP004", Title: "the response is of version 2.0", Severity: report.Error, Explains: []string{"RSP021"},
		Why:  "The SP speaks SAML 2.0 and refuses other versions.",
		Fix:  "let the IdP speak SAML 2.0 with this SP",
		Refs: []string{refResponse},
	}, nil, func(l letter) []report.Finding {
		if l.head.Version == "2.0" {
			return nil
		}
		f := l.about(l.head.Element, "Version", l.head.Version, "2.0", "Version of the response is %s where %q is meant", check.Quote(l.head.Version), "2.0")
		f.Fix = []string{l.c.AtIdP("send responses of SAML 2.0", "log")}
		return []report.Finding{f}
	}),
	onResponse(check.Rule{
		Code: "RSP005", Title: "the response has an ID of its own", Severity: report.Error, Explains: []string{"RSP021"},
		Why:  "A signature names by its ID what it is about; SPs refuse a response without one.",
		Fix:  "let the IdP give every response an ID that begins with a letter or an underscore",
		Refs: []string{refResponse},
	}, nil, responseID),
	onResponse(check.Rule{
		Code: "RSP006", Title: "the response was issued after the request, and not in the future", Severity: report.Error, Explains: []string{"RSP021"},
		Why:  "The clocks of the two sides differ, and the SP refuses what is not valid yet or no longer.",
		Fix:  "set the IdP's clock by a time server",
		Refs: []string{refResponse, "SAML 2.0 Core §1.3.3"},
	}, nil, responseTime),
	onResponse(check.Rule{
		Code: "RSP007", Title: "the response answers the request that the SP sent", Severity: report.Error, Explains: []string{"AST017", "RSP021"},
		Why:  "The SP looks for the request that the response names and does not find it.",
		Fix:  "start the login anew, in one tab; nothing between the two sides may keep or repeat responses",
		Refs: []string{refResponse},
	}, func(l letter) string {
		if l.asked().id == "" {
			return "the ID of the request is not known (--request-id)"
		}
		return ""
	}, answersAnother),
	{
		Code: "RSP008", Title: "a login that the IdP begins reaches an SP that takes it", Severity: report.Warning, Protocol: config.SAML, Explains: []string{"AST017", "RSP021"},
		Needs: []evidence.Kind{evidence.Config}, Uses: []evidence.Kind{evidence.SAMLMessages, evidence.SAMLSSO},
		Why:     "Users who click the tile in the IdP's portal end on an error page.",
		Fix:     "hide the tile, or let it open the SP's own sign-in page",
		Refs:    []string{"SAML 2.0 Profiles §4.1.5"},
		Applies: func(c *check.Case) bool { return len(c.Requirements("RSP008")) > 0 || len(responsesOf(c)) > 0 },
		Decides: func(c *check.Case) string {
			if len(responsesOf(c)) > 0 {
				return ""
			}
			return c.Unstated("RSP008")
		},
		Check: func(c *check.Case) []report.Finding {
			out := c.Required("RSP008")
			for _, l := range responsesOf(c) {
				out = append(out, byMisspelling(l.m, "RSP003", unsolicited(l))...)
			}
			return out
		},
	},
	onResponse(check.Rule{
		Code: "RSP009", Title: "a response that nobody asked for answers no request", Severity: report.Error, Explains: []string{"AST017", "RSP021"},
		Why:  "The SP looks for the request that the response names and does not find it.",
		Fix:  "let the IdP leave InResponseTo out of the logins that it begins itself",
		Refs: []string{"SAML 2.0 Profiles §4.1.5"},
	}, func(l letter) string {
		if l.m.Label != "" || l.asked().id != "" || inRecording(l.m) {
			return ""
		}
		return "whether the SP sent a request is not known; a recording of the whole login shows it"
	}, answersNobody),
}

func responseID(l letter) []report.Finding {
	id, there := l.head.Element.Lookup("", "ID")
	var f report.Finding
	switch {
	case !there:
		f = l.finding(l.head.Element, "", "the response has no ID")
	case strings.TrimSpace(id) == "":
		f = l.finding(l.head.Element, "ID", "the ID of the response is empty")
	case !ncNamed(id):
		f = l.about(l.head.Element, "ID", id, "_"+id, "the ID of the response is %s, and an ID begins with a letter or %q and has no blanks and colons", check.Quote(id), "_")
	default:
		return nil
	}
	f.Fix = []string{l.c.AtIdP("begin the IDs of responses with an underscore", "log")}
	return []report.Finding{f}
}

func responseTime(l letter) []report.Finding {
	fix := func(do string) string { return l.c.AtIdP(do, "log") }
	if out := l.stamp("the response", fix); len(out) > 0 {
		return out
	}
	q := l.asked()
	if q.m == nil {
		return nil
	}
	at, _, _ := samldoc.Time(l.head.IssueInstant)
	asked, _, ok := samldoc.Time(q.m.Request.IssueInstant)
	if recorded(q.m) {
		asked, ok = q.m.Sent, true
	}
	slack, _ := skew(l.c)
	if at.Nanosecond() == 0 { // written in whole seconds, as many IdPs do
		asked = asked.Truncate(time.Second)
	}
	if by := asked.Sub(at); ok && by > slack {
		f := l.about(l.head.Element, "IssueInstant", l.head.IssueInstant, instant(asked), "the response was issued at %s, %s before the request that it answers (%s)", check.Quote(l.head.IssueInstant), lasting(by), instant(asked))
		f.Fix = []string{fix("set the clock by a time server")}
		return []report.Finding{f}
	}
	return nil
}

func answersAnother(l letter) []report.Finding {
	e := l.head.Element
	got, there := e.Lookup("", "InResponseTo")
	want := l.asked().id
	var f report.Finding
	switch {
	case !there:
		return nil // RSP008
	case got == "":
		f = l.about(e, "InResponseTo", "", want, "InResponseTo of the response is empty")
	case want == "" || got == want:
		return nil
	default:
		f = l.about(e, "InResponseTo", got, want, "the response answers the request %s but the SP sent %s", check.Quote(got), check.Quote(want))
	}
	f.Fix = []string{"start the login anew at the SP, in one tab, without going back", l.c.AtIdP("see that no proxy or cache repeats an older response", "log")}
	return []report.Finding{f}
}

// unsolicited judges a response without InResponseTo: by what the SP is known to do about it, and by whether it did send a request.
func unsolicited(l letter) []report.Finding {
	e, q := l.head.Element, l.asked()
	if e.Has("InResponseTo") {
		return nil
	}
	stance, certain := "", false
	if l.c.SP.SAML != nil {
		stance, certain = l.c.SP.SAML.IdPInitiated.V, l.c.SP.SAML.IdPInitiated.Certain()
	}
	f := l.finding(e, "", "the response answers no request: it has no InResponseTo")
	switch {
	case q.id != "":
		f.Want = q.id
		f.Message = fmt.Sprintf("the response does not say that it answers the request %s: it has no InResponseTo", check.Quote(q.id))
		f.Fix = []string{l.c.AtIdP("let the response carry the request's ID as InResponseTo", "log")}
		return []report.Finding{f}
	case stance == "supported":
		return nil
	case stance == "forbidden":
		f.Message = fmt.Sprintf("the login began at the IdP (the response has no InResponseTo), and %s takes only logins that it began itself", l.c.TheSP())
		if f.Severity = report.Error; !certain {
			f.Message, f.Severity = "likely: "+f.Message, report.Warning
		}
	default:
		f.Message = fmt.Sprintf("the login began at the IdP (the response has no InResponseTo), and whether %s takes such logins is not known", l.c.TheSP())
		if l.c.SP.ID == "generic" {
			f.Severity = report.Info
		}
	}
	f.Fix = []string{l.c.AtIdP("hide the tile, or let it open the SP's own sign-in page", "tile"), "start the login at the SP"}
	return []report.Finding{f}
}

// answersNobody tells of a response in a recording that shows no request at all. A recording may begin too late, so it is no more
// than likely.
func answersNobody(l letter) []report.Finding {
	got := l.head.InResponseTo
	if got == "" || l.m.Label != "" || l.m.RequestID != "" || !inRecording(l.m) || slices.ContainsFunc(l.c.Messages, func(m *check.Message) bool { return m.Request != nil || carries(m, "SAMLRequest") }) {
		return nil
	}
	f := l.about(l.head.Element, "InResponseTo", got, "", "likely: the response says that it answers the request %s, and the recording shows no request", check.Quote(got))
	f.Severity = report.Warning
	f.Fix = []string{"record again from before the click on sign-in, to see whether the SP sends a request", l.c.AtIdP("leave InResponseTo out of the logins that the IdP begins", "tile", "log")}
	return []report.Finding{f}
}
