package samlrules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/exact"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/samldoc"
)

// What of a request an IdP refuses: seen in a request that was recorded, or in what the IdP answers to one that is asked of it.
var reqRefused = []check.Rule{
	requestRule(check.Rule{
		Code: "REQ004", Title: "the request is sent to the IdP's single sign-on URL and says so", Severity: report.Error,
		Uses: []evidence.Kind{evidence.SAMLMetadata}, Explains: []string{"AUTHZ031", "AUTHZ018"},
		Why:  "The IdP compares Destination with its own address and refuses a request that is for another one.",
		Fix:  "enter the single sign-on URL at the SP exactly as the IdP's metadata has it",
		Refs: []string{"SAML 2.0 Core §3.2.1"},
	}, func(l letter) string {
		if len(signOnAddresses(l.c)) == 0 {
			return "nothing says what the IdP's single sign-on URL is"
		}
		return ""
	}, destination, refusedDestination),
	requestRule(check.Rule{
		Code: "REQ006", Title: "the IdP sends its answers to the SP's ACS URL", Severity: report.Error,
		Uses: []evidence.Kind{evidence.SPMetadata}, Explains: []string{"RSP010", "RSP011", "RSP019", "AST014"},
		Why:  "The IdP shows an error page of its own, or sends the user to an address that takes no response.",
		Fix:  "register the SP's ACS URL at the IdP, to the letter: letter case, a slash at the end and a port count",
		Refs: []string{refRequest},
	}, func(l letter) string {
		if len(acsURLs(l.c)) == 0 && len(publishedACS(l.c)) == 0 {
			return "nothing says what the SP's ACS URL is"
		}
		return ""
	}, requestedACS, refusedACS),
	requestRule(check.Rule{
		Code: "REQ009", Title: "the IdP gives the NameID format that the request asks for", Severity: report.Error,
		Uses: []evidence.Kind{evidence.SAMLMetadata}, Explains: []string{"RSP013", "AST006", "AUTHZ018"},
		Why:  "The IdP refuses the request, or answers it with InvalidNameIDPolicy.",
		Fix:  "let the IdP give the format that the SP asks for, or let the SP ask for another one",
		Refs: []string{"SAML 2.0 Core §3.4.1.1"},
	}, func(l letter) string {
		if len(offeredFormats(l.c)) == 0 && l.m.Request.NameIDFormat != "" {
			return "nothing says which NameID formats the IdP gives"
		}
		return ""
	}, requestedFormat, refusedFormat),
}

// requestRule makes a rule on something that both a recorded request and the IdP's answer to one show. lacks gives the reason why a
// recorded request does not decide it. live judges the answers and says whether they decide it.
func requestRule(r check.Rule, lacks func(letter) string, judge func(letter) []report.Finding, live func(*check.Case) (found []report.Finding, decided bool)) check.Rule {
	r = onRequest(r, lacks, judge)
	recorded, ofRecorded := r.Check, r.Decides
	r.Decides = func(c *check.Case) string {
		reason := ofRecorded(c)
		if c.Config == nil || c.SSO == nil || reason == "" {
			return reason
		}
		if _, decided := live(c); decided {
			return ""
		}
		if a := sentAttempt(c); a != nil {
			return "the answer of the IdP does not decide it: " + check.Quote(worded(a))
		}
		return reason
	}
	r.Check = func(c *check.Case) []report.Finding {
		out := recorded(c)
		if c.Config == nil || c.SSO == nil {
			return out
		}
		found, _ := live(c)
		return append(out, found...)
	}
	return r
}

// sentAttempt is the answer to the SP's own request, else to the one with IsPassive; nil without any.
func sentAttempt(c *check.Case) *check.Attempt {
	if a := c.SSO.Get(evidence.AsSent); a != nil {
		return a
	}
	return c.SSO.Get(evidence.Passive)
}

// worded is what the IdP said, else the exchange.
func worded(a *check.Attempt) string {
	switch q := a.Quote(); {
	case a.Error != "" && strings.HasPrefix(a.Text, a.Error):
		return a.Text // a status code, with the message that stands beside it
	case q != "":
		return q
	}
	return a.Exchange.Name()
}

