package configrules

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/exact"
	"github.com/ssoctl/ssoctl/internal/knowledge"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/source"
)

// issuerShape judges by the profile alone, so it keeps quiet where a document was found: then the comparison with it is exact.
func issuerShape(c *check.Case) []report.Finding {
	issuer := c.Config.Issuer()
	if c.Discovery != nil || found(c) || !strings.Contains(issuer, "://") || strings.TrimSpace(issuer) != issuer || exact.HasPlaceholder(issuer) || placeholder(c, issuer) {
		return nil
	}
	u, err := url.Parse(issuer)
	if err != nil || u.Hostname() == "" || u.User != nil || strings.ContainsFunc(issuer, unseen) || strings.Count(issuer, "://") > 1 || !strings.EqualFold(u.Scheme, "https") && u.Scheme != "http" {
		return nil // DISC002, or DISC018 where something stands in it that does not belong there
	}
	f := report.Finding{Got: issuer, Where: c.Config.Pos("oidc/issuer"), Fix: []string{c.AtIdP("copy the issuer", "issuer"), c.AtSP("enter it", "issuer")}}
	if other, ok := c.Lib.IdP(foreign(c)); ok {
		f.Message = fmt.Sprintf("the issuer is %s, which is one of %s, but idp.profile says %q", check.Quote(issuer), other.Name, c.IdP.ID)
		step, _ := c.InFile("idp/profile", other.ID)
		f.Fix = append(f.Fix, "or, when the issuer is right: "+step)
		return []report.Finding{f}
	}
	bare, pasted := exact.TrimWellKnown(issuer)
	if pasted {
		return nil
	}
	for _, other := range []string{strings.TrimSuffix(issuer, "/"), issuer + "/"} {
		if wrongSlash(c, issuer, other) {
			f.Want = other
			f.Message = fmt.Sprintf("the issuer is %s but an issuer of %s is spelt %s (only the trailing slash differs)", check.Quote(issuer), c.TheIdP(), check.Quote(other))
			step, edits := c.InFile("oidc/issuer", other)
			f.Fix, f.Edits = []string{c.AtSP("paste "+other, "issuer"), step}, edits
			f = likely(f, c.IdP.Slash.S)
			if c.SP.OIDC != nil && c.SP.OIDC.IssuerCompare.V == "slash_ignored" {
				f.Severity = report.Warning
			}
			return []report.Finding{f}
		}
	}
	if other, certain := usual(u); other != issuer {
		f.Want = other
		f.Message = fmt.Sprintf("the issuer is %s but an issuer of %s is spelt %s (%s)", check.Quote(issuer), c.TheIdP(), check.Quote(other), exact.Compare(issuer, other))
		step, edits := c.InFile("oidc/issuer", other)
		f.Fix, f.Edits = []string{c.AtSP("paste "+other, "issuer"), step}, edits
		if !certain {
			f.Severity, f.Message = report.Warning, "likely: "+f.Message
		}
		return []report.Finding{f}
	}
	if host := misspeltHost(c, u.Hostname()); host != "" {
		f.Severity, f.Want = report.Warning, host
		f.Message = fmt.Sprintf("likely: the issuer is %s, whose host %q is a misspelt %q", check.Quote(issuer), u.Hostname(), host)
		return []report.Finding{f}
	}
	shape := c.IdP.Issuer.Shape
	if !shape.Known() || c.Lib.Matches(shape.V, bare) {
		return nil
	}
	f.Message = fmt.Sprintf("the issuer is %s, but %s", check.Quote(issuer), c.IdP.Issuer.Say)
	return []report.Finding{likely(f, shape.S)}
}

