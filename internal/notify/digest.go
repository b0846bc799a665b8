package notify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/policy"
	"github.com/rollcall-hr/rollcall/syncrun"
)

const (
	// week is what a digest looks back on, and ahead to.
	week = 7 * 24 * time.Hour
	// firstNames is how many names a digest has for each reason.
	firstNames = 5
	// weekRuns is how many runs a digest looks at.
	weekRuns = 1000
)

// digestTime is when digests are due, in the connection's zone.
func digestTime() policy.Schedule { return policy.Schedule{Weekly: "mon 08:00"} }

// QueueDigest queues the weekly mail about what a connection leaves aside (contradiction C18, promise SI50):
// on Mondays at 08:00 of the connection's zone, once, however often and by however many processes it is
// called. After a while without a server one digest makes up for all. It reports whether one was queued;
// there is none when there is nothing to tell, or the settings want none.
func (s *Service) QueueDigest(ctx context.Context, d connection.Detail) (told bool, err error) {
	var m memory
	err = s.read(ctx, "look up the last digest of "+d.Name, func(tx Tx) error {
		m, err = recall(tx, d.ID)
		return err
	})
	if err != nil || !m.digestDue(zone(d.TimeZone), s.o.RunNow()) {
		return false, err
	}
	c, planID, err := s.week(ctx, &d, m.Waits)
	if err != nil {
		return false, s.explain("look for what "+d.Name+" leaves aside", err)
	}
	err = s.write(ctx, "queue the digest of "+d.Name, func(tx Tx) error {
		n, err := s.notice(tx, &d)
		if err != nil || !n.memory.digestDue(zone(d.TimeZone), s.o.RunNow()) {
			return err // another process did it meanwhile
		}
		begun := !n.memory.Digested.IsZero()
		slot := n.memory.digested(zone(d.TimeZone), s.o.RunNow())
		n.memory.Digested = slot
		told = begun && c != nil && len(n.to) > 0
		if told {
			err = n.tell(Mail{Kind: Digest, PlanID: planID, Content: *c}, fmt.Sprintf("%s/%d", d.ID, slot.Unix()))
		}
		return errors.Join(err, n.memory.keep(tx, d.ID))
	})
	s.nudge()
	return told, err
}

// digested is the instant of the last digest up to now: now itself for a connection that is new, or when the
// clock went back by more than a week.
func (m *memory) digested(zone *time.Location, now time.Time) time.Time {
	if m.Digested.IsZero() || m.Digested.After(now.Add(week)) {
		return now
	}
	last := m.Digested
	for next := policy.NextRun(digestTime(), zone, last); !next.IsZero() && !next.After(now); next = policy.NextRun(digestTime(), zone, last) {
		last = next
	}
	return last
}

// digestDue tells that there is something to note: a Monday, or that the connection is new.
func (m *memory) digestDue(zone *time.Location, now time.Time) bool {
	return !m.digested(zone, now).Equal(m.Digested)
}

// week collects what a digest says, and the plan that it is about; nil when there is nothing to tell.
func (s *Service) week(ctx context.Context, d *connection.Detail, waits *waitNotice) (c *Content, planID string, err error) {
	if d.Settings.Notify.Digest == policy.DigestOff || d.State == connection.Draft || d.Absent {
		return nil, "", nil
	}
	now := s.o.RunNow()
	c = &Content{}
	runs, err := s.o.Records.RunList(ctx, d.ID, weekRuns)
	if err != nil {
		return nil, "", err
	}
	for i := range runs {
		if runs[i].StartedAt.Before(now.Add(-week)) {
			runs = runs[:i]
			break
		}
		if runs[i].Outcome == syncrun.OutcomeFailed {
			c.Failed++
			c.Since = latest(c.Since, runs[i].StartedAt)
		}
	}
	if planID, err = s.aside(ctx, d.ID, runs, c); err != nil {
		return nil, "", err
	}
	if waits != nil && !waits.Over && now.Before(waits.Expires) {
		c.Waits, planID = waits.Waits, waits.Plan
	}
	if c.Holds, err = s.endingHolds(ctx, d.ID, now); err != nil {
		return nil, "", err
	}
	c.Pause = pauseOf(d)
	if c.Failed == 0 && c.Total == 0 && len(c.Waits) == 0 && len(c.Holds) == 0 && c.Pause == nil {
		return nil, "", nil
	}
	return c, planID, nil
}

