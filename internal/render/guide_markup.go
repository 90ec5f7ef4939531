package render

import (
	"fmt"
	"strings"

	"github.com/ssoctl/ssoctl/internal/report"
)

// guideMarkdown writes a guide for a wiki or a ticket. Values without a blank stand in code spans, to be copied as they are.
func guideMarkdown(g *report.Guide) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n", mdEscape(guideTitle(g)))
	if g.Name != "" {
		fmt.Fprintf(&b, "\nWith the values of %s.\n", mdCode(g.Name))
	}
	if len(g.Open) > 0 {
		b.WriteString("\nTo be filled in by yourself:\n\n")
	}
	for _, v := range g.Open {
		fmt.Fprintf(&b, "- %s: %s\n", mdCode(v.Mark), mdText(v.Say))
	}
	for _, p := range g.Parts {
		fmt.Fprintf(&b, "\n## %s\n", mdEscape(p.Title))
		if p.At != "" {
			fmt.Fprintf(&b, "\nAt: %s\n", mdText(p.At))
		}
		if p.Needs != "" {
			fmt.Fprintf(&b, "\nRights: %s\n", mdText(p.Needs))
		}
		mdList(&b, "", p.Notes)
		for _, s := range p.Steps {
			mdGuideStep(&b, s)
		}
		for _, c := range p.Checks {
			fmt.Fprintf(&b, "\n**Check:** %s (%s)\n", mdCode(c.Command), mdText(c.Say))
		}
	}
	return b.String()
}

func mdList(b *strings.Builder, lead string, texts []string) {
	if len(texts) > 0 {
		b.WriteByte('\n')
	}
	for _, t := range texts {
		fmt.Fprintf(b, "- %s%s\n", lead, mdText(t))
	}
}

func mdGuideStep(b *strings.Builder, s report.GuideStep) {
	fmt.Fprintf(b, "\n### %d. %s\n", s.Number, mdText(s.Title))
	if s.When != "" {
		fmt.Fprintf(b, "\nOnly %s.\n", mdText(s.When))
	}
	mdList(b, "", s.Do)
	rows := func(lead, sep string, list ...report.GuideRow) {
		if len(list) > 0 {
			b.WriteByte('\n')
		}
		for _, r := range list {
			fmt.Fprintf(b, "- %s**%s**%s", lead, mdText(r.Label), sep+mdValue(r.Value))
			if r.Note != "" {
				fmt.Fprintf(b, " (%s)", mdText(r.Note))
			}
			b.WriteByte('\n')
		}
	}
	rows("", ": ", s.Fields...)
	for _, r := range s.Musts {
		rows(must(r)+": ", ": ", r)
	}
	mdList(b, "Watch out: ", s.Warn)
	mdList(b, "Note: ", s.Notes)
	rows("take along: ", " → ", s.Take...)
	if s.Then != "" {
		fmt.Fprintf(b, "\nThen %s.\n", mdText(s.Then))
	}
}

// mdValue sets what is copied as it stands as code, and a sentence as text.
func mdValue(v string) string {
	if v != "" && !strings.Contains(v, " ") {
		return mdCode(v)
	}
	return mdText(v)
}

// guideHTML writes a guide as one page that needs nothing beside itself.
func guideHTML(g *report.Guide) string {
	m := &markup{}
	m.head(guideTitle(g))
	m.add("<header>\n<h1>%s</h1>\n", guideTitle(g))
	m.opt("<p class=\"soft\">with the values of %s</p>\n", g.Name)
	m.add("</header>\n<main>\n")
	if len(g.Open) > 0 {
		m.add("<section>\n<h2>To be filled in by yourself</h2>\n<dl>\n")
		for _, v := range g.Open {
			m.add("<dt><code>%s</code></dt><dd>%s</dd>\n", v.Mark, v.Say)
		}
		m.add("</dl>\n</section>\n")
	}
	for _, p := range g.Parts {
		m.add("<section>\n<h2>%s</h2>\n", p.Title)
		m.opt("<p>At: %s</p>\n", p.At)
		m.opt("<p>Rights: %s</p>\n", p.Needs)
		m.each("<p><b class=\"info\">i</b> %s</p>\n", p.Notes)
		for _, s := range p.Steps {
			m.guideStep(s)
		}
		for _, c := range p.Checks {
			m.add("<p><b class=\"passed\">check</b> <code>%s</code> <span class=\"soft\">%s</span></p>\n", c.Command, c.Say)
		}
		m.add("</section>\n")
	}
	m.add("</main>\n</body>\n</html>\n")
	return m.String()
}

// head writes the beginning of a page: no script, nothing to load, light and dark.
func (m *markup) head(title string) {
	m.add(`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>ssoctl · %s</title>
<style>
`, title)
	m.WriteString(pageStyle)
	m.add("</style>\n</head>\n<body>\n")
}

func (m *markup) guideStep(s report.GuideStep) {
	m.add("<article>\n<h3>%s</h3>\n", fmt.Sprintf("%d. %s", s.Number, s.Title))
	m.opt("<p>Only %s</p>\n", s.When)
	m.each("<p>– %s</p>\n", s.Do)
	m.guideRows(s.Fields, "<code>%s</code>", "")
	for _, r := range s.Musts {
		m.guideRows([]report.GuideRow{r}, "<code>%s</code>", must(r)+": ")
	}
	m.each("<p><b class=\"warning\">!</b> %s</p>\n", s.Warn)
	m.each("<p><b class=\"info\">i</b> %s</p>\n", s.Notes)
	m.guideRows(s.Take, "<code>%s</code>", "take along: ")
	m.opt("<p>Then %s</p>\n", s.Then)
	m.add("</article>\n")
}

// guideRows writes labels and values; format is for a value without a blank.
func (m *markup) guideRows(list []report.GuideRow, format, lead string) {
	if len(list) == 0 {
		return
	}
	m.add("<div class=\"wide\"><table>\n")
	for _, r := range list {
		m.add("<tr><th>%s</th><td>", lead+r.Label)
		if strings.Contains(r.Value, " ") {
			m.add("%s", r.Value)
		} else {
			m.add(format, r.Value)
		}
		m.opt(" <span class=\"soft\">(%s)</span>", r.Note)
		m.add("</td></tr>\n")
	}
	m.add("</table></div>\n")
}
