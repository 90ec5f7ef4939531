// Package oidcrules judges what an OIDC provider publishes: the discovery document and its keys.
package oidcrules

import (
	"slices"

	"github.com/ssoctl/ssoctl/internal/check"
)

// Rules lists every rule of the package.
var Rules = slices.Concat(discIssuer)

var _ []check.Rule = Rules
