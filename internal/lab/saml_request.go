package lab

import (
	"bytes"
	"compress/flate"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/ssoctl/ssoctl/internal/xmlsig"
	"github.com/ssoctl/ssoctl/internal/xmltree"
)

// maxSAML is the size of a request, in bytes, above which it is not read: the limit of every form that reaches the lab.
const maxSAML = 64 << 10

// samlRequest is what the login needs of an AuthnRequest.
type samlRequest struct {
	id, relayState, format, class string
	acs                           string // on loopback; empty means the registered one
	passive, force                bool
}

// readAuthnRequest decodes and judges the AuthnRequest of either binding. Nothing of a refused one is answered to the SP: that
// it may have the answer is not known yet.
func (l *Lab) readAuthnRequest(r *http.Request) (samlRequest, *refusal) {
	req := samlRequest{relayState: r.Form.Get("RelayState")}
	raw, f := decodeSAML(r, "SAMLRequest")
	if f != nil {
		return req, f
	}
	doc, err := xmltree.Parse("SAMLRequest", raw)
	switch {
	case err != nil:
		return req, undecodable("it is not well-formed XML")
	case doc.Doctype.Line > 0:
		return req, undecodable("it has a document type declaration")
	case !doc.Root.Is(nsProtocol, "AuthnRequest"):
		return req, undecodable("it is no AuthnRequest")
	case doc.Root.Attr("ID") == "":
		return req, undecodable("it has no ID")
	}
	sealed := func(*xmltree.Element) *refusal { return l.checkSealed(r, doc) }
	for _, check := range []func(*xmltree.Element) *refusal{l.checkSP, sealed, l.checkTarget} {
		if f := check(doc.Root); f != nil {
			return req, f
		}
	}
	req.id = doc.Root.Attr("ID")
	if acs := doc.Root.Attr("AssertionConsumerServiceURL"); l.opts.loops(acs, loopACS) {
		req.acs = acs
	}
	req.passive, req.force = flag(doc.Root.Attr("IsPassive")), flag(doc.Root.Attr("ForceAuthn"))
	req.format = doc.Root.Child(nsProtocol, "NameIDPolicy").Attr("Format")
	req.class = doc.Root.Child(nsProtocol, "RequestedAuthnContext").Child(nsAssertion, "AuthnContextClassRef").Value()
	return req, l.checkFormat(req.format)
}

// flag reads an xs:boolean.
func flag(s string) bool { return s == "true" || s == "1" }

func undecodable(why string) *refusal {
	return onPage(http.StatusBadRequest, "undecodable_request", "the SAML message cannot be read: "+why)
}

// decodeSAML takes a message out of a request: base64 of deflate by GET (SAML Bindings section 3.4.4.1), base64 alone by POST
// (section 3.5.4). What is unpacked is bounded.
func decodeSAML(r *http.Request, name string) ([]byte, *refusal) {
	values := r.URL.Query()[name]
	if r.Method == http.MethodPost {
		values = r.PostForm[name]
	}
	switch {
	case r.ContentLength > maxSAML:
		return nil, undecodable("it is larger than 64 KiB")
	case len(values) == 0:
		return nil, undecodable("there is no parameter " + name)
	case len(values) > 1:
		return nil, undecodable(name + " is there more than once")
	}
	raw, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(values[0]), ""))
	if err != nil {
		return nil, undecodable(name + " is not base64")
	}
	if r.Method == http.MethodPost {
		return raw, nil
	}
	z := flate.NewReader(bytes.NewReader(raw))
	defer z.Close()
	out, err := io.ReadAll(io.LimitReader(z, maxSAML+1))
	switch {
	case len(out) > maxSAML:
		return nil, undecodable("it unpacks to more than 64 KiB")
	case err != nil:
		return nil, undecodable("it came by HTTP-Redirect and is not deflated")
	}
	return out, nil
}

