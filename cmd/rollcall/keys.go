package main

import (
	"errors"
	"path/filepath"

	"github.com/rollcall-hr/rollcall/internal/seal"
	"github.com/rollcall-hr/rollcall/internal/store"
)

// keyringFile is the sealing keys' place in the data folder.
const keyringFile = "keyring.json"

type keysCmd struct {
	Rotate keysRotate `cmd:"" help:"Make a new sealing key for new secrets; old secrets still open."`
}

type keysRotate struct {
	Data        string `placeholder:"DIR" help:"Data folder; default $ROLLCALL_DATA, else ./rollcall-data."`
	DatabaseURL string `name:"database-url" placeholder:"URL" help:"PostgreSQL instead of the data folder; comes with a later version."`
	output
}

type keysView struct {
	Keyring string `json:"keyring"`
	KeyID   string `json:"key_id"` // of the key for new secrets
}

// Run rotates the keyring, which is made on first use.
func (c *keysRotate) Run(a *app) (err error) {
	dir, err := a.dataDir(&settings{Data: c.Data, DatabaseURL: c.DatabaseURL})
	if err != nil {
		return err
	}
	db, err := store.Open(a.ctx, dir, store.Options{}) // checks the folder's rights too
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	path := filepath.Join(dir, keyringFile)
	ring, err := seal.OpenOrCreate(path)
	if err != nil {
		return err
	}
	id, err := ring.Rotate()
	if err != nil {
		return err
	}
	return a.print(c.Output, keysView{path, id}, func(p *page) {
		p.linef("New secrets are sealed with key %s in %s; back that file up with the database.", id, path)
	})
}
