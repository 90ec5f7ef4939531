package render

import (
	"encoding/json"
	"io"

	"github.com/ssoctl/ssoctl/internal/report"
)

// jsonFormat writes the report as contract §3 has it. Lists are never null.
func jsonFormat(w io.Writer, r *report.Report, _ Options) error {
	for i := range r.Connections {
		c := &r.Connections[i]
		if c.Findings == nil {
			c.Findings = []report.Finding{}
		}
		if c.Results == nil {
			c.Results = []report.Result{}
		}
		for j := range c.Findings {
			if c.Findings[j].Fix == nil {
				c.Findings[j].Fix = []string{}
			}
		}
	}
	if r.Connections == nil {
		r.Connections = []report.Connection{}
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(r)
}
