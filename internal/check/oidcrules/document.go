package oidcrules

import (
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/exact"
	"github.com/ssoctl/ssoctl/internal/oidcdoc"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/source"
)

// The clauses that most rules of the document lean on.
const (
	refMetadata = "OpenID Connect Discovery 1.0 §3"
	refRequest  = "OpenID Connect Discovery 1.0 §4"
	refOAuth    = "RFC 8414 §2"
)

// at locates a member of the discovery document; an absent one is placed at the document itself.
func at(c *check.Case, member string) report.Location {
	return c.Place(evidence.Discovery, c.Discovery.Doc, "/"+source.Escape(member))
}

// describe names a value in a message: a text in quotes, anything else by its type and, when short, its text.
func describe(n *source.Node) string {
	switch n.Type {
	case source.String:
		return check.Quote(n.Text)
	case source.Bool, source.Number:
		return fmt.Sprintf("%s (%s)", n.Type, n.Text)
	}
	return n.Type.String()
}

// words joins values for a message, each in quotes; long lists are cut.
func words(items []string) string {
	if len(items) == 0 {
		return "nothing"
	}
	var out []string
	for i, item := range items {
		if i == 12 {
			out = append(out, fmt.Sprintf("%d more", len(items)-i))
			break
		}
		out = append(out, check.Quote(item))
	}
	return strings.Join(out, ", ")
}

// finding is a finding about a member of the discovery document.
func finding(c *check.Case, member, got, want, format string, args ...any) report.Finding {
	return report.Finding{Message: fmt.Sprintf(format, args...), Got: got, Want: want, Where: at(c, member)}
}

// texts reads a member that has to be a list of texts. fault is what is wrong with its type; an absent member gives neither.
func texts(c *check.Case, member string) (items []string, fault *report.Finding) {
	n := c.Discovery.Member(member)
	if n == nil {
		return nil, nil
	}
	if n.Type != source.List {
		f := finding(c, member, n.Str(), "a list of texts", "%s is %s, not a list of texts", member, describe(n))
		return nil, &f
	}
	for i, item := range n.Items {
		if item.Type != source.String {
			f := finding(c, member, item.Str(), "a text", "%s holds %s where a text belongs", member, describe(item))
			f.Where = entry(c, member, i)
			return nil, &f
		}
		items = append(items, item.Text)
	}
	return items, nil
}

// entry locates one entry of a list member.
func entry(c *check.Case, member string, i int) report.Location {
	return c.Place(evidence.Discovery, c.Discovery.Doc, fmt.Sprintf("/%s/%d", source.Escape(member), i))
}

// live reports whether an observation came over the network and was answered.
func live(obs *evidence.Observation) bool { return obs.Last() != nil && obs.Last().Status != 0 }

// publishesOnly reports whether a bare document is that of an issuer that nobody signs in at: it names its keys so that its
// workload tokens can be verified (CI jobs, cluster service accounts), and has no place where a login begins.
func publishesOnly(c *check.Case) bool {
	if c.Config != nil || c.Discovery == nil || c.Discovery.Member("jwks_uri") == nil || c.Discovery.Member("token_endpoint") != nil {
		return false
	}
	if types, _ := c.Discovery.List("response_types_supported"); slices.Contains(types, "code") {
		return false
	}
	begin := c.Discovery.Member("authorization_endpoint")
	return begin == nil || !strings.HasPrefix(begin.Str(), "http")
}

// base is the issuer that the document names, as a URL; the zero URL when it names none.
func base(d *oidcdoc.Discovery) url.URL {
	u, err := url.Parse(d.Issuer())
	if err != nil {
		return url.URL{}
	}
	return *u
}

// inside reports whether a host can be reached from inside some network only.
func inside(host string) bool {
	ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return exact.LocalName(host) || exact.Loopback(host) || err == nil && exact.Private(ip)
}

// leaked reports whether an address of the document leads inside a network although the issuer is public.
func leaked(c *check.Case, u *url.URL) bool {
	issuer := base(c.Discovery)
	return u.Host != "" && issuer.Host != "" && inside(u.Hostname()) && !inside(issuer.Hostname())
}

// plainAllowed reports whether plain http is no fault of this address: issuer and address are on loopback while the SP is so
// too or is not known, or the issuer itself is plain http, which is told of the issuer.
func plainAllowed(c *check.Case, u *url.URL) bool {
	issuer := base(c.Discovery)
	if issuer.Scheme == "http" && strings.EqualFold(issuer.Host, u.Host) {
		return true
	}
	return exact.Loopback(u.Hostname()) && exact.Loopback(issuer.Hostname()) && localSP(c)
}

// localSP reports whether an IdP on loopback can serve the SP.
func localSP(c *check.Case) bool {
	return c.Config == nil || c.Config.Local() || c.SP.Kind == "generic"
}

// byURL reports whether the connection stands for an address given on the command line: nobody has configured it.
func byURL(c *check.Case) bool { return c.Config != nil && c.Config.File().Doc.File == "" }

// unknownSP reports whether a configured connection is with an SP that no profile describes, so that what it uses is not known.
func unknownSP(c *check.Case) bool { return c.Config != nil && c.SP.Kind == "generic" && !byURL(c) }

// spName is what a message calls the SP.
func spName(c *check.Case) string {
	if c.SP.Kind == "generic" {
		return "the SP"
	}
	return c.SP.Name
}

// enter is the fix that puts a value into the SP's form and into the connection file.
func enter(c *check.Case, key, value string) (fix []string, edits []report.Edit) {
	fix = []string{c.AtSP("paste "+value, key)}
	if c.Config != nil && !byURL(c) && c.Config.Stated("oidc/"+key) {
		step, e := c.InFile("oidc/"+key, value)
		fix, edits = append(fix, step), e
	}
	return fix, edits
}

// printable leaves out what cannot be seen in a value: white space and marks without width.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unseen(r) {
			return -1
		}
		return r
	}, s)
}
