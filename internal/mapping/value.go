package mapping

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
)

// Values as JavaScript has them: nil (null), undefined, bool, float64, string, *list, *object, and the *options of a helper.
type (
	undefined struct{}
	list      struct{ items []any }
	object    struct {
		keys    []string
		members map[string]any
	}
)

// maxValueDepth bounds how deep claims are read; deeper ones are null.
const maxValueDepth = 200

// newValue makes a value of what JSON or SAML gives.
func newValue(v any, depth int) any {
	if depth > maxValueDepth {
		return nil
	}
	switch v := v.(type) {
	case map[string]any:
		o := &object{members: make(map[string]any, len(v)), keys: make([]string, 0, len(v))}
		for k, m := range v {
			o.keys = append(o.keys, k)
			o.members[k] = newValue(m, depth+1)
		}
		slices.SortFunc(o.keys, byKey)
		return o
	case []any:
		l := &list{items: make([]any, len(v))}
		for i, m := range v {
			l.items[i] = newValue(m, depth+1)
		}
		return l
	case []string:
		l := &list{items: make([]any, len(v))}
		for i, m := range v {
			l.items[i] = m
		}
		return l
	case json.Number:
		f, _ := strconv.ParseFloat(string(v), 64) // what JSON cannot hold does not get here; too large is infinite
		return f
	case int:
		return float64(v)
	case int64:
		return float64(v)
	case nil, bool, float64, string:
		return v
	}
	return nil
}

// byKey is JavaScript's order of members as far as it does not come from the order of writing: indexes first, by number.
func byKey(a, b string) int {
	x, xok := index(a)
	y, yok := index(b)
	switch {
	case xok && yok:
		return x - y
	case xok != yok:
		if xok {
			return -1
		}
		return 1
	}
	return strings.Compare(a, b)
}

// index reads a canonical array index.
func index(s string) (int, bool) {
	if s == "" || len(s) > 10 || s[0] < '0' || s[0] > '9' || len(s) > 1 && s[0] == '0' {
		return 0, false
	}
	n, err := strconv.Atoi(s)
	return n, err == nil && n < math.MaxUint32
}

// member reads an own property, as lookupProperty does.
func member(v any, name string) any {
	switch v := v.(type) {
	case *object:
		if m, ok := v.members[name]; ok {
			return m
		}
	case *list:
		if name == "length" {
			return float64(len(v.items))
		}
		if i, ok := index(name); ok && i < len(v.items) {
			return v.items[i]
		}
	case string:
		units := utf16.Encode([]rune(v))
		if name == "length" {
			return float64(len(units))
		}
		if i, ok := index(name); ok && i < len(units) {
			return string(utf16.Decode(units[i : i+1]))
		}
	}
	return undefined{}
}

// absent reports null or undefined.
func absent(v any) bool {
	_, u := v.(undefined)
	return v == nil || u
}

// toText is String(v). An object with a member toString that is no function has no text.
func toText(v any) (string, error) {
	switch v := v.(type) {
	case nil:
		return "null", nil
	case undefined:
		return "undefined", nil
	case bool:
		return strconv.FormatBool(v), nil
	case float64:
		return jsNumber(v), nil
	case string:
		return v, nil
	case *object:
		if _, own := v.members["toString"]; own {
			return "", &TemplateError{Text: "Cannot convert object to primitive value"}
		}
	case *list:
		parts := make([]string, len(v.items))
		for i, m := range v.items {
			if absent(m) {
				continue
			}
			var err error
			if parts[i], err = toText(m); err != nil {
				return "", err
			}
		}
		return strings.Join(parts, ","), nil
	}
	return "[object Object]", nil
}

// jsNumber writes a number as JavaScript does (ECMA-262, Number::toString).
func jsNumber(f float64) string {
	switch {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	case f == 0:
		return "0"
	}
	if a := math.Abs(f); a >= 1e21 || a < 1e-6 {
		s := strconv.FormatFloat(f, 'e', -1, 64)
		mantissa, exponent, _ := strings.Cut(s, "e")
		sign := exponent[:1]
		return mantissa + "e" + sign + strings.TrimLeft(exponent[1:], "0")
	}
	return strconv.FormatFloat(f, 'f', -1, 64)
}

// jsLower is toLowerCase(), which knows two letters more than strings.ToLower: İ, and Σ at the end of a word.
func jsLower(s string) string {
	if !strings.ContainsAny(s, "İΣ") {
		return strings.ToLower(s)
	}
	runes := []rune(s)
	var b strings.Builder
	for i, r := range runes {
		switch {
		case r == 'İ':
			b.WriteString("i̇")
		case r == 'Σ' && i > 0 && unicode.IsLetter(runes[i-1]) && (i+1 == len(runes) || !unicode.IsLetter(runes[i+1])):
			b.WriteRune('ς')
		default:
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return b.String()
}
