package all

// Signed and encrypted messages of cases are made when they are judged, with the keys of testdata/keys, so that the case file shows
// what the message says and what was done to it. The section "make" holds one step a line, for every message of the story that is
// XML, a request beside a response excepted:
//
//	sign ID                a signature over the element with that ID and in it ("." for the whole document, then in=ID), with
//	    by=KEY             the private key; idp without it
//	    cert=NAME,NAME     the certificates in KeyInfo; that of the key without it, "none" for none
//	    method=URI digest=URI canonical=URI prefixes=A,B also=ID in=ID end=yes transform=URI
//	encrypt PATH           the element of that path
//	    to=KEY data=URI transport=URI digest=URI mask=URI beside=yes astray=yes
//	replace A => B         in the text, every occurrence; \n is a line break
//	flat                   no white space between elements, as products send messages
//	indent                 white space between all elements
//	grow N                 white space before the last end tag, until there are so many bytes
//	wrap N                 the XSW attack of that number, about mallory in place of ann
//
// Elsewhere {keys/NAME.pem} stands for that certificate in base64, {NAME.xml} stands for the base64 text of the section NAME.xml once made, {NAME.xml|url} for the same in URL encoding.

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/ssoctl/ssoctl/internal/xmlsig"
)

// made gives a section with everything done to it that the story tells.
func (s story) made(t *testing.T, name string) []byte {
	t.Helper()
	data := s.files[name]
	if !strings.HasSuffix(name, ".xml") {
		return s.filled(t, data)
	}
	if _, answered := s.files["saml.response.xml"]; answered && strings.HasPrefix(name, "saml.request.") {
		return data
	}
	for line := range strings.Lines(string(s.files["make"])) {
		if line = strings.TrimSpace(line); line != "" {
			data = step(t, data, line)
		}
	}
	return data
}

var between = regexp.MustCompile(`>\s+<`)

var inserted = regexp.MustCompile(`\{([a-z.]+\.xml)(\|url)?\}`)

// filled puts made messages in where a text names them.
func (s story) filled(t *testing.T, data []byte) []byte {
	t.Helper()
	return inserted.ReplaceAllFunc(data, func(name []byte) []byte {
		m := inserted.FindSubmatch(name)
		if _, ok := s.files[string(m[1])]; !ok {
			t.Fatalf("there is no section %s", m[1])
		}
		text := base64.StdEncoding.EncodeToString(s.made(t, string(m[1])))
		if len(m[2]) > 0 {
			text = url.QueryEscape(text)
		}
		return []byte(text)
	})
}

var certificates = regexp.MustCompile(`\{(keys/[a-z]+\.pem)\}`)

// certified puts certificates in where the files of the story name them.
func (s story) certified(t *testing.T) {
	t.Helper()
	for name, data := range s.files {
		s.files[name] = certificates.ReplaceAllFunc(data, func(found []byte) []byte {
			file := strings.TrimPrefix(string(certificates.FindSubmatch(found)[1]), "keys/")
			return []byte(base64.StdEncoding.EncodeToString(keyFile(t, file)))
		})
	}
}

// step does one line of "make".
func step(t *testing.T, data []byte, line string) []byte {
	t.Helper()
	verb, rest, _ := strings.Cut(line, " ")
	words := strings.Fields(rest)
	with := map[string]string{}
	for _, w := range words {
		if k, v, ok := strings.Cut(w, "="); ok {
			with[k] = v
		}
	}
	var err error
	switch verb {
	case "sign":
		data, err = xmlsig.Sign(data, strings.TrimPrefix(words[0], "."), signOptions(t, with))
	case "encrypt":
		public := key(t, or(with["to"], "sp")).Public().(*rsa.PublicKey)
		data, err = xmlsig.Encrypt(data, words[0], xmlsig.EncryptOptions{To: public, Data: with["data"], Transport: with["transport"], Digest: with["digest"], Mask: with["mask"],
			Beside: with["beside"] != "", Astray: with["astray"] != ""})
	case "replace":
		a, b, ok := strings.Cut(rest, " => ")
		lines := strings.NewReplacer(`\n`, "\n")
		if !ok || !bytes.Contains(data, []byte(lines.Replace(a))) {
			t.Fatalf("nothing to replace: %s", line)
		}
		data = bytes.ReplaceAll(data, []byte(lines.Replace(a)), []byte(lines.Replace(b)))
	case "flat":
		data = between.ReplaceAll(bytes.TrimSpace(data), []byte("><"))
	case "indent":
		data = bytes.ReplaceAll(data, []byte("><"), []byte(">\n  <"))
	case "grow":
		n, convErr := strconv.Atoi(words[0])
		end := bytes.LastIndex(data, []byte("</"))
		if err = convErr; err == nil {
			data = slices.Concat(data[:end], bytes.Repeat([]byte(" "), n-len(data)), data[end:])
		}
	case "wrap":
		data = wrap(t, string(data), words[0])
	default:
		t.Fatalf("unknown step %q", line)
	}
	if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	return data
}

