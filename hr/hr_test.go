package hr_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/rollcall-hr/rollcall/hr"
)

// Three values, never two: the zero Value must be the one that changes nothing (promise SI39).
func TestValueStates(t *testing.T) {
	tests := []struct {
		name  string
		value hr.Value
		state hr.State
		text  string
		word  string
	}{
		{"zero", hr.Value{}, hr.Unreadable, "", "unreadable"},
		{"hidden", hr.Hidden(), hr.Unreadable, "", "unreadable"},
		{"empty", hr.Empty(), hr.Blank, "", "blank"},
		{"empty text", hr.Text(""), hr.Blank, "", "blank"},
		{"text", hr.Text("Ann"), hr.Set, "Ann", "set"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v := tt.value
			if v.State() != tt.state || v.Text() != tt.text || v.State().String() != tt.word {
				t.Errorf("got %s %q, want %s %q", v.State(), v.Text(), tt.word, tt.text)
			}
			if v.IsSet() != (tt.state == hr.Set) || v.IsBlank() != (tt.state == hr.Blank) || v.IsUnreadable() != (tt.state == hr.Unreadable) {
				t.Error("exactly one of IsSet, IsBlank and IsUnreadable holds")
			}
		})
	}
}

func TestSchema(t *testing.T) {
	s := hr.NewSchema("id", "status", "id", "hireDate")
	if diff := cmp.Diff([]string{"id", "status", "hireDate"}, s.Names()); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
	if i, ok := s.Slot("hireDate"); i != 2 || !ok || s.Len() != 3 {
		t.Errorf("slot %d %v of %d, want 2 true of 3", i, ok, s.Len())
	}
	if _, ok := s.Slot("workEmail"); ok {
		t.Error("a field that was not asked for has no slot")
	}
}

func TestCoverageKeepsBitsApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		slots := rapid.SliceOfDistinct(rapid.IntRange(0, hr.MaxTrackedFields-1), rapid.ID[int]).Draw(t, "slots")
		active, inactive := rapid.Bool().Draw(t, "active"), rapid.Bool().Draw(t, "inactive")
		var c hr.Coverage
		has := map[int]bool{}
		for _, i := range slots {
			c, has[i] = c.With(i), true
		}
		if active {
			c = c.WithActive()
		}
		if inactive {
			c = c.WithInactive()
		}
		for i := range hr.MaxTrackedFields {
			if c.Has(i) != has[i] {
				t.Fatalf("slot %d: %v, want %v", i, c.Has(i), has[i])
			}
		}
		if c.Active() != active || c.Inactive() != inactive {
			t.Fatalf("status %v %v, want %v %v", c.Active(), c.Inactive(), active, inactive)
		}
	})
}

func TestFingerprintIsZero(t *testing.T) {
	if !(hr.Fingerprint{}).IsZero() || (hr.Fingerprint{15: 1}).IsZero() {
		t.Error("only the zero fingerprint is zero")
	}
}
