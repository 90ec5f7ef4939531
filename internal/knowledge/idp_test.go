package knowledge

import (
	"io/fs"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

// idpProfiles reads every IdP profile of the folder once, twice each: by the loader's own decoder and strictly by the YAML
// library, so that a misspelt or doubled key cannot hide. The second value is what is wrong.
var idpProfiles = sync.OnceValues(func() (map[string]*IdP, []string) {
	var wrong []string
	profiles := map[string]*IdP{}
	root := os.DirFS("idp")
	names, err := fs.Glob(root, "*.yaml")
	if err != nil {
		return nil, []string{err.Error()}
	}
	for _, name := range names {
		b, err := fs.ReadFile(root, name)
		if err != nil {
			return nil, []string{err.Error()}
		}
		idp, _, problems, err := ParseIdP(name, b)
		if err != nil {
			return nil, []string{name + ": " + err.Error()}
		}
		for _, p := range problems {
			wrong = append(wrong, name+": "+p.Message())
		}
		if want := strings.TrimSuffix(name, ".yaml"); idp.ID != want {
			wrong = append(wrong, name+": id is "+idp.ID)
		}
		profiles[idp.ID] = idp
	}
	return profiles, wrong
})

func idpFiles(t *testing.T) map[string]*IdP {
	t.Helper()
	profiles, wrong := idpProfiles()
	if len(wrong) > 0 {
		t.Fatal(strings.Join(wrong, "\n"))
	}
	return profiles
}

func TestIdPProfilesAreAllThere(t *testing.T) {
	want := strings.Fields(`adfs auth0 authelia authentik aws-cognito aws-iam-ic cloudflare-access cyberark dex duo entra fusionauth generic github
		gitlab google google-saml jumpcloud kanidm keycloak lab oidc-provider okta onelogin ory-hydra pingfederate pingone rippling simplesamlphp zitadel`)
	profiles := idpFiles(t)
	for _, id := range want {
		if profiles[id] == nil {
			t.Errorf("no profile %q", id)
		}
	}
	if len(profiles) != len(want) {
		t.Errorf("%d profiles, want %d: add the new one to this list", len(profiles), len(want))
	}
}

func TestIdPTextsAndSources(t *testing.T) {
	local := regexp.MustCompile(`\.\./|/work/|/tmp/|seeds|idps\.yaml|probes\.md`)
	for id, idp := range idpFiles(t) {
		if idp.Name == "" || len(idp.Sources) == 0 || len(idp.Protocols) == 0 || len(idp.Detect.S) == 0 {
			t.Errorf("%s: name, sources, protocols or the source of detect are missing", id)
		}
		for _, q := range idp.Quirks {
			if !slices.Contains([]string{"", "oidc", "saml", "any"}, q.Protocol) {
				t.Errorf("%s: a quirk is about %q", id, q.Protocol)
			}
		}
		used := map[string]bool{}
		spVisit(reflect.ValueOf(idp), id, func(at, s string) {
			if local.MatchString(s) {
				t.Errorf("%s: %q speaks of the place where it was written", at, s)
			}
			if strings.Contains(s, " > ") {
				t.Errorf("%s: %q has a plain > between steps", at, s)
			}
		}, func(at string, v reflect.Value, keys Keys) {
			if len(keys) == 0 {
				t.Errorf("%s: no source: %+v", at, v)
			}
			for _, key := range keys {
				name := strings.TrimPrefix(key, "V:")
				if _, known := idp.Sources[name]; !known && key != "M" {
					t.Errorf("%s: source %q is not among the profile's sources", at, key)
				}
				used[name] = true
			}
		})
		for name := range idp.Sources {
			if !used[name] && id != "aws-cognito" { // nothing of Cognito was read up on
				t.Errorf("%s: nothing comes from source %q", id, name)
			}
		}
	}
}

func TestIdPPatternsCompile(t *testing.T) {
	for id, idp := range idpFiles(t) {
		whole := []string{idp.Detect.Issuer, idp.Detect.EntityID, idp.Detect.SSOURL, idp.Issuer.Shape.V, idp.Client.ID.Match}
		for _, p := range idp.Detect.Discovery {
			whole = append(whole, p)
		}
		for _, k := range idp.Issuer.Kinds {
			whole = append(whole, k.Match)
		}
		for _, a := range idp.Answers {
			whole = append(whole, a.Error)
			if _, err := regexp.Compile(a.Text); err != nil {
				t.Errorf("%s: %v", id, err)
			}
		}
		if idp.OIDC != nil {
			whole = append(whole, idp.OIDC.EndpointHosts.V...)
		}
		for _, p := range whole {
			spCompile(t, id, p)
		}
		for _, p := range append(slices.Clone(idp.Client.Secret), idp.Client.ID) {
			if p.Match == "" {
				continue
			}
			if p.Say == "" || len(p.S) == 0 {
				t.Errorf("%s: the pattern %q says nothing", id, p.Match)
			}
			if re := spCompile(t, id, p.Match); p.Example != "" && !re.MatchString(p.Example) {
				t.Errorf("%s: %q does not match its example %q", id, p.Match, p.Example)
			}
		}
		if (idp.Issuer.Shape.V == "") != (idp.Issuer.Say == "") {
			t.Errorf("%s: shape and say belong together", id)
		}
	}
}

func TestIdPAnswers(t *testing.T) {
	means := strings.Fields(`accepted secret_rejected client_unknown client_disabled client_or_secret realm_disabled redirect_unregistered flow_off wrong_protocol
		method_rejected dpop_required pkce_required par_required scope_refused grant_off login_required login_page response_type_refused
		request_object_refused request_object_required signature_required user_not_assigned consent_required unknown`)
	for id, idp := range idpFiles(t) {
		if len(idp.Answers) == 0 {
			t.Errorf("%s: no answers", id)
		}
		for i, a := range idp.Answers {
			if !slices.Contains(strings.Fields("token authorize par device userinfo saml"), a.Probe) ||
				!slices.Contains([]string{"", "callback", "idp", "body"}, a.Where) || !slices.Contains(means, a.Means) {
				t.Errorf("%s: answers[%d]: %+v", id, i, a)
			}
			for _, status := range a.Status {
				if status < 200 || status > 599 {
					t.Errorf("%s: answers[%d]: status %d", id, i, status)
				}
			}
			if a.Means == "accepted" && len(a.Status) == 0 && a.Error == "" {
				t.Errorf("%s: answers[%d]: everything would be accepted", id, i)
			}
			if earlier := slices.IndexFunc(idp.Answers[:i], func(b Answer) bool { return covers(b, a) }); earlier >= 0 {
				t.Errorf("%s: answers[%d] (%s %s) is never reached: answers[%d] fits whenever it does", id, i, a.Probe, a.Means, earlier)
			}
		}
	}
}

// covers reports whether every answer that fits b fits a too, as far as this can be told without comparing patterns.
func covers(a, b Answer) bool {
	return a.Probe == b.Probe && (a.Where == "" || a.Where == b.Where) && (a.Error == "" || a.Error == b.Error) && (a.Text == "" || a.Text == b.Text) &&
		(len(a.Status) == 0 || len(b.Status) > 0 && !slices.ContainsFunc(b.Status, func(s int) bool { return !slices.Contains(a.Status, s) }))
}

func TestIdPIssuerKinds(t *testing.T) {
	code := regexp.MustCompile(`^DISC0(08|1[2-6])$`)
	for id, idp := range idpFiles(t) {
		seen := map[string]bool{}
		for _, k := range idp.Issuer.Kinds {
			if !code.MatchString(k.Code) || k.Name == "" || len(k.S) == 0 || seen[k.ID] {
				t.Errorf("%s: kind %+v", id, k)
			}
			if k.Never && k.Fix == "" {
				t.Errorf("%s: kind %q can never be equal, and says not what to enter instead", id, k.ID)
			}
			seen[k.ID] = true
		}
		if slash := idp.Slash; slash.Known() && !slices.Contains(strings.Fields("required forbidden tenant_defined none"), slash.V) {
			t.Errorf("%s: slash %q", id, slash.V)
		}
	}
}

func TestIdPPathsAndSettings(t *testing.T) {
	placeholder := regexp.MustCompile(`\{[^}]*\}`)
	place := func(at, p string) {
		if p == "" || strings.Contains(p, ">") || strings.HasSuffix(p, ".") || len([]rune(p)) > 160 {
			t.Errorf("%s: %q is no console path", at, p)
		}
		for _, name := range placeholder.FindAllString(p, -1) {
			if name != "{app}" && name != "{client_id}" && name != "{host}" {
				t.Errorf("%s: unknown placeholder %s in %q", at, name, p)
			}
		}
	}
	for id, idp := range idpFiles(t) {
		for key, p := range idp.Paths {
			place(id+".paths."+key, p.V)
		}
		for key, s := range idp.Settings {
			at := id + ".settings." + key
			place(at, s.Path)
			if !regexp.MustCompile(`^[a-z][a-z0-9_]*$`).MatchString(key) || s.Label == "" || len(s.S) == 0 {
				t.Errorf("%s: %+v", at, s)
			}
			if (s.Type == "enum") != (len(s.Values) > 0) || !fits(s, s.Default) {
				t.Errorf("%s: type %q, values %v, default %#v", at, s.Type, s.Values, s.Default)
			}
		}
	}
}

// fits reports whether a default is of its setting's type.
func fits(s Setting, value any) bool {
	kinds := map[string]reflect.Kind{"bool": reflect.Bool, "string": reflect.String, "list": reflect.Slice, "enum": reflect.String, "map": reflect.Map}
	kind, ok := kinds[s.Type]
	if !ok || value == nil {
		return ok
	}
	text, _ := value.(string)
	return reflect.ValueOf(value).Kind() == kind && (s.Type != "enum" || slices.Contains(s.Values, text))
}

func TestIdPMinimumOfPaths(t *testing.T) {
	for id, idp := range idpFiles(t) {
		need := []string{"users", "log", "claims"}
		if slices.Contains(idp.Protocols, "oidc") || slices.Contains(idp.Protocols, "oauth2") {
			need = append(need, "redirect_uri", "client_id", "secret")
		}
		if slices.Contains(idp.Protocols, "saml") {
			need = append(need, "acs", "entity_id", "certificate")
		}
		for _, key := range need {
			if _, ok := idp.Paths[key]; !ok {
				t.Errorf("%s: no path %q", id, key)
			}
		}
		if idp.Paths["issuer"].V == "" && idp.Paths["endpoints"].V == "" {
			t.Errorf("%s: neither path issuer nor endpoints", id)
		}
		if slices.Contains(idp.Protocols, "saml") && id != "generic" && (idp.SAML == nil || idp.SAML.SSO.V == "" || idp.SAML.EntityID.V == "") {
			t.Errorf("%s: no SAML addresses", id)
		}
		if slices.Contains(idp.Protocols, "oidc") && (idp.OIDC == nil || len(idp.Discovery) == 0) {
			t.Errorf("%s: no OIDC section or no discovery address", id)
		}
	}
}
