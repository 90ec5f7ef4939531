package lab_test

import (
	"bytes"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/ssoctl/ssoctl/internal/lab"
	"github.com/ssoctl/ssoctl/internal/xmlsig"
	"github.com/ssoctl/ssoctl/internal/xmltree"
)

const (
	nsP = "urn:oasis:names:tc:SAML:2.0:protocol"
	nsA = "urn:oasis:names:tc:SAML:2.0:assertion"
)

func samlLab(t *testing.T, fault string) (*lab.Lab, browser, *clock) {
	t.Helper()
	c := newClock()
	l := start(t, lab.Options{Protocol: "saml", Fault: fault, Now: c.now})
	return l, newBrowser(t, l, c.now), c
}

// covered checks that a document has just the signatures of some elements, each good by a key of the metadata.
func covered(t *testing.T, doc *xmltree.Doc, trust xmlsig.Trust, paths ...string) {
	t.Helper()
	found := xmlsig.Verify(doc, trust)
	if len(found) != len(paths) {
		t.Fatalf("%d signatures, want those of %v", len(found), paths)
	}
	for i, s := range found {
		if !s.Trusted() || !s.Covers(paths[i]) || s.Method != xmlsig.RSASHA256 || s.References[0].Digest != xmlsig.SHA256 {
			t.Errorf("signature of %s: %+v", paths[i], s)
		}
	}
}

func TestSAMLMetadata(t *testing.T) {
	l, b, _ := samlLab(t, "")
	r := b.get(t, l.MetadataURL)
	if r.status != http.StatusOK || r.header.Get("Content-Type") != "application/samlmetadata+xml" || r.body != string(l.SAMLMetadata()) {
		t.Fatalf("%d %v", r.status, r.header)
	}
	doc := parse(t, []byte(r.body))
	if doc.Root.Attr("entityID") != l.EntityID {
		t.Errorf("entityID is %q, want %q", doc.Root.Attr("entityID"), l.EntityID)
	}
	covered(t, doc, trust(t, l), "/md:EntityDescriptor")
	doc.Root.Walk(func(e *xmltree.Element) bool {
		for _, address := range []string{e.Attr("Location"), e.Attr("errorURL"), map[bool]string{true: e.Value()}[e.Local == "Logo"]} {
			if address != "" && b.get(t, address).status == http.StatusNotFound {
				t.Errorf("%s names %s, where nothing is", e.Path(), address)
			}
		}
		return true
	})
	if got := b.get(t, l.Issuer+"/.well-known/openid-configuration"); got.status != http.StatusOK {
		t.Errorf("the OpenID side answers %d", got.status)
	}
	sp := parse(t, l.SPMetadata())
	if acs := sp.Root.Find("urn:oasis:names:tc:SAML:2.0:metadata", "AssertionConsumerService"); acs.Attr("Location") != l.ACSURL || sp.Root.Attr("entityID") != l.SPEntityID {
		t.Errorf("the SP's metadata is %s", l.SPMetadata())
	}
}

// TestNoSAML: a lab of the other protocol has nothing of it.
func TestNoSAML(t *testing.T) {
	l := start(t, lab.Options{})
	private, certificate := l.SPKeys()
	if l.SAMLMetadata() != nil || l.SPMetadata() != nil || l.Response(lab.ResponseOptions{}) != nil || l.PassiveResponse(lab.ResponseOptions{}) != nil || l.EntityID+private+certificate != "" {
		t.Error("a lab that speaks no SAML has parts of it")
	}
	if r := newBrowser(t, l, time.Now).get(t, l.Issuer+"/saml/metadata"); r.status != http.StatusNotFound {
		t.Errorf("metadata is answered with %d", r.status)
	}
}

