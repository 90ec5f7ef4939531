package configrules

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/exact"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/source"
)

// Who may come in, and who gets in when the IdP is away.
var domains = []check.Rule{
	{
		Code: "CFG014", Title: "allowed domains are bare domains, in lower case, each once", Severity: report.Warning,
		Needs:   []evidence.Kind{evidence.Config},
		Why:     "An entry that can match nobody locks people out, and an empty list may lock out everybody.",
		Fix:     "write bare domains such as acme.com",
		Applies: func(c *check.Case) bool { return c.Config.Stated("allowed_domains") || empty(c) },
		Check:   domainEntries,
	},
	{
		Code: "CFG015", Title: "somebody gets in when SSO is enforced and broken", Severity: report.Warning,
		Needs:   []evidence.Kind{evidence.Config},
		Why:     "When the IdP, its certificate or this connection breaks, nobody can sign in to mend it.",
		Fix:     "keep one or two accounts that do not depend on SSO, and list them under break_glass",
		Applies: func(c *check.Case) bool { return c.Config.Stated("enforce_sso") },
		Check: func(c *check.Case) []report.Finding {
			if !c.Config.EnforceSSO {
				return nil
			}
			for i, who := range c.Config.BreakGlass {
				if name, host, _ := strings.Cut(who, "@"); name == "" || host == "" || strings.ContainsFunc(who, notInAddress) {
					return []report.Finding{{Got: who, Where: c.Config.Pos(fmt.Sprintf("break_glass/%d", i)), Message: fmt.Sprintf("break_glass names %q, which is no address of an account", who)}}
				}
			}
			if len(c.Config.BreakGlass) > 0 || meantHere(c, "", "break_glass") {
				return nil
			}
			return []report.Finding{{Got: "enforce_sso: true", Want: "break_glass", Where: c.Config.Pos("enforce_sso"), Message: "enforce_sso is \"true\" but break_glass names nobody who gets in without SSO"}}
		},
	},
}

// notInAddress reports characters that people paste around a mail address and that are no part of one.
func notInAddress(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune("<>,;\"“”", r) }

// empty is true for allowed_domains: with nothing after it, which YAML reads as null.
func empty(c *check.Case) bool {
	n := c.Config.File().Doc.At(c.Config.Path("allowed_domains"))
	return n != nil && n.Type == source.Null
}

func domainEntries(c *check.Case) []report.Finding {
	list := c.Config.AllowedDomains
	label := "allowed_domains"
	if len(list) == 0 {
		node := c.Config.File().Doc.At(c.Config.Path("allowed_domains"))
		if node != nil && node.Type != source.List && node.Type != source.Null {
			return nil // not a list: CFG001 says so
		}
		return []report.Finding{{Where: c.Config.Pos("allowed_domains"), Message: "allowed_domains is empty",
			Fix: []string{c.AtSP("enter your own mail domains", label), "or leave allowed_domains out when the SP has no such limit"}}}
	}
	var out []report.Finding
	seen := map[string]int{}
	for i, entry := range list {
		path := fmt.Sprintf("allowed_domains/%d", i)
		if meantHere(c, path[:len("allowed_domains")], fmt.Sprint(i)) {
			continue // no text at all: CFG001 says so
		}
		f := report.Finding{Got: entry, Where: c.Config.Pos(path)}
		want, why := domain(entry)
		first, twice := seen[strings.ToLower(want)]
		switch {
		case why != "":
			f.Want, f.Message = want, fmt.Sprintf("allowed_domains holds %q, %s", entry, why)
		case twice:
			f.Message, f.Fix = fmt.Sprintf("allowed_domains holds %q twice, as entries %d and %d", entry, first, i), []string{"remove one of them"}
		default:
			seen[strings.ToLower(want)] = i
			continue
		}
		seen[strings.ToLower(want)] = i
		if want != "" && want != entry && why != "" {
			step, edits := c.InFile(path, want)
			f.Fix, f.Edits = []string{c.AtSP("enter "+want, label), step}, edits
		} else if why != "" {
			f.Fix = []string{c.AtSP("enter bare domains such as acme.com", label)}
		}
		out = append(out, f)
	}
	return append(out, notApplied(c)...)
}

// domain says what is wrong with an entry and what was probably meant; why is empty when nothing is.
func domain(entry string) (want, why string) {
	s := strings.TrimFunc(entry, func(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) })
	_, afterAt, at := strings.Cut(s, "@")
	switch {
	case s == "":
		return "", "an empty entry"
	case exact.HasPlaceholder(s):
		return "", "in which a placeholder was left"
	case strings.ContainsAny(s, ",;"):
		return "", "several domains in one entry"
	case strings.Contains(s, "://"):
		_, rest, _ := strings.Cut(s, "://")
		host, _, _ := strings.Cut(rest, "/")
		return strings.ToLower(strings.TrimPrefix(host, "www.")), "a URL, not a domain"
	case at:
		return strings.ToLower(afterAt), "with an \"@\" that is no part of a domain"
	case strings.HasPrefix(s, "*."):
		return strings.ToLower(s[2:]), "with a wildcard that is taken as it stands"
	case strings.HasPrefix(s, "."):
		return strings.ToLower(s[1:]), "with a dot before it"
	case strings.HasSuffix(s, "."):
		return strings.ToLower(strings.TrimRight(s, ".")), "with a dot after it"
	case s != entry || strings.ContainsFunc(s, unicode.IsSpace):
		return strings.ToLower(strings.Join(strings.Fields(s), "")), "with white space"
	case exact.Confusable(s) != "":
		return "", exact.Confusable(s)
	case strings.ContainsAny(s, "/*:\\\"'()_“”‘’<>[]!#$%&=+"), numeric(s), strings.Contains(s, ".."), strings.HasPrefix(s, "-"), strings.Contains(s, ".-"), strings.Contains(s, "-."):
		return "", "which is no domain"
	case strings.ToLower(s) != s:
		return strings.ToLower(s), "with capitals"
	case !strings.Contains(s, "."):
		return "", "which has no dot and so is no domain of mail addresses"
	}
	return s, ""
}

// notApplied tells that the SP looks at the list only for other protocols.
// numeric reports whether the last label of a domain is a number, as in an IP address, or a single letter.
func numeric(s string) bool {
	last := s[strings.LastIndexByte(s, '.')+1:]
	return strings.Contains(s, ".") && len([]rune(last)) < 2 || last != "" && strings.Trim(last, "0123456789") == ""
}

func notApplied(c *check.Case) []report.Finding {
	d := c.SP.Domains
	if d == nil || len(d.Protocols) == 0 || c.Config.Protocol() == "" || slices.Contains(d.Protocols, string(c.Config.Protocol())) {
		return nil
	}
	f := report.Finding{Severity: report.Info, Got: string(c.Config.Protocol()), Where: c.Config.Pos("allowed_domains"),
		Message: fmt.Sprintf("%s applies allowed_domains only to logins by %q, and this connection speaks %q", c.TheSP(), strings.Join(d.Protocols, ", "), c.Config.Protocol()),
		Fix:     []string{c.AtIdP("limit who may use the application, since the domains do not", "users")}}
	return []report.Finding{f}
}
