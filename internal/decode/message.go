package decode

import (
	"strings"
	"time"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/samldoc"
)

// Message summarises a SAML message of a case as it was judged. kind is that of the document it came from.
func Message(c *check.Case, m *check.Message, kind string) report.Document {
	out := report.Document{Kind: kind, Title: titles[kind], Source: m.Source, Notes: m.Notes, Content: string(m.XML)}
	switch {
	case m.Response != nil:
		out.Summary = response(c, m)
	case m.Request != nil:
		out.Summary = request(c, m)
	case m.Logout != nil:
		out.Summary = logout(c, m)
	case m.Problem != "":
		out.Summary = add(nil, "problem", m.Problem, "RSP001", "REQ001")
	case m.Parsed != nil:
		out.Notes = nil // the problem says it
		out.Summary = add(nil, "problem", unreadable(m), "RSP002", "REQ002")
	}
	return out
}

// unreadable words why a message could not be parsed. What is wrong with the text was noted when it was opened; by now it is
// replaced by a pseudonym, as what cannot be parsed cannot be cleaned.
func unreadable(m *check.Message) string {
	for _, n := range m.Notes {
		if strings.HasPrefix(n, "cut off") || strings.HasPrefix(n, "the XML does not parse") {
			return n
		}
	}
	return m.Parsed.Error()
}

func request(c *check.Case, m *check.Message) report.Rows {
	r := m.Request
	rows := held(nil, "issuer", r.Issuer.Value(), "as configured", "REQ005")
	rows = held(rows, "destination", r.Destination, "the single sign-on URL", "REQ004")
	rows = held(rows, "ACS URL", r.ACSURL, "as configured", "REQ006", "REQ007")
	rows = add(rows, "ACS index", r.ACSIndex, "REQ007")
	rows = add(rows, "answer by", samldoc.Short(r.ProtocolBinding), "REQ008")
	rows = add(rows, "NameID format", samldoc.Short(r.NameIDFormat), "REQ009")
	rows = add(rows, "issued", clock(r.IssueInstant), "REQ003")
	rows = add(rows, "ID", r.ID, "REQ002")
	if r.ForceAuthn {
		rows = add(rows, "ForceAuthn", "true", "REQ011")
	}
	if r.IsPassive {
		rows = add(rows, "IsPassive", "true", "REQ011")
	}
	return relay(append(rows, signatures(c, m)...), m)
}

// relay shows RelayState, which travels beside the message.
func relay(rows report.Rows, m *check.Message) report.Rows {
	if m.RelayState == nil {
		return rows
	}
	return add(rows, "RelayState", *m.RelayState, "RSP018", "REQ016")
}

func logout(c *check.Case, m *check.Message) report.Rows {
	l := m.Logout
	rows := add(nil, "issuer", l.Issuer.Value(), "LGO004", "LGO005")
	rows = add(rows, "destination", l.Destination)
	rows = add(rows, "status", samldoc.Short(l.StatusCode), "LGO005")
	rows = add(rows, "answers", l.InResponseTo, "LGO005")
	if l.NameID != nil {
		rows = add(rows, "subject", l.NameID.Value(), "LGO004")
	}
	for _, s := range l.Sessions {
		rows = add(rows, "session", s.Value(), "LGO004")
	}
	return append(rows, signatures(c, m)...)
}

// clock words an instant of SAML; what is none stays as it is written.
func clock(s string) string {
	t, _, ok := samldoc.Time(s)
	if !ok {
		return s
	}
	return instant(t)
}

func instant(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") + " UTC" }

// unix words a NumericDate (RFC 7519 §2).
func unix(seconds int64) string { return instant(time.Unix(seconds, 0)) }
