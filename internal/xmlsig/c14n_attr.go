package xmlsig

import (
	"cmp"
	"slices"

	"github.com/ssoctl/ssoctl/internal/xmltree"
)

// attributes gives the element's attributes in order: by namespace, then by name. The slice is good until the next call.
func (c *canon) attributes(e *xmltree.Element, apex bool) []xmltree.Attr {
	out := c.attrs[:0]
	for _, a := range e.Attrs {
		if !declares(a) {
			out = append(out, a)
		}
	}
	if apex && !c.alone && !c.exclusive() {
		out = c.inherited(out, e.Parent)
	}
	if len(out) > 1 {
		slices.SortStableFunc(out, func(a, b xmltree.Attr) int {
			return cmp.Or(cmp.Compare(a.Space, b.Space), cmp.Compare(a.Local, b.Local))
		})
	}
	c.attrs = out
	return out
}

// inherited adds what the top of an inclusive output has from the elements around it: the attributes of the xml namespace (Canonical
// XML 1.0 §2.4); of 1.1 only xml:lang and xml:space, and xml:base put together (1.1 §2.4).
func (c *canon) inherited(out []xmltree.Attr, up *xmltree.Element) []xmltree.Attr {
	v11 := c.algorithm == C14N11 || c.algorithm == C14N11Comments
	own := map[string]bool{}
	var base *xmltree.Attr // in 1.1: put together of the element's own and those around it
	for i := len(out) - 1; i >= 0; i-- {
		if a := out[i]; a.Space == xmlSpace {
			own[a.Local] = true
			if v11 && a.Local == "base" {
				base, out = &a, slices.Delete(out, i, i+1)
			}
		}
	}
	outside := false
	for ; up != nil; up = up.Parent {
		for _, a := range up.Attrs {
			switch {
			case a.Space != xmlSpace || declares(a):
			case v11 && a.Local == "base":
				if base != nil {
					a.Value = joined(a.Value, base.Value)
				}
				base, outside = &a, true
			case !own[a.Local] && (!v11 || a.Local == "lang" || a.Local == "space"):
				out = append(out, a)
				own[a.Local] = true
			}
		}
	}
	if base != nil && (base.Value != "" || !outside) {
		out = append(out, *base)
	}
	return out
}
