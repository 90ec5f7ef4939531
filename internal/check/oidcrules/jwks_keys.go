package oidcrules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/oidcdoc"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/source"
)

// The keys of the set, each by itself: their form, what must not be in them, what can be used.
var jwksKeys = []check.Rule{
	{
		Code: "JWKS003", Title: "each key is well formed", Severity: report.Error, Protocol: config.OIDC,
		Needs:    []evidence.Kind{evidence.JWKS},
		Why:      "Many libraries refuse the whole set for one key that they cannot read.",
		Fix:      "let the IdP publish the key with all its members: base64url without padding",
		Refs:     []string{"RFC 7517 §4", "RFC 7518 §6"},
		Explains: []string{"JWKS014", "IDT006"},
		Check: func(c *check.Case) []report.Finding {
			out := faults(c, oidcdoc.Shape)
			for _, k := range c.JWKS.Keys {
				if k.Kty != "oct" {
					out = append(out, doubled(c, evidence.JWKS, c.JWKS.Doc, k.Path, k.Node, "key "+k.Name())...)
				}
			}
			return out
		},
	},
	{
		Code: "JWKS004", Title: "no private or secret key is published", Severity: report.Error, Protocol: config.OIDC,
		Needs:    []evidence.Kind{evidence.JWKS},
		Why:      "Whoever reads it can sign tokens for every user: the key is lost and has to be replaced.",
		Fix:      "make a new key, publish its public half only, and withdraw this one",
		Refs:     []string{"RFC 7517 §9.2", "OpenID Connect Core 1.0 §10.1"},
		Explains: []string{"JWKS007"},
		Check:    checkPrivate,
	},
	{
		Code: "JWKS005", Title: "each key is a key", Severity: report.Error, Protocol: config.OIDC, Explains: []string{"JWKS010", "JWKS016"},
		Needs: []evidence.Kind{evidence.JWKS},
		Why:   "The members read well but make no public key: tokens that it signs cannot be verified.",
		Fix:   "publish the key again from its source; one of its members belongs to another key or curve",
		Refs:  []string{"RFC 7518 §6"},
		Check: func(c *check.Case) []report.Finding {
			out := faults(c, oidcdoc.Value)
			for _, k := range c.JWKS.Keys {
				if n := modulus(k); n != nil && n.Bit(0) == 0 {
					f := keyFinding(c, k, k.Path+"/n", "an even modulus", "an odd number", "has an even modulus n")
					out = append(out, f)
				}
			}
			return out
		},
	},
	{
		Code: "JWKS006", Title: "each key is of a known type", Severity: report.Warning, Protocol: config.OIDC, Explains: []string{"JWKS007"},
		Needs: []evidence.Kind{evidence.JWKS},
		Why:   "Clients pass over a key of a type or algorithm that they do not know; tokens signed with it are refused.",
		Fix:   "sign with RSA or with an elliptic curve of NIST, and name the algorithm that fits the key",
		Refs:  []string{"RFC 7517 §5"},
		Check: checkKnownKeys,
	},
	{
		Code: "JWKS007", Title: "a key for signatures is published", Severity: report.Error, Protocol: config.OIDC,
		Needs:    []evidence.Kind{evidence.JWKS},
		Why:      "No key may be used to verify ID tokens, so every login is refused.",
		Fix:      `publish the signing key with "use": "sig"`,
		Refs:     []string{"RFC 7517 §4.2", "RFC 7517 §4.3"},
		Explains: []string{"JWKS014"},
		Applies:  func(c *check.Case) bool { return len(c.JWKS.Keys) > 0 },
		Check:    checkSigning,
	},
	{
		Code: "JWKS008", Title: "of several signing keys each has a kid", Severity: report.Error, Protocol: config.OIDC,
		Needs: []evidence.Kind{evidence.JWKS},
		Why:   "A token names its key by kid; without one clients guess or refuse.",
		Fix:   "give each key a kid of its own and put it into the header of the tokens",
		Refs:  []string{"OpenID Connect Core 1.0 §10.1"},
		Check: func(c *check.Case) []report.Finding {
			signing := c.JWKS.Signing()
			var out []report.Finding
			for _, k := range signing {
				n := k.Node.Member("kid")
				switch {
				case len(signing) < 2 || k.Kid != "" || k.Node.Type != source.Map || n != nil && n.Type != source.String:
				case len(out) > 0:
					out[0].Related = append(out[0].Related, withoutLine(keysAt(c, k.Path+"/kid")))
				default:
					out = append(out, keyFinding(c, k, k.Path+"/kid", "", "a kid", fmt.Sprintf("has no kid although there are %d signing keys", len(signing))))
				}
			}
			return out
		},
	},
	{
		Code: "JWKS009", Title: "each kid names one key", Severity: report.Error, Protocol: config.OIDC,
		Needs: []evidence.Kind{evidence.JWKS},
		Why:   "A client takes the first key of that kid, and refuses what the other one has signed.",
		Fix:   "give each key a kid of its own",
		Refs:  []string{"RFC 7517 §4.5"},
		Check: checkDistinct,
	},
	{
		Code: "JWKS012", Title: "keys are on curves that every client knows", Severity: report.Warning, Protocol: config.OIDC, Explains: []string{"JWKS007"},
		Needs: []evidence.Kind{evidence.JWKS},
		Why:   "Clients know P-256, P-384 and P-521; tokens signed on another curve are refused by many.",
		Fix:   "sign with RSA or on P-256",
		Refs:  []string{"RFC 7518 §3.4", "RFC 8037 §3.1"},
		Check: func(c *check.Case) []report.Finding {
			var out []report.Finding
			for _, k := range c.JWKS.Keys {
				switch {
				case k.Kty == "EC" && k.Crv != "" && !slices.Contains(curves, k.Crv):
					out = append(out, keyFinding(c, k, k.Path+"/crv", k.Crv, strings.Join(curves, ", "), fmt.Sprintf("is on the curve %s, known are %s", check.Quote(k.Crv), words(curves))))
				case k.Kty == "OKP" && k.Crv == "Ed25519" && k.ForSignature():
					f := keyFinding(c, k, k.Path+"/crv", k.Crv, strings.Join(curves, ", "), `is for EdDSA ("Ed25519"), which not every client knows`)
					f.Severity = report.Info
					out = append(out, f)
				}
			}
			return out
		},
	},
}

