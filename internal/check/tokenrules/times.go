package tokenrules

import (
	"fmt"
	"time"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/report"
)

// Until when the token is good (RFC 7519 §4.1.4 to §4.1.6). It is judged as of when it came: of a token without a date nobody knows
// how old it is.
var times = []check.Rule{
	onIDToken(check.Rule{
		Code: "IDT016", Title: "the ID token has not expired when it comes", Severity: report.Error,
		Why:     "The SP refuses the token: the clocks differ, or the token lives too short.",
		Fix:     "set the clocks of IdP and SP by NTP, and let ID tokens live some minutes",
		Refs:    []string{"OpenID Connect Core 1.0 §3.1.3.7"},
		Decides: undated("exp"),
	}, []evidence.Kind{evidence.LoginRun}, expired),
	onIDToken(check.Rule{
		Code: "IDT017", Title: "times are in seconds", Severity: report.Error, Explains: []string{"IDT018", "IDT019", "IDT020"},
		Why:  "The token never expires, or the SP refuses a time that it cannot represent.",
		Fix:  "let the IdP write seconds since 1970, not milliseconds",
		Refs: []string{"RFC 7519 §2"},
	}, nil, milliseconds),
	onIDToken(check.Rule{
		Code: "IDT018", Title: "the ID token says when it was made, and that was just now", Severity: report.Warning,
		Why:     "Some SPs refuse a token without iat, from the future, or older than a few minutes.",
		Fix:     "let the IdP send iat, and make a token for each login",
		Refs:    []string{"OpenID Connect Core 1.0 §2", "OpenID Connect Core 1.0 §3.1.3.7"},
		Decides: undated("iat"),
	}, []evidence.Kind{evidence.LoginRun}, madeAt),
	onIDToken(check.Rule{
		Code: "IDT019", Title: "the ID token is good already when it comes", Severity: report.Warning,
		Why:     "The SP refuses the login, and the same login works a moment later.",
		Fix:     "set the clocks of IdP and SP by NTP",
		Refs:    []string{"RFC 7519 §4.1.5"},
		Decides: undated("nbf"),
	}, []evidence.Kind{evidence.LoginRun}, notYet),
	onIDToken(check.Rule{
		Code: "IDT020", Title: "the ID token lives for a day at most", Severity: report.Info,
		Why: "Applications that keep the session as long as the token do not notice that the user was switched off.",
		Fix: "let ID tokens live for minutes or an hour",
	}, nil, func(c *check.Case, t *check.Token) *report.Finding {
		const most = 24 * time.Hour
		iat, ok := stamp(t, "iat")
		exp, ok2 := stamp(t, "exp")
		if !ok || !ok2 || exp.Sub(iat) <= most || exp.Sub(iat) > absurd {
			return nil
		}
		return &report.Finding{Got: hours(exp.Sub(iat)), Want: hours(most), Where: t.In("exp"),
			Message: fmt.Sprintf("the %s is good for %s, longer than %s", t.In("").Evidence, hours(exp.Sub(iat)), hours(most)),
			Fix:     []string{c.AtIdP("shorten the life of ID tokens")}}
	}),
}

// absurd is more than any token lives, and more than any clock is off: 50 years.
const absurd = 50 * 365 * 24 * time.Hour

// undated says why a claim about time cannot be judged; a token that lacks it may be judged for that.
func undated(claim string) func(*check.Case) string {
	return func(c *check.Case) string {
		for _, t := range idTokens(c) {
			if _, ok := stamp(t, claim); !ok || !came(c, t).IsZero() {
				return ""
			}
		}
		return "nobody knows when the token came"
	}
}

func expired(c *check.Case, t *check.Token) *report.Finding {
	name := t.In("").Evidence
	exp, ok := stamp(t, "exp")
	at := came(c, t)
	switch {
	case t.Claims["exp"] == nil:
		return &report.Finding{Aspect: "missing", Where: t.In("exp"), Message: fmt.Sprintf("the %s has no exp, so it never expires", name), Fix: []string{c.AtIdP("send exp in ID tokens")}}
	case !ok:
		return &report.Finding{Where: t.In("exp"), Message: fmt.Sprintf("exp of the %s is no number of seconds since 1970", name)}
	case at.IsZero() || at.Before(exp):
		return nil
	}
	f := &report.Finding{Got: moment(exp), Want: "after " + moment(at), Where: t.In("exp"),
		Message: fmt.Sprintf("the %s expired at %s, %s before it came (%s)", name, moment(exp), lapse(at.Sub(exp)), moment(at))}
	if d := skew(c); at.Before(exp.Add(d)) {
		f.Severity = report.Warning
		f.Message += fmt.Sprintf("; that is within the %s that are usual for clocks", lapse(d))
	}
	return f
}

