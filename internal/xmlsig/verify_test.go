package xmlsig

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"regexp"
	"strings"
	"testing"
	"unicode/utf16"
)

func b64(b []byte) string { return base64.StdEncoding.EncodeToString(b) }

func utf16le(s string) string {
	var b strings.Builder
	b.WriteString("\xff\xfe")
	for _, u := range utf16.Encode([]rune(strings.Replace(s, "UTF-8", "UTF-16", 1))) {
		b.Write([]byte{byte(u), byte(u >> 8)})
	}
	return b.String()
}

// TestChanges changes a signed document in ways that XML takes for nothing, and in others.
func TestChanges(t *testing.T) {
	p := newPair(t, rsaKey())
	signed := string(sign(t, []byte(response), "_r1", p))
	once := func(old, with string) func(string) string {
		return func(s string) string {
			if !strings.Contains(s, old) {
				t.Fatalf("%q is not there", old)
			}
			return strings.Replace(s, old, with, 1)
		}
	}
	for name, c := range map[string]struct {
		change func(string) string
		good   bool
	}{
		"nothing":                   {func(s string) string { return s }, true},
		"UTF-16":                    {utf16le, true},
		"byte order mark":           {func(s string) string { return "\xef\xbb\xbf" + s }, true},
		"CRLF":                      {func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }, true},
		"other quotes":              {once(`Version="2.0"`, `Version='2.0'`), true},
		"attributes in other order": {once(`b="2" a="1"`, `a="1"  b="2"`), true},
		"empty element written out": {once(`Success"/>`, `Success"></samlp:StatusCode>`), true},
		"character references":      {once("<saml:NameID>ann", "<saml:NameID>&#97;nn"), true},
		"CDATA":                     {once("<saml:NameID>ann", "<saml:NameID><![CDATA[ann]]>"), true},
		"unused namespace gone":     {once(` xmlns:unused="urn:u"`, ""), true},
		"comment in NameID":         {once("ann@<!-- c -->", "ann@<!-- other -->"), true},
		"comment gone":              {once("<!-- c -->", ""), true},
		"behind the root":           {once("<!-- behind -->", "<!-- x -->"), true},
		"line end in value":         {once("<ds:SignatureValue>", "<ds:SignatureValue>\n  "), true},
		"end tag with blank":        {once("</saml:NameID>", "</saml:NameID >"), true},
		"literal tab in attribute":  {once(`FriendlyName="a&#9;b`, "FriendlyName=\"a\tb"), false},
		"prefix renamed":            {func(s string) string { return strings.NewReplacer("xsi:", "xsj:", ":xsi=", ":xsj=").Replace(s) }, false},
		"blank in text":             {once("<saml:NameID>ann", "<saml:NameID> ann"), false},
		"blank between elements":    {once("<samlp:Status>", " <samlp:Status>"), false},
		"attribute added":           {once(`Version="2.0"`, `Version="2.0" Consent="x"`), false},
		"instruction changed":       {once("some data", "some  data"), false},
		"used namespace changed":    {once(`xmlns="urn:other"`, `xmlns="urn:another"`), false},
		"letter of the digest": {func(s string) string {
			return regexp.MustCompile(`<ds:DigestValue>.`).ReplaceAllString(s, "<ds:DigestValue>_")
		}, false},
		"letter case":          {once("<saml:NameID>ann", "<saml:NameID>Ann"), false},
		"reference to nowhere": {once(`URI="#_r1"`, `URI="#_r2"`), false},
		"method swapped":       {once(RSASHA256, RSASHA512), false},
	} {
		t.Run(name, func(t *testing.T) {
			text := c.change(signed)
			got := Verify(parseDoc(t, []byte(text)), p.trust())
			if len(got) != 1 || got[0].Trusted() != c.good {
				t.Errorf("wanted %v: %+v", c.good, got)
			}
		})
	}
}

