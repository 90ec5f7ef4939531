package render

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"charm.land/lipgloss/v2"

	"github.com/ssoctl/ssoctl/internal/report"
)

// TestWidth renders every report at every width: a line is wider than asked only when it holds one piece that cannot be
// broken and nothing that could have gone to another line, and no line ends in a space.
func TestWidth(t *testing.T) {
	for name, r := range fixtures() {
		whole := unbreakable(clean(r))
		for width := 60; width <= 140; width++ {
			for _, verbose := range []bool{false, true} {
				o := options()
				o.Width, o.Verbose = width, verbose
				for i, l := range strings.Split(rendered(t, "text", r, o), "\n") {
					if strings.HasSuffix(l, " ") {
						t.Fatalf("%s at %d, line %d ends in a space: %q", name, width, i+1, l)
					}
					if lipgloss.Width(l) > width && !overflows(l, width, whole) {
						t.Fatalf("%s at %d, line %d is %d wide: %q", name, width, i+1, lipgloss.Width(l), l)
					}
				}
			}
		}
	}
}

// overflows reports whether a line has a reason to run over: a word that does not fit under its indentation (at most 40
// columns of lead), or a value that must stay whole.
func overflows(l string, width int, whole []string) bool {
	for _, w := range strings.Fields(l) {
		if lipgloss.Width(w) > width-40 {
			return true
		}
	}
	return slices.ContainsFunc(whole, func(v string) bool { return v != "" && strings.Contains(l, v) && lipgloss.Width(v) > width-40 })
}

func unbreakable(r *report.Report) []string {
	var out []string
	for _, c := range r.Connections {
		out = append(out, c.Name, c.Where.File)
		out = append(out, strings.Split(disarm(c.Stub), "\n")...)
		for _, f := range c.Findings {
			out = append(append(out, f.Got, f.Want, f.Check, f.Where.File), pasted(f)...)
		}
	}
	return out
}

// TestOrdinaryTextFits holds reports without very long words to the width without exception, but for addresses.
func TestOrdinaryTextFits(t *testing.T) {
	all := fixtures()
	for _, name := range []string{"broken", "healthy", "undecided", "several", "check", "empty"} {
		for width := 60; width <= 140; width++ {
			o := options()
			o.Width = width
			for _, l := range strings.Split(rendered(t, "text", all[name], o), "\n") {
				if lipgloss.Width(l) <= width {
					continue
				}
				if words := strings.Fields(l); len(words) != 1 || !strings.Contains(words[0], "://") {
					t.Errorf("%s at %d: %q is %d wide", name, width, l, lipgloss.Width(l))
				}
			}
		}
	}
}

// TestValuesStayWhole looks for every value that has to be pasted on one line, at the narrowest width.
func TestValuesStayWhole(t *testing.T) {
	f := report.Finding{
		Code: "X001", Severity: report.Error, Title: "t", Message: "m", Got: "openid email", Want: "openid email profile groups offline_access and some more scopes",
		Fix: []string{"set scope to openid email profile groups offline_access and some more scopes and save it"}, Check: "ssoctl doctor a-connection-with-a-rather-long-name --only X001",
	}
	r := &report.Report{Command: "doctor", Connections: []report.Connection{{Name: "n", Findings: []report.Finding{f}}}}
	r.Conclude()
	out := rendered(t, "text", r, Options{Width: 60})
	for _, whole := range []string{f.Want, f.Check} {
		if !strings.Contains(out, whole) {
			t.Errorf("%q is broken in\n%s", whole, out)
		}
	}
	if n := strings.Count(out, f.Want); n != 2 {
		t.Errorf("the value stands whole %d times, want it in its row and in the fix\n%s", n, out)
	}
}

func TestColour(t *testing.T) {
	for name, r := range fixtures() {
		o := options()
		bare := rendered(t, "text", r, o)
		if strings.ContainsRune(bare, '\x1b') {
			t.Errorf("%s: an escape byte without colour", name)
		}
		o.Color = true
		painted := rendered(t, "text", r, o)
		if stripped := strip(painted); stripped != bare {
			t.Errorf("%s: colour changes the text", name)
		}
		if len(r.Connections) > 0 && painted == bare {
			t.Errorf("%s: no colour where it was asked for", name)
		}
	}
}

// strip takes SGR sequences away and nothing else, so any other escape sequence would be noticed.
func strip(s string) string {
	for {
		i := strings.Index(s, "\x1b[")
		if i < 0 {
			return s
		}
		j := strings.IndexByte(s[i:], 'm')
		s = s[:i] + s[i+j+1:]
	}
}

