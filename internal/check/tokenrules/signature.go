package tokenrules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/oidcdoc"
	"github.com/ssoctl/ssoctl/internal/report"
)

const idTokenAlgs = "id_token_signing_alg_values_supported"

// Who signed the ID token, and how (OpenID Connect Core §3.1.3.7 steps 6 to 8).
var signature = []check.Rule{
	onIDToken(check.Rule{
		Code: "IDT002", Title: "the ID token is signed", Severity: report.Error, Explains: []string{"IDT003", "IDT005"},
		Why:  "Anybody can make such a token, so an SP has to refuse it.",
		Fix:  "let the IdP sign ID tokens, by RS256 unless the SP asks for another algorithm",
		Refs: []string{"OpenID Connect Core 1.0 §2", "RFC 8725 §3.2"},
	}, nil, unsigned),
	onIDToken(check.Rule{
		Code: "IDT003", Title: "the ID token is signed by an algorithm that the SP takes", Severity: report.Error,
		Why:  "The SP refuses the token before it looks at the signature.",
		Fix:  "let the IdP sign ID tokens for this client by an algorithm that the SP takes",
		Refs: []string{"OpenID Connect Core 1.0 §3.1.3.7"},
	}, nil, otherAlgorithm),
	onIDToken(check.Rule{
		Code: "IDT004", Title: "the ID token is signed with a private key", Severity: report.Warning,
		Why:  "A signature by the client secret can be made by everybody who holds the secret, and a short secret can be guessed from one token.",
		Fix:  "let the IdP sign ID tokens for this client by RS256",
		Refs: []string{"OpenID Connect Core 1.0 §16.19", "RFC 8725 §3.5"},
	}, []evidence.Kind{evidence.Refs}, symmetric),
	onIDToken(check.Rule{
		Code: "IDT005", Title: "the ID token names its key where several could be meant", Severity: report.Error,
		Why:  "Many libraries refuse a token without kid when the key set has several keys that fit.",
		Fix:  "let the IdP name the key by kid in the header of its tokens",
		Refs: []string{"OpenID Connect Core 1.0 §10.1"},
		Decides: func(c *check.Case) string {
			if c.JWKS == nil {
				return "no " + string(evidence.JWKS)
			}
			return ""
		},
	}, []evidence.Kind{evidence.JWKS}, unnamedKey),
	onIDToken(check.Rule{
		Code: "IDT006", Title: "the signature of the ID token verifies", Severity: report.Error,
		Why:     "The SP refuses the login: the token was changed on its way, or was signed by somebody else.",
		Fix:     "see that issuer and jwks_uri belong to the same realm or tenant, and that the token was not changed",
		Refs:    []string{"OpenID Connect Core 1.0 §3.1.3.7"},
		Decides: unverifiable,
	}, nil, func(c *check.Case, t *check.Token) *report.Finding {
		if t.Signature.State != evidence.SigRefused || t.Header["crit"] != nil { // IDT008: nobody may verify what they do not understand
			return nil
		}
		f := &report.Finding{Got: t.Signature.Kid, Where: t.In(""), Message: fmt.Sprintf("the signature of the %s (%s) does not verify: %s", t.In("").Evidence, t.Signature.Alg, t.Signature.Text)}
		f.Fix = []string{c.AtIdP("see that jwks_uri gives the keys of the issuer that made the token", "keys", "issuer"), "see that the token is whole: nothing may be cut off or changed"}
		if strings.HasPrefix(t.Signature.Alg, "HS") {
			f.Fix = []string{c.AtIdP("see that the secret is the one of the client that the token was made for", "secret")}
		}
		return f
	}),
}

