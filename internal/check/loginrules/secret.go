package loginrules

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/report"
)

const secretPath = "oidc/client_secret"

// The client's secret, shown to the token endpoint with a code that cannot exist: an answer about the code proves the secret.
// What is wrong is told once, by secretFault.
var secret = []check.Rule{
	{
		Code: "TOK005", Title: "the IdP accepts the client's secret in the way that the SP sends it", Severity: report.Error, Protocol: config.OIDC,
		Needs: []evidence.Kind{evidence.Config, evidence.Client}, Uses: []evidence.Kind{evidence.Authorize, evidence.PAR, evidence.Refs},
		Why:     "The user signs in at the IdP, comes back, and only then the login breaks, since the SP gets no tokens.",
		Fix:     "make a new client secret at the IdP, copy it at once and enter it at the SP",
		Refs:    []string{"RFC 6749 §5.2"},
		Decides: undecidedSecret,
		Check: func(c *check.Case) []report.Finding {
			code, f, a := secretFault(c)
			if code != "TOK005" {
				return nil
			}
			return verdict(f, a)
		},
	},
	{
		Code: "TOK006", Title: "special characters of the secret survive HTTP Basic", Severity: report.Error, Protocol: config.OIDC,
		Needs: []evidence.Kind{evidence.Config, evidence.Client}, Uses: []evidence.Kind{evidence.Authorize, evidence.PAR, evidence.Refs},
		Why:     "RFC 6749 wants ID and secret form-encoded before they go into the header, and not every IdP decodes them: the right secret is refused.",
		Fix:     "make a new client secret of letters and digits only, or send it in the body (client_secret_post)",
		Refs:    []string{"RFC 6749 §2.3.1"},
		Decides: undecidedSecret,
		Check: func(c *check.Case) []report.Finding {
			code, f, a := secretFault(c)
			if code != "TOK006" {
				return nil
			}
			return verdict(f, a)
		},
	},
}

// passed are the meanings of an answer that comes after the secret was accepted.
func passed() []string { return []string{"accepted", "dpop_required", "grant_off"} }

func accepted(a *check.Attempt) bool { return a != nil && slices.Contains(passed(), a.Means) }

func refused(a *check.Attempt) bool {
	return a != nil && (a.Means == "secret_rejected" || a.Means == "client_or_secret" || a.Means == "method_rejected")
}

func undecidedSecret(c *check.Case) string {
	if c.Client.Means(passed()...) != nil || heard(c, refusals()...) != nil {
		return ""
	}
	if code, _, _ := secretFault(c); code != "" {
		return ""
	}
	a := &c.Client.All[0]
	if refused(a) { // refused, and CFG008 says why
		return ""
	}
	return "the answer of the token endpoint does not decide it: " + check.Quote(orStatus(a))
}

// secretFault names what is wrong with secret or method, by code: "" when nothing is, or when something else explains the refusal.
func secretFault(c *check.Case) (string, report.Finding, *check.Attempt) {
	if heard(c, refusals()...) != nil {
		return "", report.Finding{}, nil
	}
	first := &c.Client.All[0]
	f := report.Finding{Where: place(c, secretPath, "oidc")}
	ref := secretRef(c)
	if a := c.Client.Get(evidence.Trimmed); accepted(a) {
		f.Message = fmt.Sprintf("the client secret %q has white space around it (%s): the IdP refuses it with %s and accepts it without", ref.Ref, blanks(ref), check.Quote(orStatus(first)))
		f.Fix = []string{"take the white space away where the secret is kept (" + ref.Ref + ")", c.AtSP("enter the secret again, without it", "client_secret")}
		return "TOK005", f, a
	}
	if a := c.Client.Means(passed()...); a != nil {
		return methodFault(c, f, a)
	}
	if b := blanks(ref); b != "" && first.Exchange.Status >= 400 && first.Exchange.Status < 500 {
		f.Message = fmt.Sprintf("the client secret %q has white space around it (%s), and the IdP answers %s", ref.Ref, b, check.Quote(orStatus(first)))
		f.Fix = []string{"take the white space away where the secret is kept (" + ref.Ref + ")"}
		sure := *first
		sure.Certain = true // the white space was seen
		return "TOK005", f, &sure
	}
	if !refused(first) || shaped(ref) && !guessed(c, ref) {
		return "", f, nil
	}
	f = refusedSecret(c, f, first)
	if shaped(ref) {
		f.CausedBy = "CFG008" // which only supposes so; that the IdP refuses it was seen
	}
	return "TOK005", f, first
}

