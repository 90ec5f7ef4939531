package unwrap

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"html"
	"strings"

	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/source"
)

// maxBody bounds a body that is redacted rather than dropped, in bytes.
const maxBody = 4 << 20

// body redacts a body by what it is; what is not understood is dropped, and the comment says so. status is 0 for a request.
func (r *redactor) body(media string, body []byte, status int) (text, comment string) {
	trimmed := bytes.TrimSpace(body)
	dropped := fmt.Sprintf("body of %d bytes not kept", len(body))
	switch {
	case len(trimmed) == 0:
		return "", ""
	case len(trimmed) > maxBody:
	case trimmed[0] == '{' || trimmed[0] == '[':
		if out, ok := r.json(trimmed, status); ok {
			return out, ""
		}
	case isHTML(trimmed):
		return r.page(trimmed, status), "of the page only forms and error texts were kept"
	case trimmed[0] == '<':
		if out, ok := r.xml(trimmed); ok {
			return out, ""
		}
	case strings.Contains(media, "x-www-form-urlencoded"), carries(pairsOf(string(trimmed))):
		return r.query(string(trimmed)), ""
	}
	return "", dropped
}

// json redacts a JSON document; ok is false when it does not parse.
func (r *redactor) json(b []byte, status int) (string, bool) {
	doc, err := source.ParseJSON("", b)
	if err != nil {
		return "", false
	}
	r.member(doc.Root, "", status >= 400)
	return string(marshal(doc.Root)), true
}

var (
	discoveryName = lazily(`^(issuer|[a-z_]+_(endpoint|endpoints|uri|supported|iframe|required))$`)
	keyNames      = set("kty", "use", "key_ops", "alg", "kid", "crv", "n", "e", "x", "y", "x5c", "x5t", "x5t#S256")
	constantLike  = lazily(`^[A-Z]+(_[A-Z]+)+$`)
)

// member redacts a value in place. name is that of the member that holds it, also through lists; failed says that the answer, or the
// object, is about an error.
func (r *redactor) member(n *source.Node, name string, failed bool) {
	switch n.Type {
	case source.Map:
		kind := jsonKind(func(m string) bool { return n.Member(m) != nil })
		failed = failed || n.Member("error") != nil
		for i := range n.Members {
			m := &n.Members[i]
			scalar := m.Value.Type != source.Map && m.Value.Type != source.List || kind == KindDiscovery || kind == KindJWK
			if public(kind, m.Key) && scalar {
				r.public(m.Value, kind == KindJWK)
			} else {
				r.member(m.Value, m.Key, failed)
			}
			m.Key = r.name(m.Key)
		}
	case source.List:
		for _, item := range n.Items {
			r.member(item, name, failed)
		}
	case source.String:
		switch {
		case name == "code" && failed && constantLike().MatchString(n.Text):
		case failed && errorNames[name]:
			n.Text = r.kept(n.Text)
		default:
			n.Text = r.param(name, n.Text)
		}
	case source.Number:
		if keptNames[name] || failed && errorNames[name] {
			return
		}
		if safe := r.hide(n.Text); safe != n.Text {
			n.Type, n.Text = source.String, safe
		}
	}
}

// public tells members of documents that anybody may fetch.
func public(kind, name string) bool {
	switch kind {
	case KindDiscovery:
		return discoveryName().MatchString(name) && !evidence.Secret(name)
	case KindJWK:
		return keyNames[name] && !evidence.Secret(name)
	}
	return false
}

// public keeps the values of such a member; addresses in it are redacted as all are.
func (r *redactor) public(n *source.Node, key bool) {
	switch n.Type {
	case source.Map:
		for i := range n.Members {
			r.member(n.Members[i].Value, n.Members[i].Key, false)
		}
	case source.List:
		for _, item := range n.Items {
			r.public(item, key)
		}
	case source.String:
		if key {
			return
		}
		if addressLike().MatchString(n.Text) {
			n.Text = r.url(n.Text)
		} else if len(n.Text) < 20 && !r.known[n.Text] {
			n.Text = r.text(n.Text)
		}
	}
}

// token redacts a token: the header and what says who made it for whom and when stay, the signature goes.
func (r *redactor) token(v string) string {
	parts := strings.Split(v, ".")
	if len(parts) == 3 && safeMark().MatchString(parts[2]) {
		return v
	}
	if len(parts) != 3 {
		return r.hide(v)
	}
	if len(v) >= 8 {
		r.seen[v] = true
	}
	for i, part := range parts[:2] {
		raw, err := base64.RawURLEncoding.DecodeString(part)
		if err != nil {
			return r.hide(v)
		}
		safe, ok := r.json(raw, 0)
		if !ok {
			return r.hide(v)
		}
		parts[i] = base64.RawURLEncoding.EncodeToString([]byte(safe))
	}
	parts[2] = r.pseudonym(v)
	return strings.Join(parts, ".")
}

var errorLike = lazily(`(?i)\b(errors?|invalid|denied|fail(?:ed|ure|s)?|not (?:allowed|authori[sz]ed|assigned|found|valid|recogni[sz]ed|registered|permitted|configured|supported|match)|expired|mismatch|unauthori[sz]ed|forbidden|AADSTS\d+|unable|cannot|could not|can't|couldn't|rejected|missing|unknown|unexpected|wrong|blocked|disabled|trouble)\b`)

// page keeps of a web page its forms, without values, and what it says about an error.
func (r *redactor) page(b []byte, status int) string {
	w := readPage(b)
	var out strings.Builder
	out.WriteString("<html><head><title>")
	if w.title != "" && (status >= 400 || errorLike().MatchString(w.title)) {
		out.WriteString(html.EscapeString(r.text(w.title)))
	}
	out.WriteString("</title></head><body>\n")
	kept := 0
	for line := range strings.Lines(w.text) {
		line = strings.TrimSpace(line)
		if line == "" || kept > maxPage/2 || status < 400 && (len(line) > 600 || !errorLike().MatchString(line)) {
			continue
		}
		kept += len(line)
		out.WriteString("<p>" + html.EscapeString(r.text(line)) + "</p>\n")
	}
	for _, f := range w.forms {
		fmt.Fprintf(&out, "<form method=%q action=\"%s\">\n", strings.ToLower(r.method(f.method)), html.EscapeString(r.url(f.action)))
		for _, field := range f.fields {
			fmt.Fprintf(&out, "<input name=\"%s\" value=\"%s\">\n", html.EscapeString(r.name(field.name)), html.EscapeString(r.param(field.name, field.value)))
		}
		out.WriteString("</form>\n")
	}
	out.WriteString("</body></html>")
	return out.String()
}
