package configrules

import (
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/source"
)

// meant reports whether the decoder has told why a key reads as absent: it is misspelt beside where it belongs, or its value is of
// the wrong type. To miss it as well would be the same mistake told twice.
func meant(f *config.File, section, key string) bool {
	at := section + "/" + key
	return slices.ContainsFunc(f.Problems, func(p source.Problem) bool {
		if p.Kind == source.UnknownKey {
			return p.Near == key && p.Path[:strings.LastIndexByte(p.Path, '/')] == section || p.Key == key && strayed(p.Path, section)
		}
		return p.Kind == source.WrongType && (p.Path == at || p.Path == section && section != "")
	})
}

// strayed reports whether a key stands in another section of the connection to which this one belongs.
func strayed(path, section string) bool {
	own := func(s string) string {
		parts := strings.SplitN(s, "/", 4) // "", connections, number, rest
		return strings.Join(parts[:min(3, len(parts))], "/")
	}
	return strings.HasPrefix(section, "/connections/") && own(path) == own(section)
}

// meantHere is meant for a path of the connection; the parameters of the SP are judged by its profile and not by the decoder.
func meantHere(c *check.Case, section, key string) bool {
	if section != "sp" || meant(c.Config.File(), c.Config.Path("sp"), key) {
		return meant(c.Config.File(), strings.TrimSuffix(c.Config.Path(section), "/"), key)
	}
	if node := c.Config.SPParam(key); node != nil && (node.Type == source.Map || node.Type == source.List) {
		return true
	}
	return slices.ContainsFunc(c.Config.Target.SP.Members, func(m source.Member) bool {
		return !slices.Contains(parameterNames(c), m.Key) && source.Nearest(m.Key, parameterNames(c)) == key
	})
}

// untold leaves out what is missing only because of a mistake that CFG001 tells.
func untold(c *check.Case, missing []report.Finding) []report.Finding {
	return slices.DeleteFunc(missing, func(f report.Finding) bool {
		section := strings.Trim(strings.TrimPrefix(strings.TrimSuffix(f.Where.Path, "/"+f.Want), strings.TrimSuffix(c.Config.Path(""), "/")), "/")
		return meantHere(c, section, f.Want)
	})
}

// doubledKeys finds keys that stand twice in a section whose keys a profile declares.
func doubledKeys(c *check.Case, section string, members []source.Member) []report.Finding {
	var out []report.Finding
	seen := map[string]source.Pos{}
	for _, m := range members {
		if m.Merged {
			continue
		}
		first, twice := seen[m.Key]
		if !twice {
			seen[m.Key] = m.KeyPos
			continue
		}
		p := source.Problem{Path: c.Config.Path(section) + "/" + source.Escape(m.Key), Pos: m.KeyPos, Kind: source.DoubledKey, Key: m.Key, Want: source.LineOf(first)}
		out = append(out, told(c.Config.File(), p))
	}
	return out
}
