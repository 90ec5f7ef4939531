package samlrules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/samldoc"
	"github.com/ssoctl/ssoctl/internal/source"
	"github.com/ssoctl/ssoctl/internal/xmlsig"
	"github.com/ssoctl/ssoctl/internal/xmltree"
)

// The keys in metadata: that they are there, can be read, and which algorithms are named beside them. What the certificates are like is
// judged by the rules on certificates.
var mdKey = []check.Rule{
	onRole(check.Rule{
		Code: "MD028", Title: "the IdP publishes a signing key", Severity: report.Error, Explains: []string{"CFG003"},
		Why:  "The SP has nothing to verify responses with: it refuses the metadata, or every login.",
		Fix:  "choose a signing certificate at the IdP and export the metadata anew",
		Refs: []string{refKeys},
	}, ofIdP, func(d metadoc) []report.Finding {
		for _, k := range d.role.All(samldoc.Metadata, "KeyDescriptor") {
			if use := strings.TrimSpace(k.Attr("use")); use == "" || use == "signing" {
				return nil
			}
		}
		f := d.about(d.role, "", "", `KeyDescriptor use="signing"`, "the metadata of %s has no signing key", d.c.TheIdP())
		f.Fix = []string{d.c.AtIdP("choose a signing certificate and let assertions be signed", "signing", "certificate"), d.step("export the metadata anew")}
		return []report.Finding{f}
	}),
	onRole(check.Rule{
		Code: "MD029", Title: "every key is published as a certificate", Severity: report.Error, Explains: []string{"CFG003"},
		Why:  "SPs take the key from its certificate; a name, or a bare key value, says nothing to most of them.",
		Fix:  "publish the key as ds:X509Certificate",
		Refs: []string{refKeys},
	}, ofEither, bareKeys),
	onRole(check.Rule{
		Code: "MD030", Title: "each KeyDescriptor has one certificate", Severity: report.Warning,
		Why:  "All certificates of one KeyDescriptor stand for one key. SPs read the first, or take the issuer's for the signer's.",
		Fix:  "give each key a KeyDescriptor of its own, and leave issuers out",
		Refs: []string{refKeys},
	}, ofEither, func(d metadoc) []report.Finding {
		var out []report.Finding
		for _, k := range d.role.All(samldoc.Metadata, "KeyDescriptor") {
			var certs []*xmltree.Element
			k.Walk(func(e *xmltree.Element) bool {
				if e.Is(samldoc.DSig, "X509Certificate") {
					certs = append(certs, e)
				}
				return true
			})
			if len(certs) < 2 {
				continue
			}
			f := d.about(certs[1], "", fmt.Sprint(len(certs)), "1", "a KeyDescriptor has %q certificates, where %q is read", fmt.Sprint(len(certs)), "1")
			f.Fix = []string{d.step("publish each key in a KeyDescriptor of its own", "certificate")}
			out = append(out, f)
		}
		return out
	}),
	onRole(check.Rule{
		Code: "MD031", Title: "every certificate in the metadata can be read", Severity: report.Error, Explains: []string{"CERT001", "CFG003"},
		Why:  "The SP cannot read the certificate, or reads it only by good luck: it refuses the metadata, or every login.",
		Fix:  "publish the base64 of the certificate alone, without header lines and comments",
		Refs: []string{"SAML 2.0 Metadata §2.4.1.1"},
	}, ofEither, unreadable),
	onRole(check.Rule{
		Code: "MD034", Title: "encryption methods stand at keys for encryption", Severity: report.Warning,
		Why:  "Strict software refuses the metadata; nobody encrypts with a signing key.",
		Fix:  "leave EncryptionMethod out of the signing key",
		Refs: []string{refKeys},
	}, ofEither, func(d metadoc) []report.Finding {
		var out []report.Finding
		for _, k := range d.role.All(samldoc.Metadata, "KeyDescriptor") {
			if m := k.Child(samldoc.Metadata, "EncryptionMethod"); m != nil && k.Attr("use") == "signing" {
				f := d.about(m, "Algorithm", m.Attr("Algorithm"), "", "EncryptionMethod %s stands at a key with use %q", check.Quote(m.Attr("Algorithm")), "signing")
				f.Fix = []string{d.step("leave EncryptionMethod out there")}
				out = append(out, f)
			}
		}
		return out
	}),
	onRole(check.Rule{
		Code: "MD035", Title: "the encryption methods that are named are safe ones", Severity: report.Warning,
		Why:  "Messages encrypted by these methods can be read by whoever may send many altered copies of them; newer software refuses them.",
		Fix:  "name AES-GCM, and RSA-OAEP for the key",
		Refs: []string{"XML Encryption 1.1 §5.2", "XML Encryption 1.1 §5.5"},
	}, ofEither, encryptionMethods),
	onEntity(check.Rule{
		Code: "MD036", Title: "the signature methods that are named are safe ones", Severity: report.Warning,
		Why:  "The other side signs by a method that is named here, and others refuse it.",
		Fix:  "name SHA-256 first, and SHA-1 not at all",
		Refs: []string{"NIST SP 800-131A"},
	}, ofEither, signatureMethods),
}

