package loginrules

import (
	"net/url"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/report"
)

// heardInLogin lets rules about answers to probes also speak of what a login brought: an IdP says the same of a client whether it is
// probed or used. Probes come first, so that a fault that shows in both is told once, where nobody had to sign in.
func heardInLogin(rules []check.Rule) []check.Rule {
	out := make([]check.Rule, 0, len(rules))
	for _, r := range rules {
		var probed []evidence.Kind // needs that a login can stand in for
		r.Needs = slices.DeleteFunc(slices.Clone(r.Needs), func(k evidence.Kind) bool {
			if !shownByLogin(k) {
				return false
			}
			probed = append(probed, k)
			return true
		})
		if len(probed) == 0 && !slices.ContainsFunc(r.Uses, shownByLogin) {
			out = append(out, r)
			continue
		}
		if len(probed) > 0 {
			r.AnyOf = append(probed, login()...)
		} else {
			r.Uses = append(slices.Clone(r.Uses), login()...)
		}
		out = append(out, overJoined(r, probed))
	}
	return out
}

func login() []evidence.Kind { return []evidence.Kind{evidence.LoginRun} }

func shownByLogin(k evidence.Kind) bool {
	return slices.Contains([]evidence.Kind{evidence.Authorize, evidence.PAR, evidence.Client, evidence.SAMLSSO, evidence.Device}, k)
}

// overJoined makes a rule judge the joined case; probed are the kinds of which there must be something then.
func overJoined(r check.Rule, probed []evidence.Kind) check.Rule {
	decides, judge := r.Decides, r.Check
	r.Decides = func(c *check.Case) string {
		view := joined(c)
		for _, k := range probed {
			if reason := notInLogin(view, k); reason != "" && !(r.Code == "AUTHZ011" && foreignOnly(c)) {
				return reason
			}
		}
		if decides == nil {
			return ""
		}
		return decides(view)
	}
	r.Check = func(c *check.Case) []report.Finding { return judge(joined(c)) }
	return r
}

// notInLogin says why neither a probe nor the login has an answer of a kind.
func notInLogin(c *check.Case, k evidence.Kind) string {
	switch {
	case k == evidence.Authorize && c.Authorize == nil:
		return "no answer came to the redirect URI"
	case k == evidence.Client && c.Client == nil:
		if c.Login.Withheld != "" {
			return "no code was exchanged: " + c.Login.Withheld
		}
		return "no code was exchanged"
	case k == evidence.Device && c.Device == nil:
		return "no " + string(evidence.Device)
	}
	return ""
}

// joined is the case with the answers of the login beside those of the probes.
func joined(c *check.Case) *check.Case {
	if c.Login == nil {
		return c
	}
	view := *c
	l := c.Login
	with := func(a *check.Attempts, more ...check.Attempt) *check.Attempts {
		if len(more) == 0 {
			return a
		}
		if a == nil {
			a = &check.Attempts{Obs: l.Obs}
		}
		return &check.Attempts{Obs: a.Obs, All: append(slices.Clone(a.All), more...)}
	}
	some := func(a *check.Attempt) []check.Attempt {
		if a == nil {
			return nil
		}
		return []check.Attempt{*a}
	}
	if l.Protocol == string(config.SAML) {
		view.SSO = with(c.SSO, some(l.Front)...)
		return &view
	}
	view.Authorize, view.PAR = with(c.Authorize, some(l.Front)...), with(c.PAR, some(l.Pushed)...)
	tried := l.Tried
	if l.Grant == "device" { // DEV004
		tried = slices.DeleteFunc(slices.Clone(tried), func(a check.Attempt) bool { return a.Means == "pkce_required" })
	}
	view.Client, view.Device = with(c.Client, tried...), with(c.Device, some(l.Started)...)
	return &view
}

// sentTo is the redirect URI that an attempt's request named; that of the connection when it does not show.
func sentTo(c *check.Case, a *check.Attempt) string {
	if a != nil && a.Exchange != nil {
		if u, err := url.Parse(a.Exchange.URL); err == nil && u.Query().Get("redirect_uri") != "" {
			return u.Query().Get("redirect_uri")
		}
		if s := a.Exchange.Form["redirect_uri"]; s != "" {
			return s
		}
	}
	return c.Config.RedirectURI()
}

// bareCode reports whether only the code of an answer was pasted, so that nothing can be said of what came beside it.
func bareCode(c *check.Case, a *check.Attempt) bool {
	return c.Login != nil && a.Label == evidence.LoginRequest && (c.Login.Receiver == "paste" || c.Login.Receiver == "file") &&
		len(a.Answer.Params) == 1 && a.Answer.Code != ""
}

// front is what the IdP made of the login's authorization request, and nil when it made no difficulty or nothing is known.
func front(c *check.Case) *check.Attempt {
	if c.Login == nil || c.Login.Front == nil || c.Login.Front.Means == "accepted" {
		return nil
	}
	return c.Login.Front
}

// foreignOnly reports whether all that came to the redirect URI were answers of other attempts.
func foreignOnly(c *check.Case) bool {
	return c.Login != nil && c.Login.Foreign > 0 && c.Login.Callback == nil && c.Login.End != evidence.EndedAnswered && c.Login.End != evidence.EndedRefused
}

func hasWord(text string, words ...string) bool {
	text = strings.ToLower(text)
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(text, w) })
}
