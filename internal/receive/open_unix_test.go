//go:build unix

package receive

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// bin is a folder of programs that write their name and arguments to a file and end with a code.
type bin struct{ dir string }

func (b bin) add(t *testing.T, name, script string) {
	t.Helper()
	text := "#!/bin/sh\necho \"" + name + " $*\" >>" + b.log() + "\n" + script + "\n"
	if err := os.WriteFile(filepath.Join(b.dir, name), []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
}

func (b bin) log() string { return filepath.Join(b.dir, "log") }

func (b bin) look(name string) (string, error) {
	if strings.Contains(name, "/") {
		return exec.LookPath(name)
	}
	return exec.LookPath(filepath.Join(b.dir, name))
}

func TestOpen(t *testing.T) {
	b := bin{t.TempDir()}
	b.add(t, "good", "")
	b.add(t, "bad", "exit 3")
	b.add(t, "lynx", "")
	b.add(t, "says", "echo \"$1\"")
	b.add(t, "xdg-open", "")
	if err := os.Symlink(filepath.Join(b.dir, "lynx"), filepath.Join(b.dir, "x-www-browser")); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, command, browser string
		noDisplay              bool
		how, err               string
	}{
		{"platform", "", "", false, "xdg-open", ""},
		{"command", "good", "bad", false, "good", ""},
		{"command only", "bad", "good", false, "", "bad: exit status 3"},
		{"missing command", "nowhere --x", "", false, "", "nowhere is not there"},
		{"the next of the list", "", "nowhere:bad:good", false, "$BROWSER (good)", ""},
		{"the platform after the list", "", "bad", false, "xdg-open", ""},
		{"no display", "", "", true, "", "no display"},
		{"no display, but echo", "", "says", true, "$BROWSER (says)", ""},
		{"text browser", "lynx", "", false, "", "lynx shows pages in this terminal"},
		{"text browser behind a link", "x-www-browser", "", false, "", "lynx shows pages in this terminal"},
		{"text browser in the list", "", "lynx:good", false, "$BROWSER (good)", ""},
		{"nothing but quotes", `""`, "", false, "", "is not there"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_ = os.Remove(b.log())
			out, err := os.Create(filepath.Join(t.TempDir(), "out"))
			if err != nil {
				t.Fatal(err)
			}
			defer out.Close()
			o := Opener{Env: environment("BROWSER=" + test.browser), GOOS: "linux", Surroundings: Surroundings{NoDisplay: test.noDisplay}, Out: out, LookPath: b.look, Grace: 20 * time.Second}
			how, err := o.Open(limit(t), test.command, target)
			if how != test.how || test.err == "" != (err == nil) || err != nil && !strings.Contains(err.Error(), test.err) {
				t.Errorf("%q, %v; want %q, %q", how, err, test.how, test.err)
			}
			log, _ := os.ReadFile(b.log())
			if strings.Contains(string(log), "lynx") || err == nil && !strings.HasSuffix(string(log), " "+target+"\n") {
				t.Errorf("ran %q", log)
			}
			said, _ := os.ReadFile(out.Name())
			if want := target + "\n"; strings.Contains(test.browser, "says") && string(said) != want {
				t.Errorf("said %q, want %q", said, want)
			}
		})
	}
}

// TestOpenRunsOn: a browser that stays in the foreground counts as opened.
func TestOpenRunsOn(t *testing.T) {
	b := bin{t.TempDir()}
	b.add(t, "browser", "while kill -0 $PPID 2>/dev/null; do sleep 0.1; done")
	o := Opener{Env: environment(""), GOOS: "linux", LookPath: b.look, Grace: 50 * time.Millisecond}
	if how, err := o.Open(limit(t), "browser", target); how != "browser" || err != nil {
		t.Errorf("%q, %v", how, err)
	}
}

func TestOpenEnds(t *testing.T) {
	b := bin{t.TempDir()}
	b.add(t, "browser", "while kill -0 $PPID 2>/dev/null; do sleep 0.1; done")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := (Opener{Env: environment(""), GOOS: "linux", LookPath: b.look, Grace: time.Hour}).Open(ctx, "browser", target); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
