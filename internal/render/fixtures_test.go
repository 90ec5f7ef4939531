package render

import (
	"strings"
	"time"

	"github.com/ssoctl/ssoctl/internal/report"
)

// The reports that the tests render. They are built by hand so that no rule's wording moves them.

func fixtures() map[string]*report.Report {
	all := map[string]*report.Report{
		"broken": broken(), "healthy": {Connections: []report.Connection{healthyConnection()}}, "undecided": {Connections: []report.Connection{unreachable()}},
		"url": fromURL(), "check": checked(), "hostile": hostile(), "empty": {},
		"decoded": decoded(),
		"login":   {Command: "test-login", Connections: []report.Connection{signedIn()}},
		"several": {Connections: []report.Connection{healthyConnection(), unreachable(), brokenConnection()}},
	}
	for _, r := range all {
		r.Tool = report.Tool{Name: "ssoctl", Version: "1.2.3"}
		r.At = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
		if r.Command == "" {
			r.Command = "doctor"
		}
		r.Conclude()
	}
	return all
}

// decoded holds a document beside its findings; its values try to be markup.
func decoded() *report.Report {
	return &report.Report{Command: "decode", Connections: []report.Connection{brokenConnection()}, Documents: []report.Document{{
		Kind: "saml.response", Title: "SAML Response", Source: "response.txt (base64 → XML, 3,801 bytes)", Notes: []string{"blanks taken out"},
		Summary: report.Rows{
			{Key: "issuer", Value: "https://idp.example.com/a|b<i>", Outcome: report.Passed, Text: "as configured"},
			{Key: "status", Value: "Responder / RequestDenied", Outcome: report.Failed, Severity: report.Error, Code: "RSP013", Text: "expected Success"},
			{Key: "attributes", Value: "2", More: []string{"email = a@example.com", "`groups` = **admins**"}},
		},
	}}}
}

func broken() *report.Report {
	return &report.Report{Connections: []report.Connection{brokenConnection()}}
}

const (
	issuer    = "https://auth.acme.com/application/o/orq-ai"
	discovery = "GET https://auth.acme.com/application/o/orq-ai/.well-known/openid-configuration (200)"
)

func brokenConnection() report.Connection {
	return report.Connection{
		Name: "orq-authentik", SP: "orq", SPName: "Orq.ai", IdP: "authentik", IdPName: "Authentik", Protocol: "oidc", How: "by its issuer",
		Where: report.Location{File: "ssoctl.yaml", Line: 4, Col: 11}, Elapsed: 412 * time.Millisecond,
		Lines: []report.Line{
			{Area: "reach", Outcome: report.Passed, Text: "auth.acme.com answers, TLS 1.3, certificate of the host valid until 2027-02-11"},
			{Area: "discovery", Outcome: report.Failed, Worst: report.Error, Code: "DISC008", Text: "the configured issuer differs from the real one by the trailing slash"},
			{Area: "keys", Outcome: report.Passed, Text: "2 signing keys, RS256, 2048 bit"},
			{Area: "client", Outcome: report.Failed, Worst: report.Warning, Code: "AUTHZ031", Text: "orq is known, its redirect URI is registered by a pattern"},
			{Area: "login", Outcome: report.Unknown, Text: "not decided without a login: e-mail claim, assignment of users (ssoctl test-login orq-authentik)"},
			{Area: "device", Outcome: report.NotApplicable, Text: "the SP does not use it"},
		},
		Findings: []report.Finding{slash(), follows(), warned(), noted()},
		Results: []report.Result{
			{Code: "AUTHZ031", Title: "the redirect URI is registered exactly", Outcome: report.Failed},
			{Code: "DEV001", Title: "the device endpoint is there", Outcome: report.NotApplicable, Reason: "the SP does not use it"},
			{Code: "DISC008", Title: "the configured issuer equals the discovered one to the last slash", Outcome: report.Failed},
			{Code: "DISC020", Title: "the authorization endpoint is an absolute URL", Outcome: report.Passed},
			{Code: "IDT011", Title: "iss of the ID token is the configured issuer", Outcome: report.Failed},
			{Code: "JWKS014", Title: "no signing key repeats", Outcome: report.Failed},
			{Code: "IDT030", Title: "the ID token holds the e-mail address", Outcome: report.Unknown, Reason: "no oidc.token"},
		},
		Notes: []string{"the client secret came from ORQ_CLIENT_SECRET and was sent to auth.acme.com only"},
	}
}