// TestCaretsStandUnderTheirPlace checks the underline against the column, also after tabs and wide characters and when the
// line was cut.
func TestCaretsStandUnderTheirPlace(t *testing.T) {
	long := strings.Repeat("abcdefgh ", 30)
	for _, c := range []struct{ before, hit, after string }{
		{"key: ", "value", ""}, {"\tkey:\t", "value", " # c"}, {"名: 測試", "測", "試"}, {long, "needle", long}, {"k: ", strings.Repeat("x", 300), ""},
		{"key: ", "", ""}, {"e\u0301: ", "value", "\t"},
	} {
		for width := 60; width <= 120; width += 7 {
			p := &page{width: width}
			l := cleanPlace(report.Location{File: "f", Line: 3, Col: len([]rune(c.before)) + 1, Len: len([]rune(c.hit)), Mark: "here", Snippet: c.before + c.hit + c.after})
			p.source(l, report.Error, 4)
			lines := strings.Split(p.String(), "\n")
			at := strings.Index(lines[1], "^")
			if at < 0 {
				t.Fatalf("no caret in %q", lines[1])
			}
			column := lipgloss.Width(lines[1][:at])
			carets := strings.Count(lines[1], "^")
			under := cutColumns(lines[0], column, carets)
			want := Clean(c.hit)
			if lipgloss.Width(want) > carets { // cut
				want = want[:carets-1] + "…"
			}
			if under != want {
				t.Errorf("at %d the carets stand under %q, want %q\n%s", width, under, want, p.String())
			}
		}
	}
}

// cutColumns gives what stands in n columns of a line from column at on.
func cutColumns(l string, at, n int) string {
	out, col := "", 0
	for _, r := range l {
		if col >= at && col < at+n {
			out += string(r)
		}
		col += lipgloss.Width(string(r))
	}
	return out
}

// TestCaretBehindTheLine marks the place after lines of every length: the caret keeps to the width as well.
func TestCaretBehindTheLine(t *testing.T) {
	for n := 40; n <= 60; n++ {
		p := &page{width: 60}
		p.source(report.Location{File: "f", Line: 3, Col: n + 1, Mark: "here", Snippet: strings.Repeat("k", n)}, report.Error, 4)
		lines := strings.Split(p.String(), "\n")
		if !strings.Contains(lines[1], "^") {
			t.Errorf("no caret behind %d characters:\n%s", n, p.String())
		}
		for _, l := range lines {
			if lipgloss.Width(l) > 60 {
				t.Errorf("%d characters: %q is %d wide", n, l, lipgloss.Width(l))
			}
		}
	}
}

func TestWrap(t *testing.T) {
	for _, c := range []struct {
		text        string
		first, rest int
		keep        []string
		want        string
	}{
		{"one two three", 7, 7, nil, "one two|three"},
		{"", 7, 7, nil, ""},
		{"paste https://a.test/a/b now", 10, 12, nil, "paste|https://a.test/a/b|now"},
		{"https://a.test/a/b", 4, 12, nil, "|https://a.test/a/b"},
		{"https://a.test/a/b", 12, 12, nil, "https://a.test/a/b"},
		{`set "a b c d" here`, 8, 8, []string{"a b c d"}, `set|"a b c d"|here`},
		{"set a  b c d.", 6, 6, []string{"a  b c d", "c d"}, "set|a  b c d."},
		{"測試測試", 4, 4, nil, "測試|測試"},
		{"測試測試", 4, 4, []string{"測試測試"}, "測試測試"},
		{"https://測試測試", 4, 4, nil, "https://測試測試"},
	} {
		if got := strings.Join(wrap(c.text, c.first, c.rest, c.keep), "|"); got != c.want {
			t.Errorf("wrap(%q, %d, %d, %q) = %q, want %q", c.text, c.first, c.rest, c.keep, got, c.want)
		}
	}
}

// TestExitCodeIsSaid compares the last line with the report's own exit code under each level.
func TestExitCodeIsSaid(t *testing.T) {
	for name, r := range fixtures() {
		for _, failOn := range []report.Severity{report.Default, report.Warning, report.Error} {
			lines := strings.Split(strings.TrimRight(rendered(t, "text", r, Options{FailOn: failOn}), "\n"), "\n")
			if want := fmt.Sprintf(" exit %d", r.ExitCode(failOn)); !strings.HasSuffix(lines[len(lines)-1], want) {
				t.Errorf("%s: last line %q, want it to end in %q", name, lines[len(lines)-1], want)
			}
		}
	}
}

func TestGroups(t *testing.T) {
	f := func(code, cause string, s report.Severity) report.Finding {
		return report.Finding{Code: code, CausedBy: cause, Severity: s}
	}
	var got []string
	for _, g := range groups([]report.Finding{
		f("I1", "", report.Info), f("W1", "", report.Warning), f("E2", "W1", report.Error), f("E3", "E2", report.Error), f("E1", "", report.Error), f("E4", "GONE", report.Error),
	}) {
		for _, n := range g {
			got = append(got, fmt.Sprintf("%s/%d", n.Code, n.depth))
		}
	}
	if want := "E1/0 E4/0 W1/0 E2/1 E3/2 I1/0"; strings.Join(got, " ") != want {
		t.Errorf("groups: %s, want %s", strings.Join(got, " "), want)
	}
}
