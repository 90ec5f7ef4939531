package real_test

import "testing"

// oidcLogins are logins by OpenID Connect that bring claims.
func oidcLogins() []loginCase {
	wrong := func(code, entry, decision string) loginWant {
		return loginWant{expectation: expectation{code: code, entry: entry}, decision: decision}
	}
	nowhere := scopeMapper("email", "email", func(c rep) { onlyIn("false", "false")(c); c["access.token.claim"] = "false" })
	return []loginCase{
		{name: "healthy-orq", sp: "orq", want: loginWant{decision: "allowed", claims: map[string]string{
			"id_token.email": "ann@acme-corp.example", "userinfo.email": "ann@acme-corp.example", "id_token.given_name": "Ann", "id_token.email_verified": "true"}}},
		{name: "healthy-archestra", sp: "archestra", want: loginWant{decision: "allowed admin", claims: map[string]string{
			"id_token.groups": "[platform-admins]", "userinfo.email": "ann@acme-corp.example"}}},
		{name: "healthy-torq", sp: "torq", want: loginWant{decision: "allowed Owner", claims: map[string]string{"id_token.email": "ann@acme-corp.example"}}},
		{name: "healthy-torq-second-rule", sp: "torq", user: "bob", want: loginWant{decision: "allowed Editor", claims: map[string]string{"id_token.groups": "[engineering]"}}},
		{name: "healthy-generic", sp: "generic", want: loginWant{claims: map[string]string{"id_token.preferred_username": "ann"}}},
		{name: "healthy-as-admin", sp: "torq", args: []string{"--as-admin"}, want: loginWant{decision: "allowed Owner"}},
		{name: "missing-email-claim", sp: "orq", inject: nowhere, want: wrong("IDT028", "missing-email-claim", "denied required_claim")},
		{name: "missing-user-info", sp: "archestra", inject: nowhere, want: wrong("IDT028", "missing-user-info", "denied required_claim")},
		{name: "missing-user-info-only-in-id-token", sp: "archestra", inject: scopeMapper("email", "email", onlyIn("true", "false")), want: wrong("IDT029", "missing-user-info", "denied required_claim")},
		{name: "email-in-another-claim", sp: "orq", inject: scopeMapper("email", "email", named("mail")), want: wrong("IDT030", "missing-email-claim", "denied required_claim")},
		{name: "lockout-email-claim", sp: "torq", args: []string{"--as-admin"}, inject: scopeMapper("email", "email", onlyIn("false", "true")),
			want: loginWant{expectation: expectation{code: "CLM013", entry: "lockout-email-claim", root: "IDT029"}, decision: "denied required_claim"}},
		{name: "lockout-email-of-another", sp: "torq", args: []string{"--as-admin"}, conn: rules("email=owner@acme-corp.example:Owner", "groups=soc:Admin"),
			want: loginWant{expectation: expectation{code: "CLM013", entry: "lockout-email-claim", root: "CLM007"}, decision: "denied no_rule"}},
		{name: "claim-value-case", sp: "torq", conn: rules("email=owner@acme-corp.example:Owner", "groups=Platform-Admins:Admin"),
			want: wrong("CLM009", "claim-value-case", "denied no_rule")},
		{name: "rule-order", sp: "torq", conn: rules("groups=platform-admins:Viewer", "email=ann@acme-corp.example:Owner"),
			want: loginWant{expectation: expectation{code: "CLM010", entry: "rule-order", verdict: "degraded"}, decision: "allowed Viewer"}},
		{name: "email-domain-not-allowed", sp: "orq", conn: domains("acme.example"), want: wrong("IDT032", "email-domain-not-allowed", "denied domain")},
		{name: "email-domain-archestra", sp: "archestra", conn: domains("acme.example"), want: wrong("IDT032", "", "denied domain")},
		{name: "account-not-linked", sp: "archestra", user: "bob", conn: domains(), want: loginWant{
			expectation: expectation{code: "CLM016", entry: "account-not-linked", verdict: "degraded"}, decision: "allowed member"}},
		{name: "strict", sp: "archestra", user: "bob", conn: func(c *connection) { c.Roles.Strict = true }, want: wrong("CLM007", "", "denied strict")},
		{name: "groups-with-path", sp: "archestra", inject: client("archestra", mapper("groups", func(c rep) { c["full.path"] = "true" })),
			want: wrong("CLM009", "", "allowed member")},
		{name: "groups-only-in-userinfo", sp: "archestra", inject: client("archestra", mapper("groups", func(c rep) { c["id.token.claim"] = "false" })),
			want: loginWant{expectation: expectation{code: "CLM002"}, decision: "allowed member"}},
		{name: "groups-not-sent", sp: "archestra", inject: client("archestra", mapper("groups", nil)), want: loginWant{expectation: expectation{code: "CLM001"}, decision: "allowed member"}},
		{name: "names-not-asked-for", sp: "orq", conn: scopes("openid", "email"), want: loginWant{expectation: expectation{code: "CFG013"}, decision: "allowed"}},
		{name: "names-without-mappers", sp: "orq", inject: func(t *testing.T, k *keycloak) {
			for _, name := range []string{"given name", "family name", "full name"} {
				scopeMapper("profile", name, onlyIn("false", "false"))(t, k)
			}
		}, want: loginWant{expectation: expectation{code: "IDT033", verdict: "healthy"}, decision: "allowed"}},
		{name: "offline-access-refused", sp: "generic", conn: scopes("openid", "email", "profile", "offline_access"), want: loginWant{expectation: expectation{code: "TOK001", says: "Offline tokens not allowed"}}},
		{name: "scope-refused", sp: "orq", conn: scopes("openid", "email", "profile", "nothing-of-the-kind"), want: wrong("AUTHZ021", "", "")},
		{name: "secret-wrong", sp: "orq", secret: func(string) string { return "another-one" }, want: wrong("TOK005", "invalid-client-secret", "")},
		{name: "secret-is-the-mask-of-an-export", sp: "orq", secret: func(string) string { return "**********" },
			want: loginWant{expectation: expectation{code: "TOK005", root: "CFG008", entry: "invalid-client-secret"}}},
		{name: "userinfo-cannot-answer", sp: "archestra", inject: client("archestra", func(r rep) {
			attribute("user.info.encrypted.response.alg", "RSA-OAEP")(r) // for a client without a key
			attribute("user.info.encrypted.response.enc", "A128CBC-HS256")(r)
		}), want: loginWant{stops: true, expectation: expectation{code: "UI001", says: "500"}}},
		{name: "redirect-unregistered", sp: "orq", inject: client("orq", redirects("https://my.orq.ai/")), want: wrong("AUTHZ001", "redirect-uri-mismatch", "")},
	}
}

