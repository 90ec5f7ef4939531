package evidence

import (
	"bytes"
	"strings"
	"testing"

	"github.com/ssoctl/ssoctl/internal/source"
	"github.com/ssoctl/ssoctl/internal/xmltree"
)

const canary = "Canary7"

// personalMessage has personal values in all places, and odd ways to write them; end stands where a line may end.
func personalMessage(end string) string {
	return strings.ReplaceAll(`<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_r1"><saml:Issuer>https://idp.example</saml:Issuer>⏎`+
		`<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:SignatureValue>⏎AAAA⏎BBBB⏎</ds:SignatureValue><ds:KeyInfo/></ds:Signature><saml:Assertion ID="_a1">⏎`+
		`<saml:Subject><saml:NameID Format="é">Canary7@example.com</saml:NameID><saml:SubjectConfirmation Method="m"><saml:SubjectConfirmationData Address="10.1.2.3 Canary7" Recipient="https://app.example/acs"/></saml:SubjectConfirmation></saml:Subject>⏎`+
		`<saml:AuthnStatement AuthnInstant="2026-01-01T00:00:00Z" SessionIndex='Canary7"x"' SessionNotOnOrAfter="2026-01-01T08:00:00Z"><saml:SubjectLocality Address="1" DNSName="Canary7.example"/></saml:AuthnStatement>`+
		`<saml:AttributeStatement><saml:Attribute Name="a"><saml:AttributeValue>Canary7</saml:AttributeValue><saml:AttributeValue>x &amp; Canary7 日本</saml:AttributeValue><saml:AttributeValue/><saml:AttributeValue>l</saml:AttributeValue></saml:Attribute>⏎`+
		`<saml:Attribute Name="b"><saml:AttributeValue>Canary7 one⏎  Canary7 two⏎</saml:AttributeValue><saml:AttributeValue>c</saml:AttributeValue><saml:AttributeValue>Canary7⏎ and⏎ more</saml:AttributeValue><saml:AttributeValue>⏎ d</saml:AttributeValue><saml:AttributeValue>Can<!-- c -->ary7</saml:AttributeValue><!-- d --></saml:Attribute>`+
		`<saml:Attribute Name="c"><saml:AttributeValue><![CDATA[Canary7 <b>]]></saml:AttributeValue><saml:AttributeValue>before<saml:NameID>Canary7</saml:NameID>behind</saml:AttributeValue></saml:Attribute></saml:AttributeStatement></saml:Assertion><e x="1"/></samlp:Response>`, "⏎", end)
}

// redacted gives the message without its personal values, as rules see it.
func redacted(t testing.TB, text string) (Message, *xmltree.Doc) {
	t.Helper()
	m := Redact(Set{SAMLMessages: {Messages: []Message{{XML: Bytes(text)}}}}, key)[SAMLMessages].Messages[0]
	doc, err := xmltree.Parse("m.xml", m.XML)
	if err != nil {
		t.Fatalf("%v in\n%s", err, m.XML)
	}
	doc.Shifted(m.Shifts)
	return m, doc
}

// TestPlacesSurviveRedaction: whatever is replaced, elements, attributes and texts keep the places that they have in the original.
func TestPlacesSurviveRedaction(t *testing.T) {
	for name, end := range map[string]string{"one line": " ", "lines": "\n", "CRLF": "\r\n", "two lines": "\n\n"} {
		t.Run(name, func(t *testing.T) {
			text := personalMessage(end)
			before, err := xmltree.Parse("m.xml", []byte(text))
			if err != nil {
				t.Fatal(err)
			}
			m, after := redacted(t, text)
			if bytes.Contains(m.XML, []byte(canary)) || !bytes.Contains(m.XML, []byte("https://app.example/acs")) {
				t.Fatalf("%s", m.XML)
			}
			for turn, doc := range map[string]*xmltree.Doc{"once": after, "twice": again(t, m)} {
				n := 0
				doc.Root.Walk(func(e *xmltree.Element) bool {
					n++
					samePlaces(t, turn, before.At(e.Path()), e)
					return true
				})
				if n != 29 {
					t.Errorf("%d elements", n)
				}
			}
		})
	}
}

// again redacts what is redacted.
func again(t *testing.T, m Message) *xmltree.Doc {
	t.Helper()
	twice := Redact(Set{SAMLMessages: {Messages: []Message{m}}}, key)[SAMLMessages].Messages[0]
	if !bytes.Equal(twice.XML, m.XML) || len(twice.Shifts) != len(m.Shifts) {
		t.Errorf("redacted twice it is\n%s\n%v, not\n%s\n%v", twice.XML, twice.Shifts, m.XML, m.Shifts)
	}
	doc, err := xmltree.Parse("m.xml", twice.XML)
	if err != nil {
		t.Fatal(err)
	}
	doc.Shifted(twice.Shifts)
	return doc
}

func samePlaces(t *testing.T, turn string, before, after *xmltree.Element) {
	t.Helper()
	same := func(what string, was, is source.Pos) {
		if was != is {
			t.Errorf("%s, %s of %s: was at %v, is at %v", turn, what, after.Path(), was, is)
		}
	}
	same("beginning", before.Pos(), after.Pos())
	for _, a := range after.Attrs {
		name := a.Local
		if a.Prefix != "" {
			name = a.Prefix + ":" + a.Local
		}
		was, _ := before.AttrPos(name)
		is, _ := after.AttrPos(name)
		same("attribute "+name, was, is)
	}
	if strings.TrimSpace(before.Text()) != "" {
		was, _ := before.TextPos()
		is, _ := after.TextPos()
		same("text", was, is)
	}
}

// FuzzRedactXML: what comes out is read as XML, redacting it again changes nothing, and the personal value is gone.
func FuzzRedactXML(f *testing.F) {
	f.Add(personalMessage("\n"))
	f.Add("<a><NameID>Canary7</NameID></a>")
	f.Add("<NameID SessionIndex='Canary7'> Canary7 <![CDATA[Canary7]]>&amp;<x/>Canary7<!-- c --></NameID>")
	f.Add("<AttributeValue>${Canary}redacted-Canary7\n{{Canary7}}\nredacted</AttributeValue>")
	f.Fuzz(func(t *testing.T, text string) {
		doc, err := xmltree.Parse("", []byte(text))
		if err != nil {
			return
		}
		m, after := redacted(t, text)
		again(t, m)
		before := doc.Root.Elements()
		if len(after.Root.Elements()) != len(before) {
			t.Fatalf("the elements are others:\n%s\n%s", text, m.XML)
		}
		if strings.Contains(text, mark) || strings.ContainsAny(text, "{}") || strings.Contains(text, "user.") {
			return // what looks redacted already stays, and what is a placeholder
		}
		after.Root.Walk(func(e *xmltree.Element) bool {
			if (personalText[e.Local] || blobs[e.Local]) && strings.Contains(e.Text(), canary) {
				t.Fatalf("%s: %s", e.Path(), e.Text())
			}
			return true
		})
	})
}
