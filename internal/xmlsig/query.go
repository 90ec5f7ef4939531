package xmlsig

import (
	"crypto"
	"encoding/base64"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"sync"
)

// SignQuery makes the query string of the HTTP-Redirect binding with its signature (SAML 2.0 Bindings §3.4.4.1). name is
// SAMLRequest or SAMLResponse, message is deflated and in base64 already; relayState nil leaves it out. method "" is SHA-256 with
// the key's kind.
func SignQuery(name, message string, relayState *string, key crypto.Signer, method string) (string, error) {
	if method == "" {
		method = usual(key)
	}
	m, ok := methods[method]
	if !ok {
		return "", fmt.Errorf("sign the query: the method %q is not known", method)
	}
	query := name + "=" + url.QueryEscape(message)
	if relayState != nil {
		query += "&RelayState=" + url.QueryEscape(*relayState)
	}
	query += "&SigAlg=" + url.QueryEscape(method)
	value, err := m.sign(key, nil, []byte(query))
	if err != nil {
		return "", fmt.Errorf("sign the query: %w", err)
	}
	return query + "&Signature=" + url.QueryEscape(base64.StdEncoding.EncodeToString(value)), nil
}

// VerifyQuery computes the signature of a query string, given octet for octet as it was sent, without what stands before "?". nil
// means that there is neither Signature nor SigAlg. Altered tells how the signer departed from the standard, where one of the usual
// departures makes the value verify: receivers that keep to the standard refuse such a request.
func VerifyQuery(query string, trust Trust) *Signature {
	q := parse(query)
	if !q.has["Signature"] && !q.has["SigAlg"] {
		return nil
	}
	s := &Signature{State: NotComputed, Method: q.plain("SigAlg")}
	m, known := methods[s.Method]
	value, err := decode(q.plain("Signature"))
	switch {
	case q.double != "":
		s.Problem = fmt.Sprintf("the query holds %s more than once", q.double)
	case !q.has["Signature"]:
		s.Problem = "the query names SigAlg and holds no Signature"
	case !q.has["SigAlg"]:
		s.Problem = "the query holds a Signature and does not name SigAlg"
	case q.message == "":
		s.Problem = "the query holds neither SAMLRequest nor SAMLResponse"
	case unusable(s.Method, m, known) != "":
		s.Problem = unusable(s.Method, m, known)
	case err != nil:
		s.Problem = "Signature is not base64: " + err.Error()
	case len(value) == 0:
		s.Problem = "Signature is empty"
	default:
		all := trust.with(nil)
		s.try(m, []byte(q.signed(nil)), value, all)
		for _, v := range q.variants() {
			if s.State == Bad && s.Altered == "" && anyKey(all, func(k Key) bool { return m.verifies(k.Public, []byte(v.text), value) }) {
				s.Altered = v.say
			}
		}
	}
	return s
}

// queryString is a query taken apart and not decoded.
type queryString struct {
	pairs   []string
	raw     map[string]string
	has     map[string]bool
	message string // SAMLRequest or SAMLResponse, whichever is there
	double  string // a parameter of the signature that is there twice
}

func parse(query string) queryString {
	q := queryString{raw: map[string]string{}, has: map[string]bool{}}
	for pair := range strings.SplitSeq(strings.TrimPrefix(query, "?"), "&") {
		name, value, _ := strings.Cut(pair, "=")
		switch name {
		case "SAMLRequest", "SAMLResponse":
			if q.message != "" {
				q.double = "a message"
			}
			q.message = name
		case "RelayState", "SigAlg", "Signature":
		default:
			continue
		}
		if q.has[name] {
			q.double = name
		}
		q.raw[name], q.has[name] = value, true
		if name != "Signature" {
			q.pairs = append(q.pairs, pair)
		}
	}
	return q
}

func (q queryString) plain(name string) string {
	s, err := url.QueryUnescape(q.raw[name])
	if err != nil {
		return q.raw[name]
	}
	return s
}

// signed puts the signed text together in the order of the standard; change may rewrite each value.
func (q queryString) signed(change func(name, raw string) string) string {
	var out []string
	for _, name := range []string{q.message, "RelayState", "SigAlg"} {
		if !q.has[name] {
			continue
		}
		value := q.raw[name]
		if change != nil {
			value = change(name, value)
		}
		out = append(out, name+"="+value)
	}
	return strings.Join(out, "&")
}

// variant is a text that signers are known to sign instead.
type variant struct{ text, say string }

var hexPair = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`%[0-9A-Fa-f]{2}`) })

func (q queryString) variants() []variant {
	lower := func(_, raw string) string { return hexPair().ReplaceAllStringFunc(raw, strings.ToLower) }
	upper := func(_, raw string) string { return hexPair().ReplaceAllStringFunc(raw, strings.ToUpper) }
	plain := func(name, _ string) string { return q.plain(name) }
	again := func(name, _ string) string { return url.QueryEscape(q.plain(name)) }
	blanks := func(name, _ string) string { return strings.ReplaceAll(url.QueryEscape(q.plain(name)), "+", "%20") }
	out := []variant{
		{strings.Join(q.pairs, "&"), "the parameters were signed in the order in which they were sent, not in that of the standard"},
		{q.signed(lower), "the percent-encoding was signed in lower case and sent in another"},
		{q.signed(upper), "the percent-encoding was signed in upper case and sent in another"},
		{q.signed(again), "the parameters were encoded anew after they were signed"},
		{q.signed(blanks), "the parameters were encoded anew after they were signed"},
		{q.signed(plain), "the values were signed without their URL encoding"},
	}
	bare := q
	bare.has = map[string]bool{q.message: true, "SigAlg": true}
	if q.has["RelayState"] {
		return append(out, variant{bare.signed(nil), "RelayState was put in after the query was signed"})
	}
	bare.has["RelayState"] = true
	return append(out, variant{bare.signed(nil), "an empty RelayState was signed and not sent"})
}
