package real_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var roundTripOnly = flag.String("roundtrip", "", "regular expression: only the connections of TestRoundTrip that it finds; nothing is compared with the table")

// trip is one connection: ssoctl foretells what better-auth does with a login by it, and then the login is made.
type trip struct {
	name, title, user string
	server            string // of the identity providers of tripServers
	conn              func(*connection)
	secret            string            // what the SP holds instead of the right one
	sets              map[string]string // options of the SP at SimpleSAMLphp, as PHP
	entity            string            // what is registered there in place of the SP's entity ID
	exists            string            // "verified" or "unverified": what is known of an account of the same address
}

// tripEnd is what came of a trip.
type tripEnd struct {
	trip
	in    bool
	shows string
	said  prediction
	why   string
}

func (e tripEnd) verdicts() verdicts {
	return verdicts{trial: trial{name: e.name, title: e.title}, in: e.in, shows: e.shows, said: e.said, why: e.why}
}

// travel is what a trip needs.
type travel struct {
	b        *betterAuth
	base     string // of the SP, which is behind a front of its own
	sp       *front
	op       *op
	backends map[string]string // of oidc-provider, by the kind of its configuration
	ssp      *ssp
	secrets  map[string]string
	spKey    string
}

// run makes the prediction of a trip, and then the trip.
func (w *travel) run(t *testing.T, n int, x trip) tripEnd {
	t.Helper()
	id := fmt.Sprintf("trip-%d", n)
	s, c := w.connection(t, x, id)
	if x.conn != nil {
		x.conn(&c)
	}
	if c.SAML != nil && c.SAML.Certificate == "stranger" {
		c.SAML.Certificate = pemText(selfSigned(t, -10, 900))
	}
	who := account{x.user, w.secrets["user"]}
	if who.name == "" {
		who.name = "ann"
	}
	secret := x.secret
	switch {
	case c.SAML != nil && c.SAML.SPPrivateKey != "":
		who.password, secret = w.ssp.password, w.spKey
	case c.SAML != nil:
		who.password = w.ssp.password
	case secret == "":
		secret = w.secrets[c.OIDC.ClientID]
	}
	end := tripEnd{trip: x, said: foretold(t, s.testLogin(t, c, secret, who), x.exists != "")}
	if refused := w.register(t, s, id, c, secret); refused != "" {
		end.shows = "not registered: " + refused
		return end
	}
	if x.exists != "" {
		w.post(t, "/-/user", rep{"email": who.name + "@acme-corp.example", "emailVerified": x.exists == "verified"})
	}
	end.in, end.shows = w.signIn(t, s, id, who)
	return end
}

// own are codes of what Archestra itself does after better-auth has signed the user in: its domain gate and its roles.
var own = regexp.MustCompile(`^(IDT032|AST011|CLM0(0[1-9]|1[0-5]))$`)

// foretold is what test-login says of better-auth. With an account of the same address there already, what it says of such is taken at
// its word.
func foretold(t *testing.T, got signedIn, exists bool) prediction {
	t.Helper()
	var s said
	if err := json.Unmarshal(got.raw, &s); err != nil {
		t.Fatal(err)
	}
	for i := range s.Connections {
		c := &s.Connections[i]
		c.Findings = slices.DeleteFunc(c.Findings, func(f saidFinding) bool { return own.MatchString(f.Code) })
		for n := range c.Findings {
			if f := &c.Findings[n]; exists && f.Code == "CLM016" {
				f.Severity = "error"
			}
		}
	}
	p := s.prediction(t)
	for _, f := range got.Connections[0].Findings {
		if m := shownText.FindStringSubmatch(f.Message); m != nil && exists && f.Code == "CLM016" {
			p.shows = append(p.shows, m[1])
		}
	}
	if got.Connections[0].Verdict == "undecided" {
		t.Errorf("nothing was foretold:\n%s", got.list())
	}
	return p
}

// shownText is what a message says that the SP shows.
var shownText = regexp.MustCompile(`\("([^"]+)"\)$`)

