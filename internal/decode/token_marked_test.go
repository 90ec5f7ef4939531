package decode

import (
	"testing"

	"github.com/ssoctl/ssoctl/internal/report"
)

// TestMarkedToken: what the deciding rule accepts is not marked as wrong, and nothing else takes a mark away.
func TestMarkedToken(t *testing.T) {
	wrong := func(key string) report.Rows {
		return report.Rows{{Key: key, Value: "accounts.google.com", Outcome: report.Failed, Severity: report.Error, Text: "expected https://accounts.google.com"}}
	}
	passed := func(codes ...string) (out []report.Result) {
		for _, code := range codes {
			out = append(out, report.Result{Code: code, Outcome: report.Passed})
		}
		return out
	}
	for name, c := range map[string]struct {
		key  string
		in   report.Connection
		want report.Outcome
		code string
	}{
		"accepted":      {"issuer", report.Connection{Results: passed("IDT009", "IDT010", "IDT011")}, report.Passed, ""},
		"not judged":    {"issuer", report.Connection{Results: passed("IDT009", "IDT010")}, report.Failed, ""},
		"found":         {"issuer", report.Connection{Findings: []report.Finding{{Code: "IDT011"}}, Results: passed("IDT010")}, report.Failed, "IDT011"},
		"audience":      {"audience", report.Connection{Results: passed("IDT013")}, report.Passed, ""},
		"signature":     {"signature", report.Connection{Results: passed("IDT002", "IDT006")}, report.Failed, ""},
		"other's rule":  {"audience", report.Connection{Results: passed("IDT011")}, report.Failed, ""},
		"no connection": {"issuer", report.Connection{}, report.Failed, ""},
	} {
		got := MarkedToken(wrong(c.key), c.in)[0]
		if got.Outcome != c.want || got.Code != c.code || c.want == report.Passed && got.Severity != report.Default {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