func bareKeys(d metadoc) []report.Finding {
	var out []report.Finding
	all := d.role.All(samldoc.Metadata, "KeyDescriptor")
	serving := func(k *xmltree.Element, use string) bool { return k.Attr("use") == "" || k.Attr("use") == use }
	for _, k := range all {
		if k.Find(samldoc.DSig, "X509Certificate") != nil {
			continue
		}
		var names []string
		for _, e := range k.Child(samldoc.DSig, "KeyInfo").Elements() {
			names = append(names, e.Local)
		}
		has := strings.Join(names, ", ")
		f := d.about(k, "", has, "X509Certificate", "a KeyDescriptor has %q, where %q is read", has, "X509Certificate")
		if has == "" {
			f.Message = "a KeyDescriptor is empty, where \"X509Certificate\" is read"
		}
		use := k.Attr("use")
		others := slices.ContainsFunc(all, func(o *xmltree.Element) bool {
			return o != k && o.Find(samldoc.DSig, "X509Certificate") != nil && (use == "" || serving(o, use))
		})
		if others || use == "encryption" || !d.isIdP() {
			f.Severity = report.Warning
		}
		f.Fix = []string{d.step("publish the certificate of this key", "certificate")}
		out = append(out, f)
	}
	return out
}

// unreadable judges how the certificates are written; keys that cannot be used, though they are written well, are CERT007.
func unreadable(d metadoc) []report.Finding {
	var out []report.Finding
	for _, k := range samldoc.Keys(d.role, "") {
		t := k.Text
		var f report.Finding
		switch {
		case len(t.Certs) == 0:
			f = d.about(k.Element, "", excerpt(k.Element.Value()), "a certificate in base64", "a certificate in the metadata (%s) cannot be read: %s", excerpt(k.Element.Value()), t.Problem)
		case t.Certs[0].Cert == nil && t.Certs[0].Key.Kind == "":
			f = d.about(k.Element, "", excerpt(k.Element.Value()), "a certificate in base64", "a certificate in the metadata (%s) cannot be read: %s", excerpt(k.Element.Value()), t.Certs[0].Problem)
		case t.Shape != "base64" || t.Lax:
			said := strings.Join(t.Repairs, "; ")
			if said == "" {
				said = "it is written as " + t.Shape
			}
			f = d.about(k.Element, "", t.Shape, "base64", "a certificate in the metadata (%s) is not written as base64 alone: %s", t.Certs[0].Name(), said)
			if t.Shape == "PEM" && len(t.Repairs) == 0 {
				f.Message = fmt.Sprintf("a certificate in the metadata (%s) has the header lines of %q around its %q", t.Certs[0].Name(), "PEM", "base64")
			}
		case k.Element.Interrupted():
			f = d.finding(k.Element, "", "a comment stands in a certificate of the metadata (%s): software that reads the text up to it gets half of it", t.Certs[0].Name())
		default:
			continue
		}
		if k.Use == "encryption" && d.isIdP() {
			f.Severity = report.Warning
		}
		f.Fix = []string{d.step("publish the certificate as base64 alone", "certificate")}
		out = append(out, f)
	}
	return out
}