// connection is that of Archestra to the identity provider of a trip, which is made ready.
func (w *travel) connection(t *testing.T, x trip, id string) (*realServer, connection) {
	t.Helper()
	c := connection{Name: "archestra", SP: map[string]string{"profile": "archestra", "base_url": w.base, "provider_id": id}}
	if x.server != "saml" {
		w.op.front.toBackend(w.backends[x.server])
		c.OIDC = &oidcSide{Issuer: w.op.issuer, ClientID: "trip", ClientSecret: "env:" + secretName, Scopes: []string{"openid", "email", "profile"}}
		return &w.op.realServer, c
	}
	saml := *w.ssp.base["saml-archestra"].SAML
	saml.SPEntityID, saml.Certificate = w.base, pemText(saml.Certificate)
	c.SAML = &saml
	options := map[string]string{
		"AssertionConsumerService": "'" + w.base + "/api/auth/sso/saml2/sp/acs/" + id + "'", "NameIDFormat": "'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress'",
		"saml20.sign.response": "true", "saml20.sign.assertion": "true",
	}
	maps.Copy(options, x.sets)
	entity := cmp.Or(x.entity, w.base)
	text := "<?php\n$metadata['" + entity + "'] = ["
	for name, value := range options {
		text += "'" + name + "' => " + value + ", "
	}
	w.ssp.write(t, "metadata/saml20-sp-remote.php", text+"];\n")
	return &w.ssp.realServer, c
}

// pemText is a certificate in raw base64 as PEM.
func pemText(base64 string) string {
	if base64 == "" || strings.HasPrefix(base64, "-----") {
		return base64
	}
	return "-----BEGIN CERTIFICATE-----\n" + base64 + "\n-----END CERTIFICATE-----\n"
}

// TestRoundTrip compares what test-login foretells of Archestra with what its sign-in library then does, when the same identity
// provider answers it. It ends as TestBetterAuth does.
func TestRoundTrip(t *testing.T) {
	for _, s := range []suite{betterAuthSuite, oidcSuite, sspSuite} {
		s.require(t)
	}
	if *wireOnly {
		t.Skip("the verdicts of both are needed")
	}
	w := startTravel(t)
	only := regexp.MustCompile(*roundTripOnly)
	var all []tripEnd
	used := map[string]bool{}
	for i, x := range trips() {
		if !only.MatchString(x.name) {
			continue
		}
		t.Run(x.name, func(t *testing.T) {
			e := w.run(t, i, x)
			e.why = explainedBy(tripDifferences, x.name, used)
			all = append(all, e)
			v := e.verdicts()
			if e.why == "" && !(v.agree() && v.foretold()) {
				t.Errorf("%s\nbetter-auth: %s\nssoctl: %s %q\n%s", x.title, v.theirs(), v.ours(), v.said.shows, v.said.text)
			}
			if e.why != "" && v.agree() && v.foretold() {
				t.Errorf("both say the same (%s); %q is no reason any more", v.theirs(), e.why)
			}
		})
	}
	t.Run("emitted", func(t *testing.T) { // what emit writes for Archestra, and no body of our own
		id := "emitted"
		s, c := w.connection(t, trip{server: "op"}, id)
		if refused := w.emitted(t, s, id, c, w.secrets[c.OIDC.ClientID]); refused != "" {
			t.Fatalf("better-auth does not take it: %s", refused)
		}
		if in, shows := w.signIn(t, s, id, account{"ann", w.secrets["user"]}); !in {
			t.Errorf("nobody signs in: %s", shows)
		}
	})
	if *roundTripOnly != "" {
		return
	}
	for _, d := range tripDifferences {
		if !used[d.trials] {
			t.Errorf("no trip is called %s", d.trials)
		}
	}
	file, text := filepath.Join("..", "..", "docs", "better-auth-logins.md"), tripReport(w.b.versions, all)
	if *update {
		if err := os.WriteFile(file, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if old, err := os.ReadFile(file); err != nil || !bytes.Equal(old, text) {
		t.Errorf("%s is not what this run found (%v); -update writes it", file, err)
	}
}
