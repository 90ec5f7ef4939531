package oidcrules

import (
	"cmp"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/connection"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/exact"
	"github.com/ssoctl/ssoctl/internal/report"
)

// What was entered as issuer and as discovery URL, and whether the issuer of the document is one at all.
var discURL = []check.Rule{
	{
		Code: "DISC001", Title: "the discovery URL ends in the well-known path", Severity: report.Error, Protocol: config.OIDC,
		Needs:   []evidence.Kind{evidence.Config},
		Why:     "The document is looked for at the issuer with /.well-known/openid-configuration behind it; an SP that makes the address itself finds nothing elsewhere.",
		Fix:     "enter the issuer followed by /.well-known/openid-configuration",
		Refs:    []string{refRequest},
		Applies: func(c *check.Case) bool { return c.Config.OIDC != nil && c.Config.OIDC.DiscoveryURL != "" },
		Check:   checkDiscoveryURL,
	},
	{
		Code: "DISC002", Title: "issuer and discovery URL are https", Severity: report.Error, Protocol: config.OIDC,
		Explains: []string{"AUTHZ020"},
		Needs:    []evidence.Kind{evidence.Config},
		Uses:     []evidence.Kind{evidence.Discovery, evidence.Alternatives},
		Why:      "Everything that a login trusts, the keys first, is read from there. Over plain http anybody in between can replace it, and SPs refuse it.",
		Fix:      "serve the IdP over https and enter the address with https://",
		Refs:     []string{"OpenID Connect Discovery 1.0 §3", refRequest},
		Applies:  func(c *check.Case) bool { return c.Config.Issuer() != "" || c.Config.DiscoveryURL() != "" },
		Check:    checkHTTPS,
	},
	{
		Code: "DISC017", Title: "the issuer of the document is a legal identifier", Severity: report.Error, Protocol: config.OIDC,
		Needs:   []evidence.Kind{evidence.Discovery},
		Uses:    []evidence.Kind{evidence.Config},
		Why:     "An issuer is an https URL without query and fragment. Libraries refuse any other before they look at a token.",
		Fix:     "let the IdP publish its public https URL as issuer",
		Refs:    []string{refOAuth, refMetadata},
		Decides: func(c *check.Case) string { return unlessIssuer(c) },
		Check:   checkLegalIssuer,
	},
	{
		Code: "DISC018", Title: "the issuer was entered without anything around it", Severity: report.Error, Protocol: config.OIDC,
		Needs:    []evidence.Kind{evidence.Config},
		Uses:     []evidence.Kind{evidence.Discovery, evidence.Alternatives},
		Why:      "The issuer is compared byte for byte and discovery adds its path to it: a space, a pasted path or needless percent-encoding breaks both.",
		Fix:      "enter the issuer alone, as the discovery document has it",
		Refs:     []string{"OpenID Connect Discovery 1.0 §4.3"},
		Explains: []string{"DISC003", "DISC002", "CFG009", "DISC012", "NET016"},
		Applies:  func(c *check.Case) bool { return printable(c.Config.Issuer()) != "" }, // CFG002 misses an empty one
		Check:    checkPasted,
	},
}

// unlessIssuer is why nothing can be said of an issuer that the document does not name.
func unlessIssuer(c *check.Case) string {
	if c.Discovery.Issuer() == "" {
		return "the document names no issuer"
	}
	return ""
}

func checkDiscoveryURL(c *check.Case) []report.Finding {
	got := c.Config.OIDC.DiscoveryURL
	u, err := url.Parse(strings.TrimSpace(got))
	if err == nil && (strings.HasSuffix(u.Path, connection.WellKnown) || strings.Contains(u.Path, "/.well-known/oauth-authorization-server")) {
		return nil
	}
	f := report.Finding{
		Message: fmt.Sprintf("discovery_url is %s and does not end in %q", check.Quote(got), connection.WellKnown),
		Got:     got, Want: connection.DiscoveryURL(printable(c.Config.Issuer())), Where: c.Config.Pos("oidc/discovery_url"),
	}
	if f.Want != "" {
		f.Fix, f.Edits = enter(c, "discovery_url", f.Want)
	}
	return []report.Finding{f}
}

