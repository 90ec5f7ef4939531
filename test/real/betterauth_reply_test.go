package real_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ssoctl/ssoctl/internal/lab"
	"github.com/ssoctl/ssoctl/internal/xmlsig"
)

// pair is a key with its certificate.
type pair struct {
	key crypto.Signer
	der []byte
}

// pairs are the keys of an identity provider of which the tests hold everything.
type pairs struct{ rsa, renewed, other, expired, ec pair }

func newPairs(t *testing.T) *pairs {
	t.Helper()
	key := func(k crypto.Signer, err error) crypto.Signer {
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	made := func(k crypto.Signer, fromDays, toDays int) pair {
		template := &x509.Certificate{SerialNumber: serial(t), Subject: pkix.Name{CommonName: "signing"}, NotBefore: time.Now().AddDate(0, 0, fromDays), NotAfter: time.Now().AddDate(0, 0, toDays)}
		der, err := x509.CreateCertificate(rand.Reader, template, template, k.Public(), k)
		if err != nil {
			t.Fatal(err)
		}
		return pair{k, der}
	}
	first, second := key(rsa.GenerateKey(rand.Reader, 2048)), key(rsa.GenerateKey(rand.Reader, 2048))
	return &pairs{rsa: made(first, -1, 900), renewed: made(first, -2, 800), other: made(second, -1, 900), expired: made(first, -900, -5),
		ec: made(key(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)), -1, 900)}
}

// reply is a response in the making: the healthy one of the lab without signatures, in which only the first user's values are.
type reply struct {
	*pairs
	t    *testing.T
	lab  *lab.Lab
	text string
	now  time.Time
	held [][]byte // certificates of the metadata, in DER
	sp   *rsa.PublicKey
}

func newReply(t *testing.T, p *pairs, l *lab.Lab, text string, now time.Time) *reply {
	t.Helper()
	_, cert := l.SPKeys()
	block, _ := pem.Decode([]byte(cert))
	c, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return &reply{pairs: p, t: t, lab: l, text: text, now: now, held: [][]byte{p.rsa.der}, sp: c.PublicKey.(*rsa.PublicKey)}
}

// metadata is that of the lab's identity provider with the certificates that are held.
func (r *reply) metadata() []byte {
	var keys strings.Builder
	for _, der := range r.held {
		fmt.Fprintf(&keys, `<md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>%s</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>`,
			base64.StdEncoding.EncodeToString(der))
	}
	return fmt.Appendf(nil, `<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="%s"><md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">%s`+
		`<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="%s"/></md:IDPSSODescriptor></md:EntityDescriptor>`, r.lab.EntityID, &keys, r.lab.SSOURL)
}

var idLike = map[string]*regexp.Regexp{
	"Response": regexp.MustCompile(`<samlp:Response [^>]*\bID="([^"]+)"`), "Assertion": regexp.MustCompile(`<saml:Assertion [^>]*\bID="([^"]+)"`),
}

// sign signs the Response or the Assertion; without further options with the RSA key, its certificate beside it.
func (r *reply) sign(element string, change ...func(o *xmlsig.SignOptions)) {
	r.t.Helper()
	id := idLike[element].FindStringSubmatch(r.text)
	if id == nil {
		r.t.Fatalf("no %s in %s", element, r.text)
	}
	o := xmlsig.SignOptions{Key: r.rsa.key, Certs: [][]byte{r.rsa.der}}
	for _, f := range change {
		f(&o)
	}
	out, err := xmlsig.Sign([]byte(r.text), id[1], o)
	if err != nil {
		r.t.Fatal(err)
	}
	r.text = string(out)
}

// with replaces one text of the response that must be there.
func (r *reply) with(old, new string) *reply {
	r.t.Helper()
	if !strings.Contains(r.text, old) {
		r.t.Fatalf("no %s in %s", old, r.text)
	}
	r.text = strings.Replace(r.text, old, new, 1)
	return r
}

// attribute gives an attribute of an element another value; an empty one leaves it out.
func (r *reply) attribute(element, name, value string) *reply {
	r.t.Helper()
	like := regexp.MustCompile(`(<` + element + `\b[^>]*?) ` + name + `="[^"]*"`)
	if !like.MatchString(r.text) {
		r.t.Fatalf("no %s in %s of %s", name, element, r.text)
	}
	if value != "" {
		value = " " + name + `="` + value + `"`
	}
	at := like.FindStringSubmatchIndex(r.text)
	r.text = r.text[:at[3]] + value + r.text[at[1]:]
	return r
}

// without leaves an element out.
func (r *reply) without(element string) *reply {
	r.t.Helper()
	like := regexp.MustCompile(`(?s)<` + element + `\b.*?</` + element + `>`)
	if !like.MatchString(r.text) {
		r.t.Fatalf("no %s in %s", element, r.text)
	}
	r.text = like.ReplaceAllString(r.text, "")
	return r
}

// in is an instant that many seconds from now, as SAML writes it.
func (r *reply) in(d time.Duration) string {
	return r.now.Add(d).UTC().Format("2006-01-02T15:04:05.000Z")
}

// encrypt encrypts the assertion for the SP.
func (r *reply) encrypt(change ...func(o *xmlsig.EncryptOptions)) {
	r.t.Helper()
	o := xmlsig.EncryptOptions{To: r.sp}
	for _, f := range change {
		f(&o)
	}
	out, err := xmlsig.Encrypt([]byte(r.text), "/samlp:Response/saml:Assertion", o)
	if err != nil {
		r.t.Fatal(err)
	}
	r.text = string(out)
}
