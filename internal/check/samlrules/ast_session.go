package samlrules

import (
	"cmp"
	"time"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/samldoc"
	"github.com/ssoctl/ssoctl/internal/xmltree"
)

const refStatement = "SAML 2.0 Core §2.7.2"

// longAgo is the age of a sign-in at the IdP above which SPs with a limit of their own are likely to refuse it.
const longAgo = 24 * time.Hour

// AuthnStatement: how and when the user signed in at the IdP, and how long that session lasts.
var astSession = []check.Rule{
	onAssertion(check.Rule{
		Code: "AST029", Title: "the assertion states once how the user signed in", Severity: report.Error, Explains: []string{"AST031", "AST032"},
		Why:  "Without an AuthnStatement the assertion says something about a user, and not that this user has signed in.",
		Fix:  "let the IdP send one AuthnStatement",
		Refs: []string{refProfile},
	}, nil, func(t assertion) []report.Finding {
		var f report.Finding
		switch n := len(t.a.AuthnStatements); n {
		case 0:
			f = t.finding(t.a.Element, "", "the assertion has no AuthnStatement: it does not say that the user signed in")
		case 1:
			return nil
		default:
			f = t.finding(t.a.AuthnStatements[1], "", "the assertion has %d AuthnStatements, and some SPs take one only", n)
			f.Severity = report.Warning
		}
		f.Fix = []string{t.c.AtIdP("send one AuthnStatement", "authn_statement", "log")}
		return []report.Finding{f}
	}),
	onAssertion(check.Rule{
		Code: "AST030", Title: "the user has signed in lately, and the session has not ended", Severity: report.Error,
		Why:  "The SP refuses the login, or ends the session at once.",
		Fix:  "sign in anew at the IdP; let its session last as long as the assertion says",
		Refs: []string{refStatement},
	}, nil, func(t assertion) []report.Finding {
		var out []report.Finding
		for _, e := range t.a.AuthnStatements {
			if f := t.session(e); f != nil {
				out = append(out, *f)
				continue
			}
			if f := t.signedIn(e); f != nil {
				out = append(out, *f)
			}
		}
		return out
	}),
	onAssertion(check.Rule{
		Code: "AST031", Title: "the session has an index where sign-out goes through the IdP", Severity: report.Info,
		Uses: []evidence.Kind{evidence.SAMLMetadata},
		Why:  "A sign-out then ends all sessions of the user, or none.",
		Fix:  "let the IdP send SessionIndex",
		Refs: []string{refProfile},
	}, nil, func(t assertion) []report.Finding {
		if role := t.c.Metadata.IdP(); role != nil && len(samldoc.Endpoints(role, "SingleLogoutService")) == 0 {
			return nil // nobody signs out there
		}
		for _, e := range t.a.AuthnStatements {
			if e.Attr("SessionIndex") != "" {
				continue
			}
			f := t.finding(e, "", "AuthnStatement has no SessionIndex: a sign-out cannot say which session it means")
			f.Fix = []string{t.c.AtIdP("send SessionIndex, if sign-out is to work for one session", "log")}
			return []report.Finding{f}
		}
		return nil
	}),
	onAssertion(check.Rule{
		Code: "AST032", Title: "the user signed in by a way that was asked for", Severity: report.Warning,
		Why:  "The SP asked for a certain way to sign in, and refuses every other.",
		Fix:  "let the SP ask for no certain way, or let the IdP say which one it was",
		Refs: []string{"SAML 2.0 Core §3.3.2.2.1"},
	}, func(t assertion) string {
		if t.asked() == nil {
			return "the request is not at hand, so nothing says which way to sign in it asked for"
		}
		return ""
	}, context),
}

// session judges SessionNotOnOrAfter.
func (t assertion) session(e *xmltree.Element) *report.Finding {
	raw := e.Attr("SessionNotOnOrAfter")
	end, _, ok := samldoc.Time(raw)
	if raw == "" || ok && t.at.Before(end) {
		return nil
	}
	f := t.about(e, "SessionNotOnOrAfter", raw, instant(t.at), "the session at the IdP ended at %s but %s", check.Quote(raw), t.when("the assertion"))
	if ok {
		t.tolerated(&f, t.at.Sub(end)+1)
	} else {
		f = t.about(e, "SessionNotOnOrAfter", raw, "", "SessionNotOnOrAfter is %s, which is no point in time", check.Quote(raw))
	}
	f.Fix = []string{"sign in anew at the IdP", t.c.AtIdP("let the session last longer, or leave SessionNotOnOrAfter out", "log")}
	return &f
}

// signedIn judges AuthnInstant. A session of days is usual; it is told as a note, since some SPs have a limit of hours.
func (t assertion) signedIn(e *xmltree.Element) *report.Finding {
	raw := e.Attr("AuthnInstant")
	at, _, ok := samldoc.Time(raw)
	q := t.asked()
	var f report.Finding
	switch age := t.at.Sub(at); {
	case !ok:
		f = t.about(e, "AuthnInstant", raw, "", "AuthnInstant is %s, which is no point in time", check.Quote(raw))
	case age < -usualSkew:
		f = t.about(e, "AuthnInstant", raw, instant(t.at), "the user signed in at %s but %s, %s earlier", check.Quote(raw), t.when("the assertion"), span(age))
		f.Severity = report.Warning
		f.Fix = []string{"at the IdP's server: set the server's clock by NTP"}
	case q != nil && q.ForceAuthn && age > 10*time.Minute:
		f = t.about(e, "AuthnInstant", raw, "", "the request asks for a fresh sign-in (ForceAuthn) but the user signed in at %s, %s before", check.Quote(raw), span(age))
		f.Fix = []string{t.c.AtIdP("let ForceAuthn ask for the password again", "log", "policy")}
	case age > longAgo:
		f = t.about(e, "AuthnInstant", raw, "", "the user signed in at %s, %s before: SPs that set a limit refuse a sign-in of that age", check.Quote(raw), span(age))
		f.Severity = report.Info
	default:
		return nil
	}
	if f.Fix == nil {
		f.Fix = []string{"sign out at the IdP and sign in anew to see whether it is that"}
	}
	return &f
}

func context(t assertion) []report.Finding {
	q := t.asked()
	if q == nil || q.Context == nil {
		return nil
	}
	var want []string
	for _, e := range q.Context.All(samldoc.Assertion, "AuthnContextClassRef") {
		want = append(want, e.Value())
	}
	if len(want) == 0 {
		return nil
	}
	const unspecified = "urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified"
	comparison := cmp.Or(q.Context.Attr("Comparison"), "exact")
	for _, s := range t.a.AuthnStatements {
		ref := s.Child(samldoc.Assertion, "AuthnContext").Child(samldoc.Assertion, "AuthnContextClassRef")
		got := ref.Value()
		for _, w := range want {
			if got == w || got == "" {
				return nil
			}
		}
		if comparison != "exact" && got != unspecified {
			return nil // which way is stronger is agreed on elsewhere
		}
		f := t.about(ref, "", got, want[0], "the user signed in by %s but the request asks for %s (%s)", check.Quote(samldoc.Short(got)), check.Quote(samldoc.Short(want[0])), comparison)
		f.Fix = []string{"let " + t.c.TheSP() + " ask for no authentication context, if it has a setting for it", t.c.AtIdP("let it name the way by which people sign in, where it has a setting for it", "policy")}
		return []report.Finding{f}
	}
	return nil
}
