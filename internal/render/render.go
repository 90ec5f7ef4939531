// Package render writes a report in the formats that --format names. Text from outside is stripped of control characters in
// every one of them.
package render

import (
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/ssoctl/ssoctl/internal/report"
)

// Options are what a person may ask of the text formats.
type Options struct {
	Width   int  // columns to wrap at; 0: 100
	Color   bool // ANSI colours
	Quiet   bool // findings only
	Verbose bool // every rule's outcome
	FailOn  report.Severity
	Rules   []RuleInfo // for formats that carry the catalogue (SARIF)
}

// RuleInfo is what SARIF says of a rule.
type RuleInfo struct {
	Code, Title, Why, Fix string
	Severity              report.Severity
	Refs                  []string
}

// Formats lists the values of --format.
var Formats = []string{"text", "line", "json", "sarif", "junit", "github", "markdown", "html"}

// Write renders the report.
func Write(w io.Writer, format string, r *report.Report, o Options) error {
	write, ok := map[string]func(io.Writer, *report.Report, Options) error{
		"line": line, "json": jsonFormat, "text": text,
	}[format]
	if !ok {
		return fmt.Errorf("unknown format %q; known: %s", format, strings.Join(Formats, ", "))
	}
	return write(w, clean(r), o)
}

// line writes one line a finding: place, severity, code, message.
func line(w io.Writer, r *report.Report, _ Options) error {
	for _, c := range r.Connections {
		for _, f := range c.Findings {
			where := f.Where.String()
			if where == "" {
				where = c.Name
			}
			if _, err := fmt.Fprintf(w, "%s: %s %s: %s\n", where, f.Severity, f.Code, f.Message); err != nil {
				return err
			}
		}
	}
	return nil
}

// Clean makes text from outside harmless in one line: control characters, ANSI sequences' escapes and bidirectional overrides
// are replaced, so that nothing can move the cursor, forge a line or hide behind another direction.
func Clean(s string) string {
	bad := func(r rune) bool {
		return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' || r == '\ufeff'
	}
	if !strings.ContainsFunc(s, bad) && strings.ToValidUTF8(s, "\ufffd") == s {
		return s
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return ' '
		case bad(r):
			return '\ufffd'
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd"))
}
