package lab

import (
	"crypto/rand"
	"net/http"
	"slices"
	"strings"
	"time"
)

// device is the device authorization endpoint: RFC 8628 section 3.1.
func (l *Lab) device(w http.ResponseWriter, r *http.Request) {
	if !l.backChannel(w, r) {
		return
	}
	if f := l.b.login.started; f != nil {
		l.deny(w, f)
		return
	}
	if f := l.checkScope(r.PostForm); f != nil {
		l.deny(w, f)
		return
	}
	d := &deviceEntry{userCode: userCode(), scope: strings.Fields(r.PostForm.Get("scope")), expires: l.now().Add(deviceLife), pace: devicePace}
	id := put(l.store, l.store.devices, token(32), d)
	noStore(w)
	m := members{
		"device_code": id, "user_code": d.userCode, "verification_uri": l.site.url(pageVerify),
		"verification_uri_complete": l.site.url(pageVerify) + "?user_code=" + d.userCode,
		"expires_in":                int(deviceLife.Seconds()), "interval": int(devicePace.Seconds()),
	}
	if l.b.login.device != nil {
		l.b.login.device(m)
	}
	writeJSON(w, http.StatusOK, m)
}

// userCode is eight consonants, so that no words come out: RFC 8628 section 6.1.
func userCode() string {
	const letters = "BCDFGHJKLMNPQRSTVWXZ"
	b := make([]byte, 8)
	rand.Read(b)
	for i := range b {
		b[i] = letters[int(b[i])%len(letters)]
	}
	return string(b[:4]) + "-" + string(b[4:])
}

// byDevice answers a poll: RFC 8628 section 3.5.
func (l *Lab) byDevice(r *http.Request) (*grant, *refusal) {
	l.store.mu.Lock()
	defer l.store.mu.Unlock()
	id := r.PostForm.Get("device_code")
	d, ok := l.store.devices[id]
	now := l.now()
	switch {
	case !ok:
		return nil, bounce("invalid_grant", "device code is unknown or used")
	case !now.Before(d.expires):
		return nil, bounce("expired_token", "device code has expired")
	case d.denied:
		delete(l.store.devices, id)
		return nil, bounce("access_denied", "the user said no")
	case d.grant != nil && l.b.login.poll != nil:
		delete(l.store.devices, id)
		return nil, l.b.login.poll
	case d.grant != nil:
		delete(l.store.devices, id)
		return d.grant, nil
	case now.Before(d.next):
		d.pace += 5 * time.Second
		d.next = now.Add(d.pace)
		return nil, bounce("slow_down", "polled sooner than the interval allows")
	}
	d.next = now.Add(d.pace)
	return nil, bounce("authorization_pending", "nobody has allowed it yet")
}

// verify is where the user enters the code that the device shows.
func (l *Lab) verify(w http.ResponseWriter, r *http.Request) {
	if !l.allow(w, r, http.MethodGet, http.MethodPost) {
		return
	}
	form := pageData{Title: "Allow a device", Action: l.site.path + pageVerify, UserCode: r.Form.Get("user_code")}
	if r.Method == http.MethodGet {
		l.render(w, http.StatusOK, "device.html", form)
		return
	}
	u, ok := l.verifyUser(r)
	if !ok {
		form.Text = "user name or password does not match"
		l.render(w, http.StatusOK, "device.html", form)
		return
	}
	if !l.settleDevice(r.PostForm.Get("user_code"), u, r.PostForm.Get("decision") != "deny") {
		form.Text = "this code is unknown, used or expired"
		l.render(w, http.StatusOK, "device.html", form)
		return
	}
	l.render(w, http.StatusOK, "message.html", pageData{Title: "Done", Text: "The device may go on; this page can be closed."})
}

// settleDevice notes the user's decision; letter case and the dash do not count.
func (l *Lab) settleDevice(code string, u User, allow bool) bool {
	letters := func(s string) string { return strings.ToUpper(strings.ReplaceAll(s, "-", "")) }
	l.store.mu.Lock()
	defer l.store.mu.Unlock()
	for _, d := range l.store.devices {
		if letters(d.userCode) != letters(code) || !l.now().Before(d.expires) || d.grant != nil || d.denied {
			continue
		}
		d.denied = !allow
		if allow {
			d.grant = &grant{user: u, scope: slices.Clone(d.scope), authTime: l.now().Truncate(time.Second)}
		}
		return true
	}
	return false
}
