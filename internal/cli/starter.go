package cli

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/knowledge"
)

// starter is a connection file to begin with.
type starter struct {
	lib      *knowledge.Library
	name     string
	sp       *knowledge.SP
	params   map[string]string // of the SP, by name
	idp      string            // profile; "" when it is not known
	protocol string            // oidc | saml
	issuer   string            // of OIDC
	metadata string            // of SAML: path or URL
	clientID string
	domains  []string
	open     []string // what is left open, for the person to fill in
}

// entry is the connection as one item of the list, with comments that say what belongs where.
func (s *starter) entry() string {
	var b strings.Builder
	line := func(indent int, text, comment string) {
		b.WriteString(strings.Repeat(" ", indent) + text)
		if comment != "" {
			b.WriteString(strings.Repeat(" ", max(2, 56-indent-len([]rune(text)))) + "# " + comment)
		}
		b.WriteByte('\n')
	}
	say := func(key, what string) string {
		if slices.Contains(s.open, key) {
			return "EXAMPLE, replace it: " + what
		}
		return what
	}
	line(2, "- name: "+scalar(s.name, ""), "")
	line(4, "sp:", "")
	line(6, "profile: "+s.sp.ID, "ssoctl catalog sps")
	for _, p := range s.parameters() {
		line(6, p[0]+": "+scalar(p[1], ""), say("sp."+p[0], p[2]))
	}
	if s.idp != "" {
		line(4, "idp: {profile: "+s.idp+"}", "ssoctl catalog idps")
	}
	if s.protocol == "saml" {
		line(4, "saml:", "")
		metadata := scalar(s.or(s.metadata, "idp_metadata", "https://idp.example.com/metadata"), "")
		line(6, "idp_metadata: "+metadata, say("idp_metadata", "URL or file of the IdP's metadata"))
	} else {
		line(4, "oidc:", "")
		issuer, client := scalar(s.or(s.issuer, "issuer", s.exampleIssuer()), ""), scalar(s.or(s.clientID, "client_id", s.exampleClient()), "")
		line(6, "issuer: "+issuer, say("issuer", "as the IdP's discovery document has it, slash included"))
		line(6, "client_id: "+client, say("client_id", "as registered at the IdP"))
		line(6, "client_secret: env:"+secretName(s.name), "env:NAME, file:PATH or keyring:NAME; never the secret itself")
		if scopes := s.scopes(); len(scopes) > 0 {
			line(6, "scopes: ["+strings.Join(scopes, ", ")+"]", "")
		}
	}
	if len(s.domains) > 0 {
		line(4, "allowed_domains: ["+strings.Join(s.domains, ", ")+"]", "e-mail domains that the application lets in")
	}
	return b.String()
}

// file is a whole connection file.
func (s *starter) file() string {
	return "# yaml-language-server: $schema=ssoctl.schema.json     (ssoctl schema > ssoctl.schema.json)\nversion: 1\nconnections:\n" + s.entry()
}

// or gives a value; without one it notes that one has to be filled in.
func (s *starter) or(value, key, example string) string {
	if value != "" {
		return value
	}
	return s.left(key, example)
}

// left notes that a value has to be filled in, and gives one that shows its shape.
func (s *starter) left(key, example string) string {
	if !slices.Contains(s.open, key) {
		s.open = append(s.open, key)
	}
	return example
}

// placeholders of the forms of issuers, with values that have their shape.
var placeholders = map[string]string{
	"base": "https://login.example.com", "host": "login.example.com", "domain": "login.example.com", "custom_domain": "login.example.com", "realm": "main", "org": "acme", "tenant": "acme", "tenant_id": exampleGUID,
	"tid": exampleGUID, "app_slug": "my-app", "slug": "my-app", "region": "eu", "server": "default", "client_id": "my-client-id", "env": exampleGUID, "environment": exampleGUID, "subdomain": "acme", "team": "acme", "name": "acme",
}

const exampleGUID = "00000000-0000-4000-8000-000000000000"