func slash() report.Finding {
	return report.Finding{
		Code: "DISC008", Severity: report.Error, Title: "the configured issuer equals the discovered one to the last slash",
		Message: `issuer is "` + issuer + `" in the config but "` + issuer + `/" in the discovery document (only the trailing slash differs)`,
		Got:     issuer, Want: issuer + "/",
		Where: report.Location{
			File: "ssoctl.yaml", Line: 9, Col: 15, Path: "/connections/0/oidc/issuer", Len: len(issuer), Mark: "only the trailing slash differs",
			Snippet: "      issuer: " + issuer,
		},
		Related: []report.Location{{Evidence: discovery, Path: "/issuer"}},
		Effect:  "Every login fails: Orq.ai compares the two byte for byte, and so does the ID token's iss.",
		Fix: []string{
			"Orq.ai › Settings › Auth › Edit › Provider URL: paste " + issuer + "/",
			"ssoctl.yaml:9: issuer: " + issuer + "/ (ssoctl check --fix ssoctl.yaml)",
		},
		Check:           "ssoctl doctor orq-authentik",
		Edits:           []report.Edit{{Path: "/connections/0/oidc/issuer", Old: issuer, New: issuer + "/"}},
		Troubleshooting: []report.Entry{{SP: "orq", ID: "redirect-uri-mismatch"}},
		References:      []string{"OpenID Connect Discovery 1.0 §4.3"},
	}
}

func follows() report.Finding {
	return report.Finding{
		Code: "IDT011", Severity: report.Error, Title: "iss of the ID token is the configured issuer", CausedBy: "DISC008",
		Message: `iss would be "` + issuer + `/" but the SP expects "` + issuer + `"`, Fix: []string{"see DISC008"},
		Where: report.Location{File: "ssoctl.yaml", Line: 9, Col: 15},
	}
}

func warned() report.Finding {
	return report.Finding{
		Code: "AUTHZ031", Severity: report.Warning, Title: "the redirect URI is registered exactly",
		Message: `the IdP also accepts "https://my.orq.ai/evil"; a pattern is registered`, Got: "https://my.orq.ai/.*", Want: "https://my.orq.ai/v2/auth/sso/oidc/callback",
		Where:  report.Location{Evidence: "GET https://auth.acme.com/application/o/authorize/?client_id=orq (302)"},
		Effect: "Whoever finds an open redirect on the host can steal codes.",
		Fix:    []string{"Authentik › Applications › Providers › orq › Redirect URIs: choose Strict and paste https://my.orq.ai/v2/auth/sso/oidc/callback"},
		Check:  "ssoctl doctor orq-authentik",
	}
}

func noted() report.Finding {
	return report.Finding{
		Code: "JWKS014", Severity: report.Info, Title: "no signing key repeats",
		Message: `keys "a1" and "b2" have the same modulus`, Fix: []string{"nothing has to be done"}, Where: report.Location{Evidence: "GET https://auth.acme.com/jwks (200)", Path: "/keys/1"},
	}
}

func healthyConnection() report.Connection {
	c := report.Connection{
		Name: "orq-keycloak", SP: "orq", SPName: "Orq.ai", IdP: "keycloak", IdPName: "Keycloak", Protocol: "oidc",
		Where: report.Location{File: "ssoctl.yaml", Line: 21, Col: 11}, Elapsed: 312 * time.Millisecond,
		Results: []report.Result{{Code: "DISC008", Title: "the configured issuer equals the discovered one to the last slash", Outcome: report.Passed}},
	}
	for _, area := range []string{"reach", "discovery", "keys", "client", "redirect URI", "secret"} {
		c.Lines = append(c.Lines, report.Line{Area: area, Outcome: report.Passed, Text: "fine"})
	}
	c.Lines = append(c.Lines, report.Line{Area: "login", Text: "6 not decided without a login (ssoctl test-login orq-keycloak)"})
	return c
}