// checkSP judges who asks.
func (l *Lab) checkSP(root *xmltree.Element) *refusal {
	switch issuer := root.Child(nsAssertion, "Issuer").Value(); {
	case issuer == "":
		return onPage(http.StatusBadRequest, "invalid_request", "the AuthnRequest has no Issuer")
	case issuer != l.SPEntityID:
		return onPage(http.StatusBadRequest, "unknown_sp", "service provider is not known here")
	case l.b.authz.state == clientDisabled:
		return onPage(http.StatusBadRequest, "unauthorized_sp", "service provider is disabled")
	case l.b.authz.state == clientForeign:
		return onPage(http.StatusBadRequest, "unauthorized_sp", "client is registered for OpenID Connect")
	}
	return nil
}

// checkTarget judges where the request was sent and where the answer goes.
func (l *Lab) checkTarget(root *xmltree.Element) *refusal {
	to, addressed := root.Lookup("", "Destination")
	acs, asked := root.Lookup("", "AssertionConsumerServiceURL")
	index, indexed := root.Lookup("", "AssertionConsumerServiceIndex")
	binding := root.Attr("ProtocolBinding")
	switch {
	case addressed && to != l.saml.ssoURL:
		return onPage(http.StatusBadRequest, "invalid_request", "Destination of the AuthnRequest is another address")
	case asked && indexed:
		return onPage(http.StatusBadRequest, "invalid_request", "AssertionConsumerServiceURL stands beside AssertionConsumerServiceIndex")
	case l.b.saml.request.silent:
		return nil
	case asked && acs != l.saml.acs && !l.opts.loops(acs, loopACS):
		return onPage(http.StatusBadRequest, "acs_not_registered", "assertion consumer service is not registered for this service provider")
	case indexed && index != "0":
		return onPage(http.StatusBadRequest, "acs_not_registered", "assertion consumer service has an index that is not registered for this service provider")
	case binding != "" && binding != bindingPost:
		return onPage(http.StatusBadRequest, "invalid_request", "ProtocolBinding is not HTTP-POST, the one that responses are sent by")
	}
	return nil
}

// checkSealed judges the signature of a request: that of the query by GET, that in the document by POST. One that is not there
// is missed only where the lab demands it.
func (l *Lab) checkSealed(r *http.Request, doc *xmltree.Doc) *refusal {
	certificate, err := x509.ParseCertificate(l.saml.keys.partner().der)
	if err != nil {
		panic(err) // made by the lab
	}
	trust := xmlsig.Trust{Configured: []xmlsig.Key{{Cert: certificate, Public: certificate.PublicKey, Raw: certificate.Raw}}}
	var good, there bool
	if r.Method == http.MethodPost {
		for _, s := range xmlsig.Verify(doc, trust) {
			there, good = true, good || s.Trusted() && s.Covers(doc.Root.Path())
		}
	} else if s := xmlsig.VerifyQuery(r.URL.RawQuery, trust); s != nil {
		there, good = true, s.Trusted()
	}
	switch {
	case there && !good:
		return onPage(http.StatusBadRequest, "invalid_signature", "signature of the AuthnRequest does not verify with the service provider's certificate")
	case !there && l.b.saml.request.signed:
		return onPage(http.StatusBadRequest, "signature_required", "AuthnRequest has to be signed by this service provider and carries no signature")
	}
	return nil
}

// readLogout gives the ID of a LogoutRequest.
func readLogout(r *http.Request) (string, *refusal) {
	raw, f := decodeSAML(r, "SAMLRequest")
	if f != nil {
		return "", f
	}
	doc, err := xmltree.Parse("SAMLRequest", raw)
	if err != nil || doc.Doctype.Line > 0 || !doc.Root.Is(nsProtocol, "LogoutRequest") {
		return "", undecodable("it is no LogoutRequest")
	}
	return doc.Root.Attr("ID"), nil
}

// checkFormat judges NameIDPolicy (SAML Core section 3.4.1.1).
func (l *Lab) checkFormat(format string) *refusal {
	given := l.b.saml.request.formats
	if given == nil {
		given = []string{"", formatUnspecified, formatEmail, formatPersistent, formatTransient}
	}
	for _, f := range given {
		if f == format {
			return nil
		}
	}
	return onPage(http.StatusBadRequest, "unsupported_format", fmt.Sprintf("NameID format %q is not given to this service provider", format))
}
