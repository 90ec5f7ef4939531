package samlrules

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ssoctl/ssoctl/internal/xmltree"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/exact"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/samldoc"
)

// References that several rules on assertions share.
const (
	refProfile      = "SAML 2.0 Profiles §4.1.4.2"
	refAssertion    = "SAML 2.0 Core §2.3.3"
	refConfirmation = "SAML 2.0 Core §2.4.1.2"
	refWindow       = "SAML 2.0 Core §2.5.1.2"
)

// The assertion's own head, and whether several of them agree.
var astHead = []check.Rule{
	onAssertion(check.Rule{
		Code: "AST001", Title: "the assertion has an ID, is of version 2.0 and says in UTC when it was issued", Severity: report.Error,
		Why:  "An SP that reads assertions strictly refuses it.",
		Fix:  "let the IdP make assertions of SAML 2.0; what stands between it and the browser must not change them",
		Refs: []string{refAssertion},
	}, nil, assertionHead),
	onAssertion(check.Rule{
		Code: "AST002", Title: "the issuer of the assertion is the IdP of the connection", Severity: report.Error,
		Uses: []evidence.Kind{evidence.SAMLMetadata},
		Why:  "The SP looks the IdP up by this name, and refuses an assertion of anybody else.",
		Fix:  "enter the IdP's entity ID at the SP exactly as the assertion has it",
		Refs: []string{refProfile},
	}, func(t assertion) string {
		if t.c.IdPEntityID() == "" {
			return "nothing says what the IdP's entity ID is"
		}
		return ""
	}, assertionIssuer),
	onAssertion(check.Rule{
		Code: "AST003", Title: "response and assertion have one issuer", Severity: report.Warning,
		Uses: []evidence.Kind{evidence.SAMLMetadata},
		Why:  "Some SPs compare the one with the IdP's entity ID and some the other: no entry at the SP fits both.",
		Fix:  "let the IdP use one entity ID throughout",
		Refs: []string{refProfile},
	}, nil, oneIssuer),
	{
		Code: "AST043", Title: "all assertions of a response are about one user", Severity: report.Warning, Protocol: config.SAML,
		AnyOf: []evidence.Kind{evidence.SAMLMessages, evidence.SAMLSSO}, Uses: []evidence.Kind{evidence.Config},
		Explains: []string{"AST010"},
		Why:      "It is up to the SP whom it takes the user for.",
		Fix:      "let the IdP send a single assertion",
		Refs:     []string{refProfile},
		Decides:  noAssertion,
		Check:    oneSubject,
	},
	{
		Code: "AST045", Title: "an assertion is used once", Severity: report.Warning, Protocol: config.SAML,
		AnyOf: []evidence.Kind{evidence.SAMLMessages, evidence.SAMLSSO}, Uses: []evidence.Kind{evidence.Config},
		Why:     "An SP that guards against replays refuses every use but the first.",
		Fix:     "start the login anew at the SP; neither go back in the browser nor load the page again",
		Refs:    []string{"SAML 2.0 Profiles §4.1.4.5"},
		Decides: noAssertion,
		Check:   usedOnce,
	},
}

func assertionHead(t assertion) []report.Finding {
	e := t.a.Element
	var out []report.Finding
	add := func(f report.Finding, do string) {
		f.Fix = []string{t.c.AtIdP(do, "log")}
		out = append(out, f)
	}
	switch id := t.a.ID; {
	case id == "":
		add(t.finding(e, "", "the assertion has no ID"), "let the assertion carry an ID: signatures and logs name it by that")
	case !ncName(id):
		f := t.about(e, "ID", id, "_"+id, "the ID of the assertion is %s, which does not begin with a letter or an underscore as an xs:ID must", check.Quote(id))
		f.Severity = report.Warning
		add(f, "begin IDs with an underscore")
	}
	if t.a.Version != "2.0" {
		add(t.about(e, "Version", t.a.Version, "2.0", "Version of the assertion is %s where %q is meant", check.Quote(t.a.Version), "2.0"), "issue assertions of SAML 2.0")
	}
	if f, do := t.stamp(); f != nil {
		f.Aspect = "issue_instant"
		add(*f, do)
	}
	return out
}

