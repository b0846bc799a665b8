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
