package tokenrules

import (
	"fmt"
	"time"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/samldoc"
)

// clock is about the IdP's clock, which a fresh token shows best.
var clock = []check.Rule{
	{
		Code: "NET018", Title: "the IdP's clock agrees with ours", Severity: report.Warning,
		Needs: []evidence.Kind{evidence.LoginRun}, AnyOf: []evidence.Kind{evidence.Tokens, evidence.SAMLMessages}, Uses: []evidence.Kind{evidence.Config},
		Explains: []string{"IDT016", "IDT018", "IDT019", "RSP006", "AST015", "AST020", "AST021", "AST023", "AST030"},
		Why:      "What the IdP makes is too old or from the future at once, and SPs refuse it, always or now and then.",
		Fix:      "set the clock of the IdP by NTP, and see that this machine's is right",
		Refs:     []string{"OpenID Connect Core 1.0 §3.1.3.7", "SAML 2.0 Core §1.3.3"},
		Decides: func(c *check.Case) string {
			if t, _ := clockToken(c); t == nil && clockMessage(c) == nil {
				return "no token or message that was made just now"
			}
			return ""
		},
		Check: clockOff,
	},
}

// clockToken is a token that the IdP made at the very moment, with when that was by its clock.
func clockToken(c *check.Case) (*check.Token, time.Time) {
	for _, t := range c.Tokens {
		if !fresh(c, t) || t.Label != evidence.LoginToken && t.Label != evidence.LoginRefresh && t.Label != evidence.LoginPoll || t.Name == "client_assertion" {
			continue
		}
		if iat, ok := stamp(t, "iat"); ok {
			return t, iat
		}
	}
	return nil, time.Time{}
}

// offClock is by how much the IdP's clock is ahead (or, below zero, behind), when that is beyond tolerance and within a day: what is
// further off is no clock. Zero otherwise, and for a token that was not made at the very moment.
func offClock(c *check.Case, t *check.Token) time.Duration {
	if c.Login == nil {
		return 0
	}
	one, iat := clockToken(c)
	if one == nil || t.Label != one.Label {
		return 0
	}
	off := iat.Sub(one.At)
	if off < 0 {
		if off += backdated(c); off >= 0 || dated(c.Login.Exchange, one.At) {
			return 0
		}
	}
	if size := off.Abs(); size <= max(skew(c), time.Minute) || size > 24*time.Hour {
		return 0
	}
	return off
}

// backdated is by how much the product dates its tokens back on purpose.
func backdated(c *check.Case) time.Duration {
	if c.IdP.OIDC == nil {
		return 0
	}
	return time.Duration(c.IdP.OIDC.Backdated.V) * time.Second
}

// dated reports whether the answer itself shows that the server's clock was right: then a token from the past was dated back.
func dated(ex *evidence.Exchange, at time.Time) bool {
	date, err := time.Parse("Mon, 02 Jan 2006 15:04:05 GMT", ex.Head("Date")) // RFC 9110 §5.6.7
	return err == nil && date.Sub(at).Abs() <= time.Minute
}

func clockOff(c *check.Case) []report.Finding {
	t, iat := clockToken(c)
	if t == nil {
		return messageOff(c)
	}
	off := offClock(c, t)
	if off == 0 {
		return nil
	}
	return []report.Finding{{Got: moment(iat), Want: moment(t.At), Where: t.In("iat"),
		Message: fmt.Sprintf("the IdP's clock is %s %s ours: the %s was made at %s by its clock and came at %s", lapse(off.Abs()), ahead(off), t.In("").Evidence, moment(iat), moment(t.At))}}
}

func ahead(off time.Duration) string {
	if off < 0 {
		return "behind"
	}
	return "ahead of"
}

// clockMessage is a response that came in this login; nil when there is none of which anybody knows when it was sent.
func clockMessage(c *check.Case) *check.Message {
	if c.Login.Protocol != string(config.SAML) || c.Login.Receiver == "har" || c.Login.Receiver == "file" {
		return nil
	}
	for _, m := range c.Messages {
		if m.Response != nil && !m.Sent.IsZero() {
			return m
		}
	}
	return nil
}

// messageOff judges the clock by a response: all that it dates has to be off alike, since one time alone may be wrong by itself.
func messageOff(c *check.Case) []report.Finding {
	m := clockMessage(c)
	stamps := []string{m.Response.IssueInstant}
	for _, a := range m.Response.Assertions {
		stamps = append(stamps, a.IssueInstant)
	}
	limit := usualSkew
	if c.Config != nil && c.SP.SAML != nil && c.SP.SAML.ClockSkew.Certain() {
		limit = max(time.Duration(c.SP.SAML.ClockSkew.V)*time.Second, time.Minute)
	}
	var off time.Duration
	var first time.Time
	for _, s := range stamps {
		made, _, ok := samldoc.Time(s)
		by := made.Sub(m.Sent)
		if !ok || by.Abs() <= limit || by.Abs() > 24*time.Hour || off != 0 && (off < 0) != (by < 0) {
			return nil
		}
		if off == 0 {
			off, first = by, made
		}
	}
	if off < 0 && c.Login.Receiver == "paste" { // a person brought it, in his or her own time
		return nil
	}
	return []report.Finding{{Got: moment(first), Want: moment(m.Sent), Where: m.In(m.Response.Element, "IssueInstant"),
		Message: fmt.Sprintf("the IdP's clock is %s %s ours: the response was issued at %s by its clock and came at %s", lapse(off.Abs()), ahead(off), moment(first), moment(m.Sent))}}
}
