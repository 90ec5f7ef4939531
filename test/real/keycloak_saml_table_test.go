package real_test

import (
	"crypto/tls"
	"strings"
	"testing"
	"time"
)

// endpointFaults is what doctor sees of addresses, keys and proxies.
func endpointFaults() []samlCase {
	moved := frontend(func(f *front) string { return "https://" + f.also + ":" + f.port })
	alone := asks(func(s *samlSide) { s.Metadata = "" })
	sso := func(old, with string, without ...string) func(*connection) {
		return asks(func(s *samlSide) {
			s.SSOURL = strings.Replace(s.SSOURL, old, with, 1)
			if len(without) > 0 {
				s.Metadata = ""
			}
		})
	}
	acsOnly := func(more ...func(rep)) func(*testing.T, *keycloak) {
		return edits("orq", append([]func(rep){set("adminUrl", "")}, more...)...)
	}
	behind := func(name, sp string, want expectation, fault func(*testing.T, *front)) samlCase {
		return samlCase{name: "proxy-" + name, sp: sp, doctor: &want, front: fault}
	}
	unknownACS := expectation{code: "REQ006", entry: "redirect-uri-mismatch"}
	otherKey := expectation{code: "SIG005", entry: "certificate-expired"}
	leaf := func(until time.Time, host string) func(*testing.T, *front) {
		return certificate(func(t *testing.T, f *front) *tls.Certificate { return f.ca.leaf(t, until, host) })
	}
	return []samlCase{
		shows("public-host-moved", "orq", expectation{code: "CFG003", says: "only the host differs"}, moved, nil),
		shows("public-host-moved-without-metadata", "orq", expectation{code: "MD007", also: []string{"REQ004"}}, moved, alone),
		shows("realm-renamed", "orq", expectation{code: "MD049", also: []string{"MD057"}}, renamed("acme"), nil),
		shows("realm-renamed-without-metadata", "orq", expectation{code: "MD057"}, renamed("acme"), alone),
		shows("key-rotated", "orq", otherKey, rotated("true"), nil),
		shows("key-rotated-without-metadata", "orq", otherKey, rotated("true"), alone),
		shows("key-prepared", "orq", expectation{code: "MD051", entry: "certificate-expired", verdict: "degraded"}, rotated("false"), nil),
		shows("key-disabled", "orq", expectation{code: "CFG003"}, firstKeyDisabled, nil),
		shows("key-disabled-without-metadata", "archestra", expectation{code: "CERT010", entry: "signature-validation-failed"}, firstKeyDisabled, alone),
		shows("key-of-1024-bits", "orq", expectation{code: "SIG005", also: []string{"CERT005"}}, func(t *testing.T, k *keycloak) { k.addKeys(t, "rsa-generated", map[string]string{"keySize": "1024"}) }, nil),
		shows("client-deleted", "archestra", expectation{code: "AUTHZ031"}, deleted(entity["archestra"]), nil),
		shows("metadata-of-another-realm", "orq", expectation{code: "CFG003", also: []string{"CFG009"}}, nil, asks(func(s *samlSide) { s.Metadata = strings.Replace(s.Metadata, "/main/", "/master/", 1) })),
		shows("sso-url-slash", "orq", expectation{code: "CFG003", says: "only the trailing slash differs"}, nil, sso("/saml", "/saml/")),
		shows("sso-url-slash-without-metadata", "orq", expectation{code: "REQ004"}, nil, sso("/saml", "/saml/", "")),
		shows("sso-url-typo", "orq", expectation{code: "MD057", says: "404"}, nil, sso("/saml", "/sml")),
		shows("sso-url-http", "orq", expectation{code: "CFG003", says: "only the scheme differs", also: []string{"MD019"}}, nil, sso("https:", "http:")),
		shows("sso-url-other-host", "orq", expectation{code: "CFG003"}, nil, sso("//login.", "//sso.")),
		shows("sso-url-other-host-without-metadata", "orq", expectation{code: "REQ004"}, nil, sso("//login.", "//sso.", "")),
		shows("sso-url-legacy-path", "orq", expectation{code: "MD057", also: []string{"CFG009"}}, nil, sso("/realms", "/auth/realms", "")),
		shows("sso-url-of-oidc", "orq", expectation{code: "MD057", says: "OpenID Connect"}, nil, sso("/saml", "/openid-connect/auth", "")),
		shows("acs-host-wildcard", "orq", unknownACS, acsOnly(redirects("https://*.orq.ai/v2/auth/sso/saml/callback")), nil),
		shows("acs-in-post-binding-field", "orq", unknownACS, acsOnly(redirects(), attribute("saml_assertion_consumer_url_post", acs["orq"])), nil),
		shows("acs-http-registered", "orq", unknownACS, acsOnly(redirects("http"+acs["orq"][5:])), nil),
		shows("acs-is-callback-of-oidc", "orq", unknownACS, acsOnly(redirects(callback["orq"])), nil),
		shows("name-id-format-refused", "generic", expectation{code: "REQ009"}, attributes("generic", "saml_force_name_id_format", "false"),
			asks(func(s *samlSide) { s.NameIDFormat = "urn:oasis:names:tc:SAML:1.1:nameid-format:X509SubjectName" })),
		behind("strips-query", "orq", expectation{code: "MD017"}, onTheWay(strippedQuery)),
		behind("get-to-post", "archestra", expectation{code: "MD017"}, onTheWay(getToPost)),
		behind("rewrites-acs", "orq", expectation{code: "SIG006"}, responses("my.orq.ai/v2", "my.orq.ai/v3")),
		behind("rewrites-issuer", "orq", expectation{code: "SIG006"}, responses("login.acme-corp.example", "keycloak.internal")),
		behind("breaks-lines", "orq", expectation{code: "SIG006", says: "white space"}, responses("><", ">\n<")),
		behind("rewrites-metadata", "orq", expectation{code: "CFG003"}, rewritten(func(s string) string {
			if strings.Contains(s, "EntityDescriptor") {
				return strings.ReplaceAll(s, "login.acme-corp.example", "keycloak.internal")
			}
			return s
		})),
		behind("certificate-expired", "orq", expectation{code: "NET005"}, leaf(time.Now().AddDate(0, 0, -2), "login.acme-corp.example")),
		behind("certificate-other-host", "archestra", expectation{code: "NET004"}, leaf(time.Now().AddDate(0, 0, 80), "www.acme-corp.example")),
	}
}

