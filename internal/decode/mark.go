package decode

import (
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/report"
)

// longestWant is how many characters an expected value may have to stand beside the mark; a longer one stands with the finding.
const longestWant = 60

// Marked notes in each row of a message's summary what the rules came to that judge it. configured says that there is a connection
// to hold values against; without one, a row that only a comparison can prove gets no mark.
func Marked(rows report.Rows, m *check.Message, c report.Connection, configured bool) report.Rows {
	for i := range rows {
		row := &rows[i]
		for _, f := range c.Findings {
			if concerns(row, m, f) && f.Severity > row.Severity {
				row.Severity, row.Code, row.Outcome = f.Severity, f.Code, report.Failed
				if row.Path == "" { // a signature's row says already what became of it
					row.Text = beside(row, f)
				}
			}
		}
		if row.Outcome == report.Failed || row.Holds != "" && !configured {
			continue
		}
		for _, res := range c.Results {
			if slices.Contains(row.Decides, res.Code) && res.Outcome == report.Passed {
				row.Outcome = report.Passed
				if row.Holds != "" {
					row.Text = row.Holds
				}
			}
		}
	}
	failed := map[string]*report.Row{} // signatures of which the same is true are told once, by the place of the first
	for i := range rows {
		if row := &rows[i]; row.Path != "" && row.Outcome == report.Failed {
			failed[row.Text] = row
		}
	}
	for i := range rows {
		if other := failed[rows[i].Text]; other != nil && rows[i].Path != "" && rows[i].Outcome == report.Unknown {
			rows[i].Code, rows[i].Severity, rows[i].Outcome = other.Code, other.Severity, other.Outcome
		}
	}
	return rows
}

// concerns reports whether a finding is about what the row shows.
func concerns(row *report.Row, m *check.Message, f report.Finding) bool {
	if !slices.Contains(row.Codes, f.Code) {
		return false
	}
	here := func(l report.Location) bool {
		return (l.Evidence == m.Cite() || l.Evidence == "" || strings.HasPrefix(l.Evidence, "--")) && (row.Path == "" || l.Path == "" || !strings.Contains(l.Path, ":Signature") || within(l.Path, row.Path))
	}
	return here(f.Where) || slices.ContainsFunc(f.Related, func(l report.Location) bool { return l.Evidence != "" && here(l) })
}

// within reports whether a path leads to an element or into it.
func within(path, element string) bool {
	return path == element || strings.HasPrefix(path, element+"/")
}

// beside is what stands beside the mark of a finding: the value that was expected where that says it all, else the rule's title.
func beside(row *report.Row, f report.Finding) string {
	if f.Want == row.Value && f.Got != "" && len(f.Got) <= longestWant { // the connection is what has to change
		return "the connection says " + f.Got
	}
	if f.Want != "" && len(f.Want) <= longestWant && !strings.Contains(f.Want, "\n") {
		return "expected " + f.Want
	}
	return f.Title
}
