package samldoc

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"html"
	"io"
	"regexp"
	"strings"
	"sync"

	"github.com/ssoctl/ssoctl/internal/source"
)

// Small is the size up to which a metadata document is read as a whole, in bytes. Of a larger one only one entity is kept.
const Small = 8 << 20

// maxAggregate bounds what is read of an aggregate, and maxEntity what is kept of it, in bytes.
const (
	maxAggregate = 1 << 30
	maxEntity    = 4 << 20
)

// Selected is a metadata document, or the part of an aggregate that counts.
type Selected struct {
	Body   []byte
	Begins source.Pos // where Body begins in the whole; zero when it is the whole
	Seen   int        // entities that were passed by; 0 when it is the whole
}

// ErrNotListed says that no entity of an aggregate counts.
var ErrNotListed = errors.New("the metadata does not list the IdP")

// Select reads metadata. A document of up to Small bytes is given as it is; of a larger one only the entity of that ID, with the
// start tags around it, so that namespaces and places stay right. Memory stays bounded whatever the size. An entity that is not
// there, a document without end and damage are errors.
func Select(r io.Reader, entityID string) (Selected, error) {
	head, err := io.ReadAll(io.LimitReader(r, Small))
	if err != nil || len(head) < Small {
		return Selected{Body: head}, err
	}
	if entityID == "" {
		return Selected{}, fmt.Errorf("%w: it is larger than %d MiB and holds many entities, of which idp_entity_id has to name one", ErrNotListed, Small>>20)
	}
	return newScanner(io.MultiReader(bytes.NewReader(head), r), entityID).run()
}

func newScanner(r io.Reader, entityID string) *scanner {
	return &scanner{r: bufio.NewReaderSize(io.LimitReader(r, maxAggregate), 256<<10), want: entityID, line: 1, col: 1}
}

// scanner looks at tags only. What it gives is parsed in earnest afterwards.
type scanner struct {
	r         *bufio.Reader
	want      string
	line, col int      // of the next byte
	around    [][]byte // start tags of the open EntitiesDescriptor elements
	ends      [][]byte
	seen      int
	near      string
	buf       []byte // the tag or the entity that is being read
}

var errNoAggregate = errors.New("the metadata ends in the middle of a tag")

var entityIDLike = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\sentityID\s*=\s*(?:"([^"]*)"|'([^']*)')`) })

func (s *scanner) run() (Selected, error) {
	for {
		if err := s.skip('<'); err == io.EOF {
			return Selected{}, s.notFound()
		} else if err != nil {
			return Selected{}, err
		}
		line, col := s.line, s.col-1
		s.buf = append(s.buf[:0], '<')
		if err := s.tag(); err != nil {
			return Selected{}, err
		}
		local := localName(s.buf)
		switch {
		case local == "EntitiesDescriptor" && s.buf[1] != '/':
			s.around = append(s.around, bytes.Clone(s.buf))
			s.ends = append(s.ends, []byte("</"+rawName(s.buf)+">"))
		case local == "EntitiesDescriptor" && len(s.around) > 0:
			s.around, s.ends = s.around[:len(s.around)-1], s.ends[:len(s.ends)-1]
		case local == "EntityDescriptor" && s.buf[1] != '/':
			id := entityOf(s.buf)
			if id == s.want {
				return s.entity(line, col)
			}
			s.seen++
			if s.near == "" && strings.EqualFold(strings.TrimSuffix(id, "/"), strings.TrimSuffix(s.want, "/")) {
				s.near = id
			}
		}
	}
}

func (s *scanner) notFound() error {
	if s.near != "" {
		return fmt.Errorf("%w: none of the %d entities of the metadata has the ID %q; one has %q", ErrNotListed, s.seen, s.want, s.near)
	}
	return fmt.Errorf("%w: none of the %d entities of the metadata has the ID %q", ErrNotListed, s.seen, s.want)
}

