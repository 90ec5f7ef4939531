package configrules

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/exact"
	"github.com/ssoctl/ssoctl/internal/knowledge"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/source"
)

// parameters judges the keys of the sp section by what its profile declares.
func parameters(c *check.Case) []report.Finding {
	if c.Config.UnknownSP != "" || c.Config.Target.SP == nil || c.Config.Target.SP.Type != source.Map {
		return nil
	}
	names := parameterNames(c)
	out := doubledKeys(c, "sp", c.Config.Target.SP.Members)
	nameless := c.Config.SPProfile() == ""
	for _, m := range c.Config.Target.SP.Members {
		if nameless && source.Nearest(m.Key, names) != "profile" {
			continue // what it takes is not known without a profile
		}
		if !slices.Contains(names, m.Key) {
			out = append(out, unknownKey(c, "sp", m, names, c.TheSP()))
		}
	}
	for _, p := range c.SP.Params {
		if node := c.Config.SPParam(p.Name); node != nil && node.Type != source.Null {
			if f := parameter(c, p, node); f != nil {
				out = append(out, *f)
			}
		}
	}
	return out
}

func parameterNames(c *check.Case) []string {
	names := []string{"profile"}
	for _, p := range c.SP.Params {
		names = append(names, p.Name)
	}
	return names
}

// misfit reports whether a parameter of the SP is told to be none: what would be made of it is then no value to compare with.
func misfit(c *check.Case) bool {
	if c.Config.Target.SP != nil && len(doubledKeys(c, "sp", c.Config.Target.SP.Members)) > 0 {
		return true
	}
	return slices.ContainsFunc(c.SP.Params, func(p knowledge.Param) bool {
		node := c.Config.SPParam(p.Name)
		return node != nil && node.Type != source.Null && parameter(c, p, node) != nil
	})
}

func unknownKey(c *check.Case, section string, m source.Member, names []string, of string) report.Finding {
	f := report.Finding{Got: m.Key, Where: c.Config.File().LocatePos(m.KeyPos, c.Config.Path(section)+"/"+source.Escape(m.Key), len([]rune(m.Key)))}
	if near := source.Nearest(m.Key, names); near != "" {
		f.Want, f.Message = near, fmt.Sprintf("unknown key %q under %s (did you mean %q?)", m.Key, section, near)
		f.Fix = []string{"write " + near + " in place of " + m.Key}
		return f
	}
	f.Message = fmt.Sprintf("unknown key %q under %s; %s takes %s", m.Key, section, of, strings.Join(names, ", "))
	f.Fix = []string{"remove " + m.Key}
	return f
}

// parameter judges one value; nil when it fits. Values that the product reserves are CFG005's.
func parameter(c *check.Case, p knowledge.Param, node *source.Node) *report.Finding {
	path := "sp/" + p.Name
	f := &report.Finding{Got: node.Str(), Where: c.Config.Pos(path)}
	if p.Type == "list" {
		if node.Type != source.List {
			f.Message, f.Fix = fmt.Sprintf("%s is %s, expected a list", p.Name, node.Type), []string{"write " + p.Name + ": [" + p.Example + "]"}
			return f
		}
		return nil
	}
	if node.Type == source.List || node.Type == source.Map {
		f.Message, f.Fix = fmt.Sprintf("%s is %s, expected a text such as %q", p.Name, node.Type, p.Example), []string{"write " + p.Name + ": " + p.Example}
		return f
	}
	value := node.Str()
	if value == "" && slices.Contains(p.Required, string(c.Config.Protocol())) {
		return nil // CFG002 misses it
	}
	if exact.HasPlaceholder(value) {
		f.Want, f.Message, f.Fix = p.Example, fmt.Sprintf("%s is %q, in which a placeholder was left; expected something like %q", p.Name, value, p.Example), []string{"write your own value"}
		if p.Say != "" {
			f.Fix = append(f.Fix, p.Name+" is "+p.Say)
		}
		return f
	}
	if len(p.Values) > 0 {
		var allowed []string
		for _, v := range p.Values {
			allowed = append(allowed, v.Value)
		}
		if slices.Contains(allowed, value) {
			return nil
		}
		f.Want = strings.Join(allowed, ", ")
		f.Message = fmt.Sprintf("%s is %q, expected one of %s", p.Name, value, f.Want)
		if near := source.Nearest(value, allowed); near != "" {
			f.Want = near
			f.Message += fmt.Sprintf(" (did you mean %q?)", near)
			step, edits := c.InFile(path, near)
			f.Fix, f.Edits = []string{step}, edits
		}
		if p.Say != "" {
			f.Fix = append(f.Fix, p.Name+" is "+p.Say)
		}
		return f
	}
	if p.Pattern == "" || c.Lib.Matches(p.Pattern, value) {
		return nil
	}
	if bare := strings.TrimRight(value, "/"); bare != value && c.Lib.Matches(p.Pattern, bare) {
		// One slash too many at a base address changes nothing that is built from it.
		return nil
	}
	f.Want = p.Example
	f.Message = fmt.Sprintf("%s is %q, which does not look like one; expected something like %q", p.Name, value, p.Example)
	if p.Say != "" {
		f.Fix = []string{p.Name + " is " + p.Say}
	}
	return f
}

