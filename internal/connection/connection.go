// Package connection joins a connection file's entry with the profiles of its SP and IdP: what will really be sent, and
// what the product expects. Probes send it, rules compare with it, guides and emitters print it.
package connection

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/exact"
	"github.com/ssoctl/ssoctl/internal/knowledge"
)

// Connection is a target with its profiles. SP and IdP are never nil: the generic profiles stand in.
type Connection struct {
	*config.Target
	SP  *knowledge.SP
	IdP *knowledge.IdP
	// How tells how the IdP was recognised; "" when the file names it.
	How string
	// UnknownSP and UnknownIdP hold a profile name that does not exist.
	UnknownSP, UnknownIdP string
	// Vars are the values of {placeholders}: the SP's parameters and what they set.
	Vars map[string]string
	Lib  *knowledge.Library
	// Listening is the address on loopback where the answer of a test login was awaited in place of the SP's; "" otherwise.
	Listening string
}

// Seen is what the IdP's own documents say that helps to recognise the product. The zero value is "nothing was seen".
type Seen struct {
	Discovery func(member string) string // text members of the discovery document
	EntityID  string                     // of SAML metadata
	SSOURL    string                     // of SAML metadata
}

// Resolve finds the profiles of a target. own gives the SP profile of a file that sp.profile names, nil when there is none.
func Resolve(t *config.Target, lib *knowledge.Library, own *knowledge.SP, seen Seen) *Connection {
	c := &Connection{Target: t, Lib: lib, SP: own, Vars: map[string]string{}}
	id := t.SPProfile()
	if c.SP == nil {
		var ok bool
		if c.SP, ok = lib.SP(id); !ok {
			c.UnknownSP = id
			c.SP, _ = lib.SP("generic")
		}
	}
	c.identify(seen)
	c.vars()
	return c
}

func (c *Connection) identify(seen Seen) {
	if id := c.IdPProfile(); id != "" {
		var ok bool
		if c.IdP, ok = c.Lib.IdP(id); ok {
			return
		}
		c.UnknownIdP = id
	}
	clues := knowledge.Clues{Discovery: seen.Discovery}
	if c.OIDC != nil {
		clues.Issuer, _ = exact.TrimWellKnown(strings.TrimSpace(c.OIDC.Issuer))
	}
	if c.SAML != nil {
		clues.EntityID, clues.SSOURL = cmp.Or(c.SAML.IdPEntityID, seen.EntityID), cmp.Or(c.SAML.SSOURL, seen.SSOURL)
	}
	id, how := c.Lib.Detect(clues)
	if alt := strings.TrimSuffix(clues.Issuer, "/"); how == "" && clues.Issuer != "" {
		// A slash too many or too few must not hide the product.
		for _, issuer := range []string{alt, alt + "/"} {
			clues.Issuer = issuer
			if id, how = c.Lib.Detect(clues); how != "" {
				break
			}
		}
	}
	c.IdP, _ = c.Lib.IdP(id)
	c.How = how
}

func (c *Connection) vars() {
	for _, p := range c.SP.Params {
		value := c.SPParam(p.Name).Str()
		if value == "" {
			value = p.Default
		}
		if value == "" {
			continue
		}
		// A slash that the parameter does not take has its own finding; what is made of the value should be right all the same.
		if bare := strings.TrimSuffix(value, "/"); p.Pattern != "" && !c.Lib.Matches(p.Pattern, value) && c.Lib.Matches(p.Pattern, bare) {
			value = bare
		}
		if !usable(c.Lib, p, value) {
			continue // CFG001 tells it; nothing that is made of it is worth comparing with
		}
		c.Vars[p.Name] = value
		for _, v := range p.Values {
			if v.Value == value {
				for name, set := range v.Sets {
					c.Vars[name] = set
				}
			}
		}
	}
}

// usable reports whether a value is one that the parameter can have.
func usable(lib *knowledge.Library, p knowledge.Param, value string) bool {
	if len(p.Values) > 0 {
		return slices.ContainsFunc(p.Values, func(v knowledge.ParamValue) bool { return v.Value == value })
	}
	return p.Pattern == "" || lib.Matches(p.Pattern, value)
}

// Expand fills a template of the SP's profile; ok is false when a value is missing.
func (c *Connection) Expand(template string) (string, bool) {
	s, missing := knowledge.Expand(template, c.Vars)
	return s, len(missing) == 0 && s != ""
}

