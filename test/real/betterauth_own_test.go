package real_test

import (
	"crypto/rsa"
	"encoding/base64"
	"encoding/pem"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/ssoctl/ssoctl/internal/lab"
	"github.com/ssoctl/ssoctl/internal/xmlsig"
)

// methodTrials sign by every method, with every digest, in every canonical form.
func methodTrials() []trial {
	by := func(change func(r *reply, o *xmlsig.SignOptions)) func(r *reply) {
		return func(r *reply) { r.sign("Response", func(o *xmlsig.SignOptions) { change(r, o) }) }
	}
	all := []trial{
		{name: "signed-response", title: "the response alone is signed", own: func(r *reply) { r.sign("Response") }},
		{name: "signed-assertion", title: "the assertion alone is signed", own: func(r *reply) { r.sign("Assertion") }},
		{name: "signed-both", title: "the assertion and then the response are signed", own: func(r *reply) { r.sign("Assertion"); r.sign("Response") }},
		{name: "canonical-comments", title: "exclusive canonical XML with comments", own: by(func(_ *reply, o *xmlsig.SignOptions) { o.Canonical = xmlsig.ExclusiveComments })},
		{name: "canonical-11", title: "inclusive canonical XML 1.1", own: by(func(_ *reply, o *xmlsig.SignOptions) { o.Canonical = xmlsig.C14N11 })},
		{name: "canonical-prefixes", title: "exclusive canonical XML with a list of prefixes", own: by(func(_ *reply, o *xmlsig.SignOptions) { o.Prefixes = []string{"xs", "saml"} })},
		{name: "method-ecdsa", title: "the signature method is ECDSA with SHA-256", own: by(func(r *reply, o *xmlsig.SignOptions) {
			o.Key, o.Certs, r.held = r.ec.key, [][]byte{r.ec.der}, [][]byte{r.ec.der}
		})},
	}
	methods := map[string]string{"rsa-sha1": xmlsig.RSASHA1, "rsa-sha224": xmlsig.RSASHA224, "rsa-sha384": xmlsig.RSASHA384, "rsa-sha512": xmlsig.RSASHA512,
		"pss-sha1": xmlsig.PSSSHA1, "pss-sha256": xmlsig.PSSSHA256, "pss-sha384": xmlsig.PSSSHA384, "pss-sha512": xmlsig.PSSSHA512}
	for _, name := range slices.Sorted(maps.Keys(methods)) {
		method := methods[name]
		all = append(all, trial{name: "method-" + name, title: "the signature method is " + name, own: by(func(_ *reply, o *xmlsig.SignOptions) { o.Method = method })})
	}
	digests := map[string]string{"sha1": xmlsig.SHA1, "sha224": xmlsig.SHA224, "sha384": xmlsig.SHA384, "sha512": xmlsig.SHA512}
	for _, name := range slices.Sorted(maps.Keys(digests)) {
		digest := digests[name]
		all = append(all, trial{name: "digest-" + name, title: "the digest method is " + name, own: by(func(_ *reply, o *xmlsig.SignOptions) { o.Digest = digest })})
	}
	return all
}

