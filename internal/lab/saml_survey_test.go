package lab_test

import (
	"crypto/rsa"
	"fmt"
	"io"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ssoctl/ssoctl/internal/lab"
	"github.com/ssoctl/ssoctl/internal/xmlsig"
	"github.com/ssoctl/ssoctl/internal/xmltree"
)

// TestSAMLFaultsShow compares what each faulty SAML lab says with what a healthy one says: something must differ, and nothing on
// the sides that the fault is not about.
func TestSAMLFaultsShow(t *testing.T) {
	healthy := samlSurvey(t, "")
	if again := samlSurvey(t, ""); !maps.Equal(healthy, again) {
		for _, side := range differences(healthy, again) {
			t.Errorf("two healthy labs differ in %s:\n%s\n%s", side, healthy[side], again[side])
		}
		t.FailNow()
	}
	var mu sync.Mutex
	seen := map[string]string{}
	for _, f := range lab.Faults() {
		if f.Protocol != "saml" {
			continue
		}
		t.Run(f.Name, func(t *testing.T) {
			t.Parallel()
			survey := samlSurvey(t, f.Name)
			for side, text := range healthy { // what was left out, see samlSurvey
				if _, there := survey[side]; !there {
					survey[side] = text
				}
			}
			got := differences(healthy, survey)
			if len(got) == 0 {
				t.Fatal("nothing differs from a healthy lab")
			}
			for _, side := range samlUntouched(f) {
				if slices.Contains(got, side) {
					t.Errorf("%s differs too: %v\n%s\nhealthy:\n%s", side, got, survey[side], healthy[side])
				}
			}
			all := ""
			for _, side := range slices.Sorted(maps.Keys(survey)) {
				all += survey[side]
			}
			mu.Lock()
			defer mu.Unlock()
			if other, there := seen[all]; there && !strings.HasPrefix(f.Name, "NET") { // a survey does not tell silence from silence
				t.Errorf("it cannot be told from %s", other)
			}
			seen[all] = f.Name
		})
	}
}

// samlUntouched lists the parts of a survey that a fault must leave alone.
func samlUntouched(f lab.Fault) []string {
	switch strings.TrimRight(f.Code, "0123456789") {
	case "MD":
		if f.SP && f.Login {
			return []string{"metadata", "requests", "connection"}
		}
		if f.SP {
			return []string{"metadata", "requests", "passive", "granted", "delivery"}
		}
		if f.Code == "MD017" { // of another SP
			return nil
		}
		return []string{"sp"}
	case "CERT", "CFG":
		return []string{"sp"}
	case "AUTHZ":
		return []string{"metadata", "sp", "granted", "passive"}
	case "REQ":
		if f.Code == "REQ012" && f.Login { // the connection names the certificate that the SP signs with
			return []string{"metadata", "sp", "granted", "passive"}
		}
		if f.Login {
			return []string{"metadata", "sp", "granted", "passive", "connection"}
		}
		return []string{"metadata", "sp", "sent"}
	case "NET":
		return []string{"sp", "connection"}
	case "RSP", "AST", "ENC":
		if f.Name == "AST027-scheme" { // the SP has another name there
			return []string{"metadata", "requests"}
		}
		return []string{"metadata", "requests", "sp"}
	}
	if f.Code == "SIG005" {
		return []string{"requests", "sp", "connection"}
	}
	return []string{"metadata", "requests", "sp"}
}

