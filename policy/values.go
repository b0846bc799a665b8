package policy

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

// scalar is one value with where it stands.
type scalar struct {
	text, tag, place string
}

// value reads a key that holds one value; the environment wins over the document.
func (s *section) value(key string) (scalar, bool) {
	n, place := s.child(key), s.place(key)
	if text, ok := s.overridden(key); ok {
		return scalar{text: text, place: place}, true
	}
	if n == nil {
		return scalar{}, false
	}
	return s.r.scalar(n, place)
}

func (r *reader) scalar(n *yaml.Node, place string) (scalar, bool) {
	n = resolve(n)
	switch {
	case isNull(n):
		r.fault(place, "has no value; write one or remove the key")
	case n.Kind != yaml.ScalarNode:
		r.fault(place, "expected one value, found %s", describe(n))
	default:
		return scalar{n.Value, n.ShortTag(), place}, true
	}
	return scalar{}, false
}

// is reports the tag, or a value from the environment, which has none.
func (v scalar) is(tags ...string) bool { return v.tag == "" || slices.Contains(tags, v.tag) }

// text reads a text; check may be nil, and may put the text right.
func (s *section) text(key string, to *string, check func(string) (string, error)) {
	if v, ok := s.value(key); ok {
		s.r.text(v, to, check)
	}
}

func (r *reader) text(v scalar, to *string, check func(string) (string, error)) {
	if !v.is("!!str", "!!timestamp") {
		r.fault(v.place, "expected text; put the value in quotes") // and no echo: it may be a secret
		return
	}
	text := v.text
	if check != nil {
		var err error
		if text, err = check(text); err != nil {
			r.fault(v.place, "%s", err)
			return
		}
	}
	*to = text
}

func (s *section) boolean(key string, to *bool) {
	v, ok := s.value(key)
	if !ok {
		return
	}
	b, err := strconv.ParseBool(v.text)
	if err != nil || !v.is("!!bool") {
		s.r.fault(v.place, "expected true or false, found %s", strconv.Quote(v.text))
		return
	}
	*to = b
}

func (s *section) whole(key string, to *int, low, high int) {
	v, ok := s.value(key)
	if !ok {
		return
	}
	n, err := strconv.Atoi(v.text)
	if err != nil || !v.is("!!int") {
		s.r.fault(v.place, "expected a whole number, found %s", strconv.Quote(v.text))
	} else if n < low || n > high {
		s.r.fault(v.place, "%d is out of range; write a number from %d to %d", n, low, high)
	} else {
		*to = n
	}
}

func (s *section) percent(key string, to *float64) {
	v, ok := s.value(key)
	if !ok {
		return
	}
	p, err := strconv.ParseFloat(v.text, 64)
	if err != nil || !v.is("!!int", "!!float") {
		s.r.fault(v.place, "expected a percentage such as 5, found %s", strconv.Quote(v.text))
	} else if !(p >= 0 && p <= 100) {
		s.r.fault(v.place, "%s is no percentage; write a number from 0 to 100", v.text)
	} else {
		*to = p
	}
}

func (s *section) duration(key string, to *time.Duration, low, high time.Duration) {
	v, ok := s.value(key)
	if !ok {
		return
	}
	d, err := time.ParseDuration(v.text)
	if err != nil || !v.is("!!str") {
		s.r.fault(v.place, "expected a duration such as 3h or 30m, found %s", strconv.Quote(v.text))
	} else if d < low || d > high {
		s.r.fault(v.place, "%s is out of range; write a duration from %s to %s", v.text, short(low), short(high))
	} else {
		*to = d
	}
}

// choice reads one of a few words.
func choice[T ~string](s *section, key string, to *T, choices ...T) {
	v, ok := s.value(key)
	if !ok {
		return
	}
	if !slices.Contains(choices, T(v.text)) {
		s.r.fault(v.place, "%q is not known here; use %s", v.text, oneOf(choices))
		return
	}
	*to = T(v.text)
}

// list reads one value or a list of values, each of any simple type; from the environment they are
// separated by commas. given is false when the key is absent or unusable.
func (s *section) list(key string) (items []scalar, given bool) {
	n, place := s.child(key), s.place(key)
	if text, ok := s.overridden(key); ok {
		for _, part := range strings.Split(text, ",") {
			items = append(items, scalar{text: strings.TrimSpace(part), place: place})
		}
		return items, true
	}
	if n == nil {
		return nil, false
	}
	if n.Kind != yaml.SequenceNode {
		v, ok := s.r.scalar(n, place)
		return []scalar{v}, ok
	}
	given = true
	for i, child := range n.Content {
		at := fmt.Sprintf("%s[%d]", place, i)
		s.r.lines[at] = child.Line
		v, ok := s.r.scalar(child, at)
		given = given && ok
		items = append(items, v)
	}
	return items, given
}

// texts reads a list of different texts; same gives the form in which they are compared. It returns
// how many were listed, -1 when the key is absent or unusable.
func (s *section) texts(key string, to *[]string, check func(string) (string, error), same func(string) string) int {
	items, given := s.list(key)
	if !given {
		return -1
	}
	var out []string
	seen := map[string]bool{}
	for _, v := range items {
		var text string
		before := len(s.r.faults)
		s.r.text(v, &text, check)
		if len(s.r.faults) > before {
			continue
		}
		if seen[same(text)] {
			s.r.fault(v.place, "%q is listed twice; keep one", text)
			continue
		}
		seen[same(text)] = true
		out = append(out, text)
	}
	*to = out
	return len(items)
}

// sections reads a list of mappings.
func (s *section) sections(key string) (list []*section, given bool) {
	n, place := s.child(key), s.place(key)
	if n == nil {
		return nil, false
	}
	if n.Kind != yaml.SequenceNode {
		s.r.fault(place, "expected a list, found %s", describe(n))
		return nil, false
	}
	for i, child := range n.Content {
		list = append(list, s.r.open(child, fmt.Sprintf("%s[%d]", place, i)))
	}
	return list, true
}

// short writes a duration without its zero parts: 3h, not 3h0m0s.
func short(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// preferEnvironment drops what the document says about alternatives of which the environment sets one.
func (s *section) preferEnvironment(keys ...string) {
	set := slices.ContainsFunc(keys, func(key string) bool { _, ok := s.overridden(key); return ok })
	for _, key := range keys {
		if set {
			delete(s.nodes, key)
		}
	}
}

// overridden asks the environment for a key; a fault in its answer has no line.
func (s *section) overridden(key string) (string, bool) {
	if s.r.env == nil {
		return "", false
	}
	text, ok := s.r.env(s.place(key))
	if ok {
		s.r.lines[s.place(key)] = 0
	}
	return text, ok
}