// excerpt quotes the beginning of a long text.
func excerpt(s string) string {
	if r := []rune(strings.Join(strings.Fields(s), " ")); len(r) > 40 {
		return fmt.Sprintf("%q", string(r[:37])+"…")
	}
	return fmt.Sprintf("%q", strings.Join(strings.Fields(s), " "))
}

const (
	enc11  = "http://www.w3.org/2009/xmlenc11#"
	rsa15  = samldoc.Enc + "rsa-1_5"
	tripl3 = samldoc.Enc + "tripledes-cbc"
)

// encryptionMethods judges the methods at keys for encryption.
func encryptionMethods(d metadoc) []report.Finding {
	var out []report.Finding
	for _, k := range d.role.All(samldoc.Metadata, "KeyDescriptor") {
		if k.Attr("use") == "signing" {
			continue // MD034
		}
		methods := k.All(samldoc.Metadata, "EncryptionMethod")
		var cbc []*xmltree.Element
		gcm := false
		for _, m := range methods {
			a := m.Attr("Algorithm")
			digest := m.Child(samldoc.DSig, "DigestMethod")
			switch {
			case a == rsa15:
				out = append(out, d.weak(m, a, samldoc.Enc+"rsa-oaep-mgf1p", "by which padding the key can be found out"))
			case strings.HasPrefix(a, samldoc.Enc+"aes") && strings.HasSuffix(a, "-cbc") || a == tripl3:
				cbc = append(cbc, m)
			case strings.HasPrefix(a, enc11+"aes") && strings.HasSuffix(a, "-gcm"):
				gcm = true
			case digest.Attr("Algorithm") == xmlsig.SHA1:
				out = append(out, d.weak(digest, xmlsig.SHA1, xmlsig.SHA256, "of which newer software takes none"))
			}
		}
		if len(cbc) > 0 && !gcm {
			out = append(out, d.weak(cbc[0], cbc[0].Attr("Algorithm"), enc11+"aes256-gcm", "and no method with GCM, by which nobody can alter the message unseen"))
		}
	}
	return out
}

func (d metadoc) weak(e *xmltree.Element, got, want, why string) report.Finding {
	f := d.about(e, "Algorithm", got, want, "%s names %q, %s; %q is what newer software takes", e.Local, brief(got), why, brief(want))
	f.Fix = []string{d.step("name "+want+" there", "encryption")}
	return f
}

// signatureMethods judges the extension for algorithm support: what is named first is what the other side prefers.
func signatureMethods(d metadoc) []report.Finding {
	var out []report.Finding
	for _, holder := range []*xmltree.Element{d.entity.Child(samldoc.Metadata, "Extensions"), d.role.Child(samldoc.Metadata, "Extensions")} {
		for _, name := range []string{"SigningMethod", "DigestMethod"} {
			strong := false
			for _, m := range holder.All(samldoc.AlgSup, name) {
				a := m.Attr("Algorithm")
				old := strings.HasSuffix(a, "sha1") || strings.Contains(a, "sha1-") || strings.HasSuffix(a, "md5")
				switch {
				case !old && knownAlgorithm(a):
					strong = true
					continue
				case old && strong && !d.isIdP():
					continue // what it can verify at need, in its order of preference
				}
				f := d.about(m, "Algorithm", a, xmlsig.RSASHA256, "%s is %s, which the standards do not know", name, check.Quote(a))
				if name == "DigestMethod" {
					f.Want = xmlsig.SHA256
				}
				if near := source.Nearest(a, knownAlgorithms); near != "" && !old {
					f.Message += fmt.Sprintf(" (did you mean %q?)", near)
				}
				if old {
					f.Message = fmt.Sprintf("%s is %s, made with a digest that is broken; %q is what takes its place", name, check.Quote(brief(a)), brief(f.Want))
					if strong {
						f.Severity = report.Info
					}
				}
				f.Fix = []string{d.step("name "+f.Want+" there", "signing")}
				out = append(out, f)
			}
		}
	}
	return out
}

