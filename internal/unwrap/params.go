package unwrap

import (
	"bytes"
	"net/url"
	"strings"
)

// pair is one parameter.
type pair struct {
	name, value string
	raw         string // the value as written
	kind        string // of a form's field: type of the input, in lower case; "button" for a button that does not submit
	checked     bool
}

// carrier is where parameters stood.
type carrier int

const (
	fromQuery carrier = iota
	fromFragment
	fromBody
	fromForm
	fromJSON // members of an object: decoded, and of no binding
)

var carrierNames = [...]string{"query string", "fragment", "form body", "", ""}

// samlParam reports whether a parameter of that name carries a SAML or WS-Federation message. Names count by letter case; a misspelt
// one is opened all the same, so that it can be told.
func samlParam(name string) bool {
	switch strings.ToLower(name) {
	case "samlresponse", "samlrequest", "samlart", "wresult":
		return true
	}
	return false
}

// oauthParams are those by which an OIDC message is told.
var oauthParams = map[string]bool{
	"code": true, "error": true, "id_token": true, "access_token": true, "response": true, "response_type": true, "grant_type": true, "request_uri": true,
	"id_token_hint": true, "post_logout_redirect_uri": true, "logout_token": true, "wa": true, "client_assertion": true,
}

// pairsOf reads a query string or form body (WHATWG URL §5.1); what cannot be decoded stays as written.
func pairsOf(raw string) []pair {
	var out []pair
	for part := range strings.SplitSeq(raw, "&") {
		part = strings.TrimPrefix(part, "amp;") // "&amp;" of a page's source
		name, value, ok := strings.Cut(part, "=")
		if !ok && name == "" {
			continue
		}
		p := pair{name: name, value: value, raw: value}
		if n, err := url.QueryUnescape(name); err == nil {
			p.name = n
		}
		if v, err := url.QueryUnescape(value); err == nil {
			p.value = v
		}
		out = append(out, p)
	}
	return out
}

// carries reports whether parameters are those of a message.
func carries(in []pair) bool {
	for _, p := range in {
		if samlParam(p.name) || oauthParams[p.name] {
			return true
		}
	}
	return false
}

func values(in []pair) url.Values {
	out := url.Values{}
	for _, p := range in {
		out[p.name] = append(out[p.name], p.value)
	}
	return out
}

// form opens a query string or form body that is given alone.
func (o *opener) form(p piece) bool {
	if !formLike().Match(p.data) {
		return false
	}
	text, wrapped := joined(p.data)
	text = bytes.TrimLeft(text, "?#&")
	in := pairsOf(string(text))
	if !carries(in) || bytes.ContainsAny(text, "<>") && !bytes.Contains(text, []byte("=<")) {
		return false
	}
	if bytes.IndexByte(text, ' ') >= 0 && !samlParam(in[0].name) { // words: a log line, not a form
		return false
	}
	if wrapped {
		p = p.note(NoteLines)
	}
	from := o.likelyCarrier(p, in)
	p.data = text
	if from == fromQuery {
		p.doc.Query = string(text)
	}
	return o.carried(p, in, from)
}

var formLike = lazily(`^[?#&]?[A-Za-z_][A-Za-z0-9_.~\[\]-]{0,60}=`)

// likelyCarrier tells a query string from a form body when nothing around it does: only the Redirect binding signs with a parameter and
// deflates (SAML Bindings §3.4.4.1).
func (o *opener) likelyCarrier(p piece, in []pair) carrier {
	v := values(in)
	switch {
	case bytes.HasPrefix(p.data, []byte("#")):
		return fromFragment
	case bytes.HasPrefix(p.data, []byte("?")), v.Has("SigAlg"):
		return fromQuery
	case p.doc.Method == "POST", v.Has("grant_type"), v.Has("wresult"):
		return fromBody
	case v.Has("SAMLRequest"), v.Has("SAMLResponse"):
		if o.deflatedParam(v.Get("SAMLRequest") + v.Get("SAMLResponse")) {
			return fromQuery
		}
		return fromBody
	}
	return fromQuery
}

// deflatedParam reports whether a parameter's value is deflated.
func (o *opener) deflatedParam(value string) bool {
	raw, _, ok := unbase64([]byte(value), false)
	if !ok || bytes.HasPrefix(raw, []byte("<")) {
		return false
	}
	_, _, ok = o.inflated(raw)
	return ok
}

// maxMessages is how many SAML parameters of one form or address are opened: it has one.
const maxMessages = 20

// carried opens the messages that parameters carry. p.data is the whole of the parameters as written, or what an OIDC document shall
// hold as its data.
func (o *opener) carried(p piece, in []pair, from carrier) bool {
	if layer := carrierNames[from]; layer != "" {
		p = p.within(p.data, layer)
	}
	found, messages := false, 0
	for i, param := range in {
		if samlParam(param.name) && param.value != "" && messages < maxMessages {
			messages++
			found = o.samlParam(p, in, i, from) || found
		}
	}
	if kind := oauthKind(values(in), from); kind != "" {
		found = o.oauth(p, in, kind) || found
	}
	return found
}

