package policy

import (
	"strings"
	"testing"
)

func TestPredicate(t *testing.T) {
	tests := []struct {
		rule    string
		value   string
		holds   bool
		unknown bool
	}{
		{"department in [Sales, R&D]", "r&d", true, false},
		{"department in [Sales, R&D]", "  Sales ", true, false},
		{"department in [Sales, R&D]", "Sales  Ops", false, false},
		{"department in [Sales, R&D]", "", false, false},
		{"department not_in [Sales]", "", true, false},
		{"department not_in [Sales]", "SALES", false, false},
		{"employmentHistoryStatus is Full Time", "Full-Time", true, false},
		{"department is Full Time", "Full-Time", false, false},
		{"city is_not Utrecht", "Delft", true, false},
		{"name:alleo_access is_true true", "1", true, false},
		{"name:alleo_access is_true true", "Yes", true, false},
		{"name:alleo_access is_true true", "0", false, false},
		{"name:alleo_access is_true true", "", false, false},
		{"name:alleo_access is_true false", "", true, false},
		{"city is_blank true", " ", true, false},
		{"city is_blank false", "Delft", true, false},
		{"hireDate before 2026-01-01", "2025-12-31", true, false},
		{"hireDate before 2026-01-01", "2026-01-01", false, false},
		{"hireDate after 2026-01-01", "2026-01-02T00:00:00+00:00", true, false},
		{"hireDate after 2026-01-01", "", false, false},
		{"hireDate after 2026-01-01", "31/12/2027", false, true},
		{"hireDate after 2026-01-01", "2027-02-30", false, true},
		{"jobTitle matches ^Sales", "Sales Lead", true, false},
		{"jobTitle matches ^Sales", "Head of Sales", false, false},
	}
	for _, test := range tests {
		r := parseRule(test.rule)
		if r.String() != test.rule {
			t.Errorf("String gives %q for %q", r, test.rule)
		}
		f, err := r.Predicate()
		if err != nil {
			t.Fatal(err)
		}
		if holds, known := f(test.value); holds != test.holds || known == test.unknown {
			t.Errorf("%s on %q: got %v, known %v", test.rule, test.value, holds, known)
		}
	}
}

// parseRule is String backwards.
func parseRule(text string) Rule {
	for _, op := range operators() {
		field, values, found := strings.Cut(text, " "+string(op)+" ")
		if !found {
			continue
		}
		if list, ok := strings.CutPrefix(values, "["); ok {
			return Rule{SourceField(field), op, strings.Split(strings.TrimSuffix(list, "]"), ", ")}
		}
		return Rule{SourceField(field), op, []string{values}}
	}
	return Rule{}
}

func TestPredicateRefusesUnusableRules(t *testing.T) {
	for _, r := range []Rule{
		{"city", OpIn, nil},
		{"city", OpIs, []string{"a", "b"}},
		{"city", OpIsTrue, []string{"maybe"}},
		{"city", OpAfter, []string{"2026-2-1"}},
		{"city", OpMatches, []string{strings.Repeat("a", maxPattern+1)}},
		{"city", "like", []string{"a"}},
	} {
		if _, err := r.Predicate(); err == nil {
			t.Errorf("%v: no error", r)
		}
	}
}

func TestSameStatus(t *testing.T) {
	same := [][2]string{{"Full Time", "Full-Time"}, {"FULL–TIME", "fulltime"}, {"Paid LOA", "paid loa "}, {"", " "}}
	for _, pair := range same {
		if !SameStatus(pair[0], pair[1]) {
			t.Errorf("%q and %q must be the same", pair[0], pair[1])
		}
	}
	if SameStatus("LOA", "Paid LOA") || SameStatus("Part-Time", "Full-Time") {
		t.Error("different statuses must differ")
	}
}

func TestZones(t *testing.T) {
	c := Defaults()
	c.TimeZone = "America/New_York"
	c.LocationZones = map[string]string{"Utrecht": "Europe/Amsterdam", "São  Paulo": "America/Sao_Paulo"}
	z := c.Zones()
	for _, test := range []struct {
		locations []string
		want      string
	}{
		{[]string{" utrecht"}, "Europe/Amsterdam"},
		{[]string{"", "são paulo"}, "America/Sao_Paulo"},
		{[]string{"Boston", "Utrecht"}, "Europe/Amsterdam"},
		{[]string{"Boston"}, "America/New_York"},
		{nil, "America/New_York"},
	} {
		if got := z.Of(test.locations...).String(); got != test.want {
			t.Errorf("%q: got %s, want %s", test.locations, got, test.want)
		}
	}
	if z.Connection().String() != "America/New_York" {
		t.Error(z.Connection())
	}
}
