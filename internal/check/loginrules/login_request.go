package loginrules

import (
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/report"
)

// The authorization request that the SP itself made, in a recording. A request of ssoctl's own always has state, nonce and PKCE, and
// says nothing about the SP.
var loginRequest = []check.Rule{
	ofRecorded("AUTHZ023", "the answer is bound to the request by nonce or PKCE",
		"A code that somebody else obtained can be slipped to the user, who is then signed in as somebody else.",
		"let the SP send a code challenge, or a nonce that it compares", []string{"OpenID Connect Core 1.0 §15.5.2", "RFC 9700 §2.1.1"}, unbound),
	ofRecorded("AUTHZ024", "the code challenge is made by S256",
		"Whoever reads the request can exchange the code, or the IdP refuses the verifier.",
		"let the SP use the method S256", []string{"RFC 7636 §4.1", "RFC 7636 §4.2"}, oddChallenge),
}

func ofRecorded(code, title, why, fix string, refs []string, judge func(*check.Case) []report.Finding) check.Rule {
	return check.Rule{
		Code: code, Title: title, Severity: report.Warning, Protocol: config.OIDC, Why: why, Fix: fix, Refs: refs,
		Needs: []evidence.Kind{evidence.Config, evidence.LoginRun},
		Decides: func(c *check.Case) string {
			switch {
			case c.Login.Receiver != "har":
				return "the request was not the SP's own"
			case len(c.Login.Request) == 0:
				return "the recording has no authorization request"
			case c.Login.Request.Has("request_uri") || c.Login.Request.Has("request"):
				return "the parameters of the request do not stand in its address"
			}
			return ""
		},
		Check: judge,
	}
}

// unbound leaves alone what PKCE covers: for the code flow one of the two is enough (RFC 9700 §2.1.1).
func unbound(c *check.Case) []report.Finding {
	q := c.Login.Request
	if q.Has("nonce") || q.Has("code_challenge") || c.Config.PlainOAuth() {
		return nil
	}
	f := report.Finding{Want: "code_challenge", Where: loginPlace(c),
		Message: fmt.Sprintf("the authorization request of %s has neither nonce nor code_challenge", c.TheSP())}
	f.Fix = c.IfAtSP("switch PKCE on", "pkce")
	return []report.Finding{f}
}

// s256 is what a SHA-256 digest looks like in base64url (RFC 7636 §4.2).
var s256 = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`) })

func oddChallenge(c *check.Case) []report.Finding {
	q := c.Login.Request
	challenge, method := q.Get("code_challenge"), q.Get("code_challenge_method")
	f := report.Finding{Got: method, Want: "S256", Where: loginPlace(c)}
	switch {
	case !q.Has("code_challenge"):
		return nil
	case method == "" || method == "plain":
		f.Message = fmt.Sprintf("the code challenge of %s is sent by the method %q, in clear, and not by %q", c.TheSP(), "plain", "S256")
	case method != "S256":
		f.Message = fmt.Sprintf("code_challenge_method is %q, which no standard names; %q is meant", method, "S256")
	case evidence.Redacted(challenge) || s256().MatchString(challenge):
		return nil
	default:
		f.Got, f.Want = fmt.Sprint(len(challenge)), "43"
		f.Message = fmt.Sprintf("the code challenge %s is no SHA-256 digest in base64url: it has %d characters where 43 of A-Z a-z 0-9 - _ are due", check.Quote(strings.TrimSpace(challenge)), len(challenge))
	}
	return []report.Finding{f}
}
