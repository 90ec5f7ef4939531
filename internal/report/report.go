// Package report holds what a run says: findings, results of rules, the verdict on a connection. It is the
// vocabulary between rules and renderers and imports the standard library only.
package report

import (
	"encoding/json"
	"fmt"
	"time"
)

// Severity ranks a finding. The zero value stands for "the rule's default".
type Severity int

const (
	Default Severity = iota
	Info
	Warning
	Error
)

var severityNames = [...]string{"", "info", "warning", "error"}

func (s Severity) String() string { return severityNames[s] }

// MarshalJSON writes the severity as its name.
func (s Severity) MarshalJSON() ([]byte, error) { return json.Marshal(s.String()) }

// Outcome is what became of one rule. The zero value is Unknown: forgetting to decide is not passing.
type Outcome int

const (
	Unknown       Outcome = iota
	Passed                // the rule looked and found nothing
	Failed                // the rule has findings
	NotApplicable         // the rule does not concern this connection
	Broken                // the rule itself broke down: a defect of ssoctl
)

var outcomeNames = [...]string{"unknown", "passed", "failed", "not_applicable", "broken"}

func (o Outcome) String() string { return outcomeNames[o] }

// MarshalJSON writes the outcome as its name.
func (o Outcome) MarshalJSON() ([]byte, error) { return json.Marshal(o.String()) }

// Location is a place in a file, or in the evidence when no file holds the value.
type Location struct {
	File string `json:"file,omitempty"`
	Line int    `json:"line,omitempty"`   // from 1; 0: not known
	Col  int    `json:"column,omitempty"` // in runes, from 1
	Path string `json:"path,omitempty"`   // JSON pointer or XML path
	// Evidence names the exchange that the value came from, e.g. "GET https://…/.well-known/openid-configuration".
	Evidence string `json:"evidence,omitempty"`
	// Snippet is the source line, for display; Len the number of runes to underline from Skip runes behind Col on, Mark the note
	// under them. Skip is for a value of which only a part is wrong: Col is where the value begins.
	Snippet string `json:"-"`
	Skip    int    `json:"-"`
	Len     int    `json:"-"`
	Mark    string `json:"-"`
}

// String gives "file:line:column", or the evidence.
func (l Location) String() string {
	switch {
	case l.File == "":
		return l.Evidence
	case l.Line == 0:
		return l.File
	}
	return fmt.Sprintf("%s:%d:%d", l.File, l.Line, l.Col)
}

// IsZero reports whether the location says nothing.
func (l Location) IsZero() bool { return l.File == "" && l.Evidence == "" && l.Path == "" }

// Edit replaces the scalar at Path of the connection file. Old guards against editing something else.
type Edit struct {
	Path string `json:"path"`
	Old  string `json:"old"`
	New  string `json:"new"`
}

// Entry names one entry of a product's own Troubleshooting page.
type Entry struct {
	SP string `json:"sp"`
	ID string `json:"entry"`
}

// Finding is one thing that is wrong or worth knowing: what is, what should be, where, and what to do.
type Finding struct {
	Code     string     `json:"code"`
	Severity Severity   `json:"severity"`
	Title    string     `json:"title"`
	Message  string     `json:"message"`
	Got      string     `json:"got,omitempty"`
	Want     string     `json:"want,omitempty"`
	Where    Location   `json:"where"`
	Related  []Location `json:"related,omitempty"`
	Fix      []string   `json:"fix"`
	// Effect says what a user notices because of it, one sentence; may be empty.
	Effect string `json:"effect,omitempty"`
	// Check is how to see that the fix worked.
	Check           string   `json:"check,omitempty"`
	Edits           []Edit   `json:"edits,omitempty"`
	Troubleshooting []Entry  `json:"troubleshooting,omitempty"`
	References      []string `json:"references,omitempty"`
	// Inconclusive marks a finding that says why nothing could be decided, not that the connection is wrong.
	Inconclusive bool `json:"-"`
	// Said is what the other side answered, where the finding quotes it without knowing what it means.
	Said string `json:"-"`
	// Aspect tells apart what one rule judges, where an SP reacts differently to one of them: "issue_instant", "doctype".
	Aspect string `json:"-"`
	// CausedBy is the code of the finding that this one follows from.
	CausedBy string `json:"caused_by,omitempty"`
}

// Result is what one rule came to.
type Result struct {
	Code     string    `json:"code"`
	Title    string    `json:"title"`
	Outcome  Outcome   `json:"outcome"`
	Reason   string    `json:"reason,omitempty"`
	Findings []Finding `json:"-"`
}

// WaitsForLogin reports whether the rule could not decide because nobody has signed in.
func (r Result) WaitsForLogin() bool {
	return r.Outcome == Unknown && (r.Reason == "no login" || r.Reason == "no oidc.tokens" || r.Reason == "no claims")
}

// Verdict sums a connection up.
type Verdict string

const (
	VerdictBroken    Verdict = "broken"
	VerdictDegraded  Verdict = "degraded"
	VerdictHealthy   Verdict = "healthy"
	VerdictUndecided Verdict = "undecided"
)

