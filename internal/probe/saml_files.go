package probe

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"io/fs"
	"net/http"
	"strings"

	"github.com/ssoctl/ssoctl/internal/cert"
	"github.com/ssoctl/ssoctl/internal/connection"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/knowledge"
	"github.com/ssoctl/ssoctl/internal/samldoc"
	"github.com/ssoctl/ssoctl/internal/unwrap"
	"github.com/ssoctl/ssoctl/internal/xmlsig"
)

// samlCerts reads the certificates that the connection names or holds.
func samlCerts(_ context.Context, r *run) *evidence.Observation {
	s := r.conn.SAML
	obs := &evidence.Observation{Source: r.conn.File().Doc.File}
	for _, field := range []struct{ path, value string }{
		{"saml/certificate", s.Certificate}, {"saml/sp_certificate", s.SPCertificate}, {"saml/metadata_signing_certificate", s.MetadataSigningCertificate},
	} {
		if field.value != "" {
			obs.Files = append(obs.Files, r.certFile(field.path, field.value))
		}
	}
	if len(obs.Files) == 0 {
		return nil
	}
	return obs
}

func (r *run) certFile(path, value string) evidence.NamedFile {
	if !isPath(value) {
		return evidence.NamedFile{Path: path, Name: r.conn.File().Doc.File, Inline: true, Body: []byte(value), State: "ok"}
	}
	name := strings.TrimPrefix(value, "file:")
	b, err := r.env.ReadFile(name)
	f := evidence.NamedFile{Path: path, Name: name, Body: b, State: "ok"}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		f.State, f.Text = "missing", "no such file"
	case err != nil:
		f.State, f.Text = "unreadable", reason(err)
	}
	return f
}

// samlMetadata reads the IdP's metadata from the file or URL of the connection, or asks for it where the product usually has it.
func samlMetadata(ctx context.Context, r *run) *evidence.Observation {
	at := r.conn.SAML.IdPMetadata
	switch {
	case at == "":
		return r.usualMetadata(ctx)
	case isPath(at):
		return r.metadataFile(strings.TrimPrefix(at, "file:"))
	case !r.allowed(passive):
		return nil
	}
	obs := observe(at, r.fetch(ctx, request{method: http.MethodGet, url: at, accept: acceptMetadata, aggregate: r.conn.SAML.IdPEntityID}))
	if obs.Failure == nil {
		return obs
	}
	if why := r.unreachable(); why != nil && sameOrigin(at, why.Source) { // the network probe runs beside this one
		return why
	}
	return obs
}

// acceptMetadata prefers the media type of SAML metadata; some servers have an HTML page at the same address.
const acceptMetadata = "application/samlmetadata+xml, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.1"

func (r *run) metadataFile(name string) *evidence.Observation {
	obs := &evidence.Observation{Source: name}
	sel, err := r.selected(name)
	if err != nil {
		obs.Failure = &evidence.Failure{Stage: evidence.StageRead, Code: "file", Text: reason(err)}
		if errors.Is(err, samldoc.ErrNotListed) {
			obs.Failure.Code = evidence.NotListed
		}
		return obs
	}
	obs.Body, obs.Begins = sel.Body, sel.Begins
	return obs
}

// selected reads a metadata file; of a large aggregate only the entity of the connection.
func (r *run) selected(name string) (samldoc.Selected, error) {
	if r.env.Open == nil {
		b, err := r.env.ReadFile(name)
		return samldoc.Selected{Body: b}, err
	}
	f, err := r.env.Open(name)
	if err != nil {
		return samldoc.Selected{}, err
	}
	defer f.Close()
	return samldoc.Select(f, r.conn.SAML.IdPEntityID)
}

// usualMetadata asks for the metadata where the IdP's profile says that it is. Nothing depends on it being there.
func (r *run) usualMetadata(ctx context.Context) *evidence.Observation {
	if r.conn.IdP.SAML == nil || !r.allowed(passive) {
		return nil
	}
	vars := map[string]string{}
	knowledge.Match(r.conn.IdP.SAML.EntityID.V, r.conn.SAML.IdPEntityID, vars)
	knowledge.Match(r.conn.IdP.SAML.SSO.V, r.conn.SAML.SSOURL, vars)
	address, missing := knowledge.Expand(r.conn.IdP.SAML.Metadata.V, vars)
	if len(missing) > 0 || !sameOrigin(address, r.conn.SAML.IdPEntityID) && !sameOrigin(address, r.conn.SAML.SSOURL) {
		return nil
	}
	obs := observe(address, r.fetch(ctx, request{method: http.MethodGet, url: address, accept: acceptMetadata}))
	obs.Guessed = true
	if last := obs.Last(); obs.Failure != nil || last.Status != 200 || last.Cut {
		return nil
	}
	return obs
}

