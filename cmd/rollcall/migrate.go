package main

import (
	"errors"
	"fmt"

	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/text"
	"github.com/rollcall-hr/rollcall/internal/store"
)

type migrateCmd struct {
	Data        string `placeholder:"DIR" help:"Data folder; default $ROLLCALL_DATA, else ./rollcall-data."`
	DatabaseURL string `name:"database-url" placeholder:"URL" help:"PostgreSQL instead of the data folder; comes with a later version."`
	output
}

type migrateView struct {
	Data string `json:"data"`
	From int    `json:"from"` // version of the database's schema before, 0 for a new one
	To   int    `json:"to"`   // and now
}

// Run brings the database to this version's schema.
func (c *migrateCmd) Run(a *app) (err error) {
	dir, err := a.dataDir(&settings{Data: c.Data, DatabaseURL: c.DatabaseURL})
	if err != nil {
		return err
	}
	db, err := store.Open(a.ctx, dir, store.Options{KeepSchema: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	from, to, err := db.Migrate(a.ctx)
	if err != nil {
		return fmt.Errorf("migrate the database in %s: %w", dir, err)
	}
	v := migrateView{Data: dir, From: from, To: to}
	return a.print(c.Output, v, func(p *text.Page) {
		if from == to {
			p.Linef("The database in %s has schema %d, which is this version's.", dir, to)
			return
		}
		p.Linef("The database in %s went from schema %d to %d.", dir, from, to)
	})
}
