// Package xmlsigrules holds the rules on XML signatures and XML encryption in SAML messages.
package xmlsigrules

import (
	"slices"

	"github.com/ssoctl/ssoctl/internal/check"
)

// Rules are all rules of the package.
var Rules = slices.Concat([]check.Rule{})
