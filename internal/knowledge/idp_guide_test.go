package knowledge

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// guideValues are the placeholders of walkthroughs that a connection fills in; guideOwn are the customer's own values, which
// stay in the text when nobody knows them.
var (
	guideValues = strings.Fields(`app_name callback_url logout_url login_url acs_url acs_url_pattern sp_entity_id client_id`)
	guideOwn    = strings.Fields(`admin_url app_id base certificate client_secret digest domain group host id idpid issuer manager name org organisation
		policy pool prefix project realm region server slug subdomain tenant tld user your_domain`)
)

func TestIdPWalkthroughs(t *testing.T) {
	name := regexp.MustCompile(`\{([a-z][a-z0-9_]*)\}`)
	takenAlong := strings.Fields(`authorization_endpoint certificate client_id client_secret client_secret_digest discovery_url domain idp_entity_id issuer
		metadata_file metadata_url slo_url sso_url tenant token_endpoint userinfo_endpoint`)
	for id, idp := range idpFiles(t) {
		for protocol, w := range idp.Walkthrough {
			at := id + "." + protocol
			if !slices.Contains([]string{"oidc", "saml"}, protocol) || w.None.Known() == (len(w.Steps) > 0) {
				t.Errorf("%s: steps, or the reason why there are none", at)
			}
			speaks := slices.Contains(idp.Protocols, protocol) || protocol == "oidc" && slices.Contains(idp.Protocols, "oauth2")
			if speaks == w.None.Known() {
				t.Errorf("%s: protocols are %v", at, idp.Protocols)
			}
			filled := map[string]bool{}
			spVisit(reflect.ValueOf(w), at, func(at, s string) {
				for _, m := range name.FindAllStringSubmatch(s, -1) {
					filled[m[1]] = true
					if !slices.Contains(guideValues, m[1]) && !slices.Contains(guideOwn, m[1]) {
						t.Errorf("%s: unknown placeholder {%s} in %q", at, m[1], s)
					}
				}
			}, func(string, reflect.Value, Keys) {})
			for i, s := range w.Steps {
				if s.Go+s.Page+s.Do+s.Press+s.Choose == "" && len(s.Fields)+len(s.Copy) == 0 || len(s.S) == 0 {
					t.Errorf("%s: step %d: %+v", at, i, s)
				}
				for _, c := range s.Copy {
					if !slices.Contains(takenAlong, c.As) {
						t.Errorf("%s: step %d: %q is copied as %q", at, i, c.Label, c.As)
					}
				}
			}
			need := map[string]string{"oidc": "callback_url", "saml": "acs_url"}[protocol]
			if speaks && !filled[need] {
				t.Errorf("%s: {%s} is entered nowhere", at, need)
			}
		}
	}
}

func TestExpandLeavesOtherBraces(t *testing.T) {
	got, missing := Expand(`{"audience":"{sp_entity_id}","map":{"a":"b"}} {tenant} ^x{2}$ {`, map[string]string{"sp_entity_id": "urn:x"})
	if want := `{"audience":"urn:x","map":{"a":"b"}} {tenant} ^x{2}$ {`; got != want {
		t.Errorf("Expand gives %q, want %q", got, want)
	}
	if !slices.Equal(missing, []string{"tenant"}) {
		t.Errorf("missing is %v", missing)
	}
}
