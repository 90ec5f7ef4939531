package report

import (
	"bytes"
	"encoding/json"
)

// Document is one thing that decode opened. What it shows is redacted unless the user asked otherwise.
type Document struct {
	Kind    string   `json:"kind"`
	Source  string   `json:"source"`          // file or place, and how it was wrapped
	Notes   []string `json:"notes,omitempty"` // what had to be repaired to open it
	Summary Rows     `json:"summary"`
	// Content is the document itself: XML and PEM as text, JSON as it is, a token as header and claims.
	Content any `json:"content"`

	Title string `json:"-"` // what it is, for people
}

// Row is one line of a summary.
type Row struct {
	Key, Value string
	More       []string // further lines under the value
	Outcome    Outcome  // Passed, Failed, or Unknown when nothing judged it
	Severity   Severity
	Code       string // of the finding that is about it; "" when no rule stands behind the mark
	Text       string // beside the mark: against what it was held, what is wrong with it, or why it could not be judged
	// Codes are the rules that may speak about the row; Decides those that must have passed before it is marked as good.
	Codes, Decides []string
	// Holds words, for people, what a row that is marked as good was held against: "as configured". Then it is marked only where a
	// connection is given.
	Holds string
	Path  string // of the part of the message that the row is about; findings about other parts are not its own
}

// Rows is a summary in its order. In JSON it is an object; keys that come twice become lists, and a row with further lines is an
// object of its value and its details.
type Rows []Row

// MarshalJSON writes the rows as an object, in their order.
func (rows Rows) MarshalJSON() ([]byte, error) {
	values := map[string][]any{}
	var order []string
	for _, r := range rows {
		if len(values[r.Key]) == 0 {
			order = append(order, r.Key)
		}
		var value any = r.Value
		if len(r.More) > 0 {
			value = struct {
				Value   string   `json:"value"`
				Details []string `json:"details"`
			}{r.Value, r.More}
		}
		values[r.Key] = append(values[r.Key], value)
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

// refused counts the rows that are marked as errors without a rule behind them.
func (d Document) refused() int {
	n := 0
	for _, r := range d.Summary {
		if r.Outcome == Failed && r.Code == "" && r.Severity == Error {
			n++
		}
	}
	return n
}
