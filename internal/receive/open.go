package receive

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Opener starts a browser.
type Opener struct {
	Env          func(string) string
	GOOS         string // runtime.GOOS
	Surroundings Surroundings
	// Out gets what a program of the user's choice says, such as echo: os.Stderr usually, as stdout is for the report. A file, not
	// a writer, because the browser may live longer than this process. Nil: nowhere.
	Out      *os.File
	Grace    time.Duration                // for which an end of the program with a code other than 0 counts as not opened; 0: 2 s
	LookPath func(string) (string, error) // nil: exec.LookPath
}

// attempt is one way to open a browser.
type attempt struct {
	how   string // as said to the user
	words []string
	quiet bool // the platform's own opener, whose chatter is of no use
}

// errNone is what remains when no way is left.
var errNone = errors.New("no program was found that opens a browser")

// Open opens an http or https URL in the first of: command (the user's --browser), the programs of $BROWSER, the platform's opener.
// A %s in a command is the URL, which else comes last. It returns what opened it. An error means that the user has to; it is never
// a reason to stop. Browsers that would take over the terminal are not started. The browser outlives ctx.
func (o Opener) Open(ctx context.Context, command, address string) (how string, err error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return "", fmt.Errorf("only http and https URLs are opened, not %q", address)
	}
	if o.LookPath == nil {
		o.LookPath = exec.LookPath
	}
	address = u.String() // every character that a shell or PowerShell takes for its own but & ' ( ) * ; = $ is now percent-encoded
	var failures []error
	for _, a := range o.attempts(command, address) {
		if o.Surroundings.NoDisplay && a.quiet {
			failures = append(failures, errors.New("no display is here (DISPLAY and WAYLAND_DISPLAY are empty)"))
			break
		}
		if err = o.start(ctx, a); err == nil {
			return a.how, nil
		}
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		failures = append(failures, err)
	}
	if len(failures) == 0 {
		return "", errNone
	}
	return "", errors.Join(failures...)
}

// attempts lists the ways, best first. A command that the user names is the only one.
func (o Opener) attempts(command, address string) []attempt {
	if command != "" {
		return []attempt{{how: command, words: o.words(command, address)}}
	}
	var out []attempt
	browser := o.Env("BROWSER")
	list := strings.Split(browser, ":") // the convention of $BROWSER
	if _, err := o.LookPath(browser); err == nil || o.GOOS == "windows" {
		list = []string{browser}
	}
	for _, b := range list {
		if strings.TrimSpace(b) != "" {
			out = append(out, attempt{how: "$BROWSER (" + b + ")", words: o.words(b, address)})
		}
	}
	for _, words := range o.platform(address) {
		out = append(out, attempt{how: words[0], words: words, quiet: true})
	}
	return out
}

// platform lists the system's own openers.
func (o Opener) platform(address string) [][]string {
	rundll := []string{"url.dll,FileProtocolHandler", address}
	switch {
	case o.GOOS == "darwin":
		return [][]string{{"open", address}}
	case o.GOOS == "windows":
		return [][]string{append([]string{"rundll32"}, rundll...)}
	case o.Surroundings.WSL:
		quoted := "'" + strings.ReplaceAll(address, "'", "''") + "'" // PowerShell's literal string
		return [][]string{{"wslview", address}, {"powershell.exe", "-NoProfile", "-NonInteractive", "-Command", "Start-Process " + quoted},
			append([]string{"rundll32.exe"}, rundll...), {"xdg-open", address}}
	}
	return [][]string{{"xdg-open", address}}
}

// words splits a command as a shell would with its quotes, unless the whole of it is a program, and puts the address in.
func (o Opener) words(command, address string) []string {
	words := split(command)
	if _, err := o.LookPath(command); err == nil {
		words = []string{command}
	}
	put := false
	for i, w := range words {
		if i > 0 && strings.Contains(w, "%s") {
			words[i], put = strings.ReplaceAll(w, "%s", address), true
		}
	}
	if !put {
		words = append(words, address)
	}
	return words
}

// split parts words at white space outside of single and double quotes. Backslashes mean themselves: paths of Windows hold them.
func split(command string) []string {
	var words []string
	var word strings.Builder
	var quote rune
	open := false
	for _, r := range command {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote == 0 && (r == '\'' || r == '"'):
			quote, open = r, true
		case quote == 0 && (r == ' ' || r == '\t' || r == '\n'):
			if open {
				words = append(words, word.String())
			}
			word.Reset()
			open = false
		default:
			word.WriteRune(r)
			open = true
		}
	}
	if open {
		words = append(words, word.String())
	}
	return words
}

// start runs the program and waits for a short while whether it gives up.
func (o Opener) start(ctx context.Context, a attempt) error {
	if len(a.words) < 2 {
		return fmt.Errorf("the browser command %q names no program", a.how)
	}
	program, err := o.LookPath(a.words[0])
	if err != nil {
		return fmt.Errorf("%s is not there", a.words[0])
	}
	if name := textBrowser(program); name != "" {
		return fmt.Errorf("%s is not started: %s shows pages in this terminal", a.words[0], name)
	}
	cmd := exec.Command(program, a.words[1:]...) // not bound to ctx: the browser stays open
	if o.Out != nil && !a.quiet {
		cmd.Stdout, cmd.Stderr = o.Out, o.Out
	}
	detach(cmd)
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", a.words[0], err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	grace := o.Grace
	if grace <= 0 {
		grace = 2 * time.Second
	}
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case err := <-ended:
		if err != nil {
			return fmt.Errorf("%s: %w", a.words[0], err)
		}
	case <-timer.C: // it runs on: that is the browser itself
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}

// textBrowser returns the name of a browser that would take over the terminal, looking behind links such as www-browser.
func textBrowser(program string) string {
	for _, path := range []string{program, resolved(program)} {
		name := strings.TrimSuffix(strings.ToLower(filepath.Base(path)), ".exe")
		if slices.Contains([]string{"lynx", "w3m", "links", "links2", "elinks", "www-browser", "browsh", "carbonyl", "retawq", "netrik"}, name) {
			return name
		}
	}
	return ""
}

func resolved(path string) string {
	if to, err := filepath.EvalSymlinks(path); err == nil {
		return to
	}
	return path
}
