package samlrules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/samldoc"
	"github.com/ssoctl/ssoctl/internal/xmltree"
)

// The keys in metadata: that they are there, can be read, and which algorithms are named beside them. What the certificates are like is
// judged by the rules on certificates.
var mdKey = []check.Rule{
	onRole(check.Rule{
		Code: "MD028", Title: "the IdP publishes a signing key", Severity: report.Error, Explains: []string{"CFG003"},
		Why:  "The SP has nothing to verify responses with: it refuses the metadata, or every login.",
		Fix:  "choose a signing certificate at the IdP and export the metadata anew",
		Refs: []string{mdRefKeys},
	}, ofIdP, func(d metadoc) []report.Finding {
		for _, k := range d.role.All(samldoc.Metadata, "KeyDescriptor") {
			if strings.TrimSpace(k.Attr("use")) != "encryption" { // of a use that the schema does not know MD003 tells
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
		Refs: []string{mdRefKeys},
	}, ofEither, mdBareKeys),
	onRole(check.Rule{
		Code: "MD030", Title: "each KeyDescriptor has one certificate", Severity: report.Warning,
		Why:  "All certificates of one KeyDescriptor stand for one key. SPs read the first, or take the issuer's for the signer's.",
		Fix:  "give each key a KeyDescriptor of its own, and leave issuers out",
		Refs: []string{mdRefKeys},
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
	}, ofEither, mdUnreadable),
}

func mdBareKeys(d metadoc) []report.Finding {
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

// mdUnreadable judges how the certificates are written; keys that cannot be used, though they are written well, are CERT007.
func mdUnreadable(d metadoc) []report.Finding {
	var out []report.Finding
	for _, k := range samldoc.Keys(d.role, "") {
		t := k.Text
		var f report.Finding
		switch {
		case slices.Contains(t.Other, "a private key"):
			continue // CERT015, which does not quote it
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
