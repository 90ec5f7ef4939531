package guide

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/knowledge"
	"github.com/ssoctl/ssoctl/internal/report"
)

// before are the statements on accounts that matter before anything is changed; the others are told at the end.
var before = []string{"permissions", "backup", "change"}

// start is what has to be at hand: rights, what the SP demands, the values that the IdP will ask for.
func (b *builder) start() report.GuidePart {
	c, sp := b.c, b.c.SP
	p := report.GuidePart{Title: "Before you start", Side: "start"}
	if sp.Plan.Known() {
		p.Notes = append(p.Notes, b.says(b.sp, "plan of "+sp.Name+": "+sp.Plan.V, sp.Plan.Note, sp.Plan.Certain()))
	}
	for _, key := range before {
		if f, ok := sp.Accounts[key]; ok {
			p.Notes = append(p.Notes, b.says(b.sp, flat(f.V), f.Note, f.Certain()))
		}
	}
	if _, known := sp.IdPs[c.IdP.ID]; c.PlainOAuth() && !known {
		p.Notes = append(p.Notes, fmt.Sprintf("%s hands out no ID tokens, and nothing says that %s works without them", c.IdP.Name, sp.Name))
	}
	s := report.GuideStep{Title: "Have ready what " + c.IdP.Name + " asks for"}
	s.Fields = b.identity()
	p.Steps = append(p.Steps, b.step(s))
	p.Steps = append(p.Steps, b.step(report.GuideStep{Title: "Know what " + sp.Name + " expects", Fields: b.expects()}))
	p.Steps = append(p.Steps, b.step(report.GuideStep{Title: "Know which claims " + sp.Name + " reads", Fields: b.reads()}))
	return p
}

// identity is what the SP is called and where it takes answers.
func (b *builder) identity() []report.GuideRow {
	sp := b.c.SP
	var out []report.GuideRow
	row := func(label string, t knowledge.Template) {
		if t.V == "" {
			return
		}
		note := b.sp.fill(t.Note)
		if t.When != "" {
			note = strings.TrimPrefix(note+"; "+b.sp.fill(t.When), "; ")
		}
		out = append(out, report.GuideRow{Label: label, Value: b.sp.fill(t.V), Note: note})
	}
	if b.protocol == "oidc" {
		if uri := b.c.OIDC.RedirectURI; uri != "" {
			row("Redirect URI", knowledge.Template{V: uri})
		} else {
			for _, t := range sp.OIDC.RedirectURIs {
				row("Redirect URI", t)
			}
		}
		row("Post-logout redirect URI", sp.OIDC.PostLogout)
		row("Address that starts a login", sp.OIDC.InitiateURI)
	} else {
		entity := sp.SAML.EntityID
		entity.V = cmp.Or(b.c.SPEntityID(), entity.V)
		row("Entity ID", entity)
		if uri := b.c.SAML.ACSURL; uri != "" {
			row("ACS URL", knowledge.Template{V: uri})
		} else {
			for _, t := range sp.SAML.ACS {
				row("ACS URL", t)
			}
		}
		row("Audience", sp.SAML.Audience)
		row("SP metadata", sp.SAML.Metadata)
	}
	row("Page where people sign in", knowledge.Template{V: sp.Console.Login})
	if len(out) == 0 {
		out = append(out, report.GuideRow{Label: "Addresses", Value: mark("addresses of " + sp.Name), Note: "as its own documentation gives them"})
	}
	return out
}

// expects are the facts of the SP's profile that decide about settings at the IdP.
func (b *builder) expects() []report.GuideRow {
	if b.protocol == "saml" {
		return b.expectsSAML()
	}
	o := b.c.SP.OIDC
	var r rows
	r.add("Client", "confidential, with a secret", "", b.c.OIDC.AuthMethod != "none" && !slices.Equal(o.AuthMethods.V, []string{"none"}))
	list := func(label string, f knowledge.Fact[[]string]) {
		r.add(label, strings.Join(f.V, ", "), b.sp.fill(f.Note), f.Known() && len(f.V) > 0)
	}
	list("Grant", o.Grants)
	r.add("Scopes", strings.Join(b.c.Scopes(), " "), b.sp.fill(o.Scopes.Default.Note), true)
	if o.Scopes.Groups.Known() {
		r.add("Scope for groups", o.Scopes.Groups.V, b.sp.fill(o.Scopes.Groups.Note), true)
	}
	word := func(label string, f knowledge.Fact[string]) {
		r.add(label, strings.ReplaceAll(f.V, "_", " "), b.sp.fill(f.Note), f.Known() && f.V != "unknown")
	}
	yes := func(label string, f knowledge.Fact[bool]) {
		r.add(label, map[bool]string{true: "yes", false: "no"}[f.V], b.sp.fill(f.Note), f.Known())
	}
	list("Client authentication", o.AuthMethods)
	word("PKCE", o.PKCE)
	word("Issuer is entered as", o.IssuerField)
	word("Issuer is compared", o.IssuerCompare)
	yes("Issuer with https only", o.HTTPS)
	list("Claims are read from", o.ReadsFrom)
	list("ID token signed with", o.IDTokenAlgs)
	yes("Sends DPoP proofs", o.DPoP)
	yes("Sends pushed requests (PAR)", o.PAR)
	yes("Signs out at the IdP", o.Logout)
	return r
}

