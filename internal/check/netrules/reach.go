package netrules

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/exact"
	"github.com/ssoctl/ssoctl/internal/report"
)

// Name, connection, silence: without these nothing can be decided, and each is told once.
var reach = []check.Rule{
	{
		Code: "NET001", Title: "the IdP's host resolves", Severity: report.Error, Inconclusive: true, Explains: afterwards(),
		Tries: []evidence.Kind{evidence.Network}, Uses: []evidence.Kind{evidence.Config, evidence.Discovery, evidence.JWKS, evidence.SAMLMetadata, evidence.SAMLSSO},
		Why:   "The SP cannot fetch the IdP's documents and no browser gets to the login page.",
		Fix:   "check the spelling of the host and whether its name exists in public DNS",
		Check: func(c *check.Case) []report.Finding { return each(c, "NET001", unresolved) },
	},
	{
		Code: "NET002", Title: "a connection to the IdP's host opens", Severity: report.Error, Inconclusive: true, Explains: afterwards(),
		Tries: []evidence.Kind{evidence.Network}, Uses: []evidence.Kind{evidence.Config, evidence.Discovery, evidence.JWKS, evidence.SAMLMetadata, evidence.SAMLSSO},
		Why:   "Nothing listens there, or a firewall is in between: the SP cannot fetch the IdP's documents.",
		Fix:   "check host and port, that the IdP runs, and that a firewall lets the SP's address in",
		Check: func(c *check.Case) []report.Finding { return each(c, "NET002", refused) },
	},
	{
		Code: "NET020", Title: "the server answers in time once it is connected", Severity: report.Error, Inconclusive: true, Explains: afterwards(),
		Tries: []evidence.Kind{evidence.Network}, Uses: []evidence.Kind{evidence.Config, evidence.Discovery, evidence.JWKS, evidence.SAMLMetadata, evidence.SAMLSSO},
		Why:   "The SP waits until its own time limit, and the user sees a login that hangs.",
		Fix:   "look at the IdP and at what stands before it (load balancer, firewall, proxy): the connection opens, the answer does not come",
		Check: func(c *check.Case) []report.Finding { return each(c, "NET020", silent) },
	},
}

func each(c *check.Case, code string, tell func(*check.Case, trouble) report.Finding) []report.Finding {
	var out []report.Finding
	for _, t := range of(c, code) {
		f := tell(c, t)
		if f.Where.IsZero() {
			f.Where = t.where
		}
		out = append(out, f)
	}
	return out
}

func unresolved(c *check.Case, t trouble) report.Finding {
	f := report.Finding{Got: t.host}
	switch {
	case proxyOf(t) != "":
		f.Message = fmt.Sprintf("the host of the proxy %q, through which %q is to be asked as %s says, does not resolve: %s", proxyOf(t), t.host, t.whole.ProxyFrom, t.fail.Text)
		f.Fix = offProxy(t)
	case t.fail.Code == "timeout":
		f.Message = fmt.Sprintf("the resolver did not answer when asked for the host %q of the %s: %s", t.host, t.of, t.fail.Text)
		f.Fix = []string{"try again; then look at the resolver of this machine, which gave no answer"}
	case exact.LocalName(t.host):
		f.Message = fmt.Sprintf("host %q of the %s does not resolve here: it is a name that exists only inside some network (%s)", t.host, t.of, t.fail.Text)
		f.Fix = []string{c.AtIdP("give it a public host name, and enter that", "issuer", "endpoints"), "or run ssoctl inside that network"}
	case t.fail.Code == "nxdomain":
		f.Message = fmt.Sprintf("host %q of the %s does not exist in DNS: %s", t.host, t.of, t.fail.Text)
		f.Fix = []string{c.AtSP("check the spelling of "+t.host, "issuer"), "is it an internal name? then only a resolver of that network knows it, and a public SP never will"}
	default:
		f.Message = fmt.Sprintf("host %q of the %s could not be resolved: %s", t.host, t.of, t.fail.Text)
	}
	return f
}

func refused(c *check.Case, t trouble) report.Finding {
	f := report.Finding{Got: t.host}
	at := fmt.Sprintf("%q", t.host)
	if t.whole != nil {
		at = fmt.Sprintf("%q port %s", t.whole.Host, t.whole.Port)
		if len(t.whole.Addrs) > 0 {
			at += " (" + strings.Join(t.whole.Addrs, ", ") + ")"
		}
	}
	f.Message = fmt.Sprintf("no connection to %s: %s", at, t.fail.Text)
	switch {
	case proxyOf(t) != "" && t.fail.Code != "proxy" && t.fail.Stage == evidence.StageConnect:
		f.Message = fmt.Sprintf("no connection to the proxy %q, through which %q is to be asked as %s says: %s", proxyOf(t), t.host, t.whole.ProxyFrom, t.fail.Text)
		f.Fix = offProxy(t)
	case t.fail.Code == "proxy":
		f.Message = fmt.Sprintf("no connection to %q through the proxy %q: %s", t.host, proxyOf(t), t.fail.Text)
		f.Fix = []string{"let the proxy pass this host, or name it in NO_PROXY"}
	case t.fail.Code == "unreachable" && t.whole != nil && onlyIPv6(t.whole.Addrs):
		f.Message += "; only IPv6 addresses are known, and this machine has no route for IPv6"
		f.Fix = []string{"publish an IPv4 address too, or run ssoctl where IPv6 works"}
	case t.fail.Code == "reset" || t.fail.Code == "closed":
		f.Message = fmt.Sprintf("%s accepts the connection and drops it: %s", at, t.fail.Text)
		f.Fix = []string{"look at the IdP and at what stands before it (load balancer, firewall): the connection opens and is dropped before an answer"}
	}
	return f
}

// offProxy are the ways out when the proxy itself is the trouble.
func offProxy(t trouble) []string {
	return []string{"set " + t.whole.ProxyFrom + " right, or start the proxy", "or name " + t.host + " in NO_PROXY when it needs none"}
}

func proxyOf(t trouble) string {
	if t.whole == nil {
		return ""
	}
	return t.whole.Proxy
}

func onlyIPv6(addrs []string) bool {
	return len(addrs) > 0 && !slices.ContainsFunc(addrs, func(s string) bool {
		ip, err := netip.ParseAddr(s)
		return err != nil || ip.Is4()
	})
}

func silent(_ *check.Case, t trouble) report.Finding {
	stage := map[evidence.Stage]string{
		evidence.StageTLS: "during the TLS handshake", evidence.StageHeader: "after the request was sent", evidence.StageBody: "within the body",
	}[t.fail.Stage]
	if stage == "" {
		stage = "at the stage " + string(t.fail.Stage)
	}
	return report.Finding{Got: t.host, Message: fmt.Sprintf("%q falls silent %s when asked for the %s: %s", t.host, stage, t.of, t.fail.Text)}
}
