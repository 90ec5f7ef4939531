package xmltree

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ssoctl/ssoctl/internal/source"
)

// aggregate is metadata of n entities; end stands behind each.
func aggregate(n int, end string) string {
	var b strings.Builder
	b.WriteString(`<md:EntitiesDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata">` + end)
	for i := range n {
		fmt.Fprintf(&b, `<md:EntityDescriptor entityID="https://idp%d.example/é"><md:IDPSSODescriptor><md:SingleSignOnService Location="https://idp%d.example/sso"/></md:IDPSSODescriptor></md:EntityDescriptor>%s`, i, i, end)
	}
	return b.String() + "</md:EntitiesDescriptor>"
}

func TestPathsOfMany(t *testing.T) {
	d, err := Parse("m.xml", []byte(`<r><a/><b/><a/><p:a xmlns:p="u"/><c/><b/><a/><a x="1"><d/></a></r>`))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range d.Root.Elements() {
		got = append(got, e.Path())
		if d.At(e.Path()) != e {
			t.Errorf("%s leads elsewhere", e.Path())
		}
	}
	if want := "/r/a[1] /r/b[1] /r/a[2] /r/p:a /r/c /r/b[2] /r/a[3] /r/a[4]"; strings.Join(got, " ") != want {
		t.Errorf("%s", got)
	}
	for path, want := range map[string]string{"/r/a": "/r/a[1]", "/r/c[1]": "/r/c", "/r/a[4]/@x": "/r/a[4]", "/r/a[4]/d": "/r/a[4]/d", "/r/a[5]": "", "/r/c[2]": "", "/r/q": "", "/q": "", "": "", "/r/a[4]/d/e": ""} {
		if e := d.At(path); e.Path() != want {
			t.Errorf("%s leads to %q", path, e.Path())
		}
	}
}

// TestPlacesOfLongLines: columns count runes however long the line is, and however many lines there are.
func TestPlacesOfLongLines(t *testing.T) {
	for name, end := range map[string]string{"one line": "", "lines": "\n", "CRLF": "\r\n"} {
		text := aggregate(300, end)
		d, err := Parse("m.xml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(text, "\n")
		d.Root.Walk(func(e *Element) bool {
			pos := e.Pos()
			before := string([]rune(lines[pos.Line-1])[:pos.Col-1])
			if !strings.HasPrefix(lines[pos.Line-1][len(before):], "<"+e.Name()) || len(strings.Join(lines[:pos.Line-1], "\n"))+len(before)+min(pos.Line-1, 1) != e.from {
				t.Fatalf("%s: %s at %v", name, e.Path(), pos)
			}
			return true
		})
	}
}

// TestShifts: what was replaced in a line moves what stands behind it in that line, and nothing else.
func TestShifts(t *testing.T) {
	d, err := Parse("m.xml", []byte("<a>\n<b>xx</b><c>y</c><d/>\n<e/></a>"))
	if err != nil {
		t.Fatal(err)
	}
	d.Shifted([]Shift{{Line: 2, Col: 14, By: -3}, {Line: 1, Col: 9, By: 7}, {Line: 2, Col: 6, By: 10}}) // in any order
	for local, want := range map[string]source.Pos{"a": {Line: 1, Col: 1}, "b": {Line: 2, Col: 1}, "c": {Line: 2, Col: 20}, "d": {Line: 2, Col: 25}, "e": {Line: 3, Col: 1}} {
		if got := d.Root.Find("", local).Pos(); got != want {
			t.Errorf("%s is at %v, not %v", local, got, want)
		}
	}
	d.StartsAt(source.Pos{Line: 5, Col: 3})
	if got, want := d.Root.Pos(), (source.Pos{Line: 5, Col: 3}); got != want {
		t.Errorf("inside a file: %v", got)
	}
	if got, want := d.Root.Find("", "d").Pos(), (source.Pos{Line: 6, Col: 25}); got != want || d.Line(6) != "<b>xx</b><c>y</c><d/>" {
		t.Errorf("inside a file: %v %q", got, d.Line(6))
	}
}

// BenchmarkPlaces reads an aggregate of 5,000 entities in one line, and asks for path and place of each element; the time for each
// element must not grow with their number.
func BenchmarkPlaces(b *testing.B) {
	for _, n := range []int{500, 5_000, 50_000} {
		text := []byte(aggregate(n, ""))
		d, err := Parse("m.xml", text)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				d.Root.Walk(func(e *Element) bool { return e.Path() != "" && !e.Pos().IsZero() })
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(3*n+1), "ns/element")
		})
	}
	text := []byte(aggregate(5_000, "\n"))
	b.Run("parse", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		for b.Loop() {
			if _, err := Parse("m.xml", text); err != nil {
				b.Fatal(err)
			}
		}
	})
}
