package claimsrules

import (
	"fmt"
	"mime"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/report"
)

const refUserinfo = "OpenID Connect Core 1.0 §5.3.2"

// What the userinfo endpoint answers.
var answer = []check.Rule{
	{
		Code: "UI001", Title: "userinfo answers with claims", Severity: report.Error, Protocol: config.OIDC,
		Needs: []evidence.Kind{evidence.LoginRun}, Uses: []evidence.Kind{evidence.Config, evidence.Tokens},
		Explains: []string{"UI002", "UI005", "UI006", "IDT028", "IDT029", "IDT030", "CLM001", "CLM007"},
		Why:      "An SP that asks userinfo who the user is gets no answer, and ends the login.",
		Fix:      "let the access token of this client be good for userinfo",
		Refs:     []string{"OpenID Connect Core 1.0 §5.3.1", refUserinfo, "OpenID Connect Core 1.0 §5.3.3"},
		Decides: func(c *check.Case) string {
			ex := c.Login.Obs.Labelled(evidence.LoginUserinfo)
			switch {
			case ex == nil:
				return "userinfo was not asked"
			case ex.Status == 0 && ex.Failure != nil:
				return "userinfo was not reached: " + ex.Failure.Text
			case ex.Status == 0:
				return "userinfo did not answer"
			case (ex.Status == 429 || ex.Status >= 500) && !readsUserinfo(c):
				return fmt.Sprintf("userinfo answers %d", ex.Status)
			case ex.Cut:
				return "the answer of userinfo is longer than what was read of it"
			}
			return ""
		},
		Check: noClaims,
	},
	{
		Code: "UI002", Title: "userinfo speaks of the user of the ID token", Severity: report.Error, Protocol: config.OIDC,
		Needs: []evidence.Kind{evidence.Claims}, Uses: []evidence.Kind{evidence.Config},
		Why:     "An SP has to refuse claims of another subject: they may be those of somebody else.",
		Fix:     "let the IdP give one sub to a client, in the ID token and at userinfo",
		Refs:    []string{refUserinfo},
		Applies: func(c *check.Case) bool { return c.Config == nil || !c.Config.PlainOAuth() },
		Decides: func(c *check.Case) string {
			if c.User.Source(userinfo) == nil {
				return "userinfo is not at hand"
			}
			if value(c.User.Source(userinfo), "sub") != "" && value(c.User.Source(idToken), "sub") == "" {
				return "there is no ID token with a sub to compare with"
			}
			return ""
		},
		Check: otherSubject,
	},
	{
		Code: "UI003", Title: "a signed userinfo answer is made for the SP's client, by the issuer", Severity: report.Warning, Protocol: config.OIDC,
		Needs: []evidence.Kind{evidence.Tokens}, Uses: []evidence.Kind{evidence.Config},
		Why:     "An SP that checks the signature checks these members too, and refuses the answer.",
		Fix:     "let the IdP sign userinfo as it signs ID tokens, or send it unsigned",
		Refs:    []string{refUserinfo},
		Applies: func(c *check.Case) bool { return len(signed(c.Tokens)) > 0 },
		Decides: func(c *check.Case) string {
			for _, t := range signed(c.Tokens) {
				if t.Claims == nil {
					return "the signed answer cannot be read: " + t.Problem
				}
			}
			return ""
		},
		Check: signedAnswer,
	},
}

// readsUserinfo reports whether the SP is known to read userinfo, or nothing says that it does not.
func readsUserinfo(c *check.Case) bool {
	if c.Config == nil || c.SP.OIDC == nil || !c.SP.OIDC.ReadsFrom.Known() {
		return true
	}
	return slices.Contains(c.SP.OIDC.ReadsFrom.V, userinfo)
}

