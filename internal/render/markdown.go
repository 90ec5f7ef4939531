package render

import (
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/ssoctl/ssoctl/internal/report"
)

// markdown writes the report for a merge request, a ticket or a job's summary. Text from outside is escaped and values stand
// in code spans, so that nothing in them becomes a link, a mention, an image or markup.
func markdown(w io.Writer, r *report.Report, _ Options) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# ssoctl: %s\n", mdEscape(strings.Join(counts(r), ", ")))
	for _, d := range r.Documents {
		mdDocument(&b, d)
	}
	for _, c := range r.Connections {
		mdConnection(&b, c)
	}
	_, err := io.WriteString(w, disarm(b.String()))
	return err
}

func mdConnection(b *strings.Builder, c report.Connection) {
	fmt.Fprintf(b, "\n## %s", mdCode(c.Name))
	if c.Verdict != "" {
		fmt.Fprintf(b, ": %s", verdictWord(c.Verdict))
	}
	b.WriteByte('\n')
	if h := headline(c); h != "" {
		fmt.Fprintf(b, "\n%s\n", mdEscape(h))
	}
	if len(c.Lines) > 0 {
		b.WriteByte('\n')
	}
	for _, l := range c.Lines {
		symbol, _ := outcomeSign(l.Outcome, l.Worst)
		text := l.Text
		if l.Code != "" {
			text = l.Code + " " + text
		}
		fmt.Fprintf(b, "- %s **%s** %s\n", mdEscape(symbol), mdEscape(l.Area), mdText(text))
	}
	if c.SignedIn != nil {
		mdSignedIn(b, c)
	}
	for _, g := range groups(c.Findings) {
		mdFinding(b, g[0].Finding, c)
		if len(g) > 1 {
			b.WriteString("\nBecause of it:\n\n")
		}
		for _, n := range g[1:] {
			symbol, _ := sign(n.Severity)
			fmt.Fprintf(b, "%s- %s **%s** %s%s\n", strings.Repeat("  ", min(n.depth-1, 8)), mdEscape(symbol), mdEscape(n.Code), mdText(n.Message), mdPlace(n.Where))
		}
	}
	for _, u := range c.Undecided {
		fmt.Fprintf(b, "\n? not decided: %s\n", mdText(u))
	}
	for _, n := range c.Notes {
		fmt.Fprintf(b, "\nNote: %s\n", mdText(n))
	}
	if c.Stub != "" {
		fence := strings.Repeat("`", max(3, longestRun(c.Stub)+1))
		fmt.Fprintf(b, "\nTo go on with an SP, save this as `ssoctl.yaml` and fill in what is left open:\n\n%syaml\n%s\n%s\n", fence, strings.TrimRight(c.Stub, "\n"), fence)
	}
}

func mdFinding(b *strings.Builder, f report.Finding, c report.Connection) {
	symbol, _ := sign(f.Severity)
	fmt.Fprintf(b, "\n### %s %s %s\n\n%s: %s%s\n", mdEscape(symbol), mdEscape(f.Code), mdText(f.Title), f.Severity, mdText(f.Message), mdPlace(f.Where))
	var list []string
	add := func(label, value string) {
		if value != "" {
			list = append(list, "- "+label+" "+mdCode(value))
		}
	}
	add("found", f.Got)
	add("expected", f.Want)
	for _, l := range f.Related {
		add("compare", place(l))
	}
	if len(list) > 0 {
		fmt.Fprintf(b, "\n%s\n", strings.Join(list, "\n"))
	}
	if f.Effect != "" {
		fmt.Fprintf(b, "\n%s\n", mdText(f.Effect))
	}
	if len(f.Fix) > 0 {
		b.WriteString("\n**Fix**\n\n")
	}
	for i, s := range f.Fix {
		fmt.Fprintf(b, "%d. %s\n", i+1, mdText(s))
	}
	switch {
	case strings.HasPrefix(f.Check, "ssoctl "):
		fmt.Fprintf(b, "\nSee that it worked: %s\n", mdCode(f.Check))
	case f.Check != "":
		fmt.Fprintf(b, "\nSee that it worked: %s\n", mdText(f.Check))
	}
	if e := entries(f, c); e != "" {
		fmt.Fprintf(b, "\n%s\n", mdEscape(e))
	}
	fmt.Fprintf(b, "\nMore: %s\n", mdCode("ssoctl explain "+f.Code))
}

func mdPlace(l report.Location) string {
	if s := place(l); s != "" {
		return " (" + mdCode(s) + ")"
	}
	return ""
}

// valueInText finds what is set as code inside a sentence: values in quotes, addresses, and commands in brackets.
var valueInText = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\(ssoctl [^()]{1,60}\)|"(?:[^"\\]|\\.)*"|[A-Za-z][A-Za-z0-9+.-]*://[^\s")]+`)
})

// mdText writes a sentence: quoted values and addresses as code, the rest escaped.
func mdText(s string) string {
	var b strings.Builder
	at := 0
	for _, m := range valueInText().FindAllStringIndex(s, -1) {
		b.WriteString(mdEscape(s[at:m[0]]))
		value := s[m[0]:m[1]]
		before, after := "", ""
		if plain, err := strconv.Unquote(value); err == nil && plain != "" && Clean(plain) == plain {
			value = plain
		} else if strings.HasPrefix(value, "(") {
			before, value, after = "(", value[1:len(value)-1], ")"
		}
		b.WriteString(before + mdCode(value) + after)
		at = m[1]
	}
	b.WriteString(mdEscape(s[at:]))
	return b.String()
}

// mdCode writes a value as a code span that it cannot end.
func mdCode(s string) string {
	if s == "" {
		return ""
	}
	fence := strings.Repeat("`", longestRun(s)+1)
	if strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") || strings.HasPrefix(s, " ") && strings.HasSuffix(s, " ") {
		s = " " + s + " "
	}
	return fence + s + fence
}

func longestRun(s string) int {
	longest, run := 0, 0
	for _, r := range s {
		run++
		if r != '`' {
			run = 0
		}
		longest = max(longest, run)
	}
	return longest
}

// mdEscape makes text stand for itself. A comment parts "@" from a name and "#" from a number: forges look for mentions
// and issues after the backslashes are gone. Addresses are parted too, or they would become links by themselves.
func mdEscape(s string) string {
	const apart = "<!-- -->"
	var b strings.Builder
	for i, r := range s {
		switch {
		case r == '@' || r == '#' || r == ':' && strings.HasPrefix(s[i:], "://"):
			b.WriteString(`\` + string(r) + apart)
		case r == '.' && strings.HasSuffix(strings.ToLower(s[:i]), "www"):
			b.WriteString(apart + ".")
		case r == '.' && i > 0 && strings.Trim(s[:i], "0123456789") == "": // would begin a numbered list
			b.WriteString(`\.`)
		case strings.ContainsRune("\\`*_[]<~|&$", r), i == 0 && strings.ContainsRune("+->", r):
			b.WriteString(`\` + string(r))
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
