package render

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"charm.land/lipgloss/v2"

	"github.com/ssoctl/ssoctl/internal/report"
)

func aGuide(value string) *report.Guide {
	return &report.Guide{
		SP: "orq", IdP: "okta", SPName: "Orq.ai", IdPName: "Okta", Protocol: "saml", Name: value,
		Open: []report.GuideOpen{{Mark: "‹tenant›", Say: value}},
		Parts: []report.GuidePart{{
			Title: "At Okta", Side: "idp", At: value, Needs: value, Notes: []string{value},
			Steps: []report.GuideStep{{
				Number: 1, Title: value, When: value, Do: []string{value}, Then: value, Warn: []string{value}, Notes: []string{value},
				Fields: []report.GuideRow{{Label: value, Value: value, Note: value}}, Musts: []report.GuideRow{{Label: value, Value: value, Note: value}},
				Take: []report.GuideRow{{Label: value, Value: value, Note: value}},
			}},
			Checks: []report.GuideCheck{{Command: value, Say: value}},
		}},
	}
}

// TestGuideHostile: values come out of connection files, so nothing in them may act in any format.
func TestGuideHostile(t *testing.T) {
	hostile := "x\x1b[31m\x07\r\n# y <script>alert(1)</script> [a](http://evil.example) @me ![](http://evil.example/p.png) | `"
	for _, format := range GuideFormats {
		g := aGuide(hostile)
		var b bytes.Buffer
		if err := Guide(&b, format, g, Options{Width: 80}); err != nil {
			t.Fatal(err)
		}
		out := b.String()
		if strings.ContainsAny(out, "\x1b\x07\r") {
			t.Errorf("%s: a control character is left", format)
		}
		if format == "html" && (strings.Contains(out, "<script") || strings.Contains(out, `href=`)) {
			t.Errorf("html: markup is left")
		}
		if format == "markdown" && (strings.Contains(out, "\n# y") || strings.Contains(out, "\n<script>")) {
			t.Errorf("markdown: a line is forged:\n%s", out)
		}
		if g.Name != hostile || g.Parts[0].Steps[0].Fields[0].Value != hostile {
			t.Errorf("%s: the guide itself was changed", format)
		}
	}
}

// TestGuideWidth: text wraps at any width from 60 up; no word of it is lost.
func TestGuideWidth(t *testing.T) {
	long := "a sentence of several words that is long enough to be wrapped at least once on a terminal of a hundred and forty columns, whatever stands before it"
	g := aGuide("Client ID")
	part := &g.Parts[0]
	step := &part.Steps[0]
	part.At, part.Needs, part.Notes, step.Title, step.When, step.Then = long, long, []string{long}, long, long, long
	step.Do, step.Warn, step.Notes = []string{long}, []string{long}, []string{long}
	step.Fields[0].Value, step.Musts[0].Value, step.Take[0].Value, part.Checks[0].Say, g.Open[0].Say = long, "off", long, long, long
	step.Musts[0].Note = long
	step.Fields = append(step.Fields, report.GuideRow{Label: "A label that is wider than the column that labels have, and than the terminal as well", Value: long})
	for _, width := range []int{60, 80, 100, 140} {
		var b bytes.Buffer
		if err := Guide(&b, "text", g, Options{Width: width}); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(b.String()) {
			if w := lipgloss.Width(strings.TrimRight(line, "\n")); w > width {
				t.Errorf("width %d: %d columns: %q", width, w, line)
			}
		}
		if got := strings.Count(strings.Join(strings.Fields(b.String()), " "), long); got != 15 {
			t.Errorf("width %d: the sentence stands there %d times", width, got)
		}
	}
}

func TestGuideFormats(t *testing.T) {
	var b bytes.Buffer
	if err := Guide(&b, "json", aGuide("x"), Options{}); err != nil {
		t.Fatal(err)
	}
	var back report.Guide
	if err := json.Unmarshal(b.Bytes(), &back); err != nil || back.Parts[0].Steps[0].Number != 1 {
		t.Errorf("%v: %+v", err, back)
	}
	if err := Guide(&b, "pdf", aGuide("x"), Options{}); err == nil || !strings.Contains(err.Error(), `unknown format "pdf"`) {
		t.Errorf("%v", err)
	}
	b.Reset()
	if err := Guide(&b, "markdown", aGuide("urn:x"), Options{}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"# Orq.ai ← Okta, SAML\n", "### 1. urn:x", "- **urn:x**: `urn:x` (urn:x)", "- Watch out: urn:x", "**Check:** `urn:x`"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is missing in\n%s", want, b.String())
		}
	}
}
