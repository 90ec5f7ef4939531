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
	"github.com/ssoctl/ssoctl/internal/knowledge"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/source"
)

// Where the IdP sends the user back to: the SP's own address, to the letter, on both sides.
var callback = []check.Rule{
	{
		Code: "CFG004", Title: "callback and ACS URL are the SP's own, to the letter", Severity: report.Error,
		Needs: []evidence.Kind{evidence.Config}, Explains: []string{"AUTHZ001", "AUTHZ002", "REQ006"},
		Why:  "The IdP refuses the request, or sends the answer to an address where nobody reads it.",
		Fix:  "use the SP's own address on both sides, character for character",
		Refs: []string{"RFC 9700 §2.1"},
		Decides: func(c *check.Case) string {
			switch {
			case misfit(c):
				return "a parameter of the SP, of which the callback is made, is told to be none"
			case len(callbackFindings(c)) > 0 || stated(c) != "" && len(documented(c)) > 0 || recordsCallback(c):
				return ""
			case len(documented(c)) == 0:
				return "the SP's profile does not say the callback for this connection"
			}
			return "the connection file states no callback of its own, and nothing of what is registered at the IdP"
		},
		Applies: func(c *check.Case) bool { return c.Config.Protocol() != "" },
		Check:   callbackFindings,
	},
	{
		Code: "CFG006", Title: "redirect URIs are registered one by one, without wildcards", Severity: report.Warning, Protocol: config.OIDC,
		Needs: []evidence.Kind{evidence.Config}, Explains: []string{"AUTHZ029"},
		Why:     "With a wildcard the IdP sends codes to addresses that nobody has looked at.",
		Fix:     "register each address in full: production, staging, local",
		Refs:    []string{"RFC 9700 §4.1.3"},
		Applies: func(c *check.Case) bool { return c.Config.Setting("redirect_uris") != nil },
		Check:   wildcards,
	},
}

// path is the key that states the callback.
func path(c *check.Case) string {
	if c.Config.Protocol() == config.SAML {
		return "saml/acs_url"
	}
	return "oidc/redirect_uri"
}

func stated(c *check.Case) string {
	if c.Config.SAML != nil {
		return c.Config.SAML.ACSURL
	}
	return c.Config.OIDC.RedirectURI
}

// documented lists the SP's own callbacks for this connection.
func documented(c *check.Case) []string {
	if c.Config.Protocol() == config.SAML {
		return c.Config.ACSURLs()
	}
	return c.Config.Callbacks()
}

// recordsCallback reports whether the file says what is registered at the IdP.
func recordsCallback(c *check.Case) bool {
	key := map[config.Protocol]string{config.OIDC: "redirect_uris", config.SAML: "acs_url"}[c.Config.Protocol()]
	return c.Config.Setting(key) != nil || c.Unstated("CFG004") == "" && len(c.Requirements("CFG004")) > 0
}

func templatesOf(c *check.Case) []knowledge.Template {
	switch {
	case c.Config.Protocol() == config.SAML && c.SP.SAML != nil:
		return c.SP.SAML.ACS
	case c.Config.Protocol() == config.OIDC && c.SP.OIDC != nil:
		return c.SP.OIDC.RedirectURIs
	}
	return nil
}

func callbackFindings(c *check.Case) []report.Finding {
	var out []report.Finding
	if f := ownCallback(c); f != nil {
		out = append(out, *f)
	}
	out = append(out, c.Required("CFG004")...)
	return append(out, registeredElsewhere(c)...)
}

// ownCallback compares what the file states with what the SP's profile documents.
func ownCallback(c *check.Case) *report.Finding {
	got, all := stated(c), documented(c)
	if got == "" || len(all) == 0 || slices.Contains(all, got) {
		return nil
	}
	certain := false
	for _, t := range templatesOf(c) {
		full, ok := c.Config.Expand(t.V)
		if ok && t.Match == "prefix" && strings.HasPrefix(got, full) {
			return nil
		}
		certain = certain || t.S.Certain()
	}
	want, _ := check.Closest(all, got)
	if want == "" {
		want = all[0]
	}
	diff := exact.Compare(got, want)
	what := "callback"
	if c.Config.Protocol() == config.SAML {
		what = "ACS URL"
	}
	f := &report.Finding{
		Got: got, Want: want, Where: c.Config.Pos(path(c)),
		Message: fmt.Sprintf("the %s is %s but %s has %s (%s)", what, check.Quote(got), c.TheSP(), check.Quote(want), difference(got, want, diff)),
	}
	underline(&f.Where, got, want, diff)
	if !certain {
		f.Severity, f.Message = report.Warning, "likely: "+f.Message
	}
	step, edits := c.InFile(path(c), want)
	f.Fix, f.Edits = []string{step, c.AtIdP("register exactly "+want, map[string]string{"callback": "redirect_uri", "ACS URL": "acs"}[what])}, edits
	return f
}

