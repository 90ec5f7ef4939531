// Package oidcrules judges what an OIDC provider publishes: the discovery document and its keys.
package oidcrules

import (
	"slices"
)

// Rules lists every rule of the package.
var Rules = slices.Concat(discURL, discFetch, discIssuer, discEndpoints, discByHand, discLists, discAlgs, discSchema, discSP, discOptions, discRepeat, jwksFetch, jwksKeys, jwksStrength, jwksSet)