func (b *builder) expectsSAML() []report.GuideRow {
	s := b.c.SP.SAML
	var r rows
	word := func(label string, f knowledge.Fact[string]) {
		r.add(label, f.V, b.sp.fill(f.Note), f.Known() && f.V != "unknown")
	}
	yes := func(label string, f knowledge.Fact[bool]) {
		r.add(label, map[bool]string{true: "yes", false: "no"}[f.V], b.sp.fill(f.Note), f.Known())
	}
	list := func(label string, f knowledge.Fact[[]string]) {
		r.add(label, strings.Join(f.V, ", "), b.sp.fill(f.Note), f.Known() && len(f.V) > 0)
	}
	word("NameID format", s.NameIDFormat)
	word("Assertion signed", s.AssertionSigned)
	word("Response signed", s.ResponseSigned)
	word("Encryption", s.Encryption)
	yes("Signs its requests", s.RequestSigned)
	word("Sends requests by", s.RequestBinding)
	word("Login that starts at the IdP", s.IdPInitiated)
	list("Signature algorithms", s.SignatureAlgs)
	list("Certificate as", s.CertFormats)
	yes("One certificate only", s.OneCertificate)
	if len(r) == 0 {
		r.add("Signature", "sign the assertion, SHA-256", "nothing is known of what "+b.c.SP.Name+" demands", true)
	}
	return r
}

// claims are what the SP reads about the user in this protocol.
func (b *builder) claims() []knowledge.Claim {
	if b.protocol == "saml" {
		return b.c.SP.SAML.Attributes
	}
	return b.c.SP.OIDC.Claims
}

// reads lists the claims or attributes that the SP reads.
func (b *builder) reads() []report.GuideRow {
	var out []report.GuideRow
	for _, c := range b.claims() {
		note := cmp.Or(c.Level, "optional")
		if c.NameID {
			note += "; the NameID stands in"
		}
		if c.Scope != "" {
			note += "; scope " + c.Scope
		}
		if c.Say != "" {
			note += "; " + b.sp.fill(c.Say)
		}
		out = append(out, report.GuideRow{Label: c.Name, Value: strings.Join(c.Names, ", "), Note: note})
	}
	for _, name := range b.c.SPParam("required_claims").Strings() {
		out = append(out, report.GuideRow{Label: name, Value: name, Note: "required"})
	}
	if len(out) == 0 {
		out = append(out, report.GuideRow{Label: "email", Value: "email", Note: "likely; nothing is known of what " + b.c.SP.Name + " reads"})
	}
	return out
}

// rows collects rows that say something.
type rows []report.GuideRow

func (r *rows) add(label, value, note string, known bool) {
	if known && value != "" {
		*r = append(*r, report.GuideRow{Label: label, Value: value, Note: note})
	}
}

// flat writes any value of a fact on one line.
func flat(v any) string {
	switch v := v.(type) {
	case nil:
		return "none"
	case string:
		return v
	case bool:
		return map[bool]string{true: "yes", false: "no"}[v]
	case []any:
		var parts []string
		for _, e := range v {
			parts = append(parts, flat(e))
		}
		if len(parts) == 0 {
			return "none"
		}
		if strings.Contains(parts[0], "://") { // a comma right behind an address would be taken for a part of it
			return strings.Join(parts, " and ")
		}
		return strings.Join(parts, ", ")
	case map[string]any:
		var parts []string
		for key, e := range v {
			parts = append(parts, key+": "+flat(e))
		}
		slices.Sort(parts)
		return strings.Join(parts, ", ")
	}
	return fmt.Sprint(v)
}
