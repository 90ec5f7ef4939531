package receive

import (
	"bytes"
	"unicode/utf8"
)

// event is what a byte from the keyboard amounts to.
type event int

const (
	typing     event = iota
	lineEnded        // Enter, outside of a bracketed paste
	pasteEnded       // the terminal says that the paste is over
	inputEnded       // Ctrl-D
	cancelled        // Ctrl-C
)

// keys turns the bytes of a terminal in raw mode into text: it knows bracketed paste, swallows other escape sequences, and gives
// back-space and Ctrl-U their meaning for what is typed.
type keys struct {
	text    []byte
	escape  []byte // an escape sequence begun
	pasting bool
	cr      bool // the last byte was a CR: an LF belongs to it
}

// add takes one byte.
func (k *keys) add(b byte) event {
	if len(k.escape) > 0 {
		return k.inEscape(b)
	}
	afterCR := k.cr
	k.cr = b == '\r'
	switch {
	case b == 0x1b:
		k.escape = append(k.escape, b)
	case b == 0x03: // also within a paste: else one whose end never comes would hold the terminal
		return cancelled
	case b == '\n' && afterCR:
	case b == '\r' || b == '\n':
		k.text = append(k.text, '\n')
		if !k.pasting {
			return lineEnded
		}
	case b == '\t' || b >= ' ' && b != 0x7f:
		k.text = append(k.text, b)
	case k.pasting:
	case b == 0x04:
		return inputEnded
	case b == 0x7f || b == '\b':
		if n := len(k.text); n > 0 && k.text[n-1] != '\n' {
			_, size := utf8.DecodeLastRune(k.text)
			k.text = k.text[:n-size]
		}
	case b == 0x15:
		k.text = k.text[:bytes.LastIndexByte(k.text, '\n')+1]
	}
	return typing
}

// inEscape goes on with an escape sequence (ECMA-48 §5.4: parameters 30–3F, intermediates 20–2F, one final byte 40–7E).
func (k *keys) inEscape(b byte) event {
	switch {
	case b == 0x03:
		return cancelled
	case b == 0x1b:
		k.escape = append(k.escape[:0], b)
		return typing
	case len(k.escape) == 1 && (b == '[' || b == 'O'):
		k.escape = append(k.escape, b)
		return typing
	case len(k.escape) > 1 && b >= 0x20 && b < 0x40 && len(k.escape) < 32:
		k.escape = append(k.escape, b)
		return typing
	}
	sequence := string(append(k.escape, b))
	k.escape = k.escape[:0]
	switch sequence {
	case "\x1b[200~":
		k.pasting = true
	case "\x1b[201~":
		was := k.pasting
		k.pasting = false
		if was && len(bytes.TrimSpace(k.text)) > 0 {
			return pasteEnded
		}
	}
	return typing
}
