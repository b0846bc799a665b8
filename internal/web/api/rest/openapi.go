package rest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/web/gate"
)

// asynchronous is an answer that may come as a job instead.
type asynchronous interface{ Done() reflect.Type }

// Document is the OpenAPI description of the endpoints.
func (x *Surface) Document(endpoints []Endpoint) Object {
	s := &schemas{map[string]Object{}, map[string]reflect.Type{}, x.Words}
	paths := Object{}
	for _, e := range endpoints {
		path, _ := paths[x.Base+e.Path].(Object)
		if path == nil {
			path = Object{}
			paths[x.Base+e.Path] = path
		}
		path[strings.ToLower(e.Method)] = x.operation(s, &e)
	}
	problem := Object{"description": "What is wrong",
		"content": Object{"application/problem+json": Object{"schema": s.of(x.Problem)}}}
	return Object{
		"openapi":  "3.1.0",
		"info":     Object{"title": x.Title, "version": "1", "description": x.Description},
		"servers":  []Object{{"url": "/"}},
		"security": []Object{{"token": []string{}}},
		"paths":    paths,
		"components": Object{
			"schemas":         s.named,
			"responses":       Object{"Problem": problem},
			"securitySchemes": Object{"token": Object{"type": "http", "scheme": "bearer", "description": "An API token; it acts with its role."}},
		},
	}
}

func (x *Surface) operation(s *schemas, e *Endpoint) Object {
	op := Object{"operationId": e.ID, "summary": e.Summary, "tags": []string{e.Tag()}, "responses": x.responses(s, e)}
	description := e.More
	if e.Permission == gate.Public {
		op["security"] = []Object{}
	} else {
		op["x-roles"] = rolesWith(e.Permission)
		description = strings.TrimSpace(description + " For the roles " + strings.Join(rolesWith(e.Permission), ", ") + ".")
	}
	op["description"] = description
	var parameters []Object
	for _, f := range inputs(e.in) {
		switch {
		case f.Name == "Body":
			op["requestBody"] = requestBody(s, f)
		case f.Name == "File":
			op["requestBody"] = Object{"required": true, "content": Object{f.Tag.Get("type"): Object{"schema": Object{"type": "string"}}}}
		case f.Tag.Get("path") != "":
			parameters = append(parameters, Object{"name": f.Tag.Get("path"), "in": "path", "required": true, "schema": Object{"type": "string"}})
		default:
			parameters = append(parameters, parameter(s, f))
		}
	}
	if _, ok := reflect.Zero(e.out).Interface().(asynchronous); ok {
		parameters = append(parameters, Object{"name": "Prefer", "in": "header", "schema": Object{"type": "string"},
			"description": "respond-async: answer 202 with the job at once instead of waiting for its end."})
	}
	if len(parameters) > 0 {
		op["parameters"] = parameters
	}
	return op
}

func parameter(s *schemas, f reflect.StructField) Object {
	name := f.Tag.Get("query")
	schema := s.property(f, name)
	p := Object{"name": name, "in": "query", "schema": schema}
	if doc, ok := schema["description"]; ok {
		p["description"] = doc
		delete(schema, "description")
	}
	if f.Type.Kind() == reflect.Slice {
		p["style"], p["explode"] = "form", false
	}
	return p
}

func requestBody(s *schemas, f reflect.StructField) Object {
	required := slices.ContainsFunc(reflect.VisibleFields(f.Type), func(f reflect.StructField) bool { return f.Tag.Get("required") != "" })
	return Object{"required": required, "content": Object{"application/json": Object{"schema": s.of(f.Type)}}}
}

// Tag groups endpoints by what they are about.
func (e *Endpoint) Tag() string {
	tag, _, _ := strings.Cut(strings.TrimPrefix(e.Path, "/"), "/")
	tag, _, _ = strings.Cut(tag, ".")
	return tag
}

func rolesWith(p account.Permission) []string {
	var out []string
	for _, r := range account.Roles() {
		if account.Allows(r, p) {
			out = append(out, string(r))
		}
	}
	return out
}

func (x *Surface) responses(s *schemas, e *Endpoint) Object {
	out := Object{}
	good := func(status int, t reflect.Type) {
		answer := Object{"description": http.StatusText(status)}
		if t != reflect.TypeFor[Nothing]() {
			answer["content"] = content(s, t)
		}
		out[strconv.Itoa(status)] = answer
	}
	if a, ok := reflect.Zero(e.out).Interface().(asynchronous); ok {
		good(e.Status, a.Done())
		good(http.StatusAccepted, x.Job)
	} else {
		good(e.Status, e.out)
	}
	byStatus := map[int][]string{}
	for _, code := range e.problems() {
		status, ok := x.Codes[code]
		if !ok {
			panic("rest: no status for the code " + code)
		}
		byStatus[status] = append(byStatus[status], code)
	}
	for status, list := range byStatus {
		out[strconv.Itoa(status)] = Object{"$ref": "#/components/responses/Problem", "description": strings.Join(list, ", ")}
	}
	return out
}

// content tells an answer's media type and form.
func content(s *schemas, t reflect.Type) Object {
	if f, ok := reflect.Zero(t).Interface().(file); ok {
		return Object{f.Media(): Object{"schema": Object{"type": "string"}}}
	}
	return Object{"application/json": Object{"schema": s.of(t)}}
}

// problems lists the codes of an endpoint: those named, and those that follow from what it is.
func (e *Endpoint) problems() []string {
	out := []string{"internal", "bad_query"}
	if e.Permission != gate.Public {
		out = append(out, "unauthorized", "forbidden")
	}
	if strings.Contains(e.Path, "{") {
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
	out = append(out, e.Codes...)
	slices.Sort(out)
	return slices.Compact(out)
}

// flatList is a list of words in indented JSON.
var flatList = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\[\n\s+"[^"]*"(,\n\s+"[^"]*")*\n\s+\]`) })

// Text is the OpenAPI document for people, lists of words on one line.
func (x *Surface) Text(endpoints []Endpoint) ([]byte, error) {
	text, err := json.MarshalIndent(x.Document(endpoints), "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write the OpenAPI document: %w", err)
	}
	text = flatList().ReplaceAllFunc(text, func(list []byte) []byte {
		return []byte("[" + strings.Join(strings.Fields(string(list[1:len(list)-1])), " ") + "]")
	})
	return append(text, '\n'), nil
}
