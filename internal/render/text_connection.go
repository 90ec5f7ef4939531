package render

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"charm.land/lipgloss/v2"

	"github.com/ssoctl/ssoctl/internal/report"
)

// connection writes the judgement on one connection; named says that its name is needed even with --quiet.
func (p *page) connection(c report.Connection, named bool) {
	all := groups(c.Findings)
	if p.quiet {
		if named && len(all) > 0 {
			if p.Len() > 0 {
				p.line("")
			}
			p.header(c)
		}
		p.broken(c)
		p.findings(all, c)
		return
	}
	p.header(c)
	if (c.Verdict == report.VerdictHealthy || c.SignedIn != nil) && !p.verbose {
		p.healthy(c)
	} else {
		p.summary(c)
	}
	p.broken(c)
	if c.SignedIn != nil {
		p.signedIn(c)
	}
	if len(all) > 0 {
		p.line("")
	}
	p.findings(all, c)
	if c.Verdict == report.VerdictUndecided {
		p.undecided(c)
	}
	if p.verbose {
		p.results(c)
	}
	for i, n := range c.Notes {
		if i == 0 {
			p.line("")
		}
		p.para("note  ", 6, plain, n)
	}
	if c.Stub != "" {
		p.line("")
		p.para("", 0, plain, "To go on with an SP, save this as ssoctl.yaml and fill in what is left open:")
		p.line("")
		for l := range strings.Lines(c.Stub) {
			p.line(strings.TrimRight(l, "\n"))
		}
	}
}

// header writes name, who logs in where, verdict; at the right the place in the file and the time it took.
func (p *page) header(c report.Connection) {
	var right []string
	if c.Where.Line > 0 {
		right = append(right, fmt.Sprintf("%s:%d", c.Where.File, c.Where.Line))
	}
	if s := seconds(c.Elapsed); s != "" {
		right = append(right, s)
	}
	line := headline(c)
	if c.Verdict != "" {
		line = strings.TrimPrefix(line+": "+verdictWord(c.Verdict), ": ")
	}
	side := strings.Join(right, "   ")
	if lipgloss.Width(c.Name)+3+lipgloss.Width(line)+2+lipgloss.Width(side) <= p.width {
		p.pair(p.paint(strong, c.Name)+"   "+line, p.paint(dim, side))
		return
	}
	p.line(p.paint(strong, c.Name))
	p.para("  ", 2, plain, line)
	if side != "" {
		p.line("  " + p.paint(dim, side))
	}
}

// summary writes what was seen, one line an area.
func (p *page) summary(c report.Connection) {
	widest := 0
	for _, l := range c.Lines {
		widest = max(widest, lipgloss.Width(l.Area))
	}
	widest = min(widest, 16)
	for _, l := range c.Lines {
		symbol, colour := outcomeSign(l.Outcome, l.Worst)
		gap := strings.Repeat(" ", max(0, widest-lipgloss.Width(l.Area))+2)
		lead := "  " + p.paint(colour, symbol) + " " + l.Area + gap
		if l.Code != "" {
			lead += p.paint(colour, l.Code) + "  "
		}
		p.para(lead, 4+widest+2, plain, l.Text)
	}
}

// healthy is the short form of a summary: the areas that passed beside each other, the rest as usual.
func (p *page) healthy(c report.Connection) {
	var passed []string
	rest := c
	rest.Lines = nil
	for _, l := range c.Lines {
		if l.Outcome == report.Passed {
			symbol, colour := outcomeSign(l.Outcome, l.Worst)
			passed = append(passed, p.paint(colour, symbol)+" "+l.Area)
			continue
		}
		rest.Lines = append(rest.Lines, l)
	}
	for _, l := range flow(passed, " ", p.width-2) {
		p.line("  " + l)
	}
	p.summary(rest)
}

// broken names the rules that broke down: that is a defect of ssoctl and nobody else's.
func (p *page) broken(c report.Connection) {
	for _, r := range c.Results {
		if r.Outcome == report.Broken {
			p.para("  "+p.paint(red, "✗ "+r.Code)+"  ", 4, plain, r.Reason)
		}
	}
}

// undecided says what the verdict waits for.
func (p *page) undecided(c report.Connection) {
	waiting := 0
	for _, r := range c.Results {
		if r.Outcome == report.Unknown && !r.WaitsForLogin() {
			waiting++
		}
	}
	for i, u := range c.Undecided {
		if i == 0 {
			p.line("")
		}
		p.para("  "+p.paint(grey, "?")+" not decided: ", 4, plain, u)
	}
	if waiting > 0 {
		noun := "rules wait"
		if waiting == 1 {
			noun = "rule waits"
		}
		p.para("    ", 4, dim, fmt.Sprintf("%d further %s for what could not be seen.", waiting, noun))
	}
}

// results lists what every rule came to: a line each, and together those that do not apply or wait for a login for the same reason.
func (p *page) results(c report.Connection) {
	p.line("")
	together := map[string][]string{} // by reason, the codes
	var reasons []string
	for _, r := range c.Results {
		if r.Outcome == report.NotApplicable || r.WaitsForLogin() {
			reason := cmp.Or(r.Reason, "nothing to judge")
			if r.WaitsForLogin() {
				reason = ""
			}
			if together[reason] == nil {
				reasons = append(reasons, reason)
			}
			together[reason] = append(together[reason], r.Code)
			continue
		}
		symbol, colour := outcomeSign(r.Outcome, worstOf(c, r.Code))
		said := r.Title
		if r.Reason != "" {
			said += ": " + r.Reason
		}
		p.para(fmt.Sprintf("  %s %-8s %-14s ", p.paint(colour, symbol), r.Code, outcomeWord(r.Outcome)), 28, plain, said)
	}
	slices.Sort(reasons) // those that wait for a login come first
	for _, reason := range reasons {
		if reason == "" {
			symbol, colour := outcomeSign(report.Unknown, 0)
			p.para(fmt.Sprintf("  %s wait for a login ", p.paint(colour, symbol)), 4, plain, spans(together[reason]))
			continue
		}
		symbol, colour := outcomeSign(report.NotApplicable, 0)
		p.para(fmt.Sprintf("  %s not applicable  ", p.paint(colour, symbol)), 4, plain, reason+": "+spans(together[reason]))
	}
}

// spans writes codes in their order, neighbours as a range: "AST001–AST046".
func spans(codes []string) string {
	var out []string
	for i := 0; i < len(codes); {
		end := i
		for end+1 < len(codes) && nextCode(codes[end], codes[end+1]) {
			end++
		}
		if end > i+1 {
			out = append(out, codes[i]+"–"+codes[end])
		} else {
			out = append(out, codes[i:end+1]...)
		}
		i = end + 1
	}
	return strings.Join(out, " ")
}

// nextCode reports whether b is the next code of a's area.
func nextCode(a, b string) bool {
	area := strings.TrimRight(a, "0123456789")
	n, err := strconv.Atoi(a[len(area):])
	return err == nil && b == fmt.Sprintf("%s%03d", area, n+1)
}
