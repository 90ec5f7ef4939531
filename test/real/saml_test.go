package real_test

import (
	"bytes"
	"compress/flate"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// acs is the ACS URL that each SP profile gives for the connections of these tests.
var acs = map[string]string{
	"orq":       "https://my.orq.ai/v2/auth/sso/saml/callback",
	"archestra": "https://archestra.acme-corp.example/api/auth/sso/saml2/sp/acs/Keycloak",
	"torq":      "https://app.torq.io/__/auth/handler",
	"generic":   "https://app.acme-corp.example/saml/acs",
}

// entity is the entity ID of each SP.
var entity = map[string]string{
	"orq": "urn:orq.ai:acme-corp", "archestra": "https://archestra.acme-corp.example", "torq": "torq.io", "generic": "urn:app:acme-corp",
}

// samlConnections are the healthy SAML connections to an identity provider with one signing certificate.
func samlConnections(idp, metadata, entityID, sso, certificate string) map[string]connection {
	out := map[string]connection{}
	for sp, params := range map[string]map[string]string{
		"orq":       {"profile": "orq", "workspace": "acme-corp"},
		"archestra": {"profile": "archestra", "base_url": "https://archestra.acme-corp.example", "provider_id": "Keycloak"},
		"torq":      {"profile": "torq", "region": "us"},
		"generic":   {"profile": "generic", "acs_url": acs["generic"], "entity_id": entity["generic"]},
	} {
		c := connection{Name: sp + "-saml", SP: params, Domains: []string{"acme-corp.example"},
			SAML: &samlSide{Metadata: metadata, IdPEntityID: entityID, SSOURL: sso, Certificate: certificate, SPEntityID: entity[sp]}}
		if idp != "" {
			c.IdP = map[string]any{"profile": idp}
		}
		out["saml-"+sp] = c
	}
	return out
}

// profile is the SP of a connection.
func (c connection) profile() string { return c.SP["profile"] }

// authnRequest is the address that the SP of the connection sends a browser to.
func (s *realServer) authnRequest(t *testing.T, c connection, isPassive bool) string {
	t.Helper()
	at := c.SAML.ACSURL
	if at == "" {
		at = acs[c.profile()]
	}
	format := c.SAML.NameIDFormat
	if format == "" {
		format = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"
	}
	more := ""
	if isPassive {
		more = ` IsPassive="true"`
	}
	request := fmt.Sprintf(`<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"`+
		` ID="_%032x" Version="2.0" IssueInstant="%s" Destination="%s" AssertionConsumerServiceURL="%s" ProtocolBinding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"%s>`+
		`<saml:Issuer>%s</saml:Issuer><samlp:NameIDPolicy AllowCreate="true" Format="%s"/></samlp:AuthnRequest>`,
		serial(t), time.Now().UTC().Format(time.RFC3339), c.SAML.SSOURL, at, more, c.SAML.SPEntityID, format)
	var deflated bytes.Buffer
	w, err := flate.NewWriter(&deflated, flate.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte(request)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return c.SAML.SSOURL + "?" + url.Values{"SAMLRequest": {base64.StdEncoding.EncodeToString(deflated.Bytes())}, "RelayState": {"state-0000000000000000"}}.Encode()
}

var (
	formLike   = regexp.MustCompile(`(?is)<form\b[^>]*>.*?</form>`)
	actionLike = regexp.MustCompile(`(?is)\baction="([^"]*)"`)
	fieldLike  = regexp.MustCompile(`(?is)<(?:input|button)\b[^>]*>`)
	nameLike   = regexp.MustCompile(`(?is)\bname="([^"]*)"`)
	valueLike  = regexp.MustCompile(`(?is)\bvalue="([^"]*)"`)
)

// login signs a user in through the identity provider's own pages, as a browser without scripts would, and gives the page that
// would post the response to the SP. Nothing is sent to the SP.
func (s *realServer) login(t *testing.T, c connection, user, password string) string {
	t.Helper()
	return s.loginFrom(t, s.authnRequest(t, c, false), user, password)
}

// loginFrom is login at an address that starts it, which may be the identity provider's own.
func (s *realServer) loginFrom(t *testing.T, address, user, password string) string {
	t.Helper()
	client := s.front.client()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client.Jar = jar
	method, form := "GET", url.Values(nil)
	entered := false
	for range 15 {
		req, err := http.NewRequest(method, address, strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Accept", "text/html")
		if form != nil {
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		page, next := s.step(t, client, req)
		if next != "" {
			method, address, form = "GET", next, nil
			continue
		}
		if strings.Contains(page, "SAMLResponse") {
			return page
		}
		block := formLike.FindString(page)
		if block == "" || entered && strings.Contains(block, `type="password"`) {
			t.Fatalf("the login of %s stops at %s: %.800s", user, address, page)
		}
		method, form = "POST", fill(block, user, password, &entered)
		if m := actionLike.FindStringSubmatch(block); m != nil {
			address = absolute(t, address, html.UnescapeString(m[1]))
		}
	}
	t.Fatalf("the login of %s does not end", user)
	return ""
}

// step sends one request and gives the page, or where it leads.
func (s *realServer) step(t *testing.T, client *http.Client, req *http.Request) (page, next string) {
	t.Helper()
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if location := res.Header.Get("Location"); location != "" {
		return "", absolute(t, req.URL.String(), location)
	}
	return string(body), ""
}

func absolute(t *testing.T, base, ref string) string {
	t.Helper()
	b, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	u, err := b.Parse(ref)
	if err != nil {
		t.Fatal(err)
	}
	return u.String()
}

// fill gives the fields of a form with user name and password entered.
func fill(block, user, password string, entered *bool) url.Values {
	form := url.Values{}
	for _, field := range fieldLike.FindAllString(block, -1) {
		name := nameLike.FindStringSubmatch(field)
		if name == nil {
			continue
		}
		value := ""
		if m := valueLike.FindStringSubmatch(field); m != nil {
			value = html.UnescapeString(m[1])
		}
		switch name[1] {
		case "cancel":
			continue // "No" on the page that asks for consent
		case "username":
			value = user
		case "password":
			value, *entered = password, true
		}
		form.Set(name[1], value)
	}
	return form
}

// decode runs `ssoctl decode` on a page by the connection.
func (s *realServer) decode(t *testing.T, c connection, page string, more ...string) judgement {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string][]byte{"ssoctl.yaml": s.offline(t, c).file(t), "page.html": []byte(page)} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if c.SAML.Metadata != "" {
		_, metadata, _ := strings.Cut(s.exchange(t, "GET", c.SAML.Metadata, nil, ""), "<")
		if err := os.WriteFile(filepath.Join(dir, "idp-metadata.xml"), []byte("<"+metadata), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, append([]string{"decode", "page.html", "-c", "ssoctl.yaml", "-n", c.Name, "--format", "json"}, more...)...)
	cmd.Dir = dir
	cmd.Env = []string{"HOME=" + dir, "PATH=" + os.Getenv("PATH"), "NO_COLOR=1"}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	var exited *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exited) {
		t.Fatalf("run %s: %v", cmd, err)
	}
	j := judgement{exit: cmd.ProcessState.ExitCode(), stdout: stdout.String(), stderr: stderr.String()}
	if err := json.Unmarshal(stdout.Bytes(), &j); err != nil || len(j.Connections) != 1 {
		t.Fatalf("%s ended with %d, one connection expected in its JSON (%v)\nstdout: %s\nstderr: %s", cmd, j.exit, err, &stdout, &stderr)
	}
	if strings.Contains(j.stdout, "ann@") {
		t.Errorf("the user's name is in the output of %s", cmd)
	}
	return j
}

// offline is the connection with its metadata in a file, since decode asks no server.
func (s *realServer) offline(t *testing.T, c connection) connection {
	t.Helper()
	c = c.copy()
	if c.SAML.Metadata != "" {
		c.SAML.Metadata = "idp-metadata.xml"
	}
	return c
}

// selfSigned makes a signing certificate in raw base64 that no identity provider has, valid for the given
// days around now.
func selfSigned(t *testing.T, fromDays, toDays int) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: serial(t), Subject: pkix.Name{CommonName: "main"},
		NotBefore: time.Now().AddDate(0, 0, fromDays), NotAfter: time.Now().AddDate(0, 0, toDays),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(der)
}

// certificateOf reads the first certificate of a metadata address.
func (s *realServer) certificateOf(t *testing.T, metadata string) string {
	t.Helper()
	text := s.exchange(t, "GET", metadata, nil, "")
	m := regexp.MustCompile(`<ds:X509Certificate>([^<]+)<`).FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("no certificate in %.500q", text)
	}
	return strings.Join(strings.Fields(m[1]), "")
}
