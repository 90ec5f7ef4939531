package configrules

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/mapping"
	"github.com/ssoctl/ssoctl/internal/report"
)

// Templates, as far as their text alone shows that they cannot do what is meant.
var templates = []check.Rule{
	{
		Code: "CLM011", Title: "role and team templates can be evaluated", Severity: report.Error,
		Needs: []evidence.Kind{evidence.Config},
		Why:   "A template that breaks counts as one that does not fit, and nobody is told.",
		Fix:   "mend the template; ssoctl map shows what it makes of a user's claims",
		Applies: func(c *check.Case) bool {
			t := c.Config.Target
			return c.SP.Roles != nil && c.SP.Roles.Language == "handlebars" && (t.Roles != nil || t.Teams != nil && t.Teams.Template != "")
		},
		Check: func(c *check.Case) []report.Finding {
			var out []report.Finding
			if r := c.Config.Target.Roles; r != nil {
				for i, rule := range r.Rules {
					if f := ruleTemplate(c, i, rule.Template, rule.Claim); f != nil {
						out = append(out, *f)
					}
				}
			}
			if t := c.Config.Target.Teams; t != nil && t.Template != "" {
				if why := broken(c, t.Template); why != "" {
					out = append(out, report.Finding{Got: t.Template, Where: c.Config.Pos("teams/template"), Message: fmt.Sprintf("the team template %s %s", check.Quote(t.Template), why)})
				}
			}
			return out
		},
	},
}

func ruleTemplate(c *check.Case, i int, template, claim string) *report.Finding {
	f := &report.Finding{Got: template, Where: c.Config.Pos(rulePath(i, "template"))}
	if strings.TrimSpace(template) == "" && meantHere(c, fmt.Sprintf("roles/rules/%d", i), "template") {
		return nil
	}
	if strings.TrimSpace(template) == "" {
		if !written(c, rulePath(i, "template")) {
			f.Where = c.Config.Pos(fmt.Sprintf("roles/rules/%d", i))
		}
		f.Message = fmt.Sprintf("rule %d has no template, which %s needs", i, c.TheSP())
		if claim != "" {
			f.Message = fmt.Sprintf("rule %d compares claim %q, but %s takes templates", i, claim, c.TheSP())
			f.Fix = []string{"write a template such as {{#includes " + claim + " \"…\"}}true{{/includes}}"}
		}
		return f
	}
	if why := broken(c, template); why != "" {
		f.Message = fmt.Sprintf("the template %s of rule %d %s", check.Quote(template), i, why)
		return f
	}
	if text := strings.TrimSpace(template); !strings.Contains(text, "{{") && strings.ContainsAny(text, " {") {
		f.Severity = report.Warning
		f.Message = fmt.Sprintf("the template %s of rule %d holds no expression in {{…}}, so it fits everybody", check.Quote(template), i)
		f.Fix = []string{"write the condition as a template, such as {{#includes groups \"…\"}}true{{/includes}}"}
		return f
	}
	if word := unquoted(c, template); word != "" {
		f.Severity = report.Warning
		f.Message = fmt.Sprintf("likely: the template %s of rule %d compares with the claim %q, where the text \"%s\" was meant: it stands without quotes", check.Quote(template), i, word, word)
		return f
	}
	if silent(template) {
		f.Severity = report.Warning
		f.Message = fmt.Sprintf("the template %s of rule %d gives no text that counts as a match, so it never fits", check.Quote(template), i)
		return f
	}
	return nil
}

