package all

import (
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/connection"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/knowledge"
	"github.com/ssoctl/ssoctl/internal/probe"
	"github.com/ssoctl/ssoctl/internal/source"
	"github.com/ssoctl/ssoctl/internal/unwrap"
)

// env reads the files of the story and nothing else.
func (s story) env(now time.Time) *probe.Env {
	return &probe.Env{
		Offline: true, Now: func() time.Time { return now }, Random: func() string { return "abcdefghijklmnopqrstuvwxyz" }, Getenv: func(string) string { return "" },
		ReadFile: func(name string) ([]byte, error) {
			if b, ok := s.files[path.Clean(name)]; ok {
				return b, nil
			}
			if strings.HasPrefix(path.Clean(name), "keys/") {
				return os.ReadFile(root + path.Clean(name))
			}
			return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
		},
	}
}

// saml adds what a SAML connection names: its certificates, and its metadata when that is a file of the story.
func (s story) saml(t *testing.T, set evidence.Set, target *config.Target, lib *knowledge.Library, now time.Time) {
	t.Helper()
	if target == nil || target.SAML == nil {
		return
	}
	want := map[evidence.Kind]bool{evidence.SAMLCerts: true, evidence.SAMLMetadata: true}
	for kind, obs := range probe.Gather(t.Context(), s.env(now), target, lib, s.own(t), want).Set {
		if _, there := s.files[path.Clean(target.SAML.IdPMetadata)]; kind == evidence.SAMLCerts || there {
			set[kind] = obs
		}
	}
}

func metadataURL(conn *connection.Connection) string {
	if conn != nil && conn.SAML != nil && strings.Contains(conn.SAML.IdPMetadata, "://") {
		return conn.SAML.IdPMetadata
	}
	return "https://idp.example.com/metadata"
}

func isMessage(name string) bool {
	return slices.Contains([]string{"saml.response.xml", "saml.request.xml", "saml.logout.xml", "saml.messages.txt"}, strings.TrimPrefix(name, "file."))
}

var issued = regexp.MustCompile(`IssueInstant="([^"]*)"`)

// messages opens the messages of the story with the keys of the connection, as decode does, and redacts them.
func (s story) messages(t *testing.T, set evidence.Set, target *config.Target, now time.Time) {
	t.Helper()
	entity, key := "", ""
	if target != nil && target.SAML != nil {
		entity, key = target.SAML.IdPEntityID, target.SAML.SPPrivateKey
	}
	trust := probe.Trust(set, entity)
	names := []string{}
	for name := range s.files {
		if isMessage(name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	var all []evidence.Message
	for _, name := range names {
		found, err := unwrap.Open(name, s.made(t, name))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, d := range found {
			if !probe.IsMessage(d) {
				continue
			}
			m := probe.Examine(d, probe.TrustIn(d, set, entity), probe.SPKeys(s.env(now), key))
			if _, ok := s.files["sent"]; ok {
				m.Sent = s.time(t, "sent", now)
			}
			if at := issued.FindSubmatch(m.XML); !m.Sent.IsZero() && len(found) == 1 && at != nil && strings.Contains(name, ".request.") {
				m.Sent, _ = time.Parse(time.RFC3339, string(at[1])) // a request is sent when it is made
			}
			if m.Source = name; strings.HasPrefix(name, "file.") {
				m.Source, m.Begins = name[5:], source.Pos{Line: 1, Col: 1}
			}
			all = append(all, m)
		}
	}
	if len(all) > 0 {
		set[evidence.SAMLMessages] = &evidence.Observation{Kind: evidence.SAMLMessages, Source: all[0].Source, At: now, Messages: all}
	}
	if obs := set[evidence.SAMLSSO]; obs != nil && obs.Messages == nil {
		for _, ex := range obs.Exchanges {
			if m, ok := probe.Answer(ex, trust); ok {
				m.Label, m.Source = ex.Label, "the answer of "+ex.URL
				obs.Messages = append(obs.Messages, m)
			}
		}
	}
	redacted := evidence.Redact(set, []byte("a key for cases"))
	for _, kind := range []evidence.Kind{evidence.SAMLMessages, evidence.SAMLSSO, evidence.SAMLCerts} {
		if set[kind] != nil {
			set[kind] = redacted[kind]
		}
	}
}
