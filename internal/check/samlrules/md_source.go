package samlrules

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/ssoctl/ssoctl/internal/cert"
	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/samldoc"
	"github.com/ssoctl/ssoctl/internal/xmlsig"
	"github.com/ssoctl/ssoctl/internal/xmltree"
)

// Where the metadata comes from, and who vouches for it.
var mdSource = []check.Rule{
	onEntity(check.Rule{
		Code: "MD047", Title: "the signature of the metadata is good and covers all of it", Severity: report.Error,
		Uses: []evidence.Kind{evidence.SAMLCerts},
		Why:  "An SP that verifies metadata refuses it; one that does not may hold altered addresses and keys.",
		Fix:  "fetch the metadata anew from its publisher, byte for byte, and compare the signing certificate",
		Refs: []string{"SAML 2.0 Metadata §3"},
		Applies: func(c *check.Case) bool {
			return c.Config != nil && c.Config.SAML.MetadataSigningCertificate != "" || mdIsSigned(c.Metadata) || c.Config == nil && mdIsSigned(c.SPEntity)
		},
	}, ofEither, mdVouched),
	onEntity(check.Rule{
		Code: "MD048", Title: "the metadata is not signed by way of SHA-1", Severity: report.Warning,
		Why:     "Such a signature can be forged with effort, and newer software does not verify it.",
		Fix:     "let the publisher sign with SHA-256",
		Refs:    []string{"NIST SP 800-131A"},
		Applies: func(c *check.Case) bool { return mdIsSigned(c.Metadata) || c.Config == nil && mdIsSigned(c.SPEntity) },
	}, ofEither, func(d metadoc) []report.Finding {
		var out []report.Finding
		for _, sig := range mdSeals(d) {
			info := sig.Child(samldoc.DSig, "SignedInfo")
			method := info.Child(samldoc.DSig, "SignatureMethod")
			digest := info.Child(samldoc.DSig, "Reference").Child(samldoc.DSig, "DigestMethod")
			for _, m := range []*xmltree.Element{method, digest} {
				if a := m.Attr("Algorithm"); strings.HasSuffix(a, "sha1") || strings.HasSuffix(a, "md5") {
					f := d.about(m, "Algorithm", a, map[*xmltree.Element]string{method: xmlsig.RSASHA256, digest: xmlsig.SHA256}[m], "the metadata is signed with %s %q, where %q is safe", m.Local, samldoc.Short(a), "SHA-256")
					f.Fix = []string{d.step("sign the metadata with SHA-256", "signing")}
					out = append(out, f)
					break
				}
			}
		}
		return out
	}),
	{
		Code: "MD049", Title: "the metadata address answers with metadata, by https", Severity: report.Error, Protocol: config.SAML,
		Tries: []evidence.Kind{evidence.Config, evidence.SAMLMetadata}, Explains: []string{"MD001", "MD002"},
		Why:     "An SP that reads the address learns nothing from it: it cannot be set up, or goes on with what it has until a certificate changes.",
		Fix:     "open the address in a browser without being signed in: XML has to come",
		Refs:    []string{"SAML 2.0 Metadata §4.1"},
		Applies: func(c *check.Case) bool { return strings.Contains(c.Config.SAML.IdPMetadata, "://") },
		Decides: mdUnanswered,
		Check:   metadataAddress,
	},
	onEntity(check.Rule{
		Code: "MD058", Title: "the metadata is no larger than the SP takes", Severity: report.Error,
		Why:     "The SP refuses the metadata when it is entered.",
		Fix:     "give the metadata of the one entity, without pictures and attributes",
		Applies: func(c *check.Case) bool { return c.Config != nil && mdLimit(c) > 0 },
	}, ofIdP, func(d metadoc) []report.Finding {
		size, limit := len(d.c.Seen[d.kind].Obs.Document()), mdLimit(d.c)
		if size <= limit {
			return nil
		}
		f := report.Finding{Got: fmt.Sprint(size), Want: fmt.Sprint(limit), Where: d.c.Config.Pos("saml/idp_metadata"),
			Message: fmt.Sprintf("the metadata has %q bytes but %s takes %q at most", fmt.Sprint(size), d.c.TheSP(), fmt.Sprint(limit))}
		f.Fix = []string{d.step("export the metadata of the one entity")}
		if !d.c.SP.SAML.MaxMetadata.Certain() {
			f.Severity, f.Message = report.Warning, "likely: "+f.Message
		}
		return []report.Finding{f}
	}),
	{
		Code: "MD050", Title: "the metadata is the application's own and not the tenant's", Severity: report.Warning, Protocol: config.SAML,
		Needs: []evidence.Kind{evidence.Config}, Explains: []string{"CERT010", "CFG003"},
		Why:     "The tenant's metadata holds other keys than those that sign for the application: every response seems to be signed by somebody else.",
		Fix:     "copy the metadata address from the application's own page",
		Applies: func(c *check.Case) bool { return strings.Contains(c.Config.SAML.IdPMetadata, "://") },
		Check:   mdTenantWide,
	},
}

