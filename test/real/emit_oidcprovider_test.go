package real_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"testing"
)

// TestOIDCProviderEmit registers the emitted client metadata (RFC 7591) at a real oidc-provider that knows no client, and signs in.
func TestOIDCProviderEmit(t *testing.T) {
	oidcSuite.require(t)
	if *wireOnly {
		t.Skip("what ssoctl writes is needed")
	}
	o := startOP(t)
	o.addTorq()
	o.with(t, all(member("clients", []any{}), feature("registration", map[string]any{"enabled": true})))
	for _, x := range []loginCase{
		{sp: "orq", want: loginWant{decision: "allowed", claims: map[string]string{"id_token.email": "ann@acme-corp.example"}}},
		{sp: "archestra", want: loginWant{decision: "allowed member"}},
		{sp: "torq", want: loginWant{decision: "allowed Owner"}},
	} {
		t.Run(x.sp, func(t *testing.T) {
			c := o.base[x.sp].copy()
			body := emitted(t, c, "--for", "idp", "--as", "client_registration")
			res, err := http.Post("http://"+o.front.backend.Host+"/reg", "application/json", bytes.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			var answer struct {
				ID     string `json:"client_id"`
				Secret string `json:"client_secret"`
				Error  string `json:"error_description"`
			}
			if err := json.NewDecoder(res.Body).Decode(&answer); err != nil || res.StatusCode != http.StatusCreated {
				t.Fatalf("oidc-provider answers %s: %s (%v) to\n%s", res.Status, answer.Error, err, body)
			}
			c.OIDC.ClientID = answer.ID
			o.doctor(t, c, answer.Secret).compare(t, expectation{verdict: "healthy"})
			o.testLogin(t, c, answer.Secret, account{"ann", rand.Text()}).compareLogin(t, x.want)
		})
	}
}