func unreachable() report.Connection {
	return report.Connection{
		Name: "archestra-okta", SP: "archestra", SPName: "Archestra", IdP: "okta", IdPName: "Okta", Protocol: "oidc",
		Where: report.Location{File: "ssoctl.yaml", Line: 33, Col: 11}, Elapsed: 12 * time.Millisecond,
		Findings: []report.Finding{{
			Code: "NET001", Severity: report.Error, Inconclusive: true, Title: "the IdP's host name resolves",
			Message: `"acme.okta.com" does not resolve (resolver 10.0.0.2, NXDOMAIN in 12 ms)`,
			Where:   report.Location{File: "ssoctl.yaml", Line: 36, Col: 15, Len: 21, Snippet: "      issuer: https://acme.okta.com", Path: "/connections/2/oidc/issuer"},
			Fix:     []string{"compare the name with the one in the address bar of the IdP's console"}, Check: "ssoctl doctor archestra-okta",
		}},
		Results: []report.Result{
			{Code: "DISC001", Title: "the discovery document is there", Reason: "no oidc.discovery: acme.okta.com does not resolve"},
			{Code: "DISC002", Title: "the discovery document is JSON", Reason: "no oidc.discovery: acme.okta.com does not resolve"},
			{Code: "NET001", Title: "the IdP's host name resolves", Outcome: report.Failed},
		},
		Undecided: []string{"acme.okta.com does not resolve"},
	}
}

func fromURL() *report.Report {
	return &report.Report{Connections: []report.Connection{{
		Name: "login.acme.com", SP: "generic", SPName: "any service provider", IdP: "keycloak", IdPName: "Keycloak", How: "by its discovery document", Protocol: "oidc",
		Elapsed: 1234 * time.Millisecond,
		Lines: []report.Line{
			{Area: "reach", Outcome: report.Passed, Text: "login.acme.com answers"}, {Area: "discovery", Outcome: report.Passed, Text: "issuer https://login.acme.com/realms/main"},
		},
		Notes: []string{"SAML metadata is offered too: https://login.acme.com/realms/main/protocol/saml/descriptor"},
		Stub:  "version: 1\nconnections:\n  - name: login-acme-com\n    sp: {profile: orq, workspace: my-workspace}\n    oidc:\n      issuer: https://login.acme.com/realms/main\n      client_id: # of the client made for the SP\n",
	}}}
}

func checked() *report.Report {
	line := "        redirect_uri: https://archestra.acme.com/api/auth/sso/callback/okta"
	return &report.Report{Command: "check", Files: 214, Elapsed: 190 * time.Millisecond, Connections: []report.Connection{
		{Name: "archestra-okta", SP: "archestra", SPName: "Archestra", IdPName: "Okta", Protocol: "oidc", Where: report.Location{File: "sso/archestra.yaml", Line: 3},
			Findings: []report.Finding{{
				Code: "CFG004", Severity: report.Error, Title: "the callback ends in the provider id",
				Message: `callback ends in "okta" but the provider id is "Okta"; Archestra compares case`, Got: "okta", Want: "Okta",
				Where:           report.Location{File: "sso/archestra.yaml", Line: 12, Col: 72, Len: 4, Mark: "Okta", Snippet: line, Path: "/connections/0/oidc/redirect_uri"},
				Fix:             []string{"ssoctl check --fix sso/archestra.yaml"},
				Edits:           []report.Edit{{Path: "/connections/0/oidc/redirect_uri", Old: "https://archestra.acme.com/api/auth/sso/callback/okta", New: "https://archestra.acme.com/api/auth/sso/callback/Okta"}},
				Troubleshooting: []report.Entry{{SP: "archestra", ID: "callback-url-case"}},
			}}},
		{Name: "sso/torq.yaml", Where: report.Location{File: "sso/torq.yaml"}, Findings: []report.Finding{{
			Code: "CLM010", Severity: report.Warning, Title: "every role rule can be reached", Message: "this rule is never reached: rule 1 matches whenever it does",
			Where: report.Location{File: "sso/torq.yaml", Line: 18, Col: 9},
		}, {
			Code: "CFG090", Severity: report.Info, Title: "the file names its version", Message: `version is not stated; 1 is taken`, Where: report.Location{File: "sso/torq.yaml", Line: 1, Col: 1},
		}}},
	}}
}

// evil is what an IdP or a file might say to whoever reads the output.
const evil = "\x1b[31mred\x1b]8;;https://evil.test\x07link\x1b]8;;\x07 \r\n::error file=x,line=1::forged %0A ##[error]old \u202egnp.exe\u202c \u200bnone\u2028new ]]> " +
	"<script>alert(1)</script><img src=x onerror=alert(1)> `code` **bold** [a](https://evil.test) ![i](https://evil.test/i.png) @octocat #1 | \" ' & \x00 \x7f \u009b31m \xff\xfe"

