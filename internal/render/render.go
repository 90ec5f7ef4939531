// Package render writes a report in the formats that --format names. Every text is made harmless first (Clean), so that
// what an IdP or a file says cannot move a cursor, forge a line or break out of a format.
package render

import (
	"fmt"
	"io"
	"strings"

	"github.com/ssoctl/ssoctl/internal/report"
)

// Options are what a person may ask of the formats. Text takes all of them, the others what concerns them.
type Options struct {
	Width   int             // columns to wrap at; 0: 100, less than 60: 60
	Color   bool            // ANSI colours; without it no escape sequence of any kind is written
	Quiet   bool            // findings and the line of counts only
	Verbose bool            // every rule's outcome, with its reason
	FailOn  report.Severity // the --fail-on level, for the exit code that is shown
	Rules   []RuleInfo      // the catalogue, for SARIF
}

// RuleInfo is what SARIF says of a rule.
type RuleInfo struct {
	Code, Title, Why, Fix string
	Severity              report.Severity
	Refs                  []string
}

// Formats lists the values of --format.
var Formats = []string{"text", "line", "json", "sarif", "junit", "github", "markdown", "html"}

// Write renders the report in one of Formats. The report itself is left as it is. Errors are those of w, and an unknown format.
func Write(w io.Writer, format string, r *report.Report, o Options) error {
	write, ok := map[string]func(io.Writer, *report.Report, Options) error{
		"text": text, "line": line, "json": jsonFormat, "sarif": sarif, "junit": junit, "github": github, "markdown": markdown, "html": html,
	}[format]
	if !ok {
		return fmt.Errorf("unknown format %q; known: %s", format, strings.Join(Formats, ", "))
	}
	return write(w, clean(r), o)
}

// line writes one line a finding: place, severity, code, message.
func line(w io.Writer, r *report.Report, _ Options) error {
	var b strings.Builder
	for _, c := range r.Connections {
		for _, f := range c.Findings {
			where := f.Where.String()
			if where == "" {
				where = c.Name
			}
			fmt.Fprintf(&b, "%s: %s %s: %s\n", where, f.Severity, f.Code, f.Message)
		}
	}
	_, err := io.WriteString(w, disarm(b.String()))
	return err
}
