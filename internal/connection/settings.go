package connection

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/connection/note"
	"github.com/rollcall-hr/rollcall/policy"
)

// setSettings makes p the settings in force, as a new version. What was seen of the old ones counts only
// where the new ones plan the same, and a check only for the same company.
func (c *current) setSettings(p policy.Connection, now time.Time, actor, note string) {
	if policy.Revision(p) != policy.Revision(c.policy) {
		c.Previewed = time.Time{}
	}
	if p.BambooHR.Subdomain != c.policy.BambooHR.Subdomain || p.BambooHR.Reader != c.policy.BambooHR.Reader {
		c.Passed, c.Check, c.Failures = time.Time{}, nil, 0
	}
	c.policy, c.known, c.Name = p, true, p.Name
	c.Version = Version{Number: c.Version.Number + 1, At: now, Actor: actor, Note: note,
		Revision: policy.Revision(p), YAML: string(policy.Export(p))}
}

// label names a version in the audit trail.
func (v Version) label() string { return "version " + strconv.FormatInt(v.Number, 10) }

// Draft lays unsaved settings over those in force, and says what is wrong with them.
func (s *Service) Draft(ctx context.Context, id string, patch []byte) (policy.Connection, []policy.Fault, error) {
	c, err := s.current(ctx, id)
	if err != nil {
		return policy.Connection{}, nil, err
	}
	p, err := c.draft(patch)
	if wrong, ok := errors.AsType[*SettingsError](err); ok {
		return p, wrong.Faults, nil
	}
	return p, nil, err
}

// draft is the settings in force with a patch; *SettingsError when it does not fit.
func (c *current) draft(patch []byte) (policy.Connection, error) {
	if len(patch) == 0 {
		return c.policy, nil
	}
	p, faults := policy.Patch(c.policy, patch)
	return p, settingsError(faults)
}

// Save stores settings as a new version: patch (policy.Patch) over those in force. version is the one the
// caller began with: *VersionError when another one is in force by now, *SettingsError when something is
// wrong, *ReadOnlyError for settings that live elsewhere. Without a change no version is made.
func (s *Service) Save(ctx context.Context, actor, id string, version int64, patch []byte) (Version, error) {
	return s.save(ctx, actor, id, version, func(c *current) (policy.Connection, error) { return c.draft(patch) })
}

// Import replaces all settings by those of a file. Only Enable and Disable change whether the connection
// runs by itself; what only the operator may set is refused by name (security §1.2).
func (s *Service) Import(ctx context.Context, actor, id string, text []byte) (Version, error) {
	return s.save(ctx, actor, id, 0, func(c *current) (policy.Connection, error) {
		p, faults := policy.ParseSettings(text)
		p.Enabled, p.BambooHR.BaseURL = c.policy.Enabled, c.policy.BambooHR.BaseURL
		return p, settingsError(faults)
	})
}

// Restore makes an older version's settings the newest; the name, and whether the connection runs by
// itself, stay.
func (s *Service) Restore(ctx context.Context, actor, id string, version int64) (Version, error) {
	versions, err := s.Versions(ctx, id)
	if err != nil {
		return Version{}, err
	}
	i := slices.IndexFunc(versions, func(v Version) bool { return v.Number == version })
	if i < 0 {
		return Version{}, fmt.Errorf("settings version %d: %w", version, directory.ErrNotFound)
	}
	old, err := parseStored(versions[i])
	if err != nil {
		return Version{}, err
	}
	return s.save(ctx, actor, id, 0, func(c *current) (policy.Connection, error) {
		p := old
		p.Name, p.Enabled, p.BambooHR.BaseURL = c.policy.Name, c.policy.Enabled, c.policy.BambooHR.BaseURL
		return p, nil
	})
}

// save makes new settings of those in force. version 0 asks for no particular one.
func (s *Service) save(ctx context.Context, actor, id string, version int64, next func(*current) (policy.Connection, error)) (Version, error) {
	before, err := s.current(ctx, id)
	if err != nil {
		return Version{}, err
	}
	if err := before.writable(); err != nil {
		return Version{}, err
	}
	unasked := ""
	if p, err := next(before); err == nil {
		if p.Name != before.Name {
			if err := s.freeName(ctx, id, p.Name); err != nil {
				return Version{}, err
			}
		}
		if unasked, err = s.fits(ctx, before, &p); err != nil {
			return Version{}, err
		}
	}
	c, err := s.change(ctx, actor, id, func(c *current) ([]Event, error) {
		if err := c.writable(); err != nil {
			return nil, err
		}
		if version != 0 && version != c.Version.Number {
			return nil, &VersionError{Have: version, Now: c.Version.Number}
		}
		p, err := next(c)
		if err != nil {
			return nil, err
		}
		if err := c.mayBecome(p); err != nil {
			return nil, err
		}
		changed := note.Of(c.policy, p)
		if changed == "" {
			return nil, nil
		}
		from := c.Version.label()
		c.setSettings(p, s.o.Now(), actor, changed)
		return []Event{{Name: "settings_saved", Before: from, After: c.Version.label()}}, nil
	})
	if taken, ok := errors.AsType[*NameError](err); ok {
		return Version{}, fault("name", taken.Error())
	}
	if err != nil {
		return Version{}, err
	}
	s.saved(ctx, id)
	saved := c.Version
	saved.Unasked = unasked
	return saved, nil
}

// fits refuses settings that name BambooHR fields which the company does not have. Where no field is new, or
// BambooHR cannot be asked, they are taken: unasked says why.
func (s *Service) fits(ctx context.Context, c *current, p *policy.Connection) (unasked string, err error) {
	have := policy.SourceFields(c.policy)
	if !slices.ContainsFunc(policy.SourceFields(*p), func(f string) bool { return !slices.Contains(have, f) }) {
		return "", nil
	}
	err = shownError(s.live.Fit(ctx, s.company(c), p))
	if _, wrong := errors.AsType[*SettingsError](err); wrong || ctx.Err() != nil {
		return "", err
	}
	if err != nil {
		unasked = err.Error()
	}
	return unasked, nil
}

// mayBecome refuses settings under which the connection could not run by itself although it should.
func (c *current) mayBecome(p policy.Connection) error {
	if !p.Enabled {
		return nil
	}
	if !c.policy.Enabled {
		if err := c.ready(); err != nil {
			return fault("enabled", err.Error())
		}
	}
	if err := p.MayRunAlone(); err != nil {
		return fault("notify.errors", err.Error())
	}
	return c.loses(&p)
}

// Versions lists the stored settings, newest first; the one that was approved last says by whom.
func (s *Service) Versions(ctx context.Context, id string) ([]Version, error) {
	c, err := s.current(ctx, id)
	if err != nil {
		return nil, err
	}
	out, err := s.o.Settings.Versions(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("list the settings of %s: %w", c.Name, err)
	}
	for i := range out {
		if c.Approved != nil && c.Approved.Version == out[i].Number {
			out[i].Approved = &c.Approved.Approval
		}
	}
	return out, nil
}

// Export writes the settings in force as a file that Import and rollcall.yaml take; it has no key and nothing
// that only the operator may set.
func (s *Service) Export(ctx context.Context, id string) ([]byte, error) {
	c, err := s.current(ctx, id)
	if err != nil {
		return nil, err
	}
	if !c.known {
		return nil, &ReadOnlyError{Name: c.Name, Origin: c.Origin}
	}
	return policy.Export(c.policy), nil
}
