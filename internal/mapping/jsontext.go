package mapping

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// toJSON is JSON.stringify(v). Members come in the order of byKey.
func toJSON(b *strings.Builder, v any) {
	switch v := v.(type) {
	case nil, undefined:
		b.WriteString("null")
	case bool:
		b.WriteString(strconv.FormatBool(v))
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			b.WriteString("null")
		} else {
			b.WriteString(jsNumber(v))
		}
	case string:
		jsonText(b, v)
	case *list:
		b.WriteByte('[')
		for i, m := range v.items {
			if i > 0 {
				b.WriteByte(',')
			}
			toJSON(b, m)
		}
		b.WriteByte(']')
	case *object:
		b.WriteByte('{')
		for i, k := range v.keys {
			if i > 0 {
				b.WriteByte(',')
			}
			jsonText(b, k)
			b.WriteByte(':')
			toJSON(b, v.members[k])
		}
		b.WriteByte('}')
	}
}

func jsonText(b *strings.Builder, s string) {
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '\b':
			b.WriteString(`\b`)
		case r == '\f':
			b.WriteString(`\f`)
		case r < 0x20:
			fmt.Fprintf(b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
}

// fromJSON is JSON.parse(s).
func fromJSON(s string) (any, bool) {
	if !json.Valid([]byte(s)) {
		return nil, false
	}
	d := json.NewDecoder(strings.NewReader(s))
	d.UseNumber() // a number out of range is infinite, not wrong
	var v any
	if d.Decode(&v) != nil {
		return nil, false
	}
	return newValue(v, 0), true
}
