package render

import (
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/ssoctl/ssoctl/internal/report"
)

// Clean makes text from outside harmless in one line: control characters (with them every ANSI sequence and line end), line
// and paragraph separators, and characters that are not seen or turn the direction of others become U+FFFD, which is
// seen. A tab becomes a space. One character is replaced, too, in what build servers take for a command wherever it stands in their
// log ("##[error]", "##vso[…]", "##teamcity[…]"). Every rune, and every byte that is no UTF-8, gives exactly one rune, so
// columns stay true.
func Clean(s string) string {
	if !utf8.ValidString(s) || strings.ContainsFunc(s, harmful) {
		s = strings.Map(func(r rune) rune {
			switch {
			case r == '\t':
				return ' '
			case harmful(r):
				return utf8.RuneError
			}
			return r
		}, s)
	}
	if strings.Contains(s, "##") {
		s = logCommand().ReplaceAllString(s, "#\ufffd$1")
	}
	return s
}

// logCommand is a command of Azure Pipelines, TeamCity or the older kind of GitHub Actions.
var logCommand = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`##([A-Za-z]*\[)`) })

// workflowCommand is a line that GitHub Actions takes for a command in the log of any step. It may be coloured.
var workflowCommand = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?m)^((?: |\x1b\[[0-9;]*m)*):(:[A-Za-z][^\n]*::)`) })

// disarm keeps lines of people's formats, which may begin with text from outside, from being workflow commands.
func disarm(s string) string { return workflowCommand().ReplaceAllString(s, "$1\ufffd$2") }

// harmful also takes all format characters (Unicode Cf: bidirectional controls, zero-width characters, tags, soft hyphen):
// they matter to a comparison byte by byte and nobody sees them.
func harmful(r rune) bool {
	return unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp)
}

// cleanText is Clean for a text of several lines.
func cleanText(s string) string {
	lines := strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n")
	for i := range lines {
		lines[i] = Clean(lines[i])
	}
	return strings.Join(lines, "\n")
}

// clean copies a report with every text made harmless, once, before any format sees it.
func clean(r *report.Report) *report.Report {
	out := *r
	each(&out.Tool.Name, &out.Tool.Version, &out.Command)
	out.Documents = slices.Clone(r.Documents)
	for i := range out.Documents {
		d := &out.Documents[i]
		each(&d.Kind, &d.Source, &d.Title)
		d.Notes, d.Summary = cleanAll(d.Notes), slices.Clone(d.Summary)
		for j := range d.Summary {
			row := &d.Summary[j]
			each(&row.Key, &row.Value, &row.Code, &row.Text)
			row.More = cleanAll(row.More)
		}
	}
	out.Connections = slices.Clone(r.Connections)
	for i := range out.Connections {
		c := &out.Connections[i]
		each(&c.Name, &c.SP, &c.IdP, &c.How, &c.SPName, &c.IdPName, &c.Protocol)
		c.Where = cleanPlace(c.Where)
		c.Notes, c.Undecided = cleanAll(c.Notes), cleanAll(c.Undecided)
		c.Stub = cleanText(c.Stub)
		c.Findings = slices.Clone(c.Findings)
		for j := range c.Findings {
			c.Findings[j] = cleanFinding(c.Findings[j])
		}
		c.Results = slices.Clone(c.Results)
		for j := range c.Results {
			each(&c.Results[j].Code, &c.Results[j].Title, &c.Results[j].Reason)
		}
		c.Lines = slices.Clone(c.Lines)
		for j := range c.Lines {
			each(&c.Lines[j].Area, &c.Lines[j].Code, &c.Lines[j].Text)
		}
	}
	return &out
}

func cleanFinding(f report.Finding) report.Finding {
	each(&f.Code, &f.Title, &f.Message, &f.Got, &f.Want, &f.Effect, &f.Check, &f.CausedBy)
	f.Where = cleanPlace(f.Where)
	f.Related = slices.Clone(f.Related)
	for i := range f.Related {
		f.Related[i] = cleanPlace(f.Related[i])
	}
	f.Fix, f.References = cleanAll(f.Fix), cleanAll(f.References)
	f.Troubleshooting = slices.Clone(f.Troubleshooting)
	for i := range f.Troubleshooting {
		each(&f.Troubleshooting[i].SP, &f.Troubleshooting[i].ID)
	}
	// An edit is applied by machines: one that cannot be written as it is would change something else, so it is not offered.
	f.Edits = slices.DeleteFunc(slices.Clone(f.Edits), func(e report.Edit) bool {
		return Clean(e.Path) != e.Path || Clean(e.Old) != e.Old || Clean(e.New) != e.New
	})
	return f
}

func cleanPlace(l report.Location) report.Location {
	each(&l.File, &l.Path, &l.Evidence, &l.Snippet, &l.Mark)
	return l
}

func cleanAll(texts []string) []string {
	out := slices.Clone(texts)
	for i := range out {
		out[i] = Clean(out[i])
	}
	return out
}

func each(texts ...*string) {
	for _, t := range texts {
		*t = Clean(*t)
	}
}
