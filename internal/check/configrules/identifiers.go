package configrules

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/exact"
	"github.com/ssoctl/ssoctl/internal/knowledge"
	"github.com/ssoctl/ssoctl/internal/report"
)

// Identifiers that a product gives a recognisable shape.
var identifiers = []check.Rule{
	{
		Code: "CFG005", Title: "the provider's name is one that the SP accepts and keeps", Severity: report.Warning,
		Needs: []evidence.Kind{evidence.Config},
		Why:   "The name is part of the callback and of every account link: it cannot be changed later without registering anew.",
		Fix:   "choose another name",
		Check: providerNames,
	},
	{
		Code: "CFG007", Title: "the client ID has the shape that the IdP gives it", Severity: report.Error, Protocol: config.OIDC,
		Needs: []evidence.Kind{evidence.Config}, Uses: []evidence.Kind{evidence.Authorize, evidence.Client}, Explains: []string{"AUTHZ031", "TOK005"},
		Why:     "Something else was pasted in place of the client ID, so the IdP does not know the client.",
		Fix:     "copy the client ID from the IdP's console",
		Applies: func(c *check.Case) bool { return strings.TrimSpace(c.Config.OIDC.ClientID) != "" },
		Check:   clientID,
	},
	{
		Code: "CFG008", Title: "the client secret is a secret and not the name of one", Severity: report.Error, Protocol: config.OIDC,
		Needs: []evidence.Kind{evidence.Config, evidence.Refs}, Uses: []evidence.Kind{evidence.Client}, Explains: []string{"TOK005"},
		Why:     "The IdP refuses it at the end of the login, when the SP asks for tokens.",
		Fix:     "copy the secret's value, which the IdP shows once; make a new one when it is gone",
		Applies: func(c *check.Case) bool { return c.Config.OIDC.ClientSecret != "" },
		Decides: func(c *check.Case) string {
			if r := secretRef(c); r.State != "ok" {
				return "the secret was not looked at: " + r.Text
			}
			return ""
		},
		Check: secretShape,
	},
	{
		Code: "CFG009", Title: "the issuer has the shape that the IdP gives it", Severity: report.Error,
		Needs: []evidence.Kind{evidence.Config}, Uses: []evidence.Kind{evidence.Discovery, evidence.Alternatives, evidence.SAMLMetadata}, Explains: []string{"DISC001", "DISC003", "DISC005", "RSP016", "AST002"},
		Why:     "Nothing answers at an issuer that is only nearly right, or another tenant does.",
		Fix:     "copy the issuer from the IdP's console or from its discovery document",
		Applies: func(c *check.Case) bool { return c.IdP.ID != "generic" && (c.Config.Issuer() != "" || bySAMLShape(c)) },
		Check: func(c *check.Case) []report.Finding {
			if bySAMLShape(c) {
				return entityShape(c)
			}
			return issuerShape(c)
		},
	},
}

// providerNames looks at the parameters for which the SP reserves values, and at the name that its own card for this IdP has.
func providerNames(c *check.Case) []report.Finding {
	if misfit(c) {
		return nil
	}
	var out []report.Finding
	for _, p := range c.SP.Params {
		value := c.Config.SPParam(p.Name).Str()
		if len(p.Reserved) == 0 || value == "" {
			continue
		}
		f := report.Finding{Got: value, Where: c.Config.Pos("sp/" + p.Name)}
		preset := c.SP.IdPs[c.IdP.ID].ProviderID
		switch {
		case slices.Contains(p.Reserved, strings.ToLower(value)):
			f.Severity = report.Error
			f.Message = fmt.Sprintf("%s is %q, which %s reserves for itself (reserved are %s)", p.Name, value, c.TheSP(), strings.Join(p.Reserved, ", "))
			f.Fix = []string{"choose another one, for example " + p.Example}
		case preset != "" && value != preset && strings.EqualFold(value, preset):
			f.Want = preset
			f.Message = fmt.Sprintf("%s is %q but the card of %s for %s is called %q: to it these are two providers", p.Name, value, c.TheSP(), c.TheIdP(), preset)
			step, edits := c.InFile("sp/"+p.Name, preset)
			f.Fix, f.Edits = []string{c.AtSP("look how the provider is spelt there", p.Name), step}, edits
		default:
			continue
		}
		out = append(out, f)
	}
	return out
}

