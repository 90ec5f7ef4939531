package render

import (
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"sync"

	"charm.land/lipgloss/v2"

	"github.com/ssoctl/ssoctl/internal/report"
)

// page is the text being written.
type page struct {
	strings.Builder
	width   int
	color   bool
	verbose bool
	quiet   bool
}

// text writes the report for people: connection by connection, and the counts with the exit code as the last line.
func text(w io.Writer, r *report.Report, o Options) error {
	p := &page{width: o.Width, color: o.Color, verbose: o.Verbose, quiet: o.Quiet}
	if p.width == 0 {
		p.width = 100
	}
	p.width = max(p.width, 60)
	if !p.verbose {
		withoutInfos(r)
	}
	for i, d := range r.Documents {
		if p.quiet {
			break
		}
		if i > 0 {
			p.line("")
		}
		p.document(d)
	}
	if r.Command == "decode" {
		p.decoded(r)
	} else if r.Command == "check" {
		p.check(r)
	} else {
		for i, c := range r.Connections {
			if i > 0 && !p.quiet {
				p.line("")
			}
			p.connection(c, len(r.Connections) > 1)
		}
	}
	if p.Len() > 0 {
		p.line("")
	}
	p.last(r, o.FailOn)
	_, err := io.WriteString(w, disarm(p.String()))
	return err
}

// withoutInfos takes the infos out of what a person reads first; they are counted, and -v shows them.
func withoutInfos(r *report.Report) {
	for i := range r.Connections {
		c := &r.Connections[i]
		c.Findings = slices.DeleteFunc(slices.Clone(c.Findings), func(f report.Finding) bool { return f.Severity <= report.Info })
	}
}

// last writes the counts and, at the right, the exit code.
func (p *page) last(r *report.Report, failOn report.Severity) {
	exit := fmt.Sprintf("exit %d", r.ExitCode(failOn))
	all := counts(r)
	for i, c := range all {
		if !p.verbose && (strings.HasSuffix(c, " info") || strings.HasSuffix(c, " infos")) {
			all[i] = c + " (-v)"
		}
	}
	lines := flow(all, "   ", p.width)
	for i, l := range lines {
		if i == len(lines)-1 {
			p.pair(l, exit)
			return
		}
		p.line(l)
	}
}

// line writes one line; spaces at its end are dropped.
func (p *page) line(s string) {
	p.WriteString(strings.TrimRight(s, " "))
	p.WriteByte('\n')
}

// pair writes left, and right at the right margin; on a line of its own when there is no room beside left.
func (p *page) pair(left, right string) {
	if right == "" {
		p.line(left)
		return
	}
	gap := p.width - lipgloss.Width(left) - lipgloss.Width(right)
	if gap < 2 {
		p.line(left)
		left, gap = "", p.width-lipgloss.Width(right)
	}
	p.line(left + strings.Repeat(" ", max(gap, 0)) + right)
}

// commandInText finds what somebody is told to run.
var commandInText = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\(ssoctl [^()]{1,60}\)`) })

// para writes a paragraph: lead before its first line, indent columns before the others. keep are values not to be broken;
// commands in brackets are not broken either.
func (p *page) para(lead string, indent int, i ink, text string, keep ...string) {
	keep = append(commandInText().FindAllString(text, -1), keep...)
	lines := wrap(text, p.width-lipgloss.Width(lead), p.width-indent, keep)
	for n, l := range lines {
		if n > 0 {
			lead = strings.Repeat(" ", indent)
		}
		p.line(lead + p.paint(i, l))
	}
}
