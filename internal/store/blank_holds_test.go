package store

import (
	"io/fs"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/store/internal/sqldb"
)

// Undos of an older version left holds on blank values that could not say what they wait for; they do now, and no
// other hold changes.
func TestOldHoldsOfUndosWaitForBlank(t *testing.T) {
	const version = "0015_blank_holds.sql"
	folder, err := fs.Sub(migrationFiles, "migrations/sqlite")
	if err != nil {
		t.Fatal(err)
	}
	names, err := fs.Glob(folder, "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	older, upTo := fstest.MapFS{}, fstest.MapFS{}
	for _, name := range names {
		text, err := fs.ReadFile(folder, name)
		if err != nil {
			t.Fatal(err)
		}
		if name < version {
			older[name] = &fstest.MapFile{Data: text}
		}
		upTo[name] = &fstest.MapFile{Data: text}
	}
	dir := filepath.Join(t.TempDir(), "data")
	db, err := open(t.Context(), dir, Options{}, older)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Org("acme").EnsureConnection(t.Context(), "Acme HR"); err != nil {
		t.Fatal(err)
	}
	err = db.sql.Write(t.Context(), func(c sqldb.Conn) error {
		return c.Script(`insert into holds (org, id, person_id, field, until, until_hr, reason, created_by, created_at)
			select organisations.no, x.column1, 'p_1', x.column2, x.column3, x.column4, 'r', 'cli', 0 from organisations, (values
			('h_a', 'phone', null, null), ('h_b', 'phone', null, '1'), ('h_c', 'status', null, null), ('h_d', null, null, 'active'),
			('hold_e', 'phone', null, null), ('hold_f', null, 9000, null)) x`)
	})
	if err == nil {
		err = db.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	if db, err = open(t.Context(), dir, Options{}, upTo); err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	list, err := db.Org("acme").Holds(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, h := range list {
		got[h.ID] = h.UntilHR
	}
	want := map[string]string{"h_a": directory.UntilHRSays(""), "h_b": "1", "h_c": "", "h_d": "active", "hold_e": "", "hold_f": ""}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("holds after the migration (-want +got):\n%s", d)
	}
}
