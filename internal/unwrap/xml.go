package unwrap

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"html"
	"io"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/source"
	"github.com/ssoctl/ssoctl/internal/xmltree"
)

const (
	nsProtocol  = "urn:oasis:names:tc:SAML:2.0:protocol"
	nsAssertion = "urn:oasis:names:tc:SAML:2.0:assertion"
	nsMetadata  = "urn:oasis:names:tc:SAML:2.0:metadata"
	nsProtocol1 = "urn:oasis:names:tc:SAML:1.0:protocol"
	nsAsserted1 = "urn:oasis:names:tc:SAML:1.0:assertion"
)

// rootKinds tells documents by their root element's local name and namespace.
var rootKinds = map[[2]string]string{
	{nsProtocol, "Response"}:            KindResponse,
	{nsProtocol, "AuthnRequest"}:        KindRequest,
	{nsProtocol, "LogoutRequest"}:       KindLogoutRequest,
	{nsProtocol, "LogoutResponse"}:      KindLogoutResponse,
	{nsProtocol, "ArtifactResolve"}:     KindArtifactResolve,
	{nsProtocol, "ArtifactResponse"}:    KindArtifactResponse,
	{nsAssertion, "Assertion"}:          KindAssertion,
	{nsAssertion, "EncryptedAssertion"}: KindEncryptedAssertion,
	{nsMetadata, "EntityDescriptor"}:    KindMetadata,
	{nsMetadata, "EntitiesDescriptor"}:  KindMetadata,
	{nsProtocol1, "Response"}:           KindSAML1,
	{nsAsserted1, "Assertion"}:          KindSAML1,
}

// rootNames are the local names of rootKinds; their elements are looked for in free text.
const rootNames = `Response|AuthnRequest|LogoutRequest|LogoutResponse|ArtifactResolve|ArtifactResponse|Assertion|EncryptedAssertion|EntityDescriptor|EntitiesDescriptor`

var rootLike = lazily(`(?:<\?xml[^>]{0,200}\?>\s*)?<(?:[A-Za-z_][\w.-]*:)?(?:` + rootNames + `)[\s>/]`)

// markup opens what begins with "<": XML or a web page.
func (o *opener) markup(p piece) bool {
	if !bytes.HasPrefix(p.data, []byte("<")) {
		return false
	}
	if isHTML(p.data) {
		return o.page(p)
	}
	return o.xml(p)
}

func isHTML(data []byte) bool {
	return htmlLike().Match(data[:min(len(data), 2048)])
}

var htmlLike = lazily(`(?i)^\s*(<!--.*?-->\s*)*(<\?xml[^>]*>\s*)?(<!doctype html|<html|<head|<body|<form|<input|<script|<meta|<title|<div|<noscript|<span|<p>)`)

// xml opens a document that begins with an element; what stands behind its end is left to search.
func (o *opener) xml(p piece) bool {
	if p.whole || p.depth == 1 { // a paste
		if straight := unplaced(p.data); straight != nil {
			p.data = straight
			p = p.note(NoteInvisible)
		}
	}
	doc, err := xmltree.Parse(o.name, p.data)
	if err == nil {
		return o.root(p, doc.Root)
	}
	if straight := straightened(p.data); straight != nil {
		if _, err := xmltree.Parse(o.name, straight); err == nil {
			p.data = straight
			return o.xml(p.note(NoteTypographic))
		}
	}
	msg := err.Error()
	var placed *source.Error
	if errors.As(err, &placed) {
		msg = placed.Msg
	}
	// What one value of base64 holds is one message: what follows it there is no text around a paste.
	if wrapped := len(p.doc.Layers) > 0 && slices.Contains([]string{"base64", "deflate"}, p.doc.Layers[len(p.doc.Layers)-1]); !wrapped && (strings.Contains(msg, "behind the end of") || strings.Contains(msg, "second root")) {
		if o.elements(p) {
			return true
		}
	}
	space, local := rootOf(p.data)
	kind, known := rootKinds[[2]string{space, local}]
	if !known {
		return false
	}
	switch _, inside, cut := strings.Cut(msg, "the document ends inside "); {
	case cut:
		element, _, _ := strings.Cut(inside, ",")
		p = p.note(NoteCut + ": the XML ends inside " + element)
	case strings.Contains(msg, "ends in the middle of a tag"):
		p = p.note(NoteCut + ": the XML ends in the middle of a tag")
	default:
		p = p.note(fmt.Sprintf("%s: %s (%d:%d)", NoteBroken, msg, placed.Pos.Line, placed.Pos.Col))
	}
	return o.saml(p, kind, p.data)
}

