package real_test

import (
	"fmt"
	"strings"
)

// trips are the connections of the round trip.
func trips() []trip {
	as := func(client string) func(*connection) { return func(c *connection) { c.OIDC.ClientID = client } }
	slash := func(c *connection) { c.OIDC.Issuer += "/" }
	post := func(c *connection) { c.OIDC.Method = "client_secret_post" }
	saml := func(change func(*samlSide)) func(*connection) { return asks(change) }
	algorithm := func(name string) map[string]string { return map[string]string{"signature.algorithm": "'" + name + "'"} }
	named := func(attribute, format string) map[string]string {
		return map[string]string{"NameIDFormat": "'" + format + "'", "attributes": "['firstName', 'lastName']",
			"authproc": "[4 => ['class' => 'saml:AttributeNameID', 'attribute' => '" + attribute + "', 'Format' => '" + format + "']]"}
	}
	const persistent = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
	encrypted := map[string]string{"assertion.encryption": "true", "certificate": "'sp.crt'"}
	return []trip{
		{name: "healthy", title: "userinfo, HTTP Basic, PKCE", server: "op"},
		{name: "post", title: "the secret goes in the body, and the client wants it there", server: "op", conn: each(as("trip-post"), post)},
		{name: "post-to-basic", title: "the secret goes in the body, and the client wants HTTP Basic", server: "op", conn: post},
		{name: "basic-to-post", title: "the secret goes by HTTP Basic, and the client wants it in the body", server: "op", conn: as("trip-post")},
		{name: "secret-wrong", title: "another secret", server: "op", secret: "another-secret-of-sufficient-length"},
		{name: "secret-space", title: "a blank at the end of the secret", server: "op", secret: "another-secret-of-sufficient-length "},
		{name: "client-unknown", title: "a client ID that the IdP does not know", server: "op", conn: as("tripp"), secret: "another-secret-of-sufficient-length"},
		{name: "redirect-unregistered", title: "the redirect URI is not registered", server: "op", conn: as("trip-elsewhere")},
		{name: "issuer-slash", title: "the issuer is stored with a slash at its end", server: "op", conn: slash},
		{name: "no-pkce", title: "PKCE is switched off, and the IdP does not ask for it", server: "op", conn: func(c *connection) { c.OIDC.PKCE = no() }},
		{name: "email-missing", title: "the user has no e-mail address", server: "op", user: "nil"},
		{name: "email-as-user-name", title: "the address comes as preferred_username", server: "op", user: "pia"},
		{name: "email-only-in-userinfo", title: "the ID token names nobody", server: "op-lean"},
		{name: "email-unverified", title: "email_verified is false, and there is no account yet", server: "op", user: "bob"},
		{name: "email-unverified-account", title: "email_verified is false, and an account of the address is there", server: "op", user: "bob", exists: "verified"},
		{name: "email-verified-account", title: "email_verified is true, and an account of the address is there", server: "op", exists: "verified"},
		{name: "local-unverified-account", title: "email_verified is true, and the account that is there is unverified", server: "op", exists: "unverified"},
		{name: "scope-openid-missing", title: "openid is not among the scopes", server: "op", conn: scopes("email", "profile")},
		{name: "scope-email-missing", title: "email is not among the scopes", server: "op", conn: scopes("openid", "profile")},
		{name: "scope-offline", title: "offline_access is among the scopes", server: "op", conn: scopes("openid", "email", "profile", "offline_access")},
		{name: "userinfo-signed", title: "userinfo answers with a signed token", server: "op", conn: as("trip-signed-userinfo")},
		{name: "dpop", title: "the client's tokens are bound by DPoP", server: "op", conn: as("trip-dpop")},
		{name: "par", title: "the client has to push its requests", server: "op", conn: as("trip-par")},
		{name: "hs256-with-userinfo", title: "the ID token is signed by the secret, and there is userinfo", server: "op", conn: as("trip-hs256")},
		{name: "domain", title: "the user's domain is not among the allowed ones", server: "op", conn: domains("acme.example")},
		{name: "without-userinfo", title: "no userinfo endpoint", server: "op-without"},
		{name: "without-issuer-slash", title: "no userinfo endpoint, and the issuer is stored with a slash at its end", server: "op-without", conn: slash},
		{name: "without-es256", title: "no userinfo endpoint, ES256", server: "op-without", conn: as("trip-es256")},
		{name: "without-ps256", title: "no userinfo endpoint, PS256", server: "op-without", conn: as("trip-ps256")},
		{name: "without-hs256", title: "no userinfo endpoint, HS256", server: "op-without", conn: as("trip-hs256")},
		{name: "without-email-missing", title: "no userinfo endpoint, and the user has no address", server: "op-without", user: "nil"},
		{name: "without-unverified-account", title: "no userinfo endpoint, email_verified is false, and an account is there", server: "op-without", user: "bob", exists: "verified"},
		{name: "without-secret-wrong", title: "no userinfo endpoint, another secret", server: "op-without", secret: "another-secret-of-sufficient-length"},
		{name: "without-scope-openid", title: "no userinfo endpoint, and openid is not among the scopes", server: "op-without", conn: scopes("email", "profile")},
		{name: "saml", title: "response and assertion are signed", server: "saml"},
		{name: "saml-response-signed", title: "the response alone is signed", server: "saml", sets: map[string]string{"saml20.sign.assertion": "false"}},
		{name: "saml-assertion-signed", title: "the assertion alone is signed", server: "saml", sets: map[string]string{"saml20.sign.response": "false"}},
		{name: "saml-unsigned", title: "nothing is signed", server: "saml", sets: map[string]string{"saml20.sign.response": "false", "saml20.sign.assertion": "false"}},
		{name: "saml-sha1", title: "signed with SHA-1", server: "saml", sets: algorithm("http://www.w3.org/2000/09/xmldsig#rsa-sha1")},
		{name: "saml-sha384", title: "signed with RSA and SHA-384", server: "saml", sets: algorithm("http://www.w3.org/2001/04/xmldsig-more#rsa-sha384")},
		{name: "saml-sha512", title: "signed with RSA and SHA-512", server: "saml", sets: algorithm("http://www.w3.org/2001/04/xmldsig-more#rsa-sha512")},
		{name: "saml-certificate-wrong", title: "no metadata, another certificate was pasted", server: "saml", conn: saml(func(s *samlSide) { s.Metadata, s.Certificate = "", "stranger" })},
		{name: "saml-certificate", title: "no metadata, the certificate was pasted", server: "saml", conn: saml(func(s *samlSide) { s.Metadata = "" })},
		{name: "saml-entity-id-wrong", title: "no metadata, and the IdP's entity ID has a slash too many", server: "saml", conn: saml(func(s *samlSide) { s.Metadata, s.IdPEntityID = "", s.IdPEntityID+"/" })},
		{name: "saml-sp-unknown", title: "the IdP does not know the SP's entity ID", server: "saml", entity: "https://archestra.acme-corp.example/other"},
		{name: "saml-acs-other", title: "another ACS is registered", server: "saml", sets: map[string]string{"AssertionConsumerService": "'https://archestra.acme-corp.example/other'"}},
		{name: "saml-email-as-nameid", title: "the address is NameID alone", server: "saml", sets: map[string]string{"attributes": "['firstName', 'lastName']"}},
		{name: "saml-email-nowhere", title: "no attribute has the address, and NameID is persistent", server: "saml", sets: named("uid", persistent)},
		{name: "saml-nameid-transient", title: "NameID is transient, the address an attribute", server: "saml", sets: map[string]string{
			"NameIDFormat": "'urn:oasis:names:tc:SAML:2.0:nameid-format:transient'", "authproc": "[4 => ['class' => 'saml:TransientNameID']]"}},
		{name: "saml-account", title: "an account of the address is there", server: "saml", exists: "verified"},
		{name: "saml-encrypted", title: "encrypted, and the SP has the key", server: "saml", sets: encrypted, conn: saml(func(s *samlSide) { s.SPPrivateKey = "env:" + secretName })},
		{name: "saml-encrypted-no-key", title: "encrypted, and the SP has no key", server: "saml", sets: encrypted},
		{name: "saml-clear-with-key", title: "not encrypted, and the SP has a key", server: "saml", conn: saml(func(s *samlSide) { s.SPPrivateKey = "env:" + secretName })},
		{name: "saml-signed-requests", title: "the IdP takes signed requests only", server: "saml", sets: map[string]string{"validate.authnrequest": "true", "certificate": "'sp.crt'"}},
	}
}

