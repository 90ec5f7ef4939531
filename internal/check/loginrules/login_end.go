package loginrules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/report"
)

// How a login came to an end other than a sign-in. Exactly one rule speaks of it: that of the cause, where the answer names one
// (redirect URI, client, scope, PKCE …), else one of these.
var loginEnd = []check.Rule{
	ofEnd(check.Rule{
		Code: "AUTHZ018", Title: "the IdP takes the login to its end", Severity: report.Error,
		Why:  "The user sees an error in place of the application.",
		Fix:  "look the answer up in the log of the IdP, which says more than it shows to users",
		Refs: []string{"RFC 6749 §4.1.2.1"},
	}, refusedOtherwise),
	ofEnd(check.Rule{
		Code: "AUTHZ019", Title: "the user may sign in at the application", Severity: report.Error,
		Why: "The IdP knows the user and does not let them in here; others may get in.",
		Fix: "assign the user, or one of their groups, to the application at the IdP",
	}, notAllowed),
	ofEnd(check.Rule{
		Code: "AUTHZ020", Title: "the IdP needs nothing more of the user, or of an administrator", Severity: report.Error,
		Why:  "The login stops on a page of the IdP, or comes back without a code.",
		Fix:  "give the consent, or let the user do what the IdP asks for, in a browser",
		Refs: []string{"OpenID Connect Core 1.0 §3.1.2.6"},
	}, interaction),
	ofEnd(check.Rule{
		Code: "AUTHZ035", Title: "the login comes to its end", Severity: report.Warning, Inconclusive: true,
		Why: "Nothing can be said of what would have come after.",
		Fix: "start the login anew",
	}, broughtNothing),
}

// ofEnd makes a rule on how a login ended. Whether a cause has been named lies in the answer, so that all of them read the same.
func ofEnd(r check.Rule, judge func(*check.Case) []report.Finding) check.Rule {
	r.Needs = []evidence.Kind{evidence.Config, evidence.LoginRun}
	r.Uses = []evidence.Kind{evidence.SAMLMessages, evidence.Network, evidence.Discovery}
	r.Check = judge
	return r
}

// causes are the meanings that have a rule of their own.
func causes() []string {
	return []string{"redirect_unregistered", "client_unknown", "client_disabled", "realm_disabled", "flow_off", "wrong_protocol", "response_type_refused", "scope_refused", "pkce_required", "signature_required"}
}

// unassigned, waiting and otherwise tell apart what the IdP refused a login for.
const (
	unassigned = "AUTHZ019"
	waiting    = "AUTHZ020"
	otherwise  = "AUTHZ018"
)

// refusal is the answer that refused the login, with the code of the rule that speaks of it; "" when another area's does.
func refusal(c *check.Case) (string, *check.Attempt) {
	for _, a := range []*check.Attempt{front(c), c.Login.Refused} {
		switch {
		case a == nil:
			continue
		case a.Means == "user_not_assigned":
			return unassigned, a
		case a.Means == "consent_required":
			return waiting, a
		}
	}
	a := front(c)
	if s := c.Login.Started; s != nil && s.Exchange.Status >= 400 && s.Means != "grant_off" && !demandsPKCE(s) {
		return otherwise, s
	}
	switch {
	case a == nil || slices.Contains(causes(), a.Means):
		return "", a
	case a.Error == "access_denied":
		return unassigned, a
	case a.Means == "login_required", slices.Contains([]string{"consent_required", "interaction_required", "login_required", "account_selection_required"}, a.Error):
		return waiting, a
	}
	return otherwise, a
}

// told reports whether the rules on responses tell of the refusal: the IdP's own answer came to the SP.
func told(c *check.Case) bool { return c.Config.Protocol() == config.SAML && len(c.Messages) > 0 }

// at places a finding at an answer.
func at(a *check.Attempt, f report.Finding) []report.Finding {
	f.Where, f.Got = cite(a), orStatus(a)
	if a.Means == "unknown" {
		f.Said = a.Quote()
	}
	return []report.Finding{f}
}