// straightened gives the data with the typographic quotes inside of tags, which word processors and chats make, as plain ones; nil
// when there are none. A quote stays one character, so places stay.
func straightened(data []byte) []byte {
	if !bytes.ContainsAny(data, "\u201c\u201d\u201e\u2033") {
		return nil
	}
	var out strings.Builder
	inside := false
	for _, c := range string(data) {
		switch {
		case c == '<':
			inside = true
		case c == '>':
			inside = false
		case inside && strings.ContainsRune("\u201c\u201d\u201e\u2033", c):
			c = '"'
		}
		out.WriteRune(c)
	}
	return []byte(out.String())
}

// root adds a well-formed document, or the SAML document inside one that is something else: SOAP, WS-Trust, an answer of an API.
func (o *opener) root(p piece, root *xmltree.Element) bool {
	if kind, ok := rootKinds[[2]string{root.Space, root.Local}]; ok {
		p.doc.Role = role(root)
		return o.saml(p, kind, p.data)
	}
	found := false
	root.Walk(func(e *xmltree.Element) bool {
		kind, ok := rootKinds[[2]string{e.Space, e.Local}]
		if !ok {
			return true
		}
		in := p
		if p.whole {
			in.doc.Pos = o.at(p.off)
			in.doc.Pos = within(in.doc.Pos, e.Pos())
		}
		in = in.within(nil, root.Local)
		in.doc.Role = role(e)
		data, added := standalone(e)
		if added {
			in = in.note(NoteDeclared)
		}
		found = o.saml(in, kind, data) || found
		return false
	})
	if found {
		return true
	}
	return o.add(p, KindXML, p.data)
}

// within shifts a place inside a document by where the document begins.
func within(outer, inner source.Pos) source.Pos {
	if inner.Line == 1 {
		return source.Pos{Line: outer.Line, Col: outer.Col + inner.Col - 1}
	}
	return source.Pos{Line: outer.Line + inner.Line - 1, Col: inner.Col}
}

// standalone gives the text of an element with the namespace declarations that it takes from its ancestors put into its start tag.
// Without any, the text is as it stood.
func standalone(e *xmltree.Element) (data []byte, added bool) {
	src := e.Source()
	seen := map[string]bool{}
	var decl []string
	for _, a := range e.Attrs {
		if name, ok := declared(a); ok {
			seen[name] = true
		}
	}
	for up := e.Parent; up != nil; up = up.Parent {
		for _, a := range up.Attrs {
			name, ok := declared(a)
			if !ok || seen[name] {
				continue
			}
			seen[name] = true
			if name == "xmlns" && e.Prefix != "" && !bytes.Contains(src, []byte("<"+e.Local)) && a.Value == "" {
				continue
			}
			if used := strings.TrimPrefix(name, "xmlns:"); name == "xmlns" || bytes.Contains(src, []byte(used+":")) {
				decl = append(decl, " "+name+`="`+html.EscapeString(a.Value)+`"`)
			}
		}
	}
	if len(decl) == 0 {
		return src, false
	}
	slices.Sort(decl)
	at := 1 + len(e.Name())
	return slices.Concat(src[:at], []byte(strings.Join(decl, "")), src[at:]), true
}

