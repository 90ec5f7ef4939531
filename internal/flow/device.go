package flow

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/probe"
)

// Device is what a user needs to sign in on another device (RFC 8628 §3.2).
type Device struct {
	UserCode string
	URL      string // where to enter it
	Complete string // the same with the code in it; may be empty
	Expires  time.Time

	code     string
	interval time.Duration
	verifier string
}

// Device asks for a device and a user code. ok is false when the IdP gave none; the run then says how it ended.
func (r *Run) Device(ctx context.Context) (*Device, bool) {
	r.login.Login.Grant = "device"
	endpoint := r.s.Endpoint("device_authorization_endpoint")
	if endpoint == "" {
		r.End(evidence.EndedUnsent, "the IdP announces no device_authorization_endpoint")
		return nil, false
	}
	conn := r.s.Conn()
	form := url.Values{"scope": {strings.Join(conn.Scopes(), " ")}}
	if why := r.s.MaySend(endpoint); why != nil {
		r.End(evidence.EndedUnsent, why.Text)
		return nil, false
	}
	header := proof(r.s, form)
	verifier := r.s.Env().Random() + r.s.Env().Random()
	form.Set("code_challenge", oauth2.S256ChallengeFromVerifier(verifier))
	form.Set("code_challenge_method", "S256")
	ex, _ := r.s.Send(ctx, probe.Request{Label: evidence.LoginDevice, Method: http.MethodPost, URL: endpoint, Accept: "application/json", Form: form, Header: header})
	r.keep(ex)
	var got struct {
		Code     string  `json:"device_code"`
		UserCode string  `json:"user_code"`
		URL      string  `json:"verification_uri"`
		Old      string  `json:"verification_url"` // as Google called it before the standard
		Complete string  `json:"verification_uri_complete"`
		Expires  float64 `json:"expires_in"`
		Interval float64 `json:"interval"`
	}
	if ex.Status != http.StatusOK || json.Unmarshal(ex.Body, &got) != nil || got.Code == "" {
		r.End(evidence.EndedRefused, "the IdP gave no device code")
		return nil, false
	}
	got.URL = cmp.Or(got.URL, got.Old, got.Complete)
	if got.URL == "" || got.UserCode == "" {
		r.End(evidence.EndedInteraction, "the IdP does not say where, or by which code, a device is allowed")
		return nil, false
	}
	d := &Device{UserCode: got.UserCode, URL: got.URL, Complete: got.Complete, code: got.Code, interval: 5 * time.Second, verifier: verifier}
	if got.Interval > 0 && got.Interval < 120 {
		d.interval = time.Duration(got.Interval * float64(time.Second))
	}
	d.Expires = r.s.Env().Now().Add(Life)
	if got.Expires > 0 && got.Expires < Life.Seconds() {
		d.Expires = r.s.Env().Now().Add(time.Duration(got.Expires * float64(time.Second)))
	}
	return d, true
}

// Poll asks for the tokens at the pace that the IdP sets, until the user has signed in (RFC 8628 §3.4, §3.5).
func (r *Run) Poll(ctx context.Context, d *Device) {
	endpoint := r.s.Endpoint("token")
	if endpoint == "" || r.s.MaySend(endpoint) != nil {
		r.End(evidence.EndedUnsent, "no token endpoint that may be asked")
		return
	}
	client, extra, withheld := r.client(endpoint)
	if withheld != "" {
		r.End(evidence.EndedUnsent, withheld)
		return
	}
	extra = append(extra, oauth2.SetAuthURLParam("grant_type", "urn:ietf:params:oauth:grant-type:device_code"), oauth2.SetAuthURLParam("device_code", d.code), oauth2.VerifierOption(d.verifier))
	for {
		timer := time.NewTimer(d.interval)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
		var ex evidence.Exchange
		got, err := client.Exchange(r.through(ctx, evidence.LoginPoll, &ex), "", extra...)
		var refused struct {
			Error string `json:"error"`
		}
		_ = json.Unmarshal(ex.Body, &refused) // what is no object carries no error
		switch {
		case err == nil:
			r.keep(ex)
			l := r.login.Login
			l.End, l.Arrived = evidence.EndedAnswered, ex.At
			r.granted(ctx, got, evidence.LoginToken, "")
			r.userinfo(ctx, got.AccessToken)
			return
		case refused.Error == "slow_down":
			d.interval += 5 * time.Second
		case refused.Error == "authorization_pending" && r.s.Env().Now().Before(d.Expires):
		case refused.Error == "authorization_pending":
			r.keep(ex)
			r.End(evidence.EndedTimeout, "nobody entered the code in time")
			return
		default:
			r.keep(ex)
			r.End(evidence.EndedRefused, "")
			return
		}
	}
}
