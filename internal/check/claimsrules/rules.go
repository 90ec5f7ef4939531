// Package claimsrules judges what a login says about the user: the userinfo answer, the e-mail address, and what the SP's role rules make
// of the claims. What the SP decides was worked out on the real values (Case.User.Decision); the claims themselves are pseudonyms here,
// equal where the values were equal, with the domains of addresses kept.
package claimsrules

import (
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/report"
)

// Rules lists every rule of the package.
var Rules = slices.Concat(answer, claims, email, verified, mapped, distributed)

var _ []check.Rule = Rules

// The places in which a login says something about the user.
const (
	idToken   = "id_token"
	userinfo  = "userinfo"
	assertion = "assertion"
	someFile  = "claims" // a file that does not say
)

// said is how a sentence calls a place.
func said(place string) string {
	switch place {
	case idToken:
		return "the ID token"
	case userinfo:
		return "userinfo"
	case someFile:
		return "the file of claims"
	}
	return "the " + strings.ReplaceAll(place, "_", " ")
}

// places joins the names of places.
func places(list []string) string {
	out := make([]string, len(list))
	for i, p := range list {
		out[i] = said(p)
	}
	return strings.Join(out, " and ")
}

// in is the place of a claim for a finding.
func in(place, claim string) report.Location {
	loc := report.Location{Evidence: strings.TrimPrefix(said(place), "the ")}
	if claim != "" {
		loc.Path = "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(claim)
	}
	return loc
}

// standing says how a place stands in this login.
type standing int

const (
	open  standing = iota // it exists, or may exist, and is not at hand
	there                 // it is at hand
	none                  // this login has no such place
)

// stands says how a place stands in the login of the case, with the reason when it is open.
func stands(c *check.Case, place string) (standing, string) {
	if c.User.Source(place) != nil {
		return there, ""
	}
	if c.User.Source(someFile) != nil {
		return none, "" // the file stands for all places
	}
	if place == idToken && c.Config != nil && c.Config.PlainOAuth() {
		return none, ""
	}
	if c.Login == nil {
		return open, said(place) + " is not at hand"
	}
	switch {
	case place != userinfo:
		return none, ""
	case c.Login.Obs.Labelled(evidence.LoginUserinfo) != nil:
		return open, "userinfo gave no claims"
	case c.Login.Grant != "implicit" && hasUserinfo(c):
		return open, "userinfo was not asked"
	}
	return none, ""
}

// hasUserinfo reports whether the IdP is known to have a userinfo endpoint.
func hasUserinfo(c *check.Case) bool {
	return c.Discovery != nil && c.Discovery.Str("userinfo_endpoint") != "" || c.Config != nil && c.Config.OIDC != nil && c.Config.OIDC.Endpoints.Userinfo != ""
}

// value gives a claim of a place as a text; "" when it is missing, null, blank or no text. A list gives its first text.
func value(claims map[string]any, name string) string {
	list := check.Strings(claims[name])
	if len(list) == 0 {
		return ""
	}
	return strings.TrimSpace(list[0])
}

// address reports whether a text has the shape of an e-mail address.
func address(s string) bool {
	local, domain, ok := strings.Cut(s, "@")
	return ok && local != "" && strings.Contains(domain, ".") && !strings.ContainsAny(s, " \t<>,;")
}
