package netrules

import (
	"net/url"
	"strings"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/exact"
	"github.com/ssoctl/ssoctl/internal/report"
)

// afterwards are the codes about an answer that is not the document. What is wrong with the connection file itself has no part in it,
// and while nothing answers at all the other rules are undecided by themselves.
func afterwards() []string {
	return []string{"DISC003", "DISC004", "DISC005", "DISC007", "JWKS001", "MD001", "MD002", "MD049", "AUTHZ035"}
}

// trouble is one failure on the way to a host.
type trouble struct {
	host  string
	of    string // what the host is asked for
	fail  *evidence.Failure
	whole *evidence.Host // of the IdP's own host
	where report.Location
}

// troubles lists what stopped the way, each host once: the IdP's host first, then the requests for its documents. What follows
// from the first is not repeated.
func troubles(c *check.Case) []trouble {
	if h := host(c); h != nil {
		if f := firstOf(h.Failure, problem(h)); f != nil {
			return []trouble{{host: h.Host, of: nameOf(c), fail: f, whole: h, where: entered(c)}}
		}
	}
	for _, kind := range []evidence.Kind{evidence.Discovery, evidence.JWKS, evidence.SAMLMetadata, evidence.SAMLSSO} {
		obs := c.Seen[kind].Obs
		last := obs.Last()
		if last == nil || last.Failure == nil {
			continue
		}
		u, err := url.Parse(last.URL)
		// A name that resolves nowhere but inside the IdP's own network is told where the document names it.
		if err != nil || last.Failure.Stage == evidence.StageBlocked || kind == evidence.JWKS && exact.LocalName(u.Hostname()) {
			continue
		}
		// Keys on a host that cannot be reached, while the IdP's can, are a fault of the document: JWKS001.
		if kind == evidence.JWKS && (last.Failure.Stage == evidence.StageDNS || last.Failure.Stage == evidence.StageConnect) {
			continue
		}
		if kind == evidence.JWKS && c.Discovery != nil && c.Config != nil && c.Discovery.Issuer() != c.Config.Issuer() {
			continue // the document is not the one that was asked for: where it leads does not matter
		}
		of := map[evidence.Kind]string{evidence.Discovery: "discovery document", evidence.JWKS: "key set", evidence.SAMLMetadata: "SAML metadata", evidence.SAMLSSO: "single sign-on service"}[kind]
		return []trouble{{host: u.Hostname(), of: of, fail: last.Failure, where: report.Location{Evidence: last.Name()}}}
	}
	return nil
}

func firstOf(failures ...*evidence.Failure) *evidence.Failure {
	for _, f := range failures {
		if f != nil {
			return f
		}
	}
	return nil
}

// host is what is known of the IdP's host, or nil.
func host(c *check.Case) *evidence.Host {
	if c.Network == nil || len(c.Network.Hosts) == 0 {
		return nil
	}
	return &c.Network.Hosts[0]
}

func problem(h *evidence.Host) *evidence.Failure {
	if h.TLS == nil || h.TLS.Verified {
		return nil
	}
	return h.TLS.Problem
}

// codeOf picks the one rule for a failure: what names it best.
func codeOf(c *check.Case, t trouble) string {
	switch t.fail.Stage {
	case evidence.StageDNS:
		return "NET001"
	case evidence.StageConnect:
		return "NET002"
	case evidence.StageBody:
		if t.fail.Code == "slow" {
			return "NET020"
		}
		return "NET022"
	case evidence.StageRedirect:
		if t.fail.Code == "downgrade" {
			return "NET013"
		}
		return "NET021"
	}
	switch t.fail.Code {
	case "version":
		if h := host(c); h != nil && h.TLS != nil && older(h.TLS.Version) {
			return "NET007" // which says that nothing newer is spoken
		}
	case "cancelled":
		return "" // stopped by hand: that says nothing about the server
	case "silent":
		return "NET020"
	case "reset", "closed", "refused", "unreachable":
		return "NET002"
	case "name":
		return "NET004"
	case "expired":
		return "NET005"
	case "unknown_authority":
		return authority(c, t)
	}
	if t.fail.Stage == evidence.StageTLS {
		return "NET003"
	}
	return "NET002"
}

// of gives the failures that one rule speaks of.
func of(c *check.Case, code string) []trouble {
	var out []trouble
	for _, t := range troubles(c) {
		if codeOf(c, t) == code {
			out = append(out, t)
		}
	}
	return out
}

// nameOf is what people call the address that everything hangs on.
func nameOf(c *check.Case) string {
	if c.Config == nil {
		return "issuer"
	}
	return map[string]string{"saml/idp_metadata": "SAML metadata", "saml/sso_url": "single sign-on URL", "oidc/discovery_url": "discovery URL", "oidc/issuer": "issuer"}[enteredPath(c)]
}

// entered is the place of the address that everything hangs on.
func entered(c *check.Case) report.Location {
	if c.Config == nil {
		return report.Location{Evidence: c.Network.Source}
	}
	return c.Config.Pos(enteredPath(c))
}

func enteredPath(c *check.Case) string {
	switch {
	case c.Config.Protocol() == config.SAML && strings.Contains(c.Config.SAML.IdPMetadata, "://"):
		return "saml/idp_metadata"
	case c.Config.Protocol() == config.SAML:
		return "saml/sso_url"
	case c.Config.OIDC != nil && c.Config.OIDC.DiscoveryURL != "":
		return "oidc/discovery_url"
	}
	return "oidc/issuer"
}
