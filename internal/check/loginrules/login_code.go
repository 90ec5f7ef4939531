package loginrules

import (
	"fmt"
	"slices"
	"time"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/report"
)

// The exchange of a real code: what remains once the client itself is accepted.
var loginCode = []check.Rule{
	{
		Code: "TOK007", Title: "the token endpoint takes the code", Severity: report.Error, Protocol: config.OIDC,
		Needs:   []evidence.Kind{evidence.Config, evidence.LoginRun},
		Why:     "The user comes back from the IdP and the login breaks there, since the SP gets no tokens.",
		Fix:     "exchange the code once, soon, with the redirect URI and the verifier of its own request",
		Refs:    []string{"RFC 6749 §4.1.3", "RFC 6749 §5.2"},
		Decides: notExchanged,
		Check:   codeRefused,
	},
}

// notExchanged says why no exchange of a code is there to look at.
func notExchanged(c *check.Case) string {
	switch l := c.Login; {
	case l.Exchange != nil:
		return ""
	case l.Withheld != "":
		return "no code was exchanged: " + l.Withheld
	}
	return "no code was exchanged"
}

// codeRefused tells apart, as far as what was sent and when shows it, why a code was not taken.
func codeRefused(c *check.Case) []report.Finding {
	l, a := c.Login, c.Login.Refused
	if a == nil || l.Grant == "device" || a.Error != "invalid_grant" && a.Means != "accepted" || a.Means == "user_not_assigned" || a.Means == "consent_required" {
		return nil
	}
	said, sent := check.Quote(orStatus(a)), a.Exchange.Form["redirect_uri"]
	asked := l.Request.Get("redirect_uri")
	age := a.Exchange.At.Sub(l.Arrived).Round(time.Second)
	lifetime := codeLifetime(c)
	f := report.Finding{}
	switch {
	case sent != "" && asked != "" && sent != asked:
		f.Got, f.Want = sent, asked
		f.Message = fmt.Sprintf("the code was asked for with the redirect URI %s and exchanged with %s: the token endpoint answers %s", check.Quote(asked), check.Quote(sent), said)
		f.Fix = []string{"send the same redirect URI in both requests"}
	case hasWord(a.Text, "pkce", "code_verifier", "code verifier", "code_challenge", "code challenge"):
		f.Message = fmt.Sprintf("the PKCE verifier is not the one of the request: the token endpoint answers %s", said)
		f.Fix = []string{"exchange the code in the attempt that it was asked for in, with that attempt's code_verifier"}
	case hasWord(a.Text, "redirect_uri", "redirect uri", "reply address"):
		if sent == "" {
			sent = asked
		}
		f.Got, f.Message = sent, fmt.Sprintf("the IdP does not find the redirect URI %s to be that of the request: the token endpoint answers %s", check.Quote(sent), said)
		f.Fix = []string{"send the same redirect URI in both requests, letter by letter"}
	case !l.Arrived.IsZero() && lifetime > 0 && age > lifetime:
		f.Got, f.Want = age.String(), lifetime.String()
		f.Message = fmt.Sprintf("the code was exchanged %s after it came, and codes of %s are good for %s: the token endpoint answers %s", seconds(age), c.TheIdP(), seconds(lifetime), said)
		f.Fix = []string{"exchange the code at once"}
		byHand(c, &f)
	case hasWord(a.Text, "expired") && !hasWord(a.Text, "or expired", "or has expired", "or is expired"):
		f.Message = fmt.Sprintf("the code had expired when it was exchanged: the token endpoint answers %s", said)
		f.Fix = []string{"exchange the code at once"}
		byHand(c, &f)
	case redeemable(c):
		f.Message = fmt.Sprintf("likely: the code was used already, or too old: the page of %s had it first and may have redeemed it; the token endpoint answers %s", c.TheSP(), said)
		f.Fix = []string{"start anew and keep the browser from loading the page of the SP (answer in the fragment, or a blocked request)", "paste the address as soon as it shows"}
		byHand(c, &f)
	default:
		f.Message = fmt.Sprintf("the token endpoint does not take the code: it answers %s", said)
		f.Fix = []string{c.AtIdP("see what its log says of the exchange", "log"), "see that the code is exchanged once only, by the client that asked for it"}
	}
	f.Where = cite(a)
	return []report.Finding{f}
}

// byHand makes a finding inconclusive where a person carried the code: the SP itself is faster.
func byHand(c *check.Case, f *report.Finding) {
	if slices.Contains([]string{"paste", "file"}, c.Login.Receiver) {
		f.Severity, f.Inconclusive = report.Warning, true
	}
}

// redeemable reports whether the SP could see the code before it was exchanged here: what is in a fragment never reaches its server.
func redeemable(c *check.Case) bool {
	return slices.Contains([]string{"paste", "file", "har"}, c.Login.Receiver) && !(c.Login.Answer != nil && c.Login.Answer.Fragment)
}

func codeLifetime(c *check.Case) time.Duration {
	if c.IdP.OIDC == nil {
		return 0
	}
	return time.Duration(c.IdP.OIDC.CodeLifetime.V) * time.Second
}

func seconds(d time.Duration) string { return fmt.Sprintf("%d s", int(d.Seconds())) }
