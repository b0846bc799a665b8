package note_test

import (
	"testing"
	"time"

	"github.com/rollcall-hr/rollcall/internal/connection/note"
	"github.com/rollcall-hr/rollcall/policy"
)

func TestSchedule(t *testing.T) {
	for want, s := range map[string]policy.Schedule{
		"daily at 03:00":                    {Daily: "03:00"},
		"Mondays at 07:30":                  {Weekly: "mon 07:30"},
		"every hour":                        {Every: time.Hour},
		"every 90 minutes":                  {Every: 90 * time.Minute},
		"every 2 days":                      {Every: 48 * time.Hour},
		"at the cron times 0 3 * * mon,thu": {Cron: "0 3 * * mon,thu"},
	} {
		if got := note.Schedule(s); got != want {
			t.Errorf("%+v: %q, want %q", s, got, want)
		}
	}
}

func TestOf(t *testing.T) {
	base, faults := policy.ParseSettings([]byte("bamboohr: { subdomain: acme }"))
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	for patch, want := range map[string]string{
		"{}":                       "",
		"schedule: { every: 3h }":  "schedule: daily at 03:00 → every 3 hours",
		"mapping: { phone: null }": "mapping.phone: from workPhone, authority overwrite, clear_when_blank yes → none",
		"notify: { errors: [a@x.test, b@x.test] }": "notify.errors: none → a@x.test; b@x.test",
		"changes: { every: 15m }":                  "changes: off → every 15 minutes",
		"changes: { every: 1h, webhook: true }":    "changes: off → every hour and when BambooHR tells of one",
		"pictures: true\nmatch: [work_email]":      "match: employee_number; work_email → work_email\npictures: no → yes",
		"guard: { deactivate: { people: 9 } }":     "guard.deactivate.people: 5 → 9",
	} {
		p, faults := policy.Patch(base, []byte(patch))
		if len(faults) > 0 {
			t.Fatal(patch, faults)
		}
		if got := note.Of(base, p); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", patch, got, want)
		}
	}
}
