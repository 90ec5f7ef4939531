package push

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
)

// envInitial holds the initial access token of a server that does not register just anybody (RFC 7591 §3).
const envInitial = "SSOCTL_REGISTRATION_TOKEN"

// registration is a client that registered itself. Its ID and the token to manage it are in the state.
type registration struct {
	api
	with string // the token for the next request
	made rep    // what the server made just now
}

func openRegistration(j *Job) (remote, error) {
	if j.Input.Connection.OIDC == nil {
		return nil, errors.New("clients of SAML cannot register themselves")
	}
	r := &registration{}
	r.api = api{job: j, session: j.Session, authorization: r.authorize}
	return r, nil
}

func (r *registration) where() string {
	return fmt.Sprintf("registered client of %s at %s", r.job.Input.Connection.Name, r.job.Input.Connection.Issuer())
}

func (r *registration) desired(want rep) (rep, error) { return want, nil }

func (r *registration) rules() rules {
	return rules{open: []string{"redirect_uris", "post_logout_redirect_uris", "grant_types", "response_types"}, mute: []string{"scope"}}
}

// authorize gives the token: the initial one, or the one of the registration.
func (r *registration) authorize(context.Context, bool) (string, error) {
	if r.with == "" {
		return "", nil
	}
	return "Bearer " + r.with, nil
}

// read asks for the registration (RFC 7592 §2.1). A server that registers but does not manage gives no address to ask at.
func (r *registration) read(ctx context.Context) (rep, error) {
	s := r.job.state
	if s.ClientID == "" {
		return nil, nil
	}
	if s.URI == "" || s.Token == "" {
		if r.made != nil {
			return r.made, nil
		}
		return nil, fmt.Errorf("client %q is registered, and the server gave no address of its own to manage it at (RFC 7592): change it there by hand", s.ClientID)
	}
	if err := r.manages(s.URI); err != nil {
		return nil, err
	}
	r.with = s.Token
	var now rep
	if err := r.do(ctx, http.MethodGet, s.URI, nil, &now); err != nil {
		return nil, r.explain(err)
	}
	if now == nil {
		return nil, fmt.Errorf("%s answered without a registration", s.URI)
	}
	withDefaults(now)
	return now, r.learn(now)
}

// manages refuses to send the token to an address that does not belong to the issuer.
func (r *registration) manages(address string) error {
	if why := r.session.MaySend(address); why != nil {
		return fmt.Errorf("%s: %s", address, why.Text)
	}
	return nil
}

// learn keeps what manages the registration: the server may give a new token with every answer (RFC 7592 §2.1, §2.2).
func (r *registration) learn(answer rep) error {
	s, old := r.job.state, *r.job.state
	for _, m := range []struct {
		to   *string
		name string
	}{{&s.ClientID, "client_id"}, {&s.URI, "registration_client_uri"}, {&s.Token, "registration_access_token"}} {
		if v, _ := answer[m.name].(string); v != "" {
			*m.to = v
		}
	}
	if s.ClientID == old.ClientID && s.URI == old.URI && s.Token == old.Token {
		return nil
	}
	return s.save(r.job.StateFile)
}

func (r *registration) create(ctx context.Context, want rep) error {
	at := r.session.Endpoint("registration_endpoint")
	if at == "" {
		return fmt.Errorf("%s offers no registration_endpoint in its discovery document", r.job.Input.Connection.Issuer())
	}
	if err := r.manages(at); err != nil {
		return err
	}
	r.with = r.job.Getenv(envInitial)
	var made rep
	if err := r.do(ctx, http.MethodPost, at, want, &made); err != nil {
		return r.explain(err)
	}
	if id, _ := made["client_id"].(string); id == "" {
		return fmt.Errorf("%s answered without a client_id", at)
	}
	// The token goes to nobody else: a client with a foreign address to manage it at counts as one without.
	if uri, _ := made["registration_client_uri"].(string); uri != "" && r.manages(uri) != nil {
		delete(made, "registration_client_uri")
		delete(made, "registration_access_token")
	}
	r.made = made
	withDefaults(made)
	return r.learn(made)
}

// withDefaults fills in what RFC 7591 §2 and OpenID Connect Registration §2 say that an absent member means.
func withDefaults(o rep) {
	for name, usual := range map[string]any{"application_type": "web", "token_endpoint_auth_method": "client_secret_basic", "grant_types": []any{"authorization_code"}, "response_types": []any{"code"}} {
		if o[name] == nil {
			o[name] = usual
		}
	}
}

// update sends the whole registration (RFC 7592 §2.2), without what the server alone may set.
func (r *registration) update(ctx context.Context, now, next rep) error {
	body := maps.Clone(next)
	for _, name := range []string{"registration_access_token", "registration_client_uri", "client_secret_expires_at", "client_id_issued_at", "client_secret"} {
		delete(body, name)
	}
	body["client_id"] = r.job.state.ClientID
	if secret, ok := now["client_secret"]; ok { // when it is sent it has to be the present one
		body["client_secret"] = secret
	}
	r.with = r.job.state.Token
	var after rep
	if err := r.do(ctx, http.MethodPut, r.job.state.URI, body, &after); err != nil {
		return r.explain(err)
	}
	return r.learn(after)
}

func (r *registration) remove(ctx context.Context, _ rep) error {
	s := r.job.state
	r.with = s.Token
	if err := r.do(ctx, http.MethodDelete, s.URI, nil, nil); err != nil {
		return r.explain(err)
	}
	s.ClientID, s.URI, s.Token = "", "", ""
	return nil
}

func (r *registration) secret(ctx context.Context, rotate bool) (string, error) {
	if rotate {
		return "", errors.New("a registered client cannot ask for a new secret: register it anew (--undo, then push)")
	}
	now, err := r.read(ctx)
	secret, _ := now["client_secret"].(string)
	return secret, err
}

func (r *registration) explain(err error) error {
	switch refused(err) {
	case http.StatusUnauthorized, http.StatusForbidden:
		if r.job.state.URI == "" {
			return fmt.Errorf("the server does not register just anybody: put an initial access token into %s: %w", envInitial, err)
		}
		return fmt.Errorf("the server does not take the registration's own token: the client may have been removed there: %w", err)
	}
	return err
}

// Registered gives the ID of the registered client; "" when there is none.
func (j *Job) Registered() string {
	if j.state == nil {
		return ""
	}
	return j.state.ClientID
}

// Known reports whether a client was registered from here.
func (j *Job) Known() bool {
	s, err := loadState(j.StateFile)
	return err == nil && s.ClientID != ""
}
