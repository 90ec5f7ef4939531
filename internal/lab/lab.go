// Package lab is an identity provider that runs in this process, on loopback, and is wrong in one chosen way.
//
// Without a fault it keeps to the specifications so closely that ssoctl finds nothing to say about it; with a
// fault of Faults it breaks one thing, and the rule that the fault is named after must be the one that speaks.
// Keys, certificates, the client secret and the users' password are made when the process runs and are never constant.
package lab

import (
	"cmp"
	"crypto"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// SecretEnv is the environment variable that the connection file of Connection names for the client secret.
const SecretEnv = "SSOCTL_LAB_SECRET"

// Options say how a lab starts. The zero value is a healthy lab on a free port.
type Options struct {
	Fault    string           // a name of Faults; empty means healthy
	Protocol string           // oidc or saml: what Connection is about; empty means that of the fault, else oidc
	Host     string           // host name in the issuer, default "login.lab.example"; some faults need their own
	Addr     string           // address to listen on, default "127.0.0.1:0"; anything but loopback is refused
	Latency  time.Duration    // waited before each HTTP answer
	Password string           // of every user; made at random when empty
	Loopback bool             // http://127.0.0.1/callback and /saml/acs are registered as well, with any port (RFC 8252 section 7.3)
	Implicit bool             // the implicit flow is on offer beside the code: id_token, id_token token
	Fragment bool             // response mode fragment is on offer for the code
	KeyJWT   bool             // the client proves itself by private_key_jwt alone; ClientSecret is its private key, a JWK
	Now      func() time.Time // clock of certificates, Date headers and tokens; default time.Now
}

// Lab is one running identity provider. The fields are set by Start and stay as they are; methods may be called
// from several goroutines.
type Lab struct {
	Issuer       string // as an admin would enter it, for example https://login.lab.example:40123/lab
	Addr         string // where it listens: 127.0.0.1:PORT
	CAPEM        []byte // the certificate authority to trust, PEM; with some faults not the one that signed
	ClientID     string // the client of Connection
	ClientSecret string // what the SP holds; with some faults not what the lab holds
	RedirectURI  string // what the SP sends
	Password     string // of every user in Users
	Users        []User // who can sign in
	Fault        Fault  // the zero value when healthy

	// Of a lab that speaks SAML; otherwise empty.
	EntityID    string // of the identity provider
	MetadataURL string
	SSOURL      string // takes HTTP-Redirect and HTTP-POST
	SPEntityID  string // of the SP
	ACSURL      string // of the SP: where it wants its responses; with some faults not what is registered

	opts      Options
	site      site
	b         behaviour
	keys      *keyring
	store     *store
	closing   chan struct{} // closed by Close: ends answers that never end by themselves
	once      sync.Once
	gate      sync.RWMutex // held for reading by each running handler
	closed    bool         // guarded by gate
	serving   sync.WaitGroup
	stop      []func() // what Close stops, in this order
	log       requestLog
	clientKey crypto.Signer // of a client that proves itself by private_key_jwt
	fetched   counter       // how often each document was asked for, for documents that change
	callback  string        // the redirect URI that is registered
	secret    string        // the secret that is registered
	leaf      []byte        // the web server's certificate, DER
	saml      *samlSide     // nil when the lab speaks no SAML
}

// Start makes keys and certificates and begins to serve. An unknown fault, an address that is not loopback or
// one that is taken is an error; everything else is set right before it returns. The caller must call Close.
func Start(o Options) (*Lab, error) {
	l := &Lab{closing: make(chan struct{}), store: newStore()}
	if o.Fault != "" {
		f, ok := lookup(o.Fault)
		if !ok {
			return nil, fmt.Errorf("unknown fault %q; the nearest are %s", o.Fault, nearest(o.Fault))
		}
		l.Fault = f
		if f.set != nil {
			f.set(&l.b)
		}
	}
	l.opts = o.withDefaults(l.b.host)
	if l.opts.Protocol == "" {
		l.opts.Protocol = cmp.Or(l.Fault.Protocol, protocolOIDC)
	}
	if p := l.opts.Protocol; p != protocolOIDC && p != protocolSAML {
		return nil, fmt.Errorf("unknown protocol %q; the lab speaks oidc and saml", p)
	}
	if err := loopback(l.opts.Addr); err != nil {
		return nil, err
	}
	if err := l.prepare(); err != nil {
		return nil, err
	}
	ln, err := net.Listen("tcp", l.opts.Addr)
	if err != nil {
		return nil, fmt.Errorf("listen for the lab: %w", err)
	}
	l.Addr = ln.Addr().String()
	l.site = newSite(l.opts.Host, ln.Addr().(*net.TCPAddr).Port, l.b)
	l.Issuer = l.site.issuer()
	if l.opts.Protocol == protocolSAML {
		err = l.prepareSAML()
	}
	if err == nil {
		err = l.serve(ln)
	}
	if err != nil {
		ln.Close()
		return nil, err
	}
	return l, nil
}

// prepare makes what needs no address: the client, the users and the signing keys.
func (l *Lab) prepare() error {
	l.ClientID, l.ClientSecret = "lab-app", token(24)
	if l.b.client.mangle != nil {
		l.ClientSecret = l.b.client.mangle(l.ClientSecret)
	}
	if l.opts.KeyJWT {
		if err := l.makeClientKey(); err != nil {
			return err
		}
	}
	l.secret = l.ClientSecret
	if l.b.client.otherSecret {
		l.secret = token(24)
	}
	l.RedirectURI = "https://app.lab.example/callback"
	if l.b.redirectURI != "" {
		l.RedirectURI = l.b.redirectURI
	}
	l.callback = l.RedirectURI
	if l.b.authz.registered != "" {
		l.callback = l.b.authz.registered
	}
	l.Password, l.Users = l.opts.Password, users()
	if l.Password == "" {
		l.Password = token(12)
	}
	keys, err := newKeyring(l.b.keys)
	if err != nil {
		return fmt.Errorf("make the lab's signing keys: %w", err)
	}
	l.keys = keys
	return nil
}

// withDefaults fills what was left empty; a fault that needs a host of its own overrides the caller's.
func (o Options) withDefaults(host string) Options {
	if o.Host == "" {
		o.Host = "login.lab.example"
	}
	if host != "" {
		o.Host = host
	}
	if o.Addr == "" {
		o.Addr = "127.0.0.1:0"
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// loopback refuses addresses that others could reach: the lab hands out its password on its own pages.
func loopback(addr string) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("listen address %q is not HOST:PORT", addr)
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return fmt.Errorf("listen address %q is not loopback; the lab listens on 127.0.0.1 or [::1] alone", addr)
	}
	return nil
}

// Close ends the lab: open connections, answers that never end and all that it started. It may be called twice.
func (l *Lab) Close() {
	l.once.Do(func() {
		close(l.closing)
		for _, f := range l.stop {
			f()
		}
		l.gate.Lock()
		l.closed = true
		l.gate.Unlock()
		l.serving.Wait()
	})
}

// Resolve is the value of --resolve that leads the issuer's host to the lab.
func (l *Lab) Resolve() string { return l.resolve(l.opts.Host) }

// Resolves is Resolve for every host name that the lab's documents use; most faults use one.
func (l *Lab) Resolves() []string {
	all := []string{l.Resolve()}
	for _, h := range l.b.hosts {
		all = append(all, l.resolve(h))
	}
	return all
}

func (l *Lab) resolve(host string) string {
	ip, port, _ := net.SplitHostPort(l.Addr) // an address of a listener always has both
	if strings.Contains(ip, ":") {
		ip = "[" + ip + "]"
	}
	return fmt.Sprintf("%s:%s:%s", host, port, ip)
}

// now is the lab's clock.
func (l *Lab) now() time.Time { return l.opts.Now() }

// token makes a random text of n bytes in the base64url alphabet, which needs no escaping anywhere.
func token(n int) string {
	b := make([]byte, n)
	rand.Read(b) // never returns an error since Go 1.24
	return base64.RawURLEncoding.EncodeToString(b)
}

// counter counts by name.
type counter struct {
	mu sync.Mutex
	n  map[string]int
}

// next says how often name was counted before, and counts it.
func (c *counter) next(name string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n == nil {
		c.n = map[string]int{}
	}
	c.n[name]++
	return c.n[name] - 1
}

// nearest lists the faults of the same area, for a message.
func nearest(name string) string {
	area := strings.TrimRight(strings.ToUpper(strings.SplitN(name, "-", 2)[0]), "0123456789")
	var near []string
	for _, f := range Faults() {
		if strings.HasPrefix(f.Name, area) && area != "" && len(near) < 6 {
			near = append(near, fmt.Sprintf("%q", f.Name))
		}
	}
	if near == nil {
		return "in the areas NET, DISC, JWKS, AUTHZ, TOK, CFG, MD, CERT, REQ, RSP, AST, SIG, ENC, IDT, UI, CLM, DEV and LGO"
	}
	return strings.Join(near, ", ")
}

// pause waits for d. When the client goes away or the lab closes before that it gives the request up: returning would
// send an empty answer.
func (l *Lab) pause(r *http.Request, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return
	case <-r.Context().Done():
	case <-l.closing:
	}
	panic(http.ErrAbortHandler)
}
