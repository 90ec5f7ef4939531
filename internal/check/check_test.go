package check

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/connection"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/knowledge"
	"github.com/ssoctl/ssoctl/internal/report"
)

var noon = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

// caseOf makes a case of a connection file and evidence.
func caseOf(t *testing.T, text string, set evidence.Set) *Case {
	t.Helper()
	f, err := config.Parse("ssoctl.yaml", []byte(text))
	if err != nil || len(f.Targets) == 0 {
		t.Fatalf("%v", err)
	}
	lib := knowledge.New()
	if set == nil {
		set = evidence.Set{}
	}
	set[evidence.Config] = &evidence.Observation{Kind: evidence.Config, Source: "ssoctl.yaml", Body: []byte(text)}
	return New(connection.Resolve(f.Targets[0], lib, nil, connection.Seen{}), lib, set, noon)
}

const oidcFile = "version: 1\nconnections:\n  - name: a\n    sp: {profile: generic}\n    oidc:\n      issuer: https://idp.example.com # ssoctl:ignore AUTHZ001 known\n      client_id: x\n"

// found is a rule that always has a finding.
func found(code string, explains ...string) Rule {
	return Rule{Code: code, Title: code, Severity: report.Error, Needs: []evidence.Kind{evidence.Config}, Explains: explains,
		Check: func(c *Case) []report.Finding {
			return []report.Finding{{Message: code, Where: c.Config.Pos("oidc/client_id")}}
		}}
}

func TestOutcomes(t *testing.T) {
	rules := []Rule{
		{Code: "CFG001", Needs: []evidence.Kind{evidence.Config}, Check: func(*Case) []report.Finding { panic("boom") }},
		{Code: "CFG002", Needs: []evidence.Kind{evidence.Discovery}, Check: func(*Case) []report.Finding { return nil }},
		{Code: "CFG003", Tries: []evidence.Kind{evidence.JWKS}, Check: func(*Case) []report.Finding { return nil }},
		{Code: "CFG004", Needs: []evidence.Kind{evidence.Config}, Decides: func(*Case) string { return "the answer says nothing" }, Check: func(*Case) []report.Finding { return nil }},
		{Code: "CFG005", Needs: []evidence.Kind{evidence.Config}, Applies: func(*Case) bool { return false }, Check: func(*Case) []report.Finding { return nil }},
		{Code: "CFG006", Needs: []evidence.Kind{evidence.SAMLMetadata}, Check: func(*Case) []report.Finding { return nil }},
		{Code: "CFG007", Needs: []evidence.Kind{evidence.Config}, Protocol: config.SAML, Check: func(*Case) []report.Finding { return nil }},
		{Code: "CFG008", Needs: []evidence.Kind{evidence.Config}, Check: func(c *Case) []report.Finding {
			if c.Client != nil || c.Seen[evidence.Client].Obs != nil {
				return []report.Finding{{Message: "reads what it does not declare"}}
			}
			return nil
		}},
		found("CFG009"),
	}
	set := evidence.Set{
		evidence.Discovery: {Kind: evidence.Discovery, Failure: &evidence.Failure{Stage: evidence.StageDNS, Text: "idp.example.com does not resolve"}},
		evidence.Client:    {Kind: evidence.Client, Exchanges: []evidence.Exchange{{Label: "client_secret_basic", Status: 400, Body: []byte(`{"error":"invalid_grant"}`)}}},
	}
	_, results := Run(rules, caseOf(t, oidcFile, set))
	var got []string
	for _, r := range results {
		got = append(got, strings.TrimSpace(fmt.Sprintf("%s %s %s", r.Code, r.Outcome, r.Reason)))
	}
	want := []string{
		"CFG001 broken the rule broke down: boom (a defect of ssoctl)",
		"CFG002 unknown no oidc.discovery: idp.example.com does not resolve",
		"CFG003 unknown no oidc.jwks",
		"CFG004 unknown the answer says nothing",
		"CFG005 not_applicable",
		"CFG006 not_applicable the connection speaks oidc",
		"CFG007 not_applicable the connection speaks oidc",
		"CFG008 passed",
		"CFG009 failed",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestArrange: roots by severity and stage, consequences under their cause, cycles cut.
func TestArrange(t *testing.T) {
	warn := found("CFG010")
	warn.Severity = report.Warning
	findings, _ := Run([]Rule{
		found("TOK005"), found("JWKS001"), found("DISC022", "JWKS"), warn, found("DISC008", "DISC009"), found("DISC009", "DISC008"), found("JWKS002", "TOK005"),
	}, caseOf(t, oidcFile, nil))
	var got []string
	for _, f := range findings {
		got = append(got, f.Code+"<"+f.CausedBy)
	}
	if want := "DISC008< DISC009< DISC022< JWKS001<DISC022 JWKS002<DISC022 TOK005<JWKS002 CFG010<"; strings.Join(got, " ") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(got, " "), want)
	}
}

// TestSilenced: a suppression covers its own line and the next one, and the rule counts as passed with the reason.
func TestSilenced(t *testing.T) {
	findings, results := Run([]Rule{found("AUTHZ001"), found("AUTHZ002")}, caseOf(t, oidcFile, nil))
	if len(findings) != 1 || findings[0].Code != "AUTHZ002" || results[0].Outcome != report.Passed || results[0].Reason == "" {
		t.Errorf("%v %v", findings, results)
	}
}

// TestPageText: what a person would read on an error page, whatever stands around it.
func TestPageText(t *testing.T) {
	for page, want := range map[string]string{
		"<html><head><title>Oops</title><script>var a = '<b>'</script><style>p{}</style></head><body><p>Invalid&nbsp;parameter:\n redirect_uri</p>": "Oops Invalid parameter: redirect_uri",
		"plain text": "plain text", "": "",
	} {
		if got := PageText([]byte(page)); strings.ReplaceAll(got, "\u00a0", " ") != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
