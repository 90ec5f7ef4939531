package configrules

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/knowledge"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/source"
)

// The shape of the file. What belongs to one connection is told with it, the rest with the file as a whole.
var shape = []check.Rule{
	{
		Code: "CFG001", Title: "the connection file has the shape that ssoctl reads", Severity: report.Error,
		Tries: []evidence.Kind{evidence.File}, Uses: []evidence.Kind{evidence.Config},
		Why: "What is not understood is not judged: a misspelt key silently means something else.",
		Fix: "write it as the schema has it: ssoctl schema",
		Check: func(c *check.Case) []report.Finding {
			if c.Config != nil {
				return slices.Concat(ofConnection(c), parties(c), parameters(c), settings(c), urls(c), choices(c))
			}
			return ofFile(c)
		},
	},
}

// ofFile tells what is wrong with the file outside its connections.
func ofFile(c *check.Case) []report.Finding {
	var parse *source.Error
	if err := c.Seen[evidence.File].Parsed; errors.As(err, &parse) {
		return []report.Finding{{Message: parse.Msg, Where: report.Location{File: parse.File, Line: max(1, parse.Pos.Line), Col: max(1, parse.Pos.Col)},
			Fix: []string{"mend the YAML: indentation, quotes and brackets around this place"}}}
	}
	if c.File == nil {
		return nil
	}
	var out []report.Finding
	for _, p := range c.File.Problems {
		if p.Path == "/version" && p.Got == "" && meant(c.File, "", "version") {
			continue
		}
		if !ofAnyConnection(c.File, p.Path) {
			out = append(out, told(c.File, p))
		}
	}
	root := c.File.Doc.Root
	if root.Type == source.Null {
		return append(out, report.Finding{Message: "the file is empty, expected a mapping with version and connections", Where: c.File.Locate(""), Fix: []string{"add a connection; ssoctl init writes one"}})
	}
	if list := root.Member("connections"); root.Type == source.Map && !meant(c.File, "", "connections") && (list == nil || list.Type == source.Null || list.Type == source.List && len(list.Items) == 0) {
		out = append(out, report.Finding{Message: "the file holds no connection: \"connections\" is empty or missing", Where: c.File.Locate("/connections"),
			Fix: []string{"add a connection; ssoctl init writes one"}})
	}
	return append(out, doubled(c.File)...)
}

func ofAnyConnection(f *config.File, path string) bool {
	return slices.ContainsFunc(f.Targets, func(t *config.Target) bool { return path == t.Path("") || strings.HasPrefix(path, t.Path("")+"/") })
}

// doubled finds connections of one name: commands could not tell them apart.
func doubled(f *config.File) []report.Finding {
	var out []report.Finding
	seen := map[string]*config.Target{}
	for _, t := range f.Targets {
		if first, ok := seen[t.Name]; ok && t.Name != "" {
			out = append(out, report.Finding{Got: t.Name, Where: t.Pos("name"), Related: []report.Location{first.Pos("name")},
				Message: fmt.Sprintf("two connections are called %q; the first is at line %d", t.Name, first.Pos("name").Line),
				Fix:     []string{"give one of them another name"}})
			continue
		}
		seen[t.Name] = t
	}
	return out
}

