package loginrules

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
)

// The redirect URI: what the SP sends, what is registered, what comes back. A wrong value that stands in the file is told where
// it stands (CFG004 against the SP's own callback, AUTHZ002 against the recorded list); AUTHZ001 is what only the live IdP shows.
var redirectURI = []check.Rule{
	{
		Code: "AUTHZ001", Title: "the redirect URI that the SP sends is registered at the IdP", Severity: report.Error, Protocol: config.OIDC,
		Needs: []evidence.Kind{evidence.Config}, Uses: asked(),
		Why:     "The IdP shows an error page of its own in place of the login, because it may send nothing to an address it does not know.",
		Fix:     "register the redirect URI at the IdP, character for character",
		Refs:    []string{"OpenID Connect Core 1.0 §3.1.2.1", "RFC 9700 §2.1"},
		Decides: func(c *check.Case) string { return unregisteredReason(c) },
		Check:   unregistered,
	},
	{
		Code: "AUTHZ002", Title: "the recorded list of redirect URIs holds the one that is sent, to the letter", Severity: report.Error, Protocol: config.OIDC,
		Needs: []evidence.Kind{evidence.Config}, Explains: []string{"AUTHZ001"},
		Why:     "The IdP compares the two as strings: a slash, a capital or a port makes it refuse the login.",
		Fix:     "register the redirect URI at the IdP, character for character",
		Refs:    []string{"RFC 9700 §4.1.3"},
		Applies: listJudged,
		Decides: func(c *check.Case) string {
			if c.Config.Setting("redirect_uris") == nil {
				return "idp.settings.redirect_uris not stated in the connection file"
			}
			return ""
		},
		Check: nearlyRegistered,
	},
	{
		Code: "AUTHZ003", Title: "the redirect URI has no fragment and no wildcard", Severity: report.Error, Protocol: config.OIDC,
		Needs: []evidence.Kind{evidence.Config}, Explains: []string{"AUTHZ001"},
		Why:     "No IdP may send an answer to such an address.",
		Fix:     "take the fragment or the star away",
		Refs:    []string{"RFC 6749 §3.1.2"},
		Applies: documented,
		Check:   noPlainAddress,
	},
	{
		Code: "AUTHZ004", Title: "the redirect URI is https", Severity: report.Error, Protocol: config.OIDC,
		Needs: []evidence.Kind{evidence.Config}, Explains: []string{"AUTHZ001"},
		Why:     "The code travels to that address: over plain http anybody on the way can read it, and most IdPs refuse to register it.",
		Fix:     "serve the application over https, and register that address",
		Refs:    []string{"OpenID Connect Core 1.0 §3.1.2.1"},
		Applies: documented,
		Check:   plainHTTP,
	},
	{
		Code: "AUTHZ005", Title: "the query of the redirect URI comes back", Severity: report.Warning, Protocol: config.OIDC,
		Needs:   []evidence.Kind{evidence.Config, evidence.Authorize},
		Why:     "The application finds its own parameters gone when the user comes back.",
		Fix:     "use a redirect URI without a query, or let the IdP keep it",
		Refs:    []string{"RFC 6749 §3.1.2"},
		Applies: func(c *check.Case) bool { return strings.Contains(c.Config.RedirectURI(), "?") },
		Decides: func(c *check.Case) string {
			if reason := notCalledBack(c); reason != "" {
				return reason
			}
			if to := sentTo(c, said(c)); to != c.Config.RedirectURI() {
				return fmt.Sprintf("the login came back to %s, not to the redirect URI of the SP", check.Quote(to))
			}
			if bareCode(c, said(c)) {
				return onlyCode
			}
			return ""
		},
		Check: queryLost,
	},
	{
		Code: "AUTHZ029", Title: "the IdP follows no redirect URI that is not registered", Severity: report.Warning, Protocol: config.OIDC,
		Needs: []evidence.Kind{evidence.Config, evidence.Mutated},
		Why:   "Whoever can put a link before a user can have the code sent to an address of their own.",
		Fix:   "register full addresses without wildcards, and let the IdP compare them exactly",
		Refs:  []string{"RFC 9700 §4.11"},
		Decides: func(c *check.Case) string {
			for i := range c.Mutated.All {
				if a := &c.Mutated.All[i]; a.Where == "callback" || a.Means == "redirect_unregistered" || a.Where == "body" && a.Exchange.Status >= 400 {
					return ""
				}
			}
			return unclear(c, &c.Mutated.All[0])
		},
		Check: openRedirect,
	},
}

