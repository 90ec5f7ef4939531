package real_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fault is one case of a table: what is broken, how that shows, and what doctor has to say.
type fault struct {
	name   string // its recording is called SERVER-NAME.json
	sp     string // orq, archestra, generic: the healthy connection it starts from
	conn   func(*connection)
	secret func(string) string         // what the SP holds instead of the right secret
	front  func(*testing.T, *front)    // a fault of transport
	inject func(*testing.T, *keycloak) // a fault of the server, taken back by t.Cleanup
	config func(*opConfig)             // a fault of oidc-provider: another start
	files  func(*testing.T, *ssp)      // a fault of SimpleSAMLphp, taken back by t.Cleanup
	args   []string                    // more flags of doctor
	kept   bool                        // with -update its recording goes into testdata/recordings
	seen   seen
	want   expectation
}

// run judges one fault on a server into which it has been put already.
func (s *realServer) run(t *testing.T, server string, f fault) {
	t.Helper()
	c := s.base[f.sp].copy()
	secret := ""
	if c.OIDC != nil {
		secret = s.secrets[c.OIDC.ClientID]
	}
	if f.conn != nil {
		f.conn(&c)
	}
	if f.secret != nil {
		secret = f.secret(secret)
	}
	if f.front != nil {
		f.front(t, s.front)
		t.Cleanup(func() { s.front.reset(t) })
	}
	if f.seen.at != nowhere {
		f.seen.compare(t, s.look(t, f.seen.at, c, secret))
	}
	if *wireOnly {
		return
	}
	s.doctor(t, c, secret, f.args...).compare(t, f.want)
	if *update && f.kept {
		s.record(t, server+"-"+f.name, c, secret, f.args, f.want)
	}
}

// healthy checks that every connection of the server is fine, on the wire and for doctor.
func (s *realServer) healthy(t *testing.T, server string) {
	t.Helper()
	for _, sp := range []string{"orq", "archestra", "generic"} {
		c := s.base[sp]
		t.Run(sp, func(t *testing.T) {
			secret := s.secrets[c.OIDC.ClientID]
			for _, fine := range []seen{
				{at: authPKCE, want: "error=login_required"}, {at: token, want: "invalid_grant"}, {at: jwks, want: `"use":"sig"`},
			} {
				fine.compare(t, s.look(t, fine.at, c, secret))
			}
			if *wireOnly {
				return
			}
			s.doctor(t, c, secret).compareHealthy(t)
			if *update {
				s.record(t, server+"-healthy-"+sp, c, secret, nil, expectation{verdict: "healthy"})
			}
		})
	}
}

// record writes testdata/recordings/NAME.json with the connection file NAME.yaml beside it, and makes sure
// that the secret is in neither and that doctor finds in the recording what it found at the server.
func (s *realServer) record(t *testing.T, name string, c connection, secret string, args []string, want expectation) {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("testdata", "recordings"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, name+".json")
	s.doctor(t, c, secret, append([]string{"--record", file}, args...)...)
	if err := os.Chmod(file, 0o644); err != nil {
		t.Fatal(err)
	}
	recorded, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if bare := strings.TrimSpace(secret); bare != "" && bytes.Contains(recorded, []byte(bare)) {
		t.Errorf("the client secret is in %s", file)
	}
	s.doctor(t, c, secret, append([]string{"--evidence", file}, args...)...).compare(t, want)
	if err := os.WriteFile(filepath.Join(dir, name+".yaml"), c.file(t), 0o644); err != nil {
		t.Fatal(err)
	}
}
