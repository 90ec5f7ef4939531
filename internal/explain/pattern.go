package explain

import (
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/knowledge"
)

// wideGap and narrowGap are how many words may stand for {} and {.}; nearBy is how far words of a ~ text may be from its longest one.
const wideGap, narrowGap, nearBy = 30, 6, 6

// pattern is a text of a signature, cut into words.
type pattern struct {
	owner    int // index of the signature or mark
	segments [][]string
	gaps     []int  // before each segment
	anchor   string // the longest word: the first to look for, and a rare one
	count    int    // words
	length   int    // characters of the words
	begins   bool   // a word with * at its end is in it
	near     bool   // ~: the words in any order, near each other
}

// compile cuts the literal texts of one owner into patterns; texts without a word give none.
func compile(owner int, texts []string) []pattern {
	var out []pattern
	for _, t := range texts {
		p := pattern{owner: owner}
		if rest, ok := strings.CutPrefix(t, "~ "); ok {
			t, p.near = strings.ReplaceAll(rest, " ", "{}"), true
		}
		for i, part := range strings.Split(strings.ReplaceAll(t, "{.}", "{}\x00"), "{}") {
			gap := wideGap
			if strings.HasPrefix(part, "\x00") {
				gap = narrowGap
			}
			if i == 0 {
				gap = 0
			}
			starred := strings.Contains(part, "*")
			ws := knowledge.Words(part)
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
				if len(w) > len(p.anchor) {
					p.anchor = w
				}
			}
		}
		if p.count > 0 {
			out = append(out, p)
		}
	}
	return out
}

// text is what was pasted, cut into words, with the places of each.
type text struct {
	words  []string
	at     map[string][]int
	begins map[string][]int // places of words with a beginning, as asked for
}

func newText(ws []string) *text {
	t := &text{words: ws, at: make(map[string][]int, len(ws)), begins: map[string][]int{}}
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
	if known, ok := t.begins[begin]; ok {
		return known
	}
	var out []int
	for w, at := range t.at {
		if strings.HasPrefix(w, begin) {
			out = append(out, at...)
		}
	}
	slices.Sort(out)
	t.begins[begin] = out
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
	if p.near {
		return t.together(p)
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

// together finds the words of a ~ text in any order, none further than nearBy from the longest.
func (t *text) together(p *pattern) (from, to int, ok bool) {
	for _, at := range t.places(p.anchor) {
		from, to = at, at+1
		ok = true
		for _, s := range p.segments {
			near := -1
			for _, w := range t.places(s[0]) {
				if w >= at-nearBy && w <= at+nearBy {
					near = w
					break
				}
			}
			if ok = near >= 0; !ok {
				break
			}
			from, to = min(from, near), max(to, near+1)
		}
		if ok {
			return from, to, true
		}
	}
	return 0, 0, false
}
