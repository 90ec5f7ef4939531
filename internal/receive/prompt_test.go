package receive

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"time"
)

const callback = "https://my.orq.ai/v2/auth/sso/oidc/callback#code=abc&state=é"

// whole takes what has a code and no line that goes on.
func whole(s string) bool { return strings.Contains(s, "code=") && !strings.HasSuffix(s, "\\") }

// terminal is a Prompt on a terminal that the test types into; nothing settles unless quiet says so.
type terminal struct {
	keys *io.PipeWriter
	out  *shared
	done chan pasted
}

type pasted struct {
	text string
	err  error
}

// shared is a buffer for two goroutines.
type shared struct {
	mu  sync.Mutex
	b   bytes.Buffer
	hit chan struct{} // one token after a write
}

func (s *shared) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case s.hit <- struct{}{}:
	default:
	}
	return s.b.Write(p)
}

func (s *shared) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// until waits for text.
func (s *shared) until(t *testing.T, ctx context.Context, want string) {
	t.Helper()
	for !strings.Contains(s.String(), want) {
		select {
		case <-s.hit:
		case <-ctx.Done():
			t.Fatalf("%q does not come: %q", want, s)
		}
	}
}

func prompt(ctx context.Context, p Prompt, left func() (time.Duration, bool)) *terminal {
	r, w := io.Pipe()
	out := &shared{hit: make(chan struct{}, 1)}
	p.In, p.Out = r, out
	tt := &terminal{w, out, make(chan pasted, 1)}
	go func() {
		text, err := p.Paste(ctx, left)
		_ = r.Close()
		tt.done <- pasted{text, err}
	}()
	return tt
}

// typed sends pieces, each as one read, and returns the outcome.
func (tt *terminal) typed(t *testing.T, pieces ...string) pasted {
	t.Helper()
	for _, p := range pieces {
		if _, err := io.WriteString(tt.keys, p); err != nil && !errors.Is(err, io.ErrClosedPipe) {
			t.Fatal(err)
		}
	}
	select {
	case p := <-tt.done:
		return p
	case <-time.After(15 * time.Second):
		t.Fatal("the prompt does not end")
		return pasted{}
	}
}

func TestPasteOnTerminal(t *testing.T) {
	start, end := "\x1b[200~", "\x1b[201~"
	big := strings.Repeat("PHNhbWxwOlJlc3BvbnNl", 1000) // five times what a line of a terminal holds
	tests := []struct {
		name  string
		keys  []string
		want  string
		whole func(string) bool
	}{
		{"bracketed", []string{start + callback + end}, callback, nil},
		{"bracketed, long", []string{start + big, big + end}, big + big, nil},
		{"bracketed, lines", []string{start + "a\rb\r\n\r\nc" + end}, "a\nb\n\nc", nil},
		{"bracketed, whole on its first line", []string{start + "curl code=1 \\\n -H x" + end}, "curl code=1 \\\n -H x", whole},
		{"marks that are cut in two", []string{"\x1b[20", "0~" + callback + "\x1b", "[201~"}, callback, nil},
		{"empty paste, then one", []string{start + end, start + " \n" + end, start + callback + end}, callback, nil},
		{"keys before the paste", []string{"\x1b", "\x1b[A", "\x1bOP\x1b[1;5C", start + callback + end}, callback, nil},
		{"empty line", []string{callback + "\r", "\r"}, callback, nil},
		{"empty line, LF", []string{"a\nb\n\n"}, "a\nb", nil},
		{"empty lines first", []string{"\r\r", callback + "\r", "\r"}, callback, nil},
		{"whole line", []string{callback + "\r"}, callback, whole},
		{"whole only with the second line", []string{"curl \\\r", "code=1\r"}, "curl \\\ncode=1", whole},
		{"Ctrl-D", []string{callback + "\x04"}, callback, nil},
		{"corrected", []string{"xé\x7fy\x15" + callback + "xy\x7f\b\r", "\r"}, callback, nil},
		{"back-space stays in its line", []string{"a\r", "\x7f\x7fb\r", "\r"}, "a\nb", nil},
		{"control characters", []string{"a\x00\x07\x1ab\r", "\r"}, "ab", nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			tt := prompt(limit(t), Prompt{TTY: true, Whole: test.whole, quiet: 20 * time.Millisecond}, nil)
			got := tt.typed(t, test.keys...)
			if got.err != nil || got.text != test.want {
				t.Errorf("%.200q, %v; want %.200q", got.text, got.err, test.want)
			}
			if out := tt.out.String(); strings.Contains(out, "code") || strings.Contains(out, "PHN") {
				t.Errorf("echoed: %q", out)
			}
		})
	}
}

