package directory_test

import (
	"testing"

	"github.com/rollcall-hr/rollcall/directory"
)

// Whoever was provisioned is not billed, nor is whoever was deactivated (promise AY14).
func TestSeats(t *testing.T) {
	for status, want := range map[directory.Status]int{"": 0, directory.Provisioned: 0, directory.Active: 1, directory.Deactivated: 0} {
		if got := status.Seats(); got != want {
			t.Errorf("%q takes %d seats, want %d", status, got, want)
		}
	}
}

// Somebody is called by the best that is known of them; a single name stands without a space.
func TestPersonName(t *testing.T) {
	var p directory.Person
	for _, x := range []struct {
		field      directory.Field
		text, want string
	}{{"", "", ""}, {directory.Email, "ann@acme.test", "ann@acme.test"}, {directory.FirstName, "Ann", "Ann"}, {directory.LastName, "Lee", "Ann Lee"},
		{directory.DisplayName, "Dr Lee", "Dr Lee"}} {
		if x.field != "" {
			p.Values.Set(x.field, directory.KindText, x.text)
		}
		if got := p.Name(); got != x.want {
			t.Errorf("with %s the name is %q, want %q", x.field, got, x.want)
		}
	}
}