func TestSAMLResponse(t *testing.T) {
	l, _, c := samlLab(t, "")
	for _, in := range []lab.ResponseOptions{{InResponseTo: requestID}, {}, {User: "bob@lab.example", Now: c.now().Add(time.Hour)}} {
		doc := parse(t, l.Response(in))
		covered(t, doc, trust(t, l), "/samlp:Response", "/samlp:Response/saml:Assertion")
		data := doc.Root.Find(nsA, "SubjectConfirmationData")
		if doc.Root.Attr("Destination") != l.ACSURL || data.Attr("Recipient") != l.ACSURL || doc.Root.Attr("InResponseTo") != in.InResponseTo || data.Attr("InResponseTo") != in.InResponseTo ||
			doc.Root.Find(nsA, "Audience").Value() != l.SPEntityID || doc.Root.Child(nsA, "Issuer").Value() != l.EntityID {
			t.Errorf("%+v: %s", in, doc.Raw)
		}
		if !in.Now.IsZero() && (doc.Root.Attr("IssueInstant") != "2026-06-01T13:00:00.000Z" || doc.Root.Find(nsA, "NameID").Value() != "bob@lab.example") {
			t.Errorf("%+v: %s", in, doc.Raw)
		}
	}
	passive := parse(t, l.PassiveResponse(lab.ResponseOptions{InResponseTo: requestID}))
	covered(t, passive, trust(t, l), "/samlp:Response")
	if l.Response(lab.ResponseOptions{User: "nobody"}) != nil {
		t.Error("an unknown user gets a response")
	}
}

// TestSAMLLogin goes the whole way: passive, form, session, forced, by both bindings, begun at the identity provider, out.
func TestSAMLLogin(t *testing.T) {
	l, b, c := samlLab(t, "")
	passive := authn(l, `IsPassive="true"`, "")
	none := b.ask(t, passive).response(t)
	if code := none.Root.Find(nsP, "StatusCode").Child(nsP, "StatusCode"); !strings.HasSuffix(code.Attr("Value"), ":NoPassive") || none.Root.Child(nsA, "Assertion") != nil {
		t.Fatalf("the passive answer is %s", none.Raw)
	}
	page := b.ask(t, authn(l, "", ""))
	if wrong := b.post(t, l.Issuer+"/login", url.Values{"transaction": {"x"}}, "", ""); wrong.status != http.StatusBadRequest {
		t.Errorf("a form that nobody showed: %d", wrong.status)
	}
	answer := b.enter(t, page, "ann@lab.example")
	to, fields := answer.form(t)
	if to != l.ACSURL || fields.Get("RelayState") != "/deep/link?a=b&c=d" {
		t.Errorf("the form goes to %q with %v", to, fields)
	}
	doc := answer.response(t)
	covered(t, doc, trust(t, l), "/samlp:Response", "/samlp:Response/saml:Assertion")
	statement := doc.Root.Find(nsA, "AuthnStatement").Attr("AuthnInstant")
	c.advance(time.Minute)
	again := b.ask(t, passive).response(t)
	if doc.Root.Attr("InResponseTo") != requestID || again.Root.Find(nsA, "AuthnStatement").Attr("AuthnInstant") != statement {
		t.Errorf("the session is not used: %s", again.Raw)
	}
	if r := b.askByPost(t, authn(l, `ForceAuthn="true"`, "")); !strings.Contains(r.body, `id="login"`) {
		t.Errorf("ForceAuthn is answered with %s", r.body)
	}
	persistent := b.askByPost(t, authn(l, "", `<samlp:NameIDPolicy Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"/>`)).response(t)
	if id := persistent.Root.Find(nsA, "NameID"); id.Value() != "lab-1001" || !strings.HasSuffix(id.Attr("Format"), ":persistent") {
		t.Errorf("NameID is %s", id.Source())
	}
	began := b.get(t, l.Issuer+"/saml/init?"+url.Values{"sp": {l.SPEntityID}, "RelayState": {"/start"}}.Encode())
	if _, fields := began.form(t); began.response(t).Root.Has("InResponseTo") || fields.Get("RelayState") != "/start" {
		t.Error("a login that the identity provider began answers a request")
	}
	out := `<samlp:LogoutRequest xmlns:samlp="` + nsP + `" ID="_out" Version="2.0" IssueInstant="2026-06-01T12:00:00Z"/>`
	bye := b.get(t, l.Issuer+"/saml/slo?"+url.Values{"SAMLRequest": {deflate(t, out)}}.Encode()).response(t)
	covered(t, bye, trust(t, l), "/samlp:LogoutResponse")
	if bye.Root.Attr("InResponseTo") != "_out" || b.ask(t, passive).response(t).Root.Child(nsA, "Assertion") != nil {
		t.Error("the session did not end")
	}
}