// TestPasteWaitsForTheRest: a text that looks complete is not, while more of it keeps coming. What came after would else be
// typed into the shell.
func TestPasteWaitsForTheRest(t *testing.T) {
	tt := prompt(limit(t), Prompt{TTY: true, Whole: whole, quiet: 500 * time.Millisecond}, nil)
	got := tt.typed(t, "curl code=1\r", " -H a\r", "\r", " --data 'rm -rf x'\r", "\r")
	if want := "curl code=1\n -H a\n\n --data 'rm -rf x'"; got.err != nil || got.text != want {
		t.Errorf("%q, %v", got.text, got.err)
	}
}

// TestPasteWaitsForEnter: what goes on without a line break yet is no end either, however long it takes.
func TestPasteWaitsForEnter(t *testing.T) {
	tt := prompt(limit(t), Prompt{TTY: true, Whole: whole, quiet: 400 * time.Millisecond}, nil)
	if _, err := io.WriteString(tt.keys, "curl code=1\r"); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(tt.keys, " -H x"); err != nil {
		t.Fatal(err)
	}
	slow := time.NewTimer(700 * time.Millisecond)
	select {
	case got := <-tt.done:
		t.Fatalf("ended with %q", got.text)
	case <-slow.C:
	}
	if got := tt.typed(t, "\r", "\r"); got.text != "curl code=1\n -H x" {
		t.Errorf("%q, %v", got.text, got.err)
	}
}

func TestPasteTellsHowMuch(t *testing.T) {
	tt := prompt(limit(t), Prompt{TTY: true}, nil)
	tt.typed(t, "\x1b[200~ "+callback+"\n\x1b[201~")
	if out := tt.out.String(); !strings.HasSuffix(out, "\r> ‹received 60 characters›\n") {
		t.Errorf("%q", out)
	}
}

func TestCountdown(t *testing.T) {
	ctx := limit(t)
	var mu sync.Mutex
	now := 61 * time.Second
	left := func() (time.Duration, bool) {
		mu.Lock()
		defer mu.Unlock()
		d := now
		now -= 13 * time.Second
		return d, true
	}
	tt := prompt(ctx, Prompt{TTY: true, tick: time.Millisecond}, left)
	for _, want := range []string{"\r> 1:01 left", "\r> 0:48 left", "\r> 0:35 left", "\r> 0:00 left"} {
		tt.out.until(t, ctx, want)
	}
	got := tt.typed(t, "\x1b[200~"+callback+"\x1b[201~")
	if got.text != callback { // the countdown ends nothing: the context does
		t.Errorf("%q, %v", got.text, got.err)
	}
	if out := tt.out.String(); !strings.Contains(out, "\r           \r> ‹received") || strings.Contains(strings.TrimSuffix(out, "\n"), "\n") {
		t.Errorf("the line is not cleared: %q", out)
	}
}

