package real_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// ssp is a running SimpleSAMLphp; its configuration is files that it reads at each request.
type ssp struct {
	realServer
	dir      string
	password string
}

// startSSP installs when needed and starts SimpleSAMLphp with one user and the SPs of the three products.
func startSSP(t *testing.T) *ssp {
	t.Helper()
	prepare(t, "simplesamlphp.sh")
	f := newFront(t, "idp.acme-corp.example", "sso.acme-corp.example")
	s := &ssp{realServer: realServer{front: f, issuer: f.origin() + "/idp", base: map[string]connection{}}, dir: t.TempDir(), password: rand.Text()}
	for _, sub := range []string{"config", "metadata", "cert"} {
		if err := os.MkdirAll(filepath.Join(s.dir, sub), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	s.write(t, "config/authsources.php", fmt.Sprintf("<?php $config = ['admin' => ['core:AdminPassword'], 'users' => ['exampleauth:UserPass', 'ann:%s' => "+
		"['uid' => ['ann'], 'email' => ['ann@acme-corp.example'], 'firstName' => ['Ann'], 'lastName' => ['Lee'], 'first_name' => ['Ann'], 'last_name' => ['Lee']]]];", s.password))
	s.pair(t, "idp", -10, 700)
	s.hosted(t, "")
	s.remote(t, nil)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	l.Close()
	env := []string{"SSP_BASE=" + f.origin() + "/", "SSP_PORT=" + port, "SSP_RUN=" + s.dir}
	startServer(t, "simplesamlphp.sh", env, 30*time.Second, func(line string) bool { return strings.Contains(line, "Development Server") })
	f.toBackend("127.0.0.1:" + port)
	metadata := f.origin() + "/saml2/idp/metadata.php"
	for name, c := range samlConnections("", metadata, s.issuer, f.origin()+"/saml2/idp/SSOService.php", s.certificateOf(t, metadata)) {
		s.base[name] = c
	}
	return s
}

func (s *ssp) write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// pair makes a key and a self-signed certificate cert/NAME.{key,crt}.
func (s *ssp) pair(t *testing.T, name string, fromDays, toDays int) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: serial(t), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().AddDate(0, 0, fromDays), NotAfter: time.Now().AddDate(0, 0, toDays)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	s.write(t, "cert/"+name+".crt", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	s.write(t, "cert/"+name+".key", string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})))
}

// hosted writes the identity provider's own metadata, with more options as PHP.
func (s *ssp) hosted(t *testing.T, more string) {
	t.Helper()
	s.write(t, "metadata/saml20-idp-hosted.php", fmt.Sprintf("<?php $metadata['%s'] = ['host' => '__DEFAULT__', 'privatekey' => 'idp.key', 'certificate' => 'idp.crt', 'auth' => 'users',"+
		"'NameIDFormat' => 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress', 'attributes.NameFormat' => 'urn:oasis:names:tc:SAML:2.0:attrname-format:basic',"+
		"'authproc' => [3 => ['class' => 'saml:AttributeNameID', 'attribute' => 'email', 'Format' => 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress']],%s];", s.issuer, more))
}

// remote writes what is registered of the SPs. change edits the options of Orq.ai's, which are PHP expressions.
func (s *ssp) remote(t *testing.T, change func(id *string, options map[string]string)) {
	t.Helper()
	text := "<?php\n"
	for sp, id := range entity {
		options := map[string]string{
			"AssertionConsumerService": "'" + acs[sp] + "'", "NameIDFormat": "'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress'",
			"saml20.sign.response": "true", "saml20.sign.assertion": "true",
		}
		if sp == "orq" && change != nil {
			change(&id, options)
		}
		text += "$metadata['" + id + "'] = ["
		for name, value := range options {
			text += "'" + name + "' => " + value + ", "
		}
		text += "];\n"
	}
	s.write(t, "metadata/saml20-sp-remote.php", text)
}

// registered is a fault of what is registered of Orq.ai.
func registered(change func(id *string, options map[string]string)) func(*testing.T, *ssp) {
	return func(t *testing.T, s *ssp) {
		s.remote(t, change)
		t.Cleanup(func() { s.remote(t, nil) })
	}
}

// option is a registered with one option more.
func option(name, value string) func(*testing.T, *ssp) {
	return registered(func(_ *string, options map[string]string) { options[name] = value })
}

