package cli

import (
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/check/all"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/source"
)

func newExplain(app *App) *cobra.Command {
	var o explainOptions
	cmd := &cobra.Command{
		Use: "explain CODE | TEXT | -", Short: "from an error text, an error code or a rule code to cause and fix", Args: cobra.ArbitraryArgs,
		Long: `explain says what an error text means: a log line, a web page, JSON, an address with error=... in it, a stack trace, an error code
(AADSTS..., MSIS..., IDX..., a SAML status), in whatever wrapping it was copied. It names the causes, how sure each is, and the fix in the words of
the products' consoles: those of -n NAME, of --idp and --sp, or those that the text gives away. A rule code gives the rule's page. Secrets in the
text are not repeated. Exit code 3: the text is not known.`,
		Example: `  ssoctl explain AADSTS50011
  pbpaste | ssoctl explain -
  ssoctl explain "Invalid parameter: redirect_uri" -n orq-keycloak
  ssoctl explain DISC008                                    a rule`,
		RunE: func(_ *cobra.Command, args []string) error { return explainAny(app, o, args) },
	}
	f := cmd.Flags()
	f.StringVarP(&o.config, "config", "c", "", "connection `FILE` (default: ssoctl.yaml here or in a parent folder)")
	f.StringVarP(&o.name, "name", "n", "", "the connection of this `NAME` gives IdP and SP")
	f.StringVar(&o.idp, "idp", "", "the IdP's profile `ID` (ssoctl catalog idps)")
	f.StringVar(&o.sp, "sp", "", "the SP's profile `ID` (ssoctl catalog sps)")
	f.StringVar(&o.format, "format", "text", "output: text, json")
	f.StringVarP(&o.output, "output", "o", "", "write to `FILE` instead of standard output")
	f.StringVar(&o.color, "color", "auto", "colour: auto, always, never")
	return cmd
}

// ruleCode is the shape of a rule's code.
var ruleCode = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(?i)[a-z]{2,5}[0-9]{3}$`) })

// explainAny prints a rule's page when the argument is a rule's code, else what the text means.
func explainAny(app *App, o explainOptions, args []string) error {
	if o.format != "text" && o.format != "json" {
		return usage("", "unknown --format %q; known: text, json", o.format)
	}
	if len(args) == 1 && ruleCode().MatchString(args[0]) && ruleArea(args[0]) {
		return explainRule(app, o, args[0])
	}
	return explainText(app, o, args)
}

// ruleArea reports whether there are rules of a code's area: other codes have the same shape (HTTP502).
func ruleArea(code string) bool {
	area := strings.ToUpper(strings.TrimRight(code, "0123456789"))
	return slices.ContainsFunc(all.Rules(), func(r check.Rule) bool { return r.Area() == area })
}

func explainRule(app *App, o explainOptions, code string) error {
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
	r := rules[i]
	if o.format == "json" {
		cause := report.Cause{ID: r.Code, Title: r.Title, Cause: r.Why, Fix: []string{}, Rule: r.Code, Troubleshooting: []report.Entry{}, Confidence: "sure", Sources: append([]string{}, r.Refs...)}
		if r.Fix != "" {
			cause.Fix = []string{r.Fix}
		}
		return app.explained(report.Explanation{Matches: []report.Cause{cause}}, o)
	}
	return app.put(o.output, func(w io.Writer) error {
		_, err := io.WriteString(w, RulePage(r))
		return err
	})
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
