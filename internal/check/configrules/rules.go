// Package configrules judges connection files: their shape, what a product demands of them, and what they record of the IdP's
// console. Nothing here needs the network.
package configrules

import (
	"slices"

	"github.com/ssoctl/ssoctl/internal/check"
)

// Rules lists every rule of the package.
var Rules = slices.Concat(shape, required, callback, identifiers, scopes, domains, secrets, peers, demands, saml, roleNames, roleOrder, templates, lockout)

var _ []check.Rule = Rules
