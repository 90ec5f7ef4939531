package explain

import (
	"strings"

	"github.com/ssoctl/ssoctl/internal/knowledge"
)

// wideGap and narrowGap are how many words may stand for {} and {.}.
const wideGap, narrowGap = 30, 6

// pattern is a text of a signature, cut into words.
type pattern struct {
	owner    int // index of the signature or mark
	segments [][]string
	gaps     []int  // before each segment
	anchor   string // the longest word: the first to look for, and a rare one
	count    int    // words
	said     int    // those that are no numbers
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
			out = append(out, compileNear(owner, rest))
			continue
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
				if strings.Trim(w, "0123456789") != "" {
					p.said++
				}
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

// compileNear makes a pattern of the words of a ~ text, which may be $names of concepts.
func compileNear(owner int, words string) pattern {
	p := pattern{owner: owner, near: true}
	for w := range strings.FieldsSeq(words) {
		w = strings.ToLower(w)
		p.segments = append(p.segments, []string{w})
		p.count++
		if w != negation {
			p.length += nearLength
		}
	}
	p.anchor = p.segments[0][0]
	return p
}

// negation is the concept of not, which says little by itself.
const negation = "$not"

// nearLength is what each word of a ~ text counts for, in characters: how long the word is that is there says nothing.
const nearLength = 10

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
