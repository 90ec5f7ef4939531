package emit

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/connection"
	"github.com/ssoctl/ssoctl/internal/knowledge"
)

// app is the SP as an application to register: what every IdP asks for, under one set of names.
type app struct {
	conn   *connection.Connection
	in     Input
	title  string // name that people see
	slug   string // name for files and resources: lower case, digits, dashes
	login  string // page where a login starts; may be empty
	claims []claim
	oidc   *oidcApp
	saml   *samlApp
}

// oidcApp is the relying party.
type oidcApp struct {
	clientID     string // empty where the IdP chooses it and the file does not know it yet
	redirectURIs []string
	postLogout   string
	initiate     string
	scopes       []string
	implicit     bool
	pkce         bool // the SP certainly sends a code challenge, so that it can be demanded
	authMethod   string
	alg          string
}

// samlApp is the service provider.
type samlApp struct {
	entityID, acs, audience string
	nameID                  string // URN
	signsRequests           bool
	signAssertion           bool
	signResponse            bool
	encrypt                 bool
	noTile                  bool // the SP takes no login that begins at the IdP
}

func newApp(in Input) *app {
	c := in.Connection
	a := &app{conn: c, in: in, title: c.SP.Name, slug: slug(c.Name)}
	a.login = a.expand(c.SP.Console.Login)
	if c.SP.Kind == "generic" {
		a.title = c.Name
	}
	switch c.Protocol() {
	case config.OIDC:
		a.relyingParty()
	case config.SAML:
		a.serviceProvider()
	}
	return a
}

// expand fills a template of the SP's profile; "" when a value of it is missing.
func (a *app) expand(template string) string {
	s, ok := a.conn.Expand(template)
	if !ok {
		return ""
	}
	return s
}

func (a *app) relyingParty() {
	c := a.conn
	o := &oidcApp{clientID: c.OIDC.ClientID, scopes: c.Scopes(), implicit: c.Grant() == "implicit", alg: c.OIDC.IDTokenAlg}
	if uri := c.RedirectURI(); uri != "" {
		o.redirectURIs = []string{uri}
	}
	if c.SP.OIDC != nil {
		o.postLogout, o.initiate = a.expand(c.SP.OIDC.PostLogout.V), a.expand(c.SP.OIDC.InitiateURI.V)
		a.claims = claimsOf(c.SP.OIDC.Claims)
	}
	a.oidc = o
	if own, ok := a.idpFact("scopes").([]any); ok && len(c.OIDC.Scopes) == 0 { // what the SP asks this very IdP for
		o.scopes = nil
		for _, s := range own {
			o.scopes = append(o.scopes, fmt.Sprint(s))
		}
	}
	sends, known := a.sendsPKCE()
	o.pkce = sends && known
	o.authMethod = authMethod(c)
	a.ownClaims()
}

// sendsPKCE reports whether the SP sends a code challenge to this IdP; known is false when nobody says.
func (a *app) sendsPKCE() (sends, known bool) {
	if s, _ := a.idpFact("pkce").(string); s == "never" {
		return false, true
	}
	return a.conn.PKCE()
}

// idpFact is what the SP's own page says for this IdP, under a key of its oidc notes.
func (a *app) idpFact(key string) any { return a.conn.SP.IdPs[a.conn.IdP.ID].OIDC[key].V }

// authMethod is the first method of the SP that the IdP knows.
func authMethod(c *connection.Connection) string {
	methods := c.AuthMethods()
	if c.IdP.OIDC != nil && len(c.IdP.OIDC.AuthMethods.V) > 0 {
		for _, m := range methods {
			if slices.Contains(c.IdP.OIDC.AuthMethods.V, m) {
				return m
			}
		}
	}
	if len(methods) > 0 {
		return methods[0]
	}
	return "client_secret_basic" // the default of OpenID Connect Registration §2
}

func (a *app) serviceProvider() {
	c := a.conn
	s := &samlApp{entityID: c.SPEntityID(), acs: c.ACSURL(), signAssertion: true, signResponse: true}
	if all := c.Audiences(); len(all) > 0 {
		s.audience = all[0]
	}
	sp := c.SP.SAML
	if sp == nil {
		sp = &knowledge.SPSAML{}
	}
	s.nameID = cmp.Or(c.SAML.NameIDFormat, sp.NameIDFormat.V, nameIDEmail)
	s.signsRequests = sp.RequestSigned.V && a.in.SPCertificate != ""
	s.noTile = sp.IdPInitiated.V == "forbidden"
	wanted := sp.Encryption.V == "required" || sp.Encryption.V == "supported" && c.SAML.SPPrivateKey != ""
	if w := c.SAML.Want; w != nil && w.Encrypted != nil {
		wanted = *w.Encrypted
	}
	s.encrypt = wanted && a.in.SPCertificate != ""
	a.claims = claimsOf(sp.Attributes)
	a.saml = s
	a.ownClaims()
}

