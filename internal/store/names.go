package store

import (
	"context"

	"github.com/rollcall-hr/rollcall/internal/store/internal/sqldb"
)

// The index by which lists show people costs a first load more than all others together: its entries come in
// no order, so that every batch writes most of its pages again. A batch that begins to fill an empty directory
// therefore drops it, and whoever ends the run builds it anew, sorted. Until then lists are slower, not wrong.
// Opening the database makes up for a run that was killed.
const (
	loadSize    = 500 // changes of a batch that is worth it
	namesSince  = 4   // the migration that made the index
	createNames = `create index if not exists people_names on people (org, lower(coalesce(display_name, name_key, email_key, id)), no)`
)

// dropNames drops the index for a batch of that size, unless there are people already, of any organisation.
func (t tx) dropNames(changes int) error {
	if changes < loadSize {
		return nil
	}
	if there, err := t.first("select 1 from people limit 1", nil); err != nil || there {
		return err
	}
	_, err := t.exec("drop index if exists people_names")
	return err
}

// buildNames builds the index when it is missing.
func (t tx) buildNames() error {
	_, err := t.exec(createNames)
	return err
}

// mendNames builds the index that a killed run left dropped.
func (db *DB) mendNames(ctx context.Context) error {
	if len(db.migrations) < namesSince {
		return nil
	}
	there := false
	if err := db.sql.Read(ctx, func(c sqldb.Conn) (err error) {
		there, err = c.Has("people_names")
		return err
	}); err != nil || there {
		return err
	}
	return db.sql.Write(ctx, func(c sqldb.Conn) error {
		_, err := sqldb.Exec(c, createNames)
		return err
	})
}