// entity reads on to the end of the entity whose start tag is in buf, and builds the document around it.
func (s *scanner) entity(line, col int) (Selected, error) {
	body := bytes.Clone(s.buf)
	depth := 1
	if bytes.HasSuffix(body, []byte("/>")) {
		depth = 0
	}
	for depth > 0 {
		if len(body) > maxEntity {
			return Selected{}, fmt.Errorf("the entity %q is larger than %d MiB", s.want, maxEntity>>20)
		}
		s.buf = s.buf[:0]
		if err := s.read('<'); err != nil {
			return Selected{}, errNoAggregate
		}
		from := len(s.buf) - 1
		if err := s.tag(); err != nil {
			return Selected{}, err
		}
		if tag := s.buf[from:]; localName(tag) == "EntityDescriptor" && tag[1] == '/' {
			depth--
		} else if localName(tag) == "EntityDescriptor" && !bytes.HasSuffix(tag, []byte("/>")) {
			depth++
		}
		body = append(body, s.buf...)
	}
	var out bytes.Buffer
	for _, tag := range s.around {
		out.Write(bytes.Map(flat, tag))
	}
	out.WriteByte('\n')
	out.WriteString(strings.Repeat(" ", col-1))
	out.Write(body)
	for i := len(s.ends) - 1; i >= 0; i-- {
		out.Write(s.ends[i])
	}
	return Selected{Body: out.Bytes(), Begins: source.Pos{Line: line - 1, Col: 1}, Seen: s.seen}, nil
}

// flat keeps a start tag in one line.
func flat(c rune) rune {
	if c == '\n' || c == '\r' {
		return ' '
	}
	return c
}

// tag reads the rest of a tag, comment, instruction or CDATA section into buf, whose last byte is its "<".
func (s *scanner) tag() error {
	from := len(s.buf) - 1
	next, err := s.r.Peek(9)
	if err != nil && len(next) == 0 {
		return errNoAggregate
	}
	switch {
	case bytes.HasPrefix(next, []byte("!--")):
		return s.until(from, "-->")
	case bytes.HasPrefix(next, []byte("![CDATA[")):
		return s.until(from, "]]>")
	case next[0] == '?':
		return s.until(from, "?>")
	case next[0] == '!':
		return errors.New("the metadata has a document type declaration, which SAML does not allow")
	}
	for {
		if err := s.read('>'); err != nil {
			return errNoAggregate
		}
		if !insideQuotes(s.buf[from:]) {
			return nil
		}
		if len(s.buf)-from > 64<<10 {
			return errors.New("a tag of the metadata is longer than 64 KiB")
		}
	}
}

func (s *scanner) until(from int, end string) error {
	for {
		if err := s.read('>'); err != nil {
			return errNoAggregate
		}
		if len(s.buf)-from > len(end) && bytes.HasSuffix(s.buf, []byte(end)) {
			return nil
		}
		if len(s.buf)-from > maxEntity {
			return fmt.Errorf("a comment of the metadata is longer than %d MiB", maxEntity>>20)
		}
	}
}

// insideQuotes reports whether a tag read so far ends inside an attribute's value.
func insideQuotes(tag []byte) bool {
	var open byte
	for _, c := range tag {
		switch {
		case open == 0 && (c == '"' || c == '\''):
			open = c
		case c == open:
			open = 0
		}
	}
	return open != 0
}

// skip reads to behind a byte and keeps nothing; read keeps what it passes in buf.
func (s *scanner) skip(until byte) error {
	for {
		part, err := s.r.ReadSlice(until)
		s.count(part)
		if err != bufio.ErrBufferFull {
			return err
		}
	}
}

func (s *scanner) read(until byte) error {
	for {
		part, err := s.r.ReadSlice(until)
		s.count(part)
		s.buf = append(s.buf, part...)
		if err != bufio.ErrBufferFull || len(s.buf) > maxEntity {
			return err
		}
	}
}

// count follows the place; columns count runes.
func (s *scanner) count(part []byte) {
	if n := bytes.Count(part, []byte("\n")); n > 0 {
		s.line += n
		s.col = 1
		part = part[bytes.LastIndexByte(part, '\n')+1:]
	}
	for _, c := range part {
		if c&0xc0 != 0x80 {
			s.col++
		}
	}
}

func rawName(tag []byte) string {
	name := bytes.TrimLeft(tag, "</")
	if i := bytes.IndexAny(name, " \t\r\n/>"); i >= 0 {
		name = name[:i]
	}
	return string(name)
}

func localName(tag []byte) string {
	name := rawName(tag)
	return name[strings.IndexByte(name, ':')+1:]
}

func entityOf(tag []byte) string {
	m := entityIDLike().FindSubmatch(tag)
	if m == nil {
		return ""
	}
	return html.UnescapeString(string(m[1]) + string(m[2]))
}
