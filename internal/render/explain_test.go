package render

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/ssoctl/ssoctl/internal/report"
)

func explanation() report.Explanation {
	return report.Explanation{SPName: "Archestra", IdPName: "Keycloak", Matches: []report.Cause{
		{ID: "STATE_LOST", Title: "the SP no longer knows the login that comes back", Cause: "cookies \x1b[31mblocked", Fix: []string{"start anew", "keep cookies"},
			Rule: "AUTHZ011", Confidence: "sure"},
		{ID: "CLOCK", Title: "the clocks differ", Cause: "the host's clock is late", Confidence: "possible"},
	}}
}

func TestExplanationText(t *testing.T) {
	var b strings.Builder
	if err := Explanation(&b, "text", explanation(), Options{Width: 80}); err != nil {
		t.Fatal(err)
	}
	got := b.String()
	for _, want := range []string{"Archestra ← Keycloak", "1. start anew", "2. keep cookies", "ssoctl explain AUTHZ011", "also possible", "the clocks differ (possible)"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in\n%s", want, got)
		}
	}
	if strings.Contains(got, "\x1b") {
		t.Error("an escape reaches the terminal")
	}
	for line := range strings.Lines(got) {
		if n := len([]rune(strings.TrimRight(line, "\n"))); n > 80 {
			t.Errorf("%d wide: %s", n, line)
		}
	}
}

func TestExplanationUnknown(t *testing.T) {
	var text, doc strings.Builder
	if err := Explanation(&text, "text", report.Explanation{}, Options{}); err != nil || !strings.HasPrefix(text.String(), "Not known.") {
		t.Error(err, text.String())
	}
	if err := Explanation(&doc, "json", report.Explanation{}, Options{}); err != nil {
		t.Fatal(err)
	}
	var got map[string]json.RawMessage
	if err := json.Unmarshal([]byte(doc.String()), &got); err != nil || string(got["matches"]) != "[]" {
		t.Errorf("%v: %s", err, doc.String())
	}
}
