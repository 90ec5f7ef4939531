package oidcrules

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

// The addresses in the discovery document. An address that leads inside a network is told by DISC026 alone.
var discEndpoints = slices.Concat(ownEndpoints(), []check.Rule{
	{
		Code: "DISC024", Title: "every other address in the document is https", Severity: report.Error, Protocol: config.OIDC,
		Needs: []evidence.Kind{evidence.Discovery},
		Uses:  []evidence.Kind{evidence.Config},
		Why:   "Tokens and requests that go there can be read on the way; browsers and SPs refuse to send them.",
		Fix:   "let the IdP publish https addresses",
		Refs:  []string{refOAuth},
		Check: checkOtherAddresses,
	},
	{
		Code: "DISC025", Title: "the endpoints are on the issuer's host or on a host of the product", Severity: report.Info, Protocol: config.OIDC,
		Needs:   []evidence.Kind{evidence.Discovery},
		Uses:    []evidence.Kind{evidence.Config},
		Why:     "Another host needs its own entry in firewalls and allow lists, and a document that sends logins elsewhere deserves a look.",
		Fix:     "check that the host belongs to the IdP and can be reached by browsers and by the SP",
		Refs:    []string{"RFC 9700 §4.4"},
		Decides: unlessIssuer,
		Check:   checkForeignHosts,
	},
	{
		Code: "DISC026", Title: "no address in the document leads inside a network", Severity: report.Error, Protocol: config.OIDC,
		Needs:    []evidence.Kind{evidence.Discovery},
		Uses:     []evidence.Kind{evidence.Config},
		Why:      "The IdP takes its own name inside its network for the public one: browsers or the SP cannot reach such an address.",
		Fix:      "set the public host name at the IdP",
		Decides:  unlessIssuer,
		Explains: []string{"AUTHZ", "TOK", "JWKS001", "UI"},
		Check:    checkLeaks,
	},
	{
		Code: "JWKS023", Title: "the keys are on the issuer's host", Severity: report.Info, Protocol: config.OIDC,
		Needs:   []evidence.Kind{evidence.Discovery},
		Uses:    []evidence.Kind{evidence.Config},
		Why:     "Whoever controls that host decides which tokens are genuine; firewalls need an entry for it too.",
		Fix:     "check that the host belongs to the IdP",
		Decides: unlessIssuer,
		Check: func(c *check.Case) []report.Finding {
			return foreign(c, []string{"jwks_uri"})
		},
	},
})

// endpoint is a member with a rule of its own.
type endpoint struct {
	code, member, title, why string
	severity                 report.Severity
	needed                   func(*check.Case) bool // whether it has to be there
	explains                 []string
	ref                      string
}

func endpoints() []endpoint {
	login := func(c *check.Case) bool { return !publishesOnly(c) }
	return []endpoint{
		{"DISC019", "authorization_endpoint", "the authorization endpoint is there and https", "Every login begins there.", report.Error, login, []string{"AUTHZ"}, refMetadata},
		{"DISC020", "token_endpoint", "the token endpoint is there and https", "The SP exchanges the code and shows its secret there.", report.Error,
			func(c *check.Case) bool { return login(c) && !implicitOnly(c) }, []string{"TOK", "DEV"}, refMetadata},
		{"DISC021", "userinfo_endpoint", "the userinfo endpoint is there and https", "SPs read e-mail address, name and groups there when the ID token has none.", report.Warning, login, []string{"UI"}, refMetadata},
		{"DISC022", "jwks_uri", "the address of the keys is there and https", "Without the keys no ID token can be verified.", report.Error,
			func(*check.Case) bool { return true }, []string{"JWKS"}, refMetadata},
		{"DISC023", "registration_endpoint", "the registration endpoint, if there is one, is https", "Clients would register over a line that anybody can read.", report.Info, nil, nil, refMetadata},
		{"DISC050", "check_session_iframe", "the session frame, if there is one, is https", "A browser does not load a plain frame into an https page, so the SP does not notice a logout.", report.Info, nil, nil,
			"OpenID Connect Session Management 1.0 §3.3"},
	}
}

