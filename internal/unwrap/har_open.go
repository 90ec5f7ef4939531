package unwrap

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
)

// harReader opens the entries of one HAR.
type harReader struct {
	o      *opener
	p      piece
	set    map[string][]string // address that an answer redirected to -> what it set
	shown  []Document          // messages in pages and redirects, which the browser may or may not have sent on
	groups []harGroup
}

type harGroup struct {
	at   time.Time
	docs []Document
}

// har opens a HAR. is reports whether it is one.
func (o *opener) har(p piece) (found, is bool) {
	in := p.within(nil, "HAR")
	in.quiet = true
	r := harReader{o: o, p: in, set: map[string][]string{}}
	before := o.tokens
	o.tokens = map[string]bool{}
	_, err := readHAR(p.data, r.entry)
	if errors.Is(err, errNoHAR) {
		o.tokens = before
		return false, false
	}
	docs := r.documents()
	if err != nil {
		for i := range docs {
			docs[i].Notes = append(slices.Clip(docs[i].Notes), NoteCut+": "+err.Error())
		}
	}
	if len(docs) == 0 {
		o.refused = fmt.Sprintf("a HAR whose %d entries hold no SAML message and no OIDC message", len(r.groups))
		if err != nil {
			o.refused = "a HAR that breaks off: " + err.Error()
		}
	}
	o.docs = append(o.docs, docs...)
	return len(docs) > 0, true
}

// entry opens one exchange.
func (r *harReader) entry(i int, e harEntry) {
	if e.Request.Method == "OPTIONS" {
		r.groups = append(r.groups, harGroup{at: e.began()})
		return
	}
	p := r.p
	p.doc.Entry, p.doc.Sent, p.doc.Answer = i, e.began(), e.answered()
	p.doc.SetEarlier = r.set[e.Request.URL]
	base := fmt.Sprintf("/log/entries/%d/", i)
	req := request{method: e.Request.Method, url: e.Request.URL, at: base + "request"}
	for _, h := range e.Request.Headers {
		req.header = append(req.header, pair{name: h.Name, value: h.Value})
	}
	if b := e.Request.Body; b != nil {
		req.body = b.plain()
		if b.Text == "" {
			for _, f := range b.Params {
				req.params = append(req.params, pair{name: f.Name, value: f.Value, raw: f.Value})
			}
		}
	}
	docs := r.o.collect(func() { r.o.exchange(p, req) })
	for i := range docs {
		if len(docs[i].Cookies) == 0 {
			for _, c := range e.Request.Cookies {
				docs[i].Cookies = append(docs[i].Cookies, c.Name)
			}
		}
	}
	docs = append(docs, r.o.collect(func() { r.response(p, e, base) })...)
	r.groups = append(r.groups, harGroup{e.began(), docs})
}

// response opens what an answer holds: OIDC documents and metadata at once; forms and redirects are kept until it is known whether the
// browser followed them.
func (r *harReader) response(p piece, e harEntry, base string) {
	p.doc.URL, p.doc.Method = e.Request.URL, e.Request.Method
	if to := location(e); to != "" {
		if sets := p.doc.Answer.SetCookies; len(sets) > 0 {
			r.set[to] = sets
		}
		in := p
		in.doc.Path, in.doc.URL, in.doc.Method = base+"response/redirectURL", to, "GET"
		in.doc.Answer, in.doc.SetEarlier = nil, p.doc.Answer.SetCookies
		in = in.within(nil, "redirect")
		r.shown = append(r.shown, r.o.collect(func() { r.o.target(in, to) })...)
	}
	body := bytes.TrimSpace(e.Answer.Content.body())
	p.doc.Path = base + "response/content/text"
	p = p.within(body, "response body")
	if e.Answer.Content.Encoding == "base64" {
		p = p.within(body, "base64")
	}
	switch {
	case len(body) == 0:
	case isHTML(body):
		in := p
		in.doc.Answer = nil
		r.shown = append(r.shown, r.o.collect(func() { r.o.page(in) })...)
	case body[0] == '<':
		r.documentsOf(p, func(k string) bool { return k != KindXML })
	case body[0] == '{':
		userinfo := strings.HasPrefix(headOf(e.Request.Headers, "Authorization"), "Bearer ") && strings.Contains(strings.ToLower(e.Request.URL), "userinfo")
		r.documentsOf(p, func(k string) bool {
			return k != KindUserinfo && k != KindClaims && k != KindJWK || userinfo
		})
	}
}

