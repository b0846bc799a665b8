package connection

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/internal/connection/release"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/policy"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// Limits is the guard by which a connection is planned now.
type Limits struct {
	Guard policy.Guard
	// Settled is when everything that was loosened is in force; zero: it is already.
	Settled time.Time
}

// Limits tells by which guard a connection is planned now: limits that are looser than those before count 24
// hours after they were saved, stricter ones at once.
func (s *Service) Limits(ctx context.Context, id string) (Limits, error) {
	c, err := s.current(ctx, id)
	if err != nil {
		return Limits{}, err
	}
	return s.limits(ctx, c, c.policy.Guard)
}

// limits is the strictest of a guard and all that were in force in the last 24 hours. Before its first settings
// a connection counts as one with the defaults. The operator's own file is above this.
func (s *Service) limits(ctx context.Context, c *current, guard policy.Guard) (Limits, error) {
	out := Limits{Guard: guard}
	if !c.known || c.Origin != FromWeb {
		return out, nil
	}
	now := s.o.Now()
	out.Guard = guard.Stricter(c.policy.Guard)
	if !c.Version.At.After(now.Add(-release.Settling)) {
		return out, nil
	}
	versions, err := s.o.Settings.Versions(ctx, c.ID)
	if err != nil {
		return out, fmt.Errorf("list the settings of %s: %w", c.Name, err)
	}
	for i, v := range versions { // newest first
		if !v.At.After(now.Add(-release.Settling)) {
			break
		}
		before := policy.Defaults()
		if i+1 < len(versions) {
			if p, err := parseStored(versions[i+1]); err == nil { // one that is not understood any more counts as the defaults
				before = p
			}
		}
		if stricter := out.Guard.Stricter(before.Guard); stricter != out.Guard {
			out.Guard = stricter
			if out.Settled.IsZero() {
				out.Settled = v.At.Add(release.Settling)
			}
		}
	}
	return out, nil
}

// planner is an engine that plans by the limits of the connection.
func (s *Service) planner(ctx context.Context, actor string, c *current, p *policy.Connection, store syncrun.Store) (*syncrun.Engine, error) {
	l, err := s.limits(ctx, c, p.Guard)
	if err != nil {
		return nil, err
	}
	e := s.engine(actor, p, store)
	if l.Guard != p.Guard {
		e.Guard = &l.Guard
	}
	return e, nil
}

// Releasers tells who may release what the guard refused of a plan, as actor sees it.
func (s *Service) Releasers(ctx context.Context, actor, id, planID string) (release.Decision, error) {
	c, err := s.current(ctx, id)
	if err != nil {
		return release.Decision{}, err
	}
	return s.releasers(ctx, actor, c, planID)
}

func (s *Service) releasers(ctx context.Context, actor string, c *current, planID string) (release.Decision, error) {
	hands, err := s.hands(ctx, c)
	if err != nil {
		return release.Decision{}, err
	}
	actors := []string{actor}
	for _, h := range hands {
		actors = append(actors, h.Actor)
	}
	r, err := s.o.Settings.Reviewers(ctx, planID, actors, s.o.Now().Add(-release.Settling))
	if err != nil {
		return release.Decision{}, fmt.Errorf("look up who asked for plan %s: %w", planID, err)
	}
	slices.SortFunc(r.Administrators, func(a, b release.Administrator) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.ID, b.ID))
	})
	return r.Decide(actor, hands, s.o.Now(), c.policy.Zones().Connection()), nil
}

// hands lists the changes of the last 24 hours that plans follow from: settings, and the key. Name, schedule and
// recipients are not among them.
func (s *Service) hands(ctx context.Context, c *current) ([]release.Hand, error) {
	since := s.o.Now().Add(-release.Settling)
	var out []release.Hand
	if c.Origin != FromWeb {
		return nil, nil
	}
	if c.Key != nil && c.Key.SetAt.After(since) {
		out = append(out, release.Hand{Actor: c.Key.SetBy, At: c.Key.SetAt})
	}
	if !c.Version.At.After(since) {
		return out, nil
	}
	versions, err := s.o.Settings.Versions(ctx, c.ID)
	if err != nil {
		return nil, fmt.Errorf("list the settings of %s: %w", c.Name, err)
	}
	for i, v := range versions {
		if v.At.After(since) && (i+1 == len(versions) || versions[i+1].Revision != v.Revision) {
			out = append(out, release.Hand{Actor: v.Actor, At: v.At})
		}
	}
	return out, nil
}

// mayRelease asks for a second person where there is one.
func (s *Service) mayRelease(ctx context.Context, actor string, c *current, planID string, kinds map[plan.Kind]int) error {
	if len(kinds) == 0 {
		return nil
	}
	r, err := s.releasers(ctx, actor, c, planID)
	if err == nil && !r.May {
		err = &SecondPersonError{PlanID: planID, Why: r.Why}
	}
	return err
}
