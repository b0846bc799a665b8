//go:build unix

package store

import (
	"errors"
	"testing"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/store/internal/sqldb"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// TestTakenAmongMany: people go in several at a time, and still it is the one whose address or id is taken who is
// named, wherever in the batch; nothing of the batch stays.
func TestTakenAmongMany(t *testing.T) {
	const n = 2*sqldb.BulkRows + 3
	for at := range n {
		s := newBench(t)
		items := company(s.conn, n)
		taken := items[at].Change
		p := person(taken.PersonID, "other@acme.test")
		if at%2 == 1 {
			p = person("p_other", taken.Email)
		}
		_, err := s.SavePerson(t.Context(), p, plan.Change{}, "x", testNow())
		s.ok(err)
		id := s.store(items)
		var batch []int64
		for it, err := range s.Items(t.Context(), id, 0, false) {
			s.ok(err)
			batch = append(batch, it.Seq)
		}
		_, err = s.ApplyBatch(t.Context(), s.lease, s.run, id, batch, testNow())
		if stale, ok := errors.AsType[*syncrun.StaleRecordError](err); !ok || stale.Key != directory.PersonKey(taken.PersonID) {
			t.Errorf("person %d taken: %v", at, err)
		}
		people := 0
		for range s.Briefs(t.Context(), false) {
			people++
		}
		if people != 1 {
			t.Errorf("person %d taken: %d people are there", at, people)
		}
	}
}

// TestKnownAmongMany: employees who were left out before and now get a person are remembered as linked, like
// those around them who are new.
func TestKnownAmongMany(t *testing.T) {
	const n = 2*sqldb.BulkRows + 3
	s := newBench(t)
	items := company(s.conn, n)
	var left []plan.Item
	for _, i := range []int{0, 4, 5, sqldb.BulkRows, n - 2} {
		link := *items[i].Change.Link
		link.PersonID, link.Outcome = "", directory.OutcomeLeft
		left = append(left, plan.Item{Left: &plan.Left{SourceID: link.SourceID, Link: link}})
	}
	w, err := s.NewPlan(t.Context(), s.lease, "plan_0", "", "", testNow())
	s.ok(err)
	for _, it := range left {
		s.ok(w.Add(t.Context(), it))
	}
	_, err = w.Finish(t.Context(), plan.Header{}, hrBaseline())
	s.ok(err)
	for range 2 { // the first time they are new, the second they are known
		if rows, err := s.ApplyRefreshes(t.Context(), s.lease, "plan_0"); err != nil || rows != len(left) {
			t.Errorf("remembered %d of %d: %v", rows, len(left), err)
		}
	}
	s.apply(s.store(items))
	linked := 0
	for ls, err := range s.LinkStates(t.Context(), s.conn, true) {
		s.ok(err)
		if linked++; ls.Outcome != directory.OutcomeLinked || ls.PersonID != items[ls.SourceID-1].Change.PersonID {
			t.Errorf("employee %d: %s, person %q", ls.SourceID, ls.Outcome, ls.PersonID)
		}
	}
	if linked != n {
		t.Errorf("%d employees are remembered, want %d", linked, n)
	}
}

// TestDroppedMeanwhile: a plan that was read and then dropped, even one whose number another has by now, is not
// written.
func TestDroppedMeanwhile(t *testing.T) {
	s := newBench(t)
	id := s.store(company(s.conn, 1))
	for _, drop := range []string{"update plans set id = 'plan_2'", "update plans set finished = 0", "delete from plans"} {
		undo := errors.New("undo")
		err := s.write(t.Context(), func(tx tx) error {
			p, err := tx.planByID(id)
			s.ok(err)
			s.ok(tx.leased(s.lease, &p))
			_, err = tx.exec(drop)
			s.ok(err)
			if err := tx.leased(s.lease, &p); !errors.Is(err, directory.ErrNotFound) {
				t.Errorf("after %q: %v", drop, err)
			}
			return undo
		})
		if !errors.Is(err, undo) {
			t.Fatal(err)
		}
	}
}
