package samldoc

import (
	"bytes"
	"strings"
	"testing"

	"github.com/ssoctl/ssoctl/internal/xmltree"
)

// FuzzMetadata: no document brings the package down, and all that it finds is in the document.
func FuzzMetadata(f *testing.F) {
	f.Add([]byte(`<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="a"><md:IDPSSODescriptor><md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>AA==</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor><md:SingleSignOnService Binding="b" Location="l"/></md:IDPSSODescriptor></md:EntityDescriptor>`), "a")
	f.Add([]byte(`<EntitiesDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata"><EntitiesDescriptor><EntityDescriptor entityID="a"/></EntitiesDescriptor><EntityDescriptor entityID="b"><SPSSODescriptor><AssertionConsumerService/></SPSSODescriptor></EntityDescriptor></EntitiesDescriptor>`), "")
	f.Fuzz(func(t *testing.T, data []byte, id string) {
		m, err := ParseMetadata("m.xml", data, id, "IDPSSODescriptor")
		if err != nil || m.Entity == nil {
			return
		}
		if !m.Entity.Inside(m.Root) || id != "" && len(m.All) > 1 && m.EntityID() != id {
			t.Fatalf("%s is taken for %q", m.Entity.Path(), id)
		}
		for _, role := range append(m.Roles("IDPSSODescriptor"), m.SP()) {
			for _, k := range Keys(role, "signing") {
				if !k.Element.Inside(m.Entity) || k.Use == "encryption" {
					t.Fatalf("%s", k.Element.Path())
				}
			}
			for _, e := range append(Endpoints(role, "SingleSignOnService"), Endpoints(role, "AssertionConsumerService")...) {
				if !e.Element.Inside(m.Entity) {
					t.Fatalf("%s", e.Element.Path())
				}
			}
		}
	})
}

// FuzzMessage: no message brings the package down, and an assertion is read only where an SP reads it.
func FuzzMessage(f *testing.F) {
	f.Add([]byte(`<p:Response xmlns:p="urn:oasis:names:tc:SAML:2.0:protocol" xmlns="urn:oasis:names:tc:SAML:2.0:assertion" ID="a"><Issuer>i</Issuer><p:Status><p:StatusCode Value="x"><p:StatusCode/></p:StatusCode></p:Status><EncryptedAssertion><Assertion/></EncryptedAssertion><Assertion><Subject><NameID>n</NameID><SubjectConfirmation/></Subject><Conditions><AudienceRestriction><Audience>a</Audience></AudienceRestriction></Conditions><AttributeStatement><Attribute Name="n"><AttributeValue>v</AttributeValue></Attribute></AttributeStatement></Assertion></p:Response>`))
	f.Add([]byte(`<p:AuthnRequest xmlns:p="urn:oasis:names:tc:SAML:2.0:protocol" IsPassive="1"><p:NameIDPolicy/></p:AuthnRequest>`))
	f.Add([]byte(`<p:LogoutResponse xmlns:p="urn:oasis:names:tc:SAML:2.0:protocol"><p:Status/></p:LogoutResponse>`))
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, err := xmltree.Parse("", data)
		if err != nil {
			return
		}
		if r := ParseResponse(doc); r != nil {
			for _, a := range r.Assertions {
				if up := a.Element.Parent; a.Element != doc.Root && up != doc.Root && (up.Parent != doc.Root || !up.Is(Assertion, "EncryptedAssertion")) {
					t.Fatalf("the assertion %s is read", a.Element.Path())
				}
			}
		}
		if r := ParseRequest(doc); r != nil && r.Element != doc.Root {
			t.Fatal("the request is not the root")
		}
		if l := ParseLogout(doc); l != nil && l.Element != doc.Root {
			t.Fatal("the message is not the root")
		}
	})
}

// FuzzSelect: the scanner finds in an aggregate of any form the entity that the parser finds, at the same place, or says why not.
func FuzzSelect(f *testing.F) {
	f.Add(`<EntitiesDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata">`+"\n"+` <EntityDescriptor entityID="a"/><!-- <EntityDescriptor entityID="b"> --><EntityDescriptor entityID='b' x=">"><IDPSSODescriptor/></EntityDescriptor></EntitiesDescriptor>`, "b")
	f.Add(`<m:EntitiesDescriptor xmlns:m="urn:oasis:names:tc:SAML:2.0:metadata" é="é"><m:EntitiesDescriptor`+"\n"+`><m:EntityDescriptor entityID="a&amp;b"></m:EntityDescriptor></m:EntitiesDescriptor></m:EntitiesDescriptor>`, "a&b")
	f.Add(`<?xml version="1.0"?><a><![CDATA[<EntityDescriptor entityID="x">]]></a>`, "x")
	f.Fuzz(func(t *testing.T, text, id string) {
		if id == "" || strings.Contains(text, "\r") {
			return
		}
		whole, err := ParseMetadata("m.xml", []byte(text), id, "IDPSSODescriptor")
		s := newScanner(bytes.NewReader([]byte(text)), id)
		sel, failed := s.run()
		if failed != nil {
			return
		}
		part, bad := ParseMetadata("m.xml", sel.Body, id, "IDPSSODescriptor")
		if err != nil { // the rest of the document may be damaged; the entity is read in earnest
			return
		}
		if bad != nil || part.Entity == nil {
			t.Fatalf("%v in what was selected:\n%s", bad, sel.Body)
		}
		part.Doc.StartsAt(sel.Begins)
		if whole.Entity == nil || whole.Entity.Attr("entityID") != id || len(whole.All) == 0 {
			t.Fatalf("the scanner finds %q where the parser finds none:\n%s", id, text)
		}
		if part.EntityID() != id || part.Entity.Pos() != whole.Entity.Pos() || len(part.Entity.Elements()) != len(whole.Entity.Elements()) {
			t.Fatalf("%q at %v, not at %v:\n%s", part.EntityID(), part.Entity.Pos(), whole.Entity.Pos(), sel.Body)
		}
	})
}