var curves = []string{"P-256", "P-384", "P-521"}

// keyFinding is a finding about one key; clause says what of it. Private material never gets into it: the line is not shown.
func keyFinding(c *check.Case, k oidcdoc.Key, path, got, want, clause string) report.Finding {
	return report.Finding{Message: fmt.Sprintf("key %s %s", k.Name(), clause), Got: got, Want: want, Where: withoutLine(keysAt(c, path)), Fix: []string{c.AtIdP("look at the signing keys", "keys", "signing")}}
}

// withoutLine is a place whose line is not quoted, since keys stand in it.
func withoutLine(l report.Location) report.Location {
	l.Snippet, l.Len = "", 0
	return l
}

// faults gives the faults of one kind of all keys but symmetric ones, which must not be there at all.
func faults(c *check.Case, kind oidcdoc.FaultKind) []report.Finding {
	var out []report.Finding
	for _, k := range c.JWKS.Keys {
		for _, fault := range k.Faults {
			if fault.Kind == kind && k.Kty != "oct" {
				f := keyFinding(c, k, fault.Path, c.JWKS.Doc.At(fault.Path).Str(), "", fault.Text)
				if !strings.HasPrefix(fault.Text, "is ") && !strings.HasPrefix(fault.Text, "has ") {
					f.Message = fmt.Sprintf("key %s: %s", k.Name(), fault.Text)
				}
				f.Fix = nil
				if k.Use != "" && k.Use != "sig" || strings.HasPrefix(k.Crv, "X") {
					f.Severity = report.Warning // no signature depends on it
				}
				out = append(out, f)
			}
		}
	}
	return out
}

// privateMembers are those of RFC 7518 §6 that must not leave the server, by kty.
func privateMembers(kty string) []string {
	switch kty {
	case "RSA":
		return []string{"d", "p", "q", "dp", "dq", "qi", "oth"}
	case "oct":
		return []string{"k"}
	}
	return []string{"d", "k", "priv"}
}

func checkPrivate(c *check.Case) []report.Finding {
	var out []report.Finding
	for _, k := range c.JWKS.Keys {
		var found []string
		for _, m := range privateMembers(k.Kty) {
			if k.Node.Member(m) != nil {
				found = append(found, m)
			}
		}
		if len(found) == 0 && k.Kty != "oct" {
			continue
		}
		path, what := k.Path+"/kty", "the private part of the key"
		if len(found) > 0 {
			path = k.Path + "/" + found[0]
		}
		if k.Kty == "oct" {
			what = "a secret shared with clients"
		}
		f := keyFinding(c, k, path, strings.Join(found, " "), "public members only", fmt.Sprintf("is published with %s: %s", words(found), what))
		if len(found) == 0 {
			f.Message = fmt.Sprintf("key %s is of kty %q, a secret shared with clients", k.Name(), "oct")
		}
		f.Fix = []string{c.AtIdP("make a new key, publish its public half only, and withdraw this one: it is known to everybody now", "keys", "signing")}
		out = append(out, f)
	}
	return out
}

// keyAlgs are the algorithms of a key by kty and curve (RFC 7518 §3.1, §4.1; RFC 8037 §3).
func keyAlgs(k oidcdoc.Key) []string {
	switch k.Kty {
	case "RSA":
		return strings.Fields("RS256 RS384 RS512 PS256 PS384 PS512 RSA-OAEP RSA-OAEP-256 RSA-OAEP-384 RSA-OAEP-512 RSA1_5")
	case "EC":
		agreement := strings.Fields("ECDH-ES ECDH-ES+A128KW ECDH-ES+A192KW ECDH-ES+A256KW")
		sign := map[string]string{"P-256": "ES256", "P-384": "ES384", "P-521": "ES512", "secp256k1": "ES256K"}[k.Crv]
		return append(agreement, sign)
	case "OKP":
		return append(strings.Fields("EdDSA ECDH-ES ECDH-ES+A128KW ECDH-ES+A192KW ECDH-ES+A256KW"), k.Crv)
	}
	return nil
}

