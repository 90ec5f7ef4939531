package push

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/exact"
	"github.com/ssoctl/ssoctl/internal/probe"
)

// api is a REST API that is spoken through the session's client.
type api struct {
	job     *Job
	session *probe.Session
	// authorization gives the value of the header; again is true when the last one was refused.
	authorization func(ctx context.Context, again bool) (string, error)
}

// refusal is an answer with an error status.
type refusal struct {
	method, url string
	status      int
	text        string // what the server said, one line
}

func (r *refusal) Error() string {
	if r.text == "" {
		return fmt.Sprintf("%s %s answered %d", r.method, r.url, r.status)
	}
	return fmt.Sprintf("%s %s answered %d: %s", r.method, r.url, r.status, r.text)
}

// refused gives the status of a refusal; 0 when the error is another.
func refused(err error) int {
	var r *refusal
	if errors.As(err, &r) {
		return r.status
	}
	return 0
}

// do sends body as JSON (nil: none) and reads a JSON answer into out (nil: not read). A redirect is a refusal: credentials go nowhere else.
func (a *api) do(ctx context.Context, method, address string, body, out any) error {
	q := probe.Request{Label: "push", Method: method, URL: address, Accept: "application/json"}
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return err
		}
		q.JSON = b
	}
	for again := false; ; again = true {
		auth, err := a.authorization(ctx, again)
		if err != nil {
			return err
		}
		if auth != "" {
			q.Header = map[string]string{"Authorization": auth}
		}
		ex, err := a.send(ctx, q)
		if err == nil && ex.Status == http.StatusUnauthorized && !again {
			continue
		}
		if err != nil {
			return err
		}
		return a.answer(ex, out)
	}
}

// send is one exchange. The error says that no answer came.
func (a *api) send(ctx context.Context, q probe.Request) (evidence.Exchange, error) {
	if err := secure(q.URL); err != nil {
		return evidence.Exchange{}, err
	}
	if err := ctx.Err(); err != nil {
		return evidence.Exchange{}, err
	}
	ex, _ := a.session.Send(ctx, q)
	if err := ctx.Err(); ex.Status == 0 && err != nil {
		return ex, err
	}
	if ex.Failure != nil {
		return ex, fmt.Errorf("%s: %s", q.URL, ex.Failure.Text)
	}
	return ex, nil
}

// answer reads what came. A server that repeats a secret in its error text does not get it shown.
func (a *api) answer(ex evidence.Exchange, out any) error {
	if ex.Status < 200 || ex.Status > 299 {
		r := &refusal{method: ex.Method, url: ex.URL, status: ex.Status, text: a.job.hush(said(ex))}
		if to := ex.Head("Location"); to != "" && ex.Status < 400 {
			r.text = fmt.Sprintf("it leads on to %q, and credentials are not sent there", a.job.hush(to))
		}
		return r
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(ex.Body, out); err != nil {
		return fmt.Errorf("%s answered with something that is not the JSON of this API", ex.URL)
	}
	return nil
}

// said is the server's own words, at most maxShown characters.
func said(ex evidence.Exchange) string {
	var o struct {
		Error            any    `json:"error"`
		ErrorDescription string `json:"error_description"`
		ErrorMessage     string `json:"errorMessage"`
		Message          string `json:"message"`
	}
	if json.Unmarshal(ex.Body, &o) != nil {
		return ""
	}
	words := []string{o.ErrorDescription, o.ErrorMessage, o.Message}
	switch e := o.Error.(type) {
	case string:
		words = append([]string{e}, words...)
	case map[string]any:
		m, _ := e["message"].(string)
		words = append(words, m)
	}
	var out []string
	for _, w := range words {
		if w = strings.Join(strings.Fields(w), " "); w != "" {
			out = append(out, w)
		}
	}
	text := []rune(strings.Join(out, ": "))
	if len(text) > maxShown {
		return string(text[:maxShown]) + "…"
	}
	return string(text)
}

// secure refuses to send credentials in the clear to another machine.
func secure(address string) error {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "":
		return fmt.Errorf("%q is no absolute URL", address)
	case u.Scheme == "https", u.Scheme == "http" && exact.Loopback(u.Hostname()):
		return nil
	}
	return fmt.Errorf("%s is not https: credentials are sent there only over https, or over http on this machine", address)
}