// told words one problem of the decoder, with the edit when the right value is known.
func told(f *config.File, p source.Problem) report.Finding {
	out := report.Finding{Message: p.Message(), Got: p.Got, Want: p.Want, Where: f.LocatePos(p.Pos, p.Path, 0)}
	message := strings.TrimPrefix(p.Path, "/")
	if at := strings.LastIndexByte(p.Path, '/'); at >= 0 {
		message = source.Unescape(p.Path[at+1:])
	}
	switch p.Kind {
	case source.UnknownKey, source.DoubledKey:
		out.Got, out.Want, out.Where.Len = p.Key, p.Near, len([]rune(p.Key))
		out.Fix = []string{"remove " + p.Key}
		if p.Near != "" {
			out.Fix = []string{"write " + p.Near + " in place of " + p.Key}
		}
		if p.Kind == source.UnknownKey && strings.Contains(p.Key, "=") {
			out.Message = fmt.Sprintf("unknown key %q: the value before it holds commas, and has to stand in quotes", p.Key)
			out.Fix = []string{"put quotes around the whole value, such as \"CN=Admins,OU=Groups\""}
		}
		if section := home(p.Key); p.Kind == source.UnknownKey && p.Near == "" && section != "" {
			out.Message += fmt.Sprintf("; %q belongs to %s", p.Key, section)
			out.Fix = []string{"move " + p.Key + " to " + section}
		}
	case source.WrongValue:
		out.Message = fmt.Sprintf("%s is %q, expected %s", message, p.Got, p.Want)
		out.Fix = []string{"write " + p.Want}
		if node := f.Doc.At(p.Path); node != nil {
			out.Where.Len = node.Len
		}
		if p.Near != "" {
			out.Want, out.Fix = p.Near, []string{"write " + p.Near}
			out.Edits = []report.Edit{{Path: p.Path, Old: p.Got, New: p.Near}}
		}
		if p.Path == "/version" && p.Got == "" {
			out.Message, out.Fix = "version is missing, expected 1", []string{"begin the file with version: 1"}
		}
	case source.WrongType:
		out.Message = fmt.Sprintf("%s is %s, expected %s", message, p.Got, p.Want)
		out.Fix = []string{"write " + p.Want}
		if p.Path == "" {
			out.Message = fmt.Sprintf("the file is %s, expected a mapping with version and connections", p.Got)
		}
	}
	return out
}

// home names the part of a connection that takes a key; "" for a key that none takes, or more than one.
func home(key string) string {
	found := ""
	for name, t := range map[string]reflect.Type{"the connection": reflect.TypeFor[config.Target](), "idp": reflect.TypeFor[config.IdP](), "oidc": reflect.TypeFor[config.OIDCPart](),
		"oidc.endpoints": reflect.TypeFor[config.Endpoints](), "saml": reflect.TypeFor[config.SAMLPart](), "roles": reflect.TypeFor[config.Roles](), "token_exchange": reflect.TypeFor[config.TokenExchange]()} {
		if !slices.ContainsFunc(source.Fields(t), func(f source.FieldInfo) bool { return f.Name == key }) {
			continue
		}
		if found != "" {
			return ""
		}
		found = name
	}
	return found
}

// ofConnection tells the decoder's problems of one connection.
func ofConnection(c *check.Case) []report.Finding {
	var out []report.Finding
	hollow := hollowSection(c) != ""
	cut := ""
	for _, p := range c.Config.File().Problems {
		if p.Kind == source.UnknownKey && strings.Contains(p.Key, "=") { // DC=acme, of a name without quotes
			parent := p.Path[:strings.LastIndexByte(p.Path, '/')]
			if cut == parent {
				continue // told with the first piece
			}
			cut = parent
		}
		if hollow && p.Kind == source.UnknownKey && p.Near == "" && p.Path[:strings.LastIndexByte(p.Path, '/')] == c.Config.Path("") {
			continue // a key that slipped out of the section, which is told as one mistake
		}
		if p.Path == c.Config.Path("") || strings.HasPrefix(p.Path, c.Config.Path("")+"/") {
			out = append(out, told(c.Config.File(), p))
		}
	}
	return out
}

