package cli

import (
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ssoctl/ssoctl/internal/lab"
	"github.com/ssoctl/ssoctl/internal/render"
)

// TestLoginSecrets looks for everything secret of a login wherever ssoctl writes: in every format, with and without -v, on standard
// error, and in recordings, which hold nothing personal either.
func TestLoginSecrets(t *testing.T) {
	for name, o := range map[string]lab.Options{
		"oidc": {}, "key": {KeyJWT: true}, "implicit": {Implicit: true}, "saml": {Protocol: "saml"},
		"refresh": {Fault: "TOK013"}, "state": {Fault: "AUTHZ011-changed"}, "nonce": {Fault: "IDT021-missing"}, "code": {Fault: "TOK007"}, "answer": {Fault: "TOK002"},
		"userinfo": {Fault: "UI002"}, "access": {Fault: "IDT025"}, "short code": {Fault: "AUTHZ015"}, "signature": {Fault: "IDT006"}, "parts": {Fault: "IDT001"}, "domain": {Fault: "IDT032"},
		"relay": {Fault: "RSP012"}, "sealed": {Fault: "ENC001"}, "request": {Fault: "RSP008"}, "device": {}, "loopback": {Loopback: true}, "otp": {Fault: "AUTHZ020-otp"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for i, format := range render.Formats {
				b := newBench(t, o)
				if name == "implicit" {
					b.write(t, "ssoctl.yaml", strings.Replace(b.lab.Connection(), "      client_id:", "      grant: implicit\n      client_id:", 1))
				}
				for _, verbose := range []bool{false, true} {
					if i > 0 && verbose != (format == "text") && format != "json" { // each format once, the two that people read twice
						continue
					}
					b.keepsSecrets(t, name, format, verbose)
				}
			}
		})
	}
}

// keepsSecrets makes one login and reads all that was written.
func (b *bench) keepsSecrets(t *testing.T, receiver, format string, verbose bool) {
	t.Helper()
	recording := filepath.Join(b.dir, "run.json")
	args := b.flags("--format", format, "--record", recording, "--cleanup")
	if verbose {
		args = append(args, "-v")
	}
	wait := func() {}
	switch receiver {
	case "device":
		args, wait = append(args, "--receive", "device"), b.allows(t)
	case "loopback":
		args, wait = append(args, "--receive", "loopback", "--redirect", "http://127.0.0.1:0/callback", "--no-browser"), b.visits(t)
	default:
		b.signsIn()
		args = append(args, "--driver", "form")
	}
	_, out, errs := b.run(args...)
	wait()
	kept, err := os.ReadFile(recording)
	if err != nil {
		t.Fatalf("no recording: %v\n%s%s", err, out, errs)
	}
	texts := map[string]string{"standard output, " + format: out, "the recording": string(kept), "the page in the browser": b.page}
	if receiver != "loopback" || !verbose { // -v shows the address that the browser is sent to, which holds state and nonce
		texts["standard error"] = errs
	}
	b.secretIn(t, texts)
	for _, personal := range []string{`\bAnn\b`, `\bArcher\b`, `ann@`, `"1001"`} {
		if m := regexp.MustCompile(personal).FindStringIndex(string(kept)); m != nil {
			t.Errorf("the recording holds %q: %s", personal, around(string(kept), m[0]))
		}
	}
}

// secretIn reports every secret of the lab that stands in a text.
func (b *bench) secretIn(t *testing.T, texts map[string]string) {
	t.Helper()
	told := map[string]bool{}
	secrets := append(b.lab.Secrets(), b.lab.ClientSecret, b.lab.Password)
	if len(secrets) < 6 {
		t.Errorf("the lab tells of %d secrets only", len(secrets))
	}
	for _, s := range secrets {
		forms := []string{s, url.QueryEscape(s), strings.ReplaceAll(s, `"`, `\"`)}
		if i := strings.LastIndex(s, "."); i > 0 && strings.Count(s, ".") == 2 {
			forms = append(forms, s[i+1:]) // the signature
		}
		for _, form := range forms {
			if len(form) < 8 || strings.HasPrefix(s, "ssoctl-doctor") || strings.Contains(s, "bogus") { // of probes, which belong to nobody
				continue
			}
			for where, text := range texts {
				if told[form+where] {
					continue
				}
				told[form+where] = true
				if i := strings.Index(text, form); i >= 0 {
					t.Errorf("%q stands in %s: %s", form[:min(len(form), 40)], where, around(text, i))
				}
			}
		}
	}
}

