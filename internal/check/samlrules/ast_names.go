package samlrules

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/samldoc"
)

// meanings are the usual names of what SPs read about a user: of LDAP (RFC 4519, RFC 2798) by object identifier, of WS-Federation
// by their last part, and those that people give. Names are compared without letter case, hyphens and underscores.
var meanings = map[string][]string{
	"email":  {"email", "mail", "emailaddress", "useremail", "urn:oid:0.9.2342.19200300.100.1.3", "urn:oid:1.2.840.113549.1.9.1"},
	"first":  {"firstname", "givenname", "forename", "fname", "userfirstname", "urn:oid:2.5.4.42"},
	"last":   {"lastname", "surname", "sn", "familyname", "lname", "userlastname", "urn:oid:2.5.4.4"},
	"name":   {"name", "displayname", "fullname", "cn", "commonname", "urn:oid:2.5.4.3", "urn:oid:2.16.840.1.113730.3.1.241"},
	"groups": {"groups", "group", "memberof", "ismemberof", "roles", "role", "groupslink", "urn:oid:1.3.6.1.4.1.5923.1.5.1.1", "urn:oid:1.2.840.113556.1.2.102"},
}

// meaning says what an attribute of that name is about: email, first, last, name, groups; "" when the name does not tell.
func meaning(name string) string {
	short := strings.ToLower(name)
	if !strings.HasPrefix(short, "urn:oid:") {
		short = strings.NewReplacer("-", "", "_", "", ".", "", " ", "").Replace(short[strings.LastIndexAny(short, "/:#")+1:])
	}
	for _, word := range []string{"email", "first", "last", "name", "groups"} {
		if slices.Contains(meanings[word], short) {
			return word
		}
	}
	return ""
}

// reads is one attribute that the SP reads.
type reads struct {
	names    []string // accepted, in the SP's order
	required bool
	nameID   bool   // the NameID stands in for it
	by       string // who reads it, for sentences
	where    string // path in the connection file where that is said; "" when the profile says it
}

// about is what the attribute means; "" when its names do not tell.
func (r reads) about() string {
	for _, n := range r.names {
		if m := meaning(n); m != "" {
			return m
		}
	}
	return ""
}

// readBy lists the attributes that the SP of the case reads and cannot well do without: those of its profile, those that the
// connection file states, and those that role rules read.
func readBy(c *check.Case) []reads {
	if c.Config == nil {
		return nil
	}
	var out []reads
	has := func(name string) bool {
		return slices.ContainsFunc(out, func(r reads) bool { return slices.Contains(r.names, name) })
	}
	if c.SP.SAML != nil {
		for _, a := range c.SP.SAML.Attributes {
			if a.Level == "required" || a.Level == "recommended" {
				out = append(out, reads{a.Names, a.Level == "required" && a.S.Certain(), a.NameID, c.TheSP() + " reads", ""})
			}
		}
	}
	for i, name := range c.Config.SPParam("required_claims").Strings() {
		if !has(name) {
			out = append(out, reads{[]string{name}, true, false, "the SP requires", "sp/required_claims/" + strconv.Itoa(i)})
		}
	}
	if c.Config.Roles != nil {
		for i, rule := range c.Config.Roles.Rules {
			if rule.Claim != "" && !has(rule.Claim) {
				out = append(out, reads{[]string{rule.Claim}, false, false, "a role rule reads", "roles/rules/" + strconv.Itoa(i) + "/claim"})
			}
		}
	}
	return out
}

// of gives the attributes of an assertion that are this one, by their exact names.
func (r reads) of(t assertion) []samldoc.Attribute {
	return slices.DeleteFunc(slices.Clone(t.a.Attributes), func(a samldoc.Attribute) bool { return !slices.Contains(r.names, a.Name) })
}

// read reports whether the SP reads an attribute of that name, and what it means to it. An optional one counts too.
func (t assertion) read(name string) (reads, bool) {
	for _, r := range readBy(t.c) {
		if slices.Contains(r.names, name) {
			return r, true
		}
	}
	if t.c.Config != nil && t.c.SP.SAML != nil {
		for _, a := range t.c.SP.SAML.Attributes {
			if slices.Contains(a.Names, name) {
				return reads{a.Names, false, false, t.c.TheSP() + " reads", ""}, true
			}
		}
	}
	return reads{}, false
}

// encrypted reports whether there are attributes that could not be opened: what is missing may be among them (ENC005).
func (t assertion) encrypted() bool {
	for _, s := range t.a.Element.All(samldoc.Assertion, "AttributeStatement") {
		for _, e := range s.All(samldoc.Assertion, "EncryptedAttribute") {
			if e.Child(samldoc.Assertion, "Attribute") == nil {
				return true
			}
		}
	}
	return false
}

// mail is the user's address as the SP gets it: the attribute that it reads as such, else the NameID. "" when neither is one.
func (t assertion) mail() (value string, from samldoc.Attribute) {
	for _, a := range t.a.Attributes {
		r, ok := t.read(a.Name)
		if (ok && r.about() == "email" || !ok && t.c.Config == nil && meaning(a.Name) == "email") && len(a.Values) > 0 && address(a.Values[0]) {
			return a.Values[0], a
		}
	}
	return "", samldoc.Attribute{}
}

// near finds the attribute that is meant: the same name but for letter case, the SP's name as FriendlyName, another usual name of
// the same thing. What the SP reads as something else is not meant.
func (t assertion) near(r reads) *samldoc.Attribute {
	score := func(a samldoc.Attribute) int {
		switch {
		case slices.ContainsFunc(r.names, func(n string) bool { return strings.EqualFold(n, strings.TrimSpace(a.Name)) }):
			return 3
		case slices.ContainsFunc(r.names, func(n string) bool { return strings.EqualFold(n, a.FriendlyName) }):
			return 2
		case r.about() != "" && (meaning(a.Name) == r.about() || meaning(a.FriendlyName) == r.about()):
			return 1
		}
		return 0
	}
	var best *samldoc.Attribute
	for i, a := range t.a.Attributes {
		if _, other := t.read(a.Name); !other && score(a) > 0 && (best == nil || score(a) > score(*best)) {
			best = &t.a.Attributes[i]
		}
	}
	return best
}

func misnamed(t assertion) []report.Finding {
	var out []report.Finding
	for _, r := range readBy(t.c) {
		if len(r.of(t)) > 0 || t.encrypted() || t.linked(r) {
			continue
		}
		a := t.near(r)
		if a == nil {
			continue
		}
		f := t.about(a.Element, "Name", a.Name, r.names[0], "%s the attribute %s but it comes under the name %s%s", r.by, check.Quote(r.names[0]), check.Quote(a.Name), hint(*a, r))
		t.level(&f, r)
		f.Fix = t.howTo("AST035", r, "name the attribute "+r.names[0]+" (it is sent as "+a.Name+")")
		out = append(out, f)
	}
	return out
}

// hint says in what way a name is near.
func hint(a samldoc.Attribute, r reads) string {
	switch {
	case slices.ContainsFunc(r.names, func(n string) bool { return strings.EqualFold(n, a.Name) }):
		return " (only the letter case differs)"
	case slices.Contains(r.names, a.FriendlyName):
		return fmt.Sprintf(", with %q as its FriendlyName only", a.FriendlyName)
	}
	return ""
}

// linked reports whether a link stands in place of the groups that an attribute should hold (AST041).
func (t assertion) linked(r reads) bool {
	return r.about() == "groups" && slices.ContainsFunc(t.a.Attributes, overage)
}
