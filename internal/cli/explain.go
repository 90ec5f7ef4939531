package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/check/all"
	"github.com/ssoctl/ssoctl/internal/source"
)

func newExplain(app *App) *cobra.Command {
	return &cobra.Command{
		Use: "explain CODE", Short: "what a rule is about: cause, fix, references", Args: cobra.ExactArgs(1),
		Example: "  ssoctl explain DISC008",
		RunE:    func(_ *cobra.Command, args []string) error { return explainRule(app.Out, args[0]) },
	}
}

func explainRule(w io.Writer, code string) error {
	rules := all.Rules()
	i := slices.IndexFunc(rules, func(r check.Rule) bool { return strings.EqualFold(r.Code, code) })
	if i < 0 {
		var codes []string
		for _, r := range rules {
			codes = append(codes, r.Code)
		}
		hint := "ssoctl catalog rules"
		if near := source.Nearest(code, codes); near != "" {
			hint = fmt.Sprintf("did you mean %s? all: ssoctl catalog rules", near)
		}
		return usage(hint, "no rule %q", code)
	}
	_, err := io.WriteString(w, RulePage(rules[i]))
	return err
}

// RulePage is the Markdown page of a rule; docs/rules is made of it.
func RulePage(r check.Rule) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s: %s\n\nSeverity: %s (a product's profile or a loopback set-up may change it)\n\n%s\n", r.Code, r.Title, r.Severity, r.Why)
	if r.Fix != "" {
		fmt.Fprintf(&b, "\n**Fix:** %s\n", r.Fix)
	}
	var kinds []string
	for _, k := range slices.Concat(r.Needs, r.AnyOf, r.Uses, r.Tries, r.TriesAnyOf) {
		kinds = append(kinds, "`"+string(k)+"`")
	}
	fmt.Fprintf(&b, "\nEvidence: %s\n", strings.Join(kinds, ", "))
	if len(r.Refs) > 0 {
		fmt.Fprintf(&b, "\nReferences: %s\n", strings.Join(r.Refs, "; "))
	}
	return b.String()
}