func ownEndpoints() []check.Rule {
	var out []check.Rule
	for _, e := range endpoints() {
		out = append(out, check.Rule{
			Code: e.code, Title: e.title, Severity: e.severity, Protocol: config.OIDC,
			Needs: []evidence.Kind{evidence.Discovery}, Uses: []evidence.Kind{evidence.Config},
			Why: e.why, Fix: "let the IdP publish an absolute https URL as " + e.member, Refs: []string{e.ref}, Explains: e.explains,
			Applies: func(c *check.Case) bool {
				return c.Discovery.Member(e.member) != nil || e.needed != nil && e.needed(c)
			},
			Check: func(c *check.Case) []report.Finding { return checkEndpoint(c, e) },
		})
	}
	return out
}

// implicitOnly reports whether no login of the document or of the connection uses the token endpoint (Discovery §3).
func implicitOnly(c *check.Case) bool {
	if c.Config != nil {
		return c.Config.Grant() == "implicit"
	}
	types, ok := c.Discovery.List("response_types_supported")
	return ok && len(types) > 0 && !slices.ContainsFunc(types, func(t string) bool { return slices.Contains(strings.Fields(t), "code") })
}

func checkEndpoint(c *check.Case, e endpoint) []report.Finding {
	n := c.Discovery.Member(e.member)
	step := c.AtIdP("publish an https URL as "+e.member, "endpoints", "issuer")
	if n == nil {
		if publishesOnly(c) && e.code != "DISC022" {
			return nil
		}
		f := finding(c, e.member, "", "an https URL", "%s is missing from the discovery document%s", e.member, misspelt(c, e.member))
		f.Fix = []string{step}
		return []report.Finding{f}
	}
	if publishesOnly(c) && e.member == "authorization_endpoint" {
		return nil // a name in place of an address: nobody signs in here
	}
	what := addressFault(c, n)
	if strings.ContainsAny(n.Str(), "{}<>") { // other addresses may be templates by design
		what = "in which a placeholder was left"
	}
	if what == "" {
		return nil
	}
	f := finding(c, e.member, n.Str(), "an https URL", "%s in the discovery document is %s, %s", e.member, describe(n), what)
	f.Fix = []string{step}
	return []report.Finding{f}
}

// addressFault says what is wrong with an address of the document; "" when nothing is, or when DISC026 says it.
func addressFault(c *check.Case, n *source.Node) string {
	if n.Type != source.String {
		return "not a URL"
	}
	u, err := url.Parse(n.Text)
	switch {
	case n.Text == "":
		return "not a URL"
	case strings.ContainsFunc(n.Text, unseen):
		return "which holds white space"
	case exact.Confusable(n.Text) != "":
		return exact.Confusable(n.Text)
	case err != nil || u.Scheme == "" || !reachable(u):
		return "not an absolute URL"
	case leaked(c, u):
		return ""
	case u.Scheme != "https" && (u.Scheme != "http" || !plainAllowed(c, u)):
		return "not https"
	case u.Fragment != "" || strings.HasSuffix(n.Text, "#"):
		return "which has a fragment"
	}
	return ""
}

// address is one address of the document.
type address struct {
	member string // name in the document
	path   string // JSON pointer
	node   *source.Node
}

// addresses lists what by its name is an address, mutual TLS aliases included.
func addresses(c *check.Case) []address {
	named := func(key string) bool {
		return strings.HasSuffix(key, "_endpoint") || strings.HasSuffix(key, "_uri") || key == "check_session_iframe"
	}
	var out []address
	for _, m := range c.Discovery.Doc.Root.Members {
		if named(m.Key) && c.Discovery.Member(m.Key) == m.Value {
			out = append(out, address{m.Key, "/" + source.Escape(m.Key), m.Value})
		}
	}
	if aliases := c.Discovery.Member("mtls_endpoint_aliases"); aliases != nil {
		for _, m := range aliases.Members {
			if named(m.Key) {
				out = append(out, address{"mtls_endpoint_aliases." + m.Key, "/mtls_endpoint_aliases/" + source.Escape(m.Key), m.Value})
			}
		}
	}
	return out
}

