package netrules

import (
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/exact"
	"github.com/ssoctl/ssoctl/internal/report"
)

// Proxies, networks and clocks around the connection.
var surroundings = []check.Rule{
	{
		Code: "NET012", Title: "the IdP is asked without a proxy", Severity: report.Info,
		Tries: []evidence.Kind{evidence.Network}, Uses: []evidence.Kind{evidence.Config},
		Why: "What is seen through a proxy need not be what the SP sees.",
		Fix: "nothing, when the proxy is meant; else name the host in NO_PROXY",
		Check: func(c *check.Case) []report.Finding {
			h := host(c)
			if h == nil || h.Proxy == "" {
				return nil
			}
			f := report.Finding{Got: h.Proxy, Where: entered(c), Message: fmt.Sprintf("%q is asked through the proxy %q, as %s says", h.Host, h.Proxy, h.ProxyFrom)}
			if h.NoProxy != "" {
				f.Message += fmt.Sprintf(" (NO_PROXY is %q)", h.NoProxy)
			}
			return []report.Finding{f}
		},
	},
	{
		Code: "NET016", Title: "the SP can reach the IdP from the public Internet", Severity: report.Error, Protocol: config.OIDC,
		Needs: []evidence.Kind{evidence.Config}, Uses: []evidence.Kind{evidence.Network},
		Why:     "The SP fetches the discovery document, the keys and the tokens itself, from its own servers.",
		Fix:     "give the IdP a public address, and enter that",
		Applies: func(c *check.Case) bool { return c.SP.Kind == "saas" && hostName(c) != "" },
		Decides: func(c *check.Case) string {
			h := host(c)
			if verdict(c) != nil || h != nil && len(h.Addrs) > 0 {
				return ""
			}
			if ip, err := netip.ParseAddr(hostName(c)); err == nil && !exact.Private(ip) {
				return ""
			}
			return "the address of " + hostName(c) + " is not known"
		},
		Check: func(c *check.Case) []report.Finding {
			if f := verdict(c); f != nil {
				return []report.Finding{*f}
			}
			return nil
		},
	},
	{
		Code: "NET017", Title: "the clocks of the IdP and of this machine agree", Severity: report.Warning,
		TriesAnyOf: []evidence.Kind{evidence.Discovery, evidence.SAMLMetadata}, Uses: []evidence.Kind{evidence.JWKS, evidence.SAMLSSO},
		Why:  "Tokens and assertions are valid for minutes: to a clock that is off they look expired, or not yet valid.",
		Fix:  "let both machines take their time by NTP; then see which of the two was off",
		Refs: []string{"OpenID Connect Core 1.0 §3.1.3.7"},
		Decides: func(c *check.Case) string {
			if _, ok := dated(c); !ok {
				return "no answer of the IdP carries a Date header"
			}
			return ""
		},
		Check: clocks,
	},
}

// hostName is the host that the SP has to reach.
func hostName(c *check.Case) string {
	address := c.Config.DiscoveryURL()
	if s := c.Config.SAML; s != nil {
		if address = s.SSOURL; address == "" && strings.Contains(s.IdPMetadata, "://") {
			address = s.IdPMetadata
		}
	}
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// verdict says why a public SP does not reach the IdP, nil when nothing is known against it. An address in the file, a name of one
// label and loopback are certain; a name that leads to a private address here may have a public one elsewhere.
func verdict(c *check.Case) *report.Finding {
	name := hostName(c)
	f := &report.Finding{Got: name, Where: c.Config.Pos(enteredPath(c)), Fix: []string{c.AtIdP("give it a public address and host name, and enter that", "issuer", "endpoints")}}
	if ip, err := netip.ParseAddr(name); err == nil {
		if !exact.Private(ip) {
			return nil
		}
		f.Message = fmt.Sprintf("the IdP is at %q, an address of a private network or of one machine, but %s runs in the public Internet", name, c.TheSP())
		return f
	}
	if exact.Loopback(name) || exact.LocalName(name) {
		f.Message = fmt.Sprintf("%q is a name of one machine or one network, but %s runs in the public Internet", name, c.TheSP())
		return f
	}
	h := host(c)
	if h == nil || h.Pinned || h.Proxy != "" || len(h.Addrs) == 0 {
		return nil
	}
	loopback := false
	for _, a := range h.Addrs {
		ip, err := netip.ParseAddr(a)
		if err != nil || !exact.Private(ip) {
			return nil
		}
		loopback = loopback || ip.Unmap().IsLoopback() || ip.Unmap().IsLinkLocalUnicast()
	}
	f.Got = h.Addrs[0]
	f.Message = fmt.Sprintf("%q resolves to %q here, which %s cannot reach from the public Internet", name, h.Addrs[0], c.TheSP())
	if !loopback {
		f.Severity = report.Warning
		f.Message = fmt.Sprintf("likely: %q resolves to the private address %q here; unless public DNS has another one, %s cannot reach it", name, h.Addrs[0], c.TheSP())
	}
	return f
}

// dated is the first answer with a readable Date header.
func dated(c *check.Case) (*evidence.Exchange, bool) {
	for _, kind := range []evidence.Kind{evidence.Discovery, evidence.JWKS, evidence.SAMLMetadata, evidence.SAMLSSO} {
		last := c.Seen[kind].Obs.Last()
		if _, ok := serverTime(last); ok && !last.At.IsZero() {
			return last, true
		}
	}
	return nil, false
}

// serverTime is the Date header (RFC 9110 §6.6.1), put forward by the time that the answer spent in caches (RFC 9111 §5.1).
func serverTime(ex *evidence.Exchange) (time.Time, bool) {
	t, err := time.Parse("Mon, 02 Jan 2006 15:04:05 GMT", ex.Head("Date"))
	if err != nil {
		return t, false
	}
	if age, err := strconv.Atoi(ex.Head("Age")); err == nil && age > 0 {
		t = t.Add(time.Duration(age) * time.Second)
	}
	return t, true
}

func clocks(c *check.Case) []report.Finding {
	ex, _ := dated(c)
	theirs, _ := serverTime(ex)
	diff := theirs.Sub(ex.At).Round(time.Second)
	word := "ahead of"
	if diff < 0 {
		diff, word = -diff, "behind"
	}
	if diff <= time.Minute {
		return nil
	}
	f := report.Finding{
		Message: fmt.Sprintf("the IdP's clock is %s %s the one here (Date is %q, here it was %q)", short(diff), word, ex.Head("Date"), ex.At.UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT")),
		Got:     ex.Head("Date"), Want: ex.At.UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT"), Where: report.Location{Evidence: ex.Name()},
	}
	if diff > 5*time.Minute {
		f.Severity = report.Error
	}
	return []report.Finding{f}
}

// short writes 1h0m0s as 1h, and 2m0s as 2m.
func short(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
