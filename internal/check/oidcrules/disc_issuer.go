package oidcrules

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/exact"
	"github.com/ssoctl/ssoctl/internal/knowledge"
	"github.com/ssoctl/ssoctl/internal/oidcdoc"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/source"
)

// The issuer of the discovery document and the configured one, compared byte for byte. One mismatch is told once, by the
// rule that names it best: classify decides which.
var discIssuer = []check.Rule{
	{
		Code: "DISC006", Title: "the discovery document names its issuer", Severity: report.Error, Protocol: config.OIDC,
		Needs: []evidence.Kind{evidence.Discovery},
		Why:   "Every relying party compares this member with the issuer that it was given and with the iss of each token.",
		Fix:   "make the IdP publish its issuer as a text; a document without it is not a provider's",
		Refs:  []string{refMetadata},
		Check: func(c *check.Case) []report.Finding {
			n := c.Discovery.Member("issuer")
			if n != nil && n.Type == source.String && n.Text != "" {
				return nil
			}
			f := finding(c, "issuer", "", "a URL", "the discovery document has no issuer%s", misspelt(c, "issuer"))
			if n != nil {
				f.Message, f.Got = fmt.Sprintf("issuer in the discovery document is %s, not a URL", describe(n)), n.Str()
			}
			f.Fix = []string{c.AtIdP("publish its issuer, a URL, in the discovery document", "issuer", "endpoints")}
			return []report.Finding{f}
		},
	},
	mismatch("DISC007", "the configured issuer equals the discovered one"),
	mismatch("DISC008", "the configured issuer equals the discovered one to the last slash"),
	mismatch("DISC009", "the configured issuer equals the discovered one in letter case"),
	mismatch("DISC010", "the configured issuer equals the discovered one in its scheme"),
	mismatch("DISC011", "the configured issuer equals the discovered one in its port"),
	mismatch("DISC012", "no tenant placeholder stands in the issuer"),
	mismatch("DISC013", "both sides use the same version of the issuer"),
	mismatch("DISC014", "both sides use the same authorization server"),
	mismatch("DISC015", "the path of the issuer is the server's own"),
	mismatch("DISC016", "both sides use the same domain of the tenant"),
	mismatch("DISC069", "the issuer is that of the configured tenant, realm or application"),
}

// mismatch makes the rule that speaks when classify picks its code.
func mismatch(code, title string) check.Rule {
	explains := []string{"IDT011", "AUTHZ013", "AUTHZ031", "JWKS001", "JWKS018", "JWKS023", "DISC025"}
	if code == "DISC012" {
		explains = append(explains, "DISC002", "NET016") // a placeholder makes no URL, and names no host
	}
	return check.Rule{
		Code: code, Title: title, Severity: report.Error, Protocol: config.OIDC,
		Needs:    []evidence.Kind{evidence.Config},
		Uses:     []evidence.Kind{evidence.Discovery, evidence.Alternatives},
		Why:      "Relying parties compare the two byte for byte, and so does the iss of every ID token: no login can succeed.",
		Fix:      "enter the issuer exactly as the discovery document has it",
		Refs:     []string{"OpenID Connect Discovery 1.0 §4.3", "RFC 8414 §3.3"},
		Explains: explains,
		Applies:  func(c *check.Case) bool { return c.Config.Issuer() != "" },
		Decides: func(c *check.Case) string {
			if compare(c) == nil && impossible(c) != code {
				return "no discovery document that names an issuer"
			}
			return ""
		},
		Check: func(c *check.Case) []report.Finding {
			cmp := compare(c)
			switch {
			case cmp == nil:
				return []report.Finding{impossibleFinding(c)}
			case cmp.diff.Equal() || classify(c, cmp) != code || cmp.elsewhere && general(code):
				return nil
			case byURL(c) && c.Config.OIDC.DiscoveryURL != "" && cmp.diff.Only && cmp.diff.Kind == exact.Slash:
				return nil // the address of the document was given, which does not tell the slash
			}
			return []report.Finding{issuerFinding(c, cmp)}
		},
	}
}

// general reports whether a code only says that the issuers differ. Of a document that was found by trying, that proves
// nothing about the connection: DISC003 speaks instead.
func general(code string) bool { return code == "DISC007" || code == "DISC069" }

// comparison is the configured issuer against that of a document.
type comparison struct {
	got, want string // configured, published
	diff      exact.Diff
	doc       *oidcdoc.Discovery
	where     report.Location // of the published one
	url       string          // where the document was
	elsewhere bool            // the document is not where the connection looks
}