func TestPasteEnds(t *testing.T) {
	for name, pieces := range map[string][]string{"Ctrl-C": {"abc\x03"}, "Ctrl-C in a paste without an end": {"\x1b[200~abc", "\x03"}, "Ctrl-C in an escape": {"\x1b[\x03"}} {
		if got := prompt(limit(t), Prompt{TTY: true}, nil).typed(t, pieces...); !errors.Is(got.err, context.Canceled) || got.text != "" {
			t.Errorf("%s: %q, %v", name, got.text, got.err)
		}
	}
	for name, pieces := range map[string][]string{"Ctrl-D at once": {"\x04"}, "only blanks": {"  \x04"}} {
		if got := prompt(limit(t), Prompt{TTY: true}, nil).typed(t, pieces...); !errors.Is(got.err, io.ErrUnexpectedEOF) {
			t.Errorf("%s: %q, %v", name, got.text, got.err)
		}
	}
	for _, tty := range []bool{true, false} {
		ctx, cancel := context.WithCancel(t.Context())
		tt := prompt(ctx, Prompt{TTY: tty}, nil)
		cancel()
		if got := <-tt.done; !errors.Is(got.err, context.Canceled) {
			t.Errorf("%v", got.err)
		}
		over, cancel := context.WithDeadline(t.Context(), time.Unix(0, 0))
		if got := <-prompt(over, Prompt{TTY: tty}, nil).done; !errors.Is(got.err, context.DeadlineExceeded) {
			t.Errorf("%v", got.err)
		}
		cancel()
	}
}

func TestPasteIsBounded(t *testing.T) {
	for _, tty := range []bool{true, false} {
		piece := "\x1b[200~" + strings.Repeat("A", 30<<10)
		pieces := make([]string, 2<<20/(30<<10)+2)
		for i := range pieces {
			pieces[i] = piece
		}
		got := prompt(limit(t), Prompt{TTY: tty}, nil).typed(t, pieces...)
		if got.err == nil || !strings.Contains(got.err.Error(), "longer than 2097152 bytes") {
			t.Errorf("%.20q, %v", got.text, got.err)
		}
	}
}

func TestPipe(t *testing.T) {
	tests := []struct {
		name string
		in   io.Reader
		want string
		err  error
	}{
		{"to its end", strings.NewReader("\n a\x03b\n\nc \n"), "a\x03b\n\nc", nil},
		{"without a line break", strings.NewReader("code=1"), "code=1", nil},
		{"whole, but open", io.MultiReader(strings.NewReader("x\ncode=1\nrest"), blocked{}), "x\ncode=1", nil},
		{"empty", strings.NewReader(" \n"), "", io.ErrUnexpectedEOF},
		{"broken", io.MultiReader(strings.NewReader("x"), broken{}), "", errBroken},
	}
	for _, test := range tests {
		var out bytes.Buffer
		got, err := Prompt{In: test.in, Out: &out, Whole: whole}.Paste(limit(t), func() (time.Duration, bool) { return time.Minute, true })
		if got != test.want || !errors.Is(err, test.err) {
			t.Errorf("%s: %q, %v", test.name, got, err)
		}
		if out.Len() > 0 {
			t.Errorf("%s: %q is shown, but no terminal is there", test.name, out.String())
		}
	}
}

var errBroken = errors.New("pulled out")

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errBroken }

type blocked struct{}

func (blocked) Read([]byte) (int, error) { select {} }

func FuzzKeys(f *testing.F) {
	f.Add([]byte("\x1b[200~a\r\nb\x1b[201~"))
	f.Add([]byte("x\x7f\x7f\x15\x1b[1;5A\x1bOP\x04\x03"))
	f.Add([]byte("\xff\x7f\n\x7f"))
	f.Fuzz(func(t *testing.T, b []byte) {
		var k keys
		for _, c := range b {
			k.add(c)
		}
		if len(k.text) > len(b) || len(k.escape) > 40 || bytes.ContainsAny(k.text, "\x00\x03\x1b\x7f\r") {
			t.Errorf("%q became %q (%q)", b, k.text, k.escape)
		}
	})
}
