package xmlsigrules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/samldoc"
	"github.com/ssoctl/ssoctl/internal/xmlsig"
	"github.com/ssoctl/ssoctl/internal/xmltree"
)

// attack is what a step of a fix says about a message that no IdP makes.
const attack = "treat the message as an attack until you know who put it together: no IdP does it like this"

// wrapped are the rules on signatures that cover something else than what is read (signature wrapping).
var wrapped = []check.Rule{
	onSignature(check.Rule{
		Code: "SIG007", Title: "the signature refers to the element that it stands in, and to nothing else", Severity: report.Error, Explains: []string{"SIG002"},
		Why:  "What the signature covers and what the SP reads may then be two things: one genuine message is enough to sign in as anybody.",
		Fix:  "let the IdP sign the element by its ID, with one reference",
		Refs: []string{refReference},
	}, nil, refers),
	ofMessages(check.Rule{
		Code: "SIG008", Title: "every ID stands once in the message", Severity: report.Error, Explains: []string{"SIG009", "SIG007", "SIG002", "RSP003", "RSP015", "AST043", "RSP005"},
		Why:  "A signature names what it covers by its ID. With two elements of one ID, the SP may verify the one and read the other, which anybody can have written.",
		Fix:  "treat the message as an attack unless the IdP is known to number its messages wrongly",
		Refs: []string{refReference},
	}, notOne, doubleIDs),
	ofMessages(check.Rule{
		Code: "SIG009", Title: "the assertion that is read is the one that is signed", Severity: report.Error, Explains: []string{"SIG006", "SIG007", "SIG013", "SIG002", "MD039", "RSP015", "RSP003", "AST043"},
		Why:  "Whoever holds one genuine message can put an assertion about any other user beside it: an SP that verifies the one and reads the other lets them in.",
		Fix:  "treat the message as an attack; see that the SP's library reads only what it has verified",
		Refs: []string{refSignature},
	}, notOne, notRead),
}

func notOne(c *check.Case) string {
	if len(responses(c)) == 0 {
		return "no " + string(evidence.SAMLMessages)
	}
	return ""
}

func refers(x signature) []report.Finding {
	parent := x.e.Parent
	own := parent.Attr("ID")
	add := func(f report.Finding, fix string) []report.Finding {
		f.Want = "#" + own
		f.Fix = []string{x.c.AtIdP(fix, "signing"), attack}
		return []report.Finding{f}
	}
	switch n := len(x.s.References); {
	case n == 0:
		return add(x.finding(x.info(), "", "the signature of the %s has no reference: it covers nothing", x.signs()), "sign the element by its ID")
	case n > 1:
		return add(x.finding(x.reference(1), "", "the signature of the %s has %d references where SAML allows one", x.signs(), n), "sign with one reference")
	}
	r := x.s.References[0]
	e := x.reference(0)
	switch id, byID := strings.CutPrefix(r.URI, "#"); {
	case !e.Has("URI"):
		return add(x.finding(e, "", "the reference of the signature has no URI: it does not say what it covers"), "sign the element by its ID")
	case r.URI == "":
		f := x.finding(e, "URI", "the signature of the %s refers to the whole document and not to the ID of its element", x.signs())
		if parent.Parent == nil {
			f.Severity = report.Warning // the same bytes, named in a way that SAML does not allow
			f.Fix = []string{x.c.AtIdP("sign the element by its ID", "signing")}
			f.Want = "#" + own
			return []report.Finding{f}
		}
		return add(f, "sign the element by its ID")
	case !byID:
		return add(x.finding(e, "URI", "the signature of the %s refers to another document, %s", x.signs(), check.Quote(r.URI)), "sign the element by its ID")
	case id == own && own != "":
		return nil
	case own == "":
		out := add(x.finding(e, "URI", "the signature of the %s refers to %s and not to the element that it stands in, which has no ID", x.signs(), check.Quote(r.URI)), "sign the element by its own ID")
		switch {
		case parent.Is(samldoc.Assertion, "Assertion"):
			out[0].CausedBy = "AST001"
		case parent.Is(samldoc.Protocol, "Response"):
			out[0].CausedBy = "RSP005"
		}
		return out
	case r.Matches == 0:
		return add(x.finding(e, "URI", "the signature of the %s refers to %s, and no element has that ID", x.signs(), check.Quote(r.URI)), "sign the element by its ID")
	default:
		return add(x.finding(e, "URI", "the signature of the %s refers to %s and not to the element that it stands in, whose ID is %s", x.signs(), check.Quote(r.URI), check.Quote(own)), "sign the element by its own ID")
	}
}

// idsOf gives the IDs of an element with the names of their attributes, however they are spelt: libraries differ in which they go by.
func idsOf(e *xmltree.Element) []xmltree.Attr {
	var out []xmltree.Attr
	for _, a := range e.Attrs {
		if a.Value != "" && a.Prefix != "xmlns" && strings.EqualFold(a.Local, "ID") && !slices.ContainsFunc(out, func(b xmltree.Attr) bool { return a.Value == b.Value }) {
			out = append(out, a)
		}
	}
	return out
}