// stamp judges IssueInstant; do is what the IdP should do about it.
func (t assertion) stamp() (f *report.Finding, do string) {
	e, text := t.a.Element, t.a.IssueInstant
	at, utc, ok := samldoc.Time(text)
	var out report.Finding
	switch {
	case text == "":
		out, do = t.finding(e, "", "the assertion does not say when it was issued: it has no IssueInstant"), "let the assertion carry IssueInstant"
	case !ok:
		out = t.about(e, "IssueInstant", text, "", "IssueInstant of the assertion is %s, which is no point in time such as %q", check.Quote(text), instant(t.c.Now))
		do = "write IssueInstant as a date and time in UTC"
	case !utc:
		out = t.about(e, "IssueInstant", text, instant(at), "IssueInstant of the assertion is %s and not in UTC, which is written %q", check.Quote(text), instant(at))
		out.Severity, do = report.Warning, "write all times in UTC, with a Z at the end"
	case t.aheadAlone(at):
		out = t.about(e, "IssueInstant", text, instant(t.at), "the assertion was issued at %s, %s ahead of the time at which it was looked at (%s)", check.Quote(text), lasting(at.Sub(t.at)), instant(t.at))
		do = "set the clock by a time server"
	default:
		return nil, ""
	}
	return &out, do
}

// aheadAlone reports whether the assertion is from the future while nothing else in the message is: RSP006 and AST020 speak of clocks.
func (t assertion) aheadAlone(issued time.Time) bool {
	slack, _ := skew(t.c)
	ahead := func(at time.Time) bool { return at.Sub(t.at) > slack }
	if sent, _, ok := samldoc.Time(t.r.IssueInstant); ok && ahead(sent) {
		return false
	}
	return ahead(issued) && !slices.ContainsFunc(t.a.Conditions, func(e *xmltree.Element) bool {
		from, _ := times(e)
		return from.After(t.at)
	})
}

// ncName reports whether an ID begins as one may (XML Namespaces: NCName).
func ncName(id string) bool {
	c := []rune(id)[0]
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c > 127
}

func assertionIssuer(t assertion) []report.Finding {
	issuer := t.a.Issuer
	if issuer == nil || issuer.Value() == "" {
		f := t.finding(t.a.Element, "", "the assertion does not name its issuer")
		if issuer != nil {
			f.Where = t.m.In(issuer, "")
		}
		f.Fix = []string{t.c.AtIdP("let the assertion carry the IdP's entity ID as its Issuer", "entity_id")}
		return []report.Finding{f}
	}
	if format := issuer.Attr("Format"); format != "" && format != samldoc.FormatEntity {
		f := t.about(issuer, "Format", format, samldoc.FormatEntity, "Format of the assertion's Issuer is %s where only %q, or none, may stand", check.Quote(format), samldoc.FormatEntity)
		f.Aspect = "format"
		f.Fix = []string{t.c.AtIdP("send Issuer without a Format", "entity_id")}
		return []report.Finding{f}
	}
	got, want := issuer.Value(), t.c.IdPEntityID()
	if want == "" || got == want {
		return nil
	}
	f := t.about(issuer, "", got, want, "the assertion is issued by %s but the IdP is known as %s%s", check.Quote(got), check.Quote(want), inOne(got, want))
	f.Fix = []string{t.c.AtSP("enter "+got+", once you have seen that it is the entity ID that the IdP shows", "idp_entity_id"), t.c.AtIdP("compare the entity ID", "entity_id", "metadata")}
	if t.c.Config != nil && t.c.Config.Stated("saml/idp_entity_id") && t.r.Issuer.Value() != want { // else the response bears the connection out
		f.Related, f.Where, f.Got, f.Want = []report.Location{f.Where}, t.c.Config.Pos("saml/idp_entity_id"), want, got
		if trusted(t.m) { // anybody can write a name into a message; the key says whose it is
			step, edits := t.c.InFile("saml/idp_entity_id", got)
			f.Fix, f.Edits = append(f.Fix, step), edits
		}
	}
	return []report.Finding{f}
}

