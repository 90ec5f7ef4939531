package explain

import (
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/knowledge"
)

// vocabulary finds concepts: notions in all their wordings.
type vocabulary struct {
	words  map[string][]wording // by the first word
	begins map[string][]wording // by the first beginBytes of a word that ends in *
}

// wording is one way to name a concept.
type wording struct {
	name  string
	begin string   // of a word that ends in *
	rest  []string // the words after the first
}

// beginBytes is how long a beginning is at least.
const beginBytes = 3

func newVocabulary(same []knowledge.Concept) *vocabulary {
	v := &vocabulary{words: make(map[string][]wording, 1200), begins: make(map[string][]wording, 300)}
	for _, c := range same {
		for _, w := range c.Words {
			v.add(c.Name, w)
		}
	}
	return v
}

func (v *vocabulary) add(name, phrase string) {
	first, rest, more := strings.Cut(phrase, " ")
	if begin, ok := strings.CutSuffix(first, "*"); ok && len(begin) >= beginBytes {
		v.begins[begin[:beginBytes]] = append(v.begins[begin[:beginBytes]], wording{name, begin, nil})
		return
	}
	w := wording{name: name}
	if more {
		w.rest = strings.Split(rest, " ")
	}
	v.words[first] = append(v.words[first], w)
}

// fill notes where the concepts stand in a text: over its parts, and over whole words that have several.
func (v *vocabulary) fill(t *text) {
	add := func(name string, s spot) {
		if !slices.Contains(t.concepts[name], s) {
			t.concepts[name] = append(t.concepts[name], s)
		}
	}
	for i, p := range t.parts {
		for _, w := range v.words[p.s] {
			if t.runs(w.rest, i+1) {
				add(w.name, spot{i, i + 1 + len(w.rest)})
			}
		}
		v.beginning(p.s, func(name string) { add(name, spot{i, i + 1}) })
		end := i + 1
		for end < len(t.parts) && t.parts[end].word == p.word {
			end++
		}
		if end == i+1 || i > 0 && t.parts[i-1].word == p.word {
			continue
		}
		whole := strings.ReplaceAll(t.words[p.word], "_", "")
		for _, w := range v.words[whole] {
			if len(w.rest) == 0 {
				add(w.name, spot{i, end})
			}
		}
		v.beginning(whole, func(name string) { add(name, spot{i, end}) })
	}
}

func (v *vocabulary) beginning(word string, found func(name string)) {
	if len(word) < beginBytes {
		return
	}
	for _, w := range v.begins[word[:beginBytes]] {
		if strings.HasPrefix(word, w.begin) {
			found(w.name)
		}
	}
}

// runs tells whether words stand one after the other from a part on.
func (t *text) runs(words []string, from int) bool {
	if from+len(words) > len(t.parts) {
		return false
	}
	for i, w := range words {
		if !fits(w, t.parts[from+i].s) {
			return false
		}
	}
	return true
}