// samlSurvey describes a SAML lab. What differs from one lab to the next by chance is left out.
func samlSurvey(t *testing.T, fault string) map[string]string {
	t.Helper()
	c := newClock()
	l := start(t, lab.Options{Protocol: "saml", Fault: fault, Now: c.now})
	defer l.Close()
	s := surveyor{t, newBrowser(t, l, c.now), c, l.Issuer}
	s.Timeout = patience(fault)
	if strings.HasPrefix(fault, "NET020") {
		s.Timeout = 100 * time.Millisecond
	}
	_, port, _ := strings.Cut(l.Addr, ":")
	checkConnection(t, l)
	known, key := trust(t, l), spKey(t, l)
	read := func(raw []byte) string { return described(raw, known, key) }
	found := map[string]string{
		"connection": certificates(l.Connection()),
		"metadata":   read(l.SAMLMetadata()),
		"sp":         read(l.SPMetadata()),
		"passive":    read(l.PassiveResponse(lab.ResponseOptions{InResponseTo: requestID})),
	}
	if !l.Fault.Login { // the others do not show without one
		found["requests"], found["served"] = s.requests(), s.fetch(l.MetadataURL)
		found["served"] = read([]byte(found["served"]))
	}
	first := l.Response(lab.ResponseOptions{InResponseTo: requestID})
	found["granted"], found["delivery"] = read(first), s.delivery(first)
	if fault == "" || l.Fault.Code == "RSP009" || l.Fault.Code == "AST045" { // they need a second one
		second := l.Response(lab.ResponseOptions{})
		found["unsolicited"] = read(second)
		if a, b := assertionID.FindSubmatch(first), assertionID.FindSubmatch(second); string(a[1]) == string(b[1]) {
			found["unsolicited"] += "the same assertion ID twice"
		}
	}
	address := l.Request("/deep/link?a=b")
	sent, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	found["sent"] = read(l.RequestXML())
	for _, name := range slices.Sorted(maps.Keys(sent.Query())) {
		value := sent.Query().Get(name)
		switch name {
		case "SAMLRequest": // random, but that "<" is encoded otherwise than the beginning of what is deflated
			value = fmt.Sprint(len(value) > 4096, value[:1])
		case "Signature":
			value = ""
		}
		found["sent"] += fmt.Sprintln(name, value)
	}
	key64, _ := keyOf(certificateOf(t, l))
	if s := xmlsig.VerifyQuery(sent.RawQuery, xmlsig.Trust{Configured: []xmlsig.Key{key64}}); s != nil {
		found["sent"] += fmt.Sprintln(s.State, s.Altered, s.Method)
	}
	for k, v := range found {
		found[k] = strings.ReplaceAll(v, port, "PORT")
	}
	return found
}

var assertionID = regexp.MustCompile(`<saml:Assertion [^>]*\bID="([^"]*)"`)

// delivery describes how a message is carried; the message itself only by what it looks like from outside.
func (s surveyor) delivery(message []byte) string {
	d := s.lab.Deliver(message, "/deep/link?a=b")
	out := fmt.Sprintln(d.Method, d.Action, d.Fields.Get("RelayState"), slices.Sorted(maps.Keys(d.Fields)))
	for _, name := range []string{"SAMLResponse", "SamlResponse"} {
		v := d.Fields.Get(name)
		for _, mark := range []string{" ", "%", "<"} {
			out += fmt.Sprintln(name, "has", mark, strings.Contains(v, mark))
		}
		out += fmt.Sprintf("begins with %.12s\n", v)
	}
	return out
}

// requests describes the answers to requests of the connection's SP, as far as pages show them.
func (s surveyor) requests() string {
	out := ""
	l := s.lab
	entity := regexp.MustCompile(`entity_id: ([^ ,}]+)`).FindStringSubmatch(l.Connection())
	sso := regexp.MustCompile(`sso_url: "?([^ "\n]+)`).FindStringSubmatch(l.Connection())
	format := regexp.MustCompile(`name_id_format: "?([^ "\n]+)`).FindStringSubmatch(l.Connection())
	for _, attrs := range []string{"", `IsPassive="true"`} {
		text := authn(l, attrs, "")
		if entity != nil {
			text = strings.Replace(text, ">"+l.SPEntityID+"<", ">"+strings.Trim(entity[1], `"`)+"<", 1)
		}
		at := l.SSOURL
		if sso != nil {
			at = sso[1]
			text = strings.Replace(text, l.SSOURL, at, 1)
		}
		if format != nil {
			text = strings.Replace(text, "</samlp:AuthnRequest>", `<samlp:NameIDPolicy Format="`+format[1]+`"/></samlp:AuthnRequest>`, 1)
		}
		out += s.page(s.fetch(at + "?" + url.Values{"SAMLRequest": {deflate(s.t, text)}}.Encode()))
		if attrs != "" {
			break
		}
		res, err := s.Client.PostForm(at, url.Values{"SAMLRequest": {base64Of(text)}})
		if err != nil {
			out += silence
			continue
		}
		body, _ := io.ReadAll(io.LimitReader(res.Body, 1<<20))
		res.Body.Close()
		out += fmt.Sprintln(res.StatusCode, s.page(string(body)))
	}
	return out
}

var hiddenValue = regexp.MustCompile(`(name="(?:SAMLResponse|transaction)" value=")[^"]*`)

