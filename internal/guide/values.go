package guide

import (
	"cmp"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/knowledge"
	"github.com/ssoctl/ssoctl/internal/report"
)

// mark is how a value that nobody knows yet stands in a text.
func mark(name string) string { return "‹" + strings.ReplaceAll(name, "_", " ") + "›" }

// values are the placeholders of one side with what is known of them, and what is to be said of those that stay open.
type values struct {
	known map[string]string
	say   map[string]string
	open  func(name, say string)
}

// fill finishes a text: each {placeholder} becomes its value or a mark.
func (v values) fill(template string) string {
	text, missing := knowledge.Expand(template, v.known)
	for _, name := range missing {
		text = strings.ReplaceAll(text, "{"+name+"}", mark(name))
		v.open(name, v.say[name])
	}
	return text
}

// opened notes a mark once; a later explanation stands in for an empty one.
func (b *builder) opened(name, say string) {
	m := mark(name)
	for i := range b.g.Open {
		if b.g.Open[i].Mark == m {
			b.g.Open[i].Say = cmp.Or(b.g.Open[i].Say, say)
			return
		}
	}
	b.g.Open = append(b.g.Open, report.GuideOpen{Mark: m, Say: say})
}

// spSide are the values of the SP's texts: its parameters, and what is made of them.
func (b *builder) spSide() values {
	v := values{known: map[string]string{}, say: map[string]string{}, open: b.opened}
	maps.Copy(v.known, b.c.Vars)
	for _, p := range b.c.SP.Params {
		say := p.Say
		if len(p.Values) == 0 && p.Example != "" {
			say = strings.TrimPrefix(say+"; such as "+p.Example, "; ")
		}
		v.say[p.Name] = say
		var sets []string // what the parameter's values set, by placeholder
		for _, choice := range p.Values {
			for name, value := range choice.Sets {
				sets = append(sets, name)
				v.say[name] = strings.TrimPrefix(fmt.Sprintf("%s; %s for %s %s", v.say[name], value, p.Name, choice.Value), "; ")
			}
		}
		slices.Sort(sets)
	}
	if b.c.Issuer() != "" {
		v.known["issuer"] = b.c.Issuer()
	}
	v.say["issuer"] = "the issuer, as " + b.c.IdP.Name + " shows it"
	if b.c.SP.SAML != nil && b.entityID() != "" {
		v.known["sp_entity_id"] = b.entityID()
	}
	return v
}

// idpSide are the values of the IdP's texts. The SP's own parameters are not among them: a {host} there is the IdP's.
func (b *builder) idpSide() values {
	c, sp := b.c, b.c.SP
	v := values{known: map[string]string{}, say: map[string]string{}, open: b.opened}
	b.fromIssuer(v.known)
	v.known["app_name"] = sp.Name
	if sp.Kind == "generic" {
		v.known["app_name"] = cmp.Or(b.name, mark("name of the application"))
	}
	v.known["login_url"] = b.template(sp.Console.Login, "login page of "+sp.Name)
	if b.protocol == "saml" {
		v.known["acs_url"] = cmp.Or(c.ACSURL(), b.first(sp.SAML.ACS, "ACS URL of "+sp.Name))
		v.known["sp_entity_id"] = cmp.Or(b.entityID(), mark("entity ID of "+sp.Name))
		v.known["client_id"] = v.known["sp_entity_id"]
		v.known["acs_url_pattern"] = regexp.QuoteMeta(v.known["acs_url"])
		v.known["logout_url"] = mark("empty, " + sp.Name + " names no sign-out address")
		return v
	}
	v.known["callback_url"] = cmp.Or(c.RedirectURI(), b.first(sp.OIDC.RedirectURIs, "redirect URI of "+sp.Name))
	v.known["logout_url"] = mark("empty, " + sp.Name + " names no sign-out address")
	if sp.OIDC.PostLogout.V != "" {
		v.known["logout_url"] = b.sp.fill(sp.OIDC.PostLogout.V)
	}
	v.known["client_id"] = b.c.OIDC.ClientID
	v.say["client_id"] = "the client ID, as " + c.IdP.Name + " gives or takes it"
	v.say["client_secret"] = "the client secret; it stays out of files"
	return v
}

// path fills a place in the IdP's console; there {app} is the application's name.
func (b *builder) path(template string) string {
	v := b.idp
	v.known = maps.Clone(v.known)
	v.known["app"] = v.known["app_name"]
	return v.fill(template)
}

// template fills a template of the SP; without one it is a mark that says what would belong there.
func (b *builder) template(t, otherwise string) string {
	if t == "" {
		return mark(otherwise)
	}
	return b.sp.fill(t)
}

func (b *builder) first(list []knowledge.Template, otherwise string) string {
	if len(list) == 0 {
		return mark(otherwise)
	}
	return b.template(list[0].V, otherwise)
}

// entityID is the SP's entity ID, with marks where a part of it is not known.
func (b *builder) entityID() string {
	if id := b.c.SPEntityID(); id != "" {
		return id
	}
	if b.c.SP.SAML == nil || b.c.SP.SAML.EntityID.V == "" {
		return ""
	}
	text, missing := knowledge.Expand(b.c.SP.SAML.EntityID.V, b.c.Vars)
	for _, name := range missing {
		text = strings.ReplaceAll(text, "{"+name+"}", mark(name))
	}
	return text
}

// fromIssuer reads the IdP's own placeholders (tenant, realm, host) off the issuer or entity ID of the connection.
func (b *builder) fromIssuer(into map[string]string) {
	address := b.c.Issuer()
	if b.c.SAML != nil {
		address = b.c.SAML.IdPEntityID
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return
	}
	origin := u.Scheme + "://" + u.Host
	into["issuer"] = address
	var forms []string
	for _, form := range b.c.IdP.Issuer.Forms {
		forms = append(forms, form.V)
	}
	slices.Sort(forms)
	slices.SortStableFunc(forms, func(x, y string) int { return cmp.Compare(len(y), len(x)) }) // the one that says most first
	for _, form := range forms {
		for _, value := range []string{address, strings.TrimSuffix(address, "/") + "/", strings.TrimSuffix(address, "/")} {
			got := map[string]string{}
			rest, based := strings.CutPrefix(form, "{base}")
			if based && knowledge.Match(rest, strings.TrimPrefix(value, origin), got) {
				got["base"] = origin
			} else if based || !knowledge.Match(form, value, got) {
				continue
			}
			maps.Copy(into, got)
			return
		}
	}
}
