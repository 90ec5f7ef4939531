package exact

import (
	"fmt"
	"strings"
	"unicode"
)

// partsOf cuts an address or a name where its parts end.
func partsOf(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune("/.@:?#&=", r) })
}

// standIn reports whether a part of s is a word that stands in for a value in templates and scripts: $REALM, %REALM%, [realm],
// TENANT_ID, changeme, xxxx, the GUID of zeros.
func standIn(s string) bool {
	for _, part := range partsOf(s) {
		low := strings.ToLower(strings.ReplaceAll(part, "_", "-"))
		switch {
		case low == "changeme", low == "change-me", low == "replaceme", low == "replace-me", low == "tenant-id", low == "client-id", low == "realm-name", low == "workspace-key":
			return true
		case low == "00000000-0000-0000-0000-000000000000":
			return true
		case part == strings.ToUpper(part) && templateWord(low):
			return true
		case len(part) > 2 && part[0] == '$' && capitals(part[1:]), len(part) > 4 && part[0] == '%' && part[len(part)-1] == '%' && capitals(part[1:len(part)-1]) && !hex(part[1:3]):
			return true
		case len(part) > 2 && part[0] == '[' && part[len(part)-1] == ']' && strings.Trim(low[1:len(low)-1], "abcdefghijklmnopqrstuvwxyz-") == "":
			return true
		case crossed(low), strings.HasSuffix(part, "XXXXX"):
			return true
		}
	}
	return false
}

// templateWord lists what manuals write in capitals where a value belongs.
func templateWord(low string) bool {
	switch low {
	case "realm", "tenant", "tenantid", "clientid", "domain", "hostname", "slug", "workspace", "issuer", "todo", "fixme", "tbd":
		return true
	}
	return false
}

// capitals reports whether s is a name as variables of the environment have them.
func capitals(s string) bool {
	return strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == "" && strings.Trim(s, "0123456789_") != ""
}

func hex(s string) bool { return strings.Trim(s, "0123456789ABCDEFabcdef") == "" }

// crossed reports whether a part between hyphens is nothing but three or more x.
func crossed(low string) bool {
	for _, word := range strings.Split(low, "-") {
		if len(word) >= 3 && strings.Trim(word, "x") == "" {
			return true
		}
	}
	return false
}

// alike holds letters of other scripts that look like those of ASCII, each before the one it looks like.
const alike = "аaеeоoрpсcхxуyіiѕsјjԁdһhѵvАAВBЕEКKМMНHОOРPСCТTХXІIЅSοoνvρpιiαaΑAΒBΕEΖZΗHΙIΚKΜMΝNΟOΡPΤTΥYΧX‐-‑-‒-–-—-−-⁄/∕/․."

// ascii gives the character of ASCII that r looks like; 0 for one that looks like none.
func ascii(r rune) rune {
	if r >= 0xff01 && r <= 0xff5e { // the full-width forms
		return r - 0xfee0
	}
	if r <= unicode.MaxASCII {
		return 0
	}
	pairs := []rune(alike)
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i] == r {
			return pairs[i+1]
		}
	}
	return 0
}

// Confusable says which character of s only looks like one of ASCII, beside others of the same word that are; "" when there is none.
// A word that is written in another script throughout is none of that.
func Confusable(s string) string {
	for _, part := range partsOf(s) {
		if !strings.ContainsFunc(part, func(r rune) bool { return r <= unicode.MaxASCII && unicode.IsLetter(r) }) {
			continue
		}
		for _, r := range part {
			if plain := ascii(r); plain != 0 {
				return fmt.Sprintf("in which %q (%U) only looks like %q", string(r), r, string(plain))
			}
		}
	}
	return ""
}

// Latin gives s with every such character replaced by the one of ASCII.
func Latin(s string) string {
	return strings.Map(func(r rune) rune {
		if plain := ascii(r); plain != 0 {
			return plain
		}
		return r
	}, s)
}