// mdLimit is the size of metadata that the SP takes, in bytes; 0 when not known.
func mdLimit(c *check.Case) int {
	if c.SP.SAML == nil {
		return 0
	}
	return c.SP.SAML.MaxMetadata.V
}

// mdSeals gives the signatures over the entity and over what holds it.
func mdSeals(d metadoc) []*xmltree.Element {
	var out []*xmltree.Element
	for e := d.entity; e != nil; e = e.Parent {
		out = append(out, e.All(samldoc.DSig, "Signature")...)
	}
	return out
}

func mdIsSigned(m *samldoc.Entities) bool {
	return m != nil && m.Entity != nil && len(mdSeals(metadoc{entity: m.Entity})) > 0
}

// mdVouched verifies the signatures with the certificate that the connection names for it, else with the keys of the document and of the
// signature itself, which shows only that nothing was altered.
func mdVouched(d metadoc) []report.Finding {
	expected := mdExpectedSigner(d.c)
	if len(mdSeals(d)) == 0 {
		f := report.Finding{Where: d.c.Config.Pos("saml/metadata_signing_certificate"), Related: []report.Location{d.c.InXML(d.kind, d.entity, "")},
			Message: "metadata_signing_certificate is set but the metadata is not signed"}
		f.Fix = []string{d.step("take the signed metadata, or leave metadata_signing_certificate out")}
		return []report.Finding{f}
	}
	trust := xmlsig.Trust{Configured: mdKeysOf(expected)}
	for _, k := range samldoc.Keys(d.role, "signing") {
		trust.Metadata = append(trust.Metadata, mdKeysOf(k.Text)...)
	}
	var out []report.Finding
	for _, s := range xmlsig.Verify(d.all.Doc, trust) {
		e := d.all.Doc.At(s.Path)
		if e == nil || e.Parent == nil || !d.entity.Inside(e.Parent) {
			continue
		}
		if f := d.judgeSeal(e, s, expected); f != nil {
			out = append(out, *f)
		}
	}
	return out
}

func (d metadoc) judgeSeal(e *xmltree.Element, s xmlsig.Signature, expected cert.Text) *report.Finding {
	var f report.Finding
	switch covered := e.Parent.Path(); {
	case s.Digests() == xmlsig.Bad:
		f = d.about(e, "", "altered", "as signed", "the metadata is not what was signed: its digest differs%s", mdAlteration(s.References))
	case s.State == xmlsig.Bad && expected.First() == nil:
		f = d.finding(e, "", "the metadata's signature does not verify with the key that it brings%s", mdAlteration(nil))
		if len(s.Embedded) == 0 {
			return nil // no key at hand
		}
	case s.State == xmlsig.Bad || s.State == xmlsig.Good && expected.First() != nil && s.By != xmlsig.ByConfigured:
		want, _ := expected.Leaf()
		by := "another key, which is not in the metadata"
		if len(s.Key) > 0 {
			by = cert.Parse(s.Key).Certs[0].Name()
		} else if len(s.Embedded) > 0 {
			by = mdNameOf(s.Embedded[0])
		}
		f = d.about(e, "", by, want.Name(), "the metadata is signed with %q but metadata_signing_certificate is %q", by, want.Name())
		f.Related = []report.Location{d.c.Config.Pos("saml/metadata_signing_certificate")}
	case s.Intact() && !mdCoversElement(s, covered):
		target := ""
		if len(s.References) > 0 {
			target = s.References[0].Target
		}
		f = d.about(e, "", target, covered, "the metadata's signature covers %q and not %q: what is outside it anybody can have written", target, covered)
	default:
		return nil
	}
	f.Fix = []string{d.step("fetch the metadata anew, byte for byte")}
	return &f
}

// mdCoversElement reports whether a signature is over the element that it stands in.
func mdCoversElement(s xmlsig.Signature, path string) bool {
	for _, r := range s.References {
		if r.Target == path || r.Target == "/" {
			return true
		}
	}
	return false
}

func mdAlteration(refs []xmlsig.Reference) string {
	for _, r := range refs {
		if r.Altered != "" {
			return " (" + r.Altered + ")"
		}
	}
	return ""
}

func mdNameOf(der []byte) string {
	if t := cert.Parse(der); len(t.Certs) > 0 {
		return t.Certs[0].Name()
	}
	return cert.Short(der)
}

