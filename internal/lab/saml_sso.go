package lab

import (
	"bytes"
	"cmp"
	"compress/flate"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
)

// Pages of the SAML identity provider, below the issuer's path.
const (
	pageSAMLMetadata = "/saml/metadata"
	pageSSO          = "/saml/sso"
	pageSLO          = "/saml/slo"
	pageInit         = "/saml/init"
	pageSAMLHelp     = "/saml/help"
	pageSAMLLogo     = "/saml/logo.svg"
)

// samlPages maps the SAML pages to handlers; none without SAML.
func (l *Lab) samlPages() map[string]http.HandlerFunc {
	if l.saml == nil {
		return nil
	}
	pages := map[string]http.HandlerFunc{
		pageSAMLMetadata: l.metadataXML, pageSSO: l.sso, pageSLO: l.slo, pageInit: l.initiate, pageSAMLHelp: l.help, pageSAMLLogo: l.logo,
	}
	for alias, page := range l.b.saml.aliases {
		pages[alias] = pages[page]
	}
	return pages
}

// sso is the single sign-on endpoint (SAML Profiles section 4.1): GET is HTTP-Redirect, POST is HTTP-POST.
func (l *Lab) sso(w http.ResponseWriter, r *http.Request) {
	if !l.allow(w, r, http.MethodGet, http.MethodPost) {
		return
	}
	c := l.b.saml.request
	switch {
	case l.b.authz.tenantOff:
		l.page(w, r, *tenantOff())
		return
	case c.noPost && r.Method == http.MethodPost:
		l.page(w, r, *onPage(http.StatusBadRequest, "unsupported_binding", "single sign-on takes HTTP-Redirect alone here"))
		return
	case c.noRedirect && r.Method == http.MethodGet:
		l.page(w, r, *onPage(http.StatusBadRequest, "unsupported_binding", "single sign-on takes HTTP-POST alone here"))
		return
	}
	req, refused := l.readAuthnRequest(r)
	if refused != nil {
		l.page(w, r, *refused)
		return
	}
	s, signedIn := l.session(r)
	switch {
	case signedIn && !req.force:
		l.admit(w, req, s)
	case req.passive && !c.passiveShown:
		l.deliver(w, l.PassiveResponse(ResponseOptions{InResponseTo: req.id, ACS: req.acs}), req, false)
	default:
		l.askWith(w, pending{saml: &req}, "")
	}
}

// admit answers a request of a user who is signed in.
func (l *Lab) admit(w http.ResponseWriter, req samlRequest, s session) {
	m := l.success(ResponseOptions{InResponseTo: req.id, ACS: req.acs, Format: req.format, Class: req.class}, s)
	l.deliver(w, l.finishMessage(m), req, true)
}

// redirect turns a delivery by POST into one by the HTTP-Redirect binding (SAML Bindings section 3.4.4.1).
func (d *Delivery) redirect() {
	raw, err := base64.StdEncoding.DecodeString(d.Fields.Get("SAMLResponse"))
	if err != nil {
		panic(err) // encoded a moment ago
	}
	d.Method = http.MethodGet
	d.Fields.Set("SAMLResponse", base64.StdEncoding.EncodeToString(deflated(raw)))
}

// deflated compresses as RFC 1951 says.
func deflated(raw []byte) []byte {
	var b bytes.Buffer
	z, err := flate.NewWriter(&b, flate.BestCompression)
	if err != nil {
		panic(err) // the level exists
	}
	z.Write(raw) // a buffer takes everything
	z.Close()
	return b.Bytes()
}

// Deliver is how the browser would carry a response to the SP: encoded as SAML Bindings section 3.5.4 says, with the fault's changes.
func (l *Lab) Deliver(response []byte, relayState string) Delivery {
	return l.delivery(response, samlRequest{relayState: relayState}, true)
}

