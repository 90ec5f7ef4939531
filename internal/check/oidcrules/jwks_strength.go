package oidcrules

import (
	"crypto/rsa"
	"fmt"
	"math/big"

	"github.com/ssoctl/ssoctl/internal/cert"
	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/oidcdoc"
	"github.com/ssoctl/ssoctl/internal/report"
)

// Whether the keys are strong enough to prove anything.
var jwksStrength = []check.Rule{
	{
		Code: "JWKS010", Title: "RSA keys have 2048 bits", Severity: report.Error, Protocol: config.OIDC,
		Needs: []evidence.Kind{evidence.JWKS},
		Why:   "Shorter keys can be broken, and current libraries refuse tokens signed with them.",
		Fix:   "make a key of 2048 bits or more",
		Refs:  []string{"RFC 7518 §3.3"},
		Check: func(c *check.Case) []report.Finding {
			var out []report.Finding
			for _, k := range c.JWKS.Keys {
				if n := modulus(k); n != nil && n.BitLen() < 2048 {
					f := keyFinding(c, k, k.Path+"/n", fmt.Sprint(n.BitLen()), "2048", fmt.Sprintf("has a modulus of %q bits, at least %q are asked for", fmt.Sprint(n.BitLen()), "2048"))
					f.Fix = []string{c.AtIdP("make a new signing key of 2048 bits or more and let it take over", "keys", "signing")}
					out = append(out, f)
				}
			}
			return out
		},
	},
	{
		Code: "JWKS011", Title: "RSA exponents are odd and at least 65537", Severity: report.Warning, Protocol: config.OIDC,
		Needs: []evidence.Kind{evidence.JWKS},
		Why:   "A small exponent makes forgery easier where a library checks padding carelessly; 1 or an even one is no RSA key at all.",
		Fix:   "make a key with the exponent 65537 (AQAB)",
		Check: func(c *check.Case) []report.Finding {
			var out []report.Finding
			for _, k := range c.JWKS.Keys {
				pub, ok := k.Public.(*rsa.PublicKey)
				if !ok || pub.E >= 65537 && pub.E%2 == 1 {
					continue
				}
				f := keyFinding(c, k, k.Path+"/e", fmt.Sprint(pub.E), "65537", fmt.Sprintf("has the exponent %q, usual is %q", fmt.Sprint(pub.E), "65537"))
				if pub.E < 3 || pub.E%2 == 0 {
					f.Severity = report.Error
					f.Message = fmt.Sprintf("key %s has the exponent %q, with which RSA does not work", k.Name(), fmt.Sprint(pub.E))
				}
				out = append(out, f)
			}
			return out
		},
	},
	{
		Code: "JWKS013", Title: "no key is one that others know or can compute", Severity: report.Error, Protocol: config.OIDC,
		Needs: []evidence.Kind{evidence.JWKS},
		Why:   "Others can have or compute the private key, and with it sign in as anybody.",
		Fix:   "make a new key with current software and withdraw this one",
		Refs:  []string{"CVE-2017-15361"},
		Check: func(c *check.Case) []report.Finding {
			var out []report.Finding
			for _, k := range c.JWKS.Keys {
				var what string
				if where, ok := cert.Published(k.Thumbprint()); ok {
					what = fmt.Sprintf("is the example of %s, whose private key is printed there (thumbprint %q)", where, k.Thumbprint())
				} else if n := modulus(k); n != nil && cert.ROCA(n) {
					what = fmt.Sprintf("has the fingerprint of keys that can be factored (ROCA, thumbprint %q)", k.Thumbprint())
				} else {
					continue
				}
				f := keyFinding(c, k, k.Path, k.Thumbprint(), "a key of its own", what)
				f.Fix = []string{c.AtIdP("make a new signing key with current software and withdraw this one", "keys", "signing")}
				out = append(out, f)
			}
			return out
		},
	},
}

// modulus is the modulus of an RSA key, nil for any other.
func modulus(k oidcdoc.Key) *big.Int {
	if pub, ok := k.Public.(*rsa.PublicKey); ok {
		return pub.N
	}
	return nil
}