// assertionFaults is what a login shows.
func assertionFaults(password string) []samlCase {
	const inclusive = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
	at := func(c samlCase, ago time.Duration) samlCase {
		c.args = []string{"--at", time.Now().Add(ago).UTC().Format(time.RFC3339)}
		return c
	}
	as := func(c samlCase, user string, inject func(*testing.T, *keycloak)) samlCase {
		c.user, c.inject = user, inject
		return c
	}
	passedOn := signsIn("login-behind-rewriting-proxy", "orq", expectation{code: "SIG006"})
	passedOn.front = responses("my.orq.ai/v2", "my.orq.ai/v3")
	rotation := as(signsIn("login-key-rotated", "orq", expectation{code: "SIG005", entry: "certificate-expired"}), "", rotated("true"))
	begun := signsIn("idp-initiated-at-torq", "torq", expectation{code: "RSP008"}, attribute("saml_idp_initiated_sso_url_name", "torq"))
	begun.start = "/clients/torq"
	missing := expectation{code: "AST037", entry: "missing-name-or-email"}
	return []samlCase{
		passedOn, rotation, begun,
		at(signsIn("login-20-minutes-late", "archestra", expectation{code: "AST021"}), 20*time.Minute),
		at(signsIn("login-20-minutes-late-orq", "orq", expectation{code: "AST021"}), 20*time.Minute),
		at(signsIn("login-ten-minutes-early", "archestra", expectation{code: "AST020"}), -10*time.Minute),
		as(signsIn("user-without-email", "orq", expectation{code: "RSP013", says: "InvalidNameIDPolicy"}), "dora", incomplete(person(password, "dora", "", "Dora", "No"))),
		as(signsIn("user-without-first-name", "orq", expectation{code: "AST034", entry: "missing-name-or-email", says: "firstName"}), "fay", incomplete(person(password, "fay", "fay@acme-corp.example", "", "El"))),
		as(signsIn("user-of-another-domain", "orq", expectation{code: "AST011", entry: "email-domain-not-allowed", says: "other.example"}), "eve", person(password, "eve", "eve@other.example", "Eve", "El")),
		signsIn("email-empty", "orq", missing, mapper("email", nil), sends("email", "")),
		signsIn("last-name-blank", "orq", missing, mapper("lastName", nil), sends("lastName", " ")),
		signsIn("email-twice", "orq", expectation{code: "AST036"}, sends("email", "other@acme-corp.example")),
		signsIn("email-is-login-name", "orq", expectation{code: "AST007"}, mapper("email", func(c rep) { c["user.attribute"] = "username" })),
		signsIn("email-is-login-name-archestra", "archestra", expectation{code: "AST007", entry: "account-not-found", verdict: "degraded"}, mapper("email", func(c rep) { c["user.attribute"] = "username" })),
		signsIn("email-is-a-template", "archestra", expectation{code: "AST040", verdict: "degraded"}, mapper("email", nil), sends("email", "${user.email}")),
		signsIn("name-id-persistent", "orq", expectation{code: "AST006"}, attribute("saml_name_id_format", "persistent")),
		signsIn("no-authn-statement", "orq", expectation{code: "AST029"}, attribute("saml.authnstatement", "false")),
		signsIn("inclusive-canonical-form", "orq", expectation{code: "SIG010", says: "signed by itself"}, attribute("saml_signature_canonicalization_method", inclusive)),
	}
}
