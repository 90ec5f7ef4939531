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
	if strings.HasPrefix(host, "[") || strings.HasPrefix(host, "localhost:") {
		return true
	}
	host, _, _ = strings.Cut(host, ":")
	return strings.Contains(host, ".") && !strings.ContainsAny(host, " _")
}

// fromURL makes a connection of an address: an issuer, a discovery URL, an address of SAML or only a host.
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
	if ofSAML(u) {
		return config.Parse("", urlFileSAML(u.Host, u.String()))
	}
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

// ofSAML tells by its path an address of SAML metadata, or of a SAML endpoint, from an issuer.
func ofSAML(u *url.URL) bool {
	path := strings.ToLower(u.Path)
	return !strings.Contains(path, "/.well-known/") &&
		(strings.Contains(path, "saml") || strings.Contains(path, "federationmetadata") || strings.HasSuffix(path, ".xml"))
}

// urlFileSAML is the connection file that stands for an address of SAML.
func urlFileSAML(name, metadata string) []byte {
	return fmt.Appendf(nil, "version: 1\nconnections:\n  - name: %q\n    sp: {profile: generic}\n    saml:\n      idp_metadata: %q\n", name, metadata)
}

// urlFile is the connection file that stands for an address.
func urlFile(name, issuer, discovery string) []byte {
	extra := ""
	if discovery != "" {
		extra = fmt.Sprintf("      discovery_url: %q\n", discovery)
	}
	return fmt.Appendf(nil, "version: 1\nconnections:\n  - name: %q\n    sp: {profile: generic}\n    oidc:\n      issuer: %q\n%s", name, issuer, extra)
}
