package connection

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/policy"
)

// NewConnection is what a set-up form asks for. Settings, which may be nil, are an exported file to begin
// with; the other entries win over it. The key may be given later.
type NewConnection struct {
	Name      string // defaults to the sub-domain
	Preset    string
	Subdomain string // in any form people paste (policy.ParseSubdomain)
	Key       string
	TimeZone  string // defaults to the preset's, else UTC
	Settings  []byte
}

// Create sets a connection up, in state draft. A connection of that name which only the command line or a
// former operator's file used is taken over with its people and runs. Its faults are a *SettingsError with the
// places name, preset, bamboohr.subdomain, time_zone, api_key and those of the settings. Automatic runs are
// off until Enable.
func (s *Service) Create(ctx context.Context, actor string, n NewConnection) (Detail, error) {
	p, err := n.settings()
	if err != nil {
		return Detail{}, err
	}
	if err := s.freeName(ctx, "", p.Name); err != nil {
		return Detail{}, err
	}
	row, err := s.o.Store.EnsureConnection(ctx, p.Name)
	if err != nil {
		return Detail{}, fmt.Errorf("create the connection %s: %w", p.Name, err)
	}
	var key *SealedKey
	if n.Key != "" {
		if key, err = s.sealKey(row.ID, actor, trimKey(n.Key)); err != nil {
			return Detail{}, err
		}
	}
	c, err := s.change(ctx, actor, row.ID, func(c *current) ([]Event, error) {
		if !c.takeable() {
			return nil, fault("name", (&NameError{Name: c.Name}).Error())
		}
		before := string(c.Origin)
		if c.CreatedAt.IsZero() {
			c.CreatedAt, before = s.o.Now(), ""
		}
		c.Origin, c.Key, c.file = FromWeb, key, nil
		c.Passed, c.Check, c.Previewed, c.Approved, c.Pause, c.Failures = time.Time{}, nil, time.Time{}, nil, nil, 0
		c.setSettings(p, s.o.Now(), actor, "set up")
		return []Event{{Name: "connection_created", Before: before, After: string(FromWeb), Detail: p.Preset}}, nil
	})
	if err != nil {
		return Detail{}, err
	}
	return s.detail(ctx, c)
}

// takeable tells a connection that nobody sets up any more.
func (c *current) takeable() bool { return c.Origin == FromCLI || c.absent() }

// settings merges the form into settings, all faults at once.
func (n NewConnection) settings() (policy.Connection, error) {
	var faults []policy.Fault
	if why := keyFault(n.Key); n.Key != "" && why != "" {
		faults = append(faults, policy.Fault{Place: "api_key", Message: why})
	}
	form := map[string]any{}
	put := func(key, value string) {
		if value = strings.TrimSpace(value); value != "" {
			form[key] = value
		}
	}
	put("name", n.Name)
	put("time_zone", n.TimeZone)
	if n.Subdomain != "" || len(n.Settings) == 0 {
		form["bamboohr"] = map[string]string{"subdomain": n.Subdomain}
	}
	var p policy.Connection
	var wrong []policy.Fault
	if len(n.Settings) == 0 {
		put("preset", n.Preset)
		p, wrong = policy.ParseSettings(document(form))
	} else {
		base, inFile := policy.ParseSettings(n.Settings)
		if n.Subdomain != "" { // the form says it, the file need not
			inFile = slices.DeleteFunc(inFile, func(f policy.Fault) bool { return strings.HasSuffix(f.Place, "bamboohr.subdomain") })
		}
		if n.Preset != "" && n.Preset != base.Preset {
			faults = append(faults, policy.Fault{Place: "preset", Message: "the file is made for another preset; choose that one, or leave the file out"})
		}
		faults = append(faults, inFile...)
		p, wrong = policy.Patch(base, document(form))
	}
	for _, f := range wrong {
		f.Line = 0 // nobody sees the lines of a form
		if !slices.ContainsFunc(faults, func(o policy.Fault) bool { return o.Message == f.Message }) {
			faults = append(faults, f)
		}
	}
	if p.Name == "" {
		p.Name = p.BambooHR.Subdomain
	}
	p.Enabled = false
	return p, settingsError(faults)
}

// document writes form entries as settings; JSON is YAML too.
func document(form map[string]any) []byte {
	text, err := json.Marshal(form)
	if err != nil { // texts cannot fail to be written
		panic("write a form: " + err.Error())
	}
	return text
}

// trimKey takes away what slips in when people paste.
func trimKey(key string) string { return strings.TrimSpace(key) }

// keyFault says what is wrong with a key, without repeating it; "" when nothing is. BambooHR decides
// whether it works.
func keyFault(key string) string {
	key = trimKey(key)
	switch {
	case key == "":
		return "paste the key that BambooHR shows once when it is made"
	case len(key) > 500 || strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }):
		return "this is not an API key: it has spaces or other characters that no key has; copy it once more"
	case strings.Contains(strings.ToLower(key), ".bamboohr.com"):
		return "this is BambooHR's address, not the key; paste the key that BambooHR shows once when it is made"
	}
	return ""
}

// freeName refuses the name of another connection, whatever its case.
func (s *Service) freeName(ctx context.Context, id, name string) error {
	all, err := s.o.Settings.Connections(ctx)
	if err != nil {
		return fmt.Errorf("look at the names of the connections: %w", err)
	}
	for i := range all {
		if all[i].ID == id || directory.NameKey(all[i].Name) != directory.NameKey(name) {
			continue
		}
		c, err := s.decode(&all[i], nil)
		if err != nil {
			return err
		}
		if id != "" || !c.takeable() || c.Name != name {
			return fault("name", (&NameError{Name: c.Name}).Error())
		}
	}
	return nil
}

