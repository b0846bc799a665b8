package bamboosim_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"
)

// vendorDoc is BambooHR's OpenAPI document, cut down to the answers of the simulated operations.
type vendorDoc struct {
	Source     string                     `json:"source"`
	Operations map[string]vendorOperation `json:"operations"` // by "GET /api/v1/employees/{id}"
	Schemas    map[string]any             `json:"schemas"`
}

type vendorOperation struct {
	ID        string                    `json:"id"`
	Responses map[string]vendorResponse `json:"responses"` // by status
}

type vendorResponse struct {
	Headers []string       `json:"headers,omitempty"`
	Content map[string]any `json:"content,omitempty"` // schema by media type; {} where the document has none
}

const vendorFile = "testdata/openapi/operations.json"

func readVendorDoc() (d vendorDoc, err error) {
	raw, err := os.ReadFile(vendorFile)
	if err != nil {
		return d, err
	}
	return d, json.Unmarshal(raw, &d)
}

// trimVendorDoc keeps the answers of the operations whose names (endpoint.API.Operations) the full document has,
// and the schemas they need, without prose and examples.
func trimVendorDoc(full map[string]any, source string, operations []string) vendorDoc {
	d := vendorDoc{Source: source, Operations: map[string]vendorOperation{}, Schemas: map[string]any{}}
	wanted := map[string]bool{}
	for _, name := range operations {
		wanted[blankParams(name)] = true
	}
	schemas := full["components"].(map[string]any)["schemas"].(map[string]any)
	for path, methods := range full["paths"].(map[string]any) {
		for method, raw := range methods.(map[string]any) {
			name := strings.ToUpper(method) + " " + path
			if !wanted[blankParams(strings.Replace(name, "/api/", "", 1))] {
				continue
			}
			one := raw.(map[string]any)
			op := vendorOperation{ID: one["operationId"].(string), Responses: map[string]vendorResponse{}}
			for status, r := range one["responses"].(map[string]any) {
				op.Responses[fmt.Sprint(status)] = d.trimResponse(r.(map[string]any), schemas)
			}
			d.Operations[name] = op
		}
	}
	return d
}

func (d *vendorDoc) trimResponse(r map[string]any, schemas map[string]any) (kept vendorResponse) {
	if headers, ok := r["headers"].(map[string]any); ok {
		kept.Headers = slices.Sorted(maps.Keys(headers))
	}
	content, _ := r["content"].(map[string]any)
	for mediaType, body := range content {
		if kept.Content == nil {
			kept.Content = map[string]any{}
		}
		schema, _ := body.(map[string]any)["schema"].(map[string]any)
		kept.Content[mediaType] = d.trimSchema(schema, schemas)
	}
	return kept
}

// trimSchema copies the keywords that check understands, and the schemas they refer to.
func (d *vendorDoc) trimSchema(s map[string]any, schemas map[string]any) map[string]any {
	kept := map[string]any{}
	for key, value := range s {
		switch key {
		case "type", "nullable", "required", "enum", "format":
			kept[key] = value
		case "$ref":
			kept[key] = value
			name := strings.TrimPrefix(value.(string), "#/components/schemas/")
			if _, done := d.Schemas[name]; !done {
				d.Schemas[name] = nil // ends circles
				d.Schemas[name] = d.trimSchema(schemas[name].(map[string]any), schemas)
			}
		case "items":
			kept[key] = d.trimSchema(value.(map[string]any), schemas)
		case "additionalProperties":
			kept[key] = value
			if sub, ok := value.(map[string]any); ok {
				kept[key] = d.trimSchema(sub, schemas)
			}
		case "properties":
			properties := map[string]any{}
			for name, sub := range value.(map[string]any) {
				properties[name] = d.trimSchema(sub.(map[string]any), schemas)
			}
			kept[key] = properties
		case "oneOf", "anyOf", "allOf":
			var forms []any
			for _, sub := range value.([]any) {
				forms = append(forms, d.trimSchema(sub.(map[string]any), schemas))
			}
			kept[key] = forms
		}
	}
	return kept
}

var anyParam = regexp.MustCompile(`\{[^}]*\}`)

func blankParams(name string) string { return anyParam.ReplaceAllString(name, "{}") }

