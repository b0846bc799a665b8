package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/web/gate"
)

// asynchronous is an answer that may come as a job instead.
type asynchronous interface{ done() reflect.Type }

// document is the OpenAPI description of the endpoints.
func document(endpoints []endpoint) object {
	s := newSchemas()
	paths := object{}
	for _, e := range endpoints {
		path, _ := paths[base+e.path].(object)
		if path == nil {
			path = object{}
			paths[base+e.path] = path
		}
		path[strings.ToLower(e.method)] = e.operation(s)
	}
	problem := object{"description": "What is wrong",
		"content": object{"application/problem+json": object{"schema": s.of(reflect.TypeFor[problemView]())}}}
	return object{
		"openapi": "3.1.0",
		"info": object{"title": "Rollcall", "version": "1",
			"description": "Everything that the screens of Rollcall do, for programs. Make a token under Settings, or with \"rollcall tokens create\"; docs/api.md begins with first calls."},
		"servers":  []object{{"url": "/"}},
		"security": []object{{"token": []string{}}},
		"paths":    paths,
		"components": object{
			"schemas":         s.named,
			"responses":       object{"Problem": problem},
			"securitySchemes": object{"token": object{"type": "http", "scheme": "bearer", "description": "An API token; it acts with its role."}},
		},
	}
}

func (e endpoint) operation(s *schemas) object {
	op := object{"operationId": e.id, "summary": e.summary, "tags": []string{e.tag()}, "responses": e.responses(s)}
	description := e.more
	if e.permission == gate.Public {
		op["security"] = []object{}
	} else {
		op["x-roles"] = rolesWith(e.permission)
		description = strings.TrimSpace(description + " For the roles " + strings.Join(rolesWith(e.permission), ", ") + ".")
	}
	op["description"] = description
	var parameters []object
	for _, f := range inputs(e.in) {
		switch {
		case f.Name == "Body":
			op["requestBody"] = requestBody(s, f)
		case f.Name == "File":
			op["requestBody"] = object{"required": true, "content": object{f.Tag.Get("type"): object{"schema": object{"type": "string"}}}}
		case f.Tag.Get("path") != "":
			parameters = append(parameters, object{"name": f.Tag.Get("path"), "in": "path", "required": true, "schema": object{"type": "string"}})
		default:
			parameters = append(parameters, parameter(s, f))
		}
	}
	if _, ok := reflect.Zero(e.out).Interface().(asynchronous); ok {
		parameters = append(parameters, object{"name": "Prefer", "in": "header", "schema": object{"type": "string"},
			"description": "respond-async: answer 202 with the job at once instead of waiting for its end."})
	}
	if len(parameters) > 0 {
		op["parameters"] = parameters
	}
	return op
}

func parameter(s *schemas, f reflect.StructField) object {
	name := f.Tag.Get("query")
	schema := s.property(f, name)
	p := object{"name": name, "in": "query", "schema": schema}
	if doc, ok := schema["description"]; ok {
		p["description"] = doc
		delete(schema, "description")
	}
	if f.Type.Kind() == reflect.Slice {
		p["style"], p["explode"] = "form", false
	}
	return p
}

func requestBody(s *schemas, f reflect.StructField) object {
	required := slices.ContainsFunc(reflect.VisibleFields(f.Type), func(f reflect.StructField) bool { return f.Tag.Get("required") != "" })
	return object{"required": required, "content": object{"application/json": object{"schema": s.of(f.Type)}}}
}

// tag groups endpoints by what they are about.
func (e endpoint) tag() string {
	tag, _, _ := strings.Cut(strings.TrimPrefix(e.path, "/"), "/")
	return strings.TrimSuffix(tag, ".json")
}

func rolesWith(p account.Permission) []string {
	return words(slices.DeleteFunc(account.Roles(), func(r role) bool { return !account.Allows(r, p) })...)
}

func (e endpoint) responses(s *schemas) object {
	out := object{}
	good := func(status int, t reflect.Type) {
		answer := object{"description": http.StatusText(status)}
		if t != reflect.TypeFor[nothing]() {
			answer["content"] = object{"application/json": object{"schema": s.of(t)}}
		}
		out[strconv.Itoa(status)] = answer
	}
	if a, ok := reflect.Zero(e.out).Interface().(asynchronous); ok {
		good(e.status, a.done())
		good(http.StatusAccepted, reflect.TypeFor[jobView]())
	} else {
		good(e.status, e.out)
	}
	byStatus := map[int][]string{}
	for _, code := range e.problems() {
		status, ok := codes()[code]
		if !ok {
			panic("api: no status for the code " + code)
		}
		byStatus[status] = append(byStatus[status], code)
	}
	for status, list := range byStatus {
		out[strconv.Itoa(status)] = object{"$ref": "#/components/responses/Problem", "description": strings.Join(list, ", ")}
	}
	return out
}

// problems lists the codes of an endpoint: those named, and those that follow from what it is.
func (e endpoint) problems() []string {
	out := []string{"internal", "bad_query"}
	if e.permission != gate.Public {
		out = append(out, "unauthorized", "forbidden")
	}
	if strings.Contains(e.path, "{") {
		out = append(out, "not_found")
	}
	for _, f := range inputs(e.in) {
		if f.Name == "Body" {
			out = append(out, "bad_json", "too_large", "invalid")
		}
		if f.Name == "File" {
			out = append(out, "too_large", "invalid", "import")
		}
	}
	out = append(out, e.codes...)
	slices.Sort(out)
	return slices.Compact(out)
}

// flatList is a list of words in indented JSON.
var flatList = regexp.MustCompile(`\[\n\s+"[^"]*"(,\n\s+"[^"]*")*\n\s+\]`)

// Document is the OpenAPI document as text for people, lists of words on one line; docs/openapi.json is this.
func Document() ([]byte, error) {
	text, err := json.MarshalIndent(document((&api{}).endpoints()), "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write the OpenAPI document: %w", err)
	}
	text = flatList.ReplaceAllFunc(text, func(list []byte) []byte {
		return []byte("[" + strings.Join(strings.Fields(string(list[1:len(list)-1])), " ") + "]")
	})
	return append(text, '\n'), nil
}
