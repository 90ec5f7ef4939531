package decode

import (
	"fmt"
	"strings"
	"time"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/samldoc"
	"github.com/ssoctl/ssoctl/internal/xmlsig"
	"github.com/ssoctl/ssoctl/internal/xmltree"
)

// Message summarises a SAML message as it was judged. kind is that of the document it came from.
func Message(m *check.Message, kind string) report.Document {
	out := report.Document{Kind: kind, Title: titles[kind], Source: m.Source, Notes: m.Notes, Content: string(m.XML)}
	switch {
	case m.Response != nil:
		out.Summary = response(m)
	case m.Request != nil:
		out.Summary = request(m)
	case m.Logout != nil:
		out.Summary = logout(m)
	case m.Problem != "":
		out.Summary = add(nil, "problem", m.Problem, "RSP001", "REQ001")
	case m.Parsed != nil:
		out.Summary = add(nil, "problem", m.Parsed.Error(), "RSP002", "REQ002")
	}
	return out
}

func response(m *check.Message) report.Rows {
	r := m.Response
	rows := add(nil, "issuer", r.Issuer.Value(), "RSP016", "AST003")
	rows = add(rows, "status", status(r), "RSP012", "RSP013", "RSP014")
	rows = add(rows, "destination", r.Destination, "RSP010", "RSP011")
	rows = add(rows, "in response to", r.InResponseTo, "RSP007", "RSP008", "RSP009")
	rows = add(rows, "issued", r.IssueInstant, "RSP006")
	rows = append(rows, signatures(m)...)
	for _, e := range m.Decrypted {
		rows = append(rows, report.Row{Key: "encryption", Value: encryption(e), Codes: []string{"ENC001", "ENC002", "ENC003", "ENC004", "ENC006"}})
	}
	for i, a := range r.Assertions {
		prefix := ""
		if len(r.Assertions) > 1 {
			prefix = fmt.Sprintf("%d: ", i+1)
		}
		rows = append(rows, assertion(a, prefix)...)
	}
	if len(r.Assertions) == 0 && len(r.Encrypted) == 0 {
		rows = add(rows, "assertion", "none", "RSP015")
	}
	return rows
}

func status(r *samldoc.Response) string {
	out := short(r.StatusCode)
	if r.SubCode != "" {
		out += " / " + short(r.SubCode)
	}
	if r.StatusMessage != "" {
		out += ": " + r.StatusMessage
	}
	return out
}

// short is the last part of a URN or of an algorithm's address.
func short(urn string) string { return urn[strings.LastIndexAny(urn, ":#/")+1:] }

func assertion(a *samldoc.AssertionDoc, prefix string) report.Rows {
	rows := add(nil, prefix+"issuer of the assertion", a.Issuer.Value(), "AST002", "AST003")
	if a.NameID != nil {
		value := a.NameID.Value()
		if f := a.NameID.Attr("Format"); f != "" {
			value += " (" + short(f) + ")"
		}
		rows = add(rows, prefix+"subject", value, "AST004", "AST005", "AST006", "AST007", "AST008", "AST009", "AST010", "AST011", "AST042")
	}
	for _, c := range a.Confirmations {
		rows = add(rows, prefix+"recipient", c.Data.Attr("Recipient"), "AST012", "AST013", "AST014", "AST017")
	}
	var audiences []string
	for _, group := range a.Audiences {
		for _, e := range group {
			audiences = append(audiences, e.Value())
		}
	}
	rows = add(rows, prefix+"audience", strings.Join(audiences, ", "), "AST025", "AST026", "AST027")
	rows = add(rows, prefix+"valid", window(a), "AST015", "AST016", "AST019", "AST020", "AST021", "AST022", "AST023", "AST024")
	for _, s := range a.AuthnStatements {
		value := s.Attr("AuthnInstant")
		if class := s.Child(samldoc.Assertion, "AuthnContext").Child(samldoc.Assertion, "AuthnContextClassRef").Value(); class != "" {
			value += " by " + short(class)
		}
		rows = add(rows, prefix+"signed in", value, "AST029", "AST030", "AST032")
	}
	row := report.Row{Key: prefix + "attributes", Value: "none", Codes: []string{"AST033", "AST034", "AST035", "AST036", "AST037", "AST038", "AST039", "AST040", "AST041", "CLM004", "CLM005"}}
	for _, at := range a.Attributes {
		row.More = append(row.More, attribute(at))
	}
	if len(a.Attributes) > 0 {
		row.Value = fmt.Sprint(len(a.Attributes))
	}
	return append(rows, row)
}

func attribute(a samldoc.Attribute) string {
	name := a.Name
	if a.FriendlyName != "" && a.FriendlyName != a.Name {
		name += " (" + a.FriendlyName + ")"
	}
	return name + " = " + strings.Join(a.Values, ", ")
}

