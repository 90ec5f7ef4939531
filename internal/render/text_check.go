package render

import (
	"strings"

	"charm.land/lipgloss/v2"

	"github.com/ssoctl/ssoctl/internal/report"
)

// check writes the findings of a run on files: one line each with the place in front, as editors and eyes expect it, then
// the source line and what to do.
func (p *page) check(r *report.Report) {
	column := 0
	for _, c := range r.Connections {
		for _, f := range c.Findings {
			column = max(column, lipgloss.Width(checkPlace(f, c)))
		}
	}
	column = min(column, p.width/3)
	for _, c := range r.Connections {
		p.broken(c)
		for _, g := range groups(c.Findings) {
			for _, n := range g {
				p.checkFinding(n, c, column)
			}
		}
		if p.verbose && len(c.Results) > 0 {
			p.line("")
			p.header(c)
			p.results(c)
		}
		if p.quiet {
			continue
		}
		for _, n := range c.Notes {
			p.para("note  ", 6, plain, n)
		}
	}
}

// checkPlace is where a finding stands; the name of the connection or file when it says nothing itself.
func checkPlace(f report.Finding, c report.Connection) string {
	if s := place(f.Where); s != "" {
		return s
	}
	return c.Name
}

func (p *page) checkFinding(n node, c report.Connection, column int) {
	symbol, colour := sign(n.Severity)
	where := checkPlace(n.Finding, c)
	gap := strings.Repeat(" ", max(0, column-lipgloss.Width(where))+2)
	lead := p.paint(strong, where) + gap + p.paint(colour, symbol+" "+n.Code) + "  "
	message := n.Message
	if n.depth > 0 {
		message += " (because of " + n.CausedBy + ")"
	}
	indent := 4
	if w := lipgloss.Width(lead); w <= p.width/2 {
		indent = w
	}
	p.para(lead, indent, plain, message, pasted(n.Finding)...)
	if n.Severity <= report.Info || n.depth > 0 {
		return
	}
	p.source(n.Where, n.Severity, 4)
	f := n.Finding
	if len(f.Edits) > 0 && !strings.Contains(strings.Join(f.Fix, " "), "--fix") {
		f.Fix = append(f.Fix[:len(f.Fix):len(f.Fix)], "ssoctl check --fix "+f.Where.File)
	}
	p.fix(f, "   ")
	if e := entries(f, c); e != "" {
		p.para("   ", 5, plain, e)
	}
}
