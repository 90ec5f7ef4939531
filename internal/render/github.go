package render

import (
	"fmt"
	"io"
	"strings"

	"github.com/ssoctl/ssoctl/internal/report"
)

// github writes workflow commands, which GitHub Actions shows as annotations, and the counts as a plain last line.
func github(w io.Writer, r *report.Report, _ Options) error {
	var b strings.Builder
	for _, c := range r.Connections {
		for _, g := range groups(c.Findings) {
			for _, n := range g {
				annotation(&b, n.Finding, c)
			}
		}
	}
	fmt.Fprintln(&b, strings.Join(counts(r), ", "))
	_, err := io.WriteString(w, b.String())
	return err
}

func annotation(b *strings.Builder, f report.Finding, c report.Connection) {
	command := map[report.Severity]string{report.Error: "error", report.Warning: "warning"}[f.Severity]
	if command == "" {
		command = "notice"
	}
	at := inFile(f, c)
	var properties []string
	if at.File != "" {
		properties = append(properties, "file="+property(at.File))
	}
	if at.Line > 0 {
		properties = append(properties, fmt.Sprintf("line=%d", at.Line))
		if at.Col > 0 {
			properties = append(properties, fmt.Sprintf("col=%d", at.Col))
			if at.Len > 0 {
				properties = append(properties, fmt.Sprintf("endColumn=%d", at.Col+at.Skip+at.Len))
			}
		}
	}
	properties = append(properties, "title="+property(strings.TrimSpace(f.Code+" "+f.Title)))
	message := []string{f.Message}
	if f.Where.File == "" && !f.Where.IsZero() {
		message = append(message, "seen in "+place(f.Where))
	}
	if f.Effect != "" {
		message = append(message, f.Effect)
	}
	for i, s := range f.Fix {
		message = append(message, fmt.Sprintf("fix %d. %s", i+1, s))
	}
	if f.CausedBy != "" {
		message = append(message, "because of "+f.CausedBy)
	}
	fmt.Fprintf(b, "::%s %s::%s\n", command, strings.Join(properties, ","), data(strings.Join(message, "\n")))
}

// inFile is the place in a file that a finding is shown at: its own, else that of the connection.
func inFile(f report.Finding, c report.Connection) report.Location {
	if f.Where.File != "" {
		return f.Where
	}
	return c.Where
}

// data escapes the message of a workflow command.
func data(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(s)
}

// property escapes the value of a workflow command's property, where the separators mean something too.
func property(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C").Replace(s)
}
