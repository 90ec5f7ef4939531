package render

import (
	"fmt"
	"io"
	"strings"

	"github.com/ssoctl/ssoctl/internal/report"
)

// htmlReport is what the page shows. All of it is text: markup escapes it.
type htmlReport struct {
	Title, Tool, At string
	Counts          []string
	Exit            int
	Documents       []report.Document
	Connections     []htmlConnection
}

type htmlConnection struct {
	Name, Headline, Verdict, Word, Place, Elapsed string
	Lines                                         []htmlLine
	Findings                                      []htmlFinding
	Undecided, Notes                              []string
	Stub                                          string
	Results                                       []htmlLine
	Of                                            report.Connection // for what is written as it stands there
}

type htmlLine struct{ Class, Symbol, Word, Area, Code, Text string }

type htmlFinding struct {
	report.Finding
	Class, Symbol, Entries, Place string
	Before, Hit, After            string
	Compare                       []string
	Follows                       []htmlFinding
}

// html writes one page that needs nothing beside itself: no script, no address to load from, readable from 320 px up and on
// light and dark screens. A policy in its head forbids whatever else a browser might be talked into.
func html(w io.Writer, r *report.Report, o Options) error {
	page := htmlReport{Title: title(r), Tool: strings.TrimSpace(r.Tool.Name + " " + r.Tool.Version), Counts: counts(r), Exit: r.ExitCode(o.FailOn)}
	if !r.At.IsZero() {
		page.At = r.At.UTC().Format("2006-01-02 15:04:05 UTC")
	}
	page.Documents = r.Documents
	for _, c := range r.Connections {
		page.Connections = append(page.Connections, htmlOf(c))
	}
	_, err := io.WriteString(w, page.markup())
	return err
}

// title is the page's title: the one connection's name and verdict, or how many there are.
func title(r *report.Report) string {
	if len(r.Connections) == 1 {
		c := r.Connections[0]
		return strings.TrimSuffix(c.Name+": "+verdictWord(c.Verdict), ": ")
	}
	return fmt.Sprintf("%d connections", len(r.Connections))
}

func htmlOf(c report.Connection) htmlConnection {
	out := htmlConnection{
		Name: c.Name, Headline: headline(c), Verdict: string(c.Verdict), Word: verdictWord(c.Verdict), Elapsed: seconds(c.Elapsed),
		Undecided: c.Undecided, Notes: c.Notes, Stub: c.Stub, Of: c,
	}
	if c.Where.Line > 0 {
		out.Place = c.Where.String()
	}
	for _, l := range c.Lines {
		symbol, _ := outcomeSign(l.Outcome, l.Worst)
		out.Lines = append(out.Lines, htmlLine{outcomeClass(l.Outcome, l.Worst), symbol, outcomeWord(l.Outcome), l.Area, l.Code, l.Text})
	}
	for _, g := range groups(c.Findings) {
		f := htmlOne(g[0].Finding, c)
		for _, n := range g[1:] {
			f.Follows = append(f.Follows, htmlOne(n.Finding, c))
		}
		out.Findings = append(out.Findings, f)
	}
	for _, res := range c.Results {
		worst := worstOf(c, res.Code)
		symbol, _ := outcomeSign(res.Outcome, worst)
		out.Results = append(out.Results, htmlLine{outcomeClass(res.Outcome, worst), symbol, outcomeWord(res.Outcome), res.Title, res.Code, res.Reason})
	}
	return out
}

func htmlOne(f report.Finding, c report.Connection) htmlFinding {
	symbol, _ := sign(f.Severity)
	out := htmlFinding{Finding: f, Class: f.Severity.String(), Symbol: symbol, Entries: entries(f, c), Place: place(f.Where)}
	if f.Where.Snippet != "" && f.Where.Line > 0 {
		out.Before, out.Hit, out.After = excerpt(f.Where, 2000)
	}
	for _, l := range f.Related {
		out.Compare = append(out.Compare, place(l))
	}
	return out
}

func outcomeClass(o report.Outcome, worst report.Severity) string {
	switch o {
	case report.Passed:
		return "passed"
	case report.Failed:
		return max(worst, report.Info).String()
	case report.Broken:
		return "error"
	}
	return "unknown"
}
