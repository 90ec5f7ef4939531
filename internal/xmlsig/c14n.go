package xmlsig

import (
	"bufio"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/xmltree"
)

const xmlSpace = "http://www.w3.org/XML/1998/namespace"

// form says how a part of a document is written.
type form struct {
	algorithm string           // one of the six canonicalisations
	prefixes  []string         // PrefixList of an exclusive one (Exclusive XML Canonicalization §2.1); "#default" for the default namespace
	without   *xmltree.Element // left out: the signature, for the enveloped transform
	comments  bool             // the set of nodes holds comments; they are written only if the algorithm keeps them too
	alone     bool             // nothing is inherited from the xml namespace, so that what is written can be put back where it was
	compact   bool             // text that is only white space between elements is left out; no standard knows this, see Altered
}

func canonical(algorithm string) bool {
	switch algorithm {
	case C14N, C14NComments, C14N11, C14N11Comments, Exclusive, ExclusiveComments:
		return true
	}
	return false
}

func (f form) exclusive() bool { return f.algorithm == Exclusive || f.algorithm == ExclusiveComments }

func (f form) keepsComments() bool {
	return f.comments && (f.algorithm == C14NComments || f.algorithm == C14N11Comments || f.algorithm == ExclusiveComments)
}

// errTooLarge ends what would take too long.
var errTooLarge = errors.New("its references together cover more than is computed")

// canon writes a part of a document in canonical form (Canonical XML 1.0 and 1.1, Exclusive XML Canonicalization 1.0).
type canon struct {
	form
	w     *bufio.Writer
	left  *int      // bytes that may still be written
	shown []binding // namespace declarations that the open elements have written
	names []string  // used again and again
	attrs []xmltree.Attr
}

type binding struct{ prefix, uri string }

// write writes an element, or with a nil element the whole document, and takes the bytes off left.
func (f form) write(w io.Writer, doc *xmltree.Doc, e *xmltree.Element, left *int) error {
	c := &canon{form: f, w: bufio.NewWriter(w), left: left}
	if e != nil {
		if err := c.element(e, true); err != nil {
			return err
		}
		return c.w.Flush()
	}
	for i, n := range doc.Beside {
		if i == doc.RootIndex {
			if err := c.element(doc.Root, true); err != nil {
				return err
			}
		}
		c.beside(n, i < doc.RootIndex)
	}
	if doc.RootIndex >= len(doc.Beside) {
		if err := c.element(doc.Root, true); err != nil {
			return err
		}
	}
	return c.w.Flush()
}

func (c *canon) put(s string) {
	*c.left -= len(s)
	c.w.WriteString(s) // kept by the writer until Flush tells
}

// attr writes the value of an attribute.
func (c *canon) attr(value string) {
	c.put(`="`)
	c.put(escapeAttr.Replace(value))
	c.put(`"`)
}

// beside writes a comment or instruction outside the root; a line feed keeps it apart.
func (c *canon) beside(n xmltree.Node, before bool) {
	if n.Kind == xmltree.Comment && !c.keepsComments() {
		return
	}
	if !before {
		c.put("\n")
	}
	c.node(n)
	if before {
		c.put("\n")
	}
}

func (c *canon) node(n xmltree.Node) {
	switch n.Kind {
	case xmltree.Text:
		c.put(escapeText.Replace(n.Text))
	case xmltree.Comment:
		if c.keepsComments() {
			c.put("<!--" + lineEnds.Replace(n.Text) + "-->")
		}
	case xmltree.Instruction:
		c.put("<?" + n.Target)
		if n.Text != "" {
			c.put(" " + lineEnds.Replace(n.Text))
		}
		c.put("?>")
	}
}

// Canonical XML 1.0 §2.3. Line ends inside comments and instructions are those of the file; XML reads them as line feeds.
var (
	escapeText = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "\r", "&#xD;")
	escapeAttr = strings.NewReplacer("&", "&amp;", "<", "&lt;", `"`, "&quot;", "\t", "&#x9;", "\n", "&#xA;", "\r", "&#xD;")
	lineEnds   = strings.NewReplacer("\r\n", "\n", "\r", "\n")
)

func (c *canon) element(e *xmltree.Element, apex bool) error {
	if e == c.without {
		return nil
	}
	if *c.left < 0 {
		return errTooLarge
	}
	mark := len(c.shown)
	name := e.Name()
	c.put("<")
	c.put(name)
	c.namespaces(e, apex)
	for _, a := range c.attributes(e, apex) {
		c.put(" ")
		c.put(attrName(a))
		c.attr(a.Value)
	}
	c.put(">")
	for _, n := range e.Children {
		switch {
		case n.Kind == xmltree.Elem:
			if err := c.element(n.Element, false); err != nil {
				return err
			}
		case c.compact && n.Kind == xmltree.Text && strings.Trim(n.Text, " \t\r\n") == "" && len(e.Children) > 1:
		default:
			c.node(n)
		}
	}
	c.put("</")
	c.put(name)
	c.put(">")
	c.shown = c.shown[:mark]
	return nil
}

func attrName(a xmltree.Attr) string {
	if a.Prefix == "" {
		return a.Local
	}
	return a.Prefix + ":" + a.Local
}

func declares(a xmltree.Attr) bool {
	return a.Prefix == "xmlns" || a.Prefix == "" && a.Local == "xmlns"
}

func declared(a xmltree.Attr) string {
	if a.Prefix == "" {
		return ""
	}
	return a.Local
}

// namespaces writes the declarations that the element needs and the elements around it in the output have not.
func (c *canon) namespaces(e *xmltree.Element, apex bool) {
	if c.exclusive() {
		c.names = c.used(c.names[:0], e)
	} else {
		c.names = inScope(c.names[:0], e, apex)
	}
	slices.Sort(c.names)
	for _, p := range slices.Compact(c.names) {
		uri, ok := e.Namespace(p)
		if !ok || p == "xml" || c.showing(p) == uri {
			continue
		}
		c.shown = append(c.shown, binding{p, uri})
		c.put(" xmlns")
		if p != "" {
			c.put(":")
			c.put(p)
		}
		c.attr(uri)
	}
}

// used gives the prefixes that stand in the names of the element and its attributes, and those of the PrefixList.
func (c *canon) used(out []string, e *xmltree.Element) []string {
	out = append(out, e.Prefix)
	for _, a := range e.Attrs {
		if !declares(a) && a.Prefix != "" {
			out = append(out, a.Prefix)
		}
	}
	for _, p := range c.prefixes {
		if p == "#default" {
			p = ""
		}
		out = append(out, p)
	}
	return out
}

// inScope gives the prefixes that the element declares; at the top of the output also those that it inherits.
func inScope(out []string, e *xmltree.Element, apex bool) []string {
	for ; e != nil; e = e.Parent {
		for _, a := range e.Attrs {
			if declares(a) {
				out = append(out, declared(a))
			}
		}
		if !apex {
			break
		}
	}
	return out
}

// showing gives what a prefix stands for in the output so far; "" for nothing.
func (c *canon) showing(prefix string) string {
	for i := len(c.shown) - 1; i >= 0; i-- {
		if c.shown[i].prefix == prefix {
			return c.shown[i].uri
		}
	}
	return ""
}
