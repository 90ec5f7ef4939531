package knowledge

import (
	"cmp"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/ssoctl/ssoctl/internal/source"
)

// errorFile is the shape of errors/*.yaml: classes, marks, or groups of signatures.
type errorFile struct {
	Classes []ErrorClass `yaml:"classes,omitempty"`
	Marks   []Mark       `yaml:"marks,omitempty"`
	Tells   Tells        `yaml:"tells,omitempty"`
	Same    []Concept    `yaml:"same,omitempty"`
	Groups  []errorGroup `yaml:"groups,omitempty"`
}

// errorGroup is the texts of one piece of software.
type errorGroup struct {
	Software   string      `yaml:"software"`
	IdPs       []string    `yaml:"idps,omitempty"`
	SPs        []string    `yaml:"sps,omitempty"`
	S          string      `yaml:"s,omitempty"` // where the texts were read that name nothing themselves
	Signatures []Signature `yaml:"signatures"`
}

// standardWeight is that of a signature which states none: a sentence of one product.
const standardWeight = 78

// symptomWeight is that of the symptoms of troubleshooting entries, which are short and often general.
const symptomWeight = 50

// ErrorsText gives the lines that errors.bin holds, made from errors/*.yaml and the profiles in root; the generator calls it.
func ErrorsText(root fs.FS) (string, error) {
	names, err := fs.Glob(root, "errors/*.yaml")
	if err != nil {
		return "", err
	}
	var out strings.Builder
	var files []*errorFile
	sources := &sourceTable{at: map[string]string{}}
	for _, name := range names {
		b, err := fs.ReadFile(root, name)
		if err != nil {
			return "", err
		}
		f, _, problems, err := parse[errorFile](name, b)
		if err != nil || len(problems) > 0 {
			return "", fmt.Errorf("%s: %v %s", name, err, said(problems))
		}
		files = append(files, f)
	}
	for _, f := range files {
		f.write(&out, sources)
	}
	i, err := BuildIndex(root)
	if err != nil {
		return "", err
	}
	if err := idpLines(&out, root, i.IdPs); err != nil {
		return "", err
	}
	if err := spLines(&out, root, i.SPs, sources); err != nil {
		return "", err
	}
	put(&out, "U", list(sources.all))
	return out.String(), nil
}

// sourceTable keeps each source once: many texts were read in one file.
type sourceTable struct {
	all []string
	at  map[string]string
}

// key gives what stands for a source in the lines of signatures.
func (t *sourceTable) key(source string) string {
	if _, ok := t.at[source]; !ok {
		t.at[source] = strconv.FormatInt(int64(len(t.all)), 36)
		t.all = append(t.all, source)
	}
	return t.at[source]
}

func said(problems []source.Problem) string {
	var all []string
	for _, p := range problems {
		all = append(all, p.Message())
	}
	return strings.Join(all, "; ")
}

func put(out *strings.Builder, fields ...string) {
	for i, f := range fields {
		if i > 0 {
			out.WriteString(fieldMark)
		}
		out.WriteString(strings.ReplaceAll(f, "\n", " "))
	}
	out.WriteByte('\n')
}

func list(items []string) string { return strings.Join(items, itemMark) }

func flag(on bool, word string) string {
	if on {
		return word
	}
	return ""
}

func (f *errorFile) write(out *strings.Builder, sources *sourceTable) {
	for _, c := range f.Classes {
		put(out, "C", c.ID, c.Title, c.Cause, list(c.Rules), c.Next)
		for _, s := range c.Fix {
			put(out, "F", s.At, list(s.Keys), s.Key, s.Do)
		}
	}
	for _, m := range f.Marks {
		put(out, "M", m.IdP, m.SP, list(m.Words))
	}
	if t := f.Tells; len(t.Context) > 0 {
		put(out, "X", list(t.Context), list(t.Weak), list(t.Hints), list(t.Elsewhere), list(t.Noise))
	}
	for _, c := range f.Same {
		put(out, "W", c.Name, list(c.phrases()))
	}
	for _, g := range f.Groups {
		put(out, "G", g.Software, list(g.IdPs), list(g.SPs))
		for _, s := range g.Signatures {
			weight := cmp.Or(s.Weight, standardWeight)
			texts := spread(s.Texts)
			put(out, "S", list(anchors(texts)), s.ID, s.Class, strconv.Itoa(weight), flag(s.Context, "c")+flag(s.Elsewhere, "e")+flag(s.Wrapper, "w")+flag(s.Bare, "b"), list(texts), s.Cause, list(s.Fix), sources.key(cmp.Or(s.S, g.S)), "")
		}
	}
}

