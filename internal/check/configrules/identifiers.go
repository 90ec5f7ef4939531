package configrules

import (
	"fmt"
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
		Needs: []evidence.Kind{evidence.Config}, Uses: []evidence.Kind{evidence.Discovery, evidence.Alternatives, evidence.SAMLMetadata}, Explains: []string{"DISC001", "DISC002", "DISC003", "DISC005", "RSP016", "AST002"},
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
			step, _ := c.InFile("sp/"+p.Name, preset) // by hand: the callbacks hang on it
			f.Fix = []string{c.AtSP("look how the provider is spelt there", p.Name), step}
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
	if id == c.Config.Issuer() {
		f := report.Finding{Got: id, Where: c.Config.Pos("oidc/client_id"), Message: fmt.Sprintf("client_id is %s, the issuer once more", check.Quote(id))}
		f.Fix = []string{c.AtIdP("copy the client ID", "client_id"), c.AtSP("enter it", "client_id")}
		return []report.Finding{f}
	}
	if p.Match == "" || c.Lib.Matches(p.Match, id) || foreign(c) != "" {
		return nil
	}
	if secretive(id) {
		f := report.Finding{Got: config.RedactedMark, Want: p.Example, Where: c.Config.Pos("oidc/client_id"),
			Message: fmt.Sprintf("client_id is a text of %d characters that looks like a secret, but %s, such as %q", len(id), p.Say, p.Example)}
		f.Where.Snippet, f.Where.Len = "", 0
		f.Fix = []string{c.AtIdP("copy the client ID", "client_id"), c.AtSP("enter it", "client_id"), c.AtIdP("if it is a secret, make a new one, since this one has been seen", "secret")}
		return []report.Finding{likely(f, p.S)}
	}
	f := report.Finding{Got: id, Want: p.Example, Where: c.Config.Pos("oidc/client_id"), Message: fmt.Sprintf("client_id is %s, but %s, such as %q", check.Quote(id), p.Say, p.Example)}
	f.Fix = []string{c.AtIdP("copy the client ID", "client_id"), c.AtSP("enter it", "client_id")}
	return []report.Finding{likely(f, p.S)}
}

// secretive reports whether a text is as long and as mixed as secrets are: what was pasted into the wrong field is not to be shown.
func secretive(s string) bool {
	kinds := 0
	for _, set := range []string{"abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789", "~_.!+/=$%^&*"} {
		if strings.ContainsAny(s, set) {
			kinds++
		}
	}
	return len(s) >= 20 && kinds >= 3 && !strings.Contains(s, "://") && !strings.ContainsAny(s, " @")
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

// around finds what was pasted or left with a value: white space, or a placeholder in place of it. nil when there is nothing.
func around(c *check.Case, path, value string) *report.Finding {
	key := path[strings.LastIndexByte(path, '/')+1:]
	f := &report.Finding{Got: value, Where: c.Config.Pos(path)}
	clean := strings.TrimFunc(value, unseen)
	_, _, reference := config.Reference(value)
	_, variable := config.Variable(value)
	switch {
	case exact.HasPlaceholder(value), reference, variable:
		f.Message = fmt.Sprintf("%s is %s, in which a placeholder was left", key, check.Quote(value))
	case exact.Confusable(value) != "":
		clean = exact.Latin(value)
		step, edits := c.InFile(path, clean)
		f.Want, f.Fix, f.Edits = clean, []string{step}, edits
		f.Message = fmt.Sprintf("%s is %s, %s", key, check.Quote(value), exact.Confusable(value))
	case strings.Trim(clean, "\"'`“”„‘’«»") != clean:
		clean = strings.Trim(clean, "\"'`“”„‘’«»")
		step, edits := c.InFile(path, clean)
		f.Want, f.Fix, f.Edits = clean, []string{step}, edits
		f.Message = fmt.Sprintf("%s is %s, with quotes around %s", key, check.Quote(value), check.Quote(clean))
	case clean != value:
		step, edits := c.InFile(path, clean)
		f.Want, f.Fix, f.Edits = clean, []string{step}, edits
		f.Message = fmt.Sprintf("%s is %s, with white space around %s", key, check.Quote(value), check.Quote(clean))
	default:
		return nil
	}
	return f
}

// unseen reports white space and marks without width.
func unseen(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) }