// samlParam opens the value of SAMLRequest, SAMLResponse, SAMLart or wresult. A value that cannot be opened is a document, too.
func (o *opener) samlParam(p piece, all []pair, i int, from carrier) bool {
	param := all[i]
	p.doc.Name = param.name
	switch {
	case param.name == "wresult":
		p.doc.Params = values(all)
		delete(p.doc.Params, "wresult")
	case from == fromJSON:
	case from == fromQuery || from == fromFragment:
		p.doc.Binding = Redirect
	case p.doc.Method == "GET": // a form that is sent by GET ends in a query string
		p.doc.Binding = Redirect
	default:
		p.doc.Binding = POST
	}
	for _, other := range all {
		if other.name == "RelayState" || other.name == "wctx" {
			state := other.value
			p.doc.RelayState = &state
		}
	}
	value := param.value
	if from < fromForm && strings.Contains(param.raw, "+") && !strings.Contains(strings.TrimSpace(param.raw), "<") {
		if plain, err := url.PathUnescape(param.raw); err == nil {
			value = plain
			p = p.note(NotePlus)
		}
	}
	if from >= fromForm || param.raw == value {
		p = p.within([]byte(value), "")
	} else {
		p = p.within([]byte(value), "URL encoding")
	}
	if param.name == "SAMLart" {
		return o.add(p, KindArtifact, []byte(value))
	}
	p.quiet = true
	if o.open(p) {
		return true
	}
	if looksNothing(value) {
		return false
	}
	return o.add(p.note(whyNot(value)), KindUndecodable, []byte(value))
}

// looksNothing tells values that were left out: "…", "<base64>", "xxx".
func looksNothing(value string) bool { return len(strings.Trim(value, ".…xX*<> ")) < 8 }

// whyNot says at which character a value stops being base64.
func whyNot(value string) string {
	for i, c := range value {
		if !strings.ContainsRune("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_= \r\n\t", c) {
			return "neither XML nor base64: " + quoted(c) + " at character " + itoa(i+1)
		}
	}
	return "base64 of something that is neither XML nor deflated XML"
}

// oauthKind tells an OIDC message by its parameters; "" when they are of something else.
func oauthKind(v url.Values, from carrier) string {
	has := func(names ...string) bool {
		for _, n := range names {
			if v.Get(n) != "" {
				return true
			}
		}
		return false
	}
	switch {
	case has("SAMLResponse", "SAMLRequest", "wresult"):
		return ""
	case has("grant_type"):
		return KindTokenRequest
	case has("client_id") && has("response_type", "request", "request_uri"):
		return KindAuthorization
	case has("logout_token"), has("id_token_hint") && !has("client_id", "response_type"), has("post_logout_redirect_uri"):
		return KindLogout
	case has("id_token", "access_token"):
		return KindCallback
	case has("response") && strings.HasPrefix(v.Get("response"), "eyJ"): // JARM
		return KindCallback
	case has("code") && has("state", "iss", "session_state"):
		return KindCallback
	case has("error") && (has("state", "error_description", "error_uri", "iss") || oauthErrors[v.Get("error")]):
		return KindCallback
	case v.Get("wa") == "wsignin1.0" || v.Get("wa") == "wsignout1.0":
		return KindWSFed
	}
	return ""
}

// oauthErrors are the codes of RFC 6749 §4.1.2.1 and OIDC Core §3.1.2.6.
var oauthErrors = map[string]bool{
	"invalid_request": true, "unauthorized_client": true, "access_denied": true, "unsupported_response_type": true, "invalid_scope": true, "server_error": true,
	"temporarily_unavailable": true, "interaction_required": true, "login_required": true, "account_selection_required": true, "consent_required": true,
	"invalid_request_uri": true, "invalid_request_object": true, "request_not_supported": true, "request_uri_not_supported": true, "registration_not_supported": true,
}

// oauth adds an OIDC message, and the tokens in its parameters.
func (o *opener) oauth(p piece, in []pair, kind string) bool {
	msg := p
	msg.doc.Params = values(in)
	data := p.data
	if p.doc.URL != "" && p.doc.Method != "POST" {
		data = []byte(p.doc.URL)
	}
	if p.doc.Form != nil {
		enc := make([]string, 0, len(in))
		for _, f := range in {
			enc = append(enc, url.QueryEscape(f.name)+"="+url.QueryEscape(f.value))
		}
		data = []byte(strings.Join(enc, "&"))
	}
	if kind == KindWSFed || kind == KindCallback {
		for _, f := range in {
			if f.name == "RelayState" || f.name == "wctx" {
				state := f.value
				msg.doc.RelayState = &state
			}
		}
	}
	o.add(msg, kind, data)
	for _, f := range in {
		if strings.HasPrefix(f.value, "eyJ") {
			t := p.within([]byte(f.value), "")
			t.doc.Name, t.quiet = f.name, true
			o.token(t)
		}
	}
	return true
}
