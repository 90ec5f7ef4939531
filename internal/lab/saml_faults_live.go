package lab

import (
	"net/http"
	"strings"
	"time"
)

// samlClientFaults are those of how the SP is registered, and of what the endpoint demands.
func samlClientFaults() []Fault {
	acs := func(uri string) func(*behaviour) { return func(b *behaviour) { b.saml.request.registered = uri } }
	silent := func(uri string) func(*behaviour) {
		return func(b *behaviour) { b.saml.request.registered, b.saml.request.silent = uri, true }
	}
	return []Fault{
		{Name: "AUTHZ031-sp", Title: "the SP's entity ID is misspelt", Connection: func(c *Conn) { c.SP.Set("entity_id", "urn:lab:ap") }},
		{Name: "AUTHZ032-sp", Title: "the service provider is disabled", set: state(clientDisabled)},
		{Name: "AUTHZ033-sp", Title: "the tenant is switched off while its metadata is still served", set: func(b *behaviour) { b.authz.tenantOff = true }},
		{Name: "AUTHZ034-oidc", Title: "the client is registered for OpenID Connect", set: state(clientForeign)},
		{Name: "REQ004", Title: "the SSO URL of the connection ends in a slash", set: func(b *behaviour) {
			b.saml.aliases = map[string]string{pageSSO + "/": pageSSO}
		}, Connection: ssoAt(pageSSO + "/")},
		{Name: "REQ006", Title: "another ACS is registered", set: acs("https://staging.lab.example/saml/acs")},
		{Name: "REQ006-slash", Title: "the registered ACS ends in a slash", set: acs(spACS + "/")},
		{Name: "REQ006-case", Title: "the registered ACS has a capital in its path", set: acs(strings.Replace(spACS, "/saml/", "/SAML/", 1))},
		{Name: "REQ006-port", Title: "the registered ACS has the port", set: acs(strings.Replace(spACS, ".example/", ".example:443/", 1))},
		{Name: "REQ006-scheme", Title: "the registered ACS is plain http", set: acs(strings.Replace(spACS, "https:", "http:", 1))},
		{Name: "REQ006-silent", Title: "another ACS is registered and gets the answers without a word", set: silent("https://staging.lab.example/saml/acs")},
		{Name: "REQ006-none", Title: "no ACS is registered and the answer goes nowhere", set: silent("")},
		{Name: "REQ009", Title: "the NameID format that the SP asks for is refused", set: func(b *behaviour) {
			b.saml.request.formats = []string{"", formatUnspecified, formatPersistent, formatTransient}
		}, Connection: func(c *Conn) { c.SAML.Set("name_id_format", formatEmail) }},
		{Name: "REQ012", Title: "requests without a signature are refused and the metadata does not say so", set: func(b *behaviour) { b.saml.request.signed = true }},
	}
}

// samlNetFaults are answers in place of the metadata, and the clock of messages.
func samlNetFaults() []Fault {
	return []Fault{
		{Name: "NET013-metadata", Title: "the metadata is redirected to plain http", set: func(b *behaviour) {
			b.wire.listen = listenBoth
			b.saml.answer = onlyOver("https", func(l *Lab, _ *http.Request) string { return l.site.over("http", "", pageSAMLMetadata) })
		}},
		{Name: "NET014-metadata", Title: "the metadata address answers with an HTML login page", set: served(htmlPage(http.StatusOK, "Sign in", "Sign in to go on."))},
		{Name: "NET015-metadata", Title: "the metadata address is rate-limited", set: served(busy(http.StatusTooManyRequests, "60"))},
		{Name: "RSP006-clock", Title: "messages are issued by a clock that is an hour ahead", set: func(b *behaviour) { b.saml.message.skew = time.Hour }},
		{Name: "NET019-metadata", Title: "the metadata is larger than a megabyte", set: served(rewrite(func(body string) string { return body + strings.Repeat(" ", 1<<20) }))},
		{Name: "NET020-metadata", Title: "the request for the metadata is taken and never answered", set: served(silent)},
		{Name: "NET021-metadata", Title: "the metadata is redirected in a circle", set: served(func(l *Lab, w http.ResponseWriter, r *http.Request, body []byte) {
			next := l.MetadataURL + "?again"
			if r.URL.RawQuery == "again" {
				next = l.MetadataURL
			}
			redirect(next)(l, w, r, body)
		})},
		{Name: "NET022-metadata", Title: "the metadata is a compression bomb", set: served(bomb)},
		{Name: "NET022-metadata-short", Title: "the metadata is shorter than announced", set: served(short)},
	}
}
