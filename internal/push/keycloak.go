package push

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/probe"
)

// The environment that Keycloak's API takes its credentials from: a token, or a client's secret, or a user's password.
const (
	envToken        = "SSOCTL_KEYCLOAK_TOKEN"
	envClientID     = "SSOCTL_KEYCLOAK_CLIENT_ID"
	envClientSecret = "SSOCTL_KEYCLOAK_CLIENT_SECRET"
	envUser         = "SSOCTL_KEYCLOAK_USER"
	envPassword     = "SSOCTL_KEYCLOAK_PASSWORD"
)

// keycloak is a client of a realm.
type keycloak struct {
	api
	server, realm string // https://host/path without a slash at its end, and the realm's name
	clientID      string
	token         string
}

func openKeycloak(j *Job) (remote, error) {
	issuer := j.Input.EntityID
	if c := j.Input.Connection; c.OIDC != nil {
		issuer = c.Issuer()
	} else if c.SAML != nil {
		issuer = cmp.Or(c.SAML.IdPEntityID, issuer)
	}
	server, realm, ok := strings.Cut(issuer, "/realms/")
	realm, unescaped := url.PathUnescape(strings.TrimSuffix(realm, "/"))
	if !ok || realm == "" || unescaped != nil || strings.Contains(realm, "/") {
		return nil, fmt.Errorf("%q is no issuer of Keycloak (https://HOST/realms/REALM): the realm cannot be told from it", issuer)
	}
	if err := secure(server); err != nil {
		return nil, err
	}
	k := &keycloak{server: server, realm: realm}
	k.api = api{job: j, session: j.Session, authorization: k.authorize}
	return k, nil
}

func (k *keycloak) where() string {
	return fmt.Sprintf("client %q in realm %q of %s", k.clientID, k.realm, k.server)
}

func (k *keycloak) desired(want rep) (rep, error) {
	if k.clientID, _ = want["clientId"].(string); k.clientID == "" {
		return nil, errors.New("the connection has no client ID")
	}
	return want, nil
}

func (k *keycloak) rules() rules {
	return rules{open: []string{"redirectUris", "webOrigins"}, sets: []string{"defaultClientScopes", "optionalClientScopes"}, named: []string{"protocolMappers"}}
}

// at is an address below the realm.
func (k *keycloak) at(path string) string {
	return k.server + "/admin/realms/" + url.PathEscape(k.realm) + path
}

func (k *keycloak) read(ctx context.Context) (rep, error) {
	var found []rep
	if err := k.do(ctx, http.MethodGet, k.at("/clients?clientId="+url.QueryEscape(k.clientID)), nil, &found); err != nil {
		return nil, k.explain(err, "read", "view-clients")
	}
	for _, c := range found {
		if c["clientId"] == k.clientID {
			return c, nil
		}
	}
	return nil, nil
}

func (k *keycloak) create(ctx context.Context, want rep) error {
	return k.explain(k.do(ctx, http.MethodPost, k.at("/clients"), want, nil), "created", "manage-clients")
}

// update writes the client in one request, which Keycloak takes whole or not at all, and then the scopes, which have requests of their
// own. It sends the whole representation: parts that are left out would switch some features of the client off.
func (k *keycloak) update(ctx context.Context, now, next rep) error {
	body := maps.Clone(next)
	delete(body, "secret") // stays as it is
	delete(body, "registrationAccessToken")
	attributes := rep{}
	have, _ := now["attributes"].(rep)
	want, _ := next["attributes"].(rep)
	for name := range have {
		if _, stays := want[name]; !stays && !secretAt("/"+name) {
			attributes[name] = "" // an attribute that is not mentioned would be kept
		}
	}
	maps.Copy(attributes, want)
	body["attributes"] = attributes
	if err := k.do(ctx, http.MethodPut, k.client(now), body, nil); err != nil {
		return k.explain(err, "changed", "manage-clients")
	}
	for _, kind := range []struct{ member, path string }{{"defaultClientScopes", "default-client-scopes"}, {"optionalClientScopes", "optional-client-scopes"}} {
		if err := k.scopes(ctx, kind.path, k.client(now), texts(now[kind.member]), texts(next[kind.member])); err != nil {
			return k.explain(err, "changed", "manage-clients")
		}
	}
	return nil
}

// scopes assigns client scopes and takes others away.
func (k *keycloak) scopes(ctx context.Context, path, client string, now, next []string) error {
	if slices.Equal(slices.Sorted(slices.Values(now)), slices.Sorted(slices.Values(next))) {
		return nil
	}
	var known []struct{ ID, Name string }
	if err := k.do(ctx, http.MethodGet, k.at("/client-scopes"), nil, &known); err != nil {
		return err
	}
	for _, s := range known {
		method := ""
		switch was, is := slices.Contains(now, s.Name), slices.Contains(next, s.Name); {
		case was && !is:
			method = http.MethodDelete
		case is && !was:
			method = http.MethodPut
		default:
			continue
		}
		if err := k.do(ctx, method, client+"/"+path+"/"+url.PathEscape(s.ID), nil, nil); err != nil {
			return err
		}
	}
	return nil
}

