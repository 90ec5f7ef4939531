package xmltree

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/ssoctl/ssoctl/internal/source"
)

// Bounds on what is read. SAML nests about fifteen deep; an aggregate of a large federation has some millions of elements.
const (
	maxDepth    = 100
	maxElements = 4_000_000
	maxAttrs    = 1_000 // of one element
)

// Parse reads a document of any encoding that it recognises (UTF-8, UTF-16, ISO-8859-1, windows-1252). The error is a *source.Error
// with the place.
func Parse(file string, data []byte) (*Doc, error) {
	d := &Doc{File: file}
	var err error
	if d.Raw, d.Encoding, err = toUTF8(data); err != nil {
		return nil, &source.Error{File: file, Pos: source.Pos{Line: 1, Col: 1}, Msg: err.Error()}
	}
	d.places = newPlaces(d.Raw)
	p := parser{doc: d, dec: xml.NewDecoder(bytes.NewReader(withoutDeclaration(d.Raw)))}
	p.dec.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	if err := p.run(); err != nil {
		pos := d.at(p.errAt)
		if !d.Doctype.IsZero() && strings.HasPrefix(err.Error(), noEntity) { // the declaration may define it; it is not read
			return nil, &source.Error{File: file, Pos: d.Doctype, Msg: fmt.Sprintf("it has a document type declaration, whose entities are not expanded; one is used in line %d", pos.Line)}
		}
		return nil, &source.Error{File: file, Pos: pos, Msg: err.Error()}
	}
	return d, nil
}

type parser struct {
	doc   *Doc
	dec   *xml.Decoder
	open  *Element
	depth int
	count int
	errAt int // offset that an error is about
	arena []Element

	joined []byte // the last text of the open element, while more of it may follow; nil when that is one piece
}

func (p *parser) run() error {
	if len(bytes.TrimSpace(p.doc.Raw)) == 0 {
		return errors.New("the document is empty")
	}
	for {
		from := int(p.dec.InputOffset())
		p.errAt = from
		tok, err := p.dec.RawToken()
		if err == io.EOF {
			return p.atEnd(from)
		}
		if err != nil {
			p.errAt = min(int(p.dec.InputOffset()), len(p.doc.Raw))
			return errors.New(plain(err))
		}
		if err := p.token(tok, from, int(p.dec.InputOffset())); err != nil {
			return err
		}
	}
}

func (p *parser) atEnd(at int) error {
	p.errAt = min(at, len(p.doc.Raw))
	switch {
	case p.open != nil:
		return fmt.Errorf("the document ends inside <%s>, which begins in line %d", p.open.Name(), p.doc.at(p.open.from).Line)
	case p.doc.Root == nil:
		p.errAt = 0
		return errors.New("the document has no element")
	}
	return nil
}

func (p *parser) token(tok xml.Token, from, to int) error {
	if _, more := tok.(xml.CharData); !more && p.joined != nil {
		p.open.Children[len(p.open.Children)-1].Text, p.joined = string(p.joined), nil
	}
	switch t := tok.(type) {
	case xml.StartElement:
		if err := surrogate(p.doc.Raw[from:to]); err != nil {
			return err
		}
		return p.start(t, from, to)
	case xml.EndElement:
		return p.end(t, to)
	case xml.CharData:
		if part := p.doc.Raw[from:to]; bytes.Contains(t, []byte("\ufffd")) && !bytes.HasPrefix(part, []byte("<![CDATA[")) {
			if err := surrogate(part); err != nil {
				return err
			}
		}
		return p.text(string(t), from)
	case xml.Comment:
		p.add(Node{Kind: Comment, Text: string(t), from: from})
	case xml.ProcInst:
		if strings.EqualFold(t.Target, "xml") {
			return errors.New("the XML declaration does not stand at the very beginning of the document")
		}
		p.add(Node{Kind: Instruction, Target: t.Target, Text: string(t.Inst), from: from})
	case xml.Directive:
		if !bytes.HasPrefix(t, []byte("DOCTYPE")) || p.open != nil || p.doc.Root != nil || !p.doc.Doctype.IsZero() {
			return errors.New("no well-formed XML: a declaration stands where none may")
		}
		p.doc.Doctype = p.doc.at(from)
	}
	return nil
}

func (p *parser) add(n Node) {
	if p.open != nil {
		p.open.Children = append(p.open.Children, n)
		return
	}
	p.doc.Beside = append(p.doc.Beside, n)
	if p.doc.Root == nil {
		p.doc.RootIndex++
	}
}

