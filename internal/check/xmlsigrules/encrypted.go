package xmlsigrules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/samldoc"
	"github.com/ssoctl/ssoctl/internal/xmlsig"
	"github.com/ssoctl/ssoctl/internal/xmltree"
)

const refEncryption = "SAML 2.0 Core §6.1"

// encrypted are the rules on encryption.
var encrypted = []check.Rule{
	onPart(check.Rule{
		Code: "ENC001", Title: "there is a key to read the encrypted assertion with", Severity: report.Error,
		Why:  "Without the SP's private key nobody can tell what the assertion says, and an SP without one refuses the login.",
		Fix:  "name the SP's private key in the connection file (saml.sp_private_key), or switch encryption off at the IdP",
		Refs: []string{refEncryption},
	}, keyAtHand, noKey),
	{
		Code: "ENC002", Title: "the IdP encrypts only what the SP can read", Severity: report.Error, Protocol: config.SAML,
		Needs: []evidence.Kind{evidence.Config}, Uses: []evidence.Kind{evidence.SAMLMessages, evidence.SAMLSSO}, Explains: []string{"ENC001", "ENC004", "RSP021"},
		Why:     "The SP cannot open the assertion, although the login at the IdP succeeded.",
		Fix:     "switch encryption off at the IdP",
		Decides: wishDecides,
		Check:   wish,
	},
	onPart(check.Rule{
		Code: "ENC003", Title: "the encrypted part opens with the SP's key", Severity: report.Error, Explains: []string{"ENC004"},
		Why:  "The IdP encrypts for another key than the SP holds, or by a method that the SP does not know: the login stops there.",
		Fix:  "give the IdP the SP's present encryption certificate, and choose AES and RSA-OAEP",
		Refs: []string{refEncryption},
	}, tried, notOpened),
	onPart(check.Rule{
		Code: "ENC004", Title: "encryption is by methods that are safe and that the SP takes", Severity: report.Warning,
		Why:  "RSA 1.5 and CBC let whoever can send messages to the SP find out what they say, and many SPs refuse them.",
		Fix:  "choose RSA-OAEP and AES-GCM at the IdP",
		Refs: []string{"XML Encryption 1.1 §5.5"},
	}, nil, methods),
	onPart(check.Rule{
		Code: "ENC005", Title: "NameID and attributes are not encrypted by themselves", Severity: report.Error, Explains: []string{"AST005", "AST033", "AST034"},
		Why:  "Few SPs can read single encrypted parts: to them the user has no name.",
		Fix:  "let the IdP encrypt the assertion as a whole, or nothing",
		Refs: []string{"SAML 2.0 Core §2.2.4"},
	}, nil, parts),
	onPart(check.Rule{
		Code: "ENC006", Title: "the key of the encrypted part is where the message says", Severity: report.Error,
		Why:  "The SP does not find the key, so it cannot read the part.",
		Fix:  "let the IdP put EncryptedKey into the KeyInfo of EncryptedData",
		Refs: []string{"XML Encryption 1.1 §3.5"},
	}, nil, func(p part) *report.Finding {
		if p.e.State != xmlsig.KeyMissing {
			return nil
		}
		f := p.finding("the key of the encrypted part is missing: there is no EncryptedKey, neither in EncryptedData nor beside it")
		if strings.Contains(p.e.Problem, "RetrievalMethod") {
			f.Message = "the key of the encrypted part is missing: there is no EncryptedKey where the RetrievalMethod points to"
		}
		f.Fix = []string{p.c.AtIdP("send EncryptedKey inside the KeyInfo of EncryptedData", "encryption")}
		return &f
	}),
	onVerdict(check.Rule{
		Code: "ENC007", Title: "what was signed before it was encrypted is still what was signed", Severity: report.Error, Explains: []string{"AST044"},
		Applies: func(c *check.Case) bool { return len(carriers(c)) == 0 || len(encryptions(c)) > 0 },
		Why:     "The signature inside does not hold: the SP refuses the assertion once it has opened it.",
		Fix:     "let the IdP sign the assertion last, and encrypt what it has signed",
		Refs:    []string{"SAML 2.0 Core §6.2"},
	}, alteredIn, func(x signature, k keys) report.Finding {
		f := changed(x, k)
		f.Severity = report.Default
		f.Message = strings.Replace(f.Message, "after it was signed", "after it was signed and before it was encrypted", 1)
		f.Fix = []string{x.c.AtIdP("sign, then encrypt, and change nothing between", "encryption", "signing")}
		return f
	}),
}

