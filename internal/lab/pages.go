package lab

import (
	"fmt"
	"html"
	"maps"
	"slices"
	"strings"
)

// page writes one of the lab's pages. All values are escaped; they stand as text or within quoted attributes.
func page(name string, d pageData) string {
	e := html.EscapeString
	var b strings.Builder
	fmt.Fprintf(&b, pageHead, e(d.Title), e(d.Nonce), e(d.Title))
	if name != "message.html" && d.Text != "" {
		fmt.Fprintf(&b, "<p role=\"alert\">%s</p>\n", e(d.Text))
	}
	switch name {
	case "login.html":
		fmt.Fprintf(&b, pageLoginForm, e(d.Action), e(d.Transaction), e(d.Username))
	case "device.html":
		fmt.Fprintf(&b, pageDeviceForm, e(d.Action), e(d.UserCode))
	case "otp.html":
		fmt.Fprintf(&b, pageOTPForm, e(d.Action))
	case "consent.html":
		fmt.Fprintf(&b, pageConsentForm, e(d.Action))
	case "form_post.html":
		fmt.Fprintf(&b, "<form id=\"answer\" method=\"post\" action=\"%s\">\n", e(d.Action))
		for _, field := range slices.Sorted(maps.Keys(d.Fields)) {
			for _, value := range d.Fields[field] {
				fmt.Fprintf(&b, "<input type=\"hidden\" name=\"%s\" value=\"%s\">\n", e(field), e(value))
			}
		}
		fmt.Fprintf(&b, "<button type=\"submit\">Continue</button>\n</form>\n<script nonce=\"%s\">document.getElementById(\"answer\").submit()</script>\n", e(d.Nonce))
	default:
		fmt.Fprintf(&b, "<p id=\"error_description\">%s</p>\n", e(d.Text))
		if d.Code != "" {
			fmt.Fprintf(&b, "<p><code id=\"error\">%s</code></p>\n", e(d.Code))
		}
	}
	b.WriteString("</main></body>\n</html>\n")
	return b.String()
}

const pageHead = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>%s · ssoctl lab</title>
<style nonce="%s">
:root { color-scheme: light dark }
body { font: 1rem/1.5 system-ui, sans-serif; margin: 0; min-height: 100vh; display: grid; place-items: center }
main { width: min(22rem, 100vw - 2rem) }
label, input, button { display: block; width: 100%%; box-sizing: border-box; font: inherit }
input, button { padding: .5rem; margin: .25rem 0 1rem }
</style>
</head>
<body><main>
<h1>%s</h1>
`

const pageLoginForm = `<form id="login" method="post" action="%s">
<input type="hidden" name="transaction" value="%s">
<label for="username">User name</label>
<input id="username" name="username" autocomplete="username" value="%s" required>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required>
<button type="submit">Sign in</button>
</form>
`

const pageDeviceForm = `<form id="device" method="post" action="%s">
<label for="user_code">Code shown by the device</label>
<input id="user_code" name="user_code" value="%s" autocomplete="off" required>
<label for="username">User name</label>
<input id="username" name="username" autocomplete="username" required>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required>
<button type="submit" name="decision" value="allow">Allow</button>
<button type="submit" name="decision" value="deny">Deny</button>
</form>
`

const pageOTPForm = `<form id="otp" method="post" action="%s">
<label for="otp">One-time code of your authenticator app</label>
<input id="code" name="otp" inputmode="numeric" autocomplete="one-time-code" required>
<button type="submit">Sign in</button>
</form>
`

const pageConsentForm = `<form id="consent" method="post" action="%s">
<p>Do you grant these access privileges?</p>
<button type="submit" name="accept" value="yes">Yes</button>
<button type="submit" name="cancel" value="no">No</button>
</form>
`
