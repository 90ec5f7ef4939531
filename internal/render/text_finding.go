package render

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"charm.land/lipgloss/v2"

	"github.com/ssoctl/ssoctl/internal/report"
)

// findings writes the groups in their order, an empty line between two that take several lines.
func (p *page) findings(all []group, c report.Connection) {
	for i, g := range all {
		if g[0].Severity <= report.Info && !p.verbose {
			if i > 0 && all[i-1][0].Severity > report.Info {
				p.line("")
			}
			p.info(g[0].Finding)
		} else {
			if i > 0 {
				p.line("")
			}
			p.finding(g[0].Finding, c)
		}
		p.consequences(g[1:])
	}
}

// finding writes one finding in full.
func (p *page) finding(f report.Finding, c report.Connection) {
	p.title(f)
	p.source(f.Where, f.Severity, 4)
	p.values(f)
	keep := pasted(f)
	p.para("    ", 4, plain, sentence(f.Message), keep...)
	if f.Effect != "" && f.Effect != f.Message {
		p.para("    ", 4, plain, sentence(f.Effect), keep...)
	}
	p.fix(f, "    ")
	if f.Check != "" {
		p.para("    "+p.paint(dim, "see that it worked:")+" ", 6, plain, f.Check, f.Check)
	}
	if e := entries(f, c); e != "" {
		p.para("    ", 6, plain, e)
	}
	p.para("    "+p.paint(dim, "more:")+" ", 6, plain, "ssoctl explain "+f.Code)
}

// title writes symbol, code and title, the place at the right when it is one in a file.
func (p *page) title(f report.Finding) {
	symbol, colour := sign(f.Severity)
	lead := p.paint(colour, symbol+" "+f.Code) + "  "
	where := ""
	if f.Where.File != "" {
		where = f.Where.String()
	}
	if lipgloss.Width(lead)+lipgloss.Width(f.Title)+2+lipgloss.Width(where) <= p.width {
		p.pair(lead+p.paint(strong, f.Title), p.paint(dim, where))
		return
	}
	p.para(lead, 4, strong, f.Title)
	if where != "" {
		p.para("    ", 4, dim, where)
	}
}

// values writes what was found and what was expected, one above the other so that the eye can compare, then where else to
// look. When one of the two is too wide for that, each stands on a line of its own and runs over.
func (p *page) values(f report.Finding) {
	const label = 10
	got, want := shown(f.Got, 300), shown(f.Want, 4000)
	apart := 4+label+max(lipgloss.Width(got), lipgloss.Width(want)) > p.width
	if p.color && got != "" && want != "" {
		got, want = p.contrast(got, want)
	}
	for _, v := range []struct{ label, value string }{{"found", got}, {"expected", want}} {
		switch {
		case v.value == "":
		case apart:
			p.line("    " + p.paint(dim, v.label))
			p.line("      " + v.value)
		default:
			p.line("    " + p.paint(dim, fmt.Sprintf("%-*s", label, v.label)) + v.value)
		}
	}
	if f.Where.File == "" && !f.Where.IsZero() {
		p.para("    "+p.paint(dim, "seen in")+"   ", 4+label, plain, place(f.Where))
	}
	for _, l := range f.Related {
		p.para("    "+p.paint(dim, "compare")+"   ", 4+label, plain, place(l))
	}
}

// contrast colours where two values differ, if they are alike for the most part.
func (p *page) contrast(got, want string) (string, string) {
	a, b := []rune(got), []rune(want)
	head, tail, most := 0, 0, min(len(a), len(b))
	for head < most && a[head] == b[head] {
		head++
	}
	for tail < most-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	if 2*(head+tail) < max(len(a), len(b)) {
		return got, want
	}
	mark := func(r []rune, i ink) string {
		return string(r[:head]) + p.paint(i, string(r[head:len(r)-tail])) + string(r[len(r)-tail:])
	}
	return mark(a, red), mark(b, green)
}

// shown is a value as it is; quoted when spaces at its ends would not be seen, cut when it is longer than most runes.
func shown(s string, most int) string {
	if strings.TrimSpace(s) != s {
		s = strconv.Quote(s)
	}
	if n := utf8.RuneCountInString(s); n > most {
		s = string([]rune(s)[:most]) + fmt.Sprintf("… (%d characters)", n)
	}
	return s
}

// fix writes the steps, numbered when there are several. Values to paste stay in one piece.
func (p *page) fix(f report.Finding, indent string) {
	keep := pasted(f)
	for i, step := range f.Fix {
		lead := indent + "     "
		if i == 0 {
			lead = indent + p.paint(green, "fix") + "  "
		}
		if len(f.Fix) > 1 {
			lead += fmt.Sprintf("%d. ", i+1)
		}
		p.para(lead, lipgloss.Width(lead), plain, step, keep...)
	}
}

// pasted lists the values of a finding that somebody may paste, so they must not be broken even when they hold spaces.
func pasted(f report.Finding) []string {
	keep := []string{f.Want, f.Got}
	for _, e := range f.Edits {
		keep = append(keep, e.New)
	}
	return keep
}

// info writes a finding in one line, as far as its message fits in one.
func (p *page) info(f report.Finding) {
	symbol, colour := sign(f.Severity)
	text := f.Message
	if where := f.Where.String(); f.Where.File != "" {
		text += " (" + where + ")"
	}
	p.para(p.paint(colour, symbol+" "+f.Code)+"  ", 4, plain, text, pasted(f)...)
}

// consequences writes what follows from the finding above, shorter: the cure is the same.
func (p *page) consequences(nodes []node) {
	if len(nodes) == 0 {
		return
	}
	p.line("    " + p.paint(dim, "because of it:"))
	for _, n := range nodes {
		symbol, colour := sign(n.Severity)
		indent := strings.Repeat(" ", 4+2*min(n.depth, 8))
		text := n.Message
		if n.Where.File != "" {
			text += " (" + n.Where.String() + ")"
		}
		p.para(indent+p.paint(colour, symbol+" "+n.Code)+"  ", len(indent)+2, plain, text, pasted(n.Finding)...)
	}
}

// sentence makes a message, which begins in lower case and has no full stop, end as a sentence among others does. Its first
// letter stays: it may be the name of a parameter.
func sentence(s string) string {
	bare := strings.TrimSuffix(s, `"`) // a quotation that ends a sentence ends ours
	if bare == "" || strings.ContainsAny(bare[len(bare)-1:], ".!?:") {
		return s
	}
	if last := s[strings.LastIndexByte(s, ' ')+1:]; strings.Contains(last, "://") {
		return s // a full stop would be taken for a part of the address
	}
	return s + "."
}
