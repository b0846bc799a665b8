package connection

import (
	"context"
	"errors"

	"github.com/rollcall-hr/rollcall/bamboohr"
	"github.com/rollcall-hr/rollcall/internal/connection/live"
	"github.com/rollcall-hr/rollcall/policy"
)

// liveReader is a reader as package live wants it.
type liveReader struct{ *reader }

func (r liveReader) Fields(ctx context.Context) ([]bamboohr.Field, error) {
	return r.client.Fields(ctx)
}
func (r liveReader) Close() { r.close() }

// company tells package live how to reach a connection's company.
func (s *Service) company(c *current) live.Company {
	return live.Company{ID: c.ID, Name: c.Name,
		As: c.policy.BambooHR.Subdomain + " " + string(c.policy.BambooHR.Reader) + " " + fingerprint(c.Key),
		Open: func(p *policy.Connection) (live.Reader, error) {
			if err := c.reachable(); err != nil {
				return nil, err
			}
			r, err := s.openFor(c, p)
			if err != nil {
				return nil, err
			}
			return liveReader{r}, nil
		}}
}

// sample reads what a draft needs, unless it was just read.
func (s *Service) sample(ctx context.Context, id string, patch []byte) (*live.Sample, *policy.Connection, error) {
	c, err := s.current(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	p, err := c.draft(patch)
	if err != nil {
		return nil, nil, err
	}
	m, err := s.live.Sample(ctx, s.company(c), &p)
	return m, &p, shownError(err)
}

// shownError makes what does not fit the company the same error as what does not fit at all.
func shownError(err error) error {
	if wrong, ok := errors.AsType[*live.SettingsError](err); ok {
		return settingsError(wrong.Faults)
	}
	return err
}

// Examples shows for each mapping row of (unsaved) settings, by target, what it gives for up to five real people
// of those read last.
func (s *Service) Examples(ctx context.Context, id string, patch []byte) (map[string][]Example, error) {
	m, p, err := s.sample(ctx, id, patch)
	if err != nil {
		return nil, err
	}
	out, err := m.Examples(p, s.o.Now())
	return out, shownError(err)
}

// Scope counts what the scope and leaving rules of (unsaved) settings do to the employees read last.
func (s *Service) Scope(ctx context.Context, id string, patch []byte) (ScopeView, error) {
	m, p, err := s.sample(ctx, id, patch)
	if err != nil {
		return ScopeView{}, err
	}
	out, err := m.Scope(p, s.o.Now(), s.o.Store.LinkStates(ctx, id, false))
	return out, shownError(err)
}

// Fields lists the BambooHR fields that a mapping may name, by name.
func (s *Service) Fields(ctx context.Context, id string) ([]FieldChoice, error) {
	c, err := s.current(ctx, id)
	if err != nil {
		return nil, err
	}
	return s.live.Fields(ctx, s.company(c), &c.policy)
}

// Values lists what a field (alias) can say at this company, at most 200: the options of its list, else what
// the employees read last have.
func (s *Service) Values(ctx context.Context, id, field string) ([]string, error) {
	c, err := s.current(ctx, id)
	if err != nil {
		return nil, err
	}
	out, err := s.live.Values(ctx, s.company(c), c.policy, field)
	return out, shownError(err)
}