// difference words the comparison; a last path segment of another spelling is what people look for in a callback.
func difference(got, want string, d exact.Diff) string {
	a, b := last(got), last(want)
	switch {
	case exact.HasPlaceholder(got):
		return "a placeholder was left in"
	case d.Only && d.Kind == exact.Case && a != b && strings.EqualFold(a, b):
		return fmt.Sprintf("it ends in %q, not in %q: letter case counts", a, b)
	case d.Only && d.Kind == exact.Path && strings.TrimSuffix(got, a) == strings.TrimSuffix(want, b):
		return fmt.Sprintf("it ends in %q, not in %q", a, b)
	}
	return d.String()
}

func last(address string) string { return address[strings.LastIndexByte(address, '/')+1:] }

// underline narrows the mark to where the two part; the place stays that of the value.
func underline(where *report.Location, got, want string, d exact.Diff) {
	n := len([]rune(got))
	if where.Len < n { // the value spans lines, or stands in the file in another form
		return
	}
	quoted := where.Len - n // the opening quote, when there is one
	end := n
	for a, b := []rune(got), []rune(want); end > d.At+1 && len(b)-(n-end)-1 >= d.At && a[end-1] == b[len(b)-(n-end)-1]; {
		end--
	}
	where.Skip = quoted/2 + d.At
	where.Len = max(1, end-d.At)
	where.Mark = want
}

// registeredElsewhere judges recorded lists that the SP's profile has no requirement for.
func registeredElsewhere(c *check.Case) []report.Finding {
	key, want := "redirect_uris", c.Config.RedirectURI()
	if c.Config.Protocol() == config.SAML {
		if key, want = "acs_url", c.Config.SAML.ACSURL; want == "" && len(documented(c)) > 0 {
			want = documented(c)[0]
		}
	}
	node := c.Config.Setting(key)
	judged := slices.ContainsFunc(c.Requirements("CFG004"), func(r knowledge.Requirement) bool { return r.Setting == key })
	if node == nil || node.Type == source.Null || want == "" || judged {
		return nil
	}
	entries := node.Strings()
	if slices.ContainsFunc(entries, func(e string) bool { return c.Covers(e, want) }) {
		return nil
	}
	near, _ := check.Closest(entries, want)
	if near != "" && key == "redirect_uris" {
		return nil // AUTHZ002 names the difference
	}
	f := report.Finding{Got: strings.Join(entries, ", "), Want: want, Where: c.Config.Pos("idp/settings/" + key),
		Message: fmt.Sprintf("%s at %s is %s but %s uses %s", check.Quote(key), c.TheIdP(), listed(entries), c.TheSP(), check.Quote(want)),
		Fix:     []string{c.AtSetting(key, "register exactly "+want)}}
	if near != "" {
		f.Message += " (" + difference(near, want, exact.Compare(near, want)) + ")"
	}
	return []report.Finding{f}
}

func listed(entries []string) string {
	if len(entries) == 0 {
		return "empty"
	}
	var out []string
	for _, e := range entries {
		out = append(out, check.Quote(e))
	}
	return strings.Join(out, ", ")
}

func wildcards(c *check.Case) []report.Finding {
	var out []report.Finding
	node := c.Config.Setting("redirect_uris")
	for i, entry := range node.Strings() {
		path := "idp/settings/redirect_uris"
		if node.Type == source.List {
			path += fmt.Sprintf("/%d", i)
		}
		star := strings.Contains(entry, "*")
		f := report.Finding{Got: entry, Want: c.Config.RedirectURI(), Where: c.Config.Pos(path)}
		switch {
		case c.IdP.RedirectWildcard == "regex" && (star || strings.ContainsAny(entry, `\[]()+|^$`)):
			f.Message = fmt.Sprintf("the registered redirect URI %s is a regular expression, which covers more than one address", check.Quote(entry))
		case !star:
			continue
		case c.IdP.RedirectWildcard == "":
			f.Message = fmt.Sprintf("the registered redirect URI %s has a wildcard, which %s takes as an ordinary character", check.Quote(entry), c.TheIdP())
		default:
			f.Message = fmt.Sprintf("the registered redirect URI %s has a wildcard", check.Quote(entry))
			if u, err := url.Parse(entry); err == nil && strings.Contains(u.Host, "*") {
				f.Message += " in its host"
			}
		}
		if want := c.Config.RedirectURI(); want != "" {
			f.Fix = []string{c.AtSetting("redirect_uris", "replace it by "+want)}
		}
		out = append(out, f)
	}
	return out
}