func refusedOtherwise(c *check.Case) []report.Finding {
	code, a := refusal(c)
	if told(c) {
		return nil
	}
	if ex := c.Login.Obs.Labelled(evidence.LoginDevice); ex != nil && ex.Failure != nil && ex.Status == 0 {
		return []report.Finding{{Severity: report.Warning, Inconclusive: true, Where: report.Location{Evidence: ex.Name()}, Got: ex.Failure.Text,
			Message: "the device authorization endpoint gave no answer: " + check.Quote(ex.Failure.Text), Fix: []string{"ssoctl doctor " + c.Config.Name}}}
	}
	if c.Login.End == evidence.EndedRefused && (strings.HasPrefix(c.Login.Detail, evidence.SentElsewhere) || strings.HasPrefix(c.Login.Detail, evidence.SentArtifact)) { // what was seen, not what the IdP said
		return []report.Finding{{Where: loginPlace(c), Got: c.Login.Detail, Message: c.Login.Detail, Fix: seenSteps(c), CausedBy: "AUTHZ001"}}
	}
	if code == "" && a == nil && c.Login.End == evidence.EndedRefused && c.Login.Refused == nil && c.Login.Started == nil {
		return []report.Finding{{Where: loginPlace(c), Got: c.Login.Detail, Said: c.Login.Detail, Fix: otherwiseSteps(c),
			Message: "the IdP refused the login and said " + check.Quote(orNothing(c.Login.Detail))}}
	}
	if code != otherwise {
		return nil
	}
	absent := a.Answer == nil && slices.Contains([]int{404, 405, 410, 501}, a.Exchange.Status)
	if absent && c.OtherIssuer() {
		return nil
	}
	f := report.Finding{Message: fmt.Sprintf("the IdP ended the login with %s", check.Quote(orStatus(a))), Fix: otherwiseSteps(c)}
	switch {
	case a.Error == "temporarily_unavailable", a.Answer == nil && (a.Exchange.Status >= 500 || a.Exchange.Status == 429):
		f.Severity, f.Inconclusive = report.Warning, true
		f.Fix = []string{"start the login anew in a while", c.AtIdP("see what its log says of it", "log")}
	case wentAstray(a):
		f.CausedBy = "AUTHZ001"
	case absent:
		f.CausedBy = "NET023"
	case a.Means == "par_required":
		f.CausedBy = "DISC054"
	case a.Means == "request_object_required":
		f.CausedBy = "DISC055"
	}
	return at(a, f)
}

// seenSteps are for an answer that came otherwise than the SP takes it.
func seenSteps(c *check.Case) []string {
	if c.Config.Protocol() == config.SAML {
		return []string{c.AtIdP("let the responses to this SP go by HTTP-POST (artifact binding off)", "binding", "sign_assertions")}
	}
	return []string{"see what stands before the IdP: a proxy that rewrites Location must leave addresses of other hosts alone"}
}

func otherwiseSteps(c *check.Case) []string {
	return []string{c.AtIdP("look the attempt up in its log", "log"), "see that what the answer names is set as the SP needs it"}
}

func orNothing(s string) string {
	if strings.TrimSpace(s) == "" {
		return "nothing"
	}
	return s
}

// loginPlace is where findings stand that no exchange is to blame for.
func loginPlace(c *check.Case) report.Location {
	if ex := c.Login.Obs.Labelled(evidence.LoginRequest); ex != nil {
		return report.Location{Evidence: ex.Method + " " + ex.Base()}
	}
	return report.Location{Evidence: "login"}
}

func notAllowed(c *check.Case) []report.Finding {
	code, a := refusal(c)
	if code != unassigned || told(c) {
		return nil
	}
	id, _ := self(c)
	assign := c.AtIdP("assign the user, or one of their groups, to the application", "users")
	if a.Means == "user_not_assigned" {
		return at(a, report.Finding{Message: fmt.Sprintf("the user is not assigned to the application %s: the IdP answers %s", check.Quote(id), check.Quote(orStatus(a))), Fix: []string{assign}})
	}
	return at(a, report.Finding{
		Message: fmt.Sprintf("the IdP, or the user, turned down the login at %s: the answer is %s", check.Quote(id), check.Quote(orStatus(a))),
		Fix:     []string{assign, c.AtIdP("see which policy applies to the user", "policy", "users"), c.AtIdP("see whether the user pressed Cancel or declined to consent", "log")},
	})
}