func milliseconds(c *check.Case, t *check.Token) *report.Finding {
	for _, claim := range []string{"exp", "iat", "nbf", "auth_time"} {
		s, ok := t.Seconds(claim)
		if !ok || s < 2.5e11 { // the year 9892; in milliseconds 1977
			continue
		}
		return &report.Finding{Got: fmt.Sprintf("%.0f", s), Want: fmt.Sprintf("%.0f", s/1000), Where: t.In(claim),
			Message: fmt.Sprintf("%s of the %s is %.0f, milliseconds where %.0f seconds are due", claim, t.In("").Evidence, s, s/1000)}
	}
	if exp, ok := stamp(t, "exp"); ok && exp.Sub(c.Now) > absurd {
		return &report.Finding{Got: moment(exp), Where: t.In("exp"), Message: fmt.Sprintf("exp of the %s is %s, more than 50 years ahead", t.In("").Evidence, moment(exp))}
	}
	return nil
}

// madeAt leaves to NET018 what only the clock can be to blame for.
func madeAt(c *check.Case, t *check.Token) *report.Finding {
	iat, ok := stamp(t, "iat")
	name, at := t.In("").Evidence, came(c, t)
	switch {
	case t.Claims["iat"] == nil:
		return &report.Finding{Where: t.In("iat"), Message: fmt.Sprintf("the %s has no iat: nobody knows when it was made", name)}
	case !ok:
		return &report.Finding{Where: t.In("iat"), Message: fmt.Sprintf("iat of the %s is no number of seconds since 1970", name)}
	case at.IsZero() || iat.Sub(at) > absurd: // IDT017
		return nil
	case offClock(c, t) != 0:
		return nil
	}
	f := &report.Finding{Got: moment(iat), Want: moment(at), Where: t.In("iat")}
	switch off := iat.Sub(at); {
	case off > skew(c) && off > leeway:
		f.Message = fmt.Sprintf("the %s was made at %s, %s after it came (%s)", name, moment(iat), lapse(off), moment(at))
	case fresh(c, t) && -off > maxAge+leeway+backdated(c):
		f.Message = fmt.Sprintf("the %s was made at %s, %s before it came (%s), although the login was made just now", name, moment(iat), lapse(-off), moment(at))
	default:
		return nil
	}
	return f
}

// maxAge is how old the ID token of a login may be when it comes.
const maxAge = 5 * time.Minute

// leeway is what the whole seconds of a claim and the way of an answer account for.
const leeway = 5 * time.Second

func notYet(c *check.Case, t *check.Token) *report.Finding {
	nbf, ok := stamp(t, "nbf")
	at := came(c, t)
	if !ok || at.IsZero() || !at.Before(nbf) || nbf.Sub(at) > absurd {
		return nil
	}
	if iat, ok := stamp(t, "iat"); ok && nbf.Equal(iat) && offClock(c, t) != 0 { // NET018
		return nil
	}
	off := nbf.Sub(at)
	if off <= skew(c) && off <= leeway {
		return nil
	}
	f := &report.Finding{Got: moment(nbf), Want: moment(at), Where: t.In("nbf"),
		Message: fmt.Sprintf("the %s is good only from %s, %s after it came (%s)", t.In("").Evidence, moment(nbf), lapse(off), moment(at))}
	if off > skew(c) {
		f.Severity = report.Error
	}
	return f
}

func moment(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// lapse words a duration in whole seconds, or in larger units where seconds say nothing any more.
func lapse(d time.Duration) string {
	d = d.Round(time.Second)
	switch {
	case d < 10*time.Minute:
		return fmt.Sprintf("%d s", int(d.Round(time.Second).Seconds()))
	case d < 10*time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 20*24*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}

func hours(d time.Duration) string { return fmt.Sprintf("%d h", int(d.Hours())) }
