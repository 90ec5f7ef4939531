package render

import (
	"strings"

	"charm.land/lipgloss/v2"

	"github.com/ssoctl/ssoctl/internal/report"
)

// document writes what decode opened: what it is and how it was wrapped, then its summary.
func (p *page) document(d report.Document) {
	p.para(p.paint(strong, d.Title)+"  ", 2, dim, d.Source)
	for _, n := range d.Notes {
		p.para("  repaired  ", 12, plain, n)
	}
	widest := 0
	for _, r := range d.Summary {
		widest = max(widest, lipgloss.Width(r.Key))
	}
	widest = min(widest, 24)
	for _, r := range d.Summary {
		p.row(r, widest)
	}
}

func (p *page) row(r report.Row, widest int) {
	lead := "  " + r.Key + strings.Repeat(" ", max(0, widest-lipgloss.Width(r.Key))+2)
	mark := ""
	switch {
	case r.Code != "":
		symbol, colour := outcomeSign(r.Outcome, r.Severity)
		mark = p.paint(colour, symbol+" "+r.Code)
	case r.Outcome == report.Passed:
		symbol, colour := outcomeSign(r.Outcome, r.Severity)
		mark = p.paint(colour, symbol)
	}
	if room := p.width - lipgloss.Width(lead) - lipgloss.Width(r.Value) - lipgloss.Width(mark); mark != "" && room >= 2 {
		p.line(lead + r.Value + "  " + mark)
	} else {
		p.para(lead, widest+4, plain, r.Value)
		if mark != "" {
			p.line(strings.Repeat(" ", widest+4) + mark)
		}
	}
	for _, m := range r.More {
		p.para(strings.Repeat(" ", widest+4), widest+6, plain, m)
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
