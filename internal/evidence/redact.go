package evidence

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"html"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// Redact returns a copy of the set without secrets. It is applied before anything is judged, shown or saved, so that a live run
// and its recording say the same. Equal values of one set become equal pseudonyms, made with key, which must be random and is
// not kept: equality stays checkable, guessing does not. Applying it twice changes nothing.
func Redact(set Set, key []byte) Set { return redactor{key: key}.set(set) }

func (r redactor) set(set Set) Set {
	out := make(Set, len(set))
	for kind, obs := range set {
		c := *obs
		c.Source = r.url(c.Source)
		c.Exchanges = nil
		for _, ex := range obs.Exchanges {
			c.Exchanges = append(c.Exchanges, r.exchange(ex))
		}
		if kind != Config && len(c.Body) > 0 {
			c.Body = r.body(c.Body)
		}
		c.Messages, c.Files = nil, nil
		for _, m := range obs.Messages {
			c.Messages = append(c.Messages, r.message(m))
		}
		for _, f := range obs.Files {
			f.Body = withoutKeys(f.Body)
			c.Files = append(c.Files, f)
		}
		r.login(&c, obs)
		out[kind] = &c
	}
	return out
}

type redactor struct {
	key  []byte
	veil map[string]string // pseudonyms of personal values and what they stand for; nil: nobody asks
}

// remember keeps the way back from a pseudonym.
func (r redactor) remember(pseudonym, value string) string {
	if r.veil != nil && pseudonym != value {
		r.veil[pseudonym] = value
	}
	return pseudonym
}

const mark = "redacted-"

// pseudonym replaces a value; what carries the mark stays.
func (r redactor) pseudonym(value string) string {
	if value == "" || strings.HasPrefix(value, mark) {
		return value
	}
	mac := hmac.New(sha256.New, r.key)
	mac.Write([]byte(value))
	return mark + hex.EncodeToString(mac.Sum(nil))[:8]
}

// secretNames are parameters and members whose values never stay.
var secretNames = map[string]bool{
	"client_secret": true, "code": true, "code_verifier": true, "device_code": true, "user_code": true, "access_token": true, "refresh_token": true,
	"id_token": true, "id_token_hint": true, "token": true, "assertion": true, "client_assertion": true, "subject_token": true, "actor_token": true, "password": true,
	"state": true, "nonce": true, "request_uri": true, "session_state": true, "session_code": true, "SAMLResponse": true, "logout_token": true, "logout_hint": true,
	"verification_uri_complete": true, "api_key": true, "apikey": true, "secret": true, "clientSecret": true, "response": true,
	"registration_access_token": true, "execution": true, "tab_id": true, "login_challenge": true, "client_data": true,
}

// privateMembers are the private parts of a JWK (RFC 7518 §6). They are replaced by something that still parses.
var privateMembers = map[string]bool{"d": true, "p": true, "q": true, "dp": true, "dq": true, "qi": true, "oth": true, "k": true}

// keptHeaders are response headers that carry no secret.
var keptHeaders = map[string]bool{
	"Content-Type": true, "Content-Length": true, "Content-Encoding": true, "Date": true, "Cache-Control": true, "Expires": true, "Age": true, "Etag": true, "Last-Modified": true,
	"Location": true, "Www-Authenticate": true, "Retry-After": true, "Server": true, "Strict-Transport-Security": true, "Access-Control-Allow-Origin": true, "Via": true, "Vary": true,
	"X-Powered-By": true, "Cf-Ray": true, "Allow": true, "Dpop-Nonce": false, "Content-Language": true, "Pragma": true, "X-Frame-Options": true,
}

