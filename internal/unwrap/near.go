package unwrap

import (
	"bytes"
	"regexp"
)

// Bounds on patterns, which are slow beside looking for a fixed string: the longest text that they are run over as it is, and how much of
// a longer one around the strings that every match has in it. In bytes.
const (
	wholly    = 1 << 20
	maxNearby = 8 << 20
)

// finder finds the matches of a pattern; every match holds one of needs.
type finder struct {
	re    func() *regexp.Regexp
	needs []string
}

func finding(re func() *regexp.Regexp, needs ...string) finder { return finder{re, needs} }

// in gives the matches in text as FindAllSubmatchIndex does. Of a long text only the lines are looked at that one of needs stands in,
// each with the next line.
func (f finder) in(text []byte) [][]int {
	var out [][]int
	for _, b := range f.blocks(text) {
		for _, m := range f.re().FindAllSubmatchIndex(text[b[0]:b[1]], maxHits) {
			for i := range m {
				if m[i] >= 0 {
					m[i] += b[0]
				}
			}
			out = append(out, m)
		}
		if len(out) > maxHits {
			break
		}
	}
	return out
}

// match reports whether there is a match.
func (f finder) match(text []byte) bool {
	for _, b := range f.blocks(text) {
		if f.re().Match(text[b[0]:b[1]]) {
			return true
		}
	}
	return false
}

// blocks gives the pieces of a text in which matches can be.
func (f finder) blocks(text []byte) [][2]int {
	next := make([]int, len(f.needs)) // where each of needs stands next; the end of the text when nowhere
	first := len(text)
	for i := range next {
		next[i] = after(text, 0, f.needs[i])
		first = min(first, next[i])
	}
	if first == len(text) {
		return nil
	}
	if len(text) <= wholly {
		return [][2]int{{0, len(text)}}
	}
	var out [][2]int
	for total := 0; first < len(text) && total < maxNearby; {
		from := bytes.LastIndexByte(text[:first], '\n') + 1
		to := lineEnd(text, lineEnd(text, first)+1)
		to = min(to, from+maxNearby-total)
		if n := len(out); n > 0 && from <= out[n-1][1] {
			total += max(0, to-out[n-1][1])
			out[n-1][1] = max(to, out[n-1][1])
		} else {
			out = append(out, [2]int{from, to})
			total += to - from
		}
		at := max(first+1, to)
		first = len(text)
		for i := range next {
			if next[i] < at {
				next[i] = after(text, at, f.needs[i])
			}
			first = min(first, next[i])
		}
	}
	return out
}

// after gives where s stands in text from an offset on; the length of the text when it does not.
func after(text []byte, from int, s string) int {
	if from >= len(text) {
		return len(text)
	}
	if i := bytes.Index(text[from:], []byte(s)); i >= 0 {
		return from + i
	}
	return len(text)
}

// lineEnd gives the end of the line at an offset.
func lineEnd(text []byte, from int) int {
	return after(text, min(from, len(text)), "\n")
}

// head gives the beginning of a text, as much as it takes to tell what it is.
func head(text []byte) []byte { return text[:min(len(text), wholly/16)] }