// What the key set has to do with the token.
var keys = []check.Rule{
	onIDToken(check.Rule{
		Code: "JWKS018", Title: "the key that signed the token is in the key set", Severity: report.Error,
		Why:     "The SP finds no key to verify the token with and refuses the login; one that cached the set earlier may go on for a while.",
		Fix:     "let the IdP publish the key at jwks_uri before it signs with it, and let the SP fetch the set anew when it meets an unknown kid",
		Refs:    []string{"OpenID Connect Core 1.0 §10.1.1"},
		Decides: unverifiable,
	}, []evidence.Kind{evidence.JWKS, evidence.LoginRun}, func(c *check.Case, t *check.Token) *report.Finding {
		if t.Signature.State != evidence.SigNoKey || appKeys(c) {
			return nil
		}
		return missingKey(c, t)
	}),
	onIDToken(check.Rule{
		Code: "JWKS022", Title: "the key set lists the keys of this application", Severity: report.Warning,
		Why:     "An application with signing keys of its own is verified only by an SP that asks for the key set with its client ID.",
		Fix:     "let the application use the keys of the organisation, or let the SP ask jwks_uri with client_id",
		Decides: unverifiable,
	}, []evidence.Kind{evidence.JWKS, evidence.LoginRun}, func(c *check.Case, t *check.Token) *report.Finding {
		if t.Signature.State != evidence.SigNoKey || !appKeys(c) {
			return nil
		}
		f := missingKey(c, t)
		if f.Severity == report.Default {
			f.Severity = report.Error // that the key is not there was seen; only the cause is a guess
		}
		f.Message += "; likely: the application has keys of its own, which are listed only at " + check.Quote("…?client_id="+clientID(c))
		f.Fix = []string{c.AtIdP("let the application use the keys of the organisation", "keys", "client_id"), "or enter the address of the key set with client_id at the SP, where it takes one"}
		return f
	}),
}

// unverifiable says why signatures could not be computed.
func unverifiable(c *check.Case) string {
	for _, t := range idTokens(c) {
		if t.Signature.State != evidence.SigNotComputed {
			return ""
		}
	}
	if text := idTokens(c)[0].Signature.Text; text != "" {
		return "the signature was not computed: " + text
	}
	return "the signature was not computed"
}

func unsigned(_ *check.Case, t *check.Token) *report.Finding {
	alg, there := t.Header["alg"].(string)
	f := &report.Finding{Got: alg, Where: t.In("")}
	switch {
	case !there || alg == "":
		f.Message = fmt.Sprintf("the header of the %s has no alg, so nothing says how it is signed", t.In("").Evidence)
	case strings.EqualFold(alg, "none"):
		f.Message = fmt.Sprintf("alg of the %s is %q: nobody has signed it", t.In("").Evidence, alg)
	case t.Signature.State == evidence.SigNone:
		f.Message = fmt.Sprintf("alg of the %s is %q but it carries no signature", t.In("").Evidence, alg)
	default:
		return nil
	}
	return f
}

// taken are the algorithms that the SP is known to take, by its profile or by the connection file.
func taken(c *check.Case) []string {
	if c.Config != nil && c.Config.OIDC.IDTokenAlg != "" {
		return []string{c.Config.OIDC.IDTokenAlg}
	}
	if c.Config != nil && c.SP.OIDC != nil && c.SP.OIDC.IDTokenAlgs.Certain() {
		return c.SP.OIDC.IDTokenAlgs.V
	}
	return nil
}

func otherAlgorithm(c *check.Case, t *check.Token) *report.Finding {
	alg := t.Signature.Alg
	if alg == "" {
		alg, _ = t.Header["alg"].(string)
	}
	if alg == "" || strings.EqualFold(alg, "none") {
		return nil // IDT002
	}
	f := &report.Finding{Got: alg, Where: t.In("")}
	algs := taken(c)
	offered, announced := c.Discovery.List(idTokenAlgs)
	switch {
	case len(algs) > 0 && !slices.Contains(algs, alg):
		f.Want = strings.Join(algs, " ")
		f.Message = fmt.Sprintf("the %s is signed by %s but %s takes %s", t.In("").Evidence, check.Quote(alg), c.TheSP(), quoted(algs))
		f.Fix = []string{c.AtIdP("sign ID tokens for this client by " + algs[0])}
	case announced && !slices.Contains(offered, alg):
		f.Want, f.Related = strings.Join(offered, " "), []report.Location{c.Place(evidence.Discovery, c.Discovery.Doc, "/"+idTokenAlgs)}
		f.Message = fmt.Sprintf("the %s is signed by %s but the discovery document lists %s", t.In("").Evidence, check.Quote(alg), quoted(offered))
		f.Fix = []string{c.AtIdP("sign by an algorithm that the discovery document lists")}
		if len(algs) > 0 { // the SP takes it all the same
			f.Severity = report.Warning
		}
	default:
		return nil
	}
	return f
}

