package notify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/connection"
)

// runSoon is how close the next run must be for its mail to tell that the plan before it expired.
const runSoon = time.Hour

// OnTime queues what no run tells of: weekly digests, plans that expired, settings that wait for an approval.
// The clock is that of runs. It may be called as often as one likes.
func (s *Service) OnTime(ctx context.Context) error {
	all, err := s.connections.List(ctx)
	if err != nil {
		return s.explain("look for mails that are due", err)
	}
	for i := range all {
		err = errors.Join(err, s.onTime(ctx, &all[i]))
	}
	return err
}

func (s *Service) onTime(ctx context.Context, sum *connection.Summary) error {
	var m memory
	err := s.read(ctx, "look up what was told of "+sum.Name, func(tx Tx) (err error) {
		m, err = recall(tx, sum.ID)
		return err
	})
	now := s.o.RunNow()
	digest := m.digestDue(zone(sum.TimeZone), now)
	if err != nil || !digest && !m.Waits.expired(now) && !m.Due.expired(now) && m.awaits(sum.State) == !m.Awaits.IsZero() {
		return err
	}
	d, err := s.connections.Get(ctx, sum.ID)
	if errors.Is(err, directory.ErrNotFound) {
		return nil // deleted meanwhile
	}
	if err != nil {
		return err
	}
	err = s.write(ctx, "queue the notices of "+d.Name, func(tx Tx) error {
		n, err := s.notice(tx, &d)
		if err != nil {
			return err
		}
		return errors.Join(n.approval(), n.expired(now, n.memory.Waits), n.expired(now, n.memory.Due), n.expired(now, n.memory.Changes), n.memory.keep(tx, d.ID))
	})
	if err == nil && digest {
		_, err = s.QueueDigest(ctx, d)
	}
	s.nudge()
	return err
}

// expired tells that a plan waited in vain, unless a run that is under way or comes soon plans anew: then
// its mail says so.
func (n *noticeTx) expired(now time.Time, w *waitNotice) error {
	if !w.expired(now) || n.d.Busy != nil || !n.d.NextRun.IsZero() && n.d.NextRun.Sub(now) <= runSoon {
		return nil
	}
	w.Over = true
	if err := n.overtaken(w, "It expired before this could be sent."); err != nil {
		return err
	}
	return n.tell(Mail{Kind: PlanExpired, PlanID: w.Plan, Content: Content{Since: w.Made, Expires: w.Expires, Next: n.d.NextRun, Waits: w.Waits}}, w.Plan)
}

// awaits tells whether settings wait for an approval. A connection in error, or one whose key was not tried
// yet, leaves what was told as it is.
func (m *memory) awaits(s connection.State) bool {
	if s == connection.Failing || s == connection.Draft {
		return !m.Awaits.IsZero()
	}
	return s == connection.AwaitingApproval
}

// approval tells owners and administrators, once, that settings wait for one of them.
func (n *noticeTx) approval() error {
	if n.memory.awaits(n.d.State) == !n.memory.Awaits.IsZero() {
		return nil
	}
	if !n.memory.Awaits.IsZero() {
		n.memory.Awaits = time.Time{}
		return n.withdraw(Approval, "The settings no longer wait.")
	}
	to, err := n.AdministratorAddresses()
	if err != nil {
		return err
	}
	n.memory.Awaits = n.s.o.RunNow()
	return n.tellThem(to, Mail{Kind: Approval, Content: Content{Version: n.d.Version.Number}}, fmt.Sprintf("%s/%d", n.d.ID, n.memory.Awaits.UnixMilli()))
}
