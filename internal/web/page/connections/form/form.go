// Package form turns the forms of a connection's settings into patches (policy.Patch) and back, and puts the
// faults of a patch beside the fields they are about. It is pure; pages and requests are left to package
// connections.
package form

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"

	"github.com/rollcall-hr/rollcall/policy"
)

// Document is a part of settings on its way to policy.Patch.
type Document map[string]any

// Bytes writes the document as JSON, which is YAML too.
func (d Document) Bytes() []byte {
	out, err := json.Marshal(d)
	if err != nil { // texts, numbers and lists cannot fail to be written
		panic("write a form: " + err.Error())
	}
	return out
}

// Clean makes text fit for settings, where no control character may stand: they become spaces, lines stay.
func Clean(s string) string {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return strings.TrimSpace(strings.Map(func(c rune) rune {
		if unicode.IsControl(c) && c != '\n' || c == '\ufeff' || c >= 0xfffe && c <= 0xffff {
			return ' '
		}
		return c
	}, strings.ToValidUTF8(s, " ")))
}

// whole gives a number where one was typed, else the text, which policy then refuses at its place.
func whole(s string) any {
	if n, err := strconv.Atoi(s); err == nil {
		return n
	}
	return s
}

func percent(s string) any {
	if n, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSuffix(s, "%"), " "), 64); err == nil && !(n > 1e9 || n < -1e9) && n == n {
		return n
	}
	return s
}

// Yes reads a tick box, or a choice of yes and no.
func Yes(s string) bool { return s == "on" || s == "yes" || s == "true" }

// Lines are the lines of a text that say something.
func Lines(s string) []string {
	out := []string{}
	for line := range strings.SplitSeq(s, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, line)
		}
	}
	return out
}

// Placed turns faults into errors beside fields: each goes to the field whose name is the fault's place, or
// the nearest place around it; the others to the form as a whole.
func Placed(faults []policy.Fault, fields ...string) map[string]string {
	out := map[string]string{}
	for _, f := range apart(faults) {
		place := strings.TrimPrefix(strings.TrimPrefix(f.Place, "connection."), "connection")
		text := Sentence(f.Message)
		field := nearest(place, fields)
		if field == "" && place != "" {
			text = place + ": " + strings.TrimSuffix(f.Message, ".") + "."
		}
		if out[field] != "" {
			text = out[field] + " " + text
		}
		out[field] = text
	}
	return out
}

var oneOfMany = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?:^|; |: )(connection\.[^:\s]+): `) })

// apart splits what the company's own field list refuses: one fault tells of every row.
func apart(faults []policy.Fault) []policy.Fault {
	var out []policy.Fault
	for _, f := range faults {
		starts := oneOfMany().FindAllStringSubmatchIndex(f.Message, -1)
		if len(starts) == 0 {
			out = append(out, f)
		}
		for i, at := range starts {
			end := len(f.Message)
			if i+1 < len(starts) {
				end = starts[i+1][0]
			}
			out = append(out, policy.Fault{Place: f.Message[at[2]:at[3]], Message: f.Message[at[1]:end]})
		}
	}
	return out
}

func nearest(place string, fields []string) string {
	for place != "" {
		if slices.Contains(fields, place) {
			return place
		}
		place = place[:max(0, strings.LastIndexAny(place, ".["))]
	}
	return ""
}

// Sentence gives an error's text a capital and a full stop. A text that begins with its verb, because a place
// stands before it elsewhere, begins with "This".
func Sentence(s string) string {
	if s == "" {
		return ""
	}
	first, _, _ := strings.Cut(s, " ")
	if slices.Contains([]string{"is", "has", "lists", "names", "says"}, first) {
		s = "This " + s
	}
	r := []rune(s)
	// A word such as "refuse_percent" or a quoted text is a name, and stays as it is.
	if !strings.ContainsAny(first, "_\"") {
		r[0] = unicode.ToUpper(r[0])
	}
	if last := r[len(r)-1]; last != '.' && last != '?' {
		r = append(r, '.')
	}
	return string(r)
}