func checkOtherAddresses(c *check.Case) []report.Finding {
	var out []report.Finding
	for _, a := range addresses(c) {
		own := slices.ContainsFunc(endpoints(), func(e endpoint) bool { return e.member == a.member })
		if own || a.node.Type != source.String {
			continue // a type of its own is told by DISC061
		}
		what := addressFault(c, a.node)
		if what == "" {
			continue
		}
		f := finding(c, a.member, a.node.Str(), "an https URL", "%s in the discovery document is %s, %s", a.member, describe(a.node), what)
		f.Where = c.Place(evidence.Discovery, c.Discovery.Doc, a.path)
		f.Fix = []string{c.AtIdP("publish an https URL as "+a.member, "endpoints", "issuer")}
		if a.node.Text == "" || a.member == "op_policy_uri" || a.member == "op_tos_uri" { // nothing of a login goes there
			f.Severity = report.Warning
		}
		out = append(out, f)
	}
	return out
}

func checkLeaks(c *check.Case) []report.Finding {
	var out []report.Finding
	issuer := c.Discovery.Issuer()
	for _, a := range addresses(c) {
		u, err := url.Parse(a.node.Str())
		if err != nil || !leaked(c, u) {
			continue
		}
		f := report.Finding{
			Message: fmt.Sprintf("%s in the discovery document is %s, a host inside some network, while the issuer is %s", a.member, check.Quote(a.node.Str()), check.Quote(issuer)),
			Got:     a.node.Str(), Want: base(c.Discovery).Host, Where: c.Place(evidence.Discovery, c.Discovery.Doc, a.path),
			Fix: []string{c.AtIdP(fmt.Sprintf("set its public host name, so that %s is on %s", a.member, base(c.Discovery).Host), "endpoints", "issuer")},
		}
		if a.member != "authorization_endpoint" && a.member != "end_session_endpoint" && besideIdP(c) {
			f.Severity = report.Warning
		}
		out = append(out, f)
	}
	return out
}

// besideIdP reports whether the SP may stand in the same network as the IdP and reach it by its name there.
func besideIdP(c *check.Case) bool {
	strict := c.SP.OIDC != nil && c.SP.OIDC.HTTPS.V // such an SP refuses what is not public https
	return (c.SP.Kind == "self_hosted" || c.SP.Kind == "framework") && !strict
}

func checkForeignHosts(c *check.Case) []report.Finding {
	var members []string
	for _, a := range addresses(c) {
		if a.member != "jwks_uri" && strings.HasSuffix(a.member, "_endpoint") {
			members = append(members, a.path[1:])
		}
	}
	return foreign(c, members)
}

// foreign names each host once that is neither the issuer's nor known to belong to the product.
func foreign(c *check.Case, members []string) []report.Finding {
	var out []report.Finding
	issuer := base(c.Discovery)
	seen := map[string]bool{strings.ToLower(issuer.Hostname()): true}
	for _, path := range members {
		text := c.Discovery.Doc.At("/" + path).Str()
		u, err := url.Parse(text)
		if err != nil || u.Host == "" || seen[strings.ToLower(u.Hostname())] || leaked(c, u) {
			continue
		}
		seen[strings.ToLower(u.Hostname())] = true
		if c.IdP.OIDC != nil && slices.ContainsFunc(c.IdP.OIDC.EndpointHosts.V, func(p string) bool { return c.Lib.Matches(p, strings.ToLower(u.Hostname())) }) {
			continue
		}
		f := report.Finding{Message: fmt.Sprintf("%s is on %s, the issuer on %s", path, check.Quote(u.Host), check.Quote(issuer.Host)), Got: u.Host, Want: issuer.Host,
			Where: c.Place(evidence.Discovery, c.Discovery.Doc, "/"+path)}
		out = append(out, f)
	}
	return out
}