// methodFault is a secret that one way of sending it carries and the SP's own does not.
func methodFault(c *check.Case, f report.Finding, ok *check.Attempt) (string, report.Finding, *check.Attempt) {
	methods := c.Config.AuthMethods()
	first := &c.Client.All[0]
	switch {
	case ok.Label == evidence.Raw:
		f.Got, f.Want = "form-encoded", "as it is"
		f.Message = fmt.Sprintf("the IdP takes the client secret in HTTP Basic only as it is, not form-encoded as RFC 6749 has it: it answers %s to the encoded one", check.Quote(orStatus(first)))
		f.Fix = []string{c.AtIdP("make a new secret of letters and digits only", "secret"), "or send it in the body: token_endpoint_auth_method: client_secret_post"}
		return "TOK006", f, ok
	case ok.Label == first.Label || first.Means == "unknown":
		return "", f, nil
	case ok.Label == evidence.Post && secretRef(c).Has("not_urlsafe") && first.Means != "method_rejected":
		f.Got, f.Want = evidence.Basic, evidence.Post
		f.Message = fmt.Sprintf("the client secret has characters that HTTP Basic must encode, and the IdP does not decode them: it answers %s to %q and accepts the secret by %q", check.Quote(orStatus(first)), evidence.Basic, evidence.Post)
		f.Fix = []string{c.AtIdP("make a new secret of letters and digits only", "secret"), "or send it in the body: token_endpoint_auth_method: client_secret_post"}
		if len(methods) > 1 {
			f.Severity = report.Warning
		}
		return "TOK006", f, ok
	case len(methods) != 1 || methods[0] == ok.Label:
		return "", f, nil // the SP may send it either way
	}
	f.Got, f.Want, f.Where = methods[0], ok.Label, place(c, "oidc/token_endpoint_auth_method", "oidc")
	f.Message = fmt.Sprintf("%s sends the client secret by %q, but the IdP accepts it only by %q: it answers %s", c.TheSP(), methods[0], ok.Label, check.Quote(orStatus(first)))
	f.Fix = append([]string{c.AtIdP("register the client for "+methods[0], "auth_method")}, c.IfAtSP("or choose "+ok.Label, "token_endpoint_auth_method")...)
	if c.Config.Stated("oidc/token_endpoint_auth_method") {
		step, edits := c.InFile("oidc/token_endpoint_auth_method", ok.Label)
		f.Fix, f.Edits = append(f.Fix, step), edits
	}
	return "TOK005", f, ok
}

// refusedSecret words the refusal of a secret that looks like one.
func refusedSecret(c *check.Case, f report.Finding, a *check.Attempt) report.Finding {
	id := check.Quote(c.Config.OIDC.ClientID)
	switch {
	case a.Label == evidence.NoSecret:
		f.Got, f.Where = evidence.NoSecret, place(c, "oidc/token_endpoint_auth_method", "oidc")
		f.Message = fmt.Sprintf("%s authenticates the client %s by %q, without a secret, and the IdP does not take that: it answers %s", c.TheSP(), id, evidence.NoSecret, check.Quote(orStatus(a)))
		f.Fix = []string{c.AtSP("enter the client secret that the IdP shows", "client_secret"), "or " + c.AtIdP("make it a public client, when the SP can keep no secret", "auth_method", "client_id")}
		return f
	case a.Means == "method_rejected":
		f.Message = fmt.Sprintf("the client %s is to prove itself in another way than by a secret in header or body: the IdP answers %s", id, check.Quote(orStatus(a)))
		f.Fix = []string{c.AtIdP("let the client authenticate by its secret ("+strings.Join(methodsOf(c), " or ")+")", "auth_method")}
		return f
	case strings.Contains(strings.ToLower(a.Text), "expired"):
		f.Message = fmt.Sprintf("the secret of the client %s has expired: the IdP answers %s", id, check.Quote(orStatus(a)))
	case unnamed(c, a):
		f.Message = fmt.Sprintf("the IdP does not accept client ID %s together with its secret, and does not say which of the two is wrong: it answers %s", id, check.Quote(orStatus(a)))
	default:
		f.Message = fmt.Sprintf("the IdP knows the client %s but does not accept its secret, by %s: it answers %s", id, quoted(tried(c)), check.Quote(orStatus(a)))
	}
	f.Fix = []string{c.AtIdP("make a new client secret and copy it at once", "secret"), c.AtSP("enter the new secret", "client_secret")}
	if unnamed(c, a) {
		f.Fix = append([]string{c.AtIdP("see that a client with exactly this ID is there and switched on", "client_id")}, f.Fix...)
	}
	if c.Config.Stated(secretPath) {
		f.Fix = append(f.Fix, "and where ssoctl reads it: "+c.Config.OIDC.ClientSecret)
	}
	return f
}

// unnamed reports whether nothing tells an unknown client from a wrong secret.
func unnamed(c *check.Case, a *check.Attempt) bool {
	return a.Means == "client_or_secret" && heard(c, known()...) == nil && (said(c) == nil || said(c).Means != "login_page")
}

func methodsOf(c *check.Case) []string {
	if m := c.Config.AuthMethods(); len(m) > 0 {
		return m
	}
	return []string{evidence.Basic, evidence.Post}
}

func tried(c *check.Case) []string {
	var out []string
	for _, a := range c.Client.All {
		if !slices.Contains(out, a.Label) {
			out = append(out, a.Label)
		}
	}
	return out
}

func secretRef(c *check.Case) evidence.Ref {
	for _, r := range c.Refs {
		if r.Path == secretPath {
			return r
		}
	}
	return evidence.Ref{Ref: c.Config.OIDC.ClientSecret}
}

// blanks words the white space around a secret, "" when there is none.
func blanks(r evidence.Ref) string {
	var out []string
	for trait, word := range map[string]string{"leading_space": "a blank before it", "trailing_space": "a blank after it", "trailing_newline": "a line break after it"} {
		if r.Has(trait) {
			out = append(out, word)
		}
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

// shaped reports whether the secret has the shape of something else, which CFG008 says.
func shaped(r evidence.Ref) bool {
	return slices.ContainsFunc(r.Traits, func(t string) bool { return strings.HasPrefix(t, "shape:") || t == "client_id" || t == "url" })
}

// guessed reports whether the shape of the secret is only supposed to be that of something else.
func guessed(c *check.Case, r evidence.Ref) bool {
	for _, t := range r.Traits {
		n, shape := strings.CutPrefix(t, "shape:")
		i, err := strconv.Atoi(n)
		if !shape || err != nil || i < 0 || i >= len(c.IdP.Client.Secret) || c.IdP.Client.Secret[i].S.Certain() {
			continue
		}
		return true
	}
	return false
}