// proven reports whether the IdP itself has shown that it knows the client: then its shape does not matter.
func proven(c *check.Case) bool {
	return c.Client.Means("accepted", "dpop_required", "grant_off") != nil || c.Authorize.Means("login_required", "scope_refused", "redirect_unregistered", "flow_off") != nil
}

func clientID(c *check.Case) []report.Finding {
	id, p := c.Config.OIDC.ClientID, c.IdP.Client.ID
	if proven(c) {
		return nil
	}
	if f := around(c, "oidc/client_id", id); f != nil {
		if f.Want == "" && p.Say != "" {
			f.Message += "; " + p.Say
		}
		f.Fix = append(f.Fix, c.AtIdP("copy the client ID", "client_id"), c.AtSP("enter it", "client_id"))
		return []report.Finding{*f}
	}
	if p.Match == "" || c.Lib.Matches(p.Match, id) || foreign(c) != "" {
		return nil
	}
	f := report.Finding{Got: id, Want: p.Example, Where: c.Config.Pos("oidc/client_id"), Message: fmt.Sprintf("client_id is %s, but %s, such as %q", check.Quote(id), p.Say, p.Example)}
	f.Fix = []string{c.AtIdP("copy the client ID", "client_id"), c.AtSP("enter it", "client_id")}
	return []report.Finding{likely(f, p.S)}
}

// likely lowers a finding that rests on memory.
func likely(f report.Finding, s knowledge.Keys) report.Finding {
	if !s.Certain() {
		f.Severity, f.Message = report.Warning, "likely: "+f.Message
	}
	return f
}

func secretRef(c *check.Case) evidence.Ref {
	for _, r := range c.Refs {
		if r.Path == "oidc/client_secret" {
			return r
		}
	}
	return evidence.Ref{State: "missing", Text: "no reference"}
}

func secretShape(c *check.Case) []report.Finding {
	r := secretRef(c)
	if c.Client.Means("accepted", "dpop_required", "grant_off") != nil {
		return nil
	}
	f := report.Finding{Where: c.Config.Pos("oidc/client_secret"), Fix: []string{c.AtIdP("make a new client secret and copy its value at once", "secret"), c.AtSP("enter the value", "client_secret")}}
	for _, t := range r.Traits {
		n, shaped := strings.CutPrefix(t, "shape:")
		i, err := strconv.Atoi(n)
		switch {
		case t == "client_id":
			f.Message = fmt.Sprintf("the client secret %q is the client ID once more", r.Ref)
			return []report.Finding{f}
		case t == "url":
			f.Message = fmt.Sprintf("the client secret %q is a URL", r.Ref)
			return []report.Finding{f}
		case shaped && err == nil && i < len(c.IdP.Client.Secret):
			p := c.IdP.Client.Secret[i]
			f.Message = fmt.Sprintf("the client secret %q is no secret: %s", r.Ref, p.Say)
			return []report.Finding{likely(f, p.S)}
		}
	}
	return nil
}

