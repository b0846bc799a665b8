package api

import (
	"context"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/people"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// unchanged lets an editor see a person only in the version that a request began with.
type unchanged struct {
	people.Store
	person directory.Person
}

// Person implements syncrun.Directory.
func (u unchanged) Person(ctx context.Context, id string) (directory.Person, error) {
	p, err := u.Store.Person(ctx, id)
	if err == nil && p.ID == u.person.ID && p.Version != u.person.Version {
		return p, &syncrun.StaleRecordError{Key: directory.PersonKey(id)}
	}
	return p, err
}
