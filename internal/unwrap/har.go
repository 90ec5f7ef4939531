package unwrap

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// harEntry is one exchange of a HAR 1.2, as far as it is read. Members of an unexpected type are left out.
type harEntry struct {
	PageRef string          `json:"pageref"`
	Started string          `json:"startedDateTime"`
	Time    float64         `json:"time"`
	Request harRequest      `json:"request"`
	Answer  harAnswer       `json:"response"`
	Timings json.RawMessage `json:"timings"`
	Type    string          `json:"_resourceType"`
}

type harRequest struct {
	Method      string      `json:"method"`
	URL         string      `json:"url"`
	Version     string      `json:"httpVersion"`
	Headers     []harPair   `json:"headers"`
	Cookies     []harCookie `json:"cookies"`
	Query       []harPair   `json:"queryString"`
	Body        *harBody    `json:"postData"`
	HeadersSize float64     `json:"headersSize"`
	BodySize    float64     `json:"bodySize"`
}

type harBody struct {
	Type    string    `json:"mimeType"`
	Text    string    `json:"text"`
	Params  []harPair `json:"params"`
	Comment string    `json:"comment"`

	Encoding string `json:"encoding"` // no part of the format; some proxies write it
}

// plain is the body as it was sent.
func (b *harBody) plain() []byte {
	if b.Encoding == "base64" {
		if out, err := base64.StdEncoding.DecodeString(b.Text); err == nil {
			return out
		}
	}
	return []byte(b.Text)
}

type harAnswer struct {
	Status      float64     `json:"status"`
	StatusText  string      `json:"statusText"`
	Version     string      `json:"httpVersion"`
	Headers     []harPair   `json:"headers"`
	Cookies     []harCookie `json:"cookies"`
	Content     harContent  `json:"content"`
	Redirect    string      `json:"redirectURL"`
	HeadersSize float64     `json:"headersSize"`
	BodySize    float64     `json:"bodySize"`
	Failure     string      `json:"_error"`
}

type harContent struct {
	Size     float64 `json:"size"`
	Type     string  `json:"mimeType"`
	Text     string  `json:"text"`
	Encoding string  `json:"encoding"`
	Comment  string  `json:"comment"`
}

type harPair struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type harCookie struct {
	Name     string `json:"name"`
	Value    string `json:"value"`
	Path     string `json:"path"`
	Domain   string `json:"domain"`
	Expires  string `json:"expires"`
	HTTPOnly bool   `json:"httpOnly"`
	Secure   bool   `json:"secure"`
	SameSite string `json:"sameSite"`
}

// harPage is one page of a HAR.
type harPage struct {
	ID      string          `json:"id"`
	Started string          `json:"startedDateTime"`
	Title   string          `json:"title"`
	Timings json.RawMessage `json:"pageTimings"`
}

// harLog is what a HAR says beside its entries.
type harLog struct {
	Version          string
	Creator, Browser harTool
	Pages            []harPage
}

type harTool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

var errNoHAR = errors.New("no HAR")

// readHAR reads a HAR entry by entry. The error is errNoHAR for JSON that is something else; otherwise the JSON breaks off.
func readHAR(data []byte, entry func(int, harEntry)) (log harLog, err error) {
	if !bytes.Contains(data, []byte(`"log"`)) || !bytes.Contains(data, []byte(`"entries"`)) {
		return log, errNoHAR
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	err = errNoHAR
	outer := members(dec, func(name string) error {
		if name != "log" {
			return lenient(dec, new(json.RawMessage))
		}
		inner := members(dec, func(name string) error {
			switch name {
			case "entries":
				err = nil
				return entries(dec, entry)
			case "pages":
				return lenient(dec, &log.Pages)
			case "creator":
				return lenient(dec, &log.Creator)
			case "browser":
				return lenient(dec, &log.Browser)
			case "version":
				return lenient(dec, &log.Version)
			}
			return lenient(dec, new(json.RawMessage))
		})
		return inner
	})
	if err == nil && outer != nil {
		err = fmt.Errorf("the JSON ends early or breaks at byte %d", dec.InputOffset())
	}
	return log, err
}

// members goes through an object; each has to read the member's value.
func members(dec *json.Decoder, each func(string) error) error {
	tok, err := dec.Token()
	if err != nil {
		return err
	}
	if tok != json.Delim('{') {
		return errNoHAR
	}
	for dec.More() {
		tok, err := dec.Token()
		if err != nil {
			return err
		}
		name, _ := tok.(string)
		if err := each(name); err != nil {
			return err
		}
	}
	_, err = dec.Token()
	return err
}

func entries(dec *json.Decoder, entry func(int, harEntry)) error {
	if tok, err := dec.Token(); err != nil || tok != json.Delim('[') {
		return errNoHAR
	}
	for i := 0; dec.More(); i++ {
		var e harEntry
		if err := lenient(dec, &e); err != nil {
			return err
		}
		entry(i, e)
	}
	_, err := dec.Token()
	return err
}

// lenient decodes one value; members of another type than expected stay empty.
func lenient(dec *json.Decoder, v any) error {
	err := dec.Decode(v)
	var other *json.UnmarshalTypeError
	if errors.As(err, &other) {
		return nil
	}
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// body gives the bytes of an answer's body; nil when it was not recorded or cannot be decoded.
func (c harContent) body() []byte {
	if c.Encoding != "base64" {
		return []byte(c.Text)
	}
	b, err := base64.StdEncoding.DecodeString(c.Text)
	if err != nil {
		return nil
	}
	if len(b) > 2 && b[0] == 0x1f && b[1] == 0x8b { // the body as it came over the wire
		if plain, _, ok := new(opener).inflated(b); ok {
			return plain
		}
	}
	return b
}

func (e harEntry) began() time.Time {
	t, err := time.Parse(time.RFC3339Nano, e.Started)
	if err != nil {
		return time.Time{}
	}
	return t
}

func headOf(h []harPair, name string) string {
	for _, p := range h {
		if strings.EqualFold(p.Name, name) {
			return p.Value
		}
	}
	return ""
}