// idOf gives an element's own ID, "" without one.
func idOf(e *xmltree.Element) string {
	for _, a := range idsOf(e) {
		if a.Prefix == "" || a.Prefix == "xml" {
			return a.Value
		}
	}
	return ""
}

func doubleIDs(c *check.Case) []report.Finding {
	var out []report.Finding
	for _, m := range responses(c) {
		seen := map[string]*xmltree.Element{}
		told := map[string]bool{}
		each := func(e *xmltree.Element, id, attr string) {
			first, again := seen[id]
			if !again {
				seen[id] = e
				return
			}
			if told[id] {
				return
			}
			told[id] = true
			f := report.Finding{Got: id, Where: m.In(e, attr), Related: []report.Location{m.In(first, "")},
				Message: fmt.Sprintf("the ID %s stands at two elements, %s and %s", check.Quote(id), first.Name(), e.Name())}
			if slices.ContainsFunc(m.Signatures, func(s xmlsig.Signature) bool { return refersTo(s, id) }) {
				f.Message += ", and a signature refers to it: an SP may verify the one and read the other"
			}
			f.Fix = []string{attack, "see that the SP's library refuses messages with doubled IDs"}
			out = append(out, f)
		}
		m.Doc.Root.Walk(func(e *xmltree.Element) bool {
			for _, a := range idsOf(e) {
				// What another vocabulary calls an ID counts where a signature means it.
				if a.Prefix == "" || a.Prefix == "xml" || slices.ContainsFunc(m.Signatures, func(s xmlsig.Signature) bool { return refersTo(s, a.Value) }) {
					each(e, a.Value, a.Local)
				}
			}
			return true
		})
	}
	return out
}

func refersTo(s xmlsig.Signature, id string) bool {
	return slices.ContainsFunc(s.References, func(r xmlsig.Reference) bool { return r.URI == "#"+id })
}

// maxWrapped is how many uncovered parts of one message are told.
const maxWrapped = 50

// span is what one reference covers: an element, without the signature itself.
type span struct{ target, signature string }

// spansOf lists what the signatures of a message cover. twice says that an ID of a reference stands more than once (SIG008).
func spansOf(m *check.Message) (spans []span, twice bool) {
	whole := slices.ContainsFunc(m.Signatures, func(s xmlsig.Signature) bool { return s.Digests() == xmlsig.Good })
	for _, s := range m.Signatures {
		if whole && s.Digests() != xmlsig.Good { // wrapping breaks a signature further out
			continue
		}
		for _, r := range s.References {
			if r.Target != "" {
				spans = append(spans, span{r.Target, s.Path})
			}
			twice = twice || r.Matches > 1
		}
	}
	return spans, twice
}

// notRead finds assertions that no signature covers in a message that has one, and parts of assertions inside the signatures
// themselves, which the enveloped transform leaves out. Whether the signatures hold is another question.
func notRead(c *check.Case) []report.Finding {
	var out []report.Finding
	for _, m := range responses(c) {
		spans, twice := spansOf(m)
		if len(spans) == 0 || twice {
			continue
		}
		told := 0
		m.Doc.Root.Walk(func(e *xmltree.Element) bool {
			if told >= maxWrapped {
				return false
			}
			hidden := e.Space == samldoc.Assertion && e.Parent != nil && e.Parent.Space == samldoc.DSig
			if !hidden && !e.Is(samldoc.Assertion, "Assertion") || within(spans, e.Path()) {
				return true
			}
			f := report.Finding{Got: e.Attr("ID"), Where: m.In(e, ""), Message: fmt.Sprintf("%s, and the assertion %s is not in it: it says whatever its writer likes", signedIs(m, spans), check.Quote(e.Attr("ID")))}
			if !e.Is(samldoc.Assertion, "Assertion") {
				f.Message = fmt.Sprintf("<%s> stands inside the signature, in <%s>, where nothing is signed: it says whatever its writer likes", e.Name(), e.Parent.Name())
			}
			for _, s := range spans {
				f.Related = append(f.Related, m.In(m.Doc.At(s.target), ""))
			}
			f.Fix = []string{attack, "see that the SP's library reads only what it has verified"}
			out = append(out, f)
			told++
			return !hidden
		})
	}
	return out
}

// signedIs words what the signatures of a message cover.
func signedIs(m *check.Message, spans []span) string {
	e := m.Doc.At(spans[0].target)
	if e == nil {
		return "the signature covers the document"
	}
	return fmt.Sprintf("the signature covers the %s %s", strings.ToLower(e.Local), check.Quote(idOf(e)))
}

// within reports whether something is covered: inside of what a reference names, and not inside of that reference's own signature.
func within(spans []span, path string) bool {
	under := func(top string) bool { return top == "/" || top == path || strings.HasPrefix(path, top+"/") }
	return slices.ContainsFunc(spans, func(s span) bool {
		return under(s.target) && (!under(s.signature) || strings.HasPrefix(s.target, s.signature+"/"))
	})
}
