package render

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/ssoctl/ssoctl/internal/report"
)

// Explanation writes what an error text means: format text for people, anything else as the JSON of contract §3.
func Explanation(w io.Writer, format string, e report.Explanation, o Options) error {
	e = cleanExplanation(e)
	if format != "text" {
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		return enc.Encode(e)
	}
	p := &page{width: o.Width, color: o.Color}
	if p.width == 0 {
		p.width = 100
	}
	p.width = max(p.width, 60)
	if len(e.Matches) == 0 {
		p.unknownText()
	}
	for i, c := range e.Matches {
		if i == 1 {
			p.line("")
			p.line(p.paint(strong, "also possible"))
		}
		if i == 0 {
			p.cause(c, e)
			continue
		}
		p.also(c)
	}
	if e.Cut {
		p.line("")
		p.para("", 0, dim, "The text is long: its beginning and its end were read.")
	}
	_, err := io.WriteString(w, disarm(p.String()))
	return err
}

// labelWidth is how far in the values of an explanation begin.
const labelWidth = 10

// cause writes the first reading of a text, with everything that helps.
func (p *page) cause(c report.Cause, e report.Explanation) {
	by := c.Confidence
	if c.By != "" {
		by += " (" + c.By + ")"
	}
	lines := wrap(c.Title, p.width-len([]rune(by))-2, p.width, nil)
	p.pair(p.paint(strong, lines[0]), by)
	for _, l := range lines[1:] {
		p.line(p.paint(strong, l))
	}
	for _, s := range c.Seen {
		p.labelled(s.Key, strings.TrimRight(s.Value+"  "+mark(s), " "))
	}
	if between := strings.Join(named(e.SPName, e.IdPName), " ← "); between != "" {
		p.labelled("between", between)
	}
	p.labelled("cause", c.Cause)
	for i, f := range c.Fix {
		label := "fix"
		if i > 0 {
			label = ""
		}
		if len(c.Fix) > 1 {
			f = fmt.Sprintf("%d. %s", i+1, f)
		}
		p.labelled(label, f)
	}
	var entries []string
	for _, t := range c.Troubleshooting {
		entries = append(entries, t.SP+" "+t.ID)
	}
	if len(entries) > 0 {
		p.labelled("see", "troubleshooting: "+strings.Join(entries, ", "))
	}
	if c.Next != "" {
		p.labelled("then", c.Next)
	}
	if c.Rule != "" {
		p.labelled("more", "ssoctl explain "+c.Rule)
	}
}

func named(names ...string) []string {
	var out []string
	for _, n := range names {
		if n != "" {
			out = append(out, n)
		}
	}
	return out
}

// also writes a further reading in short.
func (p *page) also(c report.Cause) {
	p.para("  ", 4, plain, c.Title+" ("+c.Confidence+"): "+c.Cause)
}

func (p *page) labelled(label, text string) {
	lead := "  " + label + strings.Repeat(" ", max(labelWidth-len([]rune(label)), 1))
	p.para(p.paint(dim, lead), labelWidth+2, plain, text)
}

// unknownText says that a text is not known, and where a better one stands.
func (p *page) unknownText() {
	p.line(p.paint(strong, "Not known."))
	p.para("", 0, plain, "The text names no code, sentence or product that ssoctl knows of a login. Where to find a better one:")
	for _, place := range []string{
		"the address bar after the failed login: error=... and error_description=...",
		"the log of the SP, and that of the IdP, at the time of the login",
		"a recording: ssoctl test-login NAME --record run.json",
		"a look at the connection itself: ssoctl doctor NAME, or ssoctl doctor URL",
	} {
		p.para("  - ", 4, plain, place)
	}
}

// cleanExplanation makes every text harmless.
func cleanExplanation(e report.Explanation) report.Explanation {
	out := e
	out.Matches = make([]report.Cause, len(e.Matches))
	for i, c := range e.Matches {
		c.Title, c.Cause, c.Next = cleanText(c.Title), cleanText(c.Cause), cleanText(c.Next)
		c.Fix, c.Sources = cleanAll(append([]string{}, c.Fix...)), cleanAll(append([]string{}, c.Sources...))
		seen := append(report.Rows{}, c.Seen...)
		for j := range seen {
			seen[j].Value = cleanText(seen[j].Value)
		}
		c.Seen = seen
		out.Matches[i] = c
	}
	return out
}
