package claimsrules

import (
	"fmt"
	"strings"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/report"
)

// Claims that the IdP only refers to.
var distributed = []check.Rule{
	{
		Code: "CLM006", Title: "claims that stand elsewhere have a source", Severity: report.Warning, Protocol: config.OIDC,
		Needs: []evidence.Kind{evidence.Claims},
		Why:   "The claim is neither there nor to be had: whoever follows the reference finds nothing.",
		Fix:   "let the IdP send the claim itself, or a source for each name",
		Refs:  []string{"OpenID Connect Core 1.0 §5.6.2"},
		Check: brokenReferences,
	},
}

func brokenReferences(c *check.Case) []report.Finding {
	var out []report.Finding
	for _, s := range c.User.Sources {
		names, hasNames := s.Claims["_claim_names"]
		sources, hasSources := s.Claims["_claim_sources"]
		say := func(member, format string, args ...any) {
			out = append(out, report.Finding{Where: in(s.Name, member), Message: fmt.Sprintf(format, args...), Fix: []string{c.AtIdP("let the token carry the claim itself", "groups", "claims")}})
		}
		if !hasNames && !hasSources {
			continue
		}
		byName, ok := names.(map[string]any)
		bySource, fine := sources.(map[string]any)
		switch {
		case !hasSources || !hasNames:
			there, missing := "_claim_names", "_claim_sources"
			if !hasNames {
				there, missing = missing, there
			}
			say(there, "%s has %q but no %q: nobody can tell which claim stands where", said(s.Name), there, missing)
			continue
		case !ok:
			say("_claim_names", "%q of %s is %s, where the standard has an object", "_claim_names", said(s.Name), one(typeOf(names)))
			continue
		case !fine:
			say("_claim_sources", "%q of %s is %s, where the standard has an object", "_claim_sources", said(s.Name), one(typeOf(sources)))
			continue
		}
		for _, claim := range sorted(byName) {
			ref, isText := byName[claim].(string)
			source, isObject := bySource[ref].(map[string]any)
			switch {
			case !isText:
				say("_claim_names", "%q of %q in %s is %s, where the standard has the name of a source", claim, "_claim_names", said(s.Name), one(typeOf(byName[claim])))
			case !isObject:
				say("_claim_sources", "claim %q of %s stands in the source %q, which %q does not hold", claim, said(s.Name), ref, "_claim_sources")
			case !hasText(source, "JWT") && !strings.Contains(text(source, "endpoint"), "://"):
				say("_claim_sources", "the source %q of %s has neither a %q nor an %q that is an address", ref, said(s.Name), "JWT", "endpoint")
			}
		}
	}
	return out
}

func text(m map[string]any, name string) string { s, _ := m[name].(string); return s }

func hasText(m map[string]any, name string) bool { return text(m, name) != "" }