// settings judges idp.settings by what the IdP's profile declares.
func settings(c *check.Case) []report.Finding {
	if c.Config.Target.IdP == nil || c.Config.Target.IdP.Settings == nil || c.Config.UnknownIdP != "" {
		return nil
	}
	all := c.Config.Target.IdP.Settings
	if all.Type != source.Map {
		return []report.Finding{{Got: all.Text, Message: fmt.Sprintf("idp.settings is %s, expected a mapping", all.Type), Where: c.Config.Pos("idp/settings"), Fix: []string{"write the settings as key: value"}}}
	}
	var names []string
	for name := range c.IdP.Settings {
		names = append(names, name)
	}
	slices.Sort(names)
	out := doubledKeys(c, "idp/settings", all.Members)
	for _, m := range all.Members {
		s, ok := c.IdP.Settings[m.Key]
		if !ok {
			out = append(out, unknownKey(c, "idp/settings", m, names, c.TheIdP()))
			continue
		}
		if want := check.Unfit(s, m.Value); want != "" {
			f := report.Finding{Got: m.Value.Str(), Want: want, Where: c.Config.Pos("idp/settings/" + m.Key), Fix: []string{"write " + want},
				Message: fmt.Sprintf("%s is %q, expected %s", m.Key, m.Value.Str(), want)}
			if m.Value.Str() == "" {
				f.Message = fmt.Sprintf("%s is %s, expected %s", m.Key, m.Value.Type, want)
			}
			if near := source.Nearest(m.Value.Str(), s.Values); near != "" && m.Value.Str() != "" {
				step, edits := c.InFile("idp/settings/"+m.Key, near)
				f.Fix, f.Edits = []string{step}, edits
			}
			out = append(out, f)
		}
	}
	return out
}

// urls judges the addresses that no other rule looks at: they have to be absolute http or https URLs.
func urls(c *check.Case) []report.Finding {
	values := map[string]string{}
	if o := c.Config.OIDC; o != nil {
		values["oidc/endpoints/authorization"], values["oidc/endpoints/token"] = o.Endpoints.Authorization, o.Endpoints.Token
		values["oidc/endpoints/userinfo"], values["oidc/endpoints/jwks"] = o.Endpoints.Userinfo, o.Endpoints.JWKS
	}
	if o := c.Config.OIDC; o != nil && exact.HasPlaceholder(o.DiscoveryURL) {
		values["oidc/discovery_url"] = o.DiscoveryURL
	}
	if s := c.Config.SAML; s != nil {
		if strings.Contains(s.IdPMetadata, "://") && exact.HasPlaceholder(s.IdPMetadata) {
			values["saml/idp_metadata"] = s.IdPMetadata
		}
		values["saml/sso_url"] = s.SSOURL
		if len(documented(c)) == 0 { // else CFG004 compares it
			values["saml/acs_url"] = s.ACSURL
		}
	}
	if e := c.Config.Target.TokenExchange; e != nil {
		values["token_exchange/endpoint"] = e.Endpoint
	}
	var out []report.Finding
	if s := c.Config.SAML; s != nil {
		names := map[string]string{"saml/idp_entity_id": s.IdPEntityID}
		if c.SP.SAML == nil || c.SP.SAML.EntityID.V == "" || c.SP.SAML.EntityIDFree && exact.HasPlaceholder(s.SPEntityID) {
			names["saml/sp_entity_id"] = s.SPEntityID
		}
		for _, path := range sorted(names) {
			if f := around(c, path, names[path]); f != nil {
				out = append(out, *f)
			}
		}
	}
	for _, path := range sorted(values) {
		value := values[path]
		if exact.HasPlaceholder(value) {
			out = append(out, *around(c, path, value))
			continue
		}
		u, err := url.Parse(value)
		if value == "" || err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http") && !strings.ContainsAny(value, " \t\n") {
			continue
		}
		out = append(out, report.Finding{Got: value, Where: c.Config.Pos(path), Fix: []string{"write the whole address, from https:// on, without blanks"},
			Message: fmt.Sprintf("%s is %s, which is no absolute http or https URL", path[strings.LastIndexByte(path, '/')+1:], check.Quote(value))})
	}
	return out
}

