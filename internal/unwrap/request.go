package unwrap

import (
	"bytes"
	"net/url"
	"strings"
)

// request is an HTTP request, wherever it was found.
type request struct {
	method, url string
	header      []pair
	body        []byte
	params      []pair // of the body, when only its decoded parameters are known
	at          string // JSON pointer of the request, in a HAR or trace
}

func (r request) head(name string) string {
	for _, h := range r.header {
		if strings.EqualFold(h.name, name) {
			return h.value
		}
	}
	return ""
}

// exchange opens what a request carries: parameters of its address, its body, the token of its Authorization header.
func (o *opener) exchange(p piece, r request) bool {
	p.doc.URL, p.doc.Method = r.url, r.method
	if p.doc.Method == "" {
		p.doc.Method = "GET"
		if len(r.body) > 0 || len(r.params) > 0 {
			p.doc.Method = "POST"
		}
	}
	p.doc.Cookies = cookieNames(r)
	at := func(part string) piece {
		in := p
		if r.at != "" {
			in.doc.Path = r.at + part
		}
		return in
	}
	found := o.target(at("/url"), r.url)
	found = o.payload(at("/postData/text"), r) || found
	if auth := r.head("Authorization"); auth != "" {
		t := at("/headers").within([]byte(auth), "")
		t.quiet = true
		found = o.token(t) || found
	}
	return found
}

// target opens the query and the fragment of an address.
func (o *opener) target(p piece, address string) bool {
	address, fragment, _ := strings.Cut(address, "#")
	_, query, _ := strings.Cut(address, "?")
	found := false
	if in := pairsOf(query); carries(in) {
		q := p
		q.doc.Query, q.data = query, []byte(query)
		found = o.carried(q, in, fromQuery)
	}
	if in := pairsOf(fragment); carries(in) {
		q := p
		q.data = []byte(fragment)
		found = o.carried(q, in, fromFragment) || found
	}
	return found
}

// payload opens the body of a request.
func (o *opener) payload(p piece, r request) bool {
	switch {
	case len(r.body) == 0 && len(r.params) == 0:
		return false
	case len(r.body) == 0:
		p.data = []byte(encode(r.params))
		return carries(r.params) && o.carried(p, r.params, fromForm)
	}
	body := bytes.TrimSpace(r.body)
	if in := pairsOf(string(body)); carries(in) && formLike().Match(body) {
		p.data = body
		return o.carried(p, in, fromBody)
	}
	if !bytes.Contains(body, []byte("SAML")) && !bytes.Contains(body, []byte("wresult")) && !bytes.HasPrefix(body, []byte("{")) && !bytes.HasPrefix(body, []byte("<")) {
		return false
	}
	if in := multipart(body); carries(in) {
		p.data = body
		return o.carried(p.within(body, "multipart form"), in, fromForm)
	}
	in := p.within(body, "request body")
	in.quiet = r.at != ""
	return o.open(in)
}

func encode(in []pair) string {
	parts := make([]string, len(in))
	for i, f := range in {
		parts[i] = url.QueryEscape(f.name) + "=" + url.QueryEscape(f.value)
	}
	return strings.Join(parts, "&")
}

// multipart reads the text fields of a multipart/form-data body (RFC 7578); the boundary is the body's first line.
func multipart(body []byte) []pair {
	first, _, ok := bytes.Cut(body, []byte("\n"))
	boundary := bytes.TrimRight(first, "\r")
	if !ok || len(boundary) < 4 || !bytes.HasPrefix(boundary, []byte("--")) {
		return nil
	}
	var out []pair
	for part := range bytes.SplitSeq(body, boundary) {
		head, content, ok := bytes.Cut(bytes.ReplaceAll(part, []byte("\r\n"), []byte("\n")), []byte("\n\n"))
		m := dispositionName().FindSubmatch(head)
		if ok && m != nil {
			value := string(bytes.TrimSuffix(content, []byte("\n")))
			out = append(out, pair{name: string(m[1]), value: value, raw: value})
		}
	}
	return out
}

var dispositionName = lazily(`(?i)content-disposition:[^\n]*\bname="([^"]*)"`)

