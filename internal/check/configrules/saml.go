package configrules

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/exact"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/source"
)

// What a connection file can get wrong about SAML before any message is seen.
var saml = []check.Rule{
	{
		Code: "AST026", Title: "both sides know the SP by one entity ID", Severity: report.Error, Protocol: config.SAML,
		Needs: []evidence.Kind{evidence.Config},
		Why:   "The IdP makes the assertion out to another audience, and the SP refuses it.",
		Fix:   "enter one and the same entity ID on both sides; letter case counts",
		Refs:  []string{"SAML 2.0 Core §2.5.1.4"},
		Check: func(c *check.Case) []report.Finding { return entityIDs(c, false) },
	},
	{
		Code: "AST027", Title: "both sides spell the SP's entity ID alike", Severity: report.Error, Protocol: config.SAML,
		Needs: []evidence.Kind{evidence.Config},
		Why:   "Entity IDs are compared as strings: a slash or a capital makes another SP of it.",
		Fix:   "enter one and the same entity ID on both sides; letter case counts",
		Refs:  []string{"SAML 2.0 Core §2.5.1.4"},
		Check: func(c *check.Case) []report.Finding { return entityIDs(c, true) },
	},
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
	{
		Code: "MD017", Title: "the single sign-on URL takes the binding that the SP uses", Severity: report.Error, Protocol: config.SAML,
		Needs:   []evidence.Kind{evidence.Config},
		Why:     "The IdP finds no request in what arrives, and shows an error page of its own.",
		Fix:     "enter the IdP's address for the HTTP-Redirect binding",
		Refs:    []string{"SAML 2.0 Profiles §4.1.3.3"},
		Applies: func(c *check.Case) bool { return c.Config.SAML.SSOURL != "" || len(c.Requirements("MD017")) > 0 },
		Check:   func(c *check.Case) []report.Finding { return append(binding(c), c.Required("MD017")...) },
	},
	{
		Code: "MD057", Title: "the single sign-on URL is where logins begin", Severity: report.Error, Protocol: config.SAML,
		Needs:   []evidence.Kind{evidence.Config},
		Why:     "The user ends on a page of XML, of the console, or of another protocol, and no login begins.",
		Fix:     "enter the address of SingleSignOnService in the IdP's metadata",
		Applies: func(c *check.Case) bool { return c.Config.SAML.SSOURL != "" },
		Check:   noEndpoint,
	},
}

// entityIDs compares the SP's entity ID with the SP's profile, with the recorded audience of the IdP, and with the IdP's own. near
// chooses the findings whose two values differ in a single respect.
func entityIDs(c *check.Case, near bool) []report.Finding {
	var out []report.Finding
	own := c.Config.SAML.SPEntityID
	template, known := "", false
	if c.SP.SAML != nil {
		template, known = c.Config.Expand(c.SP.SAML.EntityID.V)
	}
	add := func(f report.Finding, got, want string) {
		if d := exact.Compare(got, want); single(d) == near {
			f.Got, f.Want = got, want
			if near {
				f.Message += " (" + d.String() + ")"
			}
			out = append(out, f)
		}
	}
	if known && own != "" && !misfit(c) && own != template && own != c.Config.SAML.IdPEntityID {
		f := report.Finding{Where: c.Config.Pos("saml/sp_entity_id"), Message: fmt.Sprintf("sp_entity_id is %s but %s is known as %s", check.Quote(own), c.TheSP(), check.Quote(template))}
		step, edits := c.InFile("saml/sp_entity_id", template)
		f.Fix, f.Edits = []string{step, c.AtIdP("enter "+template, "entity_id")}, edits
		if c.SP.SAML.EntityIDFree {
			f.Severity, f.Edits = report.Warning, nil
			f.Fix = []string{"any name will do as long as both sides hold the same: see that this one is meant", c.AtSP("compare it, letter by letter", "sp_entity_id")}
		}
		f = likely(f, c.SP.SAML.EntityID.S)
		if !c.SP.SAML.EntityIDFree || near { // a name of one's own is fine, a slip of the pen is not
			add(f, own, template)
		}
	}
	if !near && own != "" && own == c.Config.SAML.IdPEntityID {
		out = append(out, report.Finding{Got: own, Want: template, Where: c.Config.Pos("saml/sp_entity_id"),
			Message: fmt.Sprintf("sp_entity_id and idp_entity_id are both %s, but they name two parties", check.Quote(own)),
			Fix:     []string{c.AtSP("enter the name of the SP, such as "+template, "sp_entity_id")}})
	}
	return append(out, recorded(c, near)...)
}