// Connection is the judgement on one IdP–SP connection, or on one file that holds none.
type Connection struct {
	Name     string  `json:"name"`
	SP       string  `json:"sp,omitempty"`
	IdP      string  `json:"idp,omitempty"`
	Protocol string  `json:"protocol,omitempty"`
	Verdict  Verdict `json:"verdict"`
	// Findings are in order: a root cause, then what follows from it.
	Findings []Finding `json:"findings"`
	Results  []Result  `json:"results"`
	// Claims are those of a login by source (id_token, userinfo, access_token, assertion, claims), Decision what the SP does with them.
	Claims   map[string]map[string]any `json:"claims,omitempty"`
	Decision *Decision                 `json:"decision,omitempty"`

	// What follows is for people only.
	SignedIn *SignedIn     `json:"-"` // the login that was made, or the claims that were given
	Where    Location      `json:"-"`
	SPName   string        `json:"-"`
	IdPName  string        `json:"-"`
	How      string        `json:"-"` // how the IdP was recognised
	Lines    []Line        `json:"-"` // the summary lines, area by area
	Elapsed  time.Duration `json:"-"`
	Notes    []string      `json:"-"` // what the reader should know beside the findings
	Stub     string        `json:"-"` // a connection file to start from (URL mode)
	// Undecided are the questions that the run was asked and could not decide, for verdict and exit code.
	Undecided []string `json:"-"`
}

// Line is one line of the summary: an area and what was seen there.
type Line struct {
	Area    string
	Outcome Outcome // Unknown: not decided
	Worst   Severity
	Code    string // of the leading finding
	Text    string
}

// Tool says what made the report.
type Tool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// Summary counts.
type Summary struct {
	Errors   int `json:"errors"`
	Warnings int `json:"warnings"`
	Infos    int `json:"infos"`
	Passed   int `json:"passed"`
	Unknown  int `json:"unknown"`
}

// Report is the whole of a run.
type Report struct {
	Schema      int          `json:"schema"`
	Tool        Tool         `json:"tool"`
	At          time.Time    `json:"at"`
	Documents   []Document   `json:"documents,omitempty"` // what decode opened
	Connections []Connection `json:"connections"`
	// Claims and Decision are those of the connection, where the report is about a single one.
	Claims   map[string]map[string]any `json:"claims,omitempty"`
	Decision *Decision                 `json:"decision,omitempty"`
	Summary  Summary                   `json:"summary"`

	Files       int           `json:"-"` // files looked at (check)
	Elapsed     time.Duration `json:"-"`
	Command     string        `json:"-"` // doctor, check ...: what produced it
	Interrupted bool          `json:"-"`
}

// Conclude counts findings and sets every connection's verdict. It is called once, when all connections are in.
func (r *Report) Conclude() {
	r.Schema = 1
	r.Summary = Summary{}
	for _, d := range r.Documents {
		r.Summary.Errors += d.refused()
	}
	for i := range r.Connections {
		c := &r.Connections[i]
		worst, inconclusive := Default, len(c.Undecided) > 0
		for _, f := range c.Findings {
			if f.Inconclusive {
				inconclusive = true
			} else {
				worst = max(worst, f.Severity)
			}
			switch f.Severity {
			case Error:
				r.Summary.Errors++
			case Warning:
				r.Summary.Warnings++
			case Info:
				r.Summary.Infos++
			}
		}
		for _, res := range c.Results {
			switch res.Outcome {
			case Passed:
				r.Summary.Passed++
			case Unknown:
				r.Summary.Unknown++
			}
		}
		c.Verdict = verdict(worst, inconclusive)
	}
	if len(r.Connections) == 1 {
		r.Claims, r.Decision = r.Connections[0].Claims, r.Connections[0].Decision
	}
}

func verdict(worst Severity, inconclusive bool) Verdict {
	switch {
	case worst == Error:
		return VerdictBroken
	case inconclusive:
		return VerdictUndecided
	case worst == Warning:
		return VerdictDegraded
	}
	return VerdictHealthy
}

// Broke reports whether a rule broke down, which is a defect of ssoctl.
func (r *Report) Broke() bool {
	for _, c := range r.Connections {
		for _, res := range c.Results {
			if res.Outcome == Broken {
				return true
			}
		}
	}
	return false
}

// Exit codes, the same in every format.
const (
	ExitClean        = 0
	ExitFindings     = 1
	ExitUsage        = 2
	ExitInconclusive = 3
	ExitInterrupted  = 130
)

// ExitCode gives the exit code under a --fail-on level: Error, Warning, or Default for never.
func (r *Report) ExitCode(failOn Severity) int {
	if r.Interrupted {
		return ExitInterrupted
	}
	if r.Broke() {
		return ExitUsage
	}
	for _, d := range r.Documents {
		if failOn != Default && d.refused() > 0 {
			return ExitFindings
		}
	}
	for _, c := range r.Connections {
		for _, f := range c.Findings {
			if failOn != Default && f.Severity >= failOn && !f.Inconclusive {
				return ExitFindings
			}
		}
	}
	for _, c := range r.Connections {
		if c.Verdict == VerdictUndecided {
			return ExitInconclusive
		}
	}
	return ExitClean
}