// issuerShape judges by the profile alone, so it keeps quiet where a document was found: then the comparison with it is exact.
func issuerShape(c *check.Case) []report.Finding {
	issuer := c.Config.Issuer()
	if c.Discovery != nil || found(c) || !strings.Contains(issuer, "://") || strings.TrimSpace(issuer) != issuer || exact.HasPlaceholder(issuer) || placeholder(c, issuer) {
		return nil
	}
	if u, err := url.Parse(issuer); err == nil && u.Scheme != "https" && u.Scheme != "http" {
		return nil // DISC002
	}
	f := report.Finding{Got: issuer, Where: c.Config.Pos("oidc/issuer"), Fix: []string{c.AtIdP("copy the issuer", "issuer"), c.AtSP("enter it", "issuer")}}
	if other, ok := c.Lib.IdP(foreign(c)); ok {
		f.Message = fmt.Sprintf("the issuer is %s, which is one of %s, but idp.profile says %q", check.Quote(issuer), other.Name, c.IdP.ID)
		step, _ := c.InFile("idp/profile", other.ID)
		f.Fix = append(f.Fix, "or, when the issuer is right: "+step)
		return []report.Finding{f}
	}
	bare, pasted := exact.TrimWellKnown(issuer)
	if pasted {
		return nil
	}
	for _, other := range []string{strings.TrimSuffix(issuer, "/"), issuer + "/"} {
		if wrongSlash(c, issuer, other) {
			f.Want = other
			f.Message = fmt.Sprintf("the issuer is %s but an issuer of %s is spelt %s (only the trailing slash differs)", check.Quote(issuer), c.TheIdP(), check.Quote(other))
			step, edits := c.InFile("oidc/issuer", other)
			f.Fix, f.Edits = []string{c.AtSP("paste "+other, "issuer"), step}, edits
			f = likely(f, c.IdP.Slash.S)
			if c.SP.OIDC != nil && c.SP.OIDC.IssuerCompare.V == "slash_ignored" {
				f.Severity = report.Warning
			}
			return []report.Finding{f}
		}
	}
	shape := c.IdP.Issuer.Shape
	if !shape.Known() || c.Lib.Matches(shape.V, bare) {
		return nil
	}
	f.Message = fmt.Sprintf("the issuer is %s, but %s", check.Quote(issuer), c.IdP.Issuer.Say)
	return []report.Finding{likely(f, shape.S)}
}

// foreign names the product whose issuer this is, where idp.profile states another one; "" otherwise. Only products count whose
// issuers show it.
func foreign(c *check.Case) string {
	if c.Config.Target.IdP == nil || c.Config.Target.IdP.Profile == "" || c.Config.UnknownIdP != "" || c.IdP.ID == "generic" || c.Config.Issuer() == "" {
		return ""
	}
	id, _ := c.Lib.Detect(knowledge.Clues{Issuer: c.Config.Issuer()})
	if other, ok := c.Lib.IdP(id); !ok || id == "generic" || id == c.IdP.ID || !other.Issuer.Shape.Known() || !c.Lib.Matches(other.Issuer.Shape.V, c.Config.Issuer()) {
		return ""
	}
	return id
}

// around finds what was pasted or left with a value: white space, or a placeholder in place of it. nil when there is nothing.
func around(c *check.Case, path, value string) *report.Finding {
	key := path[strings.LastIndexByte(path, '/')+1:]
	f := &report.Finding{Got: value, Where: c.Config.Pos(path)}
	clean := strings.TrimFunc(value, func(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) })
	_, _, reference := config.Reference(value)
	_, variable := config.Variable(value)
	switch {
	case exact.HasPlaceholder(value), reference, variable:
		f.Message = fmt.Sprintf("%s is %s, in which a placeholder was left", key, check.Quote(value))
	case clean != value:
		step, edits := c.InFile(path, clean)
		f.Want, f.Fix, f.Edits = clean, []string{step}, edits
		f.Message = fmt.Sprintf("%s is %s, with white space around %s", key, check.Quote(value), check.Quote(clean))
	default:
		return nil
	}
	return f
}

// placeholder is true for a kind of issuer that has its own rule.
func placeholder(c *check.Case, issuer string) bool {
	return slices.ContainsFunc(c.IdP.Issuer.Kinds, func(k knowledge.IssuerKind) bool { return k.Never && c.Lib.Matches(k.Match, issuer) })
}

// wrongSlash reports whether the profile wants the other spelling: by its policy on slashes, and by the shape.
func wrongSlash(c *check.Case, issuer, other string) bool {
	if issuer == other {
		return false
	}
	shape, slash := c.IdP.Issuer.Shape, strings.HasSuffix(issuer, "/")
	switch c.IdP.Slash.V {
	case "required":
		return !slash && (!shape.Known() || c.Lib.Matches(shape.V, other))
	case "forbidden":
		return slash && (!shape.Known() || c.Lib.Matches(shape.V, other))
	}
	return false
}

// found reports whether the document was found at another place, which the discovery rules tell.
func found(c *check.Case) bool {
	if c.Alternatives == nil {
		return false
	}
	return slices.ContainsFunc(c.Alternatives.Exchanges, func(e evidence.Exchange) bool {
		return e.Status == 200 && strings.HasPrefix(strings.TrimSpace(string(e.Body[:min(len(e.Body), 64)])), "{")
	})
}
