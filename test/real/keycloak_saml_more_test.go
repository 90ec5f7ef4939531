package real_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"io"
	"log"
	"net/http"
	"net/http/httputil"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// spPair makes a key of the SP, as a file, and its certificate in raw base64.
func spPair(t *testing.T) (file, certificate string) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: serial(t), Subject: pkix.Name{CommonName: "app"}, NotBefore: time.Now().AddDate(0, 0, -3), NotAfter: time.Now().AddDate(2, 0, 0)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(t.TempDir(), "sp.key")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), 0o600); err != nil {
		t.Fatal(err)
	}
	return file, base64.StdEncoding.EncodeToString(der)
}

// encrypted are set-ups with encrypted assertions, healthy where the SP reads them.
func encrypted(t *testing.T) []samlCase {
	file, certificate := spPair(t)
	other, _ := spPair(t)
	holds := func(file string) func(*connection) {
		return asks(func(s *samlSide) { s.SPPrivateKey = "file:" + file })
	}
	on := func(c samlCase, more ...string) samlCase {
		c.inject = attributes(c.sp, append([]string{"saml.encrypt", "true", "saml.encryption.certificate", certificate}, more...)...)
		return c
	}
	with := func(name string, more ...string) samlCase {
		c := on(fine(name, "generic", nil), more...)
		c.conn = holds(file)
		return c
	}
	rotatedKey := on(signsIn("encrypted-for-an-old-key", "generic", expectation{code: "ENC003"}))
	rotatedKey.conn = holds(other)
	return []samlCase{
		with("encrypted"), with("encrypted-signed-outside", "saml.assertion.signature", "false"),
		with("encrypted-oaep-sha256", "saml.encryption.algorithm", "http://www.w3.org/2009/xmlenc11#aes256-gcm", "saml.encryption.keyAlgorithm", "http://www.w3.org/2009/xmlenc11#rsa-oaep",
			"saml.encryption.digestMethod", "http://www.w3.org/2001/04/xmlenc#sha256", "saml.encryption.maskGenerationFunction", "http://www.w3.org/2009/xmlenc11#mgf1sha256"),
		rotatedKey,
		on(signsIn("encrypted-for-orq", "orq", expectation{code: "ENC002"})),
		on(signsIn("encrypted-for-archestra", "archestra", expectation{code: "ENC004", says: "rsa-oaep", also: []string{"ENC001"}})),
	}
}

// signsIn is a fault that only a login shows.
func signsIn(name, sp string, want expectation, all ...func(rep)) samlCase {
	c := samlCase{name: name, sp: sp, login: &want}
	if len(all) > 0 {
		c.inject = edits(sp, all...)
	}
	return c
}

// shows is a fault that doctor sees.
func shows(name, sp string, want expectation, inject func(*testing.T, *keycloak), conn func(*connection)) samlCase {
	return samlCase{name: name, sp: sp, doctor: &want, inject: inject, conn: conn}
}

// deleted takes a client away for the rest of the test.
func deleted(id string) func(*testing.T, *keycloak) {
	return func(t *testing.T, k *keycloak) {
		saved, path := k.admin.client(t, id)
		k.admin.do(t, "DELETE", path, nil, nil)
		t.Cleanup(func() { k.admin.do(t, "POST", "/main/clients", saved, nil) })
	}
}

// firstKeyDisabled switches the key that the realm was made with off, once another one signs.
func firstKeyDisabled(t *testing.T, k *keycloak) {
	var found []rep
	k.admin.do(t, "GET", "/main/components?type=org.keycloak.keys.KeyProvider", nil, &found)
	rotated("true")(t, k)
	for _, c := range found {
		if c["providerId"] == "rsa-generated" {
			enable := func(value string) {
				c["config"].(rep)["enabled"] = []string{value}
				k.admin.do(t, "PUT", "/main/components/"+c["id"].(string), c, nil)
			}
			enable("false")
			t.Cleanup(func() { enable("true") })
		}
	}
}

