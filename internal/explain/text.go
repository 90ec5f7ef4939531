package explain

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ssoctl/ssoctl/internal/knowledge"
)

// A word is three steps from the next, a character of a script without blanks one, and a line begins some words further on.
const wordStep, characterStep, lineStep = 3, 1, 15

// text is what was pasted, cut into words, with the places of each.
type text struct {
	words    []string
	at       map[string][]int
	begins   map[string][]int // places of words with a beginning, as asked for
	steps    []int            // how far in the text each word stands
	frame    []bool           // the word is in a line of a stack trace
	login    bool             // it is known to be about a login
	code     map[int]bool     // the word is a code that is known
	parts    []part
	partAt   map[string][]int // indexes of parts
	concepts map[string][]spot
}

// part is a part of a word: words are parted at _ and where a capital begins.
type part struct {
	s    string
	word int
}

// spot is where a word of a ~ text stands: from part to part.
type spot struct{ from, to int }

func newText(clear string, same *vocabulary) *text {
	n := len(clear) / 6
	t := &text{words: make([]string, 0, n), at: make(map[string][]int, n), begins: map[string][]int{}, partAt: make(map[string][]int, n), concepts: map[string][]spot{}, code: map[int]bool{}}
	step, before, frame, address := 0, 0, frameLine(clear), 0
	knowledge.EachWord(clear, func(start, end int) {
		if i := strings.LastIndexByte(clear[before:start], '\n'); i >= 0 {
			step += lineStep
			frame = frameLine(clear[before+i+1:])
		}
		before = end
		if strings.HasPrefix(clear[end:], "://") {
			address = end + addressEnd(clear[end:])
		}
		w := knowledge.Fold(clear[start:end])
		i := len(t.words)
		t.words, t.steps, t.frame = append(t.words, w), append(t.steps, step), append(t.frame, frame)
		t.at[w] = append(t.at[w], i)
		if !frame && end > address {
			t.part(clear[start:end], i)
		}
		if end <= address { // an address is one word
			return
		}
		if r, size := utf8.DecodeRuneInString(w); size == len(w) && r > 0x2e80 {
			step += characterStep
		} else {
			step += wordStep
		}
	})
	for i, p := range t.parts {
		t.partAt[p.s] = append(t.partAt[p.s], i)
	}
	same.fill(t)
	return t
}

// addressEnd gives how long the rest of an address is, up to its parameters: its path tells no error.
func addressEnd(s string) int {
	if i := strings.IndexAny(s, "?#&;,()<>\"' \t\r\n"); i >= 0 {
		return i
	}
	return len(s)
}

// frameLine tells whether a text begins with a line of a stack trace.
func frameLine(s string) bool {
	if i := strings.IndexByte(s, '\n'); i >= 0 {
		s = s[:i]
	}
	s = strings.TrimSpace(s)
	if rest, ok := strings.CutPrefix(s, "at "); ok {
		return strings.ContainsAny(rest, "(:.")
	}
	return strings.HasPrefix(s, `File "`) || strings.HasPrefix(s, "#") && len(s) > 2 && s[1] >= '0' && s[1] <= '9' && strings.Contains(s, "(") || strings.Contains(s, ":in `")
}

// maxParted bounds the words that are parted: longer ones are no names.
const maxParted = 60

// part adds the parts of a word: user_oidc, InvalidAudience.
func (t *text) part(word string, i int) {
	from := len(t.parts)
	if len(word) <= maxParted {
		for piece := range strings.SplitSeq(word, "_") {
			for len(piece) > 0 {
				n := hump(piece)
				t.parts = append(t.parts, part{knowledge.Fold(piece[:n]), i})
				piece = piece[n:]
			}
		}
	}
	if len(t.parts) == from {
		t.parts = append(t.parts, part{knowledge.Fold(word), i})
	}
}

// hump gives how long the first part of a word with capitals is: Invalid|Audience, SAML|Response; no part has only one letter.
func hump(s string) int {
	for i := 1; i < len(s); i++ {
		if !upper(s[i]) || i < 2 || i == len(s)-1 {
			continue
		}
		if !upper(s[i-1]) || !upper(s[i+1]) && unicode.IsLetter(rune(s[i+1])) && s[i+1] < utf8.RuneSelf {
			return i
		}
	}
	return len(s)
}

func upper(b byte) bool { return 'A' <= b && b <= 'Z' }

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

// has tells whether an anchor is there: a word, $name of a concept, ~word of a ~ text.
func (t *text) has(anchor string) bool {
	if anchor != "" && (anchor[0] == '$' || anchor[0] == '~') {
		return len(t.spots(strings.TrimPrefix(anchor, "~"))) > 0
	}
	return len(t.places(anchor)) > 0
}

// spots gives where a word of a ~ text stands.
func (t *text) spots(word string) []spot {
	if name, ok := strings.CutPrefix(word, "$"); ok {
		return t.concepts[name]
	}
	if known, ok := t.concepts["~"+word]; ok {
		return known
	}
	var out []spot
	if begin, ok := strings.CutSuffix(word, "*"); ok {
		for i, p := range t.parts {
			if strings.HasPrefix(p.s, begin) {
				out = append(out, spot{i, i + 1})
			}
		}
	} else {
		for _, i := range t.partAt[word] {
			out = append(out, spot{i, i + 1})
		}
	}
	for _, at := range t.places(word) {
		if s, ok := t.whole(at); ok && s.to > s.from+1 {
			out = append(out, s)
		}
	}
	t.concepts["~"+word] = out
	return out
}

// whole is the spot of a whole word; words of a stack trace have none.
func (t *text) whole(word int) (spot, bool) {
	from, ok := slices.BinarySearchFunc(t.parts, word, func(p part, w int) int { return p.word - w })
	to := from
	for to < len(t.parts) && t.parts[to].word == word {
		to++
	}
	return spot{from, to}, ok
}

// distance is how far two spots are apart, in steps.
func (t *text) distance(a, b spot) int {
	if a.from > b.from {
		a, b = b, a
	}
	return max(0, t.steps[t.parts[b.from].word]-t.steps[t.parts[a.to-1].word])
}