// operation finds what "GET /api/v1/employees/4" calls: words win over parameters.
func (d *vendorDoc) operation(method, path string) (name string, op vendorOperation, ok bool) {
	best := -1
	for candidate, one := range d.Operations {
		if words, fits := fitsTemplate(candidate, method+" "+path); fits && words > best {
			name, op, ok, best = candidate, one, true, words
		}
	}
	return name, op, ok
}

// fitsTemplate compares segment by segment and counts those that are the same word.
func fitsTemplate(template, actual string) (words int, ok bool) {
	want, got := strings.Split(template, "/"), strings.Split(actual, "/")
	if len(want) != len(got) {
		return 0, false
	}
	for i := range want {
		switch {
		case want[i] == got[i]:
			words++
		case !strings.HasPrefix(want[i], "{"):
			return 0, false
		}
	}
	return words, true
}

// check reports where a value differs from a schema. Places are named with [] for any index and * for any further key,
// so that one difference is one text however often it occurs.
func (d *vendorDoc) check(place string, schema map[string]any, v any, report func(string)) {
	if ref, ok := schema["$ref"].(string); ok {
		d.check(place, d.Schemas[strings.TrimPrefix(ref, "#/components/schemas/")].(map[string]any), v, report)
		return
	}
	for _, key := range []string{"oneOf", "anyOf"} {
		if forms, ok := schema[key].([]any); ok && !slices.ContainsFunc(forms, func(f any) bool { return d.fits(f, v) }) {
			report(fmt.Sprintf("%s is %s and has none of the documented forms", place, jsonType(v)))
		}
	}
	forms, _ := schema["allOf"].([]any)
	for _, form := range forms {
		d.check(place, form.(map[string]any), v, report)
	}
	if types := typesOf(schema); len(types) > 0 && !slices.ContainsFunc(types, func(t string) bool { return hasType(v, t) }) {
		report(fmt.Sprintf("%s is %s, not %s", place, jsonType(v), strings.Join(types, " or ")))
		return
	}
	if enum, ok := schema["enum"].([]any); ok && v != nil && !slices.Contains(enum, v) {
		report(fmt.Sprintf("%s is %v, not one of %v", place, v, enum))
	}
	switch v := v.(type) {
	case string:
		if format, _ := schema["format"].(string); !hasFormat(v, format) {
			report(fmt.Sprintf("%s is no %s", place, format))
		}
	case []any:
		if items, ok := schema["items"].(map[string]any); ok {
			for _, item := range v {
				d.check(place+"[]", items, item, report)
			}
		}
	case map[string]any:
		d.checkObject(place, schema, v, report)
	}
}

func (d *vendorDoc) checkObject(place string, schema, v map[string]any, report func(string)) {
	required, _ := schema["required"].([]any)
	for _, name := range required {
		if _, there := v[name.(string)]; !there {
			report(fmt.Sprintf("%s.%s is missing", place, name))
		}
	}
	properties, _ := schema["properties"].(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(v)) {
		if sub, known := properties[name].(map[string]any); known {
			d.check(place+"."+name, sub, v[name], report)
			continue
		}
		switch more := schema["additionalProperties"].(type) {
		case map[string]any:
			d.check(place+".*", more, v[name], report)
		case bool:
			if !more {
				report(fmt.Sprintf("%s.%s is not documented", place, name))
			}
		}
	}
}

func (d *vendorDoc) fits(form, v any) bool {
	ok := true
	d.check("", form.(map[string]any), v, func(string) { ok = false })
	return ok
}

func typesOf(schema map[string]any) (types []string) {
	switch t := schema["type"].(type) {
	case string:
		types = []string{t}
	case []any:
		for _, one := range t {
			types = append(types, one.(string))
		}
	}
	if schema["nullable"] == true {
		types = append(types, "null")
	}
	return types
}

func hasType(v any, want string) bool {
	got := jsonType(v)
	return got == want || want == "number" && got == "integer"
}

// jsonType names the type of a value decoded with UseNumber.
func jsonType(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case string:
		return "string"
	case json.Number:
		if strings.ContainsAny(v.String(), ".eE") {
			return "number"
		}
		return "integer"
	case []any:
		return "array"
	}
	return "object"
}

func hasFormat(s, format string) bool {
	var err error
	switch format {
	case "date-time":
		_, err = time.Parse(time.RFC3339, s)
	case "date":
		_, err = time.Parse(time.DateOnly, s)
	}
	return err == nil
}
