package evidence

import (
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/xmltree"
)

// Redactor hides what is secret or personal in single values, with the same pseudonyms for equal values. The zero Redactor shows
// everything as it is.
type Redactor struct {
	key  []byte
	veil map[string]string
}

// NewRedactor makes a redactor with a random key, which is not kept.
func NewRedactor(key []byte) Redactor { return Redactor{key: key} }

func (r Redactor) inner() redactor { return redactor{key: r.key, veil: r.veil} }

func (r Redactor) hides() bool { return len(r.key) > 0 }

// protocolClaims say who made a token for whom, when and how; they name no person and open nothing.
var protocolClaims = []string{"iss", "aud", "azp", "client_id", "exp", "iat", "nbf", "auth_time", "acr", "amr", "typ", "alg", "kid", "cty", "crit", "enc", "scope", "scp", "ver", "tid", "token_use",
	"email_verified", "phone_number_verified", "locale", "zoneinfo", "_claim_names", "_claim_sources", "hasgroups", "at_hash", "c_hash", "s_hash", "updated_at", "events", "jku", "x5t", "x5t#S256", "hd"}

// Claims gives the claims of a token, or the header, as they may be shown.
func (r Redactor) Claims(claims map[string]any) map[string]any {
	if !r.hides() {
		return claims
	}
	out := make(map[string]any, len(claims))
	for name, v := range claims {
		switch {
		case slices.Contains(protocolClaims, name):
			out[name] = v
		case secretNames[name] || name == "jti" || name == "sid" || name == "cnf":
			out[name] = r.deep(v, r.inner().pseudonym)
		default:
			out[name] = r.deep(v, r.inner().shapedOrPlaceholder)
		}
	}
	return out
}

// personalParams are parameters and fields, in lower case, that name a person.
var personalParams = map[string]bool{"login_hint": true, "username": true, "user": true, "login": true, "loginfmt": true, "email": true, "mail": true, "upn": true, "sub": true, "identifier": true,
	"name": true, "given_name": true, "family_name": true, "preferred_username": true, "nickname": true, "phone_number": true, "userid": true, "user_id": true, "uid": true}

var mailLike = lazily(`[\pL\pN._%+'-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+`)

// mails replaces the local part of each e-mail address in a text: error descriptions and pages name the user.
func (r redactor) mails(s string) string {
	if !strings.Contains(s, "@") {
		return s
	}
	return mailLike().ReplaceAllStringFunc(s, func(m string) string {
		local, domain, _ := strings.Cut(m, "@")
		if strings.HasPrefix(local, mark) {
			return m
		}
		return r.name(local) + "@" + domain
	})
}

// Text gives a text for people as it may be shown: without tokens and the local parts of e-mail addresses.
func (r Redactor) Text(s string) string {
	if !r.hides() {
		return s
	}
	return r.inner().mails(r.inner().text(s))
}

// XML gives a document of a kind that nobody here knows as it may be shown: its elements, with every text and every attribute that is
// neither a namespace nor an address replaced. What does not parse is replaced as a whole.
func (r Redactor) XML(b []byte) string {
	if !r.hides() {
		return string(b)
	}
	doc, err := xmltree.Parse("", b)
	if err != nil {
		return r.inner().pseudonym(string(b))
	}
	var spans []span
	doc.Root.Walk(func(e *xmltree.Element) bool {
		for _, a := range e.Attrs {
			if from, to, ok := e.AttrSpan(a.Local); ok && a.Prefix == "" && a.Local != "xmlns" && !strings.Contains(a.Value, ":") {
				spans = append(spans, span{from, to, r.inner().personal(a.Value)})
			}
		}
		for _, t := range e.TextSpans() {
			if strings.TrimSpace(t.Text) != "" {
				spans = append(spans, span{t.From, t.To, r.inner().personal(t.Text)})
			}
		}
		return true
	})
	slices.SortStableFunc(spans, func(a, b span) int { return a.from - b.from })
	out, _ := replace(doc, spans, nil)
	return string(out)
}

// deep replaces the texts inside lists and objects.
func (r Redactor) deep(v any, hide func(string) string) any {
	switch v := v.(type) {
	case string:
		return hide(v)
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = r.deep(v[i], hide)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for k := range v {
			out[k] = r.deep(v[k], hide)
		}
		return out
	}
	return v
}

// Params gives the parameters of a request or an answer as they may be shown.
func (r Redactor) Params(params map[string][]string) map[string][]string {
	if !r.hides() {
		return params
	}
	out := make(map[string][]string, len(params))
	for name, values := range params {
		for _, v := range values {
			switch {
			case secretNames[name]:
				v = r.inner().pseudonym(v)
			case personalParams[strings.ToLower(name)]:
				v = r.inner().shapedOrPlaceholder(v)
			default:
				v = r.inner().mails(r.inner().url(v))
			}
			out[name] = append(out[name], v)
		}
	}
	return out
}

// Personal gives a personal value as it may be shown: a pseudonym of the same shape.
func (r Redactor) Personal(value string) string {
	if !r.hides() {
		return value
	}
	return r.inner().shapedOrPlaceholder(value)
}

// Redacted reports whether a text is one that stands for another.
func Redacted(text string) bool {
	return strings.HasPrefix(text, mark) || text == hidden
}

// URL gives an address, and Body a document, as it may be shown.
func (r Redactor) URL(address string) string {
	if !r.hides() {
		return address
	}
	return r.inner().url(address)
}

// Body gives a document or an answer as it may be shown.
func (r Redactor) Body(b []byte) []byte {
	if !r.hides() {
		return b
	}
	return r.inner().body(b)
}

func (r redactor) shapedOrPlaceholder(value string) string {
	trimmed := strings.TrimSpace(value)
	if trimmed == "" || strings.Contains(trimmed, mark) || placeholder(trimmed) {
		return value
	}
	return r.shaped(trimmed)
}
