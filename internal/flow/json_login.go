package flow

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/exact"
	"github.com/ssoctl/ssoctl/internal/probe"
)

// byAPI signs in at a page that needs scripts, by the interface that its scripts use. The password goes to the origin where the login
// began, and never in clear over a network.
func (d *driver) byAPI(api string, sent step) (Answer, step, bool) {
	u, err := url.Parse(sent.url)
	if err != nil || !probe.SameOrigin(sent.url, d.origin) || u.Scheme != "https" && !exact.Loopback(u.Hostname()) {
		return d.end(evidence.EndedInteraction, "the login page is not at the IdP's origin, or not https, so no password is sent to it")
	}
	switch api {
	case "flow_executor":
		return d.flowExecutor(u)
	case "first_factor":
		return d.firstFactor(u)
	}
	return d.end(evidence.EndedInteraction, "a page that needs scripts")
}

// post sends JSON and gives the object that came back, and where a redirect leads.
func (d *driver) post(address string, body map[string]any) (map[string]any, string) {
	q := probe.Request{Label: evidence.LoginPage, Method: http.MethodGet, URL: address, Accept: "application/json", Cookie: d.r.jar.give(address)}
	if body != nil {
		q.Method, q.JSON = http.MethodPost, encode(body)
	}
	ex, cookies := d.r.s.Send(d.ctx, q)
	d.r.jar.take(address, cookies)
	var out map[string]any
	_ = json.Unmarshal(ex.Body, &out) // what is no object has no members
	ex.Body = told(out)
	d.r.keep(ex)
	next, err := follow(address, ex.Head("Location"))
	if err != nil || ex.Head("Location") == "" {
		next = ""
	}
	return out, next
}

// told keeps of an answer what says how the login goes on; the rest names the user.
func told(answer map[string]any) []byte {
	kept := map[string]any{}
	for _, name := range []string{"component", "response_errors", "error_message", "status", "message"} {
		if v, ok := answer[name]; ok {
			kept[name] = v
		}
	}
	return encode(kept)
}

// maxChallenges bounds the stages of one flow.
const maxChallenges = 8

// flowExecutor answers the challenges of a flow, one after the other: /if/flow/SLUG/ in the browser, /api/v3/flows/executor/SLUG/ beneath.
func (d *driver) flowExecutor(u *url.URL) (Answer, step, bool) {
	parts := strings.Split(strings.Trim(u.Path, "/"), "/")
	at := -1
	for i := range parts {
		if i+2 < len(parts) && parts[i] == "if" && parts[i+1] == "flow" {
			at = i
		}
	}
	if at < 0 {
		return d.end(evidence.EndedInteraction, "a page that needs scripts")
	}
	root := *u
	root.Path, root.RawPath, root.Fragment = "/"+strings.Join(append(parts[:at:at], "api", "v3", "flows", "executor", parts[at+2]), "/")+"/", "", ""
	root.RawQuery = url.Values{"query": {u.RawQuery}}.Encode()
	address := root.String()
	challenge, next := d.post(address, nil)
	for range maxChallenges {
		if next != "" { // an answer to a POST is followed by the next challenge
			challenge, next = d.post(next, nil)
			continue
		}
		text := func(name string) string { s, _ := challenge[name].(string); return s }
		switch component := text("component"); component {
		case "ak-stage-identification":
			body := map[string]any{"component": component, "uid_field": d.who.Username}
			if withPassword, _ := challenge["password_fields"].(bool); withPassword {
				if d.entered {
					return d.end(evidence.EndedPassword, problem(challenge))
				}
				body["password"], d.entered = d.who.Password, true
			} else if d.named {
				return d.end(evidence.EndedPassword, problem(challenge))
			}
			d.named = true
			challenge, next = d.post(address, body)
		case "ak-stage-password":
			if d.entered {
				return d.end(evidence.EndedPassword, problem(challenge))
			}
			d.entered = true
			challenge, next = d.post(address, map[string]any{"component": component, "password": d.who.Password})
		case "ak-stage-user-login":
			challenge, next = d.post(address, map[string]any{"component": component, "remember_me": false})
		case "xak-flow-redirect":
			to, err := follow(address, text("to"))
			if err != nil {
				return d.end(evidence.EndedInteraction, "an address that cannot be read")
			}
			if d.atHome(to) {
				return Answer{Method: http.MethodGet, URL: to, At: d.r.s.Env().Now(), Messages: opened(to)}, step{}, true
			}
			return Answer{}, step{method: http.MethodGet, url: to}, false
		case "ak-stage-access-denied":
			return d.end(evidence.EndedRefused, text("error_message"))
		case "ak-stage-autosubmit":
			return d.autosubmit(challenge)
		case "":
			return d.end(evidence.EndedInteraction, "a page that needs scripts")
		default:
			return d.end(evidence.EndedInteraction, "the stage "+strings.TrimPrefix(component, "ak-stage-"))
		}
	}
	return d.end(evidence.EndedInteraction, "more stages than expected")
}

// autosubmit reads the form that a browser would post at the end of a flow.
func (d *driver) autosubmit(challenge map[string]any) (Answer, step, bool) {
	fields := map[string]string{}
	if attrs, ok := challenge["attrs"].(map[string]any); ok {
		for name, v := range attrs {
			fields[name], _ = v.(string)
		}
	}
	to, _ := challenge["url"].(string)
	ans := Answer{Method: http.MethodPost, URL: to, Form: fields, ContentType: "application/x-www-form-urlencoded", At: d.r.s.Env().Now()}
	if fields["SAMLResponse"] != "" {
		ans.Messages = Posted(to, fields)
	}
	if !d.atHome(to) && len(ans.Messages) == 0 {
		return d.end(evidence.EndedInteraction, "a form for another address")
	}
	return ans, step{}, true
}

// problem is what the IdP says of the values that were entered.
func problem(challenge map[string]any) string {
	errs, _ := challenge["response_errors"].(map[string]any)
	for _, of := range errs {
		list, _ := of.([]any)
		for _, e := range list {
			if m, ok := e.(map[string]any); ok {
				if s, _ := m["string"].(string); s != "" {
					return s
				}
			}
		}
	}
	return ""
}

// firstFactor posts name and password to /api/firstfactor, which says where to go on.
func (d *driver) firstFactor(u *url.URL) (Answer, step, bool) {
	base := *u
	base.Path, base.RawPath, base.RawQuery, base.Fragment = strings.TrimSuffix(u.Path, "/")+"/api/firstfactor", "", "", ""
	body := map[string]any{"username": d.who.Username, "password": d.who.Password, "keepMeLoggedIn": false}
	q := u.Query()
	for param, member := range map[string]string{"flow": "flow", "flow_id": "flowID", "workflow": "workflow", "workflow_id": "workflowID", "rd": "targetURL"} {
		if v := q.Get(param); v != "" {
			body[member] = v
		}
	}
	d.entered = true
	answer, _ := d.post(base.String(), body)
	if status, _ := answer["status"].(string); status != "OK" {
		text, _ := answer["message"].(string)
		return d.end(evidence.EndedPassword, text)
	}
	data, _ := answer["data"].(map[string]any)
	to, _ := data["redirect"].(string)
	if to == "" {
		return d.end(evidence.EndedInteraction, "a second factor")
	}
	next, err := follow(base.String(), to)
	if err != nil || !probe.SameOrigin(next, d.origin) {
		return d.end(evidence.EndedInteraction, "a page of another origin")
	}
	return Answer{}, step{method: http.MethodGet, url: next}, false
}
