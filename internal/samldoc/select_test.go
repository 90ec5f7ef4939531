package samldoc

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/ssoctl/ssoctl/internal/source"
)

// federation is an aggregate of n entities, written as it is read.
func federation(n int) io.Reader {
	readers := []io.Reader{strings.NewReader("<?xml version=\"1.0\"?>\n<!-- <md:EntityDescriptor entityID=\"https://idp7.example\"> -->\n<md:EntitiesDescriptor\n  xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\">\n")}
	for i := range n {
		readers = append(readers, strings.NewReader(fmt.Sprintf("  <md:EntityDescriptor entityID=\"https://idp%d.example\" note='a > b'>\n    <md:IDPSSODescriptor protocolSupportEnumeration=\"x\"/><!--%s-->\n  </md:EntityDescriptor>\n", i, strings.Repeat("x", 1000))))
	}
	return io.MultiReader(append(readers, strings.NewReader("</md:EntitiesDescriptor>\n"))...)
}

func TestSelect(t *testing.T) {
	sel, err := Select(federation(10_000), "https://idp9000.example")
	if err != nil {
		t.Fatal(err)
	}
	if len(sel.Body) > 4096 || sel.Seen != 9000 {
		t.Fatalf("%d bytes kept, %d passed by", len(sel.Body), sel.Seen)
	}
	m, err := ParseMetadata("federation.xml", sel.Body, "https://idp9000.example", "IDPSSODescriptor")
	if err != nil {
		t.Fatal(err)
	}
	m.Doc.StartsAt(sel.Begins)
	want := source.Pos{Line: 5 + 3*9000, Col: 3}
	if got := m.Entity.Pos(); got != want {
		t.Errorf("the entity is at %v, not %v", got, want)
	}
	if got, want := m.IdP().Pos(), (source.Pos{Line: 6 + 3*9000, Col: 5}); got != want {
		t.Errorf("its role is at %v, not %v", got, want)
	}
}

func TestSelectRefuses(t *testing.T) {
	for name, c := range map[string]struct{ id, want string }{
		"absent": {"https://other.example", `none of the 10000 entities of the metadata has the ID "https://other.example"`},
		"near":   {"https://IDP7.example/", `one has "https://idp7.example"`},
		"none":   {"", "idp_entity_id has to name one"},
	} {
		if _, err := Select(federation(10_000), c.id); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	cut := io.LimitReader(federation(10_000), 9<<20)
	if _, err := Select(cut, "https://idp9999.example"); err == nil {
		t.Error("an aggregate that is cut off is taken")
	}
	whole, err := Select(strings.NewReader("<a/>"), "")
	if err != nil || string(whole.Body) != "<a/>" || !whole.Begins.IsZero() {
		t.Errorf("a small document: %v, %v", whole, err)
	}
}