func hostile() *report.Report {
	long := strings.Repeat("a very long sentence ", 30) + strings.Repeat("x", 400)
	wide := strings.Repeat("測試用的很長的名稱", 20)
	f := report.Finding{
		Code: "CFG001", Severity: report.Error, Title: evil, Message: evil + long, Got: evil, Want: wide, Effect: wide, Fix: []string{evil, long, wide}, Check: evil,
		Where:           report.Location{File: "dir:1,a/" + evil + ".yaml", Line: 7, Col: 12, Len: 3, Mark: evil, Snippet: "\tkey:\t" + wide + evil, Path: evil},
		Related:         []report.Location{{Evidence: evil, Path: evil}, {File: "b.yaml", Line: 1, Col: 1}},
		Edits:           []report.Edit{{Path: "/a", Old: evil, New: "b"}, {Path: "/b", Old: "old", New: "new"}},
		Troubleshooting: []report.Entry{{SP: evil, ID: evil}}, References: []string{evil},
	}
	second := f
	second.Code, second.CausedBy, second.Where = "CFG002", "CFG001", report.Location{Evidence: evil, Path: "/x"}
	third := f
	third.Code, third.Severity = "CFG003", report.Info
	return &report.Report{Connections: []report.Connection{{
		Name: evil, SP: evil, SPName: evil, IdP: wide, IdPName: wide, Protocol: "saml", How: evil, Where: report.Location{File: evil, Line: 3, Col: 2},
		Findings: []report.Finding{f, second, third}, Notes: []string{evil, long}, Stub: evil + "\n" + long + "\n", Undecided: []string{evil},
		Lines: []report.Line{{Area: "reach", Outcome: report.Failed, Worst: report.Error, Code: "CFG001", Text: evil + long}, {Area: wide, Text: wide}},
		Results: []report.Result{
			{Code: "CFG001", Title: evil, Outcome: report.Failed}, {Code: "CFG004", Title: "x", Outcome: report.Unknown, Reason: evil},
			{Code: "CFG005", Title: "y", Outcome: report.Broken, Reason: evil},
		},
	}}}
}

func signedIn() report.Connection {
	c := healthyConnection()
	c.SignedIn = &report.SignedIn{Who: "ann@acme.com", How: "Keycloak, code + PKCE", Sources: []string{"ID token", "userinfo"}, Rows: []report.ClaimRow{
		{Name: "sub", Values: []string{"8c5b0c9e-7d0a-4d0f-9b55-2f6f1c1f2a11", "same"}, Reads: "required, from ID token", Outcome: report.Passed},
		{Name: "email", Values: []string{"", "ann@acme.com"}, Reads: "required, from userinfo", Outcome: report.Passed},
		{Name: "email_verified", Values: []string{"", "false"}, Reads: "recommended", Outcome: report.Failed, Worst: report.Warning},
		{Name: "groups", Values: []string{"[/platform, /platform/sre, /platform/sre/on-call, /everybody | <b>]", "same"}, Reads: "not read"},
	}}
	c.SignedIn.Second, c.SignedIn.Refused = "go-oidc does not take the ID token: oidc: token is expired", true
	c.Claims = map[string]map[string]any{"userinfo": {"email": "ann@acme.com"}}
	by := 0
	c.Decision = &report.Decision{Allowed: true, Why: `domain "acme.com" is allowed; rule 0 gives the role "admin"`, Role: "admin", RoleWhy: `rule 0: groups[0] is "/platform"`,
		Groups: []string{"/platform", "/everybody"}, GroupsFrom: "groups", Teams: []string{"platform"}, TokenExchange: "rfc8693", Rules: []report.RuleOutcome{
			{Index: 0, Outcome: "matched", Role: "admin", Rule: `{{#includes groups "/platform"}}true{{/includes}}`, Why: `groups[0] is "/platform"`},
			{Index: 1, Outcome: "error", Role: "editor", Rule: `{{#if (includes groups "x")}}true{{/if}}`, Why: "options.fn is not a function: the helper needs its block form"},
			{Index: 2, Outcome: "shadowed", By: &by, Role: "member", Rule: `{{#exists email}}true{{/exists}}`, Why: "shadowed by rule 0"},
		}}
	return c
}
