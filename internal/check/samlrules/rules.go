// Package samlrules holds the rules on SAML metadata, certificates, requests, responses, assertions and logout messages, and on
// what an IdP answers to a request that is asked of it live.
package samlrules

import (
	"slices"

	"github.com/ssoctl/ssoctl/internal/check"
)

// Rules are all rules of the package.
var Rules = slices.Concat([]check.Rule{})
