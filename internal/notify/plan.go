package notify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// planWaits tells that a plan waits: once a plan, and of plans that wait for the same thing, as those of a
// frequent schedule do, once a day. last is the one that was told.
func (n *noticeTx) planWaits(run *syncrun.Run, info *syncrun.PlanInfo, last **waitNotice) error {
	waits := waitsOf(&info.Header, n.d.Settings.Guard.Window)
	if len(waits) == 0 || run.Released { // nothing waits, or somebody is looking at it
		before := *last
		*last = nil
		return n.overtaken(before, noLonger)
	}
	now := waitNotice{For: waitsFor(&info.Header), At: info.CreatedAt, Plan: info.ID, Made: info.CreatedAt, Waits: waits,
		Expires: info.CreatedAt.Add(n.d.Settings.PlanExpires)}
	c := Content{Waits: waits, Expires: now.Expires}
	if before := *last; before != nil {
		if now.For == before.For && !before.Over && now.At.Sub(before.At) < remindAfter {
			now.At = before.At // of the one that was told
			*last = &now
			return n.passOn(before, &now)
		}
		c.Reminder = now.For == before.For
		if before.expired(info.CreatedAt) {
			c.Former = before.Made
		}
	}
	if len(n.to) == 0 {
		return nil // whoever confirms an address is told by the next run
	}
	if err := n.overtaken(*last, "A newer plan waits, of which another mail tells."); err != nil {
		return err
	}
	*last = &now
	return n.tell(Mail{Kind: PlanWaits, RunID: run.ID, PlanID: info.ID, Content: c}, info.ID)
}

// looked keeps what was told of a plan true after a preview took its place. Nobody is mailed of that one, because whoever
// made it looks at it; what waits differently by now is left to the next run.
func (n *noticeTx) looked(info *syncrun.PlanInfo) error {
	before := n.memory.Waits
	switch {
	case before == nil:
		return nil
	case waitsFor(&info.Header) == "":
		n.memory.Waits = nil
		return n.overtaken(before, noLonger)
	case waitsFor(&info.Header) != before.For || before.Over:
		return nil
	}
	now := *before
	now.Plan, now.Made, now.Expires = info.ID, info.CreatedAt, info.CreatedAt.Add(n.d.Settings.PlanExpires)
	n.memory.Waits = &now
	return n.passOn(before, &now)
}

// noLonger is why a mail about a plan is not sent that was decided before.
const noLonger = "What waited was decided, or no longer waits."

// unsent are the mails about a plan that waits which did not go out yet.
func (n *noticeTx) unsent(w *waitNotice) ([]Mail, error) {
	if w == nil || w.Plan == "" {
		return nil, nil
	}
	return n.Mails(Filter{Kind: PlanWaits, Connection: n.d.ID, PlanID: w.Plan, States: []State{Queued}})
}

// overtaken withdraws the mails about a plan of which something else is true by now.
func (n *noticeTx) overtaken(w *waitNotice, why string) error {
	open, err := n.unsent(w)
	if err != nil {
		return err
	}
	return n.discard(open, why)
}

// passOn makes mails about a plan that did not go out yet mails about the newer one that waits for the same.
func (n *noticeTx) passOn(before, now *waitNotice) error {
	open, err := n.unsent(before)
	for i := range open {
		open[i].PlanID, open[i].Content.Expires = now.Plan, now.Expires
		err = errors.Join(err, n.Save(&open[i]))
	}
	return err
}

// releasers says in the mail about a plan that waits who may let it go ahead by now. Where that cannot be found out it
// names nobody.
func (s *Service) releasers(ctx context.Context, m *Mail) error {
	if m.Kind != PlanWaits {
		return nil
	}
	may, err := s.connections.Releasers(ctx, "", m.Connection, m.PlanID)
	if ctx.Err() != nil {
		return err
	}
	if err != nil && !errors.Is(err, directory.ErrNotFound) {
		s.o.Log.Warn("a mail names nobody who may release", "mail", m.ID, "plan", m.PlanID, "reason", err)
	}
	m.Content.Approvers, m.Content.Releasers, m.Content.Later = may.All, may.By, nil
	if l := may.Later; len(may.By) == 0 && len(may.All) > 0 {
		m.Content.Later = &Later{l.Names, l.From}
	}
	return nil
}

