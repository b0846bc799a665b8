package rest

import (
	"encoding/json"
	"path"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Object is a JSON object of a document.
type Object = map[string]any

// schemas collects what a document's types look like.
type schemas struct {
	named map[string]Object
	types map[string]reflect.Type
	words func(reflect.Type) []string
}

// Described is a type whose JSON is written by hand, with the type that tells its form.
type Described interface{ Form() reflect.Type }

// of is the schema of a type as encoding/json writes it.
func (s *schemas) of(t reflect.Type) Object {
	if d, ok := reflect.Zero(t).Interface().(Described); ok && t.Kind() == reflect.Struct {
		return s.of(d.Form())
	}
	switch t.Kind() {
	case reflect.Pointer:
		return nullable(s.of(t.Elem()))
	case reflect.String:
		if t == reflect.TypeFor[json.Number]() {
			return Object{"type": "number"}
		}
		if choices := s.words(t); choices != nil {
			return s.component(t, func() Object { return Object{"type": "string", "enum": choices} })
		}
		return Object{"type": "string"}
	case reflect.Bool:
		return Object{"type": "boolean"}
	case reflect.Float64:
		return Object{"type": "number"}
	case reflect.Int, reflect.Int64:
		return Object{"type": "integer"}
	case reflect.Slice:
		if t == reflect.TypeFor[json.RawMessage]() {
			return Object{}
		}
		return Object{"type": "array", "items": s.of(t.Elem())}
	case reflect.Map:
		return Object{"type": "object", "additionalProperties": s.of(t.Elem())}
	case reflect.Interface:
		return Object{}
	case reflect.Struct:
		return s.structure(t)
	}
	panic("rest: no schema for " + t.String()) // the test of the document finds it
}

func nullable(of Object) Object {
	if kind, ok := of["type"].(string); ok {
		of["type"] = []string{kind, "null"}
		return of
	}
	if len(of) == 0 {
		return of
	}
	return Object{"anyOf": []Object{of, {"type": "null"}}}
}

// structure is a component when it has a name; pages stand where they are used.
func (s *schemas) structure(t reflect.Type) Object {
	if nameOf(t) == "" {
		return s.fields(t)
	}
	return s.component(t, func() Object { return s.fields(t) })
}

// component refers to a type by its name in the document, and describes it the first time. Of two types with one
// name the second has its package's before it: State and HintState.
func (s *schemas) component(t reflect.Type, describe func() Object) Object {
	name := nameOf(t)
	if known, ok := s.types[name]; ok && known != t {
		pkg := path.Base(t.PkgPath())
		name = strings.ToUpper(pkg[:1]) + pkg[1:] + name
	}
	if known, ok := s.types[name]; ok && known != t {
		panic("rest: " + known.String() + " and " + t.String() + " have one name in the document")
	} else if !ok {
		s.types[name] = t
		s.named[name] = describe()
	}
	return Object{"$ref": "#/components/schemas/" + name}
}

// nameOf is a type's name in the document: RunView is Run.
func nameOf(t reflect.Type) string {
	name := t.Name()
	if name == "" || strings.ContainsRune(name, '[') {
		return ""
	}
	for _, end := range []string{"View", "JSON"} {
		name = strings.TrimSuffix(name, end)
	}
	return strings.ToUpper(name[:1]) + name[1:]
}

func (s *schemas) fields(t reflect.Type) Object {
	request := strings.HasSuffix(t.Name(), "Request")
	properties, required := Object{}, []string{}
	for _, f := range reflect.VisibleFields(t) {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous && name == "" || name == "-" || name == "" {
			continue
		}
		properties[name] = s.property(f, name)
		if f.Tag.Get("required") != "" || !request && !strings.Contains(options, "omitempty") {
			required = append(required, name)
		}
	}
	slices.Sort(required)
	out := Object{"type": "object", "properties": properties}
	if len(required) > 0 {
		out["required"] = required
	}
	if request {
		out["additionalProperties"] = false // bind refuses other keys
	}
	return out
}

func (s *schemas) property(f reflect.StructField, name string) Object {
	p := s.of(f.Type)
	if strings.HasSuffix(name, "_at") && f.Type.Kind() != reflect.Struct {
		p["format"] = "date-time"
	}
	if doc := f.Tag.Get("doc"); doc != "" {
		if _, isRef := p["$ref"]; isRef {
			p = Object{"allOf": []Object{p}}
		}
		p["description"] = doc
	}
	for _, bound := range []string{"min", "max", "default"} {
		if n, err := strconv.Atoi(f.Tag.Get(bound)); err == nil {
			p[map[string]string{"min": "minimum", "max": "maximum", "default": "default"}[bound]] = n
		}
	}
	return p
}
