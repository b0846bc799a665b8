package fault

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
)

// Decode reads one JSON value strictly: an unknown key, a wrong type and anything behind the value are errors that name
// the place in words of JSON, not of Go.
func Decode(raw []byte, into any) error {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	err := dec.Decode(into)
	if err == nil {
		if _, more := dec.Token(); more != io.EOF {
			err = errors.New("read JSON: something follows the JSON value")
		}
		return err
	}
	var wrong *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case err == io.EOF:
		return errors.New("there is no body; send a JSON object")
	case errors.As(err, &wrong) && wrong.Field == "":
		return fmt.Errorf("must be %s", kindName(wrong.Type))
	case errors.As(err, &wrong):
		return fmt.Errorf("%s: must be %s", wrong.Field, kindName(wrong.Type))
	case errors.As(err, &syntax), err == io.ErrUnexpectedEOF:
		return fmt.Errorf("read JSON: %w", err)
	}
	if key, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok { // encoding/json has no type for it
		return fmt.Errorf("%s: unknown key", strings.Trim(key, `"`))
	}
	return err
}

func kindName(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Int:
		return "a whole number"
	case reflect.Float64:
		return "a number"
	case reflect.Slice:
		return "an array"
	}
	return "an object"
}
