package xmlsigrules

import (
	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/report"
)

// What the SP wishes of encryption (ENC002).

func wishDecides(c *check.Case) string {
	settings := len(c.Requirements("ENC002")) > 0
	if settings && c.Unstated("ENC002") == "" {
		return ""
	}
	all := carriers(c)
	by, _ := forbidden(c)
	switch {
	case len(all) == 0 && settings:
		return c.Unstated("ENC002")
	case len(all) == 0:
		return signedDecides(c)
	case by == "" && !demandsEncryption(c) && (c.SP.SAML == nil || c.SP.SAML.Encryption.V != "supported"):
		return "nothing says whether the SP reads encrypted assertions"
	}
	return ""
}

// demandsEncryption reports whether the SP refuses assertions in clear.
func demandsEncryption(c *check.Case) bool {
	s := c.SP.SAML
	if c.Config == nil || s == nil {
		return false
	}
	if w := c.Config.SAML; w != nil && w.Want != nil && w.Want.Encrypted != nil {
		return *w.Want.Encrypted
	}
	return s.Encryption.V == "required" || keyNamed(c) && s.KeyMeansEncrypted.V
}

func wish(c *check.Case) []report.Finding {
	if out := c.Required("ENC002"); len(out) > 0 {
		return out // told where the setting stands
	}
	var out []report.Finding
	by, certain := forbidden(c)
	for _, m := range carriers(c) {
		switch {
		case by != "" && len(m.Response.Encrypted) > 0:
			f := report.Finding{Where: m.In(m.Response.Encrypted[0], ""), Message: "the assertion is encrypted, but " + by}
			if !certain {
				f.Severity, f.Message = report.Warning, "likely: "+f.Message
			}
			f.Fix = []string{c.AtIdP("switch encryption of assertions off, and take the SP's encryption certificate out", "encryption")}
			out = append(out, f)
		case demandsEncryption(c) && len(m.Response.Assertions) > len(m.Response.Encrypted):
			f := report.Finding{Where: m.In(m.Response.Assertions[0].Element, ""), Message: "the assertion comes in clear, but " + c.TheSP() + " takes encrypted ones only"}
			if c.Config.SAML.Want == nil && keyNamed(c) {
				f.Message = "the assertion comes in clear, but with a private key stored " + c.TheSP() + " takes encrypted ones only"
				f.Related = []report.Location{c.Config.Pos("saml/sp_private_key")}
			}
			f.Fix = []string{c.AtIdP("switch encryption of assertions on, with the SP's certificate", "encryption")}
			out = append(out, f)
		}
	}
	return out
}
