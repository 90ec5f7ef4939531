package render

import (
	"fmt"
	"strings"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/ssoctl/ssoctl/internal/report"
)

// source writes the line that a finding is about, the place underlined and its note. Long lines are cut around the place.
func (p *page) source(l report.Location, s report.Severity, indent int) {
	if l.Snippet == "" || l.Line == 0 {
		return
	}
	number := fmt.Sprintf("%*d", indent+1, l.Line)
	blank := strings.Repeat(" ", len(number))
	gutter := " " + p.paint(dim, "│") + " "
	room := p.width - len(number) - 3
	before, hit, after := excerpt(l, room)
	p.line(p.paint(dim, number) + gutter + before + hit + after)
	if l.Col == 0 || l.Len == 0 && l.Mark == "" {
		return
	}
	_, colour := sign(s)
	column := lipgloss.Width(before)
	carets := strings.Repeat("^", max(1, lipgloss.Width(hit)))
	under := blank + gutter + strings.Repeat(" ", column) + p.paint(colour, carets)
	if column+len(carets)+1+lipgloss.Width(l.Mark) <= room {
		p.line(under + " " + p.paint(colour, l.Mark))
		return
	}
	p.line(under)
	for _, note := range wrap(l.Mark, room, room, nil) {
		p.line(blank + gutter + p.paint(colour, note))
	}
}

// excerpt cuts a source line into what stands before the marked place, the place and what follows, together at most room
// columns wide. What was cut away shows as "…".
func excerpt(l report.Location, room int) (before, hit, after string) {
	runes := []rune(l.Snippet)
	from := min(max(l.Col-1+l.Skip, 0), len(runes))
	to := min(from+max(l.Len, 0), len(runes))
	near := 4 * room // a document may be one line of megabytes; what is further away is cut off in any case
	before, hit, after = string(runes[max(0, from-near):from]), string(runes[from:min(to, from+near)]), string(runes[to:min(len(runes), to+near)])
	if from == len(runes) {
		room-- // the caret stands behind the end of the line
	}
	if lipgloss.Width(before+hit+after) <= room {
		return before, hit, after
	}
	if most := room * 3 / 4; lipgloss.Width(hit) > most {
		hit, after = ansi.Truncate(hit, most, "…"), ""
	}
	left := room - lipgloss.Width(hit)
	share := max(left/2, left-lipgloss.Width(after))
	if w := lipgloss.Width(before); w > share {
		before = ansi.TruncateLeft(before, w-share+1, "…")
	}
	after = ansi.Truncate(after, max(0, left-lipgloss.Width(before)), "…")
	return before, hit, after
}
