package ui

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/a-h/templ"
)

// Input describes one field of a form.
type Input struct {
	Name     string
	Label    string
	Value    string // as it was typed, also when it cannot be taken
	Kind     string // type of the input; defaults to text
	Hint     string
	Error    string // "" when it can be taken
	Options  []Option
	Rows     int // above 0: several lines
	Optional bool
	Required bool
	ReadOnly bool
	Complete string // autocomplete
	More     templ.Attributes
}

// Option is one choice of a select.
type Option struct{ Value, Text string }

func (f Input) id() string { return "f-" + f.Name }

func (f Input) kind() string { return cmp.Or(f.Kind, "text") }

// shown never sends a password back to the browser.
func (f Input) shown() string {
	if f.Kind == "password" {
		return ""
	}
	return f.Value
}

func (f Input) attributes() templ.Attributes {
	out := templ.Attributes{}
	maps.Copy(out, f.More)
	var described []string
	if f.Error != "" {
		out["aria-invalid"] = "true"
		described = append(described, f.id()+"-error")
	}
	if f.Hint != "" {
		described = append(described, f.id()+"-hint")
	}
	if len(described) > 0 {
		out["aria-describedby"] = strings.Join(described, " ")
	}
	if f.Required {
		out["required"] = true
	}
	if f.ReadOnly {
		out["readonly"] = true
	}
	if f.Complete != "" {
		out["autocomplete"] = f.Complete
	}
	return out
}

// Question is a page that asks before something is done, with what has to be known for it.
type Question struct {
	Page
	Action, Back string
	Text         []string
	Warning      string // what has to be known above all, "" for nothing
	Errors       Errors
	Inputs       []Input
	Submit, Icon string
	Danger       bool
}

// Errors are what is wrong with a form, by field name; "" for the form as a whole.
type Errors map[string]string

type formError struct{ field, text string }

// list returns the errors in the order of the form's fields, unknown ones last. A field may be given with its
// label, as "email:E-mail address"; its error then begins with it.
func (e Errors) list(order []string) []formError {
	var out []formError
	seen := map[string]bool{}
	for _, field := range append(slices.Clone(order), slices.Sorted(maps.Keys(e))...) {
		name, label, _ := strings.Cut(field, ":")
		text := e[name]
		if text == "" || seen[name] {
			continue
		}
		seen[name] = true
		if label != "" {
			text = label + ": " + text
		}
		out = append(out, formError{name, text})
	}
	return out
}

// Labelled are the fields of a form with their labels, for FormErrors.
func Labelled(inputs ...Input) []string {
	out := make([]string, len(inputs))
	for i, in := range inputs {
		out[i] = in.Name + ":" + in.Label
	}
	return out
}
