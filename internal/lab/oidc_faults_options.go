package lab

import "slices"

// without is list a of a healthy lab less the words given.
func without(all []string, less ...string) []any {
	return list(slices.DeleteFunc(slices.Clone(all), func(s string) bool { return slices.Contains(less, s) })...)
}

// asked sets one key of the connection's oidc section.
func asked(key string, value any) func(*Conn) { return func(c *Conn) { c.OIDC.Set(key, value) } }

// discListFaults are those of what the server says it supports.
func discListFaults() []Fault {
	algs, responses, methods := "id_token_signing_alg_values_supported", "response_types_supported", "token_endpoint_auth_methods_supported"
	pkce := "code_challenge_methods_supported"
	return []Fault{
		{Name: "DISC027", Title: "response type code is not offered", set: with(responses, list("id_token"))},
		{Name: "DISC027-missing", Title: "response_types_supported is missing", set: drop(responses)},
		{Name: "DISC028", Title: "response mode query is not offered", set: with("response_modes_supported", list("fragment"))},
		{Name: "DISC029", Title: "the authorization code grant is not offered", set: with("grant_types_supported", list("refresh_token", grantDevice))},
		{Name: "DISC030", Title: "subject_types_supported is missing", set: drop("subject_types_supported")},
		{Name: "DISC030-value", Title: "subject_types_supported holds an unknown type", set: with("subject_types_supported", list("private"))},
		{Name: "DISC031", Title: "subjects are pairwise only", set: with("subject_types_supported", list("pairwise"))},
		{Name: "DISC032", Title: "RS256 is not offered for ID tokens", set: func(b *behaviour) {
			b.discovery.change = func(m members, _ site) { m[algs] = list("ES256") }
			b.keys.signing = "ES256"
		}},
		{Name: "DISC032-missing", Title: algs + " is missing", set: drop(algs)},
		{Name: "DISC033", Title: "ID tokens may be unsigned and the connection takes them so", set: with(algs, list("RS256", "ES256", "none")), Connection: asked("id_token_alg", "none")},
		{Name: "DISC034", Title: "ID tokens are signed with the client secret only", set: func(b *behaviour) {
			b.discovery.change = func(m members, _ site) { m[algs] = list("HS256") }
			b.keys.signing = "HS256"
		}},
		{Name: "DISC035", Title: "the connection asks for an algorithm that is not offered", Connection: asked("id_token_alg", "PS256")},
		{Name: "DISC036", Title: "the userinfo algorithms hold an unknown one", set: with("userinfo_signing_alg_values_supported", list("RS1024"))},
		{Name: "DISC037", Title: "scope openid is not listed", set: with("scopes_supported", without(scopes(), "openid"))},
		{Name: "DISC038", Title: "a listed scope has a space in it", set: with("scopes_supported", append(list(scopes()...), "lab admin"))},
		{Name: "DISC039", Title: "scope email works and is not listed", set: with("scopes_supported", without(scopes(), "email"))},
		{Name: "DISC040", Title: "claims_supported is missing", set: drop("claims_supported")},
		{Name: "DISC041", Title: "a claim that the SP needs is not listed", set: doc(func(m members, _ site) {
			m["claims_supported"] = slices.DeleteFunc(m["claims_supported"].([]any), func(v any) bool { return v == "email" })
		}), Connection: func(c *Conn) { c.SP.Set("required_claims", []string{"sub", "email"}) }},
		{Name: "DISC042", Title: "the connection's way of client authentication is not listed", set: with(methods, list("client_secret_post")),
			Connection: asked("token_endpoint_auth_method", "client_secret_basic")},
		{Name: "DISC043", Title: "private_key_jwt is listed without its algorithms", set: with(methods, list("client_secret_basic", "client_secret_post", "private_key_jwt"))},
		{Name: "DISC044", Title: pkce + " is no array", set: with(pkce, "S256")},
		{Name: "DISC045", Title: pkce + " is missing", set: drop(pkce)},
		{Name: "DISC046", Title: "PKCE method plain is the only one listed", set: with(pkce, list("plain"))},
	}
}

