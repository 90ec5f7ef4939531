package configrules

import (
	"fmt"
	"strings"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/report"
)

// What a connection file can get wrong about SAML before any message is seen.
var saml = []check.Rule{
	{
		Code: "CFG020", Title: "NameID format and algorithms are what the SP reads", Severity: report.Error, Protocol: config.SAML,
		Needs:   []evidence.Kind{evidence.Config},
		Why:     "The SP cannot tell who signs in, or refuses the response.",
		Fix:     "choose the format that the SP documents, on both sides",
		Applies: func(c *check.Case) bool { return c.Config.SAML.NameIDFormat != "" || len(c.Requirements("CFG020")) > 0 },
		Decides: func(c *check.Case) string {
			if c.Config.SAML.NameIDFormat != "" {
				return ""
			}
			return c.Unstated("CFG020")
		},
		Check: func(c *check.Case) []report.Finding { return append(nameIDFormat(c), c.Required("CFG020")...) },
	},
}

func nameIDFormat(c *check.Case) []report.Finding {
	got := c.Config.SAML.NameIDFormat
	if c.SP.SAML == nil || got == "" || !c.SP.SAML.NameIDFormat.Known() {
		return nil
	}
	want := c.SP.SAML.NameIDFormat.V
	short := want[strings.LastIndexByte(want, ':')+1:]
	if got == want || got == short {
		return nil
	}
	f := report.Finding{Got: got, Want: want, Where: c.Config.Pos("saml/name_id_format"), Message: fmt.Sprintf("name_id_format is %s but %s reads %s", check.Quote(got), c.TheSP(), check.Quote(want))}
	if strings.EqualFold(got[strings.LastIndexByte(got, ':')+1:], short) {
		f.Message += " (the name is the same, the URN is not)"
	}
	step, edits := c.InFile("saml/name_id_format", want)
	f.Fix, f.Edits = []string{c.AtIdP("choose the format "+short, "nameid"), step}, edits
	return []report.Finding{likely(f, c.SP.SAML.NameIDFormat.S)}
}
