package mapping

import (
	"strings"
	"unicode/utf8"
)

// helper is a function that templates can call. args end with the *options.
type helper func(e *evaluation, this any, args []any) (any, error)

// builtin reports whether the compiler of handlebars.js itself knows a helper of that name.
func builtin(name string) bool {
	switch name {
	case "if", "unless", "each", "with", "lookup", "log", "helperMissing", "blockHelperMissing":
		return true
	}
	return false
}

// helpersFor gives the language's own helpers and those of the product's that are implemented here.
func helpersFor(names []string) map[string]helper {
	known := map[string]helper{
		"includes": branch(2, includes), "equals": branch(2, equals), "contains": branch(2, contains), "exists": branch(1, exists),
		"notEquals": branch(2, func(a []any) bool { return !equals(a) }),
		"and":       every, "or": some, "json": jsonHelper, "pluck": pluck, "escapeJson": escapeJSON,
		"currentDate": func(e *evaluation, _ any, _ []any) (any, error) { return e.now.UTC().Format("2006-01-02"), nil },
		"currentTime": func(e *evaluation, _ any, _ []any) (any, error) { return e.now.UTC().Format("15:04:05") + " UTC", nil },
	}
	out := map[string]helper{"if": ifHelper, "unless": unless, "with": with, "each": eachHelper, "lookup": lookup, "log": log}
	for _, name := range names {
		if h, ok := known[name]; ok {
			out[name] = h
		}
	}
	return out
}

// arg is an argument as JavaScript counts them: what was not given is undefined.
func arg(args []any, i int) any {
	if i < len(args) {
		return args[i]
	}
	return undefined{}
}

// choose calls one side of a block. Inline, or with the wrong number of arguments, there is no such side.
func choose(at any, fn bool, this any) (any, error) {
	name := "inverse"
	if fn {
		name = "fn"
	}
	if absent(at) {
		text, _ := toText(at)
		return nil, fault("Cannot read properties of %s (reading '%s')", text, name)
	}
	o, ok := at.(*options)
	if !ok || !o.block {
		return nil, fault("options.%s is not a function", name)
	}
	if fn {
		return o.fn(this, nil, nil)
	}
	return o.inverse(this, nil, nil)
}

// branch makes a block helper of a condition on n arguments.
func branch(n int, test func([]any) bool) helper {
	return func(_ *evaluation, this any, args []any) (any, error) {
		return choose(arg(args, n), test(args), this)
	}
}

// same compares two texts without letter case and anything else by identity.
func same(a, b any) bool {
	s, sok := a.(string)
	t, tok := b.(string)
	if sok && tok {
		return sameText(s, t)
	}
	return strictEqual(a, b)
}

// sameText compares lower-case forms, without making them where all is ASCII.
func sameText(s, t string) bool {
	for i := 0; i < len(s) && i < len(t); i++ {
		a, b := s[i], t[i]
		if a >= utf8.RuneSelf || b >= utf8.RuneSelf {
			return jsLower(s) == jsLower(t)
		}
		if a != b && lowerByte(a) != lowerByte(b) {
			return false // what stands before is the same, and what follows cannot change that
		}
	}
	return len(s) == len(t)
}

func lowerByte(b byte) byte {
	if b >= 'A' && b <= 'Z' {
		return b + 'a' - 'A'
	}
	return b
}

func includes(args []any) bool {
	l, ok := arg(args, 0).(*list)
	if !ok {
		return false
	}
	for _, item := range l.items {
		if same(item, arg(args, 1)) {
			return true
		}
	}
	return false
}

func equals(args []any) bool { return same(arg(args, 0), arg(args, 1)) }

func contains(args []any) bool {
	s, sok := arg(args, 0).(string)
	t, tok := arg(args, 1).(string)
	return sok && tok && strings.Contains(jsLower(s), jsLower(t))
}

func exists(args []any) bool { return !absent(arg(args, 0)) }

func every(_ *evaluation, this any, args []any) (any, error) {
	all := true
	for _, v := range args[:len(args)-1] {
		all = all && truthy(v)
	}
	return choose(args[len(args)-1], all, this)
}

func some(_ *evaluation, this any, args []any) (any, error) {
	one := false
	for _, v := range args[:len(args)-1] {
		one = one || truthy(v)
	}
	return choose(args[len(args)-1], one, this)
}

// jsonHelper opens a text that is JSON, and writes anything else as JSON.
func jsonHelper(e *evaluation, _ any, args []any) (any, error) {
	switch v := args[0].(type) {
	case string:
		if err := e.made(len(v)); err != nil {
			return nil, err
		}
		if parsed, ok := fromJSON(v); ok {
			return parsed, nil
		}
		return v, nil
	case undefined:
		return v, nil
	case *options:
		return nil, fault("json is given no value")
	}
	var b strings.Builder
	toJSON(&b, args[0])
	return b.String(), e.made(b.Len())
}

// pluck takes one member of each object of a list and leaves out what is null.
func pluck(e *evaluation, _ any, args []any) (any, error) {
	out := &list{}
	l, ok := args[0].(*list)
	if !ok {
		return out, nil
	}
	name, err := toText(arg(args, 1))
	if err != nil {
		return nil, err
	}
	for _, item := range l.items {
		if err := e.step(); err != nil {
			return nil, err
		}
		if !reference(item) {
			continue
		}
		if v := member(item, name); !absent(v) {
			out.items = append(out.items, v)
		}
	}
	return out, nil
}

func escapeJSON(e *evaluation, _ any, args []any) (any, error) {
	s, ok := args[0].(string)
	if !ok {
		return args[0], nil
	}
	s = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", `\r`, "\t", `\t`).Replace(s)
	return s, e.made(len(s))
}
