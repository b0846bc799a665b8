package sqldb

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
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
	Then    func(Conn) error // does, after SQL and with it, what SQL cannot; nil for most
	Fresh   string           // makes, in an empty database, what all up to this one make one after the other; "" for most
}

// Migrations reads the numbered files of a folder, e.g. 0001_start.sql, and in its folder fresh the file, e.g.
// 0011.sql, that stands for all up to that number where nothing is yet. (goose would read the former too, but only
// through database/sql.)
func Migrations(files fs.FS) ([]Migration, error) {
	entries, err := fs.ReadDir(files, ".") // sorted by name
	if err != nil {
		return nil, err
	}
	var out []Migration
	for _, e := range entries {
		if e.IsDir() {
			continue
		}
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
		out = append(out, Migration{Version: version, Name: e.Name(), SQL: string(text), Hash: hex.EncodeToString(sum[:])})
	}
	for i := range out {
		text, err := fs.ReadFile(files, fmt.Sprintf("fresh/%04d.sql", out[i].Version))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		out[i].Fresh = string(text)
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
	for to = from; err == nil && to < len(all); {
		at := to
		err = db.Write(ctx, func(c Conn) error {
			to, err = step(c, all, at)
			return err
		})
		if err != nil {
			return from, at, fmt.Errorf("migrate to schema %04d: %w", at+1, err)
		}
	}
	return from, to, err
}

// step runs the migration after version at, in an empty database as many as one script stands for, unless another
// process did so meanwhile. It returns the version after it.
func step(c Conn, all []Migration, at int) (int, error) {
	have, err := schemaVersion(c, all)
	if err != nil || have > at {
		return have, err
	}
	to, script := at+1, all[at].SQL
	if at == 0 {
		if err := c.Script("create table migrations (version integer primary key, name text not null, hash text not null)"); err != nil {
			return at, err
		}
		for i, m := range all {
			if m.Fresh != "" {
				to, script = i+1, m.Fresh
			}
		}
	}
	err = c.Script(script)
	if then := all[to-1].Then; err == nil && then != nil && script == all[to-1].SQL {
		err = then(c)
	}
	if err != nil {
		return at, fmt.Errorf("%s: %w", all[to-1].Name, err)
	}
	for _, m := range all[at:to] {
		if _, err := Exec(c, "insert into migrations (version, name, hash) values ($1, $2, $3)", m.Version, m.Name, m.Hash); err != nil {
			return at, err
		}
	}
	return to, nil
}

func schemaVersion(c Conn, all []Migration) (int, error) {
	if made, err := c.Has("migrations"); err != nil || !made {
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
