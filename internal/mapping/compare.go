package mapping

import (
	"strings"

	"github.com/ssoctl/ssoctl/internal/config"
)

// comparison is one claim that a rule reads, and what it wants of it.
type comparison struct {
	helper string // includes, equals, notEquals, contains, exists, if, unless …; "" for a rule of claim and value
	claim  string // first part of the path
	path   []string
	want   string
	text   bool // want is a text
	inline bool // a block helper where there is no block
}

// comparisons lists what a rule reads. Paths that hang on a block (this, ../a, names inside {{#each}}) are left out, as are those of
// templates that cannot be read.
func (d *decider) comparisons(i int, rule config.Rule) []comparison {
	if d.language() != "handlebars" {
		if rule.Claim == "" {
			return nil
		}
		return []comparison{{claim: rule.Claim, path: []string{rule.Claim}, want: rule.Value, text: true}}
	}
	tpl := d.templates[i]
	if tpl == nil {
		return nil
	}
	var out []comparison
	var walk func(prog *program, moved bool)
	walk = func(prog *program, moved bool) {
		if prog == nil {
			return
		}
		for _, s := range prog.body {
			if s.call != nil {
				collect(s.call, s.kind == blockStatement, moved, &out)
			}
			inside := moved || s.kind == blockStatement && moves(s.call)
			walk(s.program, inside)
			walk(s.inverse, moved)
		}
	}
	walk(tpl.program, false)
	return out
}

// moves reports whether a block changes what names mean inside it.
func moves(c *call) bool {
	name := c.path.original
	return c.kind != helperCall || name == "each" || name == "with"
}

func collect(c *call, block, moved bool, out *[]comparison) {
	_, logic := tests[c.path.original]
	logic = logic || c.path.original == "and" || c.path.original == "or"
	for i := range c.params {
		p := &c.params[i]
		if p.call != nil {
			collect(p.call, false, moved, out)
		}
		if p.path == nil || p.path.depth > 0 || p.path.data || p.path.param || moved || len(p.path.parts) == 0 {
			if i == 0 && logic && !block {
				*out = append(*out, comparison{helper: c.path.original, inline: true})
			}
			continue
		}
		cmp := comparison{helper: c.path.original, claim: p.path.parts[0], path: p.path.parts, inline: logic && !block && i == 0}
		if i == 0 && len(c.params) > 1 {
			cmp.want, cmp.text = c.params[1].literal.(string)
			cmp.text = cmp.text && c.params[1].path == nil && c.params[1].call == nil
		}
		*out = append(*out, cmp)
	}
	if len(c.params) == 0 && c.kind != helperCall && !moved && len(c.path.parts) > 0 && !c.path.data && !c.path.param && c.path.depth == 0 {
		if _, isHelper := helperSet[c.path.parts[0]]; !isHelper {
			*out = append(*out, comparison{claim: c.path.parts[0], path: c.path.parts})
		}
	}
}

// helperSet are names that mean a helper without arguments.
var helperSet = map[string]bool{"currentDate": true, "currentTime": true, "json": true, "pluck": true, "escapeJson": true}

// value reads a comparison's claim; ok is false when it is not there.
func (d *decider) value(c comparison) (any, bool) {
	v := d.root
	for _, part := range c.path {
		if v = member(v, part); absent(v) {
			return nil, false
		}
	}
	return v, true
}

// normal is a value without what people get wrong: case, white space, a leading slash.
func normal(s string) string {
	s = strings.ToLower(strings.Join(strings.Fields(s), " "))
	return strings.Trim(s, "/")
}

// commonName is the first value of a distinguished name: cn=admins,ou=groups gives admins. "" when the text is none.
func commonName(s string) string {
	first, rest, more := strings.Cut(s, ",")
	key, value, ok := strings.Cut(first, "=")
	if !ok || !more || !strings.Contains(rest, "=") {
		return ""
	}
	switch strings.ToLower(strings.TrimSpace(key)) {
	case "cn", "ou", "uid":
		return strings.TrimSpace(value)
	}
	return ""
}

// near says how two different texts are the same to a person; "" when they are not.
func near(got, want string) string {
	switch {
	case got == want || got == "" || want == "":
		return ""
	case strings.EqualFold(got, want):
		return "letter case"
	case strings.TrimFunc(got, jsSpace) == strings.TrimFunc(want, jsSpace):
		return "white space"
	case strings.TrimPrefix(got, "/") == strings.TrimPrefix(want, "/"):
		return "the leading slash"
	case normal(got) == normal(want):
		return "letter case, white space or slashes"
	case commonName(got) != "" && normal(commonName(got)) == normal(want), commonName(want) != "" && normal(commonName(want)) == normal(got):
		return "one being a distinguished name and the other a short one"
	case strings.Contains(got, "/") && normal(got[strings.LastIndexByte(got, '/')+1:]) == normal(want):
		return "the path before the name"
	}
	return ""
}

// guid reports whether a text is a GUID, the form in which directories give object IDs.
func guid(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case i == 8 || i == 13 || i == 18 || i == 23:
			if c != '-' {
				return false
			}
		case c >= '0' && c <= '9', c >= 'a' && c <= 'f', c >= 'A' && c <= 'F':
		default:
			return false
		}
	}
	return true
}
