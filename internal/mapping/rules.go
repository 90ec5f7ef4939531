package mapping

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/knowledge"
	"github.com/ssoctl/ssoctl/internal/report"
)

// maxRules is how many rules are evaluated, and maxAllSteps how many steps all of them may take; more are errors.
const (
	maxRules    = 5000
	maxAllSteps = 100 * maxSteps
)

func (d *decider) roles() *knowledge.Roles { return d.conn.SP.Roles }

// language is that of the SP's rules; where its profile has none, what the rules of the file look like.
func (d *decider) language() string {
	if r := d.roles(); r != nil && r.Language != "" {
		return r.Language
	}
	if r := d.conn.Target.Roles; r != nil && slices.ContainsFunc(r.Rules, func(r config.Rule) bool { return r.Template != "" }) {
		return "handlebars"
	}
	return "claim_value"
}

func (d *decider) helperNames() []string {
	if r := d.roles(); r != nil {
		return slices.Concat(r.BlockHelpers.V, r.ValueHelpers.V)
	}
	return nil
}

// rules evaluates every rule and marks what the first match shadows. It gives the index of the winner, -1 when there is none.
func (d *decider) rules() int {
	d.out.Rules = []report.RuleOutcome{}
	winner := -1
	if d.conn.Target.Roles == nil {
		return winner
	}
	all := d.roles() != nil && d.roles().Order.V == "all"
	for i, rule := range d.conn.Target.Roles.Rules {
		o := report.RuleOutcome{Index: i, Role: rule.Role, Rule: written(rule)}
		if i >= maxRules {
			o.Outcome, o.Why = "error", fmt.Sprintf("only the first %d rules are evaluated", maxRules)
		} else {
			d.rule(rule, &o)
		}
		switch {
		case o.Outcome != "matched":
		case winner < 0 || all && d.higher(rule.Role, d.out.Rules[winner].Role):
			winner = i
		case !all:
			by := winner
			o.Outcome, o.By = "shadowed", &by
			o.Why = fmt.Sprintf("shadowed by rule %d; %s", winner, o.Why)
		}
		d.out.Rules = append(d.out.Rules, o)
	}
	return winner
}

func written(r config.Rule) string {
	if r.Template != "" {
		return r.Template
	}
	return fmt.Sprintf("%s = %s", r.Claim, r.Value)
}

// higher reports whether a role has more rights than another, as far as the SP's profile lists both.
func (d *decider) higher(a, b string) bool {
	if d.roles() == nil {
		return false
	}
	x, y := slices.Index(d.roles().Roles, a), slices.Index(d.roles().Roles, b)
	return x >= 0 && y >= 0 && x < y
}

func (d *decider) rule(rule config.Rule, o *report.RuleOutcome) {
	switch d.language() {
	case "handlebars":
		d.templateRule(rule, o)
	case "claim_value", "list":
		d.valueRule(rule, o)
	case "none":
		o.Outcome, o.Why = "error", d.conn.SP.Name+" has no role rules"
	default:
		o.Outcome, o.Why = "error", fmt.Sprintf("rules in %s are not evaluated here", d.language())
	}
}

func (d *decider) templateRule(rule config.Rule, o *report.RuleOutcome) {
	if rule.Template == "" {
		o.Outcome, o.Why = "error", fmt.Sprintf("the rule has no template, and %s takes templates", d.conn.SP.Name)
		return
	}
	tpl, err := Parse(rule.Template, d.helperNames())
	if err != nil {
		o.Outcome, o.Why = "error", err.Error()
		return
	}
	d.templates[o.Index] = tpl
	if d.steps > maxAllSteps {
		o.Outcome, o.Why = "error", fmt.Sprintf("not evaluated: the rules before took more than %d steps", maxAllSteps)
		return
	}
	var events []event
	e := &evaluation{helpers: tpl.helpers, now: d.login.Now, trace: &events}
	out, err := e.run(tpl.program, d.root)
	d.steps += e.steps
	if err != nil {
		o.Outcome, o.Why = "error", err.Error()+blockForm(err)
		return
	}
	var falsy []string
	if d.roles() != nil {
		falsy = d.roles().Falsy.V
	}
	matched := Truthy(out, falsy)
	o.Outcome = "not_matched"
	if matched {
		o.Outcome = "matched"
	}
	o.Why = explain(events, matched, out)
	if s := strings.TrimFunc(out, jsSpace); !matched && s != "" {
		o.Why = fmt.Sprintf("the output is %s, which counts as no match", show(s))
	}
}

// blockForm explains the message that inline use of a block helper ends in.
func blockForm(err error) string {
	if strings.HasPrefix(err.Error(), "options.") && strings.HasSuffix(err.Error(), " is not a function") {
		return ": the helper needs its block form"
	}
	return ""
}

func (d *decider) valueRule(rule config.Rule, o *report.RuleOutcome) {
	o.Outcome = "not_matched"
	if rule.Claim == "" {
		o.Outcome, o.Why = "error", fmt.Sprintf("the rule names no claim, and %s compares claims with values", d.conn.SP.Name)
		return
	}
	v, ok := d.claims[rule.Claim]
	if !ok || v == nil {
		o.Why = fmt.Sprintf("%s is not there", rule.Claim)
		return
	}
	values, isList := asTexts(v)
	for i, s := range values {
		if s != rule.Value && (d.caseSensitive() || jsLower(s) != jsLower(rule.Value)) {
			continue
		}
		o.Outcome, o.Why = "matched", fmt.Sprintf("%s is %s%s", rule.Claim, show(s), folded(s, rule.Value))
		if isList {
			o.Why = fmt.Sprintf("%s[%d] is %s%s", rule.Claim, i, show(s), folded(s, rule.Value))
		}
		return
	}
	o.Why = fmt.Sprintf("%s is %s, not %s", rule.Claim, show(newValue(v, 0)), show(rule.Value))
	if isList {
		o.Why = fmt.Sprintf("%s is %s, without %s", rule.Claim, show(newValue(v, 0)), show(rule.Value))
	}
}

// caseSensitive: unknown is taken for yes, as in most products.
func (d *decider) caseSensitive() bool {
	return d.roles() == nil || !d.roles().CaseSensitive.Known() || d.roles().CaseSensitive.V
}

// asTexts gives the texts of a value, and whether it is a list.
func asTexts(v any) (out []string, isList bool) {
	items, ok := newValue(v, 0).(*list)
	if !ok {
		items = &list{items: []any{newValue(v, 0)}}
	}
	for _, m := range items.items {
		s := ""
		if !reference(m) && !absent(m) {
			s, _ = toText(m)
		}
		out = append(out, s)
	}
	return out, ok
}
