package policy

import (
	"fmt"
	"strings"
)

// Fault is one thing that is wrong with settings.
type Fault struct {
	Place   string // e.g. connection.mapping.email.from[0]; "" for the document as a whole
	Line    int    // line in the text, from 1; 0 when the value came from elsewhere or is missing
	Message string // what is wrong and the way out, one line
}

// String gives place, line and message, e.g. `connection.time_zone (line 7): …`.
func (f Fault) String() string {
	where := f.Place
	if f.Line > 0 {
		line := fmt.Sprintf("line %d", f.Line)
		if where == "" {
			where = line
		} else {
			where += " (" + line + ")"
		}
	}
	if where == "" {
		return f.Message
	}
	return where + ": " + f.Message
}

// Error makes a fault usable as an error.
func (f Fault) Error() string { return f.String() }

// oneOf lists choices for a message: a, b or c.
func oneOf[T ~string](choices []T) string {
	words := make([]string, len(choices))
	for i, c := range choices {
		words[i] = string(c)
	}
	if len(words) == 1 {
		return words[0]
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}