func TestSAMLRefusals(t *testing.T) {
	change := func(old, new string) func(*lab.Lab) string {
		return func(l *lab.Lab) string { return strings.Replace(authn(l, "", ""), old, new, 1) }
	}
	healthy := change("", "")
	for _, x := range []struct {
		fault   string
		request func(*lab.Lab) string
		text    string
	}{
		{"", change(">urn:lab:app<", ">urn:lab:ap<"), "service provider is not known"},
		{"", change("/saml/acs", "/saml/acs/"), "assertion consumer service is not registered"},
		{"", change("/saml/sso", "/saml/sso/"), "Destination of the AuthnRequest"},
		{"", change("HTTP-POST", "HTTP-Artifact"), "ProtocolBinding is not"},
		{"", change("><saml:Issuer", ` AssertionConsumerServiceIndex="0"><saml:Issuer`), "stands beside"},
		{"", change("<saml:Issuer>urn:lab:app</saml:Issuer>", ""), "has no Issuer"},
		{"", change("</samlp:AuthnRequest>", `<samlp:NameIDPolicy Format="urn:oasis:names:tc:SAML:2.0:nameid-format:kerberos"/></samlp:AuthnRequest>`), "is not given to this service provider"},
		{"", change("AuthnRequest", "AttributeQuery"), "not well-formed"},
		{"", func(*lab.Lab) string { return "<a/>" }, "it is no AuthnRequest"},
		{"AUTHZ032-sp", healthy, "service provider is disabled"},
		{"AUTHZ033-sp", healthy, "tenant is switched off"},
		{"AUTHZ034-oidc", healthy, "registered for OpenID Connect"},
		{"MD015", healthy, "takes HTTP-POST alone"},
		{"REQ012", healthy, "has to be signed"},
		{"REQ009", change("</samlp:AuthnRequest>", `<samlp:NameIDPolicy Format="urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"/></samlp:AuthnRequest>`), "is not given"},
	} {
		l, b, _ := samlLab(t, x.fault)
		r := b.ask(t, x.request(l))
		if r.status != http.StatusBadRequest && r.status != http.StatusForbidden || !strings.Contains(r.body, x.text) {
			t.Errorf("%s %q: %d %s", x.fault, x.text, r.status, r.body)
		}
	}
	l, b, _ := samlLab(t, "MD016")
	if r := b.askByPost(t, authn(l, "", "")); !strings.Contains(r.body, "takes HTTP-Redirect alone") {
		t.Errorf("HTTP-POST is answered with %s", r.body)
	}
	if r := b.get(t, l.Issuer+"/saml/init?sp=urn:lab:other"); r.status != http.StatusBadRequest {
		t.Errorf("another SP gets %d", r.status)
	}
}

// TestSignedRequests: where signed requests are demanded, those of the SP are taken by both bindings, and no others.
func TestSignedRequests(t *testing.T) {
	l, b, _ := samlLab(t, "REQ012")
	_, certificate := l.SPKeys()
	text := authn(l, `IsPassive="true"`, "")
	relay := "/deep/link"
	query, err := xmlsig.SignQuery("SAMLRequest", deflate(t, text), &relay, spKey(t, l), "")
	if err != nil {
		t.Fatal(err)
	}
	b.get(t, l.SSOURL+"?"+query).form(t)
	signed, err := xmlsig.Sign([]byte(text), requestID, xmlsig.SignOptions{Key: spKey(t, l)})
	if err != nil {
		t.Fatal(err)
	}
	b.askByPost(t, string(signed)).form(t)
	for _, r := range []reply{
		b.get(t, l.SSOURL+"?"+strings.Replace(query, "deep", "high", 1)),
		b.askByPost(t, strings.Replace(string(signed), `IsPassive="true"`, `IsPassive="false"`, 1)),
	} {
		if r.status != http.StatusBadRequest || !strings.Contains(r.body, "does not verify") {
			t.Errorf("%d %s in spite of %s", r.status, r.body, certificate)
		}
	}
}

// TestRequest: the lab takes its own SP's request, signed too, and refuses those that faults damage.
func TestRequest(t *testing.T) {
	for fault, taken := range map[string]bool{"": true, "REQ013": true, "REQ011": true, "REQ001": false, "REQ005": false, "REQ007": false, "REQ012-altered": false, "REQ012-case": false} {
		l, b, _ := samlLab(t, fault)
		if r := b.get(t, l.Request("/deep/link")); (r.status == http.StatusOK) != taken {
			t.Errorf("%q: %d %s", fault, r.status, r.body)
		}
	}
}

