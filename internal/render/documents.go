package render

import (
	"fmt"
	"strings"

	"github.com/ssoctl/ssoctl/internal/report"
)

// mdDocument writes what decode opened: a heading, then a table of its summary.
func mdDocument(b *strings.Builder, d report.Document) {
	fmt.Fprintf(b, "\n## %s\n\n%s\n", mdEscape(d.Title), mdText(d.Source))
	if len(d.Notes) > 0 {
		fmt.Fprintf(b, "\nRepaired: %s\n", mdText(strings.Join(d.Notes, "; ")))
	}
	if len(d.Summary) == 0 {
		return
	}
	b.WriteString("\n| | value | |\n| --- | --- | --- |\n")
	for _, r := range d.Summary {
		value := mdCell(r.Value)
		for _, m := range r.More {
			value += "<br>" + mdCell(m)
		}
		fmt.Fprintf(b, "| %s | %s | %s |\n", mdEscape(r.Key), value, mdEscape(mark(r)))
	}
}

// mdCell writes a value as a code span that does not end the cell of a table.
func mdCell(s string) string { return strings.ReplaceAll(mdCode(strings.TrimSpace(s)), "|", `\|`) }

// document is the same as a section of a page.
func (m *markup) document(d report.Document) {
	m.add("<section>\n<h2>%s</h2>\n<p class=\"soft\">%s</p>\n", d.Title, d.Source)
	m.opt("<p>Repaired: %s</p>\n", strings.Join(d.Notes, "; "))
	if len(d.Summary) > 0 {
		m.add("<table>\n")
	}
	for _, r := range d.Summary {
		m.add("<tr><th scope=\"row\">%s</th><td><code>%s</code>", r.Key, r.Value)
		m.each("<br><code>%s</code>", r.More)
		m.add("</td><td>")
		if said := mark(r); said != "" {
			m.add(`<b class="%s">%s</b>`, outcomeClass(r.Outcome, r.Severity), said)
		}
		m.add("</td></tr>\n")
	}
	if len(d.Summary) > 0 {
		m.add("</table>\n")
	}
	m.add("</section>\n")
}
