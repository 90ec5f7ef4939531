package unwrap

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// RedactHAR gives a HAR 1.2 that may be sent to others. It is built anew from what is known to be harmless, not copied with parts taken
// out: members that the format does not define go, unless they are known. Cookies, credentials, codes, tokens, form values and personal
// values become pseudonyms, made with key, which must be random and is not kept: equal values stay equal, guessing does not help.
// Addresses, status, timing, error texts, SAML messages and tokens stay readable without what they reveal. Bodies that are not
// understood go, with a note in their comment. Redacting twice changes nothing more. The error says why data is no whole HAR.
func RedactHAR(data, key []byte) ([]byte, error) {
	if len(data) > maxInput {
		return nil, fmt.Errorf("the HAR has %d MiB; at most %d MiB are read", len(data)>>20, maxInput>>20)
	}
	if len(key) == 0 {
		return nil, errors.New("redaction needs a random key")
	}
	text, _ := asText(data)
	r := &redactor{key: key, seen: map[string]bool{}, open: map[string]bool{}}
	// The first pass learns the secret values, so that the second finds them in texts that stay.
	if _, err := readHAR(text, func(_ int, e harEntry) { r.entry(e) }); errors.Is(err, errNoHAR) {
		return nil, errors.New("this is no HAR: it has no log.entries")
	} else if err != nil {
		return nil, fmt.Errorf("the HAR breaks off: %w", err)
	}
	r.known = r.seen
	var entries bytes.Buffer
	var failed error
	log, err := readHAR(text, func(i int, e harEntry) {
		if i > 0 {
			entries.WriteString(",\n")
		}
		b, err := encodeJSON(r.entry(e))
		failed = errors.Join(failed, err)
		entries.Write(b)
	})
	if err = errors.Join(err, failed); err != nil {
		return nil, err
	}
	return r.log(log, entries.Bytes())
}

func encodeJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return bytes.TrimSpace(b.Bytes()), err
}

type safePage struct {
	Started string      `json:"startedDateTime"`
	ID      string      `json:"id"`
	Title   string      `json:"title"`
	Timings pageTimings `json:"pageTimings"`
}

type pageTimings struct {
	Content *float64 `json:"onContentLoad,omitempty"`
	Load    *float64 `json:"onLoad,omitempty"`
}

type safeEntry struct {
	PageRef string      `json:"pageref,omitempty"`
	Started string      `json:"startedDateTime"`
	Time    float64     `json:"time"`
	Request safeRequest `json:"request"`
	Answer  safeAnswer  `json:"response"`
	Cache   struct{}    `json:"cache"`
	Timings timings     `json:"timings"`
	Type    string      `json:"_resourceType,omitempty"`
}

type timings struct {
	Blocked *float64 `json:"blocked,omitempty"`
	DNS     *float64 `json:"dns,omitempty"`
	Connect *float64 `json:"connect,omitempty"`
	SSL     *float64 `json:"ssl,omitempty"`
	Send    float64  `json:"send"`
	Wait    float64  `json:"wait"`
	Receive float64  `json:"receive"`
}

type safeRequest struct {
	Method      string       `json:"method"`
	URL         string       `json:"url"`
	Version     string       `json:"httpVersion"`
	Cookies     []safeCookie `json:"cookies"`
	Headers     []harPair    `json:"headers"`
	Query       []harPair    `json:"queryString"`
	Body        *safeBody    `json:"postData,omitempty"`
	HeadersSize int64        `json:"headersSize"`
	BodySize    int64        `json:"bodySize"`
}

type safeBody struct {
	Type    string    `json:"mimeType"`
	Params  []harPair `json:"params,omitempty"`
	Text    string    `json:"text"`
	Comment string    `json:"comment,omitempty"`
}

type safeAnswer struct {
	Status      int64        `json:"status"`
	StatusText  string       `json:"statusText"`
	Version     string       `json:"httpVersion"`
	Cookies     []safeCookie `json:"cookies"`
	Headers     []harPair    `json:"headers"`
	Content     safeContent  `json:"content"`
	Redirect    string       `json:"redirectURL"`
	HeadersSize int64        `json:"headersSize"`
	BodySize    int64        `json:"bodySize"`
	Failure     string       `json:"_error,omitempty"`
}

type safeContent struct {
	Size    int64  `json:"size"`
	Type    string `json:"mimeType"`
	Text    string `json:"text,omitempty"`
	Comment string `json:"comment,omitempty"`
}

type safeCookie struct {
	Name     string `json:"name"`
	Value    string `json:"value"`
	Path     string `json:"path,omitempty"`
	Domain   string `json:"domain,omitempty"`
	Expires  string `json:"expires,omitempty"`
	HTTPOnly bool   `json:"httpOnly,omitempty"`
	Secure   bool   `json:"secure,omitempty"`
	SameSite string `json:"sameSite,omitempty"`
}

