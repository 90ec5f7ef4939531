package xmlsig

import (
	"bytes"
	"crypto/elliptic"
	"regexp"
	"strings"
	"testing"
)

// TestSignRoundTrip signs with every method, digest and canonicalisation; Verify has to accept each, and to refuse each once the
// document is changed. (That xmlsec1 does the same is a test in test/real.)
func TestSignRoundTrip(t *testing.T) {
	rsaPair, ec256, ec384, ec521 := newPair(t, rsaKey()), newPair(t, mustEC(elliptic.P256())), newPair(t, mustEC(elliptic.P384())), newPair(t, mustEC(elliptic.P521()))
	type c struct {
		p  pair
		id string
		o  SignOptions
	}
	cases := map[string]c{
		"usual": {rsaPair, "_r1", SignOptions{}}, "usual EC": {ec256, "_a1", SignOptions{}}, "whole": {rsaPair, "", SignOptions{}},
		"P-384": {ec384, "_a1", SignOptions{Method: ECDSASHA384}}, "P-521": {ec521, "_a1", SignOptions{Method: ECDSASHA512}},
		"P-256 SHA-1": {ec256, "_a1", SignOptions{Method: ECDSASHA1}}, "P-256 SHA-512": {ec256, "_a1", SignOptions{Method: ECDSASHA512}},
		"prefixes": {rsaPair, "_a1", SignOptions{Prefixes: []string{"xs", "#default", "samlp", "nowhere"}}},
		"two":      {rsaPair, "_r1", SignOptions{Also: []string{"_a1"}}},
		"end":      {rsaPair, "_a1", SignOptions{End: true}},
		"no certs": {rsaPair, "_a1", SignOptions{KeyInfo: "<ds:KeyName>k</ds:KeyName>"}},
	}
	for _, m := range []string{RSASHA1, RSASHA224, RSASHA256, RSASHA384, RSASHA512} {
		cases[m] = c{rsaPair, "_a1", SignOptions{Method: m}}
	}
	for _, d := range []string{SHA1, SHA224, SHA256, SHA384, SHA512} {
		cases["digest "+d] = c{rsaPair, "_r1", SignOptions{Digest: d}}
	}
	for _, a := range []string{C14N, C14NComments, C14N11, C14N11Comments, Exclusive, ExclusiveComments} {
		for _, id := range []string{"_r1", "_a1", ""} {
			cases[id+" "+a] = c{rsaPair, id, SignOptions{Canonical: a}}
		}
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			c.o.Key, c.o.Certs = c.p.key, [][]byte{c.p.cert.Raw}
			signed, err := Sign([]byte(response), c.id, c.o)
			if err != nil {
				t.Fatal(err)
			}
			got := Verify(parseDoc(t, signed), c.p.trust())
			if len(got) != 1 || !got[0].Trusted() || got[0].By != ByConfigured {
				t.Errorf("%+v", got)
			}
			changed := bytes.Replace(signed, []byte("some data"), []byte("same data"), 1)
			if got := Verify(parseDoc(t, changed), c.p.trust()); got[0].Digests() != Bad || got[0].State != Good || got[0].Trusted() {
				t.Errorf("changed: %+v", got)
			}
		})
	}
}

// TestSignPlace: where the signature goes in, and that nothing else changes.
func TestSignPlace(t *testing.T) {
	for name, c := range map[string]struct{ doc, want string }{
		"behind Issuer": {`<a ID="x"><Issuer>i</Issuer><b/></a>`, `<a ID="x"><Issuer>i</Issuer>*<b/></a>`},
		"no Issuer":     {`<a ID="x"> <b/></a>`, `<a ID="x">* <b/></a>`},
		"end":           {`<a ID="x"><Issuer>i</Issuer><b/></a >`, `<a ID="x"><Issuer>i</Issuer><b/>*</a >`},
	} {
		out, err := Sign([]byte(c.doc), "x", SignOptions{Key: rsaKey(), End: name == "end"})
		if err != nil {
			t.Fatal(err)
		}
		if got := regexp.MustCompile(`<ds:Signature .*</ds:Signature>`).ReplaceAllString(string(out), "*"); got != c.want {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestSignRefuses(t *testing.T) {
	key := rsaKey()
	for name, c := range map[string]struct {
		doc, id string
		o       SignOptions
	}{
		"no XML": {"<a>", "", SignOptions{Key: key}}, "no such ID": {"<a> </a>", "x", SignOptions{Key: key}}, "no room": {`<a ID="x"/>`, "x", SignOptions{Key: key}},
		"no key": {"<a> </a>", "", SignOptions{}}, "other kind": {"<a> </a>", "", SignOptions{Key: key, Method: ECDSASHA256}}, "method": {"<a> </a>", "", SignOptions{Key: key, Method: "x"}},
		"digest": {"<a> </a>", "", SignOptions{Key: key, Digest: "x"}}, "HMAC": {"<a> </a>", "", SignOptions{Method: HMACSHA1}},
		"Latin-1": {"<?xml version='1.0' encoding='ISO-8859-1'?><a>\xe4</a>", "", SignOptions{Key: key}},
	} {
		if out, err := Sign([]byte(c.doc), c.id, c.o); err == nil {
			t.Errorf("%s: signed %s", name, out)
		} else if !strings.HasPrefix(err.Error(), "sign: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
