package xmlsigrules

import (
	"fmt"
	"slices"

	"github.com/ssoctl/ssoctl/internal/cert"
	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/samldoc"
	"github.com/ssoctl/ssoctl/internal/xmlsig"
)

// verified are the rules on what a signature came to.
var verified = []check.Rule{
	onVerdict(check.Rule{
		Code: "SIG003", Title: "the signature can be computed, and verifies with a certificate that the SP knows", Severity: report.Error, Explains: []string{"SIG011", "SIG012"},
		Why:  "An SP that cannot compute the signature refuses the login.",
		Fix:  "let the IdP sign with RSA and SHA-256",
		Refs: []string{refSignature},
	}, notComputed, func(x signature, _ keys) report.Finding {
		problem := x.s.Problem
		for _, r := range x.s.References {
			if problem == "" {
				problem = r.Problem
			}
		}
		f := x.finding(x.e, "", "the signature cannot be computed: %s", problem)
		f.Fix = []string{x.c.AtIdP("sign with RSA and SHA-256", "signing")}
		return f
	}),
	onVerdict(check.Rule{
		Code: "SIG004", Title: "the signer is known from somewhere else than the message itself", Severity: report.Error, Explains: []string{"SIG015"},
		Why:  "The SP compares with the certificate that it holds and refuses the login; anybody can put a certificate of their own into a message.",
		Fix:  "copy the IdP's present signing certificate to the SP",
		Refs: []string{refSignature},
	}, embedded, byEmbedded),
	onVerdict(check.Rule{
		Code: "SIG005", Title: "the IdP signs with the certificate that the SP holds", Severity: report.Error, Explains: []string{"MD051", "MD032"},
		Why:  "The IdP has changed its certificate, or is about to; the SP has not, and refuses the login.",
		Fix:  "copy the IdP's present signing certificate to the SP",
		Refs: []string{refSignature},
	}, other, byOther),
	onVerdict(check.Rule{
		Code: "SIG006", Title: "what was signed arrives as it was signed", Severity: report.Error,
		// An address that was rewritten on the way is no fault of whoever wrote it.
		Explains: []string{"AST044", "SIG001", "SIG002", "AST043", "RSP010", "RSP016", "AST002", "AST014"},
		Why:      "The SP refuses the login: a message that was changed on its way may say anything.",
		Fix:      "find what stands between IdP and SP and rewrites messages: a proxy, a filter, a script, a formatter",
		Refs:     []string{"XML Signature §3.2"},
	}, altered, changed),
	onVerdict(check.Rule{
		Code: "SIG016", Title: "the signature is made with a private key, not with one that everybody may read", Severity: report.Error,
		Why:  "A library that takes the public certificate for the shared secret accepts a message that anybody can make.",
		Fix:  "let the IdP sign with RSA and SHA-256; treat a message of this kind as an attack",
		Refs: []string{refSignature},
	}, hmac, func(x signature, _ keys) report.Finding {
		f := x.finding(x.info().Child(samldoc.DSig, "SignatureMethod"), "Algorithm", "the signature is an HMAC (%s), which proves nothing between parties that share no secret", check.Quote(samldoc.Short(x.s.Method)))
		f.Got = x.s.Method
		f.Want = xmlsig.RSASHA256
		f.Fix = []string{x.c.AtIdP("sign with RSA and SHA-256", "signing"), "treat the message as an attack if the IdP did not make it"}
		return f
	}),
	onVerdict(check.Rule{
		Code: "SIG017", Title: "a certificate at hand verifies the signature value", Severity: report.Error,
		Why:  "The SP cannot tell who made the message, and refuses the login.",
		Fix:  "copy the IdP's present signing certificate to the SP; if it is there already, look for what damages the message",
		Refs: []string{"XML Signature §3.2.2"},
	}, unverified, byNobody),
	onSignature(check.Rule{
		Code: "SIG015", Title: "the certificate inside the signature is the one that the SP knows", Severity: report.Info,
		Uses: []evidence.Kind{evidence.SAMLCerts, evidence.SAMLMetadata},
		Why:  "SPs that look at it find another one than they hold.",
		Fix:  "let the IdP send the certificate that it publishes, or none",
		Refs: []string{"XML Signature §4.5"},
	}, nil, keyInfo),
}

// keyInfo judges what a signature that is in order brings along.
func keyInfo(x signature) []report.Finding {
	info := x.e.Child(samldoc.DSig, "KeyInfo")
	for _, e := range info.Elements() {
		if e.Space != samldoc.DSig && e.Space != xmlsig.DSig11 {
			f := x.finding(e, "", "KeyInfo holds %s, which is no element of XML Signature", check.Quote(e.Name()))
			f.Fix = []string{x.c.AtIdP("send the certificate in ds:X509Data, or nothing", "signing")}
			return []report.Finding{f}
		}
	}
	k := known(x.c)
	if !x.s.Trusted() || len(x.s.Embedded) == 0 {
		return nil
	}
	all := append(slices.Clone(k.held(x.c)), named(x.s.Key))
	strict := x.c.Config != nil && x.c.SP.SAML != nil && x.c.SP.SAML.EmbeddedMustMatch.V
	if strict {
		all = k.held(x.c)
	}
	if slices.ContainsFunc(x.s.Embedded, func(der []byte) bool { return among(all, der) != nil }) || x.verdict(k) != fine {
		return nil
	}
	brought := named(x.s.Embedded[0])
	f := x.finding(info, "", "the signature is made with the key of %s but brings %s along", named(x.s.Key).Name(), brought.Name())
	if c := brought.Cert; c != nil && sameKey(c.RawSubjectPublicKeyInfo, x.s.Key) {
		f.Message += ", another certificate of the same key"
	}
	f.Got, f.Want = cert.Fingerprint(brought.DER), cert.Fingerprint(x.s.Key)
	f.Fix = []string{x.c.AtIdP("see which certificate it publishes for signing", "certificate", "metadata")}
	if strict {
		f.Message += fmt.Sprintf("; %s takes only a message whose certificate is, byte for byte, one that it holds", x.c.TheSP())
		f.Severity = report.Warning
		if x.c.SP.SAML.EmbeddedMustMatch.Certain() {
			f.Severity = report.Error
		}
		f.Fix = paste(x.c, brought)
	}
	return []report.Finding{f}
}

// sameKey reports whether a public key is that of a certificate.
func sameKey(spki, der []byte) bool {
	c := named(der).Cert
	return c != nil && string(c.RawSubjectPublicKeyInfo) == string(spki)
}
