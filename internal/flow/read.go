package flow

import (
	"encoding/json"
	"errors"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/oidcdoc"
	"github.com/ssoctl/ssoctl/internal/probe"
	"github.com/ssoctl/ssoctl/internal/unwrap"
)

// ErrNoAnswer means that a text holds no answer of a login.
var ErrNoAnswer = errors.New("there is no answer of a login in it")

// Read finds the answer of a login in what was pasted or saved: the address with the code, its query alone, a form body, JSON, a curl
// command, a SAMLResponse in any wrapping, a HAR file. har reports whether it was a recorded browser.
func Read(text string, a *Attempt, at time.Time) (ans Answer, har bool, err error) {
	text = strings.TrimSpace(text)
	if v := plain(text, a); v != nil {
		return Answer{Method: "GET", URL: a.RedirectURI + "?" + v.Encode(), At: at}, false, nil
	}
	found, err := unwrap.Open("", []byte(text))
	if err != nil {
		if v, bad := url.ParseQuery(strings.TrimLeft(text, "?#")); bad == nil && Callback(&oidcdoc.Answer{Code: v.Get("code"), Error: v.Get("error"), Params: v}) {
			return Answer{Method: "GET", URL: a.RedirectURI + "?" + v.Encode(), At: at}, false, nil
		}
		return Answer{}, false, err
	}
	har = slices.ContainsFunc(found, func(d unwrap.Document) bool { return d.Entry >= 0 && !d.Sent.IsZero() })
	if a.Protocol == "saml" {
		ans, err = readSAML(found, a, at)
		return ans, har, err
	}
	ans, err = readOIDC(found, a, at, har)
	return ans, har, err
}

// plain reads what unwrap takes for something else: an address without scheme or host, as logs and address bars show it, the parameters as
// a JSON object, and a code alone. It is nil when the text is nothing of the kind.
func plain(text string, a *Attempt) url.Values {
	if a.Protocol == "saml" || len(text) > maxPlain {
		return nil
	}
	var v url.Values
	switch path := shortAddress().FindString(text); {
	case path != "":
		v, _ = url.ParseQuery(text[len(path):])
	case strings.HasPrefix(text, "{"):
		var members map[string]any
		if json.Unmarshal([]byte(text), &members) != nil {
			return nil
		}
		v = url.Values{}
		for name, member := range members {
			if s, ok := member.(string); ok {
				v.Set(name, s)
			}
		}
		if v.Get("state") == "" && v.Get("iss") == "" { // an error of some endpoint, say
			return nil
		}
	case aloneCode().MatchString(text) && !strings.HasPrefix(text, "eyJ"):
		v = url.Values{"code": {text}}
	}
	if v.Get("code") == "" && v.Get("error") == "" {
		return nil
	}
	return v
}

// maxPlain is more than any answer by GET has, in bytes.
const maxPlain = 16 << 10

var (
	shortAddress = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^([A-Za-z0-9.-]+(:[0-9]+)?)?/[A-Za-z0-9._~/%-]*[?#]`)
	})
	// aloneCode: codes of Keycloak have three parts, those of Entra, Okta and Google begin with a version; all are long.
	aloneCode = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9._~/+-]{20,}$`) })
)

func readSAML(found []unwrap.Document, a *Attempt, at time.Time) (Answer, error) {
	ans := Answer{At: at, URL: a.RedirectURI, Method: "POST"}
	for _, d := range found {
		if !probe.IsMessage(d) {
			continue
		}
		ans.Messages = append(ans.Messages, d)
		if d.Name != "SAMLRequest" && !d.Sent.IsZero() {
			ans.At = d.Sent
		}
	}
	if !slices.ContainsFunc(ans.Messages, func(d unwrap.Document) bool { return d.Name != "SAMLRequest" }) {
		return Answer{}, ErrNoAnswer
	}
	return ans, nil
}

// readOIDC takes the last callback, and of a recorded browser also the tokens and claims that it saw.
func readOIDC(found []unwrap.Document, a *Attempt, at time.Time, har bool) (Answer, error) {
	ans := Answer{At: at, Tokens: map[string]string{}}
	there := false
	for _, d := range found {
		switch d.Kind {
		case unwrap.KindAuthorization:
			if har {
				a.recorded(d)
			}
		case unwrap.KindCallback:
			ans.Method, ans.URL, ans.Form, there = d.Method, d.URL, nil, true
			if !d.Sent.IsZero() {
				ans.At = d.Sent
			}
			if d.Answer != nil {
				ans.Blocked = d.Answer.Blocked
			}
			ans.carried(d, a)
		case unwrap.KindJWT:
			if name := d.Name; name == "id_token" || name == "access_token" || name == "" && !there {
				if name == "" {
					name = "id_token"
				}
				ans.Tokens[name] = string(d.Data)
			}
		case unwrap.KindTokenResponse:
			var body map[string]any
			if json.Unmarshal(d.Data, &body) == nil {
				for _, name := range []string{"id_token", "access_token"} {
					if t, _ := body[name].(string); t != "" {
						ans.Tokens[name] = t
					}
				}
			}
		case unwrap.KindUserinfo:
			if har {
				ans.Claims = append(ans.Claims, evidence.ClaimSet{Source: "userinfo", Claims: d.Data})
			}
		}
	}
	if !there && len(ans.Tokens) == 0 {
		return Answer{}, ErrNoAnswer
	}
	if !there {
		ans.Method, ans.URL = "GET", a.RedirectURI
	}
	return ans, nil
}

// carried puts the parameters where they travelled.
func (ans *Answer) carried(d unwrap.Document, a *Attempt) {
	if strings.EqualFold(d.Method, "POST") {
		ans.Form, ans.ContentType = map[string]string{}, "application/x-www-form-urlencoded"
		for name, v := range d.Params {
			ans.Form[name] = strings.Join(v, " ")
		}
		if ans.URL == "" {
			ans.URL = a.RedirectURI
		}
		return
	}
	ans.Method = "GET"
	text := strings.TrimSpace(string(d.Data))
	switch {
	case strings.Contains(text, "://"):
		ans.URL = text
	case strings.Contains(ans.URL, "://") && strings.ContainsAny(ans.URL, "?#"):
	default:
		ans.URL = a.RedirectURI + "?" + url.Values(d.Params).Encode()
	}
}

// recorded makes the attempt that of a recorded browser: what its authorization request said.
func (a *Attempt) recorded(d unwrap.Document) {
	v := url.Values(d.Params)
	a.State, a.Nonce, a.RedirectURI = v.Get("state"), v.Get("nonce"), v.Get("redirect_uri")
	a.ResponseType, a.ResponseMode, a.Began, a.Verifier = v.Get("response_type"), v.Get("response_mode"), d.Sent, ""
	a.URL = d.URL
	if text := strings.TrimSpace(string(d.Data)); strings.Contains(text, "://") {
		a.URL = text
	}
}