// TestVerifyTellsApart is the decision on signatures: what differs is the digest, the key, or where the key comes from.
func TestVerifyTellsApart(t *testing.T) {
	ours, other := newPair(t, rsaKey()), newPair(t, otherRSA())
	compact := regexp.MustCompile(`>\s+<`).ReplaceAllString(response, "><")
	signed := string(sign(t, []byte(compact), "_a1", ours))
	bare := strings.Replace(signed, signed[strings.Index(signed, "<ds:KeyInfo>"):strings.Index(signed, "</ds:KeyInfo>")+len("</ds:KeyInfo>")], "", 1)
	indented := regexp.MustCompile(`>(<[^/!])`).ReplaceAllString(signed, ">\n  $1")
	one := []Key{ours.trusted()}
	for name, c := range map[string]struct {
		text          string
		trust         Trust
		digest, value State
		by, altered   string
	}{
		"configured":              {signed, Trust{Configured: one}, Good, Good, ByConfigured, ""},
		"configured and metadata": {signed, Trust{Configured: one, Metadata: one}, Good, Good, ByConfigured, ""},
		"rotation":                {signed, Trust{Configured: []Key{other.trusted()}, Metadata: []Key{other.trusted(), ours.trusted()}}, Good, Good, ByMetadata, ""},
		"embedded only":           {signed, other.trust(), Good, Good, ByEmbedded, ""},
		"unknown signer":          {bare, other.trust(), Good, Bad, "", ""},
		"nobody known":            {bare, Trust{}, Good, Bad, "", ""},
		"changed":                 {strings.Replace(signed, "ann@", "eve@", 1), ours.trust(), Bad, Good, ByConfigured, ""},
		"pretty-printed":          {indented, ours.trust(), Bad, Bad, "", "white space"},
		"value damaged":           {strings.Replace(signed, "<ds:SignatureValue>", "<ds:SignatureValue>AAAA", 1), ours.trust(), Good, Bad, "", ""},
		"value no base64":         {strings.Replace(signed, "<ds:SignatureValue>", "<ds:SignatureValue>*", 1), ours.trust(), Good, NotComputed, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := Verify(parseDoc(t, []byte(c.text)), c.trust)[0]
			if s.Digests() != c.digest || s.State != c.value || s.By != c.by {
				t.Errorf("%+v", s)
			}
			if c.altered != "" && (!strings.Contains(s.Altered, c.altered) || !strings.Contains(s.References[0].Altered, c.altered)) || c.altered == "" && s.Altered+s.References[0].Altered != "" {
				t.Errorf("altered: %q, %q", s.Altered, s.References[0].Altered)
			}
			if s.Trusted() != (c.digest == Good && (c.by == ByConfigured || c.by == ByMetadata)) {
				t.Error("trusted")
			}
		})
	}
}

func TestReferences(t *testing.T) {
	p := newPair(t, rsaKey())
	make := func(id string, o SignOptions) string {
		o.Key, o.Certs = p.key, [][]byte{p.cert.Raw}
		out, err := Sign([]byte(response), id, o)
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	assertion := make("_a1", SignOptions{})
	evil := strings.Replace(assertion, "<samlp:Status>", `<saml:Assertion ID="_a1"><saml:Issuer>x</saml:Issuer></saml:Assertion><samlp:Status>`, 1)
	wrapped := strings.Replace(assertion, "<samlp:Status>", `<saml:Assertion ID="_evil"><saml:Issuer>x</saml:Issuer></saml:Assertion><samlp:Status>`, 1)
	for name, c := range map[string]struct {
		text    string
		state   State
		target  string
		matches int
		problem string
	}{
		"plain":      {assertion, Good, assertionPath, 1, ""},
		"doubled ID": {evil, Good, assertionPath + "[2]", 2, ""},
		"wrapped":    {wrapped, Good, assertionPath + "[2]", 1, ""},
		"whole":      {make("", SignOptions{}), Good, "/", 1, ""},
		"elsewhere":  {make("_a1", SignOptions{In: "_r1"}), Good, assertionPath, 1, ""},
		"nowhere":    {strings.Replace(assertion, `URI="#_a1"`, `URI="#gone"`, 1), NotComputed, "", 0, `"gone"`},
		"no URI":     {strings.Replace(assertion, ` URI="#_a1"`, ``, 1), NotComputed, "", 0, "no URI"},
		"external":   {strings.Replace(assertion, `URI="#_a1"`, `URI="https://evil.example/x"`, 1), NotComputed, "", 0, "not fetched"},
		"file":       {strings.Replace(assertion, `URI="#_a1"`, `URI="file:///etc/passwd"`, 1), NotComputed, "", 0, "not fetched"},
		"pointer":    {strings.Replace(assertion, `URI="#_a1"`, `URI="#xpointer(//*)"`, 1), NotComputed, "", 0, "not computed"},
		"XPath":      {make("_a1", SignOptions{Extra: `<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116"><ds:XPath>true()</ds:XPath></ds:Transform>`}), NotComputed, assertionPath, 1, "REC-xpath"},
		"XSLT":       {make("_a1", SignOptions{Extra: `<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116"/>`}), NotComputed, assertionPath, 1, "REC-xslt"},
		"digest":     {strings.Replace(assertion, `DigestMethod Algorithm="`+SHA256, `DigestMethod Algorithm="urn:d`, 1), NotComputed, assertionPath, 1, `"urn:d"`},
		"short":      {strings.Replace(assertion, `DigestMethod Algorithm="`+SHA256, `DigestMethod Algorithm="`+SHA1, 1), NotComputed, assertionPath, 1, "32 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			s := Verify(parseDoc(t, []byte(c.text)), p.trust())[0]
			r := s.References[0]
			if r.State != c.state || r.Target != c.target || r.Matches != c.matches || !strings.Contains(r.Problem, c.problem) || (c.problem == "") != (r.Problem == "") {
				t.Errorf("%+v", r)
			}
			if c.state == Good && (!s.Covers(c.target) || s.Covers("/samlp:Response") != (c.target == "/") || name == "wrapped" && s.Covers(assertionPath+"[1]")) {
				t.Error("what is covered")
			}
		})
	}
}