func cookieNames(r request) []string {
	var names []string
	for _, h := range r.header {
		if !strings.EqualFold(h.name, "Cookie") {
			continue
		}
		for c := range strings.SplitSeq(h.value, ";") {
			if name, _, _ := strings.Cut(strings.TrimSpace(c), "="); name != "" {
				names = append(names, name)
			}
		}
	}
	return names
}

var (
	addressLike = lazily(`^[a-zA-Z][a-zA-Z0-9+.-]{1,40}:/`)
	httpLike    = lazily(`(?m)^(GET|POST|PUT|HEAD) (\S+)(?: HTTP/[0-9.]+)?[ \t]*\r?$`)
	headerLike  = lazily(`^:?[A-Za-z][A-Za-z0-9-]*:`)
)

// address opens an address that is given alone, also when it was wrapped into lines.
func (o *opener) address(p piece) bool {
	if !oneWord(p.data) || !addressLike().Match(p.data) {
		return false
	}
	text, wrapped := joined(p.data)
	if wrapped {
		p = p.note(NoteLines)
	}
	if bytes.Contains(text, []byte("&amp;")) {
		text = bytes.ReplaceAll(text, []byte("&amp;"), []byte("&"))
		p = p.note(NoteEntities)
	}
	p.doc.URL, p.doc.Method = string(text), "GET"
	return o.target(p, string(text)) || o.alone(p, string(text))
}

// alone opens an address that is given alone and has a code or an error: among other requests that would say too little.
func (o *opener) alone(p piece, address string) bool {
	address, fragment, _ := strings.Cut(address, "#")
	_, query, _ := strings.Cut(address, "?")
	for _, part := range []string{query, fragment} {
		in := pairsOf(part)
		if v := values(in); v.Get("code") != "" || v.Get("error") != "" {
			return o.oauth(p, in, KindCallback)
		}
	}
	return false
}

// http opens HTTP requests as proxies and SAML tracers show them: request line, header lines, blank line, body.
func (o *opener) http(p piece) bool {
	found := false
	starts := finding(httpLike, "GET ", "POST ", "PUT ", "HEAD ").in(p.data)
	if len(starts) == 0 || starts[0][0] > 0 && p.quiet {
		return false
	}
	for i, m := range starts {
		end := len(p.data)
		if i+1 < len(starts) {
			end = starts[i+1][0]
		}
		r := request{method: string(p.data[m[2]:m[3]]), url: string(p.data[m[4]:m[5]])}
		rest := o.headers(&r, bytes.TrimLeft(p.data[m[1]:end], "\r\n"))
		if host := r.head("Host"); strings.HasPrefix(r.url, "/") && host != "" {
			r.url = "https://" + host + r.url
		}
		if !strings.Contains(r.url, "/") {
			continue // two words of a text
		}
		in := p.within(p.data[m[0]:end], "HTTP request")
		in.quiet = false
		if p.whole {
			in.doc.Pos = o.at(p.off + m[0])
		}
		if answer := answerLine().FindIndex(rest); answer != nil {
			after := rest[answer[0]:]
			rest = rest[:answer[0]]
			if tail := parametersLike().FindIndex(after); tail != nil { // a tracer lists parameters behind the answer
				rest = append(rest[:len(rest):len(rest)], after[tail[0]:]...)
			}
		}
		r.body = bytes.TrimSpace(rest)
		found = o.exchange(in, r) || found
	}
	return found
}

var (
	answerLine     = lazily(`(?m)^HTTP/[0-9.]+ \d{3}`)
	parametersLike = lazily(`(?m)^(GET|POST)\s*$|^SAML(Response|Request|art)\s*[:=]`)
)

// headers reads header lines and gives what follows them.
func (o *opener) headers(r *request, text []byte) []byte {
	for len(text) > 0 {
		line, rest, _ := bytes.Cut(text, []byte("\n"))
		line = bytes.TrimRight(line, "\r")
		if len(line) == 0 {
			return rest
		}
		if !headerLike().Match(line) {
			return text
		}
		name, value, _ := bytes.Cut(bytes.TrimPrefix(line, []byte(":")), []byte(":"))
		r.header = append(r.header, pair{name: string(name), value: strings.TrimSpace(string(value))})
		text = rest
	}
	return nil
}
