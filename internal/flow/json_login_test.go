package flow

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/knowledge"
	"github.com/ssoctl/ssoctl/internal/probe"
)

// standIn is an IdP whose login page needs scripts, with the interfaces of two products as their sources describe them.
func standIn(t *testing.T, password string) (*httptest.Server, *int) {
	t.Helper()
	tries := 0
	reply := func(w http.ResponseWriter, v map[string]any) {
		w.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(w).Encode(v); err != nil {
			t.Error(err)
		}
	}
	back := func(q url.Values) string {
		return "https://app.example/cb?" + url.Values{"code": {"c"}, "state": {q.Get("state")}}.Encode()
	}
	stage := "ak-stage-identification"
	mux := http.NewServeMux()
	mux.HandleFunc("/authorize", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("signed") == "in" {
			http.Redirect(w, r, back(r.URL.Query()), http.StatusFound)
			return
		}
		to := "/if/flow/main/?" + r.URL.RawQuery
		if r.URL.Query().Get("client_id") == "factor" {
			to = "/?flow=openid_connect&flow_id=f1&state=" + r.URL.Query().Get("state")
		}
		http.Redirect(w, r, to, http.StatusFound)
	})
	page := func(w http.ResponseWriter, _ *http.Request) {
		if _, err := w.Write([]byte("<html><body><div id=app></div><script src=app.js></script></body></html>")); err != nil {
			t.Error(err)
		}
	}
	mux.HandleFunc("/if/flow/main/", page)
	mux.HandleFunc("/{$}", page)
	mux.HandleFunc("/api/v3/flows/executor/main/", func(w http.ResponseWriter, r *http.Request) {
		query, _ := url.ParseQuery(r.URL.Query().Get("query"))
		if r.Method == http.MethodPost {
			var body map[string]any
			if err := json.NewDecoder(r.Body).Decode(&body); err != nil || body["component"] != stage {
				t.Errorf("posted %v in %s", body, stage)
			}
			switch stage {
			case "ak-stage-identification":
				stage = "ak-stage-password"
			case "ak-stage-password":
				tries++
				if body["password"] != password {
					reply(w, map[string]any{"component": stage, "response_errors": map[string]any{"password": []any{map[string]any{"string": "Invalid password"}}}})
					return
				}
				stage = "xak-flow-redirect"
			}
			http.Redirect(w, r, r.URL.String(), http.StatusFound)
			return
		}
		reply(w, map[string]any{"component": stage, "to": "/authorize?signed=in&state=" + query.Get("state"), "pending_user": "ann"})
	})
	mux.HandleFunc("/api/firstfactor", func(w http.ResponseWriter, r *http.Request) {
		tries++
		var body map[string]any
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil || body["flowID"] != "f1" || body["flow"] != "openid_connect" {
			t.Errorf("posted %v", body)
		}
		if body["password"] != password {
			w.WriteHeader(http.StatusUnauthorized)
			reply(w, map[string]any{"status": "KO", "message": "Authentication failed. Check your credentials."})
			return
		}
		reply(w, map[string]any{"status": "OK", "data": map[string]any{"redirect": "/authorize?signed=in&state=S"}})
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s, &tries
}

func TestSignInByAPI(t *testing.T) {
	for api, product := range map[string]string{"flow": "authentik", "factor": "authelia"} {
		for _, password := range []string{"right", "wrong"} {
			t.Run(api+"/"+password, func(t *testing.T) {
				s, tries := standIn(t, "right")
				f, err := config.Parse("ssoctl.yaml", []byte("version: 1\nconnections:\n  - name: a\n    sp: {profile: generic, callback_url: \"https://app.example/cb\"}\n    idp: {profile: "+product+
					"}\n    oidc: {issuer: \""+s.URL+"\", client_id: "+api+", endpoints: {authorization: \""+s.URL+"/authorize\"}}\n"))
				if err != nil {
					t.Fatal(err)
				}
				env := &probe.Env{Now: time.Now, Random: func() string { return "0123456789abcdefghijkl" }, Getenv: func(string) string { return "" }, Lookup: net.DefaultResolver.LookupHost, Dial: (&net.Dialer{}).DialContext}
				session := probe.Open(t.Context(), env, f.Targets[0], knowledge.New(), nil)
				defer session.Close()
				a := &Attempt{Protocol: "oidc", URL: s.URL + "/authorize?client_id=" + api + "&state=S", State: "S", RedirectURI: "https://app.example/cb"}
				run := New(session, a, "form")
				ans, ok := run.SignIn(context.Background(), a.URL, Credentials{"ann", password})
				if *tries != 1 {
					t.Errorf("the password was tried %d times", *tries)
				}
				if password == "wrong" {
					if ok || run.Login().End != evidence.EndedPassword || run.Login().Detail == "" {
						t.Errorf("answer %v, end %+v", ok, run.Login())
					}
					return
				}
				if !ok || Parameters(ans).Code != "c" || Parameters(ans).State != "S" {
					t.Errorf("answer %+v, end %+v", ans, run.Login())
				}
				for _, ex := range run.login.Exchanges {
					if string(ex.Body) != "" && json.Valid(ex.Body) && (strings.Contains(string(ex.Body), "ann") || strings.Contains(string(ex.Body), "right")) {
						t.Errorf("recorded: %s", ex.Body)
					}
				}
			})
		}
	}
}
