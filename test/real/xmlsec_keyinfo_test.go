package real_test

import (
	"crypto/ecdsa"
	"encoding/base64"
	"regexp"
	"strings"

	"github.com/ssoctl/ssoctl/internal/xmlsig"
)

// keyInfos: what the signature says of its key. Each once for a receiver that holds the key and once for one that takes what comes.
func (m *maker) keyInfos() {
	k := m.keys
	other := base64.StdEncoding.EncodeToString(k.other.cert.Raw)
	both := func(name string, p template, change func(string) string) {
		doc := m.o.sign(m.t, k.rsa, p.String())
		if change != nil {
			doc = []byte(change(string(doc)))
		}
		m.add(variant{"KeyInfo", name, doc, k.rsa})
		m.add(variant{"KeyInfo", name + ", embedded only", doc, nil})
	}
	both("none", template{info: "none"}, nil)
	both("certificate", template{}, nil)
	both("certificate and the rest", template{info: "<ds:X509Data><ds:X509Certificate/><ds:X509SubjectName/><ds:X509IssuerSerial/><ds:X509SKI/></ds:X509Data>"}, nil)
	both("issuer and serial number", template{info: "<ds:X509Data><ds:X509IssuerSerial/></ds:X509Data>"}, nil)
	both("name", template{info: "<ds:KeyName>k</ds:KeyName>"}, nil)
	both("value", template{info: "<ds:KeyValue/>"}, nil)
	both("value and certificate", template{info: "<ds:KeyValue/>" + certificateWanted}, nil)
	both("another namespace", template{info: `<x:Hint xmlns:x="urn:x">k</x:Hint>`}, nil)
	both("reference to a token", template{info: `<wsse:SecurityTokenReference xmlns:wsse="urn:wsse"><wsse:KeyIdentifier>k</wsse:KeyIdentifier></wsse:SecurityTokenReference>`}, nil)
	one := "<ds:X509Certificate>" + other + "</ds:X509Certificate>"
	both("certificate of another key", template{info: "none"}, func(s string) string {
		return strings.Replace(s, "</ds:Signature>", "<ds:KeyInfo><ds:X509Data>"+one+"</ds:X509Data></ds:KeyInfo></ds:Signature>", 1)
	})
	both("two certificates, the other first", template{}, func(s string) string { return strings.Replace(s, "<ds:X509Data>", "<ds:X509Data>"+one, 1) })
	both("certificate cut off", template{}, func(s string) string {
		return regexp.MustCompile(`(?s)(<ds:X509Certificate>.{200}).*?(</ds:X509Certificate>)`).ReplaceAllString(s, "$1$2")
	})
	both("certificate in lines of CRLF", template{}, func(s string) string {
		return regexp.MustCompile(`(?s)<ds:X509Certificate>.*?</ds:X509Certificate>`).ReplaceAllStringFunc(s, func(c string) string { return strings.ReplaceAll(c, "\n", "\r\n   ") })
	})
	for name, key := range map[string]*signer{"EC value": k.ec256, "DSA value": k.dsa1024, "short RSA value": k.rsa768} {
		a := map[string]string{"EC value": xmlsig.ECDSASHA256, "DSA value": xmlsig.DSASHA1, "short RSA value": xmlsig.RSASHA256}[name]
		p := template{method: a, info: "<ds:KeyValue/>"}
		public, ec := key.trusted.Public.(*ecdsa.PublicKey)
		if ec { // which xmlsec1 does not write
			p.info = "none"
		}
		doc := m.o.sign(m.t, key, p.String())
		if ec {
			point, err := public.Bytes()
			if err != nil {
				m.t.Fatal(err)
			}
			doc = []byte(strings.Replace(string(doc), "</ds:Signature>", `<ds:KeyInfo><ds:KeyValue><e:ECKeyValue xmlns:e="`+xmlsig.DSig11+`"><e:NamedCurve URI="urn:oid:1.2.840.10045.3.1.7"/><e:PublicKey>`+
				base64.StdEncoding.EncodeToString(point)+`</e:PublicKey></e:ECKeyValue></ds:KeyValue></ds:KeyInfo></ds:Signature>`, 1))
		}
		m.add(variant{"KeyInfo", name, doc, key})
		m.add(variant{"KeyInfo", name + ", embedded only", doc, nil})
	}
}