// log puts the file together.
func (r *redactor) log(log harLog, entries []byte) ([]byte, error) {
	pages := []safePage{}
	for _, p := range log.Pages {
		safe := safePage{Started: instant(p.Started), ID: r.label(p.ID)}
		if strings.Contains(p.Title, "://") {
			safe.Title = r.url(p.Title)
		}
		_ = json.Unmarshal(p.Timings, &safe.Timings) // what does not fit is left out
		pages = append(pages, safe)
	}
	tool := func(t harTool) harTool {
		return harTool{Name: r.label(t.Name), Version: r.label(t.Version)}
	}
	head := struct {
		Version string     `json:"version"`
		Creator harTool    `json:"creator"`
		Browser *harTool   `json:"browser,omitempty"`
		Pages   []safePage `json:"pages"`
		Comment string     `json:"comment"`
	}{"1.2", tool(log.Creator), nil, pages, "Redacted with ssoctl: equal values have equal pseudonyms; bodies that are not understood were dropped."}
	if log.Browser.Name != "" {
		b := tool(log.Browser)
		head.Browser = &b
	}
	b, err := encodeJSON(head)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	out.WriteString(`{"log":`)
	out.Write(bytes.TrimSuffix(b, []byte("}")))
	out.WriteString(",\"entries\":[\n")
	out.Write(entries)
	out.WriteString("\n]}}\n")
	return out.Bytes(), nil
}

func (r *redactor) entry(e harEntry) safeEntry {
	safe := safeEntry{PageRef: r.label(e.PageRef), Started: instant(e.Started), Time: e.Time, Type: r.label(e.Type)}
	_ = json.Unmarshal(e.Timings, &safe.Timings) // what does not fit is left out
	safe.Request = r.request(e.Request)
	safe.Answer = r.answer(e.Answer)
	return safe
}

func (r *redactor) request(q harRequest) safeRequest {
	safe := safeRequest{Method: r.method(q.Method), URL: r.url(q.URL), Version: r.label(q.Version), Cookies: r.cookies(q.Cookies), Headers: r.headers(q.Headers),
		Query: []harPair{}, HeadersSize: size(q.HeadersSize), BodySize: size(q.BodySize)}
	for _, p := range q.Query {
		safe.Query = append(safe.Query, harPair{r.name(p.Name), r.param(p.Name, p.Value)})
	}
	if b := q.Body; b != nil {
		body := &safeBody{Type: r.mediaType(b.Type)}
		for _, p := range b.Params {
			body.Params = append(body.Params, harPair{r.name(p.Name), r.param(p.Name, p.Value)})
		}
		body.Text, body.Comment = r.body(b.Type, b.plain(), 0)
		if droppedLike().MatchString(b.Comment) {
			body.Comment = b.Comment
		}
		safe.Body = body
	}
	return safe
}

func (r *redactor) answer(a harAnswer) safeAnswer {
	safe := safeAnswer{Status: size(a.Status), StatusText: r.phrase(a.StatusText), Version: r.label(a.Version), Cookies: r.cookies(a.Cookies), Headers: r.headers(a.Headers),
		Redirect: r.url(a.Redirect), HeadersSize: size(a.HeadersSize), BodySize: size(a.BodySize)}
	safe.Content = safeContent{Size: size(a.Content.Size), Type: r.mediaType(a.Content.Type)}
	safe.Content.Text, safe.Content.Comment = r.body(a.Content.Type, a.Content.body(), int(safe.Status))
	if droppedLike().MatchString(a.Content.Comment) {
		safe.Content.Comment = a.Content.Comment
	}
	if netError().MatchString(a.Failure) {
		safe.Failure = a.Failure
	}
	return safe
}

var (
	netError   = lazily(`^(net::ERR|NS_ERROR|NS_BINDING)_[A-Z_]{1,60}$`)
	methodLike = lazily(`^[A-Z]{1,16}$`)
	labelLike  = lazily(`^[A-Za-z0-9 ._/()+-]{0,60}$`)
	phraseLike = lazily(`^[A-Za-z][A-Za-z '-]{0,40}$`)
	// droppedLike is what we say of a body that went, in a HAR that was redacted before.
	droppedLike = lazily(`^body of \d{1,12} bytes not kept$`)
	mediaLike   = lazily(`^[A-Za-z0-9!#$&^_.+-]{1,60}/[A-Za-z0-9!#$&^_.+-]{1,80}(;\s*charset="?[A-Za-z0-9_.:-]{1,30}"?)?`)
)

// instant keeps a time in the form that HAR demands; anything else becomes the epoch.
func instant(s string) string {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return "1970-01-01T00:00:00.000Z"
	}
	return t.Format("2006-01-02T15:04:05.000Z07:00")
}

// size makes a whole number of what JSON has as any number.
func size(f float64) int64 {
	if f < -1 || f > 1<<50 {
		return -1
	}
	return int64(f)
}

func (r *redactor) method(s string) string {
	if methodLike().MatchString(s) {
		return s
	}
	return r.hide(s)
}

// label keeps names of tools, pages and protocol versions.
func (r *redactor) label(s string) string {
	if labelLike().MatchString(s) {
		return r.text(s)
	}
	return r.hide(s)
}

func (r *redactor) phrase(s string) string {
	if phraseLike().MatchString(s) {
		return r.text(s)
	}
	return ""
}

// mediaType keeps a media type and its charset; other parameters, such as a boundary, go.
func (r *redactor) mediaType(s string) string {
	if m := mediaLike().FindString(s); m != "" {
		return r.text(m)
	}
	return ""
}
