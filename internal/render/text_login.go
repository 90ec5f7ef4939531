package render

import (
	"cmp"
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
	if c.Decision != nil {
		p.decision(c)
	}
}

// widestName and widestReads bound the outer columns of the table, in columns of the terminal.
const (
	widestName  = 24
	widestReads = 32
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
	line := func(first, last string, cells []string) {
		row := "  " + padded(first, name)
		for i, v := range cells {
			row += "  " + padded(cmp.Or(v, "–"), value[i])
		}
		p.line(strings.TrimRight(row+"  "+last, " "))
	}
	line("claim", p.paint(dim, reader(c)), in.Sources)
	for _, r := range in.Rows {
		last := p.paint(dim, r.Reads)
		if r.Outcome != report.Unknown {
			symbol, colour := outcomeSign(r.Outcome, r.Worst)
			last = p.paint(colour, symbol) + " " + r.Reads
		}
		line(r.Name, last, r.Values)
	}
}

// reader is the title of the last column.
func reader(c report.Connection) string {
	return cmp.Or(c.SPName, "the SP") + " reads"
}

// share cuts the widest columns until all fit into room; none becomes narrower than 8.
func share(columns []int, room int) {
	for {
		sum, widest := 0, 0
		for i, w := range columns {
			sum += w
			if w > columns[widest] {
				widest = i
			}
		}
		if len(columns) == 0 || sum <= room || columns[widest] <= 8 {
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
	d, sp := c.Decision, cmp.Or(c.SPName, "the SP")
	if len(d.Rules) > 0 {
		p.line("")
		for _, r := range d.Rules {
			p.rule(r)
		}
	}
	p.line("")
	who := cmp.Or(c.SignedIn.Who, "this user")
	if d.Allowed {
		p.para(p.paint(green, "✓")+" ", 2, plain, fmt.Sprintf("%s would let %s in: %s", sp, who, d.Why))
	} else {
		p.para(p.paint(red, "✗")+" ", 2, plain, fmt.Sprintf("%s would keep %s out: %s", sp, who, d.Why))
	}
	var facts []string
	add := func(format string, args ...any) { facts = append(facts, fmt.Sprintf(format, args...)) }
	if d.Role != "" && d.Allowed {
		add("role %s", strings.TrimSpace(d.Role+" "+inBrackets(d.RoleWhy)))
	}
	if len(d.Teams) > 0 {
		add("teams %s", strings.Join(d.Teams, ", "))
	}
	if len(d.Groups) > 0 {
		add("%d groups from %s", len(d.Groups), cmp.Or(d.GroupsFrom, "the claims"))
	}
	if d.TokenExchange != "" {
		add("token exchange %s", d.TokenExchange)
	}
	for _, l := range flow(facts, "   ", p.width-2) {
		p.line("  " + l)
	}
}

func inBrackets(s string) string {
	if s == "" {
		return ""
	}
	return "(" + s + ")"
}

// rule writes one role rule with what became of it.
func (p *page) rule(r report.RuleOutcome) {
	colour := grey
	switch r.Outcome {
	case "matched":
		colour = green
	case "error":
		colour = yellow
	}
	lead := fmt.Sprintf("  %2d  ", r.Index)
	p.para(lead, 6, plain, strings.TrimSpace(r.Rule+"  → "+r.Role))
	said := strings.ReplaceAll(r.Outcome, "_", " ")
	if strings.HasPrefix(r.Why, said) {
		p.para("      ", 8, colour, r.Why)
		return
	}
	p.para("      "+p.paint(colour, said)+": ", 8, plain, r.Why)
}
