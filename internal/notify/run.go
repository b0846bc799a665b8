package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/policy"
	"github.com/rollcall-hr/rollcall/syncrun"
)

const (
	// remindAfter is when a plan that waits for the same thing as the last one is told again.
	remindAfter = 24 * time.Hour
	// noticeFor is how long a notice still says something useful.
	noticeFor = 7 * 24 * time.Hour
	// lookBack is how old a run may be that CatchUp still tells of, lookAt how many it looks at.
	lookBack = 48 * time.Hour
	lookAt   = 200
	// dueOnly is whom a plan of effects that came due says it is of (syncrun).
	dueOnly = "due"
)

// memory is what was told about a connection; of the organisation it has Since alone.
type memory struct {
	Since   time.Time   `json:"since,omitzero"`    // runs that ended before are never told
	Failing time.Time   `json:"failing,omitzero"`  // when the failure under way began
	Missed  time.Time   `json:"missed,omitzero"`   // when the run was due that began the episode of missed ones under way
	Waits   *waitNotice `json:"waits,omitempty"`   // the plan that was told last, while its successors wait for the same
	Due     *waitNotice `json:"due,omitempty"`     // the same of effects that came due without a reading
	Changes *waitNotice `json:"changes,omitempty"` // the same of looks for changes
	Told    []string    `json:"told,omitempty"`    // troubled records, sorted

	Awaits   time.Time `json:"awaits,omitzero"`   // when administrators were asked to approve the settings
	Digested time.Time `json:"digested,omitzero"` // up to when the weekly digest was looked at
}

// waitNotice is a plan that waits, as it was told, and the newest of those that wait for the same.
type waitNotice struct {
	For string    `json:"for"` // what is held back
	At  time.Time `json:"at"`  // of the plan that was told

	Plan    string    `json:"plan,omitempty"`
	Made    time.Time `json:"made,omitzero"`
	Expires time.Time `json:"expires,omitzero"`
	Waits   []Wait    `json:"waits,omitempty"`
	Over    bool      `json:"over,omitempty"` // it was told that it expired
}

func recall(tx Tx, connection string) (m memory, err error) {
	text, err := tx.Memory(connection)
	if err == nil && text != "" {
		err = json.Unmarshal([]byte(text), &m)
	}
	return m, err
}

func (m *memory) keep(tx Tx, connection string) error {
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return tx.Remember(connection, string(text))
}

// RunFinished queues what a run that ended means for people: welcomes, a failure that began or is over, a
// plan that waits, records that went wrong. info is the run's plan, nil when there is none; after is the
// connection as the run left it. It may be called again for the same run: nothing is queued twice. What it
// answers must not change the run.
func (s *Service) RunFinished(ctx context.Context, run syncrun.Run, info *syncrun.PlanInfo, after connection.Detail) error {
	if run.ID == "" || run.Outcome == "" {
		return nil // it never began, or still runs
	}
	var mark RunMark
	err := s.read(ctx, "look up what run "+run.ID+" has told", func(tx Tx) (err error) {
		mark, err = tx.Run(run.ID)
		return err
	})
	if err != nil || !mark.Done.IsZero() {
		return err
	}
	if run.Outcome != syncrun.OutcomePreview && run.Outcome != syncrun.OutcomeNoOp {
		if err := s.invite(ctx, &run, mark.Invite, &after); err != nil {
			return err
		}
	}
	t, err := s.troubles(ctx, &run, info)
	if err != nil {
		return err
	}
	err = s.write(ctx, "queue the notices of run "+run.ID, func(tx Tx) error {
		mark, err := tx.Run(run.ID)
		if err != nil || !mark.Done.IsZero() {
			return err
		}
		return s.notices(tx, &run, info, &after, t, mark)
	})
	s.nudge()
	return err
}

