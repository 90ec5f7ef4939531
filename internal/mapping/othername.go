package mapping

import (
	"maps"
	"slices"
	"strings"
)

// groupWords are names under which IdPs send what a user belongs to.
var groupWords = []string{"groups", "group", "roles", "role", "memberof", "member_of", "teams", "team", "cognito:groups", "realm_access", "resource_access"}

// otherName finds what a missing claim may be called instead: a path among the claims that are there. "" when nothing is like it.
func otherName(claims map[string]any, missing string) string {
	names := slices.Sorted(maps.Keys(claims))
	for _, n := range names {
		if n != missing && (strings.EqualFold(n, missing) || strings.EqualFold(lastSegment(n), missing)) && !blankValue(claims[n]) {
			return n
		}
	}
	if !slices.Contains(groupWords, strings.ToLower(missing)) {
		return ""
	}
	for _, word := range groupWords {
		for _, n := range names {
			if n == missing || blankValue(claims[n]) || !strings.EqualFold(n, word) && !strings.EqualFold(lastSegment(n), word) {
				continue
			}
			if path := withRoles(n, claims[n]); path != "" {
				return path
			}
		}
	}
	return ""
}

// lastSegment is the end of a name that is a URL, a URN or has a prefix.
func lastSegment(name string) string {
	if i := strings.LastIndexAny(name, "/:#"); i >= 0 {
		return name[i+1:]
	}
	return name
}

// withRoles gives the path to the list itself: Keycloak nests it in realm_access.roles and resource_access.CLIENT.roles.
func withRoles(name string, v any) string {
	m, ok := v.(map[string]any)
	if !ok {
		return name
	}
	if _, ok := m["roles"]; ok {
		return name + ".roles"
	}
	for _, client := range slices.Sorted(maps.Keys(m)) {
		if inner, ok := m[client].(map[string]any); ok && inner["roles"] != nil {
			return name + "." + client + ".roles"
		}
	}
	return ""
}
