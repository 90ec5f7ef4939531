package real_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/ssoctl/ssoctl/internal/lab"
	"github.com/ssoctl/ssoctl/internal/unwrap"
	"github.com/ssoctl/ssoctl/internal/xmltree"
)

var betterAuthOnly = flag.String("betterauth", "", "regular expression: only the cases of TestBetterAuth that it finds; their verdicts are printed and nothing is compared with the table")

// betterAuth is a running better-auth; its log is emptied before each login.
type betterAuth struct {
	origin   string
	client   *http.Client
	versions map[string]string
	keys     *pairs
}

// startBetterAuth installs when needed and starts the SP without any provider.
func startBetterAuth(t *testing.T, env ...string) *betterAuth {
	t.Helper()
	prepare(t, "better-auth.sh")
	addr := ""
	startServer(t, "better-auth.sh", env, 30*time.Second, func(line string) bool {
		var found bool
		addr, found = strings.CutPrefix(line, "listening on 127.0.0.1:")
		return found
	})
	b := &betterAuth{keys: newPairs(t), origin: "http://localhost:" + addr, client: &http.Client{Timeout: 30 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	b.get(t, "/-/versions", &b.versions)
	return b
}

// get reads JSON from one of the addresses that better-auth does not have.
func (b *betterAuth) get(t *testing.T, path string, into any) {
	t.Helper()
	res, err := b.client.Get(b.origin + path)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// register adds a provider and returns why better-auth does not want it, empty when it does.
func (b *betterAuth) register(t *testing.T, id string, config map[string]any) string {
	t.Helper()
	body, err := json.Marshal(map[string]any{"providerId": id, "issuer": "https://app.lab.example", "samlConfig": config})
	if err != nil {
		t.Fatal(err)
	}
	res, err := b.client.Post(b.origin+"/-/provider", "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var answer struct{ Error string }
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	return answer.Error
}

// login carries a response to the ACS of a provider, as a browser would, and says whether that signed the user in; shows is what the
// user is shown else, with the reason of the log in brackets.
func (b *betterAuth) login(t *testing.T, id string, d lab.Delivery) (in bool, shows string) {
	t.Helper()
	var log []struct{ Message, Reason string }
	b.get(t, "/-/log", &log)
	acs := b.origin + "/api/auth/sso/saml2/sp/acs/" + id
	var res *http.Response
	var err error
	if d.Method == http.MethodGet {
		res, err = b.client.Get(acs + "?" + d.Fields.Encode())
	} else {
		res, err = b.client.PostForm(acs, d.Fields)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	where, err := url.Parse(res.Header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	b.get(t, "/-/log", &log)
	reason := ""
	for _, l := range log {
		if l.Message == "SAML response validation failed" {
			reason = " (" + plainReason(l.Reason) + ")"
		}
	}
	asked := where.Query()
	session := slices.ContainsFunc(res.Cookies(), func(c *http.Cookie) bool { return strings.HasSuffix(c.Name, "session_token") && c.Value != "" })
	switch {
	case res.StatusCode == http.StatusFound && session && !asked.Has("error"):
		return true, ""
	case asked.Has("error"):
		shows = strings.TrimSuffix(asked.Get("error")+": "+asked.Get("error_description"), ": ") + reason
	default:
		var said struct{ Code, Message string }
		if json.Unmarshal(text, &said) != nil {
			said.Code = fmt.Sprint(res.StatusCode)
		}
		shows = strings.TrimSuffix(said.Code+": "+said.Message, ": ") + reason
	}
	if session {
		t.Errorf("a session beside %s", shows)
	}
	return false, shows
}

// changing is what differs in the words of one reason from one login to the next.
var changing = regexp.MustCompile(`[0-9A-Za-z+/_-]{20,}={0,2}`)

func plainReason(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	return changing.ReplaceAllStringFunc(s, func(word string) string {
		if strings.ToUpper(word) == word || strings.ContainsAny(word, "/-") && len(word) < 40 {
			return word // a name that better-auth has for the reason, or a part of an address
		}
		return "…"
	})
}

// requestID reads the ID of an AuthnRequest off the address that carries it.
func requestID(t *testing.T, address string) string {
	t.Helper()
	found, err := unwrap.Open("", []byte(address))
	if err != nil || len(found) == 0 {
		return "_not-readable"
	}
	doc, err := xmltree.Parse("", found[0].Data)
	if err != nil {
		return "_not-readable"
	}
	return doc.Root.Attr("ID")
}

// recording is a browser's recording of a login: the request to the identity provider, unless that began the login, and what went to
// the SP.
func recording(t *testing.T, request string, d lab.Delivery, asked, sent time.Time) []byte {
	t.Helper()
	last := map[string]any{"method": d.Method, "url": d.Action, "headers": []any{}}
	if d.Method == http.MethodGet {
		last["url"] = d.Action + "?" + d.Fields.Encode()
	} else {
		last["postData"] = map[string]any{"mimeType": "application/x-www-form-urlencoded", "text": d.Fields.Encode()}
	}
	var entries []any
	for i, r := range []map[string]any{{"method": "GET", "url": request, "headers": []any{}}, last} {
		at := []time.Time{asked, sent}[i]
		if r["url"] != "" {
			entries = append(entries, map[string]any{"startedDateTime": at.UTC().Format("2006-01-02T15:04:05.000Z"), "request": r,
				"response": map[string]any{"status": 200, "headers": []any{}, "redirectURL": "", "content": map[string]any{"text": ""}}})
		}
	}
	har, err := json.Marshal(map[string]any{"log": map[string]any{"version": "1.2", "creator": map[string]string{"name": "test"}, "entries": entries}})
	if err != nil {
		t.Fatal(err)
	}
	return har
}

// said is what `ssoctl decode` says of one login.
type said struct {
	Connections []struct {
		Verdict  string
		Findings []saidFinding
		Results  []struct{ Code, Outcome, Reason string }
	}
}

type saidFinding struct {
	Code, Severity, Message, Effect string
	CausedBy                        string `json:"caused_by"`
}

// prediction is what that means for Archestra.
type prediction struct {
	in    bool
	codes []string // of the root errors, or when there are none of the root warnings
	shows []string // what the effects of the root errors say that Archestra shows
	text  string   // all findings, for the log of a test
}

// predict runs the built ssoctl on a recording.
func predict(t *testing.T, conn map[string]any, metadata, har []byte, spKey string) prediction {
	t.Helper()
	dir := t.TempDir()
	file, err := yaml.Marshal(map[string]any{"version": 1, "connections": []any{conn}})
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{"ssoctl.yaml": file, "idp.xml": metadata, "login.har": har} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, "decode", "login.har", "-c", "ssoctl.yaml", "-n", "lab", "--format", "json")
	cmd.Dir = dir
	cmd.Env = []string{"HOME=" + dir, "PATH=" + os.Getenv("PATH"), "NO_COLOR=1", lab.SPKeyEnv + "=" + spKey}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	var exited *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exited) {
		t.Fatalf("run %s: %v", cmd, err)
	}
	var s said
	if err := json.Unmarshal(stdout.Bytes(), &s); err != nil || len(s.Connections) == 0 {
		t.Fatalf("decode ended with %d, a connection expected in its JSON (%v)\nstdout: %s\nstderr: %s", cmd.ProcessState.ExitCode(), err, &stdout, &stderr)
	}
	return s.prediction(t)
}

// refusal is how an effect begins that says what the SP shows.
const refusal = " refuses the login: "

func (s said) prediction(t *testing.T) prediction {
	p := prediction{in: true}
	for _, c := range s.Connections {
		for _, r := range c.Results {
			if r.Outcome == "broken" {
				t.Errorf("rule %s broke: %s", r.Code, r.Reason)
			}
		}
		for _, severity := range []string{"error", "warning"} {
			for _, f := range c.Findings {
				if f.Severity == severity {
					p.text += fmt.Sprintf("%s %s (caused by %q): %s — %s\n", f.Severity, f.Code, f.CausedBy, f.Message, f.Effect)
				}
				p.in = p.in && f.Severity != "error"
				if f.Severity != severity || f.CausedBy != "" || severity == "warning" && !p.in {
					continue
				}
				if !slices.Contains(p.codes, f.Code) {
					p.codes = append(p.codes, f.Code)
				}
				if _, shows, ok := strings.Cut(f.Effect, refusal); ok && severity == "error" {
					p.shows = append(p.shows, shows)
				}
			}
		}
	}
	return p
}