func (s *Service) notices(tx Tx, run *syncrun.Run, info *syncrun.PlanInfo, after *connection.Detail, t *troubles, mark RunMark) error {
	n, err := s.notice(tx, after)
	if err != nil {
		return err
	}
	if err := errors.Join(n.health(), n.approval()); err != nil {
		return err
	}
	switch {
	case whole(run, info):
		err = errors.Join(n.planWaits(run, info, &n.memory.Waits), n.overtaken(n.memory.Changes, "Everybody was read and planned again since."))
	case effects(run, info):
		err = n.planWaits(run, info, &n.memory.Due)
	case ofChanges(run, info):
		err = n.planWaits(run, info, &n.memory.Changes)
	case lookedAgain(run, info, after):
		err = n.looked(info)
	}
	if err != nil {
		return err
	}
	if t != nil {
		if err := n.troubled(run, t); err != nil {
			return err
		}
	}
	mark.Done = s.o.Now()
	return errors.Join(n.memory.keep(tx, after.ID), tx.MarkRun(mark))
}

// whole reports a run that meant to change everybody of the connection.
func whole(run *syncrun.Run, info *syncrun.PlanInfo) bool {
	return info != nil && info.ID != "" && info.Person == "" && info.UndoOf == "" && !info.Header.Hypothetical() && run.Outcome != syncrun.OutcomePreview
}

// lookedAgain reports a preview of everybody with the settings in force: the plan before it can no longer be applied.
func lookedAgain(run *syncrun.Run, info *syncrun.PlanInfo, after *connection.Detail) bool {
	return info != nil && info.ID != "" && info.Person == "" && info.UndoOf == "" && !info.Header.Hypothetical() &&
		run.Outcome == syncrun.OutcomePreview && info.Header.Revision == policy.Revision(after.Settings)
}

// ofChanges reports a run that read only those who changed.
func ofChanges(run *syncrun.Run, info *syncrun.PlanInfo) bool {
	return info != nil && info.Person == syncrun.PlanOfChanges && run.Outcome != syncrun.OutcomePreview
}

// effects reports a run that could only do what came due.
func effects(run *syncrun.Run, info *syncrun.PlanInfo) bool {
	return info != nil && info.Person == dueOnly && run.Outcome != syncrun.OutcomePreview
}

// ConnectionSeen queues the mail about a failure that began or is over, whatever found it out: a check, say.
// It may be called as often as one likes.
func (s *Service) ConnectionSeen(ctx context.Context, d connection.Detail) error {
	err := s.write(ctx, "queue the notices of "+d.Name, func(tx Tx) error {
		n, err := s.notice(tx, &d)
		if err != nil {
			return err
		}
		if err := errors.Join(n.health(), n.approval()); err != nil {
			return err
		}
		return n.memory.keep(tx, d.ID)
	})
	s.nudge()
	return err
}

// SettingsSaved asks the addresses of a connection's notices that nobody asked yet whether they agree; those
// of the operator's file need not. It also tells administrators of settings that wait for an approval.
func (s *Service) SettingsSaved(ctx context.Context, d connection.Detail) error {
	err := s.ConnectionSeen(ctx, d)
	if d.Origin == connection.FromFile {
		return err
	}
	known, unknown := s.Recipients(ctx, d.Settings.Notify.Errors)
	err = errors.Join(err, unknown)
	for _, r := range known {
		if unknown == nil && r.Confirmed.IsZero() && r.AskedAt.IsZero() {
			err = errors.Join(err, s.Ask(ctx, d.Version.Actor, r.Email))
		}
	}
	return err
}

// noticeTx queues notices about one connection.
type noticeTx struct {
	Tx
	s      *Service
	d      *connection.Detail
	memory memory
	to     []string
}

func (s *Service) notice(tx Tx, d *connection.Detail) (*noticeTx, error) {
	m, err := recall(tx, d.ID)
	if err != nil {
		return nil, err
	}
	to, err := recipients(tx, d)
	return &noticeTx{Tx: tx, s: s, d: d, memory: m, to: to}, err
}

// recipients are the addresses that agreed to be told, or that the operator's file names.
func recipients(tx Tx, d *connection.Detail) ([]string, error) {
	if d.Origin == connection.FromFile {
		return d.Settings.Notify.Errors, nil
	}
	var out []string
	for _, address := range d.Settings.Notify.Errors {
		r, err := tx.Recipient(address)
		switch {
		case errors.Is(err, directory.ErrNotFound):
		case err != nil:
			return nil, err
		case !r.Confirmed.IsZero():
			out = append(out, address)
		}
	}
	return out, nil
}

