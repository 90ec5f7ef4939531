package samlrules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/samldoc"
	"github.com/ssoctl/ssoctl/internal/source"
	"github.com/ssoctl/ssoctl/internal/xmlsig"
	"github.com/ssoctl/ssoctl/internal/xmltree"
)

const (
	mdEnc11     = "http://www.w3.org/2009/xmlenc11#"
	mdRSA15     = samldoc.Enc + "rsa-1_5"
	mdTripleDES = samldoc.Enc + "tripledes-cbc"
)

// The algorithms that metadata names beside keys and in its extensions.
var mdAlgorithm = []check.Rule{
	onRole(check.Rule{
		Code: "MD034", Title: "encryption methods stand at keys for encryption", Severity: report.Warning,
		Why:  "Strict software refuses the metadata; nobody encrypts with a signing key.",
		Fix:  "leave EncryptionMethod out of the signing key",
		Refs: []string{mdRefKeys},
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
	}, ofEither, mdEncryptionMethods),
	onEntity(check.Rule{
		Code: "MD036", Title: "the signature methods that are named are safe ones", Severity: report.Warning,
		Why:  "The other side signs by a method that is named here, and others refuse it.",
		Fix:  "name SHA-256 first, and SHA-1 not at all",
		Refs: []string{"NIST SP 800-131A"},
	}, ofEither, mdSignatureMethods),
}

// mdEncryptionMethods judges the methods at keys for encryption.
func mdEncryptionMethods(d metadoc) []report.Finding {
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
			case a == mdRSA15:
				out = append(out, d.weak(m, a, samldoc.Enc+"rsa-oaep-mgf1p", "by which padding the key can be found out"))
			case strings.HasPrefix(a, samldoc.Enc+"aes") && strings.HasSuffix(a, "-cbc") || a == mdTripleDES:
				cbc = append(cbc, m)
			case strings.HasPrefix(a, mdEnc11+"aes") && strings.HasSuffix(a, "-gcm"):
				gcm = true
			case digest.Attr("Algorithm") == xmlsig.SHA1:
				out = append(out, d.weak(digest, xmlsig.SHA1, xmlsig.SHA256, "by which nothing should be protected any more"))
			}
		}
		if len(cbc) > 0 && !gcm {
			out = append(out, d.weak(cbc[0], cbc[0].Attr("Algorithm"), mdEnc11+"aes256-gcm", "and no method with GCM, by which nobody can alter the message unseen"))
		}
	}
	return out
}

func (d metadoc) weak(e *xmltree.Element, got, want, why string) report.Finding {
	f := d.about(e, "Algorithm", got, want, "%s names %q, %s; %q is what newer software takes", e.Local, samldoc.Short(got), why, samldoc.Short(want))
	f.Fix = []string{d.step("name "+want+" there", "encryption")}
	return f
}

// mdSignatureMethods judges the extension for algorithm support: what is named first is what the other side prefers.
func mdSignatureMethods(d metadoc) []report.Finding {
	var out []report.Finding
	for _, holder := range []*xmltree.Element{d.entity.Child(samldoc.Metadata, "Extensions"), d.role.Child(samldoc.Metadata, "Extensions")} {
		for _, name := range []string{"SigningMethod", "DigestMethod"} {
			strong := false
			for _, m := range holder.All(samldoc.AlgSup, name) {
				a := m.Attr("Algorithm")
				old := strings.HasSuffix(a, "sha1") || strings.Contains(a, "sha1-") || strings.HasSuffix(a, "md5")
				switch {
				case !old && mdKnownAlgorithm(a):
					strong = true
					continue
				case old && strong && !d.isIdP():
					continue // what it can verify at need, in its order of preference
				}
				f := d.about(m, "Algorithm", a, xmlsig.RSASHA256, "%s is %s, which the standards do not know", name, check.Quote(a))
				if name == "DigestMethod" {
					f.Want = xmlsig.SHA256
				}
				if near := source.Nearest(a, mdKnownAlgorithms); near != "" && !old {
					f.Message += fmt.Sprintf(" (did you mean %q?)", near)
				}
				if old {
					f.Message = fmt.Sprintf("%s is %s, made with a digest that is broken; %q is what takes its place", name, check.Quote(samldoc.Short(a)), samldoc.Short(f.Want))
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

// mdKnownAlgorithms are signature and digest methods that are known beside the families below.
var mdKnownAlgorithms = []string{xmlsig.SHA256, xmlsig.SHA384, xmlsig.SHA512, xmlsig.SHA224, xmlsig.RSASHA256, xmlsig.RSASHA384, xmlsig.RSASHA512, xmlsig.ECDSASHA256, xmlsig.ECDSASHA384,
	xmlsig.ECDSASHA512, xmlsig.PSSSHA256, xmlsig.PSSSHA384, xmlsig.PSSSHA512, xmlsig.RSASHA1, xmlsig.SHA1, xmlsig.RSASHA224, xmlsig.ECDSASHA224, xmlsig.DSASHA256}

// mdKnownAlgorithm reports whether an algorithm is one that RFC 9231 lists, or close to one: new ones are added all the time.
func mdKnownAlgorithm(a string) bool {
	if slices.Contains(mdKnownAlgorithms, a) {
		return true
	}
	for _, prefix := range []string{"http://www.w3.org/2007/05/xmldsig-more#", "http://www.w3.org/2021/04/xmldsig-more#", "http://www.w3.org/2009/xmldsig11#"} {
		if strings.HasPrefix(a, prefix) {
			return true
		}
	}
	return strings.HasPrefix(a, "http://www.w3.org/2001/04/xmldsig-more#hmac-") || strings.HasSuffix(a, "ripemd160")
}