func mdExpectedSigner(c *check.Case) cert.Text {
	if c.Config == nil {
		return cert.Text{}
	}
	for _, f := range c.Certs {
		if f.Path == "saml/metadata_signing_certificate" {
			return f.Text
		}
	}
	return cert.Text{}
}

func mdKeysOf(t cert.Text) []xmlsig.Key {
	var out []xmlsig.Key
	for _, k := range t.Certs {
		if k.Cert != nil {
			out = append(out, xmlsig.Key{Cert: k.Cert, Public: k.Cert.PublicKey, Raw: k.DER})
		}
	}
	return out
}

// mdUnanswered gives the reason why the metadata address was not reached; an answer that is none of metadata decides.
func mdUnanswered(c *check.Case) string {
	if mdPlainAddress(c) {
		return ""
	}
	seen := c.Seen[evidence.SAMLMetadata]
	last := seen.Obs.Last()
	switch {
	case last == nil && seen.Obs.Failure != nil:
		return "the metadata was not fetched: " + seen.Obs.Failure.Text
	case last == nil:
		return "the metadata was not fetched"
	case last.Failure != nil:
		return "the metadata was not fetched: " + last.Failure.Text
	case last.Status == 429 || last.Status >= 500:
		return fmt.Sprintf("the metadata address answers %d for now", last.Status)
	case last.Cut:
		return "the metadata is larger than what is read"
	}
	return ""
}

func mdPlainAddress(c *check.Case) bool {
	u, err := url.Parse(c.Config.SAML.IdPMetadata)
	return err == nil && strings.EqualFold(u.Scheme, "http") && !mdTrusty(c, u)
}

func metadataAddress(c *check.Case) []report.Finding {
	var out []report.Finding
	at := c.Config.SAML.IdPMetadata
	where := c.Config.Pos("saml/idp_metadata")
	if mdPlainAddress(c) {
		want := "https" + at[len("http"):]
		f := report.Finding{Got: at, Want: want, Where: where, Message: fmt.Sprintf("idp_metadata is %s, which is not https: whoever is on the way can put another certificate in", check.Quote(at))}
		step, edits := c.InFile("saml/idp_metadata", want)
		f.Fix, f.Edits = []string{step}, edits
		out = append(out, f)
	}
	seen := c.Seen[evidence.SAMLMetadata]
	last := seen.Obs.Last()
	if seen.Obs.Failure != nil || last == nil || last.Failure != nil || last.Status == 429 || last.Status >= 500 || last.Cut || mdIsPage(mdOpening(seen)) && last.Status != 404 {
		return out // a page for people is NET014
	}
	f := report.Finding{Got: fmt.Sprint(last.Status), Want: "200", Where: where, Related: []report.Location{{Evidence: last.Name()}}}
	text := mdOpening(seen)
	switch {
	case last.Status != 200:
		f.Message = fmt.Sprintf("the metadata address %s answers with %q, where %q is needed", check.Quote(at), fmt.Sprint(last.Status), "200")
		if last.Status == 401 || last.Status == 403 {
			f.Message += ": it wants somebody to be signed in"
		}
	case text == "":
		f.Got, f.Want = "nothing", "XML"
		f.Message = fmt.Sprintf("the metadata address %s answers with %q and an empty body, where %q is needed", check.Quote(at), "200", "XML")
	case !strings.HasPrefix(text, "<"):
		f.Got, f.Want = last.Head("Content-Type"), "XML"
		f.Message = fmt.Sprintf("the metadata address %s answers with %q (%s), where %q is needed", check.Quote(at), last.Head("Content-Type"), excerpt(text), "XML")
	default:
		return out
	}
	f.Fix = []string{c.AtIdP("copy the address of the metadata", "metadata")}
	return append(out, f)
}

// mdTenantWide recognises an address whose metadata is not the application's, by the IdP's profile.
func mdTenantWide(c *check.Case) []report.Finding {
	at := c.Config.SAML.IdPMetadata
	if c.IdP.SAML == nil || c.IdP.SAML.TenantWide.Match == "" || !c.Lib.Matches(c.IdP.SAML.TenantWide.Match, at) {
		return nil
	}
	p := c.IdP.SAML.TenantWide
	f := report.Finding{Got: at, Want: p.Example, Where: c.Config.Pos("saml/idp_metadata"), Message: fmt.Sprintf("idp_metadata is %s, the metadata of the whole tenant: %s, such as %q", check.Quote(at), p.Say, p.Example)}
	if !p.S.Certain() {
		f.Message = "likely: " + f.Message
	}
	f.Fix = []string{c.AtIdP("copy the address of the application's own metadata", "metadata")}
	return []report.Finding{f}
}
