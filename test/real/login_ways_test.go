package real_test

import (
	"bufio"
	"bytes"
	"cmp"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ssoctl/ssoctl/internal/evidence"
)

// secondFactorPassword is that of the user with a second factor, who lives for one test.
const secondFactorPassword = "a password of one test"

// started makes the request of a login and gives its folder, which holds attempt.json, and its address.
func (l *loginKeycloak) started(t *testing.T, c connection, secret string) (dir, address string) {
	t.Helper()
	dir = t.TempDir()
	exit, stdout, stderr := l.ssoctl(t, dir, c, secret, account{}, "", "--start")
	var attempt struct{ URL string }
	if err := json.Unmarshal([]byte(stdout), &attempt); err != nil || exit != 0 || attempt.URL == "" {
		t.Fatalf("--start ended with %d (%v)\n%s\n%s", exit, err, stdout, stderr)
	}
	if err := os.WriteFile(filepath.Join(dir, "attempt.json"), []byte(stdout), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir, attempt.URL
}

// finished brings what the browser ended at.
func (l *loginKeycloak) finished(t *testing.T, dir string, c connection, secret, answer string, more ...string) signedIn {
	t.Helper()
	exit, stdout, stderr := l.ssoctl(t, dir, c, secret, account{}, answer, append([]string{"--finish", "attempt.json", "--callback-file", "-", "--format", "json"}, more...)...)
	return readSignedIn(t, exit, stdout, stderr)
}

// twoSteps begins a login, signs in elsewhere, and brings the answer: the right one, that of another attempt, one that was cancelled,
// one twice, and one too late.
func twoSteps(t *testing.T, l *loginKeycloak) {
	ann := account{"ann", l.passwords["ann"]}
	c := l.base["archestra"]
	secret := l.secrets["archestra"]
	t.Run("healthy", func(t *testing.T) {
		dir, address := l.started(t, c, secret)
		answer := l.surfer(t, ann).goTo(t, address, c.redirect(), "")
		l.finished(t, dir, c, secret, answer).compareLogin(t, loginWant{decision: "allowed admin"})
		l.finished(t, dir, c, secret, answer).compareLogin(t, loginWant{expectation: expectation{code: "TOK007"}})
	})
	t.Run("saml", func(t *testing.T) {
		c := l.base["saml-orq"]
		dir, address := l.started(t, c, "")
		page := l.surfer(t, ann).goTo(t, address, "", "SAMLResponse")
		l.finished(t, dir, c, "", page).compareLogin(t, loginWant{decision: "allowed"})
		_, other := l.started(t, c, "")
		page = l.surfer(t, ann).goTo(t, other, "", "SAMLResponse")
		l.finished(t, dir, c, "", page).compareLogin(t, loginWant{expectation: expectation{code: "RSP007"}})
	})
	t.Run("state-mismatch", func(t *testing.T) {
		dir, _ := l.started(t, c, secret)
		_, other := l.started(t, c, secret)
		answer := l.surfer(t, ann).goTo(t, other, c.redirect(), "")
		l.finished(t, dir, c, secret, answer).compareLogin(t, loginWant{expectation: expectation{code: "AUTHZ011", entry: "state-mismatch"}})
	})
	t.Run("expired-code", func(t *testing.T) {
		l.editRealm(t, set("accessCodeLifespan", 1))
		dir, address := l.started(t, c, secret)
		answer := l.surfer(t, ann).goTo(t, address, c.redirect(), "")
		<-time.After(2100 * time.Millisecond) // Keycloak counts whole seconds
		l.finished(t, dir, c, secret, answer).compareLogin(t, loginWant{expectation: expectation{code: "TOK007"}})
	})
}

// deviceLogin signs in on another device.
func deviceLogin(t *testing.T, l *loginKeycloak) {
	c := l.base["generic"]
	t.Run("switched-off", func(t *testing.T) {
		exit, stdout, stderr := l.ssoctl(t, t.TempDir(), c, l.secrets["app"], account{}, "", "--receive", "device", "--format", "json")
		got := readSignedIn(t, exit, stdout, stderr)
		got.compareLogin(t, loginWant{stops: true, expectation: expectation{code: "DEV003", says: "is off for the client"}})
	})
	l.editClient(t, "app", attribute("oauth2.device.authorization.grant.enabled", "true"))
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "ssoctl.yaml"), c.file(t), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := l.loginCommand(t.Context(), dir, c, l.secrets["app"], account{}, "--receive", "device", "--format", "json")
	var out bytes.Buffer
	cmd.Stdout = &out
	said, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	address, code := "", ""
	lines := bufio.NewScanner(said)
	for code == "" && lines.Scan() {
		if text := strings.TrimSpace(lines.Text()); strings.HasPrefix(text, "https://") {
			address = text
		} else if m := regexp.MustCompile(`enter\s+(\S+)`).FindStringSubmatch(text); m != nil {
			code = m[1]
		}
	}
	b := l.surfer(t, account{"ann", l.passwords["ann"]})
	b.fields["device_user_code"] = code
	b.goTo(t, address, "", "Device Login Successful")
	for lines.Scan() { // what is left has to be read
	}
	_ = cmd.Wait() // the exit code is looked at
	got := readSignedIn(t, cmd.ProcessState.ExitCode(), out.String(), "")
	got.compareLogin(t, loginWant{claims: map[string]string{"id_token.email": "ann@acme-corp.example"}})
}

