package lab

import (
	"net/http"
	"strings"
)

// about is a fault in what is said about the user, in ID token and userinfo alike.
func about(change func(members)) func(*behaviour) {
	return func(b *behaviour) { b.login.both = change }
}

// informed is a fault in what userinfo says.
func informed(change func(members)) func(*behaviour) {
	return func(b *behaviour) { b.login.userinfo = change }
}

// requires lists claims that the SP needs.
func requires(names ...string) func(*Conn) {
	return func(c *Conn) { c.SP.Set("required_claims", names) }
}

// idtUserFaults are those of the user's claims.
func idtUserFaults() []Fault {
	spelt := func(from, to string) func(members) {
		return func(m members) { m[to] = m[from]; delete(m, from) }
	}
	return []Fault{
		{Name: "IDT026", Title: "email_verified of the ID token is a text", set: claims(func(m members) { m["email_verified"] = "true" })},
		{Name: "IDT027", Title: "given_name is written givenName", set: about(spelt("given_name", "givenName"))},
		{Name: "IDT028", Title: "no e-mail address comes", set: about(func(m members) {
			delete(m, "email")
			delete(m, "email_verified")
			m["preferred_username"] = "ann"
		}), Connection: requires("sub", "email")},
		{Name: "IDT028-empty", Title: "the e-mail address is empty", set: func(b *behaviour) {
			about(func(m members) {
				delete(m, "email")
				delete(m, "email_verified")
				m["preferred_username"] = "ann"
			})(b)
			claimed("email", "")(b)
		}, Connection: requires("sub", "email")},
		{Name: "IDT029", Title: "the e-mail address is in userinfo alone, and the SP reads the ID token", set: func(b *behaviour) {
			b.redirectURI = "https://app.torq.io/__/auth/handler"
			b.login.claims = func(m members) { delete(m, "email"); delete(m, "email_verified") }
		}, Connection: func(c *Conn) {
			c.SP, c.AllowedDomains = Fields{{"profile", "torq"}, {"workspace", "lab"}, {"region", "us"}}, nil
			c.OIDC.Drop("redirect_uri")
			c.Roles = Fields{{"rules", []Fields{{{"claim", "email"}, {"value", "ann@lab.example"}, {"role", "Owner"}}}}}
		}},
		{Name: "IDT031", Title: "the IdP does not vouch for the e-mail address, and the SP demands it", set: func(b *behaviour) {
			b.redirectURI = "https://app.lab.example/identity/connect/oidc-signin"
			b.login.both = func(m members) { m["email_verified"] = false }
		}, Connection: func(c *Conn) {
			c.SP = Fields{{"profile", "vaultwarden"}, {"base", "https://app.lab.example"}}
			c.OIDC.Drop("redirect_uri")
		}},
		{Name: "IDT030", Title: "the e-mail address is in preferred_username alone", set: about(func(m members) {
			delete(m, "email")
			delete(m, "email_verified")
		}), Connection: requires("sub", "email")},
		{Name: "IDT030-upn", Title: "the e-mail address is in upn alone", set: about(func(m members) {
			m["upn"], m["preferred_username"] = m["email"], "ann"
			delete(m, "email")
			delete(m, "email_verified")
		}), Connection: requires("sub", "email")},
		{Name: "IDT032", Title: "the user's domain is not one that the SP lets in", set: about(func(m members) { m["email"] = "ann@elsewhere.example" })},
		{Name: "IDT033", Title: "no name of the user comes", set: about(func(m members) {
			for _, name := range []string{"name", "given_name", "family_name"} {
				delete(m, name)
			}
		})},
	}
}