func (k *keycloak) remove(ctx context.Context, now rep) error {
	return k.explain(k.do(ctx, http.MethodDelete, k.client(now), nil, nil), "removed", "manage-clients")
}

func (k *keycloak) client(now rep) string {
	id, _ := now["id"].(string)
	return k.at("/clients/" + url.PathEscape(id))
}

// secret gives the client's secret, a new one when asked; "" for a client without.
func (k *keycloak) secret(ctx context.Context, rotate bool) (string, error) {
	now, err := k.read(ctx)
	if err != nil {
		return "", err
	}
	if now == nil {
		return "", fmt.Errorf("%s is not there", k.where())
	}
	method := http.MethodGet
	if rotate {
		method = http.MethodPost
	}
	var answer struct{ Value string }
	if err := k.do(ctx, method, k.client(now)+"/client-secret", nil, &answer); err != nil {
		return "", k.explain(err, "changed", "manage-clients")
	}
	return answer.Value, nil
}

// authorize gives a bearer token.
func (k *keycloak) authorize(ctx context.Context, again bool) (string, error) {
	if given := k.job.Getenv(envToken); given != "" {
		if again {
			return "", fmt.Errorf("%s does not take the token in %s (it may be expired)", k.server, envToken)
		}
		return "Bearer " + given, nil
	}
	if k.token == "" || again {
		if err := k.login(ctx); err != nil {
			return "", err
		}
	}
	return "Bearer " + k.token, nil
}

// login fetches a token with the credentials of the environment.
func (k *keycloak) login(ctx context.Context) error {
	get := k.job.Getenv
	user, password := get(envUser), cmp.Or(k.job.Password, get(envPassword))
	id, secret := get(envClientID), get(envClientSecret)
	form, who := url.Values{}, ""
	switch {
	case id != "" && secret != "":
		form, who = url.Values{"grant_type": {"client_credentials"}, "client_id": {id}, "client_secret": {secret}}, fmt.Sprintf("client %q (%s)", id, envClientID)
	case user != "" && password != "":
		form, who = url.Values{"grant_type": {"password"}, "client_id": {cmp.Or(id, "admin-cli")}, "username": {user}, "password": {password}}, fmt.Sprintf("user %q (%s)", user, envUser)
	default:
		return fmt.Errorf("no credentials for %s: set %s with %s, or %s with %s, or %s", k.server, envClientID, envClientSecret, envUser, envPassword, envToken)
	}
	realm := k.adminRealm()
	at := k.server + "/realms/" + url.PathEscape(realm) + "/protocol/openid-connect/token"
	ex, err := k.send(ctx, probe.Request{Label: "push", Method: http.MethodPost, URL: at, Accept: "application/json", Form: form})
	if err != nil {
		return err
	}
	var token struct {
		Access string `json:"access_token"`
	}
	err = k.answer(ex, &token)
	switch {
	case refused(err) == http.StatusNotFound:
		return fmt.Errorf("%s has no realm %q to sign in at: name the administrator's with --admin-realm", k.server, realm)
	case refused(err) != 0:
		return fmt.Errorf("realm %q of %s does not let %s in: %w", realm, k.server, who, err)
	case err != nil:
		return err
	case token.Access == "":
		return fmt.Errorf("%s answered without an access token", at)
	}
	k.token = token.Access
	k.job.secrets = append(k.job.secrets, token.Access)
	return nil
}

func (k *keycloak) adminRealm() string { return cmp.Or(k.job.Realm, "master") }

// explain says in an administrator's words what a refusal means.
func (k *keycloak) explain(err error, done, role string) error {
	what := fmt.Sprintf("client %q cannot be %s", k.clientID, done)
	switch refused(err) {
	case 0:
		return err
	case http.StatusForbidden:
		return fmt.Errorf("%s: who signs in lacks the role %q of realm %q (client realm-management; from the realm master: client %s-realm): %w", what, role, k.realm, k.realm, err)
	case http.StatusNotFound:
		return fmt.Errorf("%s: %s has no realm %q, or the client is gone, or its admin API is not reachable from here: %w", what, k.server, k.realm, err)
	case http.StatusConflict:
		return fmt.Errorf("%s: the realm holds one of that name already, or somebody changed it at the same time; nothing was written: %w", what, err)
	}
	return fmt.Errorf("%s: %w", what, err)
}

func texts(v any) []string {
	list, _ := v.([]any)
	var out []string
	for _, x := range list {
		if s, ok := x.(string); ok {
			out = append(out, s)
		}
	}
	return out
}
