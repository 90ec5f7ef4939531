package unwrap

import (
	"strconv"
	"strings"

	"github.com/ssoctl/ssoctl/internal/source"
)

// isTrace tells an export of SAML-tracer: a list of requests with their method and address.
func isTrace(requests *source.Node) bool {
	for _, r := range requests.Items {
		if r.Member("method") == nil || r.Member("url") == nil {
			return false
		}
	}
	return len(requests.Items) > 0
}

// trace opens an export of SAML-tracer. Its parameters are decoded already; its field "saml" holds the XML, and is used where the
// parameters were masked.
func (o *opener) trace(p piece, requests *source.Node) bool {
	p = p.within(nil, "SAML-tracer")
	p.quiet = true
	found := false
	for i, n := range requests.Items {
		in := p
		in.doc.Entry = i
		base := "/requests/" + strconv.Itoa(i)
		in.doc.Answer = &Answer{Status: number(n.Member("responseStatus"))}
		for _, h := range headerNodes(n.Member("responseHeaders")) {
			switch {
			case strings.EqualFold(h.name, "Location"):
				in.doc.Answer.Location = h.value
			case strings.EqualFold(h.name, "Content-Type"):
				in.doc.Answer.Type = h.value
			case strings.EqualFold(h.name, "Set-Cookie"):
				in.doc.Answer.SetCookies = append(in.doc.Answer.SetCookies, withoutValue(h.value))
			}
		}
		r := request{method: n.Member("method").Str(), url: n.Member("url").Str(), header: headerNodes(n.Member("requestHeaders")), at: base}
		for _, f := range headerNodes(n.Member("post")) {
			r.params = append(r.params, pair{name: f.name, value: f.value, raw: f.value})
		}
		docs := o.collect(func() { o.exchange(in, r) })
		if xml := n.Member("saml").Str(); xml != "" && onlyUndecodable(docs) {
			s := in.within([]byte(xml), "")
			s.doc.Path, s.doc.URL, s.doc.Method = base+"/saml", r.url, r.method
			if len(docs) > 0 {
				s.doc.Name, s.doc.RelayState = docs[0].Name, docs[0].RelayState
			}
			docs = o.collect(func() { o.open(s) })
		}
		found = found || len(docs) > 0
		o.docs = append(o.docs, docs...)
	}
	return found
}

// onlyUndecodable reports whether no SAML message was opened.
func onlyUndecodable(docs []Document) bool {
	for _, d := range docs {
		if d.Kind != KindUndecodable && d.Kind != KindJWT {
			return false
		}
	}
	return true
}

// headerNodes reads a list of {name, value} or of [name, value].
func headerNodes(n *source.Node) []pair {
	if n == nil {
		return nil
	}
	var out []pair
	for _, h := range n.Items {
		switch {
		case h.Type == source.List && len(h.Items) == 2:
			out = append(out, pair{name: h.Items[0].Str(), value: h.Items[1].Str()})
		case h.Type == source.Map:
			out = append(out, pair{name: h.Member("name").Str(), value: h.Member("value").Str()})
		}
	}
	return out
}

func number(n *source.Node) int {
	v, _ := strconv.Atoi(n.Str())
	return v
}
