package push

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
)

// envArchestra holds the key of Archestra's API.
const envArchestra = "ARCHESTRA_API_KEY"

// archestra is an identity provider in Archestra.
type archestra struct {
	api
	base       string
	providerID string
}

func openArchestra(j *Job) (remote, error) {
	a := &archestra{base: strings.TrimSuffix(j.Input.Connection.Vars["base_url"], "/")}
	if a.base == "" {
		return nil, errors.New("the connection has no base URL of the application: state sp.base_url")
	}
	if err := secure(a.base); err != nil {
		return nil, err
	}
	a.api = api{job: j, session: j.Session, authorization: a.authorize}
	return a, nil
}

func (a *archestra) authorize(_ context.Context, again bool) (string, error) {
	key := strings.TrimSpace(a.job.Getenv(envArchestra))
	if key == "" {
		return "", fmt.Errorf("no credentials for %s: set %s", a.base, envArchestra)
	}
	if again {
		return "", fmt.Errorf("%s does not take the key in %s", a.base, envArchestra)
	}
	return key, nil // the key as it is, without Bearer
}

func (a *archestra) where() string {
	return fmt.Sprintf("identity provider %q of %s", a.providerID, a.base)
}

// desired puts the secrets where the emitted file names variables: the client secret is what the connection refers to, any other a
// variable of the environment.
func (a *archestra) desired(want rep) (rep, error) {
	a.providerID, _ = want["providerId"].(string)
	filled, err := a.fill("", want)
	if err != nil {
		return nil, err
	}
	return filled.(rep), nil
}

func (a *archestra) fill(path string, v any) (any, error) {
	switch v := v.(type) {
	case rep:
		out := rep{}
		for k, x := range v {
			var err error
			if out[k], err = a.fill(path+"/"+k, x); err != nil {
				return nil, err
			}
		}
		return out, nil
	case string:
		name, ok := strings.CutPrefix(v, "${")
		name, end := strings.CutSuffix(name, "}")
		if !ok || !end || !secretAt(path) {
			return v, nil
		}
		if a.job.Look {
			return "", nil
		}
		if o := a.job.Input.Connection.OIDC; strings.HasSuffix(path, "/clientSecret") && o != nil {
			secret, err := a.session.Secret(o.ClientSecret)
			if err != nil {
				return nil, fmt.Errorf("the client secret (%s): %w", o.ClientSecret, err)
			}
			a.job.secrets = append(a.job.secrets, secret)
			return secret, nil
		}
		if secret := a.job.Getenv(name); secret != "" {
			a.job.secrets = append(a.job.secrets, secret)
			return secret, nil
		}
		return nil, fmt.Errorf("%s: the environment variable %s is not set", strings.TrimPrefix(path, "/"), name)
	}
	return v, nil
}

func (a *archestra) rules() rules {
	return rules{mute: []string{"clientSecret", "privateKeyPem", "privateKey", "privateKeyPass", "encPrivateKey", "encPrivateKeyPass", "decryptionPvk"}}
}

func (a *archestra) at(id string) string {
	if id == "" {
		return a.base + "/api/identity-providers"
	}
	return a.base + "/api/identity-providers/" + url.PathEscape(id)
}

func (a *archestra) read(ctx context.Context) (rep, error) {
	var all []rep
	if err := a.do(ctx, http.MethodGet, a.at(""), nil, &all); err != nil {
		return nil, a.explain(err, "read")
	}
	for _, p := range all {
		if p["providerId"] == a.providerID { // letter case counts
			id, _ := p["id"].(string)
			var whole rep
			if err := a.do(ctx, http.MethodGet, a.at(id), nil, &whole); err != nil {
				return nil, a.explain(err, "read")
			}
			return whole, nil
		}
	}
	return nil, nil
}

func (a *archestra) create(ctx context.Context, want rep) error {
	return a.explain(a.do(ctx, http.MethodPost, a.at(""), want, nil), "created")
}

// written are the members that a PUT takes; the rest of what GET gives belongs to the server.
var written = []string{"providerId", "issuer", "domain", "ssoLoginEnabled", "oidcConfig", "samlConfig", "roleMapping", "teamSyncConfig"}

// update replaces the provider: a PUT takes each part whole, so that what the connection does not mention is sent back as it was. A
// secret that is not known goes as an empty text, which keeps the stored one.
func (a *archestra) update(ctx context.Context, now, next rep) error {
	body := rep{}
	for _, name := range written {
		if v, ok := next[name]; ok && v != nil {
			body[name] = v
		}
	}
	if oidc, ok := body["oidcConfig"].(rep); ok {
		oidc = maps.Clone(oidc)
		if s, _ := oidc["clientSecret"].(string); s == "" {
			have, _ := now["oidcConfig"].(rep)
			stored, _ := have["clientSecret"].(string) // older releases show it, and take an empty one for empty
			oidc["clientSecret"] = stored
		}
		body["oidcConfig"] = oidc
	}
	id, _ := now["id"].(string)
	return a.explain(a.do(ctx, http.MethodPut, a.at(id), body, nil), "changed")
}

// remove takes the provider away. Archestra deletes with it the links of everybody who signed in by it.
func (a *archestra) remove(ctx context.Context, now rep) error {
	id, _ := now["id"].(string)
	return a.explain(a.do(ctx, http.MethodDelete, a.at(id), nil, nil), "removed")
}

func (a *archestra) explain(err error, done string) error {
	what := fmt.Sprintf("%s cannot be %s", a.where(), done)
	switch refused(err) {
	case 0:
		return err
	case http.StatusForbidden:
		return fmt.Errorf("%s: the key in %s belongs to somebody who may not manage identity providers: %w", what, envArchestra, err)
	case http.StatusNotFound:
		return fmt.Errorf("%s: it is gone, or the API listens elsewhere than %s: %w", what, a.base, err)
	case http.StatusUnprocessableEntity, http.StatusConflict:
		return fmt.Errorf("%s: the provider ID is taken or reserved: %w", what, err)
	}
	return fmt.Errorf("%s: %w", what, err)
}
