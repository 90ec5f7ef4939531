// Package source turns bytes into documents whose every value has a place (line and column), for YAML and JSON, and
// decodes them strictly, collecting every problem instead of stopping at the first.
package source

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Pos is a place in a text: line and column from 1, columns in runes. The zero Pos is "not known".
type Pos struct{ Line, Col int }

// IsZero reports whether the place is not known.
func (p Pos) IsZero() bool { return p.Line == 0 }

// Type is the kind of a node.
type Type int

const (
	Null Type = iota
	Bool
	Number
	String
	List
	Map
)

var typeNames = [...]string{"null", "a boolean", "a number", "a text", "a list", "a mapping"}

func (t Type) String() string { return typeNames[t] }

// Node is one value of a document. Aliases of YAML point at the node they name, so a tree may share nodes.
type Node struct {
	Type    Type
	Pos     Pos      // where the value begins
	Text    string   // scalar text, unquoted; "true", "12", "1.5" for booleans and numbers
	Len     int      // runes that the scalar takes in its line as written; 0 when it spans lines
	Items   []*Node  // of a list
	Members []Member // of a mapping, in order, doubled keys included
	Quoted  bool     // a quoted or block scalar of YAML, a string of JSON
}

// Member is one key and its value.
type Member struct {
	Key    string
	KeyPos Pos
	Value  *Node
	Merged bool // came in through a YAML merge key (<<)
	Again  bool // repeats a key of the same mapping of a YAML file, which YAML forbids; only the first one is read
}

// Member finds a key of a mapping. Own keys win over merged ones; of doubled keys the last one counts in JSON, as parsers do, and
// the first in YAML, where the second is an error.
func (n *Node) Member(key string) *Node {
	if n == nil || n.Type != Map {
		return nil
	}
	var found *Node
	for _, m := range n.Members {
		if m.Key == key && !m.Again && (found == nil || !m.Merged) {
			found = m.Value
		}
	}
	return found
}

// Str gives the text of a scalar, "" for anything else.
func (n *Node) Str() string {
	if n == nil || n.Type == List || n.Type == Map || n.Type == Null {
		return ""
	}
	return n.Text
}

// Any converts a node to plain Go values: string, bool, int64 or float64, []any, map[string]any. It stops at maxPlain values,
// since aliases may share nodes without end.
func (n *Node) Any() any {
	budget := maxPlain
	return n.plain(&budget)
}

const maxPlain = 100_000

func (n *Node) plain(budget *int) any {
	if *budget--; *budget < 0 {
		return nil
	}
	switch n.Type {
	case Bool:
		return n.Text == "true"
	case Number:
		if i, err := strconv.ParseInt(n.Text, 0, 64); err == nil {
			return i
		}
		f, _ := strconv.ParseFloat(n.Text, 64)
		return f
	case String:
		return n.Text
	case List:
		out := make([]any, 0, len(n.Items))
		for _, item := range n.Items {
			out = append(out, item.plain(budget))
		}
		return out
	case Map:
		out := make(map[string]any, len(n.Members))
		for _, m := range n.Members {
			out[m.Key] = m.Value.plain(budget)
		}
		return out
	}
	return nil
}

// Strings gives the texts of a list of scalars, or the one text of a scalar.
func (n *Node) Strings() []string {
	switch {
	case n == nil || n.Type == Null || n.Type == Map:
		return nil
	case n.Type != List:
		return []string{n.Text}
	}
	var out []string
	for _, item := range n.Items {
		out = append(out, item.Str())
	}
	return out
}

// Lines gives the number of lines.
func (d *Doc) Lines() int { return len(d.lines) }

// Doc is a parsed document.
type Doc struct {
	File  string // name for people; "-" for standard input
	Root  *Node
	lines []string
	Raw   []byte
}

// Error is a text that cannot be parsed.
type Error struct {
	File string
	Pos  Pos
	Msg  string
}

func (e *Error) Error() string {
	if e.Pos.IsZero() {
		return e.File + ": " + e.Msg
	}
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Pos.Line, e.Pos.Col, e.Msg)
}

// Line gives the text of a line (from 1) without its end; "" when there is none.
func (d *Doc) Line(n int) string {
	if d == nil || n < 1 || n > len(d.lines) {
		return ""
	}
	return d.lines[n-1]
}

// At walks a JSON pointer (RFC 6901) and returns the node, or nil.
func (d *Doc) At(path string) *Node {
	node, rest := d.nearest(path)
	if rest != "" {
		return nil
	}
	return node
}

// Pos gives the place of the value at a JSON pointer, or that of its nearest ancestor that exists. For a member, the
// ancestor's place is where its mapping begins. exact is false when an ancestor had to stand in.
func (d *Doc) Pos(path string) (pos Pos, exact bool) {
	node, rest := d.nearest(path)
	if node == nil {
		return Pos{1, 1}, false
	}
	return node.Pos, rest == ""
}

// KeyPos gives the place of the key at a JSON pointer; for list items and ancestors, the value's place.
func (d *Doc) KeyPos(path string) Pos {
	cut := strings.LastIndexByte(path, '/')
	if cut >= 0 {
		if parent := d.At(path[:cut]); parent != nil && parent.Type == Map {
			key := Unescape(path[cut+1:])
			for _, m := range parent.Members {
				if m.Key == key {
					return m.KeyPos
				}
			}
		}
	}
	pos, _ := d.Pos(path)
	return pos
}

func (d *Doc) nearest(path string) (*Node, string) {
	if d == nil || d.Root == nil {
		return nil, path
	}
	node, rest := d.Root, path
	for rest != "" {
		step := strings.TrimPrefix(rest, "/")
		step, tail, found := strings.Cut(step, "/")
		next := child(node, Unescape(step))
		if next == nil {
			return node, rest
		}
		node, rest = next, ""
		if found {
			rest = "/" + tail
		}
	}
	return node, ""
}

func child(n *Node, step string) *Node {
	switch n.Type {
	case Map:
		return n.Member(step)
	case List:
		i, err := strconv.Atoi(step)
		if err == nil && i >= 0 && i < len(n.Items) {
			return n.Items[i]
		}
	}
	return nil
}

// Escape makes a key into a step of a JSON pointer (RFC 6901 §3).
func Escape(key string) string {
	return strings.ReplaceAll(strings.ReplaceAll(key, "~", "~0"), "/", "~1")
}

// Unescape is the reverse of Escape.
func Unescape(step string) string {
	return strings.ReplaceAll(strings.ReplaceAll(step, "~1", "/"), "~0", "~")
}

func splitLines(b []byte) []string {
	text := strings.ReplaceAll(string(b), "\r\n", "\n")
	return strings.Split(text, "\n")
}

// textProblem tells why bytes are no text that could be parsed, or "".
func textProblem(b []byte) string {
	switch {
	case len(b) >= 2 && (b[0] == 0xff && b[1] == 0xfe || b[0] == 0xfe && b[1] == 0xff):
		return "the file is UTF-16; save it as UTF-8"
	case strings.IndexByte(string(b), 0) >= 0:
		return "the file is binary, not text"
	case !utf8.Valid(b):
		return "the file is not UTF-8"
	}
	return ""
}
