package unwrap

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"encoding/xml"
	"html"
	"io"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/xmltree"
)

// Elements and attributes of SAML and XML signatures whose text names no person and proves nothing. Digests are not among them: over a
// text that is otherwise known, a digest gives a name away to whoever tries names.
var (
	keptElements = set("Issuer", "Audience", "StatusMessage", "X509Certificate", "AuthnContextClassRef", "AuthnContextDeclRef", "AuthenticatingAuthority", "RequesterID", "Action", "To",
		"NameIDFormat", "RequestType", "KeyType", "TokenType", "Created", "Expires", "Modulus", "Exponent", "faultcode", "faultstring")
	keptAttrs = set("ID", "InResponseTo", "Version", "IssueInstant", "Destination", "Recipient", "NotBefore", "NotOnOrAfter", "Format", "NameQualifier", "SPNameQualifier", "Method", "Algorithm",
		"URI", "Name", "FriendlyName", "NameFormat", "Value", "AuthnInstant", "SessionNotOnOrAfter", "Consent", "AllowCreate", "Comparison", "ProtocolBinding", "AssertionConsumerServiceURL",
		"AssertionConsumerServiceIndex", "AttributeConsumingServiceIndex", "ForceAuthn", "IsPassive", "ProviderName", "Type", "PrefixList", "type", "entityID", "Binding", "Location", "ResponseLocation", "index", "isDefault",
		"use", "protocolSupportEnumeration", "WantAuthnRequestsSigned", "WantAssertionsSigned", "AuthnRequestsSigned", "validUntil", "cacheDuration", "lang", "MajorVersion", "MinorVersion",
		"ResponseID", "AssertionID", "AuthenticationMethod", "AuthenticationInstant", "AttributeName", "AttributeNamespace", "Id", "ProviderID", "mustUnderstand", "nil", "EncodingType", "ValueType", "regexp", "isRequired")
)

// message redacts the value of a SAML parameter and wraps it as it was; what cannot be opened is replaced.
func (r *redactor) message(v string) string {
	if trimmed := strings.TrimSpace(v); strings.HasPrefix(trimmed, "<") {
		if out, ok := r.xml([]byte(trimmed)); ok {
			return out
		}
		return r.hide(v)
	}
	if len(v) >= 8 && !safeMark().MatchString(v) {
		r.seen[v] = true
	}
	raw, _, ok := unbase64([]byte(v), false)
	if !ok {
		return r.hide(v)
	}
	if bytes.HasPrefix(raw, []byte("<")) {
		if out, ok := r.xml(raw); ok {
			return base64.StdEncoding.EncodeToString([]byte(out))
		}
		if out := stump(raw); out != "" {
			return base64.StdEncoding.EncodeToString([]byte(out))
		}
		return r.hide(v)
	}
	plain, _, ok := new(opener).inflated(raw)
	if !ok {
		return r.hide(v)
	}
	out, ok := r.xml(plain)
	if !ok {
		return r.hide(v)
	}
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.DefaultCompression)
	if err != nil {
		return r.hide(v)
	}
	_, werr := w.Write([]byte(out))
	if cerr := w.Close(); werr != nil || cerr != nil {
		return r.hide(v)
	}
	return base64.StdEncoding.EncodeToString(b.Bytes())
}

// stump stands for a SAML document that does not parse: its root alone, which does not parse either. "" for anything else.
func stump(raw []byte) string {
	space, local := rootOf(raw)
	if rootKinds[[2]string{space, local}] == "" {
		return ""
	}
	head := ""
	if bytes.Contains(raw, []byte("<!DOCTYPE")) {
		head = "<!DOCTYPE redacted>"
	}
	return head + "<" + local + ` xmlns="` + space + `">`
}

