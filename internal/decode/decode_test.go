package decode

import (
	"testing"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/report"
)

// TestClosed gives what can be read of a document that was cut off, and no half values.
func TestClosed(t *testing.T) {
	for in, want := range map[string]string{
		`<a:b xmlns:a="u"><c>one</c><d>tw`:   `<a:b xmlns:a="u"><c>one</c><d></d></a:b>`,
		`<a><b x="1"/><c y="`:                `<a><b x="1"/></a>`,
		`<a>`:                                `<a></a>`,
		`<a><b></c>`:                         ``,
		`<a/>`:                               ``,
		`text`:                               ``,
		``:                                   ``,
		`<a><!-- c --><b><![CDATA[x]]></b><`: `<a><!-- c --><b><![CDATA[x]]></b></a>`,
	} {
		if got := string(Closed([]byte(in))); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}

// TestMarked: a row that only a comparison proves is marked as good only where there is something to compare with.
func TestMarked(t *testing.T) {
	m := &check.Message{Message: &evidence.Message{Source: "m.xml"}}
	passed := report.Connection{Results: []report.Result{{Code: "RSP016", Outcome: report.Passed}, {Code: "RSP013", Outcome: report.Passed}}}
	rows := func() report.Rows {
		return add(held(nil, "issuer", "https://idp", "as configured", "RSP016", "AST002"), "status", "Success", "RSP013")
	}
	if got := Marked(rows(), m, passed, false); got[0].Outcome != report.Unknown || got[1].Outcome != report.Passed {
		t.Errorf("without a connection: %+v", got)
	}
	if got := Marked(rows(), m, passed, true); got[0].Outcome != report.Passed || got[0].Text != "as configured" {
		t.Errorf("with one: %+v", got)
	}
	passed.Findings = []report.Finding{{Code: "AST002", Severity: report.Error, Got: "https://other", Want: "https://idp", Where: report.Location{Evidence: m.Cite()}}}
	if got := Marked(rows(), m, passed, true)[0]; got.Outcome != report.Failed || got.Code != "AST002" || got.Text != "the connection says https://other" {
		t.Errorf("refused: %+v", got)
	}
	passed.Findings[0].Where.Evidence = "another.xml (Response)"
	if got := Marked(rows(), m, passed, true)[0]; got.Outcome == report.Failed {
		t.Errorf("a finding about another message: %+v", got)
	}
}
