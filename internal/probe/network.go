package probe

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/ssoctl/ssoctl/internal/evidence"
)

// network looks at the IdP's host below HTTP: name, connection, TLS handshakes, proxy in effect.
func network(ctx context.Context, r *run) *evidence.Observation {
	u, err := url.Parse(strings.TrimSpace(r.firstURL()))
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil
	}
	h := r.host(ctx, u)
	return &evidence.Observation{Source: u.Scheme + "://" + u.Host, Hosts: []evidence.Host{h}, Failure: h.Failure}
}

// firstURL is the address that everything else hangs on.
func (r *run) firstURL() string {
	switch {
	case r.conn.OIDC != nil && r.conn.OIDC.DiscoveryURL != "":
		return r.conn.OIDC.DiscoveryURL
	case r.conn.OIDC != nil:
		return r.conn.OIDC.Issuer
	case r.conn.SAML != nil && strings.Contains(r.conn.SAML.IdPMetadata, "://"):
		return r.conn.SAML.IdPMetadata
	case r.conn.SAML != nil && r.conn.SAML.SSOURL != "":
		return r.conn.SAML.SSOURL
	case r.conn.SAML != nil: // the metadata is a file: that is where the address stands
		if m := r.metadata(); m != nil {
			return SeenIn(m).SSOURL
		}
	}
	return ""
}

func (r *run) host(ctx context.Context, u *url.URL) evidence.Host {
	h := evidence.Host{Host: u.Hostname(), Port: u.Port()}
	if h.Port == "" {
		h.Port = map[string]string{"https": "443", "http": "80"}[u.Scheme]
	}
	h.NoProxy = proxyConfig(r.env.Getenv).NoProxy
	dialHost, dialPort := h.Host, h.Port
	if p, _ := r.client.proxy(u); p != nil {
		h.Proxy, h.ProxyFrom = p.Redacted(), strings.ToUpper(u.Scheme)+"_PROXY"
		if p.User != nil {
			h.Proxy = p.Scheme + "://" + p.Host
		}
		dialHost, dialPort = p.Hostname(), p.Port()
		if dialPort == "" {
			dialPort = map[string]string{"https": "443"}[p.Scheme]
			if dialPort == "" {
				dialPort = "80"
			}
		}
	}
	start := r.env.Now()
	addrs, pinned, err := r.client.addresses(ctx, dialHost, dialPort)
	h.Addrs, h.Pinned, h.Resolver = addrs, pinned, r.env.Now().Sub(start)
	if err != nil {
		h.Failure = classify(err)
		return h
	}
	r.handshakes(ctx, u, &h, net.JoinHostPort(dialHost, dialPort))
	return h
}

// handshakes makes up to four connections: one with everything on offer, one that allows only TLS 1.3, one capped at 1.2, one
// capped at 1.1.
func (r *run) handshakes(ctx context.Context, u *url.URL, h *evidence.Host, addr string) {
	ctx, cancel := context.WithTimeout(ctx, perExchange)
	defer cancel()
	start := r.env.Now()
	conn, err := r.connect(ctx, u, addr)
	h.Connect = r.env.Now().Sub(start)
	if err != nil {
		h.Failure = classify(err)
		return
	}
	if u.Scheme != "https" {
		conn.Close()
		return
	}
	var only13, only11, cipher12 string
	var wg sync.WaitGroup
	wg.Go(func() { only13, _ = r.tryVersion(ctx, u, addr, tls.VersionTLS13, tls.VersionTLS13) })
	wg.Go(func() { _, cipher12 = r.tryVersion(ctx, u, addr, tls.VersionTLS12, tls.VersionTLS12) })
	wg.Go(func() { only11, _ = r.tryVersion(ctx, u, addr, tls.VersionTLS10, tls.VersionTLS11) })
	h.TLS = r.handshake(ctx, u, h, conn)
	wg.Wait()
	if h.TLS != nil {
		h.TLS.Only13, h.TLS.Cipher12, h.TLS.Only11 = only13, cipher12, only11
	}
}

