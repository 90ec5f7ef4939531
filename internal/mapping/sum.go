package mapping

import (
	"strings"
)

// sum adds values up as + does: numbers and truth values make numbers until a text comes along.
type sum struct {
	e    *evaluation
	set  bool
	v    any
	text *strings.Builder
}

func (s *sum) add(v any) error {
	if !s.set {
		s.set, s.v = true, v
		return nil
	}
	if s.text == nil && !textual(s.v) && !textual(v) {
		s.v = toNumber(s.v) + toNumber(v)
		return nil
	}
	t, err := toText(v)
	if err != nil {
		return err
	}
	if s.text == nil {
		before, err := toText(s.v)
		if err != nil {
			return err
		}
		s.text = &strings.Builder{}
		s.text.WriteString(before)
	}
	s.text.WriteString(t)
	return s.e.made(len(t))
}

func textual(v any) bool {
	_, ok := v.(string)
	return ok || reference(v)
}

func (s *sum) value() any {
	switch {
	case s.text != nil:
		return s.text.String()
	case !s.set:
		return ""
	}
	return s.v
}
