package loginrules

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/exact"
	"github.com/ssoctl/ssoctl/internal/report"
)

// What the SP itself says through its public interfaces, where its profile knows any: the providers that it offers, and the
// authorization request that it really sends. The connection file is only what somebody wrote down.
var spSide = []check.Rule{
	{
		Code: "CFG019", Title: "the SP really sends what the connection file says", Severity: report.Warning,
		Needs: []evidence.Kind{evidence.Config}, Uses: []evidence.Kind{evidence.SPProviders, evidence.SPSignIn, evidence.SPMetadata},
		Why:     "The IdP judges what the SP sends, not what was written down; every other finding here rests on the file.",
		Fix:     "let the connection file say what is set at the SP, or the reverse",
		Applies: func(c *check.Case) bool { return len(c.SP.Live) > 0 },
		Decides: func(c *check.Case) string {
			if c.SPProviders == nil && c.SPSignIn == nil && c.SPMetadata == nil {
				return c.TheSP() + " was not asked, or did not answer"
			}
			return ""
		},
		Check: drift,
	},
}

func drift(c *check.Case) []report.Finding {
	if f := notOffered(c); f != nil {
		return []report.Finding{*f}
	}
	return append(sentOtherwise(c), describedOtherwise(c)...)
}

// notOffered compares the connection's provider with those that the SP offers at its sign-in page.
func notOffered(c *check.Case) *report.Finding {
	live := c.SP.Live["providers"]
	wanted := c.Config.Vars[live.Param]
	last := c.SPProviders.Last()
	if wanted == "" || last == nil || last.Status != 200 {
		return nil
	}
	var offered []map[string]any
	if json.Unmarshal(last.Body, &offered) != nil {
		return nil
	}
	var ids []string
	for _, o := range offered {
		id, _ := o[live.Member].(string)
		if id == wanted {
			return nil
		}
		ids = append(ids, id)
	}
	f := report.Finding{
		Message: fmt.Sprintf("%s offers no provider %q; it offers %s", c.TheSP(), wanted, orNone(ids)), Got: wanted,
		Where: c.Config.Pos("sp/" + live.Param), Related: []report.Location{{Evidence: c.SPProviders.Name()}},
	}
	for _, id := range ids {
		if strings.EqualFold(id, wanted) {
			f.Severity, f.Want = report.Error, id
			f.Message = fmt.Sprintf("%s knows the provider as %q but the connection says %q (only the letter case differs)", c.TheSP(), id, wanted)
			step, edits := c.InFile("sp/"+live.Param, id)
			f.Fix, f.Edits = []string{step}, edits
			return &f
		}
	}
	f.Fix = []string{c.AtSP("create the provider, or switch its sign-in on", live.Param)}
	return &f
}

func orNone(ids []string) string {
	if len(ids) == 0 {
		return "none"
	}
	return strings.Join(ids, ", ")
}

// sentOtherwise compares the parameters of the authorization request that the SP makes with the connection's.
func sentOtherwise(c *check.Case) []report.Finding {
	last := c.SPSignIn.Last()
	if last == nil || last.Status != 200 || c.Config.OIDC == nil {
		return nil
	}
	var answer map[string]any
	if json.Unmarshal(last.Body, &answer) != nil {
		return nil
	}
	address, _ := answer[c.SP.Live["signin"].Member].(string)
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return nil
	}
	q := u.Query()
	var out []report.Finding
	for _, p := range []struct{ name, path, ours, key string }{
		{"client_id", "oidc/client_id", c.Config.OIDC.ClientID, "client_id"},
		{"redirect_uri", "oidc/redirect_uri", c.Config.RedirectURI(), "redirect_uri"},
	} {
		theirs := q.Get(p.name)
		if theirs == "" || p.ours == "" || theirs == p.ours {
			continue
		}
		out = append(out, report.Finding{
			Message: fmt.Sprintf("%s sends %s %q but the connection says %q (%s)", c.TheSP(), p.name, theirs, p.ours, exact.Compare(theirs, p.ours)),
			Got:     theirs, Want: p.ours, Where: c.Config.Pos(p.path), Related: []report.Location{{Evidence: c.SPSignIn.Name()}},
			Fix: []string{c.AtSP("set it to "+p.ours+", or register "+theirs+" at the IdP", p.key)},
		})
	}
	return out
}

// spDescriptor is what is compared of an SP's SAML metadata (SAML Metadata §2.4.4). The document is not trusted for anything.
type spDescriptor struct {
	EntityID string `xml:"entityID,attr"`
	SP       struct {
		ACS []struct {
			Location string `xml:"Location,attr"`
		} `xml:"AssertionConsumerService"`
	} `xml:"SPSSODescriptor"`
}

// describedOtherwise compares the SP's own SAML metadata with what the connection says of the SP.
func describedOtherwise(c *check.Case) []report.Finding {
	last := c.SPMetadata.Last()
	if last == nil || last.Status != 200 || c.Config.SAML == nil {
		return nil
	}
	var d spDescriptor
	if xml.Unmarshal(last.Body, &d) != nil || d.EntityID == "" {
		return nil
	}
	var out []report.Finding
	add := func(what, path, key, theirs, ours string) {
		out = append(out, report.Finding{
			Message: fmt.Sprintf("the metadata of %s names the %s %q but the connection says %q (%s)", c.SP.Name, what, theirs, ours, exact.Compare(theirs, ours)),
			Got:     theirs, Want: ours, Where: c.Config.Pos(path), Related: []report.Location{{Evidence: c.SPMetadata.Name()}},
			Fix: []string{c.AtSP("set it to "+ours+", or enter "+theirs+" at the IdP", key)},
		})
	}
	if ours := c.Config.SAML.SPEntityID; ours != "" && ours != d.EntityID {
		add("entity ID", "saml/sp_entity_id", "sp_entity_id", d.EntityID, ours)
	}
	var theirs []string
	for _, acs := range d.SP.ACS {
		theirs = append(theirs, acs.Location)
	}
	if ours := c.Config.SAML.ACSURL; ours != "" && len(theirs) > 0 && !slices.Contains(theirs, ours) {
		add("ACS URL", "saml/acs_url", "acs_url", theirs[0], ours)
	}
	return out
}
