package configrules

import (
	"fmt"
	"strings"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/report"
)

// Secrets stand elsewhere, and what is referred to exists.
var secrets = []check.Rule{
	{
		Code: "CFG016", Title: "secrets stand in the file only by reference", Severity: report.Error,
		Needs: []evidence.Kind{evidence.Config},
		Why:   "Whoever reads the file, its history or a ticket with it can speak for the application.",
		Fix:   "write env:NAME or file:PATH, and change the secret, since it has been seen",
		Check: literals,
	},
	{
		Code: "CFG023", Title: "what the file refers to is there", Severity: report.Error, Explains: []string{"TOK005", "CFG008"},
		Needs: []evidence.Kind{evidence.Config, evidence.Refs}, Uses: []evidence.Kind{evidence.Network},
		Why: "Whatever rests on it cannot be checked, and will be missing where the file is used.",
		Fix: "set the variable or put the file where the connection file says",
		Decides: func(c *check.Case) string {
			if len(references(c)) > 0 {
				return ""
			}
			for _, r := range c.Refs {
				if r.State == "not_asked" && misreferred(r.Ref) {
					return "the reference names no variable" // and may be the secret itself
				}
				if r.State == "not_asked" {
					return r.Ref + " was " + r.Text
				}
				if dangling(r) {
					return "the IdP was not reached, so " + r.Ref + " was not needed"
				}
			}
			return ""
		},
		Check: references,
	},
}

func literals(c *check.Case) []report.Finding {
	var out []report.Finding
	for _, path := range []string{"oidc/client_secret", "saml/sp_private_key"} {
		node := c.Config.File().Doc.At(c.Config.Path(path))
		value := strings.TrimSpace(node.Str())
		scheme, variable, ok := config.Reference(value)
		if value == "" || ok && !misreferred(value) {
			continue
		}
		key := path[strings.LastIndexByte(path, '/')+1:]
		f := report.Finding{Where: c.Config.Pos(path), Got: config.RedactedMark}
		f.Where.Snippet = "" // it holds the secret
		f.Where.Len = 0
		named, ok := config.Variable(value)
		if scheme == "env" && !ok {
			named, ok = config.Variable(variable)
		}
		if ok {
			ref := "env:" + named
			f.Got, f.Want = value, ref
			f.Message = fmt.Sprintf("%s is %q, which ssoctl takes as it stands; a reference to that variable is %q", key, value, ref)
			step, edits := c.InFile(path, ref)
			f.Fix, f.Edits = []string{step}, edits
			out = append(out, f)
			continue
		}
		name := strings.ToUpper(strings.Map(word, c.Config.Name)) + "_" + strings.ToUpper(key)
		f.Want = "env:" + name
		f.Message = fmt.Sprintf("%s stands in the file in plain text, expected a reference such as %q", key, f.Want)
		if scheme == "env" {
			f.Message = fmt.Sprintf("what stands behind \"env:\" in %s is no name of a variable, expected a reference such as %q", key, f.Want)
		}
		f.Fix = []string{"write " + key + ": env:" + name + ", and set " + name + " where ssoctl runs", c.AtIdP("make a new secret, since this one has been seen", "secret")}
		out = append(out, f)
	}
	return out
}

// misreferred reports whether what stands behind env: cannot be the name of a variable: it is likely the secret, and is never shown.
func misreferred(ref string) bool {
	scheme, name, ok := config.Reference(ref)
	return ok && scheme == "env" && strings.ContainsFunc(name, odd)
}

// odd is a character that names of variables do not hold; a dash or a dot some programs do set.
func odd(r rune) bool {
	return word(r) == '_' && !strings.ContainsRune("_-.", r)
}

func word(r rune) rune {
	if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
		return r
	}
	return '_'
}

// dangling reports whether a reference leads nowhere. One that was not followed may be fine, and a literal has its own rule.
func dangling(r evidence.Ref) bool {
	return r.State != "ok" && r.State != "not_asked" && r.State != "literal"
}

// references tells what is missing. A secret is only missed where there was somebody to show it to.
func references(c *check.Case) []report.Finding {
	unreached := c.Network != nil && c.Network.Failure != nil
	var out []report.Finding
	for _, r := range c.Refs {
		if !dangling(r) || r.Secret && (unreached || misreferred(r.Ref)) {
			continue
		}
		key := r.Path[strings.LastIndexByte(r.Path, '/')+1:]
		f := report.Finding{Got: r.Ref, Where: c.Config.Pos(r.Path), Message: fmt.Sprintf("%s refers to %q, which is %s", key, r.Ref, r.State)}
		if r.Text != "" {
			f.Message = fmt.Sprintf("%s refers to %q: %s", key, r.Ref, r.Text)
		}
		scheme, name, _ := config.Reference(r.Ref)
		switch {
		case scheme == "env":
			f.Fix = []string{"set " + name + " in the environment in which ssoctl runs"}
		case r.State == "empty":
			f.Fix = []string{"put the value into " + strings.TrimPrefix(r.Ref, "file:")}
		default:
			f.Fix = []string{"check the path " + strings.TrimPrefix(r.Ref, "file:") + "; it is relative to the connection file"}
		}
		out = append(out, f)
	}
	return out
}