func TestMethods(t *testing.T) {
	ec := newPair(t, mustEC(elliptic.P256()))
	signed := string(sign(t, []byte(response), "_a1", ec))
	value := regexp.MustCompile(`<ds:SignatureValue>([^<]*)<`).FindStringSubmatch(signed)[1]
	doc := parseDoc(t, []byte(signed))
	info := doc.Root.Find(DSig, "SignedInfo")
	v := verifier{doc: doc, left: 1 << 20}
	text, err := v.text(form{algorithm: Exclusive}, info)
	if err != nil {
		t.Fatal(err)
	}
	asn1, err := ecdsa.SignASN1(rand.Reader, ec.key.(*ecdsa.PrivateKey), sum(digests[SHA256], text))
	if err != nil {
		t.Fatal(err)
	}
	s := Verify(parseDoc(t, []byte(strings.Replace(signed, value, b64(asn1), 1))), ec.trust())[0]
	if s.State != Bad || !strings.Contains(s.Altered, "ASN.1") {
		t.Errorf("value in ASN.1: %+v", s)
	}
	rsaPair := newPair(t, rsaKey())
	for _, m := range []string{PSSSHA1, PSSSHA256, PSSSHA384, PSSSHA512, RSAMD5} {
		out, err := Sign([]byte(response), "_a1", SignOptions{Key: rsaPair.key, Method: m})
		if err != nil {
			t.Fatal(err)
		}
		if s := Verify(parseDoc(t, out), rsaPair.trust())[0]; !s.Trusted() || s.Method != m {
			t.Errorf("%s: %+v", m, s)
		}
	}
	// The classic confusion: the public certificate taken for the secret of an HMAC.
	out, err := Sign([]byte(response), "_a1", SignOptions{Secret: rsaPair.cert.Raw, Certs: [][]byte{rsaPair.cert.Raw}, Method: HMACSHA256})
	if err != nil {
		t.Fatal(err)
	}
	if s := Verify(parseDoc(t, out), rsaPair.trust())[0]; s.State != NotComputed || s.Intact() || !strings.Contains(s.Problem, "HMAC") {
		t.Errorf("HMAC: %+v", s)
	}
	if s := Verify(parseDoc(t, []byte(signed)), rsaPair.trust())[0]; s.By != ByEmbedded {
		t.Errorf("a key of another kind: %+v", s)
	}
}

// TestBounds: what costs too much is told, not computed.
func TestBounds(t *testing.T) {
	p := newPair(t, rsaKey())
	one := string(sign(t, []byte(`<a ID="x"><b/></a>`), "x", p))
	sig := one[strings.Index(one, "<ds:Signature "):strings.Index(one, "<b/>")]
	many := Verify(parseDoc(t, []byte(`<a ID="x">`+strings.Repeat(sig, 150)+`<b/></a>`)), p.trust())
	if len(many) != maxSignatures+1 || many[maxSignatures].State != NotComputed || !strings.Contains(many[maxSignatures].Problem, "more than 100") {
		t.Errorf("%d signatures: %+v", len(many), many[len(many)-1])
	}
	ref := sig[strings.Index(sig, "<ds:Reference"):strings.Index(sig, "</ds:SignedInfo>")]
	big := `<a ID="x">` + strings.Replace(sig, ref, strings.Repeat(ref, 40), 1) + "<b>" + strings.Repeat("x", 1<<20) + "</b></a>"
	s := Verify(parseDoc(t, []byte(big)), p.trust())[0]
	if len(s.References) != maxReferences+1 || s.References[maxReferences].State != NotComputed {
		t.Errorf("%d references", len(s.References))
	}
	stopped := false
	for _, r := range s.References {
		stopped = stopped || strings.Contains(r.Problem, "more than is computed")
	}
	if !stopped || s.Intact() {
		t.Errorf("hashing 40 times a megabyte was not ended: %+v", s)
	}
	for name, text := range map[string]string{
		"empty": `<ds:Signature xmlns:ds="` + DSig + `"/>`, "no method": `<ds:Signature xmlns:ds="` + DSig + `"><ds:SignedInfo/></ds:Signature>`,
	} {
		if got := Verify(parseDoc(t, []byte(text)), p.trust()); len(got) != 1 || got[0].State != NotComputed || got[0].Problem == "" || got[0].Intact() || got[0].Digests() != NotComputed {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestCovers(t *testing.T) {
	s := Signature{Path: "/a/ds:Signature", State: Good, By: ByConfigured, References: []Reference{{Target: "/a/b[1]", State: Good}}}
	for path, want := range map[string]bool{"/a/b[1]": true, "/a/b[1]/c": true, "/a/b[1]x": false, "/a/b[10]": false, "/a/b": false, "/a": false, "/": false, "": false} {
		if s.Covers(path) != want {
			t.Errorf("%q: %v", path, !want)
		}
	}
	s.References = append(s.References, Reference{Target: "/x", State: Bad})
	if s.Covers("/a/b[1]") || s.Intact() {
		t.Error("one digest differs")
	}
}
