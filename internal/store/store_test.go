package store

import (
	"path/filepath"
	"testing"

	"github.com/rollcall-hr/rollcall/internal/store/storetest"
	"github.com/rollcall-hr/rollcall/syncrun"
)

func TestSQLite(t *testing.T) {
	storetest.Run(t, func(t *testing.T) func(string) syncrun.Store {
		db := openTest(t)
		return func(org string) syncrun.Store { return db.Org(org) }
	})
}

// openTest opens a fresh database.
func openTest(t testing.TB) *DB {
	t.Helper()
	return reopen(t, filepath.Join(t.TempDir(), "data"))
}

func reopen(t testing.TB, dir string) *DB {
	t.Helper()
	db, err := Open(t.Context(), dir, Options{})
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
