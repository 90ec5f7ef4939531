// Package xmltree turns XML into a tree in which every element, attribute and text has a place (line and column), and writes
// parts of it in canonical form. It reads what SAML may be made of and nothing more: a document type declaration is noted and
// never acted upon, so that no entity is expanded and no attribute is defaulted.
package xmltree

import (
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/source"
)

// Kind tells the nodes of a tree apart.
type Kind int

const (
	Elem Kind = iota
	Text
	Comment
	Instruction // a processing instruction
)

// Node is one child of an element, or one item beside the root.
type Node struct {
	Kind    Kind
	Element *Element // of Elem
	Text    string   // of Text, with references resolved; of Comment and Instruction, what stands inside
	Target  string   // of Instruction
	from    int      // byte offset in Raw
}

// Element is one element.
type Element struct {
	Prefix, Local string // the name as written
	Space         string // the namespace name that the prefix stands for here; "" for none
	Attrs         []Attr // in document order, namespace declarations included
	Children      []Node
	Parent        *Element // nil for the root
	doc           *Doc
	from, tag, to int // byte offsets in Raw: "<", behind the start tag's ">", behind the end tag's ">"
	nth           int // from 1 among the siblings of its name; 0 when there is no other
}

// Attr is one attribute. For xmlns="…" Local is "xmlns" and Prefix "", for xmlns:p="…" Prefix is "xmlns" and Local "p".
type Attr struct{ Prefix, Local, Space, Value string }

// declares reports whether the attribute declares a namespace.
func (a Attr) declares() bool { return a.Prefix == "xmlns" || a.Prefix == "" && a.Local == "xmlns" }

// Doc is a parsed document.
type Doc struct {
	File      string // name for people
	Raw       []byte // UTF-8, whatever the encoding was
	Encoding  string // of the bytes that were given: "UTF-8", "UTF-16", "ISO-8859-1", "windows-1252"
	Root      *Element
	Beside    []Node     // comments and instructions beside the root, in order
	RootIndex int        // how many of Beside stand before the root
	Doctype   source.Pos // where a document type declaration begins; zero when there is none
	places    places
	origin    source.Pos // place of the first byte within File, when the document is a part of it
	shifts    []Shift
}

// Shift says that in one line everything from a column on stood By runes further right before something was replaced.
type Shift struct {
	Line int `json:"line"`
	Col  int `json:"column"` // in the text as it is now
	By   int `json:"by"`
}

// Shifted tells the document about replacements that were made in it, so that places are those of the text before. They may come in
// any order.
func (d *Doc) Shifted(s []Shift) {
	d.shifts = slices.Clone(s)
	slices.SortStableFunc(d.shifts, func(a, b Shift) int { return a.Line - b.Line })
}

// StartsAt tells the document where in its file its first byte stands (line and column from 1).
func (d *Doc) StartsAt(p source.Pos) { d.origin = p }

// Is reports whether an element has this namespace and local name.
func (e *Element) Is(space, local string) bool {
	return e != nil && e.Local == local && e.Space == space
}

// Name is the element's name as written.
func (e *Element) Name() string { return qualified(e.Prefix, e.Local) }

func qualified(prefix, local string) string {
	if prefix == "" {
		return local
	}
	return prefix + ":" + local
}

// Elements gives the child elements.
func (e *Element) Elements() []*Element {
	if e == nil {
		return nil
	}
	var out []*Element
	for _, n := range e.Children {
		if n.Kind == Elem {
			out = append(out, n.Element)
		}
	}
	return out
}

// Child gives the first child of a name, or nil.
func (e *Element) Child(space, local string) *Element {
	if e == nil {
		return nil
	}
	for _, n := range e.Children {
		if n.Kind == Elem && n.Element.Is(space, local) {
			return n.Element
		}
	}
	return nil
}

// All gives the children of a name.
func (e *Element) All(space, local string) []*Element {
	var out []*Element
	for _, c := range e.Elements() {
		if c.Is(space, local) {
			out = append(out, c)
		}
	}
	return out
}

// Find gives the first descendant of a name in document order, the element itself included, or nil.
func (e *Element) Find(space, local string) *Element {
	var found *Element
	e.Walk(func(c *Element) bool {
		if found == nil && c.Is(space, local) {
			found = c
		}
		return found == nil
	})
	return found
}

// Walk visits the element and its descendants in document order; false from visit leaves out the descendants.
func (e *Element) Walk(visit func(*Element) bool) {
	if e == nil || !visit(e) {
		return
	}
	for _, n := range e.Children {
		if n.Kind == Elem {
			n.Element.Walk(visit)
		}
	}
}

// Attr gives the value of an attribute without a namespace, "" when it is not there.
func (e *Element) Attr(local string) string {
	v, _ := e.Lookup("", local)
	return v
}

// Has reports whether an attribute without a namespace is there.
func (e *Element) Has(local string) bool {
	_, ok := e.Lookup("", local)
	return ok
}

// Lookup gives the value of an attribute and whether it is there.
func (e *Element) Lookup(space, local string) (string, bool) {
	if e == nil {
		return "", false
	}
	for _, a := range e.Attrs {
		if a.Local == local && a.Space == space && !a.declares() {
			return a.Value, true
		}
	}
	return "", false
}

// Text gives all character data directly inside the element, comments and instructions left out and what is around them joined.
func (e *Element) Text() string {
	if e == nil {
		return ""
	}
	if len(e.Children) == 1 && e.Children[0].Kind == Text {
		return e.Children[0].Text
	}
	var b strings.Builder
	for _, n := range e.Children {
		if n.Kind == Text {
			b.WriteString(n.Text)
		}
	}
	return b.String()
}

// Value is Text without the white space around it.
func (e *Element) Value() string { return strings.Trim(e.Text(), " \t\r\n") }

// Interrupted reports whether a comment or an instruction stands inside the element's own text.
func (e *Element) Interrupted() bool {
	if e == nil {
		return false
	}
	for _, n := range e.Children {
		if n.Kind == Comment || n.Kind == Instruction {
			return true
		}
	}
	return false
}

// Root gives the document's root.
func (e *Element) Root() *Element {
	for e != nil && e.Parent != nil {
		e = e.Parent
	}
	return e
}

// Inside reports whether the element is ancestor or one of its descendants.
func (e *Element) Inside(ancestor *Element) bool {
	for ; e != nil; e = e.Parent {
		if e == ancestor {
			return true
		}
	}
	return false
}

// Doc gives the document that the element belongs to.
func (e *Element) Doc() *Doc { return e.doc }

// Namespace gives the namespace name that a prefix stands for inside the element; ok is false for a prefix that is not declared.
func (e *Element) Namespace(prefix string) (uri string, ok bool) {
	switch prefix {
	case "xml":
		return xmlSpace, true
	case "xmlns":
		return xmlnsSpace, true
	}
	for ; e != nil; e = e.Parent {
		for _, a := range e.Attrs {
			if a.Prefix == "xmlns" && a.Local == prefix || prefix == "" && a.Prefix == "" && a.Local == "xmlns" {
				return a.Value, prefix == "" || a.Value != ""
			}
		}
	}
	return "", prefix == ""
}

const (
	xmlSpace   = "http://www.w3.org/XML/1998/namespace"
	xmlnsSpace = "http://www.w3.org/2000/xmlns/"
)