func signOptions(t *testing.T, with map[string]string) xmlsig.SignOptions {
	t.Helper()
	by := or(with["by"], "idp")
	o := xmlsig.SignOptions{Key: key(t, by), Method: with["method"], Digest: with["digest"], Canonical: with["canonical"], In: with["in"], End: with["end"] != ""}
	for _, name := range strings.Split(or(with["cert"], by), ",") {
		if name != "none" {
			o.Certs = append(o.Certs, keyFile(t, name+".pem"))
		}
	}
	if strings.Contains(o.Method, "hmac") {
		o.Secret = o.Certs[0]
	}
	if with["also"] != "" {
		o.Also = strings.Split(with["also"], ",")
	}
	if with["prefixes"] != "" {
		o.Prefixes = strings.Split(with["prefixes"], ",")
	}
	if with["transform"] != "" {
		o.Extra = `<ds:Transform Algorithm="` + with["transform"] + `"></ds:Transform>`
	}
	if with["keyinfo"] != "" {
		o.Certs, o.KeyInfo = nil, `<x:`+with["keyinfo"]+` xmlns:x="urn:example:unknown"></x:`+with["keyinfo"]+`>`
	}
	return o
}

func or(a, b string) string {
	if a == "" {
		return b
	}
	return a
}

// keyFile reads one of testdata/keys: the DER form.
func keyFile(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(root + "keys/" + name)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(b)
	if block == nil {
		t.Fatalf("%s is no PEM", name)
	}
	return block.Bytes
}

func key(t *testing.T, name string) crypto.Signer {
	t.Helper()
	k, err := x509.ParsePKCS8PrivateKey(keyFile(t, name+".key"))
	if err != nil {
		t.Fatal(err)
	}
	return k.(crypto.Signer)
}

// wrap puts a signed message together in one of the eight published ways (SIG009). Those that need a signed response are 1 and 2.
func wrap(t *testing.T, text, number string) []byte {
	t.Helper()
	const assertionEnd, signatureEnd, issuerEnd = "</saml:Assertion>", "</ds:Signature>", "</saml:Issuer>"
	cut := func(s, start, end string) (before, part, after string) {
		i := strings.Index(s, start)
		j := strings.Index(s, end)
		if i < 0 || j < i {
			t.Fatalf("wrap: there is no %s", start)
		}
		return s[:i], s[i : j+len(end)], s[j+len(end):]
	}
	into := func(s, end, more string) string { return strings.Replace(s, end, more+end, 1) }
	forged := func(s string) string {
		return strings.NewReplacer("ann@acme.com", "mallory@acme.com", ` ID="`, ` ID="_forged`).Replace(s)
	}
	head, assertion, tail := cut(text, "<saml:Assertion ", assertionEnd)
	before, sig, after := cut(text, "<ds:Signature ", signatureEnd)
	whole := before + after // the message without its signature
	evil, bare := "", ""
	if number != "1" && number != "2" {
		a, _, b := cut(assertion, "<ds:Signature ", signatureEnd)
		bare = a + b
		evil = forged(bare)
	}
	signedEvil := func(inside string) string {
		return strings.Replace(evil, issuerEnd, issuerEnd+into(sig, signatureEnd, inside), 1)
	}
	switch number {
	case "1":
		return []byte(into(forged(text), signatureEnd, whole))
	case "2":
		return []byte(strings.Replace(forged(text), "<ds:Signature ", whole+"<ds:Signature ", 1))
	case "3":
		return []byte(head + evil + assertion + tail)
	case "4":
		return []byte(head + into(evil, assertionEnd, assertion) + tail)
	case "5":
		return []byte(head + signedEvil("") + bare + tail)
	case "6":
		return []byte(head + signedEvil(bare) + tail)
	case "7":
		return []byte(strings.Replace(head, issuerEnd, issuerEnd+"<samlp:Extensions>"+evil+"</samlp:Extensions>", 1) + assertion + tail)
	case "8":
		return []byte(head + signedEvil("<ds:Object>"+bare+"</ds:Object>") + tail)
	}
	t.Fatalf("there is no attack %s", number)
	return nil
}
