package real_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/ssoctl/ssoctl/internal/lab"
)

// TestBetterAuthEmit gives what `emit --for sp --as archestra_api` writes to the sign-in library of Archestra, and signs in with an assertion
// of the lab.
func TestBetterAuthEmit(t *testing.T) {
	betterAuthSuite.require(t)
	if *wireOnly {
		t.Skip("what ssoctl writes is needed")
	}
	b := startBetterAuth(t)
	l, err := lab.Start(lab.Options{Protocol: "saml"})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, id := range []string{"with-metadata", "with-certificate"} {
		t.Run(id, func(t *testing.T) {
			conn, _ := archestraConnection(t, l)
			saml := conn["saml"].(map[string]any)
			delete(saml, "sp_private_key") // the lab's assertions are in clear
			if id == "with-certificate" {
				delete(saml, "idp_metadata")
				saml["certificate"] = "./idp.pem"
			}
			conn["sp"] = map[string]string{"profile": "archestra", "base_url": "https://app.lab.example", "provider_id": id}
			body := emittedFor(t, conn, l)
			if refused := b.register(t, id, body.SAML); refused != "" {
				t.Fatalf("better-auth does not take it: %s", refused)
			}
			request := l.Request("_relay1")
			now := time.Now()
			response := l.Response(lab.ResponseOptions{Now: now.Add(2 * time.Millisecond), InResponseTo: requestID(t, request)})
			d := l.Deliver(response, "_relay1")
			if in, shows := b.login(t, id, d); !in {
				t.Errorf("nobody signs in: %s\n%v", shows, body.SAML)
			}
		})
	}
}

type archestraBody struct {
	ProviderID string         `json:"providerId"`
	SAML       map[string]any `json:"samlConfig"`
}

// emittedFor runs emit on a connection beside the metadata and the certificate of the lab.
func emittedFor(t *testing.T, conn map[string]any, l *lab.Lab) archestraBody {
	t.Helper()
	file, err := yaml.Marshal(map[string]any{"version": 1, "connections": []any{conn}})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	metadata := l.SAMLMetadata()
	for name, text := range map[string][]byte{"ssoctl.yaml": file, "idp.xml": metadata, "idp.pem": certificateIn(t, metadata)} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), binary, "emit", "-c", "ssoctl.yaml", "--for", "sp", "--as", "archestra_api")
	cmd.Dir = dir
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s\n%s", err, &stderr, file)
	}
	var body archestraBody
	if err := json.Unmarshal(out, &body); err != nil || body.SAML == nil {
		t.Fatalf("%v in\n%s", err, out)
	}
	return body
}

// certificateIn is the first certificate of metadata, as base64.
func certificateIn(t *testing.T, metadata []byte) []byte {
	t.Helper()
	const open, shut = "X509Certificate>", "</"
	_, rest, ok := bytes.Cut(metadata, []byte(open))
	text, _, found := bytes.Cut(rest, []byte(shut))
	if !ok || !found {
		t.Fatal("the metadata has no certificate")
	}
	return bytes.TrimSpace(text)
}
