package tokenrules

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/report"
)

// What the request asked for, and what binds the token to it.
var asked = []check.Rule{
	inLogin(check.Rule{
		Code: "IDT021", Title: "nonce comes back in the ID token", Severity: report.Error,
		Why:  "The SP cannot tell that the token is the answer to its request, and refuses it.",
		Fix:  "let the IdP put the nonce of the request into the ID token unchanged",
		Refs: []string{"OpenID Connect Core 1.0 §3.1.3.7"},
	}, func(c *check.Case) string {
		if c.Login.Request.Get("nonce") == "" {
			return "the request had no nonce"
		}
		return ""
	}, otherNonce),
	inLogin(check.Rule{
		Code: "IDT022", Title: "auth_time says when the user signed in", Severity: report.Warning,
		Why:  "An SP that asks for a recent sign-in cannot tell whether it was one.",
		Fix:  "let the IdP send auth_time, in seconds",
		Refs: []string{"OpenID Connect Core 1.0 §2", "OpenID Connect Core 1.0 §3.1.2.1"},
	}, nil, signedInAt),
	inLogin(check.Rule{
		Code: "IDT023", Title: "acr is the one that was asked for", Severity: report.Warning,
		Why:  "The SP asked for a stronger way to sign in, and cannot see that it was used.",
		Fix:  "let the IdP say in acr how the user signed in",
		Refs: []string{"OpenID Connect Core 1.0 §2", "OpenID Connect Core 1.0 §3.1.2.1"},
	}, nil, otherContext),
	onIDToken(check.Rule{
		Code: "IDT025", Title: "the hashes in the ID token are those of access token and code", Severity: report.Warning,
		Why:  "An SP that compares them refuses the login, since the token belongs to another answer.",
		Fix:  "let the IdP compute at_hash and c_hash over the values that it sends beside the token",
		Refs: []string{"OpenID Connect Core 1.0 §3.1.3.6", "OpenID Connect Core 1.0 §3.3.2.11"},
	}, nil, func(_ *check.Case, t *check.Token) *report.Finding {
		for _, h := range []struct{ claim, state, of string }{{"at_hash", t.AtHash, "access token"}, {"c_hash", t.CHash, "authorization code"}} {
			if h.state == "different" {
				return &report.Finding{Got: t.Str(h.claim), Where: t.In(h.claim), Message: fmt.Sprintf("%s of the %s is %q, which is not the hash of the %s", h.claim, t.In("").Evidence, t.Str(h.claim), h.of)}
			}
		}
		return nil
	}),
	inLogin(check.Rule{
		Code: "AUTHZ026", Title: "the IdP does as the request asks", Severity: report.Info,
		Why:  "The application asked for a new sign-in, a recent one, or accounts of one organisation, and got something else.",
		Fix:  "nothing on your side, unless the application relies on it",
		Refs: []string{"OpenID Connect Core 1.0 §3.1.2.1"},
	}, func(c *check.Case) string {
		if q := c.Login.Request; q.Get("prompt") != "login" && q.Get("max_age") == "" && q.Get("hd") == "" {
			return "the request asked for nothing of the kind"
		}
		return ""
	}, notAsAsked),
}

// inLogin makes a rule that compares the token of a login with the request. A refreshed token answers no request.
func inLogin(r check.Rule, decides func(*check.Case) string, judge func(*check.Case, *check.Token) *report.Finding) check.Rule {
	r = onIDToken(r, nil, func(c *check.Case, t *check.Token) *report.Finding {
		if !answersRequest(c, t) {
			return nil
		}
		return judge(c, t)
	})
	r.Needs = append(r.Needs, evidence.LoginRun)
	r.Protocol = config.OIDC
	readable := r.Decides
	r.Decides = func(c *check.Case) string {
		switch reason := readable(c); {
		case reason != "":
			return reason
		case !slices.ContainsFunc(idTokens(c), func(t *check.Token) bool { return answersRequest(c, t) }):
			return "no ID token that the request of this login brought"
		case decides != nil:
			return decides(c)
		}
		return ""
	}
	return r
}

// answersRequest reports whether a token came in answer to the login's request: not by a refresh, and not as something that was pasted.
func answersRequest(c *check.Case, t *check.Token) bool {
	return t.Label != "" && t.Label != evidence.LoginRefresh && (c.Login.Receiver == "har" || !came(c, t).IsZero())
}