func (l *Lab) delivery(response []byte, req samlRequest, granted bool) Delivery {
	d := Delivery{Method: http.MethodPost, Action: cmp.Or(req.acs, l.saml.acs), Fields: url.Values{"SAMLResponse": {base64.StdEncoding.EncodeToString(response)}}}
	if req.relayState != "" {
		d.Fields.Set("RelayState", req.relayState)
	}
	if change := l.b.saml.message.deliver; change != nil && granted {
		change(&d)
	}
	return d
}

// deliver sends the browser on with a form that submits itself.
func (l *Lab) deliver(w http.ResponseWriter, response []byte, req samlRequest, granted bool) {
	d := l.delivery(response, req, granted)
	l.log.keep(d.Fields.Get("SAMLResponse"))
	if d.Method == http.MethodGet {
		noStore(w)
		w.Header().Set("Location", d.Action+"?"+d.Fields.Encode())
		w.WriteHeader(http.StatusSeeOther)
		return
	}
	l.render(w, http.StatusOK, "form_post.html", pageData{Title: "Back to the application", Action: d.Action, Fields: d.Fields})
}

// initiate begins a login at the identity provider (SAML Profiles section 4.1.5): sp is the SP's entity ID, RelayState is passed on.
func (l *Lab) initiate(w http.ResponseWriter, r *http.Request) {
	if !l.allow(w, r, http.MethodGet) {
		return
	}
	if l.b.authz.tenantOff {
		l.page(w, r, *tenantOff())
		return
	}
	if sp := r.Form.Get("sp"); sp != l.SPEntityID {
		l.page(w, r, *onPage(http.StatusBadRequest, "unknown_sp", "service provider is not known here"))
		return
	}
	req := samlRequest{relayState: r.Form.Get("RelayState")}
	if s, ok := l.session(r); ok {
		l.admit(w, req, s)
		return
	}
	l.askWith(w, pending{saml: &req}, "")
}

// slo ends the session of the browser and answers the SP's LogoutRequest (SAML Profiles section 4.4); the lab asks no other SP.
func (l *Lab) slo(w http.ResponseWriter, r *http.Request) {
	if !l.allow(w, r, http.MethodGet, http.MethodPost) {
		return
	}
	id, refused := readLogout(r)
	if refused != nil {
		l.page(w, r, *refused)
		return
	}
	if c, err := r.Cookie(sessionCookie); err == nil {
		l.store.dropSession(c.Value)
	}
	answer := el("samlp:LogoutResponse", attr{"xmlns:samlp", nsProtocol}, attr{"xmlns:saml", nsAssertion},
		attr{"ID", "_" + token(20)}, attr{"Version", "2.0"}, attr{"IssueInstant", instant(l.now())}, attr{"Destination", spLogout}, attr{"InResponseTo", id},
		el("saml:Issuer", l.saml.entityID), el("samlp:Status", el("samlp:StatusCode", attr{"Value", statusPrefix + "Success"})))
	text, err := l.signXML(answer.compact(), answer.get("ID"), seal{})
	if err != nil {
		panic(err) // the metadata was signed with the same key
	}
	fields := url.Values{"SAMLResponse": {base64.StdEncoding.EncodeToString([]byte(text))}}
	if s := r.Form.Get("RelayState"); s != "" {
		fields.Set("RelayState", s)
	}
	l.render(w, http.StatusOK, "form_post.html", pageData{Title: "Signed out", Action: spLogout, Fields: fields})
}

// help is what errorURL in the metadata leads to.
func (l *Lab) help(w http.ResponseWriter, r *http.Request) {
	if l.allow(w, r, http.MethodGet, http.MethodHead) {
		l.render(w, http.StatusOK, "message.html", pageData{Title: "Help", Text: "Ask whoever started this lab."})
	}
}

// logo is the picture that the metadata names.
func (l *Lab) logo(w http.ResponseWriter, r *http.Request) {
	if !l.allow(w, r, http.MethodGet, http.MethodHead) {
		return
	}
	w.Header().Set("Content-Type", "image/svg+xml")
	fmt.Fprint(w, `<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"><circle cx="32" cy="32" r="30" fill="#369"/></svg>`+"\n")
}