// pauseOf is the pause of a connection's automatic runs, nil for none.
func pauseOf(d *connection.Detail) *Pause {
	if d.Pause == nil {
		return nil
	}
	return &Pause{Reason: oneLine(d.Pause.Reason), Since: d.Pause.At, Until: d.Pause.Until}
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// byChoice are the reasons that somebody chose: nothing has to be done about them.
func byChoice(r plan.Reason) bool {
	return slices.Contains([]plan.Reason{plan.OutOfScope, plan.OnHold, plan.LockedByAdmin, plan.NotFromHR, plan.NotStarted, plan.LastOwner}, r)
}

// aside adds what the newest plan of everybody leaves aside, by reason, and names the plan.
func (s *Service) aside(ctx context.Context, connection string, runs []syncrun.Run, c *Content) (planID string, err error) {
	info, err := s.lastPlan(ctx, connection, runs)
	if errors.Is(err, directory.ErrNotFound) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	seen := map[string]bool{} // a record and reason; some are held once a field
	for it, err := range s.o.Records.Items(ctx, info.ID, 0, false) {
		if err != nil {
			return "", err
		}
		h := it.Held
		if h == nil {
			continue
		}
		if key := fmt.Sprintf("%d %s %s", h.SourceID, h.PersonID, h.Reason); seen[key] {
			continue
		} else {
			seen[key] = true
		}
		if byChoice(h.Reason) {
			c.OnPurpose++
			continue
		}
		c.Total++
		c.leave(h)
	}
	slices.SortFunc(c.Entries, func(a, b Entry) int { return cmp.Compare(a.Reason, b.Reason) })
	return info.ID, nil
}

// leave counts a record under its reason.
func (c *Content) leave(h *plan.Held) {
	at := slices.IndexFunc(c.Entries, func(e Entry) bool { return e.Reason == h.Reason })
	if at < 0 {
		at = len(c.Entries)
		c.Entries = append(c.Entries, Entry{Reason: h.Reason})
	}
	e := &c.Entries[at]
	e.Count++
	if name := nameOf(h); len(e.First) < firstNames && (name != "" || h.SourceID != 0) {
		e.First = append(e.First, Entry{Name: name, Source: h.SourceID})
	}
}

// lastPlan is the newest plan of everybody that runs made, the newest first; directory.ErrNotFound when
// there is none.
func (s *Service) lastPlan(ctx context.Context, connection string, runs []syncrun.Run) (syncrun.PlanInfo, error) {
	for i := range runs {
		if runs[i].PlanID == "" || runs[i].UndoOf != "" || runs[i].Outcome == syncrun.OutcomeFailed {
			continue
		}
		info, err := s.o.Records.Plan(ctx, connection, runs[i].PlanID)
		if errors.Is(err, directory.ErrNotFound) {
			continue // dropped as old
		}
		if err != nil || info.Person == "" && info.UndoOf == "" && !info.Header.Hypothetical() && info.Header.Evidence.SnapshotID != "" {
			return info, err
		}
	}
	return syncrun.PlanInfo{}, fmt.Errorf("plan of connection %s: %w", connection, directory.ErrNotFound)
}

// endingHolds are the freezes of a connection and the holds of its people that end within a week, the first
// first.
func (s *Service) endingHolds(ctx context.Context, connection string, now time.Time) ([]Entry, error) {
	holds, err := s.o.Records.Holds(ctx)
	if err != nil {
		return nil, err
	}
	soon := func(until time.Time) bool { return until.After(now) && !until.After(now.Add(week)) }
	holds = slices.DeleteFunc(holds, func(h directory.Hold) bool { return !soon(h.Until) })
	slices.SortStableFunc(holds, func(a, b directory.Hold) int { return a.Until.Compare(b.Until) })
	freezes, err := s.o.Records.Freezes(ctx, connection)
	if err != nil {
		return nil, err
	}
	var out []Entry
	for _, f := range freezes {
		if soon(f.Until) {
			out = append(out, Entry{Frozen: f.What, Text: oneLine(f.Reason), Until: f.Until})
		}
	}
	for _, h := range holds {
		if len(out) >= maxEntries {
			break
		}
		p, err := s.o.Records.Person(ctx, h.PersonID)
		if errors.Is(err, directory.ErrNotFound) || err == nil && (p.Link == nil || p.Link.Connection != connection) {
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, Entry{Name: oneLine(cmp.Or(p.Name(), p.ID)), Text: oneLine(h.Reason), Until: h.Until})
	}
	slices.SortStableFunc(out, func(a, b Entry) int { return a.Until.Compare(b.Until) })
	return out[:min(len(out), maxEntries)], nil
}