// keyLogin authenticates the client by a signed assertion.
func keyLogin(t *testing.T, l *loginKeycloak) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	point, err := key.PublicKey.ECDH()
	if err != nil {
		t.Fatal(err)
	}
	raw := base64.RawURLEncoding.EncodeToString
	set1, err := json.Marshal(rep{"keys": []rep{{"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": "app-1", "x": raw(point.Bytes()[1:33]), "y": raw(point.Bytes()[33:])}}})
	if err != nil {
		t.Fatal(err)
	}
	l.editClient(t, "app", func(r rep) {
		r["clientAuthenticatorType"] = "client-jwt"
		for name, value := range map[string]string{"use.jwks.string": "true", "jwks.string": string(set1), "token.endpoint.auth.signing.alg": "ES256"} {
			attribute(name, value)(r)
		}
	})
	c := l.base["generic"].copy()
	c.OIDC.Method = "private_key_jwt"
	c.Exchange = map[string]string{"key_id": "app-1"}
	who := account{"ann", l.passwords["ann"]}
	l.testLogin(t, c, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), who).compareLogin(t, loginWant{claims: map[string]string{"id_token.email": "ann@acme-corp.example"}})
}

// refreshLogin asks for a refresh token, which is used once.
func refreshLogin(t *testing.T, l *loginKeycloak) {
	var role rep
	l.admin.do(t, "GET", "/main/roles/offline_access", nil, &role)
	given := l.user(t, "ann") + "/role-mappings/realm"
	l.admin.do(t, "POST", given, []rep{role}, nil)
	t.Cleanup(func() { l.admin.do(t, "DELETE", given, []rep{role}, nil) })
	c := l.base["generic"].copy()
	c.OIDC.Scopes = append(c.OIDC.Scopes, "offline_access")
	file := filepath.Join(t.TempDir(), "login.json")
	l.testLogin(t, c, l.secrets["app"], account{"ann", l.passwords["ann"]}, "--record", file).compareLogin(t, loginWant{})
	for _, ex := range recordedLogin(t, file).Exchanges {
		if ex.Label == "refresh" && ex.Status == 200 {
			return
		}
	}
	t.Error("the refresh token was not used")
}

// recordedLogin is the login in a recording.
func recordedLogin(t *testing.T, file string) *evidence.Observation {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	recording, err := evidence.Load(f)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range recording.Connections {
		for _, obs := range c.Evidence {
			if obs.Kind == evidence.LoginRun {
				return obs
			}
		}
	}
	t.Fatalf("%s holds no login", file)
	return nil
}

