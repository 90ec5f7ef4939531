package xmlsig

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/ssoctl/ssoctl/internal/xmltree"
)

// TestRoundTripCVEs is about CVE-2020-29509, CVE-2020-29510 and CVE-2020-29511: encoding/xml, writing what it has read, turned names
// and directives into others, so that what was verified was not what was read. Here nothing is written with it: the tokens are read
// once, and rules and signatures use the same tree. So such a document is refused, or its canonical form is read as the same tree.
func TestRoundTripCVEs(t *testing.T) {
	for name, text := range map[string]string{
		// CVE-2020-29509: prefixes of attributes.
		"attribute, colon first": `<a :x="1"/>`, "attribute, two colons": `<a ::x="1"/>`, "attribute, colon last": `<a x:="1"/>`, "attribute, prefix in prefix": `<a xmlns:p="u" p:q:x="1"/>`,
		"attribute, empty declaration": `<a xmlns:="u" :x="1"/>`, "declaration of xmlns": `<a xmlns:xmlns="u" xmlns:x="1"/>`, "attribute of a hidden namespace": `<a xmlns:p="u"><b xmlns:p="v" p:x="1" p:y="2"/></a>`,
		"same name in two namespaces": `<a xmlns:p="u" xmlns:q="v" p:x="1" q:x="2" x="3"/>`, "prefix that is no name": `<a xmlns:_1="u" _1:x="1"/>`,
		// CVE-2020-29510: directives.
		"directive with a comment": `<!DOCTYPE a <!-- <b> -->><a/>`, "directive in a directive": `<!x<!-- -->y><a/>`, "comment that a directive makes": `<!x <!-<!-- -->- y>--><a/>`, "directive with quotes": `<!DOCTYPE a [<!ENTITY b "<!--">]><a/>`,
		"directive inside": `<a><!x y></a>`, "directive that hides an element": `<!DOCTYPE a [<!-- ' -->]><a><b/><!-- ' --></a>`,
		// CVE-2020-29511: prefixes of elements.
		"element, colon first": `<:a></:a>`, "element, two colons": `<x::a xmlns:x="u"></x::a>`, "element, colon last": `<a:></a:>`, "element, only colon": `<:/>`, "element, prefix xmlns": `<xmlns:a/>`, "element, prefix xml": `<xml:a/>`,
		"end tag of another prefix": `<p:a xmlns:p="u" xmlns:q="u"></q:a>`, "end tag without prefix": `<p:a xmlns:p="u"></a>`, "default namespace undone": `<a xmlns="u"><b xmlns=""><c xmlns="u"/></b></a>`,
	} {
		t.Run(name, func(t *testing.T) {
			doc, err := xmltree.Parse("", []byte(text))
			if err != nil {
				return
			}
			for _, a := range []string{C14NComments, ExclusiveComments} {
				written := canonicalText(t, doc, a)
				again, err := xmltree.Parse("", written)
				if err != nil {
					t.Fatalf("its canonical form is not read: %v\n%s", err, written)
				}
				if one, two := names(doc.Root), names(again.Root); one != two {
					t.Errorf("%s\nis read as\n%s\nand in canonical form as\n%s", text, one, two)
				}
				if twice := canonicalText(t, again, a); !bytes.Equal(written, twice) {
					t.Errorf("%s\n%s", written, twice)
				}
			}
		})
	}
	for _, text := range []string{`<a :x="1"/>`, `<:a></:a>`, `<a:></a:>`, `<x::a xmlns:x="u"></x::a>`, `<p:a xmlns:p="u" xmlns:q="u"></q:a>`, `<a><!x y></a>`} {
		if _, err := xmltree.Parse("", []byte(text)); err == nil {
			t.Errorf("%s is read", text)
		}
	}
}

// names describes a tree by expanded names and values.
func names(root *xmltree.Element) string {
	var b strings.Builder
	root.Walk(func(e *xmltree.Element) bool {
		b.WriteString("{" + e.Space + "}" + e.Local)
		var attrs []string
		for _, a := range e.Attrs {
			if !declares(a) {
				attrs = append(attrs, " {"+a.Space+"}"+a.Local+"="+a.Value)
			}
		}
		slices.Sort(attrs)
		b.WriteString(strings.Join(attrs, ""))
		b.WriteString("\n" + e.Text())
		return true
	})
	return b.String()
}
