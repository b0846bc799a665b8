package syncrun_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"pgregory.net/rapid"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/hr"
	byhand "github.com/rollcall-hr/rollcall/people"
	"github.com/rollcall-hr/rollcall/policy"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// firm is a company behind a connection, and what is known of it.
type firm struct {
	*office
	e      *syncrun.Engine
	by     *byhand.Editor
	store  *frail
	facts  map[int]fact
	known  []map[int]fact // what HR said at the last reading; after a crash also at the one that may not have counted
	plans  []drafted
	runs   []string
	undoes map[string]string // run → the run that it took back
	newest int
	conn   string
	fault  bool
	ran    time.Time // when a run last read

	// Of the last readings that everybody can rely on, nil when there is none since something made it doubtful:
	sure map[int]fact
	at   time.Time
	held map[string]bool // people whom they held, or whom a human decided about since
}

// newFirm is another connection of the directory that db is, or the first one.
func newFirm(tb *scene, name, settings string, first *firm) *firm {
	company := generated(tb, 10)
	for i := range company.Employees {
		if x := &company.Employees[i]; first != nil && i > 1 { // two are the same as in the first
			x.EmployeeNumber, x.FirstName, x.PreferredName, x.WorkEmail = fmt.Sprint("B", i), fmt.Sprint("B", i), "", fmt.Sprintf("b%d@acme.test", i)
		}
	}
	f := &firm{office: newOffice(tb, company), facts: map[int]fact{}, newest: 1000, undoes: map[string]string{}}
	f.e = f.engine(settings)
	if first != nil {
		f.e.Store, f.e.NewID = first.store.Store, first.e.NewID
	}
	f.e.Policy.Name = name
	f.by = &byhand.Editor{Policy: f.e.Policy, Store: f.e.Store, Now: f.e.Now, NewID: f.e.NewID, Actor: "admin"}
	f.store = &frail{Store: f.e.Store}
	f.e.Store = f.store
	for _, x := range company.Employees {
		f.facts[x.ID] = fact{inactive: x.Status == "Inactive", end: x.TerminationDate}
	}
	for id := 4; id < 14; id++ {
		f.job(id, nil)
	}
	return f
}

// frail is a store whose process may end at any write, and that others write to between a run's batches.
type frail struct {
	syncrun.Store
	mortal  bool
	left    int    // writes until it ends
	between func() // before the next batch
}

// write does what a process that may be at its end does.
func (s *frail) write(do func() error) error {
	if !s.mortal {
		return do()
	}
	if s.left--; s.left < -1 {
		return errDied
	}
	if err := do(); err != nil || s.left >= 0 {
		return err
	}
	return errDied // what it wrote last is there
}

func (s *frail) ApplyBatch(ctx context.Context, l syncrun.Lease, run syncrun.Run, planID string, seqs []int64, now time.Time) (out syncrun.Run, err error) {
	if act := s.between; act != nil {
		s.between = nil
		act()
	}
	err = s.write(func() error {
		out, err = s.Store.ApplyBatch(ctx, l, run, planID, seqs, now)
		return err
	})
	return out, err
}

func (s *frail) EndHolds(ctx context.Context, l syncrun.Lease, ids []string, actor string, now time.Time) error {
	return s.write(func() error { return s.Store.EndHolds(ctx, l, ids, actor, now) })
}

func (s *frail) ApplyRefreshes(ctx context.Context, l syncrun.Lease, planID string) (n int, err error) {
	err = s.write(func() error { n, err = s.Store.ApplyRefreshes(ctx, l, planID); return err })
	return n, err
}

func (s *frail) PutMark(ctx context.Context, l syncrun.Lease, m syncrun.Mark) error {
	return s.write(func() error { return s.Store.PutMark(ctx, l, m) })
}

func (s *frail) MarkUndone(ctx context.Context, l syncrun.Lease, runID string) error {
	return s.write(func() error { return s.Store.MarkUndone(ctx, l, runID) })
}

func (s *frail) FinishReading(ctx context.Context, l syncrun.Lease, ok bool, b *hr.Baseline) error {
	return s.write(func() error { return s.Store.FinishReading(ctx, l, ok, b) })
}

