package flow

import (
	"net/url"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/unwrap"
)

// loginForm is the form that asks for the password, or for the user's name before it; nil when there is none.
func (d *driver) loginForm(page unwrap.Page) *unwrap.PageForm {
	for i := range page.Forms {
		f := &page.Forms[i]
		passwords := count(f, "password")
		if passwords == 1 && count(f, "file") == 0 {
			return f
		}
		if passwords == 0 && !d.named && userField(f) != "" && count(f, "text", "email") == 1 {
			return f
		}
	}
	return nil
}

func count(f *unwrap.PageForm, kinds ...string) int {
	n := 0
	for _, field := range f.Fields {
		if slices.Contains(kinds, field.Type) {
			n++
		}
	}
	return n
}

var userFields = []string{"username", "user", "login", "email", "uid_field", "identifier", "loginname", "j_username", "userid", "user_id", "name", "loginfmt", "logonidentifier"}

// userField is the name of the field for the user's name.
func userField(f *unwrap.PageForm) string {
	for _, field := range f.Fields {
		if (field.Type == "text" || field.Type == "email") && slices.Contains(userFields, strings.ToLower(field.Name)) {
			return field.Name
		}
	}
	return ""
}

// onlyWay is the form of a page that leaves no choice: one form, nothing to fill in, at most one button. Consent that can be refused is a
// choice, and the user's.
func onlyWay(page unwrap.Page) *unwrap.PageForm {
	if len(page.Forms) != 1 {
		return nil
	}
	f := &page.Forms[0]
	if count(f, "submit", "image") > 1 || count(f, "text", "email", "tel", "number", "password", "checkbox", "radio", "textarea") > 0 || strings.EqualFold(f.Method, "dialog") {
		return nil
	}
	return f
}

// asks are what a login can demand that only a person can give, by fields and words of its page.
var asks = []struct {
	fields, words []string
	what          string
}{
	{[]string{"otp", "totp", "code", "otc", "passcode", "token_code"}, []string{"one-time code", "verification code", "authenticator"}, "a one-time code"},
	{[]string{"authenticatordata", "webauthn", "credentialid_webauthn"}, []string{"passkey", "security key"}, "a passkey or security key"},
	{[]string{"g-recaptcha-response", "h-captcha-response", "cf-turnstile-response"}, []string{"captcha"}, "a captcha"},
	{[]string{"password-new"}, []string{"update password", "change your password", "update your password"}, "a new password"},
	{nil, []string{"update account information", "update your account", "update profile", "verify email", "verify your email"}, "a complete profile of the user"},
	{nil, []string{"terms and conditions", "terms of use"}, "that terms are accepted"},
	{nil, []string{"recovery codes", "recovery authentication codes", "backup codes"}, "that recovery codes are kept"},
	{[]string{"accept"}, []string{"grant access", "consent", "do you grant", "authorize", "allow access"}, "consent"},
	{nil, []string{"terms of service"}, "that terms are accepted"},
}

// asksFor names what a page asks for; "" when it is nothing of the kind.
func asksFor(page unwrap.Page) string {
	text := strings.ToLower(page.Title + "\n" + page.Text)
	for _, a := range asks {
		for i := range page.Forms {
			f := &page.Forms[i]
			if slices.ContainsFunc(f.Fields, func(x unwrap.Field) bool {
				return x.Type != "hidden" && slices.Contains(a.fields, strings.ToLower(x.Name))
			}) {
				return a.what
			}
		}
		choice := len(page.Forms) > 0 && onlyWay(page) == nil
		if choice && slices.ContainsFunc(a.words, func(w string) bool { return strings.Contains(text, w) }) {
			return a.what
		}
	}
	return ""
}

// said quotes a page shortly: the lines that look like a message, else its title.
func said(page unwrap.Page) string {
	for line := range strings.Lines(page.Text) {
		line = strings.TrimSpace(line)
		low := strings.ToLower(line)
		if len(line) > 12 && len(line) < 300 && slices.ContainsFunc([]string{"invalid", "error", "not ", "denied", "failed", "expired", "incorrect", "wrong", "disabled", "locked", "unknown", "match"}, func(w string) bool { return strings.Contains(low, w) }) {
			return ": " + line
		}
	}
	if page.Title != "" {
		return ": " + page.Title
	}
	return ""
}

func origin(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	return u.Scheme + "://" + u.Host
}
