package xmlsigrules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/samldoc"
	"github.com/ssoctl/ssoctl/internal/xmlsig"
	"github.com/ssoctl/ssoctl/internal/xmltree"
)

// form are the rules on a signature's own shape and place.
var form = []check.Rule{
	onSignature(check.Rule{
		Code: "SIG010", Title: "the signature is made over all of the element, in exclusive canonical form", Severity: report.Error, Explains: []string{"SIG017"},
		Why:  "A transform that takes content out lets a message be changed without the signature noticing; SPs refuse it.",
		Fix:  "let the IdP use the enveloped-signature transform and exclusive canonicalisation alone",
		Refs: []string{"SAML 2.0 Core §5.4.4"},
	}, nil, transforms),
	onSignature(check.Rule{
		Code: "SIG013", Title: "the signature stands where the schema has it: behind the issuer", Severity: report.Warning,
		Why:  "SPs that validate against the schema refuse the message.",
		Fix:  "let the IdP put the signature right behind Issuer",
		Refs: []string{refSignature},
	}, nil, position),
	onSignature(check.Rule{
		Code: "SIG014", Title: "an element has one signature, and each part of it stands once", Severity: report.Warning,
		Explains: []string{"SIG006", "SIG013", "SIG003", "SIG007", "SIG016", "SIG017"},
		Why:      "Each of two signatures changes what the other covers: one of them does not hold, and SPs look at either.",
		Fix:      "let the IdP sign each element once; see that no proxy signs again",
		Refs:     []string{refSignature},
	}, nil, once),
}

func once(x signature) []report.Finding {
	var out []report.Finding
	if again := xmlsig.Doubled(x.e); again != nil {
		f := x.finding(again, "", "the signature of the %s has more than one <%s>: a library that verifies the one and reads the other takes a forged message for a genuine one", x.signs(), again.Name())
		f.Severity = report.Error
		f.Fix = []string{attack, "see that the SP's library refuses signatures that the schema does not allow"}
		out = append(out, f)
	}
	all := x.e.Parent.All(samldoc.DSig, "Signature")
	if len(all) < 2 || all[1] != x.e {
		return out
	}
	f := x.finding(x.e, "", "the %s has %d signatures where one is allowed", x.signs(), len(all))
	f.Fix = []string{x.c.AtIdP("sign each element once", "signing")}
	return append(out, f)
}

// removes reports whether a transform can take content out of what is signed, or is of no known kind.
func removes(algorithm string) bool {
	return algorithm != xmlsig.Enveloped && !exclusive(algorithm) && !inclusive(algorithm)
}

func exclusive(algorithm string) bool {
	return algorithm == xmlsig.Exclusive || algorithm == xmlsig.ExclusiveComments
}

func inclusive(algorithm string) bool {
	return slices.Contains([]string{xmlsig.C14N, xmlsig.C14NComments, xmlsig.C14N11, xmlsig.C14N11Comments}, algorithm)
}

func transforms(x signature) []report.Finding {
	for i, r := range x.s.References {
		for n, t := range r.Transforms {
			e := x.transform(i, n)
			if removes(t) {
				f := x.finding(e, "Algorithm", "the signature has the transform %s, which can leave out any part of what it seems to cover", check.Quote(samldoc.Short(t)))
				f.Got = t
				f.Fix = []string{x.c.AtIdP("sign with the enveloped-signature transform and exclusive canonicalisation alone", "signing")}
				return []report.Finding{f}
			}
		}
	}
	for i, r := range x.s.References {
		if n := slices.IndexFunc(r.Transforms, inclusive); n >= 0 {
			return x.inclusive(x.transform(i, n), r.Transforms[n])
		}
		if r.State == xmlsig.Good && !slices.ContainsFunc(r.Transforms, exclusive) {
			// Without a canonicalisation among the transforms it is this one (XML Signature §4.4.3.2).
			return x.inclusive(x.reference(i), xmlsig.C14N)
		}
	}
	if inclusive(x.s.Canonical) {
		return x.inclusive(x.info().Child(samldoc.DSig, "CanonicalizationMethod"), x.s.Canonical)
	}
	return nil
}

func (x signature) inclusive(e *xmltree.Element, algorithm string) []report.Finding {
	attr := "Algorithm"
	if !e.Has(attr) {
		attr = ""
	}
	f := x.finding(e, attr, "the signature is made over inclusive canonical XML (%s): it breaks when an SP takes the signed element out of its message", check.Quote(samldoc.Short(algorithm)))
	f.Severity, f.Got, f.Want = report.Warning, algorithm, xmlsig.Exclusive
	f.Fix = []string{x.c.AtIdP("choose exclusive canonicalisation", "canonicalization", "signing")}
	if x.s.State == xmlsig.Bad && inclusive(x.s.Canonical) && x.digests() == fine && x.e.Parent.Parent != nil {
		// The IdP signed the element before it stood in its message: there it has got the namespaces of what is around it.
		f.Severity = report.Default
		f.Message = fmt.Sprintf("likely: the %s was signed by itself over inclusive canonical XML (%s), and its signature broke when it was put into its message", x.signs(), check.Quote(samldoc.Short(algorithm)))
	}
	return []report.Finding{f}
}

func (x signature) transform(reference, n int) *xmltree.Element {
	all := x.reference(reference).Child(samldoc.DSig, "Transforms").All(samldoc.DSig, "Transform")
	if n < len(all) {
		return all[n]
	}
	return x.e
}

func position(x signature) []report.Finding {
	parent := x.e.Parent
	if !parent.Is(samldoc.Protocol, "Response") && !parent.Is(samldoc.Assertion, "Assertion") {
		return nil
	}
	want := 0
	children := parent.Elements()
	if len(children) > 0 && children[0].Is(samldoc.Assertion, "Issuer") {
		want = 1
	}
	at := slices.Index(children, x.e)
	for want < at && children[want].Is(samldoc.DSig, "Signature") {
		want++ // SIG014
	}
	if at == want {
		return nil
	}
	f := x.finding(x.e, "", "the signature stands behind %s of the %s where the schema has it right behind the issuer", check.Quote(children[max(at-1, 0)].Name()), strings.ToLower(parent.Local))
	if at == 0 {
		f.Message = "the signature stands before the issuer of the " + strings.ToLower(parent.Local) + " where the schema has it right behind"
	}
	f.Fix = []string{x.c.AtIdP("put the signature right behind Issuer", "signing")}
	return []report.Finding{f}
}
