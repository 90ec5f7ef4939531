package explain

import (
	"slices"
	"strings"
)

// wideGap and narrowGap are how many words may stand for {} and {.}.
const wideGap, narrowGap = 30, 6

// pattern is a text of a signature, cut into words.
type pattern struct {
	owner    int // index of the signature or mark
	segments [][]string
	gaps     []int  // before each segment
	anchor   string // the word that the fewest patterns have: the first to look for
	count    int    // words
	length   int    // characters of the words
	begins   bool   // a word with * at its end is in it
}

// compile cuts the literal texts of one owner into patterns; texts without a word give none.
func compile(owner int, texts []string) []pattern {
	var out []pattern
	for _, t := range texts {
		p := pattern{owner: owner}
		for i, part := range strings.Split(strings.ReplaceAll(t, "{.}", "{}\x00"), "{}") {
			gap := wideGap
			if strings.HasPrefix(part, "\x00") {
				gap = narrowGap
			}
			if i == 0 {
				gap = 0
			}
			starred := strings.Contains(part, "*")
			ws := words(part)
			if len(ws) == 0 {
				continue
			}
			if starred {
				ws[len(ws)-1] += "*"
				p.begins = true
			}
			p.segments, p.gaps = append(p.segments, ws), append(p.gaps, gap)
			for _, w := range ws {
				p.count++
				p.length += len(w) + 1
			}
		}
		if p.count > 0 {
			out = append(out, p)
		}
	}
	return out
}

// anchors gives each pattern the word that is rarest among all of them; of equally rare ones the longest.
func anchors(patterns []pattern) {
	frequency := make(map[string]int, 4*len(patterns))
	for _, p := range patterns {
		for _, s := range p.segments {
			for _, w := range s {
				frequency[w]++
			}
		}
	}
	for i := range patterns {
		p := &patterns[i]
		for _, s := range p.segments {
			for _, w := range s {
				if p.anchor == "" || frequency[w] < frequency[p.anchor] || frequency[w] == frequency[p.anchor] && len(w) > len(p.anchor) {
					p.anchor = w
				}
			}
		}
	}
}

// text is what was pasted, cut into words, with the places of each.
type text struct {
	words []string
	at    map[string][]int
}

func newText(ws []string) *text {
	t := &text{words: ws, at: make(map[string][]int, len(ws))}
	for i, w := range ws {
		t.at[w] = append(t.at[w], i)
	}
	return t
}

func fits(want, have string) bool {
	if begin, ok := strings.CutSuffix(want, "*"); ok {
		return strings.HasPrefix(have, begin)
	}
	return want == have
}

// places gives where a word stands.
func (t *text) places(word string) []int {
	begin, ok := strings.CutSuffix(word, "*")
	if !ok {
		return t.at[word]
	}
	var out []int
	for w, at := range t.at {
		if strings.HasPrefix(w, begin) {
			out = append(out, at...)
		}
	}
	slices.Sort(out)
	return out
}

// find tells whether a pattern is in the text, and from which word to which.
func (t *text) find(p *pattern) (from, to int, ok bool) {
	if !p.begins {
		if len(t.at[p.anchor]) == 0 {
			return 0, 0, false
		}
		for _, s := range p.segments {
			for _, w := range s {
				if len(t.at[w]) == 0 {
					return 0, 0, false
				}
			}
		}
	}
	first := p.segments[0]
	for _, at := range t.places(first[0]) {
		if !t.stands(first, at) {
			continue
		}
		if end, ok := t.follow(p, at+len(first)); ok {
			return at, end, true
		}
	}
	return 0, 0, false
}

// follow finds the other segments one after the other, each within its gap.
func (t *text) follow(p *pattern, from int) (int, bool) {
	for i, s := range p.segments[1:] {
		found := -1
		for at := from; at <= from+p.gaps[i+1] && at+len(s) <= len(t.words); at++ {
			if t.stands(s, at) {
				found = at
				break
			}
		}
		if found < 0 {
			return 0, false
		}
		from = found + len(s)
	}
	return from, true
}

func (t *text) stands(segment []string, at int) bool {
	if at+len(segment) > len(t.words) {
		return false
	}
	for i, w := range segment {
		if !fits(w, t.words[at+i]) {
			return false
		}
	}
	return true
}
