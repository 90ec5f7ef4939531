package knowledge

import (
	"io/fs"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// spFiles reads every SP profile of the folder; the decoder reports unknown and doubled keys as problems.
func spFiles(t *testing.T) map[string]*SP {
	t.Helper()
	root := os.DirFS("sp")
	names, err := fs.Glob(root, "*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if len(names) < 45 {
		t.Fatalf("%d profiles, want at least 45", len(names))
	}
	profiles := map[string]*SP{}
	for _, name := range names {
		b, err := fs.ReadFile(root, name)
		if err != nil {
			t.Fatal(err)
		}
		sp, _, problems, err := ParseSP(name, b)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, p := range problems {
			t.Errorf("%s: %s", name, p.Message())
		}
		if want := strings.TrimSuffix(name, ".yaml"); sp.ID != want {
			t.Errorf("%s: id is %q", name, sp.ID)
		}
		profiles[sp.ID] = sp
	}
	return profiles
}

// spVisit walks a profile: text sees every string with its path, keyed sees every struct that names its sources.
func spVisit(v reflect.Value, at string, text func(at, s string), keyed func(at string, v reflect.Value, s Keys)) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			spVisit(v.Elem(), at, text, keyed)
		}
	case reflect.Struct:
		if s := v.FieldByName("S"); s.IsValid() && s.Type() == reflect.TypeFor[Keys]() && !v.IsZero() {
			keyed(at, v, s.Interface().(Keys))
		}
		for i := range v.NumField() {
			spVisit(v.Field(i), at+"."+v.Type().Field(i).Name, text, keyed)
		}
	case reflect.Slice:
		for i := range v.Len() {
			spVisit(v.Index(i), at, text, keyed)
		}
	case reflect.Map:
		for _, k := range v.MapKeys() {
			spVisit(k, at, text, keyed)
			spVisit(v.MapIndex(k), at+"."+k.String(), text, keyed)
		}
	case reflect.String:
		text(at, v.String())
	}
}

func TestSPTextsAndSources(t *testing.T) {
	local := regexp.MustCompile(`\.\./|/work\b|seeds|/tmp/|127\.0\.0\.1:\d`)
	for id, sp := range spFiles(t) {
		if sp.Name == "" || len(sp.Sources) == 0 || len(sp.Protocols) == 0 {
			t.Errorf("%s: name, sources or protocols are missing", id)
		}
		spVisit(reflect.ValueOf(sp), id, func(at, s string) {
			if local.MatchString(s) {
				t.Errorf("%s: %q speaks of the place where it was written", at, s)
			}
		}, func(at string, v reflect.Value, keys Keys) {
			if len(keys) == 0 {
				t.Errorf("%s: no source: %v", at, v)
			}
			for _, key := range keys {
				if key == "M" {
					continue
				}
				name, ok := strings.CutPrefix(key, "V:")
				if _, known := sp.Sources[name]; !ok || !known {
					t.Errorf("%s: source %q is not among the profile's sources", at, key)
				}
			}
		})
	}
}

// spWords are the fields that hold one of a few words.
var spWords = map[string][]string{
	"kind":             {"saas", "self_hosted", "saas_and_self_hosted", "cli", "framework", "generic"},
	"protocol":         {"oidc", "saml"},
	"issuer_field":     {"", "issuer", "discovery_url", "endpoints"},
	"issuer_compare":   {"", "exact", "slash_ignored", "none"},
	"pkce":             {"", "always", "never", "optional", "setting", "setting_off"},
	"signed":           {"", "required", "recommended", "either", "optional", "unknown"},
	"encryption":       {"", "required", "supported", "forbidden", "unknown"},
	"idp_initiated":    {"", "supported", "forbidden", "unknown"},
	"request_binding":  {"", "HTTP-Redirect", "HTTP-POST"},
	"match":            {"", "exact", "prefix"},
	"level":            {"required", "recommended", "optional"},
	"requirement":      {"", "error", "warning"},
	"language":         {"handlebars", "claim_value", "jmespath", "list", "none"},
	"order":            {"", "first_match", "all"},
	"no_match":         {"", "locked_out", "default", "deny"},
	"subdomains":       {"", "included", "excluded", "unknown"},
	"grant":            {"code", "implicit"},
	"claims_from":      {"id_token", "userinfo", "access_token", "assertion"},
	"param":            {"", "string", "list"},
	"saml_need":        {"sso_url", "certificate", "idp_entity_id"},
	"certificate":      {"pem", "raw_base64"},
	"auth_method":      {"client_secret_basic", "client_secret_post", "private_key_jwt", "tls_client_auth", "none"},
	"discovery_member": {"issuer", "authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint"},
	"form": {
		"", "issuer", "client_id", "client_secret", "scopes", "redirect_uri", "discovery_url", "pkce", "grant", "allowed_domains", "sp_entity_id", "idp_entity_id",
		"sso_url", "certificate", "idp_metadata", "acs_url", "provider_id", "audience", "roles", "protocol", "authorization_endpoint", "token_endpoint",
		"userinfo_endpoint", "jwks_uri", "logout_url", "token_endpoint_auth_method", "id_token_alg", "groups_claim", "hd", "sp_private_key", "sp_metadata", "name_id_format",
	},
}

