package push

import (
	"context"
	"fmt"
	"strings"
)

// keeper is an API that hands out the client's secret.
type keeper interface {
	secret(ctx context.Context, rotate bool) (string, error)
}

// Secret gives the client's secret from the API, a new one when rotate is set. Whoever gets it must not show it. The place that it goes to
// should be known to be writable before: the old secret is gone with the request.
func (j *Job) Secret(ctx context.Context, rotate bool) (string, error) {
	if err := j.prepare(); err != nil {
		return "", err
	}
	k, ok := j.remote.(keeper)
	if !ok {
		return "", fmt.Errorf("%s hands out no secret", j.Target.Title)
	}
	secret, err := k.secret(ctx, rotate)
	if err == nil && secret == "" {
		err = fmt.Errorf("%s has no secret", j.remote.where())
	}
	return secret, err
}

// SecretDrift compares the client's secret at the API with the one that the connection refers to. It is nil when they are one, and when
// the connection refers to none. Neither is shown.
func (j *Job) SecretDrift(ctx context.Context) (*Change, error) {
	o := j.Input.Connection.OIDC
	if o == nil || o.ClientSecret == "" {
		return nil, nil
	}
	ours, err := j.Session.Secret(o.ClientSecret)
	if err != nil {
		return nil, fmt.Errorf("the client secret is not compared (%s): %w", o.ClientSecret, err)
	}
	theirs, err := j.Secret(ctx, false)
	if err != nil {
		return nil, fmt.Errorf("the client secret is not compared: %w", err)
	}
	if ours == theirs {
		return nil, nil
	}
	return &Change{Path: "secret", Old: "[another secret]", New: "[secret " + o.ClientSecret + "]"}, nil
}

// hush takes the secrets of this job out of a text that came from outside.
func (j *Job) hush(text string) string {
	hidden := append([]string{j.Password, j.state.Token}, j.secrets...)
	for _, name := range []string{envToken, envClientSecret, envPassword, envArchestra, envInitial} {
		hidden = append(hidden, j.Getenv(name))
	}
	for _, secret := range hidden {
		if secret = strings.TrimSpace(secret); len(secret) > 3 {
			text = strings.ReplaceAll(text, secret, "[secret]")
		}
	}
	return text
}
