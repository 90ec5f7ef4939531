package explain

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/ssoctl/ssoctl/internal/exact"
	"github.com/ssoctl/ssoctl/internal/knowledge"
	"github.com/ssoctl/ssoctl/internal/report"
)

// cause makes a reading of a hit: the class, with what the signature and the SP's own Troubleshooting page know better.
func (e *Engine) cause(h hit, hits []hit, best float64, clear string, q Query) report.Cause {
	c := e.classes[h.sig.Class]
	out := report.Cause{ID: c.ID, Title: c.Title, Cause: c.Cause, Confidence: confidence(h, best), By: by(h), Troubleshooting: []report.Entry{}, Sources: []string{}}
	if len(c.Rules) > 0 {
		out.Rule = c.Rules[0]
	}
	if h.sig.Cause != "" {
		out.Cause = h.sig.Cause
	}
	entries := e.entries(c.ID, hits, q)
	for _, en := range entries {
		out.Troubleshooting = append(out.Troubleshooting, report.Entry{SP: en.sp.ID, ID: en.ID})
	}
	out.Fix = e.fix(c, h, entries, q)
	for _, other := range hits {
		if s := other.sig; s.Class == c.ID && !s.Unverified && s.S != "" && !slices.Contains(out.Sources, s.S) && len(out.Sources) < 3 {
			out.Sources = append(out.Sources, s.S)
		}
	}
	out.Next = next(c.Next, q)
	if sent := sentAddress(clear); sent != "" && strings.HasPrefix(c.ID, "REDIRECT") {
		out.Seen = append(out.Seen, report.Row{Key: "sent", Value: q.Hide.URL(sent)})
		if row, ok := compared(sent, q); ok {
			out.Seen = append(out.Seen, row)
		}
	}
	return out
}

// confidence says how sure a reading is: the words were read at their source and mean one thing, or not quite.
func confidence(h hit, best float64) string {
	level := 2
	if h.sig.Unverified || h.sig.Weight < 60 || h.p.count < 3 && by(h) != "code" {
		level--
	}
	if h.sig.Weight < 30 {
		level--
	}
	if h.score < best-15 {
		level--
	}
	return []string{"possible", "likely", "sure"}[max(level, 0)]
}

// by says what was recognised: a code, or words.
func by(h hit) string {
	if h.p.count == 1 && distinct(h.p.segments[0][0]) {
		return "code"
	}
	return "text"
}

func next(what string, q Query) string {
	name := q.Name
	if name == "" {
		name = "NAME"
	}
	if what == "decode" {
		return "ssoctl decode FILE -n " + name
	}
	return "ssoctl " + what + " " + name
}

// entry is a troubleshooting entry and whose it is.
type entry struct {
	sp *knowledge.ErrorSP
	knowledge.Entry
}

// entries are those of the SP at hand for a class, the one whose symptom was recognised first. Without an SP: those whose symptoms
// the text shows.
func (e *Engine) entries(class string, hits []hit, q Query) []entry {
	var out []entry
	add := func(sp *knowledge.ErrorSP, en knowledge.Entry) {
		wrong := q.Protocol != "" && en.Protocol != "" && q.Protocol != en.Protocol || q.IdP != "" && len(en.IdPs) > 0 && !slices.Contains(en.IdPs, q.IdP)
		if !wrong && !slices.ContainsFunc(out, func(o entry) bool { return o.ID == en.ID && o.sp == sp }) {
			out = append(out, entry{sp, en})
		}
	}
	for _, h := range hits {
		if h.sig.Entry == "" || h.sig.Class != class || q.SP != "" && !slices.Contains(h.sig.SPs, q.SP) {
			continue
		}
		for i := range e.book.SPs {
			if sp := &e.book.SPs[i]; slices.Contains(h.sig.SPs, sp.ID) {
				if n := slices.IndexFunc(sp.Entries, func(en knowledge.Entry) bool { return en.ID == h.sig.Entry }); n >= 0 {
					add(sp, sp.Entries[n])
				}
			}
		}
	}
	if sp := e.sp(q.SP); sp != nil {
		for _, en := range sp.Entries {
			if en.Class == class {
				add(sp, en)
			}
		}
	}
	return out
}

func (e *Engine) sp(id string) *knowledge.ErrorSP {
	i := slices.IndexFunc(e.book.SPs, func(s knowledge.ErrorSP) bool { return s.ID == id })
	if i < 0 || id == "generic" {
		return nil
	}
	return &e.book.SPs[i]
}

func (e *Engine) idp(id string) *knowledge.ErrorIdP {
	i := slices.IndexFunc(e.book.IdPs, func(p knowledge.ErrorIdP) bool { return p.ID == id })
	if i < 0 || id == "generic" {
		return nil
	}
	return &e.book.IdPs[i]
}

func (e *Engine) idpName(id string) string {
	if p := e.idp(id); p != nil {
		return p.Name
	}
	return ""
}

