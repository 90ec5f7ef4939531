package samlrules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/samldoc"
)

// offeredFormats are the NameID formats that the IdP's metadata lists.
func offeredFormats(c *check.Case) []string {
	var out []string
	for _, e := range roleOf(c.Metadata, idpRole).All(samldoc.Metadata, "NameIDFormat") {
		out = append(out, e.Value())
	}
	return out
}

func requestedFormat(l letter) []report.Finding {
	r := l.m.Request
	got, offered := r.NameIDFormat, offeredFormats(l.c)
	if got == samldoc.FormatPersistent && !isTrue(r.Policy.Attr("AllowCreate")) && len(offered) > 0 {
		f := l.about(r.Policy, "AllowCreate", r.Policy.Attr("AllowCreate"), "true", "the request asks for a persistent NameID and does not let the IdP make one: AllowCreate is not %q", "true")
		f.Severity, f.Fix = report.Info, []string{atSP(l.c, "send AllowCreate with the value true")}
		return []report.Finding{f}
	}
	if near := mdNearFormat(got); near != "" && !slices.Contains(offered, got) {
		f := l.about(r.Policy, "Format", got, near, "the request asks for the NameID format %s, where the standard has %q", check.Quote(got), near)
		f.Fix = []string{atSP(l.c, "ask for "+near)}
		return []report.Finding{f}
	}
	if got == "" || got == samldoc.FormatUnspecified || len(offered) == 0 || slices.Contains(offered, got) || strings.HasSuffix(got, ":nameid-format:encrypted") {
		return nil
	}
	f := l.about(r.Policy, "Format", got, strings.Join(offered, ", "), "the request asks for the NameID format %s, and the IdP's metadata lists %s", check.Quote(got), oneOf(offered))
	f.Fix = []string{l.c.AtIdP("give "+samldoc.Short(got)+" as NameID", "nameid"), atSP(l.c, "or ask for a format that the IdP lists")}
	if l.c.SSO != nil && passed(l.c) {
		f.Severity = report.Warning // it lists less than it gives
	}
	return []report.Finding{f}
}

// refusedFormat tells of a request that is refused for its NameIDPolicy.
func refusedFormat(c *check.Case) ([]report.Finding, bool) {
	a, bare := c.SSO.Get(evidence.AsSent), c.SSO.Get(evidence.NoNameID)
	for _, m := range c.Probed {
		if m.Response != nil && c.SSO.Get(m.Label) != nil && m.Response.SubCode == samldoc.Status+"InvalidNameIDPolicy" {
			return formatFinding(c, worded(c.SSO.Get(m.Label)), c.SSO.Get(m.Label)), true
		}
	}
	if !turnedAway(a) || bare == nil || !taken(bare) && !(bare.Means != a.Means && bare.Means != "unknown") {
		return nil, passed(c)
	}
	return formatFinding(c, worded(a), a), true
}

func formatFinding(c *check.Case, said string, a *check.Attempt) []report.Finding {
	format := askedFormat(c)
	f := report.Finding{Got: format, Where: statedAt(c, "saml", "saml/name_id_format")}
	f.Message = fmt.Sprintf("the IdP does not give the SP a NameID of the format %s: it answers %s", check.Quote(format), check.Quote(said))
	f.Fix = []string{c.AtIdP("give "+samldoc.Short(format)+" as NameID", "nameid"), c.AtSP("or ask for a format that the IdP gives", "name_id_format")}
	return byAnswer(f, a, true)
}

// askedFormat is the NameID format of the requests that are asked of the IdP.
func askedFormat(c *check.Case) string {
	if f := c.Config.SAML.NameIDFormat; f != "" {
		return f
	}
	if c.SP.SAML != nil {
		return c.SP.SAML.NameIDFormat.V
	}
	return ""
}