// sspFaults is what doctor sees without a login.
func sspFaults(t *testing.T) []fault {
	answered := seen{at: passive, want: `^200 .*name="SAMLResponse"`}
	other := selfSigned(t, -10, 3000)
	return []fault{
		{name: "unknown-sp", kept: true, sp: "saml-orq", files: registered(func(id *string, _ map[string]string) { *id = "urn:orq.ai:acme" }),
			seen: seen{at: passive, want: "Metadata not found"}, want: expectation{code: "AUTHZ031", entry: "entity-id-mismatch"}},
		{name: "other-acs-registered", kept: true, sp: "saml-orq", files: option("AssertionConsumerService", "'"+acs["orq"]+"/'"), seen: answered,
			want: expectation{code: "REQ006", entry: "redirect-uri-mismatch"}},
		{name: "signed-requests-demanded", kept: true, sp: "saml-orq", files: registered(func(_ *string, options map[string]string) {
			options["validate.authnrequest"], options["certificate"] = "true", "'idp.crt'"
		}),
			seen: seen{at: passive, want: "signature"}, want: expectation{code: "REQ012", entry: "client-signature-required"}},
		{name: "sha1", sp: "saml-orq", files: option("signature.algorithm", "'http://www.w3.org/2000/09/xmldsig#rsa-sha1'"), seen: answered,
			want: expectation{code: "SIG011", verdict: "degraded"}},
		{name: "metadata-called-html", sp: "saml-orq", seen: answered, want: expectation{verdict: "healthy"}, front: func(_ *testing.T, f *front) {
			f.change(func() {
				backend := f.backend
				f.answer = func(w http.ResponseWriter, r *http.Request) {
					p := httputil.ReverseProxy{Rewrite: func(pr *httputil.ProxyRequest) {
						pr.SetURL(backend)
						pr.Out.Host = pr.In.Host
						pr.SetXForwarded()
						pr.Out.Header.Set("X-Forwarded-Port", f.port)
					}, ModifyResponse: func(res *http.Response) error {
						if strings.Contains(r.URL.Path, "metadata.php") {
							res.Header.Set("Content-Type", "text/html; charset=UTF-8")
						}
						return nil
					}}
					p.ServeHTTP(w, r)
				}
			})
		}},
		{name: "certificate-of-another-key", sp: "saml-orq", conn: asks(func(s *samlSide) { s.Certificate, s.Metadata = other, "" }), seen: answered,
			want: expectation{code: "CERT010", entry: "certificate-expired"}},
		{name: "certificate-expired", sp: "saml-orq", files: func(t *testing.T, s *ssp) {
			s.keep(t, "cert/idp.crt", "cert/idp.key")
			s.pair(t, "idp", -700, -5)
		}, conn: nil, want: expectation{code: "CERT002", also: []string{"CFG003", "SIG005"}}},
	}
}

// keep puts files back at the end of the test.
func (s *ssp) keep(t *testing.T, names ...string) {
	t.Helper()
	for _, name := range names {
		b, err := os.ReadFile(filepath.Join(s.dir, name))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.write(t, name, string(b)) })
	}
}

// TestSimpleSAMLphp puts every fault into a real SimpleSAMLphp, one after the other.
func TestSimpleSAMLphp(t *testing.T) {
	sspSuite.require(t)
	s := startSSP(t)
	healthy := func(t *testing.T) {
		for _, sp := range []string{"orq", "archestra", "torq", "generic"} {
			s.run(t, "simplesamlphp", fault{name: "healthy-" + sp, sp: "saml-" + sp, seen: seen{at: passive, want: `^200 .*name="SAMLResponse"`}, want: expectation{verdict: "healthy"}})
		}
	}
	t.Run("healthy", healthy)
	for _, f := range sspFaults(t) {
		t.Run(f.name, func(t *testing.T) {
			if f.files != nil {
				f.files(t, s)
			}
			s.run(t, "simplesamlphp", f)
		})
	}
	for _, l := range []struct {
		name, sp string
		files    func(*testing.T, *ssp)
		want     expectation
	}{
		{name: "healthy-orq", sp: "saml-orq", want: expectation{verdict: "healthy"}},
		{name: "healthy-archestra", sp: "saml-archestra", want: expectation{verdict: "healthy"}},
		{name: "healthy-torq", sp: "saml-torq", want: expectation{verdict: "healthy"}},
		{name: "assertion-not-signed", sp: "saml-orq", files: option("saml20.sign.assertion", "false"), want: expectation{code: "SIG002"}},
		{name: "missing-name", sp: "saml-orq", files: option("attributes", "['email', 'firstName']"), want: expectation{code: "AST034", entry: "missing-name-or-email"}},
	} {
		t.Run("login-"+l.name, func(t *testing.T) {
			if l.files != nil {
				l.files(t, s)
			}
			c := s.base[l.sp].copy()
			page := s.login(t, c, "ann", s.password)
			if !*wireOnly {
				s.decode(t, c, page).compare(t, l.want)
			}
		})
	}
	t.Run("more", s.more)
	t.Run("healthy-again", healthy)
}
