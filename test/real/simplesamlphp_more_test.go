package real_test

import "testing"

// idpOption is a set-up of the identity provider's own side: more options of its metadata, as PHP.
func idpOption(php string) func(*testing.T, *ssp) {
	return func(t *testing.T, s *ssp) {
		s.keep(t, "metadata/saml20-idp-hosted.php")
		s.hosted(t, php)
	}
}

// nextKey publishes a second certificate, which does not sign yet.
func nextKey(t *testing.T, s *ssp) {
	s.pair(t, "new", -1, 900)
	idpOption("'new_privatekey' => 'new.key', 'new_certificate' => 'new.crt'")(t, s)
}

// sspMore are set-ups that doctor looks at before a login, and decode after it.
func sspMore() []struct {
	name          string
	files         func(*testing.T, *ssp)
	doctor, login expectation
} {
	type setUp = struct {
		name          string
		files         func(*testing.T, *ssp)
		doctor, login expectation
	}
	healthy := expectation{verdict: "healthy"}
	fine := func(name string, files func(*testing.T, *ssp)) setUp {
		return setUp{name: "healthy-" + name, files: files, doctor: healthy, login: healthy}
	}
	return []setUp{
		fine("sha512", option("signature.algorithm", "'http://www.w3.org/2001/04/xmldsig-more#rsa-sha512'")),
		fine("sha384-for-all", idpOption("'signature.algorithm' => 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha384'")),
		fine("signed-logout-and-redirect", idpOption("'sign.logout' => true, 'redirect.sign' => true")),
		fine("attribute-names-as-uri", idpOption("'attributes.NameFormat' => 'urn:oasis:names:tc:SAML:2.0:attrname-format:uri'")),
		fine("formats-beside-email", idpOption("'NameIDFormat' => ['urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress', 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent']")),
		fine("assertion-signed-alone", option("saml20.sign.response", "false")),
		fine("organisation-in-two-languages", idpOption("'OrganizationName' => ['en' => 'Acme', 'de' => 'Acme Süd'], 'OrganizationDisplayName' => ['en' => 'Acme', 'de' => 'Acme & Söhne'], 'OrganizationURL' => ['en' => 'https://acme-corp.example', 'de' => 'https://acme-corp.example/de']")),
		{name: "next-key-published", files: nextKey, doctor: expectation{code: "MD051", entry: "certificate-expired", verdict: "degraded"}, login: healthy},
		{name: "encrypted", files: registered(func(_ *string, options map[string]string) {
			options["assertion.encryption"], options["certificate"] = "true", "'idp.crt'"
		}), doctor: healthy, login: expectation{code: "ENC002"}},
		{name: "lifetime-over-before-it-starts", files: option("assertion.lifetime", "-300"), doctor: healthy, login: expectation{code: "AST022", also: []string{"AST015"}}},
		{name: "audience-of-another", files: option("audience", "['urn:other']"), doctor: healthy, login: healthy}, // added to the SP's own
	}
}

// more runs these set-ups for Orq.ai.
func (s *ssp) more(t *testing.T) {
	judge := func(t *testing.T, j judgement, want expectation) {
		t.Helper()
		if want.verdict == "healthy" {
			j.compareHealthy(t)
		} else {
			j.compare(t, want)
		}
	}
	for _, c := range sspMore() {
		t.Run(c.name, func(t *testing.T) {
			c.files(t, s)
			conn := s.base["saml-orq"].copy()
			page := s.login(t, conn, "ann", s.password)
			if *wireOnly {
				return
			}
			judge(t, s.doctor(t, conn, ""), c.doctor)
			judge(t, s.decode(t, conn, page), c.login)
		})
	}
}