// part is one encrypted part of a response, and what became of it.
type part struct {
	c *check.Case
	m *check.Message
	e *xmlsig.Encryption
}

func encryptions(c *check.Case) []part {
	var out []part
	for _, m := range responses(c) {
		for i := range m.Decrypted {
			out = append(out, part{c, m, &m.Decrypted[i]})
		}
	}
	return out
}

// element is what the part stands in: EncryptedAssertion, EncryptedID, EncryptedAttribute.
func (p part) element() *xmltree.Element {
	if e := p.m.Doc.At(p.e.Path); e != nil {
		return e
	}
	return p.m.Doc.Root
}

// assertion reports whether an assertion as a whole was encrypted.
func (p part) assertion() bool { return p.element().Local == "EncryptedAssertion" }

func (p part) finding(format string, args ...any) report.Finding {
	return report.Finding{Where: p.m.In(p.element(), ""), Message: fmt.Sprintf(format, args...)}
}

// how names the algorithms: "aes256-gcm, its key in rsa-oaep-mgf1p".
func (p part) how() string {
	if p.e.Transport == "" {
		return samldoc.Short(p.e.Data)
	}
	return samldoc.Short(p.e.Data) + ", its key in " + samldoc.Short(p.e.Transport)
}

// onPart makes a rule that judges each encrypted part.
func onPart(r check.Rule, lacks func(part) string, judge func(part) *report.Finding) check.Rule {
	if r.Severity == report.Error { // what the SP then answers follows from it
		r.Explains = append(slices.Clip(r.Explains), "RSP021")
	}
	find := func(c *check.Case) []report.Finding {
		var out []report.Finding
		for _, p := range encryptions(c) {
			if f := judge(p); f != nil {
				out = append(out, *f)
			}
		}
		return out
	}
	r.Applies = func(c *check.Case) bool { return len(carriers(c)) == 0 || len(encryptions(c)) > 0 }
	return ofMessages(r, func(c *check.Case) string {
		all := encryptions(c)
		if len(all) == 0 {
			return "no message carries an assertion"
		}
		if lacks == nil || len(find(c)) > 0 {
			return ""
		}
		reason := ""
		for _, p := range all {
			if reason = lacks(p); reason == "" {
				return ""
			}
		}
		return reason
	}, find)
}

// keyNamed reports whether the connection names the SP's private key.
func keyNamed(c *check.Case) bool { return c.Config != nil && c.Config.Stated("saml/sp_private_key") }

// forbidden reports whether the SP is known to read nothing encrypted; by says who says so.
func forbidden(c *check.Case) (by string, certain bool) {
	if c.Config == nil || c.SP.SAML == nil {
		return "", false
	}
	if w := c.Config.SAML; w != nil && w.Want != nil && w.Want.Encrypted != nil {
		if *w.Want.Encrypted {
			return "", false
		}
		return "saml.want.encrypted says that the SP reads none", true
	}
	if c.SP.SAML.Encryption.V == "forbidden" {
		return c.TheSP() + " cannot decrypt", c.SP.SAML.Encryption.Certain()
	}
	return "", false
}

// keyAtHand says why a part that was not opened for want of a key does not show a mistake.
func keyAtHand(p part) string {
	if p.e.State != xmlsig.NoKey {
		return ""
	}
	if by, _ := forbidden(p.c); by != "" {
		return ""
	}
	if keyNamed(p.c) {
		return "the key that saml.sp_private_key names could not be read"
	}
	return "the assertion is encrypted (" + p.how() + "), and there is no key at hand to read it with (saml.sp_private_key of a connection, or --sp-key)"
}

func noKey(p part) *report.Finding {
	if by, _ := forbidden(p.c); p.e.State != xmlsig.NoKey || !p.assertion() || by != "" || p.c.Config == nil || keyNamed(p.c) { // ENC002, ENC005
		return nil
	}
	f := p.finding("the assertion is encrypted (%s) and the connection names no key to read it with (saml.sp_private_key)", p.how())
	if s := p.c.SP.SAML; s == nil || s.Encryption.V != "supported" || !s.Encryption.Certain() {
		f.Severity = report.Warning // the SP may hold one all the same
	}
	f.Related = []report.Location{p.c.Config.Pos("saml")}
	f.Fix = append(p.c.IfAtSP("see that the SP's private key is stored", "sp_private_key"), "name the key in the connection file: saml.sp_private_key: file:PATH", p.c.AtIdP("or switch encryption off", "encryption"))
	return &f
}