// exampleIssuer is an issuer of the IdP's shape.
func (s *starter) exampleIssuer() string {
	idp, ok := s.lib.IdP(s.idp)
	if !ok {
		return "https://idp.example.com"
	}
	if idp.Issuer.Example != "" {
		return idp.Issuer.Example
	}
	for _, name := range slices.Sorted(maps.Keys(idp.Issuer.Forms)) {
		issuer, missing := knowledge.Expand(idp.Issuer.Forms[name].V, placeholders)
		fits := idp.Issuer.Shape.V == "" || s.lib.Matches(idp.Issuer.Shape.V, issuer)
		if len(missing) == 0 && strings.HasPrefix(issuer, "https://") && !strings.ContainsAny(issuer, "{} ") && fits {
			return issuer
		}
	}
	return "https://idp.example.com"
}

// exampleClient is a client ID of the IdP's shape.
func (s *starter) exampleClient() string {
	if idp, ok := s.lib.IdP(s.idp); ok && idp.Client.ID.Example != "" {
		return idp.Client.ID.Example
	}
	return "my-client-id"
}

// parameters are those of the SP that the protocol needs, or that were given: name, value, comment.
func (s *starter) parameters() [][3]string {
	var out [][3]string
	for _, p := range s.sp.Params {
		value := s.params[p.Name]
		needed := slices.Contains(p.Required, s.protocol) || s.sp.Kind == "generic" && slices.Contains(genericNeeds[s.protocol], p.Name)
		if value == "" && needed {
			value = s.left("sp."+p.Name, cmp.Or(p.Default, p.Example))
		}
		if value != "" {
			out = append(out, [3]string{p.Name, value, p.Say})
		}
	}
	return out
}

// setParams reads --set: parameters that the SP has, each of the shape that it wants.
func setParams(lib *knowledge.Library, sp *knowledge.SP, set []string) (map[string]string, error) {
	out := map[string]string{}
	for _, kv := range set {
		k, v, ok := strings.Cut(kv, "=")
		if !ok {
			return nil, usage("", "--set %q is not KEY=VALUE", kv)
		}
		i := slices.IndexFunc(sp.Params, func(p knowledge.Param) bool { return p.Name == k })
		if i < 0 {
			var names []string
			for _, p := range sp.Params {
				names = append(names, p.Name)
			}
			return nil, usage("parameters of "+sp.ID+": "+strings.Join(names, ", "), "%s has no parameter %q", sp.Name, k)
		}
		if why := misshapen(lib, sp.Params[i], v); why != "" {
			return nil, usage(k+" is "+sp.Params[i].Say, "--set: %s", why)
		}
		out[k] = v
	}
	return out, nil
}

// misshapen says why a value cannot be that of a parameter; "" when it can.
func misshapen(lib *knowledge.Library, p knowledge.Param, value string) string {
	if len(p.Values) > 0 {
		var allowed []string
		for _, v := range p.Values {
			allowed = append(allowed, v.Value)
		}
		if !slices.Contains(allowed, value) {
			return fmt.Sprintf("%s is %q, not one of %s", p.Name, value, strings.Join(allowed, ", "))
		}
		return ""
	}
	if p.Pattern != "" && !lib.Matches(p.Pattern, value) && !lib.Matches(p.Pattern, strings.TrimRight(value, "/")) {
		return fmt.Sprintf("%s is %q, expected something like %q", p.Name, value, p.Example)
	}
	return ""
}

// genericNeeds are the parameters that say what an application of one's own is.
var genericNeeds = map[string][]string{"oidc": {"callback_url"}, "saml": {"acs_url", "entity_id"}}

// scopes are written down where the SP does not ask for openid by itself.
func (s *starter) scopes() []string {
	if s.sp.OIDC == nil || s.plain() {
		return nil
	}
	asked := s.sp.OIDC.Scopes.Default.V
	if len(asked) == 0 {
		asked = s.sp.OIDC.Scopes.Required.V
	}
	if slices.Contains(asked, "openid") {
		return nil
	}
	return []string{"openid", "email", "profile"}
}

// plain reports whether the IdP hands out no ID tokens.
func (s *starter) plain() bool {
	idp, ok := s.lib.IdP(s.idp)
	return ok && !slices.Contains(idp.Protocols, "oidc")
}

// secretName is the environment variable for the client secret.
func secretName(name string) string {
	up := strings.Map(func(c rune) rune {
		switch {
		case c >= 'a' && c <= 'z':
			return c - 'a' + 'A'
		case c >= 'A' && c <= 'Z' || c >= '0' && c <= '9':
			return c
		}
		return '_'
	}, name)
	return strings.Trim(up, "_") + "_CLIENT_SECRET"
}
