package render

import (
	"fmt"
	"strings"
	"time"

	"github.com/ssoctl/ssoctl/internal/report"
)

// verdictWord says a verdict to a person.
func verdictWord(v report.Verdict) string {
	if v == report.VerdictUndecided {
		return "not decided"
	}
	return string(v)
}

// outcomeWord says an outcome to a person.
func outcomeWord(o report.Outcome) string {
	switch o {
	case report.Unknown:
		return "not decided"
	case report.NotApplicable:
		return "not applicable"
	case report.Broken:
		return "broke down"
	}
	return o.String()
}

// headline is "SP ← IdP, OIDC": who logs in where, and how. In URL mode there is no SP. "" for a file without connection.
func headline(c report.Connection) string {
	idp := c.IdPName
	if idp == "" {
		idp = c.IdP
	}
	sp := c.SPName
	if sp == "" {
		sp = c.SP
	}
	var out string
	switch {
	case c.Stub != "" && c.How != "":
		out = idp + " (" + c.How + ")"
	case c.Stub != "" || sp == "":
		out = idp
	case idp == "":
		out = sp
	default:
		out = sp + " ← " + idp
	}
	if c.Protocol != "" {
		if out != "" {
			out += ", "
		}
		out += strings.ToUpper(c.Protocol)
	}
	return out
}

// entries names a finding's troubleshooting entries, with the product's name where the connection knows it.
func entries(f report.Finding, c report.Connection) string {
	var out []string
	for _, e := range f.Troubleshooting {
		sp := e.SP
		if e.SP == c.SP && c.SPName != "" {
			sp = c.SPName
		}
		out = append(out, sp+" troubleshooting: "+e.ID)
	}
	return strings.Join(out, ", ")
}

// worstOf is the highest severity among the findings of a rule, at least Info.
func worstOf(c report.Connection, code string) report.Severity {
	worst := report.Info
	for _, f := range c.Findings {
		if f.Code == code {
			worst = max(worst, f.Severity)
		}
	}
	return worst
}

// place is where a finding was seen: a place in a file, or an exchange and the member in it.
func place(l report.Location) string {
	s := l.String()
	if l.File == "" && l.Path != "" {
		if s == "" {
			return l.Path
		}
		s += " at " + l.Path
	}
	return s
}

// counts is the summary in words, largest trouble first; what is zero is left out.
func counts(r *report.Report) []string {
	var out []string
	add := func(n int, one, many string) {
		switch {
		case n == 1:
			out = append(out, "1 "+one)
		case n > 1:
			out = append(out, fmt.Sprintf("%d %s", n, many))
		}
	}
	if r.Command == "check" {
		add(r.Files, "file", "files")
	}
	if len(r.Connections) > 1 && r.Command != "check" {
		out = append(out, fmt.Sprintf("%d connections", len(r.Connections)))
	}
	if r.Summary.Errors+r.Summary.Warnings+r.Summary.Infos == 0 {
		out = append(out, "no findings")
	}
	add(r.Summary.Errors, "error", "errors")
	add(r.Summary.Warnings, "warning", "warnings")
	add(r.Summary.Infos, "info", "infos")
	outcomes, waiting := map[report.Outcome]int{}, 0
	for _, c := range r.Connections {
		for _, res := range c.Results {
			if res.WaitsForLogin() {
				waiting++
				continue
			}
			outcomes[res.Outcome]++
		}
	}
	add(outcomes[report.Broken], "rule broke down (a defect of ssoctl)", "rules broke down (a defect of ssoctl)")
	if r.Command != "check" {
		for _, o := range []report.Outcome{report.Passed, report.Unknown, report.NotApplicable} {
			add(outcomes[o], outcomeWord(o), outcomeWord(o))
			if o == report.Unknown {
				add(waiting, "waits for a login", "wait for a login")
			}
		}
	} else if r.Elapsed > 0 {
		out = append(out, fmt.Sprintf("%.2f s", r.Elapsed.Seconds()))
	}
	if r.Interrupted {
		out = append(out, "interrupted")
	}
	return out
}

// seconds writes a duration as people say it; "" for none.
func seconds(d time.Duration) string {
	switch {
	case d <= 0:
		return ""
	case d < 100*time.Millisecond:
		return fmt.Sprintf("%d ms", max(1, d.Milliseconds()))
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}

// node is a finding with how deep it stands under its cause, from 0.
type node struct {
	report.Finding
	depth int
}

// group is a root cause and what follows from it.
type group []node

// groups puts consequences under their causes and the groups in order of severity, otherwise as they came.
func groups(findings []report.Finding) []group {
	var out []group
	at := map[string]int{}    // code -> group
	depth := map[string]int{} // code -> depth
	for _, f := range findings {
		i, caused := at[f.CausedBy]
		if f.CausedBy == "" || !caused {
			out = append(out, group{{Finding: f}})
			if _, ok := at[f.Code]; !ok {
				at[f.Code], depth[f.Code] = len(out)-1, 0
			}
			continue
		}
		n := node{f, depth[f.CausedBy] + 1}
		out[i] = append(out[i], n)
		if _, ok := at[f.Code]; !ok {
			at[f.Code], depth[f.Code] = i, n.depth
		}
	}
	return bySeverity(out)
}

func bySeverity(all []group) []group {
	out := make([]group, 0, len(all))
	for _, s := range []report.Severity{report.Error, report.Warning, report.Info, report.Default} {
		for _, g := range all {
			if g[0].Severity == s {
				out = append(out, g)
			}
		}
	}
	return out
}
