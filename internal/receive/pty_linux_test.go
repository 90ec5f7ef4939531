package receive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// pty opens a pseudo-terminal: what the test writes to keyboard, a program reads from tty, and the other way round.
func pty(t *testing.T) (keyboard, tty *os.File) {
	t.Helper()
	keyboard, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = keyboard.Close() })
	control, err := keyboard.SyscallConn() // Fd would make reads block for ever
	if err != nil {
		t.Fatal(err)
	}
	var n int
	var failed error
	err = control.Control(func(fd uintptr) {
		if failed = unix.IoctlSetPointerInt(int(fd), unix.TIOCSPTLCK, 0); failed == nil {
			n, failed = unix.IoctlGetInt(int(fd), unix.TIOCGPTN)
		}
	})
	if err := errors.Join(err, failed); err != nil {
		t.Fatal(err)
	}
	tty, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tty.Close() })
	return keyboard, tty
}

func mode(t *testing.T, tty *os.File) unix.Termios {
	t.Helper()
	m, err := unix.IoctlGetTermios(int(tty.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	return *m
}

// screen copies what the terminal shows.
func screen(keyboard *os.File) *shared {
	s := &shared{hit: make(chan struct{}, 1)}
	go func() { _, _ = io.Copy(s, keyboard) }()
	return s
}

// TestPasteOnPty: a real terminal, where a line of more than 4095 bytes would be cut and echoed.
func TestPasteOnPty(t *testing.T) {
	ctx := limit(t)
	keyboard, tty := pty(t)
	shown := screen(keyboard)
	before := mode(t, tty)
	long := "https://my.orq.ai/callback?SAMLResponse=" + strings.Repeat("PHNhbWxwOlJlc3BvbnNl", 1000)
	done := make(chan pasted, 1)
	go func() {
		text, err := Prompt{In: tty, Out: tty, TTY: true}.Paste(ctx, nil)
		done <- pasted{text, err}
	}()
	shown.until(t, ctx, "\x1b[?2004h")
	shown.until(t, ctx, "> ")
	if during := mode(t, tty); during.Lflag&(unix.ECHO|unix.ICANON) != 0 {
		t.Errorf("echo or line mode is on: %#x", during.Lflag)
	}
	if _, err := io.WriteString(keyboard, "\x1b[200~"+long+"\x1b[201~"); err != nil {
		t.Fatal(err)
	}
	got := <-done
	if got.err != nil || got.text != long {
		t.Errorf("%d bytes, %v; want %d", len(got.text), got.err, len(long))
	}
	shown.until(t, ctx, "‹received 20040 characters›")
	if s := shown.String(); strings.Contains(s, "PHN") || !strings.Contains(s, "\x1b[?2004l") {
		t.Errorf("the terminal shows %q", s)
	}
	if after := mode(t, tty); after != before {
		t.Errorf("the mode is %+v, was %+v", after, before)
	}
}

// TestPtyIsGivenBack: however the prompt ends, the terminal is as before, and what is typed next belongs to the next reader.
func TestPtyIsGivenBack(t *testing.T) {
	keyboard, tty := pty(t)
	shown := screen(keyboard)
	before := mode(t, tty)
	for name, end := range map[string]func(cancel func()){
		"Ctrl-C":  func(func()) { _, _ = keyboard.Write([]byte{3}) },
		"context": func(cancel func()) { cancel() },
	} {
		ctx, cancel := context.WithCancel(limit(t))
		seen := strings.Count(shown.String(), "> ")
		done := make(chan error, 1)
		go func() {
			_, err := Prompt{In: tty, Out: tty, TTY: true, tick: time.Hour}.Paste(ctx, nil)
			done <- err
		}()
		for strings.Count(shown.String(), "> ") == seen {
			<-shown.hit
		}
		end(cancel)
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
		if after := mode(t, tty); after != before {
			t.Errorf("%s: the mode is %+v, was %+v", name, after, before)
		}
		cancel()
	}
	if _, err := io.WriteString(keyboard, "next\n"); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 100)
	if n, err := tty.Read(b); err != nil || string(b[:n]) != "next\n" {
		t.Errorf("the next reader gets %q, %v", b[:n], err)
	}
}

// TestNotATerminal says so instead of reading with an echo.
func TestNotATerminal(t *testing.T) {
	f, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := (Prompt{In: f, Out: io.Discard, TTY: true}).Paste(limit(t), nil); err == nil || !strings.Contains(err.Error(), "echo") {
		t.Errorf("%v", err)
	}
}
