package lab

import (
	"net/http"
	"strings"
)

// doc is a fault that changes the discovery document.
func doc(change func(members, site)) func(*behaviour) {
	return func(b *behaviour) { b.discovery.change = change }
}

// drop leaves members out of the discovery document.
func drop(names ...string) func(*behaviour) {
	return doc(func(m members, _ site) {
		for _, n := range names {
			delete(m, n)
		}
	})
}

// with replaces or adds a member of the discovery document.
func with(name string, value any) func(*behaviour) {
	return doc(func(m members, _ site) { m[name] = value })
}

// named is a fault that makes the server call itself otherwise than the admin enters it, everywhere alike.
func named(change func(string) string) func(*behaviour) {
	return func(b *behaviour) { b.issuer = change }
}

func replaced(old, new string) func(*behaviour) {
	return named(func(s string) string { return strings.Replace(s, old, new, 1) })
}

// entered is what the admin enters in place of the issuer.
func entered(change func(string) string) func(*Conn) {
	return func(c *Conn) { c.OIDC.Set("issuer", change(c.OIDC.Text("issuer"))) }
}

// discTransportFaults are those of the document as a file.
func discTransportFaults() []Fault {
	return []Fault{
		{Name: "DISC001", Title: "the discovery URL has a name of its own", set: func(b *behaviour) {
			b.discovery.aliases = map[string]string{"/openid-configuration.json": pageDiscovery}
		}, Connection: func(c *Conn) { c.OIDC.Set("discovery_url", c.OIDC.Text("issuer")+"/openid-configuration.json") }},
		{Name: "DISC002", Title: "issuer and all endpoints are plain http", set: func(b *behaviour) { b.wire.listen = listenPlain }},
		{Name: "DISC003", Title: "the discovery URL answers 404", set: discovered(missing(http.StatusNotFound, "not_found"))},
		{Name: "DISC003-401", Title: "the discovery URL asks for a login", set: discovered(missing(http.StatusUnauthorized, "unauthorized"))},
		{Name: "DISC004", Title: "the discovery document is sent as text/plain", set: discovered(retyped("text/plain; charset=utf-8"))},
		{Name: "DISC005", Title: "text follows the discovery document", set: discovered(rewrite(func(s string) string { return s + "<!-- served by node 2 -->\n" }))},
		{Name: "DISC005-bom", Title: "a byte order mark stands before the discovery document", set: discovered(rewrite(func(s string) string { return "\ufeff" + s }))},
		{Name: "DISC005-duplicate", Title: "the discovery document has a member twice", set: discovered(rewrite(func(s string) string {
			return strings.Replace(s, "{", `{`+"\n"+`  "subject_types_supported": ["public"],`, 1)
		}))},
		{Name: "DISC005-array", Title: "the discovery document is an array", set: discovered(rewrite(func(s string) string { return "[" + s + "]" }))},
		{Name: "DISC005-empty", Title: "the discovery document is empty", set: discovered(rewrite(func(string) string { return "" }))},
		{Name: "DISC005-cut", Title: "the discovery document ends in the middle", set: discovered(rewrite(func(s string) string { return s[:len(s)/2] }))},
		{Name: "DISC066", Title: "the discovery document may be cached for a year", set: func(b *behaviour) { b.discovery.cache = "public, max-age=31536000, immutable" }},
		{Name: "DISC067", Title: "the discovery document has no CORS header", set: func(b *behaviour) { b.discovery.noCORS = true }},
	}
}

// discIssuerFaults are those of the issuer.
func discIssuerFaults() []Fault {
	return []Fault{
		{Name: "DISC006", Title: "the discovery document has no issuer", set: drop("issuer")},
		{Name: "DISC006-type", Title: "issuer is not a string", set: with("issuer", 7)},
		{Name: "DISC007", Title: "the discovery document names an issuer on another host", set: replaced("://", "://id.")},
		{Name: "DISC008", Title: "the issuer ends in a slash, the entered one does not", set: named(func(s string) string { return s + "/" })},
		{Name: "DISC008-entered", Title: "the entered issuer ends in a slash, the real one does not", Connection: entered(func(s string) string { return s + "/" }),
			set: func(b *behaviour) {
				b.discovery.aliases = map[string]string{"//.well-known/openid-configuration": pageDiscovery}
			}},
		{Name: "DISC009", Title: "the issuer's host is written in capitals", set: named(func(s string) string {
			host, rest, _ := strings.Cut(strings.TrimPrefix(s, "https://"), ":")
			return "https://" + strings.ToUpper(host) + ":" + rest
		})},
		{Name: "DISC009-path", Title: "the issuer's path is written in capitals", set: named(func(s string) string { return strings.TrimSuffix(s, "/lab") + "/LAB" })},
		{Name: "DISC010", Title: "the issuer says http behind a proxy that ends TLS", set: replaced("https://", "http://")},
		{Name: "DISC011", Title: "the issuer says no port", set: named(func(s string) string {
			host, _, _ := strings.Cut(strings.TrimPrefix(s, "https://"), ":")
			return "https://" + host + "/lab"
		})},
		{Name: "DISC017", Title: "the issuer has a query", set: func(b *behaviour) { b.suffix = "?tenant=lab" }, Connection: func(c *Conn) {
			c.OIDC.Set("discovery_url", strings.TrimSuffix(c.OIDC.Text("issuer"), "?tenant=lab")+pageDiscovery)
		}},
		{Name: "DISC018", Title: "the discovery URL was entered as the issuer", Connection: entered(func(s string) string { return s + pageDiscovery })},
		{Name: "DISC018-space", Title: "the entered issuer ends in a space", Connection: entered(func(s string) string { return s + " " })},
		{Name: "DISC018-encoded", Title: "the entered issuer is percent-encoded", Connection: entered(func(s string) string { return strings.TrimSuffix(s, "/lab") + "/l%61b" })},
		{Name: "DISC069", Title: "the issuer names another tenant", set: named(func(s string) string { return strings.TrimSuffix(s, "/lab") + "/other" })},
	}
}

