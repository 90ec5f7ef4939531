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
	same    *vocabulary

	login, weak, hints, other telling         // what a text is about
	noise                     map[string]bool // words that say nothing
}

// New makes an engine of what is known.
func New(book *knowledge.ErrorBook) *Engine {
	e := &Engine{book: book, classes: make(map[string]*knowledge.ErrorClass, len(book.Classes)), same: newVocabulary(book.Same), noise: map[string]bool{}}
	for i := range book.Classes {
		e.classes[book.Classes[i].ID] = &book.Classes[i]
	}
	for i, m := range book.Marks {
		e.marks = append(e.marks, compile(i, m.Words)...)
	}
	e.login, e.weak, e.hints, e.other = newTelling(book.Tells.Context), newTelling(book.Tells.Weak), newTelling(book.Tells.Hints), newTelling(book.Tells.Elsewhere)
	for _, w := range book.Tells.Noise {
		e.noise[w] = true
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
	Returns  []string          // addresses that the SP has answers sent to: callbacks, ACS URLs
	Hide     evidence.Redactor // applied to every value that is quoted
}

// maxCauses is how many readings of one text are given.
const maxCauses = 4

// hit is a signature that was found.
type hit struct {
	sig      *knowledge.Signature
	p        *pattern
	from, to int
	words    []int // those that a ~ text covers
	score    float64
}

// Explain gives the causes of an error text, most likely first; none when nothing is recognised.
func (e *Engine) Explain(q Query) report.Explanation {
	if out, ok := e.named(q); ok {
		return out
	}
	raw, cut := shorten(q.Text)
	clear := plain(raw)
	t := newText(clear, e.same)
	t.login = q.IdP != "" || q.SP != "" || q.Name != ""
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

// named explains a class by its id, and a troubleshooting entry of the SP at hand, or of the only one that has it, by its.
func (e *Engine) named(q Query) (report.Explanation, bool) {
	id := strings.TrimSpace(q.Text)
	class, sig := strings.ToUpper(strings.ReplaceAll(id, "-", "_")), knowledge.Signature{Weight: standsFor}
	for _, sp := range e.book.SPs {
		for _, en := range sp.Entries {
			if strings.EqualFold(en.ID, id) && (q.SP == "" || q.SP == sp.ID) {
				class, sig.Entry, sig.SPs = en.Class, en.ID, []string{sp.ID}
				q.SP = sp.ID
			}
		}
	}
	if e.classes[class] == nil {
		return report.Explanation{}, false
	}
	sig.Class = class
	h := hit{sig: &sig, p: &pattern{count: 3}}
	return report.Explanation{Matches: []report.Cause{e.cause(h, []hit{h}, 0, "", q)}, IdPName: e.idpName(q.IdP), SPName: e.spName(q.SP)}, true
}

// standsFor is the weight of a class that was named.
const standsFor = 100

// hits are the signatures in the text, best first. A text of a signature is only looked at when its anchor is there. The ~ texts come
// last: what is part of a known code is no word of theirs.
func (e *Engine) hits(t *text, q Query) []hit {
	var all []hit
	sigs := e.book.Signatures(t.has)
	for _, near := range []bool{false, true} {
		for i, sig := range sigs {
			for n, anchor := range sig.Anchors {
				if strings.HasPrefix(sig.Texts[n], "~ ") != near || !t.has(anchor) {
					continue
				}
				for _, p := range compile(i, sig.Texts[n:n+1]) {
					if h, ok := t.hit(&p, &sigs[i]); ok {
						h.score = score(h, q)
						all = append(all, h)
					}
				}
			}
		}
		for _, h := range all {
			if by(h) == "code" && !near {
				t.code[h.from] = true
			}
		}
	}
	out := e.counts(t, all)
	rank(out)
	slices.SortStableFunc(out, func(a, b hit) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.from, b.from))
	})
	return out
}

// hit looks for one text.
func (t *text) hit(p *pattern, sig *knowledge.Signature) (hit, bool) {
	h := hit{sig: sig, p: p}
	if p.near {
		spots, ok := t.together(p)
		if ok {
			h.words = t.covered(spots)
			h.from, h.to = h.words[0], h.words[len(h.words)-1]+1
		}
		return h, ok
	}
	from, to, ok := t.find(p)
	h.from, h.to = from, to
	return h, ok
}

// score ranks: what the signature says in itself, how long a text it takes to say it, and whether it is of the product at hand.
func score(h hit, q Query) float64 {
	s := float64(h.sig.Weight) + float64(min(h.p.length, 100))/2 + product(h.sig.IdPs, q.IdP) + product(h.sig.SPs, q.SP)
	if h.sig.Wrapper {
		return min(s, wrapperScore)
	}
	return s
}

// wrapperScore is the most that a wrapper gets: a text beside it that says what went wrong gets more.
const wrapperScore = 66

// maxHelp and helpEach are what further ~ texts of its class add to one.
const maxHelp, helpEach = 6, 2

// rank lets ~ texts of one class help each other; words that stand closer together say more.
func rank(hits []hit) {
	help := map[string]float64{}
	for i := range hits {
		if hits[i].p.near {
			help[hits[i].sig.Class] += helpEach
		}
	}
	for i := range hits {
		if h := &hits[i]; h.p.near {
			h.score += min(help[h.sig.Class]-helpEach, maxHelp) - float64(h.to-h.from-len(h.words))/2
		}
	}
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