func (r redactor) exchange(ex Exchange) Exchange {
	ex.URL = r.url(ex.URL)
	form := maps.Clone(ex.Form)
	for k, v := range form {
		if secretNames[k] {
			form[k] = r.pseudonym(v)
		}
	}
	ex.Form = form
	header := map[string][]string{}
	for k, values := range ex.Header {
		switch {
		case k == "Location" || k == "Refresh":
			header[k] = []string{r.url(strings.Join(values, " "))}
		case keptHeaders[k]:
			header[k] = slices.Clone(values)
		default:
			header[k] = []string{"[not kept]"}
		}
	}
	ex.Header = header
	ex.Body = r.body(ex.Body)
	return ex
}

// url redacts the query and fragment of an address, and credentials before the host.
func (r redactor) url(address string) string {
	u, err := url.Parse(address)
	if err != nil || !strings.Contains(address, "://") {
		return r.text(address)
	}
	changed := false
	if u.User != nil {
		u.User, changed = url.User("redacted"), u.User.String() != "redacted"
	}
	if q, ok := r.query(u.RawQuery); ok {
		u.RawQuery, changed = q, true
	}
	if f, ok := r.query(u.EscapedFragment()); ok {
		// String keeps RawFragment only as long as it is an encoding of Fragment.
		if plain, err := url.PathUnescape(f); err == nil {
			u.Fragment, u.RawFragment, changed = plain, f, true
		} else {
			u.Fragment, u.RawFragment, changed = f, "", true
		}
	}
	if !changed {
		return address
	}
	return u.String()
}

// query redacts parameters in place, so that order and unknown syntax survive.
func (r redactor) query(raw string) (string, bool) {
	if raw == "" {
		return raw, false
	}
	parts := strings.Split(raw, "&")
	changed := false
	for i, part := range parts {
		name, value, ok := strings.Cut(part, "=")
		personal := personalParams[strings.ToLower(name)]
		if !ok || !secretNames[name] && !personal || value == "" || strings.Contains(value, mark) {
			continue
		}
		plain, err := url.QueryUnescape(value)
		if err != nil {
			plain = value
		}
		if personal {
			parts[i], changed = name+"="+url.QueryEscape(r.shapedOrPlaceholder(plain)), true
			continue
		}
		parts[i], changed = name+"="+r.pseudonym(plain), true
	}
	return strings.Join(parts, "&"), changed
}

var (
	jwtLike   = lazily(`eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*`)
	inputLike = lazily(`(?i)<input\b(?:"[^"]*"|'[^']*'|[^"'>])*`)
	nameLike  = lazily(`(?i)\sname\s*=\s*["']?([A-Za-z_]+)`)
	valueLike = lazily(`(?i)(\svalue\s*=\s*)("[^"]*"|'[^']*'|[^\s"'>]+)`)
	paramLike = lazily(`(^|[?&;]|&amp;)([A-Za-z_]+)=([^&"'\s<>]+)`)
)

// lazily compiles a pattern on first use: starting up must not pay for it.
func lazily(pattern string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })
}

// body redacts JSON by member and any other text by pattern.
func (r redactor) body(b []byte) []byte {
	if len(b) == 0 {
		return b
	}
	if out, ok := r.json(b); ok {
		return out
	}
	return []byte(r.text(string(b)))
}

func (r redactor) text(s string) string {
	s = jwtLike().ReplaceAllStringFunc(s, r.pseudonym)
	if strings.Contains(s, "<") {
		s = inputLike().ReplaceAllStringFunc(s, r.input)
	}
	return paramLike().ReplaceAllStringFunc(s, func(m string) string {
		p := paramLike().FindStringSubmatch(m)
		if secretNames[p[2]] {
			return p[1] + p[2] + "=" + r.pseudonym(p[3])
		}
		return m
	})
}

// input redacts the value of a field in a page, in whatever order and with whatever quotes its attributes are written.
func (r redactor) input(tag string) string {
	name := nameLike().FindStringSubmatch(tag)
	if name == nil || !secretNames[name[1]] {
		return tag
	}
	return valueLike().ReplaceAllStringFunc(tag, func(m string) string {
		p := valueLike().FindStringSubmatch(m)
		value := html.UnescapeString(strings.Trim(p[2], `"'`))
		if value == "" || strings.HasPrefix(value, mark) {
			return m
		}
		return p[1] + `"` + r.pseudonym(value) + `"`
	})
}

