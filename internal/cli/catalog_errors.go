package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/ssoctl/ssoctl/internal/knowledge"
	"github.com/ssoctl/ssoctl/internal/source"
)

// errorRow is one class of errors in the JSON catalogue.
type errorRow struct {
	ID    string      `json:"id"`
	Title string      `json:"title"`
	Cause string      `json:"cause"`
	Fix   []string    `json:"fix"`
	Rules []string    `json:"rules"`
	Texts []errorText `json:"texts"`
}

// errorText is how one product words it, and where that was read; "M" is general knowledge.
type errorText struct {
	Software string   `json:"software"`
	Texts    []string `json:"texts"`
	Source   string   `json:"source"`
}

// errorTable lists the classes of errors, or one of them with all its texts.
func errorTable(w io.Writer, id, format string) error {
	book := knowledge.Errors()
	rows := errorRows(book)
	if id != "" {
		i := slices.IndexFunc(rows, func(r errorRow) bool { return strings.EqualFold(r.ID, id) })
		if i < 0 {
			return unknownClass(rows, id)
		}
		rows = rows[i : i+1]
	}
	if format == "json" {
		return encode(w, rows)
	}
	if id != "" {
		return errorPage(w, rows[0])
	}
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	for _, r := range rows {
		fmt.Fprintf(t, "%s\t%s\t%d texts\n", r.ID, r.Title, r.count())
	}
	return t.Flush()
}

func unknownClass(rows []errorRow, id string) error {
	var ids []string
	for _, r := range rows {
		ids = append(ids, r.ID)
	}
	hint := "ssoctl catalog errors; for an error text: ssoctl explain TEXT"
	if near := source.Nearest(strings.ToUpper(id), ids); near != "" {
		hint = fmt.Sprintf("did you mean %s?", near)
	}
	return usage(hint, "no class of errors %q", id)
}

func errorRows(book *knowledge.ErrorBook) []errorRow {
	texts := map[string][]errorText{}
	for _, s := range book.Signatures(nil) {
		texts[s.Class] = append(texts[s.Class], errorText{s.Software, s.Texts, s.S})
	}
	rows := make([]errorRow, 0, len(book.Classes))
	for _, c := range book.Classes {
		r := errorRow{ID: c.ID, Title: c.Title, Cause: c.Cause, Rules: c.Rules, Texts: texts[c.ID]}
		for _, s := range c.Fix {
			r.Fix = append(r.Fix, s.Do)
		}
		rows = append(rows, r)
	}
	return rows
}

func (r errorRow) count() int {
	n := 0
	for _, t := range r.Texts {
		n += len(t.Texts)
	}
	return n
}

func errorPage(w io.Writer, r errorRow) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n\n%s\n\nfix\n", r.ID, r.Title, r.Cause)
	for _, f := range r.Fix {
		fmt.Fprintf(&b, "  - %s\n", f)
	}
	fmt.Fprintf(&b, "\nrules: %s\n\ntexts ({} and {.}: anything in between; ~: these words near each other)\n", strings.Join(r.Rules, ", "))
	for _, t := range r.Texts {
		where := t.Source
		if where == "M" {
			where = "general knowledge"
		}
		fmt.Fprintf(&b, "  %s (%s)\n", t.Software, where)
		for _, text := range t.Texts {
			fmt.Fprintf(&b, "      %s\n", text)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}
