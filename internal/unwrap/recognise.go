package unwrap

import (
	"bytes"
	"path/filepath"
	"strings"
)

// Answers of Recognise beside the kinds of Open.
const (
	KindMetadataIdP = "saml.metadata.idp"
	KindMetadataSP  = "saml.metadata.sp"
)

// maxLook is how much of a file Recognise looks at, in bytes.
const maxLook = 64 << 10

// Recognise tells by the beginning of a file what it holds, cheaply, for going through folders: KindMetadataIdP, KindMetadataSP (KindMetadata
// when it is of both or neither), a kind of SAML message, KindCertificate, KindPrivateKey, KindDiscovery, KindJWKS or KindHAR; "" for
// anything else, such as YAML that quotes a certificate. The name's extension counts only for text that could be quoted elsewhere.
func Recognise(name string, data []byte) string {
	head, _ := asText(data[:min(len(data), maxLook)])
	head = bytes.TrimLeft(head, " \t\r\n\ufeff")
	if len(head) == 0 {
		return ""
	}
	switch {
	case head[0] == '<':
		return recogniseXML(head)
	case head[0] == '{':
		return recogniseJSON(head)
	case head[0] == tagSequence:
		if kind, length := derKind(head); kind == KindCertificate || kind == KindPrivateKey {
			if length <= len(data)+2 { // white space that was cut
				return kind
			}
		}
	}
	if m := pemLike().FindSubmatchIndex(head); m != nil {
		return recognisePEM(name, head, m)
	}
	return recogniseBase64(name, head)
}

func recogniseXML(head []byte) string {
	if isHTML(head) {
		return ""
	}
	space, local := rootOf(head)
	kind := rootKinds[[2]string{space, local}]
	if kind != KindMetadata {
		return kind
	}
	idp, sp := idpLike().Match(head), spLike().Match(head)
	switch {
	case idp && !sp:
		return KindMetadataIdP
	case sp && !idp:
		return KindMetadataSP
	}
	return kind
}

var idpLike, spLike = lazily(`<(?:[A-Za-z_][\w.-]*:)?IDPSSODescriptor[\s>]`), lazily(`<(?:[A-Za-z_][\w.-]*:)?SPSSODescriptor[\s>]`)

func recogniseJSON(head []byte) string {
	has := func(name string) bool { return bytes.Contains(head, []byte(`"`+name+`"`)) }
	switch {
	case has("log") && has("version") && (has("creator") || has("entries") || has("pages")):
		return KindHAR
	case has("connections") || has("evidence") || has("requests"): // ours, or a trace
		return ""
	}
	switch kind := jsonKind(has); {
	case kind == KindDiscovery, kind == KindJWKS && keysLike().Match(head) && (has("kty") || has("kid") || len(head) < 64):
		return kind
	}
	return ""
}

var keysLike = lazily(`"keys"\s*:\s*\[`)

// recognisePEM takes files that are PEM, with the text that openssl writes around blocks; not files that quote some.
func recognisePEM(name string, head []byte, m []int) string {
	if m[0] > 0 && head[m[0]-1] != '\n' {
		return ""
	}
	switch strings.ToLower(filepath.Ext(name)) {
	case "", ".pem", ".crt", ".cer", ".cert", ".key", ".txt", ".p8", ".pub", ".ca-bundle", ".chain":
	default:
		if m[0] > 0 {
			return ""
		}
	}
	switch kind := pemKind(string(head[m[2]:m[3]])); kind {
	case KindCertificate, KindPrivateKey:
		return kind
	}
	return ""
}

// recogniseBase64 takes files that are base64 throughout, of a certificate or a SAML message.
func recogniseBase64(name string, head []byte) string {
	if ext := strings.ToLower(filepath.Ext(name)); ext == ".map" || ext == ".lock" || ext == ".sum" {
		return ""
	}
	text, _ := joined(head[:min(len(head), 8<<10)])
	raw, _, ok := unbase64(text[:len(text)&^3], false)
	if !ok || len(raw) < 32 {
		return ""
	}
	if kind, _ := derKind(raw); kind == KindCertificate || kind == KindPrivateKey {
		return kind
	}
	if raw[0] == '<' {
		return recogniseXML(raw)
	}
	if bytes.HasPrefix(raw, []byte("-----BEGIN ")) {
		if m := pemLike().FindSubmatchIndex(raw); m != nil {
			return recognisePEM("", raw, m)
		}
	}
	return ""
}
