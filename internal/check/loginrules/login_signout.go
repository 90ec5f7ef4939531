package loginrules

import (
	"fmt"
	"net/url"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/report"
)

// Sign-out at the end of a login (--cleanup).
var loginSignOut = []check.Rule{
	{
		Code: "LGO002", Title: "the IdP takes the ID token as a hint for sign-out, and brings state back", Severity: report.Info, Protocol: config.OIDC,
		Needs: []evidence.Kind{evidence.Config, evidence.LoginRun},
		Why:   "Sign-out at the IdP ends on a question or an error page.",
		Fix:   "let the client sign out at the IdP, with the address after sign-out registered",
		Refs:  []string{"OpenID Connect RP-Initiated Logout 1.0 §2"},
		Decides: func(c *check.Case) string {
			switch ex := signOut(c); {
			case ex == nil:
				return "nobody was signed out"
			case ex.Status >= 500:
				return "the IdP has no answer to the sign-out: " + ex.Name()
			}
			return ""
		},
		Check: signedOut,
	},
}

func signOut(c *check.Case) *evidence.Exchange {
	ex := c.Login.Obs.Labelled(evidence.LoginSignOut)
	if ex == nil || ex.Status == 0 {
		return nil
	}
	return ex
}

func signedOut(c *check.Case) []report.Finding {
	ex := signOut(c)
	f := report.Finding{Where: report.Location{Evidence: fmt.Sprintf("%s %s (%d)", ex.Method, ex.Base(), ex.Status)}}
	sent, err := url.Parse(ex.URL)
	if err != nil {
		return nil
	}
	param := func(name string) string {
		if v := ex.Form[name]; v != "" {
			return v
		}
		return sent.Query().Get(name)
	}
	if ex.Status >= 400 {
		said := check.PageText(ex.Body)
		if said == "" {
			said = fmt.Sprint(ex.Status)
		}
		f.Got = said
		f.Message = fmt.Sprintf("the IdP does not take the sign-out with id_token_hint: it answers %s", check.Quote(said))
		if back := param("post_logout_redirect_uri"); back != "" {
			f.Fix = []string{c.AtIdP("register "+back+" as an address after sign-out", "redirect_uri")}
		}
		return []report.Finding{f}
	}
	target, err := url.Parse(ex.Head("Location"))
	back, want := param("post_logout_redirect_uri"), param("state")
	if err != nil || want == "" || back == "" || ex.Head("Location") == "" {
		return nil
	}
	got := target.Query().Get("state")
	target.RawQuery, target.Fragment = "", ""
	if target.String() != back || got == want {
		return nil
	}
	f.Got, f.Want = got, want
	f.Message = fmt.Sprintf("sign-out was asked for with state %q and leads back to %s with %q", want, check.Quote(back), got)
	return []report.Finding{f}
}
