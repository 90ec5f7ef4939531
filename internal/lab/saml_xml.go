package lab

import (
	"strings"
)

// elem is an XML element in the making: faults change it before it is written and signed.
type elem struct {
	name  string // with its prefix
	attrs []attr
	kids  []any // *elem, string (escaped when written) or markup (written as it is)
}

// attr is an attribute or a namespace declaration.
type attr struct{ name, value string }

// markup is XML text.
type markup string

// el makes an element of its attributes and children in any order; a nil *elem is left out.
func el(name string, parts ...any) *elem {
	e := &elem{name: name}
	for _, p := range parts {
		switch v := p.(type) {
		case attr:
			e.attrs = append(e.attrs, v)
		case *elem:
			if v != nil {
				e.kids = append(e.kids, v)
			}
		case []*elem:
			for _, k := range v {
				e.kids = append(e.kids, k)
			}
		default:
			e.kids = append(e.kids, v)
		}
	}
	return e
}

// local is the name without its prefix.
func (e *elem) local() string { return e.name[strings.IndexByte(e.name, ':')+1:] }

// at follows local names separated by slashes and gives the first match, or nil.
func (e *elem) at(path string) *elem {
	for step := range strings.SplitSeq(path, "/") {
		if all := e.all(step); len(all) > 0 {
			e = all[0]
		} else {
			return nil
		}
	}
	return e
}

// all gives the children of a local name.
func (e *elem) all(local string) []*elem {
	var out []*elem
	for _, k := range e.kids {
		if c, ok := k.(*elem); ok && c.local() == local {
			out = append(out, c)
		}
	}
	return out
}

// get gives an attribute, empty when it is not there.
func (e *elem) get(name string) string {
	for _, a := range e.attrs {
		if a.name == name {
			return a.value
		}
	}
	return ""
}

// set replaces or adds an attribute.
func (e *elem) set(name, value string) {
	for i := range e.attrs {
		if e.attrs[i].name == name {
			e.attrs[i].value = value
			return
		}
	}
	e.attrs = append(e.attrs, attr{name, value})
}

// unset leaves an attribute out.
func (e *elem) unset(name string) {
	var kept []attr
	for _, a := range e.attrs {
		if a.name != name {
			kept = append(kept, a)
		}
	}
	e.attrs = kept
}

// add appends children.
func (e *elem) add(kids ...any) { e.kids = append(e.kids, kids...) }

// first puts a child in front of the others.
func (e *elem) first(kid any) { e.kids = append([]any{kid}, e.kids...) }

// fill replaces all children.
func (e *elem) fill(kids ...any) { e.kids = kids }

// remove leaves out all children of a local name and reports how many there were.
func (e *elem) remove(local string) int {
	var kept []any
	for _, k := range e.kids {
		if c, ok := k.(*elem); !ok || c.local() != local {
			kept = append(kept, k)
		}
	}
	n := len(e.kids) - len(kept)
	e.kids = kept
	return n
}

// after puts a child behind the last child of a local name.
func (e *elem) after(local string, kid *elem) {
	at := len(e.kids)
	for i, k := range e.kids {
		if c, ok := k.(*elem); ok && c.local() == local {
			at = i + 1
		}
	}
	e.kids = append(e.kids[:at:at], append([]any{kid}, e.kids[at:]...)...)
}

// clone copies an element with all that is in it.
func (e *elem) clone() *elem {
	c := &elem{name: e.name, attrs: append([]attr(nil), e.attrs...)}
	for _, k := range e.kids {
		if child, ok := k.(*elem); ok {
			k = child.clone()
		}
		c.kids = append(c.kids, k)
	}
	return c
}

// compact writes the element on one line, as identity providers write messages.
func (e *elem) compact() string {
	var b strings.Builder
	e.write(&b, -1)
	return b.String()
}

// pretty writes one element a line, for documents that people open.
func (e *elem) pretty() string {
	var b strings.Builder
	e.write(&b, 0)
	b.WriteByte('\n')
	return b.String()
}

// write writes the element; depth is its indentation, negative for none.
func (e *elem) write(b *strings.Builder, depth int) {
	b.WriteString("<" + e.name)
	for _, a := range e.attrs {
		b.WriteString(" " + a.name + `="` + escape(a.value, true) + `"`)
	}
	if len(e.kids) == 0 {
		b.WriteString("/>")
		return
	}
	b.WriteByte('>')
	inner := depth + 1
	if depth < 0 || e.mixed() {
		inner = -1
	}
	for _, k := range e.kids {
		if inner > 0 {
			b.WriteString("\n" + strings.Repeat("  ", inner))
		}
		switch v := k.(type) {
		case *elem:
			v.write(b, inner)
		case markup:
			b.WriteString(string(v))
		case string:
			b.WriteString(escape(v, false))
		}
	}
	if inner > 0 {
		b.WriteString("\n" + strings.Repeat("  ", depth))
	}
	b.WriteString("</" + e.name + ">")
}

// mixed reports whether white space between the children would change a text.
func (e *elem) mixed() bool {
	for _, k := range e.kids {
		if _, ok := k.(*elem); !ok {
			return true
		}
	}
	return false
}

// escape writes text so that a parser reads just that text back; in attributes quotes and white space other than blanks too
// (XML 1.0 sections 2.4 and 3.3.3).
func escape(s string, attribute bool) string {
	pairs := []string{"&", "&amp;", "<", "&lt;", ">", "&gt;", "\r", "&#xD;"}
	if attribute {
		pairs = append(pairs, `"`, "&quot;", "\n", "&#xA;", "\t", "&#x9;")
	}
	return strings.NewReplacer(pairs...).Replace(s)
}
