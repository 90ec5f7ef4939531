package lab_test

import (
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ssoctl/ssoctl/internal/lab"
)

// patience is how long a survey waits for an answer: less than the slow faults take, else more than a busy machine needs.
func patience(fault string) time.Duration {
	if strings.HasPrefix(fault, "NET019") || strings.HasPrefix(fault, "NET020") {
		return 300 * time.Millisecond
	}
	return 10 * time.Second
}

// surveyor asks one lab everything that shows without a user, and for one login.
type surveyor struct {
	t *testing.T
	browser
	c    *clock
	base string // of the lab's pages: the issuer without its query
}

// survey describes a lab. What differs from one lab to the next by chance is left out.
func survey(t *testing.T, fault string) map[string]string {
	c := newClock()
	l := start(t, lab.Options{Fault: fault, Now: c.now})
	checkConnection(t, l)
	base, _, _ := strings.Cut(l.Issuer, "?")
	s := surveyor{t, newBrowser(t, l, c.now), c, base}
	s.Timeout = patience(fault)
	_, port, _ := strings.Cut(l.Addr, ":")
	found := map[string]string{"connection": l.Connection(), "tls": s.handshakes()}
	if strings.Contains(found["tls"], "no connection") {
		return found
	}
	found["discovery"] = s.twice(base + "/.well-known/openid-configuration")
	found["metadata"] = s.fetch(strings.Replace(base, port, port+"/.well-known/oauth-authorization-server", 1))
	found["jwks"] = s.keys(s.twice(base + "/jwks"))
	found["callback"] = s.callback()
	found["token"] = s.token()
	if !strings.HasPrefix(fault, "NET") || fault == "NET018" {
		found["login"] = s.login()
		found["logout"] = s.fetch(base + "/end_session?client_id=" + l.ClientID)
		found["device"] = s.device()
	}
	for k, v := range found {
		found[k] = strings.ReplaceAll(v, port, "PORT")
	}
	return found
}

// handshakes describes TLS as three kinds of clients see it.
func (s surveyor) handshakes() string {
	var out []string
	for _, limits := range [][2]uint16{{tls.VersionTLS12, tls.VersionTLS13}, {tls.VersionTLS10, tls.VersionTLS11}, {tls.VersionTLS12, tls.VersionTLS12}} {
		cfg := s.Transport.(*http.Transport).TLSClientConfig.Clone()
		cfg.MinVersion, cfg.MaxVersion = limits[0], limits[1]
		cfg.ServerName, _, _ = strings.Cut(s.lab.Resolve(), ":")
		out = append(out, s.handshake(cfg))
		if out[0] == "no connection" {
			break
		}
	}
	return strings.Join(out, "\n")
}

func (s surveyor) handshake(cfg *tls.Config) string {
	raw, err := s.Transport.(*http.Transport).DialContext(s.t.Context(), "tcp", "")
	if err != nil {
		return "no connection"
	}
	defer raw.Close()
	raw.SetDeadline(time.Now().Add(s.Timeout))
	c := tls.Client(raw, cfg)
	if err := c.Handshake(); err != nil {
		text := err.Error()
		if strings.Contains(text, "reset") || strings.Contains(text, "timeout") {
			text = "no connection"
		}
		return text
	}
	st := c.ConnectionState()
	leaf := st.PeerCertificates[0]
	return fmt.Sprintln(st.Version, st.CipherSuite, leaf.Subject, leaf.Issuer, leaf.NotAfter.Sub(s.c.now()))
}

// silence stands for an answer that did not come, or not to its end.
const silence = "no answer"

// nonces are the parts of a page that chance decides.
var nonces = regexp.MustCompile(`nonce="[^"]*"`)

// fetch describes an answer: status, the headers that matter, and the body.
func (s surveyor) fetch(address string) string {
	res, err := s.Client.Get(address)
	if err != nil {
		return silence
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, 8<<20))
	if err != nil {
		return silence
	}
	text := string(body)
	if len(text) > 1<<16 {
		text = "a large body"
	}
	text = nonces.ReplaceAllString(text, "")
	h := res.Header
	return fmt.Sprintln(res.StatusCode, h.Get("Content-Type"), h.Get("Cache-Control"), h.Get("Access-Control-Allow-Origin"), h.Get("Date"), h.Get("Location"), text)
}

// twice fetches a document two times; only faults of a half-rolled deployment may answer differently.
func (s surveyor) twice(address string) string {
	first := s.fetch(address)
	if first == silence {
		return first
	}
	second := s.fetch(address)
	if first == second {
		return first
	}
	if !s.lab.Fault.Deep {
		s.t.Errorf("%s answers differently the second time:\n%s\n%s", address, first, second)
	}
	return first + second
}

// keys describes the JWK Set: all of it but the values that chance decides.
func (s surveyor) keys(text string) string {
	at := strings.Index(text, "{")
	var set struct {
		Keys []map[string]any `json:"keys"`
	}
	if at < 0 || json.Unmarshal([]byte(text[at:]), &set) != nil || set.Keys == nil {
		return text
	}
	out, seen := text[:at], map[any]bool{}
	for _, k := range set.Keys {
		if id, ok := k["kid"]; ok {
			out += fmt.Sprint("kid ", seen[id], " ")
			seen[id] = true
		}
		delete(k, "kid")
		if k["kty"] == "EC" {
			out += fmt.Sprint("same coordinates ", k["x"] == k["y"], " ")
			delete(k, "x")
			delete(k, "y")
		}
		out += fmt.Sprintln(k)
	}
	return out
}