// crash lets the process end in the midst of what it does next.
func (c *clerk) crash(before []directory.Person) {
	c.store.mortal, c.store.left = true, rapid.IntRange(0, 5).Draw(c.t, "lives for")
	c.say("the process will end after %d writes", c.store.left)
	acts := map[string]func([]directory.Person){"sync": c.full, "look": c.some, "due": c.due, "apply": c.old, "undo": c.back}
	acts[rapid.SampledFrom([]string{"sync", "look", "due", "apply", "undo"}).Draw(c.t, "doing")](before)
	c.store.mortal = false
}

// died tells whether a run ended because its process did; nobody knows then how much of it was kept.
func (c *clerk) died(err error) bool {
	if !errors.Is(err, errDied) {
		return false
	}
	c.learn(false)
	return true
}

// pressed tells whether a run was refused for what somebody did meanwhile.
func (c *clerk) pressed(err error) bool {
	_, stale := errors.AsType[*syncrun.StaleError](err)
	return stale && c.mid != nil
}

// moment is how everything was when a human did something, and whom they had just changed.
type moment struct {
	people  []directory.Person
	holds   []directory.Hold
	freezes []directory.Freeze
	decided []directory.Decision
	touched string
}

func (c *clerk) moment(people []directory.Person, touched string) *moment {
	m := &moment{people: people, touched: touched}
	var errs [3]error
	m.holds, errs[0] = c.by.Holds(c.ctx())
	m.freezes, errs[1] = c.by.Freezes(c.ctx())
	m.decided, errs[2] = c.store.Decisions(c.ctx(), c.conn)
	if err := errors.Join(errs[:]...); err != nil {
		c.fatalf("%v", err)
	}
	return m
}

// meddle may let an administrator do something while the next run writes.
func (c *clerk) meddle() {
	c.mid, c.store.between = nil, nil
	if rapid.IntRange(0, 3).Draw(c.t, "meanwhile") > 0 {
		return
	}
	acts := map[string]func([]directory.Person) string{"hold": c.putHold, "freeze": c.freeze, "hand": c.hand, "decide": c.decide}
	what := rapid.SampledFrom([]string{"hold", "freeze", "hand", "decide"}).Draw(c.t, "meddles")
	c.store.between = func() {
		touched := acts[what](c.everybody())
		if what != "hand" {
			touched = ""
		}
		c.mid = c.moment(c.everybody(), touched)
	}
}

// freeze keeps some fields of everybody.
func (c *clerk) freeze([]directory.Person) string {
	what := rapid.SampledFrom([]string{"reporting_lines", "departments", string(directory.JobTitle), "addresses", "names", string(directory.Phone)}).Draw(c.t, "frozen")
	until := rapid.SampledFrom([]time.Time{{}, c.clock.Add(20 * time.Hour)}).Draw(c.t, "until")
	f, err := c.by.AddFreeze(c.ctx(), []string{what}, until, "review")
	c.say("freeze %s %s: %v", f.ID, what, err)
	if err != nil {
		c.fatalf("%v", err)
	}
	return ""
}

func (c *clerk) thaw([]directory.Person) {
	all, err := c.by.Freezes(c.ctx())
	if err != nil || len(all) == 0 {
		return
	}
	f := rapid.SampledFrom(all).Draw(c.t, "freeze")
	c.say("end of freeze %s: %v", f.ID, c.by.EndFreeze(c.ctx(), f.ID))
}

// second opens another connection on the directory.
func (c *clerk) second() {
	first := c.firm
	f := newFirm(c.tb, "Beta", rapid.SampledFrom(rules()).Draw(c.t, "second settings")+looseGuard, first)
	f.clock = first.clock
	c.firms, c.firm = append(c.firms, f), f
	c.start()
	c.firm = first
	c.say("there is a second connection")
}

// start makes the first sync of a firm.
func (c *clerk) start() {
	c.learn(true)
	r := c.office.sync(c.e)
	c.conn, c.ran = r.Run.Connection, c.clock
	c.told(r)
}

// believes is the settings' word on whether absence, a status or a date can deactivate.
func (c *clerk) believes(f fact) bool {
	life := &c.e.Policy.Lifecycle
	over := f.over(c.clock)
	return (f.inactive || over) && life.Leaving[policy.SignalStatus].Action == policy.LeaveDeactivate ||
		over && life.Leaving[policy.SignalTermination].Action == policy.LeaveDeactivate ||
		f.gone && life.Missing != policy.MissingKeep || f.sales && len(c.e.Policy.Scope.Exclude) > 0
}

func (f fact) String() string {
	return fmt.Sprintf("inactive %v, gone %v, sales %v, end %q", f.inactive, f.gone, f.sales, f.end)
}
