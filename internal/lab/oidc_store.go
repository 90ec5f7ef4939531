package lab

import (
	"crypto/subtle"
	"net/url"
	"sync"
	"time"
)

// Lifetimes of what the lab hands out.
const (
	codeLife    = 60 * time.Second
	parLife     = 60 * time.Second
	tokenLife   = 300 * time.Second
	refreshLife = 24 * time.Hour
	pendingLife = 10 * time.Minute
	deviceLife  = 10 * time.Minute
	devicePace  = 1 * time.Second // RFC 8628 leaves it to the server; 5 s is only the client's default
)

type (
	// session is a browser that is signed in.
	session struct {
		user User
		at   time.Time
	}
	// pending is a request whose login form is shown.
	pending struct {
		req     authRequest
		saml    *samlRequest // in place of req
		expires time.Time
	}
	// grant is what a user allowed; all tokens of one login share it, so that they can be revoked together.
	grant struct {
		user     User
		scope    []string
		nonce    string
		authTime time.Time
		revoked  bool // guarded by store.mu
	}
	codeEntry struct {
		req     authRequest
		grant   *grant
		expires time.Time
		used    bool
	}
	tokenEntry struct {
		grant   *grant
		expires time.Time
		used    bool // of a refresh token: it was exchanged for the next one
	}
	pushedEntry struct {
		params  url.Values
		expires time.Time
	}
	deviceEntry struct {
		userCode string
		scope    []string
		expires  time.Time
		next     time.Time // earliest poll that is not too fast
		pace     time.Duration
		denied   bool
		grant    *grant // set once a user allowed it
	}
)

// store is the lab's memory. Its methods hold the lock, entries are copies.
type store struct {
	mu       sync.Mutex
	sessions map[string]session
	pending  map[string]pending
	codes    map[string]*codeEntry
	access   map[string]*tokenEntry
	refresh  map[string]*tokenEntry
	pushed   map[string]pushedEntry
	devices  map[string]*deviceEntry
}

func newStore() *store {
	return &store{sessions: map[string]session{}, pending: map[string]pending{}, codes: map[string]*codeEntry{}, access: map[string]*tokenEntry{},
		refresh: map[string]*tokenEntry{}, pushed: map[string]pushedEntry{}, devices: map[string]*deviceEntry{}}
}

func put[T any](s *store, m map[string]T, key string, v T) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	m[key] = v
	return key
}

func take[T any](s *store, m map[string]T, key string) (T, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, ok := m[key]
	delete(m, key)
	return v, ok
}

func (s *store) addSession(v session) string { return put(s, s.sessions, token(24), v) }

func (s *store) session(id string) (session, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, ok := s.sessions[id]
	return v, ok
}

func (s *store) dropSession(id string) { take(s, s.sessions, id) }

func (s *store) addPending(v pending) string { return put(s, s.pending, token(24), v) }

func (s *store) takePending(id string) (pending, bool) { return take(s, s.pending, id) }

func (s *store) addRefresh(v tokenEntry) string { return put(s, s.refresh, token(32), &v) }

func (s *store) addPushed(v pushedEntry) string {
	return put(s, s.pushed, requestURN+token(24), v)
}

func (s *store) takePushed(id string) (pushedEntry, bool) { return take(s, s.pushed, id) }

// redeem takes a code once; a second try revokes everything that came of it (RFC 6749 section 4.1.2).
func (s *store) redeem(code string, now time.Time) (codeEntry, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.codes[code]
	if !ok {
		return codeEntry{}, false
	}
	if c.used {
		c.grant.revoked = true
		return codeEntry{}, false
	}
	c.used = true
	return *c, now.Before(c.expires)
}

// exchange takes a refresh token once; a second try revokes its whole family (RFC 9700 section 4.14.2).
func (s *store) exchange(id string, now time.Time) (*grant, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, ok := s.refresh[id]
	if !ok {
		return nil, false
	}
	if t.used {
		t.grant.revoked = true
	}
	t.used = true
	return t.grant, !t.grant.revoked && now.Before(t.expires)
}

// bearer finds the grant behind an access token.
func (s *store) bearer(id string, now time.Time) (*grant, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, ok := s.access[id]
	if !ok || t.grant.revoked || !now.Before(t.expires) {
		return nil, false
	}
	return t.grant, true
}

// revoke ends the login behind a token, whichever kind it is.
func (s *store) revoke(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range []map[string]*tokenEntry{s.access, s.refresh} {
		if t, ok := m[id]; ok {
			t.grant.revoked = true
		}
	}
}

// same compares secrets in a time that does not depend on where they differ.
func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
