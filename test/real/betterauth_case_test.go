package real_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/ssoctl/ssoctl/internal/lab"
)

// trial is one response that better-auth and ssoctl judge.
type trial struct {
	name, title  string
	fault        string                              // of the lab; the own ones begin with the lab that signs nothing
	skew         time.Duration                       // of the lab's clock
	unsolicited  bool                                // the identity provider begins the login
	own          func(r *reply)                      // makes the message anew
	carried      func(d *lab.Delivery)               // changes how it travels
	conn         func(p *pairs, saml map[string]any) // changes to the connection's SAML side
	noSPMetadata bool                                // the ACS is in the field Callback URL alone
}

// verdicts are what came of a trial: what better-auth did, and what ssoctl said.
type verdicts struct {
	trial
	in    bool
	shows string
	said  prediction
	why   string // the reason why the two differ
}

// metadataOf matches what a lab's connection reads its metadata from.
var metadataOf = regexp.MustCompile(`idp_metadata: \S+`)

// run starts the lab of the trial, and gives the response to both.
func (b *betterAuth) run(t *testing.T, n int, x trial) verdicts {
	t.Helper()
	fault := x.fault
	if x.own != nil {
		fault = "SIG001"
	}
	l, err := lab.Start(lab.Options{Protocol: "saml", Fault: fault})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	request := l.Request("_relay1")
	asked := time.Now()
	now := asked.Add(2 * time.Millisecond) // later than the request, in the way that times are written
	in := lab.ResponseOptions{Now: now.Add(x.skew)}
	if x.unsolicited || l.Fault.Code == "RSP009" {
		request = ""
	} else {
		in.InResponseTo = requestID(t, request)
	}
	conn, key := archestraConnection(t, l)
	response, metadata := l.Response(in), l.SAMLMetadata()
	saml := conn["saml"].(map[string]any)
	if x.own != nil {
		r := newReply(t, b.keys, l, string(response), now)
		delete(saml, "certificate")
		x.own(r)
		response, metadata = []byte(r.text), r.metadata()
	}
	if x.conn != nil {
		x.conn(b.keys, saml)
	}
	d := l.Deliver(response, "_relay1")
	if x.carried != nil {
		x.carried(&d)
	}
	v := verdicts{trial: x, said: predict(t, conn, metadata, recording(t, request, d, asked, now.Add(3*time.Millisecond)), key)}
	id := fmt.Sprintf("case-%d", n)
	provider := providerOf(saml, metadata, l.SPMetadata(), key)
	if x.noSPMetadata {
		delete(provider["spMetadata"].(map[string]any), "metadata")
	}
	if refused := b.register(t, id, provider); refused != "" {
		v.shows = "not registered: " + refused
		return v
	}
	if d.Method != http.MethodGet {
		d.Method = http.MethodPost
	}
	v.in, v.shows = b.login(t, id, d)
	if x.name == "RSP001-blanks" && !v.in && v.named() {
		v.shows = "one of several errors, by where the blanks are"
	}
	return v
}

// archestraConnection is the lab's connection with Archestra in place of the generic SP, and the SP's private key.
func archestraConnection(t *testing.T, l *lab.Lab) (conn map[string]any, key string) {
	t.Helper()
	var file struct{ Connections []map[string]any }
	text := metadataOf.ReplaceAllString(l.Connection(), "idp_metadata: ./idp.xml")
	if err := yaml.Unmarshal([]byte(text), &file); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	conn = file.Connections[0]
	conn["sp"] = map[string]string{"profile": "archestra", "base_url": "https://app.lab.example", "provider_id": "Lab"}
	saml := conn["saml"].(map[string]any)
	saml["acs_url"], saml["sp_entity_id"], saml["sso_url"] = l.ACSURL, l.SPEntityID, l.SSOURL
	key, _ = l.SPKeys()
	return conn, key
}

// providerOf is what Archestra stores when its form is filled in as a connection says.
func providerOf(saml map[string]any, metadata, own []byte, key string) map[string]any {
	text := func(name string) string { s, _ := saml[name].(string); return s }
	encrypted := text("sp_private_key") != ""
	sp := map[string]any{"metadata": string(own), "entityID": text("sp_entity_id")}
	idp := map[string]any{"entityID": text("idp_entity_id")}
	if encrypted {
		sp["encPrivateKey"], idp["isAssertionEncrypted"] = key, true
	}
	if text("idp_metadata") != "" {
		idp["metadata"] = string(metadata)
	}
	issuer := text("idp_entity_id")
	if issuer == "" {
		issuer = text("sp_entity_id")
	}
	config := map[string]any{
		"issuer": issuer, "entryPoint": "https://login.lab.example/sso", "cert": text("certificate"), "callbackUrl": text("acs_url"),
		"spMetadata": sp, "idpMetadata": idp,
		"mapping": map[string]string{"id": "nameID", "email": "email", "name": "name", "firstName": "firstName", "lastName": "lastName"},
	}
	if want, _ := saml["want"].(map[string]any); want["assertion_signed"] == true {
		config["wantAssertionsSigned"] = true
	}
	return config
}

// faultTrials are all faults of the lab that a response can show.
func faultTrials() []trial {
	all := []trial{{name: "healthy", title: "response and assertion are signed"}}
	for _, f := range lab.Faults() {
		switch {
		case f.Protocol != "saml" || f.SP:
		case f.Login && !strings.HasPrefix(f.Code, "REQ") && f.Name != "RSP019-action", strings.HasPrefix(f.Code, "CERT"):
			all = append(all, trial{name: f.Name, title: f.Title, fault: f.Name})
		}
	}
	return all
}
