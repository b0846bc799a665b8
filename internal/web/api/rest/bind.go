package rest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/internal/web/gate"
)

// Between reads the bounds of a list, the parameters from and to.
func Between(from, to string) (begin, end time.Time, err error) {
	if begin, err = bound("from", from); err == nil {
		end, err = bound("to", to)
	}
	return begin, end, err
}

func bound(name, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		err = BadQuery("%s is %q; it is an RFC 3339 time such as 2026-11-21T12:00:00Z", name, text)
	}
	return at, err
}

// MaxBody bounds the JSON of a request.
const MaxBody = 1 << 20

// RequestError says what in a request cannot be understood or found; Code is one of the surface's.
type RequestError struct{ Code, Text string }

func (e *RequestError) Error() string { return e.Text }

// BadQuery is a parameter that is not known, or whose value is not.
func BadQuery(format string, a ...any) error {
	return &RequestError{"bad_query", fmt.Sprintf(format, a...)}
}

func badJSON(format string, a ...any) error {
	return &RequestError{"bad_json", fmt.Sprintf(format, a...)}
}

// bind fills a handler's input from path, query and body. A parameter or key that is not known is refused: a
// filter with a typing error would else show everything.
func (s *Surface) bind(w http.ResponseWriter, r *http.Request, in reflect.Value) error {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return BadQuery("the query cannot be read: %v", err)
	}
	var known []string
	for _, f := range inputs(in.Type()) {
		to := in.FieldByIndex(f.Index)
		if name, ok := f.Tag.Lookup("path"); ok {
			to.SetString(r.PathValue(name))
			continue
		}
		if f.Name == "Body" {
			if err := s.bindBody(http.MaxBytesReader(w, r.Body, MaxBody), to); err != nil {
				return err
			}
			continue
		}
		if f.Name == "File" {
			to.Set(reflect.ValueOf(r.Body)) // as long as the gate lets it be
			continue
		}
		name := f.Tag.Get("query")
		known = append(known, name)
		if err := s.bindQuery(query[name], to, f); err != nil {
			return err
		}
	}
	for name := range query {
		if !slices.Contains(known, name) {
			if len(known) == 0 {
				return BadQuery("there is no query parameter %q; this address takes none", name)
			}
			return BadQuery("there is no query parameter %q; this address takes %s", name, strings.Join(known, ", "))
		}
	}
	return nil
}

// inputs lists the fields of a handler's input, those of embedded structs among them.
func inputs(t reflect.Type) []reflect.StructField {
	return slices.DeleteFunc(reflect.VisibleFields(t), func(f reflect.StructField) bool {
		return f.Anonymous || f.Name != "Body" && f.Name != "File" && f.Tag.Get("path") == "" && f.Tag.Get("query") == ""
	})
}

// bindQuery sets one parameter; what is blank counts as not given.
func (s *Surface) bindQuery(values []string, to reflect.Value, f reflect.StructField) error {
	name := f.Tag.Get("query")
	values = slices.DeleteFunc(values, func(v string) bool { return v == "" })
	if len(values) == 0 {
		values = slices.DeleteFunc([]string{f.Tag.Get("default")}, func(v string) bool { return v == "" })
	}
	if len(values) == 0 {
		return nil
	}
	if to.Kind() == reflect.Slice {
		list := strings.Split(strings.Join(values, ","), ",")
		to.Set(reflect.MakeSlice(to.Type(), len(list), len(list)))
		for i, v := range list {
			if err := s.setQuery(name, v, to.Index(i), f); err != nil {
				return err
			}
		}
		return nil
	}
	if len(values) > 1 {
		return BadQuery("%s is given %d times; once is enough", name, len(values))
	}
	return s.setQuery(name, values[0], to, f)
}