var (
	tag     = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\{\{\{?[~]?\s*([#/^>!&]?)\s*([^}]*?)[~]?\}?\}\}`) })
	textual = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'`) })
	apart   = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\{\{~?\s+[#/^]`) })
	name    = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[A-Za-z_@][A-Za-z0-9_@-]*`) })
)

// builtin are the block helpers of the language itself.
func builtin() []string { return []string{"if", "unless", "each", "with"} }

// broken says why a template ends in an exception or cannot be parsed; "" when it shows nothing of the kind. Whether it parses the
// evaluator of internal/mapping knows; the text tells why in plainer words.
func broken(c *check.Case, template string) string {
	if q := curly(template); q != "" {
		return fmt.Sprintf("holds the typographic quote %q; only \" and ' quote a text", q)
	}
	if _, err := mapping.Parse(template, append(c.SP.Roles.BlockHelpers.V, c.SP.Roles.ValueHelpers.V...)); err != nil {
		if why := unparsable(template); why != "" {
			return why
		}
		return "cannot be parsed: " + err.Error()
	}
	return misused(c, template)
}

// curly finds a typographic quote where an expression would need a plain one: outside its texts.
func curly(template string) string {
	for _, m := range tag().FindAllStringSubmatch(template, -1) {
		bare := textual().ReplaceAllString(m[2], "")
		if i := strings.IndexAny(bare, "“”„‘’«»"); i >= 0 {
			return string([]rune(bare[i:])[0])
		}
	}
	return ""
}

// unparsable puts into words why a template that cannot be parsed cannot.
func unparsable(template string) string {
	if strings.Count(template, "{{") != strings.Count(template, "}}") {
		return fmt.Sprintf("opens %d and closes %d expressions", strings.Count(template, "{{"), strings.Count(template, "}}"))
	}
	if at := apart().FindString(template); at != "" {
		return fmt.Sprintf("holds %q, which cannot be parsed; no blank may stand between {{ and the character behind it", at)
	}
	var open []string
	for _, m := range tag().FindAllStringSubmatch(template, -1) {
		kind, inner := m[1], strings.TrimSpace(m[2])
		bare := textual().ReplaceAllString(inner, "")
		head := name().FindString(bare)
		switch {
		case kind == "!":
		case strings.ContainsAny(bare, `"'`):
			return "has a quote that is not closed"
		case strings.Count(bare, "(") != strings.Count(bare, ")"):
			return "has parentheses that do not match"
		case kind == "#" || kind == "^" && inner != "":
			open = append(open, head)
		case kind == "/" && (len(open) == 0 || open[len(open)-1] != head):
			return fmt.Sprintf("closes {{/%s}} where %s", head, expected(open))
		case kind == "/":
			open = open[:len(open)-1]
		}
	}
	if len(open) > 0 {
		return fmt.Sprintf("does not close {{#%s}}", open[len(open)-1])
	}
	return ""
}

// misused finds helpers where they end in an exception whatever the claims are.
func misused(c *check.Case, template string) string {
	block := append(builtin(), c.SP.Roles.BlockHelpers.V...)
	for _, m := range tag().FindAllStringSubmatch(template, -1) {
		kind, inner := m[1], strings.TrimSpace(m[2])
		bare := textual().ReplaceAllString(inner, "")
		head := name().FindString(bare)
		switch {
		case kind == "!":
			continue
		case kind == "#" && c.SP.Roles.BlockHelpers.Certain() && strings.ContainsAny(bare, " \t") && !slices.Contains(block, head):
			return fmt.Sprintf("uses the block {{#%s}}, which is no helper of %s (it has %s)", head, c.TheSP(), strings.Join(block, ", "))
		case kind != "#" && kind != "/" && kind != "^" && c.SP.Roles.ValueHelpers.Certain() && given(m[2], head) && !slices.Contains(slices.Concat(block, c.SP.Roles.ValueHelpers.V, []string{"else", "lookup", "log"}), head):
			return fmt.Sprintf("calls %s, which is no helper of %s (it has %s)", head, c.TheSP(), strings.Join(append(c.SP.Roles.ValueHelpers.V, block...), ", "))
		case kind == "" && slices.Contains(c.SP.Roles.BlockHelpers.V, head) && inner != head:
			return fmt.Sprintf("uses %s inline, which ends in an exception; it only works as a block: {{#%s …}}…{{/%s}}", head, head, head)
		}
		if why := nested(c, bare); why != "" {
			return why
		}
	}
	return ""
}

// given reports whether an expression hands something to what it names first, which makes that a helper.
func given(bare, head string) bool {
	rest, found := strings.CutPrefix(strings.TrimLeft(bare, "{ ~"), head)
	return found && head != "" && strings.HasPrefix(rest, " ") && strings.Trim(rest, " ~}") != ""
}

// unquoted finds a word with a capital that a comparing block takes as the name of a claim, where claims are hardly spelt so.
func unquoted(c *check.Case, template string) string {
	for _, m := range tag().FindAllStringSubmatch(template, -1) {
		parts := strings.Fields(m[2])
		if m[1] != "#" || len(parts) != 3 || !slices.Contains([]string{"includes", "equals", "contains"}, parts[0]) || !slices.Contains(c.SP.Roles.BlockHelpers.V, parts[0]) {
			continue
		}
		if word := parts[2]; name().FindString(word) == word && word[0] >= 'A' && word[0] <= 'Z' {
			return word
		}
	}
	return ""
}

func expected(open []string) string {
	if len(open) == 0 {
		return "no block is open"
	}
	return fmt.Sprintf("{{#%s}} is open", open[len(open)-1])
}

// nested finds a block helper inside parentheses, where the language wants a value.
func nested(c *check.Case, bare string) string {
	for _, part := range strings.Split(bare, "(")[1:] {
		if head := name().FindString(part); strings.HasPrefix(strings.TrimSpace(part), head) && slices.Contains(c.SP.Roles.BlockHelpers.V, head) {
			return fmt.Sprintf("uses (%s …) as a value, which ends in an exception; nest blocks instead: {{#%s …}}…{{/%s}}", head, head, head)
		}
	}
	return ""
}

// silent is true when nothing but blocks would be written out, or only what counts as no match: it never fits, whatever the claims are.
func silent(template string) bool {
	for _, m := range tag().FindAllStringSubmatch(template, -1) {
		if m[1] == "" && strings.TrimSpace(m[2]) != "else" && !strings.HasPrefix(strings.TrimSpace(m[2]), "else ") || m[1] == "&" {
			return false
		}
	}
	text := strings.TrimSpace(tag().ReplaceAllString(template, ""))
	return text == "" || text == "false" || text == "0"
}

// words lists the names in the expressions of a template, texts left out.
func words(template string) []string {
	var out []string
	for _, m := range tag().FindAllStringSubmatch(template, -1) {
		out = append(out, name().FindAllString(textual().ReplaceAllString(m[2], ""), -1)...)
	}
	return out
}