// usual spells an issuer as servers do: scheme, host and GUIDs in lower case, no port that goes without saying, no empty step in the
// path. certain is true when no server spells it as it stands.
func usual(u *url.URL) (issuer string, certain bool) {
	path := u.EscapedPath()
	for strings.Contains(path, "//") {
		path, certain = strings.ReplaceAll(path, "//", "/"), true
	}
	steps := strings.Split(path, "/")
	for i, step := range steps {
		if low := strings.ToLower(step); len(step) == 36 && strings.Count(step, "-") == 4 && strings.Trim(low, "0123456789abcdef-") == "" {
			steps[i] = low
		}
	}
	host := strings.ToLower(u.Host)
	if u.Scheme == "https" {
		host = strings.TrimSuffix(host, ":443")
	}
	issuer = u.Scheme + "://" + host + strings.Join(steps, "/")
	if u.RawQuery != "" {
		issuer += "?" + u.RawQuery
	}
	if u.Fragment != "" {
		issuer += "#" + u.EscapedFragment()
	}
	return issuer, certain
}

// misspeltHost gives the host of the product from which a host differs by one letter; "" without one. Of a form such as
// {org}.okta.com the part behind the placeholder is compared.
func misspeltHost(c *check.Case, host string) string {
	host = strings.ToLower(host)
	found := ""
	for _, form := range c.IdP.Issuer.Forms {
		_, rest, _ := strings.Cut(form.V, "://")
		rest, _, _ = strings.Cut(rest, "/")
		rest = rest[strings.LastIndexByte(rest, '}')+1:]
		tail := strings.TrimPrefix(rest, ".")
		if strings.Count(tail, ".") == 0 {
			continue // an address of the customer's own
		}
		mine := host
		if rest != tail {
			labels := strings.Split(host, ".")
			mine = strings.Join(labels[max(0, len(labels)-strings.Count(tail, ".")-1):], ".")
		}
		if mine == tail {
			return ""
		}
		if source.Slip(mine, tail) {
			found = strings.TrimSuffix(host, mine) + tail
		}
	}
	return found
}

// foreign names the product whose issuer this is, where idp.profile states another one; "" otherwise. Only products count whose
// issuers show it.
func foreign(c *check.Case) string {
	if c.Config.Target.IdP == nil || c.Config.Target.IdP.Profile == "" || c.Config.UnknownIdP != "" || c.IdP.ID == "generic" || c.Config.Issuer() == "" {
		return ""
	}
	id, _ := c.Lib.Detect(knowledge.Clues{Issuer: c.Config.Issuer()})
	if other, ok := c.Lib.IdP(id); !ok || id == "generic" || id == c.IdP.ID || !other.Issuer.Shape.Known() || !c.Lib.Matches(other.Issuer.Shape.V, c.Config.Issuer()) {
		return ""
	}
	return id
}

// placeholder is true for a kind of issuer that has its own rule.
func placeholder(c *check.Case, issuer string) bool {
	return slices.ContainsFunc(c.IdP.Issuer.Kinds, func(k knowledge.IssuerKind) bool { return k.Never && c.Lib.Matches(k.Match, issuer) })
}

// wrongSlash reports whether the profile wants the other spelling: by its policy on slashes, and by the shape.
func wrongSlash(c *check.Case, issuer, other string) bool {
	if issuer == other {
		return false
	}
	shape, slash := c.IdP.Issuer.Shape, strings.HasSuffix(issuer, "/")
	switch c.IdP.Slash.V {
	case "required":
		return !slash && (!shape.Known() || c.Lib.Matches(shape.V, other))
	case "forbidden":
		return slash && (!shape.Known() || c.Lib.Matches(shape.V, other))
	}
	return false
}

// found reports whether the document was found at another place, which the discovery rules tell.
func found(c *check.Case) bool {
	if c.Alternatives == nil {
		return false
	}
	return slices.ContainsFunc(c.Alternatives.Exchanges, func(e evidence.Exchange) bool {
		return e.Status == 200 && strings.HasPrefix(strings.TrimSpace(string(e.Body[:min(len(e.Body), 64)])), "{")
	})
}
