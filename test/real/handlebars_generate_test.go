package real_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// generator makes templates out of the grammar: mostly right ones, some with a mistake. The same seed makes the same templates.
type generator struct{ r *rand.Rand }

func (g *generator) one(list ...string) string { return list[g.r.IntN(len(list))] }

func (g *generator) chance(percent int) bool { return g.r.IntN(100) < percent }

// oracleClaims have their members in the order of the alphabet, which is the order in which ssoctl walks them.
const oracleClaims = `{"0":"zero","arr2":[["a","b"],["c"]],"big":12345678901234567890,"cognito:groups":["g1"],"count":"3","deep":{"a":{"list":[1,2,3],"name":"x y"}},
"department":"IT","email":"Ann@Corp.com","empty":[],"f":1e21,"greek":"ΟΔΟΣ","groups":["Admins","dev team","cn=ops,ou=g,dc=corp"],"html":"<b>&\"","https://corp.com/roles":["admin"],
"if":"shadow","istanbul":"İstanbul","json":"no","mixed":["a",1,true,null,{"b":2}],"no":false,"nul":null,"nums":[0,1,2],"obj":{"10":"ten","2":"two","a":1,"length":7},"one":1,"ratio":1.5,
"realm_access":{"roles":["kc-admin"]},"resource_access":{"my-app":{"roles":["x"]}},"roles":[{"id":1,"name":"archestra-admin"},{"name":"viewer"},{"id":3}],
"rolesJson":"[{\"name\":\"Application Administrator\"},{\"name\":\"n8n_access\"}]","single":"admins","small":1e-7,"stringy":{"toString":1},"text":" two\n lines ","title":"","yes":true,"zero":0}`

func (g *generator) name() string {
	return g.one("groups", "roles", "email", "department", "title", "one", "zero", "yes", "no", "nul", "missing", "empty", "obj", "single", "count", "nums", "mixed", "arr2",
		"deep", "rolesJson", "big", "ratio", "small", "f", "html", "greek", "istanbul", "text", "if", "json", "cognito:groups", "currentDate", "stringy")
}

func (g *generator) path() string {
	switch g.r.IntN(14) {
	case 0:
		return g.one("this", ".", "..", "../..", "../groups", "../one", "./one", "this.one", "this/one", "../this")
	case 1:
		return g.one("@index", "@key", "@first", "@last", "@root.one", "@root.groups", "@root.zero.x", "@../index", "@missing", "@root")
	case 2:
		return g.one("groups.length", "groups.[0]", "deep.a.list", "deep.a.name", "deep/a/name", "roles.[1].name", "roles.0.name", "email.length", "obj.length", "obj.a", "obj.2", "realm_access.roles",
			"resource_access.my-app.roles", "missing.x.y", "one.x", "deep.a.list.[2]", "single.[0]", "arr2.[0].[1]")
	case 3:
		return g.one("[https://corp.com/roles]", "[groups]", "[0]", "[no]", "[this]", "item", "key", "name", "id", "item.name")
	}
	return g.name()
}

func (g *generator) literal() string {
	return g.one(`"admins"`, `'Admins'`, `"IT"`, `"it"`, `"@corp.com"`, `""`, `"a\"b"`, "1", "0", "-1.5", "3", "true", "false", "null", "undefined", `"viewer"`, `"x"`, `"name"`, `"οδος"`, `"istanbul"`, `"İSTANBUL"`)
}

func (g *generator) param(depth int) string {
	switch {
	case depth > 0 && g.chance(12):
		return g.sub(depth - 1)
	case g.chance(35):
		return g.literal()
	}
	return g.path()
}

func (g *generator) sub(depth int) string {
	switch g.r.IntN(6) {
	case 0:
		return "(lookup " + g.param(depth) + " " + g.one("0", `"name"`, `"length"`, "one", `"a"`, "count") + ")"
	case 1:
		return "(json " + g.param(depth) + ")"
	case 2:
		return "(pluck " + g.param(depth) + " " + g.one(`"name"`, `"id"`, `"b"`, "one") + ")"
	case 3:
		return "(" + g.name() + ")"
	case 4:
		return "(escapeJson " + g.param(depth) + ")"
	}
	return "(" + g.one("includes", "equals", "if", "groups", "missing", "exists") + " " + g.param(depth) + " " + g.param(depth) + ")"
}