const nameIDEmail = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"

// complete says which value is missing without which no IdP can register the application.
func (a *app) complete() error {
	c := a.conn
	hint := ""
	for _, p := range c.SP.Params {
		if c.Vars[p.Name] == "" && slices.Contains(p.Required, string(c.Protocol())) {
			hint = fmt.Sprintf(" (sp.%s is not set, for example %s)", p.Name, p.Example)
		}
	}
	switch {
	case a.oidc != nil && len(a.oidc.redirectURIs) == 0:
		return fmt.Errorf("connection %q has no redirect URI: state oidc.redirect_uri%s", c.Name, hint)
	case a.saml != nil && a.saml.acs == "":
		return fmt.Errorf("connection %q has no ACS URL: state saml.acs_url%s", c.Name, hint)
	case a.saml != nil && a.saml.entityID == "":
		return fmt.Errorf("connection %q has no SP entity ID: state saml.sp_entity_id%s", c.Name, hint)
	case a.oidc == nil && a.saml == nil:
		return fmt.Errorf("connection %q has neither an oidc nor a saml section", c.Name)
	}
	return nil
}

// on is a switch of the IdP: as the SP demands it, else as the connection file states it, else as given.
func (a *app) on(setting string, otherwise bool) bool {
	if want, ok := a.demand(setting).(bool); ok {
		return want
	}
	if n := a.conn.Setting(setting); n != nil {
		return n.Str() == "true"
	}
	return otherwise
}

// set is a text of the IdP, by the same order.
func (a *app) set(setting, otherwise string) string {
	if want, ok := a.demand(setting).(string); ok {
		s, _ := knowledge.Expand(want, a.conn.Vars)
		return s
	}
	return cmp.Or(a.conn.Setting(setting).Str(), otherwise)
}

// demand is what the SP's profile wants of a setting of this IdP; nil when it wants no particular value.
func (a *app) demand(setting string) any {
	for _, r := range a.conn.SP.Requires[a.conn.IdP.ID] {
		if r.Setting == setting && r.Equals != nil && (r.Protocol == "" || r.Protocol == string(a.conn.Protocol())) {
			return r.Equals
		}
	}
	return nil
}

// slug makes a name for files and resources.
func slug(name string) string {
	s := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r - 'A' + 'a'
		}
		return '-'
	}, name)
	return cmp.Or(strings.Trim(s, "-"), "sso")
}

// resource is the slug as a Terraform name.
func (a *app) resource() string {
	s := strings.ReplaceAll(a.slug, "-", "_")
	if s[0] >= '0' && s[0] <= '9' {
		return "_" + s
	}
	return s
}

// secretVar is the environment variable that holds the client secret: the one that the connection refers to, else one named after it.
func (a *app) secretVar() string {
	if a.conn.OIDC != nil {
		if scheme, name, ok := config.Reference(a.conn.OIDC.ClientSecret); ok && scheme == "env" && variable(name) {
			return name
		}
	}
	return strings.ToUpper(a.resource()) + "_CLIENT_SECRET"
}

// variable reports whether a text is the name of an environment variable, so that it can stand unquoted.
func variable(name string) bool {
	for i, r := range name {
		if r != '_' && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return name != ""
}

// secretAt says where the client secret has to be put once the IdP has made it.
func (a *app) secretAt() string {
	if a.conn.OIDC != nil {
		if _, _, ok := config.Reference(a.conn.OIDC.ClientSecret); ok {
			return a.conn.OIDC.ClientSecret
		}
	}
	return "env:" + a.secretVar()
}

// keep is the note about a secret that the IdP makes.
func (a *app) keep(where string) string {
	return fmt.Sprintf("the IdP makes the client secret: read it at %s, give it to %s and keep it where the connection file looks (%s)", where, a.conn.SP.Name, a.secretAt())
}

// newID is the note about a client ID that the IdP chooses.
func (a *app) newID() string {
	return fmt.Sprintf("the IdP chooses the client ID: write it into oidc.client_id of the connection %q and into the form of %s", a.conn.Name, a.conn.SP.Name)
}
