package cli

import (
	"bytes"
	"encoding/json"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/ssoctl/ssoctl/internal/report"
)

// screen is standard error of a run: it keeps what is written, and tells of addresses that a person is to open.
type screen struct {
	mu    sync.Mutex
	text  bytes.Buffer
	shown chan string
	told  map[string]bool
	find  *regexp.Regexp
}

func newScreen(find string) *screen {
	return &screen{shown: make(chan string, 8), told: map[string]bool{}, find: regexp.MustCompile(find)}
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.text.Write(p)
	for _, m := range s.find.FindAllStringSubmatch(s.text.String(), -1) {
		if address := strings.Join(m[1:], " "); !s.told[address] {
			s.told[address] = true
			s.shown <- address
		}
	}
	return len(p), nil
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// signHere finds the address that a person is to open.
const signHere = `Sign in here[^\n]*:\n\n    (\S+)\n`

// signsIn makes the bench's app one in which Ann of the lab signs in by the form driver.
func (b *bench) signsIn() {
	b.getenv("SSOCTL_USERNAME", b.lab.Users[0].Name)
	b.getenv("SSOCTL_PASSWORD", b.lab.Password)
}

// getenv sets a variable of the environment.
func (b *bench) getenv(name, value string) {
	before := b.app.Getenv
	b.app.Getenv = func(n string) string {
		if n == name {
			return value
		}
		return before(n)
	}
}

// run is the whole program on the bench's connection.
func (b *bench) run(args ...string) (code int, out, errs string) {
	var stdout bytes.Buffer
	stderr, ok := b.app.Err.(*screen)
	if !ok {
		stderr = newScreen(signHere)
	}
	b.app.Out, b.app.Err = &stdout, stderr
	code = Main(args, b.app)
	b.app.Err = nil
	return code, stdout.String(), stderr.String()
}

// flags are those of every login on the bench.
func (b *bench) flags(more ...string) []string {
	if b.redirect != "" && !slices.Contains(more, "--finish") {
		more = append(more, "--redirect", b.redirect)
	}
	args := []string{"test-login", "-c", filepath.Join(b.dir, "ssoctl.yaml"), "--ca-file", filepath.Join(b.dir, "ca.pem"), "--format", "json"}
	for _, r := range b.lab.Resolves() {
		args = append(args, "--resolve", r)
	}
	return append(args, more...)
}

// loginReport is what the tests read of a report.
type loginReport struct {
	Summary     map[string]any
	Connections []struct {
		Verdict  report.Verdict
		Findings []struct {
			Code, Severity, Message string
			CausedBy                string `json:"caused_by"`
			Inconclusive            bool
		}
		Undecided []string
		Claims    map[string]map[string]any
		Decision  map[string]any
	}
}

// testLogin runs test-login and reads its report.
func (b *bench) testLogin(t *testing.T, args ...string) (loginReport, int) {
	t.Helper()
	code, out, errs := b.run(b.flags(args...)...)
	var r loginReport
	if err := json.Unmarshal([]byte(out), &r); err != nil || len(r.Connections) != 1 {
		t.Fatalf("exit %d, no report: %v\n%s%s", code, err, out, errs)
	}
	return r, code
}

// causes are the codes of the findings that no other explains.
func (r loginReport) causes() []string {
	codes := []string{}
	seen := map[string]bool{}
	for _, f := range r.Connections[0].Findings {
		if f.CausedBy == "" && !seen[f.Code] {
			codes, seen[f.Code] = append(codes, f.Code), true
		}
	}
	return codes
}

// say logs what was found.
func (r loginReport) say(t *testing.T) {
	t.Helper()
	for _, f := range r.Connections[0].Findings {
		t.Logf("%s %s (caused by %q): %s", f.Severity, f.Code, f.CausedBy, f.Message)
	}
	t.Logf("undecided: %q", r.Connections[0].Undecided)
}

// loginBy makes a login by one receiver.
func (b *bench) loginBy(t *testing.T, receiver string, more ...string) (loginReport, int) {
	t.Helper()
	switch receiver {
	case "loopback":
		return b.byLoopback(t, more...)
	case "paste":
		return b.byPaste(t, nil, more...)
	case "finish":
		return b.byFinish(t, more...)
	case "device":
		return b.byDevice(t, more...)
	case "initiated":
		return b.initiated(t, more...)
	}
	b.signsIn()
	return b.testLogin(t, append(more, "--driver", "form")...)
}

// beside runs act with the first address that the run shows.
func (b *bench) beside(t *testing.T, find string, act func(shown string) error) (wait func()) {
	t.Helper()
	s := newScreen(find)
	b.app.Err = s
	done := make(chan error, 1)
	stop := make(chan struct{})
	go func() {
		select {
		case shown := <-s.shown:
			done <- act(shown)
		case <-stop:
			done <- nil
		}
	}()
	return func() {
		t.Helper()
		close(stop)
		if err := <-done; err != nil {
			t.Fatalf("beside the run: %v\n%s", err, s)
		}
	}
}

func (b *bench) byLoopback(t *testing.T, more ...string) (loginReport, int) {
	t.Helper()
	wait := b.visits(t)
	path := "/callback"
	if b.lab.ACSURL != "" {
		path = "/saml/acs"
	}
	r, code := b.testLogin(t, append(more, "--receive", "loopback", "--redirect", "http://127.0.0.1:0"+path, "--no-browser")...)
	wait()
	return r, code
}

// byPaste brings back what change makes of the address; nil leaves it.
func (b *bench) byPaste(t *testing.T, change func(string) string, more ...string) (loginReport, int) {
	t.Helper()
	wait := b.pastes(t, change)
	r, code := b.testLogin(t, append(more, "--receive", "paste", "--no-browser")...)
	wait()
	return r, code
}

// pastes signs in beside a run and pastes what change makes of the address.
func (b *bench) pastes(t *testing.T, change func(string) string) func() {
	t.Helper()
	in, paste := io.Pipe()
	b.app.In = in
	w := b.browser(t)
	wait := b.beside(t, signHere, func(shown string) error {
		o, err := w.walk(shown)
		if err != nil {
			return err
		}
		text := o.pasted()
		if change != nil {
			text = change(text)
		}
		go func() {
			io.WriteString(paste, text+"\n") // an error means that nobody reads any more
			paste.Close()
		}()
		return nil
	})
	return func() {
		t.Helper()
		wait()
		in.Close()
	}
}

// attempt is --start.
func (b *bench) attempt(t *testing.T) (file, address string) {
	t.Helper()
	file = filepath.Join(b.dir, "attempt.json")
	code, out, errs := b.run(append(b.flags("--start"), "-o", file)...)
	if code != 0 || out != "" {
		t.Fatalf("--start: exit %d: %s%s", code, out, errs)
	}
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the attempt can be read by others: %v", info.Mode())
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var a struct{ URL string }
	if err := json.Unmarshal(text, &a); err != nil {
		t.Fatal(err)
	}
	return file, a.URL
}

func (b *bench) byFinish(t *testing.T, more ...string) (loginReport, int) {
	t.Helper()
	file, address := b.attempt(t)
	o, err := b.browser(t).walk(address)
	if err != nil {
		t.Fatal(err)
	}
	b.app.In = strings.NewReader(o.pasted())
	return b.testLogin(t, append(more, "--finish", file, "--callback-file", "-")...)
}

// initiated makes a login that begins at the IdP, whose answer is brought in a file.
func (b *bench) initiated(t *testing.T, more ...string) (loginReport, int) {
	t.Helper()
	o, err := b.browser(t).walk(b.lab.Issuer + "/saml/init?" + url.Values{"sp": {b.lab.SPEntityID}}.Encode())
	if err != nil {
		t.Fatal(err)
	}
	b.write(t, "answer.txt", o.pasted())
	return b.testLogin(t, append(more, "--idp-initiated", "--callback-file", filepath.Join(b.dir, "answer.txt"))...)
}

// deviceHere finds the address and the code of the device flow.
const deviceHere = `go to\n\n    (\S*)\n\nand enter  (\S+)\n`

func (b *bench) byDevice(t *testing.T, more ...string) (loginReport, int) {
	t.Helper()
	wait := b.allows(t)
	r, code := b.testLogin(t, append(more, "--receive", "device")...)
	wait()
	return r, code
}