// SetKey stores a new API key. A check has to pass again before automatic runs can be switched on; where
// they are on, they go on.
func (s *Service) SetKey(ctx context.Context, actor, id, key string) error {
	if why := keyFault(key); why != "" {
		return fault("api_key", why)
	}
	sealed, err := s.sealKey(id, actor, trimKey(key))
	if err != nil {
		return err
	}
	_, err = s.change(ctx, actor, id, func(c *current) ([]Event, error) {
		if err := c.writable(); err != nil {
			return nil, err
		}
		before := ""
		if c.Key != nil {
			before = c.Key.Fingerprint
		}
		if before != sealed.Fingerprint && !c.policy.Enabled {
			c.Passed, c.Check = time.Time{}, nil
		}
		c.Key = sealed
		return []Event{{Name: "key_set", Before: before, After: sealed.Fingerprint}}, nil
	})
	if err == nil {
		s.live.Forget(id)
	}
	return err
}

// Enable switches automatic runs on; *SetupError names what is missing. Where the settings need an
// approval they wait for it, and for somebody who confirms an address for notices.
func (s *Service) Enable(ctx context.Context, actor, id string) error {
	return s.switchTo(ctx, actor, id, true)
}

// Disable switches automatic runs off.
func (s *Service) Disable(ctx context.Context, actor, id string) error {
	return s.switchTo(ctx, actor, id, false)
}

func (s *Service) switchTo(ctx context.Context, actor, id string, on bool) error {
	_, err := s.change(ctx, actor, id, func(c *current) ([]Event, error) {
		if err := c.writable(); err != nil {
			return nil, err
		}
		if c.policy.Enabled == on {
			return nil, nil
		}
		event, note := "connection_disabled", "automatic runs off"
		if on {
			event, note = "connection_enabled", "automatic runs on"
			if err := c.ready(); err != nil {
				return nil, err
			}
		}
		p := c.policy
		p.Enabled = on
		c.Pause = nil
		c.setSettings(p, s.o.Now(), actor, note)
		return []Event{{Name: event, After: c.Version.label()}}, nil
	})
	if err == nil {
		s.saved(ctx, id)
	}
	return err
}

// Approve lets the settings in force run by themselves. They must have passed a check and been previewed.
func (s *Service) Approve(ctx context.Context, actor, id string) error {
	_, err := s.change(ctx, actor, id, func(c *current) ([]Event, error) {
		if err := c.ready(); err != nil {
			return nil, err
		}
		c.Approved = &ApprovedVersion{Approval: Approval{By: actor, At: s.o.Now()}, Version: c.Version.Number, Revision: c.Version.Revision}
		return []Event{{Name: "connection_approved", After: c.Version.label()}}, nil
	})
	if err == nil {
		s.saved(ctx, id)
	}
	return err
}

// Pause stops automatic runs until an instant, or until Resume (zero).
func (s *Service) Pause(ctx context.Context, actor, id, reason string, until time.Time) error {
	reason = strings.TrimSpace(reason)
	if reason == "" {
		return fault("reason", "say why, for whoever finds automatic runs stopped")
	}
	if wrong := directory.WrongEnd(until, s.o.Now()); wrong != "" {
		return fault("until", "the pause "+wrong)
	}
	_, err := s.change(ctx, actor, id, func(c *current) ([]Event, error) {
		if !c.policy.Enabled {
			return nil, &SetupError{Missing: "automatic runs are off, so there is nothing to pause"}
		}
		c.Pause = &Pause{By: actor, Reason: reason, At: s.o.Now(), Until: until}
		paused := Event{Name: "connection_paused", Detail: reason}
		if !until.IsZero() {
			paused.After = until.UTC().Format(pauseEnd)
		}
		return []Event{paused}, nil
	})
	return err
}

// pauseEnd is how the audit trail writes when a pause ends, for whoever reads it in a file.
const pauseEnd = "until 2006-01-02 15:04 UTC"

// PauseEnd is when a pause ends by its entry of the audit trail; zero where somebody has to resume, and for entries of
// former versions, which say it after the reason.
func PauseEnd(event, after string) time.Time {
	end, err := time.Parse(pauseEnd, after)
	if event != "connection_paused" || err != nil {
		return time.Time{}
	}
	return end
}

// Resume ends a pause; without one it does nothing.
func (s *Service) Resume(ctx context.Context, actor, id string) error {
	_, err := s.change(ctx, actor, id, func(c *current) ([]Event, error) {
		if c.Pause == nil {
			return nil, nil
		}
		c.Pause = nil
		return []Event{{Name: "connection_resumed"}}, nil
	})
	return err
}

// Delete takes a connection out: its key is erased and its name free again; its people stay as they are but
// are no longer from HR; its runs stay. While a run is under way it answers *syncrun.BusyError.
func (s *Service) Delete(ctx context.Context, actor, id string) error {
	c, err := s.current(ctx, id)
	if err != nil {
		return err
	}
	if c.file != nil {
		return &ReadOnlyError{Name: c.Name, Origin: c.Origin}
	}
	lease, err := s.o.Store.Acquire(ctx, id, s.o.NewID("delete"), s.o.LeaseFor)
	if err != nil {
		return err
	}
	if s.o.Leaving != nil {
		s.o.Leaving(ctx, id)
	}
	err = s.o.Settings.Delete(ctx, lease, actor, s.o.Now())
	err = errors.Join(err, s.o.Store.Release(context.WithoutCancel(ctx), lease))
	if err != nil {
		return fmt.Errorf("delete the connection %s: %w", c.Name, err)
	}
	s.live.Forget(id)
	return nil
}
