package render

import (
	"strings"

	"charm.land/lipgloss/v2"

	"github.com/ssoctl/ssoctl/internal/report"
)

// widestKey bounds the column of a summary's keys, in columns of the terminal.
const widestKey = 20

// document writes what decode opened: what it is and how it was wrapped, then its summary.
func (p *page) document(d report.Document) {
	p.para(p.paint(strong, d.Title)+"  ", 2, dim, d.Source)
	if len(d.Notes) > 0 {
		p.para("  repaired  ", 12, plain, strings.Join(d.Notes, "; "))
	}
	key, value := 0, 0
	for _, r := range d.Summary {
		key = max(key, lipgloss.Width(r.Key))
	}
	key = min(key, widestKey)
	for _, r := range d.Summary {
		if w := lipgloss.Width(r.Value); mark(r) != "" && key+4+w <= p.width*2/3 {
			value = max(value, w)
		}
	}
	for _, r := range d.Summary {
		p.row(r, key, value)
	}
}

// mark is what stands beside a value: symbol, code and words; "" for a value that nothing judged.
func mark(r report.Row) string {
	if r.Outcome == report.Unknown && r.Text == "" {
		return ""
	}
	symbol, _ := outcomeSign(r.Outcome, r.Severity)
	return strings.TrimSpace(strings.Join(strings.Fields(symbol+" "+r.Code+" "+r.Text), " "))
}

// row writes one line of a summary. The marks stand below each other where the values leave room for them, else under the value.
func (p *page) row(r report.Row, key, value int) {
	lead := "  " + r.Key + strings.Repeat(" ", max(0, key-lipgloss.Width(r.Key))+2)
	indent := strings.Repeat(" ", key+4)
	said := mark(r)
	symbol, colour := outcomeSign(r.Outcome, r.Severity)
	paint := func(s string) string { // the symbol and the code
		head := strings.TrimSpace(symbol + " " + r.Code)
		return p.paint(colour, head) + strings.TrimPrefix(s, head)
	}
	w := lipgloss.Width(r.Value)
	at := max(value, w) + 2
	switch {
	case said == "":
		p.para(lead, key+4, plain, r.Value)
	case key+4+at+lipgloss.Width(said) <= p.width:
		p.line(lead + r.Value + strings.Repeat(" ", at-w) + paint(said))
	case key+4+w+2+lipgloss.Width(said) <= p.width:
		p.line(lead + r.Value + "  " + paint(said))
	default:
		p.para(lead, key+4, plain, r.Value)
		for i, l := range wrap(said, p.width-key-4, p.width-key-6, nil) {
			if i == 0 {
				p.line(indent + paint(l))
			} else {
				p.line(indent + "  " + l)
			}
		}
	}
	for _, m := range r.More {
		if lipgloss.Width(indent)+2+lipgloss.Width(m) <= p.width { // its columns stay as they are
			p.line(indent + "  " + m)
		} else {
			p.para(indent+"  ", key+8, plain, m)
		}
	}
}

// decoded writes the findings about what was opened.
func (p *page) decoded(r *report.Report) {
	for _, c := range r.Connections {
		all := groups(c.Findings)
		if len(all) > 0 && p.Len() > 0 {
			p.line("")
		}
		p.broken(c)
		p.findings(all, c)
		if p.verbose {
			p.results(c)
		}
	}
}
