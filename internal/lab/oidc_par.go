package lab

import (
	"maps"
	"net/http"
	"net/url"
	"strings"
)

// requestURN begins every request_uri of the lab: RFC 9126 section 2.2.
const requestURN = "urn:ietf:params:oauth:request_uri:"

// par is the pushed authorization request endpoint: RFC 9126 section 2.
func (l *Lab) par(w http.ResponseWriter, r *http.Request) {
	if !l.backChannel(w, r) {
		return
	}
	params := maps.Clone(map[string][]string(r.PostForm))
	q := url.Values(params)
	q.Del("client_secret")
	if q.Get("client_id") == "" { // the client proved who it is
		q.Set("client_id", l.ClientID)
	}
	if q.Has("request_uri") {
		l.deny(w, bounce("invalid_request", "request_uri must not be pushed"))
		return
	}
	if _, f := l.readRequest(q, true); f != nil {
		l.deny(w, &refusal{status: http.StatusBadRequest, code: f.code, text: f.text})
		return
	}
	id := l.store.addPushed(pushedEntry{params: q, expires: l.now().Add(parLife)})
	noStore(w)
	writeJSON(w, http.StatusCreated, members{"request_uri": id, "expires_in": int(parLife.Seconds())})
}

// unpush replaces a request_uri of the lab's own by what was pushed, once; other parameters beside it do not count
// (RFC 9101 section 5).
func (l *Lab) unpush(q url.Values) (url.Values, *refusal) {
	id := q.Get("request_uri")
	if id == "" {
		return q, nil
	}
	if !strings.HasPrefix(id, requestURN) {
		return nil, onPage(http.StatusBadRequest, "request_uri_not_supported", "request objects by reference are not offered here")
	}
	p, ok := l.store.takePushed(id)
	if !ok || !l.now().Before(p.expires) || p.params.Get("client_id") != q.Get("client_id") {
		return nil, onPage(http.StatusBadRequest, "invalid_request_uri", "request_uri is unknown, used or expired")
	}
	return p.params, nil
}
