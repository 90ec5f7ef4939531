package xmlsig

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/ssoctl/ssoctl/internal/xmltree"
)

// EncryptOptions says how an element is encrypted. The zero value of everything but To is AES-256-GCM and RSA-OAEP with SHA-1
// (rsa-oaep-mgf1p), which all current products read.
type EncryptOptions struct {
	To        *rsa.PublicKey
	Cert      []byte // DER; named in the EncryptedKey as the certificate that it is for; may be empty
	Data      string // block encryption; "" = AES256GCM
	Transport string // "" = OAEPMGF1P
	Digest    string // of OAEP; "" = SHA1
	Mask      string // of OAEP (not of OAEPMGF1P): http://www.w3.org/2009/xmlenc11#mgf1sha256 ...; "" = mgf1sha1
	Recipient string // of the EncryptedKey; "" leaves it out
	Beside    bool   // the EncryptedKey stands beside the EncryptedData, which names it by a RetrievalMethod, not inside
	Astray    bool   // with Beside: the RetrievalMethod names an ID that is not there, and the EncryptedKey is left out
}

// Encrypt replaces the element of a path (as xmltree names elements) by its encrypted form: an Assertion by an EncryptedAssertion,
// a NameID or BaseID by an EncryptedID, any other by Encrypted and its name, in its namespace (SAML 2.0 Core §2.2.4, §2.3.4). Sign
// the element before, what is around it after.
func Encrypt(text []byte, path string, o EncryptOptions) ([]byte, error) {
	doc, err := xmltree.Parse("", text)
	if err != nil {
		return nil, fmt.Errorf("encrypt: %w", err)
	}
	e := doc.At(path)
	b, known := blocks[or(o.Data, AES256GCM)]
	t := transport{algorithm: or(o.Transport, OAEPMGF1P), digest: digests[or(o.Digest, SHA1)], mask: masks[or(o.Mask, Enc11+"mgf1sha1")]}
	if t.algorithm == OAEPMGF1P {
		t.mask = crypto.SHA1
	}
	switch {
	case e == nil || e.Parent == nil:
		return nil, fmt.Errorf("encrypt: no element inside the root has the path %q", path)
	case !bytes.Equal(doc.Raw, text):
		return nil, errors.New("encrypt: the document is not in UTF-8, or begins with a byte order mark")
	case o.To == nil || !known || t.digest == 0 || t.mask == 0 || t.algorithm != RSA15 && t.algorithm != OAEP && t.algorithm != OAEPMGF1P:
		return nil, fmt.Errorf("encrypt: no public key, or an algorithm that is not known in %q, %q, %q, %q", o.Data, o.Transport, o.Digest, o.Mask)
	}
	var plain bytes.Buffer
	left := budget(doc)
	if err := (form{algorithm: C14NComments, comments: true, alone: true}).write(&plain, doc, e, &left); err != nil { // with all namespaces, so that it can stand alone
		return nil, fmt.Errorf("encrypt: %w", err)
	}
	key := random(b.size)
	data, err := b.encrypt(key, plain.Bytes())
	if err != nil {
		return nil, fmt.Errorf("encrypt: %w", err)
	}
	wrapped, err := t.wrap(o.To, key)
	if err != nil {
		return nil, fmt.Errorf("encrypt the key: %w", err)
	}
	from, _, to := e.Span()
	return bytes.Join([][]byte{text[:from], []byte(o.xml(e, base64.StdEncoding.EncodeToString(data), base64.StdEncoding.EncodeToString(wrapped))), text[to:]}, nil), nil
}

func or(s, usual string) string {
	if s == "" {
		return usual
	}
	return s
}

// xml writes the encrypted form of an element.
func (o EncryptOptions) xml(e *xmltree.Element, data, wrapped string) string {
	local := "Encrypted" + e.Local
	if e.Local == "NameID" || e.Local == "BaseID" {
		local = "EncryptedID"
	}
	name, declaration := local, "xmlns"
	if e.Prefix != "" {
		name, declaration = e.Prefix+":"+local, "xmlns:"+e.Prefix
	}
	id := "_ek" + fmt.Sprintf("%x", random(8))
	key, inside, beside := o.key(id, wrapped), "", ""
	switch {
	case !o.Beside:
		inside = key
	case o.Astray:
		inside = `<ds:RetrievalMethod Type="` + Enc + `EncryptedKey" URI="#` + id + `"/>`
	default:
		inside, beside = `<ds:RetrievalMethod Type="`+Enc+`EncryptedKey" URI="#`+id+`"/>`, key
	}
	return `<` + name + ` ` + declaration + `="` + escapeAttr.Replace(e.Space) + `"><xenc:EncryptedData xmlns:xenc="` + Enc + `" Type="` + Enc + `Element">` +
		`<xenc:EncryptionMethod Algorithm="` + or(o.Data, AES256GCM) + `"/><ds:KeyInfo xmlns:ds="` + DSig + `">` + inside + `</ds:KeyInfo>` +
		`<xenc:CipherData><xenc:CipherValue>` + data + `</xenc:CipherValue></xenc:CipherData></xenc:EncryptedData>` + beside + `</` + name + `>`
}

// key writes the EncryptedKey.
func (o EncryptOptions) key(id, wrapped string) string {
	transport, digest, mask := or(o.Transport, OAEPMGF1P), "", ""
	if transport != RSA15 {
		digest = `<ds:DigestMethod xmlns:ds="` + DSig + `" Algorithm="` + or(o.Digest, SHA1) + `"/>`
	}
	if transport == OAEP {
		mask = `<xenc11:MGF xmlns:xenc11="` + Enc11 + `" Algorithm="` + or(o.Mask, Enc11+"mgf1sha1") + `"/>`
	}
	recipient, info := "", ""
	if o.Recipient != "" {
		recipient = ` Recipient="` + escapeAttr.Replace(o.Recipient) + `"`
	}
	if len(o.Cert) > 0 {
		info = `<ds:KeyInfo xmlns:ds="` + DSig + `"><ds:X509Data><ds:X509Certificate>` + base64.StdEncoding.EncodeToString(o.Cert) + `</ds:X509Certificate></ds:X509Data></ds:KeyInfo>`
	}
	return `<xenc:EncryptedKey xmlns:xenc="` + Enc + `" Id="` + id + `"` + recipient + `><xenc:EncryptionMethod Algorithm="` + transport + `">` + digest + mask + `</xenc:EncryptionMethod>` + info +
		`<xenc:CipherData><xenc:CipherValue>` + wrapped + `</xenc:CipherValue></xenc:CipherData></xenc:EncryptedKey>`
}