func (p *parser) text(s string, from int) error {
	if p.open != nil {
		// Parts that only CDATA sections or references separate are one text.
		if n := len(p.open.Children); n > 0 && p.open.Children[n-1].Kind == Text {
			if p.joined == nil {
				p.joined = []byte(p.open.Children[n-1].Text)
			}
			p.joined = append(p.joined, s...)
			return nil
		}
		p.open.Children = append(p.open.Children, Node{Kind: Text, Text: s, from: from})
		return nil
	}
	if rest := strings.TrimLeft(s, " \t\r\n\ufeff"); rest != "" {
		p.errAt = from + len(s) - len(rest)
		if p.doc.Root == nil {
			return errors.New("there is text before the first element")
		}
		return fmt.Errorf("there is text behind the end of <%s>", p.doc.Root.Name())
	}
	return nil
}

func (p *parser) start(t xml.StartElement, from, to int) error {
	if p.open == nil && p.doc.Root != nil {
		return fmt.Errorf("a second root element <%s> follows <%s>", qualified(t.Name.Space, t.Name.Local), p.doc.Root.Name())
	}
	p.depth++
	p.count++
	if p.depth > maxDepth || p.count > maxElements || len(t.Attr) > maxAttrs {
		return fmt.Errorf("the document is beyond what is read: %d levels, %d elements, %d attributes of one element", maxDepth, maxElements, maxAttrs)
	}
	if err := names(t); err != nil {
		return err
	}
	if err := bindings(t); err != nil {
		return err
	}
	e := p.element()
	e.Prefix, e.Local, e.Parent, e.doc, e.from, e.tag, e.to = t.Name.Space, t.Name.Local, p.open, p.doc, from, to, to
	values := normalised(p.doc.Raw[from:to])
	e.Attrs = make([]Attr, len(t.Attr))
	for i, a := range t.Attr {
		e.Attrs[i] = Attr{Prefix: a.Name.Space, Local: a.Name.Local, Value: a.Value}
		if i < len(values) {
			e.Attrs[i].Value = values[i]
		}
	}
	if err := e.resolve(); err != nil {
		return err
	}
	if p.open == nil {
		p.doc.Root = e
	} else {
		p.open.Children = append(p.open.Children, Node{Kind: Elem, Element: e, from: from})
	}
	p.open = e
	return nil
}

// element takes room for one element; it is allocated in blocks, since a document has many.
func (p *parser) element() *Element {
	if len(p.arena) == 0 {
		p.arena = make([]Element, 64)
	}
	e := &p.arena[0]
	p.arena = p.arena[1:]
	return e
}

func (p *parser) end(t xml.EndElement, to int) error {
	if p.open == nil {
		return fmt.Errorf("</%s> closes nothing", qualified(t.Name.Space, t.Name.Local))
	}
	if p.open.Prefix != t.Name.Space || p.open.Local != t.Name.Local {
		return fmt.Errorf("</%s> does not close <%s>, which begins in line %d", qualified(t.Name.Space, t.Name.Local), p.open.Name(), p.doc.at(p.open.from).Line)
	}
	p.open.to = to
	p.open.number()
	p.open = p.open.Parent
	p.depth--
	return nil
}

// resolve finds the namespaces of the element and its attributes (Namespaces in XML 1.0 §5, §6).
func (e *Element) resolve() error {
	var ok bool
	if e.Space, ok = e.Namespace(e.Prefix); !ok || e.Prefix == "xmlns" {
		return fmt.Errorf("the namespace prefix %q of <%s> is not declared", e.Prefix, e.Name())
	}
	for i := range e.Attrs {
		a := &e.Attrs[i]
		if a.declares() {
			a.Space = xmlnsSpace
		} else if a.Prefix != "" {
			if a.Space, ok = e.Namespace(a.Prefix); !ok {
				return fmt.Errorf("the namespace prefix %q of the attribute %s is not declared", a.Prefix, qualified(a.Prefix, a.Local))
			}
		}
	}
	if a := e.twice(); a != nil {
		return fmt.Errorf("<%s> has the attribute %s twice", e.Name(), qualified(a.Prefix, a.Local))
	}
	return nil
}

// noEntity begins the message about an entity that is none of the five of XML.
const noEntity = "a reference to an entity that XML does not define:"

// plain words an error of encoding/xml without its name and line, which the place says.
func plain(err error) string {
	var syntax *xml.SyntaxError
	if errors.As(err, &syntax) {
		msg := syntax.Msg
		if msg == "unexpected EOF" {
			return "the document ends in the middle of a tag"
		}
		if strings.HasPrefix(msg, "invalid character entity") {
			return noEntity + strings.TrimPrefix(msg, "invalid character entity")
		}
		if strings.HasPrefix(msg, "invalid UTF-8") {
			return "a byte that is no UTF-8"
		}
		return "no well-formed XML: " + msg
	}
	return strings.TrimPrefix(err.Error(), "xml: ")
}
