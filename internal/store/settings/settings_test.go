package settings_test

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/store"
	"github.com/rollcall-hr/rollcall/source"
	"github.com/rollcall-hr/rollcall/syncrun"
)

func open(t *testing.T) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "data"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

var errChange = errors.New("no")

// TestRecord: everything that is set comes back as it was, and an error writes nothing.
func TestRecord(t *testing.T) {
	org := open(t).Org("a")
	s, ctx := org.Settings(), t.Context()
	row, err := org.EnsureConnection(ctx, "Acme HR")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	blank := 12.5
	want := connection.Record{ID: row.ID, Name: "Renamed", State: connection.Paused, Origin: connection.FromWeb, Failures: 2, CreatedAt: now,
		Version: connection.Version{Number: 1, At: now, Actor: "p_1", Note: "set up", Revision: "r1", YAML: "connection: {}"},
		Key:     &connection.SealedKey{Sealed: "v1.k.x", KeyHint: connection.KeyHint{Last4: "beef", Fingerprint: "01234567", SetAt: now, SetBy: "p_1"}},
		Check: &connection.Check{At: now, Report: source.Report{OK: true, Employees: source.Headcount{Total: 3, Active: 2, Inactive: 1}, Reader: "report",
			Fields: []source.FieldReport{{Name: "email", From: "workEmail", Readable: true, BlankPercent: &blank}}, Warnings: []string{"w"}, Recipe: []string{"r"}}},
		Passed: now.Add(-time.Hour), Previewed: now.Add(time.Minute),
		Approved: &connection.ApprovedVersion{Approval: connection.Approval{By: "p_2", At: now}, Version: 1, Revision: "r1"},
		Pause:    &connection.Pause{By: "p_1", Reason: "review", At: now, Until: now.Add(time.Hour)}}
	change := func(to connection.Record, err error) (connection.Record, error) {
		return s.Change(ctx, row.ID, "p_1", now, func(r *connection.Record) ([]connection.Event, error) {
			*r = to
			return []connection.Event{{Name: "settings_saved"}}, err
		})
	}
	if _, err := change(want, nil); err != nil {
		t.Fatal(err)
	}
	got, err := s.Connection(ctx, row.ID)
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	bare := connection.Record{ID: row.ID, Name: "Bare", State: connection.Draft, Origin: connection.FromWeb, Version: want.Version}
	if _, err := change(bare, errChange); !errors.Is(err, errChange) {
		t.Errorf("got %v", err)
	}
	if got, err = s.Connection(ctx, row.ID); err != nil || !cmp.Equal(want, got) {
		t.Error("a change that failed was written")
	}
	if _, err := change(bare, nil); err != nil {
		t.Fatal(err)
	}
	if got, err = s.Connection(ctx, row.ID); err != nil || !cmp.Equal(bare, got) {
		t.Errorf("%v: %s", err, cmp.Diff(bare, got))
	}
	if vs, err := s.Versions(ctx, row.ID); err != nil || !cmp.Equal(vs, []connection.Version{want.Version}) {
		t.Errorf("versions %+v, %v", vs, err)
	}
	if _, err := org.EnsureConnection(ctx, "Taken"); err != nil {
		t.Fatal(err)
	}
	bare.Name = "Taken"
	_, err = change(bare, nil)
	if taken, ok := errors.AsType[*connection.NameError](err); !ok || taken.Name != "Taken" {
		t.Errorf("got %v", err)
	}
}

// TestForeign: another organisation sees and changes nothing.
func TestForeign(t *testing.T) {
	db := open(t)
	ctx := t.Context()
	row, err := db.Org("a").EnsureConnection(ctx, "Acme HR")
	if err != nil {
		t.Fatal(err)
	}
	s := db.Org("b").Settings()
	if all, err := s.Connections(ctx); err != nil || len(all) != 0 {
		t.Errorf("%d connections, %v", len(all), err)
	}
	_, errRead := s.Connection(ctx, row.ID)
	_, errRow := s.Row(ctx, row.ID)
	_, errVersions := s.Versions(ctx, row.ID)
	_, errChange := s.Change(ctx, row.ID, "p", time.Now(), func(*connection.Record) ([]connection.Event, error) { return nil, nil })
	for _, err := range []error{errRead, errRow, errVersions, errChange, s.Delete(ctx, syncrun.Lease{Connection: row.ID}, "p", time.Now())} {
		if !errors.Is(err, directory.ErrNotFound) {
			t.Errorf("got %v", err)
		}
	}
}

// TestDeleteNeedsTheLease: a connection on which somebody works is not taken away.
func TestDeleteNeedsTheLease(t *testing.T) {
	org := open(t).Org("a")
	ctx := t.Context()
	row, err := org.EnsureConnection(ctx, "Acme HR")
	if err != nil {
		t.Fatal(err)
	}
	l, err := org.Acquire(ctx, row.ID, "run_1", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	late := l
	late.Fence--
	if err := org.Settings().Delete(ctx, late, "p", time.Now()); !errors.Is(err, syncrun.ErrLeaseLost) {
		t.Errorf("got %v", err)
	}
	if err := org.Settings().Delete(ctx, l, "p", time.Now()); err != nil {
		t.Error(err)
	}
	if again, err := org.EnsureConnection(ctx, "Acme HR"); err != nil || again.ID == row.ID {
		t.Errorf("%s, then %s: %v", row.ID, again.ID, err)
	}
}
