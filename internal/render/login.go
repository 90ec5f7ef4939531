package render

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/ssoctl/ssoctl/internal/report"
)

// whoSignedIn says who signed in, or why nobody did, for formats without a table of their own.
func whoSignedIn(c report.Connection) string {
	in := c.SignedIn
	switch {
	case in.Who != "" && in.How == "":
		return "claims of " + in.Who
	case in.Who != "":
		return "signed in as " + in.Who + " (" + in.How + ")"
	case in.Ended != "":
		return "nobody signed in: " + in.Ended
	}
	return ""
}

// verdictOnUser says whether the SP would let the user in, and why.
func verdictOnUser(c report.Connection) string {
	sp, who := cmp.Or(c.SPName, "the SP"), "this user"
	if c.SignedIn != nil && c.SignedIn.Who != "" {
		who = c.SignedIn.Who
	}
	if c.Decision.Allowed {
		return fmt.Sprintf("%s would let %s in: %s", sp, who, c.Decision.Why)
	}
	return fmt.Sprintf("%s would keep %s out: %s", sp, who, c.Decision.Why)
}

// given lists what a user who is let in gets.
func given(c report.Connection) []string {
	d := c.Decision
	var out []string
	add := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	if d.Role != "" && d.Allowed {
		add("role %s", strings.TrimSpace(d.Role+" "+inBrackets(d.RoleWhy)))
	}
	if len(d.Teams) > 0 {
		add("teams %s", strings.Join(d.Teams, ", "))
	}
	if len(d.Groups) > 0 {
		add("%d groups from %q", len(d.Groups), cmp.Or(d.GroupsFrom, "the claims"))
	}
	if d.TokenExchange != "" {
		add("token exchange %s", d.TokenExchange)
	}
	return out
}

func inBrackets(s string) string {
	if s == "" {
		return ""
	}
	return "(" + s + ")"
}

// outcomeOf words what became of a role rule.
func outcomeOf(r report.RuleOutcome) string {
	said := strings.ReplaceAll(r.Outcome, "_", " ")
	if strings.HasPrefix(r.Why, said) {
		return r.Why
	}
	return said + ": " + r.Why
}

// claimTable is the table of claims as texts: the head, then a row for each claim; empty cells are a dash.
func claimTable(c report.Connection) [][]string {
	in := c.SignedIn
	out := [][]string{append(append([]string{"claim"}, in.Sources...), reader(c))}
	for _, r := range in.Rows {
		row := []string{r.Name}
		for _, v := range r.Values {
			row = append(row, orDash(v))
		}
		last := r.Reads
		if r.Outcome != report.Unknown {
			symbol, _ := outcomeSign(r.Outcome, r.Worst)
			last = symbol + " " + last
		}
		out = append(out, append(row, last))
	}
	return out
}

func mdSignedIn(b *strings.Builder, c report.Connection) {
	if who := whoSignedIn(c); who != "" {
		fmt.Fprintf(b, "\n%s\n", mdText(who))
	}
	if len(c.SignedIn.Rows) > 0 {
		b.WriteByte('\n')
		for i, row := range claimTable(c) {
			for _, cell := range row {
				b.WriteString("| " + strings.ReplaceAll(mdText(cell), "|", "\\|") + " ")
			}
			b.WriteString("|\n")
			if i == 0 {
				b.WriteString(strings.Repeat("|---", len(row)) + "|\n")
			}
		}
	}
	if in := c.SignedIn; in.Second != "" {
		fmt.Fprintf(b, "\nBeside our rules: %s\n", mdText(in.Second))
	}
	if c.Decision == nil {
		return
	}
	for i, r := range c.Decision.Rules {
		if i == 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(b, "- rule %d → %s: %s\n", r.Index, mdText(r.Role), mdText(outcomeOf(r)))
	}
	fmt.Fprintf(b, "\n%s\n", mdText(verdictOnUser(c)))
	for i, fact := range given(c) {
		if i == 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(b, "- %s\n", mdText(fact))
	}
}

func (m *markup) signedIn(c report.Connection) {
	m.opt("<p><b>%s</b></p>\n", whoSignedIn(c))
	if len(c.SignedIn.Rows) > 0 {
		m.WriteString("<div class=\"wide\"><table>\n")
		for i, row := range claimTable(c) {
			cell := "<td>%s</td>"
			if i == 0 {
				cell = "<th>%s</th>"
			}
			m.WriteString("<tr>")
			m.each(cell, row)
			m.WriteString("</tr>\n")
		}
		m.WriteString("</table></div>\n")
	}
	m.opt("<p class=\"soft\">Beside our rules: %s</p>\n", c.SignedIn.Second)
	if c.Decision == nil {
		return
	}
	if len(c.Decision.Rules) > 0 {
		m.WriteString("<ul>\n")
		for _, r := range c.Decision.Rules {
			m.add("<li>rule %d → %s: %s</li>\n", r.Index, r.Role, outcomeOf(r))
		}
		m.WriteString("</ul>\n")
	}
	m.add("<p>%s</p>\n", verdictOnUser(c))
	m.opt("<p>%s</p>\n", strings.Join(given(c), " · "))
}