// compare compares with the discovery document or, where there is none, with one that was found at a slightly different
// address. nil: there is no issuer to compare with.
func compare(c *check.Case) *comparison {
	got := c.Config.Issuer()
	if c.Discovery != nil {
		if c.Discovery.Issuer() == "" {
			return nil
		}
		return &comparison{got: got, want: c.Discovery.Issuer(), diff: exact.Compare(got, c.Discovery.Issuer()), doc: c.Discovery, where: at(c, "issuer")}
	}
	if c.Alternatives == nil {
		return nil
	}
	for _, label := range []string{"bare", "issuer", "lower", "without-auth", "auth", "https", "oauth", "root"} {
		ex := c.Alternatives.Labelled(label)
		if ex == nil || ex.Status != 200 || ex.Cut || ex.Failure != nil {
			continue
		}
		d, err := oidcdoc.ParseDiscovery(ex.URL, ex.Body)
		if err != nil || !d.Object() || d.Issuer() == "" {
			continue
		}
		return &comparison{got: got, want: d.Issuer(), diff: exact.Compare(got, d.Issuer()), doc: d, url: ex.URL, elsewhere: true,
			where: report.Location{Evidence: ex.Name(), Path: "/issuer"}}
	}
	return nil
}

// classify picks the one code for a difference of issuers: what cannot be an issuer, what the IdP's profile knows, then the
// single differences.
func classify(c *check.Case, cmp *comparison) string {
	got, want, diff := cmp.got, cmp.want, cmp.diff
	kinds := kindsOf(c, cmp)
	a, b := kindOf(c, kinds, got), kindOf(c, kinds, want)
	if _, what := pasted(got); what != "" {
		return "DISC018"
	}
	switch {
	case a >= 0 && kinds[a].Never:
		return kinds[a].Code
	case b >= 0 && kinds[b].Never:
		return kinds[b].Code
	case exact.HasPlaceholder(got) || exact.HasPlaceholder(want):
		return "DISC012"
	case diff.Only && diff.Kind == exact.Space:
		return "DISC017"
	case diff.Only && diff.Kind == exact.Percent:
		return "DISC018"
	case a >= 0 && a == b && diff.Only && diff.Kind == exact.Case && sameButCase(c, kinds[a], got, want, "realm"):
		return "DISC015"
	}
	if enteredPlain(cmp) {
		return "DISC002" // what was entered is wrong by itself, and is told there
	}
	if diff.Only {
		if code, ok := singles[diff.Kind]; ok {
			return code
		}
	}
	if a >= 0 && b >= 0 && a != b {
		return kinds[max(a, b)].Code
	}
	if diff.Kind == exact.Path && diff.Only {
		return "DISC069"
	}
	return "DISC007"
}

var singles = map[exact.Kind]string{exact.Slash: "DISC008", exact.Case: "DISC009", exact.Scheme: "DISC010", exact.Port: "DISC011"}

// enteredPlain reports whether http was entered where the document says https, and nothing else differs.
func enteredPlain(cmp *comparison) bool {
	return cmp.diff.Only && cmp.diff.Kind == exact.Scheme && strings.HasPrefix(cmp.got, "http:")
}

// sameButCase reports whether a named part of two issuers differs in letter case.
func sameButCase(c *check.Case, k knowledge.IssuerKind, got, want, part string) bool {
	a, b := c.Lib.Find(k.Match, got)[part], c.Lib.Find(k.Match, want)[part]
	return a != b && strings.EqualFold(a, b)
}

// kindsOf gives the forms of issuer that the product has; a product that only the document gives away counts too.
func kindsOf(c *check.Case, cmp *comparison) []knowledge.IssuerKind {
	idp := c.IdP
	if idp.ID == "generic" {
		id, _ := c.Lib.Detect(knowledge.Clues{Issuer: cmp.want, Discovery: cmp.doc.Str})
		if found, ok := c.Lib.IdP(id); ok {
			idp = found
		}
	}
	return idp.Issuer.Kinds
}

// kindOf gives the index of the first kind that fits, -1 for none.
func kindOf(c *check.Case, kinds []knowledge.IssuerKind, issuer string) int {
	return slices.IndexFunc(kinds, func(k knowledge.IssuerKind) bool { return c.Lib.Matches(k.Match, issuer) })
}

// impossible gives the code to speak when the configured issuer alone shows that no comparison can succeed, "" otherwise.
func impossible(c *check.Case) string {
	if _, what := pasted(c.Config.Issuer()); what != "" {
		return ""
	}
	if exact.HasPlaceholder(c.Config.Issuer()) {
		return "DISC012"
	}
	if i := kindOf(c, c.IdP.Issuer.Kinds, c.Config.Issuer()); i >= 0 && c.IdP.Issuer.Kinds[i].Never {
		return c.IdP.Issuer.Kinds[i].Code
	}
	return ""
}

func impossibleFinding(c *check.Case) report.Finding {
	got := c.Config.Issuer()
	f := report.Finding{Message: fmt.Sprintf("issuer is %s, which holds a placeholder and names no tenant", check.Quote(got)), Got: got, Where: c.Config.Pos("oidc/issuer"),
		Fix: []string{c.AtSP("enter the issuer of your own tenant", "issuer")}}
	if i := kindOf(c, c.IdP.Issuer.Kinds, got); i >= 0 && c.IdP.Issuer.Kinds[i].Never {
		k := c.IdP.Issuer.Kinds[i]
		f.Message = fmt.Sprintf("issuer is %s (%s), which no discovery document of %s repeats", check.Quote(got), k.Name, c.IdP.Name)
		f.Want, _ = knowledge.Expand(k.Fix, c.Lib.Find(k.Match, got))
		f.Fix = []string{c.AtSP("enter the issuer of your own tenant: "+f.Want, "issuer")}
		if !k.S.Certain() {
			f.Severity, f.Message = report.Warning, "likely: "+f.Message
		}
	}
	lenient(c, &f, false)
	return f
}

