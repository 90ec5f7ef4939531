package oidcdoc

import (
	"net/url"
)

// Answer is what an authorization endpoint sends to the redirect URI (RFC 6749 §4.1.2), read from a Location header or a
// pasted address.
type Answer struct {
	Base        string // the address without query and fragment
	Fragment    bool   // the parameters came in the fragment
	Code        string
	State       string
	Iss         string // RFC 9207
	Error       string
	Description string
	Params      url.Values
}

// ParseAnswer reads the parameters of a callback address; those of the fragment count when the query has none of the answer's.
func ParseAnswer(address string) (*Answer, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	a := &Answer{Params: u.Query()}
	if !speaks(a.Params) && u.Fragment != "" {
		if values, err := url.ParseQuery(u.EscapedFragment()); err == nil && speaks(values) {
			a.Params, a.Fragment = values, true
		}
	}
	a.Code, a.State, a.Iss = a.Params.Get("code"), a.Params.Get("state"), a.Params.Get("iss")
	a.Error, a.Description = a.Params.Get("error"), a.Params.Get("error_description")
	u.RawQuery, u.Fragment, u.RawFragment, u.ForceQuery = "", "", "", false
	a.Base = u.String()
	return a, nil
}

func speaks(v url.Values) bool {
	return v.Has("code") || v.Has("error") || v.Has("id_token") || v.Has("access_token") || v.Has("response")
}

// FormAnswer reads an answer that was posted to the redirect URI (OAuth 2.0 Form Post Response Mode §2).
func FormAnswer(address string, form map[string]string) *Answer {
	a := &Answer{Base: address, Params: url.Values{}}
	for name, v := range form {
		a.Params.Set(name, v)
	}
	a.Code, a.State, a.Iss = form["code"], form["state"], form["iss"]
	a.Error, a.Description = form["error"], form["error_description"]
	return a
}
