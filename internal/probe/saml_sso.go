package probe

import (
	"bytes"
	"cmp"
	"compress/flate"
	"context"
	"crypto"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/samldoc"
	"github.com/ssoctl/ssoctl/internal/unwrap"
	"github.com/ssoctl/ssoctl/internal/xmlsig"
)

// samlSSO sends the authentication request that the SP would send, with IsPassive: an IdP that honours it answers at once, with a
// response that it signs and that would go to the ACS. That response is read and delivered to nobody. What is refused is asked
// again with one thing left out at a time, so that the causes come apart.
func samlSSO(ctx context.Context, r *run) *evidence.Observation {
	a := r.asker(ctx)
	if a.to == "" || r.conn.SPEntityID() == "" {
		return nil
	}
	a.obs = &evidence.Observation{Source: a.to}
	key := a.spKey()
	if sp := r.conn.SP.SAML; sp != nil && sp.RequestSigned.V {
		a.key = key
	}
	a.spOwn()
	passive := a.request()
	passive.IsPassive = true
	if a.ask(evidence.Passive, passive) {
		return settle(a.obs)
	}
	if a.ask(evidence.AsSent, a.request()) || !a.refused() {
		return settle(a.obs)
	}
	if a.key == nil && key != nil { // whether this SP signs is not known: the answer shows whether it has to
		a.key = key
		a.ask(evidence.Signed, a.request())
		a.key = nil
	}
	said := strings.ToLower(string(a.obs.Labelled(evidence.AsSent).Body))
	bare := a.request()
	bare.Destination = ""
	a.ask(evidence.NoDestination, bare)
	if strings.Contains(said, "nameid") {
		bare = a.request()
		bare.NameIDFormat = ""
		a.ask(evidence.NoNameID, bare)
	}
	// An answer that finds fault with the request as such may come of a request that did not arrive whole: a proxy lost the query.
	if strings.Contains(said, "payload") || strings.Contains(said, "binding") || strings.Contains(said, "invalid request") || a.obs.Labelled(evidence.AsSent).Status == http.StatusMethodNotAllowed {
		a.byPost = !a.byPost
		a.ask(evidence.OtherBinding, a.request())
	}
	return settle(a.obs)
}

// asker sends authentication requests for one connection.
type asker struct {
	ctx    context.Context
	r      *run
	to     string
	byPost bool
	key    crypto.Signer // requests are signed with it; nil: they are not
	obs    *evidence.Observation
}

func (r *run) asker(ctx context.Context) *asker {
	a := &asker{ctx: ctx, r: r}
	if sp := r.conn.SP.SAML; sp != nil {
		a.byPost = sp.RequestBinding.V == "HTTP-POST"
	}
	want, other := samldoc.Redirect, samldoc.POST
	if a.byPost {
		want, other = other, want
	}
	a.to = r.conn.SAML.SSOURL
	if m := r.metadata(); a.to == "" && m != nil {
		services := map[string]string{}
		for _, e := range samldoc.Endpoints(m.IdP(), "SingleSignOnService") {
			if services[e.Binding] == "" {
				services[e.Binding] = e.Location
			}
		}
		if a.to = services[want]; a.to == "" && services[other] != "" {
			a.to, a.byPost = services[other], !a.byPost
		}
	}
	return a
}

// AuthnRequest is what goes into an authentication request (SAML 2.0 Core §3.4.1). Empty fields are left out.
type authnRequest struct {
	ID, IssueInstant, Destination, Issuer, ACSURL, NameIDFormat string
	IsPassive, ForceAuthn                                       bool
}

func (a *asker) request() authnRequest {
	conn := a.r.conn
	q := authnRequest{
		ID: "_ssoctl" + strings.Map(hexOnly, a.r.env.Random()+a.r.env.Random()), IssueInstant: a.r.env.Now().UTC().Format(time.RFC3339), Destination: a.to,
		Issuer: conn.SPEntityID(), ACSURL: conn.ACSURL(), NameIDFormat: conn.SAML.NameIDFormat,
	}
	if q.NameIDFormat == "" && conn.SP.SAML != nil {
		q.NameIDFormat = conn.SP.SAML.NameIDFormat.V
	}
	if strings.Contains(q.NameIDFormat, "${") || !strings.HasPrefix(q.NameIDFormat, "urn:") {
		q.NameIDFormat = ""
	}
	return q
}

// spKey is the SP's private key, where the connection file refers to one.
func (a *asker) spKey() crypto.Signer {
	ref := a.r.conn.SAML.SPPrivateKey
	if ref == "" {
		return nil
	}
	text, err := a.r.secret(ref)
	if err != nil {
		return nil
	}
	return privateKey(text)
}

// hexOnly makes random characters fit for an xs:ID, which takes neither "/" nor "+".
func hexOnly(c rune) rune {
	if c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' {
		return c
	}
	return -1
}

