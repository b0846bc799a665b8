package store

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-hr/rollcall/internal/store/internal/sqldb"
	"github.com/rollcall-hr/rollcall/syncrun"
)

func TestMeasures(t *testing.T) {
	db := openTest(t)
	s, other := db.Org("acme"), db.Org("other")
	ended := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	for _, o := range []*Store{s, other} {
		for _, name := range []string{"Beta", "Acme"} {
			if _, err := o.EnsureConnection(t.Context(), name); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := s.write(t.Context(), func(t tx) error {
		for i, r := range []struct {
			outcome syncrun.Outcome
			after   time.Duration
		}{{syncrun.OutcomeApplied, 0}, {syncrun.OutcomeNoOp, time.Hour}, {syncrun.OutcomeNoOp, time.Minute}, {syncrun.OutcomeFailed, 2 * time.Hour}, {"", 0}} {
			if _, err := t.exec(`insert into runs (org, id, connection, name, cause, actor, outcome, started_at, finished_at, counts, kind_counts, released, revision, requests, rows_written, errors)
				select $1, $2, no, '', '', '', $3, 0, $4, '{}', '{}', 0, '', 0, 0, '[]' from connections where org = $1 and name = 'Acme'`,
				t.org, string(rune('a'+i)), string(r.outcome), ended.Add(r.after)); err != nil {
				return err
			}
		}
		for i, state := range []string{"queued", "queued", "gave_up", "sent"} {
			if _, err := t.exec(`insert into outbox (org, id, key, kind, state, recipient, content, not_before, next_at, claimed_until, useless_at, attempts, first_try, created_at, done_at, problem)
				values ($1, $2, $2, 'x', $3, '', '{}', 0, 0, 0, 0, 0, 0, 0, 0, '')`, t.org, string(rune('a'+i)), state); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	got, err := s.Measures(t.Context())
	if err != nil || len(got.Connections) != 2 {
		t.Fatalf("%+v, %v", got, err)
	}
	want := Measures{Jobs: map[string]int{}, Mails: map[string]int{"queued": 2, "gave_up": 1}, Connections: []ConnectionMeasures{
		{ID: got.Connections[0].ID, Name: "Acme", Succeeded: ended.Add(time.Hour),
			Runs: map[syncrun.Outcome]int{syncrun.OutcomeApplied: 1, syncrun.OutcomeNoOp: 2, syncrun.OutcomeFailed: 1}},
		{ID: got.Connections[1].ID, Name: "Beta", Succeeded: sqldb.Instant(0), Runs: map[syncrun.Outcome]int{}}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("measures (-want +got):\n%s", diff)
	}
	if got, err := other.Measures(t.Context()); err != nil || len(got.Mails) != 0 || len(got.Connections) != 2 || len(got.Connections[0].Runs) != 0 {
		t.Errorf("another organisation's: %+v, %v", got, err)
	}
}