// metadata gives the IdP's metadata, or nil.
func (r *run) metadata() *samldoc.Entities {
	obs := r.get(evidence.SAMLMetadata)
	if obs == nil || obs.Failure != nil {
		return nil
	}
	if last := obs.Last(); last != nil && (last.Status != 200 || last.Cut) {
		return nil
	}
	m, err := samldoc.ParseMetadata(obs.Source, obs.Document(), r.conn.SAML.IdPEntityID, "IDPSSODescriptor")
	if err != nil {
		return nil
	}
	return m
}

// Trust makes the keys that signatures are verified with: the certificates of the connection, and those of the metadata.
func Trust(set evidence.Set, entityID string) xmlsig.Trust {
	var t xmlsig.Trust
	if obs := set[evidence.SAMLCerts]; obs != nil {
		for _, f := range obs.Files {
			if strings.HasSuffix(f.Path, "saml/certificate") || f.Path == "" {
				t.Configured = append(t.Configured, keysOf(cert.Parse(f.Body))...)
			}
		}
	}
	obs := set[evidence.SAMLMetadata]
	if obs == nil || obs.Failure != nil {
		return t
	}
	m, err := samldoc.ParseMetadata(obs.Source, obs.Document(), entityID, "IDPSSODescriptor")
	if err != nil {
		return t
	}
	for _, k := range samldoc.Keys(m.IdP(), "signing") {
		t.Metadata = append(t.Metadata, keysOf(k.Text)...)
	}
	return t
}

// TrustIn makes the keys that the signatures of one document are verified with: of an authentication request those of the SP (its
// certificate in the connection, and its metadata), of everything else Trust.
func TrustIn(d unwrap.Document, set evidence.Set, entityID string) xmlsig.Trust {
	if d.Kind != unwrap.KindRequest {
		return Trust(set, entityID)
	}
	var t xmlsig.Trust
	if obs := set[evidence.SAMLCerts]; obs != nil {
		for _, f := range obs.Files {
			if strings.HasSuffix(f.Path, "saml/sp_certificate") {
				t.Configured = append(t.Configured, keysOf(cert.Parse(f.Body))...)
			}
		}
	}
	obs := set[evidence.SPMetadata]
	if obs == nil || obs.Failure != nil {
		return t
	}
	if m, err := samldoc.ParseMetadata(obs.Source, obs.Document(), "", "SPSSODescriptor"); err == nil {
		for _, k := range samldoc.Keys(m.SP(), "signing") {
			t.Metadata = append(t.Metadata, keysOf(k.Text)...)
		}
	}
	return t
}

func keysOf(t cert.Text) []xmlsig.Key {
	var out []xmlsig.Key
	for _, c := range t.Certs {
		if c.Cert != nil {
			out = append(out, xmlsig.Key{Cert: c.Cert, Public: c.Cert.PublicKey, Raw: c.DER})
		}
	}
	return out
}

// SPKeys gives the private keys that the connection's SP decrypts with. What cannot be read is told by its reference.
func SPKeys(env *Env, reference string) []*rsa.PrivateKey {
	r := &run{env: env}
	text, err := r.secret(reference)
	if reference == "" || err != nil {
		return nil
	}
	if key, ok := privateKey(text).(*rsa.PrivateKey); ok {
		return []*rsa.PrivateKey{key}
	}
	return nil
}

// privateKey reads a private key in PEM; nil when it is none, or is protected by a password.
func privateKey(text string) crypto.Signer {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil
	}
	if key, err := x509.ParsePKCS8PrivateKey(block.Bytes); err == nil {
		s, _ := key.(crypto.Signer)
		return s
	}
	if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return key
	}
	if key, err := x509.ParseECPrivateKey(block.Bytes); err == nil {
		return key
	}
	return nil
}

// publicOf gives the SHA-256 of the public part of a private key, "" when the text holds none.
func publicOf(text string) string {
	key := privateKey(text)
	if key == nil {
		return ""
	}
	spki, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(spki)
	return hex.EncodeToString(sum[:])
}

// SeenIn gives what metadata tells about the product that made it.
func SeenIn(m *samldoc.Entities) connection.Seen {
	return connection.Seen{EntityID: m.EntityID(), SSOURL: m.SignOnURL()}
}
