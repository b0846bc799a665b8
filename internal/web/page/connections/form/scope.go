package form

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/rollcall-hr/rollcall/policy"
)

// RuleLists are the two lists of rules.
func RuleLists() []string { return []string{"include", "exclude"} }

// RuleRow is one rule of the form. Its index counts rows of the form, Place those that say something.
type RuleRow struct {
	List              string
	Index             int
	Field, Op, Values string // Values: one a line
	Place             string // in settings, e.g. scope.include[0]; "" for an empty row
}

// ID is the id of one of the row's inputs: field, op, values; or of what is told about it: live.
func (r RuleRow) ID(part string) string { return fmt.Sprintf("f-%s-%d-%s", r.List, r.Index, part) }

// Empty tells a row that says nothing.
func (r RuleRow) Empty() bool { return r.Field == "" && r.Values == "" }

// ScopeValues writes scope, lifecycle and matching as the form shows them.
func ScopeValues(c policy.Connection) url.Values {
	v := url.Values{}
	for list, rules := range map[string][]policy.Rule{"include": c.Scope.Include, "exclude": c.Scope.Exclude} {
		for _, r := range rules {
			AddRule(v, list, string(r.Field), string(r.Op), strings.Join(r.Values, "\n"))
		}
	}
	for _, s := range c.Scope.BlockStatuses {
		v.Add("scope.block_statuses", s)
	}
	v.Set("scope.no_status", string(c.Scope.NoStatus))
	for _, sig := range policy.Signals() {
		v.Set(SignalPlace(sig)+".action", string(c.Lifecycle.Leaving[sig].Action))
		v.Set(SignalPlace(sig)+".grace_days", strconv.Itoa(c.Lifecycle.Leaving[sig].GraceDays))
	}
	v.Set("lifecycle.combine", string(c.Lifecycle.Combine))
	v.Set("lifecycle.missing", string(c.Lifecycle.Missing))
	v.Set("lifecycle.initial", string(c.Lifecycle.Initial))
	v.Set("lifecycle.pre_hire_days", strconv.Itoa(c.Lifecycle.PreHireDays))
	v.Set("lifecycle.manual_deactivation", string(c.Lifecycle.ManualDeactivation))
	for _, k := range c.Match {
		v.Add("match", string(k))
	}
	v.Set("match_mode", string(c.MatchMode))
	return v
}

// SignalPlace is where a leaving signal stands in settings.
func SignalPlace(sig policy.Signal) string { return "lifecycle.leaving." + string(sig) }

// AddRule adds a row to a list; values are one a line.
func AddRule(v url.Values, list, field, op, values string) {
	v.Add(list+".field", field)
	v.Add(list+".op", op)
	v.Add(list+".values", values)
}

// RuleRows reads the rows of a list.
func RuleRows(v url.Values, list string) []RuleRow {
	var out []RuleRow
	said := 0
	for i, field := range v[list+".field"] {
		r := RuleRow{List: list, Index: i, Field: field, Op: At(v[list+".op"], i), Values: At(v[list+".values"], i)}
		if !r.Empty() {
			r.Place = fmt.Sprintf("scope.%s[%d]", list, said)
			said++
		}
		out = append(out, r)
	}
	return out
}

// ScopePatch turns the form into a patch.
func ScopePatch(v url.Values) Document {
	scope := Document{"no_status": v.Get("scope.no_status"), "block_statuses": Blocked(v)}
	for _, list := range RuleLists() {
		rules := []Document{}
		for _, r := range RuleRows(v, list) {
			if !r.Empty() {
				rules = append(rules, rulePatch(r))
			}
		}
		scope[list] = rules
	}
	leaving := Document{}
	for _, sig := range policy.Signals() {
		leave := Document{"grace_days": whole(v.Get(SignalPlace(sig) + ".grace_days"))}
		if sig != policy.SignalMissing {
			leave["action"] = v.Get(SignalPlace(sig) + ".action")
		}
		leaving[string(sig)] = leave
	}
	match := []string{}
	for _, k := range v["match"] {
		if k != "" {
			match = append(match, k)
		}
	}
	return Document{"scope": scope, "match": match, "match_mode": v.Get("match_mode"), "lifecycle": Document{
		"leaving": leaving, "combine": v.Get("lifecycle.combine"), "missing": v.Get("lifecycle.missing"), "initial": v.Get("lifecycle.initial"),
		"pre_hire_days": whole(v.Get("lifecycle.pre_hire_days")), "manual_deactivation": v.Get("lifecycle.manual_deactivation")}}
}

// Blocked are the statuses that are ticked, and those that were typed.
func Blocked(v url.Values) []string {
	out := []string{}
	for _, s := range append(slices.Clone(v["scope.block_statuses"]), Lines(v.Get("scope.more_statuses"))...) {
		if s != "" && !slices.ContainsFunc(out, func(have string) bool { return policy.SameStatus(have, s) }) {
			out = append(out, s)
		}
	}
	return out
}

func rulePatch(r RuleRow) Document {
	out := Document{"field": r.Field}
	values := Lines(r.Values)
	switch op := policy.Operator(r.Op); op {
	case policy.OpIn, policy.OpNotIn:
		out[r.Op] = values
	case policy.OpIsTrue, policy.OpIsBlank: // without a value it is yes
		out[r.Op] = "true"
		if len(values) > 0 {
			out[r.Op] = truth(values[0])
		}
	default:
		out[r.Op] = strings.Join(values, "\n")
	}
	return out
}

// truth takes the words that people write for yes and no.
func truth(s string) string {
	switch strings.ToLower(s) {
	case "yes", "true":
		return "true"
	case "no", "false":
		return "false"
	}
	return s
}

// ScopeFields are the fields of the form that faults may name.
func ScopeFields(v url.Values) []string {
	var out []string
	for _, list := range RuleLists() {
		for _, r := range RuleRows(v, list) {
			if r.Place != "" {
				out = append(out, r.Place)
			}
		}
	}
	out = append(out, "scope.block_statuses", "scope.no_status")
	for _, sig := range policy.Signals() {
		out = append(out, SignalPlace(sig)+".action", SignalPlace(sig)+".grace_days")
	}
	return append(out, "lifecycle.missing", "lifecycle.combine", "lifecycle.initial", "lifecycle.pre_hire_days",
		"lifecycle.manual_deactivation", "match", "match_mode")
}

// RemoveRule takes the i-th row out of a list.
func RemoveRule(v url.Values, list string, i int) {
	for _, part := range []string{".field", ".op", ".values"} {
		if values := v[list+part]; i >= 0 && i < len(values) {
			v[list+part] = slices.Delete(slices.Clone(values), i, i+1)
		}
	}
}
