package policy

import (
	"slices"
	"strings"
)

// Target is a field of the directory that a mapping can fill.
type Target struct {
	Name           string // e.g. first_name; "budgets.NAME" and "custom.NAME" exist beside the table
	Kind           Kind
	ClearWhenBlank bool        // whether a blank source value clears it unless the rule says otherwise
	Alias          SourceField // where it usually comes from
}

// The prefixes of targets that an organisation names itself.
const (
	BudgetPrefix = "budgets."
	CustomPrefix = "custom."
)

// maxOwnName is how long the name of a budget or custom field may be.
const maxOwnName = 50

func isOwnName(s string) bool { return len(s) <= maxOwnName && isWord(s, letters) }

// Targets returns the standard fields in the order in which people read them (product, "Mapping").
// Kind and the clearing default are product decisions; the aliases are those of bamboohr-api §2.6.
func Targets() []Target {
	return []Target{
		{"employee_id", KindText, false, "employeeNumber"},
		{"email", KindEmail, false, "workEmail"},
		{"first_name", KindText, false, "firstName"},
		{"last_name", KindText, false, "lastName"},
		{"preferred_name", KindText, true, "preferredName"},
		{"display_name", KindText, false, "displayName"},
		{"job_title", KindText, false, "jobTitle"},
		{"department", KindText, false, "department"},
		{"division", KindText, true, "division"},
		{"location", KindText, false, "location"},
		{"teams", KindList, true, "teams"},
		{"manager", KindManager, true, aliasSupervisorEID},
		{"phone", KindText, true, "workPhone"},
		{"gender", KindText, false, "gender"},
		{"birthday", KindDate, false, "dateOfBirth"},
		{"hire_date", KindDate, false, aliasHireDate},
		{"original_hire_date", KindDate, false, "originalHireDate"},
		{"deactivation_date", KindDate, true, aliasTerminationDate},
		{"photo", KindPhoto, false, "photoUrl"},
	}
}

// FindTarget returns the target with that name, also for budgets and custom fields (whose Kind is
// text until a rule says otherwise).
func FindTarget(name string) (Target, bool) {
	if own, ok := strings.CutPrefix(name, BudgetPrefix); ok {
		return Target{Name: name, Kind: KindMoney}, isOwnName(own)
	}
	if own, ok := strings.CutPrefix(name, CustomPrefix); ok {
		return Target{Name: name, Kind: KindText}, isOwnName(own)
	}
	all := Targets()
	i := slices.IndexFunc(all, func(t Target) bool { return t.Name == name })
	if i < 0 {
		return Target{}, false
	}
	return all[i], true
}

// Kind returns the kind of value that the rule produces.
func (r FieldRule) Kind() Kind {
	if r.Type != "" {
		return r.Type
	}
	t, _ := FindTarget(r.Target)
	return t.Kind
}

// Rule returns the mapping's rule for a target.
func (c Connection) Rule(target string) (FieldRule, bool) {
	i, ok := slices.BinarySearchFunc(c.Mapping, target, byTarget)
	if !ok {
		return FieldRule{}, false
	}
	return c.Mapping[i], true
}

func byTarget(r FieldRule, target string) int { return strings.Compare(r.Target, target) }

// newRule is a rule that says nothing yet, with the defaults of its target.
func newRule(target string) FieldRule {
	t, _ := FindTarget(target)
	r := FieldRule{Target: target, Authority: AuthorityOverwrite, ClearWhenBlank: t.ClearWhenBlank}
	if strings.HasPrefix(target, CustomPrefix) {
		r.Type = KindText
	}
	return r
}

// customTypes are the kinds a custom field may have (product, "Mapping").
func customTypes() []Kind { return []Kind{KindText, KindNumber, KindDate, KindBoolean, KindList} }