// knownAlgorithms are signature and digest methods that are known beside the families below.
var knownAlgorithms = []string{xmlsig.SHA256, xmlsig.SHA384, xmlsig.SHA512, xmlsig.SHA224, xmlsig.RSASHA256, xmlsig.RSASHA384, xmlsig.RSASHA512, xmlsig.ECDSASHA256, xmlsig.ECDSASHA384,
	xmlsig.ECDSASHA512, xmlsig.PSSSHA256, xmlsig.PSSSHA384, xmlsig.PSSSHA512, xmlsig.RSASHA1, xmlsig.SHA1, xmlsig.RSASHA224, xmlsig.ECDSASHA224, xmlsig.DSASHA256}

// knownAlgorithm reports whether an algorithm is one that RFC 9231 lists, or close to one: new ones are added all the time.
func knownAlgorithm(a string) bool {
	if slices.Contains(knownAlgorithms, a) {
		return true
	}
	for _, prefix := range []string{"http://www.w3.org/2007/05/xmldsig-more#", "http://www.w3.org/2021/04/xmldsig-more#", "http://www.w3.org/2009/xmldsig11#"} {
		if strings.HasPrefix(a, prefix) {
			return true
		}
	}
	return strings.HasPrefix(a, "http://www.w3.org/2001/04/xmldsig-more#hmac-") || strings.HasSuffix(a, "ripemd160")
}

// mdLogin are the rules on what the IdP demands of requests and can say about users.
var mdLogin = []check.Rule{
	onRole(check.Rule{
		Code: "MD037", Title: "the IdP does not insist on signed requests of an SP that signs none", Severity: report.Error, Explains: []string{"REQ012"},
		Uses: []evidence.Kind{evidence.SAMLSSO},
		Why:  "The IdP refuses every login request, or leads the user round in a circle.",
		Fix:  "switch the demand for signed requests off for this SP",
		Refs: []string{refIdPRole},
		Applies: func(c *check.Case) bool {
			return c.Config != nil && !(c.SP.SAML != nil && c.SP.SAML.RequestSigned.V)
		},
		Decides: func(c *check.Case) string {
			if truth(roleOf(c.Metadata, idpRole).Attr("WantAuthnRequestsSigned")) && (c.SSO == nil || len(c.SSO.All) == 0) {
				return "WantAuthnRequestsSigned in metadata is often more than the IdP insists on; only a refused request shows it"
			}
			return ""
		},
	}, ofIdP, func(d metadoc) []report.Finding {
		text := d.role.Attr("WantAuthnRequestsSigned")
		refused := d.c.SSO.Means("signature_required")
		if !truth(text) || refused == nil {
			return nil
		}
		f := d.about(d.role, "WantAuthnRequestsSigned", text, "false", "WantAuthnRequestsSigned is %q and %s refuses a request without a signature (%s), but %s signs none", text, d.c.TheIdP(), check.Quote(refused.Quote()), d.c.TheSP())
		if d.c.SP.SAML == nil || !d.c.SP.SAML.RequestSigned.Certain() {
			f.Severity = report.Warning
			f.Message = fmt.Sprintf("WantAuthnRequestsSigned is %q and %s refuses a request without a signature (%s), and nothing says that %s signs its own", text, d.c.TheIdP(), check.Quote(refused.Quote()), d.c.TheSP())
		}
		f.Fix = []string{d.c.AtIdP("switch the demand for signed requests off", "signature")}
		return []report.Finding{f}
	}),
	onRole(check.Rule{
		Code: "MD040", Title: "the IdP lists the NameID format that the SP asks for", Severity: report.Warning,
		Why:  "The IdP may refuse the request, or name the user in another way than the SP reads.",
		Fix:  "let the IdP send the format that the SP reads",
		Refs: []string{"SAML 2.0 Metadata §2.4.2"},
		Applies: func(c *check.Case) bool {
			return c.Config != nil && askedFormat(c) != ""
		},
	}, ofIdP, func(d metadoc) []report.Finding {
		want := askedFormat(d.c)
		var there []string
		for _, e := range d.role.All(samldoc.Metadata, "NameIDFormat") {
			v := e.Value()
			if v == want || v == samldoc.FormatUnspecified || brief(v) == brief(want) { // a misspelt one is MD041
				return nil
			}
			there = append(there, brief(v))
		}
		if len(there) == 0 {
			return nil // a list is not demanded, and without one any format may come
		}
		f := d.about(d.role.Child(samldoc.Metadata, "NameIDFormat"), "", strings.Join(there, ", "), want, "%s lists the NameID formats %q but %s asks for %q", d.c.TheIdP(), strings.Join(there, ", "), d.c.TheSP(), want)
		f.Fix = []string{d.c.AtIdP("choose the NameID format "+brief(want), "nameid")}
		return []report.Finding{f}
	}),
	onRole(check.Rule{
		Code: "MD041", Title: "every NameID format is one that exists", Severity: report.Error,
		Why:  "Nobody asks for, or understands, a format of that name.",
		Fix:  "spell the format as the standard does",
		Refs: []string{"SAML 2.0 Core §8.3"},
	}, ofEither, misspeltFormats),
}

