package render

import (
	"fmt"
	"strings"

	"charm.land/lipgloss/v2"

	"github.com/ssoctl/ssoctl/internal/report"
)

// signedIn writes who signed in, the claims side by side, and what the SP decides on them.
func (p *page) signedIn(c report.Connection) {
	in := c.SignedIn
	p.line("")
	switch {
	case in.Who != "" && in.How == "":
		p.line("claims of " + p.paint(strong, in.Who))
	case in.Who != "":
		p.pair(p.paint(green, "✓")+" signed in as "+p.paint(strong, in.Who), p.paint(dim, in.How))
	case in.Ended != "":
		p.para(p.paint(red, "✗")+" nobody signed in: ", 2, plain, in.Ended)
	}
	if len(in.Rows) > 0 {
		p.claims(c)
	}
	if in.Second != "" && (in.Refused || p.verbose) {
		p.para("  beside our rules: ", 4, dim, in.Second)
	}
	if c.Decision != nil {
		p.decision(c)
	}
}

// widestName and widestReads bound the outer columns of the table, in columns of the terminal.
const (
	widestName  = 24
	widestReads = 32
	narrowest   = 8 // of any other column
)

// claims writes the table: a row a claim, a column a source. Values are cut to what the width leaves.
func (p *page) claims(c report.Connection) {
	in := c.SignedIn
	name, reads := lipgloss.Width("claim"), lipgloss.Width(reader(c))
	value := make([]int, len(in.Sources))
	for i, s := range in.Sources {
		value[i] = lipgloss.Width(s)
	}
	for _, r := range in.Rows {
		name, reads = max(name, lipgloss.Width(r.Name)), max(reads, lipgloss.Width(r.Reads)+2)
		for i, v := range r.Values {
			value[i] = max(value[i], lipgloss.Width(v))
		}
	}
	name, reads = min(name, widestName), min(reads, widestReads)
	share(value, p.width-2-name-2-reads-2*len(value))
	taken := 2 + name + 2
	for _, w := range value {
		taken += w + 2
	}
	reads = max(narrowest, min(reads, p.width-taken))
	line := func(first, last string, cells []string) {
		row := "  " + padded(first, name)
		for i, v := range cells {
			row += "  " + padded(orDash(v), value[i])
		}
		p.line(strings.TrimRight(row+"  "+last, " "))
	}
	line("claim", p.paint(dim, strings.TrimRight(padded(reader(c), reads), " ")), in.Sources)
	for _, r := range in.Rows {
		last := p.paint(dim, strings.TrimRight(padded(r.Reads, reads), " "))
		if r.Outcome != report.Unknown {
			symbol, colour := outcomeSign(r.Outcome, r.Worst)
			last = p.paint(colour, symbol) + " " + strings.TrimRight(padded(r.Reads, reads-2), " ")
		}
		line(r.Name, last, r.Values)
	}
}

// reader is the title of the last column.
func reader(c report.Connection) string {
	if c.SPName == "" {
		return "the SP reads"
	}
	return c.SPName + " reads"
}

func orDash(v string) string {
	if v == "" {
		return "–"
	}
	return v
}

// share cuts the widest columns until all fit into room; none becomes narrower than narrowest.
func share(columns []int, room int) {
	for {
		sum, widest := 0, 0
		for i, w := range columns {
			sum += w
			if w > columns[widest] {
				widest = i
			}
		}
		if len(columns) == 0 || sum <= room || columns[widest] <= narrowest {
			return
		}
		columns[widest]--
	}
}

// padded brings a text to a width: it is filled up, or cut with an ellipsis.
func padded(s string, width int) string {
	if lipgloss.Width(s) > width {
		out := ""
		for _, c := range s {
			if lipgloss.Width(out+string(c)) >= width {
				break
			}
			out += string(c)
		}
		s = out + "…"
	}
	return s + strings.Repeat(" ", max(0, width-lipgloss.Width(s)))
}

// decision writes what the SP does: whether it lets the user in, as what, and why.
func (p *page) decision(c report.Connection) {
	d := c.Decision
	if len(d.Rules) > 0 {
		p.line("")
		for _, r := range d.Rules {
			p.rule(r)
		}
	}
	p.line("")
	symbol, colour := "✓", green
	if !d.Allowed {
		symbol, colour = "✗", red
	}
	p.para(p.paint(colour, symbol)+" ", 2, plain, verdictOnUser(c))
	for _, l := range flow(given(c), "   ", p.width-2) {
		p.line("  " + l)
	}
}

// rule writes one role rule with what became of it.
func (p *page) rule(r report.RuleOutcome) {
	symbol, colour := "–", grey
	switch r.Outcome {
	case "matched":
		symbol, colour = "✓", green
	case "error":
		symbol, colour = "!", yellow
	}
	p.para(fmt.Sprintf("  %2d  ", r.Index), 6, plain, strings.TrimSpace(r.Rule+"  → "+r.Role))
	p.para("      "+p.paint(colour, symbol)+" ", 8, plain, outcomeOf(r))
}
