package people

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/rollcall-hr/rollcall/directory"
)

// Freezes lists the freezes of the connection that are in force, by creation.
func (e *Editor) Freezes(ctx context.Context) ([]directory.Freeze, error) {
	conn, err := e.Store.EnsureConnection(ctx, e.Policy.Name)
	if err != nil {
		return nil, err
	}
	all, err := e.Store.Freezes(ctx, conn.ID)
	now := e.Now()
	return slices.DeleteFunc(all, func(f directory.Freeze) bool { return !f.Active(now) }), err
}

// AddFreeze keeps runs of the connection from changing field groups or single fields of anybody who is in
// the directory, until an instant (zero: until it is ended). What the settings never write may be named as
// well. Nobody's status can be frozen. A wrong word is an *syncrun.InputError about "what".
func (e *Editor) AddFreeze(ctx context.Context, what []string, until time.Time, reason string) (directory.Freeze, error) {
	conn, err := e.Store.EnsureConnection(ctx, e.Policy.Name)
	if err != nil {
		return directory.Freeze{}, err
	}
	if what, err = e.freezable(ctx, what); err != nil {
		return directory.Freeze{}, err
	}
	reason, _ = directory.CleanText(reason)
	switch wrong := directory.WrongEnd(until, e.Now()); {
	case reason == "":
		return directory.Freeze{}, inputError("reason", "a freeze needs a reason, for whoever finds it later")
	case utf8.RuneCountInString(reason) > directory.MaxText:
		return directory.Freeze{}, inputError("reason", "a reason has at most %d characters", directory.MaxText)
	case wrong != "":
		return directory.Freeze{}, inputError("until", "the freeze %s", wrong)
	}
	f := directory.Freeze{ID: e.NewID("freeze"), Connection: conn.ID, What: what, Until: until, Reason: reason, CreatedBy: e.Actor, CreatedAt: e.Now()}
	return f, e.Store.AddFreeze(ctx, f)
}

// freezable checks the words of a freeze and drops those that say the same twice.
func (e *Editor) freezable(ctx context.Context, what []string) ([]string, error) {
	var out []string
	for _, word := range what {
		f := directory.Field(word)
		switch {
		case slices.Contains(out, word):
			continue
		case word == "status" || f == directory.DeactivationDate:
			return nil, inputError("what", "%s cannot be frozen: whoever leaves is deactivated, freeze or not; a hold keeps single people", word)
		case len(directory.FieldGroup(word).Fields()) > 0, f.Slot() >= 0:
		default:
			if _, _, err := e.canonical(ctx, f, ""); err != nil {
				return nil, inputError("what", "%q is neither a field nor a group of fields; the groups are %s", word, groupNames())
			}
		}
		out = append(out, word)
	}
	if len(out) == 0 {
		return nil, inputError("what", "a freeze names at least one field, or one of the groups %s", groupNames())
	}
	return out, nil
}

func groupNames() string {
	var names []string
	for _, g := range directory.FieldGroups() {
		names = append(names, string(g))
	}
	return strings.Join(names, ", ")
}

// EndFreeze ends a freeze now; the next run catches up with what waited.
func (e *Editor) EndFreeze(ctx context.Context, id string) error {
	conn, err := e.Store.EnsureConnection(ctx, e.Policy.Name)
	if err != nil {
		return err
	}
	err = e.Store.EndFreeze(ctx, conn.ID, id, e.Actor, e.Now())
	if errors.Is(err, directory.ErrNotFound) {
		return fmt.Errorf("there is no freeze %s; \"rollcall freezes\" lists them: %w", id, err)
	}
	return err
}
