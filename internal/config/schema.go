package config

import (
	"encoding/json"
	"reflect"
	"strings"

	"github.com/ssoctl/ssoctl/internal/source"
)

// Schema is the JSON Schema (draft 2020-12) of the connection file, generated from the types that decode it.
func Schema() ([]byte, error) {
	s := object(reflect.TypeFor[Target]())
	target := s["properties"].(map[string]any)
	target["sp"] = map[string]any{
		"type": "object", "required": []string{"profile"}, "description": "the application: its profile, then the profile's own parameters",
		"properties": map[string]any{"profile": text("id of a built-in profile (ssoctl catalog sps) or path of a file of your own, ./my-saas.yaml")},
	}
	for _, path := range secretPaths {
		part, name, _ := strings.Cut(path, "/")
		secret := target[part].(map[string]any)["properties"].(map[string]any)[name].(map[string]any)
		secret["pattern"] = "^(env|file|keyring):.+"
		secret["description"] = "a reference: env:NAME, file:PATH or keyring:NAME; never the secret itself"
	}
	s["required"] = []string{"name", "sp"}
	s["oneOf"] = []any{map[string]any{"required": []string{"oidc"}}, map[string]any{"required": []string{"saml"}}}
	return json.MarshalIndent(map[string]any{
		"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "ssoctl connection file", "type": "object", "additionalProperties": false,
		"required": []string{"version", "connections"},
		"properties": map[string]any{
			"version":     map[string]any{"const": 1},
			"connections": map[string]any{"type": "array", "items": s},
		},
	}, "", "  ")
}

func text(description string) map[string]any {
	return map[string]any{"type": "string", "description": description}
}

func object(t reflect.Type) map[string]any {
	properties := map[string]any{}
	for _, f := range source.Fields(t) {
		field := t.FieldByIndex(f.Index)
		p := property(field.Type, f.OneOf)
		if doc := field.Tag.Get("doc"); doc != "" {
			p["description"] = doc
		}
		properties[f.Name] = p
	}
	return map[string]any{"type": "object", "additionalProperties": false, "properties": properties}
}

func property(t reflect.Type, oneOf string) map[string]any {
	if t == reflect.TypeFor[*source.Node]() {
		return map[string]any{"type": "object"}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return property(t.Elem(), oneOf)
	case reflect.Struct:
		return object(t)
	case reflect.Slice:
		return map[string]any{"type": "array", "items": property(t.Elem(), "")}
	case reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": property(t.Elem(), "")}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Int:
		return map[string]any{"type": "integer"}
	}
	if oneOf != "" {
		return map[string]any{"type": "string", "enum": strings.Split(oneOf, "|")}
	}
	return map[string]any{"type": "string"}
}