func idpLines(out *strings.Builder, root fs.FS, heads []Head) error {
	for _, h := range heads {
		b, err := fs.ReadFile(root, "idp/"+h.ID+".yaml")
		if err != nil {
			return err
		}
		idp, _, _, err := ParseIdP(h.ID, b)
		if err != nil {
			return err
		}
		put(out, "I", idp.ID, idp.Name)
		for _, key := range slices.Sorted(maps.Keys(idp.Paths)) {
			put(out, "P", key, idp.Paths[key].V, flag(idp.Paths[key].Certain(), "1"))
		}
	}
	return nil
}

// spLines writes forms and troubleshooting entries, and each symptom of an entry as a signature.
func spLines(out *strings.Builder, root fs.FS, heads []Head, sources *sourceTable) error {
	for _, h := range heads {
		b, err := fs.ReadFile(root, "sp/"+h.ID+".yaml")
		if err != nil {
			return err
		}
		sp, _, _, err := ParseSP(h.ID, b)
		if err != nil {
			return err
		}
		put(out, "A", sp.ID, sp.Name, sp.Console.Path, sp.Console.Edit)
		fieldLines(out, "oidc", sp.Form.OIDC)
		fieldLines(out, "saml", sp.Form.SAML)
		for _, e := range sp.Entries {
			put(out, "E", e.ID, e.Title, e.Class, e.Protocol, e.Cause, list(e.Fix), list(e.Rules), list(e.IdPs), list(e.Symptoms))
			for _, idp := range slices.Sorted(maps.Keys(e.FixBy)) {
				put(out, "B", idp, list(e.FixBy[idp]))
			}
		}
		put(out, "G", sp.Name, "", sp.ID)
		for _, e := range sp.Entries {
			put(out, "S", list(anchors(e.Symptoms)), sp.ID+"/"+e.ID, e.Class, strconv.Itoa(symptomWeight), "", list(e.Symptoms), e.Cause, "", sources.key(list(sourcesOf(sp, e.S))), e.ID)
		}
	}
	return nil
}

func fieldLines(out *strings.Builder, protocol string, fields []FormField) {
	for _, f := range fields {
		if f.Key != "" {
			put(out, "L", f.Key, f.Label, protocol, flag(f.WriteOnly, "1"))
		}
	}
}

// sourcesOf gives the address behind the first key of a statement ("V:page" -> the profile's source page).
func sourcesOf(sp *SP, keys Keys) []string {
	for _, key := range keys {
		if _, name, ok := strings.Cut(key, ":"); ok && sp.Sources[name] != "" {
			return []string{sp.Sources[name]}
		}
		if sp.Sources[key] != "" {
			return []string{sp.Sources[key]}
		}
	}
	return []string{"M"}
}

// phrases gives the wordings of a concept as they are compared: words with one blank between them.
func (c Concept) phrases() []string {
	var out []string
	for _, w := range c.Words {
		phrase := strings.Join(Words(w), " ")
		if strings.HasSuffix(w, "*") {
			phrase += "*"
		}
		if phrase != "" && !slices.Contains(out, phrase) {
			out = append(out, phrase)
		}
	}
	return out
}

// spread writes the choices of ~ texts out: "~ a (b|c)" is "~ a b" and "~ a c".
func spread(texts []string) []string {
	var out []string
	for _, t := range texts {
		open := strings.IndexByte(t, '(')
		end := strings.IndexByte(t, ')')
		if !strings.HasPrefix(t, "~ ") || open < 0 || end < open {
			out = append(out, t)
			continue
		}
		for choice := range strings.SplitSeq(t[open+1:end], "|") {
			out = append(out, spread([]string{t[:open] + choice + t[end+1:]})...)
		}
	}
	return out
}

// anchors gives the longest word of each text: where it is missing, the text is not there. A word that ends in * keeps it, and is taken
// only when there is no other. A ~ text has its first word for one.
func anchors(texts []string) []string {
	var out []string
	for _, t := range texts {
		if rest, ok := strings.CutPrefix(t, "~ "); ok {
			first := strings.Fields(rest)[0]
			if first[0] != '$' {
				first = "~" + strings.ToLower(first)
			}
			out = append(out, first)
			continue
		}
		anchor := ""
		for _, field := range strings.Fields(strings.ReplaceAll(t, "{}", " ")) {
			ws := Words(field)
			for i, w := range ws {
				starred := i == len(ws)-1 && strings.HasSuffix(field, "*")
				if starred {
					w += "*"
				}
				if anchor == "" || strings.HasSuffix(anchor, "*") && !starred || len(w) > len(anchor) && !starred {
					anchor = w
				}
			}
		}
		out = append(out, anchor)
	}
	return out
}
