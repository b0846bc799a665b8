package main

import (
	"context"
	"errors"
	"path/filepath"

	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/text"
	"github.com/rollcall-hr/rollcall/internal/seal"
	"github.com/rollcall-hr/rollcall/internal/store"
)

type keysCmd struct {
	Rotate keysRotate `cmd:"" help:"Make a new sealing key, and seal every secret that is kept with it." example:"rollcall keys rotate"`
}

type keysRotate struct {
	Data        string `placeholder:"DIR" help:"Data folder; default $ROLLCALL_DATA, else ./rollcall-data."`
	DatabaseURL string `name:"database-url" placeholder:"URL" help:"PostgreSQL instead of the data folder; comes with a later version."`
	DropOld     bool   `help:"Also remove the older keys that nothing here needs; older backups of the database then cannot be used any more."`
	output
}

type keysView struct {
	Keyring string       `json:"keyring"`
	KeyID   string       `json:"key_id"`  // of the key for new secrets
	Secrets []sealedView `json:"secrets"` // by kind
	Older   int          `json:"older"`   // keys that are kept beside the new one
	Dropped []string     `json:"dropped"` // ids
}

type sealedView struct {
	Kind     string `json:"kind"`     // bamboohr_api_key, webhook_key, outbox, preference
	Resealed int    `json:"resealed"` // with the new key
	Current  int    `json:"current"`  // were already
	// Broken values cannot be opened with this keyring, and stay as they are.
	Broken int `json:"broken"`
}

// Run rotates the keyring, which is made on first use. When it is killed, the next rotation and the next start of
// a server go on where it was.
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
	v := keysView{Keyring: filepath.Join(dir, seal.File), Dropped: []string{}}
	ring, err := seal.OpenOrCreate(v.Keyring)
	if err != nil {
		return err
	}
	before, now, err := ring.Rotate()
	if err != nil {
		return err
	}
	v.KeyID = now
	done, err := db.Org(organisation).Reseal(a.ctx, ring)
	if err != nil {
		return err
	}
	for _, r := range done {
		v.Secrets = append(v.Secrets, sealedView{r.Kind, r.Resealed, r.Current, len(r.Broken)})
	}
	if c.DropOld {
		if v.Dropped, err = dropOld(a.ctx, db.Org(organisation), ring, before); err != nil {
			return err
		}
	}
	v.Older = ring.Keys() - 1
	return a.print(c.Output, v, v.page)
}

// dropOld removes the keys that nothing in the database needs. The one that was the newest until now stays until
// the next rotation: a server may be about to store what it sealed, or opened, with it.
func dropOld(ctx context.Context, kept *store.Store, ring *seal.Keyring, before string) ([]string, error) {
	found, err := kept.Reseal(ctx, ring) // what came in meanwhile, and which keys are needed after all
	if err != nil {
		return nil, err
	}
	dropped, err := ring.Drop(func(id string) bool {
		needed := id == before
		for _, r := range found {
			needed = needed || r.Keys[id] > 0
		}
		return needed
	})
	return append([]string{}, dropped...), err
}

func (v keysView) page(p *text.Page) {
	p.Linef("New secrets are sealed with key %s in %s; back that file up with the database.", v.KeyID, v.Keyring)
	for _, s := range v.Secrets {
		if s.Resealed > 0 {
			p.Linef("  %s sealed anew: %d", sealedKind(s.Kind), s.Resealed)
		}
		if s.Broken > 0 {
			p.Linef("  %s that no key here opens: %d; they stay as they are. Restore the keyring that belongs to them, or enter them again.", sealedKind(s.Kind), s.Broken)
		}
	}
	if len(v.Dropped) > 0 {
		p.Linef("  %s removed.", text.Count(len(v.Dropped), "older key", "older keys"))
	}
	if v.Older > 0 {
		p.Linef("  %s kept, for older backups of the database and servers that run; --drop-old removes what nothing here needs.", text.Count(v.Older, "older key", "older keys"))
	}
}

func sealedKind(kind string) string {
	if words, ok := map[string]string{"bamboohr_api_key": "BambooHR API keys", "webhook_key": "Webhook keys", "outbox": "Links in mails",
		"preference": "Secrets of sign-in"}[kind]; ok {
		return words
	}
	return kind
}
