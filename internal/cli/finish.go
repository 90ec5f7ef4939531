package cli

import (
	"bytes"
	"fmt"
	"os"

	"github.com/ssoctl/ssoctl/internal/check/all"
	"github.com/ssoctl/ssoctl/internal/render"
	"github.com/ssoctl/ssoctl/internal/report"
)

// finish renders a report and ends the command with its exit code.
func (a *App) finish(r *report.Report, j judging) error {
	failOn, err := j.failLevel()
	if err != nil {
		return err
	}
	color, err := a.colour(j.color)
	if err != nil {
		return err
	}
	o := render.Options{Width: a.Width, Color: color && j.output == "", Quiet: j.quiet, Verbose: j.verbose, FailOn: failOn, Rules: ruleInfos()}
	var b bytes.Buffer
	if err := render.Write(&b, j.format, r, o); err != nil {
		return usage("", "%w", err)
	}
	if j.output != "" {
		if err := os.WriteFile(a.path(j.output), b.Bytes(), 0o644); err != nil {
			return usage("", "write --output: %w", err)
		}
	} else if _, err := a.Out.Write(b.Bytes()); err != nil {
		return err
	}
	if code := r.ExitCode(failOn); code != 0 {
		return exit(code)
	}
	return nil
}

// colour decides once whether there is colour: a terminal without NO_COLOR, or as --color says.
func (a *App) colour(flag string) (bool, error) {
	switch flag {
	case "always":
		return true, nil
	case "never":
		return false, nil
	case "auto":
		return a.OutTTY && a.Getenv("NO_COLOR") == "" && a.Getenv("TERM") != "dumb", nil
	}
	return false, usage("", "unknown --color %q; known: auto, always, never", flag)
}

// progress shows one line on a terminal's standard error; the returned function takes it away again.
func (a *App) progress(j judging, text string) func() {
	if !a.ErrTTY || j.quiet {
		return func() {}
	}
	fmt.Fprint(a.Err, text)
	return func() { fmt.Fprint(a.Err, "\r\x1b[K") }
}

func ruleInfos() []render.RuleInfo {
	var out []render.RuleInfo
	for _, r := range all.Rules() {
		out = append(out, render.RuleInfo{Code: r.Code, Title: r.Title, Why: r.Why, Fix: r.Fix, Severity: r.Severity, Refs: r.Refs})
	}
	return out
}
