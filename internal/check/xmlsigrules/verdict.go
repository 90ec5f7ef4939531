package xmlsigrules

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/cert"
	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/samldoc"
	"github.com/ssoctl/ssoctl/internal/xmlsig"
)

// verdict is what a signature came to. Each has one rule, so that one rule speaks about a signature.
type verdict string

const (
	fine        verdict = ""
	undecided   verdict = "undecided" // nothing is known to compare with
	elsewhere   verdict = "elsewhere" // its structure keeps it from being computed, or spoils it: SIG007, SIG010, SIG014 tell that
	notComputed verdict = "SIG003"
	embedded    verdict = "SIG004"
	other       verdict = "SIG005"
	altered     verdict = "SIG006"
	hmac        verdict = "SIG016"
	unverified  verdict = "SIG017"
	alteredIn   verdict = "ENC007" // altered before it was encrypted
)

// verdict decides which rule speaks about the signature.
func (x signature) verdict(k keys) verdict {
	switch {
	case x.s.Problem == evidence.SignatureRemoved:
		return undecided
	case strings.Contains(x.s.Method, "hmac-"):
		return hmac
	}
	if v := x.digests(); v != fine {
		return v
	}
	switch {
	case x.s.State == xmlsig.NotComputed:
		return notComputed
	case x.s.State == xmlsig.Bad && k.none() && len(x.s.Embedded) == 0:
		return undecided
	case x.s.State == xmlsig.Bad:
		return unverified
	case x.s.By == xmlsig.ByEmbedded && k.none():
		return undecided
	case x.s.By == xmlsig.ByEmbedded:
		return embedded
	}
	held := k.held(x.c)
	if x.firstOnly() && len(held) > 0 {
		held = held[:1]
	}
	if !anyTwin(held, x.s.Key) {
		return other
	}
	return fine
}

// anyTwin reports whether one of the certificates is that in DER, or another one of its key: which of them verified says nothing. Where
// the SP compares certificates byte for byte, SIG015 speaks.
func anyTwin(all []cert.Cert, der []byte) bool {
	key := named(der).Cert
	return among(all, der) != nil || key != nil && slices.ContainsFunc(all, func(c cert.Cert) bool {
		return c.Cert != nil && bytes.Equal(c.Cert.RawSubjectPublicKeyInfo, key.RawSubjectPublicKeyInfo)
	})
}

// digests judges the references.
func (x signature) digests() verdict {
	if len(x.s.References) == 0 {
		return elsewhere
	}
	v := fine
	for i := range x.s.References {
		switch r := &x.s.References[i]; {
		case r.State == xmlsig.Bad && x.inEncrypted():
			return alteredIn
		case r.State == xmlsig.Bad && x.doubled():
			v = elsewhere
		case r.State == xmlsig.Bad:
			return altered
		case r.State == xmlsig.NotComputed && (r.Target == "" || slices.ContainsFunc(r.Transforms, removes)):
			v = elsewhere
		case r.State == xmlsig.NotComputed && v == fine:
			v = notComputed
		}
	}
	return v
}

// firstOnly reports whether the SP tries its first certificate alone for this signature.
func (x signature) firstOnly() bool {
	return x.c.Config != nil && x.c.SP.SAML != nil && x.c.SP.SAML.FirstCertificateOnly.V && x.c.SP.SAML.FirstCertificateOnly.Certain() && len(x.s.Embedded) == 0
}

// doubled reports whether another signature of the same element is whole: it was put over this one (SIG014).
func (x signature) doubled() bool {
	for _, s := range x.m.Signatures {
		if e := x.m.Doc.At(s.Path); e != nil && e != x.e && e.Parent == x.e.Parent && s.Intact() {
			return true
		}
	}
	return false
}

// inEncrypted reports whether the signature came out of what was encrypted.
func (x signature) inEncrypted() bool {
	return slices.ContainsFunc(x.m.Decrypted, func(e xmlsig.Encryption) bool {
		return e.State == xmlsig.Decrypted && strings.HasPrefix(x.s.Path, e.Path+"/")
	})
}

// onVerdict makes a rule that speaks about the signatures of one verdict.
func onVerdict(r check.Rule, v verdict, tell func(signature, keys) report.Finding) check.Rule {
	r.Uses = append(r.Uses, []evidence.Kind{evidence.SAMLCerts, evidence.SAMLMetadata}...)
	return onSignature(r, func(x signature) string {
		if v != altered && v != hmac && x.verdict(known(x.c)) == undecided {
			return "there is no certificate to compare with"
		}
		return ""
	}, func(x signature) []report.Finding {
		k := known(x.c)
		if x.verdict(k) != v || v == altered && x.deeper(k) {
			return nil
		}
		return []report.Finding{tell(x, k)}
	})
}

// deeper reports whether a signature further in says the same: what it covers was altered, so what is around it is altered too.
func (x signature) deeper(k keys) bool {
	for i := range x.m.Signatures {
		y := signature{x.c, x.m, &x.m.Signatures[i], x.m.Doc.At(x.m.Signatures[i].Path)}
		if y.e != nil && y.e != x.e && y.e.Parent != x.e.Parent && y.e.Inside(x.e.Parent) && y.verdict(k) == altered {
			return true
		}
	}
	return false
}

