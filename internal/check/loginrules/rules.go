// Package loginrules judges what the IdP answers to the requests that a login begins with, before anybody has to log in: the
// authorization request with prompt=none, the token request with a code that cannot exist, a pushed authorization request; and the same
// answers in a real login, with how it went.
package loginrules

import (
	"slices"

	"github.com/ssoctl/ssoctl/internal/check"
)

// Rules lists every rule of the package.
var Rules = slices.Concat(heardInLogin(slices.Concat(redirectURI, clientKind, scope, answer, request, secret, grant, other)), spSide,
	loginEnd, loginCode, loginCallback, loginRequest, loginDevice, loginSignOut)

var _ []check.Rule = Rules
