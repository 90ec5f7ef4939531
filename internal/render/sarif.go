package render

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/url"
	"strconv"
	"strings"

	"github.com/ssoctl/ssoctl/internal/report"
)

const (
	project     = "https://github.com/ssoctl/ssoctl"
	sarifSchema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)

// sarif writes SARIF 2.1.0: one run, the catalogue as its rules, a result a finding. Without findings it is a valid log with
// an empty list of results, which is what clears old alerts.
func sarif(w io.Writer, r *report.Report, o Options) error {
	rules, index := sarifRules(r, o.Rules)
	run := sarifRun{
		Tool:       sarifTool{sarifDriver{Name: "ssoctl", Version: r.Tool.Version, InformationURI: project, Rules: rules}},
		ColumnKind: "unicodeCodePoints",
		Results:    []sarifResult{},
	}
	run.Invocations = []sarifInvocation{{Successful: !r.Broke() && !r.Interrupted, ExitCode: r.ExitCode(o.FailOn)}}
	for _, c := range r.Connections {
		for _, f := range c.Findings {
			run.Results = append(run.Results, result(f, c, index))
		}
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(sarifLog{Schema: sarifSchema, Version: "2.1.0", Runs: []sarifRun{run}})
}

// sarifRules lists the rules, and where each stands in the list. What the report names and the catalogue does not is added.
func sarifRules(r *report.Report, infos []RuleInfo) ([]sarifRule, map[string]int) {
	index := map[string]int{}
	rules := []sarifRule{}
	add := func(i RuleInfo) {
		if _, ok := index[i.Code]; ok || i.Code == "" {
			return
		}
		index[i.Code] = len(rules)
		rule := sarifRule{
			ID: i.Code, HelpURI: project + "/blob/main/docs/rules/" + url.PathEscape(i.Code) + ".md",
			Short: textOrNil(i.Title), Full: textOrNil(i.Why), Help: textOrNil(i.Fix), Default: sarifDefault{level(i.Severity)},
			Props: &sarifProps{Tags: []string{strings.TrimRight(i.Code, "0123456789")}, References: i.Refs},
		}
		rules = append(rules, rule)
	}
	for _, i := range infos {
		add(i)
	}
	for _, c := range r.Connections {
		for _, f := range c.Findings {
			add(RuleInfo{Code: f.Code, Title: f.Title, Why: f.Effect, Severity: f.Severity, Refs: f.References})
		}
	}
	return rules, index
}

func textOrNil(s string) *sarifText {
	if s == "" {
		return nil
	}
	return &sarifText{s}
}

func level(s report.Severity) string {
	switch s {
	case report.Error:
		return "error"
	case report.Warning:
		return "warning"
	}
	return "note"
}

func result(f report.Finding, c report.Connection, index map[string]int) sarifResult {
	out := sarifResult{RuleID: f.Code, Level: level(f.Severity), Message: sarifText{spoken(f)}, Fixes: fixes(f)}
	if i, ok := index[f.Code]; ok {
		out.RuleIndex = &i
	}
	if f.Inconclusive { // §3.27.9: a kind other than fail has no level
		out.Kind, out.Level = "open", "none"
	}
	first := location(f.Where, c)
	if first.Physical == nil && c.Where.File != "" {
		first.Physical = physical(c.Where)
	}
	out.Locations = []sarifLocation{first}
	for i, l := range f.Related {
		related := location(l, c)
		related.ID, related.Message = i+1, textOrNil(place(l))
		out.Related = append(out.Related, related)
	}
	sum := sha256.Sum256([]byte(strings.Join([]string{c.Name, f.Code, f.Where.File, f.Where.Path, f.Where.Evidence}, "\x00")))
	out.Fingerprints = map[string]string{"ssoctl/v1": hex.EncodeToString(sum[:16])}
	if len(f.References) > 0 || f.CausedBy != "" {
		out.Props = &sarifProps{References: f.References, CausedBy: f.CausedBy}
	}
	return out
}

// spoken is the message of a finding with its steps, since viewers show little else.
func spoken(f report.Finding) string {
	out := []string{sentence(f.Message)}
	if f.Effect != "" {
		out = append(out, sentence(f.Effect))
	}
	for i, s := range f.Fix {
		out = append(out, "Fix "+strconv.Itoa(i+1)+": "+sentence(s))
	}
	return strings.Join(out, "\n")
}

// location is a place in a file if there is one; the connection, and the exchange when no file holds the value, are logical.
func location(l report.Location, c report.Connection) sarifLocation {
	out := sarifLocation{Logical: []sarifLogical{{Name: c.Name, Kind: "module"}}}
	if l.File != "" {
		out.Physical = physical(l)
	}
	if l.Evidence != "" {
		out.Logical = append(out.Logical, sarifLogical{Full: place(l), Kind: "resource"})
	}
	return out
}

func physical(l report.Location) *sarifPhysical {
	out := &sarifPhysical{Artifact: sarifArtifact{fileURI(l.File)}}
	if l.Line > 0 {
		out.Region = &sarifRegion{StartLine: l.Line, StartColumn: max(l.Col, 0)}
		if l.Col > 0 && l.Len > 0 {
			out.Region.EndColumn = l.Col + l.Skip + l.Len
		}
		if l.Snippet != "" {
			out.Context = &sarifRegion{StartLine: l.Line, Snippet: textOrNil(l.Snippet)}
		}
	}
	return out
}

// fileURI writes a file name as the URI reference that SARIF wants: relative as it is, absolute with its scheme.
func fileURI(name string) string {
	name = strings.ReplaceAll(name, `\`, "/")
	if len(name) > 2 && name[1] == ':' && name[2] == '/' { // a drive of Windows
		name = "/" + name
	}
	u := url.URL{Path: name}
	if strings.HasPrefix(name, "/") {
		u.Scheme = "file"
	}
	return u.String()
}
