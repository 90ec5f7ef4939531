package cli

import (
	"github.com/ssoctl/ssoctl/internal/knowledge"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/source"
)

// profile judges an SP profile of the user's own: its shape, its patterns and its templates.
func (j *judge) profile(in input) report.Connection {
	c := report.Connection{Name: in.name, Where: report.Location{File: in.name}}
	sp, doc, problems, err := knowledge.ParseSP(in.name, in.data)
	if err != nil {
		loc := report.Location{File: in.name}
		if e, ok := err.(*source.Error); ok {
			loc.Line, loc.Col = e.Pos.Line, e.Pos.Col
			err = &source.Error{File: "the profile", Msg: e.Msg}
		}
		c.Findings = append(c.Findings, profileFinding(loc, err.Error()))
		return c
	}
	for _, p := range problems {
		c.Findings = append(c.Findings, profileFinding(place(doc, p.Pos), p.Message()))
	}
	for _, p := range knowledge.Validate(sp) {
		pos, _ := doc.Pos(p.Path)
		c.Findings = append(c.Findings, profileFinding(place(doc, pos), p.Text))
	}
	outcome := report.Passed
	if len(c.Findings) > 0 {
		outcome = report.Failed
	}
	c.Results = []report.Result{{Code: "CFG001", Title: profileTitle, Outcome: outcome}}
	return c
}

const profileTitle = "the SP profile has the shape that ssoctl reads"

func profileFinding(where report.Location, message string) report.Finding {
	return report.Finding{Code: "CFG001", Severity: report.Error, Title: profileTitle, Message: message, Where: where,
		Fix: []string{"compare with a built-in profile: ssoctl catalog sps generic"}, Check: "ssoctl check " + where.File}
}

func place(doc *source.Doc, pos source.Pos) report.Location {
	return report.Location{File: doc.File, Line: pos.Line, Col: pos.Col, Snippet: doc.Line(pos.Line)}
}
