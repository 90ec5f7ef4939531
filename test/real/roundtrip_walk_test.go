package real_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// register stores the connection as Archestra does when its form is filled in so: with the endpoints of the discovery document.
func (w *travel) register(t *testing.T, s *realServer, id string, c connection, secret string) string {
	t.Helper()
	provider := rep{"providerId": id}
	if c.SAML != nil {
		text := func(address string) string {
			if address == "" {
				return ""
			}
			_, xml, _ := strings.Cut(s.exchange(t, "GET", address, nil, ""), "<")
			return "<" + xml
		}
		at := w.base + "/api/auth/sso/saml2/sp/acs/" + id
		saml := map[string]any{"idp_entity_id": c.SAML.IdPEntityID, "sp_entity_id": c.SAML.SPEntityID, "certificate": pemText(c.SAML.Certificate), "acs_url": at,
			"idp_metadata": c.SAML.Metadata, "sp_private_key": c.SAML.SPPrivateKey}
		key := ""
		if c.SAML.SPPrivateKey != "" {
			key = w.spKey
		}
		config := providerOf(saml, []byte(text(c.SAML.Metadata)), nil, key)
		config["entryPoint"] = c.SAML.SSOURL
		delete(config["spMetadata"].(map[string]any), "metadata")
		provider["issuer"], provider["samlConfig"] = s.issuer, config
	} else {
		d := discovered(t, s)
		method := c.OIDC.Method
		if method == "" {
			method = "client_secret_basic"
		}
		config := rep{"issuer": c.OIDC.Issuer, "clientId": c.OIDC.ClientID, "clientSecret": secret, "pkce": c.OIDC.PKCE == nil || *c.OIDC.PKCE, "scopes": c.OIDC.Scopes,
			"discoveryEndpoint": s.issuer + "/.well-known/openid-configuration", "authorizationEndpoint": d["authorization_endpoint"], "tokenEndpoint": d["token_endpoint"],
			"jwksEndpoint": d["jwks_uri"], "tokenEndpointAuthentication": method, "overrideUserInfo": true, "mapping": rep{"id": "sub", "email": "email", "emailVerified": "email_verified", "name": "name"}}
		if d["userinfo_endpoint"] != "" {
			config["userInfoEndpoint"] = d["userinfo_endpoint"]
		}
		provider["issuer"], provider["oidcConfig"] = c.OIDC.Issuer, config
	}
	return w.post(t, "/-/provider", provider).Error
}

// discovered are the texts of the discovery document.
func discovered(t *testing.T, s *realServer) map[string]string {
	t.Helper()
	var raw map[string]any
	_, text, _ := strings.Cut(s.exchange(t, "GET", s.issuer+"/.well-known/openid-configuration", nil, ""), "{")
	if err := json.Unmarshal([]byte("{"+text), &raw); err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for name, v := range raw {
		out[name], _ = v.(string)
	}
	return out
}

// emitted stores what `emit --for sp --as archestra_api` writes, as Archestra does: with the secret, and with the endpoints of the discovery
// document where it names none.
func (w *travel) emitted(t *testing.T, s *realServer, id string, c connection, secret string) string {
	t.Helper()
	file, err := yaml.Marshal(rep{"version": 1, "connections": []connection{c}})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "ssoctl.yaml"), file, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), binary, "emit", "-c", "ssoctl.yaml", "--for", "sp", "--as", "archestra_api")
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("emit: %v\n%s", err, file)
	}
	var body struct {
		ProviderID, Issuer string
		OIDCConfig         rep
	}
	if err := json.Unmarshal(out, &body); err != nil || body.OIDCConfig == nil || body.ProviderID != id {
		t.Fatalf("%v in\n%s", err, out)
	}
	d := discovered(t, s)
	for member, name := range map[string]string{"authorizationEndpoint": "authorization_endpoint", "tokenEndpoint": "token_endpoint", "jwksEndpoint": "jwks_uri", "userInfoEndpoint": "userinfo_endpoint"} {
		if v, _ := body.OIDCConfig[member].(string); v == "" {
			body.OIDCConfig[member] = d[name]
		}
	}
	body.OIDCConfig["clientSecret"] = secret
	return w.post(t, "/-/provider", rep{"providerId": id, "issuer": body.Issuer, "oidcConfig": body.OIDCConfig}).Error
}

func (w *travel) post(t *testing.T, path string, body any) (answer struct{ Error string }) {
	t.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	res, err := w.b.client.Post(w.b.origin+path, "application/json", bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	return answer
}

// signIn makes the whole login as a browser does: at the SP, at the identity provider, and back.
func (w *travel) signIn(t *testing.T, s *realServer, id string, who account) (in bool, shows string) {
	t.Helper()
	var log []struct{ Message, Reason string }
	w.b.get(t, "/-/log", &log)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	at := w.sp.client()
	at.Jar = jar
	body, err := json.Marshal(rep{"providerId": id, "callbackURL": "/", "errorCallbackURL": "/auth/sign-in"})
	if err != nil {
		t.Fatal(err)
	}
	res, err := at.Post(w.base+"/api/auth/sign-in/sso", "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	var begun struct{ URL, Code, Message string }
	text := bodyOf(t, res)
	if err := json.Unmarshal([]byte(text), &begun); err != nil || begun.URL == "" {
		return false, strings.TrimSuffix(begun.Code+": "+begun.Message, ": ")
	}
	b := s.surfer(t, who)
	b.fields["login"] = who.name
	b.stops = true
	answer := b.goTo(t, begun.URL, w.base+"/", "SAMLResponse")
	switch {
	case strings.HasPrefix(answer, w.base):
		res, err = at.Get(answer)
	case strings.Contains(answer, "SAMLResponse"):
		form := url.Values{}
		block := formLike.FindString(answer)
		for _, field := range fieldLike.FindAllString(block, -1) {
			if name, value := nameLike.FindStringSubmatch(field), valueLike.FindStringSubmatch(field); name != nil && value != nil {
				form.Set(name[1], html.UnescapeString(value[1]))
			}
		}
		res, err = at.PostForm(html.UnescapeString(actionLike.FindStringSubmatch(block)[1]), form)
	default:
		return false, "the identity provider does not send the user back"
	}
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	return w.ended(t, res)
}

func bodyOf(t *testing.T, res *http.Response) string {
	t.Helper()
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// ended reads what better-auth made of the answer.
func (w *travel) ended(t *testing.T, res *http.Response) (in bool, shows string) {
	t.Helper()
	where, err := url.Parse(res.Header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	asked := where.Query()
	session := slices.ContainsFunc(res.Cookies(), func(c *http.Cookie) bool { return strings.HasSuffix(c.Name, "session_token") && c.Value != "" })
	if res.StatusCode == http.StatusFound && session && !asked.Has("error") {
		return true, ""
	}
	var log []struct{ Message, Reason string }
	w.b.get(t, "/-/log", &log)
	reason := ""
	for _, l := range log {
		if l.Message == "SAML response validation failed" {
			reason = " (" + plainReason(l.Reason) + ")"
		}
	}
	if session {
		t.Errorf("a session beside %s", asked.Get("error"))
	}
	if !asked.Has("error") {
		return false, fmt.Sprint(res.StatusCode)
	}
	return false, strings.TrimSuffix(asked.Get("error")+": "+asked.Get("error_description"), ": ") + reason
}
