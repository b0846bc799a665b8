package store

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/rollcall-hr/rollcall/plan"
)

func TestOpenCreatesAPrivateFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "data")
	reopen(t, dir)
	for path, want := range map[string]fs.FileMode{dir: 0o700, filepath.Join(dir, "rollcall.db"): 0o600, filepath.Join(dir, "rollcall.db-wal"): 0o600} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if runtime.GOOS != "windows" && info.Mode().Perm() != want {
			t.Errorf("%s has mode %04o, want %04o", path, info.Mode().Perm(), want)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("file modes say nothing on Windows")
	}
	base := t.TempDir()
	shared := filepath.Join(base, "shared")
	if err := os.Mkdir(shared, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(shared, 0o750); err != nil { // whatever the umask is
		t.Fatal(err)
	}
	file := filepath.Join(base, "file")
	garbage := filepath.Join(base, "garbage")
	if err := errors.Join(os.WriteFile(file, nil, 0o600), os.Mkdir(garbage, 0o700),
		os.WriteFile(filepath.Join(garbage, "rollcall.db"), []byte(strings.Repeat("no database ", 100)), 0o600)); err != nil {
		t.Fatal(err)
	}
	for dir, want := range map[string]string{
		shared:                      `run "chmod 700 ` + shared + `"`,
		file:                        "it is a file",
		filepath.Join(file, "data"): "not a directory",
		garbage:                     "restore a backup",
	} {
		db, err := Open(t.Context(), dir, Options{})
		if err == nil {
			db.Close()
			t.Errorf("Open(%s) succeeds", dir)
			continue
		}
		if msg := err.Error(); !strings.Contains(msg, want) || strings.Contains(msg, "\n") {
			t.Errorf("Open(%s): %q, want one line with %q", dir, msg, want)
		}
	}
}

func TestCheckPrivate(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("file modes say nothing on Windows")
	}
	key := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(key, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := CheckPrivate(key); err != nil {
		t.Errorf("mode 0600: %v", err)
	}
	if err := os.Chmod(key, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := CheckPrivate(key); err == nil || !strings.Contains(err.Error(), `run "chmod 600 `) {
		t.Errorf("mode 0644: %v", err)
	}
}

func TestMigrateFromOlderFiles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	first, err := migrationFiles.ReadFile("migrations/sqlite/0001_start.sql")
	if err != nil {
		t.Fatal(err)
	}
	old := fstest.MapFS{"0001_start.sql": {Data: first}}
	newer := fstest.MapFS{"0001_start.sql": {Data: first}, "0002_shoes.sql": {Data: []byte("create table shoes (size integer); insert into shoes values (42);")}}
	save := func(files fs.FS, opt Options) (have, need int) {
		db, err := open(t.Context(), dir, opt, files)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if !opt.KeepSchema {
			p := person("p_1", "ann@acme.test")
			if got, err := db.Org("acme").Person(t.Context(), "p_1"); err == nil {
				p = got
			}
			if _, err := db.Org("acme").SavePerson(t.Context(), p, plan.Change{}, "x", testNow()); err != nil {
				t.Fatal(err)
			}
		}
		have, need, err = db.SchemaVersion(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return have, need
	}
	if have, need := save(old, Options{}); have != 1 || need != 1 {
		t.Errorf("a new file: schema %d of %d", have, need)
	}
	if have, need := save(newer, Options{KeepSchema: true}); have != 1 || need != 2 {
		t.Errorf("kept as it is: schema %d of %d", have, need)
	}
	if have, need := save(newer, Options{}); have != 2 || need != 2 {
		t.Errorf("migrated: schema %d of %d", have, need)
	}
	save(newer, Options{})

	for why, files := range map[string]fs.FS{
		"newer Rollcall":         old,
		"differs from ours":      fstest.MapFS{"0001_start.sql": {Data: append(first, ' ')}, "0002_shoes.sql": newer["0002_shoes.sql"]},
		"expected number 0002":   fstest.MapFS{"0001_start.sql": {Data: first}, "0003_x.sql": {}},
		"syntax error":           fstest.MapFS{"0001_start.sql": {Data: first}, "0002_shoes.sql": newer["0002_shoes.sql"], "0003_bad.sql": {Data: []byte("create table half (x); create tabel")}},
		"already exists":         fstest.MapFS{"0001_start.sql": {Data: first}, "0002_shoes.sql": newer["0002_shoes.sql"], "0003_bad.sql": {Data: []byte("create table half (x); create table shoes (x)")}},
		"migrate to schema 0003": fstest.MapFS{"0001_start.sql": {Data: first}, "0002_shoes.sql": newer["0002_shoes.sql"], "0003_bad.sql": {Data: []byte("create table half (x); create table shoes (x)")}},
	} {
		db, err := open(t.Context(), dir, Options{}, files)
		if err == nil {
			db.Close()
		}
		if err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("Open: %v, want %q", err, why)
		}
	}
	if have, _ := save(newer, Options{}); have != 2 { // nothing of a failed step stays
		t.Errorf("after failed migrations: schema %d", have)
	}
}

func TestBackup(t *testing.T) {
	db := openTest(t)
	s := db.Org("acme")
	if _, err := s.SavePerson(t.Context(), person("p_1", "ann@acme.test"), plan.Change{}, "x", testNow()); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "restored")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "rollcall.db")
	if err := db.Backup(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("backup file: %v, %v", info, err)
	}
	if err := db.Backup(t.Context(), path); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a backup over another file: %v", err)
	}
	restored := reopen(t, dir).Org("acme")
	if _, err := restored.Person(t.Context(), "p_1"); err != nil {
		t.Error(err)
	}
	if err := restored.VerifyAudit(t.Context()); err != nil {
		t.Error(err)
	}
}
