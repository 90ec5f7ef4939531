package mapping

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/knowledge"
	"github.com/ssoctl/ssoctl/internal/report"
)

// DomainOf is the part of an address that SPs compare with their list: what stands between the first "@" and the next, in lower case.
func DomainOf(email string) string {
	parts := strings.Split(strings.TrimFunc(email, jsSpace), "@")
	if len(parts) < 2 {
		return ""
	}
	return strings.ToLower(strings.TrimFunc(parts[1], jsSpace))
}

// DomainAllowed reports whether an address is of one of the domains, and of which entry (-1: none). Entries are bare domains; letter case and
// white space around them do not count. below: domains under an entry count too.
func DomainAllowed(email string, entries []string, below bool) (int, bool) {
	domain := DomainOf(email)
	for i, e := range entries {
		e = strings.ToLower(strings.TrimFunc(e, jsSpace))
		if e != "" && domain != "" && (domain == e || below && strings.HasSuffix(domain, "."+e)) {
			return i, true
		}
	}
	return -1, false
}

// gated reports whether the SP looks at the domains of this login's addresses.
func (d *decider) gated() bool {
	rule, list := d.conn.SP.Domains, d.conn.AllowedDomains
	switch {
	case len(list) == 0:
		return false
	case rule == nil:
		return true
	case len(rule.Protocols) > 0 && !slices.Contains(rule.Protocols, d.protocol):
		return false
	}
	return len(rule.Only) == 0 || slices.Contains(rule.Only, d.conn.Vars["provider_id"])
}

// domain decides whether the address is of an allowed domain.
func (d *decider) domain() {
	email, from, ok := d.email()
	if ok {
		d.out.Domain = DomainOf(email)
	}
	if !d.gated() {
		return
	}
	list := d.conn.AllowedDomains
	if !ok && d.fallback() != "" {
		d.why = append(d.why, fmt.Sprintf("no claim holds the address; %s asks %s for it, and whether its domain is allowed is not known here", d.conn.SP.Name, d.fallback()))
		return
	}
	if !ok {
		d.deny("domain", "no e-mail address came, so it is of none of the allowed domains ("+quoteAll(list)+")")
		return
	}
	subdomains := "unknown"
	if d.conn.SP.Domains != nil && d.conn.SP.Domains.Subdomains.V != "" {
		subdomains = d.conn.SP.Domains.Subdomains.V
	}
	if _, ok := DomainAllowed(email, list, subdomains == "included"); ok {
		d.why = append(d.why, fmt.Sprintf("domain %q is allowed", d.out.Domain))
		return
	}
	note := report.DecisionNote{Kind: "domain", Path: "allowed_domains", Claim: "email", Got: d.out.Domain, Want: strings.Join(list, ", "),
		Text: fmt.Sprintf("the address in %s is of domain %q, but only %s %s allowed", SourceName(from), d.out.Domain, quoteAll(list), be(len(list)))}
	if d.out.Domain == "" {
		note.Got = email
		note.Text = fmt.Sprintf("%q in %s is no e-mail address: it has no domain, and only %s %s allowed", email, SourceName(from), quoteAll(list), be(len(list)))
	} else if i, below := DomainAllowed(email, list, true); below {
		note.Path = fmt.Sprintf("allowed_domains/%d", i)
		if subdomains == "unknown" {
			note.Text = fmt.Sprintf("%q is a domain under %q, and nothing says that %s lets those in; likely: list it by itself", d.out.Domain, list[i], d.conn.SP.Name)
		} else {
			note.Text = fmt.Sprintf("%q is a domain under %q, and %s lets in only the domain itself", d.out.Domain, list[i], d.conn.SP.Name)
		}
	} else if i := slices.IndexFunc(list, func(e string) bool { return meant(e) == d.out.Domain }); i >= 0 {
		note.Path = fmt.Sprintf("allowed_domains/%d", i)
		note.Text = fmt.Sprintf("the entry %q never matches an address; %q was likely meant", list[i], d.out.Domain)
	}
	d.note(note)
	d.deny("domain", note.Text)
}

// meant is the domain that an entry which never matches was likely to be.
func meant(entry string) string {
	s := strings.ToLower(strings.TrimFunc(entry, jsSpace))
	if i := strings.LastIndexByte(s, '@'); i >= 0 {
		s = s[i+1:]
	}
	return strings.TrimPrefix(strings.TrimPrefix(s, "*"), ".")
}

// email is the address that the SP reads, and where it does.
func (d *decider) email() (address, from string, ok bool) {
	claim := knowledge.Claim{Name: "email", Names: []string{"email"}}
	for _, c := range wanted(d.conn, d.protocol) {
		if c.Name == "email" {
			claim = c
		}
	}
	v, from, _, ok := Read(d.conn, d.login.Sources, claim)
	if !ok {
		return "", "", false
	}
	address = firstText(v)
	return address, from, address != ""
}

// firstText is a text, or the first of a list of them.
func firstText(v any) string {
	if l, ok := v.([]any); ok && len(l) > 0 {
		v = l[0]
	}
	s, _ := v.(string)
	return s
}

func be(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// quoteAll quotes texts for a message, not more than five.
func quoteAll(list []string) string {
	const most = 5
	var out []string
	for i, s := range list {
		if i == most {
			out = append(out, fmt.Sprintf("%d more", len(list)-most))
			break
		}
		out = append(out, fmt.Sprintf("%q", s))
	}
	if len(out) == 0 {
		return "nothing"
	}
	return strings.Join(out, ", ")
}
