package xmltree

import (
	"strings"
	"testing"
)

// FuzzParse: whatever is given, parsing ends with a document or a place; places are inside the document, and a path leads to its
// element and to no other.
func FuzzParse(f *testing.F) {
	f.Add([]byte(sample))
	f.Add([]byte("<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>"))
	f.Add([]byte("<a><b/><c/><b/><p:b xmlns:p='u'/><c/></a>"))
	f.Add([]byte("\xff\xfe<\x00a\x00/\x00>\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := Parse("m.xml", data)
		if err != nil {
			return
		}
		d.Root.Walk(func(e *Element) bool {
			if d.At(e.Path()) != e {
				t.Fatalf("%s leads to %s", e.Path(), d.At(e.Path()).Path())
			}
			pos := e.Pos()
			if line := []rune(d.Line(pos.Line)); pos.Col < 1 || pos.Col > len(line) || line[pos.Col-1] != '<' {
				t.Fatalf("%s is said to begin at %v", e.Path(), pos)
			}
			for _, a := range e.Attrs {
				e.AttrPos(qualified(a.Prefix, a.Local))
			}
			e.TextPos()
			for _, s := range e.TextSpans() {
				if strings.ContainsRune(string(d.Raw[s.From:s.To]), '<') && !strings.Contains(string(d.Raw[s.From:s.To]), "<![CDATA[") {
					t.Fatalf("text of %s takes in markup: %q", e.Path(), d.Raw[s.From:s.To])
				}
			}
			return true
		})
	})
}