func (g *generator) text() string {
	return g.one("true", "a", ",", " ", "\n", " \n ", "false", "0", "x y", "", "", "é", "\r\n", "  \t", `\{{one}}`, `\\`)
}

func (g *generator) tilde() string {
	if g.chance(6) {
		return "~"
	}
	return ""
}

func (g *generator) mustache(depth int) string {
	inner := g.path()
	switch g.r.IntN(8) {
	case 0:
		inner = "json " + g.param(depth)
	case 1:
		inner = "lookup " + g.param(depth) + " " + g.param(depth)
	case 2:
		inner = "pluck " + g.param(depth) + " " + g.literal()
	case 3:
		inner = g.one("includes", "equals", "if", "each", "with", "unless", "groups", "unknown", "escapeJson", "log", "currentTime") + " " + g.param(depth)
		if g.chance(40) {
			inner += " " + g.param(depth)
		}
	case 4:
		inner = g.one(g.literal(), g.name(), "else x")
	}
	switch {
	case g.chance(15):
		return "{{{" + inner + "}}}"
	case g.chance(5):
		return "{{&" + inner + "}}"
	case g.chance(4):
		return g.one("{{! note }}", "{{!-- a }} b --}}", "{{~! x ~}}")
	}
	return "{{" + g.tilde() + inner + g.tilde() + "}}"
}

// head is what opens a block, and the name that closes it.
func (g *generator) head(depth int) (open, name string) {
	switch g.r.IntN(7) {
	case 0, 1:
		name = g.one("includes", "equals", "notEquals", "contains")
		open = name + " " + g.param(depth) + " " + g.param(depth)
		if g.chance(4) {
			open += " " + g.param(depth)
		}
	case 2:
		name = g.one("and", "or")
		open = name
		for range g.r.IntN(4) {
			open += " " + g.param(depth)
		}
	case 3:
		name = g.one("if", "unless", "exists")
		open = name + " " + g.param(depth)
		if name == "if" && g.chance(10) {
			open += " includeZero=" + g.one("true", "one", "zero")
		}
	case 4:
		name = g.one("each", "with")
		open = name + " " + g.param(depth)
		if g.chance(25) {
			open += g.one(" as |item|", " as |item key|")
		}
	case 5:
		name = g.path()
		open = name
	default:
		name = g.one("if", "each", "includes", "unknown", "with")
		open = name + g.one("", " groups", " groups one")
	}
	return open, name
}

func (g *generator) block(depth int) string {
	open, name := g.head(depth)
	var b strings.Builder
	fmt.Fprintf(&b, "{{%s%s%s%s}}%s", g.tilde(), g.one("#", "#", "#", "#", "#", "#", "^"), open, g.tilde(), g.body(depth-1))
	for g.chance(10) {
		other, _ := g.head(depth - 1)
		fmt.Fprintf(&b, "{{%selse %s%s}}%s", g.tilde(), other, g.tilde(), g.body(depth-1))
	}
	if g.chance(25) {
		b.WriteString(g.one("{{else}}", "{{^}}", "{{~else~}}", "{{ else }}") + g.body(depth-1))
	}
	if g.chance(2) {
		name = "other"
	}
	fmt.Fprintf(&b, "{{%s/%s%s}}", g.tilde(), name, g.tilde())
	return b.String()
}

func (g *generator) body(depth int) string {
	var b strings.Builder
	for range 1 + g.r.IntN(3) {
		switch {
		case g.chance(30):
			b.WriteString(g.text())
		case depth > 0 && g.chance(50):
			b.WriteString(g.block(depth))
		default:
			b.WriteString(g.mustache(depth))
		}
	}
	return b.String()
}

// template makes one. Now and then a character is lost or doubled.
func (g *generator) template() string {
	s := g.body(3)
	if g.chance(5) && len(s) > 2 {
		r := []rune(s)
		i := g.r.IntN(len(r))
		if s = string(r[:i]) + g.one("", string(r[i])+string(r[i])) + string(r[i+1:]); strings.Contains(s, "{{{{") {
			return g.template() // raw blocks are not read
		}
	}
	return s
}
