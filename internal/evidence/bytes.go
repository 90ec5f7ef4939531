package evidence

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"
)

// MarshalJSON writes text as text, so that a person can read a recording, and anything else as {"base64": …}.
func (b Bytes) MarshalJSON() ([]byte, error) {
	if utf8.Valid(b) {
		return json.Marshal(string(b))
	}
	return json.Marshal(map[string]string{"base64": base64.StdEncoding.EncodeToString(b)})
}

// UnmarshalJSON reads both forms.
func (b *Bytes) UnmarshalJSON(data []byte) error {
	var text string
	if json.Unmarshal(data, &text) == nil {
		*b = Bytes(text)
		return nil
	}
	var coded struct {
		Base64 *string `json:"base64"`
	}
	if err := json.Unmarshal(data, &coded); err != nil || coded.Base64 == nil {
		return errors.New("a body is neither text nor base64")
	}
	raw, err := base64.StdEncoding.DecodeString(*coded.Base64)
	*b = raw
	return err
}

// Name cites the exchange: "GET https://… (200)".
func (e *Exchange) Name() string {
	name := e.Method + " " + e.URL
	switch {
	case e.Status != 0:
		return name + " (" + strconv.Itoa(e.Status) + ")"
	case e.Failure != nil:
		return name + " (no answer)"
	}
	return name
}

// Base is the address without its query and fragment.
func (e *Exchange) Base() string {
	base, _, _ := strings.Cut(e.URL, "#")
	base, _, _ = strings.Cut(base, "?")
	return base
}
