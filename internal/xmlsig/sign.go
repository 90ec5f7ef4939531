package xmlsig

import (
	"bytes"
	"crypto"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/ssoctl/ssoctl/internal/xmltree"
)

// SignOptions says how a signature is made. The zero value of everything but the key gives what current products send: SHA-256,
// exclusive canonicalisation, the enveloped transform, the signature behind the Issuer. The rest is there for labs.
type SignOptions struct {
	Key       crypto.Signer // RSA or ECDSA
	Secret    []byte        // instead of Key, for a method of HMAC
	Certs     [][]byte      // DER; go into ds:KeyInfo, which is left out without any
	KeyInfo   string        // XML inside ds:KeyInfo instead of Certs; the prefix ds is declared
	Method    string        // signature method; "" = SHA-256 with the key's kind
	Params    string        // XML inside ds:SignatureMethod: the parameters of PSS
	Digest    string        // "" = SHA-256
	Canonical string        // of SignedInfo and references; "" = exclusive
	Prefixes  []string      // PrefixList of the references' exclusive canonicalisation
	Extra     string        // XML of further ds:Transform elements, put first and not computed
	In        string        // ID of the element that takes the signature; "" = the one that is signed
	Also      []string      // IDs of further elements, one more ds:Reference each
	End       bool          // behind everything in the element, not at the place that the schema gives it
}

// Sign puts a ds:Signature over the element with an ID into a document in UTF-8; with id "" the reference is to the whole document.
// The signature stands behind the element's saml:Issuer, else before everything in it (SAML 2.0 Core §5.4, Metadata §3). Nothing
// else of the document changes.
func Sign(doc []byte, id string, o SignOptions) ([]byte, error) {
	if o.Method == "" {
		o.Method = usual(o.Key)
	}
	if _, ok := methods[o.Method]; !ok && o.Method != PSS {
		return nil, fmt.Errorf("sign: the method %q is not known", o.Method)
	}
	if o.Digest == "" {
		o.Digest = SHA256
	}
	if o.Canonical == "" {
		o.Canonical = Exclusive
	}
	if _, ok := digests[o.Digest]; !ok || !canonical(o.Canonical) {
		return nil, fmt.Errorf("sign: the digest method %q or the canonicalisation %q is not known", o.Digest, o.Canonical)
	}
	at, err := place(doc, id, o)
	if err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	ids := append([]string{id}, o.Also...)
	values := make([]string, len(ids))
	put := func(value string) []byte {
		return bytes.Join([][]byte{doc[:at], []byte(o.xml(ids, values, value)), doc[at:]}, nil)
	}
	for i, each := range ids {
		if values[i], err = o.digest(put(""), at, each); err != nil {
			return nil, fmt.Errorf("sign: %w", err)
		}
	}
	m, info, err := o.signedInfo(put(""), at)
	if err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	value, err := m.sign(o.Key, o.Secret, info)
	if err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	return put(base64.StdEncoding.EncodeToString(value)), nil
}

// place finds the byte offset at which the signature goes in.
func place(text []byte, id string, o SignOptions) (int, error) {
	doc, err := xmltree.Parse("", text)
	if err != nil {
		return 0, err
	}
	if !bytes.Equal(doc.Raw, text) {
		return 0, errors.New("the document is not in UTF-8, or begins with a byte order mark")
	}
	in := o.In
	if in == "" {
		in = id
	}
	e := doc.Root
	if in != "" {
		if e, _ = byID(doc, in); e == nil {
			return 0, fmt.Errorf("no element has the ID %q", in)
		}
	}
	_, inner, to := e.Span()
	if inner == to {
		return 0, fmt.Errorf("<%s/> has no room for a signature", e.Name())
	}
	children := e.Elements()
	switch {
	case o.End:
		return bytes.LastIndex(text[:to], []byte("</")), nil
	case len(children) > 0 && children[0].Local == "Issuer":
		_, _, behind := children[0].Span()
		return behind, nil
	}
	return inner, nil
}

