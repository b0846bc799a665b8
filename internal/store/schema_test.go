package store

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-hr/rollcall/internal/store/internal/sqldb"
)

var update = flag.Bool("update", false, "write the script for new data folders")

// schemaOf returns what makes the schema of a database, in order, and the migrations that it says it has.
func schemaOf(t *testing.T, db *DB) (script, migrations string) {
	t.Helper()
	err := db.sql.Read(t.Context(), func(c sqldb.Conn) error {
		read := func(sql string, into *string) error {
			return sqldb.Each(c, sql, func(st sqldb.Stmt) error {
				*into += st.ColText(0) + ";\n"
				return nil
			})
		}
		tables := ""
		err := errors.Join(
			read("select sql from sqlite_master where sql is not null and name <> 'migrations' order by rowid", &script),
			read("select version || name || hash from migrations order by version", &migrations),
			read("select name from sqlite_master where type = 'table' and name <> 'migrations'", &tables))
		for table := range strings.FieldsFuncSeq(tables, func(r rune) bool { return r == ';' || r == '\n' }) {
			if there, e := sqldb.First(c, "select 1 from "+table, nil); e != nil || there {
				t.Errorf("table %s of a new data folder has rows (%v), which no script of a schema has", table, e)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return script, migrations
}

// oneByOneOnly are the migrations, without the script for new data folders.
func oneByOneOnly(t *testing.T) fstest.MapFS {
	t.Helper()
	folder, err := fs.Sub(migrationFiles, "migrations/sqlite")
	if err != nil {
		t.Fatal(err)
	}
	names, err := fs.Glob(folder, "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	migrations := fstest.MapFS{}
	for _, name := range names {
		text, err := fs.ReadFile(folder, name)
		if err != nil {
			t.Fatal(err)
		}
		migrations[name] = &fstest.MapFile{Data: text}
	}
	return migrations
}

// TestFreshSchema: the script for new data folders makes what the migrations make one after the other. With
// -update it is written anew, for all migrations that there are; until then later ones run after it.
func TestFreshSchema(t *testing.T) {
	const header = "-- What the migrations up to this one make, for new data folders; written by\n-- go test ./internal/store -run TestFreshSchema -update\n"
	migrations := oneByOneOnly(t)
	oneByOne, err := open(t.Context(), filepath.Join(t.TempDir(), "data"), Options{}, migrations)
	if err != nil {
		t.Fatal(err)
	}
	defer oneByOne.Close()
	want, wantRows := schemaOf(t, oneByOne)
	scripts, err := filepath.Glob("migrations/sqlite/fresh/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		for _, old := range scripts {
			if err := os.Remove(old); err != nil {
				t.Fatal(err)
			}
		}
		last := fmt.Sprintf("%04d", len(migrations))
		if err := os.WriteFile("migrations/sqlite/fresh/"+last+".sql", []byte(header+want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if len(scripts) != 1 {
		t.Errorf("scripts for new data folders: %q, want one", scripts)
	}
	got, gotRows := schemaOf(t, openTest(t))
	if d := cmp.Diff(want+wantRows, got+gotRows); d != "" {
		t.Errorf("a new data folder differs from a migrated one (-migrated +new):\n%s", d)
	}
}
