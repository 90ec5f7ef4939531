package mapping

import (
	"fmt"
	"strconv"
	"strings"
)

// event is what one condition of a template came to.
type event struct {
	helper string
	names  []string // of the arguments, as written
	values []any
	met    bool
}

const maxEvents = 32

// note records a condition before its helper chooses a side.
func (e *evaluation) note(c *call, args []any) {
	test, ok := tests[c.path.original]
	if !ok || len(*e.trace) >= maxEvents {
		return
	}
	ev := event{helper: c.path.original, values: args, met: test(args)}
	for i := range c.params {
		ev.names = append(ev.names, c.params[i].written())
	}
	*e.trace = append(*e.trace, ev)
}

func (x *expression) written() string {
	switch {
	case x.path != nil:
		return x.path.original
	case x.call != nil:
		return "(" + x.call.path.original + " …)"
	}
	if s, ok := x.literal.(string); ok {
		return strconv.Quote(s)
	}
	s, _ := toText(x.literal)
	return s
}

// tests are the conditions that can be explained.
var tests = map[string]func(args []any) bool{
	"includes": includes, "equals": equals, "contains": contains, "exists": exists,
	"notEquals": func(a []any) bool { return !equals(a) },
	"if":        func(a []any) bool { return !isEmpty(arg(a, 0)) && truthy(arg(a, 0)) },
	"unless":    func(a []any) bool { return isEmpty(arg(a, 0)) || !truthy(arg(a, 0)) },
}

// explain says why a template matched or did not: the conditions that were met, or the first that was not.
func explain(events []event, matched bool, output string) string {
	var met []string
	for _, ev := range events {
		if ev.met == matched {
			met = append(met, ev.say())
		}
		if len(met) > 0 && (!matched || len(met) == 3) {
			break
		}
	}
	if len(met) > 0 {
		return strings.Join(met, "; ")
	}
	if s := strings.TrimFunc(output, jsSpace); s != "" {
		return fmt.Sprintf("the output is %s", show(s))
	}
	return "the output is empty"
}

func (ev event) say() string {
	name, v := "", arg(ev.values, 0)
	if len(ev.names) > 0 {
		name = ev.names[0]
	}
	want := arg(ev.values, 1)
	switch ev.helper {
	case "includes":
		return ev.sayIncludes(name, v, want)
	case "equals", "notEquals":
		equal := same(v, want)
		switch {
		case absent(v) && equal:
			return name + " is not there"
		case absent(v):
			return fmt.Sprintf("%s is not there, so it is not %s", name, show(want))
		case equal:
			return fmt.Sprintf("%s is %s%s", name, show(v), folded(v, want))
		}
		return fmt.Sprintf("%s is %s, not %s", name, show(v), show(want))
	case "contains":
		if _, ok := v.(string); !ok {
			return fmt.Sprintf("%s is %s, and contains needs a text", name, show(v))
		}
		if ev.met {
			return fmt.Sprintf("%s is %s, which contains %s", name, show(v), show(want))
		}
		return fmt.Sprintf("%s is %s, which does not contain %s", name, show(v), show(want))
	}
	if absent(v) {
		return name + " is not there"
	}
	return fmt.Sprintf("%s is %s", name, show(v))
}

func (ev event) sayIncludes(name string, v, want any) string {
	l, ok := v.(*list)
	switch {
	case absent(v):
		return name + " is not there"
	case !ok:
		return fmt.Sprintf("%s is %s, and includes needs a list", name, show(v))
	case ev.met:
		for i, item := range l.items {
			if same(item, want) {
				return fmt.Sprintf("%s[%d] is %s%s", name, i, show(item), folded(item, want))
			}
		}
	case len(l.items) == 0:
		return name + " is an empty list"
	}
	return fmt.Sprintf("%s is %s, without %s", name, show(v), show(want))
}

// folded tells when two texts differ by letter case only.
func folded(a, b any) string {
	if a != b && textual(a) && textual(b) {
		return " (case does not matter)"
	}
	return ""
}

// show writes a value for a message, shortened.
func show(v any) string {
	switch v := v.(type) {
	case string:
		if r := []rune(v); len(r) > 80 {
			return strconv.Quote(string(r[:79]) + "…")
		}
		return strconv.Quote(v)
	case nil:
		return "null"
	case undefined:
		return "not there"
	case *options:
		return "missing"
	case *list:
		var parts []string
		for i, m := range v.items {
			if i == 5 {
				parts = append(parts, fmt.Sprintf("%d more", len(v.items)-i))
				break
			}
			parts = append(parts, show(m))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case *object:
		var parts []string
		for i, k := range v.keys {
			if i == 5 {
				parts = append(parts, "…")
				break
			}
			parts = append(parts, k)
		}
		return "an object with " + strings.Join(parts, ", ")
	}
	s, _ := toText(v)
	return s
}