func (r *run) handshake(ctx context.Context, u *url.URL, h *evidence.Host, conn net.Conn) *evidence.TLS {
	defer conn.Close()
	// The chain is judged below; nothing is sent over this connection.
	c := tls.Client(conn, &tls.Config{ServerName: u.Hostname(), InsecureSkipVerify: true, MinVersion: tls.VersionTLS10})
	if err := c.HandshakeContext(ctx); err != nil {
		h.Failure = classify(err)
		if h.Failure.Stage != evidence.StageTLS {
			h.Failure.Stage = evidence.StageTLS
		}
		return nil
	}
	state := c.ConnectionState()
	out := &evidence.TLS{Version: tls.VersionName(state.Version), Cipher: tls.CipherSuiteName(state.CipherSuite)}
	for _, cert := range state.PeerCertificates {
		out.Chain = append(out.Chain, cert.Raw)
	}
	err := verify(state.PeerCertificates, u.Hostname(), r.env.CAs, r.env)
	out.Verified = err == nil
	if err != nil {
		out.Problem = classify(err)
	} else if r.env.CAs != nil {
		out.CAFile = verify(state.PeerCertificates, u.Hostname(), r.env.System, r.env) != nil
	}
	return out
}

func verify(chain []*x509.Certificate, host string, roots *x509.CertPool, env *Env) error {
	if len(chain) == 0 {
		return fmt.Errorf("the server sent no certificate")
	}
	pool := x509.NewCertPool()
	for _, cert := range chain[1:] {
		pool.AddCert(cert)
	}
	_, err := chain[0].Verify(x509.VerifyOptions{DNSName: host, Roots: roots, Intermediates: pool, CurrentTime: env.Now()})
	return err
}

// tryVersion makes one handshake within a range of versions: "ok" or why not, and the cipher suite when it succeeds.
func (r *run) tryVersion(ctx context.Context, u *url.URL, addr string, lowest, highest uint16) (outcome, cipher string) {
	conn, err := r.connect(ctx, u, addr)
	if err != nil {
		return classify(err).Text, ""
	}
	defer conn.Close()
	c := tls.Client(conn, &tls.Config{ServerName: u.Hostname(), InsecureSkipVerify: true, MinVersion: lowest, MaxVersion: highest})
	if err := c.HandshakeContext(ctx); err != nil {
		return classify(err).Text, ""
	}
	return "ok", tls.CipherSuiteName(c.ConnectionState().CipherSuite)
}

// connect opens a TCP connection to the host, through the proxy when one is in effect.
func (r *run) connect(ctx context.Context, u *url.URL, addr string) (net.Conn, error) {
	conn, err := r.client.dial(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	p, _ := r.client.proxy(u)
	if p == nil || u.Scheme != "https" {
		return conn, nil
	}
	if p.Scheme == "https" {
		conn = tls.Client(conn, &tls.Config{ServerName: p.Hostname(), RootCAs: r.env.CAs, MinVersion: tls.VersionTLS12})
	}
	return tunnel(ctx, conn, u, p, r.env.UserAgent)
}

// tunnel asks a proxy for a connection (RFC 9110 §9.3.6).
func tunnel(ctx context.Context, conn net.Conn, u, proxy *url.URL, agent string) (net.Conn, error) {
	if deadline, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(deadline)
	}
	target := u.Host
	if u.Port() == "" {
		target = net.JoinHostPort(u.Hostname(), "443")
	}
	req := &http.Request{Method: http.MethodConnect, URL: &url.URL{Opaque: target}, Host: target, Header: http.Header{"User-Agent": {agent}}}
	if proxy.User != nil {
		password, _ := proxy.User.Password()
		req.Header.Set("Proxy-Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(proxy.User.Username()+":"+password)))
	}
	if err := req.Write(conn); err != nil {
		conn.Close()
		return nil, err
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), req)
	if err != nil {
		conn.Close()
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		conn.Close()
		return nil, &evidence.Failure{Stage: evidence.StageConnect, Code: "proxy", Text: fmt.Sprintf("the proxy %s answered %s to CONNECT %s", proxy.Host, resp.Status, target)}
	}
	return conn, nil
}
