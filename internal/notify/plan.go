package notify

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// planWaits tells that a plan waits: once a plan, and of plans that wait for the same thing, as those of a
// frequent schedule do, once a day. last is the one that was told.
func (n *noticeTx) planWaits(run *syncrun.Run, info *syncrun.PlanInfo, last **waitNotice) error {
	h := &info.Header
	c := Content{Asker: !run.Trigger.Automatic()}
	var same []string
	for _, r := range h.Reasons {
		if r.Waiting == plan.NotWaiting {
			continue
		}
		same = append(same, fmt.Sprintf("%s=%d %s", r.Kind, r.Count, r.Waiting))
		c.Counts = append(c.Counts, kindCount(h, r.Kind))
		c.Sentences = append(c.Sentences, r.Sentence)
		c.Refused = c.Refused || r.Waiting == plan.WaitingRefused
	}
	if len(same) == 0 || run.Released { // nothing waits, or somebody is looking at it
		*last = nil
		return nil
	}
	now := waitNotice{For: strings.Join(same, ", "), At: info.CreatedAt}
	if before := *last; before != nil && before.For == now.For {
		if now.At.Sub(before.At) < remindAfter {
			return nil
		}
		c.Reminder = true
	}
	if len(n.to) == 0 {
		return nil // whoever confirms an address is told by the next run
	}
	c.Counts = slices.Compact(c.Counts)
	var err error
	if c.Releasers, err = n.Administrators(6); err != nil {
		return err
	}
	*last = &now
	return n.tell(Mail{Kind: PlanWaits, RunID: run.ID, PlanID: info.ID, Content: c}, info.ID)
}

// kindCount says how much of a kind waits.
func kindCount(h *plan.Header, k plan.Kind) string {
	c := h.KindCounts[k]
	switch k {
	case plan.KindDeactivate:
		return fmt.Sprintf("%d %s", c, verb(c, "deactivation", "deactivations"))
	case plan.KindMoveEmail:
		return fmt.Sprintf("%d %s", c, verb(c, "e-mail change", "e-mail changes"))
	case plan.KindBlank:
		return fmt.Sprintf("values cleared for %s", people(c))
	case plan.KindNewDepartments:
		return fmt.Sprintf("%d %s", c, verb(c, "new department", "new departments"))
	case plan.KindIDChurn:
		return fmt.Sprintf("%d new or linked %s", c, verb(c, "person", "people"))
	case plan.KindBaseline:
		return "what a doubtful reading would take away"
	}
	return string(k)
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
			t.add(e.SourceID+" "+e.Code, Entry{Name: "Employee " + oneLine(e.SourceID), Text: oneLine(e.Message)})
		}
	}
	for it, err := range s.o.Records.Items(ctx, info.ID, 0, false) {
		if err != nil {
			return nil, s.explain("look for records that went wrong in run "+run.ID, err)
		}
		if h := it.Held; h != nil && failed(h.Reason) {
			t.add(fmt.Sprintf("%d %s %s %s", h.SourceID, h.PersonID, h.Reason, h.Field), Entry{Name: oneLine(nameOf(h)), Text: oneLine(h.Detail)})
		}
	}
	slices.Sort(t.keys)
	return t, nil
}

func nameOf(h *plan.Held) string {
	switch {
	case h.Name != "":
		return h.Name
	case h.Email != "":
		return h.Email
	}
	return fmt.Sprintf("Employee %d", h.SourceID)
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

// byChoice are the reasons that somebody chose: nothing has to be done about them.
func byChoice(r plan.Reason) bool {
	return slices.Contains([]plan.Reason{plan.OutOfScope, plan.OnHold, plan.LockedByAdmin, plan.NotFromHR, plan.NotStarted, plan.LastOwner}, r)
}

// QueueDigest queues the weekly mail about what a connection leaves aside (contradiction C18): at most one a
// week of the connection's zone, none when there is nothing to do. It reports whether there was something.
func (s *Service) QueueDigest(ctx context.Context, d connection.Detail) (bool, error) {
	info, err := s.lastPlan(ctx, d.ID)
	if errors.Is(err, directory.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, s.explain("look for what "+d.Name+" leaves aside", err)
	}
	c := Content{}
	counts := map[plan.Reason]int{}
	for it, err := range s.o.Records.Items(ctx, info.ID, 0, false) {
		switch {
		case err != nil:
			return false, s.explain("look for what "+d.Name+" leaves aside", err)
		case it.Held == nil:
		case byChoice(it.Held.Reason):
			c.OnPurpose++
		default:
			counts[it.Held.Reason]++
			c.Total++
		}
	}
	if c.Total == 0 {
		return false, nil
	}
	for _, r := range slices.Sorted(maps.Keys(counts)) {
		c.Entries = append(c.Entries, Entry{Name: asideWords(r), Text: fmt.Sprint(counts[r])})
	}
	err = s.write(ctx, "queue the digest of "+d.Name, func(tx Tx) error {
		n, err := s.notice(tx, &d)
		if err != nil {
			return err
		}
		year, week := s.o.RunNow().In(zone(d.TimeZone)).ISOWeek()
		return n.tell(Mail{Kind: Digest, PlanID: info.ID, Content: c}, fmt.Sprintf("%s/%d-W%02d", d.ID, year, week))
	})
	s.nudge()
	return true, err
}

// lastPlan is the newest plan of everybody; directory.ErrNotFound when there is none.
func (s *Service) lastPlan(ctx context.Context, connection string) (syncrun.PlanInfo, error) {
	runs, err := s.o.Records.RunList(ctx, connection, lookAt)
	if err != nil {
		return syncrun.PlanInfo{}, err
	}
	for i := range runs {
		if runs[i].PlanID == "" || runs[i].UndoOf != "" || runs[i].Outcome == syncrun.OutcomeFailed {
			continue
		}
		info, err := s.o.Records.Plan(ctx, connection, runs[i].PlanID)
		if errors.Is(err, directory.ErrNotFound) {
			continue // dropped as old
		}
		if err != nil || info.Person == "" && info.UndoOf == "" && info.Header.AsOf == nil && info.Header.Evidence.SnapshotID != "" {
			return info, err
		}
	}
	return syncrun.PlanInfo{}, fmt.Errorf("plan of connection %s: %w", connection, directory.ErrNotFound)
}

// asideWords says why records are left aside.
func asideWords(r plan.Reason) string {
	switch r {
	case plan.NoEmail:
		return "Without a work e-mail"
	case plan.DuplicateEmail:
		return "Sharing an e-mail with somebody else"
	case plan.AmbiguousMatch:
		return "Fitting several people"
	case plan.IdentityConflict:
		return "Looking like somebody else"
	case plan.EmailTaken:
		return "With an e-mail that belongs to somebody else"
	case plan.ManagerLoop:
		return "With reporting lines in a loop"
	case plan.ManagerMissing:
		return "With a manager who was not found"
	case plan.Unreadable:
		return "With values that the key may not see"
	case plan.InactiveUnknown, plan.StatusBlank:
		return "Without a status"
	case plan.MissingInHR:
		return "Missing in BambooHR"
	case plan.InvalidValue:
		return "With a value that cannot be used"
	}
	return strings.ReplaceAll(string(r), "_", " ")
}
