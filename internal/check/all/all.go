// Package all lists every rule that ssoctl has. The list is all the registry there is.
package all

import (
	"slices"
	"sync"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/check/claimsrules"
	"github.com/ssoctl/ssoctl/internal/check/configrules"
	"github.com/ssoctl/ssoctl/internal/check/loginrules"
	"github.com/ssoctl/ssoctl/internal/check/netrules"
	"github.com/ssoctl/ssoctl/internal/check/oidcrules"
	"github.com/ssoctl/ssoctl/internal/check/samlrules"
	"github.com/ssoctl/ssoctl/internal/check/tokenrules"
	"github.com/ssoctl/ssoctl/internal/check/xmlsigrules"
)

// Rules gives every rule, ordered by code. The slice is the caller's own.
func Rules() []check.Rule { return slices.Clone(sorted()) }

var sorted = sync.OnceValue(func() []check.Rule {
	out := slices.Concat(claimsrules.Rules, configrules.Rules, netrules.Rules, oidcrules.Rules, loginrules.Rules, samlrules.Rules, xmlsigrules.Rules, tokenrules.Rules)
	slices.SortFunc(out, func(a, b check.Rule) int {
		if a.Code < b.Code {
			return -1
		}
		return 1
	})
	return out
})