func around(text string, i int) string { return text[max(0, i-120):min(len(text), i+60)] }

// allows enters the code of a device at the lab, beside the run that waits for it.
func (b *bench) allows(t *testing.T) func() {
	t.Helper()
	w := b.browser(t)
	return b.beside(t, deviceHere, w.allow)
}

// visits signs in beside a run that listens on loopback.
func (b *bench) visits(t *testing.T) func() {
	t.Helper()
	w := b.browser(t)
	return b.beside(t, signHere, func(shown string) error {
		o, err := w.walk(shown)
		if err == nil {
			b.page, err = w.deliver(o)
		}
		return err
	})
}

// TestRevealed: --reveal and --save-tokens are the places where secrets may stand, and the file is for its owner alone.
func TestRevealed(t *testing.T) {
	for _, protocol := range []string{"oidc", "saml"} {
		t.Run(protocol, func(t *testing.T) {
			b := newBench(t, lab.Options{Protocol: protocol})
			b.signsIn()
			file := filepath.Join(b.dir, "tokens.json")
			code, out, errs := b.run(b.flags("--driver", "form", "--save-tokens", file)...)
			b.secretIn(t, map[string]string{"standard output": out, "standard error": errs})
			info, err := os.Stat(file)
			if err != nil {
				t.Fatalf("exit %d: %v", code, err)
			}
			if info.Mode().Perm() != 0o600 {
				t.Errorf("mode %v", info.Mode())
			}
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var saved map[string]string
			if err := json.Unmarshal(text, &saved); err != nil {
				t.Fatal(err)
			}
			switch protocol {
			case "oidc":
				if !slices.Contains(b.lab.Secrets(), saved["id_token"]) || !slices.Contains(b.lab.Secrets(), saved["access_token"]) {
					t.Errorf("saved %v", saved)
				}
			default:
				if !strings.Contains(saved["saml_response"], "<saml:Assertion") {
					t.Errorf("saved %v", saved)
				}
			}
		})
	}
}

// TestRevealedNonce: what --reveal shows is what came.
func TestRevealedNonce(t *testing.T) {
	b := newBench(t, lab.Options{Fault: "IDT021"})
	b.signsIn()
	r, _ := b.testLogin(t, "--driver", "form", "--reveal")
	nonce := ""
	for _, q := range b.lab.Requests() {
		if n := q.Query.Get("nonce"); n != "" && q.Query.Get("prompt") == "" {
			nonce = n
		}
	}
	if len(r.Connections[0].Findings) == 0 || nonce == "" || !strings.Contains(r.Connections[0].Findings[0].Message, nonce) {
		t.Errorf("nonce %q", nonce)
		r.say(t)
	}
}

// TestKeyStaysHere: a client that proves itself by a private key signs with it at every endpoint, and sends it to none.
func TestKeyStaysHere(t *testing.T) {
	b := newBench(t, lab.Options{Fault: "DISC054", KeyJWT: true})
	r, _ := b.loginBy(t, "form", "--cleanup")
	if len(r.Connections[0].Claims) == 0 {
		t.Error("nobody signed in")
		r.say(t)
	}
	seen := map[string]int{}
	for _, q := range b.lab.Requests() {
		if q.Auth == "Basic" || q.Form.Has("client_secret") {
			t.Errorf("%s %s carries a secret", q.Method, q.Path)
		}
		if q.Form.Has("client_assertion") {
			seen[q.Path]++
		}
	}
	for _, page := range []string{"/lab/par", "/lab/token", "/lab/revoke"} {
		if seen[page] == 0 {
			t.Errorf("no assertion at %s", page)
		}
	}
}
