package oidcrules

import (
	"bytes"
	"crypto"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
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

// The keys beside what else is said of them: the document's algorithms, use and key_ops, certificates, each other.
var jwksSet = []check.Rule{
	{
		Code: "JWKS014", Title: "the keys fit the announced algorithms", Severity: report.Warning, Protocol: config.OIDC,
		Needs: []evidence.Kind{evidence.Discovery, evidence.JWKS},
		Uses:  []evidence.Kind{evidence.Config},
		Why:   "A token signed with an algorithm for which no key is published cannot be verified.",
		Fix:   "publish a key for the algorithm, or stop announcing it",
		Refs:  []string{refMetadata},
		Decides: func(c *check.Case) string {
			if len(verifying(c.JWKS)) == 0 {
				return "no signing key is published"
			}
			return unlessList(c, idTokenAlgs)
		},
		Check: checkCoverage,
	},
	{
		Code: "JWKS015", Title: "use and key_ops of a key agree", Severity: report.Warning, Protocol: config.OIDC,
		Needs: []evidence.Kind{evidence.JWKS},
		Why:   "Clients look at one or the other, so some use the key for signatures and some do not.",
		Fix:   "publish either use or key_ops, or both saying the same",
		Refs:  []string{"RFC 7517 §4.3"},
		Check: checkUse,
	},
	{
		Code: "JWKS016", Title: "the certificate of a key is for that key and valid", Severity: report.Warning, Protocol: config.OIDC,
		Needs: []evidence.Kind{evidence.JWKS},
		Why:   "Clients that take the key from the certificate verify with another one, or refuse it as expired.",
		Fix:   "publish the key with a current certificate of its own, or without x5c",
		Refs:  []string{"RFC 7517 §4.7"},
		Check: checkCertificates,
	},
	{
		Code: "JWKS017", Title: "the thumbprint of a certificate is that of the certificate", Severity: report.Warning, Protocol: config.OIDC,
		Needs: []evidence.Kind{evidence.JWKS},
		Why:   "A client that looks a key up by its certificate's thumbprint does not find it.",
		Fix:   "publish the thumbprint of the first certificate of x5c, base64url without padding",
		Refs:  []string{"RFC 7517 §4.8", "RFC 7517 §4.9"},
		Check: checkThumbprints,
	},
	{
		Code: "JWKS019", Title: "one key signs for each algorithm", Severity: report.Info, Protocol: config.OIDC,
		Needs: []evidence.Kind{evidence.JWKS},
		Why:   "Two keys for one algorithm mean that a rotation is prepared or under way, which is how it should be done; an SP that keeps the keys for long has to fetch them again.",
		Fix:   "nothing has to be done; remember the thumbprints if tokens are refused later",
		Refs:  []string{"OpenID Connect Core 1.0 §10.1.1"},
		Check: checkRotation,
	},
}

// fits reports whether a key can verify signatures of an algorithm.
func fits(k oidcdoc.Key, alg string) bool {
	if k.Public == nil && len(k.Faults) == 0 || k.Alg != "" && k.Alg != alg && !(alg == "EdDSA" && k.Alg == "Ed25519") {
		return false
	}
	return sameFamily(k, alg)
}

// sameFamily reports whether a key is of the type that an algorithm takes, whatever its alg says.
func sameFamily(k oidcdoc.Key, alg string) bool { return slices.Contains(keyAlgs(k), alg) }

func checkCoverage(c *check.Case) []report.Finding {
	announced, _ := texts(c, idTokenAlgs)
	signing := verifying(c.JWKS)
	covered := func(alg string) bool {
		return slices.ContainsFunc(signing, func(k oidcdoc.Key) bool { return fits(k, alg) })
	}
	f := report.Finding{Where: at(c, idTokenAlgs), Related: []report.Location{keysAt(c, "/keys")}, Fix: []string{c.AtIdP("publish a key for the algorithm", "keys", "signing")}}
	if i := slices.Index(announced, "RS256"); i >= 0 && !covered("RS256") {
		f.Where, f.Got, f.Want = entry(c, idTokenAlgs, i), "RS256", "a key for RS256"
		f.Message = fmt.Sprintf(`%s announces "RS256", but no key is for it (keys: %s)`, idTokenAlgs, keyWords(signing))
		return []report.Finding{f}
	}
	if accepted, certain := acceptedAlgs(c); certain && len(accepted) == 1 && slices.Contains(announced, accepted[0]) && !strings.HasPrefix(accepted[0], "HS") && accepted[0] != "none" && !covered(accepted[0]) {
		f.Got, f.Want = keyWords(signing), "a key for "+accepted[0]
		f.Message = fmt.Sprintf("the SP takes ID tokens signed with %s, but no key is for it (keys: %s)", check.Quote(accepted[0]), keyWords(signing))
		return []report.Finding{f}
	}
	var missing []string
	for _, alg := range announced {
		if knownAlg(alg) && alg != "none" && !strings.HasPrefix(alg, "HS") && !slices.ContainsFunc(signing, func(k oidcdoc.Key) bool { return sameFamily(k, alg) }) {
			missing = append(missing, alg)
		}
	}
	if len(missing) == 0 || len(announced) > 6 && len(missing) < len(announced) {
		return nil // a long list is what the software can do, not what it does
	}
	f.Severity, f.Got, f.Want = report.Info, strings.Join(missing, " "), "a key for each"
	if missing[0] == announced[0] || len(missing) == len(announced) {
		f.Severity = report.Warning // what is named first, or all of it
	}
	f.Message = fmt.Sprintf("%s announces %s, for which no key is published yet (keys: %s)", idTokenAlgs, words(missing), keyWords(signing))
	return []report.Finding{f}
}

// keyWords lists keys by name and by what they are for.
func keyWords(keys []oidcdoc.Key) string {
	var out []string
	for _, k := range keys {
		what := k.Alg
		if what == "" {
			what = strings.TrimSpace(k.Kty + " " + k.Crv)
		}
		out = append(out, k.Name()+" "+what)
	}
	return strings.Join(out, ", ")
}

func checkUse(c *check.Case) []report.Finding {
	var out []report.Finding
	for _, k := range c.JWKS.Keys {
		if k.Use != "sig" && k.Use != "enc" || len(k.Ops) == 0 {
			continue
		}
		i := slices.IndexFunc(k.Ops, func(op string) bool { return (op == "sign" || op == "verify") != (k.Use == "sig") })
		if i < 0 {
			continue
		}
		f := keyFinding(c, k, k.Path+"/key_ops", strings.Join(k.Ops, " "), k.Use, fmt.Sprintf("has use %q and key_ops %s", k.Use, words(k.Ops)))
		out = append(out, f)
	}
	return out
}

func checkCertificates(c *check.Case) []report.Finding {
	out := faults(c, oidcdoc.Certificate)
	for _, k := range c.JWKS.Keys {
		if n := k.Node.Member("x5c"); n != nil && n.Type == source.List && len(n.Items) == 0 {
			out = append(out, keyFinding(c, k, k.Path+"/x5c", "[]", "a certificate", "has an empty x5c"))
		}
		if len(k.Chain) == 0 {
			continue
		}
		leaf := k.Chain[0]
		path := k.Path + "/x5c/0"
		day := "2006-01-02"
		if public, ok := leaf.PublicKey.(interface{ Equal(crypto.PublicKey) bool }); ok && k.Public != nil && !public.Equal(k.Public) {
			out = append(out, keyFinding(c, k, path, "another key", "the key of n and e, or of x and y", fmt.Sprintf("has a certificate in x5c for another key (%s, serial %s)", check.Quote(leaf.Subject.String()), leaf.SerialNumber)))
		}
		switch {
		case c.Now.After(leaf.NotAfter):
			out = append(out, keyFinding(c, k, path, leaf.NotAfter.UTC().Format(day), "a date to come", fmt.Sprintf("has a certificate in x5c that has expired on %q (today is %q)", leaf.NotAfter.UTC().Format(day), c.Now.UTC().Format(day))))
		case c.Now.Before(leaf.NotBefore):
			out = append(out, keyFinding(c, k, path, leaf.NotBefore.UTC().Format(day), "a date past", fmt.Sprintf("has a certificate in x5c that is valid from %q on (today is %q)", leaf.NotBefore.UTC().Format(day), c.Now.UTC().Format(day))))
		}
	}
	return out
}

func checkThumbprints(c *check.Case) []report.Finding {
	var out []report.Finding
	for _, k := range c.JWKS.Keys {
		if len(k.Chain) == 0 {
			continue
		}
		old, current := sha1.Sum(k.Chain[0].Raw), sha256.Sum256(k.Chain[0].Raw)
		for _, t := range []struct {
			member string
			sum    []byte
		}{{"x5t", old[:]}, {"x5t#S256", current[:]}} {
			n := k.Node.Member(t.member)
			if n == nil {
				continue
			}
			want := base64.RawURLEncoding.EncodeToString(t.sum)
			if n.Str() == want {
				continue
			}
			clause := fmt.Sprintf("has %s %s, but that of its certificate is %q", t.member, describe(n), want)
			if got, err := base64.URLEncoding.DecodeString(n.Str()); err == nil && bytes.Equal(got, t.sum) {
				clause = fmt.Sprintf("has %s %s, padded; base64url goes without: %q", t.member, describe(n), want)
			}
			out = append(out, keyFinding(c, k, k.Path+"/"+source.Escape(t.member), n.Str(), want, clause))
		}
	}
	return out
}

// checkRotation finds several signing keys of one kind.
func checkRotation(c *check.Case) []report.Finding {
	groups := map[string][]oidcdoc.Key{}
	var order []string
	for _, k := range c.JWKS.Signing() {
		if k.Public == nil {
			continue
		}
		kind := strings.Join(strings.Fields(k.Kty+" "+k.Crv+" "+k.Alg), " ")
		if groups[kind] == nil {
			order = append(order, kind)
		}
		if !slices.ContainsFunc(groups[kind], func(o oidcdoc.Key) bool { return o.Thumbprint() == k.Thumbprint() }) {
			groups[kind] = append(groups[kind], k)
		}
	}
	var out []report.Finding
	for _, kind := range order {
		keys := groups[kind]
		if len(keys) < 2 {
			continue
		}
		slices.SortStableFunc(keys, func(a, b oidcdoc.Key) int { // older certificates first, where there are some
			if len(a.Chain) == 0 || len(b.Chain) == 0 {
				return 0
			}
			return a.Chain[0].NotBefore.Compare(b.Chain[0].NotBefore)
		})
		var names []string
		for _, k := range keys {
			name := fmt.Sprintf("%s thumbprint %s", k.Name(), short(k))
			if len(k.Chain) > 0 {
				name += " from " + k.Chain[0].NotBefore.UTC().Format("2006-01-02")
			}
			names = append(names, name)
		}
		out = append(out, report.Finding{Message: fmt.Sprintf("%d signing keys of the kind %s: %s", len(keys), check.Quote(kind), strings.Join(names, ", ")), Got: fmt.Sprint(len(keys)), Want: "1", Where: keysAt(c, "/keys")})
	}
	return out
}