// tried says why an encrypted part that is not judged was not.
func tried(p part) string {
	if p.e.State == xmlsig.NoKey {
		return "there is no key at hand to try (saml.sp_private_key of a connection, or --sp-key)"
	}
	return ""
}

func notOpened(p part) *report.Finding {
	what := strings.ToLower(strings.TrimPrefix(p.element().Local, "Encrypted"))
	var f report.Finding
	switch p.e.State {
	case xmlsig.WrongKey:
		f = p.finding("the %s is encrypted for another key than the SP's: %s", what, p.e.Problem)
		if len(p.e.For) > 0 {
			f.Message += fmt.Sprintf("; it names the certificate %s", named(p.e.For[0]).Name())
		}
		f.Fix = []string{p.c.AtIdP("replace the SP's encryption certificate by its present one", "encryption"), "see that saml.sp_private_key is the key of that certificate"}
	case xmlsig.WrongAlgorithm, xmlsig.Unsupported:
		f = p.finding("the %s cannot be decrypted by the algorithms that the message names (%s): %s", what, p.how(), p.e.Problem)
		f.Fix = []string{p.c.AtIdP("choose AES-256 and RSA-OAEP", "encryption")}
	case xmlsig.Damaged, string(xmlsig.NotComputed):
		f = p.finding("the %s does not open although the key is at hand: %s", what, p.e.Problem)
		f.Fix = []string{"find what stands between IdP and SP and changes messages", p.c.AtIdP("try another encryption method", "encryption")}
	default:
		return nil
	}
	return &f
}

func methods(p part) *report.Finding {
	if p.c.SP.SAML != nil && p.c.Config != nil {
		taken := p.c.SP.SAML.KeyTransports
		if t := p.e.Transport; t != "" && taken.Known() && !slices.Contains(taken.V, t) {
			f := p.finding("the key is encrypted by %s, which %s does not take", check.Quote(samldoc.Short(t)), p.c.TheSP())
			f.Severity, f.Got, f.Want = report.Error, t, taken.V[0]
			if !taken.Certain() {
				f.Severity, f.Message = report.Warning, "likely: "+f.Message
			}
			f.Fix = []string{p.c.AtIdP("choose "+samldoc.Short(taken.V[0])+" for the key", "encryption")}
			return &f
		}
	}
	var f report.Finding
	switch {
	case p.e.Transport == xmlsig.RSA15:
		f = p.finding("the key is encrypted by RSA 1.5 (%s), which lets others find it out by asking often enough", check.Quote(samldoc.Short(p.e.Transport)))
		f.Got, f.Want = p.e.Transport, xmlsig.OAEPMGF1P
		f.Fix = []string{p.c.AtIdP("choose RSA-OAEP", "encryption")}
	case strings.HasSuffix(p.e.Data, "-cbc"):
		f = p.finding("the text is encrypted in CBC mode (%s), which nothing protects against changes", check.Quote(samldoc.Short(p.e.Data)))
		f.Got, f.Want = p.e.Data, xmlsig.AES256GCM
		f.Fix = []string{p.c.AtIdP("choose AES-GCM, where the SP reads it", "encryption")}
	default:
		return nil
	}
	return &f
}

func parts(p part) *report.Finding {
	if p.assertion() || p.e.State == xmlsig.KeyMissing { // ENC006
		return nil
	}
	what := map[string]string{"EncryptedID": "NameID", "EncryptedAttribute": "an attribute"}[p.element().Local]
	if what == "" {
		what = p.element().Name()
	}
	f := p.finding("%s is encrypted by itself, which few SPs can read", what)
	if f.Aspect = p.element().Local; p.e.State == xmlsig.Decrypted {
		f.Severity = report.Warning
	}
	if e := p.element(); e.Parent.Is(samldoc.Assertion, "Subject") {
		f.Message += ": to the others the user has no name"
	}
	f.Fix = []string{p.c.AtIdP("encrypt the assertion as a whole, or nothing", "encryption")}
	return &f
}
