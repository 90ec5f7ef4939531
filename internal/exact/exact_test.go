package exact

import (
	"net/netip"
	"testing"
)

func TestCompare(t *testing.T) {
	const want = "https://login.acme.com/realms/main"
	for got, says := range map[string]string{
		want:                                       "the same",
		want + "/":                                 "only the trailing slash differs",
		" " + want:                                 "only white space differs",
		want + "\u200b":                            "only white space differs",
		"http://login.acme.com/realms/main":        "only the scheme differs",
		"https://login.acme.com:443/realms/main":   "only the port differs",
		"https://LOGIN.acme.com/realms/main":       "only the letter case differs",
		"https://login.acme.com/realms/Main":       "only the letter case differs",
		"https://login.acme.com/realms%2Fmain":     "only the percent-encoding differs",
		want + "/.well-known/openid-configuration": "the discovery path was pasted along",
		"https://login.acme.com/.well-known/oauth-authorization-server/realms/main": "the discovery path was pasted along",
		"https://login.acme.com/realms/other":                                       "only the path differs",
		"https://id.acme.com/realms/main":                                           "only the host differs",
		"http://id.acme.com/realms/main/":                                           "they differ in scheme, host and trailing slash",
		want + "?x=1":                                                               "only the query differs",
		"acme":                                                                      "two different values",
	} {
		if d := Compare(got, want); d.String() != says {
			t.Errorf("%q: %s, want %s", got, d, says)
		}
	}
	if at := Compare("https://login.acme.com/realms/Main", want).At; at != 30 {
		t.Errorf("they part at %d", at)
	}
}

func TestPlaceholder(t *testing.T) {
	for s, want := range map[string]bool{
		"https://login.microsoftonline.com/{tenantid}/v2.0": true, "https://<your-domain>": true, "https://x/%7Btenant%7D": true, "https://acme.okta.com": false,
	} {
		if HasPlaceholder(s) != want {
			t.Errorf("%s: %v", s, !want)
		}
	}
}

func TestAddresses(t *testing.T) {
	for s, want := range map[string]bool{"127.0.0.1": true, "10.1.2.3": true, "100.64.0.1": true, "169.254.169.254": true, "::1": true, "fd00::1": true, "::ffff:10.0.0.1": true, "0.0.0.0": true, "8.8.8.8": false, "2606:4700::1": false} {
		if Private(netip.MustParseAddr(s)) != want {
			t.Errorf("Private(%s) = %v", s, !want)
		}
	}
	for s, want := range map[string]bool{"keycloak": true, "sso.internal": true, "idp.local": true, "login.acme.com": false, "auth.test": false, "10.0.0.1": false, "": false} {
		if LocalName(s) != want {
			t.Errorf("LocalName(%q) = %v", s, !want)
		}
	}
	for s, want := range map[string]bool{"localhost": true, "app.localhost": true, "127.0.0.9": true, "[::1]": true, "10.0.0.1": false, "localhost.example.com": false} {
		if Loopback(s) != want {
			t.Errorf("Loopback(%q) = %v", s, !want)
		}
	}
}

func FuzzCompare(f *testing.F) {
	f.Add("https://a/b", "https://a/b/")
	f.Fuzz(func(t *testing.T, a, b string) {
		if d := Compare(a, b); d.Equal() != (a == b) || d.String() == "" {
			t.Errorf("%q and %q: %+v", a, b, d)
		}
	})
}