// keyTrials are about certificates: in the message, and what the SP holds.
func keyTrials() []trial {
	brings := func(change func(r *reply, o *xmlsig.SignOptions)) func(r *reply) {
		return func(r *reply) { r.sign("Assertion", func(o *xmlsig.SignOptions) { change(r, o) }) }
	}
	bare := func(o *xmlsig.SignOptions) { o.Certs = nil }
	pasted := func(ders func(p *pairs) [][]byte) func(p *pairs, saml map[string]any) {
		return func(p *pairs, saml map[string]any) {
			delete(saml, "idp_metadata")
			var text strings.Builder
			for _, der := range ders(p) {
				text.Write(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
			}
			saml["certificate"] = text.String()
		}
	}
	return []trial{
		{name: "keyinfo-none", title: "no KeyInfo, one certificate is held", own: func(r *reply) { r.sign("Assertion", bare) }},
		{name: "keyinfo-none-first", title: "no KeyInfo, the key is that of the first of two certificates", own: func(r *reply) { r.held = append(r.held, r.other.der); r.sign("Assertion", bare) }},
		{name: "keyinfo-none-second", title: "no KeyInfo, the key is that of the second of two certificates", own: func(r *reply) { r.held = [][]byte{r.other.der, r.rsa.der}; r.sign("Assertion", bare) }},
		{name: "keyinfo-second", title: "KeyInfo brings the second of two certificates that are held", own: func(r *reply) { r.held = [][]byte{r.other.der, r.rsa.der}; r.sign("Assertion") }},
		{name: "keyinfo-renewed", title: "KeyInfo brings another certificate of the key than is held", own: brings(func(r *reply, o *xmlsig.SignOptions) { o.Certs = [][]byte{r.renewed.der} })},
		{name: "keyinfo-other", title: "KeyInfo brings a certificate of another key, which is held too", own: brings(func(r *reply, o *xmlsig.SignOptions) {
			r.held, o.Certs = append(r.held, r.other.der), [][]byte{r.other.der}
		})},
		{name: "keyinfo-two", title: "KeyInfo brings two certificates, the right one first", own: brings(func(r *reply, o *xmlsig.SignOptions) { o.Certs = append(o.Certs, r.other.der) })},
		{name: "keyinfo-two-last", title: "KeyInfo brings two certificates, the right one last", own: brings(func(r *reply, o *xmlsig.SignOptions) { o.Certs = [][]byte{r.other.der, r.rsa.der} })},
		{name: "keyinfo-name", title: "KeyInfo holds a KeyName alone", own: brings(func(_ *reply, o *xmlsig.SignOptions) { o.Certs, o.KeyInfo = nil, `<ds:KeyName>signing</ds:KeyName>` })},
		{name: "keyinfo-lines", title: "the certificate in KeyInfo is broken into lines", own: brings(func(r *reply, o *xmlsig.SignOptions) {
			o.Certs, o.KeyInfo = nil, "<ds:X509Data><ds:X509Certificate>\n"+lines(r.rsa.der)+"\n</ds:X509Certificate></ds:X509Data>"
		})},
		{name: "held-expired", title: "the certificate that is held, and that the message brings, is expired", own: brings(func(r *reply, o *xmlsig.SignOptions) {
			r.held, o.Certs = [][]byte{r.expired.der}, [][]byte{r.expired.der}
		})},
		{name: "held-none", title: "the metadata holds no certificate", own: func(r *reply) { r.held = nil; r.sign("Assertion") }},
		{name: "held-stranger", title: "the key is none that is held, and its certificate is in the message", own: brings(func(r *reply, o *xmlsig.SignOptions) { o.Key, o.Certs = r.other.key, [][]byte{r.other.der} })},
		{name: "pasted-right", title: "no metadata, the certificate was pasted", own: func(r *reply) { r.sign("Assertion") }, conn: pasted(func(p *pairs) [][]byte { return [][]byte{p.rsa.der} })},
		{name: "pasted-wrong", title: "no metadata, another certificate was pasted", own: func(r *reply) { r.sign("Assertion") }, conn: pasted(func(p *pairs) [][]byte { return [][]byte{p.other.der} })},
		{name: "pasted-two-first", title: "no metadata, two certificates were pasted, the right one first", own: func(r *reply) { r.sign("Assertion") }, conn: pasted(func(p *pairs) [][]byte { return [][]byte{p.rsa.der, p.other.der} })},
		{name: "pasted-beside", title: "another certificate was pasted beside the metadata", own: func(r *reply) { r.sign("Assertion") }, conn: func(p *pairs, saml map[string]any) {
			saml["certificate"] = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.other.der}))
		}},
	}
}

// lines is base64 in lines of 64 characters.
func lines(der []byte) string {
	return strings.TrimSpace(regexp.MustCompile(`.{1,64}`).ReplaceAllString(base64.StdEncoding.EncodeToString(der), "$0\n"))
}

