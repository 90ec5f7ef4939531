package render

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"github.com/ssoctl/ssoctl/internal/report"
)

type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Skipped  int          `xml:"skipped,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Time     string      `xml:"time,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Name    string      `xml:"name,attr"`
	Class   string      `xml:"classname,attr"`
	Time    string      `xml:"time,attr"`
	File    string      `xml:"file,attr,omitempty"`
	Line    int         `xml:"line,attr,omitempty"`
	Failure []junitText `xml:"failure"`
	Error   *junitText  `xml:"error"`
	Skipped *junitText  `xml:"skipped"`
	Out     string      `xml:"system-out,omitempty"`
}

type junitText struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
	Body    string `xml:",chardata"`
}

// junit writes a suite a connection and a case a rule: failures for errors and warnings, skipped for what could not be
// decided, error for a rule that broke down. Infos stand in system-out; rules that do not concern a connection are left out.
func junit(w io.Writer, r *report.Report, _ Options) error {
	all := junitSuites{Name: "ssoctl"}
	for _, c := range r.Connections {
		s := suite(c)
		all.Tests += s.Tests
		all.Failures += s.Failures
		all.Errors += s.Errors
		all.Skipped += s.Skipped
		all.Suites = append(all.Suites, s)
	}
	b, err := xml.MarshalIndent(all, "", "  ")
	if err != nil {
		return fmt.Errorf("write JUnit: %w", err)
	}
	_, err = fmt.Fprintf(w, "%s%s\n", xml.Header, b)
	return err
}

func suite(c report.Connection) junitSuite {
	s := junitSuite{Name: c.Name, Time: fmt.Sprintf("%.3f", c.Elapsed.Seconds())}
	for _, res := range withResults(c) {
		if res.Outcome == report.NotApplicable {
			continue
		}
		tc := testcase(res, c)
		s.Tests++
		switch {
		case tc.Error != nil:
			s.Errors++
		case len(tc.Failure) > 0:
			s.Failures++
		case tc.Skipped != nil:
			s.Skipped++
		}
		s.Cases = append(s.Cases, tc)
	}
	return s
}

// withResults gives the results of a connection, and one more for each finding whose rule has none.
func withResults(c report.Connection) []report.Result {
	out := c.Results[:len(c.Results):len(c.Results)]
	known := map[string]bool{}
	for _, r := range out {
		known[r.Code] = true
	}
	for _, f := range c.Findings {
		if !known[f.Code] {
			known[f.Code] = true
			out = append(out, report.Result{Code: f.Code, Title: f.Title, Outcome: report.Failed})
		}
	}
	return out
}

func testcase(res report.Result, c report.Connection) junitCase {
	tc := junitCase{Name: strings.TrimSpace(res.Code + " " + res.Title), Class: c.Name, Time: "0.000"}
	switch res.Outcome {
	case report.Unknown:
		tc.Skipped = &junitText{Message: res.Reason}
	case report.Broken:
		tc.Error = &junitText{Message: res.Reason, Type: "broken"}
	}
	var infos []string
	for _, f := range c.Findings {
		if f.Code != res.Code {
			continue
		}
		if f.Severity < report.Warning {
			infos = append(infos, f.Message)
			continue
		}
		tc.Failure = append(tc.Failure, junitText{Message: f.Message, Type: f.Severity.String(), Body: account(f, c)})
		if at := inFile(f, c); tc.File == "" {
			tc.File, tc.Line = at.File, at.Line
		}
	}
	tc.Out = strings.Join(infos, "\n")
	return tc
}

// account tells a finding in plain lines.
func account(f report.Finding, c report.Connection) string {
	var out []string
	add := func(label, s string) {
		if s != "" {
			out = append(out, label+s)
		}
	}
	add("where: ", place(f.Where))
	add("found: ", f.Got)
	add("expected: ", f.Want)
	add("", f.Effect)
	for i, s := range f.Fix {
		add(fmt.Sprintf("fix %d. ", i+1), s)
	}
	add("see that it worked: ", f.Check)
	add("", entries(f, c))
	add("because of ", f.CausedBy)
	return strings.Join(out, "\n")
}