func (s *Surface) setQuery(name, text string, to reflect.Value, f reflect.StructField) error {
	switch to.Kind() {
	case reflect.Int:
		n, err := strconv.Atoi(text)
		low, _ := strconv.Atoi(f.Tag.Get("min"))
		high, _ := strconv.Atoi(f.Tag.Get("max"))
		if err != nil || n < low || n > high {
			return BadQuery("%s is %q; it is a number from %d to %d", name, text, low, high)
		}
		to.SetInt(int64(n))
	case reflect.Bool:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return BadQuery("%s is %q; it is true or false", name, text)
		}
		to.SetBool(b)
	default:
		if choices := s.Words(to.Type()); len(choices) > 0 && !slices.Contains(choices, text) {
			return BadQuery("%s is %q; it is one of %s", name, text, strings.Join(choices, ", "))
		}
		to.SetString(text)
	}
	return nil
}

// bindBody reads a JSON object; no body at all is an empty one.
func (s *Surface) bindBody(body io.Reader, to reflect.Value) error {
	text, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	if len(bytes.TrimSpace(text)) == 0 {
		text = []byte("{}")
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	err = dec.Decode(to.Addr().Interface())
	if err == nil && dec.More() {
		err = badJSON("there is more after the JSON object, at %s", where(text, dec.InputOffset()))
	}
	if err != nil {
		return s.wrongBody(err, text, to.Type())
	}
	return s.checkBody(to)
}

// wrongBody words what encoding/json says.
func (s *Surface) wrongBody(err error, text []byte, t reflect.Type) error {
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return badJSON("the body is no JSON: %s at %s", syntax, where(text, syntax.Offset))
	}
	if kind, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		at := where(text, kind.Offset)
		if kind.Field != "" {
			at = kind.Field
		}
		return badJSON("%s: a JSON %s does not fit here; see %s%s/openapi.json", at, kind.Value, "GET ", s.Base)
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return badJSON("the body is no JSON: it ends too early, at %s", where(text, int64(len(text))))
	}
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return badJSON("there is no key %s; this request takes %s", name, strings.Join(keysOf(t), ", "))
	}
	return err
}

// where tells a place in a text.
func where(text []byte, offset int64) string {
	before := text[:min(max(offset, 0), int64(len(text)))]
	line := bytes.Count(before, []byte("\n")) + 1
	return fmt.Sprintf("line %d, column %d", line, len(before)-bytes.LastIndexByte(before, '\n')-1)
}

// checkBody asks for the required keys and refuses a word that a key does not know.
func (s *Surface) checkBody(v reflect.Value) error {
	if v.Kind() != reflect.Struct {
		return nil
	}
	for _, f := range reflect.VisibleFields(v.Type()) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" || name == "-" || f.Anonymous {
			continue
		}
		value := v.FieldByIndex(f.Index)
		if f.Tag.Get("required") != "" && value.IsZero() {
			return &gate.InputError{Field: name, Text: "this is required"}
		}
		if err := s.checkWords(name, value); err != nil {
			return err
		}
	}
	return nil
}

func (s *Surface) checkWords(name string, v reflect.Value) error {
	switch v.Kind() {
	case reflect.Slice:
		for i := range v.Len() {
			if err := s.checkWords(name, v.Index(i)); err != nil {
				return err
			}
		}
	case reflect.Map:
		for _, k := range v.MapKeys() {
			if err := s.checkWords(name, k); err != nil {
				return err
			}
		}
	case reflect.String:
		if choices := s.Words(v.Type()); len(choices) > 0 && v.String() != "" && !slices.Contains(choices, v.String()) {
			return &gate.InputError{Field: name, Text: fmt.Sprintf("%q is not known; it is one of %s", v.String(), strings.Join(choices, ", "))}
		}
	}
	return nil
}

// keysOf lists the keys of a JSON object.
func keysOf(t reflect.Type) []string {
	var out []string
	if t.Kind() == reflect.Struct {
		for _, f := range reflect.VisibleFields(t) {
			if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" && name != "-" {
				out = append(out, name)
			}
		}
	}
	return out
}
