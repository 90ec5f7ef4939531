package unwrap

import (
	"strings"
	"testing"
)

// TestHostile opens texts that repeat one thing a hundred thousand times. Each takes well under a second; work that grows with the square
// of the length would run into the time limit of the test.
func TestHostile(t *testing.T) {
	const n = 100_000
	for _, unit := range []string{"SAMLResponse=", "SAMLResponse: ", "SAMLResponse%3D", "<Response ", "<samlp:Response xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\">", "<a>", "eyJhbGciOiJub25lIn0.", "curl ", "curl 'a' ", "curl \"",
		"Invoke-WebRequest -Uri (", "fetch('", "POST /x HTTP/1.1\n", "-----BEGIN CERTIFICATE-----\n", "https://a.test/?code=1&state=2 ", "\"GET /?error=access_denied&state=1 ", "{\"a\":[", "[", "\"", "&lt;Response ", "\\\"", "%25", "<form><input name=SAMLResponse value=", "=", "a=b&", "^\"", "```", "\n ", "30"} {
		data := strings.Repeat(unit, n)
		_, _ = Open("", []byte(data))
		_, _ = Open("", []byte(b64(data)))
		_, _ = Open("", []byte("x "+data))
		_, _ = Open("", []byte(string(text(data))))
		Recognise("x", []byte(data))
	}
}
