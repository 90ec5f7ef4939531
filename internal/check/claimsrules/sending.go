package claimsrules

import (
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/knowledge"
)

// sending gives the steps that bring a claim to a place: by the IdP's profile, else by what the SP's pages say for this IdP under a code,
// else where the console keeps claims. kinds are the standard names of what is wanted (groups, roles), name is what the SP reads.
func sending(c *check.Case, kinds []string, name, place, code string) []string {
	if place == "" || place == someFile { // a file says where the claim is not; it is the IdP that has to send it
		place = idToken
		if c.Config != nil && c.Config.SAML != nil {
			place = assertion
		}
	}
	issuer := ""
	if c.Config != nil && c.Config.OIDC != nil {
		issuer = c.Config.OIDC.Issuer
	}
	var out []string
	for _, s := range c.IdP.Sends {
		if !slices.ContainsFunc(kinds, func(kind string) bool { return s.Reaches(kind, place) }) || s.Issuer != "" && !c.Lib.Matches(s.Issuer, issuer) {
			continue
		}
		values := map[string]string{"claim": name}
		if c.Config != nil {
			for k, v := range c.Config.Vars {
				values[k] = v
			}
			if c.Config.OIDC != nil {
				values["client_id"] = c.Config.OIDC.ClientID
			}
		}
		do, _ := knowledge.Expand(s.Do, values)
		step := c.AtIdP(do, s.At)
		if !s.S.Certain() && !strings.Contains(step, "(likely)") {
			step += " (likely)"
		}
		out = append(out, step)
	}
	for _, e := range c.SP.Entries {
		if len(out) == 0 && slices.Contains(e.Rules, code) {
			out = append(out, e.FixBy[c.IdP.ID]...)
		}
	}
	if len(out) == 0 {
		key := "claims"
		if slices.Contains(kinds, "groups") {
			key = "groups"
		}
		if place == assertion {
			out = append(out, c.AtIdP("send the attribute "+name, "attributes", key, "claims"))
		} else {
			out = append(out, c.AtIdP("let "+said(place)+" carry the claim "+name, key, "claims"))
		}
	}
	return out
}
