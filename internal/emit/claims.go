package emit

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/ssoctl/ssoctl/internal/knowledge"
)

// claim is something the SP reads about the user. name is its meaning: subject email email_verified first_name last_name name groups, or
// what the SP calls it when it means nothing that every IdP knows.
type claim struct {
	name     string
	as       string   // first accepted name
	names    []string // all accepted names
	required bool
	optional bool
}

func claimsOf(list []knowledge.Claim) []claim {
	var out []claim
	for _, c := range list {
		if c.Name == "subject" || len(c.Names) == 0 {
			continue
		}
		out = append(out, claim{name: c.Name, as: c.Names[0], names: c.Names, required: c.Level == "required", optional: c.Level == "optional"})
	}
	return out
}

// meanings translates the names that people give to claims.
var meanings = map[string]string{
	"email": "email", "mail": "email", "email_verified": "email_verified", "given_name": "first_name", "firstName": "first_name",
	"first_name": "first_name", "family_name": "last_name", "lastName": "last_name", "last_name": "last_name", "name": "name", "groups": "groups",
}

// ownClaims adds what the connection itself names: required claims of a generic SP, claims of role rules. An SP about which nothing is
// known gets the e-mail address.
func (a *app) ownClaims() {
	add := func(name string, required bool) {
		meaning := cmp.Or(meanings[name], name)
		if name == "" || name == "sub" || slices.ContainsFunc(a.claims, func(c claim) bool { return c.name == meaning || slices.Contains(c.names, name) }) {
			return
		}
		a.claims = append(a.claims, claim{name: meaning, as: name, names: []string{name}, required: required})
	}
	for _, name := range a.conn.SPParam("required_claims").Strings() {
		add(name, true)
	}
	if len(a.claims) == 0 {
		add("email", true)
	}
	if a.conn.Roles != nil {
		for _, r := range a.conn.Roles.Rules {
			add(r.Claim, false)
		}
	}
}

// claim finds a claim by its meaning.
func (a *app) claim(name string) (claim, bool) {
	i := slices.IndexFunc(a.claims, func(c claim) bool { return c.name == name })
	if i < 0 {
		return claim{}, false
	}
	return a.claims[i], true
}

// missing is the note about claims that the format cannot bring.
func missing(list []claim) []string {
	var out []string
	for _, c := range list {
		if !c.optional {
			out = append(out, fmt.Sprintf("the claim %q has no usual source at this IdP: add it by hand", c.as))
		}
	}
	return out
}