func symmetric(c *check.Case, t *check.Token) *report.Finding {
	alg, _ := t.Header["alg"].(string)
	if !strings.HasPrefix(alg, "HS") || otherAlgorithm(c, t) != nil {
		return nil
	}
	f := &report.Finding{Got: alg, Want: "RS256", Where: t.In(""), Message: fmt.Sprintf("the %s is signed by %s, with the client secret as the key", t.In("").Evidence, check.Quote(alg))}
	for _, r := range c.Refs {
		if r.Path == "oidc/client_secret" && r.Length > 0 && r.Length < 32 {
			f.Message += fmt.Sprintf(", and the secret has %d characters where %d bytes are due", r.Length, 32)
		}
	}
	f.Fix = []string{c.AtIdP("sign ID tokens for this client by RS256")}
	return f
}

func unnamedKey(c *check.Case, t *check.Token) *report.Finding {
	alg, _ := t.Header["alg"].(string)
	if t.Header["kid"] != nil || strings.HasPrefix(alg, "HS") || t.Signature.State == evidence.SigNone {
		return nil
	}
	var fitting []string
	for _, k := range c.JWKS.Signing() {
		if fits(k, alg) {
			fitting = append(fitting, k.Name())
		}
	}
	if len(fitting) < 2 {
		return nil
	}
	return &report.Finding{Want: "kid", Where: t.In(""),
		Message: fmt.Sprintf("the header of the %s has no kid and the key set has %d keys that fit %s: %s", t.In("").Evidence, len(fitting), check.Quote(alg), strings.Join(fitting, ", ")),
		Fix:     []string{c.AtIdP("name the key by kid in the header of tokens", "keys")}}
}

// fits reports whether a key can have made a signature of an algorithm (RFC 7518 §3.1, RFC 8037 §3.1).
func fits(k oidcdoc.Key, alg string) bool {
	if k.Alg != "" {
		return k.Alg == alg
	}
	switch {
	case strings.HasPrefix(alg, "RS"), strings.HasPrefix(alg, "PS"):
		return k.Kty == "RSA"
	case strings.HasPrefix(alg, "ES"):
		return k.Kty == "EC" && k.Crv == map[string]string{"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}[alg]
	case strings.HasPrefix(alg, "Ed"):
		return k.Kty == "OKP"
	}
	return true
}

// appKeys reports whether the IdP is one where an application may have keys that the plain key set does not list.
func appKeys(c *check.Case) bool {
	if c.Config == nil || c.IdP.OIDC == nil || !c.IdP.OIDC.AppKeys.V {
		return false
	}
	asked := c.Seen[evidence.JWKS].Obs
	return asked == nil || !strings.Contains(asked.Source, "client_id=")
}

func missingKey(c *check.Case, t *check.Token) *report.Finding {
	f := &report.Finding{Got: t.Signature.Kid, Where: t.In(""), Message: fmt.Sprintf("the %s is signed by the key %s: %s", t.In("").Evidence, check.Quote(t.Signature.Kid), t.Signature.Text)}
	if t.Signature.Kid != "" {
		f.CausedBy = "JWKS008" // where it is there, no key has a name to be found by
	}
	if t.Signature.Kid == "" {
		f.Message = fmt.Sprintf("the %s names no key: %s", t.In("").Evidence, t.Signature.Text)
	}
	if exp, ok := stamp(t, "exp"); ok && !fresh(c, t) && exp.Before(c.Now) { // what was pasted may be older than the keys
		f.Severity = report.Warning
		f.Message += "; the token expired on " + exp.Format("2006-01-02") + ", so the key may have been replaced since"
	}
	f.Fix = []string{
		c.AtIdP("see that jwks_uri gives the keys of the issuer that made the token", "keys", "issuer"),
		"after a change of keys let the SP fetch the key set anew: many keep it for hours",
	}
	return f
}