// span is a value in a JSON text that is to be replaced.
type span struct {
	from, to int
	with     string
}

// json replaces member values in the text itself, so that everything else stays byte for byte: places, order, doubled members.
func (r redactor) json(b []byte) ([]byte, bool) {
	var spans []span
	dec := json.NewDecoder(strings.NewReader(string(b)))
	dec.UseNumber()
	type level struct {
		object bool
		key    string
		atKey  bool
	}
	var stack []level
	for {
		before := dec.InputOffset()
		tok, err := dec.Token()
		if err != nil {
			break
		}
		top := len(stack) - 1
		switch v := tok.(type) {
		case json.Delim:
			switch v {
			case '{', '[':
				stack = append(stack, level{object: v == '{', atKey: v == '{'})
				continue
			default:
				stack = stack[:top]
				top--
			}
		case string:
			if top >= 0 && stack[top].object && stack[top].atKey {
				stack[top].key, stack[top].atKey = v, false
				continue
			}
			key := ""
			if top >= 0 && stack[top].object {
				key = stack[top].key
			}
			if with, ok := r.member(key, v); ok {
				from := int(before) + strings.IndexByte(string(b[before:]), '"')
				spans = append(spans, span{from, int(dec.InputOffset()), with})
			}
		}
		if top >= 0 && stack[top].object {
			stack[top].atKey = true
		}
	}
	if len(stack) > 0 && len(spans) == 0 || !looksJSON(b) {
		return nil, false
	}
	var out []byte
	last := 0
	for _, s := range spans {
		out = append(append(out, b[last:s.from]...), s.with...)
		last = s.to
	}
	return append(out, b[last:]...), true
}

func looksJSON(b []byte) bool {
	t := strings.TrimLeft(string(b[:min(len(b), 64)]), " \t\r\n\ufeff")
	return strings.HasPrefix(t, "{") || strings.HasPrefix(t, "[")
}

// member gives the JSON text that replaces a text member, and whether it has to be replaced.
func (r redactor) member(key, value string) (string, bool) {
	switch {
	case privateMembers[key] && value != "cmVkYWN0ZWQ":
		return `"cmVkYWN0ZWQ"`, true
	case secretNames[key] && value != "" && !strings.HasPrefix(value, mark) && !strings.Contains(value, " "):
		b, _ := json.Marshal(r.pseudonym(value))
		return string(b), true
	}
	if t := r.text(value); t != value {
		b, _ := json.Marshal(t)
		return string(b), true
	}
	if u := r.url(value); strings.Contains(value, "://") && u != value {
		b, _ := json.Marshal(u)
		return string(b), true
	}
	return "", false
}

var keyLike = lazily(`(?s)(-----BEGIN [A-Z ]*PRIVATE KEY-----\r?\n)(.*?)(-----END|\z)`)

// withoutKeys takes the private keys out of a text of certificates; their lines stay, so that places stay.
func withoutKeys(b []byte) []byte {
	return keyLike().ReplaceAllFunc(b, func(m []byte) []byte {
		p := keyLike().FindSubmatch(m)
		lines := strings.Count(string(p[2]), "\n")
		return []byte(string(p[1]) + strings.Repeat("cmVkYWN0ZWQ=\n", lines) + string(p[3]))
	})
}

// Secret reports whether values of parameters, form fields and JSON members of this name never stay; private members of a JWK are such.
func Secret(name string) bool { return secretNames[name] || privateMembers[name] }

// Pseudonym gives what stands in the place of a secret value: the same for equal values and keys. It never changes a pseudonym.
func Pseudonym(key []byte, value string) string { return redactor{key: key}.pseudonym(value) }
