// Package check is the kernel: rules, the case they judge, and the engine that runs them. It holds not one rule itself and
// does no I/O.
package check

import (
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/report"
)

// Rule is one check. It is a value: documentation, explanations and SARIF come from it.
type Rule struct {
	Code     string          // area and three digits, permanent
	Title    string          // the truth that should hold, present tense
	Severity report.Severity // default of its findings
	Protocol config.Protocol // "" for both

	Needs []evidence.Kind // all must be there, else the outcome is Unknown
	AnyOf []evidence.Kind // at least one must be there, else the outcome is Unknown
	Uses  []evidence.Kind // read when there
	Tries []evidence.Kind // must have been attempted, whatever came of it
	// TriesAnyOf: at least one must have been attempted, whatever came of it.
	TriesAnyOf []evidence.Kind

	Why  string   // what breaks otherwise, one or two sentences
	Fix  string   // the general fix, imperative
	Refs []string // clauses of standards, only confirmed ones

	// Inconclusive says that a finding of this rule is a reason why nothing could be decided.
	Inconclusive bool
	// Explains lists codes whose failures follow from this one's: "DISC022", or a whole area, "JWKS".
	Explains []string
	// Applies reports whether the rule concerns the case at all; nil: always.
	Applies func(*Case) bool
	// Decides gives the reason why the evidence at hand does not decide the rule, "" when it does; nil: it does.
	Decides func(*Case) string
	// Check gives the findings; none is a pass. It must be pure.
	Check func(*Case) []report.Finding
}

// Area gives the letters of the code.
func (r *Rule) Area() string { return Area(r.Code) }

// Area gives the letters of a code: "DISC" of "DISC008".
func Area(code string) string {
	for i, c := range code {
		if c >= '0' && c <= '9' {
			return code[:i]
		}
	}
	return code
}

// explains reports whether the rule's failure accounts for a failure of that code.
func (r *Rule) explains(code string) bool {
	for _, e := range r.Explains {
		if e == code || e == Area(code) {
			return true
		}
	}
	return false
}

// Kinds lists every kind of evidence that the rules read, for the prober.
func Kinds(rules []Rule) map[evidence.Kind]bool {
	out := map[evidence.Kind]bool{}
	for _, r := range rules {
		for _, kinds := range [][]evidence.Kind{r.Needs, r.AnyOf, r.Uses, r.Tries, r.TriesAnyOf} {
			for _, k := range kinds {
				out[k] = true
			}
		}
	}
	return out
}
