package cli

import (
	"bytes"
	"strings"

	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/source"
	"github.com/ssoctl/ssoctl/internal/unwrap"
)

// recognise tells what a file is by its content; "" when it is none of ours.
func recognise(in input) string {
	text := bytes.TrimLeft(bytes.TrimPrefix(in.data, []byte("\xef\xbb\xbf")), " \t\r\n")
	if bytes.HasPrefix(text, []byte("{")) || bytes.HasPrefix(text, []byte("[")) {
		return recogniseJSON(in)
	}
	if role := samlRoles(unwrap.Recognise(in.name, in.data)); role != "" {
		return role
	}
	if len(in.data) > config.MaxSize || !mentions(in.data) {
		return ""
	}
	doc, err := source.ParseYAML(in.name, in.data)
	switch {
	case err != nil:
		return brokenYAML(in.data)
	case config.Looks(doc):
		return "connections"
	case doc.Root.Member("id") != nil && doc.Root.Member("protocols") != nil && (doc.Root.Member("oidc") != nil || doc.Root.Member("saml") != nil):
		return "sp-profile"
	}
	return ""
}

// mentions is a quick look, so that a folder of other YAML is not parsed for nothing.
func mentions(data []byte) bool {
	return bytes.Contains(data, []byte("connections")) || bytes.Contains(data, []byte("protocols"))
}

// brokenYAML takes a file that does not parse for a connection file when a line begins with its key.
func brokenYAML(data []byte) string {
	for line := range strings.Lines(string(data)) {
		if strings.HasPrefix(line, "connections:") {
			return "connections"
		}
	}
	return ""
}

// recogniseJSON tells discovery documents, key sets and recordings, also when they do not parse.
func recogniseJSON(in input) string {
	has := func(keys ...string) bool {
		for _, k := range keys {
			if bytes.Contains(in.data, []byte(`"`+k+`"`)) || bytes.Contains(in.data, []byte(`'`+k+`'`)) {
				return true
			}
		}
		return false
	}
	switch {
	case has("evidence") && has("elapsed_ns"):
		return "recording"
	case has("connections") && has("version") && has("sp"):
		return "connections"
	case has("authorization_endpoint", "token_endpoint", "jwks_uri", "response_types_supported", "subject_types_supported", "id_token_signing_alg_values_supported"):
		return "discovery"
	case has("keys") && has("kty", "kid", "alg", "use"), has("keys") && len(in.data) < 1024:
		return "jwks"
	case has("kty") && has("n", "x", "k"): // a single key, or a list of keys without its object
		return "jwks"
	case has("issuer"):
		return "discovery"
	case has("connections") && has("version"):
		return "connections"
	}
	return ""
}

// samlRoles gives the role of a file of SAML by its kind; "" for other kinds.
func samlRoles(kind string) string {
	switch kind {
	case unwrap.KindMetadataIdP, unwrap.KindMetadata:
		return "idp-metadata"
	case unwrap.KindMetadataSP:
		return "sp-metadata"
	case unwrap.KindCertificate, unwrap.KindPrivateKey:
		return "certificate"
	case unwrap.KindResponse, unwrap.KindRequest, unwrap.KindAssertion, unwrap.KindEncryptedAssertion, unwrap.KindLogoutRequest, unwrap.KindLogoutResponse:
		return "saml-message"
	}
	return ""
}
