package store

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"

	"github.com/rollcall-hr/rollcall/internal/store/internal/orgtx"
	"github.com/rollcall-hr/rollcall/internal/store/internal/proc"
	"github.com/rollcall-hr/rollcall/internal/store/internal/sqldb"
	"github.com/rollcall-hr/rollcall/internal/store/views"
)

//go:embed migrations
var migrationFiles embed.FS

// Options are choices of Open; the zero Options is right for every command but migrate.
type Options struct {
	// KeepSchema leaves an older schema as it is, for a program that wants to call Migrate itself.
	// Defaults to bringing the schema up to date.
	KeepSchema bool
}

// DB is an open data folder. It may be used by many goroutines.
type DB struct {
	sql        sqldb.DB
	dir        string
	self       proc.Identity
	migrations []sqldb.Migration
}

// Open opens the data folder, creating it (mode 0700) and the database when they are not there. It
// refuses, with the reason in one line, a folder that others can read, one that cannot be written, and a
// database made by a newer version.
func Open(ctx context.Context, dir string, opt Options) (*DB, error) {
	files, err := fs.Sub(migrationFiles, "migrations/sqlite")
	if err != nil {
		return nil, err
	}
	return open(ctx, dir, opt, files)
}

func open(ctx context.Context, dir string, opt Options, files fs.FS) (*DB, error) {
	if err := prepareFolder(dir); err != nil {
		return nil, err
	}
	steps, err := sqldb.Migrations(files)
	if err != nil {
		return nil, err
	}
	if len(steps) >= chunkedSince {
		steps[chunkedSince-1].Then = chunkPlans
	}
	if len(steps) >= pagedSince {
		steps[pagedSince-1].Then = pageLinks
	}
	sql, err := sqldb.OpenSQLite(filepath.Join(dir, "rollcall.db"))
	if err != nil {
		return nil, fmt.Errorf("open data folder %s: %w", dir, reason(err))
	}
	db := &DB{sql: sql, dir: dir, self: proc.Self(), migrations: steps}
	if opt.KeepSchema {
		_, _, err = db.SchemaVersion(ctx)
	} else {
		_, _, err = db.Migrate(ctx)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open data folder %s: %w", dir, err), sql.Close())
	}
	return db, nil
}

func prepareFolder(dir string) error {
	info, err := os.Stat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return fmt.Errorf("create data folder %s: %w", dir, reason(err))
		}
		return nil
	}
	if err != nil {
		return fmt.Errorf("open data folder %s: %w", dir, reason(err))
	}
	if !info.IsDir() {
		return fmt.Errorf("open data folder %s: it is a file; choose another with --data", dir)
	}
	return CheckPrivate(dir)
}

// reason strips the path that an operating system error repeats.
func reason(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		err = p.Err
	}
	switch {
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return fmt.Errorf("it cannot be written (%w); choose another with --data, or give it to the user who runs Rollcall", err)
	case errors.Is(err, syscall.EISDIR), errors.Is(err, syscall.ENOTDIR):
		return fmt.Errorf("a file stands where a folder should be, or a folder in place of rollcall.db (%w); choose another with --data", err)
	case errors.Is(err, syscall.ENOSPC):
		return fmt.Errorf("the disk is full (%w); free some space", err)
	}
	return err
}

// CheckPrivate refuses a file or folder that the group or others may read, write or enter; it is for the
// data folder and for key files (security §1.1).
func CheckPrivate(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	mode := info.Mode().Perm()
	if mode&0o077 == 0 || runtime.GOOS == "windows" {
		return nil
	}
	return fmt.Errorf("%s is open to other users (mode %04o); run \"chmod %o %s\"", path, mode, mode&^0o077, path)
}

// SchemaVersion returns the schema's version in the database and the one this program needs; they differ
// only under KeepSchema, before Migrate.
func (db *DB) SchemaVersion(ctx context.Context) (have, need int, err error) {
	have, err = sqldb.SchemaVersion(ctx, db.sql, db.migrations)
	return have, len(db.migrations), err
}

// Migrate brings the schema to this program's version and returns the versions before and after.
func (db *DB) Migrate(ctx context.Context) (from, to int, err error) {
	return sqldb.Migrate(ctx, db.sql, db.migrations)
}

// Org returns the store of one organisation, which comes into being with its first row. It is the only
// way to reach data.
func (db *DB) Org(id string) *Store {
	org := orgtx.New(db.sql, id)
	return &Store{db: db, org: org, views: views.New(org)}
}

// Backup writes a consistent copy of the database to a new file (mode 0600) while it is in use. Keys in
// it are sealed; without the keyring they are useless (security §1.1).
func (db *DB) Backup(ctx context.Context, path string) error {
	if err := db.sql.Backup(ctx, path); err != nil {
		return fmt.Errorf("back up %s to %s: %w", db.dir, path, err)
	}
	return nil
}

// Close waits for the write under way and closes the database.
func (db *DB) Close() error { return db.sql.Close() }
