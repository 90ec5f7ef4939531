package xmlsig

import (
	"crypto/x509"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"
	"github.com/russellhaering/goxmldsig/etreeutils"

	"github.com/ssoctl/ssoctl/internal/xmltree"
)

// SecondOpinion asks goxmldsig, the library of many Go products, about a signature that Verify has found, and gives its own words;
// "" means that it accepts. It sees the certificates of trust, or those that the signature brings itself when trust has none, and
// a clock at which the one that it settles on is valid: that a certificate has expired is another matter. It is shown to people
// who ask why two products disagree; no verdict rests on it.
func SecondOpinion(doc *xmltree.Doc, s Signature, trust Trust) (words string) {
	defer func() { // a foreign parser on a document that is wrong in some way
		if r := recover(); r != nil {
			words = fmt.Sprintf("it panics: %v", r)
		}
	}()
	tree := etree.NewDocument()
	if err := tree.ReadFromBytes(inUTF8(doc)); err != nil {
		return err.Error()
	}
	signed := elementAt(tree, s.Path[:max(strings.LastIndexByte(s.Path, '/'), 0)])
	if signed == nil {
		return "the signature is not inside an element"
	}
	if signed.Parent() != nil && signed.Parent().Parent() != nil { // it takes a document of its own, with the namespaces of those around
		ns, err := etreeutils.NSBuildParentContext(signed)
		if err == nil {
			signed, err = etreeutils.NSDetatch(ns, signed)
		}
		if err != nil {
			return err.Error()
		}
	}
	roots := certificatesOf(trust)
	if len(roots) == 0 {
		roots = parsed(s.Embedded)
	}
	ctx := dsig.NewDefaultValidationContext(&dsig.MemoryX509CertificateStore{Roots: roots})
	ctx.Clock = dsig.NewFakeClockAt(validAt(roots, s.Embedded))
	if _, err := ctx.Validate(signed); err != nil {
		return err.Error()
	}
	return ""
}

func certificatesOf(t Trust) []*x509.Certificate {
	var out []*x509.Certificate
	for _, keys := range [][]Key{t.Configured, t.Metadata} {
		for _, k := range keys {
			if k.Cert != nil {
				out = append(out, k.Cert)
			}
		}
	}
	return out
}

func parsed(ders [][]byte) []*x509.Certificate {
	var out []*x509.Certificate
	for _, der := range ders {
		if c, err := x509.ParseCertificate(der); err == nil {
			out = append(out, c)
		}
	}
	return out
}

// validAt is an instant at which the certificate that the signature brings is valid, or else the first of the known ones.
func validAt(roots []*x509.Certificate, embedded [][]byte) time.Time {
	for _, c := range append(parsed(embedded), roots...) {
		return c.NotBefore.Add(time.Second)
	}
	return time.Time{}
}

// elementAt finds what a path of xmltree names in the other tree.
func elementAt(tree *etree.Document, path string) *etree.Element {
	e := &tree.Element
	for step := range strings.SplitSeq(strings.Trim(path, "/"), "/") {
		name, index, _ := strings.Cut(strings.TrimSuffix(step, "]"), "[")
		want, n := 1, 0
		if i, err := strconv.Atoi(index); err == nil {
			want = i
		}
		var next *etree.Element
		for _, c := range e.ChildElements() {
			if c.FullTag() == name {
				if n++; n == want {
					next = c
					break
				}
			}
		}
		if next == nil {
			return nil
		}
		e = next
	}
	return e
}
