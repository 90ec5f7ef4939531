package configrules

import (
	"fmt"
	"regexp"
	"sync"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/connection"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/report"
)

// Connections beside each other, and findings that were silenced.
var peers = []check.Rule{
	{
		Code: "CFG017", Title: "no two connections use one client, one entity ID or one provider name", Severity: report.Error,
		Tries: []evidence.Kind{evidence.File}, Uses: []evidence.Kind{evidence.Config},
		Why:   "What is changed for one of them breaks the other, and a login meant for one may end at the other.",
		Fix:   "register each application by itself at the IdP",
		Check: shared,
	},
	{
		Code: "CFG021", Title: "what is silenced has a reason and an end", Severity: report.Warning,
		Tries: []evidence.Kind{evidence.File}, Uses: []evidence.Kind{evidence.Config},
		Why: "Nobody remembers later why a finding was silenced, and it stays so when it matters again.",
		Fix: "write # ssoctl:ignore CODE reason until 2027-01-31",
		Check: func(c *check.Case) []report.Finding {
			if c.Config != nil || c.File == nil { // the file as a whole
				return nil
			}
			var out []report.Finding
			for _, i := range c.File.Ignores {
				if f := silenced(c, i); f != nil {
					f.Where = c.File.LocatePos(i.Pos, "", i.Len)
					out = append(out, *f)
				}
			}
			return out
		},
	},
}

// shared compares every two connections, for the file as a whole: each pair is told once, at the one that stands further down.
func shared(c *check.Case) []report.Finding {
	if c.Config != nil || c.File == nil {
		return nil
	}
	var out []report.Finding
	var all []*connection.Connection
	for _, t := range c.File.Targets {
		this := connection.Resolve(t, c.Lib, nil, connection.Seen{})
		for _, other := range all {
			if f := collision(c, this, other); f != nil {
				f.Related = []report.Location{other.Pos("name")}
				out = append(out, *f)
				break
			}
		}
		all = append(all, this)
	}
	return out
}

func collision(c *check.Case, a, b *connection.Connection) *report.Finding {
	name := check.Quote(b.Name)
	if a.SP.ID == b.SP.ID && a.UnknownSP == "" && a.SP.ID != "generic" {
		for _, p := range a.SP.Params {
			id := a.Vars[p.Name]
			if len(p.Reserved) > 0 && id != "" && id == b.Vars[p.Name] && a.Vars["base_url"] == b.Vars["base_url"] {
				return &report.Finding{Got: id, Where: a.Pos("sp/" + p.Name), Message: fmt.Sprintf("%s %q is that of the connection %s too, at the same %s", p.Name, id, name, a.SP.Name), Fix: []string{"give one of them another " + p.Name}}
			}
		}
	}
	switch {
	case a.OIDC != nil && b.OIDC != nil && a.OIDC.ClientID != "" && a.OIDC.ClientID == b.OIDC.ClientID && a.Issuer() == b.Issuer():
		f := &report.Finding{Got: a.OIDC.ClientID, Where: a.Pos("oidc/client_id"), Message: fmt.Sprintf("the client %q of %q is that of the connection %s too", a.OIDC.ClientID, a.Issuer(), name)}
		f.Fix = []string{c.AtIdP("register a client of its own for each application", "client_id")}
		if a.RedirectURI() != b.RedirectURI() {
			f.Severity = report.Warning // works as long as both addresses are registered
		}
		return f
	case a.SAML != nil && b.SAML != nil && entityID(a) != "" && entityID(a) == entityID(b) && a.SAML.IdPEntityID != "" && a.SAML.IdPEntityID == b.SAML.IdPEntityID:
		return &report.Finding{Got: entityID(a), Where: a.Pos("saml"), Message: fmt.Sprintf("the SP entity ID %q is that of the connection %s too, at the same IdP %q", entityID(a), name, a.SAML.IdPEntityID),
			Fix: []string{"give each application an entity ID of its own, on both sides"}}
	}
	return nil
}

// entityID is the SP's entity ID: what the file states, else what the SP's profile proposes.
func entityID(c *connection.Connection) string {
	if c.SAML == nil {
		return ""
	}
	if c.SAML.SPEntityID != "" || c.SP.SAML == nil {
		return c.SAML.SPEntityID
	}
	s, _ := c.Expand(c.SP.SAML.EntityID.V)
	if _, ok := c.Expand(c.SP.SAML.EntityID.V); !ok {
		return ""
	}
	return s
}

var code = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Z]{2,6}[0-9]{3}$`) })

func silenced(c *check.Case, i config.Ignore) *report.Finding {
	switch {
	case !code().MatchString(i.Code):
		return &report.Finding{Got: i.Code, Message: fmt.Sprintf("the suppression names %q, which is no code such as \"DISC008\"; it silences nothing", i.Code)}
	case i.Bad != "":
		return &report.Finding{Got: i.Bad, Want: "2027-01-31", Message: fmt.Sprintf("the suppression of %s ends on %q, which is no date such as \"2027-01-31\"; it silences nothing", i.Code, i.Bad)}
	case i.Expired(c.Now):
		return &report.Finding{Got: i.Until.Format("2006-01-02"), Message: fmt.Sprintf("the suppression of %s ended on %q", i.Code, i.Until.Format("2006-01-02")), Fix: []string{"remove it, or give it a later date and a reason for that"}}
	case i.Reason == "":
		return &report.Finding{Got: i.Code, Message: fmt.Sprintf("the suppression of %s has no reason", i.Code)}
	case i.Until.IsZero():
		return &report.Finding{Severity: report.Info, Got: i.Code, Message: fmt.Sprintf("the suppression of %s has no end", i.Code)}
	}
	return nil
}
