package explain

import (
	"slices"
	"strings"
)

// telling is words that tell what a text is about.
type telling struct {
	begins   []string
	whole    map[string]bool
	phrases  []pattern
	concepts []string
}

func newTelling(words []string) telling {
	a := telling{whole: make(map[string]bool, len(words))}
	for _, c := range words {
		if word, ok := strings.CutPrefix(c, "="); ok {
			a.whole[word] = true
		} else if name, ok := strings.CutPrefix(c, "$"); ok {
			a.concepts = append(a.concepts, name)
		} else if strings.Contains(c, " ") {
			a.phrases = append(a.phrases, compile(0, []string{c})...)
		} else {
			a.begins = append(a.begins, c)
		}
	}
	return a
}

func (a *telling) word(w string) bool {
	return a.whole[w] || a.begin(w)
}

func (a *telling) begin(w string) bool {
	return slices.ContainsFunc(a.begins, func(c string) bool { return strings.HasPrefix(w, c) })
}

// in reports whether a word of the text is one of these, or a phrase or concept is there.
func (a *telling) in(t *text) bool {
	for w := range t.at {
		if a.word(w) {
			return true
		}
	}
	for i := range a.phrases {
		if _, _, ok := t.find(&a.phrases[i]); ok {
			return true
		}
	}
	return slices.ContainsFunc(a.concepts, func(name string) bool { return len(t.concepts[name]) > 0 })
}

// inParts is in for the parts of words, alone and two together: user_oidc, MyOpenIDClient.
func (a *telling) inParts(t *text) bool {
	for i, p := range t.parts {
		if a.begin(p.s) || i+1 < len(t.parts) && t.parts[i+1].word == p.word && a.begin(p.s+t.parts[i+1].s) {
			return true
		}
	}
	return false
}

// many counts for how many of these words or parts of words stand in the text, up to two.
func (a *telling) many(t *text) int {
	first := -1
	for _, p := range t.parts {
		i := slices.IndexFunc(a.begins, func(c string) bool { return strings.HasPrefix(p.s, c) })
		if i >= 0 && first >= 0 && i != first {
			return 2
		}
		if i >= 0 {
			first = i
		}
	}
	return min(first+1, 1)
}

// counts leaves out what could be about anything where the text is not about a login, but for texts of one class that are most of
// what was pasted.
func (e *Engine) counts(t *text, all []hit) []hit {
	if len(all) == 0 {
		return nil
	}
	login := t.login || e.login.in(t) || e.login.inParts(t)
	other := !login && e.other.in(t)
	if login || !other && (e.weak.in(t) || e.hints.many(t) > 1) {
		return all
	}
	own := e.own(t, all)
	var out []hit
	for _, h := range all {
		if !e.vague(h) || !other && (h.sig.Bare || !h.sig.Elsewhere && own[h.sig.Class] >= share(h)) {
			out = append(out, h)
		}
	}
	return out
}

// own gives how much of a text that says something is covered by the texts of each class that count there, 0 to 1. Numbers and stack traces say nothing.
func (e *Engine) own(t *text, all []hit) map[string]float64 {
	says := make([]bool, len(t.words))
	total := 0.0
	for i, w := range t.words {
		if says[i] = !t.frame[i] && !e.noise[w] && strings.Trim(w, "0123456789") != ""; says[i] {
			total++
		}
	}
	out := map[string]float64{}
	seen := map[string]map[int]bool{}
	for _, h := range all {
		if h.sig.Elsewhere {
			continue
		}
		words := h.words
		if !h.p.near {
			words = nil
			for i := h.from; i < h.to; i++ {
				if slices.ContainsFunc(h.p.segments, func(s []string) bool {
					return slices.ContainsFunc(s, func(w string) bool { return fits(w, t.words[i]) })
				}) {
					words = append(words, i)
				}
			}
		}
		if seen[h.sig.Class] == nil {
			seen[h.sig.Class] = map[int]bool{}
		}
		for _, i := range words {
			if says[i] && !seen[h.sig.Class][i] {
				seen[h.sig.Class][i] = true
				out[h.sig.Class] += 1 / total
			}
		}
	}
	return out
}

// share is how much of a text must be covered where it is not about a login: half of it, three quarters where the signature counts only
// in company.
func share(h hit) float64 {
	if h.p.near {
		return 0.5
	}
	if h.sig.Context {
		return 0.749
	}
	return 0.5
}

// vague reports whether a text could be about anything: it is flagged so, or is a few common words.
func (e *Engine) vague(h hit) bool {
	if h.sig.Context || h.p.near {
		return true
	}
	if h.p.count >= 7 || h.p.count >= 4 && h.sig.Weight >= 82 {
		return false
	}
	for _, s := range h.p.segments {
		for _, w := range s {
			if distinct(w) || e.login.word(w) {
				return false
			}
		}
	}
	return true
}

// distinct words are codes: joined by _ or with digits behind letters.
func distinct(w string) bool {
	if strings.Contains(strings.Trim(w, "_"), "_") || len(w) >= 15 {
		return true
	}
	return strings.ContainsAny(w, "0123456789") && strings.ContainsAny(w, "abcdefghijklmnopqrstuvwxyz") && len(w) > 4
}
