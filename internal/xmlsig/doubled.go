package xmlsig

import "github.com/ssoctl/ssoctl/internal/xmltree"

// Doubled finds the part of a ds:Signature that stands there again although it may stand once (XML Signature §4.1, §4.4): the second of
// two SignedInfo, SignatureValue, KeyInfo, methods, or digests of one reference. nil when there is none. One library would verify the
// first and another read the second.
func Doubled(sig *xmltree.Element) *xmltree.Element {
	if e := doubledIn(sig, "SignedInfo", "SignatureValue", "KeyInfo"); e != nil {
		return e
	}
	info := sig.Child(DSig, "SignedInfo")
	if e := doubledIn(info, "CanonicalizationMethod", "SignatureMethod"); e != nil {
		return e
	}
	for _, r := range info.All(DSig, "Reference") {
		if e := doubledIn(r, "Transforms", "DigestMethod", "DigestValue"); e != nil {
			return e
		}
	}
	return nil
}

func doubledIn(e *xmltree.Element, names ...string) *xmltree.Element {
	for _, name := range names {
		if all := e.All(DSig, name); len(all) > 1 {
			return all[1]
		}
	}
	return nil
}
