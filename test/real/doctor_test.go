package real_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// judgement is what a case reads of `doctor --format json` and the way doctor ended.
type judgement struct {
	Connections []struct {
		Name, Verdict string
		Findings      []finding
		Results       []struct{ Code, Outcome, Reason string }
	}
	Summary struct{ Errors, Warnings int }

	exit   int
	stdout string
	stderr string
}

type finding struct {
	Code, Severity, Title, Message, Got, Want string
	CausedBy                                  string `json:"caused_by"`
	Troubleshooting                           []struct{ SP, Entry string }
}

// doctor writes the connection file and runs the built ssoctl on it. The secret reaches it by environment
// only, and must not come out again.
func (s *realServer) doctor(t *testing.T, c connection, secret string, more ...string) judgement {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "ssoctl.yaml")
	if err := os.WriteFile(file, c.file(t), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"doctor", "-c", "ssoctl.yaml", "--ca-file", s.front.file, "--format", "json"}
	for _, host := range []string{s.front.host, s.front.also} {
		args = append(args, "--resolve", host+":"+s.front.port+":127.0.0.1")
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, append(args, more...)...)
	cmd.Dir = dir
	cmd.Env = []string{"HOME=" + dir, "PATH=" + os.Getenv("PATH"), "NO_COLOR=1", secretName + "=" + secret}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	var exited *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exited) {
		t.Fatalf("run %s: %v", cmd, err)
	}
	j := judgement{exit: cmd.ProcessState.ExitCode(), stdout: stdout.String(), stderr: stderr.String()}
	if err := json.Unmarshal(stdout.Bytes(), &j); err != nil || len(j.Connections) != 1 {
		t.Fatalf("%s ended with %d, one connection expected in its JSON (%v)\nstdout: %s\nstderr: %s", cmd, j.exit, err, &stdout, &stderr)
	}
	if bare := strings.TrimSpace(secret); bare != "" && strings.Contains(j.stdout+j.stderr, bare) {
		t.Errorf("the client secret is in the output of %s", cmd)
	}
	return j
}

// expectation is what doctor has to say about a fault.
type expectation struct {
	code    string   // of a finding without caused_by
	entry   string   // troubleshooting id of that finding, empty: not looked at
	says    string   // part of its message, empty: not looked at
	verdict string   // empty: broken
	exit    int      // 0 with verdict empty: 1
	also    []string // other root errors that belong to the same fault
	root    string   // code of the finding that this one follows from, empty: it is a root itself
}

// compare reports every difference between what doctor said and what the case wants.
func (j judgement) compare(t *testing.T, want expectation) {
	t.Helper()
	if want.verdict == "" {
		want.verdict, want.exit = "broken", 1
	}
	c := j.Connections[0]
	if c.Verdict != want.verdict || j.exit != want.exit {
		t.Errorf("verdict %q and exit code %d, want %q and %d", c.Verdict, j.exit, want.verdict, want.exit)
	}
	tolerated := map[string]bool{want.code: true, want.root: true}
	for _, code := range want.also {
		tolerated[code] = true
	}
	named := false
	for _, f := range c.Findings {
		if f.Code == want.code && f.CausedBy == want.root && !named {
			named = true
			j.compareFinding(t, f, want)
		}
		if f.CausedBy == "" && f.Severity == "error" && !tolerated[f.Code] {
			t.Errorf("another root error: %s %s", f.Code, f.Message)
		}
	}
	if !named && want.code != "" {
		t.Errorf("no finding %s (%s) that is caused by %q", want.code, want.says, want.root)
	}
	for _, r := range c.Results {
		if r.Outcome == "broken" {
			t.Errorf("rule %s broke: %s", r.Code, r.Reason)
		}
	}
	if t.Failed() {
		t.Logf("doctor found:\n%s", j.list())
	}
}

func (j judgement) compareFinding(t *testing.T, f finding, want expectation) {
	t.Helper()
	if want.says != "" && !strings.Contains(f.Message, want.says) {
		t.Errorf("%s says %q, want %q in it", f.Code, f.Message, want.says)
	}
	if want.entry == "" {
		return
	}
	for _, e := range f.Troubleshooting {
		if e.Entry == want.entry {
			return
		}
	}
	t.Errorf("%s names the troubleshooting entries %v, want %q", f.Code, f.Troubleshooting, want.entry)
}

// compareHealthy reports every error and warning, and a verdict other than healthy.
func (j judgement) compareHealthy(t *testing.T) {
	t.Helper()
	if j.Summary.Warnings != 0 {
		t.Errorf("%d warnings on a healthy server", j.Summary.Warnings)
	}
	j.compare(t, expectation{verdict: "healthy"})
}

// list is one line a finding, and what could not be decided.
func (j judgement) list() string {
	var b strings.Builder
	for _, f := range j.Connections[0].Findings {
		b.WriteString("  " + f.Severity + " " + f.Code)
		if f.CausedBy != "" {
			b.WriteString(" (because of " + f.CausedBy + ")")
		}
		b.WriteString(": " + f.Message + "\n")
	}
	if j.stderr != "" {
		b.WriteString("  stderr: " + j.stderr + "\n")
	}
	return b.String()
}
