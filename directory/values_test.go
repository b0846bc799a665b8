package directory_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/rollcall-hr/rollcall/directory"
)

func TestStandardFieldsAndSlotsAgree(t *testing.T) {
	for i, f := range directory.Standard() {
		if f.Slot() != i {
			t.Errorf("%s has slot %d, want %d", f, f.Slot(), i)
		}
	}
	for _, f := range []directory.Field{"", "budgets.learning", "custom.shirt", "photo"} {
		if f.Slot() != -1 {
			t.Errorf("%q has slot %d, want -1", f, f.Slot())
		}
	}
}

func TestFieldKind(t *testing.T) {
	tests := map[directory.Field]directory.Kind{
		directory.Email: directory.KindText, directory.Teams: directory.KindList, directory.Manager: directory.KindPerson,
		directory.Birthday: directory.KindDate, "budgets.learning": directory.KindMoney, "custom.shirt": directory.KindText,
	}
	for f, want := range tests {
		if got := f.Kind(); got != want {
			t.Errorf("%s: kind %s, want %s", f, got, want)
		}
	}
}

// Values behaves like a map whose blank entries do not exist, and a copy does not change with its
// original.
func TestValuesBehaveLikeAMap(t *testing.T) {
	fields := append([]directory.Field{"budgets.a", "budgets.b", "custom.x", "custom.y"}, directory.Email, directory.Teams)
	rapid.Check(t, func(t *rapid.T) {
		var v, before directory.Values
		model := map[directory.Field]string{}
		for range rapid.IntRange(0, 20).Draw(t, "steps") {
			f := rapid.SampledFrom(fields).Draw(t, "field")
			text := rapid.SampledFrom([]string{"", "1", "2"}).Draw(t, "text")
			before = v
			old := before.Get(f)
			v.Set(f, directory.KindText, text)
			if before.Get(f) != old {
				t.Fatalf("setting %s changed the copy taken before", f)
			}
			model[f] = text
		}
		for _, f := range fields {
			if v.Get(f) != model[f] {
				t.Fatalf("%s is %q, want %q", f, v.Get(f), model[f])
			}
		}
		for i, x := range v.Extras() {
			if x.Text == "" || (i > 0 && v.Extras()[i-1].Field >= x.Field) {
				t.Fatalf("extras are not sorted and set: %v", v.Extras())
			}
		}
	})
}

func TestValuesKindOf(t *testing.T) {
	var v directory.Values
	v.Set("custom.size", directory.KindNumber, "7")
	if got := v.KindOf("custom.size"); got != directory.KindNumber {
		t.Errorf("kind %s, want number", got)
	}
	if got := v.KindOf("budgets.x"); got != directory.KindMoney {
		t.Errorf("kind %s, want money", got)
	}
}

func TestLists(t *testing.T) {
	for _, items := range [][]string{nil, {"a"}, {"a, b", "c"}} {
		var v directory.Values
		v.Set(directory.Teams, directory.KindList, directory.JoinList(items))
		if diff := cmp.Diff(items, v.List(directory.Teams)); diff != "" {
			t.Errorf("list (-want +got):\n%s", diff)
		}
	}
}

func TestHoldActive(t *testing.T) {
	end := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	if h := (directory.Hold{Until: end}); !h.Active(end.Add(-1)) || h.Active(end) {
		t.Error("a hold is in force before its end, and no longer at it")
	}
	if h := (directory.Hold{}); !h.Active(end) {
		t.Error("a hold without end is in force")
	}
}

func TestRolePrivileged(t *testing.T) {
	for r, want := range map[directory.Role]bool{
		directory.RoleOwner: true, directory.RoleAdmin: true, directory.RoleOperator: false,
		directory.RoleAuditor: false, directory.RoleMember: false, "": false,
	} {
		if r.Privileged() != want {
			t.Errorf("role %q: privileged %v, want %v", r, !want, want)
		}
	}
}