func checkHTTPS(c *check.Case) []report.Finding {
	var out []report.Finding
	for _, key := range []string{"issuer", "discovery_url"} {
		got := c.Config.Issuer()
		if key == "discovery_url" {
			got = c.Config.OIDC.DiscoveryURL
		}
		got = printable(got)
		u, err := url.Parse(got)
		if got == "" || err == nil && u.Scheme == "https" && reachable(u) {
			continue
		}
		cmp := compare(c)
		if key == "issuer" && cmp != nil && strings.HasPrefix(cmp.want, "https:") && !cmp.diff.Equal() && !enteredPlain(cmp) {
			continue // the comparison with the document tells it, with the value to paste
		}
		f := report.Finding{Message: fmt.Sprintf("%s is %s, not an https URL", key, check.Quote(got)), Got: got, Want: "https://…", Where: c.Config.Pos("oidc/" + key)}
		if err == nil && u.Scheme == "http" && exact.Loopback(u.Hostname()) {
			switch {
			case c.Config.Local() && c.Config.RedirectURI() != "":
				continue
			case c.SP.Kind == "generic": // where it runs and what it takes is not known; most libraries want a switch for it
				f.Severity = report.Warning
			}
		}
		f.Fix = []string{c.AtIdP("serve it over https", "endpoints", "issuer")}
		secured := secure(got, u)
		if key == "issuer" && cmp != nil && enteredPlain(cmp) {
			secured = cmp.want
			f.Message = fmt.Sprintf("issuer is %s, while the discovery document says %s", check.Quote(got), check.Quote(secured))
			f.Fix = nil // it is served over https already
		}
		if secured != "" {
			f.Want = secured
			fix, edits := enter(c, key, secured)
			f.Fix, f.Edits = append(f.Fix, fix...), edits
		}
		if c.SP.OIDC != nil && c.SP.OIDC.HTTPS.V {
			f.Effect = c.SP.Name + " refuses an issuer that is not https."
		}
		out = append(out, f)
	}
	return out
}

// reachable reports whether a URL names a host, and a port only as one can be.
func reachable(u *url.URL) bool {
	host := strings.TrimSuffix(u.Hostname(), ".")
	if host == "" || strings.HasSuffix(u.Host, ":") || strings.Contains(host, "..") || strings.HasPrefix(host, ".") || strings.ContainsAny(host, ",;()!$&'*+=\"\\") {
		return false
	}
	port, err := strconv.Atoi(cmp.Or(u.Port(), "1"))
	return err == nil && port > 0 && port < 1<<16
}

// secure guesses the https form of an address; "" when that would be more than changing or adding the scheme.
func secure(got string, u *url.URL) string {
	switch {
	case u == nil || u.Port() != "" || exact.Loopback(u.Hostname()) || u.Host != "" && !reachable(u):
		return ""
	case u.Scheme == "http" && u.Host != "":
		return "https" + strings.TrimPrefix(got, "http")
	case u.Scheme == "" && u.Host == "" && strings.Contains(strings.SplitN(got, "/", 2)[0], "."):
		return "https://" + strings.TrimPrefix(got, "//")
	}
	return ""
}

func checkLegalIssuer(c *check.Case) []report.Finding {
	got := c.Discovery.Issuer()
	u, err := url.Parse(got)
	var what string
	switch {
	case strings.ContainsFunc(got, unseen):
		what = "holds white space"
	case err != nil || u.Host == "":
		what = "is no absolute URL"
	case u.User != nil:
		what = "holds a user name"
	case u.RawQuery != "" || u.ForceQuery:
		what = "has a query"
	case u.Fragment != "" || strings.Contains(got, "#"):
		what = "has a fragment"
	case u.Scheme != "https" && !plainIssuer(c, u):
		what = "is not https"
	default:
		return nil
	}
	return []report.Finding{{
		Message: fmt.Sprintf("issuer in the discovery document is %s and %s", check.Quote(got), what), Got: got, Want: "an https URL without query and fragment",
		Where: at(c, "issuer"), Fix: []string{c.AtIdP("publish the public https URL, without query and fragment, as issuer", "issuer", "endpoints")},
	}}
}

// plainIssuer reports whether plain http is no fault of the document's issuer, or is told of the configured one.
func plainIssuer(c *check.Case, u *url.URL) bool {
	if u.Scheme != "http" {
		return false
	}
	return c.Config != nil && c.Config.Issuer() != "" || exact.Loopback(u.Hostname()) && localSP(c)
}

func checkPasted(c *check.Case) []report.Finding {
	got := c.Config.Issuer()
	cmp := compare(c)
	if cmp != nil && cmp.diff.Equal() {
		return nil
	}
	clean, what := pasted(got)
	if cmp != nil {
		if what == "" && classify(c, cmp) == "DISC018" {
			what = "is percent-encoded in another way than that of the document"
		}
		clean = cmp.want
	} else if what != "" && c.IdP.Slash.V == "required" && !strings.HasSuffix(clean, "/") {
		clean += "/"
	}
	if what == "" {
		return nil
	}
	shown, where := got, c.Config.Pos("oidc/issuer")
	if u, err := url.Parse(printable(got)); err == nil && u.User != nil {
		shown = u.Redacted()
		where.Snippet, where.Len = "", 0 // a password stands in the line
	}
	f := report.Finding{Message: fmt.Sprintf("issuer is %s and %s; the issuer is %s", check.Quote(shown), what, check.Quote(clean)), Got: shown, Want: clean, Where: where}
	if cmp != nil {
		f.Related = []report.Location{cmp.where}
	}
	if c.SP.OIDC != nil && c.SP.OIDC.IssuerField.V == "discovery_url" && strings.Contains(what, "discovery") {
		f.Severity = report.Warning
		f.Effect = c.SP.Name + " takes the address of the discovery document, which belongs under discovery_url of the connection file; issuer is compared with the tokens."
	}
	f.Fix, f.Edits = enter(c, "issuer", clean)
	if shown != got {
		f.Edits = nil // an edit names what it replaces
	}
	return []report.Finding{f}
}
