// Package xmlsigrules holds the rules on XML signatures and XML encryption in SAML messages. Signatures were computed before anything
// was redacted; the rules read what came of it.
package xmlsigrules

import (
	"slices"

	"github.com/ssoctl/ssoctl/internal/check"
)

// Rules are all rules of the package.
var Rules = slices.Concat(signed, verified, wrapped, form, algorithms, encrypted)

var _ []check.Rule = Rules