// xml redacts a SAML document, or what surrounds one. ok is false for anything else, and for what does not parse.
func (r *redactor) xml(data []byte) (string, bool) {
	doc, err := xmltree.Parse("", data)
	if err != nil {
		return "", false
	}
	saml, open := false, false
	doc.Root.Walk(func(e *xmltree.Element) bool {
		saml = saml || rootKinds[[2]string{e.Space, e.Local}] != ""
		return !saml
	})
	if !saml {
		return "", false
	}
	if rootKinds[[2]string{doc.Root.Space, doc.Root.Local}] == KindMetadata {
		open = true
	}
	var out strings.Builder
	dec := xml.NewDecoder(bytes.NewReader(doc.Raw))
	dec.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	var stack []string
	for {
		from := dec.InputOffset()
		tok, err := dec.RawToken()
		if err == io.EOF {
			return out.String(), true
		}
		if err != nil {
			return "", false
		}
		raw := doc.Raw[from:dec.InputOffset()]
		switch t := tok.(type) {
		case xml.StartElement:
			stack = append(stack, t.Name.Local)
			out.WriteString(r.tag(t, raw))
		case xml.EndElement:
			stack = stack[:max(0, len(stack)-1)]
			out.Write(raw)
		case xml.CharData:
			out.WriteString(r.content(t, raw, stack, open))
		case xml.Comment: // it stays, as it cuts a text in two; what it says does not
			if len(stack) > 0 {
				out.WriteString("<!--redacted-->")
			}
		} // instructions and document types go
	}
}

// content redacts the text of an element.
func (r *redactor) content(t xml.CharData, raw []byte, stack []string, open bool) string {
	value := strings.TrimSpace(string(t))
	if value == "" {
		return string(raw)
	}
	name := ""
	if len(stack) > 0 {
		name = stack[len(stack)-1]
	}
	personal := slices.Contains(stack, "ContactPerson") || slices.Contains(stack, "Organization") && strings.Contains(value, "@")
	switch {
	case name == "X509Certificate":
		return string(raw)
	case keptElements[name] && (!personal || !open), open && !personal && name != "SignatureValue" && name != "DigestValue":
		return html.EscapeString(r.kept(value))
	}
	if name == "SignatureValue" || name == "CipherValue" || name == "DigestValue" {
		return html.EscapeString(r.hide(value))
	}
	return r.personal(value)
}

// personal replaces a personal value by one of the same shape, so that rules find in the copy what they find in the original.
func (r *redactor) personal(value string) string {
	if strings.Contains(value, "redacted-") && !shapedMark().MatchString(value) { // what only looks like a pseudonym
		return html.EscapeString(r.hide(value))
	}
	if len(value) >= 8 && !shapedMark().MatchString(value) {
		r.seen[value] = true
	}
	return html.EscapeString(evidence.NewRedactor(r.key).Personal(value))
}

// shapedMark are the pseudonyms that evidence makes of personal values.
var shapedMark = lazily(`^(?:https?://[A-Za-z0-9.:-]+/|/|[A-Za-z][A-Za-z0-9-]*=)?redacted-[0-9A-Fa-f]{8}X?(?:é|Ã©)?x*(?:@[^@\s]+)?(?:,[A-Za-z][A-Za-z0-9-]*=redacted-[0-9A-Fa-f]{8}X?(?:é|Ã©)?)*$`)

// tag redacts the attributes of a start tag; unchanged, it stays as written.
func (r *redactor) tag(t xml.StartElement, raw []byte) string {
	changed := false
	var out strings.Builder
	out.WriteString("<" + qualifiedName(t.Name))
	for _, a := range t.Attr {
		v := a.Value
		switch {
		case a.Name.Space == "xmlns" || a.Name.Space == "" && a.Name.Local == "xmlns":
		case keptAttrs[a.Name.Local] && len(v) < 2048:
			if addressLike().MatchString(v) && strings.Contains(v, "://") {
				v = r.url(v)
			}
		default:
			v = r.hide(v)
		}
		changed = changed || v != a.Value
		out.WriteString(" " + qualifiedName(a.Name) + `="` + html.EscapeString(v) + `"`)
	}
	if !changed {
		return string(raw)
	}
	if bytes.HasSuffix(raw, []byte("/>")) {
		out.WriteString("/")
	}
	out.WriteString(">")
	return out.String()
}

func qualifiedName(n xml.Name) string {
	if n.Space == "" {
		return n.Local
	}
	return n.Space + ":" + n.Local
}
