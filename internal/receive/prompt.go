package receive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/charmbracelet/x/term"
	"github.com/muesli/cancelreader"
)

// maxPaste bounds what is read, in bytes.
const maxPaste = 2 << 20

// Prompt reads a secret that a person pastes or a pipe delivers.
type Prompt struct {
	In  io.Reader
	Out io.Writer // stderr: the countdown, and how much came
	TTY bool      // In is a terminal: it is put into raw mode without echo when it is an *os.File
	// Whole tells that a text needs no continuation, so that nobody has to press Enter twice and a pipe need not end. Nil: never.
	Whole func(string) bool

	tick  time.Duration // between two looks at the clock; 0: 1 s
	quiet time.Duration // without a byte before a line counts as the last; 0: 150 ms
}

// Paste returns what comes, without the white space around it, 2 MiB at most. On a terminal it ends with a bracketed paste, with an
// empty line, with Ctrl-D, or with a line after which the text is whole; on a pipe at its end or as soon as the text is whole.
// left, which may be nil, gives the time that remains for the countdown and whether there is one. Ctrl-C gives
// context.Canceled, ctx its own error, an input that ends empty io.ErrUnexpectedEOF.
func (p Prompt) Paste(ctx context.Context, left func() (time.Duration, bool)) (string, error) {
	in, restore, err := p.prepare()
	if err != nil {
		return "", err
	}
	if p.tick <= 0 {
		p.tick = time.Second
	}
	if p.quiet <= 0 {
		p.quiet = 150 * time.Millisecond
	}
	chunks, stop := stream(in)
	var text []byte
	if p.TTY {
		line := &countdown{out: p.Out, left: left}
		line.show()
		text, err = p.fromTerminal(ctx, chunks, line)
		line.clear()
	} else {
		text, err = p.fromPipe(ctx, chunks)
	}
	stop()
	restore()
	if err != nil {
		return "", err
	}
	text = bytes.TrimSpace(text)
	if len(text) == 0 {
		return "", fmt.Errorf("nothing came: %w", io.ErrUnexpectedEOF)
	}
	if p.TTY {
		n, unit := utf8.RuneCount(text), "characters"
		if n == 1 {
			unit = "character"
		}
		_, _ = fmt.Fprintf(p.Out, "> ‹received %d %s›\n", n, unit)
	}
	return string(text), nil
}

// prepare makes reading cancelable and a terminal raw: in its line mode it cuts a line at 4096 bytes (MAX_CANON), which a SAML
// response exceeds.
func (p Prompt) prepare() (in io.Reader, restore func(), err error) {
	file, ok := p.In.(*os.File)
	if !p.TTY || !ok { // on Windows, a cancelable reader would read the console instead of a pipe
		return p.In, func() {}, nil
	}
	state, err := term.MakeRaw(file.Fd())
	if err != nil {
		return nil, nil, fmt.Errorf("switch off the terminal's echo: %w", err)
	}
	off := bracketed(p.Out)
	restore = func() {
		off()
		_ = term.Restore(file.Fd(), state)
	}
	if r, err := cancelreader.NewReader(file); err == nil {
		return r, restore, nil
	}
	return p.In, restore, nil
}

// bracketed asks the terminal to mark where a paste begins and ends.
func bracketed(out io.Writer) (off func()) {
	restore, ok := enableSequences(out)
	if !ok {
		return restore
	}
	_, _ = io.WriteString(out, "\x1b[?2004h")
	return func() {
		_, _ = io.WriteString(out, "\x1b[?2004l")
		restore()
	}
}

// chunk is one read.
type chunk struct {
	data []byte
	err  error
}

// stream reads in the background, so that a clock can be shown meanwhile. After stop, nothing that is typed on a terminal gets lost to
// it; a read of a pipe that blocks stays until the pipe ends.
func stream(in io.Reader) (chunks <-chan chunk, stop func()) {
	out, done, ended := make(chan chunk), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			b := make([]byte, 32<<10)
			n, err := in.Read(b)
			select {
			case out <- chunk{b[:n], err}:
			case <-done:
				return
			}
			if err != nil {
				return
			}
		}
	}()
	return out, func() {
		close(done)
		if r, ok := in.(cancelreader.CancelReader); ok {
			if r.Cancel() {
				<-ended
			}
			_ = r.Close()
		}
	}
}

var errTooLong = fmt.Errorf("what was pasted is longer than %d bytes", maxPaste)

// fromTerminal collects keys until a paste or a last line ends.
func (p Prompt) fromTerminal(ctx context.Context, chunks <-chan chunk, line *countdown) ([]byte, error) {
	ticker := time.NewTicker(p.tick)
	defer ticker.Stop()
	var k keys
	var settled <-chan time.Time // set while the text may be complete
	for {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-ticker.C:
			line.show()
		case <-settled:
			return k.text, nil
		case c := <-chunks:
			settled = nil
			for i, b := range c.data {
				switch e := k.add(b); {
				case e == cancelled:
					return nil, context.Canceled
				case e == pasteEnded, e == inputEnded:
					return k.text, nil
				case len(k.text) > maxPaste:
					return nil, errTooLong
				// More may follow: without bracketed paste, the rest of several lines would reach the shell, which would run it.
				case e == lineEnded && i == len(c.data)-1 && p.last(k.text):
					settled = time.After(p.quiet)
				}
			}
			if c.err != nil {
				return k.text, unlessEOF(c.err)
			}
		}
	}
}

// last tells whether the text may be complete after Enter.
func (p Prompt) last(text []byte) bool {
	trimmed := bytes.TrimSpace(text)
	if len(trimmed) == 0 {
		return false
	}
	lines := bytes.Split(text, []byte("\n")) // the last is empty: the text ends with a line break
	return len(bytes.TrimSpace(lines[len(lines)-2])) == 0 || p.Whole != nil && p.Whole(string(trimmed))
}

// fromPipe reads to the end, or until whole lines suffice.
func (p Prompt) fromPipe(ctx context.Context, chunks <-chan chunk) ([]byte, error) {
	var text []byte
	for {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case c := <-chunks:
			if len(text)+len(c.data) > maxPaste {
				return nil, errTooLong
			}
			text = append(text, c.data...)
			if c.err != nil {
				return text, unlessEOF(c.err)
			}
			if end := bytes.LastIndexByte(text, '\n'); p.Whole != nil && bytes.IndexByte(c.data, '\n') >= 0 && p.Whole(strings.TrimSpace(string(text[:end]))) {
				return text[:end], nil
			}
		}
	}
}

func unlessEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return fmt.Errorf("read what is pasted: %w", err)
}

// countdown is one line that is written over, without escape sequences.
type countdown struct {
	out   io.Writer
	left  func() (time.Duration, bool)
	shown string
}

func (c *countdown) show() {
	text := "> "
	if c.left != nil {
		if d, ok := c.left(); ok {
			d = max(d, 0).Round(time.Second)
			text += fmt.Sprintf("%d:%02d left", int(d.Minutes()), int(d.Seconds())%60)
		}
	}
	if text == c.shown {
		return
	}
	blank := max(0, len(c.shown)-len(text))
	_, _ = io.WriteString(c.out, "\r"+text+strings.Repeat(" ", blank)+strings.Repeat("\b", blank))
	c.shown = text
}

func (c *countdown) clear() {
	_, _ = io.WriteString(c.out, "\r"+strings.Repeat(" ", len(c.shown))+"\r")
}
