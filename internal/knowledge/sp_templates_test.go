package knowledge

import (
	"net/url"
	"slices"
	"strings"
	"testing"
)

// spExamples gives one set of parameter values a combination of listed ones (regions), from the profile's own examples.
func spExamples(sp *SP) []map[string]string {
	all := []map[string]string{{}}
	for _, p := range sp.Params {
		if len(p.Values) == 0 {
			for _, m := range all {
				m[p.Name] = p.Example
			}
			continue
		}
		var next []map[string]string
		for _, v := range p.Values {
			for _, m := range all {
				c := map[string]string{p.Name: v.Value}
				for k, x := range m {
					c[k] = x
				}
				for k, x := range v.Sets {
					c[k] = x
				}
				next = append(next, c)
			}
		}
		all = next
	}
	return all
}

// spTemplates lists the templates of a profile; urls are those that must come out as absolute URLs.
func spTemplates(sp *SP) (urls, others []string) {
	if o := sp.OIDC; o != nil {
		for _, r := range o.RedirectURIs {
			urls = append(urls, r.V)
		}
		urls = append(urls, o.PostLogout.V, o.InitiateURI.V)
	}
	if s := sp.SAML; s != nil {
		for _, a := range s.ACS {
			urls = append(urls, a.V)
		}
		urls = append(urls, s.Metadata.V)
		others = append(others, s.EntityID.V, s.Audience.V)
	}
	urls = append(urls, sp.Console.Login)
	for _, f := range slices.Concat(sp.Form.OIDC, sp.Form.SAML) {
		others = append(others, f.Value)
	}
	for _, rs := range sp.Requires {
		for _, r := range rs {
			others = append(others, r.Contains)
			if s, ok := r.Equals.(string); ok {
				others = append(others, s)
			}
		}
	}
	return urls, others
}

func TestSPTemplatesExpand(t *testing.T) {
	for id, sp := range spFiles(t) {
		urls, others := spTemplates(sp)
		for _, values := range spExamples(sp) {
			for i, template := range slices.Concat(urls, others) {
				got, missing := Expand(template, values)
				if len(missing) > 0 || strings.ContainsAny(got, "{} \t\n") && i < len(urls) {
					t.Errorf("%s: %q becomes %q, without a value: %v", id, template, got, missing)
				}
				if u, err := url.Parse(got); i < len(urls) && template != "" && (err != nil || !u.IsAbs()) {
					t.Errorf("%s: %q becomes %q, no absolute URL: %v", id, template, got, err)
				}
			}
		}
	}
}

func TestSPParams(t *testing.T) {
	for id, sp := range spFiles(t) {
		for _, p := range sp.Params {
			re := spCompile(t, id, p.Pattern)
			for _, s := range []string{p.Example, p.Default} {
				if s != "" && !re.MatchString(s) {
					t.Errorf("%s: parameter %s: the pattern %q refuses %q", id, p.Name, p.Pattern, s)
				}
			}
			if p.Name == "" || p.Example == "" {
				t.Errorf("%s: parameter %q has no example", id, p.Name)
			}
			if len(p.Values) > 0 && !slices.ContainsFunc(p.Values, func(v ParamValue) bool { return v.Value == p.Example }) {
				t.Errorf("%s: parameter %s: example %q is not among the values", id, p.Name, p.Example)
			}
			if slices.Contains(p.Reserved, p.Example) {
				t.Errorf("%s: parameter %s: example %q is reserved", id, p.Name, p.Example)
			}
		}
		if sp.Roles != nil {
			spCompile(t, id, sp.Roles.RolePattern)
		}
	}
}