// holds words what the SP has: its certificate, or how many.
func holds(held []cert.Cert) string {
	switch len(held) {
	case 0:
		return "no certificate"
	case 1:
		return held[0].Name()
	}
	return fmt.Sprintf("%s and %d more", held[0].Name(), len(held)-1)
}

// placed puts a finding where the certificate is that the SP holds; the signature is named beside it.
func (x signature) placed(f report.Finding, k keys) report.Finding {
	if k.fieldPath != "" {
		f.Related, f.Where = append(f.Related, f.Where), x.c.Config.Pos(k.fieldPath)
	}
	return f
}

func byEmbedded(x signature, k keys) report.Finding {
	held := k.held(x.c)
	if len(x.s.Key) == 0 {
		f := x.finding(x.e, "", "the signature verifies with a bare key that the message brings itself, and %s holds %s", x.c.TheSP(), holds(held))
		f.Fix = []string{x.c.AtIdP("copy the signing certificate", "certificate", "metadata"), x.c.AtSP("paste it", "certificate")}
		return x.placed(f, k)
	}
	by := named(x.s.Key)
	f := x.finding(x.e, "", "the message is signed with the certificate %s, which it brings itself, but %s holds %s", by.Name(), x.c.TheSP(), holds(held))
	f.Want = cert.Fingerprint(x.s.Key)
	if len(held) > 0 {
		f.Got = cert.Fingerprint(held[0].DER)
	}
	f.Fix = append(paste(x.c, by), "if the IdP shows another fingerprint, somebody else made the message")
	return x.placed(f, k)
}

func byOther(x signature, k keys) report.Finding {
	held, by := k.held(x.c), named(x.s.Key)
	f := x.finding(x.e, "", "the message is signed with the certificate %s of the IdP's metadata but %s holds %s", by.Name(), x.c.TheSP(), holds(held))
	switch {
	case among(held, x.s.Key) != nil:
		f.Message = fmt.Sprintf("the message is signed with the certificate %s and brings none along; %s then tries the first that it holds, %s, and no other", by.Name(), x.c.TheSP(), held[0].Name())
	case k.metadataCounts(x.c):
		f.Message = fmt.Sprintf("the message is signed with the certificate %s of the certificate field, but %s goes by the stored metadata, which holds %s", by.Name(), x.c.TheSP(), holds(held))
	}
	f.Want = cert.Fingerprint(x.s.Key)
	if len(held) > 0 {
		f.Got = cert.Fingerprint(held[0].DER)
	}
	f.Fix = paste(x.c, by)
	if k.metadataCounts(x.c) {
		f.Fix = []string{x.c.AtIdP("download the metadata, and see that it holds the certificate "+cert.Fingerprint(x.s.Key), "metadata"), x.c.AtSP("paste it", "idp_metadata")}
	}
	return x.placed(f, k)
}

func changed(x signature, _ keys) report.Finding {
	f := x.finding(x.e, "", "the %s was changed after it was signed", x.signs())
	blanks := false
	for i, r := range x.s.References {
		if r.State != xmlsig.Bad {
			continue
		}
		f.Where = x.m.In(x.reference(i).Child(samldoc.DSig, "DigestValue"), "")
		if r.Altered != "" {
			f.Message += ": " + strings.TrimSuffix(r.Altered, " after it was signed")
			blanks = strings.HasPrefix(r.Altered, "white space")
		}
		break
	}
	if slices.ContainsFunc(refers(x), func(r report.Finding) bool { return r.Severity != report.Warning }) {
		f.CausedBy = "SIG007" // it does not name what it was made over
	}
	f.Fix = []string{"find what stands between IdP and SP and rewrites messages: a proxy, a filter, a script"}
	if x.m.Sent.IsZero() && !slices.Contains(x.m.Layers, "base64") { // XML that was pasted as such was often shown by a tool that indents it
		f.Fix = append([]string{"take the message as it was sent (the value of SAMLResponse, or a HAR file): tools that show XML indent it, which breaks the signature"}, f.Fix...)
		if blanks {
			f.Severity = report.Warning
			f.Message += "; likely: by the tool that it was copied from"
		}
	}
	return f
}

func byNobody(x signature, k keys) report.Finding {
	held := k.held(x.c)
	f := x.finding(x.e.Child(samldoc.DSig, "SignatureValue"), "", "the digests are right but no certificate verifies the signature: %s holds %s", x.c.TheSP(), holds(held))
	switch {
	case len(x.s.Embedded) > 0 && among(held, x.s.Embedded[0]) != nil:
		f.Message += ", the message names the same one: its SignatureValue is damaged, or made with another key"
	case len(x.s.Embedded) > 0:
		f.Message += fmt.Sprintf(", the message brings %s", named(x.s.Embedded[0]).Name())
	default:
		f.Message += ", the message brings none"
	}
	if x.s.Altered != "" {
		f.Message += "; " + x.s.Altered
	}
	f.Fix = []string{x.c.AtIdP("copy the signing certificate of this very application: products with several hold one for each", "certificate", "metadata"), x.c.AtSP("paste it", "certificate")}
	if len(x.s.Embedded) > 0 {
		f.Fix = append(f.Fix, "if the certificate is the right one, something on the way damages SignatureValue")
	}
	return x.placed(f, k)
}
