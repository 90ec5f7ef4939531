package xmlsigrules

import (
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/knowledge"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/samldoc"
	"github.com/ssoctl/ssoctl/internal/xmlsig"
	"github.com/ssoctl/ssoctl/internal/xmltree"
)

// algorithms are the rules on what signatures are made with.
var algorithms = []check.Rule{
	onSignature(check.Rule{
		Code: "SIG011", Title: "the signature method is one that is safe and that the SP knows", Severity: report.Warning,
		Why:  "SPs have begun to refuse old methods, and refuse the login when they do not know one.",
		Fix:  "let the IdP sign with RSA and SHA-256",
		Refs: []string{"RFC 9231"},
	}, nil, func(x signature) []report.Finding {
		if strings.Contains(x.s.Method, "hmac-") || x.verdict(known(x.c)) == notComputed { // SIG016, SIG003
			return nil
		}
		var taken knowledge.Fact[[]string]
		if x.c.SP.SAML != nil {
			taken = x.c.SP.SAML.SignatureAlgs
		}
		return x.algorithm("signature method", x.s.Method, x.info().Child(samldoc.DSig, "SignatureMethod"), taken, xmlsig.RSASHA256)
	}),
	onSignature(check.Rule{
		Code: "SIG012", Title: "the digest method is one that is safe and that the SP knows", Severity: report.Warning,
		Why:  "SPs have begun to refuse old methods, and refuse the login when they do not know one.",
		Fix:  "let the IdP use SHA-256",
		Refs: []string{"RFC 9231"},
	}, nil, func(x signature) []report.Finding {
		if x.verdict(known(x.c)) == notComputed { // SIG003
			return nil
		}
		var taken knowledge.Fact[[]string]
		if x.c.SP.SAML != nil {
			taken = x.c.SP.SAML.DigestAlgs
		}
		for i, r := range x.s.References {
			if out := x.algorithm("digest method", r.Digest, x.reference(i).Child(samldoc.DSig, "DigestMethod"), taken, xmlsig.SHA256); out != nil {
				return out
			}
		}
		return nil
	}),
}

// algorithm judges one algorithm: by what the SP is known to take, else by its age.
func (x signature) algorithm(what, got string, e *xmltree.Element, taken knowledge.Fact[[]string], want string) []report.Finding {
	if got == "" {
		return nil // SIG003
	}
	name := strings.ToLower(samldoc.Short(got))
	f := x.finding(e, "Algorithm", "")
	f.Got, f.Want = got, want
	switch {
	case x.c.Config != nil && taken.Known() && !slices.Contains(taken.V, got):
		f.Severity = report.Error
		f.Message = "the " + what + " is " + check.Quote(samldoc.Short(got)) + ", which " + x.c.TheSP() + " does not know"
		if !taken.Certain() {
			f.Severity, f.Message = report.Warning, "likely: "+f.Message
		}
	case strings.Contains(name, "md5") || strings.Contains(name, "ripemd"):
		f.Severity = report.Error
		f.Message = "the " + what + " is " + check.Quote(samldoc.Short(got)) + ", which can be forged"
	case strings.Contains(name, "sha1"):
		f.Message = "the " + what + " is " + check.Quote(samldoc.Short(got)) + "; SHA-1 no longer counts as safe"
	case strings.HasPrefix(name, "dsa"):
		f.Message = "the " + what + " is " + check.Quote(samldoc.Short(got)) + "; DSA is no longer meant for signing, and few SPs know it"
	default:
		return nil
	}
	f.Fix = []string{x.c.AtIdP("choose "+samldoc.Short(want), "algorithm", "signing")}
	return []report.Finding{f}
}
