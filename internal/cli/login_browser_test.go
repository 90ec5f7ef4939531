package cli

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/ssoctl/ssoctl/internal/unwrap"
)

// browser is an HTTP client of a bench's lab that fills in its pages as a person does, and delivers to loopback alone.
type browser struct {
	*http.Client
	b *bench
}

func (b *bench) browser(t *testing.T) *browser {
	t.Helper()
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(b.lab.CAPEM)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	lab := b.lab.Addr
	tr := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		if host, _, _ := net.SplitHostPort(addr); host != "127.0.0.1" && host != "::1" {
			addr = lab
		}
		return (&net.Dialer{}).DialContext(ctx, network, addr)
	}}
	t.Cleanup(tr.CloseIdleConnections)
	return &browser{&http.Client{Transport: tr, Jar: jar, Timeout: 20 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, b}
}

// outcome is where a browser stands after a login: at the redirect URI or ACS, with a query or a form.
type outcome struct {
	address string
	form    url.Values
}

// pasted is what a person copies: the address, or the body of the form.
func (o outcome) pasted() string {
	if o.form != nil {
		return o.form.Encode()
	}
	return o.address
}

// walk goes from an address through the lab's pages until they lead away from it. It runs beside the test, so it returns errors.
func (w *browser) walk(address string) (outcome, error) {
	at := outcome{address: address}
	issuer, err := url.Parse(w.b.lab.Issuer)
	if err != nil {
		return at, err
	}
	for range 12 {
		next, more, err := w.turn(at)
		if err != nil || !more {
			return at, err
		}
		at = next
		to, err := url.Parse(at.address)
		if err != nil {
			return at, err
		}
		if to.Host != issuer.Host && (to.Path == "/callback" || to.Path == "/saml/acs") { // a start page on loopback leads on to the lab
			return at, nil
		}
	}
	return outcome{}, io.ErrNoProgress
}

// turn makes one request and says where its answer leads; more is false when it leads nowhere.
func (w *browser) turn(at outcome) (next outcome, more bool, err error) {
	var res *http.Response
	if at.form == nil {
		res, err = w.Get(at.address)
	} else {
		res, err = w.PostForm(at.address, at.form)
	}
	if err != nil {
		return at, false, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return at, false, err
	}
	to := res.Header.Get("Location")
	if page := unwrap.ReadPage(body); to == "" && len(page.Forms) > 0 {
		to, next.form = page.Forms[0].Action, url.Values{}
		for _, field := range page.Forms[0].Fields {
			if field.Name != "" && field.Type != "submit" {
				next.form.Set(field.Name, field.Value)
			}
		}
		if next.form.Has("password") {
			next.form.Set("username", w.b.lab.Users[0].Name)
			next.form.Set("password", w.b.lab.Password)
		}
	} else if to == "" {
		return at, false, nil
	}
	base, err := url.Parse(at.address)
	if err != nil {
		return at, false, err
	}
	to, fragment, _ := strings.Cut(to, "#")
	u, err := base.Parse(to)
	if err != nil {
		return at, false, err
	}
	if next.address = u.String(); fragment != "" {
		next.address += "#" + fragment // as it was sent
	}
	return next, true, nil
}

// deliver brings the answer to a listener on loopback, as a browser does, and gives the page that it shows.
func (w *browser) deliver(o outcome) (string, error) {
	req, err := http.NewRequest(http.MethodGet, o.address, nil)
	if o.form != nil {
		req, err = http.NewRequest(http.MethodPost, o.address, strings.NewReader(o.form.Encode()))
	}
	if err != nil {
		return "", err
	}
	if o.form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Origin", strings.TrimSuffix(w.b.lab.Issuer, "/lab"))
	}
	res, err := w.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return string(body), err
}

// allow enters the code of a device; shown is the address, a space, and the code.
func (w *browser) allow(shown string) error {
	address, code, _ := strings.Cut(shown, " ")
	if address == "" {
		address = w.b.lab.Issuer + "/device/verify"
	}
	res, err := w.PostForm(address, url.Values{"user_code": {code}, "username": {w.b.lab.Users[0].Name}, "password": {w.b.lab.Password}, "decision": {"allow"}})
	if err != nil {
		return err
	}
	return res.Body.Close()
}
