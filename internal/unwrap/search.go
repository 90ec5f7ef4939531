package unwrap

import (
	"bytes"
	"slices"
)

var (
	linkLike    = lazily(`[a-zA-Z][a-zA-Z0-9+.-]{1,20}://[^\s"'<>\\]+`)
	logLike     = lazily(`"?(GET|POST) (/[^\s"]*\?[^\s"]+)`)
	samlLike    = lazily(`\b(SAMLResponse|SAMLRequest|SAMLart|wresult)(\\?["']?\s*(?:=>|%3[dD]|[=:])\s*\\?["']?|["']?[ \t]+|\s*\n\s*["']?)`)
	escapedLike = lazily(`&lt;(?:[A-Za-z_][\w.-]*:)?(?:` + rootNames + `)[\s&/]`)
	slashedLike = lazily(`(?:\\u003c|<)(?:[A-Za-z_][\w.-]*:)?(?:` + rootNames + `)\s[^>]{0,200}=\\+["']`)
	relayLike   = lazily(`\bRelayState\s*[=:]\s*["']?([^\s"'&<>]+)`)
)

// escaped finds elements whose markup is written with HTML entities.
var escaped = finding(escapedLike, "&lt;")

// hit is what was found at one offset.
type hit struct {
	from, to int
	docs     []Document
}

// search finds messages in free text: log lines, tracers' windows, mails. Only what is well told apart is taken.
func (o *opener) search(p piece) bool {
	if p.quiet {
		return false
	}
	var hits []hit
	take := func(from, to int, find func(piece)) {
		for _, h := range hits {
			if from < h.to && to > h.from {
				return
			}
		}
		in := p
		in.data, in.off, in.quiet = p.data[from:to], p.off+from, true
		in = in.note(NoteStray)
		in.depth++
		if p.whole {
			in.doc.Pos = o.at(in.off)
		}
		if docs := o.collect(func() { find(in) }); len(docs) > 0 {
			hits = append(hits, hit{from, to, docs})
		}
	}
	if docs := o.collect(func() { o.elements(p) }); len(docs) > 0 {
		hits = append(hits, hit{0, 0, docs})
	} else if o.rewritten(p) {
		return true
	}
	each := func(f finder, find func(m []int)) {
		for _, m := range f.in(p.data) {
			if o.work -= m[1] - m[0]; o.work < 0 || len(hits) > maxHits {
				return
			}
			find(m)
		}
	}
	each(finding(linkLike, "://"), func(m []int) { take(m[0], m[1], func(in piece) { o.link(in) }) })
	each(finding(logLike, "GET /", "POST /"), func(m []int) {
		take(m[4], m[5], func(in piece) {
			in.doc.URL, in.doc.Method = string(in.data), string(p.data[m[2]:m[3]])
			o.target(in, string(in.data))
		})
	})
	until := 0
	each(finding(samlLike, "SAML", "wresult"), func(m []int) {
		if m[0] >= until {
			until = o.around(p, m, take)
		}
	})
	each(finding(tokenLike, "eyJ"), func(m []int) { take(m[0], m[1], func(in piece) { o.token(in) }) })
	o.settle(p, hits)
	return len(hits) > 0
}

// settle adds what was found, in the order of the text.
func (o *opener) settle(p piece, hits []hit) {
	slices.SortStableFunc(hits, func(a, b hit) int { return a.from - b.from })
	for _, h := range hits {
		o.docs = append(o.docs, h.docs...)
	}
	if !p.whole {
		return
	}
	slices.SortStableFunc(o.docs, func(a, b Document) int {
		if a.Pos.Line != b.Pos.Line {
			return a.Pos.Line - b.Pos.Line
		}
		return a.Pos.Col - b.Pos.Col
	})
}

// link opens an address inside a text; marks that belong to the sentence are left out.
func (o *opener) link(p piece) {
	p.data = bytes.TrimRight(p.data, ".,;:!?)]}'*|")
	p.quiet = true
	if bytes.Contains(p.data, []byte("&amp;")) {
		p.data = bytes.ReplaceAll(p.data, []byte("&amp;"), []byte("&"))
		p = p.note(NoteEntities)
	}
	p.doc.URL, p.doc.Method = string(p.data), "GET"
	o.target(p, string(p.data))
}

// around opens a SAML parameter inside a text, as part of a form body or by its own name and value, and gives the offset behind it.
func (o *opener) around(p piece, m []int, take func(from, to int, find func(piece))) int {
	name, sep := string(p.data[m[2]:m[3]]), p.data[m[4]:m[5]]
	from, to := m[0], m[1]
	if nested := bytes.EqualFold(sep, []byte("%3d")); nested || bytes.Equal(sep, []byte("=")) {
		for from > 0 && formByte(p.data[from-1]) {
			from--
		}
		for to < len(p.data) && formByte(p.data[to]) {
			to++
		}
		if nested {
			take(from, to, func(in piece) { o.percent(in) })
		} else {
			take(from, to, func(in piece) { o.form(in) })
		}
		return to
	}
	for to < len(p.data) && valueByte(p.data[to]) {
		to++
	}
	if to-m[1] < 16 {
		return to
	}
	take(from, to, func(in piece) {
		in.data = in.data[m[1]-m[0]:]
		in.doc.Name = name
		if r := relayLike().FindSubmatch(head(p.data[max(0, from-wholly/32):])); r != nil {
			state := string(r[1])
			in.doc.RelayState = &state
		}
		if name == "SAMLart" {
			o.add(in, KindArtifact, in.data)
			return
		}
		if !o.open(in) && in.doc.URL != "" {
			o.add(in.note(whyNot(string(in.data))), KindUndecodable, in.data)
		}
	})
	return to
}

func formByte(c byte) bool {
	return c > ' ' && c != '"' && c != '\'' && c != '<' && c != '>' && c != '\\' && c != ',' && c != ';' && c != '(' && c != ')' && c != '{' && c != '}' && c != '`' && c != '|'
}

func valueByte(c byte) bool {
	return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '+' || c == '/' || c == '=' || c == '-' || c == '_' || c == '%' || c == '\\'
}

// rewritten searches text whose markup is escaped: HTML entities, or the escapes of JSON and program text.
func (o *opener) rewritten(p piece) bool {
	if escaped.match(p.data) && !p.has(NoteEntities) {
		return o.entities(p)
	}
	if finding(slashedLike, `=\`).match(p.data) && !p.has(NoteEscapes) {
		in := p.within(unescape(p.data), "").note(NoteEscapes)
		return o.open(in)
	}
	return false
}
