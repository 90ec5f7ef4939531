// Package explain finds out what an error text means: a log line, a web page, JSON, an address with error parameters, a stack trace. The
// texts it knows are data (internal/knowledge/errors); it compares words, so that quoting, escapes and prefixes make no difference.
package explain

import (
	"cmp"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/knowledge"
	"github.com/ssoctl/ssoctl/internal/report"
)

// Engine knows error texts. It may be used by several goroutines.
type Engine struct {
	book    *knowledge.ErrorBook
	classes map[string]*knowledge.ErrorClass
	marks   []pattern
	phrases []pattern // of Context
	begins  []string
	whole   map[string]bool
}

// New makes an engine of what is known.
func New(book *knowledge.ErrorBook) *Engine {
	e := &Engine{book: book, classes: make(map[string]*knowledge.ErrorClass, len(book.Classes))}
	for i := range book.Classes {
		e.classes[book.Classes[i].ID] = &book.Classes[i]
	}
	for i, m := range book.Marks {
		e.marks = append(e.marks, compile(i, m.Words)...)
	}
	e.whole = map[string]bool{}
	for _, c := range book.Context {
		if word, ok := strings.CutPrefix(c, "="); ok {
			e.whole[word] = true
		} else if strings.Contains(c, " ") {
			e.phrases = append(e.phrases, compile(0, []string{c})...)
		} else {
			e.begins = append(e.begins, c)
		}
	}
	return e
}

// Rules are the codes of the rules that find a class's cause by themselves.
func (e *Engine) Rules(class string) []string {
	if c := e.classes[class]; c != nil {
		return c.Rules
	}
	return nil
}

// Query is a text, and what is known beside it. Empty fields: not known.
type Query struct {
	Text     string
	IdP, SP  string            // profile ids
	Protocol string            // oidc | saml
	Name     string            // of the connection, for the command that goes on
	Values   map[string]string // {placeholders} of console paths
	Hide     evidence.Redactor // applied to every value that is quoted
}

// maxCauses is how many readings of one text are given.
const maxCauses = 4

// hit is a signature that was found.
type hit struct {
	sig      *knowledge.Signature
	p        *pattern
	from, to int
	score    float64
}

// Explain gives the causes of an error text, most likely first; none when nothing is recognised.
func (e *Engine) Explain(q Query) report.Explanation {
	raw, cut := shorten(q.Text)
	clear := plain(raw)
	t := newText(knowledge.Words(clear))
	q.IdP, q.SP = e.recognise(t, q)
	hits := e.hits(t, q)
	if q.IdP == "" && len(hits) > 0 && len(hits[0].sig.IdPs) == 1 {
		q.IdP = hits[0].sig.IdPs[0]
	}
	out := report.Explanation{Matches: []report.Cause{}, Cut: cut, IdPName: e.idpName(q.IdP), SPName: e.spName(q.SP)}
	var best float64
	for i, h := range hits {
		if slices.ContainsFunc(out.Matches, func(c report.Cause) bool { return c.ID == h.sig.Class }) {
			continue
		}
		if i == 0 {
			best = h.score
		}
		if len(out.Matches) == maxCauses || h.score < best-45 {
			break
		}
		out.Matches = append(out.Matches, e.cause(h, hits, best, clear, q))
	}
	return out
}

// hits are the signatures in the text, best first. A text of a signature is only looked at when its longest word is there.
func (e *Engine) hits(t *text, q Query) []hit {
	about := e.aboutLogin(t)
	var out []hit
	there := func(word string) bool { return len(t.places(word)) > 0 }
	for i, sig := range e.book.Signatures(there) {
		for n, anchor := range sig.Anchors {
			if !there(anchor) {
				continue
			}
			for _, p := range compile(i, sig.Texts[n:n+1]) {
				if h, ok := e.hit(t, &p, &sig, about); ok {
					h.score = score(h, q)
					out = append(out, h)
				}
			}
		}
	}
	slices.SortStableFunc(out, func(a, b hit) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.from, b.from))
	})
	return out
}

// hit looks for one text. What could be about anything does not count in a text that is about something else.
func (e *Engine) hit(t *text, p *pattern, sig *knowledge.Signature, about bool) (hit, bool) {
	from, to, ok := t.find(p)
	h := hit{sig: sig, p: p, from: from, to: to}
	if !ok || !about && e.vague(h) && !mostOf(t, h) {
		return hit{}, false
	}
	return h, true
}

// score ranks: what the signature says in itself, how long a text it takes to say it, and whether it is of the product at hand.
func score(h hit, q Query) float64 {
	s := float64(h.sig.Weight) + float64(min(h.p.length, 100))/2
	s += product(h.sig.IdPs, q.IdP) + product(h.sig.SPs, q.SP)
	return s
}

func product(of []string, at string) float64 {
	switch {
	case len(of) == 0:
		return 0
	case at == "":
		return -8
	case slices.Contains(of, at):
		return 12
	}
	return -30
}

// vague reports whether a text could be about anything: it is flagged so, or is a few common words.
func (e *Engine) vague(h hit) bool {
	if h.sig.Context {
		return true
	}
	if h.p.count >= 7 || h.p.count >= 4 && h.sig.Weight >= 82 {
		return false
	}
	for _, s := range h.p.segments {
		for _, w := range s {
			if distinct(w) || e.beginsContext(w) {
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

func (e *Engine) beginsContext(w string) bool {
	return e.whole[w] || slices.ContainsFunc(e.begins, func(c string) bool { return strings.HasPrefix(w, c) })
}

// aboutLogin reports whether a word or phrase of the text is about signing in.
func (e *Engine) aboutLogin(t *text) bool {
	for w := range t.at {
		if e.beginsContext(w) {
			return true
		}
	}
	for i := range e.phrases {
		if _, _, ok := t.find(&e.phrases[i]); ok {
			return true
		}
	}
	return false
}

// mostOf reports whether a pattern is most of the text: half of its words, three quarters where the signature counts only in
// company. Numbers and times do not count.
func mostOf(t *text, h hit) bool {
	total := 0
	for _, w := range t.words {
		if strings.Trim(w, "0123456789") != "" {
			total++
		}
	}
	own := 0
	for _, segment := range h.p.segments {
		for _, w := range segment {
			if strings.Trim(w, "0123456789") != "" {
				own++
			}
		}
	}
	if h.sig.Context {
		return 4*own >= 3*total
	}
	return 2*own >= total
}

// recognise tells the products by the text's words, where the query does not name them. The product with the most said about it wins.
func (e *Engine) recognise(t *text, q Query) (idp, sp string) {
	idp, sp = q.IdP, q.SP
	bestIdP, bestSP := 0, 0
	for i := range e.marks {
		p := &e.marks[i]
		if _, _, ok := t.find(p); !ok {
			continue
		}
		m := e.book.Marks[p.owner]
		if m.IdP != "" && q.IdP == "" && p.length > bestIdP {
			idp, bestIdP = m.IdP, p.length
		}
		if m.SP != "" && q.SP == "" && p.length > bestSP {
			sp, bestSP = m.SP, p.length
		}
	}
	return idp, sp
}