// discOptionFaults are those of optional features.
func discOptionFaults() []Fault {
	return []Fault{
		{Name: "DISC048", Title: "the iss parameter is neither announced nor sent", set: func(b *behaviour) {
			b.discovery.change = func(m members, _ site) { delete(m, "authorization_response_iss_parameter_supported") }
			b.authz.iss = func(string) string { return "" }
		}},
		{Name: "DISC049", Title: "end_session_endpoint is missing", set: drop("end_session_endpoint")},
		{Name: "DISC050", Title: "check_session_iframe is plain http", set: doc(func(m members, s site) { m["check_session_iframe"] = s.over("http", "", "/session") })},
		{Name: "DISC051", Title: "frontchannel_logout_supported is a string", set: with("frontchannel_logout_supported", "false")},
		{Name: "DISC052", Title: "backchannel_logout_supported is a string", set: with("backchannel_logout_supported", "false")},
		{Name: "DISC053", Title: "device_authorization_endpoint is missing", set: doc(func(m members, _ site) {
			delete(m, "device_authorization_endpoint")
			m["grant_types_supported"] = list("authorization_code", "refresh_token")
		})},
		{Name: "DISC054", Title: "pushed authorization requests are required", set: func(b *behaviour) {
			b.discovery.change = func(m members, _ site) { m["require_pushed_authorization_requests"] = true }
			b.authz.demand = demandPAR
		}},
		{Name: "DISC055", Title: "signed request objects are required", set: func(b *behaviour) {
			b.discovery.change = func(m members, _ site) {
				m["require_signed_request_object"], m["request_parameter_supported"] = true, true
				m["request_object_signing_alg_values_supported"] = list("RS256", "ES256")
			}
			b.authz.demand = demandRequestObject
		}},
		{Name: "DISC056", Title: "DPoP is on offer", set: with("dpop_signing_alg_values_supported", list("ES256"))},
		{Name: "DISC057", Title: "claims_parameter_supported is a string", set: with("claims_parameter_supported", "false")},
		{Name: "DISC058", Title: "request objects are taken without RS256", set: doc(func(m members, _ site) {
			m["request_parameter_supported"], m["request_object_signing_alg_values_supported"] = true, list("ES256")
		})},
		{Name: "DISC059", Title: "the connection asks for an authentication context that is not offered", Connection: asked("acr_values", []string{"urn:lab.example:acr:hardware"})},
		{Name: "DISC060", Title: "a locale is written with an underscore", set: with("ui_locales_supported", list("en_US"))},
		{Name: "DISC061", Title: "a list is empty", set: with("claims_locales_supported", list())},
		{Name: "DISC061-type", Title: "a member has the wrong type", set: with("op_policy_uri", list("https://lab.example/policy"))},
		{Name: "DISC062", Title: "a member is misspelt", set: doc(func(m members, _ site) {
			m["ui_locale_supported"] = m["ui_locales_supported"]
			delete(m, "ui_locales_supported")
		})},
		{Name: "DISC063", Title: "the RFC 8414 document names another token endpoint", set: func(b *behaviour) {
			b.metadata = func(m members, s site) { m["token_endpoint"] = s.url("/v2/token") }
		}},
		{Name: "DISC068", Title: "mutual TLS is configured and the aliases for it are not used", set: doc(func(m members, s site) {
			m["token_endpoint_auth_methods_supported"] = list("client_secret_basic", "client_secret_post", "tls_client_auth")
			m["mtls_endpoint_aliases"] = members{"token_endpoint": s.url("/mtls/token")}
		}), Connection: asked("token_endpoint_auth_method", "tls_client_auth")},
	}
}

// discRepeatFaults change from one fetch to the next.
func discRepeatFaults() []Fault {
	return []Fault{
		{Name: "DISC065", Title: "two nodes answer with different discovery documents", Deep: true, set: func(b *behaviour) {
			b.discovery.aliases = map[string]string{"/v2/userinfo": pageUserinfo}
			b.discovery.nth = func(m members, s site, n int) {
				if n%2 == 1 {
					m["userinfo_endpoint"] = s.url("/v2/userinfo")
				}
			}
		}},
	}
}
