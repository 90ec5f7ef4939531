// Package guide joins the profile of an SP and the walkthrough of an IdP's console into one set-up guide, filled in from a connection. It
// is pure: connection in, guide out. Nothing in it knows a product; a profile that states something new has it in its guides.
package guide

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/connection"
	"github.com/ssoctl/ssoctl/internal/knowledge"
	"github.com/ssoctl/ssoctl/internal/report"
)

// builder holds what the parts of a guide share.
type builder struct {
	c        *connection.Connection
	g        *report.Guide
	name     string // of the connection; "" when there is none yet
	protocol string
	walk     *knowledge.Walkthrough
	sp, idp  values
	number   int              // of the last step
	taken    map[string][]int // key of the connection -> steps at the IdP that show it
	form     []knowledge.FormField
}

// Build makes the guide for a connection with an oidc or a saml section. name is the connection's in the file, "" when it is only made up
// for the guide. The error says why there is no such guide: one of the two does not speak the protocol.
func Build(c *connection.Connection, name string) (*report.Guide, error) {
	c = preset(c)
	b := &builder{c: c, name: name, protocol: string(c.Protocol()), taken: map[string][]int{}}
	if err := b.speak(); err != nil {
		return nil, err
	}
	b.g = &report.Guide{SP: c.SP.ID, IdP: c.IdP.ID, SPName: c.SP.Name, IdPName: c.IdP.Name, Protocol: b.protocol, Name: name, Open: []report.GuideOpen{}}
	b.form = b.fields()
	b.sp = b.spSide()
	b.idp = b.idpSide()
	// Parts are read by those after them: the form names the steps that showed its values.
	b.g.Parts = append(b.g.Parts, b.start())
	if shown, ok := b.shownFirst(); ok {
		b.g.Parts = append(b.g.Parts, shown)
	}
	b.g.Parts = append(b.g.Parts, b.atIdP(), b.file(), b.atSP(), b.end())
	b.unmarked()
	return b.g, nil
}

// preset is the connection with the identifier that the SP gives this IdP, where the connection states none;
// its ready-made cards are for OIDC.
func preset(c *connection.Connection) *connection.Connection {
	id := c.SP.IdPs[c.IdP.ID].ProviderID
	if id == "" || c.Vars["provider_id"] != "" || c.Protocol() != config.OIDC {
		return c
	}
	out := *c
	out.Vars = maps.Clone(c.Vars)
	out.Vars["provider_id"] = id
	return &out
}

// Speaks lists the protocols in which a guide for the two is possible, in the SP's order.
func Speaks(sp *knowledge.SP, idp *knowledge.IdP) []string {
	var out []string
	for _, p := range sp.Protocols {
		spoken := slices.Contains(idp.Protocols, p) || p == "oidc" && slices.Contains(idp.Protocols, "oauth2")
		if described(sp, p) && spoken {
			out = append(out, p)
		}
	}
	return out
}

func described(sp *knowledge.SP, protocol string) bool {
	return slices.Contains(sp.Protocols, protocol) && (protocol == "oidc" && sp.OIDC != nil || protocol == "saml" && sp.SAML != nil)
}

// speak checks that both sides speak the protocol and finds the walkthrough: the product's, else that of any IdP.
func (b *builder) speak() error {
	c := b.c
	if b.protocol == "" {
		return fmt.Errorf("connection %q has not exactly one of oidc and saml", c.Name)
	}
	word := map[string]string{"oidc": "OpenID Connect", "saml": "SAML"}[b.protocol]
	if !described(c.SP, b.protocol) {
		return fmt.Errorf("%s does not speak %s", c.SP.Name, word)
	}
	b.walk = c.IdP.Walkthrough[b.protocol]
	if b.walk != nil && b.walk.None.Known() {
		return fmt.Errorf("%s and %s: %s", c.IdP.Name, word, b.walk.None.V)
	}
	if !slices.Contains(Speaks(c.SP, c.IdP), b.protocol) {
		return fmt.Errorf("%s does not speak %s", c.IdP.Name, word)
	}
	if b.walk == nil {
		generic, _ := c.Lib.IdP("generic")
		b.walk = generic.Walkthrough[b.protocol]
	}
	return nil
}

// fields are those of the SP's form; for an SP whose form nobody has described, the values that every SP takes.
func (b *builder) fields() []knowledge.FormField {
	own := b.c.SP.Form.OIDC
	if b.protocol == "saml" {
		own = b.c.SP.Form.SAML
	}
	generic, _ := b.c.Lib.SP("generic")
	all := generic.Form.OIDC
	if b.protocol == "saml" {
		all = generic.Form.SAML
	}
	out := slices.Clone(own)
	if b.c.SP.Console.Path != "" && len(own) > 0 {
		return out
	}
	whole := slices.ContainsFunc(own, func(f knowledge.FormField) bool { return f.Key == "idp_metadata" })
	for _, f := range all {
		have := slices.ContainsFunc(own, func(o knowledge.FormField) bool {
			return o.Key == f.Key || o.Key == "discovery_url" && f.Key == "issuer"
		})
		if !have && !whole {
			out = append(out, f)
		}
	}
	return out
}

