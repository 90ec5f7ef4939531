package real_test

import (
	"crypto/rand"
	"strings"
	"testing"
)

// TestOIDCProviderPush registers clients at a real oidc-provider that lets them be managed (RFC 7592), signs in, changes one, and takes
// them away again.
func TestOIDCProviderPush(t *testing.T) {
	oidcSuite.require(t)
	if *wireOnly {
		t.Skip("what ssoctl writes is needed")
	}
	o := startOP(t)
	o.addTorq()
	o.with(t, all(member("clients", []any{}), feature("registration", map[string]any{"enabled": true}), feature("registrationManagement", map[string]any{"enabled": true, "rotateRegistrationAccessToken": true})))
	for _, x := range []loginCase{
		{sp: "orq", want: loginWant{decision: "allowed", claims: map[string]string{"id_token.email": "ann@acme-corp.example"}}},
		{sp: "archestra", want: loginWant{decision: "allowed member"}},
	} {
		t.Run(x.sp, func(t *testing.T) {
			c := o.base[x.sp].copy()
			p := o.pusher(t, c)
			if _, errs := p.run(t, 2, "push", "--to", "registration"); !strings.Contains(errs, "--secret-to") {
				t.Errorf("a secret that is shown once has no place to go, and it says %q", errs)
			}
			_, errs := p.run(t, 0, "push", "--to", "registration", "--secret-to", "secret.txt")
			secret := p.secret(t, "secret.txt")
			_, id, ok := strings.Cut(errs, "client_id: ")
			if !ok {
				t.Fatalf("no client_id in %q", errs)
			}
			c.OIDC.ClientID = strings.Fields(id)[0]
			p.write(t, c)
			p.env = append(p.env, secretName+"="+secret)
			p.run(t, 0, "diff")
			o.doctor(t, c, secret).compare(t, expectation{verdict: "healthy"})
			o.testLogin(t, c, secret, account{"ann", rand.Text()}).compareLogin(t, x.want)

			// The token to manage it with is a new one after every change: the second change proves that it was kept.
			good := c.redirect()
			for _, uri := range []string{"https://one.acme-corp.example/cb", "https://two.acme-corp.example/cb"} {
				c.OIDC.RedirectURI = uri
				p.write(t, c)
				if out, _ := p.run(t, 1, "diff"); !strings.Contains(out, `+ redirect_uris: "`+uri+`"`) {
					t.Errorf("diff:\n%s", out)
				}
				p.run(t, 0, "push", "--to", "registration")
				p.run(t, 0, "diff")
			}
			c.OIDC.RedirectURI = good
			p.write(t, c)
			p.run(t, 0, "push", "--to", "registration", "--prune")
			o.doctor(t, c, secret).compare(t, expectation{verdict: "healthy"})
			p.run(t, 0, "push", "--to", "registration", "--undo")
			if out, _ := p.run(t, 1, "diff", "--prune"); !strings.Contains(out, `- redirect_uris: "https://two.acme-corp.example/cb"`) {
				t.Errorf("diff after --undo:\n%s", out)
			}
		})
	}
}