// sealTrials are about encryption.
func sealTrials() []trial {
	keyed := func(_ *pairs, saml map[string]any) { saml["sp_private_key"] = "env:" + lab.SPKeyEnv }
	signed := func(change ...func(o *xmlsig.EncryptOptions)) func(r *reply) {
		return func(r *reply) { r.sign("Assertion"); r.encrypt(change...) }
	}
	all := []trial{
		{name: "encrypted", title: "signed, then encrypted", own: signed(), conn: keyed},
		{name: "encrypted-response", title: "encrypted, then the response is signed", own: func(r *reply) { r.encrypt(); r.sign("Response") }, conn: keyed},
		{name: "encrypted-both", title: "signed, encrypted, then the response is signed", own: func(r *reply) { r.sign("Assertion"); r.encrypt(); r.sign("Response") }, conn: keyed},
		{name: "encrypted-unsigned", title: "encrypted and not signed at all", own: func(r *reply) { r.encrypt() }, conn: keyed},
		{name: "encrypted-no-key", title: "signed, then encrypted, and the SP holds no key", own: signed()},
		{name: "encrypted-no-key-response", title: "encrypted, then the response is signed, and the SP holds no key", own: func(r *reply) { r.encrypt(); r.sign("Response") }},
		{name: "encrypted-clear", title: "in the clear, and the SP holds a key", own: func(r *reply) { r.sign("Assertion") }, conn: keyed},
		{name: "encrypted-other", title: "encrypted for another key", own: func(r *reply) {
			r.sign("Assertion")
			r.encrypt(func(o *xmlsig.EncryptOptions) { o.To = r.other.key.Public().(*rsa.PublicKey) })
		}, conn: keyed},
		{name: "encrypted-altered", title: "changed between signing and encrypting", own: func(r *reply) { r.sign("Assertion"); r.with(">Ann<", ">Anna<"); r.encrypt() }, conn: keyed},
		{name: "encrypted-oaep-sha256", title: "the key is encrypted with RSA-OAEP and SHA-256 as its digest", own: signed(func(o *xmlsig.EncryptOptions) { o.Digest = xmlsig.SHA256 }), conn: keyed},
		{name: "encrypted-oaep-11", title: "the key is encrypted with RSA-OAEP of XML Encryption 1.1", own: signed(func(o *xmlsig.EncryptOptions) {
			o.Transport, o.Digest, o.Mask = xmlsig.OAEP, xmlsig.SHA256, "http://www.w3.org/2009/xmlenc11#mgf1sha256"
		}), conn: keyed},
		{name: "encrypted-oaep-11-sha1", title: "the key is encrypted with RSA-OAEP of XML Encryption 1.1, with SHA-1 throughout", own: signed(func(o *xmlsig.EncryptOptions) { o.Transport = xmlsig.OAEP }), conn: keyed},
		{name: "encrypted-rsa15", title: "the key is encrypted with RSA 1.5", own: signed(func(o *xmlsig.EncryptOptions) { o.Transport = xmlsig.RSA15 }), conn: keyed},
		{name: "encrypted-beside", title: "the EncryptedKey stands beside the EncryptedData", own: signed(func(o *xmlsig.EncryptOptions) { o.Beside = true }), conn: keyed},
	}
	datas := map[string]string{"aes128-cbc": xmlsig.AES128CBC, "aes192-cbc": xmlsig.AES192CBC, "aes256-cbc": xmlsig.AES256CBC, "aes128-gcm": xmlsig.AES128GCM, "aes192-gcm": xmlsig.AES192GCM, "tripledes": xmlsig.TripleDESCBC}
	for _, name := range slices.Sorted(maps.Keys(datas)) {
		data := datas[name]
		all = append(all, trial{name: "encrypted-" + name, title: "encrypted with " + name, own: signed(func(o *xmlsig.EncryptOptions) { o.Data = data }), conn: keyed})
	}
	return all
}

