package lab_test

import (
	"bytes"
	"compress/flate"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"testing"

	"github.com/ssoctl/ssoctl/internal/lab"
	"github.com/ssoctl/ssoctl/internal/xmlsig"
	"github.com/ssoctl/ssoctl/internal/xmltree"
)

const requestID = "_request-of-the-test"

// authn is an AuthnRequest as the SP of the connection sends it; attrs are further attributes, more what follows the Issuer.
func authn(l *lab.Lab, attrs, more string) string {
	return fmt.Sprintf(`<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID=%q Version="2.0" IssueInstant="2026-06-01T12:00:00Z" `+
		`Destination=%q AssertionConsumerServiceURL=%q ProtocolBinding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" %s><saml:Issuer>%s</saml:Issuer>%s</samlp:AuthnRequest>`,
		requestID, l.SSOURL, l.ACSURL, attrs, l.SPEntityID, more)
}

// deflate is the encoding of the HTTP-Redirect binding.
func deflate(t testing.TB, text string) string {
	t.Helper()
	var b bytes.Buffer
	z, err := flate.NewWriter(&b, flate.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	z.Write([]byte(text))
	z.Close()
	return base64.StdEncoding.EncodeToString(b.Bytes())
}

// ask sends a request by HTTP-Redirect.
func (b browser) ask(t *testing.T, request string) reply {
	t.Helper()
	return b.get(t, b.lab.SSOURL+"?"+url.Values{"SAMLRequest": {deflate(t, request)}, "RelayState": {"/deep/link?a=b&c=d"}}.Encode())
}

// askByPost sends it by HTTP-POST.
func (b browser) askByPost(t *testing.T, request string) reply {
	t.Helper()
	return b.post(t, b.lab.SSOURL, url.Values{"SAMLRequest": {base64.StdEncoding.EncodeToString([]byte(request))}, "RelayState": {"/deep/link?a=b&c=d"}}, "", "")
}

var action = regexp.MustCompile(`<form id="answer" method="(\w+)" action="([^"]*)">`)

// form is the form that submits itself: its action and fields.
func (r reply) form(t *testing.T) (to string, fields url.Values) {
	t.Helper()
	m := action.FindStringSubmatch(r.body)
	if r.status != http.StatusOK || m == nil || m[1] != "post" {
		t.Fatalf("no form: %d %s", r.status, r.body)
	}
	fields = url.Values{}
	for _, f := range input.FindAllStringSubmatch(r.body, -1) {
		fields.Add(html.UnescapeString(f[1]), html.UnescapeString(f[2]))
	}
	return html.UnescapeString(m[2]), fields
}

// response is the message in a form.
func (r reply) response(t *testing.T) *xmltree.Doc {
	t.Helper()
	_, fields := r.form(t)
	raw, err := base64.StdEncoding.DecodeString(fields.Get("SAMLResponse"))
	if err != nil {
		t.Fatal(err)
	}
	return parse(t, raw)
}

func parse(t *testing.T, raw []byte) *xmltree.Doc {
	t.Helper()
	doc, err := xmltree.Parse("", raw)
	if err != nil {
		t.Fatalf("%v in %s", err, raw)
	}
	return doc
}

// enter fills the login form of an answer.
func (b browser) enter(t *testing.T, page reply, user string) reply {
	t.Helper()
	m := input.FindStringSubmatch(page.body)
	if page.status != http.StatusOK || m == nil {
		t.Fatalf("no login form: %d %s", page.status, page.body)
	}
	return b.post(t, b.lab.Issuer+"/login", url.Values{html.UnescapeString(m[1]): {html.UnescapeString(m[2])}, "username": {user}, "password": {b.lab.Password}}, "", "")
}

// trust is what an SP has that took the signing certificates from the metadata.
func trust(t *testing.T, l *lab.Lab) xmlsig.Trust {
	t.Helper()
	var out xmlsig.Trust
	doc, err := xmltree.Parse("", l.SAMLMetadata())
	if err != nil {
		return out
	}
	const md = "urn:oasis:names:tc:SAML:2.0:metadata"
	doc.Root.Walk(func(e *xmltree.Element) bool {
		if e.Is(md, "KeyDescriptor") && e.Attr("use") == "signing" {
			if c := e.Find(xmlsig.DSig, "X509Certificate"); c != nil {
				if key, ok := keyOf(c.Value()); ok {
					out.Metadata = append(out.Metadata, key)
				}
			}
		}
		return true
	})
	return out
}

var blank = regexp.MustCompile(`\s`)

// keyOf reads a certificate in base64.
func keyOf(text string) (xmlsig.Key, bool) {
	der, err := base64.StdEncoding.DecodeString(blank.ReplaceAllString(text, ""))
	if err != nil {
		return xmlsig.Key{}, false
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return xmlsig.Key{}, false
	}
	return xmlsig.Key{Cert: c, Public: c.PublicKey, Raw: der}, true
}

// spKey is the SP's private key.
func spKey(t *testing.T, l *lab.Lab) *rsa.PrivateKey {
	t.Helper()
	private, _ := l.SPKeys()
	block, _ := pem.Decode([]byte(private))
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return key.(*rsa.PrivateKey)
}

func base64Of(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

// certificateOf is the SP's certificate in base64.
func certificateOf(t *testing.T, l *lab.Lab) string {
	t.Helper()
	_, text := l.SPKeys()
	block, _ := pem.Decode([]byte(text))
	return base64.StdEncoding.EncodeToString(block.Bytes)
}
