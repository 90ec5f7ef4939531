// Package cli is the command line: one file a command, flags in, one call, one report out. Nothing else of ssoctl knows
// about flags, terminals or exit codes.
package cli

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/charmbracelet/x/term"

	"github.com/ssoctl/ssoctl/internal/render"
	"github.com/ssoctl/ssoctl/internal/report"
)

// Version is set when a release is built.
var Version = "dev"

// App is the world around a command. Tests replace its parts.
type App struct {
	In       io.Reader
	Out, Err io.Writer
	Getenv   func(string) string
	Now      func() time.Time
	Random   func() string // 22 unguessable characters of the URL alphabet
	Dir      string        // working directory; "" is the process's own
	InTTY    bool
	OutTTY   bool
	ErrTTY   bool
	Width    int // of the terminal; 0: not known
	Lookup   func(ctx context.Context, host string) ([]string, error)
	Dial     func(ctx context.Context, network, addr string) (net.Conn, error)
	Context  func() (context.Context, context.CancelFunc) // ends when the user interrupts
}

// System gives the real world.
func System() *App {
	dialer := &net.Dialer{Timeout: 10 * time.Second}
	return &App{
		In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Getenv: os.Getenv, Now: time.Now, Random: random,
		InTTY: terminal(os.Stdin), OutTTY: terminal(os.Stdout), ErrTTY: terminal(os.Stderr), Width: columns(os.Stdout),
		Lookup: net.DefaultResolver.LookupHost, Dial: dialer.DialContext,
		Context: func() (context.Context, context.CancelFunc) {
			return signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		},
	}
}

// background is for work that uses no network and cannot wait.
func (a *App) background() context.Context { return context.Background() }

func random() string {
	b := make([]byte, 18)
	_, _ = rand.Read(b) // never fails since Go 1.24
	return base64.RawURLEncoding.EncodeToString(b)
}

// terminal tells a terminal from a file, a pipe and /dev/null.
func terminal(f *os.File) bool { return term.IsTerminal(f.Fd()) }

// usageError is a mistake in how ssoctl was called or in input that cannot be read: exit 2, with at most one hint.
type usageError struct {
	err  error
	hint string
}

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

func usage(hint, format string, args ...any) error {
	return &usageError{err: fmt.Errorf(format, args...), hint: hint}
}

// exit carries an exit code of a command that has already written its report.
type exit int

func (e exit) Error() string { return fmt.Sprintf("exit %d", int(e)) }

// Main runs a command line and gives the exit code of contract §1.
func Main(args []string, app *App) int {
	root := newRoot(app)
	root.SetArgs(args)
	root.SetIn(app.In)
	root.SetOut(app.Out)
	root.SetErr(app.Err)
	err := root.Execute()
	var code exit
	switch {
	case err == nil:
		return report.ExitClean
	case errors.As(err, &code):
		return int(code)
	}
	fmt.Fprintf(app.Err, "error: %s\n", render.Clean(firstLine(err.Error())))
	var u *usageError
	if errors.As(err, &u) && u.hint != "" {
		fmt.Fprintf(app.Err, "hint: %s\n", u.hint)
	}
	return report.ExitUsage
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	return s
}
