package real_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// admin speaks Keycloak's Admin REST API, directly on loopback and not through the front, so that a fault of
// the front cannot keep it from taking a fault back.
type admin struct {
	base           string // http://127.0.0.1:PORT
	user, password string
	token          string
	renew          time.Time // when the token has to be fetched again
	http           http.Client
}

// rep is a representation as Keycloak gives and takes it.
type rep = map[string]any

// do sends body as JSON (nil: none) to a path below /admin/realms and decodes the answer into out (nil:
// not read). A status of 400 or more ends the test.
func (a *admin) do(t *testing.T, method, path string, body, out any) http.Header {
	t.Helper()
	if time.Now().After(a.renew) {
		a.login(t)
	}
	var payload io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		payload = bytes.NewReader(b)
	}
	req, err := http.NewRequest(method, a.base+"/admin/realms"+path, payload)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+a.token)
	req.Header.Set("Content-Type", "application/json")
	return a.send(t, req, out)
}

// login fetches a token of the administrator; it is good for a minute, and used for half of it.
func (a *admin) login(t *testing.T) {
	t.Helper()
	form := url.Values{"grant_type": {"password"}, "client_id": {"admin-cli"}, "username": {a.user}, "password": {a.password}}
	req, err := http.NewRequest("POST", a.base+"/realms/master/protocol/openid-connect/token", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	var answer struct {
		Token string `json:"access_token"`
	}
	a.send(t, req, &answer)
	a.token, a.renew = answer.Token, time.Now().Add(30*time.Second)
}

// send is one exchange; the test ends when it is refused.
func (a *admin) send(t *testing.T, req *http.Request, out any) http.Header {
	t.Helper()
	res, err := a.http.Do(req)
	if err != nil {
		t.Fatalf("keycloak: %v", err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatalf("keycloak: %s %s: %v", req.Method, req.URL, err)
	}
	if res.StatusCode >= 400 {
		t.Fatalf("keycloak: %s %s: %s %s", req.Method, req.URL, res.Status, body)
	}
	if out != nil {
		if err := json.Unmarshal(body, out); err != nil {
			t.Fatalf("keycloak: %s %s: %v in %s", req.Method, req.URL, err, body)
		}
	}
	return res.Header
}

// client returns the representation of the client with this client_id, and its path.
func (a *admin) client(t *testing.T, clientID string) (rep, string) {
	t.Helper()
	var found []rep
	a.do(t, "GET", "/main/clients?clientId="+url.QueryEscape(clientID), nil, &found)
	if len(found) != 1 {
		t.Fatalf("keycloak has %d clients named %q", len(found), clientID)
	}
	return found[0], fmt.Sprintf("/main/clients/%s", found[0]["id"])
}

// created returns the path below /admin/realms that a Location header names.
func created(h http.Header) string {
	_, path, _ := strings.Cut(h.Get("Location"), "/admin/realms")
	return path
}

// clone copies a representation deeply, by way of JSON.
func clone(t *testing.T, r rep) rep {
	t.Helper()
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var c rep
	if err := json.Unmarshal(b, &c); err != nil {
		t.Fatal(err)
	}
	return c
}
