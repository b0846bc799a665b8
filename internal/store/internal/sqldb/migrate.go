package sqldb

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
)

// Migration is one step of a schema. It is never changed once released, and there is no way back: a
// restored backup is.
type Migration struct {
	Version int // from 1
	Name    string
	SQL     string
	Hash    string
}

// Migrations reads the numbered files of a folder, e.g. 0001_start.sql. (goose would do this too, but
// only through database/sql.)
func Migrations(files fs.FS) ([]Migration, error) {
	entries, err := fs.ReadDir(files, ".") // sorted by name
	if err != nil {
		return nil, err
	}
	var out []Migration
	for _, e := range entries {
		number, _, _ := strings.Cut(e.Name(), "_")
		version, err := strconv.Atoi(number)
		if err != nil || version != len(out)+1 {
			return nil, fmt.Errorf("migration %s: expected number %04d", e.Name(), len(out)+1)
		}
		text, err := fs.ReadFile(files, e.Name())
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(text)
		out = append(out, Migration{version, e.Name(), string(text), hex.EncodeToString(sum[:])})
	}
	return out, nil
}

// SchemaVersion returns the last migration that ran, 0 for an empty database. It refuses a database that
// a newer version, or another build, of the program has made.
func SchemaVersion(ctx context.Context, db DB, all []Migration) (have int, err error) {
	err = db.Read(ctx, func(c Conn) error {
		have, err = schemaVersion(c, all)
		return err
	})
	return have, err
}

// Migrate runs the migrations that are missing, each in a transaction of its own, and returns the
// versions before and after. It is safe to run from several processes at once.
func Migrate(ctx context.Context, db DB, all []Migration) (from, to int, err error) {
	from, err = SchemaVersion(ctx, db, all)
	for to = from; err == nil && to < len(all); to++ {
		err = db.Write(ctx, func(c Conn) error { return step(c, all, to) })
		if err != nil {
			return from, to, fmt.Errorf("migrate to schema %04d: %w", to+1, err)
		}
	}
	return from, to, err
}

// step runs the migration after version at, unless another process did so meanwhile.
func step(c Conn, all []Migration, at int) error {
	have, err := schemaVersion(c, all)
	if err != nil || have > at {
		return err
	}
	if have == 0 {
		if err := c.Script("create table migrations (version integer primary key, name text not null, hash text not null)"); err != nil {
			return err
		}
	}
	m := all[have]
	if err := c.Script(m.SQL); err != nil {
		return fmt.Errorf("%s: %w", m.Name, err)
	}
	_, err = Exec(c, "insert into migrations (version, name, hash) values ($1, $2, $3)", m.Version, m.Name, m.Hash)
	return err
}

func schemaVersion(c Conn, all []Migration) (int, error) {
	if made, err := c.HasTable("migrations"); err != nil || !made {
		return 0, err
	}
	have := 0
	err := Each(c, "select version, name, hash from migrations order by version", func(st Stmt) error {
		have = int(st.ColInt(0))
		switch name := st.ColText(1); {
		case have > len(all):
			return fmt.Errorf("the database was made by a newer Rollcall (its schema is %s, this version knows up to %04d); use that version, or restore a backup", name, len(all))
		case all[have-1].Hash != st.ColText(2):
			return fmt.Errorf("the database was made by another build of Rollcall: its migration %s differs from ours", name)
		}
		return nil
	})
	return have, err
}