// window is the time in which the assertion may be used.
func window(a *samldoc.AssertionDoc) string {
	from, to := "", ""
	for _, c := range a.Conditions {
		from, to = c.Attr("NotBefore"), c.Attr("NotOnOrAfter")
	}
	if to == "" {
		for _, c := range a.Confirmations {
			to = c.Data.Attr("NotOnOrAfter")
		}
	}
	switch {
	case from == "" && to == "":
		return ""
	case from == "":
		return "until " + clock(to)
	}
	return clock(from) + " to " + clock(to)
}

func clock(s string) string {
	t, _, ok := samldoc.Time(s)
	if !ok {
		return s
	}
	return t.UTC().Format("2006-01-02 15:04:05") + " UTC"
}

func signatures(m *check.Message) report.Rows {
	codes := []string{"SIG001", "SIG002", "SIG003", "SIG004", "SIG005", "SIG006", "SIG007", "SIG008", "SIG009", "SIG010", "SIG011", "SIG012", "SIG016", "SIG017"}
	var rows report.Rows
	for i := range m.Signatures {
		s := &m.Signatures[i]
		what := "document"
		if e := m.Doc.At(s.Path); e != nil && e.Parent != nil {
			what = strings.ToLower(e.Parent.Local)
		}
		rows = append(rows, report.Row{Key: "signature", Value: what + ", " + short(s.Method) + ": " + outcome(s), Codes: codes})
	}
	if m.Query != nil {
		rows = append(rows, report.Row{Key: "signature", Value: "of the address, " + short(m.Query.Method) + ": " + outcome(m.Query), Codes: []string{"REQ012", "REQ013"}})
	}
	if len(rows) == 0 {
		rows = append(rows, report.Row{Key: "signature", Value: "none", Codes: codes})
	}
	return rows
}

// outcome words what became of a signature.
func outcome(s *xmlsig.Signature) string {
	switch {
	case s.Trusted() && s.By == xmlsig.ByConfigured:
		return "verifies with the configured certificate"
	case s.Trusted():
		return "verifies with a certificate of the metadata"
	case s.Intact():
		return "whole; verifies with the certificate that it brings along"
	case s.Path != "" && s.Digests() == xmlsig.Bad:
		return "the content was changed after signing"
	case s.State == xmlsig.Bad:
		return "no certificate at hand verifies it"
	}
	return "not computed: " + s.Problem
}

func request(m *check.Message) report.Rows {
	r := m.Request
	rows := add(nil, "issuer", r.Issuer.Value(), "REQ005")
	rows = add(rows, "destination", r.Destination, "REQ004")
	rows = add(rows, "ACS URL", r.ACSURL, "REQ006", "REQ007")
	rows = add(rows, "binding of the answer", short(r.ProtocolBinding), "REQ008")
	rows = add(rows, "NameID format", short(r.NameIDFormat), "REQ009")
	rows = add(rows, "issued", r.IssueInstant, "REQ003")
	rows = add(rows, "ID", r.ID, "REQ002")
	if r.ForceAuthn {
		rows = add(rows, "ForceAuthn", "true", "REQ011")
	}
	if r.IsPassive {
		rows = add(rows, "IsPassive", "true", "REQ011")
	}
	return append(rows, signatures(m)...)
}

func logout(m *check.Message) report.Rows {
	l := m.Logout
	rows := add(nil, "issuer", l.Issuer.Value(), "LGO004", "LGO005")
	rows = add(rows, "destination", l.Destination)
	rows = add(rows, "status", short(l.StatusCode), "LGO005")
	rows = add(rows, "in response to", l.InResponseTo, "LGO005")
	if l.NameID != nil {
		rows = add(rows, "subject", l.NameID.Value(), "LGO004")
	}
	for _, s := range l.Sessions {
		rows = add(rows, "session", s.Value(), "LGO004")
	}
	return append(rows, signatures(m)...)
}

// Kind gives the kind of document that a message is.
func Kind(doc *xmltree.Doc) string {
	if doc == nil {
		return "saml.undecodable"
	}
	return map[string]string{"Response": "saml.response", "AuthnRequest": "saml.request", "LogoutRequest": "saml.logout_request", "LogoutResponse": "saml.logout_response",
		"Assertion": "saml.assertion", "EncryptedAssertion": "saml.encrypted_assertion"}[doc.Root.Local]
}

// unix words a NumericDate (RFC 7519 §2).
func unix(seconds int64) string {
	return time.Unix(seconds, 0).UTC().Format("2006-01-02 15:04:05") + " UTC"
}

// encryption words what was encrypted, how, and what came of opening it.
func encryption(e xmlsig.Encryption) string {
	out := short(e.Path) + ", " + short(e.Data)
	if e.Transport != "" {
		out += " with the key in " + short(e.Transport)
	}
	switch e.State {
	case xmlsig.Decrypted:
		return out + ": opened"
	case xmlsig.NoKey:
		return out + ": not opened, there is no key for it (--sp-key)"
	}
	return out + ": not opened, " + e.Problem
}
