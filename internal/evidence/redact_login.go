package evidence

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"sort"
	"strings"
)

// login redacts what a login brought: tokens, what sources say about the user, and the SP's decision, which was made on real values.
func (r redactor) login(out, in *Observation) {
	out.Tokens, out.Claims = nil, nil
	for _, t := range in.Tokens {
		t.Header, t.Claims = r.claimText(t.Header), r.claimText(t.Claims)
		t.Opinion = r.mails(r.text(t.Opinion))
		out.Tokens = append(out.Tokens, t)
	}
	var said []string // by anybody about the user
	for _, c := range in.Claims {
		said = append(said, values(c.Claims)...)
		c.Claims = r.claimText(c.Claims)
		out.Claims = append(out.Claims, c)
	}
	if in.Decision != nil {
		d := r.decision(*in.Decision, said)
		out.Decision = &d
	}
	if in.Login == nil {
		return
	}
	l := *in.Login
	l.Detail = r.mails(r.text(l.Detail))
	l.Opinions = maps.Clone(l.Opinions)
	for who, text := range l.Opinions {
		l.Opinions[who] = r.mails(r.text(text))
	}
	out.Login = &l
	for i := range out.Exchanges {
		ex := &out.Exchanges[i]
		ex.URL = r.mails(ex.URL)
		if ex.Label == LoginUserinfo || ex.Label == LoginEmails {
			ex.Body = r.answerAboutUser(in.Exchanges[i].Body)
			continue
		}
		ex.Body = []byte(r.mails(string(ex.Body)))
		form := maps.Clone(ex.Form)
		for name, v := range form {
			if personalParams[strings.ToLower(name)] {
				form[name] = r.shapedOrPlaceholder(v)
			}
		}
		ex.Form = form
	}
}

// answerAboutUser redacts an answer whose members are claims, or a list of objects of such.
func (r redactor) answerAboutUser(b []byte) []byte {
	var v any
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	if dec.Decode(&v) != nil {
		return []byte(r.mails(r.text(string(b))))
	}
	hide := Redactor{key: r.key, veil: r.veil}
	switch v := v.(type) {
	case map[string]any:
		return marshal(hide.Claims(v))
	case []any:
		return marshal(hide.deep(v, r.shapedOrPlaceholder))
	}
	return []byte(r.mails(r.text(string(b))))
}

// claimText redacts a JSON object of claims. It is written anew: order does not count there.
func (r redactor) claimText(b []byte) []byte {
	if len(b) == 0 {
		return b
	}
	claims := object(b)
	if claims == nil {
		return []byte(r.pseudonym(string(b)))
	}
	return marshal(Redactor{key: r.key, veil: r.veil}.Claims(claims))
}

func object(b []byte) map[string]any {
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	var out map[string]any
	if dec.Decode(&out) != nil {
		return nil
	}
	return out
}

func marshal(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if enc.Encode(v) != nil {
		return nil
	}
	return bytes.TrimRight(b.Bytes(), "\n")
}

// values lists the texts of claims that redaction replaces, longest first.
func values(claims []byte) []string {
	var out []string
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case string:
			if t := strings.TrimSpace(v); len(t) > 2 && !strings.Contains(t, mark) {
				out = append(out, t)
			}
		case []any:
			for _, x := range v {
				walk(x)
			}
		case map[string]any:
			for _, x := range v {
				walk(x)
			}
		}
	}
	for name, v := range object(claims) {
		if !slices.Contains(protocolClaims, name) {
			walk(v)
		}
	}
	sort.Slice(out, func(i, j int) bool { return len(out[i]) > len(out[j]) })
	return slices.Compact(out)
}

// decision redacts the texts of a decision: quoted values of claims, and the groups.
func (r redactor) decision(d Decided, said []string) Decided {
	within := func(text string) string { return r.mails(r.quoted(text, said)) }
	d.Why, d.RoleWhy = within(d.Why), within(d.RoleWhy)
	d.Rules, d.Notes, d.Groups = slices.Clone(d.Rules), slices.Clone(d.Notes), slices.Clone(d.Groups)
	for i := range d.Rules {
		d.Rules[i].Why = within(d.Rules[i].Why)
	}
	for i := range d.Groups {
		d.Groups[i] = r.shapedOrPlaceholder(d.Groups[i])
	}
	for i := range d.Notes {
		n := &d.Notes[i]
		n.Text = within(n.Text)
		if slices.Contains(said, strings.TrimSpace(n.Got)) {
			n.Got = r.shapedOrPlaceholder(n.Got)
		}
		n.Got = r.mails(n.Got)
	}
	return d
}

// quoted replaces the values that stand between quotation marks in a text; what stands outside them is ours.
func (r redactor) quoted(text string, said []string) string {
	for _, v := range said {
		text = strings.ReplaceAll(text, `"`+v+`"`, `"`+r.shapedOrPlaceholder(v)+`"`)
	}
	return text
}

// Veil leads from the pseudonyms of personal values back to the values, for showing a run to who has just made it. It is never saved.
type Veil struct{ pairs map[string]string }

// Lift gives a text with the personal values in the place of their pseudonyms. Secrets stay hidden. The zero Veil changes nothing.
func (v Veil) Lift(s string) string {
	if len(v.pairs) == 0 || !strings.Contains(strings.ToLower(s), mark) && !strings.Contains(s, "-0000-4000-8000-") {
		return s
	}
	keys := slices.Collect(maps.Keys(v.pairs))
	sort.Slice(keys, func(i, j int) bool {
		return len(keys[i]) > len(keys[j]) || len(keys[i]) == len(keys[j]) && keys[i] < keys[j]
	})
	for _, k := range keys {
		s = strings.ReplaceAll(s, k, v.pairs[k])
	}
	return s
}

// With also leads back from the pseudonyms of another veil.
func (v Veil) With(more Veil) Veil {
	pairs := maps.Clone(more.pairs)
	if pairs == nil {
		pairs = map[string]string{}
	}
	maps.Copy(pairs, v.pairs)
	return Veil{pairs}
}

// RedactVeiled is Redact, and also gives the way back to the personal values.
func RedactVeiled(set Set, key []byte) (Set, Veil) {
	r := redactor{key: key, veil: map[string]string{}}
	return r.set(set), Veil{r.veil}
}
