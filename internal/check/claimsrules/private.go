package claimsrules

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/report"
)

// second is what the IdP's second address, that of private e-mail addresses, said.
type second struct {
	status             int // 0: it was not asked, or did not answer
	verified, any      bool
	unreadable, absent bool
}

func secondOf(c *check.Case) second {
	if c.Login == nil || c.Login.Emails == nil {
		return second{absent: true}
	}
	out := second{status: c.Login.Emails.Status}
	var list []struct {
		Email    string `json:"email"`
		Verified bool   `json:"verified"`
	}
	if out.status == 200 && json.Unmarshal(c.Login.Emails.Body, &list) != nil {
		out.unreadable = true
	}
	for _, e := range list {
		out.any = out.any || e.Email != ""
		out.verified = out.verified || e.Email != "" && e.Verified
	}
	return out
}

// privateDecides gives the reason why nobody can say whether an address arrives.
func privateDecides(c *check.Case) string {
	w, _ := readsEmail(c)
	claims := userClaims(c)
	if claims == nil {
		return "what the IdP says about the user is not at hand"
	}
	if firstValue(claims, w.names) != "" {
		return ""
	}
	_, asks := fallback(c)
	switch s := secondOf(c); {
	case !asks:
		return ""
	case s.absent:
		return "the IdP's list of addresses was not asked for"
	case s.status == 429 || s.status >= 500:
		return fmt.Sprintf("the IdP's list of addresses answers %d", s.status)
	case s.unreadable:
		return "the IdP's list of addresses cannot be read"
	}
	return ""
}

// userClaims are the claims of a login without an ID token.
func userClaims(c *check.Case) map[string]any {
	for _, place := range []string{userinfo, someFile} {
		if claims := c.User.Source(place); claims != nil {
			return claims
		}
	}
	return nil
}

func firstValue(claims map[string]any, names []string) string {
	for _, name := range names {
		if v := value(claims, name); v != "" {
			return v
		}
	}
	return ""
}

// fallback says where the SP asks for the address when none comes, for the IdP of the case.
func fallback(c *check.Case) (string, bool) {
	if c.SP.OIDC == nil {
		return "", false
	}
	f, ok := c.SP.OIDC.EmailFallback[c.IdP.ID]
	return f.V, ok
}

func privateAddress(c *check.Case) []report.Finding {
	w, _ := readsEmail(c)
	if firstValue(userClaims(c), w.names) != "" {
		return nil
	}
	f := report.Finding{Want: w.names[0], Where: in(userinfo, w.names[0]), Fix: sending(c, []string{"email"}, w.names[0], userinfo, "UI006")}
	place, asks := fallback(c)
	s := secondOf(c)
	switch {
	case asks && s.status == 200 && s.verified:
		return nil
	case asks && s.status == 200:
		f.Message = fmt.Sprintf("the user's address is private, and the list of addresses (%s) holds none that is verified", place)
		f.Fix = append([]string{c.AtIdP("verify an address of the user", "email", "claims")}, f.Fix...)
	case asks:
		f.Got, f.Message = fmt.Sprint(s.status), fmt.Sprintf("the user's address is private, and the list of addresses (%s) answers %q: the scopes are %s", place, fmt.Sprint(s.status), check.Quote(strings.Join(c.Config.Scopes(), " ")))
		f.Where = report.Location{Evidence: c.Login.Emails.Name()}
		if c.IdP.OIDC != nil && c.IdP.OIDC.EmailScope.Known() && !slices.Contains(c.Config.Scopes(), c.IdP.OIDC.EmailScope.V) {
			scope := c.IdP.OIDC.EmailScope.V
			f.Fix = append(append([]string{"add " + scope + " to scopes"}, c.IfAtSP("add "+scope, "scopes")...), f.Fix...)
		}
	default:
		f.Severity = report.Warning
		f.Message = fmt.Sprintf("%s gives no address of the user in %q, which %s; nothing says that %s asks for the private ones", c.TheIdP(), w.names[0], w.by, c.TheSP())
	}
	return []report.Finding{f}
}