// xml writes the signature.
func (o SignOptions) xml(ids, digests []string, value string) string {
	var b strings.Builder
	b.WriteString(`<ds:Signature xmlns:ds="` + DSig + `"><ds:SignedInfo><ds:CanonicalizationMethod Algorithm="` + o.Canonical + `"/><ds:SignatureMethod Algorithm="` + o.Method)
	if o.Params != "" {
		b.WriteString(`">` + o.Params + `</ds:SignatureMethod>`)
	} else {
		b.WriteString(`"/>`)
	}
	for i, id := range ids {
		if id != "" {
			id = "#" + id
		}
		b.WriteString(`<ds:Reference URI="` + escapeAttr.Replace(id) + `"><ds:Transforms>` + o.Extra + `<ds:Transform Algorithm="` + Enveloped + `"/>` +
			`<ds:Transform Algorithm="` + o.Canonical + `"`)
		if len(o.Prefixes) > 0 {
			b.WriteString(`><ec:InclusiveNamespaces xmlns:ec="` + Exclusive + `" PrefixList="` + strings.Join(o.Prefixes, " ") + `"/></ds:Transform>`)
		} else {
			b.WriteString("/>")
		}
		b.WriteString(`</ds:Transforms><ds:DigestMethod Algorithm="` + o.Digest + `"/><ds:DigestValue>` + digests[i] + `</ds:DigestValue></ds:Reference>`)
	}
	b.WriteString(`</ds:SignedInfo><ds:SignatureValue>` + value + `</ds:SignatureValue>`)
	info := o.KeyInfo
	if info == "" && len(o.Certs) > 0 {
		for _, der := range o.Certs {
			info += `<ds:X509Certificate>` + base64.StdEncoding.EncodeToString(der) + `</ds:X509Certificate>`
		}
		info = `<ds:X509Data>` + info + `</ds:X509Data>`
	}
	if info != "" {
		b.WriteString(`<ds:KeyInfo>` + info + `</ds:KeyInfo>`)
	}
	b.WriteString(`</ds:Signature>`)
	return b.String()
}

// signatureAt parses a document and finds the signature that begins at an offset.
func signatureAt(text []byte, at int) (*xmltree.Doc, *xmltree.Element, error) {
	doc, err := xmltree.Parse("", text)
	if err != nil {
		return nil, nil, err
	}
	var found *xmltree.Element
	doc.Root.Walk(func(e *xmltree.Element) bool {
		if from, _, _ := e.Span(); from == at {
			found = e
		}
		return found == nil
	})
	if found == nil {
		return nil, nil, errors.New("the signature does not stand where it was put")
	}
	return doc, found, nil
}

func (o SignOptions) digest(text []byte, at int, id string) (string, error) {
	doc, sig, err := signatureAt(text, at)
	if err != nil {
		return "", err
	}
	var target *xmltree.Element
	if id != "" {
		if target, _ = byID(doc, id); target == nil {
			return "", fmt.Errorf("no element has the ID %q", id)
		}
	}
	left := budget(doc)
	h := digests[o.Digest].New()
	if err := (form{algorithm: o.Canonical, prefixes: o.Prefixes, without: sig}).write(h, doc, target, &left); err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(h.Sum(nil)), nil
}

// signedInfo gives what the value is made over, and the method with its parameters.
func (o SignOptions) signedInfo(text []byte, at int) (method, []byte, error) {
	doc, sig, err := signatureAt(text, at)
	if err != nil {
		return method{}, nil, err
	}
	info := sig.Child(DSig, "SignedInfo")
	m := methods[o.Method]
	if o.Method == PSS {
		var problem string
		if m, problem = readMethod(info.Child(DSig, "SignatureMethod")); problem != "" {
			return m, nil, errors.New(problem)
		}
	}
	var out bytes.Buffer
	left := budget(doc)
	err = form{algorithm: o.Canonical, comments: true}.write(&out, doc, info, &left)
	return m, out.Bytes(), err
}
