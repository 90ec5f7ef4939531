package push

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// state is what was there before a push. It holds no secret but the token with which a registration is managed.
type state struct {
	Schema   int       `json:"schema"`
	Target   string    `json:"target"`
	Where    string    `json:"where"`
	At       time.Time `json:"at"`
	Complete bool      `json:"complete"` // the push came to its end
	Before   rep       `json:"before"`   // null: there was nothing
	After    rep       `json:"after"`
	// ClientID, URI and Token manage a registered client (RFC 7592 §3).
	ClientID string `json:"client_id,omitempty"`
	URI      string `json:"registration_client_uri,omitempty"`
	Token    string `json:"registration_access_token,omitempty"`
}

// maxState bounds a state file, in bytes.
const maxState = 8 << 20

// loadState reads a state file; a missing one is an empty state.
func loadState(name string) (*state, error) {
	info, err := os.Stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return &state{Schema: 1}, nil
	}
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > maxState {
		return nil, fmt.Errorf("%s is not the state of a push", name)
	}
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	s := &state{}
	if err := json.Unmarshal(b, s); err != nil || s.Schema != 1 {
		return nil, fmt.Errorf("%s is not the state of a push", name)
	}
	return s, nil
}

// unfinished reports whether an interrupted push of the same object left its state.
func (s *state) unfinished(p *Plan) bool {
	return s.Target == p.Target && s.Where == p.Where && !s.Complete
}

func (s *state) save(name string) error {
	b, err := json.MarshalIndent(s, "", " ")
	if err != nil {
		return err
	}
	return WritePrivate(name, append(b, '\n'))
}

// remove forgets the push. A registration stays known for as long as its client is there.
func (s *state) remove(name string) error {
	*s = state{Schema: 1, ClientID: s.ClientID, URI: s.URI, Token: s.Token}
	if s.URI != "" {
		return s.save(name)
	}
	if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// WritePrivate writes a file that only its owner can read, whole or not at all. Its folder is made when it is missing.
func WritePrivate(name string, b []byte) error {
	dir := filepath.Dir(name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".ssoctl-*") // mode 0600
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}