// step gives a step its number.
func (b *builder) step(s report.GuideStep) report.GuideStep {
	b.number++
	s.Number = b.number
	return s
}

// says is a statement of a profile with its note and, when nobody has read it up, its uncertainty.
func (b *builder) says(v values, text, note string, certain bool) string {
	text = b.named(v.fill(text))
	if note != "" {
		text += " (" + b.named(v.fill(note)) + ")"
	}
	if !certain {
		return "likely: " + text
	}
	return text
}

// named puts the SP's name where a walkthrough, written for any, speaks of "the SaaS" or "the SP".
func (b *builder) named(text string) string {
	text = strings.ReplaceAll(text, "a SaaS", "an application")
	for _, any := range []string{"the SaaS", "The SaaS", "the service provider", "the SP"} {
		for from := 0; ; {
			i := strings.Index(text[from:], any)
			if i < 0 {
				break
			}
			i += from
			rest := text[i+len(any):]
			if from = i + len(any); rest != "" && (rest[0] >= 'a' && rest[0] <= 'z' || strings.HasPrefix(rest, " side") || strings.HasPrefix(rest, " entity") || strings.HasPrefix(rest, " metadata")) {
				continue
			}
			text = text[:i] + b.c.SP.Name + rest
			from = i + len(b.c.SP.Name)
		}
	}
	return strings.ReplaceAll(text, " SaaS", " applications")
}

// concerns reports whether a remark belongs into this guide.
func (b *builder) concerns(r knowledge.Remark) bool {
	if r.Protocol != "" {
		return r.Protocol == "any" || r.Protocol == b.protocol
	}
	return b.about(r.V)
}

// about tells a statement on one protocol from one on both, by the words that belong to the other alone.
func (b *builder) about(text string) bool {
	words := map[string][]string{
		"oidc": {"SAML", "saml", "assertion", "ACS ", "NameID", "AuthnRequest", "RelayState"},
		"saml": {"OIDC", "ID token", "userinfo", "client secret", "Client Secret", "client_secret", "secret", "redirect URI", "discovery", "scope", "PKCE", "issuer", "response_type", "claims_supported", "session_state", "Direct access", "client_credentials", "id_token", "token endpoint", "refresh", "DPoP", "offline_access", "Authorization Code", "Refresh Token", "auth code", "code: ", "token"},
	}
	has := func(list []string) bool {
		return slices.ContainsFunc(list, func(w string) bool { return strings.Contains(text, w) })
	}
	own := words[map[string]string{"oidc": "saml", "saml": "oidc"}[b.protocol]]
	return !has(words[b.protocol]) || has(own)
}

// unmarked drops from the list of open values those that no text shows in the end, and explains those left without a word: by an address of
// the IdP that they are part of.
func (b *builder) unmarked() {
	all := strings.Join(texts(b.g), "\n")
	b.g.Open = slices.DeleteFunc(b.g.Open, func(o report.GuideOpen) bool { return !strings.Contains(all, o.Mark) })
	forms := slices.Sorted(maps.Keys(b.c.IdP.Issuer.Forms))
	slices.SortStableFunc(forms, func(x, y string) int { // the usual ones first, which were read up on
		return cmp.Compare(doubt(b.c.IdP.Issuer.Forms[x]), doubt(b.c.IdP.Issuer.Forms[y]))
	})
	for i := range b.g.Open {
		o := &b.g.Open[i]
		for _, key := range forms {
			if form := marked(b.c.IdP.Issuer.Forms[key].V); o.Say == "" && strings.Contains(form, o.Mark) {
				o.Say = "part of the issuer of " + b.c.IdP.Name + ": " + form
			}
		}
		o.Say = cmp.Or(o.Say, "your own, at "+b.c.IdP.Name)
	}
}

// doubt orders facts: 0 for one that was read or seen.
func doubt(f knowledge.Fact[string]) int {
	if f.Certain() {
		return 0
	}
	return 1
}

// marked writes a template with a mark for each of its placeholders.
func marked(template string) string {
	text, missing := knowledge.Expand(template, nil)
	for _, name := range missing {
		text = strings.ReplaceAll(text, "{"+name+"}", mark(name))
	}
	return text
}

// texts are all texts of a guide's parts.
func texts(g *report.Guide) []string {
	var out []string
	rows := func(list []report.GuideRow) {
		for _, r := range list {
			out = append(out, r.Label, r.Value, r.Note)
		}
	}
	for _, p := range g.Parts {
		out = append(append(out, p.Title, p.At, p.Needs), p.Notes...)
		for _, s := range p.Steps {
			out = append(out, s.Title, s.When, s.Then)
			out = append(append(append(out, s.Do...), s.Warn...), s.Notes...)
			rows(s.Fields)
			rows(s.Musts)
			rows(s.Take)
		}
		for _, c := range p.Checks {
			out = append(out, c.Command, c.Say)
		}
	}
	return out
}
