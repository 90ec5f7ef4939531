package decode

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/samldoc"
	"github.com/ssoctl/ssoctl/internal/xmlsig"
)

func response(c *check.Case, m *check.Message) report.Rows {
	r := m.Response
	rows := held(nil, "issuer", r.Issuer.Value(), "as configured", "RSP016", "AST002", "AST003")
	rows = add(rows, "status", status(r), "RSP013", "RSP012", "RSP014")
	rows = held(rows, "destination", r.Destination, "the ACS URL", "RSP010", "RSP011")
	rows = add(rows, "answers", r.InResponseTo, "RSP007", "RSP008", "RSP009")
	rows = add(rows, "issued", clock(r.IssueInstant), "RSP006")
	rows = append(rows, signatures(c, m)...)
	for _, e := range m.Decrypted {
		rows = append(rows, report.Row{Key: "encryption", Value: encryption(e), Codes: []string{"ENC001", "ENC002", "ENC003", "ENC004", "ENC006"}, Decides: []string{"ENC003"}})
	}
	for i, a := range r.Assertions {
		prefix := ""
		if len(r.Assertions) > 1 {
			prefix = fmt.Sprintf("%d: ", i+1)
		}
		rows = append(rows, assertion(c, m, a, prefix)...)
	}
	if len(r.Assertions) == 0 && len(r.Encrypted) == 0 {
		rows = add(rows, "assertion", "none", "RSP015")
	}
	return relay(rows, m)
}

func status(r *samldoc.Response) string {
	out := samldoc.Short(r.StatusCode)
	if r.SubCode != "" {
		out += " / " + samldoc.Short(r.SubCode)
	}
	if r.StatusMessage != "" {
		out += ": " + r.StatusMessage
	}
	return out
}

func assertion(c *check.Case, m *check.Message, a *samldoc.AssertionDoc, prefix string) report.Rows {
	var rows report.Rows
	if own := a.Issuer.Value(); own != m.Response.Issuer.Value() || prefix != "" {
		rows = held(rows, prefix+"issued by", own, "as configured", "AST002", "AST003")
	}
	if a.NameID != nil {
		value := a.NameID.Value()
		if f := a.NameID.Attr("Format"); f != "" {
			value += " (" + samldoc.Short(f) + ")"
		}
		rows = add(rows, prefix+"subject", value, "AST005", "AST004", "AST006", "AST007", "AST008", "AST009", "AST010", "AST011", "AST042", "AST043")
	}
	for _, e := range a.Confirmations {
		rows = held(rows, prefix+"recipient", e.Data.Attr("Recipient"), "the ACS URL", "AST014", "AST012", "AST013", "AST017")
	}
	var audiences []string
	for _, group := range a.Audiences {
		for _, e := range group {
			audiences = append(audiences, e.Value())
		}
	}
	rows = held(rows, prefix+"audience", strings.Join(audiences, ", "), "as configured", "AST026", "AST025", "AST027")
	if value := window(a); value != "" {
		row := report.Row{Key: prefix + "valid", Value: value, Codes: []string{"AST015", "AST016", "AST019", "AST020", "AST021", "AST022", "AST023", "AST024"}, Decides: []string{"AST021"}, Text: "when issued (or --at TIME)"}
		if !m.Sent.IsZero() {
			row.Text = "at " + m.Sent.UTC().Format("15:04:05") + " UTC"
		}
		rows = append(rows, row)
	}
	for _, s := range a.AuthnStatements {
		value := clock(s.Attr("AuthnInstant"))
		if class := s.Child(samldoc.Assertion, "AuthnContext").Child(samldoc.Assertion, "AuthnContextClassRef").Value(); class != "" {
			value += " by " + samldoc.Short(class)
		}
		rows = add(rows, prefix+"signed in", value, "AST030", "AST029", "AST032")
		rows = add(rows, prefix+"session", s.Attr("SessionIndex"), "AST031")
	}
	return append(rows, attributes(c, a, prefix))
}

func attributes(c *check.Case, a *samldoc.AssertionDoc, prefix string) report.Row {
	row := report.Row{Key: prefix + "attributes", Value: "none", Holds: "all that is required", Decides: []string{"AST034"},
		Codes: []string{"AST033", "AST034", "AST035", "AST036", "AST037", "AST038", "AST039", "AST040", "AST041", "AST044", "CLM004", "CLM005"}}
	if len(a.Attributes) > 0 {
		row.Value = fmt.Sprint(len(a.Attributes))
	}
	names := readNames(c)
	unread := 0
	for _, at := range a.Attributes {
		line := attribute(at)
		if len(names) > 0 && !slices.Contains(names, at.Name) {
			line += "   (not read)"
			unread++
		}
		row.More = append(row.More, line)
	}
	if unread > 0 {
		row.Value += fmt.Sprintf(", %d of them not read", unread)
	}
	return row
}

// readNames are the names of all attributes that the SP of the case is known to read; none without a connection, or where nobody
// knows what it reads.
func readNames(c *check.Case) []string {
	if c.Config == nil {
		return nil
	}
	var out []string
	if c.SP.SAML != nil {
		for _, a := range c.SP.SAML.Attributes {
			out = append(out, a.Names...)
		}
	}
	out = append(out, c.Config.SPParam("required_claims").Strings()...)
	if c.Config.Roles != nil {
		for _, rule := range c.Config.Roles.Rules {
			if rule.Claim != "" {
				out = append(out, rule.Claim)
			}
		}
	}
	return out
}

func attribute(a samldoc.Attribute) string {
	name := a.Name
	if a.FriendlyName != "" && a.FriendlyName != a.Name {
		name += " (" + a.FriendlyName + ")"
	}
	if len(a.Values) == 0 {
		return name + " without a value"
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
	case to == "":
		return "from " + clock(from)
	}
	begin, _, ok := samldoc.Time(from)
	end, _, ok2 := samldoc.Time(to)
	if ok && ok2 && begin.UTC().Format("20060102") == end.UTC().Format("20060102") {
		return begin.UTC().Format("2006-01-02 15:04:05") + " to " + end.UTC().Format("15:04:05") + " UTC"
	}
	return clock(from) + " to " + clock(to)
}

// encryption words what was encrypted, how, and what came of opening it.
func encryption(e xmlsig.Encryption) string {
	out := samldoc.Short(e.Path) + ", " + samldoc.Short(e.Data)
	if e.Transport != "" {
		out += " with the key in " + samldoc.Short(e.Transport)
	}
	switch e.State {
	case xmlsig.Decrypted:
		return out + ": opened"
	case xmlsig.NoKey:
		return out + ": not opened, there is no key for it (--sp-key)"
	}
	return out + ": not opened, " + e.Problem
}
