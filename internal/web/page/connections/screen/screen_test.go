package screen

import (
	"testing"
	"time"
)

func TestWho(t *testing.T) {
	names := map[string]string{"p_1": "Ann"}
	for actor, want := range map[string]string{"": "somebody unknown", "p_1": "Ann", "p_2": "person p_2", "cli:ann": "ann at the command line"} {
		if got := Who(actor, names); got != want {
			t.Errorf("%q is %q", actor, got)
		}
	}
}

// A last day is over at the midnight after it, there where the connection is.
func TestLastDay(t *testing.T) {
	zone := Zone("Europe/Amsterdam")
	if got, err := LastDay("2026-03-29", zone); err != nil || !got.Equal(time.Date(2026, 3, 29, 22, 0, 0, 0, time.UTC)) {
		t.Errorf("ends at %s, %v", got, err)
	}
	if got, err := LastDay("", zone); err != nil || !got.IsZero() {
		t.Errorf("no day ends at %s, %v", got, err)
	}
	_, err := LastDay("soon", zone)
	if wrong, ok := Errors(err, "until"); !ok || wrong["until"] == "" {
		t.Errorf("%v stands nowhere", err)
	}
	if Zone("Local") != time.UTC || Zone("Nowhere/There") != time.UTC {
		t.Error("a zone that is none is not UTC")
	}
}

func TestPath(t *testing.T) {
	if got := Path("a/b", "holds", "h_1"); got != "/connections/a%2Fb/holds/h_1" {
		t.Errorf("leads to %s", got)
	}
}
