package notify

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// Welcomes is how the mails to the new people of a run stand.
type Welcomes struct {
	Queued    int // go out when they are due
	Later     int // of these, those whose first day of work is still to come
	Waiting   int // above the cap: an administrator releases them
	Sent      int // the mail server took them, or the outbox shows them instead
	Abandoned int // given up, or discarded
}

// Total counts all of them.
func (w Welcomes) Total() int { return w.Queued + w.Waiting + w.Sent + w.Abandoned }

// Welcomes counts the mails to the new people of a run.
func (s *Service) Welcomes(ctx context.Context, runID string) (out Welcomes, err error) {
	err = s.read(ctx, "count the welcomes of run "+runID, func(tx Tx) error {
		n, later, err := tx.Welcomes(runID, s.o.RunNow())
		out = Welcomes{Queued: n[Queued], Later: later, Waiting: n[Waiting], Sent: n[Sent] + n[Kept], Abandoned: n[GaveUp] + n[Discarded]}
		return err
	})
	return out, err
}

// Told is one address that a mail about a waiting plan went to, or goes to.
type Told struct {
	To    string
	State State
	At    time.Time // when it was queued
}

// Tells reports whether a connection's recipients learn that something of a run's plan waits. A preview is looked at by
// whoever made it, as are an undo and the plan of one person.
func Tells(run *syncrun.Run, info *syncrun.PlanInfo) bool {
	return whole(run, info) || effects(run, info) || ofChanges(run, info)
}

// maxTold is how many addresses Told names.
const maxTold = 20

// Told lists who was mailed that a plan waits. Where nobody was mailed about this very plan, because one that
// waited for the same was told within a day, it is those of that one, and same is true.
func (s *Service) Told(ctx context.Context, info *syncrun.PlanInfo) (out []Told, same bool, err error) {
	err = s.read(ctx, "look up who was told of plan "+info.ID, func(tx Tx) error {
		mails, err := tx.Mails(Filter{Kind: PlanWaits, PlanID: info.ID, Limit: maxTold})
		if err == nil && len(mails) == 0 {
			same = true
			mails, err = s.toldBefore(tx, info)
		}
		for i := range mails {
			out = append(out, Told{mails[i].To, mails[i].State, mails[i].CreatedAt})
		}
		return err
	})
	return out, same && len(out) > 0, err
}

// toldBefore are the mails about the plan that stands for this one, because it waited for the same.
func (s *Service) toldBefore(tx Tx, info *syncrun.PlanInfo) ([]Mail, error) {
	m, err := recall(tx, info.Connection)
	if err != nil || m.Waits == nil || info.Person != "" || m.Waits.For != waitsFor(&info.Header) {
		return nil, err
	}
	if since := info.CreatedAt.Sub(m.Waits.At); since < 0 || since >= remindAfter {
		return nil, nil
	}
	last, err := tx.Mails(Filter{Kind: PlanWaits, Connection: info.Connection, Limit: 1})
	if err != nil || len(last) == 0 {
		return nil, err
	}
	return tx.Mails(Filter{Kind: PlanWaits, PlanID: last[0].PlanID, Limit: maxTold})
}

// waitsFor says what a plan waits for, equal for plans that wait for the same.
func waitsFor(h *plan.Header) string {
	var out []string
	for _, r := range h.Reasons {
		if r.Waiting != plan.NotWaiting {
			out = append(out, fmt.Sprintf("%s=%d %s", r.Kind, r.Count, r.Waiting))
		}
	}
	return strings.Join(out, ", ")
}
