package probe

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"unicode"

	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/connection"
	"github.com/ssoctl/ssoctl/internal/evidence"
)

// refs looks where the references of the connection lead. Of a secret's value only traits are kept.
func refs(_ context.Context, r *run) *evidence.Observation {
	out := &evidence.Observation{Refs: []evidence.Ref{}}
	if o := r.conn.OIDC; o != nil && o.ClientSecret != "" {
		out.Refs = append(out.Refs, r.secretRef("oidc/client_secret", o.ClientSecret))
	}
	if s := r.conn.SAML; s != nil {
		if s.SPPrivateKey != "" {
			out.Refs = append(out.Refs, r.secretRef("saml/sp_private_key", s.SPPrivateKey))
		}
		for path, value := range map[string]string{
			"saml/idp_metadata": s.IdPMetadata, "saml/certificate": s.Certificate, "saml/sp_certificate": s.SPCertificate,
			"saml/metadata_signing_certificate": s.MetadataSigningCertificate,
		} {
			if isPath(value) {
				out.Refs = append(out.Refs, r.fileRef(path, value))
			}
		}
	}
	return out
}

// isPath tells a path from a URL, from the text of a certificate however much of it was pasted, and from a fingerprint.
func isPath(s string) bool {
	switch {
	case s == "", strings.Contains(s, "://"), strings.Contains(s, "BEGIN CERTIFICATE"), strings.Contains(s, "-----BEGIN"), strings.ContainsAny(s, "\n"):
		return false
	case strings.HasPrefix(s, "MII") && strings.Trim(s, base64Letters) == "", strings.HasPrefix(s, "LS0tLS1CRUdJTi"): // "-----BEGIN-" in base64
		return false
	case len(s) > 255 && !strings.ContainsAny(s, "/\\"): // no file has such a name
		return false
	case strings.Count(s, ":") >= 15 && strings.Trim(s, "0123456789abcdefABCDEF: ") == "":
		return false
	}
	return !(strings.HasPrefix(s, "MI") && len(s) > 200)
}

const base64Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/= "

func (r *run) fileRef(path, name string) evidence.Ref {
	ref := evidence.Ref{Path: path, Ref: name, State: "ok"}
	b, err := r.beginning(strings.TrimPrefix(name, "file:"))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		ref.State, ref.Text = "missing", "no such file"
	case err != nil:
		ref.State, ref.Text = "unreadable", reason(err)
	case len(strings.TrimSpace(string(b))) == 0:
		ref.State, ref.Text = "empty", "the file is empty"
	}
	return ref
}

// beginning reads enough of a file to tell whether it can be read and holds something; metadata may be large.
func (r *run) beginning(name string) ([]byte, error) {
	if r.env.Open == nil {
		return r.env.ReadFile(name)
	}
	f, err := r.env.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, 64<<10))
}

// reason is an I/O error without the path, which the finding names already.
func reason(err error) string {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err.Error()
	}
	return err.Error()
}

func (r *run) secretRef(path, text string) evidence.Ref {
	scheme, _, ok := config.Reference(text)
	if !ok {
		return evidence.Ref{Path: path, Ref: config.RedactedMark, State: "literal", Secret: true}
	}
	ref := evidence.Ref{Path: path, Ref: text, State: "ok", Secret: true}
	if r.env.Offline && scheme != "file" {
		ref.State, ref.Text = "not_asked", "not looked up without a live run"
		return ref
	}
	value, err := r.secret(text)
	if err != nil {
		ref.State, ref.Text = "unset", err.Error()
		if errors.Is(err, fs.ErrNotExist) {
			ref.State = "missing"
		}
		if r.env.Offline {
			ref.State = "not_asked" // the secret's file lives where the SP runs, not where files are linted
		}
		return ref
	}
	ref.Length, ref.Traits, ref.Public = len(value), traits(value, r.conn), publicOf(value)
	if strings.TrimSpace(value) == "" {
		ref.State, ref.Text = "empty", "the value is empty"
	}
	return ref
}

// secret reads the value behind a reference, byte for byte; of a file one final line end is dropped, as editors add it.
func (r *run) secret(text string) (string, error) {
	scheme, name, ok := config.Reference(text)
	if !ok {
		return "", errors.New("a secret stands in the file itself")
	}
	switch scheme {
	case "env":
		if value := r.env.Getenv(name); value != "" {
			return value, nil
		}
		return "", fmt.Errorf("the environment variable %s is not set", name)
	case "file":
		b, err := r.env.ReadFile(name)
		if errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("no such file%w", quiet{err})
		}
		if err != nil {
			return "", errors.New(reason(err))
		}
		return strings.TrimSuffix(strings.TrimSuffix(string(b), "\n"), "\r"), nil
	}
	value, err := r.env.Keyring(name)
	if err != nil {
		return "", fmt.Errorf("the keyring gives no secret %q of the service ssoctl: %w", name, err)
	}
	return value, nil
}

// quiet keeps an error's identity without repeating its text.
type quiet struct{ error }

func (quiet) Error() string   { return "" }
func (q quiet) Unwrap() error { return q.error }

var guid = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$`)
})

// traits describes a secret without giving it away.
func traits(value string, conn *connection.Connection) []string {
	var out []string
	add := func(is bool, name string) {
		if is {
			out = append(out, name)
		}
	}
	trimmed := strings.TrimSpace(value)
	add(strings.TrimRight(value, "\r\n") != value, "trailing_newline")
	add(strings.TrimRight(value, " \t") != value, "trailing_space")
	add(strings.TrimLeftFunc(value, unicode.IsSpace) != value, "leading_space")
	add(strings.ContainsFunc(trimmed, unicode.IsSpace), "inner_space")
	add(len(trimmed) > 1 && (trimmed[0] == '"' || trimmed[0] == '\'') && trimmed[len(trimmed)-1] == trimmed[0], "quoted")
	add(guid().MatchString(trimmed), "guid")
	add(strings.HasPrefix(trimmed, "eyJ") && strings.Count(trimmed, ".") == 2, "jwt")
	add(strings.Contains(trimmed, "://"), "url")
	_, err := hex.DecodeString(trimmed)
	add(err == nil, "hex")
	add(url.QueryEscape(trimmed) != trimmed, "not_urlsafe")
	add(strings.ContainsFunc(trimmed, func(c rune) bool { return c > unicode.MaxASCII || unicode.IsControl(c) }), "not_ascii")
	add(conn.OIDC != nil && trimmed == conn.OIDC.ClientID, "client_id")
	for i, p := range conn.IdP.Client.Secret {
		add(conn.Lib.Matches(p.Match, trimmed), fmt.Sprintf("shape:%d", i))
	}
	return out
}
