package mapping

import (
	"net/url"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/connection"
)

// Exchange gives the strategy by which the SP exchanges the user's token: the one that is set, else the one that goes with the issuer's
// host. "" when nothing is to be exchanged, or the SP's profile does not tell.
func Exchange(conn *connection.Connection) string {
	x := conn.TokenExchange
	if x == nil || len(conn.SP.ExchangeOnly) > 0 && !slices.Contains(conn.SP.ExchangeOnly, string(conn.Protocol())) {
		return ""
	}
	if x.Strategy != "" && x.Strategy != "auto" {
		return x.Strategy
	}
	if conn.SP.Roles == nil {
		return ""
	}
	host := ""
	if u, err := url.Parse(strings.TrimSpace(conn.Issuer())); err == nil {
		host = strings.ToLower(u.Hostname())
	}
	for _, e := range conn.SP.Roles.Exchange.V {
		under, wild := strings.CutPrefix(e.Host, "*")
		if e.Host == "*" || e.Host == host || wild && len(host) > len(under) && strings.HasSuffix(host, under) {
			return e.Strategy
		}
	}
	return ""
}
