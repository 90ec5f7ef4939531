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
	discovery := ""
	if pasted {
		discovery = u.String()
	}
	f, err := config.Parse("", urlFile(u.Host, issuer, discovery))
	if err != nil {
		return nil, fmt.Errorf("read %q: %w", address, err)
	}
	return f, nil
}

// urlFile is the connection file that stands for an address.
func urlFile(name, issuer, discovery string) []byte {
	extra := ""
	if discovery != "" {
		extra = fmt.Sprintf("      discovery_url: %q\n", discovery)
	}
	return fmt.Appendf(nil, "version: 1\nconnections:\n  - name: %q\n    sp: {profile: generic}\n    oidc:\n      issuer: %q\n%s", name, issuer, extra)
}
