package knowledge

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Problem is something in a profile that its shape alone does not show.
type Problem struct {
	Path string // JSON pointer
	Text string
}

// Validate checks an SP profile of anybody's making: it says what it is, its patterns compile and accept their examples, its
// templates use only parameters that exist and become absolute URLs.
func Validate(sp *SP) []Problem {
	var out []Problem
	add := func(path, format string, args ...any) { out = append(out, Problem{path, fmt.Sprintf(format, args...)}) }
	if sp.ID == "" {
		add("/id", "the profile has no id")
	}
	if sp.Name == "" {
		add("/name", "the profile has no name")
	}
	if len(sp.Protocols) == 0 {
		add("/protocols", "the profile names no protocol (oidc, saml)")
	}
	for i, q := range sp.Quirks {
		if !slices.Contains([]string{"", "oidc", "saml", "any"}, q.Protocol) {
			add("/quirks/"+strconv.Itoa(i)+"/protocol", "protocol is %q, not oidc, saml or any", q.Protocol)
		}
	}
	values := map[string]string{}
	for i, p := range sp.Params {
		path := "/params/" + strconv.Itoa(i)
		values[p.Name] = p.Example
		for _, v := range p.Values {
			for name, set := range v.Sets {
				values[name] = set
			}
		}
		re, err := regexp.Compile(`^(?:` + p.Pattern + `)$`)
		switch {
		case err != nil:
			add(path+"/pattern", "the pattern of %q does not compile: %v", p.Name, err)
		case p.Pattern != "" && !re.MatchString(p.Example):
			add(path+"/example", "the example %q of %q does not fit its own pattern", p.Example, p.Name)
		}
	}
	check := func(path string, templates []Template) {
		for i, t := range templates {
			s, missing := Expand(t.V, values)
			at := path + "/" + strconv.Itoa(i) + "/v"
			switch u, err := url.Parse(s); {
			case len(missing) > 0:
				add(at, "the template %q uses {%s}, which is no parameter", t.V, strings.Join(missing, "}, {"))
			case err != nil || !u.IsAbs() || u.Host == "":
				add(at, "the template %q does not become an absolute URL (%q)", t.V, s)
			}
		}
	}
	if sp.OIDC != nil {
		check("/oidc/redirect_uris", sp.OIDC.RedirectURIs)
	}
	if sp.SAML != nil {
		check("/saml/acs_urls", sp.SAML.ACS)
	}
	return out
}