func (q authnRequest) xml() []byte {
	var b bytes.Buffer
	attr := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, ` %s="`, name)
			xml.EscapeText(&b, []byte(value)) // a bytes.Buffer takes everything
			b.WriteByte('"')
		}
	}
	b.WriteString(`<samlp:AuthnRequest xmlns:samlp="` + samldoc.Protocol + `" xmlns:saml="` + samldoc.Assertion + `"`)
	attr("ID", q.ID)
	attr("Version", "2.0")
	attr("IssueInstant", q.IssueInstant)
	attr("Destination", q.Destination)
	attr("AssertionConsumerServiceURL", q.ACSURL)
	if q.ACSURL != "" {
		attr("ProtocolBinding", samldoc.POST)
	}
	if q.IsPassive {
		attr("IsPassive", "true")
	}
	if q.ForceAuthn {
		attr("ForceAuthn", "true")
	}
	b.WriteString("><saml:Issuer>")
	xml.EscapeText(&b, []byte(q.Issuer))
	b.WriteString("</saml:Issuer>")
	if q.NameIDFormat != "" {
		b.WriteString("<samlp:NameIDPolicy")
		attr("Format", q.NameIDFormat)
		attr("AllowCreate", "true")
		b.WriteString("/>")
	}
	b.WriteString("</samlp:AuthnRequest>")
	return b.Bytes()
}

// deflated is the encoding of the HTTP-Redirect binding (SAML 2.0 Bindings §3.4.4.1).
func deflated(b []byte) string {
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, flate.BestCompression)
	if err == nil {
		_, err = w.Write(b)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil { // flate fails on a level that does not exist or a writer that does; neither is here
		return ""
	}
	return base64.StdEncoding.EncodeToString(out.Bytes())
}

// ask sends a request and reports whether a response came back. The response is kept as a message.
func (a *asker) ask(label string, q authnRequest) bool {
	state := "ssoctl-doctor-" + a.r.env.Random()[:16]
	var got []evidence.Exchange
	if form, query, _ := a.encode(q, state); form != nil {
		got = a.post(label, form)
	} else {
		got = a.r.front(a.ctx, label, a.to, query, q.ACSURL)
	}
	a.obs.Exchanges = append(a.obs.Exchanges, got...)
	m, ok := Answer(got[len(got)-1], Trust(a.set(), a.r.conn.SAML.IdPEntityID))
	if !ok {
		return false
	}
	m.Label, m.RequestID, m.Source = label, q.ID, "the answer of "+a.to
	if m.RelayState != nil && *m.RelayState != state {
		m.Notes = append(m.Notes, "RelayState came back changed")
	}
	a.obs.Messages = append(a.obs.Messages, m)
	return true
}

// encode makes the form of the HTTP-POST binding, or the query of HTTP-Redirect, signed when the SP has a key; body is the request itself.
func (a *asker) encode(q authnRequest, state string) (form url.Values, query string, body []byte) {
	body = q.xml()
	if a.byPost {
		if a.key != nil {
			if signed, err := xmlsig.Sign(body, q.ID, xmlsig.SignOptions{Key: a.key}); err == nil {
				body = signed
			}
		}
		return url.Values{"SAMLRequest": {base64.StdEncoding.EncodeToString(body)}, "RelayState": {state}}, "", body
	}
	query = url.Values{"SAMLRequest": {deflated(body)}, "RelayState": {state}}.Encode()
	if a.key != nil {
		if signed, err := xmlsig.SignQuery("SAMLRequest", deflated(body), &state, a.key, ""); err == nil {
			query = signed
		}
	}
	return nil, query, body
}

func (a *asker) post(label string, form url.Values) []evidence.Exchange {
	ex, cookies := a.r.client.send(a.ctx, request{label: label, method: http.MethodPost, url: a.to, accept: "text/html", form: form, effect: true})
	next, err := resolve(a.to, ex.Head("Location"))
	if ex.Status < 300 || ex.Status > 399 || err != nil || !sameOrigin(next, a.to) {
		return []evidence.Exchange{ex}
	}
	then, _ := a.r.client.send(a.ctx, request{label: label, method: http.MethodGet, url: next, accept: "text/html", cookie: cookies})
	return []evidence.Exchange{ex, then}
}

func (a *asker) set() evidence.Set {
	return evidence.Set{evidence.SAMLCerts: a.r.get(evidence.SAMLCerts), evidence.SAMLMetadata: a.r.get(evidence.SAMLMetadata), evidence.SPMetadata: a.r.get(evidence.SPMetadata)}
}

// refused reports whether the last answer was a refusal: an error status that did not come from an overloaded server.
func (a *asker) refused() bool {
	last := a.obs.Last()
	return last != nil && last.Failure == nil && last.Status >= 400 && last.Status < 500 && last.Status != http.StatusTooManyRequests
}

// spOwn keeps the request that the SP really sends, where its own interface tells it.
func (a *asker) spOwn() {
	last := a.r.get(evidence.SPSignIn).Last()
	if last == nil || last.Status != 200 {
		return
	}
	var body map[string]any
	if json.Unmarshal(last.Body, &body) != nil {
		return
	}
	address, _ := body[cmp.Or(a.r.conn.SP.Live["signin"].Member, "url")].(string)
	found, err := unwrap.Open("", []byte(address))
	if err != nil {
		return
	}
	for _, d := range found {
		if d.Name == "SAMLRequest" {
			m := Examine(d, TrustIn(d, a.set(), a.r.conn.SAML.IdPEntityID), nil)
			m.Label, m.Source, m.Sent = evidence.SPOwn, last.Name(), last.At
			a.obs.Messages = append(a.obs.Messages, m)
		}
	}
}