// samlLogins are logins by SAML.
func samlLogins(t *testing.T) []loginCase {
	certificate := selfSigned(t, -10, 900)
	wrong := func(code, entry string) loginWant {
		return loginWant{expectation: expectation{code: code, entry: entry}}
	}
	tile := func(sp string) func(*testing.T, *keycloak) {
		return client(entity[sp], attribute("saml_idp_initiated_sso_url_name", "tile"))
	}
	begun := func(c *connection) { c.IdP["settings"] = map[string]string{"idp_initiated_url_name": "tile"} }
	return []loginCase{
		{name: "healthy-orq", sp: "saml-orq", want: loginWant{decision: "allowed", claims: map[string]string{"assertion.email": "ann@acme-corp.example", "assertion.firstName": "Ann", "assertion.nameID": "ann@acme-corp.example"}}},
		{name: "healthy-archestra", sp: "saml-archestra", want: loginWant{decision: "allowed member", claims: map[string]string{"assertion.email": "ann@acme-corp.example"}}},
		{name: "healthy-torq", sp: "saml-torq", conn: rules("email=ann@acme-corp.example:Owner"), want: loginWant{decision: "allowed Owner"}},
		{name: "healthy-generic", sp: "saml-generic", want: loginWant{}},
		{name: "by-post-generic", sp: "saml-generic", inject: onlyByPost, conn: asks(func(s *samlSide) { s.SSOURL = "" }), want: loginWant{claims: map[string]string{"assertion.email": "ann@acme-corp.example"}}},
		{name: "by-post-archestra", sp: "saml-archestra", inject: onlyByPost, conn: asks(func(s *samlSide) { s.SSOURL = "" }), want: loginWant{decision: "allowed member"}},
		{name: "idp-initiated-archestra", sp: "saml-archestra", conn: begun, inject: tile("archestra"), args: []string{"--idp-initiated"}, want: loginWant{decision: "allowed member"}},
		{name: "idp-initiated-torq", sp: "saml-torq", conn: each(begun, rules("email=ann@acme-corp.example:Owner")), inject: tile("torq"), args: []string{"--idp-initiated"}, want: wrong("RSP008", "")},
		{name: "missing-name-or-email", sp: "saml-orq", inject: client(samlClient, mapper("lastName", nil)), want: wrong("AST034", "missing-name-or-email")},
		{name: "missing-email", sp: "saml-orq", inject: client(samlClient, mapper("email", nil)), want: wrong("AST034", "missing-name-or-email")},
		{name: "account-not-found", sp: "saml-archestra", inject: client(entity["archestra"], func(r rep) { mapper("email", nil)(r); attribute("saml_name_id_format", "username")(r) }),
			want: loginWant{expectation: expectation{code: "AST034", entry: "account-not-found", also: []string{"AST006"}}}},
		{name: "assertion-not-signed", sp: "saml-orq", inject: client(samlClient, attribute("saml.assertion.signature", "false")), want: wrong("SIG002", "")},
		{name: "email-domain-not-allowed", sp: "saml-orq", conn: domains("acme.example"), want: wrong("AST011", "email-domain-not-allowed")},
		{name: "claim-value-case", sp: "saml-torq", conn: rules("email=Ann@acme-corp.example:Owner"), want: wrong("CLM009", "claim-value-case")},
		{name: "client-signature-required", sp: "saml-orq", inject: client(samlClient, attribute("saml.client.signature", "true")), want: wrong("REQ012", "client-signature-required")},
		{name: "answers-by-artifact", sp: "saml-orq", inject: client(samlClient, attribute("saml.artifact.binding", "true")),
			want: loginWant{expectation: expectation{code: "AUTHZ018", says: "SAMLart"}}},
		{name: "encrypted-without-a-key", sp: "saml-orq", inject: client(samlClient, func(r rep) {
			attribute("saml.encrypt", "true")(r)
			attribute("saml.encryption.certificate", certificate)(r)
		}), want: wrong("ENC002", "")},
	}
}