// turnedAway reports whether an attempt was refused by its status; taken, whether it was not.
func turnedAway(a *check.Attempt) bool {
	return a != nil && a.Exchange.Status >= 400 && a.Exchange.Status < 500 && a.Exchange.Status != 429
}

func taken(a *check.Attempt) bool {
	return a != nil && a.Exchange.Status > 0 && a.Exchange.Status < 400
}

// passed reports whether the IdP was seen to take the request as the SP sends it: with a response, or with the login page that its
// profile knows it to show only then.
func passed(c *check.Case) bool {
	a := sentAttempt(c)
	return a != nil && (a.Means == "login_required" || a.Means == "login_page")
}

// byAnswer finishes a finding that rests on an answer of the IdP: it cites the exchange, and what a profile only remembers is no more
// than likely.
func byAnswer(f report.Finding, a *check.Attempt, certain bool) []report.Finding {
	ex := *a.Exchange
	ex.URL, _, _ = strings.Cut(ex.URL, "?")
	f.Related = append(f.Related, report.Location{Evidence: ex.Name()})
	if !certain {
		f.Message, f.Severity = "likely: "+f.Message, report.Warning
	}
	return []report.Finding{f}
}

// statedAt is where the connection file states one of these values, else its section.
func statedAt(c *check.Case, section string, paths ...string) report.Location {
	for _, p := range paths {
		if c.Config.Stated(p) {
			return c.Config.Pos(p)
		}
	}
	return c.Config.Pos(section)
}

// signOnAddresses are the single sign-on URLs that the connection and the metadata name.
func signOnAddresses(c *check.Case) []string {
	var out []string
	for _, s := range samldoc.Endpoints(roleOf(c.Metadata, idpRole), "SingleSignOnService") {
		if s.Location != "" && !slices.Contains(out, s.Location) {
			out = append(out, s.Location)
		}
	}
	if c.Config != nil && c.Config.SAML != nil && c.Config.SAML.SSOURL != "" && len(out) == 0 {
		out = append(out, c.Config.SAML.SSOURL)
	}
	return out
}

func destination(l letter) []report.Finding {
	e, got := l.head.Element, l.head.Destination
	known := signOnAddresses(l.c)
	switch {
	case got == "" && ownSignature(l.m):
		f := l.finding(e, "", "the request is signed and has no Destination, which a signed request must have")
		f.Fix = []string{atSP(l.c, "send Destination")}
		return []report.Finding{f}
	case got == "" || len(known) == 0 || slices.Contains(known, got):
		return nil
	}
	want := closestOf(known, got)
	f := l.about(e, "Destination", got, want, "Destination of the request is %s but the IdP's single sign-on URL is %s%s", check.Quote(got), check.Quote(want), inOne(got, want))
	f.Fix = []string{l.c.AtSP("enter "+want, "sso_url")}
	return []report.Finding{f}
}

func refusedDestination(c *check.Case) ([]report.Finding, bool) {
	a := c.RefusedDestination()
	if a == nil {
		return nil, passed(c)
	}
	to := a.Exchange.Base()
	f := report.Finding{Got: to, Where: statedAt(c, "saml", "saml/sso_url", "saml/idp_metadata")}
	f.Message = fmt.Sprintf("the IdP refuses the request for its Destination %s, and takes it without one: it answers %s", check.Quote(to), check.Quote(worded(a)))
	if bare := c.SSO.Get(evidence.NoDestination); !taken(bare) {
		f.Message = fmt.Sprintf("the IdP refuses the request for its Destination %s (%s): without one it says %s", check.Quote(to), check.Quote(worded(a)), check.Quote(worded(bare)))
	}
	f.Fix = []string{c.AtSP("enter the single sign-on URL as the IdP's own metadata has it", "sso_url"), c.AtIdP("see that its public address is set to the one that users see", "metadata")}
	if known := signOnAddresses(c); len(known) > 0 && !slices.Contains(known, to) {
		f.Want = closestOf(known, to)
		f.Fix[0] = c.AtSP("enter "+f.Want, "sso_url")
	}
	return byAnswer(f, a, true), true
}

