package knowledge

import (
	"bytes"
	"compress/flate"
	_ "embed" // index.json and profiles.bin
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/ssoctl/ssoctl/internal/source"
)

// index.json and profiles.bin are written by `go generate ./internal/knowledge` from the profiles: the index, so that recognising
// an IdP does not need all of them parsed, and the profiles themselves, each compressed (RFC 1951), one after the other, which takes
// half a megabyte off the binary. A test compares both with the files.
//
//go:generate go run ./indexgen
//go:embed index.json
var index []byte

//go:embed profiles.bin
var packed []byte

// Index is what is known of every profile without parsing it.
type Index struct {
	SPs  []Head `json:"sps"`
	IdPs []Head `json:"idps"`
}

// Head is the part of a profile that recognising and listing needs.
type Head struct {
	ID        string   `json:"id"`
	Name      string   `json:"name"`
	Kind      string   `json:"kind,omitempty"`
	Protocols []string `json:"protocols,omitempty"`
	Detect    *Detect  `json:"detect,omitempty"`
	At        [2]int   `json:"at"` // offset and length in profiles.bin
}

// Library gives profiles, each parsed once. The zero value is not usable; call New.
type Library struct {
	mu      sync.Mutex
	sps     map[string]*SP
	idps    map[string]*IdP
	index   func() Index
	regexps map[string]*regexp.Regexp
}

// New returns a library of the embedded profiles.
func New() *Library {
	return &Library{
		sps: map[string]*SP{}, idps: map[string]*IdP{}, regexps: map[string]*regexp.Regexp{},
		index: sync.OnceValue(func() Index {
			var i Index
			if err := json.Unmarshal(index, &i); err != nil {
				panic("knowledge: index.json: " + err.Error()) // the index is part of the program
			}
			return i
		}),
	}
}

// Heads lists the profiles.
func (l *Library) Heads() Index { return l.index() }

// SP gives a built-in SP profile. ok is false when there is none of that id.
func (l *Library) SP(id string) (sp *SP, ok bool) { return load(l, l.sps, "sp", id, ParseSP) }

// IdP gives a built-in IdP profile.
func (l *Library) IdP(id string) (idp *IdP, ok bool) { return load(l, l.idps, "idp", id, ParseIdP) }

func load[T any](l *Library, cache map[string]*T, dir, id string, parse func(string, []byte) (*T, *source.Doc, []source.Problem, error)) (*T, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if have, ok := cache[id]; ok {
		return have, true
	}
	name := path.Join(dir, id+".yaml")
	b, err := unpack(l.index(), dir, id)
	if err != nil {
		return nil, false
	}
	profile, _, problems, err := parse(name, b)
	if err == nil && len(problems) > 0 {
		err = fmt.Errorf("%s", problems[0].Message())
	}
	if err != nil {
		panic("knowledge: " + name + ": " + err.Error()) // tested: the profiles are part of the program
	}
	cache[id] = profile
	return profile, true
}

// ParseSP decodes an SP profile, built in or the user's own. Problems tell what does not fit its shape.
func ParseSP(name string, b []byte) (*SP, *source.Doc, []source.Problem, error) {
	return parse[SP](name, b)
}

// ParseIdP decodes an IdP profile.
func ParseIdP(name string, b []byte) (*IdP, *source.Doc, []source.Problem, error) {
	return parse[IdP](name, b)
}

func parse[T any](name string, b []byte) (*T, *source.Doc, []source.Problem, error) {
	doc, err := source.ParseYAML(name, b)
	if err != nil {
		return nil, nil, nil, err
	}
	into := new(T)
	return into, doc, source.Decode(doc.Root, "", into), nil
}

// Matches reports whether an RE2 pattern matches the whole of s. Patterns are compiled once; a profile's patterns are
// checked before, so one that does not compile matches nothing.
func (l *Library) Matches(pattern, s string) bool { return l.Find(pattern, s) != nil }

// Find matches like Matches and gives the named groups.
func (l *Library) Find(pattern, s string) map[string]string {
	if pattern == "" {
		return nil
	}
	re := l.compile(`^(?:` + pattern + `)$`)
	m := re.FindStringSubmatch(s)
	if m == nil {
		return nil
	}
	groups := map[string]string{}
	for i, name := range re.SubexpNames() {
		if name != "" && m[i] != "" {
			groups[name] = m[i]
		}
	}
	return groups
}

// Contains reports whether an RE2 pattern matches somewhere in s.
func (l *Library) Contains(pattern, s string) bool { return l.compile(pattern).MatchString(s) }

func (l *Library) compile(pattern string) *regexp.Regexp {
	l.mu.Lock()
	defer l.mu.Unlock()
	re, ok := l.regexps[pattern]
	if !ok {
		var err error
		if re, err = regexp.Compile(pattern); err != nil {
			re = regexp.MustCompile(`$.^`)
		}
		l.regexps[pattern] = re
	}
	return re
}

