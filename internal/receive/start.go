package receive

import (
	"html"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// start is where a start page leads, by GET or by a POST of the fields.
type start struct {
	target string
	post   bool
	fields map[string]string
}

// Start returns a short address on this listener that sends the browser to target by 302. Only who knows the address can begin:
// it holds 128 random bits.
func (l *Loopback) Start(target string) string { return l.begin(start{target: target}) }

// StartPost is Start for a request by HTTP POST, as SAML's binding wants it: a page whose form submits itself to action.
func (l *Loopback) StartPost(action string, fields map[string]string) string {
	return l.begin(start{action, true, maps.Clone(fields)})
}

func (l *Loopback) begin(s start) string {
	path := "/s/" + l.options.Random()
	l.mu.Lock()
	l.starts[path] = s
	l.mu.Unlock()
	return "http://" + l.address.authority(l.address.names()[0]) + path
}

func (l *Loopback) serveStart(w http.ResponseWriter, r *http.Request, s start) {
	if status, why := unwanted(r, http.MethodGet); status != 0 {
		if status == http.StatusMethodNotAllowed {
			w.Header().Set("Allow", http.MethodGet)
		}
		l.refuse(w, status, why)
		return
	}
	// The target comes out of metadata: another scheme would run or open something here.
	if u, err := url.Parse(s.target); err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		l.refuse(w, http.StatusBadGateway, "the sign-on address is "+cut(s.target)+", which is not http or https")
		return
	}
	if !s.post {
		private(w.Header())
		w.Header().Set("Location", s.target)
		w.WriteHeader(http.StatusFound)
		return
	}
	nonce := l.options.Random()
	// No form-action in the policy: Chromium applies it to the redirects of the answer too, and where those lead is the IdP's affair.
	l.send(w, http.StatusOK, "", nonce, s.form(nonce))
}

// form is the page that posts the request; the button serves where scripts are off.
func (s start) form(nonce string) []byte {
	var b strings.Builder
	b.WriteString(`<form method="post" action="` + html.EscapeString(s.target) + `">`)
	for _, name := range slices.Sorted(maps.Keys(s.fields)) {
		b.WriteString(`<input type="hidden" name="` + html.EscapeString(name) + `" value="` + html.EscapeString(s.fields[name]) + `">`)
	}
	b.WriteString(`<p><button>Go on to the login</button></p></form>`)
	p := Page{Title: "To the login", mark: "→"}
	return p.document(nonce, b.String(), "HTMLFormElement.prototype.submit.call(document.forms[0])" /* a field may be called submit */)
}