func unregisteredReason(c *check.Case) string {
	if c.Config.RedirectURI() == "" {
		return "the redirect URI is not known: neither oidc.redirect_uri nor the SP's profile says it"
	}
	if heard(c, "redirect_unregistered") != nil || wentAstray(said(c)) {
		return ""
	}
	if a := said(c); a != nil {
		// An answer at the redirect URI shows that it is registered, whatever the answer says.
		if a.Where == "callback" || a.Means == "login_page" {
			if to := sentTo(c, a); to != c.Config.RedirectURI() {
				return fmt.Sprintf("the login came back to %s, not to the redirect URI of the SP", check.Quote(to))
			}
			return ""
		}
		return unclear(c, a)
	}
	if c.PAR.Means("accepted", "scope_refused", "pkce_required", "flow_off") != nil {
		return ""
	}
	return unclear(c, nil)
}

func unregistered(c *check.Case) []report.Finding {
	a := heard(c, "redirect_unregistered")
	if a == nil {
		return astray(c)
	}
	sent := sentTo(c, a)
	if sent != c.Config.RedirectURI() { // the login asked to be led elsewhere
		return verdict(report.Finding{
			Got:     sent,
			Message: fmt.Sprintf("the redirect URI %s of this login is not registered at the IdP, which answers %s", check.Quote(sent), check.Quote(orStatus(a))),
			Fix:     []string{c.AtIdP("register "+sent+" for the time of the test, or paste the answer at "+c.Config.RedirectURI(), "redirect_uri")},
		}, a)
	}
	f := report.Finding{
		Got: sent, Where: place(c, "oidc/redirect_uri", "sp"),
		Message: fmt.Sprintf("the redirect URI %s that %s sends is not registered at the IdP, which answers %s", check.Quote(sent), c.TheSP(), check.Quote(orStatus(a))),
		Fix:     []string{c.AtIdP("register exactly "+sent, "redirect_uri")},
	}
	if list := c.Config.Setting("redirect_uris"); list != nil {
		if near, _ := check.Closest(list.Strings(), sent); near != "" {
			f.Want = near
			f.Message += fmt.Sprintf("; recorded is %s (%s)", check.Quote(near), check.Difference(near, exact.Compare(sent, near)))
		}
	}
	return verdict(f, a)
}

// astray tells of an answer to the SP's request that goes to another address than the redirect URI of the request.
func astray(c *check.Case) []report.Finding {
	a := said(c)
	if !wentAstray(a) {
		return nil
	}
	sent := sentTo(c, a)
	return []report.Finding{{
		Got: a.Answer.Base, Want: sent, Where: cite(a),
		Message: fmt.Sprintf("the IdP sends its answer to %s and not to the redirect URI %s that the request names (%s)", check.Quote(a.Answer.Base), check.Quote(sent), check.Difference(a.Answer.Base, exact.Compare(a.Answer.Base, sent))),
		Fix:     []string{"see what stands before the IdP: a proxy that rewrites Location must leave addresses of other hosts alone", c.AtIdP("see that exactly "+sent+" is registered", "redirect_uri")},
	}}
}

// wentAstray reports whether an answer with the state of its own request goes elsewhere than to the redirect URI. A page of the IdP may
// carry the state along; an answer has a code or an error beside it.
func wentAstray(a *check.Attempt) bool {
	if a == nil || a.Where != "idp" || a.Answer == nil || a.Answer.State == "" || a.Answer.Code == "" && a.Answer.Error == "" {
		return false
	}
	asked, err := url.Parse(a.Exchange.URL)
	if err != nil {
		return false
	}
	to, err := url.Parse(a.Answer.Base)
	home, err2 := url.Parse(asked.Query().Get("redirect_uri"))
	if err != nil || err2 != nil || asked.Query().Get("state") != a.Answer.State {
		return false
	}
	// An error page of the IdP itself is no answer to the SP.
	return strings.EqualFold(to.Host, home.Host) || to.Path == home.Path && to.Path != "" && to.Path != "/"
}

// listJudged is true when no requirement of the SP's profile judges the recorded list already.
func listJudged(c *check.Case) bool {
	for _, r := range c.Requirements("CFG004") {
		if r.Setting == "redirect_uris" {
			return false
		}
	}
	return c.Config.RedirectURI() != ""
}