// clockTrials are about times; what is close to a bound is far enough from it for the seconds that a test may take.
func clockTrials() []trial {
	const conditions, data, statement = "saml:Conditions", "saml:SubjectConfirmationData", "saml:AuthnStatement"
	at := func(element, name string, d time.Duration) func(r *reply) {
		return func(r *reply) { r.attribute(element, name, r.in(d)).sign("Assertion") }
	}
	return []trial{
		{name: "clock-not-before-ahead", title: "NotBefore is 20 seconds ahead", own: at(conditions, "NotBefore", 20*time.Second)},
		{name: "clock-not-before-now", title: "NotBefore is a moment ago", own: at(conditions, "NotBefore", -100*time.Millisecond)},
		{name: "clock-ended", title: "NotOnOrAfter was 2 seconds ago", own: at(conditions, "NotOnOrAfter", -2*time.Second)},
		{name: "clock-ending", title: "NotOnOrAfter is 20 seconds ahead", own: at(conditions, "NotOnOrAfter", 20*time.Second)},
		{name: "clock-no-not-before", title: "Conditions has no NotBefore", own: func(r *reply) { r.attribute(conditions, "NotBefore", "").sign("Assertion") }},
		{name: "clock-no-not-on-or-after", title: "Conditions has no NotOnOrAfter", own: func(r *reply) { r.attribute(conditions, "NotOnOrAfter", "").sign("Assertion") }},
		{name: "clock-offset", title: "the times of Conditions have an offset", own: func(r *reply) {
			zone := func(d time.Duration) string {
				return r.now.Add(d).In(time.FixedZone("", 3600)).Format("2006-01-02T15:04:05.000-07:00")
			}
			r.attribute(conditions, "NotBefore", zone(-time.Minute)).attribute(conditions, "NotOnOrAfter", zone(5*time.Minute)).sign("Assertion")
		}},
		{name: "clock-zoneless", title: "NotOnOrAfter of Conditions has no time zone", own: func(r *reply) {
			r.attribute(conditions, "NotOnOrAfter", r.now.Add(26*time.Hour).UTC().Format("2006-01-02T15:04:05")).sign("Assertion")
		}},
		{name: "clock-nonsense", title: "NotOnOrAfter of Conditions is no time", own: func(r *reply) { r.attribute(conditions, "NotOnOrAfter", "tomorrow").sign("Assertion") }},
		{name: "clock-confirmation-ended", title: "NotOnOrAfter of SubjectConfirmationData was 2 minutes ago", own: at(data, "NotOnOrAfter", -2*time.Minute)},
		{name: "clock-session-ended", title: "SessionNotOnOrAfter was 2 seconds ago", own: at(statement, "SessionNotOnOrAfter", -2*time.Second)},
		{name: "clock-session-ending", title: "SessionNotOnOrAfter is 20 seconds ahead", own: at(statement, "SessionNotOnOrAfter", 20*time.Second)},
		{name: "clock-idp-ahead", title: "the clock of the identity provider goes two minutes ahead", skew: 2 * time.Minute},
		{name: "clock-idp-ahead-slightly", title: "the clock of the identity provider goes half a minute ahead", skew: 30 * time.Second},
		{name: "clock-idp-behind", title: "the clock of the identity provider goes six minutes behind", skew: -6 * time.Minute},
		{name: "clock-idp-behind-slightly", title: "the clock of the identity provider goes four minutes behind", skew: -4 * time.Minute},
	}
}

