package policy

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

const maxPattern = 500

// operators in the order in which messages list them.
func operators() []Operator {
	return []Operator{OpIn, OpNotIn, OpIs, OpIsNot, OpIsTrue, OpIsBlank, OpBefore, OpAfter, OpMatches}
}

// String gives the rule as people read it, e.g. `department in [Board, Legal]`.
func (r Rule) String() string {
	if r.Op == OpIn || r.Op == OpNotIn {
		return fmt.Sprintf("%s %s [%s]", r.Field, r.Op, strings.Join(r.Values, ", "))
	}
	return fmt.Sprintf("%s %s %s", r.Field, r.Op, strings.Join(r.Values, ", "))
}

// Predicate returns the rule as a function of a readable value, "" for blank. known is false when the
// value cannot be judged (before and after on something that is no date): the employee is then held,
// neither in nor out. Text is compared without regard to case and spaces, the employment status with
// SameStatus. is_true accepts 1, true, t, yes, y and on; everything else, blank included, is no
// (bamboohr-api §3.6). A blank value is in no list, and neither before nor after a date.
func (r Rule) Predicate() (func(value string) (holds, known bool), error) {
	if err := r.check(); err != nil {
		return nil, err
	}
	key := textKey
	if r.Field == aliasEmployment {
		key = StatusKey
	}
	switch r.Op {
	case OpIn, OpIs:
		return always(oneOfValues(r.Values, key)), nil
	case OpNotIn, OpIsNot:
		in := oneOfValues(r.Values, key)
		return always(func(v string) bool { return !in(v) }), nil
	case OpIsTrue:
		return always(func(v string) bool { return truthy(v) == (r.Values[0] == "true") }), nil
	case OpIsBlank:
		return always(func(v string) bool { return (strings.TrimSpace(v) == "") == (r.Values[0] == "true") }), nil
	case OpMatches:
		return always(regexp.MustCompile(r.Values[0]).MatchString), nil
	default:
		return r.dated(), nil
	}
}

func (r Rule) dated() func(string) (holds, known bool) {
	return func(v string) (bool, bool) {
		if strings.TrimSpace(v) == "" {
			return false, true
		}
		day, _, _ := strings.Cut(v, "T")
		if !isDate(day) {
			return false, false
		}
		if r.Op == OpBefore {
			return day < r.Values[0], true
		}
		return day > r.Values[0], true
	}
}

// check says what is wrong with the rule's values.
func (r Rule) check() error {
	if !slices.Contains(operators(), r.Op) {
		return fmt.Errorf("%q is not an operator; use %s", r.Op, oneOf(operators()))
	}
	if len(r.Values) == 0 {
		return fmt.Errorf("%s names no value and would match nobody; name at least one, or remove the rule", r.Op)
	}
	if r.Op != OpIn && r.Op != OpNotIn && len(r.Values) != 1 {
		return fmt.Errorf("%s takes one value; use %s or %s for several", r.Op, OpIn, OpNotIn)
	}
	switch v := r.Values[0]; r.Op {
	case OpIsTrue, OpIsBlank:
		if v != "true" && v != "false" {
			return fmt.Errorf("%s takes true or false, not %q", r.Op, v)
		}
	case OpBefore, OpAfter:
		if !isDate(v) {
			return fmt.Errorf("%q is not a date; write it as YYYY-MM-DD", v)
		}
	case OpMatches:
		return checkPattern(v)
	}
	return nil
}

func checkPattern(pattern string) error {
	if len(pattern) > maxPattern {
		return fmt.Errorf("the pattern has %d bytes, at most %d are allowed; shorten it or use %s", len(pattern), maxPattern, OpIn)
	}
	if _, err := regexp.Compile(pattern); err != nil {
		return fmt.Errorf("the pattern cannot be read (%s); write an RE2 expression such as ^Sales", strings.TrimPrefix(err.Error(), "error parsing regexp: "))
	}
	return nil
}

func always(f func(string) bool) func(string) (bool, bool) {
	return func(v string) (bool, bool) { return f(v), true }
}

func oneOfValues(values []string, key func(string) string) func(string) bool {
	keys := make(map[string]bool, len(values))
	for _, v := range values {
		keys[key(v)] = true
	}
	return func(v string) bool { return keys[key(v)] }
}

func truthy(v string) bool {
	switch strings.ToLower(strings.TrimSpace(v)) {
	case "1", "true", "t", "yes", "y", "on":
		return true
	}
	return false
}

func isDate(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return err == nil
}