// inOne is the difference of two names in brackets, where it is one that is easily overlooked.
func inOne(got, want string) string {
	if d := exact.Compare(got, want); nearly(d) {
		return " (" + d.String() + ")"
	}
	return ""
}

// nearly reports whether two names differ in one respect that is easily overlooked.
func nearly(d exact.Diff) bool {
	return d.Only && !slices.Contains([]exact.Kind{exact.Same, exact.Other, exact.Path, exact.Host}, d.Kind)
}

// trusted reports whether a signature of the message verifies with a key that the SP knows.
func trusted(m *check.Message) bool {
	for _, s := range m.Signatures {
		if s.Trusted() {
			return true
		}
	}
	return false
}

// oneIssuer compares the two issuers where nothing says what they should be: otherwise AST002 and RSP016 compare each.
func oneIssuer(t assertion) []report.Finding {
	outer, inner := t.r.Issuer.Value(), t.a.Issuer.Value()
	if outer == "" || inner == "" || outer == inner || t.c.IdPEntityID() != "" {
		return nil
	}
	f := t.about(t.a.Issuer, "", inner, outer, "the assertion is issued by %s but the response around it by %s%s", check.Quote(inner), check.Quote(outer), inOne(inner, outer))
	f.Fix = []string{t.c.AtIdP("let response and assertion carry the same entity ID", "entity_id"), t.c.AtSP("enter the one that the assertion has, if the IdP cannot be changed", "idp_entity_id")}
	return []report.Finding{f}
}

func oneSubject(c *check.Case) []report.Finding {
	var out []report.Finding
	for _, m := range responses(c) {
		all := m.Response.Assertions
		for i := 1; i < len(all); i++ {
			first, other := all[0].NameID.Value(), all[i].NameID.Value()
			if first == other || all[0].NameID == nil || all[i].NameID == nil {
				continue
			}
			f := report.Finding{Got: other, Want: first, Where: m.In(all[i].NameID, ""), Related: []report.Location{m.In(all[0].NameID, "")},
				Message: fmt.Sprintf("the response carries assertions about %s and about %s", check.Quote(first), check.Quote(other))}
			f.Fix = []string{c.AtIdP("send one assertion, about the user who signed in", "log")}
			out = append(out, f)
			break
		}
	}
	return out
}

// usedOnce finds assertions that were posted twice, or whose ID comes again in another one.
func usedOnce(c *check.Case) []report.Finding {
	var out []report.Finding
	type use struct {
		m *check.Message
		a *samldoc.AssertionDoc
	}
	seen := map[string]use{}
	for _, m := range responses(c) {
		for _, a := range m.Response.Assertions {
			first, again := seen[a.ID]
			if !again || a.ID == "" {
				seen[a.ID] = use{m, a}
				continue
			}
			if first.m == m || first.m.Response.ID == m.Response.ID && !posted(first.m, m) {
				continue // twice in one message is SIG008; the same message shown twice was not used twice
			}
			f := report.Finding{Got: a.ID, Where: m.In(a.Element, "ID"), Related: []report.Location{first.m.In(first.a.Element, "ID")}}
			f.Message = fmt.Sprintf("the assertion %s was sent twice, by %s and by %s", check.Quote(a.ID), first.m.Cite(), m.Cite())
			f.Fix = []string{"start the login anew at the SP: going back or loading the page again sends the old assertion once more"}
			if first.m.Response.ID != m.Response.ID {
				f.Message = fmt.Sprintf("two responses, %s and %s, carry assertions of one ID, %s", check.Quote(first.m.Response.ID), check.Quote(m.Response.ID), check.Quote(a.ID))
				f.Fix = []string{c.AtIdP("give every assertion an ID of its own", "log")}
			}
			out = append(out, f)
		}
	}
	return out
}

// posted reports whether both messages were sent on their own, at different times.
func posted(a, b *check.Message) bool {
	return !a.Sent.IsZero() && !b.Sent.IsZero() && !a.Sent.Equal(b.Sent) && strings.EqualFold(a.Method, "POST") && strings.EqualFold(b.Method, "POST")
}