// sessions counts the sessions that a user has.
func (l *loginKeycloak) sessions(t *testing.T, user string) int {
	t.Helper()
	var list []rep
	l.admin.do(t, "GET", l.user(t, user)+"/sessions", nil, &list)
	return len(list)
}

// cleanupLogin leaves nothing behind.
func cleanupLogin(t *testing.T, l *loginKeycloak) {
	who := account{"ann", l.passwords["ann"]}
	l.admin.do(t, "POST", l.user(t, "ann")+"/logout", nil, nil)
	l.testLogin(t, l.base["orq"], l.secrets["orq"], who).compareLogin(t, loginWant{})
	if n := l.sessions(t, "ann"); n != 1 {
		t.Fatalf("%d sessions after a login, 1 expected", n)
	}
	l.admin.do(t, "POST", l.user(t, "ann")+"/logout", nil, nil)
	l.testLogin(t, l.base["orq"], l.secrets["orq"], who, "--cleanup").compareLogin(t, loginWant{})
	if n := l.sessions(t, "ann"); n != 0 {
		t.Errorf("%d sessions after --cleanup", n)
	}
}

// oneAttempt: a wrong password is tried once.
func oneAttempt(t *testing.T, l *loginKeycloak) {
	l.editRealm(t, set("bruteForceProtected", true))
	l.testLogin(t, l.base["orq"], l.secrets["orq"], account{"bob", "another-one"}).compareLogin(t, loginWant{stops: true, expectation: expectation{code: "AUTHZ035"}})
	id := strings.TrimPrefix(l.user(t, "bob"), "/main/users/")
	var seen struct{ NumFailures int }
	l.admin.do(t, "GET", "/main/attack-detection/brute-force/users/"+id, nil, &seen)
	if seen.NumFailures != 1 {
		t.Errorf("Keycloak saw %d attempts, 1 expected", seen.NumFailures)
	}
	l.admin.do(t, "DELETE", "/main/attack-detection/brute-force/users/"+id, nil, nil)
}

// loginPace measures how long the report takes after the callback came, against the answers that it waits for: of Keycloak on the same
// machine, which is for the record, and with 100 ms before each answer, as over a network.
func loginPace(t *testing.T, l *loginKeycloak) {
	c := l.base["orq"]
	for _, x := range []struct {
		name  string
		delay time.Duration
		runs  int
	}{{"on this machine", 0, 9}, {"with 100 ms before each answer", 100 * time.Millisecond, 5}} {
		l.front.change(func() { l.front.before = func(http.ResponseWriter, *http.Request) { <-time.After(x.delay) } })
		t.Cleanup(func() { l.front.reset(t) })
		var all []paced
		for range x.runs {
			file := filepath.Join(t.TempDir(), "login.json")
			got := l.testLogin(t, c, l.secrets["orq"], account{"ann", l.passwords["ann"]}, "--record", file)
			got.compareLogin(t, loginWant{})
			all = append(all, pace(t, file, got.ended))
		}
		slices.SortFunc(all, func(a, b paced) int { return cmp.Compare(a.ratio(), b.ratio()) })
		best, middle := all[0], all[len(all)/2]
		t.Logf("%s: the answers took %s, the report was there after %s, %.2f; in the middle %s, %s, %.2f", x.name, best.answers, best.whole, best.ratio(), middle.answers, middle.whole, middle.ratio())
		if x.delay > 0 && middle.ratio() > 1.2 {
			t.Errorf("the report takes %.2f times as long as the answers that it waits for", middle.ratio())
		}
	}
}

// paced is how long the exchanges after the callback took, and how long it was from the callback until the report was there.
type paced struct{ answers, whole time.Duration }

func (p paced) ratio() float64 { return float64(p.whole) / float64(p.answers) }

func pace(t *testing.T, file string, ended time.Time) paced {
	t.Helper()
	login := recordedLogin(t, file)
	p := paced{whole: ended.Sub(login.Login.Arrived)}
	for _, ex := range login.Exchanges {
		switch ex.Label {
		case evidence.LoginToken, evidence.LoginUserinfo, evidence.LoginRefresh:
			p.answers += ex.Elapsed
		}
	}
	return p
}
