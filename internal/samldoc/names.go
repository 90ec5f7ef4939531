// Package samldoc reads SAML 2.0 documents: metadata, requests, responses, assertions, logout messages. It reads what is there and
// judges nothing; every value keeps its element, and so its place.
package samldoc

import "strings"

// Namespaces.
const (
	Metadata  = "urn:oasis:names:tc:SAML:2.0:metadata"
	Assertion = "urn:oasis:names:tc:SAML:2.0:assertion"
	Protocol  = "urn:oasis:names:tc:SAML:2.0:protocol"
	DSig      = "http://www.w3.org/2000/09/xmldsig#"
	Enc       = "http://www.w3.org/2001/04/xmlenc#"
	MDUI      = "urn:oasis:names:tc:SAML:metadata:ui"
	AlgSup    = "urn:oasis:names:tc:SAML:metadata:algsupport"
	XSI       = "http://www.w3.org/2001/XMLSchema-instance"
)

// Bindings (SAML 2.0 Bindings §3).
const (
	Redirect = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
	POST     = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
	Artifact = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact"
	SOAP     = "urn:oasis:names:tc:SAML:2.0:bindings:SOAP"
	PAOS     = "urn:oasis:names:tc:SAML:2.0:bindings:PAOS"
)

// NameID formats (SAML 2.0 Core §8.3).
const (
	FormatEmail       = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"
	FormatUnspecified = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified"
	FormatPersistent  = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
	FormatTransient   = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
	FormatEntity      = "urn:oasis:names:tc:SAML:2.0:nameid-format:entity"
)

// Bearer is the method of subject confirmation of browser logins (SAML 2.0 Profiles §3.3).
const Bearer = "urn:oasis:names:tc:SAML:2.0:cm:bearer"

// Status is the prefix of all status codes (SAML 2.0 Core §3.2.2.2).
const Status = "urn:oasis:names:tc:SAML:2.0:status:"

// Short is the last part of a URN or address, as people call bindings, formats and algorithms: "HTTP-Redirect", "rsa-sha256".
func Short(uri string) string {
	return uri[strings.LastIndexAny(strings.TrimRight(uri, "/#"), ":/#")+1:]
}
