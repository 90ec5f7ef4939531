package real_test

import "testing"

// sspLogins are logins through SimpleSAMLphp's own page.
func sspLogins() []loginCase {
	wrong := func(code, entry string) loginWant {
		return loginWant{expectation: expectation{code: code, entry: entry}}
	}
	owner := rules("email=ann@acme-corp.example:Owner")
	return []loginCase{
		{name: "healthy-orq", sp: "saml-orq", want: loginWant{decision: "allowed", claims: map[string]string{"assertion.email": "ann@acme-corp.example", "assertion.lastName": "Lee"}}},
		{name: "healthy-archestra", sp: "saml-archestra", want: loginWant{decision: "allowed member", claims: map[string]string{"assertion.nameID": "ann@acme-corp.example"}}},
		{name: "healthy-torq", sp: "saml-torq", conn: owner, want: loginWant{decision: "allowed Owner"}},
		{name: "healthy-generic", sp: "saml-generic", want: loginWant{}},
		{name: "idp-initiated", sp: "saml-archestra", conn: idp("simplesamlphp"), args: []string{"--idp-initiated"}, want: loginWant{decision: "allowed member"}},
		{name: "idp-initiated-torq", sp: "saml-torq", conn: each(idp("simplesamlphp"), owner), args: []string{"--idp-initiated"}, want: wrong("RSP008", "")},
		{name: "missing-name-or-email", sp: "saml-orq", files: option("attributes", "['email', 'firstName']"), want: wrong("AST034", "missing-name-or-email")},
		{name: "email-domain-not-allowed", sp: "saml-orq", conn: domains("acme.example"), want: wrong("AST011", "email-domain-not-allowed")},
		{name: "assertion-not-signed", sp: "saml-orq", files: option("saml20.sign.assertion", "false"), want: wrong("SIG002", "")},
		{name: "unknown-sp", sp: "saml-orq", files: registered(func(id *string, _ map[string]string) { *id = "urn:orq.ai:acme" }), want: wrong("AUTHZ031", "entity-id-mismatch")},
		{name: "signed-requests-demanded", sp: "saml-orq", files: registered(func(_ *string, options map[string]string) {
			options["validate.authnrequest"], options["certificate"] = "true", "'idp.crt'"
		}), want: wrong("REQ012", "client-signature-required")},
		{name: "claim-value-case", sp: "saml-torq", conn: rules("email=ANN@acme-corp.example:Owner"), want: wrong("CLM009", "claim-value-case")},
		{name: "lockout", sp: "saml-torq", conn: rules("email=owner@acme-corp.example:Owner"), args: []string{"--as-admin"},
			want: loginWant{expectation: expectation{code: "CLM013", root: "CLM007", entry: "lockout-email-claim"}, decision: "denied no_rule"}},
		{name: "page-of-an-error", sp: "saml-orq", files: idpOption("'auth' => 'nowhere'"), want: loginWant{expectation: expectation{code: "AUTHZ018", says: "Unhandled exception"}}},
		{name: "password-wrong", sp: "saml-orq", password: "another-one", want: loginWant{stops: true, expectation: expectation{code: "AUTHZ035"}}},
	}
}

// idp names the profile of the identity provider.
func idp(profile string) func(*connection) {
	return func(c *connection) { c.IdP = map[string]any{"profile": profile} }
}

// TestSimpleSAMLphpLogin makes real logins at a real SimpleSAMLphp.
func TestSimpleSAMLphpLogin(t *testing.T) {
	sspSuite.require(t)
	if *wireOnly {
		t.Skip("what ssoctl says is needed")
	}
	s := startSSP(t)
	for _, x := range sspLogins() {
		t.Run(x.name, func(t *testing.T) {
			if x.files != nil {
				x.files(t, s)
			}
			s.runLogin(t, x, map[string]string{"ann": s.password})
		})
	}
}
