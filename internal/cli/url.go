package cli

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/exact"
)

// looksLikeURL tells an address or a host name from the name of a connection.
func looksLikeURL(s string) bool {
	if strings.Contains(s, "://") {
		return true
	}
	host, _, _ := strings.Cut(s, "/")
	host, _, _ = strings.Cut(host, ":")
	return strings.Contains(host, ".") && !strings.ContainsAny(host, " _")
}

// fromURL makes a connection of an address: an issuer, a discovery URL or only a host.
func fromURL(address string) (*config.File, error) {
	address = strings.TrimSpace(address)
	if !strings.Contains(address, "://") {
		address = "https://" + address
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, usage("", "%q is no http or https URL", address)
	}
	u.User = nil
	u.Fragment = ""
	issuer, pasted := exact.TrimWellKnown(u.String())
	if u.Path == "/" && u.RawQuery == "" {
		issuer = strings.TrimSuffix(issuer, "/")
	}
	extra := ""
	if pasted {
		extra = fmt.Sprintf("      discovery_url: %q\n", u.String())
	}
	text := fmt.Sprintf("version: 1\nconnections:\n  - name: %q\n    sp: {profile: generic}\n    oidc:\n      issuer: %q\n%s", u.Host, issuer, extra)
	f, err := config.Parse("", []byte(text))
	if err != nil {
		return nil, fmt.Errorf("read %q: %w", address, err)
	}
	return f, nil
}