// documentsOf opens a body and keeps documents of the kinds that are wanted; the answers of applications' own interfaces are not.
func (r *harReader) documentsOf(p piece, want func(string) bool) {
	docs := r.o.collect(func() { r.o.open(p) })
	grant := slices.ContainsFunc(docs, func(d Document) bool { return d.Kind == KindTokenResponse })
	for _, d := range docs {
		if want(d.Kind) && (grant || d.Kind != KindJWT && d.Kind != KindJWE) {
			r.o.docs = append(r.o.docs, d)
		}
	}
}

func location(e harEntry) string {
	to := e.Answer.Redirect
	if to == "" {
		to = headOf(e.Answer.Headers, "Location")
	}
	base, err := url.Parse(e.Request.URL)
	if to == "" || err != nil {
		return to
	}
	ref, err := base.Parse(to)
	if err != nil || ref.IsAbs() && strings.Contains(to, "://") {
		return to // octet for octet
	}
	return ref.String()
}

// answered sums up the answer of an entry.
func (e harEntry) answered() *Answer {
	a := &Answer{Status: int(e.Answer.Status), Location: location(e), Type: e.Answer.Content.Type, Blocked: e.Answer.Failure}
	for _, h := range e.Answer.Headers {
		if strings.EqualFold(h.Name, "Set-Cookie") {
			for line := range strings.SplitSeq(h.Value, "\n") { // Firefox joins several
				a.SetCookies = append(a.SetCookies, withoutValue(line))
			}
		}
	}
	if len(a.SetCookies) == 0 {
		for _, c := range e.Answer.Cookies {
			a.SetCookies = append(a.SetCookies, c.Name)
		}
	}
	if kind := strings.ToLower(a.Type); strings.Contains(kind, "html") {
		w := readPage(e.Answer.Content.body())
		a.Page = w.text
		if w.title != "" && !strings.HasPrefix(w.text, w.title) {
			a.Page = strings.TrimSpace(w.title + "\n" + w.text)
		}
	} else if strings.Contains(kind, "json") || strings.HasPrefix(kind, "text/plain") || strings.Contains(kind, "xml") {
		a.Page = tidy(string(e.Answer.Content.body()))
	}
	return a
}

// withoutValue gives a Set-Cookie line without the cookie's value.
func withoutValue(line string) string {
	pairText, attrs, ok := strings.Cut(line, ";")
	name, _, _ := strings.Cut(pairText, "=")
	if !ok {
		return strings.TrimSpace(name)
	}
	return strings.TrimSpace(name) + ";" + attrs
}

// documents puts everything in the order of time and joins forms with the requests that the browser made of them.
func (r *harReader) documents() []Document {
	slices.SortStableFunc(r.groups, func(a, b harGroup) int { return a.at.Compare(b.at) })
	var out []Document
	for _, g := range r.groups {
		out = append(out, g.docs...)
	}
	sent := map[string]int{}
	for i, d := range out {
		if _, ok := sent[identity(d)]; !ok {
			sent[identity(d)] = i
		}
	}
	for _, d := range r.shown {
		i, ok := sent[identity(d)]
		if !ok { // shown and never sent
			sent[identity(d)] = len(out)
			out = append(out, d)
		} else if out[i].Form == nil {
			out[i].Form = d.Form
		}
	}
	slices.SortStableFunc(out, func(a, b Document) int {
		if c := a.Sent.Compare(b.Sent); c != 0 {
			return c
		}
		return a.Entry - b.Entry
	})
	return dropRepeats(out)
}

func identity(d Document) string { return d.Kind + "\x00" + string(d.Data) }

// dropRepeats leaves out documents that were fetched again without a change: discovery, key sets, metadata. Messages stay, since one
// that is sent twice is worth knowing; but for a request that an IdP carries along from one of its own pages to the next.
func dropRepeats(docs []Document) []Document {
	seen := map[string]bool{}
	return slices.DeleteFunc(docs, func(d Document) bool {
		name := identity(d)
		if d.Kind == KindRequest {
			if u, err := url.Parse(d.URL); err == nil {
				name += "\x00" + strings.ToLower(u.Host)
			}
			again := seen[name]
			seen[name] = true
			return again
		}
		if d.Kind != KindDiscovery && d.Kind != KindJWKS && d.Kind != KindMetadata && d.Kind != KindUserinfo {
			return false
		}
		again := seen[name]
		seen[name] = true
		return again
	})
}
