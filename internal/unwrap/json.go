package unwrap

import (
	"bytes"
	"errors"
	"strconv"
	"strings"

	"github.com/ssoctl/ssoctl/internal/source"
)

// maxJSON bounds a JSON document that is no HAR, in bytes.
const maxJSON = 16 << 20

// json opens JSON: a HAR, a trace of SAML-tracer, an OIDC document, or anything with messages in its texts.
func (o *opener) json(p piece) bool {
	if !bytes.HasPrefix(p.data, []byte("{")) && !bytes.HasPrefix(p.data, []byte("[")) {
		return false
	}
	if found, is := o.har(p); is {
		return found
	}
	if len(p.data) > maxJSON {
		o.refused = "JSON of more than " + itoa(maxJSON>>20) + " MiB that is no HAR"
		return false
	}
	doc, err := source.ParseJSON(o.name, bytes.TrimRight(p.data, " \t\r\n,;"))
	if err != nil {
		var placed *source.Error
		if errors.As(err, &placed) && strings.Contains(placed.Msg, "ends too early") {
			return o.cutJSON(p)
		}
		return false
	}
	return o.node(p, doc.Root, "", 0)
}

// cutJSON opens JSON that was not copied to its end: what can be told of it is said, for OIDC documents.
func (o *opener) cutJSON(p piece) bool {
	kind := jsonKind(func(name string) bool { return bytes.Contains(p.data, []byte(`"`+name+`"`)) })
	if kind != KindDiscovery && kind != KindJWKS {
		return false
	}
	return o.add(p.note(NoteCut+": the JSON ends early"), kind, p.data)
}

// jsonKind tells an OIDC document by the members of its object.
func jsonKind(has func(string) bool) string {
	switch {
	case has("authorization_endpoint") && (has("issuer") || has("token_endpoint")), has("issuer") && (has("jwks_uri") || has("token_endpoint")):
		return KindDiscovery
	case has("keys"):
		return KindJWKS
	case has("kty"):
		return KindJWK
	case has("access_token"), has("id_token"):
		return KindTokenResponse
	case has("error") && (has("error_description") || has("error_uri") || has("error_codes")):
		return KindOAuthError
	case has("active") && (has("client_id") || has("token_type") || has("scope") || has("exp")):
		return KindIntrospection
	case has("sub") && (has("iss") || has("aud") || has("exp")):
		return KindClaims
	case has("sub"):
		return KindUserinfo
	}
	return ""
}

// node opens one value of a JSON document and reports whether anything was found in it.
func (o *opener) node(p piece, n *source.Node, path string, depth int) bool {
	if depth > 32 || len(o.docs) > maxHits {
		return false
	}
	switch n.Type {
	case source.Map:
		return o.object(p, n, path, depth)
	case source.List:
		found := false
		for i, item := range n.Items {
			found = o.node(p, item, path+"/"+strconv.Itoa(i), depth+1) || found
		}
		return found
	case source.String:
		return o.jsonText(p, n, path)
	}
	return false
}

func (o *opener) object(p piece, n *source.Node, path string, depth int) bool {
	if depth == 0 {
		if requests := n.Member("requests"); requests != nil && requests.Type == source.List && isTrace(requests) {
			return o.trace(p, requests)
		}
		if n.Member("connections") != nil && n.Member("tool") != nil {
			o.refused = "a recording of ssoctl"
			return false
		}
	}
	in := p
	if p.whole { // inside another wrapping a pointer leads to the text that holds the JSON, and no further
		in.doc.Path, in.doc.Pos = path, n.Pos
		if p.off > 0 {
			in.doc.Pos = within(o.at(p.off), n.Pos)
		}
	}
	if pairs := textMembers(n); carriesSAML(pairs) {
		in.data = []byte(encode(pairs))
		in.quiet = true
		if depth == 0 {
			in = in.within(in.data, "JSON")
		}
		return o.carried(in, pairs, fromJSON)
	}
	if kind := o.objectKind(n); kind != "" {
		return o.oidcObject(in, n, kind, depth)
	}
	found := false
	for _, m := range n.Members {
		found = o.node(p, m.Value, path+"/"+pointer(m.Key), depth+1) || found
	}
	return found
}

