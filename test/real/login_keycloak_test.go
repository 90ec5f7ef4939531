package real_test

import (
	"bytes"
	"crypto/rand"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// loginKeycloak is a Keycloak whose users can sign in to the three products, by both protocols.
type loginKeycloak struct {
	*keycloak
	passwords map[string]string
}

// prepareLogins gives the users passwords, registers Torq, and makes connections with role rules.
func prepareLogins(t *testing.T, k *keycloak) *loginKeycloak {
	t.Helper()
	l := &loginKeycloak{keycloak: k, passwords: map[string]string{"ann": k.prepareSAML(t)}}
	l.passwords["bob"] = rand.Text()
	l.admin.do(t, "PUT", l.user(t, "bob")+"/reset-password", rep{"type": "password", "value": l.passwords["bob"], "temporary": false}, nil)
	model, _ := k.admin.client(t, "archestra")
	torq := clone(t, model)
	delete(torq, "id")
	k.secrets["torq"] = rand.Text()
	torq["clientId"], torq["name"], torq["redirectUris"], torq["secret"] = "torq", "Torq", []string{acs["torq"]}, k.secrets["torq"]
	for _, m := range torq["protocolMappers"].([]any) {
		delete(m.(rep), "id")
	}
	k.admin.do(t, "POST", "/main/clients", torq, nil)
	c := k.base["orq"].copy()
	c.Name, c.SP, c.OIDC.ClientID = "torq-real", map[string]string{"profile": "torq", "region": "us"}, "torq"
	rules("email=ann@acme-corp.example:Owner", "groups=engineering:Editor")(&c)
	k.base["torq"] = c
	c = k.base["archestra"].copy()
	rules(`{{#includes groups "platform-admins"}}true{{/includes}}:admin`)(&c)
	k.base["archestra"] = c
	return l
}

// user is the path of a user.
func (l *loginKeycloak) user(t *testing.T, name string) string {
	t.Helper()
	var found []rep
	l.admin.do(t, "GET", "/main/users?exact=true&username="+url.QueryEscape(name), nil, &found)
	if len(found) != 1 {
		t.Fatalf("keycloak has %d users named %q", len(found), name)
	}
	return "/main/users/" + found[0]["id"].(string)
}

// userIs makes an injection that edits a user for the rest of the test.
func userIs(name string, edit func(rep)) func(*testing.T, *keycloak) {
	return func(t *testing.T, k *keycloak) {
		path := (&loginKeycloak{keycloak: k}).user(t, name)
		var saved rep
		k.admin.do(t, "GET", path, nil, &saved)
		changed := clone(t, saved)
		edit(changed)
		k.admin.do(t, "PUT", path, changed, nil)
		t.Cleanup(func() { k.admin.do(t, "PUT", path, saved, nil) })
	}
}

// scopeMapper makes an injection that edits a mapper of a client scope of the realm for the rest of the test.
func scopeMapper(scope, mapper string, edit func(config rep)) func(*testing.T, *keycloak) {
	return func(t *testing.T, k *keycloak) {
		var all []rep
		k.admin.do(t, "GET", "/main/client-scopes", nil, &all)
		for _, one := range all {
			mappers, _ := one["protocolMappers"].([]any)
			for _, m := range mappers {
				saved := m.(rep)
				if one["name"] != scope || saved["name"] != mapper {
					continue
				}
				path := "/main/client-scopes/" + one["id"].(string) + "/protocol-mappers/models/" + saved["id"].(string)
				changed := clone(t, saved)
				edit(changed["config"].(rep))
				k.admin.do(t, "PUT", path, changed, nil)
				t.Cleanup(func() { k.admin.do(t, "PUT", path, saved, nil) })
				return
			}
		}
		t.Fatalf("keycloak: no mapper %q in the client scope %q", mapper, scope)
	}
}

// onlyIn says where a claim goes: its ID token, userinfo, or both.
func onlyIn(idToken, userinfo string) func(config rep) {
	return func(c rep) { c["id.token.claim"], c["userinfo.token.claim"] = idToken, userinfo }
}

// named says under which name a claim goes.
func named(name string) func(config rep) { return func(c rep) { c["claim.name"] = name } }

// restricted makes a login flow of the realm in which who has not the role is turned away, and gives it to a client.
func restricted(clientID, role string) func(*testing.T, *keycloak) {
	return func(t *testing.T, k *keycloak) {
		flows := "/main/authentication/flows"
		k.admin.do(t, "POST", flows+"/browser/copy", rep{"newName": "restricted"}, nil)
		k.admin.do(t, "POST", flows+"/restricted%20forms/executions/flow", rep{"alias": "only the assigned", "type": "basic-flow", "provider": "registration-page-form", "description": ""}, nil)
		for _, step := range []string{"conditional-user-role", "deny-access-authenticator"} {
			k.admin.do(t, "POST", flows+"/only%20the%20assigned/executions/execution", rep{"provider": step}, nil)
		}
		var steps []rep
		k.admin.do(t, "GET", flows+"/restricted/executions", nil, &steps)
		flow := ""
		for _, step := range steps {
			switch {
			case step["displayName"] == "only the assigned":
				step["requirement"] = "CONDITIONAL"
			case step["providerId"] == "conditional-user-role" && step["level"] == float64(2), step["providerId"] == "deny-access-authenticator":
				step["requirement"] = "REQUIRED"
			default:
				continue
			}
			k.admin.do(t, "PUT", flows+"/restricted/executions", step, nil)
			if step["providerId"] == "conditional-user-role" {
				k.admin.do(t, "POST", "/main/authentication/executions/"+step["id"].(string)+"/config", rep{"alias": "without the role", "config": rep{"condUserRole": role, "negate": "true"}}, nil)
			}
		}
		var all []rep
		k.admin.do(t, "GET", flows, nil, &all)
		for _, f := range all {
			if f["alias"] == "restricted" {
				flow = f["id"].(string)
			}
		}
		t.Cleanup(func() { k.admin.do(t, "DELETE", flows+"/"+flow, nil, nil) })
		_, path := k.admin.client(t, clientID)
		override := func(flow string) {
			var now rep
			k.admin.do(t, "GET", path, nil, &now)
			now["authenticationFlowBindingOverrides"] = rep{"browser": flow}
			k.admin.do(t, "PUT", path, now, nil)
		}
		override(flow)
		t.Cleanup(func() { override("") }) // before the flow goes
	}
}

// TestKeycloakLogin makes real logins at a real Keycloak.
func TestKeycloakLogin(t *testing.T) {
	keycloakSuite.require(t)
	if *wireOnly {
		t.Skip("what ssoctl says is needed")
	}
	k := startKeycloak(t)
	l := prepareLogins(t, k)
	tables := map[string][]loginCase{"oidc": oidcLogins(), "saml": samlLogins(t), "ends": endLogins()}
	for _, kind := range []string{"oidc", "saml", "ends"} {
		t.Run(kind, func(t *testing.T) {
			for _, x := range tables[kind] {
				t.Run(x.name, func(t *testing.T) {
					if x.inject != nil {
						x.inject(t, k)
					}
					k.runLogin(t, x, l.passwords)
				})
			}
		})
	}
	for name, one := range map[string]func(*testing.T, *loginKeycloak){
		"two-steps": twoSteps, "device": deviceLogin, "key": keyLogin, "refresh": refreshLogin, "cleanup": cleanupLogin, "one-attempt": oneAttempt, "performance": loginPace,
	} {
		t.Run(name, func(t *testing.T) { one(t, l) })
	}
	t.Run("chromium", l.chromium)
}

// onlyByPost takes the services for HTTP-Redirect out of the metadata, so that requests have to go by a form.
func onlyByPost(t *testing.T, k *keycloak) {
	f := k.front
	service := regexp.MustCompile(`<md:SingleSignOnService [^>]*HTTP-Redirect[^>]*/>`)
	p := &httputil.ReverseProxy{
		Rewrite: func(pr *httputil.ProxyRequest) {
			pr.SetURL(f.backend)
			pr.Out.Host = pr.In.Host
			pr.SetXForwarded()
			pr.Out.Header.Set("X-Forwarded-Port", f.port)
			pr.Out.Header.Del("Accept-Encoding")
		},
		ModifyResponse: func(res *http.Response) error {
			if !strings.HasSuffix(res.Request.URL.Path, "/descriptor") {
				return nil
			}
			text, err := io.ReadAll(res.Body)
			if err != nil {
				return err
			}
			text = service.ReplaceAll(text, nil)
			res.Body, res.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
			res.Header.Set("Content-Length", strconv.Itoa(len(text)))
			return nil
		},
	}
	f.change(func() { f.answer = p.ServeHTTP })
	t.Cleanup(func() { f.reset(t) })
}
