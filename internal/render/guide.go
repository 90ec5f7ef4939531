package render

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"charm.land/lipgloss/v2"

	"github.com/ssoctl/ssoctl/internal/report"
)

// GuideFormats lists the values of --format for a guide.
var GuideFormats = []string{"text", "markdown", "html", "json"}

// Guide writes a set-up guide in one of GuideFormats. Errors are those of w, and an unknown format.
func Guide(w io.Writer, format string, g *report.Guide, o Options) error {
	g = cleanGuide(g)
	var out string
	switch format {
	case "text":
		p := &page{width: o.Width, color: o.Color}
		if p.width == 0 {
			p.width = 100
		}
		p.width = max(p.width, 60)
		p.guide(g)
		out = disarm(p.String())
	case "markdown":
		out = disarm(guideMarkdown(g))
	case "html":
		out = guideHTML(g)
	case "json":
		b, err := json.MarshalIndent(g, "", "  ")
		if err != nil {
			return err
		}
		out = string(b) + "\n"
	default:
		return fmt.Errorf("unknown format %q; known: %s", format, strings.Join(GuideFormats, ", "))
	}
	_, err := io.WriteString(w, out)
	return err
}

// guideTitle is the headline: who signs in where, and how.
func guideTitle(g *report.Guide) string {
	return fmt.Sprintf("%s ← %s, %s", g.SPName, g.IdPName, map[string]string{"oidc": "OIDC", "saml": "SAML"}[g.Protocol])
}

func (p *page) guide(g *report.Guide) {
	from := "set-up guide"
	if g.Name != "" {
		from += " with the values of " + g.Name
	}
	if title := guideTitle(g); lipgloss.Width(title)+lipgloss.Width(from)+2 <= p.width {
		p.pair(p.paint(strong, title), from)
	} else {
		p.para("", 2, strong, title)
		p.para("", 2, plain, from)
	}
	if len(g.Open) > 0 {
		p.line("")
		p.line("To be filled in by yourself:")
		width := 0
		for _, v := range g.Open {
			width = max(width, min(lipgloss.Width(v.Mark), p.width*3/10))
		}
		for _, v := range g.Open {
			p.cell("  ", v.Mark, width, v.Say)
		}
	}
	for _, part := range g.Parts {
		p.line("")
		p.line(p.paint(strong, part.Title))
		if part.At != "" {
			p.para("  at      ", 10, plain, part.At)
		}
		if part.Needs != "" {
			p.para("  rights  ", 10, plain, part.Needs)
		}
		for _, n := range part.Notes {
			p.para("  "+p.paint(blue, "i")+" ", 4, plain, n)
		}
		for _, s := range part.Steps {
			p.guideStep(s)
		}
		if len(part.Checks) > 0 {
			p.line("")
		}
		for _, c := range part.Checks {
			p.para("  "+p.paint(green, "check")+"  "+c.Command+"   ", 9, dim, c.Say)
		}
	}
}

func (p *page) guideStep(s report.GuideStep) {
	p.line("")
	p.para(fmt.Sprintf(" %2d. ", s.Number), 5, strong, s.Title)
	if s.When != "" {
		p.para("     only ", 10, plain, s.When)
	}
	for _, d := range s.Do {
		p.para("     – ", 7, plain, d)
	}
	width := 0
	for _, f := range s.Fields {
		width = max(width, min(lipgloss.Width(f.Label), p.width*3/10))
	}
	for _, f := range s.Fields {
		p.cell("     ", f.Label, width, withNote(f))
	}
	for _, f := range s.Musts {
		p.para("     "+p.paint(yellow, must(f))+"  ", 11, plain, f.Label+": "+f.Value+" – "+f.Note, f.Value)
	}
	for _, w := range s.Warn {
		p.para("     "+p.paint(yellow, "!")+" ", 7, plain, w)
	}
	for _, n := range s.Notes {
		p.para("     "+p.paint(blue, "i")+" ", 7, plain, n)
	}
	for _, f := range s.Take {
		p.para("     "+p.paint(green, "take")+"  ", 11, plain, f.Label+" → "+f.Value)
	}
	if s.Then != "" {
		p.para("     then ", 10, plain, s.Then)
	}
}

// must is how much depends on a setting.
func must(r report.GuideRow) string {
	if r.Should {
		return "should"
	}
	return "must"
}

// cell writes a label in a column of its own and the text beside it, or below when the label is too wide.
func (p *page) cell(lead, label string, width int, text string) {
	if text == "" {
		p.line(lead + label)
		return
	}
	gap := width - lipgloss.Width(label)
	indent := lipgloss.Width(lead) + width + 2
	if gap < 0 {
		p.para(lead, lipgloss.Width(lead), plain, label)
		p.para(strings.Repeat(" ", indent), indent, plain, text)
		return
	}
	p.para(lead+label+strings.Repeat(" ", gap+2), indent, plain, text)
}

// withNote is a row's value with its note.
func withNote(r report.GuideRow) string {
	if r.Note == "" {
		return r.Value
	}
	return r.Value + "   (" + r.Note + ")"
}

// cleanGuide copies a guide with every text made harmless: values come out of connection files.
func cleanGuide(g *report.Guide) *report.Guide {
	out := *g
	each(&out.SP, &out.IdP, &out.SPName, &out.IdPName, &out.Protocol, &out.Name)
	out.Open = slices.Clone(g.Open)
	for i := range out.Open {
		each(&out.Open[i].Mark, &out.Open[i].Say)
	}
	rows := func(list []report.GuideRow) []report.GuideRow {
		list = slices.Clone(list)
		for i := range list {
			each(&list[i].Label, &list[i].Value, &list[i].Note)
		}
		return list
	}
	out.Parts = slices.Clone(g.Parts)
	for i := range out.Parts {
		p := &out.Parts[i]
		each(&p.Title, &p.Side, &p.At, &p.Needs)
		p.Notes = cleanAll(p.Notes)
		p.Steps, p.Checks = slices.Clone(p.Steps), slices.Clone(p.Checks)
		for j := range p.Steps {
			s := &p.Steps[j]
			each(&s.Title, &s.When, &s.Then)
			s.Do, s.Warn, s.Notes = cleanAll(s.Do), cleanAll(s.Warn), cleanAll(s.Notes)
			s.Fields, s.Musts, s.Take = rows(s.Fields), rows(s.Musts), rows(s.Take)
		}
		for j := range p.Checks {
			each(&p.Checks[j].Command, &p.Checks[j].Say)
		}
	}
	return &out
}
