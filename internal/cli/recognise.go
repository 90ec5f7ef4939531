package cli

import (
	"bytes"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/source"
)

// recognise tells what a file is by its content; "" when it is none of ours.
func recognise(in input) string {
	text := bytes.TrimLeft(bytes.TrimPrefix(in.data, []byte("\xef\xbb\xbf")), " \t\r\n")
	if bytes.HasPrefix(text, []byte("{")) || bytes.HasPrefix(text, []byte("[")) {
		return recogniseJSON(in)
	}
	if bytes.HasPrefix(text, []byte("<")) {
		return ofSAMLFile(in)
	}
	if bytes.Contains(in.data, []byte("-----BEGIN CERTIFICATE-----")) && !bytes.Contains(in.data, []byte("connections:")) {
		return "certificate"
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
			if bytes.Contains(in.data, []byte(`"`+k+`"`)) {
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
	case has("issuer"):
		return "discovery"
	case has("connections") && has("version"):
		return "connections"
	}
	return ""
}

// ofSAMLFile tells by its first elements what an XML file is; "" for XML of another kind.
func ofSAMLFile(in input) string {
	head := in.data[:min(len(in.data), 64<<10)]
	has := func(words ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return bytes.Contains(head, []byte(w)) })
	}
	switch {
	case has("EntityDescriptor", "EntitiesDescriptor"):
		if has("SPSSODescriptor") && !has("IDPSSODescriptor") {
			return "sp-metadata"
		}
		return "idp-metadata"
	case has("urn:oasis:names:tc:SAML:2.0:protocol", "urn:oasis:names:tc:SAML:2.0:assertion"):
		return "saml-message"
	}
	return ""
}