// contentTrials are about what the assertion says, and how it is written and carried.
func contentTrials() []trial {
	signed := func(change func(r *reply)) func(r *reply) {
		return func(r *reply) { change(r); r.sign("Assertion") }
	}
	const audience = "<saml:Audience>urn:lab:app</saml:Audience>"
	const restriction = "<saml:AudienceRestriction>" + audience + "</saml:AudienceRestriction>"
	const emailFormat = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"
	noEmail := func(r *reply) *reply {
		r.text = regexp.MustCompile(`<saml:Attribute Name="email".*?</saml:Attribute>`).ReplaceAllString(r.text, "")
		return r
	}
	return []trial{
		{name: "idp-initiated", title: "the identity provider begins the login", unsolicited: true},
		{name: "audience-list", title: "one AudienceRestriction names the SP and another one", own: signed(func(r *reply) { r.with(audience, "<saml:Audience>urn:lab:other</saml:Audience>"+audience) })},
		{name: "audience-twice", title: "two AudienceRestrictions name the SP", own: signed(func(r *reply) { r.with(restriction, restriction+restriction) })},
		{name: "audience-blanks", title: "there are blanks around the audience", own: signed(func(r *reply) { r.with(audience, "<saml:Audience>\n  urn:lab:app\n</saml:Audience>") })},
		{name: "confirmation-two", title: "a holder-of-key confirmation stands before the bearer confirmation", own: signed(func(r *reply) {
			r.with("<saml:SubjectConfirmation ", `<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:holder-of-key"/><saml:SubjectConfirmation `)
		})},
		{name: "issuer-blanks", title: "there are blanks around the assertion's Issuer", own: signed(func(r *reply) {
			before, after, _ := strings.Cut(r.text, "<saml:Assertion ")
			r.text = before + "<saml:Assertion " + strings.Replace(after, ">"+r.lab.EntityID+"<", ">\n"+r.lab.EntityID+"\n<", 1)
		})},
		{name: "email-nameid-only", title: "the e-mail address is NameID alone", own: signed(func(r *reply) { noEmail(r) })},
		{name: "email-nowhere", title: "no attribute has the e-mail address, and NameID is persistent", own: signed(func(r *reply) {
			noEmail(r).with(emailFormat, "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent").with(">"+r.lab.Users[0].Email+"</saml:NameID>", ">lab-4711</saml:NameID>")
		})},
		{name: "email-attribute-only", title: "there is no NameID, and the attribute email is there", own: signed(func(r *reply) { r.without("saml:NameID") })},
		{name: "nameid-comment", title: "a comment that the signature does not cover is put into NameID", own: func(r *reply) {
			r.sign("Assertion")
			r.with("@lab.example</saml:NameID>", "@<!-- -->lab.example</saml:NameID>")
		}},
		{name: "nameid-unspecified", title: "the format of NameID is unspecified, its value an address", own: signed(func(r *reply) { r.with(emailFormat, "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified") })},
		{name: "declaration", title: "the message begins with an XML declaration", own: func(r *reply) {
			r.sign("Assertion")
			r.text = `<?xml version="1.0" encoding="UTF-8"?>` + "\n" + r.text
		}},
		{name: "byte-order-mark", title: "the message begins with a byte order mark", own: func(r *reply) { r.sign("Assertion"); r.text = "\ufeff" + r.text }},
		{name: "large", title: "the message has 100 KB", own: signed(func(r *reply) { r.with(">Archer<", ">"+strings.Repeat("L", 100<<10)+"<") })},
		{name: "too-large", title: "the message has 300 KB in base64", own: signed(func(r *reply) { r.with(">Archer<", ">"+strings.Repeat("L", 225<<10)+"<") })},
		{name: "carried-lines", title: "SAMLResponse is base64 in lines", carried: carriedAs(func(s string) string { return regexp.MustCompile(`.{76}`).ReplaceAllString(s, "$0\r\n") })},
		{name: "carried-url-alphabet", title: "SAMLResponse is base64url", carried: carriedAs(func(s string) string { return strings.NewReplacer("+", "-", "/", "_").Replace(s) })},
		{name: "carried-unpadded", title: "SAMLResponse is base64 without padding", own: func(r *reply) { r.sign("Assertion"); r.text += strings.Repeat(" ", (3-len(r.text)%3)%3+1) },
			carried: carriedAs(func(s string) string { return strings.TrimRight(s, "=") })},
		{name: "carried-truncated", title: "the second half of SAMLResponse is missing", carried: carriedAs(func(s string) string { return s[:len(s)/8*4] })},
		{name: "acs-field", title: "the ACS is an address of one's own, and the SP Metadata XML field is empty", noSPMetadata: true},
	}
}

// carriedAs writes the field of the form in another way.
func carriedAs(change func(string) string) func(d *lab.Delivery) {
	return func(d *lab.Delivery) {
		d.Fields = url.Values{"SAMLResponse": {change(d.Fields.Get("SAMLResponse"))}, "RelayState": d.Fields["RelayState"]}
	}
}
