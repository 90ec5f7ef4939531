// Package probe gathers evidence about a connection: it does the I/O and judges nothing. Every request goes through one
// recording client that bounds time, size, number and destination.
package probe

import (
	"context"
	"crypto/x509"
	"io"
	"net"
	"time"

	"github.com/ssoctl/ssoctl/internal/evidence"
)

// Env is the world that probes may touch. All fields but Pins, CAs and Getenv are required.
type Env struct {
	Now       func() time.Time
	Random    func() string                                            // 22 or more unguessable characters of A-Z a-z 0-9 - _
	Getenv    func(string) string                                      // for proxy settings and env: references
	Keyring   func(name string) (string, error)                        // for keyring: references
	ReadFile  func(string) ([]byte, error)                             // for file: references and paths, relative to the connection file
	Open      func(string) (io.ReadCloser, error)                      // like ReadFile, for what may be large; nil: ReadFile serves
	Lookup    func(ctx context.Context, host string) ([]string, error) // name to addresses
	Dial      func(ctx context.Context, network, addr string) (net.Conn, error)
	Pins      map[string]string // "host:port" -> address, from --resolve
	CAs       *x509.CertPool    // nil: the system's roots; else the system's and the user's
	System    *x509.CertPool    // the system's roots alone, to tell who vouches for a chain; nil: the default
	UserAgent string
	Passive   bool // public GETs only
	Deep      bool // also opt-in probes
	Offline   bool // no network at all: files and references only
	Progress  func(string)
}

// Limits of a run on one connection.
const (
	maxBody      = 4 << 20          // bytes kept of an answer
	maxRedirects = 5                // that are followed
	perExchange  = 10 * time.Second // for one request and its answer
	perHost      = 8                // requests at a time: all that follow the discovery document go out together
	budget       = 12               // requests that count: those that leave more than a line in an access log
	budgetDeep   = 40
)

// effect is what a probe leaves behind.
type effect int

const (
	files   effect = iota // reads files and the environment
	passive               // public GETs
	active                // leaves a trace at the IdP, harmless
	deep                  // opt-in
)

// probe is one row of the table: which evidence it gives and what it follows.
type probe struct {
	kind   evidence.Kind
	effect effect
	run    func(context.Context, *run) *evidence.Observation
}
