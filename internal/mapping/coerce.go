package mapping

import (
	"math"
	"strconv"
	"strings"
)

// truthy is Boolean(v).
func truthy(v any) bool {
	switch v := v.(type) {
	case nil, undefined:
		return false
	case bool:
		return v
	case float64:
		return v != 0 && !math.IsNaN(v)
	case string:
		return v != ""
	}
	return true
}

// isEmpty is what if, unless and with take for nothing: falsy values but 0, and lists without items.
func isEmpty(v any) bool {
	if l, ok := v.(*list); ok {
		return len(l.items) == 0
	}
	f, ok := v.(float64)
	return !truthy(v) && !(ok && f == 0)
}

// strictEqual is ===. Lists and objects are equal only to themselves.
func strictEqual(a, b any) bool { return a == b }

// looseEqual is ==, by which a block decides whether it opens a new context.
func looseEqual(a, b any) (bool, error) {
	switch {
	case absent(a) || absent(b):
		return absent(a) && absent(b), nil
	case reference(a) && reference(b):
		return a == b, nil
	}
	a, err := primitive(a)
	if err != nil {
		return false, err
	}
	if b, err = primitive(b); err != nil {
		return false, err
	}
	s, sok := a.(string)
	t, tok := b.(string)
	if sok && tok {
		return s == t, nil
	}
	return toNumber(a) == toNumber(b), nil
}

func reference(v any) bool {
	switch v.(type) {
	case *list, *object, *options:
		return true
	}
	return false
}

func primitive(v any) (any, error) {
	switch x := v.(type) {
	case *list:
		if len(x.items) > 64 {
			return undefined{}, nil // never the text of a context in practice, and dear to write
		}
	case *object, *options:
	default:
		return v, nil
	}
	return toText(v)
}

func toNumber(v any) float64 {
	switch v := v.(type) {
	case undefined:
		return math.NaN()
	case float64:
		return v
	case bool:
		if v {
			return 1
		}
	case string:
		s := strings.TrimFunc(v, jsSpace)
		if s == "" {
			return 0
		}
		if f, err := strconv.ParseFloat(s, 64); err == nil && !strings.ContainsAny(s, "_xXpPnN") {
			return f
		}
		return math.NaN()
	}
	return 0
}
