package knowledge

import (
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	spCode = regexp.MustCompile(`^(NET|DISC|JWKS|AUTHZ|TOK|IDT|UI|CLM|DEV|LGO|MD|CERT|REQ|RSP|AST|SIG|ENC|CFG)\d{3}$`)
	spSlug = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	spName = regexp.MustCompile(`\{([a-z_]+)\}`)
)

// spGuideNames are the names that texts for people may hold beside the profile's own parameters.
var spGuideNames = []string{"client_id", "issuer", "api_url"}

func TestSPEntries(t *testing.T) {
	ids := spKnownIdPs(t)
	for id, sp := range spFiles(t) {
		var names []string
		for _, p := range sp.Params {
			names = append(names, p.Name)
		}
		names = append(names, spGuideNames...)
		seen := map[string]bool{}
		for _, e := range sp.Entries {
			if seen[e.ID] || !spSlug.MatchString(e.ID) || len(e.Symptoms) == 0 || len(e.Fix) == 0 || e.Class == "" || e.Cause == "" {
				t.Errorf("%s: entry %q is doubled, misnamed or incomplete", id, e.ID)
			}
			seen[e.ID] = true
			for _, code := range e.Rules {
				if !spCode.MatchString(code) {
					t.Errorf("%s: entry %s: %q is no rule code", id, e.ID, code)
				}
			}
			texts := slices.Clone(e.Fix)
			for idp, fix := range e.FixBy {
				if !slices.Contains(ids, idp) || len(fix) == 0 {
					t.Errorf("%s: entry %s: fix for %q", id, e.ID, idp)
				}
				texts = append(texts, fix...)
			}
			for _, idp := range e.IdPs {
				if !slices.Contains(ids, idp) {
					t.Errorf("%s: entry %s: IdP %q", id, e.ID, idp)
				}
			}
			for _, text := range texts {
				for _, m := range spName.FindAllStringSubmatch(text, -1) {
					if !slices.Contains(names, m[1]) {
						t.Errorf("%s: entry %s: %q holds the unknown placeholder %q", id, e.ID, text, m[0])
					}
				}
			}
		}
	}
}

func TestSPRequirements(t *testing.T) {
	ids := spKnownIdPs(t)
	for id, sp := range spFiles(t) {
		for idp := range sp.IdPs {
			if !slices.Contains(ids, idp) {
				t.Errorf("%s: advice for the unknown IdP %q", id, idp)
			}
		}
		for idp, requirements := range sp.Requires {
			settings := spSettingsOf(t, idp)
			for _, r := range requirements {
				at := id + "/" + idp + "/" + r.Setting
				conditions := 0
				for _, there := range []bool{r.Equals != nil, r.Contains != "", r.Pattern != ""} {
					if there {
						conditions++
					}
				}
				if conditions != 1 {
					t.Errorf("%s: %d conditions, want 1", at, conditions)
				}
				spCompile(t, at, r.Pattern)
				if !spCode.MatchString(r.Code) || r.Say == "" || !slices.Contains(spWords["requirement"], r.Level) {
					t.Errorf("%s: %+v", at, r)
				}
				if !r.S.Certain() && r.Level != "warning" {
					t.Errorf("%s: a requirement from memory is an error", at)
				}
				if r.Entry != "" && !slices.ContainsFunc(sp.Entries, func(e Entry) bool { return e.ID == r.Entry }) {
					t.Errorf("%s: no troubleshooting entry %q", at, r.Entry)
				}
				setting, ok := settings[r.Setting]
				if !ok {
					t.Errorf("%s: the IdP profile declares no such setting", at)
					continue
				}
				spCheckType(t, at, r, setting)
			}
		}
	}
}

func spCheckType(t *testing.T, at string, r Requirement, setting Setting) {
	t.Helper()
	_, isBool := r.Equals.(bool)
	if isBool != (setting.Type == "bool") {
		t.Errorf("%s: a condition on a %s that holds %v", at, setting.Type, r.Equals)
	}
	if r.Contains != "" && setting.Type != "list" {
		t.Errorf("%s: contains on a %s", at, setting.Type)
	}
	if s, ok := r.Equals.(string); ok && setting.Type == "enum" && !slices.Contains(setting.Values, s) {
		t.Errorf("%s: %q is none of %v", at, s, setting.Values)
	}
	if r.Pattern != "" && setting.Type == "enum" && !slices.ContainsFunc(setting.Values, spCompile(t, at, r.Pattern).MatchString) {
		t.Errorf("%s: no value of %v fits %q", at, setting.Values, r.Pattern)
	}
}

// spSettingsOf reads the settings that an IdP profile declares.
func spSettingsOf(t *testing.T, id string) map[string]Setting {
	t.Helper()
	b, err := fs.ReadFile(os.DirFS("idp"), id+".yaml")
	if err != nil {
		t.Errorf("%v", err)
		return nil
	}
	idp, _, _, err := ParseIdP(id+".yaml", b)
	if err != nil {
		t.Errorf("%s: %v", id, err)
		return nil
	}
	return idp.Settings
}

func TestProductEntriesAreTheContracts(t *testing.T) {
	want := map[string]string{
		"orq": `redirect-uri-mismatch entity-id-mismatch invalid-client-secret user-not-assigned certificate-expired email-domain-not-allowed
			missing-email-claim client-signature-required missing-name-or-email saml-payload-missing http-issuer-rejected`,
		"archestra": `state-mismatch missing-user-info account-not-linked account-not-found signature-validation-failed okta-app-tile
			okta-login-initiation invalid-dpop-proof callback-url-case`,
		"torq": `lockout-email-claim claim-value-case rule-order multiple-domains`,
	}
	profiles := spFiles(t)
	for id, ids := range want {
		var got []string
		for _, e := range profiles[id].Entries {
			got = append(got, e.ID)
			if len(e.Rules) == 0 {
				t.Errorf("%s: entry %s belongs to no rule", id, e.ID)
			}
		}
		if !slices.Equal(got, strings.Fields(ids)) {
			t.Errorf("%s: entries are %v, want %v", id, got, strings.Fields(ids))
		}
	}
}
