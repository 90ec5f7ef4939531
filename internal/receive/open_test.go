package receive

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const target = "https://idp.test/authorize?a=1&b=it's"

func TestAttempts(t *testing.T) {
	none := func(string) (string, error) { return "", exec.ErrNotFound }
	tests := []struct {
		name, goos, browser, command string
		around                       Surroundings
		path                         []string
		want                         []string // words joined by |
	}{
		{name: "linux", goos: "linux", want: []string{"xdg-open|" + target}},
		{name: "freebsd", goos: "freebsd", want: []string{"xdg-open|" + target}},
		{name: "mac", goos: "darwin", want: []string{"open|" + target}},
		{name: "windows", goos: "windows", want: []string{"rundll32|url.dll,FileProtocolHandler|" + target}},
		{name: "wsl", goos: "linux", around: Surroundings{WSL: true}, want: []string{"wslview|" + target,
			"powershell.exe|-NoProfile|-NonInteractive|-Command|Start-Process 'https://idp.test/authorize?a=1&b=it''s'", "rundll32.exe|url.dll,FileProtocolHandler|" + target, "xdg-open|" + target}},
		{name: "command", goos: "linux", browser: "firefox", command: "chromium --incognito", want: []string{"chromium|--incognito|" + target}},
		{name: "command with a place", goos: "linux", command: `"my browser" --app=%s -x`, want: []string{"my browser|--app=" + target + "|-x"}},
		{name: "list", goos: "linux", browser: "firefox -P test:echo", want: []string{"firefox|-P|test|" + target, "echo|" + target, "xdg-open|" + target}},
		{name: "a program with spaces", goos: "linux", browser: "/mnt/c/Program Files/f.exe", path: []string{"/mnt/c/Program Files/f.exe"}, want: []string{"/mnt/c/Program Files/f.exe|" + target, "xdg-open|" + target}},
		{name: "a path of Windows", goos: "windows", browser: `"C:\Program Files\f.exe"`, want: []string{`C:\Program Files\f.exe|` + target, "rundll32|url.dll,FileProtocolHandler|" + target}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			look := none
			if test.path != nil {
				look = func(p string) (string, error) {
					if slices.Contains(test.path, p) {
						return p, nil
					}
					return none(p)
				}
			}
			o := Opener{Env: environment("BROWSER=" + test.browser), GOOS: test.goos, Surroundings: test.around, LookPath: look}
			var got []string
			for _, a := range o.attempts(test.command, target) {
				got = append(got, strings.Join(a.words, "|"))
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("%q\nwant %q", got, test.want)
			}
		})
	}
}

func TestSplit(t *testing.T) {
	for in, want := range map[string][]string{"": nil, "  ": nil, "a b": {"a", "b"}, `a "b c" 'd "e'`: {"a", "b c", `d "e`}, `a ""`: {"a", ""}, `x"y z"`: {"xy z"}, `"open`: {"open"}} {
		if got := split(in); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestOpenTakesWebAddressesOnly(t *testing.T) {
	for _, bad := range []string{"file:///etc/passwd", "javascript:alert(1)", "--version", "", "http:", "ssh://x"} {
		if _, err := (Opener{Env: environment(""), GOOS: "linux"}).Open(t.Context(), "echo", bad); err == nil {
			t.Errorf("%q is opened", bad)
		}
	}
}
