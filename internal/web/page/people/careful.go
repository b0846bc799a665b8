package people

import (
	"context"
	"errors"
	"fmt"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/web/ui"
	"github.com/rollcall-hr/rollcall/people"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// unchanged lets an editor see a person only in the version that a form began with.
type unchanged struct {
	people.Store
	person  string
	version int64
}

// Person implements syncrun.Directory.
func (u unchanged) Person(ctx context.Context, id string) (directory.Person, error) {
	p, err := u.Store.Person(ctx, id)
	if err == nil && id == u.person && p.Version != u.version {
		return p, &syncrun.StaleRecordError{Key: directory.PersonKey(id)}
	}
	return p, err
}

// refusal tells what of an error belongs beside a form's fields; ok is false for an error that does not.
func refusal(err error) (wrong ui.Errors, ok bool) {
	if e, is := errors.AsType[*syncrun.ConflictError](err); is {
		return ui.Errors{string(e.Field): fmt.Sprintf("%q belongs to somebody else already.", e.Value)}, true
	}
	if e, is := errors.AsType[*people.LockedError](err); is {
		return ui.Errors{string(e.Field): onScreen(e.Error())}, true
	}
	if e, is := errors.AsType[*syncrun.InputError](err); is {
		return ui.Errors{e.Field: onScreen(e.Text)}, true
	}
	return nil, false
}