// expandAll fills the templates that can be filled.
func (c *Connection) expandAll(templates []knowledge.Template) []string {
	var out []string
	for _, t := range templates {
		if s, ok := c.Expand(t.V); ok && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// Callbacks lists the redirect URIs that the SP's profile documents for this connection; empty when it cannot tell.
func (c *Connection) Callbacks() []string {
	if c.SP.OIDC == nil {
		return nil
	}
	return c.expandAll(c.SP.OIDC.RedirectURIs)
}

// RedirectURI is what goes into the authorization request: the file's, else the profile's first. "" when neither says.
func (c *Connection) RedirectURI() string {
	if c.OIDC != nil && c.OIDC.RedirectURI != "" {
		return c.OIDC.RedirectURI
	}
	if all := c.Callbacks(); len(all) > 0 {
		return all[0]
	}
	return ""
}

// ACSURLs lists the ACS URLs that the SP's profile documents for this connection.
func (c *Connection) ACSURLs() []string {
	if c.SP.SAML == nil {
		return nil
	}
	return c.expandAll(c.SP.SAML.ACS)
}

// SPEntityID is the SP's entity ID: the file's, else the profile's. "" when neither says.
func (c *Connection) SPEntityID() string {
	if c.SAML != nil && c.SAML.SPEntityID != "" {
		return c.SAML.SPEntityID
	}
	if c.SP.SAML == nil {
		return ""
	}
	s, ok := c.Expand(c.SP.SAML.EntityID.V)
	if !ok {
		return ""
	}
	return s
}

// ACSURL is where the SP takes responses: the file's, else the profile's first. "" when neither says.
func (c *Connection) ACSURL() string {
	if c.SAML != nil && c.SAML.ACSURL != "" {
		return c.SAML.ACSURL
	}
	if all := c.ACSURLs(); len(all) > 0 {
		return all[0]
	}
	return ""
}

// Audiences lists what the SP takes for its own name in an AudienceRestriction: its entity ID, and the audience where that differs.
func (c *Connection) Audiences() []string {
	var out []string
	if c.SP.SAML != nil {
		if s, ok := c.Expand(c.SP.SAML.Audience.V); ok {
			out = append(out, s)
		}
	}
	if id := c.SPEntityID(); id != "" && !slices.Contains(out, id) {
		out = append(out, id)
	}
	return out
}

// Scopes are the scopes of the authorization request: the file's, else what the SP asks for by itself.
func (c *Connection) Scopes() []string {
	if c.OIDC != nil && len(c.OIDC.Scopes) > 0 {
		return c.OIDC.Scopes
	}
	if c.SP.OIDC != nil {
		if s := c.SP.OIDC.Scopes; len(s.Default.V) > 0 {
			return s.Default.V
		} else if len(s.Required.V) > 0 {
			return s.Required.V
		}
	}
	return []string{"openid"}
}

// Grant is code or implicit.
func (c *Connection) Grant() string {
	if c.OIDC != nil && c.OIDC.Grant != "" {
		return c.OIDC.Grant
	}
	return "code"
}

// PKCE reports whether the SP sends a code challenge; known is false when nobody says.
func (c *Connection) PKCE() (sends, known bool) {
	if c.SP.OIDC != nil {
		switch c.SP.OIDC.PKCE.V {
		case "always":
			return true, true
		case "never":
			return false, true
		}
	}
	if c.OIDC != nil && c.OIDC.PKCE != nil {
		return *c.OIDC.PKCE, true
	}
	if c.SP.OIDC != nil {
		switch c.SP.OIDC.PKCE.V {
		case "setting":
			return true, true
		case "setting_off":
			return false, true
		}
	}
	return false, false
}

// AuthMethods lists the client authentication methods that the SP may use at the token endpoint: the file's, else the SP's.
func (c *Connection) AuthMethods() []string {
	if c.OIDC != nil && c.OIDC.AuthMethod != "" {
		return []string{c.OIDC.AuthMethod}
	}
	if c.SP.OIDC != nil {
		return c.SP.OIDC.AuthMethods.V
	}
	return nil
}

// Issuer is the configured issuer, byte for byte.
func (c *Connection) Issuer() string {
	if c.OIDC == nil {
		return ""
	}
	return c.OIDC.Issuer
}

// PlainOAuth reports whether the IdP hands out no ID tokens (OAuth without OIDC), as its profile says.
func (c *Connection) PlainOAuth() bool {
	return slices.Contains(c.IdP.Protocols, "oauth2") && !slices.Contains(c.IdP.Protocols, "oidc")
}

// DiscoveryURL is where the SP looks for the discovery document; "" when the issuer is no URL.
func (c *Connection) DiscoveryURL() string {
	if c.OIDC == nil {
		return ""
	}
	if c.OIDC.DiscoveryURL != "" {
		return c.OIDC.DiscoveryURL
	}
	return DiscoveryURL(c.OIDC.Issuer)
}

// WellKnown is the path that OIDC Discovery §4 appends to the issuer.
const WellKnown = "/.well-known/openid-configuration"

// DiscoveryURL joins an issuer and the well-known path (OIDC Discovery §4.1: a terminating slash is removed first).
func DiscoveryURL(issuer string) string {
	u, err := url.Parse(strings.TrimSpace(issuer))
	if err != nil || u.Host == "" {
		return ""
	}
	return strings.TrimSuffix(strings.TrimSpace(issuer), "/") + WellKnown
}

// OAuthMetadataURL inserts the RFC 8414 §3.1 path between host and path of the issuer.
func OAuthMetadataURL(issuer string) string {
	u, err := url.Parse(strings.TrimSpace(issuer))
	if err != nil || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host + "/.well-known/oauth-authorization-server" + strings.TrimSuffix(u.EscapedPath(), "/")
}

// Local reports whether the SP runs on this machine, so that an IdP on loopback is fine: every callback that is known is on
// loopback, or, when none is known, the SP is of the user's own choosing (generic).
func (c *Connection) Local() bool {
	urls := append(c.Callbacks(), c.ACSURLs()...)
	if c.OIDC != nil && c.OIDC.RedirectURI != "" {
		urls = append(urls, c.OIDC.RedirectURI)
	}
	if len(urls) == 0 {
		return c.SP.Kind == "generic"
	}
	for _, s := range urls {
		u, err := url.Parse(s)
		if err != nil || !exact.Loopback(u.Hostname()) {
			return false
		}
	}
	return true
}
