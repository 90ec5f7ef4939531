package xmlsig

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/ssoctl/ssoctl/internal/xmltree"
)

// ids lists the elements by their IDs: ID as SAML names it, Id as XML Signature and Encryption do, id, and xml:id.
func ids(doc *xmltree.Doc) map[string][]*xmltree.Element {
	out := map[string][]*xmltree.Element{}
	doc.Root.Walk(func(e *xmltree.Element) bool {
		if id := idOf(e); id != "" {
			out[id] = append(out[id], e)
		}
		return true
	})
	return out
}

func idOf(e *xmltree.Element) string {
	for _, name := range []string{"ID", "Id", "id"} {
		if v := e.Attr(name); v != "" {
			return v
		}
	}
	v, _ := e.Lookup(xmlSpace, "id")
	return v
}

// byID gives the first element with an ID and how many there are.
func byID(doc *xmltree.Doc, id string) (*xmltree.Element, int) {
	all := ids(doc)[id]
	if len(all) == 0 {
		return nil, 0
	}
	return all[0], len(all)
}

// transforms reads what is done to the target before it is hashed: how it is written, and each further canonicalisation, which is
// made over the text of the one before (XML Signature §4.4.3.2). What is not computed is a problem of the reference.
func (v *verifier) transforms(sig, e *xmltree.Element, r *Reference) (first form, then []form) {
	first.algorithm = C14N
	written := false
	for i, t := range e.Child(DSig, "Transforms").All(DSig, "Transform") {
		if i == maxListed {
			r.Problem = fmt.Sprintf("the reference has more than %d transforms", maxListed)
			break
		}
		name := t.Attr("Algorithm")
		r.Transforms = append(r.Transforms, name)
		switch {
		case name == Enveloped && written:
			r.Problem = "the enveloped transform stands behind a canonicalisation, where it has no signature to take out"
		case name == Enveloped:
			first.without = sig
		case canonical(name) && !written:
			first.algorithm, first.prefixes, written = name, prefixList(t), true
		case canonical(name):
			then = append(then, form{algorithm: name, prefixes: prefixList(t), comments: true})
		default:
			r.Problem = fmt.Sprintf("the transform %q is not computed", name)
		}
	}
	if r.Problem == "" {
		r.Problem = v.relative
	}
	return first, then
}

// through writes a target in the first form and what comes out in the others, one after another.
func (v *verifier) through(w io.Writer, first form, then []form, target *xmltree.Element) error {
	if len(then) == 0 {
		return first.write(w, v.doc, target, &v.left)
	}
	var text bytes.Buffer
	if err := first.write(&text, v.doc, target, &v.left); err != nil {
		return err
	}
	for _, f := range then {
		doc, err := xmltree.Parse("", text.Bytes())
		if err != nil {
			return fmt.Errorf("what the canonicalisation gives is not read again: %w", err)
		}
		text = bytes.Buffer{}
		if err := f.write(&text, doc, nil, &v.left); err != nil {
			return err
		}
	}
	_, err := text.WriteTo(w)
	return err
}

// reference computes one ds:Reference of a signature.
func (v *verifier) reference(sig, e *xmltree.Element) Reference {
	r := Reference{URI: e.Attr("URI"), Digest: e.Child(DSig, "DigestMethod").Attr("Algorithm"), State: NotComputed}
	f, then := v.transforms(sig, e, &r)
	targets := v.targets(e, &r, &f)
	want, err := decode(e.Child(DSig, "DigestValue").Text())
	h, known := digests[r.Digest]
	switch {
	case r.Problem != "":
		return r
	case doubledIn(e, "Transforms", "DigestMethod", "DigestValue") != nil:
		r.Problem = fmt.Sprintf("it has more than one <%s>", doubledIn(e, "Transforms", "DigestMethod", "DigestValue").Name())
	case !known:
		r.Problem = unknownDigest(r.Digest)
	case err != nil:
		r.Problem = "DigestValue is not base64: " + err.Error()
	case len(then) > maxTransforms:
		r.Problem = fmt.Sprintf("the reference has more than %d canonicalisations", maxTransforms+1)
	case len(want) != h.Size():
		r.Problem = fmt.Sprintf("DigestValue has %d bytes; %s gives %d", len(want), h, h.Size())
	}
	if r.Problem != "" {
		return r
	}
	same := func(f form, target *xmltree.Element) bool {
		w := h.New()
		if err := v.through(w, f, then, target); err != nil {
			r.State, r.Problem = NotComputed, err.Error()
			return false
		}
		r.State = Bad
		return bytes.Equal(w.Sum(nil), want)
	}
	for _, target := range targets {
		if same(f, target) {
			r.State, r.Target = Good, pathOf(target)
			return r
		}
		if r.State == NotComputed {
			return r
		}
	}
	r.Altered = altered(f, func(f form) bool { return same(f, targets[0]) })
	r.State, r.Problem = Bad, ""
	return r
}

func pathOf(e *xmltree.Element) string {
	if e == nil {
		return "/"
	}
	return e.Path()
}

// targets finds what the reference names and says so in it; a nil element is the whole document. Comments belong to what an
// XPointer names and not to what a bare ID or an empty URI does (XML Signature §4.4.3.3).
func (v *verifier) targets(e *xmltree.Element, r *Reference, f *form) []*xmltree.Element {
	id, isID := strings.CutPrefix(r.URI, "#")
	inner, isPointer := strings.CutPrefix(id, "xpointer(id(")
	quoted := strings.TrimSuffix(inner, "))")
	switch {
	case !e.Has("URI"):
		r.Problem = "the reference has no URI; what it means is agreed on elsewhere"
	case r.URI == "" || r.URI == "#xpointer(/)":
		f.comments = r.URI != ""
		r.Target, r.Matches = "/", 1
		return []*xmltree.Element{nil}
	case !isID:
		r.Problem = fmt.Sprintf("the reference is to another document, %q, which is not fetched", r.URI)
	case isPointer && len(quoted) > 2 && quoted != inner && strings.Trim(quoted, `'"`) == quoted[1:len(quoted)-1]:
		f.comments, id = true, quoted[1:len(quoted)-1]
	case strings.ContainsAny(id, "()"):
		r.Problem = fmt.Sprintf("the pointer %q is not computed", r.URI)
	}
	if r.Problem != "" && !isID {
		return nil
	}
	all := v.ids[id]
	r.Matches = len(all)
	if len(all) > 0 {
		r.Target = all[0].Path()
	} else if r.Problem == "" {
		r.Problem = fmt.Sprintf("no element has the ID %q", id)
	}
	return all[:min(len(all), maxReferences)]
}

// altered looks for the one change that makes a digest match.
func altered(f form, same func(form) bool) string {
	changed := f
	if changed.compact = true; same(changed) {
		return "white space was put between elements after it was signed"
	}
	for _, a := range []string{Exclusive, C14N, C14N11, ExclusiveComments, C14NComments} {
		changed = f
		if changed.algorithm, changed.comments = a, true; a != f.algorithm && same(changed) {
			return fmt.Sprintf("the digest was made with the canonicalisation %q, which the transforms do not name", a)
		}
	}
	changed = f
	if changed.without = nil; f.without != nil && same(changed) {
		return "the digest was made with the signature in it, although the enveloped transform takes it out"
	}
	return ""
}

// prefixList reads the PrefixList of an exclusive canonicalisation (Exclusive XML Canonicalization §4).
func prefixList(e *xmltree.Element) []string {
	return strings.Fields(e.Child(Exclusive, "InclusiveNamespaces").Attr("PrefixList"))
}
