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
)

// mdLogin are the rules on what the IdP demands of requests and can say about users.
var mdLogin = []check.Rule{
	onRole(check.Rule{
		Code: "MD037", Title: "the IdP does not insist on signed requests of an SP that signs none", Severity: report.Error, Explains: []string{"REQ012"},
		Uses: []evidence.Kind{evidence.SAMLSSO},
		Why:  "The IdP refuses every login request, or leads the user round in a circle.",
		Fix:  "switch the demand for signed requests off for this SP",
		Refs: []string{mdRefIdPRole},
		Applies: func(c *check.Case) bool {
			return c.Config != nil && !(c.SP.SAML != nil && c.SP.SAML.RequestSigned.V) && !(c.IdP.SAML != nil && c.IdP.SAML.AlwaysSaysSigned.V) // then REQ012 alone can tell
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
		Explains: []string{"REQ009"},
		Why:      "The IdP may refuse the request, or name the user in another way than the SP reads.",
		Fix:      "let the IdP send the format that the SP reads",
		Refs:     []string{"SAML 2.0 Metadata §2.4.2"},
		Applies: func(c *check.Case) bool {
			return c.Config != nil && mdAskedFormat(c) != ""
		},
	}, ofIdP, func(d metadoc) []report.Finding {
		want := mdAskedFormat(d.c)
		var there []string
		for _, e := range d.role.All(samldoc.Metadata, "NameIDFormat") {
			v := e.Value()
			if v == want || v == samldoc.FormatUnspecified || samldoc.Short(v) == samldoc.Short(want) { // a misspelt one is MD041
				return nil
			}
			there = append(there, samldoc.Short(v))
		}
		if len(there) == 0 {
			return nil // a list is not demanded, and without one any format may come
		}
		f := d.about(d.role.Child(samldoc.Metadata, "NameIDFormat"), "", strings.Join(there, ", "), want, "%s lists the NameID formats %q but %s asks for %q", d.c.TheIdP(), strings.Join(there, ", "), d.c.TheSP(), want)
		f.Fix = []string{d.c.AtIdP("choose the NameID format "+samldoc.Short(want), "nameid")}
		return []report.Finding{f}
	}),
	onRole(check.Rule{
		Code: "MD041", Title: "every NameID format is one that exists", Severity: report.Error,
		Why:  "Nobody asks for, or understands, a format of that name.",
		Fix:  "spell the format as the standard does",
		Refs: []string{"SAML 2.0 Core §8.3"},
	}, ofEither, mdMisspeltFormats),
}

// mdAskedFormat is the NameID format that the SP's requests ask for; "" when it is not known.
func mdAskedFormat(c *check.Case) string {
	if f := c.Config.SAML.NameIDFormat; f != "" {
		for _, known := range mdNameIDFormats {
			if f == known || samldoc.Short(known) == f {
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

// mdNameIDFormats are those of SAML 2.0 Core §8.3.
var mdNameIDFormats = []string{
	samldoc.FormatEmail, samldoc.FormatUnspecified, samldoc.FormatPersistent, samldoc.FormatTransient, samldoc.FormatEntity,
	"urn:oasis:names:tc:SAML:1.1:nameid-format:X509SubjectName", "urn:oasis:names:tc:SAML:1.1:nameid-format:WindowsDomainQualifiedName",
	"urn:oasis:names:tc:SAML:2.0:nameid-format:kerberos", "urn:oasis:names:tc:SAML:2.0:nameid-format:encrypted",
}

func mdMisspeltFormats(d metadoc) []report.Finding {
	var out []report.Finding
	for _, e := range d.role.All(samldoc.Metadata, "NameIDFormat") {
		v := e.Value()
		if slices.Contains(mdNameIDFormats, v) {
			continue
		}
		near := mdNearFormat(v)
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

// mdNearFormat is the format of the standard that a text is meant for; "" when it is one itself, or near none.
func mdNearFormat(v string) string {
	if v == "" || slices.Contains(mdNameIDFormats, v) {
		return ""
	}
	for _, k := range mdNameIDFormats {
		if strings.EqualFold(k, strings.Join(strings.Fields(v), "")) || strings.EqualFold(samldoc.Short(k), samldoc.Short(v)) || strings.EqualFold(samldoc.Short(v), "email") && k == samldoc.FormatEmail {
			return k
		}
	}
	return source.Nearest(v, mdNameIDFormats)
}
