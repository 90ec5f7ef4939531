package render

import (
	"slices"

	"github.com/ssoctl/ssoctl/internal/report"
)

// clean copies a report with every text made harmless, once, before any format sees it.
func clean(r *report.Report) *report.Report {
	out := *r
	out.Connections = slices.Clone(r.Connections)
	for i := range out.Connections {
		c := &out.Connections[i]
		c.Name, c.SP, c.IdP, c.How = Clean(c.Name), Clean(c.SP), Clean(c.IdP), Clean(c.How)
		c.SPName, c.IdPName = Clean(c.SPName), Clean(c.IdPName)
		c.Where = cleanPlace(c.Where)
		c.Notes = cleanAll(c.Notes)
		c.Findings = slices.Clone(c.Findings)
		for j := range c.Findings {
			c.Findings[j] = cleanFinding(c.Findings[j])
		}
		c.Results = slices.Clone(c.Results)
		for j := range c.Results {
			c.Results[j].Reason = Clean(c.Results[j].Reason)
		}
		c.Lines = slices.Clone(c.Lines)
		for j := range c.Lines {
			c.Lines[j].Text = Clean(c.Lines[j].Text)
		}
	}
	return &out
}

func cleanFinding(f report.Finding) report.Finding {
	for _, s := range []*string{&f.Title, &f.Message, &f.Got, &f.Want, &f.Effect, &f.Check} {
		*s = Clean(*s)
	}
	f.Where = cleanPlace(f.Where)
	f.Related = slices.Clone(f.Related)
	for i := range f.Related {
		f.Related[i] = cleanPlace(f.Related[i])
	}
	f.Fix = cleanAll(f.Fix)
	return f
}

func cleanPlace(l report.Location) report.Location {
	for _, s := range []*string{&l.File, &l.Path, &l.Evidence, &l.Snippet, &l.Mark} {
		*s = Clean(*s)
	}
	return l
}

func cleanAll(texts []string) []string {
	out := make([]string, 0, len(texts))
	for _, t := range texts {
		out = append(out, Clean(t))
	}
	return out
}
