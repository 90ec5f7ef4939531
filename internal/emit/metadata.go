package emit

import (
	"encoding/xml"
	"fmt"
	"strconv"
	"strings"
)

// spMetadata writes the SP's metadata (SAML Metadata §2.4.4).
func spMetadata(a *app) (Output, error) {
	b, err := spMetadataXML(a)
	if err != nil {
		return Output{}, err
	}
	var notes []string
	if a.saml.audience != a.saml.entityID {
		notes = append(notes, fmt.Sprintf("the SP expects the audience %q, which metadata cannot say", a.saml.audience))
	}
	notes = append(notes, a.unlikeDefault()...)
	return Output{Files: []File{{Name: a.slug + "-metadata.xml", Body: b}}, Send: []string{"import it at the IdP as metadata of a service provider"}, Notes: append(notes, a.takeBack()...)}, nil
}

// unlikeDefault are the switches that the SP wants otherwise than a new application of the IdP has them: an import of metadata may leave
// them as they are.
func (a *app) unlikeDefault() []string {
	var out []string
	for _, r := range a.conn.SP.Requires[a.conn.IdP.ID] {
		setting := a.conn.IdP.Settings[r.Setting]
		want, isSwitch := r.Equals.(bool)
		if by, ok := setting.Default.(bool); !isSwitch || !ok || by == want || r.Protocol == "oidc" {
			continue
		}
		out = append(out, fmt.Sprintf("after the import see that %s is %s: %s (%s)", setting.Label, map[bool]string{true: "on", false: "off"}[want != setting.Inverted], a.fillAtIdP(setting.Path), r.Say))
	}
	return out
}

func spMetadataXML(a *app) ([]byte, error) {
	s := a.saml
	var b strings.Builder
	b.WriteString("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")
	fmt.Fprintf(&b, "<md:EntityDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\" entityID=\"%s\">\n", escape(s.entityID))
	fmt.Fprintf(&b, "  <md:SPSSODescriptor AuthnRequestsSigned=%q WantAssertionsSigned=%q protocolSupportEnumeration=\"urn:oasis:names:tc:SAML:2.0:protocol\">\n",
		strconv.FormatBool(s.signsRequests), strconv.FormatBool(s.signAssertion))
	for _, use := range []struct {
		on   bool
		name string
	}{{s.signsRequests, "signing"}, {s.encrypt, "encryption"}} {
		if !use.on {
			continue
		}
		bare, err := bareCertificate(a.in.SPCertificate)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&b, "    <md:KeyDescriptor use=%q>\n      <ds:KeyInfo xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">\n        <ds:X509Data>\n          <ds:X509Certificate>%s</ds:X509Certificate>\n        </ds:X509Data>\n      </ds:KeyInfo>\n    </md:KeyDescriptor>\n", use.name, bare)
	}
	fmt.Fprintf(&b, "    <md:NameIDFormat>%s</md:NameIDFormat>\n", escape(s.nameID))
	fmt.Fprintf(&b, "    <md:AssertionConsumerService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST\" Location=\"%s\" index=\"0\" isDefault=\"true\"/>\n", escape(s.acs))
	if len(a.claims) > 0 {
		fmt.Fprintf(&b, "    <md:AttributeConsumingService index=\"0\">\n      <md:ServiceName xml:lang=\"en\">%s</md:ServiceName>\n", escape(a.title))
		for _, c := range a.claims {
			fmt.Fprintf(&b, "      <md:RequestedAttribute Name=\"%s\" NameFormat=%q isRequired=%q/>\n", escape(c.as), statementFormat(c.as), strconv.FormatBool(c.required))
		}
		b.WriteString("    </md:AttributeConsumingService>\n")
	}
	b.WriteString("  </md:SPSSODescriptor>\n</md:EntityDescriptor>\n")
	return []byte(b.String()), nil
}

// escape makes a text safe in XML content and attributes.
func escape(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a Builder does not fail
	return b.String()
}
