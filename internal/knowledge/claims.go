package knowledge

import "slices"

// Sending tells how a claim comes to be sent, as one step in the IdP's console.
type Sending struct {
	// Claims are the claims that the step brings, by their standard names: email, email_verified, given_name, family_name, name, groups, roles.
	Claims []string `yaml:"claims"`
	// To are the places that the claim then reaches: id_token, userinfo, assertion. Empty: id_token and userinfo.
	To     []string `yaml:"to,omitempty"`
	Issuer string   `yaml:"issuer,omitempty"` // RE2, whole string: the step is for such issuers
	At     string   `yaml:"at"`               // key of the profile's paths: where the step is done
	Do     string   `yaml:"do"`               // what to do there, with the line to paste; {claim} is the name that the SP reads
	S      Keys     `yaml:"s"`
}

// Reaches reports whether the step brings a claim to a place.
func (s Sending) Reaches(claim, place string) bool {
	to := s.To
	if len(to) == 0 {
		to = []string{"id_token", "userinfo"}
	}
	return slices.Contains(s.Claims, claim) && (place == "" || slices.Contains(to, place))
}

// Linking says when an SP lets a login into an account that it has already under the same address.
type Linking struct {
	// Verified: the IdP must say email_verified true.
	Verified Fact[bool] `yaml:"verified,omitempty"`
	// DomainsStandIn: an address of an allowed domain is linked all the same.
	DomainsStandIn Fact[bool] `yaml:"domains_stand_in,omitempty"`
	Shows          string     `yaml:"shows,omitempty"` // the error that a user then sees
}
