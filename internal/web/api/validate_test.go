package api

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// validator checks values against the document's schemas, as far as the document uses JSON Schema. It is
// stricter than that: a property that no schema names is a fault, because the document would not tell of it.
type validator struct{ components map[string]any }

func (v validator) check(schema map[string]any, value any, at string) []string {
	if ref, ok := schema["$ref"].(string); ok {
		name := strings.TrimPrefix(ref, "#/components/schemas/")
		target, ok := v.components["schemas"].(map[string]any)[name].(map[string]any)
		if !ok {
			return []string{at + ": no schema " + name}
		}
		return v.check(target, value, at)
	}
	var faults []string
	for _, s := range list(schema["allOf"]) {
		faults = append(faults, v.check(s, value, at)...)
	}
	if any := list(schema["anyOf"]); any != nil {
		var first []string
		for _, s := range any {
			f := v.check(s, value, at)
			if len(f) == 0 {
				return faults
			}
			if first == nil {
				first = f
			}
		}
		return append(faults, first...)
	}
	if kinds := kindsOf(schema); kinds != nil && !slices.Contains(kinds, kindOf(value)) && !(kindOf(value) == "integer" && slices.Contains(kinds, "number")) {
		return append(faults, fmt.Sprintf("%s: %v is a %s, not one of %v", at, value, kindOf(value), kinds))
	}
	switch value := value.(type) {
	case string:
		faults = append(faults, text(schema, value, at)...)
	case []any:
		if items, ok := schema["items"].(map[string]any); ok {
			for i, x := range value {
				faults = append(faults, v.check(items, x, fmt.Sprintf("%s[%d]", at, i))...)
			}
		}
	case map[string]any:
		faults = append(faults, v.object(schema, value, at)...)
	}
	return faults
}

func (v validator) object(schema, value map[string]any, at string) []string {
	var faults []string
	properties, named := schema["properties"].(map[string]any)
	rest, open := schema["additionalProperties"].(map[string]any)
	for _, key := range slices.Sorted(maps.Keys(value)) {
		if p, ok := properties[key].(map[string]any); ok {
			faults = append(faults, v.check(p, value[key], at+"."+key)...)
		} else if open {
			faults = append(faults, v.check(rest, value[key], at+"."+key)...)
		} else if named {
			faults = append(faults, at+": no schema names the key "+key)
		}
	}
	required, _ := schema["required"].([]any)
	for _, key := range required {
		if _, ok := value[key.(string)]; !ok {
			faults = append(faults, fmt.Sprintf("%s: the key %s is missing", at, key))
		}
	}
	return faults
}

func text(schema map[string]any, value, at string) []string {
	if choices, ok := schema["enum"].([]any); ok && !slices.Contains(choices, any(value)) {
		return []string{fmt.Sprintf("%s: %q is none of %v", at, value, choices)}
	}
	if schema["format"] == "date-time" {
		if _, err := time.Parse(time.RFC3339, value); err != nil {
			return []string{fmt.Sprintf("%s: %q is no date-time", at, value)}
		}
	}
	return nil
}

func list(v any) []map[string]any {
	var out []map[string]any
	items, _ := v.([]any)
	for _, x := range items {
		out = append(out, x.(map[string]any))
	}
	return out
}

func kindsOf(schema map[string]any) []string {
	switch k := schema["type"].(type) {
	case string:
		return []string{k}
	case []any:
		var out []string
		for _, x := range k {
			out = append(out, x.(string))
		}
		return out
	}
	return nil
}

func kindOf(value any) string {
	switch value := value.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case string:
		return "string"
	case json.Number:
		if _, err := value.Int64(); err == nil {
			return "integer"
		}
		return "number"
	case []any:
		return "array"
	}
	return "object"
}
