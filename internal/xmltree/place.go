package xmltree

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"github.com/ssoctl/ssoctl/internal/source"
)

// Pos is where the element begins.
func (e *Element) Pos() source.Pos {
	if e == nil {
		return source.Pos{}
	}
	return e.doc.at(e.from)
}

// AttrPos is where the value of an attribute begins, and how many runes it takes as written; without such an attribute, the
// element's place and 0.
func (e *Element) AttrPos(name string) (source.Pos, int) {
	if e == nil {
		return source.Pos{}, 0
	}
	tag := e.doc.Raw[e.from:e.tag]
	for _, a := range attributes(tag) {
		if a.name == name || strings.HasSuffix(a.name, ":"+name) {
			return e.doc.at(e.from + a.from), lineLen(tag[a.from:a.to])
		}
	}
	return e.Pos(), 0
}

// TextPos is where the element's text begins, white space left out, and how many runes it takes in its line; without text, the
// element's place and 0.
func (e *Element) TextPos() (source.Pos, int) {
	if e == nil {
		return source.Pos{}, 0
	}
	for _, n := range e.Children {
		if n.Kind != Text || strings.TrimSpace(n.Text) == "" {
			continue
		}
		raw := e.doc.Raw[n.from:e.to]
		skip := len(raw) - len(bytes.TrimLeft(raw, " \t\r\n"))
		rest := raw[skip:]
		if i := bytes.IndexAny(rest, "<\r\n"); i >= 0 {
			rest = rest[:i]
		}
		return e.doc.at(n.from + skip), utf8.RuneCount(bytes.TrimRight(rest, " \t"))
	}
	return e.Pos(), 0
}

func lineLen(b []byte) int {
	if bytes.IndexByte(b, '\n') >= 0 {
		return 0
	}
	return utf8.RuneCount(b)
}

// Source gives the bytes of the element as they stand in the document.
func (e *Element) Source() []byte { return e.doc.Raw[e.from:e.to] }

// Span gives the element's byte offsets in Raw: where it begins, where its content begins, and behind its end.
func (e *Element) Span() (from, inner, to int) { return e.from, e.tag, e.to }

// TextSpan is a piece of character data directly inside an element.
type TextSpan struct {
	Text     string // with references resolved
	From, To int    // byte offsets in Raw
}

// TextSpans gives the pieces of the element's own text as they stand in Raw; comments, instructions and children separate them.
func (e *Element) TextSpans() []TextSpan {
	var out []TextSpan
	for i, n := range e.Children {
		if n.Kind != Text {
			continue
		}
		to := e.contentEnd()
		if i+1 < len(e.Children) {
			to = e.Children[i+1].from
		}
		out = append(out, TextSpan{n.Text, n.from, to})
	}
	return out
}

// CommentSpans gives what stands inside the element's own comments, without their delimiters.
func (e *Element) CommentSpans() []TextSpan {
	var out []TextSpan
	for _, n := range e.Children {
		if n.Kind == Comment {
			from := n.from + len("<!--")
			if length := bytes.Index(e.doc.Raw[from:], []byte("-->")); length >= 0 { // line ends of Text are those of XML, not of Raw
				out = append(out, TextSpan{n.Text, from, from + length})
			}
		}
	}
	return out
}

// contentEnd is the offset of the element's end tag.
func (e *Element) contentEnd() int {
	if end := bytes.LastIndex(e.doc.Raw[e.tag:e.to], []byte("</")); end >= 0 {
		return e.tag + end
	}
	return e.tag
}

// AttrSpan gives the byte offsets in Raw of an attribute's value; ok is false when it is not there.
func (e *Element) AttrSpan(name string) (from, to int, ok bool) {
	for _, a := range attributes(e.doc.Raw[e.from:e.tag]) {
		if a.name == name {
			return e.from + a.from, e.from + a.to, true
		}
	}
	return 0, 0, false
}