func nearlyRegistered(c *check.Case) []report.Finding {
	entries, sent := c.Config.Setting("redirect_uris").Strings(), c.Config.RedirectURI()
	if slices.ContainsFunc(entries, func(e string) bool { return c.Covers(e, sent) }) {
		return nil
	}
	near, i := check.Closest(entries, sent)
	if near == "" {
		return nil // not one that was mistyped: CFG004 says that it is missing
	}
	path := "idp/settings/redirect_uris"
	if !c.Config.Stated(path + "/0") {
		i = -1
	}
	if i >= 0 {
		path += fmt.Sprintf("/%d", i)
	}
	diff := exact.Compare(near, sent)
	f := report.Finding{
		Got: near, Want: sent, Where: c.Config.Pos(path),
		Message: fmt.Sprintf("the IdP has the redirect URI %s but %s sends %s (%s)", check.Quote(near), c.TheSP(), check.Quote(sent), check.Difference(near, diff)),
		Fix:     []string{c.AtSetting("redirect_uris", "register exactly "+sent)},
	}
	f.Where.Mark = diff.String()
	step, edits := c.InFile(path, sent)
	f.Fix, f.Edits = append(f.Fix, step), edits
	return []report.Finding{f}
}

// documented is true when the redirect URI is known and fits what the SP's profile documents, or the profile says nothing: where
// the two differ, CFG004 says so.
func documented(c *check.Case) bool {
	uri, all := c.Config.RedirectURI(), c.Config.Callbacks()
	return uri != "" && (len(all) == 0 || slices.Contains(all, uri))
}

func noPlainAddress(c *check.Case) []report.Finding {
	uri := c.Config.RedirectURI()
	f := report.Finding{Got: uri, Where: place(c, "oidc/redirect_uri", "sp"), Fix: []string{c.AtIdP("register the plain address", "redirect_uri")}}
	bare, _, fragment := strings.Cut(uri, "#")
	switch {
	case fragment:
		f.Want, f.Message = bare, fmt.Sprintf("the redirect URI %s has a fragment, which never reaches a server", check.Quote(uri))
	case strings.Contains(uri, "*"):
		f.Message = fmt.Sprintf("the redirect URI %s has a wildcard, but a request names one address", check.Quote(uri))
	default:
		return nil
	}
	if f.Want != "" && c.Config.Stated("oidc/redirect_uri") {
		step, edits := c.InFile("oidc/redirect_uri", f.Want)
		f.Fix, f.Edits = append(f.Fix, step), edits
	}
	return []report.Finding{f}
}

func plainHTTP(c *check.Case) []report.Finding {
	uri := c.Config.RedirectURI()
	u, err := url.Parse(uri)
	if err != nil || u.Scheme != "http" || exact.Loopback(u.Hostname()) {
		return nil
	}
	want := "https" + strings.TrimPrefix(uri, "http")
	f := report.Finding{
		Got: uri, Want: want, Where: place(c, "oidc/redirect_uri", "sp"),
		Message: fmt.Sprintf("the redirect URI %s is plain http, not %s", check.Quote(uri), check.Quote(want)),
		Fix:     []string{"serve the application over https and let it use " + want, c.AtIdP("register "+want, "redirect_uri")},
	}
	return []report.Finding{f}
}

// notCalledBack says why there is no answer at the redirect URI to look at.
func notCalledBack(c *check.Case) string {
	if a := said(c); a == nil || a.Where != "callback" {
		return unclear(c, a)
	}
	return ""
}

func queryLost(c *check.Case) []report.Finding {
	uri := c.Config.RedirectURI()
	u, err := url.Parse(uri)
	if err != nil {
		return nil
	}
	a := said(c)
	for name, values := range u.Query() {
		if got := a.Answer.Params[name]; !slices.Equal(got, values) {
			return []report.Finding{{
				Got: strings.Join(got, " "), Want: strings.Join(values, " "), Where: place(c, "oidc/redirect_uri", "sp"),
				Message: fmt.Sprintf("the IdP answers without the parameter %q of the redirect URI %s", name+"="+strings.Join(values, " "), check.Quote(uri)),
			}}
		}
	}
	return nil
}

func openRedirect(c *check.Case) []report.Finding {
	var followed []string
	var last *check.Attempt
	for i := range c.Mutated.All {
		a := &c.Mutated.All[i]
		if a.Where != "callback" {
			continue
		}
		if u, err := url.Parse(a.Exchange.URL); err == nil {
			followed, last = append(followed, u.Query().Get("redirect_uri")), a
		}
	}
	if last == nil {
		return nil
	}
	f := report.Finding{
		Got: strings.Join(followed, ", "), Want: c.Config.RedirectURI(), Where: cite(last),
		Message: fmt.Sprintf("registered is %s, but the IdP also answers at %s", check.Quote(c.Config.RedirectURI()), quoted(followed)),
		Fix:     []string{c.AtIdP("register exactly "+c.Config.RedirectURI()+", without wildcards", "redirect_uri")},
	}
	return []report.Finding{f}
}

func quoted(items []string) string {
	var out []string
	for _, s := range items {
		out = append(out, check.Quote(s))
	}
	return strings.Join(out, ", ")
}
