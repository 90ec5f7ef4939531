package cli

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/zalando/go-keyring"

	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/connection"
	"github.com/ssoctl/ssoctl/internal/emit"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/knowledge"
	"github.com/ssoctl/ssoctl/internal/probe"
	"github.com/ssoctl/ssoctl/internal/push"
	"github.com/ssoctl/ssoctl/internal/samldoc"
)

// pushJob opens the connection and the API. done gives back what it holds.
func (a *App) pushJob(o pushing, target push.Target) (job *push.Job, done func(), err error) {
	if o.format != "text" && o.format != "json" {
		return nil, nil, usage("", "unknown --format %q; known: text, json", o.format)
	}
	file, err := a.find(o.config)
	if err != nil {
		return nil, nil, err
	}
	f, err := a.load(file)
	if err != nil {
		return nil, nil, err
	}
	t, err := oneTarget(f, o.name)
	if err != nil {
		return nil, nil, err
	}
	lib := knowledge.New()
	if o.state == "" && a.Getenv("XDG_STATE_HOME") == "" && a.Getenv("HOME") == "" {
		return nil, nil, usage("name a file with --state", "neither XDG_STATE_HOME nor HOME says where the former state goes")
	}
	if err := (&judge{lib: lib}).known([]*config.Target{t}); err != nil {
		return nil, nil, err
	}
	env, err := o.env(a, base(a, file), false)
	if err != nil {
		return nil, nil, err
	}
	env.UserAgent = "ssoctl/" + Version + " (push)"
	own, _, err := ownProfile(t, env.ReadFile)
	if err != nil {
		return nil, nil, usage("", "read the SP profile: %w", err)
	}
	password, err := o.password(a)
	if err != nil {
		return nil, nil, err
	}
	ctx, stop := a.Context()
	limited, cancel := context.WithTimeout(ctx, o.timeout)
	session := probe.Open(limited, env, t, lib, own)
	done = func() { session.Close(); cancel(); stop() }
	in, err := a.pushInput(session, func(seen connection.Seen) (emit.Input, error) { return a.emitInput(t, lib, seen) })
	if err != nil {
		done()
		return nil, nil, err
	}
	return &push.Job{Target: target, Session: session, Input: in, Format: o.as, Realm: o.realm, Getenv: a.Getenv, Password: password,
		Prune: o.prune, Now: a.Now, StateFile: a.stateFile(o.state, file, t.Name, target.ID)}, done, nil
}

// pushInput fills in what the metadata says that the connection gives by its address.
func (a *App) pushInput(s *probe.Session, resolve func(connection.Seen) (emit.Input, error)) (emit.Input, error) {
	part := s.Conn().SAML
	if part == nil || !strings.Contains(part.IdPMetadata, "://") {
		return resolve(connection.Seen{})
	}
	obs := answered(s.Gather(map[evidence.Kind]bool{evidence.SAMLMetadata: true})[evidence.SAMLMetadata])
	if obs == nil {
		return resolve(connection.Seen{})
	}
	seen := connection.Seen{}
	if m, err := samldoc.ParseMetadata("", obs.Document(), part.IdPEntityID, "IDPSSODescriptor"); err == nil {
		seen = probe.SeenIn(m)
	}
	in, err := resolve(seen)
	if err == nil {
		fromMetadata(&in, part, func(string) ([]byte, error) { return obs.Document(), nil })
	}
	return in, err
}

// password reads the administrator's password from where the flags say; "" leaves it to the environment.
func (o *pushing) password(a *App) (string, error) {
	var b []byte
	var err error
	switch {
	case o.passwordFile != "":
		b, err = readCapped(a.path(o.passwordFile), 64<<10)
	case o.passwordFD >= 0:
		f := os.NewFile(uintptr(o.passwordFD), "password-fd")
		if f == nil {
			return "", usage("", "--password-fd %d is no open file descriptor", o.passwordFD)
		}
		defer f.Close()
		b, err = io.ReadAll(io.LimitReader(f, 64<<10))
	}
	if err != nil {
		return "", usage("", "read the password: %w", err)
	}
	return strings.TrimRight(string(b), "\r\n"), nil
}

// stateFile is where the former state of a push is kept.
func (a *App) stateFile(flag, file, name, target string) string {
	if flag != "" {
		return a.path(flag)
	}
	dir := cmp.Or(a.Getenv("XDG_STATE_HOME"), filepath.Join(a.Getenv("HOME"), ".local", "state"))
	abs, _ := filepath.Abs(a.path(file))
	sum := sha256.Sum256([]byte(abs))
	return filepath.Join(dir, "ssoctl", "push", nameOf(name)+"-"+target+"-"+hex.EncodeToString(sum[:4])+".json")
}

// secretPlace opens the place that a secret goes to before there is one, so that a new secret is never lost for a folder that is not there.
func (a *App) secretPlace(to string) (func(string) error, error) {
	if name, ok := strings.CutPrefix(to, "keyring:"); ok {
		if _, err := keyring.Get("ssoctl", name); err != nil && !errors.Is(err, keyring.ErrNotFound) {
			return nil, usage("", "the keyring cannot be reached: %w", err)
		}
		return func(secret string) error { return keyring.Set("ssoctl", name, secret) }, nil
	}
	if to == "" {
		return nil, nil
	}
	path := a.path(strings.TrimPrefix(to, "file:"))
	probe, err := os.CreateTemp(filepath.Dir(path), ".ssoctl-*")
	if err != nil {
		return nil, usage("", "write --secret-to: %w", err)
	}
	if err := errors.Join(probe.Close(), os.Remove(probe.Name())); err != nil {
		return nil, usage("", "write --secret-to: %w", err)
	}
	return func(secret string) error { return push.WritePrivate(path, []byte(secret+"\n")) }, nil
}