// page is a page without what chance decides.
func (s surveyor) page(text string) string {
	return hiddenValue.ReplaceAllString(nonces.ReplaceAllString(text, ""), "$1")
}

// What chance decides in a document.
var (
	randomID    = regexp.MustCompile(`[#">]_[A-Za-z0-9_-]{16,}`)
	randomValue = regexp.MustCompile(`(<(?:ds:DigestValue|ds:SignatureValue|xenc:CipherValue)>)[^<]*|(xenc:EncryptedKey [^>]*Id="|RetrievalMethod [^>]*URI=")[^"]*`)
	inXML       = regexp.MustCompile(`<ds:X509Certificate>([^<]*)<`)
	inYAML      = regexp.MustCompile(`(?s)-----BEGIN ([A-Z ]+)-----(.*?)-----END [A-Z ]+-----`)
	fingerprint = regexp.MustCompile(`(certificate_fingerprint: "?)([0-9A-Fa-f:]+)`)
)

// described is a document with its certificates in words, and what comes of its signatures and encrypted parts.
func described(raw []byte, known xmlsig.Trust, key *rsa.PrivateKey) string {
	text := string(raw)
	out := ""
	if at := strings.Index(text, "<"); at >= 0 {
		if doc, err := xmltree.Parse("", []byte(text[at:])); err != nil {
			out = "not well-formed: " + err.Error()
		} else {
			out = fmt.Sprintln("encoding", doc.Encoding, "doctype", doc.Doctype.Line > 0)
			opened, encrypted, err := xmlsig.Decrypt(doc, []*rsa.PrivateKey{key})
			for _, e := range encrypted {
				out += fmt.Sprintln(e.Path, e.State, e.Found, e.Holds, e.Data, e.Transport, err)
			}
			for i, d := range []*xmltree.Doc{doc, opened} {
				if i == 1 && d == doc {
					break
				}
				for _, s := range xmlsig.Verify(d, known) {
					out += fmt.Sprintln(s.Path, s.Method, s.Canonical, s.KeyInfo, s.State, s.By, s.Altered, s.Problem)
					for _, r := range s.References {
						out += fmt.Sprintln(r.Target, r.Matches, r.Transforms, r.Digest, r.State, r.Altered, r.Problem)
					}
				}
			}
		}
	}
	text = certificates(text)
	names := map[string]string{} // IDs by the order in which they come, so that one that comes twice is seen
	text = randomID.ReplaceAllStringFunc(text, func(id string) string {
		if names[id] == "" {
			names[id] = fmt.Sprint("ID ", len(names))
		}
		return names[id]
	})
	return out + randomValue.ReplaceAllString(text, "$1$2")
}

// certificates puts certificates into words.
func certificates(text string) string {
	text = inXML.ReplaceAllStringFunc(text, func(m string) string { return worded(inXML.FindStringSubmatch(m)[1]) + "<" })
	text = inYAML.ReplaceAllStringFunc(text, func(m string) string {
		found := inYAML.FindStringSubmatch(m)
		shape := fmt.Sprint(strings.Count(m, "\n") > 3, len(found[2])-len(blank.ReplaceAllString(found[2], "")))
		return found[1] + worded(found[2]) + shape
	})
	return fingerprint.ReplaceAllStringFunc(text, func(m string) string {
		return fmt.Sprint("fingerprint of ", len(m), " ", strings.Contains(m, "\":") || strings.Count(m, ":") > 2)
	})
}

func worded(text string) string {
	key, ok := keyOf(text)
	if !ok {
		return fmt.Sprintf("no certificate: %.27s, of whole groups %v", text, len(blank.ReplaceAllString(text, ""))%4 == 0)
	}
	c := key.Cert
	out := fmt.Sprintln(c.Subject, c.Issuer, c.PublicKeyAlgorithm, c.SignatureAlgorithm, c.NotBefore, c.NotAfter, c.KeyUsage, c.ExtKeyUsage, c.IsCA, c.DNSNames)
	if k, ok := c.PublicKey.(*rsa.PublicKey); ok {
		out += fmt.Sprintln(k.N.BitLen(), k.E, roca(k.N.Bytes()))
	}
	return out + strings.Map(func(r rune) rune { // what is around the base64
		if strings.ContainsRune("(<-", r) {
			return r
		}
		return -1
	}, text)
}
