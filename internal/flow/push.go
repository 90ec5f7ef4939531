package flow

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
)

// basic is the value of an Authorization header (RFC 6749 §2.3.1: both parts are form-urlencoded first).
func basic(id, secret string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(id)+":"+url.QueryEscape(secret)))
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