// tell queues one notice to every recipient; key says what it is about, so that nobody gets it twice.
func (n *noticeTx) tell(m Mail, key string) error { return n.tellThem(n.to, m, key) }

func (n *noticeTx) tellThem(to []string, m Mail, key string) error {
	m.Connection, m.UselessAt = n.d.ID, n.s.o.Now().Add(noticeFor)
	m.Content.Connection, m.Content.Zone = oneLine(n.d.Name), n.d.TimeZone
	if m.Kind != Approval { // nothing runs by itself before the approval, paused or not
		m.Content.Pause = pauseOf(n.d)
	}
	for _, address := range to {
		m.To, m.Key = address, strings.Join([]string{string(m.Kind), key, directory.EmailKey(address)}, "/")
		if err := n.s.queue(n, m); err != nil {
			return err
		}
	}
	return nil
}

// health tells the beginning and the end of a failure, once each (promise BW20, security §3 #13, #15). While
// it lasts a recipient who was added meanwhile is told too.
func (n *noticeTx) health() error {
	failing := n.d.State == connection.Failing
	if failing && n.memory.Failing.IsZero() {
		n.memory.Failing = n.s.o.RunNow()
	}
	since := n.memory.Failing
	key := fmt.Sprintf("%s/%d", n.d.ID, since.UnixMilli())
	switch {
	case failing:
		return n.tell(Mail{Kind: Failing, Content: Content{Since: since, Problem: n.d.Problem, Next: n.d.NextRun}}, key)
	case since.IsZero() || n.d.State == connection.Draft: // a new key was not tried yet
		return nil
	}
	if err := n.withdraw(Failing, "It works again already."); err != nil {
		return err
	}
	n.memory.Failing = time.Time{}
	return n.tell(Mail{Kind: Recovered, Content: Content{Since: since}}, key)
}

// withdraw discards notices that did not go out yet and are no longer true.
func (n *noticeTx) withdraw(kind Kind, why string) error {
	open, err := n.Mails(Filter{Kind: kind, Connection: n.d.ID, States: []State{Queued}})
	if err != nil {
		return err
	}
	return n.discard(open, why)
}

// discard ends mails that did not go out yet.
func (n *noticeTx) discard(open []Mail, why string) error {
	for i := range open {
		open[i].State, open[i].Problem, open[i].DoneAt = Discarded, why, n.s.o.Now()
		if err := n.Save(&open[i]); err != nil {
			return err
		}
	}
	return nil
}

// CatchUp tells of runs that ended without RunFinished being called: the process ended between the two, or
// a run was interrupted and made accounts before. Runs of the command line tell for themselves.
func (s *Service) CatchUp(ctx context.Context) error {
	runs, err := s.o.Records.RunList(ctx, "", lookAt)
	if err != nil {
		return s.explain("look for runs to tell of", err)
	}
	var open []syncrun.Run
	err = s.read(ctx, "look for runs to tell of", func(tx Tx) error {
		m, err := recall(tx, "")
		if err != nil {
			return err
		}
		since := s.o.RunNow().Add(-lookBack)
		if m.Since.After(since) {
			since = m.Since
		}
		for _, r := range slices.Backward(runs) { // oldest first
			if r.Outcome == "" || r.StartedAt.Before(since) || strings.HasPrefix(r.Actor, "cli:") {
				continue
			}
			mark, err := tx.Run(r.ID)
			if err != nil {
				return err
			}
			if mark.Done.IsZero() {
				open = append(open, r)
			}
		}
		return nil
	})
	for i := range open {
		err = errors.Join(err, s.catchUp(ctx, &open[i]))
	}
	return err
}

func (s *Service) catchUp(ctx context.Context, r *syncrun.Run) error {
	d, err := s.connections.Get(ctx, r.Connection)
	if errors.Is(err, directory.ErrNotFound) {
		return nil // deleted meanwhile
	}
	if err != nil {
		return err
	}
	var info *syncrun.PlanInfo
	if r.PlanID != "" {
		p, err := s.o.Records.Plan(ctx, r.Connection, r.PlanID)
		if err != nil && !errors.Is(err, directory.ErrNotFound) {
			return err
		}
		if err == nil {
			info = &p
		}
	}
	return s.RunFinished(ctx, *r, info, d)
}
