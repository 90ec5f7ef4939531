package real_test

import "regexp"

// xmlsecReasons tells why xmlsec1 and internal/xmlsig judge a signature differently, where they do: a pattern for the variants,
// and the reason. Each has to be about one at least.
var xmlsecReasons = []struct{ variants, why string }{
	{`^method/(rsa-pss|sha\d+-rsa-MGF1), ours$`, "xmlsec1 1.2 has no RSA-PSS (`xmlsec1 --list-transforms`)"},
	{`^digest/ripemd160$`, "RIPEMD-160 is no method of any product that ssoctl knows, and the standard library of Go does not have it; it is named, and not computed"},
	{`^KeyInfo/EC value, embedded only$`, "xmlsec1 1.2 does not read ECKeyValue (XML Signature 1.1 §4.5.2.3)"},
	{`^KeyInfo/two certificates, the other first, embedded only$`, "xmlsec1 settles on one of the certificates; xmlsig tries each, since their order means nothing (XML Signature §4.5.4)"},
	{`/an Object in front of KeyInfo$`, "xmlsec1 keeps to the order of the schema, in which KeyInfo comes first; the order is no part of what is signed"},
	{`^reference/XPath |^survey/xpath_tr$|^lab/SIG010, `, "XPath is not computed, on purpose: what it takes out of the signature is an attack as often as not, and SAML forbids it (SAML 2.0 Core §5.4.4)"},
	{`^reference/pointer by a path$`, "an XPointer that is more than an ID is not computed, on purpose: SAML knows references by ID only (SAML 2.0 Core §5.4.2)"},
	{`^lab/SIG008, |^survey/xsw(_dupid|7_ext)$|^wrapping/XSW7 with the same ID$|^wrapping/the same ID as xml:id$|/ID( of the response)? twice$`,
		"xmlsec1 reads no document in which an ID is given twice; xmlsig computes the digest of each element with the ID and says how many there are, for SIG008 to refuse it"},
	{`^lab/SIG009-xsw[168], |^survey/xsw_sig_in_evil_obj$|^wrapping/XSW[168]$`,
		"the signed element stands inside the signature, so that xmlsec1 takes it out with the enveloped transform and digests nothing; xmlsig computes the element, so that the wrapping is told (SIG009) and not an alteration"},
}

// reason gives why the two differ on a signature, "" when no reason is known.
func reason(o outcome) string {
	for _, r := range xmlsecReasons {
		if regexp.MustCompile(r.variants).MatchString(o.id()) {
			return r.why
		}
	}
	return ""
}
