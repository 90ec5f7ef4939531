package source

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Bounds of any document: its nesting and, since a value takes far more memory than the two bytes it may be written in, the
// number of its values.
const (
	maxDepth  = 64
	maxValues = 100_000
)

// ParseJSON parses one JSON value (RFC 8259) with places. A byte order mark is skipped and reported by BOM. Doubled
// members are kept. Text after the value is an error, as is nesting deeper than 64.
func ParseJSON(file string, b []byte) (*Doc, error) {
	doc := &Doc{File: file, Raw: b}
	if problem := textProblem(b); problem != "" {
		return nil, &Error{File: file, Msg: problem}
	}
	b = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
	doc.lines = splitLines(b)
	p := &jsonParser{file: file, text: b, dec: json.NewDecoder(bytes.NewReader(b)), line: 1, col: 1}
	p.dec.UseNumber()
	root, err := p.value(0)
	if err != nil {
		return nil, err
	}
	if _, err := p.dec.Token(); !errors.Is(err, io.EOF) {
		return nil, p.fail(p.skip(p.dec.InputOffset()), "text follows after the end of the JSON value")
	}
	doc.Root = root
	return doc, nil
}

// BOM reports whether the document begins with a UTF-8 byte order mark, which RFC 8259 §8.1 forbids to send.
func (d *Doc) BOM() bool { return bytes.HasPrefix(d.Raw, []byte("\xef\xbb\xbf")) }

type jsonParser struct {
	file   string
	text   []byte
	dec    *json.Decoder
	values int

	line, col int // of offset at; kept, since counting from the line's start would take quadratic time in a long line
	at        int
}

// pos converts a byte offset; offsets must not go backwards.
func (p *jsonParser) pos(offset int) Pos {
	for p.at < offset {
		switch {
		case p.text[p.at] == '\n':
			p.line, p.col = p.line+1, 1
		case utf8.RuneStart(p.text[p.at]):
			p.col++
		}
		p.at++
	}
	return Pos{p.line, p.col}
}

// skip moves an offset over white space and the separators before a token.
func (p *jsonParser) skip(offset int64) int {
	i := int(offset)
	for i < len(p.text) && strings.IndexByte(" \t\r\n,:", p.text[i]) >= 0 {
		i++
	}
	return i
}

func (p *jsonParser) fail(offset int, msg string) error {
	p.line, p.col, p.at = 1, 1, 0
	return &Error{File: p.file, Pos: p.pos(min(offset, len(p.text))), Msg: msg}
}

func (p *jsonParser) token() (json.Token, int, error) {
	start := p.skip(p.dec.InputOffset())
	tok, err := p.dec.Token()
	if err == nil {
		return tok, start, nil
	}
	if len(bytes.TrimSpace(p.text)) == 0 {
		return nil, 0, &Error{File: p.file, Msg: "the document is empty"}
	}
	// The decoder's offsets are relative to what it had buffered; a pass over the whole text gives the true one.
	var syntax *json.SyntaxError
	if errors.As(json.Unmarshal(p.text, new(any)), &syntax) {
		if strings.Contains(syntax.Error(), "unexpected end") {
			return nil, 0, p.fail(len(p.text), "the JSON value ends too early")
		}
		return nil, 0, p.fail(max(0, int(syntax.Offset)-1), syntax.Error())
	}
	return nil, 0, p.fail(start, err.Error())
}

func (p *jsonParser) value(depth int) (*Node, error) {
	tok, start, err := p.token()
	if err != nil {
		return nil, err
	}
	return p.node(tok, start, depth)
}

func (p *jsonParser) node(tok json.Token, start, depth int) (*Node, error) {
	if depth > maxDepth {
		return nil, p.fail(start, fmt.Sprintf("nested deeper than %d", maxDepth))
	}
	if p.values++; p.values > maxValues {
		return nil, p.fail(start, fmt.Sprintf("more than %d values", maxValues))
	}
	n := &Node{Pos: p.pos(start)}
	switch v := tok.(type) {
	case json.Delim:
		if v == '[' {
			return n, p.list(n, depth)
		}
		return n, p.object(n, depth)
	case string:
		n.Type, n.Text, n.Quoted = String, v, true
	case json.Number:
		n.Type, n.Text = Number, v.String()
	case bool:
		n.Type, n.Text = Bool, fmt.Sprint(v)
	case nil:
		n.Type, n.Text = Null, "null"
	}
	n.Len = utf8.RuneCount(p.text[start:p.dec.InputOffset()])
	return n, nil
}

func (p *jsonParser) list(n *Node, depth int) error {
	n.Type = List
	for p.dec.More() {
		item, err := p.value(depth + 1)
		if err != nil {
			return err
		}
		n.Items = append(n.Items, item)
	}
	_, _, err := p.token()
	return err
}

func (p *jsonParser) object(n *Node, depth int) error {
	n.Type = Map
	for p.dec.More() {
		key, start, err := p.token()
		if err != nil {
			return err
		}
		name, _ := key.(string)
		m := Member{Key: name, KeyPos: p.pos(start)}
		if m.Value, err = p.value(depth + 1); err != nil {
			return err
		}
		n.Members = append(n.Members, m)
	}
	_, _, err := p.token()
	return err
}
