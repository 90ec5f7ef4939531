package xmltree

import (
	"bytes"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/source"
)

// places turns byte offsets into lines and columns. It is made with the document, so that several goroutines may ask.
type places struct {
	lines []int          // byte offset of each line's beginning
	runes []int          // how many runes begin before each step; nil unless a line is longer than one
	texts map[int]string // the lines that are longer than a step, by their index: findings quote them again and again
}

// step is how many bytes are looked through for one place at most: a document may be a single line of megabytes.
const step = 4096

// longest is how many bytes of one line are quoted: nobody reads more, and every finding quotes its line.
const longest = 1 << 20

func newPlaces(raw []byte) places {
	p := places{lines: append(make([]int, 0, 64), 0)}
	long := false
	for at := 0; ; {
		n := bytes.IndexByte(raw[at:], '\n')
		if n < 0 {
			long = p.keep(raw, at, len(raw)) || long
			break
		}
		long = p.keep(raw, at, at+n) || long
		at += n + 1
		p.lines = append(p.lines, at)
	}
	for at, n := 0, 0; long && at < len(raw); at += step {
		p.runes = append(p.runes, n)
		n += runesIn(raw[at:min(at+step, len(raw))])
	}
	return p
}

// keep keeps the text of the last line when it is longer than a step, and reports whether it is.
func (p *places) keep(raw []byte, from, to int) bool {
	if to-from <= step {
		return false
	}
	if p.texts == nil {
		p.texts = map[int]string{}
	}
	if to-from > longest {
		p.texts[len(p.lines)-1] = ""
		return true
	}
	p.texts[len(p.lines)-1] = strings.TrimSuffix(string(raw[from:to]), "\r")
	return true
}

// runesIn counts the runes that begin in a part of a text in UTF-8.
func runesIn(b []byte) int {
	n := 0
	for _, c := range b {
		if c&0xc0 != 0x80 {
			n++
		}
	}
	return n
}

// between counts the runes between two offsets, which are both where a rune begins.
func (p places) between(raw []byte, from, to int) int {
	if to-from <= step || p.runes == nil {
		return runesIn(raw[from:to])
	}
	before := func(at int) int {
		i := min(at/step, len(p.runes)-1)
		return p.runes[i] + runesIn(raw[i*step:at])
	}
	return before(to) - before(from)
}

// at gives the place of a byte offset; columns count runes.
func (d *Doc) at(offset int) source.Pos {
	offset = min(max(offset, 0), len(d.Raw))
	line, found := slices.BinarySearch(d.places.lines, offset)
	if !found {
		line--
	}
	pos := source.Pos{Line: line + 1, Col: d.places.between(d.Raw, d.places.lines[line], offset) + 1}
	by := 0
	first, _ := slices.BinarySearchFunc(d.shifts, pos.Line, func(s Shift, line int) int { return s.Line - line })
	for _, s := range d.shifts[first:] {
		if s.Line != pos.Line {
			break
		}
		if s.Col <= pos.Col {
			by += s.By
		}
	}
	pos.Col += by
	if !d.origin.IsZero() {
		if pos.Line == 1 {
			pos.Col += d.origin.Col - 1
		}
		pos.Line += d.origin.Line - 1
	}
	return pos
}

// Line gives a line of the file, without its end; "" for one of more than a mebibyte.
func (d *Doc) Line(n int) string {
	if !d.origin.IsZero() {
		n -= d.origin.Line - 1
	}
	lines := d.places.lines
	if n < 1 || n > len(lines) {
		return ""
	}
	if text, kept := d.places.texts[n-1]; kept {
		return text
	}
	end := len(d.Raw)
	if n < len(lines) {
		end = lines[n] - 1
	}
	return strings.TrimSuffix(string(d.Raw[lines[n-1]:end]), "\r")
}
