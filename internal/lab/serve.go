package lab

import (
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"time"
)

// listenMode is what the lab's port does with a connection.
type listenMode int

const (
	listenTLS    listenMode = iota // TLS alone
	listenBoth                     // TLS and plain HTTP, told apart by the first byte
	listenPlain                    // plain HTTP alone, and the issuer says so
	listenWrong                    // plain HTTP alone, although the issuer says https
	listenRefuse                   // nobody listens
	listenReset                    // accepted and reset at once
	listenSilent                   // accepted and never answered
)

// serve starts what answers on ln. It takes ln over.
func (l *Lab) serve(ln net.Listener) error {
	hosts := append([]string{l.opts.Host}, l.b.hosts...)
	cert, ca, err := newPKI(l.now(), hosts, l.b.wire)
	if err != nil {
		return err
	}
	l.CAPEM, l.leaf = ca, cert.Certificate[0]
	cfg := tlsConfig(cert, l.b.wire)
	switch l.b.wire.listen {
	case listenRefuse:
		ln.Close()
	case listenReset, listenSilent:
		l.hold(ln)
	case listenPlain, listenWrong:
		l.web(ln)
	case listenBoth:
		secure, cleartext := l.split(ln)
		l.web(tls.NewListener(secure, cfg))
		l.web(cleartext)
	default:
		l.web(tls.NewListener(ln, cfg))
	}
	return nil
}

// tlsConfig is TLS 1.2 and 1.3 with the suites of RFC 9325 section 4.2. HTTP/2 is left out: faults write raw answers.
func tlsConfig(cert tls.Certificate, w wire) *tls.Config {
	cfg := &tls.Config{
		Certificates: []tls.Certificate{cert},
		MinVersion:   tls.VersionTLS12,
		CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384},
		NextProtos:   []string{"http/1.1"},
	}
	if w.tls != nil {
		w.tls(cfg)
	}
	return cfg
}

// web serves HTTP on ln until Close.
func (l *Lab) web(ln net.Listener) {
	srv := &http.Server{
		Handler:           l.guard(l.routes()),
		ReadHeaderTimeout: 30 * time.Second,
		ErrorLog:          log.New(io.Discard, "", 0), // broken handshakes are what a lab is for
	}
	l.stop = append(l.stop, func() { srv.Close() })
	l.serving.Go(func() { srv.Serve(ln) })
}

// guard is around every handler: it records the request, waits as long as Options.Latency says and keeps Close waiting.
func (l *Lab) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		l.gate.RLock()
		defer l.gate.RUnlock()
		if l.closed {
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
		r.ParseForm() // what does not parse leaves parameters out, and the endpoint says which it misses
		l.log.add(r)
		if l.opts.Latency > 0 {
			l.pause(r, l.opts.Latency)
		}
		l.stamp(w.Header())
		if l.b.wire.everyone != nil {
			l.b.wire.everyone(l, w, r, nil)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// stamp sets the headers of every answer. Date follows the lab's clock, not the machine's.
func (l *Lab) stamp(h http.Header) {
	h.Set("Date", l.now().Add(l.b.wire.skew).UTC().Format(http.TimeFormat))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
}
