package real_test

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"fmt"
	"net/url"
	"testing"
	"time"
)

// passiveRequest sends the AuthnRequest that the SP of the connection would send, with IsPassive: a healthy client
// gets a form with a signed NoPassive response and nobody has to log in.
func (s *realServer) passiveRequest(t *testing.T, c connection) string {
	t.Helper()
	sso := c.SAML.SSOURL
	if sso == "" {
		sso = s.issuer + "/protocol/saml"
	}
	acs := c.SAML.ACSURL
	if acs == "" {
		acs = samlACS
	}
	request := fmt.Sprintf(`<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"`+
		` xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_%032x" Version="2.0" IssueInstant="%s" Destination="%s"`+
		` AssertionConsumerServiceURL="%s" ProtocolBinding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" IsPassive="true">`+
		`<saml:Issuer>%s</saml:Issuer><samlp:NameIDPolicy AllowCreate="true"`+
		` Format="urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"/></samlp:AuthnRequest>`,
		serial(t), time.Now().UTC().Format(time.RFC3339), sso, acs, c.SAML.SPEntityID)
	var deflated bytes.Buffer
	w, err := flate.NewWriter(&deflated, flate.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte(request)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	q := url.Values{"SAMLRequest": {base64.StdEncoding.EncodeToString(deflated.Bytes())}}
	return s.exchange(t, "GET", sso+"?"+q.Encode(), nil, "")
}
