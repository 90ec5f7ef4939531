// Package config reads connection files: strict decoding with places, secrets only by reference, suppressions.
package config

import (
	"strconv"
	"strings"

	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/source"
)

// Protocol of a connection.
type Protocol string

const (
	OIDC Protocol = "oidc"
	SAML Protocol = "saml"
)

// File is a parsed connection file.
type File struct {
	Doc      *source.Doc
	Targets  []*Target
	Problems []source.Problem // what does not fit the shape; the targets hold what does
	Ignores  []Ignore
}

// fileShape is the top level of a connection file.
type fileShape struct {
	Version     *source.Node `yaml:"version"`
	Connections []*Target    `yaml:"connections"`
}

// Target is one connection between an IdP and an SP, as the user wrote it.
type Target struct {
	Name           string         `yaml:"name" doc:"name of the connection, unique in the file"`
	SP             *source.Node   `yaml:"sp"`
	IdP            *IdP           `yaml:"idp"`
	OIDC           *OIDCPart      `yaml:"oidc"`
	SAML           *SAMLPart      `yaml:"saml"`
	AllowedDomains []string       `yaml:"allowed_domains" doc:"e-mail domains that the SP lets in"`
	Roles          *Roles         `yaml:"roles"`
	Teams          *Teams         `yaml:"teams"`
	TokenExchange  *TokenExchange `yaml:"token_exchange"`
	EnforceSSO     bool           `yaml:"enforce_sso" doc:"the SP lets nobody in without SSO"`
	BreakGlass     []string       `yaml:"break_glass" doc:"accounts that can still sign in without SSO"`

	path string // JSON pointer of the connection
	file *File
}

// IdP is the idp: section.
type IdP struct {
	Profile  string       `yaml:"profile" doc:"id of an IdP profile (ssoctl catalog idps)"`
	Settings *source.Node `yaml:"settings" doc:"what is set in the IdP's console; keys declared by the IdP profile"` // keys declared by the IdP profile
}

// OIDCPart is the oidc: section.
type OIDCPart struct {
	Issuer       string    `yaml:"issuer" doc:"issuer of the IdP, exactly as its discovery document has it"`
	DiscoveryURL string    `yaml:"discovery_url" doc:"where the discovery document is, when not under the issuer"`
	ClientID     string    `yaml:"client_id" doc:"client ID as registered at the IdP"`
	ClientSecret string    `yaml:"client_secret"` // a reference; anything else is a finding
	Scopes       []string  `yaml:"scopes" doc:"scopes that the SP asks for"`
	Endpoints    Endpoints `yaml:"endpoints"`
	RedirectURI  string    `yaml:"redirect_uri" doc:"redirect URI that the SP sends, when it is not the profile's"`
	PKCE         *bool     `yaml:"pkce" doc:"whether the SP sends a code challenge (S256)"`
	AuthMethod   string    `yaml:"token_endpoint_auth_method" oneof:"client_secret_basic|client_secret_post|client_secret_jwt|private_key_jwt|tls_client_auth|self_signed_tls_client_auth|none"`
	Grant        string    `yaml:"grant" oneof:"code|implicit"`
	HD           string    `yaml:"hd" doc:"hosted-domain hint that the SP sends"`
	IDTokenAlg   string    `yaml:"id_token_alg" doc:"signature algorithm that the SP expects of ID tokens"`
	ACRValues    []string  `yaml:"acr_values" doc:"authentication contexts that the SP asks for"`
}

// Endpoints entered by hand instead of by discovery.
type Endpoints struct {
	Authorization string `yaml:"authorization"`
	Token         string `yaml:"token"`
	Userinfo      string `yaml:"userinfo"`
	JWKS          string `yaml:"jwks"`
}

// SAMLPart is the saml: section.
type SAMLPart struct {
	IdPMetadata                string `yaml:"idp_metadata" doc:"path or URL of the IdP's SAML metadata"` // path or URL
	IdPEntityID                string `yaml:"idp_entity_id" doc:"entity ID of the IdP"`
	SSOURL                     string `yaml:"sso_url" doc:"single sign-on URL of the IdP"`
	Certificate                string `yaml:"certificate" doc:"signing certificate of the IdP: path, PEM or raw base64"` // path, PEM or raw base64
	SPEntityID                 string `yaml:"sp_entity_id" doc:"entity ID of the SP, when it is not the profile's"`
	ACSURL                     string `yaml:"acs_url" doc:"assertion consumer service URL of the SP, when it is not the profile's"`
	NameIDFormat               string `yaml:"name_id_format" doc:"NameID format that the SP asks for"`
	SPPrivateKey               string `yaml:"sp_private_key"` // a reference
	MetadataSigningCertificate string `yaml:"metadata_signing_certificate"`
	SPCertificate              string `yaml:"sp_certificate"`
	CertificateFingerprint     string `yaml:"certificate_fingerprint"`
	Want                       *Want  `yaml:"want"`
}

// Want is what a generic SP demands of responses.
type Want struct {
	AssertionSigned *bool `yaml:"assertion_signed"`
	ResponseSigned  *bool `yaml:"response_signed"`
	Encrypted       *bool `yaml:"encrypted"`
}

// Roles is the role mapping of the SP.
type Roles struct {
	Default  string `yaml:"default"`
	Strict   bool   `yaml:"strict"`
	SkipSync bool   `yaml:"skip_sync"`
	Rules    []Rule `yaml:"rules"`
}