// parties looks at who is connected: name, protocol, both profiles.
func parties(c *check.Case) []report.Finding {
	var out []report.Finding
	add := func(path, got, want, message string, fix ...string) {
		out = append(out, report.Finding{Got: got, Want: want, Message: message, Where: c.Config.Pos(path), Fix: fix})
	}
	conn := c.Config
	if node := conn.File().Doc.At(conn.Path("")); node != nil && node.Type != source.Map {
		if node.Type == source.Null {
			add("", "", "", "the connection is empty", "fill it in, or remove the dash; ssoctl init writes one")
		}
		return out
	}
	if strings.TrimSpace(conn.Name) == "" && !meantHere(c, "", "name") {
		at := ""
		if written(c, "name") {
			at = "name"
		}
		add(at, "", "", "the connection has no name", "add name: a word to call it by")
	}
	switch {
	case conn.OIDC != nil && conn.SAML != nil:
		add("saml", "", "", "the connection has both \"oidc\" and \"saml\", expected exactly one", "keep the protocol that is used; make a second connection of the other one")
	case hollowSection(c) != "":
		key := hollowSection(c)
		out = append(out, report.Finding{Where: conn.Pos(key), Message: fmt.Sprintf("%q is empty; what belongs to it stands under it, indented further", key), Fix: []string{"indent its keys further than " + key}})
	case conn.OIDC == nil && conn.SAML == nil && !conn.Stated("oidc") && !conn.Stated("saml") && !meantHere(c, "", "oidc") && !meantHere(c, "", "saml"):
		add("", "", "", "the connection has neither \"oidc\" nor \"saml\", expected exactly one", "add an oidc or a saml section")
	}
	switch {
	case (conn.Target.SP == nil || conn.Target.SP.Type == source.Null) && meantHere(c, "", "sp"):
	case conn.Target.SP == nil || conn.Target.SP.Type == source.Null:
		add("", "", "", "the connection has no \"sp\"", "add sp: {profile: …}; ssoctl catalog sps lists the profiles, generic stands for any other")
	case conn.Target.SP.Type != source.Map:
		add("sp", conn.Target.SP.Text, "", fmt.Sprintf("sp is %s, expected a mapping such as {profile: %s}", called(conn.Target.SP), orExample(conn.Target.SP.Text)), "write sp: {profile: "+orExample(conn.Target.SP.Text)+"}")
	case conn.SPProfile() == "" && meantHere(c, "sp", "profile"):
		if node := conn.Target.SP.Member("profile"); node != nil {
			add("sp/profile", "", "", fmt.Sprintf("profile is %s, expected a text", node.Type), "write profile: and the name; ssoctl catalog sps lists them")
		}
	case conn.SPProfile() == "":
		at := "sp"
		if written(c, "sp/profile") {
			at = "sp/profile"
		}
		add(at, "", "", "sp names no profile", "add profile; ssoctl catalog sps lists them, generic stands for any other")
	}
	heads := c.Lib.Heads()
	if id := conn.UnknownSP; id != "" && conn.SPProfile() != "" {
		out = append(out, unknown(c, "sp/profile", "SP", id, ids(heads.SPs)))
	}
	if id := conn.UnknownIdP; id != "" {
		out = append(out, unknown(c, "idp/profile", "IdP", id, ids(heads.IdPs)))
	}
	if p := conn.Protocol(); p != "" && conn.UnknownSP == "" && len(c.SP.Protocols) > 0 && !slices.Contains(c.SP.Protocols, string(p)) {
		add(string(p), string(p), strings.Join(c.SP.Protocols, ", "), fmt.Sprintf("the connection speaks %q but %s only speaks %q", p, c.TheSP(), strings.Join(c.SP.Protocols, ", ")), "use a protocol that "+c.TheSP()+" speaks")
	}
	return out
}

// hollowSection names a protocol that is there with nothing under it, where no other is.
func hollowSection(c *check.Case) string {
	if c.Config.OIDC != nil || c.Config.SAML != nil {
		return ""
	}
	for _, key := range []string{"oidc", "saml"} {
		if n := c.Config.File().Doc.At(c.Config.Path(key)); n != nil && n.Type == source.Null {
			return key
		}
	}
	return ""
}

// called names a value by its type, and by its text where it has one.
func called(n *source.Node) string {
	if n.Type == source.List || n.Type == source.Map {
		return n.Type.String()
	}
	return fmt.Sprintf("%s (%q)", n.Type, n.Text)
}

func orExample(s string) string {
	if s != "" && !strings.ContainsAny(s, " \n") {
		return s
	}
	return "generic"
}

func ids(heads []knowledge.Head) []string {
	var out []string
	for _, h := range heads {
		out = append(out, h.ID)
	}
	return out
}

func unknown(c *check.Case, path, what, id string, all []string) report.Finding {
	f := report.Finding{Got: id, Where: c.Config.Pos(path), Message: fmt.Sprintf("unknown %s profile %q", what, id)}
	list := "ssoctl catalog " + strings.ToLower(what) + "s lists the profiles"
	switch near := source.Nearest(id, all); {
	case strings.HasSuffix(id, ".yaml") || strings.HasSuffix(id, ".yml") || strings.ContainsAny(id, "/\\"):
		f.Message = fmt.Sprintf("the %s profile %q cannot be read", what, id)
		f.Fix = []string{"check the path; it is relative to the connection file"}
	case near != "":
		f.Want = near
		f.Message += fmt.Sprintf(" (did you mean %q?)", near)
		step, edits := c.InFile(path, near)
		f.Fix, f.Edits = []string{step, list}, edits
	default:
		f.Message += "; generic stands for any product that is not listed"
		f.Fix = []string{list}
	}
	return f
}
