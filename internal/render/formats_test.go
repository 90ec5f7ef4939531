package render

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/ssoctl/ssoctl/internal/report"
)

// TestSARIFIsValid holds every report against the standard's own schema, also without findings and without a catalogue.
func TestSARIFIsValid(t *testing.T) {
	raw, err := os.ReadFile("testdata/sarif-2.1.0.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("sarif.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("sarif.json")
	if err != nil {
		t.Fatal(err)
	}
	for name, r := range fixtures() {
		for _, rules := range [][]RuleInfo{nil, rules()} {
			v, err := jsonschema.UnmarshalJSON(strings.NewReader(rendered(t, "sarif", r, Options{FailOn: report.Error, Rules: rules})))
			if err != nil {
				t.Fatal(err)
			}
			if err := schema.Validate(v); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	broken, _ := jsonschema.UnmarshalJSON(strings.NewReader(`{"version": "2.1.0", "runs": [{"results": []}]}`))
	if schema.Validate(broken) == nil {
		t.Error("the schema accepts a run without a tool: it checks nothing")
	}
}

// TestSARIFHoldsTogether checks what the schema cannot: indexes, columns and the state of inconclusive findings.
func TestSARIFHoldsTogether(t *testing.T) {
	for name, r := range fixtures() {
		var log sarifLog
		if err := json.Unmarshal([]byte(rendered(t, "sarif", r, options())), &log); err != nil {
			t.Fatal(err)
		}
		run := log.Runs[0]
		n := 0
		for _, c := range r.Connections {
			for _, f := range c.Findings {
				got := run.Results[n]
				n++
				if run.Tool.Driver.Rules[*got.RuleIndex].ID != f.Code {
					t.Errorf("%s: ruleIndex of %s leads to %s", name, f.Code, run.Tool.Driver.Rules[*got.RuleIndex].ID)
				}
				if open := got.Kind == "open" && got.Level == "none"; open != f.Inconclusive {
					t.Errorf("%s: %s has kind %q, level %q", name, f.Code, got.Kind, got.Level)
				}
			}
		}
		if n != len(run.Results) {
			t.Errorf("%s: %d results of %d findings", name, len(run.Results), n)
		}
	}
}

// TestSARIFFixes applies the replacement to the line and looks at the outcome.
func TestSARIFFixes(t *testing.T) {
	for _, c := range []struct{ line, old, new, want string }{
		{`issuer: https://a`, "https://a", "https://a/", `issuer: https://a/`},
		{`issuer: "https://a" # c`, "https://a", "https://a/", `issuer: "https://a/" # c`},
		{`issuer: 'https://a'`, "https://a", "it's", `issuer: 'it''s'`},
		{`sp: {profile: orc, x: 1}`, "orc", "orq", `sp: {profile: orq, x: 1}`},
		{`name: 測試 # ü`, "測試", "b", `name: b # ü`},
		{`scopes: a`, "a", "x: y", `scopes: "x: y"`},
		{`on: a`, "a", "true", `on: "true"`},
		{`issuer: https://a`, "https", "http", ""},        // a part of the value
		{`a: b # a: b`, "b", "c", ""},                     // twice
		{`issuer: "https://\u0061"`, "https://a", "", ""}, // written otherwise
	} {
		runes := []rune(c.line)
		r, ok := replacement(report.Edit{Path: "/p", Old: c.old, New: c.new}, report.Location{File: "f", Line: 4, Col: 1, Path: "/p", Snippet: c.line})
		got := ""
		if ok {
			got = string(runes[:r.Deleted.StartColumn-1]) + r.Inserted.Text + string(runes[r.Deleted.EndColumn-1:])
		}
		if got != c.want {
			t.Errorf("%s, %s to %s: %q, want %q", c.line, c.old, c.new, got, c.want)
		}
	}
	if _, ok := replacement(report.Edit{Path: "/p", Old: "a", New: "b"}, report.Location{File: "f", Line: 4, Path: "/q", Snippet: "k: a"}); ok {
		t.Error("a fix at another value's place")
	}
}

// TestJSONKeys compares the keys of the JSON with those of contract §3, level by level.
func TestJSONKeys(t *testing.T) {
	var v map[string]any
	if err := json.Unmarshal([]byte(rendered(t, "json", fixtures()["broken"], options())), &v); err != nil {
		t.Fatal(err)
	}
	conn := v["connections"].([]any)[0].(map[string]any)
	finding := conn["findings"].([]any)[0].(map[string]any)
	follows := conn["findings"].([]any)[1].(map[string]any)
	for _, c := range []struct {
		name string
		got  any
		want string
	}{
		{"report", v, "at connections schema summary tool"},
		{"tool", v["tool"], "name version"},
		{"summary", v["summary"], "errors infos passed unknown warnings"},
		{"connection", conn, "findings idp name protocol results sp verdict"},
		{"finding", finding, "check code edits effect fix got message references related severity title troubleshooting want where"},
		{"consequence", follows, "caused_by code fix message severity title where"},
		{"where", finding["where"], "column file line path"},
		{"edit", finding["edits"].([]any)[0], "new old path"},
		{"entry", finding["troubleshooting"].([]any)[0], "entry sp"},
		{"result", conn["results"].([]any)[1], "code outcome reason title"},
	} {
		if got := strings.Join(slices.Sorted(maps.Keys(c.got.(map[string]any))), " "); got != c.want {
			t.Errorf("%s has %s, want %s", c.name, got, c.want)
		}
	}
	if got := conn["results"].([]any)[1].(map[string]any)["outcome"]; got != "not_applicable" {
		t.Errorf("outcome %v", got)
	}
	if v["schema"] != 1.0 || v["at"] != "2026-06-01T12:00:00Z" || conn["verdict"] != "broken" || finding["severity"] != "error" {
		t.Errorf("schema %v at %v verdict %v severity %v", v["schema"], v["at"], conn["verdict"], finding["severity"])
	}
}

// TestJSONListsAreNeverNull decodes reports without anything in them.
func TestJSONListsAreNeverNull(t *testing.T) {
	for name, r := range map[string]*report.Report{
		"empty": {}, "bare": {Connections: []report.Connection{{Name: "a", Findings: []report.Finding{{Code: "X001"}}}, {Name: "b"}}},
	} {
		if out := rendered(t, "json", r, Options{}); strings.Contains(out, "null") {
			t.Errorf("%s: %s", name, out)
		}
	}
}

// TestJSONKeepsTheReport decodes the JSON back and compares what it carries.
func TestJSONKeepsTheReport(t *testing.T) {
	r := fixtures()["broken"]
	var back struct {
		Connections []struct {
			Findings []struct {
				Code, Message, Got, Want string
				Where                    report.Location
				Fix                      []string
				Edits                    []report.Edit
				Troubleshooting          []report.Entry
			}
		}
	}
	if err := json.Unmarshal([]byte(rendered(t, "json", r, options())), &back); err != nil {
		t.Fatal(err)
	}
	for i, want := range r.Connections[0].Findings {
		got := back.Connections[0].Findings[i]
		want.Where.Snippet, want.Where.Len, want.Where.Mark = "", 0, ""
		if diff := cmp.Diff([]any{want.Code, want.Message, want.Got, want.Want, want.Where, want.Fix, want.Edits, want.Troubleshooting},
			[]any{got.Code, got.Message, got.Got, got.Want, got.Where, got.Fix, got.Edits, got.Troubleshooting}); diff != "" {
			t.Errorf("%s (-want +got):\n%s", want.Code, diff)
		}
	}
}

// TestGitHubUnescapes reads the annotations as the runner does and finds the values again.
func TestGitHubUnescapes(t *testing.T) {
	f := report.Finding{Code: "X001", Severity: report.Error, Title: "50% a:b,c", Message: "100% %0A ::stop-commands::x", Where: report.Location{File: "C:/a,b%.yaml", Line: 3, Col: 2}}
	r := &report.Report{Connections: []report.Connection{{Name: "n", Findings: []report.Finding{f}}}}
	out, _, _ := strings.Cut(rendered(t, "github", r, Options{}), "\n")
	want := "::error file=C%3A/a%2Cb%25.yaml,line=3,col=2,title=X001 50%25 a%3Ab%2Cc::100%25 %250A ::stop-commands::x"
	if out != want {
		t.Errorf("got  %s\nwant %s", out, want)
	}
}

// TestHTMLStandsAlone looks for anything that would run or be fetched.
func TestHTMLStandsAlone(t *testing.T) {
	for name, r := range fixtures() {
		out := rendered(t, "html", r, options())
		if m := regexp.MustCompile(`(?i)<(script|link|img|iframe|object|embed|a|form|base|svg)\b|\s(src|href|on[a-z]+|style)\s*=\s*["'a-z]|url\(|@import|javascript:`).FindString(tags(out)); m != "" {
			t.Errorf("%s: %q in the page", name, m)
		}
		if n := strings.Count(out, "<style>"); n != 1 {
			t.Errorf("%s: %d style sheets", name, n)
		}
		for _, c := range r.Connections {
			if c.Name != evil && !strings.Contains(out, c.Name) {
				t.Errorf("%s: %s is not on the page", name, c.Name)
			}
		}
	}
}

// tags keeps a page's markup and style: what stands between tags is text to a browser.
func tags(page string) string {
	style := page[strings.Index(page, "<style>"):strings.Index(page, "</style>")]
	return style + strings.Join(regexp.MustCompile(`<[^>]*>`).FindAllString(page, -1), "\n")
}

// TestMarkdownEscapes lists what outside text must not become.
func TestMarkdownEscapes(t *testing.T) {
	for in, want := range map[string]string{
		"a *b* _c_ [d](e)":       `a \*b\* \_c\_ \[d\](e)`,
		"<b> & `x`":              "\\<b> \\& \\`x\\`",
		"- list":                 `\- list`,
		"# head":                 `\#<!-- --> head`,
		"1. list":                `1\. list`,
		"@octocat, a@b.test":     `\@<!-- -->octocat, a\@<!-- -->b.test`,
		"fixes #1":               `fixes \#<!-- -->1`,
		`is "a` + "`" + `b" now`: "is ``a`b`` now",
		`is "<b>" now`:           "is `<b>` now",
		"see https://a.test/_x_": "see `https://a.test/_x_`",
		"www.evil.test":          "www<!-- -->.evil.test",
		"(ssoctl check --fix a)": "(`ssoctl check --fix a`)",
	} {
		if got := mdText(in); got != want {
			t.Errorf("mdText(%q) = %q, want %q", in, got, want)
		}
	}
}

// TestJUnitCounts compares the attributes with what stands inside.
func TestJUnitCounts(t *testing.T) {
	for name, r := range fixtures() {
		out := rendered(t, "junit", r, options())
		wellFormed(t, out)
		for attr, element := range map[string]string{"tests": "<testcase ", "skipped": "<skipped ", "errors": "<error "} {
			want := strings.Count(out, element)
			m := regexp.MustCompile(`<testsuites [^>]*\b` + attr + `="(\d+)"`).FindStringSubmatch(out)
			if m == nil || m[1] != itoa(want) {
				t.Errorf("%s: %s says %v, there are %d", name, attr, m, want)
			}
		}
	}
}

func itoa(n int) string { b, _ := json.Marshal(n); return string(b) }