// uiFaults are those of userinfo.
func uiFaults() []Fault {
	replaced := func(a answer) func(*behaviour) { return func(b *behaviour) { b.login.info = a } }
	return []Fault{
		{Name: "UI001", Title: "userinfo refuses the access token", set: replaced(func(l *Lab, w http.ResponseWriter, _ *http.Request, _ []byte) {
			w.Header().Set("WWW-Authenticate", `Bearer realm="lab", error="insufficient_scope"`)
			writeJSON(w, http.StatusForbidden, members{"error": "insufficient_scope", "error_description": "the access token is not for userinfo"})
		})},
		{Name: "UI001-page", Title: "userinfo answers with a page", set: replaced(htmlPage(http.StatusOK, "Welcome", "Nothing to see here."))},
		{Name: "UI002", Title: "sub of userinfo is another user", set: informed(func(m members) { m["sub"] = "2002" })},
		{Name: "UI002-missing", Title: "userinfo has no sub", set: informed(func(m members) { delete(m, "sub") })},
		{Name: "UI003", Title: "the signed userinfo answer is for another client", set: signedInfo(func(m members) { m["aud"] = "another-app" })},
		{Name: "UI003-nonce", Title: "the signed userinfo answer holds a nonce", set: signedInfo(func(m members) { m["nonce"] = "nonce-of-the-lab" })},
		{Name: "UI004", Title: "a claim is there without a value", set: about(func(m members) { m["middle_name"] = "" })},
		{Name: "UI005", Title: "scope email brings nothing", set: about(func(m members) {
			delete(m, "email")
			delete(m, "email_verified")
		}), Connection: func(c *Conn) { c.AllowedDomains = nil }}, // else the SP reads the address, and IDT030 speaks
		{Name: "UI007", Title: "a claim is in userinfo alone", set: informed(func(m members) { m["locale"] = "en-GB" })},
		{Name: "UI007-differ", Title: "ID token and userinfo differ", set: informed(func(m members) { m["given_name"] = "Anna" })},
	}
}

// signedInfo is a signed userinfo answer (OIDC Core section 5.3.2) with something wrong in it.
func signedInfo(change func(members)) func(*behaviour) {
	return func(b *behaviour) {
		b.login.userinfo = func(m members) { m["aud"] = "lab-app"; change(m) }
		b.login.info = func(l *Lab, w http.ResponseWriter, r *http.Request, _ []byte) {
			_, bearer, _ := strings.Cut(r.Header.Get("Authorization"), " ")
			g, ok := l.store.bearer(bearer, l.now())
			if !ok {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			m := l.claims(g)
			m["iss"] = l.site.self()
			l.b.login.userinfo(m)
			text, err := l.sign(m)
			if err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
				return
			}
			w.Header().Set("Content-Type", "application/jwt")
			w.Write([]byte(text))
		}
	}
}

// clmFaults are those of groups and what the SP's role rules make of them.
func clmFaults() []Fault {
	rules := func(claim, value string) func(*Conn) {
		return func(c *Conn) {
			c.OIDC.Set("scopes", []string{"openid", "email", "profile", "groups"})
			c.Roles = Fields{{"default", "reader"}, {"rules", []Fields{{{"claim", claim}, {"value", value}, {"role", "admin"}}}}}
		}
	}
	groups := rules("groups", "admins")
	only := func(value any) func(*behaviour) { return about(func(m members) { put1(m, "groups", value) }) }
	return []Fault{
		{Name: "CLM001", Title: "the claim that the rules read does not come", set: only(nil), Connection: groups},
		{Name: "CLM002", Title: "the groups come under another name", set: about(func(m members) { m["roles"] = m["groups"]; delete(m, "groups") }), Connection: groups},
		{Name: "CLM002-nested", Title: "the groups are inside another claim", set: about(func(m members) { m["realm_access"] = members{"roles": m["groups"]}; delete(m, "groups") }), Connection: groups},
		{Name: "CLM003", Title: "the groups are one text with commas", set: only("admins,staff"), Connection: groups},
		{Name: "CLM004", Title: "the groups are object IDs", set: only(list("3f6a1c52-2b1d-4d0c-9a55-0f2f5d7a8b11", "77a1b0c9-6d4e-4f3a-8b2c-1d0e9f8a7b6c")), Connection: groups},
		{Name: "CLM005", Title: "there are too many groups, and a link comes in their place", set: about(func(m members) {
			delete(m, "groups")
			m["_claim_names"] = members{"groups": "src1"}
			m["_claim_sources"] = members{"src1": members{"endpoint": "https://graph.lab.example/users/1001/getMemberObjects"}}
		}), Connection: groups},
		{Name: "CLM006", Title: "a claim names a source that is not there", set: about(func(m members) {
			m["_claim_names"] = members{"address": "src1"}
			m["_claim_sources"] = members{"src2": members{"endpoint": "https://claims.lab.example/1001"}}
		})},
		{Name: "CLM007", Title: "no rule fits the user", set: only(list("guests")), Connection: groups},
	}
}
