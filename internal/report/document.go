package report

import (
	"bytes"
	"encoding/json"
)

// Document is one thing that decode opened. What it shows is redacted unless the user asked otherwise.
type Document struct {
	Kind    string `json:"kind"`
	Source  string `json:"source"` // file or place, and how it was wrapped
	Summary Rows   `json:"summary"`
	// Content is the document itself: XML and PEM as text, JSON as it is, a token as header and claims.
	Content any `json:"content"`

	Title string   `json:"-"` // what it is, for people
	Notes []string `json:"-"` // what had to be repaired to open it
}

// Row is one line of a summary.
type Row struct {
	Key, Value string
	More       []string // further lines under the value
	Outcome    Outcome  // Passed, Failed, or Unknown when nothing judged it
	Severity   Severity
	Code       string // of the finding that is about it
	Text       string // what that finding says in short
	// Codes are the rules that judge what the row shows.
	Codes []string
}

// Rows is a summary in its order. In JSON it is an object; keys that come twice become lists.
type Rows []Row

// MarshalJSON writes the rows as an object, in their order.
func (rows Rows) MarshalJSON() ([]byte, error) {
	values := map[string][]string{}
	var order []string
	for _, r := range rows {
		if len(values[r.Key]) == 0 {
			order = append(order, r.Key)
		}
		values[r.Key] = append(values[r.Key], r.Value)
	}
	var b bytes.Buffer
	b.WriteByte('{')
	for i, key := range order {
		if i > 0 {
			b.WriteByte(',')
		}
		name, err := json.Marshal(key)
		if err != nil {
			return nil, err
		}
		var value []byte
		if all := values[key]; len(all) == 1 {
			value, err = json.Marshal(all[0])
		} else {
			value, err = json.Marshal(all)
		}
		if err != nil {
			return nil, err
		}
		b.Write(name)
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}
