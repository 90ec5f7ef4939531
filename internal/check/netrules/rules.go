// Package netrules judges the way to the IdP below the documents: name, connection, TLS, proxies, and answers that are none of
// the IdP's own.
package netrules

import (
	"slices"

	"github.com/ssoctl/ssoctl/internal/check"
)

// Rules lists every rule of the package.
var Rules = slices.Concat(reach, certificates, handshakes, surroundings, answers, bodies, endpoints)

var _ []check.Rule = Rules