// endLogins are logins that end at a page of Keycloak.
func endLogins() []loginCase {
	waits := func(says string) loginWant {
		return loginWant{stops: true, expectation: expectation{code: "AUTHZ020", says: says}}
	}
	stops := func(says string) loginWant {
		return loginWant{stops: true, expectation: expectation{code: "AUTHZ035", says: says}}
	}
	asked := func(action string) func(*testing.T, *keycloak) {
		return userIs("ann", set("requiredActions", []string{action}))
	}
	return []loginCase{
		{name: "user-not-assigned", sp: "orq", user: "bob", inject: restricted("orq", "saas-admin"), want: loginWant{expectation: expectation{code: "AUTHZ019", entry: "user-not-assigned"}}},
		{name: "user-assigned", sp: "orq", inject: restricted("orq", "saas-admin"), want: loginWant{decision: "allowed"}},
		{name: "user-not-assigned-saml", sp: "saml-orq", user: "bob", inject: restricted(samlClient, "saas-admin"), want: loginWant{expectation: expectation{code: "AUTHZ019", entry: "user-not-assigned"}}},
		{name: "password-wrong", sp: "orq", password: "another-one", want: stops("Invalid username or password")},
		{name: "password-wrong-saml", sp: "saml-orq", password: "another-one", want: stops("Invalid username or password")},
		{name: "user-unknown", sp: "orq", user: "nobody", password: "another-one", want: stops("Invalid username or password")},
		{name: "one-time-code-saml", sp: "saml-torq", user: "otto", password: secondFactorPassword, inject: withSecondFactor, want: waits("one-time code")},
		{name: "consent-saml", sp: "saml-archestra", inject: client(entity["archestra"], set("consentRequired", true)), want: waits("consent")},
		{name: "user-disabled", sp: "orq", inject: userIs("ann", set("enabled", false)), want: stops("Account is disabled")},
		{name: "consent", sp: "archestra", inject: client("archestra", set("consentRequired", true)), want: waits("consent")},
		{name: "update-profile", sp: "orq", inject: asked("UPDATE_PROFILE"), want: waits("profile")},
		{name: "update-password", sp: "orq", inject: asked("UPDATE_PASSWORD"), want: waits("new password")},
		{name: "set-up-second-factor", sp: "orq", inject: asked("CONFIGURE_TOTP"), want: waits("one-time code")},
		{name: "one-time-code", sp: "torq", user: "otto", password: secondFactorPassword, inject: withSecondFactor, want: waits("one-time code")},
	}
}

// withSecondFactor makes a user who has to give a one-time code.
func withSecondFactor(t *testing.T, k *keycloak) {
	h := k.admin.do(t, "POST", "/main/users", rep{"username": "otto", "enabled": true, "email": "otto@acme-corp.example", "emailVerified": true, "firstName": "Otto", "lastName": "Otp",
		"credentials": []rep{
			{"type": "password", "value": secondFactorPassword, "temporary": false},
			{"type": "otp", "secretData": `{"value":"JBSWY3DPEHPK3PXP"}`, "credentialData": `{"subType":"totp","digits":6,"counter":0,"period":30,"algorithm":"HmacSHA1"}`},
		}}, nil)
	t.Cleanup(func() { k.admin.do(t, "DELETE", created(h), nil, nil) })
}