// askedFormat is the NameID format that the SP's requests ask for; "" when it is not known.
func askedFormat(c *check.Case) string {
	if f := c.Config.SAML.NameIDFormat; f != "" {
		for _, known := range nameIDFormats {
			if f == known || brief(known) == f {
				return known
			}
		}
		return f
	}
	if c.SP.SAML != nil && c.SP.SAML.NameIDFormat.Certain() {
		return c.SP.SAML.NameIDFormat.V
	}
	return ""
}

// nameIDFormats are those of SAML 2.0 Core §8.3.
var nameIDFormats = []string{
	samldoc.FormatEmail, samldoc.FormatUnspecified, samldoc.FormatPersistent, samldoc.FormatTransient, samldoc.FormatEntity,
	"urn:oasis:names:tc:SAML:1.1:nameid-format:X509SubjectName", "urn:oasis:names:tc:SAML:1.1:nameid-format:WindowsDomainQualifiedName",
	"urn:oasis:names:tc:SAML:2.0:nameid-format:kerberos", "urn:oasis:names:tc:SAML:2.0:nameid-format:encrypted",
}

func misspeltFormats(d metadoc) []report.Finding {
	var out []report.Finding
	for _, e := range d.role.All(samldoc.Metadata, "NameIDFormat") {
		v := e.Value()
		if slices.Contains(nameIDFormats, v) {
			continue
		}
		near := ""
		for _, k := range nameIDFormats {
			if strings.EqualFold(k, strings.Join(strings.Fields(v), "")) || strings.EqualFold(brief(k), brief(v)) || strings.EqualFold(brief(v), "email") && k == samldoc.FormatEmail {
				near = k
			}
		}
		if near == "" {
			near = source.Nearest(v, nameIDFormats)
		}
		if near == "" && v != "" && !strings.HasPrefix(v, "urn:oasis:names:tc:SAML:") {
			continue // one of the product's own
		}
		f := d.about(e, "", v, near, "the NameIDFormat %s is none of the standard", check.Quote(v))
		if near != "" {
			f.Message = fmt.Sprintf("the NameIDFormat is %s, where the standard has %q", check.Quote(v), near)
		}
		f.Fix = []string{d.step("spell the format as the standard does", "nameid")}
		out = append(out, f)
	}
	return out
}