func issuerFinding(c *check.Case, cmp *comparison) report.Finding {
	got, want := cmp.got, cmp.want
	note := cmp.diff.String()
	kinds := kindsOf(c, cmp)
	a, b := kindOf(c, kinds, got), kindOf(c, kinds, want)
	if a >= 0 && b >= 0 && a != b {
		note = fmt.Sprintf("%s against %s", kinds[a].Name, kinds[b].Name)
		if !kinds[a].S.Certain() || !kinds[b].S.Certain() {
			note = "likely: " + note
		}
	}
	if exact.HasPlaceholder(got) || exact.HasPlaceholder(want) {
		note = "a placeholder was left in"
	}
	side := "in the config"
	if byURL(c) {
		side = "as given"
	}
	f := report.Finding{
		Message: fmt.Sprintf("issuer is %s %s but %s in the discovery document (%s)", check.Quote(got), side, check.Quote(want), note),
		Got:     got, Want: want, Where: c.Config.Pos("oidc/issuer"), Related: []report.Location{cmp.where},
	}
	if cmp.diff.Only {
		f.Where.Mark = cmp.diff.String() // the note under the underlined issuer
	}
	lenient(c, &f, cmp.diff.Only && cmp.diff.Kind == exact.Slash)
	if ours := idpSide(c, cmp, kinds, a, b); ours != "" { // the document is wrong, not what was entered
		f.Fix = []string{ours}
		return f
	}
	if a >= 0 && kinds[a].Fix != "" {
		if better, missing := knowledge.Expand(kinds[a].Fix, c.Lib.Find(kinds[a].Match, got)); len(missing) == 0 && better != got {
			want = better
		}
	}
	f.Fix, f.Edits = enter(c, "issuer", want)
	return f
}

// lenient lowers the severity where the SP is known not to compare, or where nobody has entered the issuer anywhere.
func lenient(c *check.Case, f *report.Finding, slash bool) {
	compares := ""
	if c.SP.OIDC != nil {
		compares = c.SP.OIDC.IssuerCompare.V
	}
	switch {
	case slash && compares == "slash_ignored" && verifiesToken(c):
		f.Effect = c.SP.Name + " ignores one trailing slash when it reads the document, but the iss of an ID token differs, and the login ends there."
	case slash && compares == "slash_ignored":
		f.Severity = report.Warning
		f.Effect = c.SP.Name + " ignores one trailing slash when it reads the document, but the iss of an ID token still differs."
	case compares == "none":
		f.Severity = report.Warning
		f.Effect = c.SP.Name + " does not compare the two, but whatever else verifies tokens of this issuer will."
	case slash && byURL(c):
		f.Severity = report.Warning
		f.Effect = "An SP into which the address is entered like this compares byte for byte, and no login succeeds."
	}
}

// verifiesToken reports whether the SP is known to verify the ID token of such a connection.
func verifiesToken(c *check.Case) bool {
	switch fact := c.SP.OIDC.IDTokenVerified; {
	case !fact.Certain() || c.Config == nil || c.Config.OIDC == nil:
		return false
	case fact.V == "without_userinfo":
		return c.Config.OIDC.Endpoints.Userinfo == "" && c.Discovery.Str("userinfo_endpoint") == ""
	default:
		return fact.V == "always"
	}
}

// idpSide gives the fix at the IdP when its document cannot be right: http behind https, a placeholder, a port or a host that
// is not reachable by that name. Entering such an issuer would be no cure.
func idpSide(c *check.Case, cmp *comparison, kinds []knowledge.IssuerKind, a, b int) string {
	u, err := url.Parse(cmp.want)
	never := func(i int) bool { return i >= 0 && kinds[i].Never }
	switch {
	case never(a) || never(b):
		k := kinds[a]
		if !never(a) {
			k = kinds[b]
		}
		fix, _ := knowledge.Expand(k.Fix, c.Lib.Find(k.Match, cmp.got))
		if fix == "" {
			return c.AtSP("enter the issuer of your own tenant instead of "+cmp.got, "issuer")
		}
		return c.AtSP("enter the issuer of your own tenant: "+fix, "issuer")
	case exact.HasPlaceholder(cmp.want):
		return c.AtSP("enter the issuer of your own tenant; the document at "+cmp.got+" is that of any tenant", "issuer")
	case err != nil || u.Host == "":
		return c.AtIdP("publish an absolute URL as issuer", "issuer", "endpoints")
	case strings.HasPrefix(cmp.got, "https:") && u.Scheme == "http":
		return c.AtIdP("let it know that TLS ends before it (public URL, X-Forwarded-Proto), so that it publishes "+cmp.got, "issuer", "endpoints")
	case inside(u.Hostname()) && !inside(hostOf(cmp.got)):
		return c.AtIdP("set its public host name, so that it publishes "+cmp.got, "issuer", "endpoints")
	}
	return ""
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Hostname()
}