func noClaims(c *check.Case) []report.Finding {
	ex := c.Login.Obs.Labelled(evidence.LoginUserinfo)
	f := report.Finding{Got: fmt.Sprint(ex.Status), Want: "200", Where: report.Location{Evidence: ex.Name()}}
	kind, _, _ := mime.ParseMediaType(ex.Head("Content-Type"))
	switch {
	case ex.Status == 429 || ex.Status >= 500:
		f.Severity, f.Inconclusive = report.Warning, true
		f.Message = fmt.Sprintf("userinfo answers %q, so what %s reads there is not known", f.Got, c.TheSP())
		f.Fix = []string{"start the login anew in a while", c.AtIdP("see what its log says of it", "log")}
		return []report.Finding{f}
	case ex.Status != 200:
		f.Message = fmt.Sprintf("userinfo answers %q to the access token that the login brought, expected %q", f.Got, f.Want)
		if said := ex.Head("Www-Authenticate"); said != "" {
			f.Message += "; it says " + check.Quote(said)
		}
		f.Fix = []string{c.AtIdP("see that the client may have the scope openid, and that access tokens are made for userinfo", "scopes"), "see whether the access token ran out, was made for another audience or was taken back before userinfo was asked"}
		if ex.Status >= 300 && ex.Status < 400 {
			f.Fix = []string{"enter the address that answers without a redirect: an access token is not sent on", c.AtIdP("look up the userinfo address", "endpoints")}
		}
	case kind == "application/jwt" || len(signed(c.Tokens)) > 0:
		return nil // UI003 looks at what was signed
	case !object(ex.Body):
		f.Got, f.Want = kind, "application/json"
		f.Message = fmt.Sprintf("userinfo answers with %s that is no JSON object", check.Quote(kind))
		f.Fix = []string{"see whether the address is that of userinfo, and not of a page for people", c.AtIdP("look up the userinfo address", "endpoints")}
	default:
		return nil
	}
	if token := c.Login.Exchange; token != nil && token.Status == 200 && strings.HasPrefix(token.Head("Content-Type"), "application/x-www-form-urlencoded") {
		f.CausedBy = "TOK001" // what was taken for an access token may be none
	}
	if !readsUserinfo(c) {
		f.Severity = report.Warning
		f.Message += fmt.Sprintf("; %s reads %s", c.TheSP(), places(c.SP.OIDC.ReadsFrom.V))
	}
	return []report.Finding{f}
}

// object reports whether a body looks like a JSON object.
func object(b []byte) bool {
	s := strings.TrimSpace(string(b))
	return strings.HasPrefix(s, "{") && strings.HasSuffix(s, "}")
}

func otherSubject(c *check.Case) []report.Finding {
	got, want := value(c.User.Source(userinfo), "sub"), value(c.User.Source(idToken), "sub")
	f := report.Finding{Got: got, Want: want, Where: in(userinfo, "sub")}
	switch {
	case got == "":
		f.Message = "userinfo has no sub, so nothing says that it speaks of the user of the ID token"
		if want != "" {
			f.Message = fmt.Sprintf("userinfo has no sub, where the ID token has %s", check.Quote(want))
		}
		f.Fix = []string{c.AtIdP("let userinfo carry sub", "claims")}
	case got != want:
		f.Related = []report.Location{in(idToken, "sub")}
		f.Message = fmt.Sprintf("sub of userinfo is %s but sub of the ID token is %s", check.Quote(got), check.Quote(want))
		f.Fix = []string{c.AtIdP("let both carry the same sub: no mapper of its own for one of them, one kind of subject (public or pairwise)", "claims"), "see that the access token and the ID token come of one login"}
	default:
		return nil
	}
	if c.Config != nil && !readsUserinfo(c) {
		f.Severity = report.Warning
	}
	return []report.Finding{f}
}

func signedAnswer(c *check.Case) []report.Finding {
	var out []report.Finding
	for _, t := range signed(c.Tokens) {
		say := func(claim, got, want, format string, args ...any) {
			out = append(out, report.Finding{Got: got, Want: want, Where: t.In(claim), Message: fmt.Sprintf(format, args...), Fix: []string{c.AtIdP("choose how userinfo is signed", "signing", "claims")}})
		}
		if c.Config != nil && c.Config.OIDC != nil {
			if iss, want := t.Str("iss"), c.Config.OIDC.Issuer; iss != want && strings.TrimSuffix(iss, "/") != strings.TrimSuffix(want, "/") {
				say("iss", iss, want, "iss of the signed userinfo answer is %s but the issuer is %s", check.Quote(iss), check.Quote(want))
			}
			if aud, want := t.Strings("aud"), c.Config.OIDC.ClientID; want != "" && !slices.Contains(aud, want) {
				say("aud", strings.Join(aud, " "), want, "aud of the signed userinfo answer is %s but the SP's client_id is %s", check.Quote(strings.Join(aud, " ")), check.Quote(want))
			}
		}
		switch t.Signature.State {
		case evidence.SigNone:
			say("", "none", "", "the userinfo answer is a JWT with the algorithm %q: nothing proves who made it", "none")
		case evidence.SigRefused, evidence.SigNoKey:
			say("", t.Signature.Kid, "", "no key of the IdP verifies the signed userinfo answer (kid %s, alg %s)", check.Quote(t.Signature.Kid), check.Quote(t.Signature.Alg))
		}
		if _, has := t.Claims["nonce"]; has {
			say("nonce", "nonce", "", "the signed userinfo answer holds %q, which belongs into ID tokens: it could be taken for one", "nonce")
		}
	}
	return out
}

// signed gives the tokens that are signed answers of userinfo.
func signed(tokens []*check.Token) []*check.Token {
	return slices.DeleteFunc(slices.Clone(tokens), func(t *check.Token) bool { return t.Name != userinfo })
}