func checkKnownKeys(c *check.Case) []report.Finding {
	var out []report.Finding
	for _, k := range c.JWKS.Keys {
		algs := keyAlgs(k)
		curveTold := k.Kty == "EC" && !slices.Contains(curves, k.Crv)
		switch {
		case k.Kty == "oct" || k.Kty == "":
		case algs == nil:
			out = append(out, keyFinding(c, k, k.Path+"/kty", k.Kty, "RSA, EC", fmt.Sprintf("is of kty %s, known are %s", check.Quote(k.Kty), words([]string{"RSA", "EC", "OKP"}))))
		case k.Unsupported != "" && k.Kty == "RSA":
			out = append(out, keyFinding(c, k, k.Path+"/e", "", "AQAB", "cannot be used: "+k.Unsupported))
		case k.Unsupported != "" && k.Kty == "OKP" && k.ForSignature() && !strings.HasPrefix(k.Crv, "X"):
			out = append(out, keyFinding(c, k, k.Path+"/crv", k.Crv, "Ed25519", fmt.Sprintf("is on the curve %s, which few clients know", check.Quote(k.Crv))))
		case k.Use == "sig" && (strings.HasPrefix(k.Alg, "RSA") || strings.HasPrefix(k.Alg, "ECDH")) && slices.Contains(algs, k.Alg):
			out = append(out, keyFinding(c, k, k.Path+"/alg", k.Alg, "an algorithm that signs", fmt.Sprintf("names the algorithm %s, which encrypts, while its use is %q", check.Quote(k.Alg), k.Use)))
		case k.Alg != "" && !slices.Contains(algs, k.Alg) && !curveTold:
			out = append(out, keyFinding(c, k, k.Path+"/alg", k.Alg, strings.Join(algs, ", "), fmt.Sprintf("names the algorithm %s, which a key of kty %s %scannot have", check.Quote(k.Alg), check.Quote(k.Kty), onCurve(k))))
		}
	}
	return out
}

func onCurve(k oidcdoc.Key) string {
	if k.Crv == "" {
		return ""
	}
	return "on " + k.Crv + " "
}

func checkSigning(c *check.Case) []report.Finding {
	for _, k := range verifying(c.JWKS) {
		if k.Public != nil || len(k.Faults) > 0 {
			return nil // a key that cannot be read is told by its own rules
		}
	}
	var uses []string
	for _, k := range c.JWKS.Keys {
		switch {
		case k.Kty == "" || k.Kty == "oct":
			return nil // told as no key at all, or as a secret that is published
		case len(k.Faults) > 0:
			return nil // whatever else is wrong with it, its own rules tell
		case k.Unsupported != "":
			uses = append(uses, k.Name()+": "+k.Unsupported)
		case k.Use != "" && k.Use != "sig":
			uses = append(uses, k.Name()+": use "+k.Use)
		default:
			uses = append(uses, k.Name()+": key_ops "+strings.Join(k.Ops, " "))
		}
	}
	where := keysAt(c, "/keys")
	if len(c.JWKS.Keys) == 1 && c.JWKS.Keys[0].Use != "" && c.JWKS.Keys[0].Unsupported == "" {
		where = keysAt(c, c.JWKS.Keys[0].Path+"/use")
	}
	return []report.Finding{{Message: "no key of the set can verify signatures (" + strings.Join(uses[:min(len(uses), 6)], "; ") + ")", Want: `a key with "use": "sig"`,
		Where: where, Fix: []string{c.AtIdP("publish the key that signs ID tokens", "keys", "signing")}}}
}

// verifying lists the keys that are for signatures by use or by key_ops; where the two contradict, JWKS015 tells it.
func verifying(set *oidcdoc.JWKS) []oidcdoc.Key {
	var out []oidcdoc.Key
	for _, k := range set.Keys {
		if k.ForSignature() || k.Kty != "oct" && (k.Use == "sig" || slices.Contains(k.Ops, "verify")) {
			out = append(out, k)
		}
	}
	return out
}

func checkDistinct(c *check.Case) []report.Finding {
	var out []report.Finding
	first := map[string]oidcdoc.Key{}
	for _, k := range c.JWKS.Keys {
		before, ok := first[k.Kid]
		if k.Kid == "" || !ok {
			first[k.Kid] = k
			continue
		}
		f := keyFinding(c, k, k.Path+"/kid", k.Kid, "a kid of its own", fmt.Sprintf("stands in the set twice, as %s and as %s", before.Path, k.Path))
		f.Related = []report.Location{withoutLine(keysAt(c, before.Path+"/kid"))}
		f.Fix = []string{c.AtIdP("give each key a kid of its own", "keys", "signing")}
		if t := k.Thumbprint(); t != "" && t == before.Thumbprint() {
			f.Severity = report.Warning // the same key under one name: whichever is taken verifies
		}
		out = append(out, f)
	}
	return out
}