// Rule is one role rule: a template, or a claim and its value.
type Rule struct {
	Template string `yaml:"template"`
	Claim    string `yaml:"claim"`
	Value    string `yaml:"value"`
	Role     string `yaml:"role"`
}

// Teams is the team sync of the SP.
type Teams struct {
	Enabled  *bool               `yaml:"enabled"`
	Template string              `yaml:"template"`
	Links    map[string][]string `yaml:"links"`
}

// TokenExchange is the SP's exchange of user tokens for downstream tokens.
type TokenExchange struct {
	Strategy   string `yaml:"strategy" oneof:"auto|rfc8693|okta_managed|entra_obo"`
	Endpoint   string `yaml:"endpoint"`
	ClientAuth string `yaml:"client_auth" oneof:"client_secret_post|client_secret_basic|private_key_jwt"`
	KeyID      string `yaml:"key_id"`
}

// Protocol tells which of oidc and saml the connection speaks; with both or neither it is "".
func (t *Target) Protocol() Protocol {
	switch {
	case t.OIDC != nil && t.SAML == nil:
		return OIDC
	case t.SAML != nil && t.OIDC == nil:
		return SAML
	}
	return ""
}

// SPProfile gives the profile id or path of the sp: section.
func (t *Target) SPProfile() string { return t.SP.Member("profile").Str() }

// SPParam gives a parameter of the sp: section.
func (t *Target) SPParam(name string) *source.Node { return t.SP.Member(name) }

// IdPProfile gives the profile id of the idp: section, "" when none is stated.
func (t *Target) IdPProfile() string {
	if t.IdP == nil {
		return ""
	}
	return t.IdP.Profile
}

// Setting gives a recorded console setting of the IdP, or nil.
func (t *Target) Setting(key string) *source.Node {
	if t.IdP == nil {
		return nil
	}
	return t.IdP.Settings.Member(key)
}

// Path makes a path within the connection ("oidc/issuer") into a JSON pointer of the file.
func (t *Target) Path(path string) string {
	if path == "" {
		return t.path
	}
	return t.path + "/" + path
}

// File gives the file that the connection came from.
func (t *Target) File() *File { return t.file }

// Stated reports whether the connection has a value at a path such as "oidc/issuer".
func (t *Target) Stated(path string) bool {
	n := t.file.Doc.At(t.Path(path))
	return n != nil && n.Type != source.Null
}

// Pos gives the place of a path such as "oidc/issuer", or of its nearest ancestor. An empty path is the connection.
func (t *Target) Pos(path string) report.Location { return t.file.Locate(t.Path(path)) }

// Locate gives the place of a JSON pointer, with the line and what to underline in it. For a key that is absent it is the
// key of the section it belongs in.
func (f *File) Locate(path string) report.Location {
	loc := report.Location{File: f.Doc.File, Path: path}
	node := f.Doc.At(path)
	if node == nil || node.Type == source.List || node.Type == source.Map {
		at := path
		for node == nil && at != "" {
			at = at[:strings.LastIndexByte(at, '/')]
			node = f.Doc.At(at)
		}
		pos := f.Doc.KeyPos(at)
		loc.Line, loc.Col = pos.Line, pos.Col
		if key := at[strings.LastIndexByte(at, '/')+1:]; key != "" {
			if _, err := strconv.Atoi(key); err != nil {
				loc.Len = len([]rune(source.Unescape(key)))
			}
		}
	} else {
		loc.Line, loc.Col, loc.Len = node.Pos.Line, node.Pos.Col, node.Len
	}
	loc.Snippet = f.Doc.Line(loc.Line)
	return loc
}

// LocatePos gives a location for a bare place, underlining n runes.
func (f *File) LocatePos(pos source.Pos, path string, n int) report.Location {
	return report.Location{File: f.Doc.File, Line: pos.Line, Col: pos.Col, Path: path, Len: n, Snippet: f.Doc.Line(pos.Line)}
}

// MaxSize is the size of a connection file, in bytes, above which it is not read.
const MaxSize = 1 << 20

// Parse reads a connection file. The error is a *source.Error when the text is no YAML at all; everything else is in Problems.
func Parse(name string, b []byte) (*File, error) {
	doc, err := source.ParseYAML(name, b)
	if err != nil {
		return nil, err
	}
	f := &File{Doc: doc, Ignores: ignores(doc)}
	var shape fileShape
	f.Problems = source.Decode(doc.Root, "", &shape)
	f.Targets = shape.Connections
	f.Problems = append(f.Problems, version(shape.Version, doc)...)
	for i, t := range f.Targets {
		if t == nil {
			t = &Target{}
			f.Targets[i] = t
		}
		t.path, t.file = "/connections/"+strconv.Itoa(i), f
	}
	return f, nil
}

func version(n *source.Node, doc *source.Doc) []source.Problem {
	switch {
	case doc.Root.Type != source.Map, n != nil && n.Text == "1":
		return nil
	case n == nil:
		return []source.Problem{{Path: "/version", Pos: source.Pos{Line: 1, Col: 1}, Kind: source.WrongValue, Got: "", Want: "1"}}
	}
	return []source.Problem{{Path: "/version", Pos: n.Pos, Kind: source.WrongValue, Got: n.Text, Want: "1"}}
}

// Looks reports whether a text looks like a connection file, so that a folder of other YAML can be passed over.
func Looks(doc *source.Doc) bool { return doc.Root.Member("connections") != nil }