func sorted(m map[string]string) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// choices tells what the SP does not offer although the file asks for it.
func choices(c *check.Case) []report.Finding {
	var out []report.Finding
	add := func(path, got string, allowed []string, message string) {
		f := report.Finding{Got: got, Want: strings.Join(allowed, ", "), Where: c.Config.Pos(path), Message: message}
		f.Fix = []string{"choose what " + c.TheSP() + " offers: " + f.Want}
		out = append(out, f)
	}
	if o, sp := c.Config.OIDC, c.SP.OIDC; o != nil && sp != nil {
		if m := sp.AuthMethods; o.AuthMethod != "" && m.Certain() && len(m.V) > 0 && !slices.Contains(m.V, o.AuthMethod) {
			add("oidc/token_endpoint_auth_method", o.AuthMethod, m.V, fmt.Sprintf("token_endpoint_auth_method is %q but %s proves itself only by %q", o.AuthMethod, c.TheSP(), strings.Join(m.V, ", ")))
		}
		if a := sp.IDTokenAlgs; o.IDTokenAlg != "" && a.Certain() && len(a.V) > 0 && !slices.Contains(a.V, o.IDTokenAlg) {
			add("oidc/id_token_alg", o.IDTokenAlg, a.V, fmt.Sprintf("id_token_alg is %q but %s accepts only %q", o.IDTokenAlg, c.TheSP(), strings.Join(a.V, ", ")))
		}
		if o.PKCE != nil && sp.PKCE.Certain() && (*o.PKCE && sp.PKCE.V == "never" || !*o.PKCE && sp.PKCE.V == "always") {
			add("oidc/pkce", fmt.Sprint(*o.PKCE), []string{fmt.Sprint(!*o.PKCE)}, fmt.Sprintf("pkce is %q but %s sends a challenge %q", fmt.Sprint(*o.PKCE), c.TheSP(), sp.PKCE.V))
		}
	}
	if only := c.SP.ExchangeOnly; c.Config.Target.TokenExchange != nil && len(only) > 0 && c.Config.Protocol() != "" && !slices.Contains(only, string(c.Config.Protocol())) {
		f := report.Finding{Got: string(c.Config.Protocol()), Want: strings.Join(only, ", "), Where: c.Config.Pos("token_exchange"),
			Message: fmt.Sprintf("token_exchange is set for a connection by %q, but %s exchanges tokens only with %q", c.Config.Protocol(), c.TheSP(), strings.Join(only, ", "))}
		f.Fix = []string{"remove token_exchange, or connect by " + f.Want}
		out = append(out, f)
	}
	if e := c.Config.Target.TokenExchange; e != nil && e.ClientAuth == "private_key_jwt" && e.KeyID == "" && c.Config.Protocol() == config.OIDC && !meantHere(c, "token_exchange", "key_id") {
		out = append(out, report.Finding{Where: c.Config.Pos("token_exchange/client_auth"), Want: "key_id",
			Message: fmt.Sprintf("client_auth is %q but key_id is missing, by which the IdP finds the public key", e.ClientAuth), Fix: []string{"add key_id: the kid of the key that is registered at the IdP"}})
	}
	return out
}