func interaction(c *check.Case) []report.Finding {
	if c.Login.End == evidence.EndedInteraction {
		return []report.Finding{{
			Severity: report.Warning, Inconclusive: true, Where: loginPlace(c), Got: c.Login.Detail,
			Message: "the login stopped where a person has to act: the IdP asks for " + check.Quote(orSomething(c.Login.Detail)),
			Fix:     []string{"sign in in a browser, or with an account of which nothing is asked"},
		}}
	}
	code, a := refusal(c)
	if code != waiting || told(c) {
		return nil
	}
	id, _ := self(c)
	f := report.Finding{}
	silent := c.Login.Request.Get("prompt") == "none"
	switch {
	case a.Means == "consent_required" || a.Error == "consent_required":
		f.Message = fmt.Sprintf("nobody has consented to what the application %s asks for: the IdP answers %s", check.Quote(id), check.Quote(orStatus(a)))
		f.Fix = []string{c.AtIdP("give the consent of an administrator for the scopes "+check.Quote(strings.Join(c.Config.Scopes(), " ")), "consent", "scopes"), "or let the user accept when the IdP asks"}
	case silent:
		f.Message = fmt.Sprintf("the request has prompt %q, and the IdP may not ask the user for anything then: it answers %s", "none", check.Quote(orStatus(a)))
		f.Fix = []string{"start the login without prompt=none"}
	default:
		f.Message = fmt.Sprintf("the IdP wants something of the user before it lets them in: it answers %s", check.Quote(orStatus(a)))
		f.Fix = []string{c.AtIdP("see which policy asks for it (second factor, terms, a change of password)", "policy", "log"), "let the user sign in at the IdP itself once, and do what is asked"}
	}
	return at(a, f)
}

func orSomething(s string) string {
	if strings.TrimSpace(s) == "" {
		return "something"
	}
	return s
}

// untrusted is the code of the rule on a host with which no TLS comes about for its certificate's time or its version; "" otherwise.
func untrusted(c *check.Case) string {
	if c.Network == nil || len(c.Network.Hosts) == 0 || c.Network.Hosts[0].TLS == nil {
		return ""
	}
	switch t := c.Network.Hosts[0].TLS; {
	case t.Version == "TLS 1.0" || t.Version == "TLS 1.1" || t.Problem != nil && t.Problem.Code == "version":
		return "NET007"
	case !t.Verified:
		return "NET005"
	}
	return ""
}

// broughtNothing words the ends for which neither side is to blame, as far as can be seen.
func broughtNothing(c *check.Case) []report.Finding {
	l := c.Login
	if foreignOnly(c) || c.Login.Front != nil { // AUTHZ011, or whatever the answer says
		return nil
	}
	f := report.Finding{Where: loginPlace(c), Got: l.End}
	detail := ""
	if strings.TrimSpace(l.Detail) != "" {
		detail = ": " + check.Quote(l.Detail)
	}
	switch l.End {
	case evidence.EndedCancelled:
		f.Message = "the login was given up before an answer came" + detail
	case evidence.EndedTimeout:
		f.Message = "no answer came in time" + detail
		f.Fix = []string{"start the login anew, and see which page the browser stops at", c.AtIdP("see whether its log has the login", "log")}
		if l.Grant == "device" {
			f.Message = "the login was not approved in time" + detail
		}
	case evidence.EndedPassword:
		f.Message = "the IdP did not take the user name and password of the test account" + detail
		f.Fix = []string{"see that the account is there, is switched on, and that this is its password (only one attempt was made, so that no account gets locked)", c.AtIdP("see what its log says of the attempt", "log", "users")}
	case evidence.EndedUnsent:
		if c.OtherIssuer() {
			return nil
		}
		f.CausedBy = untrusted(c)
		if strings.HasPrefix(l.Detail, "the IdP's page did not come") {
			f.Message = "the login did not get to the IdP's login page" + detail
			break
		}
		f.Message = "there was nowhere to send the user" + detail
		f.Fix = []string{"ssoctl doctor " + c.Config.Name + ": see why the address of the login is not known"}
	default:
		return nil
	}
	return []report.Finding{f}
}