// callback describes the answers to four authorization requests without a user.
func (s surveyor) callback() string {
	l, out := s.lab, ""
	for _, q := range []url.Values{
		request(l, "prompt", "none", "scope", "openid email profile"),
		request(l, "prompt", "none", "code_challenge", "", "code_challenge_method", ""),
		request(l, "prompt", "none", "redirect_uri", l.RedirectURI+"/elsewhere"),
	} {
		text := s.fetch(s.base + "/authorize?" + q.Encode())
		before, code, found := strings.Cut(text, "code=")
		if found { // chance decides the code
			_, after, _ := strings.Cut(code, "&")
			text = before + "code=&" + after
		}
		out += text
	}
	return out
}

// token describes the answers to a bogus code.
func (s surveyor) token() string {
	out := ""
	body := exchange(s.browser, "bogus")
	body.Set("client_id", s.lab.ClientID)
	body.Set("client_secret", s.lab.ClientSecret)
	for _, x := range []struct {
		form url.Values
		user string
	}{{exchange(s.browser, "bogus"), s.lab.ClientID}, {body, ""}} {
		r, err := http.NewRequest(http.MethodPost, s.base+"/token", strings.NewReader(x.form.Encode()))
		if err != nil {
			return err.Error()
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if x.user != "" {
			r.SetBasicAuth(url.QueryEscape(x.user), url.QueryEscape(s.lab.ClientSecret))
		}
		res, err := s.Client.Do(r)
		if err != nil {
			return "no answer"
		}
		text, _ := io.ReadAll(res.Body)
		res.Body.Close()
		out += fmt.Sprintln(res.StatusCode, res.Header.Get("DPoP-Nonce"), string(text))
	}
	return out
}

// login describes one login: where the code is, how long, and what the ID token says.
func (s surveyor) login() string {
	l := s.lab
	page := s.fetch(s.base + "/authorize?" + request(l).Encode())
	m := input.FindStringSubmatch(page)
	if m == nil {
		return page
	}
	res, err := s.Client.PostForm(s.base+"/login", url.Values{m[1]: {m[2]}, "username": {"ann@lab.example"}, "password": {l.Password}})
	if err != nil {
		return "no answer"
	}
	res.Body.Close()
	to, err := url.Parse(res.Header.Get("Location"))
	if err != nil {
		return "no redirect"
	}
	q := to.Query()
	out := fmt.Sprintln(to.Host, to.Path, len(q.Get("code")), q.Get("iss"), q.Get("state"))
	answer, err := s.Client.PostForm(s.base+"/token", url.Values{"grant_type": {"authorization_code"}, "code": {q.Get("code")}, "redirect_uri": {l.RedirectURI},
		"code_verifier": {verifier}, "client_id": {l.ClientID}, "client_secret": {l.ClientSecret}})
	if err != nil {
		return out
	}
	defer answer.Body.Close()
	out += fmt.Sprintln(answer.StatusCode, answer.Header.Get("Content-Type"), answer.Header.Get("Cache-Control"))
	var tokens map[string]any
	if err := json.NewDecoder(answer.Body).Decode(&tokens); err != nil {
		return out
	}
	access, _ := tokens["access_token"].(string)
	out += fmt.Sprintf("%#v %#v %d\n", tokens["token_type"], tokens["expires_in"], len(access)) + s.userinfo(access)
	idToken, ok := tokens["id_token"].(string)
	if !ok {
		return out + fmt.Sprint(tokens)
	}
	parts := strings.Split(idToken, ".")
	head, _ := base64.RawURLEncoding.DecodeString(parts[0])
	claims := map[string]any{}
	payload, _ := base64.RawURLEncoding.DecodeString(parts[1])
	if err := json.Unmarshal(payload, &claims); err != nil {
		return out + "no claims"
	}
	half := sha256.Sum256([]byte(access))
	out += fmt.Sprintln(len(parts), claims["at_hash"] == base64.RawURLEncoding.EncodeToString(half[:16]))
	delete(claims, "at_hash")
	text := string(head)
	if strings.Contains(text, "ES256") { // the EC key is new in each lab
		text = "signed with ES256"
	}
	return out + text + fmt.Sprintf("%#v", claims)
}

// userinfo describes the answer to an access token, less what is signed anew each time.
func (s surveyor) userinfo(access string) string {
	r, err := http.NewRequest(http.MethodGet, s.base+"/userinfo", nil)
	if err != nil {
		return err.Error()
	}
	r.Header.Set("Authorization", "Bearer "+access)
	res, err := s.Client.Do(r)
	if err != nil {
		return "no answer"
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body)
	if kind := res.Header.Get("Content-Type"); kind != "application/json" {
		return fmt.Sprintln(res.StatusCode, kind)
	}
	return fmt.Sprintln(res.StatusCode, string(body))
}

// device describes a login by the device flow: the names of what the device gets, and how a poll ends once it is allowed.
func (s surveyor) device() string {
	post := func(page string, form url.Values) map[string]any {
		form.Set("client_id", s.lab.ClientID)
		form.Set("client_secret", s.lab.ClientSecret)
		res, err := s.Client.PostForm(s.base+page, form)
		if err != nil {
			return nil
		}
		defer res.Body.Close()
		var got map[string]any
		if json.NewDecoder(res.Body).Decode(&got) != nil {
			return nil
		}
		return got
	}
	begun := post("/device", url.Values{"scope": {"openid"}})
	user, _ := begun["user_code"].(string)
	code, _ := begun["device_code"].(string)
	post("/device/verify", url.Values{"user_code": {user}, "username": {"ann@lab.example"}, "password": {s.lab.Password}, "decision": {"allow"}})
	end := post("/token", url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:device_code"}, "device_code": {code}})
	return fmt.Sprintln(slices.Sorted(maps.Keys(begun)), slices.Sorted(maps.Keys(end)), end["error"])
}