func otherNonce(c *check.Case, t *check.Token) *report.Finding {
	want, got := c.Login.Request.Get("nonce"), t.Str("nonce")
	if got == want {
		return nil
	}
	f := &report.Finding{Got: got, Want: want, Where: t.In("nonce"), Message: fmt.Sprintf("nonce was sent as %q and is %q in the %s", want, got, t.In("").Evidence)}
	if t.Claims["nonce"] == nil {
		f.Message = fmt.Sprintf("nonce was sent (%q) and the %s has none", want, t.In("").Evidence)
	}
	if c.Config != nil && c.SP.OIDC != nil && c.SP.OIDC.Nonce.Certain() && !c.SP.OIDC.Nonce.V {
		f.Severity = report.Warning
		f.Effect = c.TheSP() + " sends no nonce, so it does not notice; other applications refuse the login."
	}
	return f
}

// maxAgeOf is the max_age of the request; ok is false when it has none.
func maxAgeOf(c *check.Case) (time.Duration, bool) {
	s, err := strconv.Atoi(c.Login.Request.Get("max_age"))
	return time.Duration(s) * time.Second, err == nil && s >= 0
}

func signedInAt(c *check.Case, t *check.Token) *report.Finding {
	_, wanted := maxAgeOf(c)
	at, ok := stamp(t, "auth_time")
	now := came(c, t)
	name := t.In("").Evidence
	f := &report.Finding{Where: t.In("auth_time")}
	switch {
	case t.Claims["auth_time"] == nil && wanted:
		f.Message = fmt.Sprintf("max_age %q was asked for and the %s has no auth_time", c.Login.Request.Get("max_age"), name)
	case t.Claims["auth_time"] == nil:
		return nil
	case !ok:
		f.Message = fmt.Sprintf("auth_time of the %s is no number of seconds since 1970", name)
	case now.IsZero() || at.Sub(now) > absurd: // IDT017
		return nil
	case at.Sub(now) > max(skew(c), leeway) && offClock(c, t) == 0:
		f.Got, f.Message = moment(at), fmt.Sprintf("auth_time of the %s is %s, %s after the token came", name, moment(at), lapse(at.Sub(now)))
	case now.Sub(at) > 365*24*time.Hour:
		f.Got, f.Message = moment(at), fmt.Sprintf("auth_time of the %s is %s: the user signed in %s ago", name, moment(at), lapse(now.Sub(at)))
	default:
		return nil
	}
	return f
}

func otherContext(c *check.Case, t *check.Token) *report.Finding {
	wanted := strings.Fields(c.Login.Request.Get("acr_values"))
	got, isText := t.Claims["acr"].(string)
	f := &report.Finding{Got: got, Want: strings.Join(wanted, " "), Where: t.In("acr")}
	name := t.In("").Evidence
	switch {
	case isText && got == "":
		f.Message = fmt.Sprintf("acr of the %s is an empty text", name)
	case t.Claims["acr"] != nil && !isText:
		f.Message = fmt.Sprintf("acr of the %s is no text", name)
	case len(wanted) == 0 || slices.Contains(wanted, got):
		return nil
	case got == "":
		f.Message = fmt.Sprintf("acr_values %s was asked for and the %s has no acr", check.Quote(f.Want), name)
	default:
		f.Message = fmt.Sprintf("acr_values %s was asked for and acr of the %s is %s", check.Quote(f.Want), name, check.Quote(got))
	}
	return f
}

func notAsAsked(c *check.Case, t *check.Token) *report.Finding {
	q := c.Login.Request
	at, ok := stamp(t, "auth_time")
	off, now := offClock(c, t), came(c, t)
	f := &report.Finding{Where: t.In("auth_time")}
	limit, limited := maxAgeOf(c)
	switch {
	case ok && q.Get("prompt") == "login" && !c.Login.Began.IsZero() && at.Add(-off).Before(c.Login.Began.Add(-skew(c))):
		f.Got, f.Message = moment(at), fmt.Sprintf("prompt %q was asked for and the user was not asked: auth_time is %s, the request was made at %s", "login", moment(at), moment(c.Login.Began))
	case ok && limited && !now.IsZero() && now.Sub(at.Add(-off)) > limit+skew(c)+maxAge:
		f.Got, f.Want = lapse(now.Sub(at)), lapse(limit)
		f.Message = fmt.Sprintf("max_age %q was asked for and the user had signed in %s before", q.Get("max_age"), lapse(now.Sub(at)))
	case q.Get("hd") != "" && q.Get("hd") != "*" && c.Config != nil && c.Config.OIDC.HD == "" && !strings.EqualFold(q.Get("hd"), t.Str("hd")):
		f.Got, f.Want, f.Where = t.Str("hd"), q.Get("hd"), t.In("hd")
		f.Message = fmt.Sprintf("hd %s was asked for and hd of the %s is %s", check.Quote(q.Get("hd")), t.In("").Evidence, check.Quote(t.Str("hd")))
	default:
		return nil
	}
	return f
}
