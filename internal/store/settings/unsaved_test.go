package settings_test

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/store"
)

// What is unsaved belongs to an organisation, a connection, a person and a form; it comes back as it was, until it is
// dropped or too old. Another page's is replaced and told of.
func TestUnsaved(t *testing.T) {
	db := open(t)
	ctx := t.Context()
	s := db.Org("a").Settings()
	row, err := db.Org("a").EnsureConnection(ctx, "Acme HR")
	if err != nil {
		t.Fatal(err)
	}
	other, err := db.Org("a").EnsureConnection(ctx, "Other")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	long := now.Add(-time.Hour)
	is := func(what string, want *connection.Unsaved, id, person, form string, since time.Time) {
		t.Helper()
		got, err := s.Unsaved(ctx, id, person, form, since)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", what, err, diff)
		}
	}
	keep := func(u connection.Unsaved, known time.Time) connection.Unsaved {
		t.Helper()
		out, err := s.KeepUnsaved(ctx, row.ID, "p_1", u, known, long)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	first := keep(connection.Unsaved{Form: "mapping", Version: 2, Tab: "one", At: now, Fields: map[string][]string{"rows": {"email", "phone"}, "email.from": {""}}}, time.Time{})
	is("kept", &first, row.ID, "p_1", "mapping", now)
	is("too old", nil, row.ID, "p_1", "mapping", now.Add(time.Millisecond))
	is("another connection's", nil, other.ID, "p_1", "mapping", long)
	is("another person's", nil, row.ID, "p_2", "mapping", long)
	is("another form's", nil, row.ID, "p_1", "scope", long)

	second := first
	second.Tab, second.Over, second.At, second.Fields = "two", now, now.Add(time.Millisecond), map[string][]string{"rows": nil}
	typed := second
	typed.Over, typed.At = time.Time{}, now // of the same instant
	if diff := cmp.Diff(second, keep(typed, time.Time{})); diff != "" {
		t.Errorf("from another page (-want +got):\n%s", diff)
	}
	is("from another page", &second, row.ID, "p_1", "mapping", long)
	typed.At = now.Add(time.Second)
	if got := keep(typed, time.Time{}); !got.Over.Equal(now) {
		t.Errorf("from the same page again, it took the place of %v", got.Over)
	}
	typed.Tab, typed.At = "three", now.Add(2*time.Second)
	if got := keep(typed, now.Add(time.Second)); !got.Over.IsZero() {
		t.Errorf("from a page that knew of it, it took the place of %v", got.Over)
	}

	if _, err := s.KeepUnsaved(ctx, other.ID, "p_2", first, time.Time{}, now.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	is("too old, when somebody kept something else", nil, row.ID, "p_1", "mapping", time.Time{})
	for range 2 {
		if err := s.DropUnsaved(ctx, other.ID, "p_2", "mapping"); err != nil {
			t.Fatal(err)
		}
		is("dropped", nil, other.ID, "p_2", "mapping", time.Time{})
	}

	foreign := db.Org("b").Settings()
	_, errRead := foreign.Unsaved(ctx, row.ID, "p_1", "mapping", long)
	_, errKeep := foreign.KeepUnsaved(ctx, row.ID, "p_1", first, time.Time{}, long)
	for _, err := range []error{errRead, errKeep, foreign.DropUnsaved(ctx, row.ID, "p_1", "mapping")} {
		if !errors.Is(err, directory.ErrNotFound) {
			t.Errorf("another organisation: %v", err)
		}
	}
}

// What is unsaved goes with its connection, and with nothing else of it.
func TestUnsavedGoesWithTheConnection(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	db, err := store.Open(t.Context(), dir, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	org, ctx, now := db.Org("a"), t.Context(), time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	var ids []string
	for _, name := range []string{"Acme HR", "Other"} {
		row, err := org.EnsureConnection(ctx, name)
		if err != nil {
			t.Fatal(err)
		}
		u := connection.Unsaved{Form: "mapping", Version: 1, Tab: "one", At: now, Fields: map[string][]string{"rows": {"email"}}}
		if _, err := org.Settings().KeepUnsaved(ctx, row.ID, "p_1", u, time.Time{}, now); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, row.ID)
	}
	l, err := org.Acquire(ctx, ids[0], "run_1", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if err := org.Settings().Delete(ctx, l, "p", now); err != nil {
		t.Fatal(err)
	}
	if u, err := org.Settings().Unsaved(ctx, ids[1], "p_1", "mapping", now); err != nil || u == nil {
		t.Errorf("the other connection's: %v, %v", u, err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	c, err := sqlite.OpenConn(filepath.Join(dir, "rollcall.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	left, err := sqlitex.ResultInt64(c.Prep("select count(*) from unsaved"))
	if err != nil || left != 1 {
		t.Errorf("%d rows are left (%v), want the other connection's", left, err)
	}
}
