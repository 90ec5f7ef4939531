package xmlsig

import (
	"crypto/elliptic"
	"strings"
	"testing"
)

// TestPSSParameters: RSA-PSS with parameters of its own (RFC 9231 §2.3.9).
func TestPSSParameters(t *testing.T) {
	p := newPair(t, rsaKey())
	digest := func(name string) string { return `<ds:DigestMethod Algorithm="` + name + `"/>` }
	mask := func(name, digest string) string {
		return `<pss:MaskGenerationFunction Algorithm="` + name + `">` + digest + `</pss:MaskGenerationFunction>`
	}
	const mgf1 = more07 + "MGF1"
	for name, c := range map[string]struct{ inside, problem string }{
		"nothing": {"", ""}, "hash": {digest(SHA512), ""}, "salt": {"<pss:SaltLength>20</pss:SaltLength>", ""}, "all": {digest(SHA384) + mask(mgf1, digest(SHA384)) + "<pss:SaltLength>48</pss:SaltLength><pss:TrailerField>1</pss:TrailerField>", ""},
		"two hashes": {digest(SHA512) + mask(mgf1, digest(SHA1)), "another hash"}, "other mask": {mask("urn:x", ""), `"urn:x"`}, "other hash": {digest("urn:y"), `"urn:y"`}, "RIPEMD": {digest(RIPEMD160), "RIPEMD-160"},
		"trailer": {"<pss:TrailerField>2</pss:TrailerField>", `trailer "2"`}, "no salt": {"<pss:SaltLength>0</pss:SaltLength>", `salt length "0"`}, "salt in words": {"<pss:SaltLength>many</pss:SaltLength>", `"many"`},
	} {
		t.Run(name, func(t *testing.T) {
			params := `<pss:RSAPSSParams xmlns:pss="` + more07 + `">` + c.inside + `</pss:RSAPSSParams>`
			text, err := Sign([]byte(response), "_a1", SignOptions{Key: p.key, Method: PSS, Params: params})
			if c.problem != "" {
				if err == nil || !strings.Contains(err.Error(), c.problem) {
					t.Fatalf("signing: %v", err)
				}
				text = []byte(strings.Replace(response, "<saml:Subject>", strings.Replace(template("#_a1", PSS, SHA256, Exclusive, "", ""), PSS+`"/>`, PSS+`">`+params+`</ds:SignatureMethod>`, 1)+"<saml:Subject>", 1))
				if s := Verify(parseDoc(t, text), p.trust())[0]; s.State != NotComputed || !strings.Contains(s.Problem, c.problem) {
					t.Errorf("%+v", s)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			s := Verify(parseDoc(t, text), p.trust())[0]
			if !s.Trusted() || s.Bits != 2048 {
				t.Errorf("%+v", s)
			}
			if s := Verify(parseDoc(t, []byte(strings.Replace(string(text), "<pss:RSAPSSParams", "<pss:RSAPSSParams a=''", 1))), p.trust())[0]; s.State != Bad {
				t.Errorf("changed: %+v", s)
			}
		})
	}
}

// TestNamed: methods that are not computed are named with what they are.
func TestNamed(t *testing.T) {
	p := newPair(t, rsaKey())
	signed := string(sign(t, []byte(response), "_a1", p))
	for method, say := range map[string]string{RSARIPEMD160: "RIPEMD-160", ECDSARIPEMD160: "RIPEMD-160", HMACMD5: "shared secret", HMACRIPEMD160: "shared secret", "urn:x": `"urn:x" is not known`} {
		s := Verify(parseDoc(t, []byte(strings.Replace(signed, RSASHA256, method, 1))), p.trust())[0]
		if s.State != NotComputed || !strings.Contains(s.Problem, say) || s.References[0].State != Good {
			t.Errorf("%s: %+v", method, s)
		}
		if q := VerifyQuery("SAMLRequest=x&SigAlg="+method+"&Signature=AAAA", p.trust()); q.State != NotComputed || !strings.Contains(q.Problem, say) {
			t.Errorf("%s: %+v", method, q)
		}
	}
	s := Verify(parseDoc(t, []byte(strings.Replace(signed, `DigestMethod Algorithm="`+SHA256, `DigestMethod Algorithm="`+RIPEMD160, 1))), p.trust())[0]
	if s.References[0].State != NotComputed || !strings.Contains(s.References[0].Problem, "RIPEMD-160") {
		t.Errorf("%+v", s)
	}
}

// TestSecondOpinion: what goxmldsig says, and that it does not matter how old the certificate is.
func TestSecondOpinion(t *testing.T) {
	p, other, ec := newPair(t, rsaKey()), newPair(t, otherRSA()), newPair(t, mustEC(elliptic.P256()))
	plain := strings.NewReplacer(` xml:lang="de"`, "", "<!-- c -->", "").Replace(response)
	ask := func(text string, trust Trust) string {
		doc := parseDoc(t, []byte(text))
		return SecondOpinion(doc, Verify(doc, trust)[0], trust)
	}
	for _, id := range []string{"_r1", "_a1"} {
		signed := string(sign(t, []byte(plain), id, p))
		for name, c := range map[string]struct {
			text, want string
			trust      Trust
		}{
			"good": {signed, "", p.trust()}, "embedded": {signed, "", Trust{}}, "metadata": {signed, "", Trust{Metadata: []Key{p.trusted()}}}, "wrong key": {signed, "Could not verify certificate against trusted certs", other.trust()},
			"changed": {strings.Replace(signed, "ann@", "eve@", 1), "Signature could not be verified", p.trust()}, "ECDSA": {string(sign(t, []byte(plain), id, ec)), "ECDSA verification failure", ec.trust()},
			"no element": {`<ds:Signature xmlns:ds="` + DSig + `"/>`, "not inside an element", p.trust()}, "XML 1.1": {strings.Replace(signed, `version="1.0"`, `version="1.1"`, 1), "unsupported version", p.trust()},
		} {
			if got := ask(c.text, c.trust); (c.want == "") != (got == "") || !strings.Contains(got, c.want) {
				t.Errorf("%s, %s: %q", id, name, got)
			}
		}
	}
	old := p
	cert := *p.cert
	cert.NotAfter = cert.NotBefore.AddDate(0, 0, 1)
	old.cert = &cert
	if got := ask(string(sign(t, []byte(plain), "_r1", p)), old.trust()); got != "" {
		t.Errorf("with an old certificate: %q", got)
	}
}