// single reports whether two names differ in one respect that is easily overlooked.
func single(d exact.Diff) bool {
	return d.Only && d.Kind != exact.Other && d.Kind != exact.Path && d.Kind != exact.Host
}

// recorded compares the entity ID that the IdP's console holds, as the file records it.
func recorded(c *check.Case, near bool) []report.Finding {
	want := entityID(c.Config)
	var out []report.Finding
	for key, s := range c.IdP.Settings {
		node := c.Config.Setting(key)
		if s.Holds != "sp_entity_id" || node == nil || node.Type == source.Null || want == "" || node.Str() == want {
			continue
		}
		d := exact.Compare(node.Str(), want)
		if single(d) != near {
			continue
		}
		f := report.Finding{Got: node.Str(), Want: want, Where: c.Config.Pos("idp/settings/" + key),
			Message: fmt.Sprintf("%s knows %s as %s but its entity ID is %s", c.TheIdP(), c.TheSP(), check.Quote(node.Str()), check.Quote(want)),
			Fix:     []string{c.AtSetting(key, "enter "+want)}}
		if near {
			f.Message += " (" + d.String() + ")"
		}
		step, edits := c.InFile("idp/settings/"+key, want)
		f.Fix, f.Edits = append(f.Fix, step), edits
		out = append(out, f)
	}
	return out
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

// binding recognises an address for form posts, where the SP sends a redirect.
func binding(c *check.Case) []report.Finding {
	got := c.Config.SAML.SSOURL
	if c.SP.SAML == nil || c.SP.SAML.RequestBinding.V != "HTTP-Redirect" || got == "" {
		return nil
	}
	pattern := ""
	if c.IdP.SAML != nil {
		pattern = c.IdP.SAML.PostOnly.V
	}
	if generic, ok := c.Lib.IdP("generic"); ok && pattern == "" && generic.SAML != nil {
		pattern = generic.SAML.PostOnly.V
	}
	if pattern == "" || !c.Lib.Matches(pattern, got) {
		return nil
	}
	f := report.Finding{Got: got, Where: c.Config.Pos("saml/sso_url"),
		Message: fmt.Sprintf("sso_url is %s, an address for the HTTP-POST binding, but %s sends its request by %q", check.Quote(got), c.TheSP(), c.SP.SAML.RequestBinding.V)}
	if want := strings.Replace(got, "/binding/post", "/binding/redirect", 1); want != got {
		f.Want = want
		step, edits := c.InFile("saml/sso_url", want)
		f.Fix, f.Edits = []string{c.AtSP("enter "+want, "sso_url"), step}, edits
	}
	return []report.Finding{f}
}

// noEndpoint recognises addresses that are pasted in place of the single sign-on URL, by what their paths say.
func noEndpoint(c *check.Case) []report.Finding {
	got := c.Config.SAML.SSOURL
	u, err := url.Parse(got)
	if err != nil || u.Host == "" {
		return nil // CFG001
	}
	what := mistaken(u)
	if slices.Contains(c.Config.ACSURLs(), got) {
		what = c.TheSP() + "'s own ACS URL"
	}
	if what == "" {
		return nil
	}
	return []report.Finding{{Got: got, Where: c.Config.Pos("saml/sso_url"), Message: fmt.Sprintf("sso_url is %s, which is %s and no single sign-on URL", check.Quote(got), what),
		Fix: []string{c.AtIdP("copy the Location of SingleSignOnService", "metadata"), c.AtSP("enter it", "sso_url")}}}
}

// mistaken says what an address is when its path shows that it is no single sign-on URL; "" otherwise.
func mistaken(u *url.URL) string {
	segments := strings.FieldsFunc(strings.ToLower(u.Path), func(r rune) bool { return r == '/' })
	has := func(words ...string) bool {
		return slices.ContainsFunc(segments, func(s string) bool { return slices.Contains(words, s) })
	}
	first, final := "", ""
	if len(segments) > 0 {
		first, final = segments[0], segments[len(segments)-1]
	}
	switch {
	case has("descriptor", "metadata") || strings.HasSuffix(final, ".xml"):
		return "the address of the metadata"
	case has("openid-connect", ".well-known") || final == "authorize" || final == "token" || final == "openid-configuration":
		return "an address of OpenID Connect"
	case first == "admin" || first == "console" || strings.HasPrefix(u.Fragment, "/"):
		return "a page of the admin console"
	case final == "slo" || final == "logout" || final == "singlelogoutservice":
		return "the address for sign-out"
	}
	return ""
}