// objectKind tells an object by its members; a plain OAuth error needs a code that is one.
func (o *opener) objectKind(n *source.Node) string {
	kind := jsonKind(func(name string) bool { return n.Member(name) != nil })
	if keys := n.Member("keys"); kind == KindJWKS && keys.Type != source.List {
		return ""
	}
	if e := n.Member("error"); kind == "" && e != nil && e.Type == source.String && backChannelErrors[e.Text] {
		return KindOAuthError
	}
	return kind
}

// backChannelErrors are the codes of RFC 6749 §5.2, RFC 6750 §3.1 and RFC 8628 §3.5.
var backChannelErrors = map[string]bool{
	"invalid_request": true, "invalid_client": true, "invalid_grant": true, "unauthorized_client": true, "unsupported_grant_type": true, "invalid_scope": true,
	"invalid_token": true, "insufficient_scope": true, "authorization_pending": true, "slow_down": true, "expired_token": true, "access_denied": true,
	"server_error": true, "temporarily_unavailable": true, "invalid_dpop_proof": true, "use_dpop_nonce": true, "invalid_target": true,
}

// oidcObject adds an OIDC document; inside another one its text is the part of it.
func (o *opener) oidcObject(p piece, n *source.Node, kind string, depth int) bool {
	data := p.data
	if depth > 0 {
		data = marshal(n)
		p.doc.Layers = append(p.doc.Layers[:len(p.doc.Layers):len(p.doc.Layers)], "JSON")
	}
	in := textMembers(n)
	if kind == KindTokenResponse || kind == KindOAuthError {
		p.doc.Params = values(in)
	}
	at := p
	o.add(p, kind, data)
	if kind != KindTokenResponse {
		return true
	}
	for _, f := range in {
		if strings.HasPrefix(f.value, "eyJ") {
			t := at.within([]byte(f.value), "token response")
			t.doc.Params, t.doc.Name, t.quiet = nil, f.name, true
			if m := n.Member(f.name); at.whole && m != nil {
				t.doc.Path, t.doc.Pos = at.doc.Path+"/"+pointer(f.name), m.Pos
			}
			o.token(t)
		}
	}
	return true
}

// jsonText opens a text inside JSON when it looks like something.
func (o *opener) jsonText(p piece, n *source.Node, path string) bool {
	if len(n.Text) < 16 || !hinted([]byte(n.Text)) {
		return false
	}
	in := p.within([]byte(n.Text), "JSON")
	if p.whole {
		in.doc.Path, in.doc.Pos = path, n.Pos
	}
	return o.open(in)
}

// hintLike tells texts that may hold a message: names of parameters, the beginnings of XML, base64 of XML, tokens and PEM.
// hinted reports whether a text looks as if it had a message in it.
func hinted(text []byte) bool {
	return hintLike().Match(text[:min(len(text), wholly)]) || len(text) > wholly && finding(hintLike, "SAML", "wresult", "&lt;", "eyJ", "PHNhbW", "PD94bW", "PFJlc3", "-----BEGIN").match(text)
}

var hintLike = lazily(`SAML|wresult|^\s*<|&lt;|eyJ|PHNhbW|PD94bW|PFJlc3|-----BEGIN|[?&#](code|error|state|id_token|response_type)=|^[A-Za-z0-9+/=_%-]{100,}\s*$`)

func carriesSAML(in []pair) bool {
	for _, p := range in {
		if samlParam(p.name) && len(p.value) > 8 {
			return true
		}
	}
	return false
}

func textMembers(n *source.Node) []pair {
	var out []pair
	for _, m := range n.Members {
		switch m.Value.Type {
		case source.String, source.Number, source.Bool:
			out = append(out, pair{name: m.Key, value: m.Value.Text, raw: m.Value.Text})
		}
	}
	return out
}

// pointer escapes a member's name for a JSON pointer (RFC 6901 §3).
func pointer(name string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
}