// declared gives the name of a namespace declaration as written.
func declared(a xmltree.Attr) (string, bool) {
	switch {
	case a.Prefix == "xmlns":
		return "xmlns:" + a.Local, true
	case a.Prefix == "" && a.Local == "xmlns":
		return "xmlns", true
	}
	return "", false
}

// saml adds a SAML document with what its binding says of the wrapping.
func (o *opener) saml(p piece, kind string, data []byte) bool {
	deflated := slices.Contains(p.doc.Layers, "deflate")
	switch {
	case p.doc.Binding == POST && deflated:
		p = p.note(NoteDeflated)
	case p.doc.Binding == Redirect && !deflated:
		p = p.note(NoteNotDeflated)
	}
	return o.add(p, kind, data)
}

// role tells whose metadata it is.
func role(root *xmltree.Element) string {
	if root.Is(nsMetadata, "EntitiesDescriptor") {
		if len(root.All(nsMetadata, "EntityDescriptor")) != 1 || len(root.All(nsMetadata, "EntitiesDescriptor")) > 0 {
			return "federation"
		}
		root = root.Child(nsMetadata, "EntityDescriptor")
	}
	if !root.Is(nsMetadata, "EntityDescriptor") {
		return ""
	}
	idp, sp := root.Child(nsMetadata, "IDPSSODescriptor"), root.Child(nsMetadata, "SPSSODescriptor")
	switch {
	case idp != nil && sp != nil:
		return "idp+sp"
	case idp != nil:
		return "idp"
	case sp != nil:
		return "sp"
	}
	return ""
}

// rootOf reads the first start tag of a document that need not parse any further.
func rootOf(data []byte) (space, local string) {
	dec := xml.NewDecoder(bytes.NewReader(data[:min(len(data), 64<<10)]))
	dec.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	dec.Strict = false
	for {
		tok, err := dec.Token()
		if err != nil {
			return "", ""
		}
		if t, ok := tok.(xml.StartElement); ok {
			return t.Name.Space, t.Name.Local
		}
	}
}

// elements finds SAML documents in text that has something before or behind them.
func (o *opener) elements(p piece) bool {
	if !slices.ContainsFunc(strings.Split(rootNames, "|"), func(name string) bool { return bytes.Contains(p.data, []byte(name)) }) {
		return false
	}
	found := false
	rest, base := p.data, 0
	for tries := 0; tries < maxHits; tries++ {
		m := rootLike().FindIndex(rest)
		if m == nil {
			break
		}
		in := p
		in.off, in.data = p.off+base+m[0], rest[m[0]:]
		length := elementEnd(in.data)
		if length < 0 {
			// It does not end: what follows belongs to it, so there is nothing more to look for.
			if space, local := rootOf(in.data); rootKinds[[2]string{space, local}] != "" {
				found = o.xml(in.note(NoteStray)) || found
			}
			break
		}
		if length > 0 {
			in.data = in.data[:length]
			if length < len(bytes.TrimSpace(p.data)) {
				in = in.note(NoteStray)
			}
			if space, local := rootOf(in.data); rootKinds[[2]string{space, local}] != "" {
				found = o.xml(in) || found
			}
		}
		step := m[0] + max(length, m[1]-m[0])
		rest, base = rest[step:], base+step
	}
	return found
}

// elementEnd gives the length of the element (with the XML declaration before it) that data begins with: -1 when the text ends
// inside it, 0 when it is no XML.
func elementEnd(data []byte) int {
	dec := xml.NewDecoder(bytes.NewReader(data))
	dec.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	depth := 0
	for {
		tok, err := dec.RawToken()
		var syntax *xml.SyntaxError
		switch {
		case err == io.EOF, errors.As(err, &syntax) && strings.Contains(syntax.Msg, "unexpected EOF"):
			return -1
		case err != nil:
			return 0
		}
		switch tok.(type) {
		case xml.StartElement:
			depth++
		case xml.EndElement:
			if depth--; depth == 0 {
				return int(dec.InputOffset())
			}
		}
	}
}