// Clues are what an IdP can be recognised by. Empty ones do not count.
type Clues struct {
	Issuer    string
	Discovery func(member string) string // text members of the discovery document
	EntityID  string
	SSOURL    string
}

// Detect recognises the IdP and says by what. The discovery document is the surest clue, then a pattern of the issuer that no
// other product shares. "generic" when nothing fits.
func (l *Library) Detect(c Clues) (id, how string) {
	heads := l.Heads().IdPs
	if c.Discovery != nil {
		for _, h := range heads {
			if l.byDocument(h.Detect, c.Discovery) {
				return h.ID, "by its discovery document"
			}
		}
	}
	for _, try := range []struct {
		value, how string
		pattern    func(*Detect) string
	}{
		{c.Issuer, "by its issuer", func(d *Detect) string { return d.Issuer }},
		{c.EntityID, "by its entity ID", func(d *Detect) string { return d.EntityID }},
		{c.SSOURL, "by its single sign-on URL", func(d *Detect) string { return d.SSOURL }},
	} {
		if try.value == "" {
			continue
		}
		for _, h := range heads {
			if h.Detect != nil && !(h.Detect.Weak && try.how == "by its issuer") && l.Matches(try.pattern(h.Detect), try.value) {
				return h.ID, try.how
			}
		}
	}
	return "generic", ""
}

func (l *Library) byDocument(d *Detect, member func(string) string) bool {
	if d == nil || len(d.Discovery) == 0 {
		return false
	}
	for name, pattern := range d.Discovery {
		if !l.Matches(pattern, member(name)) {
			return false
		}
	}
	return true
}

// BuildIndex makes the index from profile files; the generator and its test call it.
func BuildIndex(root fs.FS) (Index, error) {
	var i Index
	for _, dir := range []string{"sp", "idp"} {
		names, err := fs.Glob(root, dir+"/*.yaml")
		if err != nil {
			return i, err
		}
		slices.Sort(names)
		for _, name := range names {
			b, err := fs.ReadFile(root, name)
			if err != nil {
				return i, err
			}
			head, err := headOf(name, b)
			if err != nil {
				return i, err
			}
			if strings.HasPrefix(name, "sp/") {
				i.SPs = append(i.SPs, head)
			} else {
				i.IdPs = append(i.IdPs, head)
			}
		}
	}
	return i, nil
}

func headOf(name string, b []byte) (Head, error) {
	if strings.HasPrefix(name, "sp/") {
		sp, _, problems, err := ParseSP(name, b)
		if err != nil || len(problems) > 0 {
			return Head{}, fmt.Errorf("%s: %v %v", name, err, problems)
		}
		return Head{ID: sp.ID, Name: sp.Name, Kind: sp.Kind, Protocols: sp.Protocols}, nil
	}
	idp, _, problems, err := ParseIdP(name, b)
	if err != nil || len(problems) > 0 {
		return Head{}, fmt.Errorf("%s: %v %v", name, err, problems)
	}
	return Head{ID: idp.ID, Name: idp.Name, Protocols: idp.Protocols, Detect: &idp.Detect}, nil
}

// Text gives a built-in profile as it was written; dir is sp or idp.
func Text(dir, id string) ([]byte, error) { return unpack(New().index(), dir, id) }

// unpack finds a profile in profiles.bin.
func unpack(i Index, dir, id string) ([]byte, error) {
	heads := i.SPs
	if dir == "idp" {
		heads = i.IdPs
	}
	n := slices.IndexFunc(heads, func(h Head) bool { return h.ID == id })
	if n < 0 {
		return nil, fs.ErrNotExist
	}
	at := heads[n].At
	return io.ReadAll(flate.NewReader(bytes.NewReader(packed[at[0] : at[0]+at[1]])))
}

// Pack makes index and profiles.bin from profile files; the generator calls it.
func Pack(root fs.FS) (Index, []byte, error) {
	i, err := BuildIndex(root)
	if err != nil {
		return i, nil, err
	}
	var out bytes.Buffer
	if err := pack(root, "sp", i.SPs, &out); err != nil {
		return i, nil, err
	}
	if err := pack(root, "idp", i.IdPs, &out); err != nil {
		return i, nil, err
	}
	return i, out.Bytes(), nil
}

func pack(root fs.FS, dir string, heads []Head, out *bytes.Buffer) error {
	for n := range heads {
		b, err := fs.ReadFile(root, path.Join(dir, heads[n].ID+".yaml"))
		if err != nil {
			return err
		}
		from := out.Len()
		z, err := flate.NewWriter(out, flate.BestCompression)
		if err != nil {
			return err
		}
		if _, err := z.Write(b); err != nil {
			return err
		}
		if err := z.Close(); err != nil {
			return err
		}
		heads[n].At = [2]int{from, out.Len() - from}
	}
	return nil
}