func (e *Engine) spName(id string) string {
	if p := e.sp(id); p != nil {
		return p.Name
	}
	return ""
}

// maxSteps bounds how many steps a fix has: the likeliest come first.
const maxSteps = 6

// fix joins the steps: what the SP's own entry says for this IdP, else the class's step in the IdP's console; then what the signature
// knows of the product, the rest of the entry and of the class.
func (e *Engine) fix(c *knowledge.ErrorClass, h hit, entries []entry, q Query) []string {
	var out []string
	add := func(steps ...string) {
		for _, s := range steps {
			if s != "" && len(out) < maxSteps && !slices.Contains(out, s) {
				out = append(out, s)
			}
		}
	}
	own := len(entries) == 1 || q.SP != "" && len(entries) > 0
	var byIdP []string
	if own {
		byIdP = entries[0].FixBy[q.IdP]
	}
	add(byIdP...)
	for _, s := range c.Fix {
		if s.At == "idp" && len(byIdP) == 0 && (h.sig.Fix == nil || e.idp(q.IdP) != nil) {
			add(e.step(s, q))
		}
	}
	if q.IdP == "" || len(h.sig.IdPs) == 0 || slices.Contains(h.sig.IdPs, q.IdP) {
		add(h.sig.Fix...)
	}
	if own && len(byIdP) == 0 {
		add(entries[0].Fix...)
	}
	for _, s := range c.Fix {
		if s.At != "idp" {
			add(e.step(s, q))
		}
	}
	return out
}

// application fills in the placeholders of a console path; what nothing is known of is called what it is.
func (e *Engine) application(path string, q Query) string {
	path, missing := knowledge.Expand(path, q.Values)
	for _, name := range missing {
		value := "‹" + strings.ReplaceAll(name, "_", " ") + "›"
		if sp := e.spName(q.SP); sp != "" && (name == "app" || name == "app_name") {
			value = sp
		}
		path = strings.ReplaceAll(path, "{"+name+"}", value)
	}
	return path
}

// step words one step at the place where it is done; "" when the product at hand has no such place.
func (e *Engine) step(s knowledge.ErrorStep, q Query) string {
	switch s.At {
	case "idp":
		idp := e.idp(q.IdP)
		if idp == nil {
			return "at the IdP: " + s.Do
		}
		for _, key := range s.Keys {
			if p, ok := idp.Path(key); ok {
				path := e.application(p.Path, q)
				if !p.Certain {
					path += " (likely)"
				}
				return idp.Name + " › " + path + ": " + s.Do
			}
		}
		return idp.Name + ": " + s.Do
	case "sp":
		return e.atSP(s, q)
	}
	return s.Do
}

func (e *Engine) atSP(s knowledge.ErrorStep, q Query) string {
	sp := e.sp(q.SP)
	if sp == nil {
		return "at the SP: " + s.Do
	}
	i := slices.IndexFunc(sp.Fields, func(f knowledge.ErrorField) bool {
		return f.Key == s.Key && (q.Protocol == "" || f.Protocol == q.Protocol)
	})
	if i < 0 {
		if len(sp.Fields) > 0 {
			return "" // the product has no such field
		}
		return sp.Name + ": " + s.Do
	}
	place := []string{sp.Name, sp.Path, sp.Edit, sp.Fields[i].Label}
	step := strings.Join(slices.DeleteFunc(place, func(p string) bool { return p == "" }), " › ") + ": " + s.Do
	if sp.Fields[i].WriteOnly {
		step += " (blank in the form; enter it again to change it)"
	}
	return step
}

// compared holds the address that was sent against that of the SP which is most like it.
func compared(sent string, q Query) (report.Row, bool) {
	if len(q.Returns) == 0 {
		return report.Row{}, false
	}
	best := exact.Compare(sent, q.Returns[0])
	own := q.Returns[0]
	for _, r := range q.Returns[1:] {
		if d := exact.Compare(sent, r); d.Equal() || best.Kind == exact.Other && d.Kind != exact.Other {
			best, own = d, r
		}
	}
	if best.Equal() {
		return report.Row{Key: "expected", Value: q.Hide.URL(own), Outcome: report.Passed, Text: "it is the SP's own: the IdP's list lacks it"}, true
	}
	return report.Row{Key: "expected", Value: q.Hide.URL(own), Outcome: report.Failed, Severity: report.Error, Text: best.String()}, true
}

// addresses are the ways in which texts quote the redirect URI that was sent.
var addresses = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)(?:redirect_uri=|(?:redirect[ +_]ur[il]|reply[ +](?:url|address))[^\n]{0,40}?["'(])(https?://[^\s"'<>&)]+)`)
})

func sentAddress(clear string) string {
	if m := addresses().FindStringSubmatch(clear); m != nil {
		return m[1]
	}
	return ""
}
