package claimsrules

import (
	"slices"
	"strconv"
	"strings"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/knowledge"
	"github.com/ssoctl/ssoctl/internal/report"
)

// wanted is the e-mail claim as the SP reads it.
type wanted struct {
	names   []string // accepted claim names, in the SP's order
	from    []string // places that the SP reads, in order; empty: nobody knows
	first   bool     // only the first of the places that exist is read
	require bool     // nobody gets in without it
	certain bool     // that it is read there was read up on
	by      string   // who reads it, for sentences
	where   report.Location
}

// readsEmail says how the SP of the case reads the address; ok is false when nothing says that it reads one.
func readsEmail(c *check.Case) (wanted, bool) {
	if c.Config == nil || c.Config.OIDC == nil {
		return wanted{}, false
	}
	if claim, ok := claimOf(c, "email"); ok {
		w := wanted{names: claim.Names, from: claim.From, require: claim.Level == "required", certain: claim.S.Certain(), by: c.TheSP() + " reads"}
		oidc := c.SP.OIDC
		if len(w.from) == 0 {
			w.from = oidc.ReadsFrom.V
			w.certain = w.certain && (len(w.from) == 0 || oidc.ReadsFrom.Certain())
		}
		w.first = oidc.ReadsFirstOnly.V
		for strategy, names := range claim.ByExchange {
			if exchanges(c, strategy) {
				w.names, w.from, w.first = names, []string{idToken}, false
			}
		}
		return w, claim.Level != "optional" || len(c.Config.AllowedDomains) > 0
	}
	for i, name := range c.Config.SPParam("required_claims").Strings() {
		if name == "email" {
			return wanted{names: []string{name}, require: true, certain: true, by: "the SP requires", where: c.Config.Pos("sp/required_claims/" + strconv.Itoa(i))}, true
		}
	}
	if len(c.Config.AllowedDomains) > 0 {
		return wanted{names: []string{"email"}, require: true, certain: true, by: "allowed_domains is compared with", where: c.Config.Pos("allowed_domains")}, true
	}
	return wanted{}, false
}

// claimOf gives what the SP's profile says about a claim of OpenID Connect.
func claimOf(c *check.Case, name string) (knowledge.Claim, bool) {
	if c.SP.OIDC == nil {
		return knowledge.Claim{}, false
	}
	i := slices.IndexFunc(c.SP.OIDC.Claims, func(claim knowledge.Claim) bool { return claim.Name == name })
	if i < 0 {
		return knowledge.Claim{}, false
	}
	return c.SP.OIDC.Claims[i], true
}

// exchanges reports whether the connection exchanges tokens by a strategy.
func exchanges(c *check.Case, strategy string) bool {
	t := c.Config.TokenExchange
	if t == nil {
		return false
	}
	if t.Strategy != "" && t.Strategy != "auto" {
		return t.Strategy == strategy
	}
	return c.User != nil && c.User.Decision != nil && c.User.Decision.TokenExchange == strategy
}

// Where an address can be, from the best to the worst.
const (
	undecided = iota // a place that the SP reads is not at hand
	found            // where the SP reads it
	elsewhere        // under the right name, in a place that the SP does not read
	renamed          // under another name
	nowhere
)

// search is what became of looking for the address.
type search struct {
	state              int
	place, claim, text string   // where it is
	places             []string // of elsewhere: all of them
	reason             string   // of undecided
}

// otherNames are those under which IdPs send an address, or a name of the form of one.
var otherNames = []string{"mail", "emails", "emailAddress", "email_address", "emailaddress", "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress",
	"upn", "preferred_username", "unique_name", "username", "sub", "Email", "email"}

// findEmail looks for the address in the sources of the case.
func findEmail(c *check.Case, w wanted) search {
	read, out := readable(c, w)
	for _, place := range read {
		for _, name := range w.names {
			if v := value(c.User.Source(place), name); v != "" {
				return search{state: found, place: place, claim: name, text: v}
			}
		}
	}
	if out.reason != "" {
		return out
	}
	for _, s := range c.User.Sources {
		for _, name := range w.names {
			if v := value(s.Claims, name); v != "" && !slices.Contains(out.places, s.Name) {
				out.places = append(out.places, s.Name)
				if out.state != elsewhere {
					out.state, out.place, out.claim, out.text = elsewhere, s.Name, name, v
				}
			}
		}
	}
	if out.state == elsewhere {
		return out
	}
	order := read
	for _, s := range c.User.Sources {
		if !slices.Contains(order, s.Name) {
			order = append(order, s.Name)
		}
	}
	for _, place := range order {
		claims := c.User.Source(place)
		for _, name := range append(slices.Clone(otherNames), namespaced(claims)...) {
			if v := value(claims, name); address(v) {
				return search{state: renamed, place: place, claim: name, text: v}
			}
		}
	}
	return search{state: nowhere}
}

// readable gives the places at hand that the SP reads, in its order; the search has a reason when one of them is missing that may hold
// the address.
func readable(c *check.Case, w wanted) ([]string, search) {
	from := w.from
	if len(from) == 0 {
		from = []string{idToken, userinfo}
	}
	var read []string
	var out search
	for _, place := range from {
		s, reason := stands(c, place)
		switch s {
		case there:
			read = append(read, place)
		case open:
			if out.reason == "" {
				out.reason = reason
			}
		case none:
			continue
		}
		if w.first {
			break
		}
	}
	if c.User.Source(someFile) != nil {
		read = append(read, someFile)
	}
	return read, out
}

// namespaced lists claims whose name is a URL that ends in email, as IdPs with namespaces send them.
func namespaced(claims map[string]any) []string {
	var out []string
	for name := range claims {
		if strings.Contains(name, "://") && strings.HasSuffix(strings.ToLower(name), "/email") {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}
