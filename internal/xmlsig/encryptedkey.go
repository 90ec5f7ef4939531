package xmlsig

import (
	"crypto"
	"errors"
	"fmt"
	"strings"

	"github.com/ssoctl/ssoctl/internal/xmltree"
)

// encryptedKey finds the EncryptedKey of an EncryptedData and notes where it was and whom it is for: in its ds:KeyInfo, where a
// RetrievalMethod in it points, or beside it (XML Encryption §3.5; SAML 2.0 Core §2.3.4).
func encryptedKey(enc *Encryption, e *xmltree.Element, ids map[string][]*xmltree.Element) *xmltree.Element {
	info := e.Child(DSig, "KeyInfo")
	ek := info.Child(Enc, "EncryptedKey")
	enc.Found = "inside"
	if rm := info.Child(DSig, "RetrievalMethod"); ek == nil && rm != nil {
		enc.Found = "retrieval"
		uri := rm.Attr("URI")
		for _, c := range ids[strings.TrimPrefix(uri, "#")] {
			if strings.HasPrefix(uri, "#") && c.Is(Enc, "EncryptedKey") && ek == nil {
				ek = c
			}
		}
		if ek == nil {
			enc.Found, enc.Problem = "", fmt.Sprintf("the RetrievalMethod points to %q, and no EncryptedKey is there", uri)
			return nil
		}
	}
	if ek == nil && e.Parent != nil {
		enc.Found = "beside"
		ek = e.Parent.Child(Enc, "EncryptedKey")
	}
	if ek == nil {
		enc.Found = ""
		return nil
	}
	enc.Recipient = ek.Attr("Recipient")
	for _, x := range ek.Child(DSig, "KeyInfo").All(DSig, "X509Data") {
		enc.For = append(enc.For, certificates(x)...)
	}
	return ek
}

// readTransport reads the key transport and its parameters (XML Encryption 1.1 §5.5).
func readTransport(enc *Encryption, ek *xmltree.Element) (transport, error) {
	m := ek.Child(Enc, "EncryptionMethod")
	enc.Transport = m.Attr("Algorithm")
	t := transport{algorithm: enc.Transport}
	switch enc.Transport {
	case RSA15:
		return t, nil
	case OAEP, OAEPMGF1P:
	default:
		return t, fmt.Errorf("the key transport %q is not known", enc.Transport)
	}
	enc.Digest = or(m.Child(DSig, "DigestMethod").Attr("Algorithm"), SHA1)
	enc.Mask = m.Child(Enc11, "MGF").Attr("Algorithm")
	t.digest, t.mask = digests[enc.Digest], crypto.SHA1
	if enc.Transport == OAEP && enc.Mask != "" {
		t.mask = masks[enc.Mask]
	}
	if t.digest == 0 || t.mask == 0 {
		return t, fmt.Errorf("the digest %q or the mask generation %q of the key transport is not known", enc.Digest, enc.Mask)
	}
	var err error
	if t.label, err = decode(m.Child(Enc, "OAEPparams").Text()); err != nil {
		return t, errors.New("OAEPparams is not base64")
	}
	return t, nil
}

// cipherValue reads the octets of an EncryptedData or EncryptedKey.
func cipherValue(e *xmltree.Element) ([]byte, error) {
	v := e.Child(Enc, "CipherData").Child(Enc, "CipherValue")
	if v == nil {
		return nil, fmt.Errorf("%s holds no CipherValue; a CipherReference is not followed", e.Local)
	}
	b, err := decode(v.Text())
	if err != nil {
		return nil, fmt.Errorf("the CipherValue of %s is not base64", e.Local)
	}
	if len(b) == 0 {
		return nil, fmt.Errorf("the CipherValue of %s is empty", e.Local)
	}
	return b, nil
}
