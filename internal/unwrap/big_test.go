package unwrap

import (
	"strings"
	"testing"
	"time"
)

// TestHostile opens texts that repeat one thing many times. Each takes a fraction of a second; work that grows with the square of the
// length takes minutes.
func TestHostile(t *testing.T) {
	const n = 8_000
	for _, unit := range []string{"SAMLResponse=", "SAMLResponse: ", "SAMLResponse%3D", "<Response ", "<samlp:Response xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\">", "<a>", "eyJhbGciOiJub25lIn0.", "curl ", "curl 'a' ", "curl \"",
		"Invoke-WebRequest -Uri (", "fetch('", "POST /x HTTP/1.1\n", "-----BEGIN CERTIFICATE-----\n", "https://a.test/?code=1&state=2 ", "\"GET /?error=access_denied&state=1 ", "{\"a\":[", "[", "\"", "&lt;Response ", "\\\"", "%25", "<form><input name=SAMLResponse value=", "=", "a=b&", "^\"", "```", "\n ", "30"} {
		data := strings.Repeat(unit, n)
		start := time.Now()
		_, _ = Open("", []byte(data)) // what comes out does not matter here
		Recognise("x", []byte(data))
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("%q %d times takes %v", unit, n, took)
		}
	}
}
