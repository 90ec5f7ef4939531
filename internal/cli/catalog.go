package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/check/all"
	"github.com/ssoctl/ssoctl/internal/knowledge"
	"github.com/ssoctl/ssoctl/internal/source"
)

func newCatalog(app *App) *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use: "catalog sps|idps|rules|errors [ID]", Short: "what ssoctl knows, with sources", Args: cobra.RangeArgs(1, 2),
		Example:   "  ssoctl catalog sps\n  ssoctl catalog idps okta\n  ssoctl catalog rules DISC\n  ssoctl catalog errors CLOCK_SKEW",
		ValidArgs: []string{"sps", "idps", "rules", "errors"},
		RunE: func(_ *cobra.Command, args []string) error {
			if format != "text" && format != "json" {
				return usage("", "unknown --format %q; known: text, json", format)
			}
			id := ""
			if len(args) == 2 {
				id = args[1]
			}
			return catalog(app.Out, args[0], id, format)
		},
	}
	cmd.Flags().StringVar(&format, "format", "text", "output: text, json")
	return cmd
}

func catalog(w io.Writer, what, id, format string) error {
	lib := knowledge.New()
	switch what {
	case "sps", "idps":
		heads := lib.Heads().SPs
		if what == "idps" {
			heads = lib.Heads().IdPs
		}
		if id != "" {
			return profilePage(w, what, id, heads, format)
		}
		return headTable(w, heads, format)
	case "rules":
		return ruleTable(w, id, format)
	case "errors":
		return errorTable(w, id, format)
	}
	return usage("", "unknown catalogue %q; known: sps, idps, rules, errors", what)
}

func headTable(w io.Writer, heads []knowledge.Head, format string) error {
	if format == "json" {
		return encode(w, heads)
	}
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	for _, h := range heads {
		fmt.Fprintf(t, "%s\t%s\t%s\n", h.ID, h.Name, strings.Join(h.Protocols, ", "))
	}
	return t.Flush()
}

// profilePage prints a profile as it is: facts with their sources.
func profilePage(w io.Writer, what, id string, heads []knowledge.Head, format string) error {
	if !slices.ContainsFunc(heads, func(h knowledge.Head) bool { return h.ID == id }) {
		var ids []string
		for _, h := range heads {
			ids = append(ids, h.ID)
		}
		hint := "ssoctl catalog " + what
		if near := source.Nearest(id, ids); near != "" {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
		return usage(hint, "no profile %q among the %s", id, what)
	}
	b, err := knowledge.Text(strings.TrimSuffix(what, "s"), id)
	if err != nil {
		return err
	}
	if format == "json" {
		doc, err := source.ParseYAML(id, b)
		if err != nil {
			return err
		}
		return encode(w, doc.Root.Any())
	}
	_, err = w.Write(b)
	return err
}

// ruleRow is one rule in the JSON catalogue.
type ruleRow struct {
	Code     string   `json:"code"`
	Title    string   `json:"title"`
	Severity string   `json:"severity"`
	Why      string   `json:"why"`
	Fix      string   `json:"fix"`
	Refs     []string `json:"references,omitempty"`
	Evidence []string `json:"evidence"`
}

func ruleTable(w io.Writer, word, format string) error {
	rules := all.Rules()
	if word != "" {
		rules = check.Selection{Only: []string{word}}.Filter(rules)
		if len(rules) == 0 {
			return usage("ssoctl catalog rules", "no rule has the code or area %q", word)
		}
	}
	if format == "json" {
		var rows []ruleRow
		for _, r := range rules {
			row := ruleRow{Code: r.Code, Title: r.Title, Severity: r.Severity.String(), Why: r.Why, Fix: r.Fix, Refs: r.Refs}
			for _, k := range slices.Concat(r.Needs, r.AnyOf, r.Uses, r.Tries, r.TriesAnyOf) {
				row.Evidence = append(row.Evidence, string(k))
			}
			rows = append(rows, row)
		}
		return encode(w, rows)
	}
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	for _, r := range rules {
		fmt.Fprintf(t, "%s\t%s\t%s\n", r.Code, r.Severity, r.Title)
	}
	return t.Flush()
}

func encode(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
