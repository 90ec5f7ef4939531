package configrules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/knowledge"
	"github.com/ssoctl/ssoctl/internal/report"
)

var required = []check.Rule{
	{
		Code: "CFG002", Title: "everything that the SP's form needs is stated", Severity: report.Error,
		Needs:   []evidence.Kind{evidence.Config},
		Why:     "The form of the SP cannot be filled in, or the login cannot begin.",
		Fix:     "add the missing value",
		Applies: func(c *check.Case) bool { return c.Config.Protocol() != "" && c.Config.File().Doc.File != "" },
		Check: func(c *check.Case) []report.Finding {
			out := parametersMissing(c)
			if c.Config.Protocol() == config.OIDC {
				out = append(out, oidcMissing(c)...)
			} else {
				out = append(out, samlMissing(c)...)
			}
			return untold(c, append(out, mappingMissing(c)...))
		},
	},
}

// lacks makes the finding for a value that is not there. section is where it belongs.
func lacks(c *check.Case, section, key, why string, fix ...string) report.Finding {
	f := report.Finding{Want: key, Where: c.Config.Pos(section), Message: fmt.Sprintf("%s is missing: %s", key, why), Fix: fix}
	if at := strings.TrimPrefix(section+"/"+key, "/"); written(c, at) {
		f.Where = c.Config.Pos(at)
		f.Message = fmt.Sprintf("%s is empty: %s", key, why)
	}
	return f
}

// written reports whether a key stands in the file, be it with nothing behind it.
func written(c *check.Case, path string) bool {
	return c.Config.File().Doc.At(c.Config.Path(path)) != nil
}

// parametersMissing looks for the SP's own parameters that the protocol needs.
func parametersMissing(c *check.Case) []report.Finding {
	if c.Config.UnknownSP != "" || c.Config.Target.SP == nil {
		return nil
	}
	var out []report.Finding
	for _, p := range c.SP.Params {
		if !slices.Contains(p.Required, string(c.Config.Protocol())) || p.Default != "" || c.Config.SPParam(p.Name).Str() != "" {
			continue
		}
		f := lacks(c, "sp", p.Name, fmt.Sprintf("%s needs it, for example %q", c.TheSP(), p.Example), "add "+p.Name+": "+p.Example)
		if p.Say != "" {
			f.Fix = append(f.Fix, p.Name+" is "+p.Say)
		}
		out = append(out, f)
	}
	return out
}

func oidcMissing(c *check.Case) []report.Finding {
	var out []report.Finding
	o := c.Config.OIDC
	byHand := o.Endpoints.Authorization != "" && o.Endpoints.Token != ""
	if strings.TrimSpace(o.Issuer) == "" && o.DiscoveryURL == "" && !byHand && !c.Config.PlainOAuth() {
		out = append(out, lacks(c, "oidc", "issuer", fmt.Sprintf("%s finds everything else by it", c.TheSP()), c.AtIdP("copy the issuer", "issuer"), "add issuer: https://…"))
	}
	if strings.TrimSpace(o.ClientID) == "" {
		out = append(out, lacks(c, "oidc", "client_id", "the IdP knows the application by it", c.AtIdP("copy the client ID", "client_id"), "add client_id: …"))
	}
	if o.ClientSecret == "" && needsSecret(c) {
		out = append(out, lacks(c, "oidc", "client_secret", fmt.Sprintf("%s gets no tokens without it", c.TheSP()),
			"add client_secret: env:NAME (or file:PATH), and set NAME where ssoctl runs", "for a client without a secret say token_endpoint_auth_method: none"))
	}
	return out
}

// needsSecret reports whether the client proves itself by a secret, as far as file and profile say.
func needsSecret(c *check.Case) bool {
	o := c.Config.OIDC
	switch {
	case o.AuthMethod != "":
		return strings.HasPrefix(o.AuthMethod, "client_secret")
	case c.Config.Grant() == "implicit":
		return false
	}
	// A public client is what a command line tool has; a product whose form demands the field is not one.
	if slices.ContainsFunc(c.SP.Form.OIDC, func(f knowledge.FormField) bool { return f.Key == "client_secret" && f.Required }) {
		return true
	}
	methods := c.Config.AuthMethods()
	return c.SP.Kind != "generic" && c.SP.Kind != "cli" && len(methods) > 0 && !slices.Contains(methods, "none")
}

// samlMissing follows what the SP's profile needs; metadata stands for the three single values.
func samlMissing(c *check.Case) []report.Finding {
	s := c.Config.SAML
	if s.IdPMetadata != "" || meantHere(c, "saml", "idp_metadata") {
		return nil
	}
	needs := []string{"sso_url", "certificate"}
	if c.SP.SAML != nil && c.SP.SAML.Needs.Known() {
		needs = c.SP.SAML.Needs.V
	}
	values := map[string]string{"sso_url": s.SSOURL, "certificate": s.Certificate, "idp_entity_id": s.IdPEntityID}
	if values["certificate"] == "" && s.CertificateFingerprint != "" {
		values["certificate"] = s.CertificateFingerprint
	}
	why := map[string]string{
		"sso_url":       "the login request goes to it",
		"certificate":   "nothing that the IdP signs can be verified without it",
		"idp_entity_id": "every assertion names its issuer, and it has to be this one",
	}
	paths := map[string]string{"sso_url": "metadata", "certificate": "certificate", "idp_entity_id": "metadata"}
	var out []report.Finding
	for _, key := range needs {
		if value, known := values[key]; known && strings.TrimSpace(value) == "" {
			out = append(out, lacks(c, "saml", key, why[key]+" (or give idp_metadata)", c.AtIdP("copy it from the metadata", paths[key]), c.AtSP("enter it", key)))
		}
	}
	return out
}

// mappingMissing looks for role rules and domains that the form of the SP demands. The file may leave out what is not to be judged,
// so an absent section is only mentioned.
func mappingMissing(c *check.Case) []report.Finding {
	var out []report.Finding
	fields := c.SP.Form.OIDC
	if c.Config.Protocol() == config.SAML {
		fields = c.SP.Form.SAML
	}
	for _, f := range fields {
		if !f.Required {
			continue
		}
		switch f.Key {
		case "roles":
			r := c.Config.Target.Roles
			if r != nil && len(r.Rules) == 0 {
				out = append(out, lacks(c, "roles", "rules", fmt.Sprintf("%s wants at least one under %q, and lets nobody in without", c.TheSP(), f.Label), c.AtSP("add a rule", "roles")))
			} else if r == nil {
				out = append(out, note(lacks(c, "", "roles", fmt.Sprintf("the form of %s demands %q, which is not judged here", c.TheSP(), f.Label), "add roles: {rules: […]}")))
			}
		case "allowed_domains":
			if !c.Config.Stated("allowed_domains") {
				out = append(out, note(lacks(c, "", "allowed_domains", fmt.Sprintf("the form of %s demands %q, which is not judged here", c.TheSP(), f.Label), "add allowed_domains: [your-company.com]")))
			}
		}
	}
	return out
}

func note(f report.Finding) report.Finding {
	f.Severity = report.Info
	return f
}
