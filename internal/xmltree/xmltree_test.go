package xmltree

import (
	"strings"
	"testing"
)

const sample = `<?xml version="1.0"?>
<!-- before -->
<md:EntityDescriptor xmlns:md="urn:m"
    entityID="https://idp.example/
realm">
  <md:KeyDescriptor use="signing"/>
  <md:KeyDescriptor use='a&#10;b&amp;c'>
     text &lt;<!-- c -->more<![CDATA[<x>]]>
  </md:KeyDescriptor>
</md:EntityDescriptor>
`

func TestParse(t *testing.T) {
	d, err := Parse("m.xml", []byte(sample))
	if err != nil {
		t.Fatal(err)
	}
	keys := d.Root.All("urn:m", "KeyDescriptor")
	if len(keys) != 2 {
		t.Fatalf("%d keys", len(keys))
	}
	if got := d.Root.Attr("entityID"); got != "https://idp.example/ realm" {
		t.Errorf("a line end in an attribute is white space: %q", got)
	}
	if got := keys[1].Attr("use"); got != "a\nb&c" {
		t.Errorf("a reference to a line end stays one: %q", got)
	}
	if got := keys[1].Value(); got != "text <more<x>" {
		t.Errorf("text %q", got)
	}
	if !keys[1].Interrupted() || keys[0].Interrupted() {
		t.Error("comments inside text")
	}
	if pos, n := keys[1].AttrPos("use"); pos.Line != 7 || pos.Col != 26 || n != 13 {
		t.Errorf("attribute at %v, %d", pos, n)
	}
	if pos, _ := keys[1].TextPos(); pos.Line != 8 || pos.Col != 6 {
		t.Errorf("text at %v", pos)
	}
	if got := keys[1].Path(); got != "/md:EntityDescriptor/md:KeyDescriptor[2]" || d.At(got) != keys[1] {
		t.Errorf("path %s", got)
	}
}

func TestParseRefuses(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"empty":          {"  \n", "m.xml:1:1: the document is empty"},
		"not closed":     {"<a>\n<b></b>", "m.xml:2:8: the document ends inside <a>, which begins in line 1"},
		"crossed":        {"<a>\n<b></a></b>", "m.xml:2:4: </a> does not close <b>, which begins in line 2"},
		"prefix":         {"<a>\n <p:b/></a>", `m.xml:2:2: the namespace prefix "p" of <p:b> is not declared`},
		"twice":          {`<a x="1" x="2"/>`, "m.xml:1:1: <a> has the attribute x twice"},
		"twice, expand":  {`<a xmlns:p="u" xmlns:q="u" p:x="1" q:x="2"/>`, "m.xml:1:1: <a> has the attribute q:x twice"},
		"entity":         {"<a>\n&xxe;</a>", "a reference to an entity that XML does not define"},
		"two roots":      {"<a/>\n<b/>", "m.xml:2:1: a second root element <b> follows <a>"},
		"text behind":    {"<a/>\n x", "m.xml:2:2: there is text behind the end of <a>"},
		"declared late":  {"\n<?xml version='1.0'?><a/>", "m.xml:2:1: the XML declaration does not stand at the very beginning"},
		"deep":           {strings.Repeat("<a>", 101), "beyond what is read"},
		"bytes":          {"<a>\xff</a>", "bytes that are no UTF-8"},
		"other encoding": {"<?xml version='1.0' encoding='koi8-r'?><a/>", `the encoding "koi8-r" is not read`},
		"declaration":    {"<a>\n<!ELEMENT a ANY></a>", "m.xml:2:1: no well-formed XML: a declaration stands where none may"},
		"two doctypes":   {"<!DOCTYPE a><!DOCTYPE a><a/>", "m.xml:1:13: no well-formed XML: a declaration stands"},
		"colon first":    {`<:a/>`, "m.xml:1:1: the name <:a> is no name with a prefix"},
		"colon last":     {`<a x:="1"/>`, "the name of the attribute x: is no name with a prefix"},
		"colon twice":    {`<a:b:c/>`, "no well-formed XML"},
		"prefix undone":  {`<p:a xmlns:p="u"><p:b xmlns:p=""/></p:a>`, `m.xml:1:18: the namespace prefix "p" is declared as nothing`},
		"prefix xml":     {`<a xmlns:xml="urn:x"/>`, `the namespace prefix "xml" is declared as "urn:x"`},
		"name of xml":    {`<a xmlns:p="http://www.w3.org/XML/1998/namespace"/>`, `the namespace prefix "p" is declared as "http://www.w3.org/XML/1998/namespace"`},
		"prefix xmlns":   {`<a xmlns:xmlns="urn:x"/>`, `the namespace prefix "xmlns" is declared`},
		"name of xmlns":  {`<a xmlns="http://www.w3.org/2000/xmlns/"/>`, `the namespace prefix "" is declared as`},
		"half a pair":    {"<a>\n&#xD800;</a>", `m.xml:1:4: the character reference "&#xD800;" is to half of a pair`},
		"half, value":    {`<a b="&#56320;"/>`, `the character reference "&#56320;" is to half of a pair`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse("m.xml", []byte(c.text))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestEncodings(t *testing.T) {
	utf16 := []byte("\xff\xfe")
	for _, r := range "<?xml version='1.0' encoding='UTF-16'?>\n<a>é</a>" {
		utf16 = append(utf16, byte(r), byte(r>>8))
	}
	for name, data := range map[string]string{
		"utf-8": "<?xml version='1.0' encoding='UTF-8'?>\n<a>é</a>", "bom": "\ufeff<?xml version='1.0'?>\n<a>é</a>", "1.1": "<?xml version='1.1'?>\n<a>é</a>",
		"latin-1": "<?xml version='1.0' encoding='ISO-8859-1'?>\n<a>\xe9</a>", "utf-16": string(utf16),
	} {
		d, err := Parse("m.xml", []byte(data))
		if err != nil || d.Root.Text() != "é" || d.Root.Pos().Line != 2 || d.Root.Pos().Col != 1 {
			t.Errorf("%s: %v, %v", name, d, err)
		}
	}
}