// discVendorFaults have issuers of the kinds that real products mix up. The lab's profile declares these kinds under
// issuer.kinds, as the profiles of the products do; the host stays the lab's own.
func discVendorFaults() []Fault {
	at := func(path string, change func(string) string) func(*behaviour) {
		return func(b *behaviour) { b.path, b.issuer = path, change }
	}
	return []Fault{
		{Name: "DISC012", Title: "the issuer keeps the placeholder of its tenant", set: at("/common/v2.0", func(s string) string {
			return strings.Replace(s, "/common/", "/{tenantid}/", 1)
		})},
		{Name: "DISC013", Title: "the v2 issuer was entered and the v1 issuer answers", set: at("/tenant/v2.0", func(s string) string {
			return strings.TrimSuffix(s, "v2.0")
		})},
		{Name: "DISC014", Title: "the issuer of the default server was entered and that of the organisation answers", set: at("/oauth2/default", func(s string) string {
			return strings.TrimSuffix(s, "/oauth2/default")
		})},
		{Name: "DISC015", Title: "the issuer has a path prefix that the entered one lacks", set: at("/realms/lab", func(s string) string {
			return strings.Replace(s, "/realms/", "/auth/realms/", 1)
		})},
		{Name: "DISC016", Title: "the custom domain was entered and the product's own answers", set: at("/oidc/2", func(string) string {
			return "https://acme.idp.example/oidc/2"
		})},
	}
}

// discEndpointFaults are those of the endpoints' addresses.
func discEndpointFaults() []Fault {
	var all []Fault
	for _, e := range []struct{ code, member, page string }{
		{"DISC019", "authorization_endpoint", pageAuthorize},
		{"DISC020", "token_endpoint", pageToken},
		{"DISC021", "userinfo_endpoint", pageUserinfo},
		{"DISC022", "jwks_uri", pageKeys},
	} {
		all = append(all,
			Fault{Name: e.code, Title: e.member + " is missing", set: drop(e.member)},
			Fault{Name: e.code + "-relative", Title: e.member + " is relative", set: doc(func(m members, s site) { m[e.member] = s.path + e.page })},
			Fault{Name: e.code + "-http", Title: e.member + " is plain http", set: overHTTP(e.member, e.page)})
	}
	return append(all,
		Fault{Name: "DISC023", Title: "registration_endpoint is plain http", set: overHTTP("registration_endpoint", pageRegister)},
		Fault{Name: "DISC024", Title: "end_session_endpoint is plain http", set: overHTTP("end_session_endpoint", pageEndSession)},
		Fault{Name: "DISC025", Title: "end_session_endpoint is on another host", set: onHost("end_session_endpoint", pageEndSession, "logout.lab.example")},
		Fault{Name: "DISC026", Title: "the token endpoint names a container", set: with("token_endpoint", "http://keycloak:8080/lab/token")},
		Fault{Name: "DISC026-ip", Title: "the userinfo endpoint is on a private address", set: with("userinfo_endpoint", "https://10.0.0.5:8443/lab/userinfo")},
		Fault{Name: "DISC026-loopback", Title: "the token endpoint is on loopback", set: doc(func(m members, s site) { m["token_endpoint"] = s.over("https", "127.0.0.1", pageToken) })},
		Fault{Name: "DISC064", Title: "the connection file names another token endpoint", set: func(b *behaviour) {
			b.discovery.aliases = map[string]string{"/v1/token": pageToken}
		}, Connection: func(c *Conn) { c.OIDC.Set("endpoints", Fields{{"token", c.OIDC.Text("issuer") + "/v1/token"}}) }},
		Fault{Name: "JWKS023", Title: "the keys are on another host", set: onHost("jwks_uri", pageKeys, "keys.lab.example")})
}

// overHTTP moves one endpoint to plain http; it answers there too.
func overHTTP(member, page string) func(*behaviour) {
	return func(b *behaviour) {
		b.wire.listen = listenBoth
		b.discovery.change = func(m members, s site) { m[member] = s.over("http", "", page) }
	}
}

// onHost moves one endpoint to another host, which Resolves leads to the lab as well.
func onHost(member, page, host string) func(*behaviour) {
	return func(b *behaviour) {
		b.hosts = []string{host}
		b.discovery.change = func(m members, s site) { m[member] = s.over("https", host, page) }
	}
}
