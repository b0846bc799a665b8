package words_test

import (
	"testing"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/web/words"
	"github.com/rollcall-hr/rollcall/plan"
)

func TestField(t *testing.T) {
	for field, want := range map[directory.Field]string{"": "", directory.EmployeeID: "Employee number", directory.Email: "E-mail", "job_title": "Job title",
		"budgets.gym": "Budget gym", "custom.t_shirt": "T shirt", "custom.état": "État"} {
		if got := words.Field(field); got != want {
			t.Errorf("%q is called %q, want %q", field, got, want)
		}
	}
}

func TestValue(t *testing.T) {
	for _, x := range []struct {
		kind       directory.Kind
		text, want string
	}{{directory.KindText, "a\nb", "a\nb"}, {directory.KindList, "", ""}, {directory.KindList, directory.JoinList([]string{"Red", "Blue"}), "Red, Blue"}, {directory.KindBoolean, "true", "yes"},
		{directory.KindBoolean, "false", "no"}, {directory.KindBoolean, "", ""}} {
		if got := words.Value(x.kind, x.text); got != x.want {
			t.Errorf("%q is shown as %q, want %q", x.text, got, x.want)
		}
	}
}

// Somebody has a name as long as anything is known.
func TestName(t *testing.T) {
	p := directory.Person{ID: "p_1"}
	for _, x := range []struct {
		field      directory.Field
		text, want string
	}{{"", "", "p_1"}, {directory.Email, "ann@acme.test", "ann@acme.test"}, {directory.LastName, "Lee", "Lee"}, {directory.FirstName, "Ann", "Ann Lee"},
		{directory.DisplayName, "Dr Lee", "Dr Lee"}} {
		if x.field != "" {
			p.Values.Set(x.field, directory.KindText, x.text)
		}
		if got := words.Name(&p); got != x.want {
			t.Errorf("the name is %q, want %q", got, x.want)
		}
	}
}

func TestReason(t *testing.T) {
	for reason, want := range map[plan.Reason]string{"": "", plan.NoEmail: "No work e-mail", plan.Undone: "Undo", "some_new_one": "Some new one"} {
		if got := words.Reason(reason); got != want {
			t.Errorf("%q is worded %q, want %q", reason, got, want)
		}
	}
}

func TestReword(t *testing.T) {
	for text, want := range map[string]string{
		`make a plan with "rollcall plan", then ask again`:   "make a preview, then ask again",
		`end the freeze with "rollcall freeze end freeze_1"`: "end the freeze on the page Holds of the connection",
		`or "rollcall freeze end freeze_1"`:                  "or end it on the page Holds of the connection",
	} {
		if got := words.Reword(text, nil); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}
