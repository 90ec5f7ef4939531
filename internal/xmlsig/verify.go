package xmlsig

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/ssoctl/ssoctl/internal/xmltree"
)

// Bounds on what is computed for one document. Where one is reached, Problem says so.
const (
	maxSignatures = 100
	maxReferences = 10 // of one signature
	maxTransforms = 3  // further canonicalisations of one reference
	maxListed     = 20 // transforms of one reference
	maxKeys       = 50 // that are tried for one signature
	maxPerByte    = 8  // bytes hashed for each byte of the document
	minBudget     = 1 << 20
)

// budget is how many bytes may be hashed for a document.
func budget(doc *xmltree.Doc) int { return minBudget + maxPerByte*len(doc.Raw) }

// Verify computes every ds:Signature of a document, in document order. Beyond 100 signatures it ends with one that says so.
func Verify(doc *xmltree.Doc, trust Trust) []Signature {
	v := verifier{doc: doc, trust: trust, left: budget(doc), ids: ids(doc), relative: relativeName(doc)}
	var out []Signature
	doc.Root.Walk(func(e *xmltree.Element) bool {
		switch {
		case !e.Is(DSig, "Signature") || len(out) > maxSignatures:
		case len(out) == maxSignatures:
			out = append(out, Signature{Path: e.Path(), State: NotComputed, Problem: fmt.Sprintf("the document holds more than %d signatures", maxSignatures)})
		default:
			out = append(out, v.signature(e))
		}
		return len(out) <= maxSignatures
	})
	return out
}

// verifier computes the signatures of one document.
type verifier struct {
	doc   *xmltree.Doc
	trust Trust
	left  int // bytes that may still be hashed
	ids   map[string][]*xmltree.Element

	relative string // why nothing of the document has a canonical form
}

// relativeName finds a namespace name that is a relative reference: canonical XML is not made of such documents (Canonical XML 1.0
// §1.3, as the XML Core group decided; libxml2 refuses them).
func relativeName(doc *xmltree.Doc) string {
	problem := ""
	doc.Root.Walk(func(e *xmltree.Element) bool {
		for _, a := range e.Attrs {
			if declares(a) && a.Value != "" && problem == "" && apart(a.Value).scheme == "" {
				problem = fmt.Sprintf("the namespace name %q of <%s> is a relative reference, of which there is no canonical form", a.Value, e.Name())
			}
		}
		return problem == ""
	})
	return problem
}

func (v *verifier) signature(e *xmltree.Element) Signature {
	info := e.Child(DSig, "SignedInfo")
	s := Signature{Path: e.Path(), State: NotComputed, Method: info.Child(DSig, "SignatureMethod").Attr("Algorithm"),
		Canonical: info.Child(DSig, "CanonicalizationMethod").Attr("Algorithm")}
	keys := s.embedded(e.Child(DSig, "KeyInfo"))
	for i, r := range info.All(DSig, "Reference") {
		if i == maxReferences {
			s.References = append(s.References, Reference{URI: r.Attr("URI"), State: NotComputed, Problem: fmt.Sprintf("the signature has more than %d references", maxReferences)})
			break
		}
		s.References = append(s.References, v.reference(e, r))
	}
	m, problem := readMethod(info.Child(DSig, "SignatureMethod"))
	value, err := decode(e.Child(DSig, "SignatureValue").Text())
	switch {
	case info == nil:
		s.Problem = "it has no SignedInfo"
	case Doubled(e) != nil:
		s.Problem = fmt.Sprintf("it has more than one <%s>", Doubled(e).Name())
	case problem != "":
		s.Problem = problem
	case v.relative != "":
		s.Problem = v.relative
	case !canonical(s.Canonical):
		s.Problem = fmt.Sprintf("the canonicalization method %q is not known", s.Canonical)
	case err != nil:
		s.Problem = "SignatureValue is not base64: " + err.Error()
	case len(value) == 0:
		s.Problem = "SignatureValue is empty"
	default:
		v.value(&s, m, info, value, keys)
	}
	return s
}

// value computes the signature value with all keys that fit.
func (v *verifier) value(s *Signature, m method, info *xmltree.Element, value []byte, embedded []Key) {
	// SignedInfo is taken whole, so that a comment in it is there for an algorithm that keeps comments.
	f := form{algorithm: s.Canonical, prefixes: prefixList(info.Child(DSig, "CanonicalizationMethod")), comments: true}
	text, err := v.text(f, info)
	if err != nil {
		s.Problem = err.Error()
		return
	}
	all := v.trust.with(embedded)
	s.try(m, text, value, all)
	if s.State == Good {
		return
	}
	f.compact = true
	if text, err := v.text(f, info); err == nil && anyKey(all, func(k Key) bool { return m.verifies(k.Public, text, value) }) {
		s.Altered = "white space was put between the elements of SignedInfo after it was signed"
	}
}

func (v *verifier) text(f form, e *xmltree.Element) ([]byte, error) {
	var out bytes.Buffer
	err := f.write(&out, v.doc, e, &v.left)
	return out.Bytes(), err
}

// origin is a key and where it came from.
type origin struct {
	Key
	by string
}

// with lists the keys in the order in which they are tried.
func (t Trust) with(embedded []Key) []origin {
	var out []origin
	add := func(by string, keys []Key) {
		for _, k := range keys {
			if len(out) < maxKeys {
				out = append(out, origin{k, by})
			}
		}
	}
	add(ByConfigured, t.Configured)
	add(ByMetadata, t.Metadata)
	add(ByEmbedded, embedded)
	return out
}

func anyKey(all []origin, ok func(Key) bool) bool {
	for _, k := range all {
		if ok(k.Key) {
			return true
		}
	}
	return false
}

// try finds the first key that verifies the value over a text.
func (s *Signature) try(m method, text, value []byte, all []origin) {
	s.State = Bad
	for _, k := range all {
		if m.verifies(k.Public, text, value) {
			s.State, s.By, s.Key, s.Bits = Good, k.by, k.Raw, bits(k.Public)
			return
		}
	}
	if anyKey(all, func(k Key) bool { return m.wrapped(k.Public, text, value) }) {
		s.Altered = "the value is written in ASN.1; XML Signature wants its two numbers side by side"
	}
}

// decode reads base64 with white space in it.
func decode(s string) ([]byte, error) {
	return base64.StdEncoding.DecodeString(strings.Join(strings.Fields(s), ""))
}