// waitsOf are the kinds that wait; window is the one of the guard.
func waitsOf(h *plan.Header, window time.Duration) []Wait {
	var out []Wait
	for _, r := range h.Reasons {
		if r.Waiting != plan.NotWaiting {
			out = append(out, Wait{Kind: r.Kind, Count: r.Count, Of: r.Of, Limit: r.Limit, Hours: int(window.Hours()), Refused: r.Waiting == plan.WaitingRefused})
		}
	}
	return out
}

// expired tells a plan of which nobody has told yet that it is too old to be applied.
func (w *waitNotice) expired(now time.Time) bool {
	return w != nil && !w.Over && !w.Expires.IsZero() && !now.Before(w.Expires)
}

// troubles are the records that went wrong in a run.
type troubles struct {
	keys    []string // sorted
	entries map[string]Entry
}

func (t *troubles) add(key string, e Entry) {
	if _, ok := t.entries[key]; !ok {
		t.keys = append(t.keys, key)
		t.entries[key] = e
	}
}

// failed are the reasons for which a record could not be carried over; the others are no failure, and stand
// in the weekly digest.
func failed(r plan.Reason) bool {
	return slices.Contains([]plan.Reason{plan.DuplicateEmail, plan.AmbiguousMatch, plan.IdentityConflict, plan.EmailTaken,
		plan.ManagerLoop, plan.InvalidValue}, r)
}

// troubles collects what went wrong with single records (promise BW21); nil when the run does not tell.
func (s *Service) troubles(ctx context.Context, run *syncrun.Run, info *syncrun.PlanInfo) (*troubles, error) {
	if !whole(run, info) {
		return nil, nil
	}
	t := &troubles{entries: map[string]Entry{}}
	for _, e := range run.Errors {
		if e.SourceID != "" {
			t.add(e.SourceID+" "+e.Code, Entry{Source: number(e.SourceID), Text: oneLine(e.Message)})
		}
	}
	for it, err := range s.o.Records.Items(ctx, info.ID, 0, false) {
		if err != nil {
			return nil, s.explain("look for records that went wrong in run "+run.ID, err)
		}
		if h := it.Held; h != nil && failed(h.Reason) {
			t.add(fmt.Sprintf("%d %s %s %s", h.SourceID, h.PersonID, h.Reason, h.Field), Entry{Name: nameOf(h), Source: h.SourceID, Reason: h.Reason, Text: oneLine(h.Detail)})
		}
	}
	slices.Sort(t.keys)
	return t, nil
}

// nameOf is what a record is known by, "" when only its number is.
func nameOf(h *plan.Held) string { return oneLine(cmp.Or(h.Name, h.Email)) }

// number is an employee's id, 0 for what is none.
func number(id string) int64 {
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// troubled tells the records that went wrong and were right, or unknown, before: one mail a run, and each
// record once for as long as it stays wrong.
func (n *noticeTx) troubled(run *syncrun.Run, t *troubles) error {
	var entries []Entry
	total := 0
	for _, k := range t.keys {
		if _, told := slices.BinarySearch(n.memory.Told, k); told {
			continue
		}
		if total++; len(entries) < maxEntries {
			entries = append(entries, t.entries[k])
		}
	}
	if total > 0 && len(n.to) == 0 {
		return nil
	}
	n.memory.Told = t.keys
	if total == 0 {
		return nil
	}
	return n.tell(Mail{Kind: Troubled, RunID: run.ID, Content: Content{Entries: entries, Total: total}}, run.ID)
}
