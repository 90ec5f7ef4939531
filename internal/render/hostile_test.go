package render

import (
	"encoding/json"
	"encoding/xml"
	"io"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/ssoctl/ssoctl/internal/report"
)

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"plain ü 測 ✗":              "plain ü 測 ✗",
		"a\tb":                     "a b",
		"a\r\nb":                   "a��b",
		"\x1b[31m":                 "�[31m",
		"\u009b31m":                "�31m",
		"\x7f\x00":                 "��",
		"a\u202eb\u2066c\u200fd":   "a�b�c�d",
		"zero\u200bwidth\ufeff":    "zero�width�",
		"\u2028\u2029":             "��",
		"\xff\xfe":                 "��",
		"tag\U000e0041":            "tag�",
		"x ##[error]y ##vso[a=b]z": "x #�[error]y #�vso[a=b]z",
		"## heading, #1":           "## heading, #1",
		"::1":                      "::1",
	} {
		if got := Clean(in); got != want {
			t.Errorf("Clean(%q) = %q, want %q", in, got, want)
		}
	}
}

// FuzzFormats puts any text in every place of a report: no format writes a control character but the line feed, nor an
// unseen or direction-changing one, nor something else than UTF-8; JSON, SARIF and JUnit stay well-formed.
func FuzzFormats(f *testing.F) {
	for _, seed := range []string{evil, "", "\x1b]0;t\x07", "]]>", "```\n# x", "<!--", "{{.}}", "a\u202eb", "\xf0\x28\x8c\x28", strings.Repeat("x ", 99), "`", "##vso[x]", "\n::error::x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r := everywhere(s)
		for _, format := range Formats {
			for _, color := range []bool{false, true} {
				out := rendered(t, format, r, Options{Width: 60, Verbose: true, Color: color, Rules: []RuleInfo{}})
				if color {
					out = strip(out)
				}
				harmless(t, format, out)
			}
		}
	})
}

func everywhere(s string) *report.Report {
	place := report.Location{File: s, Line: 2, Col: 2, Len: 3, Path: s, Snippet: s, Mark: s}
	f := report.Finding{
		Code: "X001", Severity: report.Error, Title: s, Message: s, Got: s, Want: s, Where: place, Related: []report.Location{place, {Evidence: s, Path: s}}, Fix: []string{s, s},
		Effect: s, Check: s, Edits: []report.Edit{{Path: s, Old: s, New: s}}, Troubleshooting: []report.Entry{{SP: s, ID: s}}, References: []string{s},
	}
	g, h := f, f
	g.Code, g.CausedBy, g.Where = "X002", "X001", report.Location{Evidence: s}
	h.Code, h.Severity, h.Where = s, report.Info, report.Location{}
	r := &report.Report{Connections: []report.Connection{{
		Name: s, SP: s, IdP: s, Protocol: s, Findings: []report.Finding{f, g, h}, Where: place, SPName: s, IdPName: s, How: s, Notes: []string{s}, Stub: s, Undecided: []string{s},
		Results: []report.Result{{Code: s, Title: s, Reason: s}, {Code: "X001", Title: s, Outcome: report.Failed}, {Code: "X009", Outcome: report.Broken, Reason: s}},
		Lines:   []report.Line{{Area: s, Code: s, Text: s}},
	}}}
	r.Conclude()
	return r
}

func harmless(t *testing.T, format, out string) {
	t.Helper()
	if !utf8.ValidString(out) {
		t.Fatalf("%s: not UTF-8: %q", format, out)
	}
	for _, c := range out {
		if c != '\n' && (unicode.IsControl(c) || unicode.In(c, unicode.Cf, unicode.Zl, unicode.Zp)) {
			t.Fatalf("%s: %U in %q", format, c, out)
		}
	}
	switch format {
	case "json", "sarif":
		if !json.Valid([]byte(out)) {
			t.Fatalf("%s: no JSON: %s", format, out)
		}
	case "junit":
		wellFormed(t, out)
	case "github":
		commandsOnly(t, out)
	case "text", "line", "markdown":
		if m := actionsCommand.FindString(out); m != "" {
			t.Fatalf("%s: a line that a build server takes for a command: %q", format, m)
		}
	}
	if m := regexp.MustCompile(`##[A-Za-z]*\[`).FindString(out); m != "" {
		t.Fatalf("%s: what a build server takes for a command: %q", format, m)
	}
}

// actionsCommand is how the runner of GitHub Actions recognises a command: leading white space does not count.
var actionsCommand = regexp.MustCompile(`(?m)^\s*::[A-Za-z].*::.*$`)

func wellFormed(t *testing.T, out string) {
	t.Helper()
	dec := xml.NewDecoder(strings.NewReader(out))
	for {
		if _, err := dec.Token(); err == io.EOF {
			return
		} else if err != nil {
			t.Fatalf("XML: %v in %s", err, out)
		}
	}
}

// commandsOnly reads workflow commands as the runner does: every line but the last is one of ours, with our properties.
func commandsOnly(t *testing.T, out string) {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	for _, l := range lines[:len(lines)-1] {
		head, _, ok := strings.Cut(strings.TrimPrefix(l, "::"), "::")
		name, properties, _ := strings.Cut(head, " ")
		if !ok || name != "error" && name != "warning" && name != "notice" {
			t.Fatalf("not one of our commands: %q", l)
		}
		for _, p := range strings.Split(properties, ",") {
			key, value, _ := strings.Cut(p, "=")
			switch key {
			case "file", "title":
			case "line", "col", "endColumn":
				if strings.Trim(value, "0123456789") != "" {
					t.Fatalf("%s is %q in %q", key, value, l)
				}
			default:
				t.Fatalf("property %q is not ours in %q", key, l)
			}
		}
	}
	if strings.Contains(lines[len(lines)-1], "::") {
		t.Fatalf("last line %q", lines[len(lines)-1])
	}
}

// TestEditsAreNeverAltered: what an automaton would apply is given as it is or not at all.
func TestEditsAreNeverAltered(t *testing.T) {
	r := clean(fixtures()["hostile"])
	for _, f := range r.Connections[0].Findings {
		if len(f.Edits) != 1 || f.Edits[0].Old != "old" {
			t.Errorf("%s: edits %+v, want the one that can be written as it is", f.Code, f.Edits)
		}
	}
}

// TestWriteLeavesTheReportAlone renders in every format and compares the report with a fresh one.
func TestWriteLeavesTheReportAlone(t *testing.T) {
	r := fixtures()["hostile"]
	before, _ := json.Marshal(r)
	for _, format := range Formats {
		rendered(t, format, r, options())
	}
	if after, _ := json.Marshal(r); string(after) != string(before) {
		t.Error("rendering changed the report")
	}
}

func TestUnknownFormat(t *testing.T) {
	err := Write(io.Discard, "yaml", &report.Report{}, Options{})
	if err == nil || !strings.Contains(err.Error(), `unknown format "yaml"; known: text,`) {
		t.Errorf("got %v", err)
	}
}
