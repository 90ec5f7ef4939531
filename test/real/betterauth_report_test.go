package real_test

import (
	"fmt"
	"regexp"
	"strings"
)

// difference explains the trials in which the two differ.
type difference struct {
	trials string // regular expression, of whole names
	why    string
}

// explained gives the reason for a trial, empty when there is none, and notes that it was used.
func explained(name string, used map[string]bool) string { return explainedBy(differences, name, used) }

func explainedBy(all []difference, name string, used map[string]bool) string {
	for _, d := range all {
		if regexp.MustCompile("^(" + d.trials + ")$").MatchString(name) {
			used[d.trials] = true
			return d.why
		}
	}
	return ""
}

// verdictReport is docs/better-auth.md.
func verdictReport(versions map[string]string, all []verdicts) []byte {
	same, in, refused, named := 0, 0, 0, 0
	for _, v := range all {
		same += btoi(v.agree())
		in += btoi(v.agree() && v.in)
		refused += btoi(v.agree() && !v.in)
		named += btoi(v.agree() && !v.in && v.named())
	}
	var b strings.Builder
	fmt.Fprintf(&b, `# Archestra: what ssoctl predicts and what better-auth does

<!-- written by TestBetterAuth in test/real: SSOCTL_REAL=1 go test -run TestBetterAuth ./test/real -update -->

Archestra signs users in with better-auth. The same responses go to the real one, set as Archestra sets it (better-auth %s, @better-auth/sso %s, samlify %s, xml-crypto %s), and to
`+"`ssoctl decode`"+` with a connection of Archestra. ssoctl says "refused" when it finds an error, and "signed in" when it finds warnings at most. The test fails when the two differ and the reason
does not stand below.

%d responses: every message fault of the lab, its certificates, and others for methods, keys, encryption, clocks and content. In %d the two agree: %d are signed in, %d refused; of these ssoctl names the
text that is shown in %d, with what stands behind it in the log of Archestra.

What better-auth accepts is not always what should be accepted: the table says so, and ssoctl warns of what a later release may refuse.

## Where the two differ

| response | better-auth | ssoctl | why |
|---|---|---|---|
`, versions["better-auth"], versions["@better-auth/sso"], versions["samlify"], versions["xml-crypto"], len(all), same, in, refused, named)
	for _, v := range all {
		if v.why != "" {
			fmt.Fprintf(&b, "| %s: %s | %s | %s | %s |\n", v.name, escaped(v.title), escaped(v.theirs()), v.ours(), escaped(v.why))
		}
	}
	b.WriteString("\n## All responses\n\n| response | what is special | better-auth | ssoctl |\n|---|---|---|---|\n")
	for _, v := range all {
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", v.name, escaped(v.title), escaped(v.theirs()), v.ours())
	}
	return []byte(b.String())
}

const (
	lacksFields = "the connection lacks what Archestra needs: `check` and `doctor` say so (CFG002, CERT001, MD028), decode judges messages alone"
	onlyStated  = "the connection states by `want` what the admin expects, and 1.6.22 does not enforce it"
	notBound    = "better-auth accepts what must be refused: the signature is not bound to the element that it stands in; ssoctl stays with the standard"
)

// differences are the known ones.
var differences = []difference{
	{`AST003|CERT010-fingerprint|held-none`, lacksFields},
	{`acs-field`, "the address in the field Callback URL is no Recipient that 1.6.22 accepts, unless SP Metadata XML names it too; `check` finds the address (CFG004), decode judges messages alone"},
	{`pasted-two-first`, "better-auth takes all that stands in IdP Certificate for one certificate; ssoctl tries each"},
	{`encrypted-oaep-sha256`, "better-auth knows RSA-OAEP with SHA-1 alone; ssoctl compares the name of the method, not its digest"},
	{`encrypted-aes192-cbc|encrypted-aes192-gcm`, "better-auth has no AES with 192 bits; what block encryptions an SP takes is no fact of a profile. No identity provider is known to choose it by itself"},
	{`carried-url-alphabet|carried-unpadded`, "better-auth reads both; the standard has base64 with its padding, and ssoctl stays with it"},
	{`ENC002-unwanted|SIG002|SIG002-response`, onlyStated},
	{`SIG007|SIG007-two|SIG007-whole`, notBound},
	{`ENC007`, "better-auth accepts what must be refused: the signature of the response holds, so the broken one inside is not looked at"},
	{`email-nowhere`, "the user is signed in as \"lab-4711\", which becomes the e-mail address of the account; nobody can use that"},
	{`issuer-blanks`, "better-auth compares the Issuer with its blanks; ssoctl leaves them out, as most SPs do. No identity provider is known to send any"},
	{`canonical-11`, "xml-crypto has no canonical XML 1.1. No identity provider is known to sign with it"},
	{`keyinfo-other|keyinfo-two-last`, "better-auth looks at the first certificate in KeyInfo alone; ssoctl tries every one that is held. No identity provider is known to put another one first"},
}
