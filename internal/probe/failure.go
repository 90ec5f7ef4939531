package probe

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"

	"github.com/ssoctl/ssoctl/internal/evidence"
)

// stageError marks where an error arose before net/http wraps it.
type stageError struct {
	stage evidence.Stage
	err   error
}

func (e *stageError) Error() string { return e.err.Error() }
func (e *stageError) Unwrap() error { return e.err }

// classify turns an error into a Failure; nothing behind it looks at error texts again.
func classify(err error) *evidence.Failure {
	var f *evidence.Failure
	if errors.As(err, &f) {
		return f
	}
	if f := tlsFailure(err); f != nil {
		return f
	}
	var staged *stageError
	stage := evidence.StageHeader
	if errors.As(err, &staged) {
		stage = staged.stage
	}
	code, text := "", err.Error()
	var dns *net.DNSError
	switch {
	case errors.As(err, &dns):
		stage = evidence.StageDNS
		code, text = dnsCode(dns)
	case stage == evidence.StageBlocked:
		code = "private"
	case errors.Is(err, context.Canceled):
		stage, code, text = evidence.StageTimeout, "cancelled", "the run was stopped"
	case errors.Is(err, syscall.ECONNREFUSED):
		stage, code, text = evidence.StageConnect, "refused", "the connection was refused"
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		stage, code, text = evidence.StageConnect, "unreachable", "there is no route to the address"
	case isTimeout(err) && stage == evidence.StageConnect:
		code, text = "timeout", "the connection attempt timed out"
	case isTimeout(err):
		code, text = "silent", "connected, then no answer in time"
	case errors.Is(err, syscall.ECONNRESET):
		code, text = "reset", "the connection was reset"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		code, text = "closed", "the server closed the connection without an answer"
	case strings.Contains(text, "server gave HTTP response to HTTPS client"):
		stage, code, text = evidence.StageTLS, "plain", "the port answers in plain HTTP, not TLS"
	}
	return &evidence.Failure{Stage: stage, Code: code, Text: text}
}

func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &t) && t.Timeout()
}

func dnsCode(e *net.DNSError) (code, text string) {
	server := ""
	if e.Server != "" {
		server = " (resolver " + e.Server + ")"
	}
	switch {
	case e.IsNotFound:
		return "nxdomain", fmt.Sprintf("%s does not resolve%s", e.Name, server)
	case e.IsTimeout:
		return "timeout", fmt.Sprintf("the resolver did not answer for %s%s", e.Name, server)
	}
	return "resolver", fmt.Sprintf("%s could not be resolved: %s%s", e.Name, e.Err, server)
}

// tlsFailure recognises what a handshake can end in; nil for anything else.
func tlsFailure(err error) *evidence.Failure {
	fail := func(code, format string, args ...any) *evidence.Failure {
		return &evidence.Failure{Stage: evidence.StageTLS, Code: code, Text: fmt.Sprintf(format, args...)}
	}
	var (
		unknown x509.UnknownAuthorityError
		name    x509.HostnameError
		invalid x509.CertificateInvalidError
		record  tls.RecordHeaderError
		alert   tls.AlertError
		system  x509.SystemRootsError
	)
	switch {
	case errors.As(err, &name):
		return fail("name", "the certificate is for %s, not for %s", namesOf(name.Certificate), name.Host)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return fail("expired", "the certificate is outside its validity (%s to %s)", invalid.Cert.NotBefore.UTC().Format("2006-01-02"), invalid.Cert.NotAfter.UTC().Format("2006-01-02"))
	case errors.As(err, &unknown):
		return fail("unknown_authority", "the certificate chain does not lead to a trusted root")
	case errors.As(err, &invalid):
		return fail("invalid", "the certificate chain does not verify: %v", invalid)
	case errors.As(err, &record):
		return fail("plain", "the port does not speak TLS")
	case errors.As(err, &system):
		return fail("no_roots", "this machine has no root certificates: %v", system)
	case errors.As(err, &alert):
		return fail("alert", "the TLS handshake ended with the alert %q", strings.TrimPrefix(alert.Error(), "tls: "))
	case strings.Contains(err.Error(), "certificate required"):
		return fail("client_certificate", "the server demands a client certificate (TLS alert %q)", "certificate required")
	case strings.Contains(err.Error(), "protocol version not supported"):
		return fail("version", "no TLS version in common")
	case strings.Contains(err.Error(), "tls: "):
		return fail("handshake", "the TLS handshake did not complete: %s", err)
	}
	return nil
}

func namesOf(cert *x509.Certificate) string {
	names := append([]string{}, cert.DNSNames...)
	for _, ip := range cert.IPAddresses {
		names = append(names, ip.String())
	}
	if len(names) == 0 {
		return "no name (CN=" + cert.Subject.CommonName + " does not count)"
	}
	if len(names) > 5 {
		names = append(names[:5], fmt.Sprintf("%d more", len(names)-5))
	}
	return strings.Join(names, ", ")
}
