package cli

import (
	"strings"
	"testing"

	"github.com/ssoctl/ssoctl/internal/report"
)

// TestExplained adds what error texts know to an answer that a rule can only quote, and leaves alone what nobody knows and what has a rule.
func TestExplained(t *testing.T) {
	c := report.Connection{Name: "orq-entra", SP: "orq", IdP: "entra", Protocol: "oidc", Findings: []report.Finding{
		{Code: "AUTHZ018", Message: "the IdP ended the login", Said: "AADSTS50011: The redirect URI specified in the request does not match the redirect URIs configured for the application", Fix: []string{"look into the log"}},
		{Code: "AUTHZ018", Message: "the IdP ended the login", Said: "something went wrong", Fix: []string{"look into the log"}},
		{Code: "AUTHZ001", Message: "told by its own rule", Said: "AADSTS50011: The redirect URI does not match"},
	}}
	explained(&c)
	known, unknown, told := c.Findings[0], c.Findings[1], c.Findings[2]
	if !strings.Contains(known.Message, "not registered") || len(known.Fix) < 2 || known.Fix[len(known.Fix)-1] != "look into the log" {
		t.Errorf("%q %q", known.Message, known.Fix)
	}
	if len(known.Troubleshooting) == 0 || known.Troubleshooting[0] != (report.Entry{SP: "orq", ID: "redirect-uri-mismatch"}) {
		t.Errorf("entries %v", known.Troubleshooting)
	}
	if unknown.Message != "the IdP ended the login" || len(unknown.Fix) != 1 || told.Message != "told by its own rule" {
		t.Errorf("changed: %q %q", unknown.Message, told.Message)
	}
}
