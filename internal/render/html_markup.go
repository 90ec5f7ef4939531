package render

import (
	_ "embed"
	"fmt"
	stdhtml "html"
	"strings"
)

//go:embed page.css
var pageStyle string

// markup writes HTML. The standard library's templates would do the same, but their reflection keeps the linker from dropping
// unused methods anywhere in the program: 2.6 MB of the binary.
type markup struct{ strings.Builder }

// add writes a format whose text arguments are escaped, so that they may stand as text and within quoted attributes.
func (m *markup) add(format string, args ...any) {
	for i, a := range args {
		if s, ok := a.(string); ok {
			args[i] = stdhtml.EscapeString(s)
		}
	}
	fmt.Fprintf(m, format, args...)
}

// opt writes a format with one text, or nothing when the text is empty.
func (m *markup) opt(format, text string) {
	if text != "" {
		m.add(format, text)
	}
}

// each writes a format for every text.
func (m *markup) each(format string, texts []string) {
	for _, t := range texts {
		m.add(format, t)
	}
}

func (r htmlReport) markup() string {
	m := &markup{}
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
`, r.Title)
	m.WriteString(pageStyle)
	m.add("</style>\n</head>\n<body>\n<header>\n<h1>%s</h1>\n<p>%s · exit %d</p>\n<p class=\"soft\">%s", r.Title, strings.Join(r.Counts, " · "), r.Exit, r.Tool)
	m.opt(", as of %s", r.At)
	m.add("</p>\n</header>\n<main>\n")
	for _, d := range r.Documents {
		m.document(d)
	}
	for _, c := range r.Connections {
		m.connection(c)
	}
	m.add("</main>\n</body>\n</html>\n")
	return m.String()
}

func (m *markup) connection(c htmlConnection) {
	m.add("<section>\n<h2>%s", c.Name)
	if c.Verdict != "" {
		m.add(`: <b class="%s">%s</b>`, c.Verdict, c.Word)
	}
	m.add("</h2>\n<p class=\"soft\">%s", c.Headline)
	m.opt(" · %s", c.Place)
	m.opt(" · %s", c.Elapsed)
	m.add("</p>\n")
	m.lines(c.Lines)
	if c.Of.SignedIn != nil {
		m.signedIn(c.Of)
	}
	for _, f := range c.Findings {
		m.finding(f)
	}
	m.each("<p><b class=\"unknown\">? not decided:</b> %s</p>\n", c.Undecided)
	m.each("<p>Note: %s</p>\n", c.Notes)
	m.opt("<p>To go on with an SP, save this as <code>ssoctl.yaml</code> and fill in what is left open:</p>\n<pre>%s</pre>\n", c.Stub)
	m.results(c.Results)
	m.add("</section>\n")
}

func (m *markup) lines(lines []htmlLine) {
	if len(lines) == 0 {
		return
	}
	m.add("<ul class=\"plain\">\n")
	for _, l := range lines {
		m.add(`<li><b class="%s">%s</b> <b>%s</b> `, l.Class, l.Symbol, l.Area)
		m.opt("<code>%s</code> ", l.Code)
		if l.Text == "" {
			l.Text = l.Word
		}
		m.add("%s</li>\n", l.Text)
	}
	m.add("</ul>\n")
}

func (m *markup) finding(f htmlFinding) {
	m.add("<article class=\"%s\">\n<h3><b class=\"%s\">%s %s</b> %s</h3>\n<p class=\"soft\">%s", f.Class, f.Class, f.Symbol, f.Code, f.Title, f.Class)
	m.opt(" · <code>%s</code>", f.Place)
	m.add("</p>\n")
	if f.Where.Snippet != "" {
		m.add("<pre>%d │ %s<mark>%s</mark>%s</pre>\n", f.Where.Line, f.Before, f.Hit, f.After)
		m.opt("<p><b>%s</b></p>\n", f.Where.Mark)
	}
	if f.Got != "" || f.Want != "" || len(f.Compare) > 0 {
		m.add("<dl>\n")
		m.opt("<dt>found</dt><dd><code>%s</code></dd>\n", f.Got)
		m.opt("<dt>expected</dt><dd><code>%s</code></dd>\n", f.Want)
		m.each("<dt>compare</dt><dd><code>%s</code></dd>\n", f.Compare)
		m.add("</dl>\n")
	}
	m.add("<p>%s</p>\n", f.Message)
	m.opt("<p>%s</p>\n", f.Effect)
	if len(f.Fix) > 0 {
		m.add("<p><b>Fix</b></p>\n<ol>\n")
		m.each("<li>%s</li>\n", f.Fix)
		m.add("</ol>\n")
	}
	if strings.HasPrefix(f.Check, "ssoctl ") {
		m.add("<p>See that it worked: <code>%s</code></p>\n", f.Check)
	} else {
		m.opt("<p>See that it worked: %s</p>\n", f.Check)
	}
	m.opt("<p>%s</p>\n", f.Entries)
	m.follows(f.Follows)
	m.add("<p class=\"soft\">More: <code>ssoctl explain %s</code></p>\n</article>\n", f.Code)
}

func (m *markup) follows(all []htmlFinding) {
	if len(all) == 0 {
		return
	}
	m.add("<p><b>Because of it</b></p>\n<ul>\n")
	for _, f := range all {
		m.add(`<li><b class="%s">%s %s</b> %s`, f.Class, f.Symbol, f.Code, f.Message)
		m.opt(` <span class="soft">(%s)</span>`, f.Place)
		m.add("</li>\n")
	}
	m.add("</ul>\n")
}

func (m *markup) results(all []htmlLine) {
	if len(all) == 0 {
		return
	}
	m.add("<details>\n<summary>All rules (%d)</summary>\n<ul class=\"plain\">\n", len(all))
	for _, l := range all {
		m.add(`<li><b class="%s">%s</b> <code>%s</code> %s: %s`, l.Class, l.Symbol, l.Code, l.Word, l.Area)
		m.opt(` <span class="soft">(%s)</span>`, l.Text)
		m.add("</li>\n")
	}
	m.add("</ul>\n</details>\n")
}