// tripDifferences are the known ones.
var tripDifferences = []difference{
	{`local-unverified-account`, "whether the address of an account in Archestra is verified is known to Archestra alone"},
	{`userinfo-signed`, "better-auth reads userinfo as JSON alone; an identity provider signs it only when the client is registered so"},
	{`saml-account`, "that an account of the address is there is known to Archestra alone, and of SAML it links none unless the domain is among Allowed Email Domains"},
}

// tripReport is docs/better-auth-logins.md.
func tripReport(versions map[string]string, all []tripEnd) []byte {
	same, in := 0, 0
	for _, e := range all {
		same += btoi(e.verdicts().agree())
		in += btoi(e.verdicts().agree() && e.in)
	}
	var b strings.Builder
	b.WriteString("# Archestra: whole logins, foretold and made\n\n<!-- written by TestRoundTrip in test/real: SSOCTL_REAL=1 go test -run TestRoundTrip ./test/real -update -->\n\n")
	b.WriteString("For each connection `ssoctl test-login` signs in at the identity provider and says what Archestra will do. Then the same identity provider (oidc-provider, or SimpleSAMLphp) answers the real\n" +
		"better-auth " + versions["better-auth"] + " in a whole login, set as Archestra sets it. \"refused\" stands for a finding that is an error; where ssoctl names the text that is shown, the test compares it.\n" +
		"What Archestra itself does after better-auth (allowed domains, roles) is left out of the comparison. [better-auth.md](better-auth.md) does the same for single SAML responses.\n\n")
	b.WriteString(fmt.Sprintf("%d connections: in %d the two agree, of which %d are signed in.\n", len(all), same, in))
	differ := false
	for _, e := range all {
		if e.why == "" {
			continue
		}
		if !differ {
			differ = true
			b.WriteString("\n## Where the two differ\n\n| connection | better-auth | ssoctl | why |\n|---|---|---|---|\n")
		}
		v := e.verdicts()
		b.WriteString("| " + e.name + ": " + escaped(e.title) + " | " + escaped(v.theirs()) + " | " + v.ours() + " | " + escaped(e.why) + " |\n")
	}
	b.WriteString("\n## All connections\n\n| connection | what is special | better-auth | ssoctl |\n|---|---|---|---|\n")
	for _, e := range all {
		v := e.verdicts()
		b.WriteString("| " + e.name + " | " + escaped(e.title) + " | " + escaped(v.theirs()) + " | " + v.ours() + " |\n")
	}
	return []byte(b.String())
}
