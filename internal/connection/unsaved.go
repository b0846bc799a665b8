package connection

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"
)

// unsavedLife is how long what somebody typed is kept after the last change of it.
const unsavedLife = 7 * 24 * time.Hour

// Unsaved is what somebody typed into a form of a connection's settings and did not save. Nobody else sees it,
// and it has no effect: a run knows saved settings only.
type Unsaved struct {
	Form    string              // mapping, scope or configuration
	Version int64               // of the settings that the form began with
	Tab     string              // the page it was typed on
	At      time.Time           // when last; to the millisecond, and later with every change
	Over    time.Time           // At of what another page had kept and this one, not knowing it, took the place of
	Fields  map[string][]string // as the form names them; never a key
}

// Until is when it is no longer kept.
func (u *Unsaved) Until() time.Time { return u.At.Add(unsavedLife) }

// After makes it the successor of what was kept until now; known is At of what its page knew of.
func (u *Unsaved) After(before *Unsaved, known time.Time) {
	switch {
	case before.Tab == u.Tab:
		u.Over = before.Over
	case !before.At.Equal(known):
		u.Over = before.At
	}
	if !u.At.After(before.At) { // so that whoever knows of the older one notices
		u.At = before.At.Add(time.Millisecond)
	}
}

// Says tells whether it says the same as another.
func (u *Unsaved) Says(other *Unsaved) bool {
	return u.Version == other.Version && maps.EqualFunc(u.Fields, other.Fields, slices.Equal)
}

// Unsaved returns what a person typed into a form of a connection, nil when nothing is kept.
func (s *Service) Unsaved(ctx context.Context, person, id, form string) (*Unsaved, error) {
	u, err := s.o.Settings.Unsaved(ctx, id, person, form, s.o.Now().Add(-unsavedLife))
	if err != nil {
		return nil, fmt.Errorf("read what is unsaved of the %s of connection %s: %w", form, id, err)
	}
	return u, nil
}

// KeepUnsaved keeps what a person typed, in place of what was kept of that form until now, and returns it with At
// and Over; known is At of what the page that sends it began with, zero for nothing. It is gone once it is saved or
// dropped, when the connection is deleted, and a week after the last change.
func (s *Service) KeepUnsaved(ctx context.Context, person, id string, u Unsaved, known time.Time) (Unsaved, error) {
	c, err := s.current(ctx, id)
	if err != nil {
		return u, err
	}
	if err := c.writable(); err != nil {
		return u, err
	}
	before, err := s.Unsaved(ctx, person, id, u.Form)
	if err != nil {
		return u, err
	}
	if before != nil && before.Says(&u) {
		return *before, nil
	}
	u.At, u.Over = s.o.Now().Truncate(time.Millisecond), time.Time{}
	if u, err = s.o.Settings.KeepUnsaved(ctx, id, person, u, known, u.At.Add(-unsavedLife)); err != nil {
		return u, fmt.Errorf("keep what is unsaved of the %s of %s: %w", u.Form, c.Name, err)
	}
	return u, nil
}

// DropUnsaved forgets what a person typed into a form.
func (s *Service) DropUnsaved(ctx context.Context, person, id, form string) error {
	if err := s.o.Settings.DropUnsaved(ctx, id, person, form); err != nil {
		return fmt.Errorf("drop what is unsaved of the %s of connection %s: %w", form, id, err)
	}
	return nil
}
