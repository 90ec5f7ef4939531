package flow

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"

	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/probe"
	"github.com/ssoctl/ssoctl/internal/token"
)

// assertionType is that of RFC 7523 §2.2.
const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// basic is the value of an Authorization header (RFC 6749 §2.3.1: both parts are form-urlencoded first).
func basic(id, secret string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(id)+":"+url.QueryEscape(secret)))
}

// proof puts into form what proves the client at an endpoint other than the token endpoint, and gives the headers that do. A private key is
// only ever signed with. Without a secret, or by a way that ssoctl does not know, the client is named alone.
func proof(s *probe.Session, form url.Values) map[string]string {
	conn := s.Conn()
	header := map[string]string{}
	form.Set("client_id", conn.OIDC.ClientID)
	secret, err := s.Secret(conn.OIDC.ClientSecret)
	if err != nil || secret == "" {
		return header
	}
	switch method := s.Method(); method {
	case evidence.Post:
		form.Set("client_secret", secret)
	case evidence.Basic:
		header["Authorization"] = basic(conn.OIDC.ClientID, secret)
	case "private_key_jwt", "client_secret_jwt":
		env := s.Env()
		signed, err := token.Assertion(method, secret, probe.PrivateKey(secret), conn.OIDC.ClientID, s.Endpoint("token"), env.Random()+env.Random(), keyID(s), env.Now())
		if err == nil {
			form.Set("client_assertion_type", assertionType)
			form.Set("client_assertion", signed)
		}
	}
	return header
}

// keyID names the client's key where the connection does.
func keyID(s *probe.Session) string {
	if x := s.Conn().TokenExchange; x != nil {
		return x.KeyID
	}
	return ""
}

// pushedURL is the address that refers to a pushed request.
func (a *Attempt) pushedURL(endpoint, clientID string) error {
	var answer struct {
		RequestURI string `json:"request_uri"`
	}
	if a.pushed != nil {
		_ = json.Unmarshal(a.pushed.Body, &answer) // what is no object names no request
	}
	if answer.RequestURI == "" {
		return fmt.Errorf("%w: the IdP demands pushed requests and did not take one", ErrNowhere)
	}
	a.URL = join(endpoint, url.Values{"client_id": {clientID}, "request_uri": {answer.RequestURI}})
	return nil
}