// publishedACS are the addresses of the SP's own metadata.
func publishedACS(c *check.Case) []string {
	var out []string
	for _, s := range samldoc.Endpoints(roleOf(c.SPEntity, spRole), "AssertionConsumerService") {
		out = append(out, s.Location)
	}
	return out
}

func requestedACS(l letter) []report.Finding {
	r := l.m.Request
	known := slices.Concat(acsURLs(l.c), publishedACS(l.c))
	if r.ACSURL == "" || len(known) == 0 || slices.Contains(known, r.ACSURL) {
		return nil
	}
	want := closestOf(known, r.ACSURL)
	f := l.about(r.Element, "AssertionConsumerServiceURL", r.ACSURL, want, "the request asks for the answer at %s but the SP's ACS URL is %s (%s)", check.Quote(r.ACSURL), check.Quote(want), check.Difference(r.ACSURL, exact.Compare(r.ACSURL, want)))
	f.Fix = []string{l.c.AtSP("see that its public address is the one that users open, and enter "+want, "acs_url"), l.c.AtIdP("or register "+r.ACSURL+" as well", "acs", "redirect_uri")}
	return []report.Finding{f}
}

// refusedACS tells of an ACS that the IdP does not know: it says so, or sends its answer elsewhere without a word.
func refusedACS(c *check.Case) ([]report.Finding, bool) {
	acs := c.Config.ACSURL()
	where := statedAt(c, "sp", "saml/acs_url")
	fix := []string{c.AtIdP("enter "+acs, "acs", "redirect_uri")}
	if a := c.SSO.Means("redirect_unregistered"); a != nil {
		f := report.Finding{Got: acs, Where: where, Fix: fix}
		f.Message = fmt.Sprintf("the IdP does not know the ACS URL %s of the SP %s: it answers %s", check.Quote(acs), check.Quote(c.Config.SPEntityID()), check.Quote(worded(a)))
		return byAnswer(f, a, a.Certain), true
	}
	for _, m := range c.Probed {
		if m.Response == nil || acs == "" || addressee(m) == acs {
			continue
		}
		got := addressee(m)
		f := report.Finding{Got: got, Want: acs, Where: where, Fix: fix, Related: []report.Location{{Evidence: m.Cite()}}}
		f.Message = fmt.Sprintf("the IdP sends its answer to %s and not to the ACS URL %s that the request names (%s)", check.Quote(got), check.Quote(acs), check.Difference(got, exact.Compare(got, acs)))
		if got == "" {
			f.Message = fmt.Sprintf("the IdP sends its answer nowhere: no ACS is registered for the SP %s, and the ACS URL %s that the request names is not taken", check.Quote(c.Config.SPEntityID()), check.Quote(acs))
		}
		return []report.Finding{f}, true
	}
	return nil, passed(c) && len(c.Probed) > 0 || tellsApart(c, "redirect_unregistered")
}

// addressee is where a response is sent: the form's action, or the address that carries it without what it carries.
func addressee(m *check.Message) string {
	if m.Binding != "HTTP-Redirect" {
		return m.To
	}
	base, query, _ := strings.Cut(m.To, "?")
	var own []string
	for _, p := range strings.Split(query, "&") {
		name, _, _ := strings.Cut(p, "=")
		if p != "" && !slices.Contains([]string{"SAMLResponse", "RelayState", "SigAlg", "Signature"}, name) {
			own = append(own, p)
		}
	}
	if len(own) > 0 {
		base += "?" + strings.Join(own, "&")
	}
	return base
}

// tellsApart reports whether the profile of the IdP tells this refusal from a login page: then a login page proves that it was not one.
func tellsApart(c *check.Case, means string) bool {
	if !passed(c) {
		return false
	}
	for _, a := range c.IdP.Answers {
		if a.Probe == "saml" && a.Means == means {
			return true
		}
	}
	return false
}