// TestSignatureFaults states what a computation of each faulty signature must give: the value, by whose key, the digests.
func TestSignatureFaults(t *testing.T) {
	for fault, want := range map[string]string{
		"MD047": "good metadata bad", "MD047-stranger": "good embedded good", "MD047-part": "good metadata good", "MD048": "good metadata good",
		"SIG001": "", "SIG003": "not_computed  good", "SIG004": "good embedded good", "SIG005": "good metadata good", "SIG006": "good metadata bad", "SIG006-encoding": "good metadata bad",
		"SIG007": "good metadata good", "SIG007-two": "good metadata good", "SIG008": "good metadata good", "SIG010": "good metadata not_computed", "SIG010-inclusive": "good metadata good", "SIG011": "good metadata good",
		"SIG015": "good metadata good", "SIG016": "not_computed  good", "SIG017": "bad  good", "SIG017-stranger": "bad  good",
		"SIG009-xsw1": "good metadata good", "SIG009-xsw2": "good metadata good", "SIG009-xsw3": "good metadata good", "SIG009-xsw4": "good metadata good",
		"SIG009-xsw5": "good metadata good", "SIG009-xsw6": "good metadata good", "SIG009-xsw7": "good metadata good", "SIG009-xsw8": "good metadata good",
		"CERT005": "good metadata good", "CERT006": "good metadata good", "CERT007": "good metadata good", "CERT009": "good metadata good", "AST042": "good metadata good",
	} {
		l, _, _ := samlLab(t, fault)
		text := l.Response(lab.ResponseOptions{InResponseTo: requestID})
		if strings.HasPrefix(fault, "MD") {
			text = l.SAMLMetadata()
		}
		doc := parse(t, text)
		found := xmlsig.Verify(doc, trust(t, l))
		if want == "" && len(found) > 0 || want != "" && len(found) == 0 {
			t.Errorf("%s: %d signatures", fault, len(found))
		}
		for _, s := range found {
			if got := string(s.State) + " " + s.By + " " + string(s.Digests()); got != want {
				t.Errorf("%s: signature %s is %q, want %q: %+v", fault, s.Path, got, want, s)
			}
		}
		if strings.HasPrefix(fault, "SIG009") && !strings.HasSuffix(fault, "7") { // there the forged one is beside the way
			read := doc.Root.Child(nsA, "Assertion")
			if strings.Contains(string(read.Source()[:200]), "_forged-") && found[0].Covers(read.Path()) {
				t.Errorf("%s: the assertion that is read is covered", fault)
			}
		}
	}
}

// TestHostileRequests: nothing of what can be sent makes the lab read without bound, fetch anything or fall over.
func TestHostileRequests(t *testing.T) {
	l, b, _ := samlLab(t, "")
	entities := `<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>`
	outside := `<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]>`
	deep := strings.Repeat("<a>", 5000) + strings.Repeat("</a>", 5000)
	for name, text := range map[string]string{
		"entities": entities + strings.Replace(authn(l, "", ""), "urn:lab:app", "&b;", 1), "outside": outside + strings.Replace(authn(l, "", ""), "urn:lab:app", "&x;", 1),
		"garbage": "\x00\xff\xfe not XML", "empty": "", "deep": deep, "bomb": strings.Repeat(" ", 64<<20),
	} {
		if r := b.get(t, l.SSOURL+"?"+url.Values{"SAMLRequest": {deflate(t, text)}}.Encode()); r.status != http.StatusBadRequest || !strings.Contains(r.body, "cannot be read") {
			t.Errorf("%s: %d %s", name, r.status, r.body)
		}
	}
	for name, query := range map[string]string{"none": "", "no base64": "SAMLRequest=%25%25", "not deflated": "SAMLRequest=" + url.QueryEscape(base64.StdEncoding.EncodeToString([]byte(authn(l, "", "")))),
		"twice": "SAMLRequest=x&SAMLRequest=y", "broken escape": "SAMLRequest=%zz"} {
		if r := b.get(t, l.SSOURL+"?"+query); r.status != http.StatusBadRequest {
			t.Errorf("%s: %d", name, r.status)
		}
	}
	large := bytes.Repeat([]byte("A"), 10<<20)
	r, err := http.NewRequest(http.MethodPost, l.SSOURL, bytes.NewReader(append([]byte("SAMLRequest="), large...)))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if res, err := b.Client.Do(r); err == nil { // the lab may also close the connection while the body is still being sent
		res.Body.Close()
		if res.StatusCode != http.StatusBadRequest {
			t.Errorf("10 MB are answered with %d", res.StatusCode)
		}
	}
	b.ask(t, authn(l, `IsPassive="true"`, "")).form(t)
}
