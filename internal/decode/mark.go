package decode

import (
	"slices"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/report"
)

// Marked notes in each row of a message's summary what the rules came to that judge it.
func Marked(rows report.Rows, m *check.Message, c report.Connection) report.Rows {
	for i := range rows {
		row := &rows[i]
		for _, f := range c.Findings {
			if slices.Contains(row.Codes, f.Code) && (f.Where.Evidence == m.Cite() || f.Where.Evidence == "") && f.Severity > row.Severity {
				row.Severity, row.Code, row.Text, row.Outcome = f.Severity, f.Code, f.Title, report.Failed
			}
		}
		if row.Outcome == report.Failed {
			continue
		}
		for _, res := range c.Results {
			if slices.Contains(row.Codes, res.Code) && res.Outcome == report.Passed {
				row.Outcome = report.Passed
			}
		}
	}
	return rows
}