// incomplete lets users through whose profile lacks something.
func incomplete(then func(*testing.T, *keycloak)) func(*testing.T, *keycloak) {
	return func(t *testing.T, k *keycloak) {
		const at = "/main/authentication/required-actions/VERIFY_PROFILE"
		var saved rep
		k.admin.do(t, "GET", at, nil, &saved)
		changed := clone(t, saved)
		changed["enabled"] = false
		k.admin.do(t, "PUT", at, changed, nil)
		t.Cleanup(func() { k.admin.do(t, "PUT", at, saved, nil) })
		then(t, k)
	}
}

// onTheWay makes a fault of the front that changes requests to the SAML address.
func onTheWay(change func(*http.Request)) func(*testing.T, *front) {
	return func(_ *testing.T, f *front) {
		f.change(func() {
			f.before = func(_ http.ResponseWriter, r *http.Request) {
				if strings.HasSuffix(r.URL.Path, "/protocol/saml") {
					change(r)
				}
			}
		})
	}
}

// rewritten makes a fault of the front that changes the text of pages and documents.
func rewritten(change func(string) string) func(*testing.T, *front) {
	return func(_ *testing.T, f *front) {
		f.change(func() {
			backend := f.backend
			f.answer = func(w http.ResponseWriter, r *http.Request) {
				p := httputil.ReverseProxy{ErrorLog: log.New(io.Discard, "", 0), Rewrite: func(pr *httputil.ProxyRequest) {
					pr.SetURL(backend)
					pr.Out.Host = pr.In.Host
					pr.Out.Header.Del("Accept-Encoding")
					pr.SetXForwarded()
					pr.Out.Header.Set("X-Forwarded-Port", f.port)
				}, ModifyResponse: func(res *http.Response) error {
					b, err := io.ReadAll(res.Body)
					if err != nil {
						return err
					}
					text := change(string(b))
					res.Body, res.ContentLength = io.NopCloser(strings.NewReader(text)), int64(len(text))
					res.Header.Del("Content-Length")
					return nil
				}}
				p.ServeHTTP(w, r)
			}
		})
	}
}

// responses is rewritten for the XML of responses alone.
func responses(old, with string) func(*testing.T, *front) {
	return rewritten(func(page string) string {
		if !strings.Contains(page, `name="SAMLResponse"`) {
			return page
		}
		return edited(page, func(xml string) string { return strings.ReplaceAll(xml, old, with) })
	})
}

// strippedQuery and getToPost are what proxies do to a request that is long.
func strippedQuery(r *http.Request) { r.URL.RawQuery = "" }

func getToPost(r *http.Request) {
	if r.Method == http.MethodGet {
		query := r.URL.RawQuery
		r.Method, r.URL.RawQuery = http.MethodPost, ""
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader(query)), int64(len(query))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
}

// samlMore runs the healthy variants and the faults of both tables.
func (k *keycloak) samlMore(t *testing.T, password string) {
	all := append(variants(t, password), append(endpointFaults(), assertionFaults(password)...)...)
	for _, c := range all {
		t.Run(c.name, func(t *testing.T) { k.samlCase(t, c, password) })
	}
}

func (k *keycloak) samlCase(t *testing.T, c samlCase, password string) {
	if c.inject != nil {
		c.inject(t, k)
	}
	conn := k.base["saml-"+c.sp].copy()
	if c.conn != nil {
		c.conn(&conn)
	}
	if c.adapt != nil {
		c.adapt(t, k, &conn)
	}
	if c.front != nil {
		c.front(t, k.front)
		t.Cleanup(func() { k.front.reset(t) })
	}
	judge := func(j judgement, want expectation) {
		if want.verdict == "healthy" {
			j.compareHealthy(t)
		} else {
			j.compare(t, want)
		}
	}
	if c.doctor != nil && !*wireOnly {
		judge(k.doctor(t, conn, ""), *c.doctor)
	}
	if c.login == nil {
		return
	}
	user, start := c.user, k.issuer+"/protocol/saml"+c.start
	if user == "" {
		user = "ann"
	}
	if c.start == "" {
		start = k.authnRequest(t, conn, false)
	}
	if page := k.loginFrom(t, start, user, password); !*wireOnly {
		judge(k.decode(t, conn, page, c.args...), *c.login)
	}
}
