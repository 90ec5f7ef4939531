package samlrules

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/report"
)

// orStated lets MD019 judge the sign-on URL that the connection file states as well, where no metadata says another: beside metadata the
// two are compared (CFG003).
func orStated(r check.Rule) check.Rule {
	r.AnyOf = append(r.AnyOf, []evidence.Kind{evidence.Config}...)
	applies, decides, judge := r.Applies, r.Decides, r.Check
	stated := func(c *check.Case) bool {
		return c.Config != nil && c.Config.SAML != nil && c.Config.SAML.SSOURL != "" && c.Metadata.IdP() == nil
	}
	r.Applies = func(c *check.Case) bool { return stated(c) || applies(c) }
	r.Decides = func(c *check.Case) string {
		if stated(c) {
			return ""
		}
		return decides(c)
	}
	r.Check = func(c *check.Case) []report.Finding {
		if !stated(c) {
			return judge(c)
		}
		got := c.Config.SAML.SSOURL
		u, err := url.Parse(got)
		if err != nil || !strings.EqualFold(u.Scheme, "http") || u.Host == "" || mdTrusty(c, u) {
			return nil
		}
		want := "https" + got[len(u.Scheme):]
		f := report.Finding{Got: got, Want: want, Where: c.Config.Pos("saml/sso_url"), Message: fmt.Sprintf("sso_url is %s, which is not https", check.Quote(got))}
		f.Fix = append([]string{c.AtIdP("serve sign-on at "+want, "endpoints")}, c.IfAtSP("enter "+want, "sso_url")...)
		return []report.Finding{f}
	}
	return r
}