func TestSPWords(t *testing.T) {
	for id, sp := range spFiles(t) {
		is := func(field string, values ...string) {
			t.Helper()
			for _, v := range values {
				if !slices.Contains(spWords[field], v) {
					t.Errorf("%s: %q is no word for %s", id, v, field)
				}
			}
		}
		is("kind", sp.Kind)
		is("protocol", sp.Protocols...)
		for _, p := range sp.Params {
			is("param", p.Type)
			is("protocol", p.Required...)
		}
		if o := sp.OIDC; o != nil {
			is("issuer_field", o.IssuerField.V)
			is("issuer_compare", o.IssuerCompare.V)
			is("pkce", o.PKCE.V)
			is("grant", o.Grants.V...)
			is("auth_method", o.AuthMethods.V...)
			is("discovery_member", o.NeedsMembers.V...)
			is("claims_from", o.ReadsFrom.V...)
		}
		if s := sp.SAML; s != nil {
			is("request_binding", s.RequestBinding.V)
			is("signed", s.AssertionSigned.V, s.ResponseSigned.V)
			is("encryption", s.Encryption.V)
			is("idp_initiated", s.IdPInitiated.V)
			is("saml_need", s.Needs.V...)
			is("certificate", s.CertFormats.V...)
			if f := s.NameIDFormat.V; f != "" && !strings.HasPrefix(f, "urn:oasis:names:tc:SAML:") {
				t.Errorf("%s: name_id_format %q is no URN", id, f)
			}
		}
		if r := sp.Roles; r != nil {
			is("language", r.Language)
			is("order", r.Order.V)
			is("no_match", r.NoMatch.V)
			is("claims_from", r.ReadsFrom.V...)
		}
		if d := sp.Domains; d != nil {
			is("subdomains", d.Subdomains.V)
			is("protocol", d.Protocols...)
		}
		for _, f := range slices.Concat(sp.Form.OIDC, sp.Form.SAML) {
			is("form", f.Key)
			if f.Label == "" {
				t.Errorf("%s: a form field has no label", id)
			}
		}
	}
}

func TestSPProtocolsHaveTheirSections(t *testing.T) {
	for id, sp := range spFiles(t) {
		for protocol, there := range map[string]bool{"oidc": sp.OIDC != nil, "saml": sp.SAML != nil} {
			if slices.Contains(sp.Protocols, protocol) != there {
				t.Errorf("%s: protocols are %v but the section %s is there: %v", id, sp.Protocols, protocol, there)
			}
		}
		check := func(claims []Claim, oidc bool) {
			for _, c := range claims {
				if !slices.Contains(spWords["level"], c.Level) || c.Name == "" || len(c.Names) == 0 {
					t.Errorf("%s: claim %+v", id, c)
				}
				if oidc && c.Level == "required" && c.Scope == "" {
					t.Errorf("%s: required claim %q has no scope", id, c.Name)
				}
			}
		}
		if sp.OIDC != nil {
			check(sp.OIDC.Claims, true)
		}
		if sp.SAML != nil {
			check(sp.SAML.Attributes, false)
			if len(sp.SAML.ACS) == 0 {
				t.Errorf("%s: no ACS URL", id)
			}
		}
	}
}

func spCompile(t *testing.T, at, pattern string) *regexp.Regexp {
	t.Helper()
	if pattern == "" {
		pattern = `(?s).*`
	}
	re, err := regexp.Compile(`^(?:` + pattern + `)$`)
	if err != nil {
		t.Fatalf("%s: %v", at, err)
	}
	return re
}

// spKnownIdPs are the ids that an SP profile may use for an IdP: those of the IdP profiles.
func spKnownIdPs(t *testing.T) []string {
	t.Helper()
	names, err := fs.Glob(os.DirFS("idp"), "*.yaml")
	if err != nil || len(names) < 25 {
		t.Fatalf("%d IdP profiles: %v", len(names), err)
	}
	for i := range names {
		names[i] = strings.TrimSuffix(names[i], ".yaml")
	}
	return names
}
