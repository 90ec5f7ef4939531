package cli

import (
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/render"
	"github.com/ssoctl/ssoctl/internal/report"
)

// lift puts the personal values back into a judgement, for who has just signed in or brought the claims: rules see pseudonyms, and so
// does everything that is recorded.
func lift(c *report.Connection, veil evidence.Veil) {
	in := func(texts ...*string) {
		for _, t := range texts {
			*t = veil.Lift(*t)
		}
	}
	for i := range c.Findings {
		f := &c.Findings[i]
		in(&f.Message, &f.Got, &f.Want, &f.Effect, &f.Check, &f.Where.Snippet, &f.Where.Evidence)
		for n := range f.Fix {
			in(&f.Fix[n])
		}
		for n := range f.Edits {
			in(&f.Edits[n].Old, &f.Edits[n].New)
		}
	}
	for i := range c.Lines {
		in(&c.Lines[i].Text)
	}
	for i := range c.Results {
		in(&c.Results[i].Reason)
	}
	for i := range c.Undecided {
		in(&c.Undecided[i])
	}
	for source, claims := range c.Claims {
		c.Claims[source], _ = liftValue(claims, veil).(map[string]any)
	}
	if c.Decision != nil {
		d := *c.Decision
		liftDecision(&d, veil)
		c.Decision = &d
	}
	if s := c.SignedIn; s != nil {
		// What the user's claims hold is for the eye here, and whoever writes it may mean the terminal: as they are, they stand in c.Claims.
		harmless := func(texts ...*string) {
			for _, t := range texts {
				*t = render.Clean(veil.Lift(*t))
			}
		}
		harmless(&s.Who, &s.Ended, &s.Second)
		for i := range s.Rows {
			harmless(&s.Rows[i].Name)
			for n := range s.Rows[i].Values {
				harmless(&s.Rows[i].Values[n])
			}
		}
	}
}

func liftDecision(d *report.Decision, veil evidence.Veil) {
	d.Why, d.RoleWhy = render.Clean(veil.Lift(d.Why)), render.Clean(veil.Lift(d.RoleWhy))
	for i := range d.Rules {
		d.Rules[i].Why = render.Clean(veil.Lift(d.Rules[i].Why))
	}
	for i := range d.Groups {
		d.Groups[i] = veil.Lift(d.Groups[i])
	}
	for i := range d.Notes {
		d.Notes[i].Text, d.Notes[i].Got = veil.Lift(d.Notes[i].Text), veil.Lift(d.Notes[i].Got)
	}
}

func liftValue(v any, veil evidence.Veil) any {
	switch v := v.(type) {
	case string:
		return veil.Lift(v)
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = liftValue(v[i], veil)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for k := range v {
			out[k] = liftValue(v[k], veil)
		}
		return out
	}
	return v
}
