package syncrun

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/rollcall-hr/rollcall/hr"
	"github.com/rollcall-hr/rollcall/mapping"
	"github.com/rollcall-hr/rollcall/plan"
)

// PlanOfChanges is whom a plan says it is of, in place of a person, when a look for changes made it. It
// stands beside the plans of everybody: it makes none of them stale, and a newer one of them makes it stale.
const PlanOfChanges = "changes"

// mayRead is how many employees a look may read, below a tenth of the company.
const mayRead = 200

// ChangesOptions say what a look for changes starts with.
type ChangesOptions struct {
	Trigger Trigger
	Hinted  []int64 // employees who are read whatever BambooHR lists, e.g. those a webhook named
}

// SyncChanges asks BambooHR who changed since the last look, and plans and applies them alone: everybody
// else stands as remembered. The planner, the guard and its window are those of Sync. Where that would not
// be enough the whole company is read instead, and SyncResult.Full says why. When nothing changed there is
// no run and no plan, and SyncResult.Nothing is set. A look that fails does not count as a failed reading.
func (e *Engine) SyncChanges(caller context.Context, opt ChangesOptions) (SyncResult, error) {
	conn, err := e.Store.EnsureConnection(caller, e.Policy.Name)
	if err != nil {
		return SyncResult{}, err
	}
	l := &look{hinted: sortedSet(slices.Clone(opt.Hinted))}
	if err := l.ask(caller, e, conn.ID, opt.Trigger); err != nil {
		if cause := context.Cause(caller); cause != nil {
			return SyncResult{}, cause
		}
		return e.lookFailed(caller, opt.Trigger, err)
	}
	if l.nothing {
		return SyncResult{Nothing: true}, nil
	}
	ctx, s, err := e.lease(caller, opt.Trigger)
	if err != nil {
		return SyncResult{}, err
	}
	s.looks = true
	if l.full != "" {
		return s.syncAll(ctx, caller, opt.Trigger, l.full)
	}
	s.run.Requests, s.asked = l.requests, &l.at
	return s.syncSome(ctx, caller, opt.Trigger, l)
}

// lookFailed keeps a look whose question was not answered as a run.
func (e *Engine) lookFailed(ctx context.Context, trigger Trigger, cause error) (SyncResult, error) {
	ctx, s, err := e.begin(ctx, trigger)
	if err != nil {
		return SyncResult{}, err
	}
	return s.syncWithoutSource(ctx, &ReadError{Connection: s.conn.Name, Err: cause})
}

// syncAll reads everybody in place of a look.
func (s *session) syncAll(ctx, caller context.Context, trigger Trigger, why string) (SyncResult, error) {
	if err := s.start(ctx); err != nil {
		return SyncResult{}, errors.Join(err, s.abandon(ctx))
	}
	r, err := s.sync(ctx, caller, PreviewOptions{Trigger: trigger})
	r.Full = why
	return r, err
}

// syncSome reads those who changed. What was found out before the run had a row, and needs none, is nothing.
func (s *session) syncSome(ctx, caller context.Context, trigger Trigger, l *look) (SyncResult, error) {
	opt := PreviewOptions{Trigger: trigger, Person: PlanOfChanges, look: l}
	info, err := s.plan(ctx, opt)
	switch {
	case errors.Is(err, errNothing):
		err = s.e.Store.PutMark(ctx, s.lease, l.unchanged())
		return SyncResult{Nothing: err == nil}, errors.Join(err, s.abandon(ctx))
	case errors.Is(err, hr.ErrWhole):
		return s.syncAll(ctx, caller, trigger, wholeReason(err))
	case err != nil:
		if start := s.start(ctx); start != nil {
			return SyncResult{}, errors.Join(err, start, s.abandon(ctx))
		}
		return s.syncWithoutSource(ctx, err)
	}
	r, err := s.applyAndEnd(ctx, info, ApplyOptions{Trigger: trigger}, func(waiting int) (Mark, bool) { return l.next(s.found, waiting), true })
	if err == nil {
		_, err = s.e.Store.Prune(caller, s.e.Now())
	}
	return SyncResult{ApplyResult: r}, err
}

// errNothing says that nobody of those who were to be read again differs from what is remembered.
var errNothing = errors.New("nothing changed")

// wholeError is hr.ErrWhole with a reason.
type wholeError struct{ why string }

func (e *wholeError) Error() string        { return e.why }
func (e *wholeError) Is(target error) bool { return target == hr.ErrWhole }

func whole(format string, a ...any) error { return &wholeError{fmt.Sprintf(format, a...)} }

// wholeReason is why everybody has to be read.
func wholeReason(err error) string {
	var w *wholeError
	var read *ReadError
	switch {
	case errors.As(err, &w):
		return w.why
	case errors.As(err, &read):
		return read.Err.Error()
	}
	return err.Error()
}

// look is a search for changes.
type look struct {
	source   ChangeSource
	mark     Mark
	answer   hr.Changes
	at       Mark // mark, moved by the answer
	hinted   []int64
	reads    []int64 // changed or hinted, ascending: why there is a run
	deleted  []int64 // listed as deleted, ascending
	asked    []int64 // who is read, ascending; more than reads
	requests int     // of the question

	nothing bool
	full    string // why everybody is read instead
}

// ask puts the question, or tells why that is of no use.
func (l *look) ask(ctx context.Context, e *Engine, connection string, trigger Trigger) error {
	source, ok := e.Source.(ChangeSource)
	if !ok {
		l.full = "this source does not tell who changed"
		return nil
	}
	var err error
	if l.mark, err = e.Store.Mark(ctx, connection, false); err != nil {
		return err
	}
	l.source = source
	revision, key, now := e.revision(), source.KeyPrint(), e.Now()
	if l.full = l.mark.unfit(revision, key, now); l.full != "" {
		l.nothing = trigger.Automatic() && l.mark.patient(revision, key, now)
		return nil
	}
	before, since := source.Requests(), l.mark.asks(now)[0]
	l.answer, err = source.Changed(ctx, since)
	if errors.Is(err, hr.ErrWhole) {
		l.full, l.nothing = err.Error(), trigger.Automatic() && l.mark.recent(now)
		return nil
	}
	if err != nil {
		return err
	}
	l.requests = source.Requests() - before
	l.at = l.mark.moved(l.answer, since, now)
	fresh := l.mark.fresh(l.answer)
	if l.nothing = len(fresh) == 0 && len(l.hinted) == 0; l.nothing {
		if l.mark.same(&l.at) {
			return nil
		}
		return e.Store.MoveMark(ctx, connection, l.at)
	}
	l.reads = slices.Clone(l.hinted)
	for _, c := range fresh {
		if c.Deleted {
			l.deleted = append(l.deleted, c.ID)
		} else {
			l.reads = append(l.reads, c.ID)
		}
	}
	l.deleted = sortedSet(l.deleted)
	l.reads = without(sortedSet(l.reads), l.deleted)
	return nil
}

// open reads those who changed, those of whom the link states do not tell everything, and somebody at
// least, so that it is known whether the columns are still those of the last full reading.
func (l *look) open(ctx context.Context, s *session, k *known, fields []string) (*hr.Snapshot, error) {
	now := s.e.Now()
	m, err := s.e.Store.Mark(ctx, s.conn.ID, true)
	if err != nil {
		return nil, err
	}
	if why := m.unfit(s.run.Revision, l.source.KeyPrint(), now); why != "" {
		return nil, whole("%s", why) // another run was quicker
	}
	l.at = m.moved(l.answer, m.Since, now)
	l.mark = m
	open, gone := &l.mark.People, l.deleted
	orphans, err := l.orphans(ctx, s)
	if err != nil {
		return nil, err
	}
	asked := slices.Concat(l.reads, without(open.Again, gone), orphans)
	for _, r := range k.rows {
		if !r.looksUnchanged() && !has(gone, r.id) && !has(open.Absent, r.id) {
			asked = append(asked, r.id)
		}
	}
	if l.asked = sortedSet(asked); len(l.asked) == 0 {
		l.asked = k.anybody(func(id int64) bool { return !has(gone, id) && !has(open.Absent, id) })
	}
	company := len(k.rows) + len(open.Quiet) + len(open.Again)
	switch limit := max(mayRead, company/10); {
	case len(l.asked) == 0:
		return nil, whole("nobody is remembered")
	case len(l.asked) > limit:
		return nil, whole("%d employees would be read again, more than %d", len(l.asked), limit)
	}
	part := hr.Partial{IDs: l.asked, Known: k.fingerprint, Others: len(without(without(open.Quiet, l.asked), gone)),
		Rest: k.rest(func(id int64) bool { return !has(l.asked, id) && !has(gone, id) })}
	snap, err := l.source.ReadSome(ctx, fields, part)
	if err != nil {
		return nil, err
	}
	if r := &l.mark.Reading; snap.Shape != r.Shape || snap.KeyOwner != r.Owner {
		for range snap.Records {
			break // lets go of the requests
		}
		return nil, whole("the columns that can be read, or the owner of the key, are not those of the last full reading")
	}
	return snap, nil
}

// orphans lists the employees whose manager was deleted: BambooHR shows them without one from now on, and
// lists no change of theirs.
func (l *look) orphans(ctx context.Context, s *session) ([]int64, error) {
	if len(l.deleted) == 0 {
		return nil, nil
	}
	bosses, reports := map[string]bool{}, map[string][]int64{}
	for b, err := range s.e.Store.Briefs(ctx, false) {
		switch {
		case err != nil:
			return nil, err
		case b.Connection != s.conn.ID:
			continue
		case has(l.deleted, b.SourceID):
			bosses[b.ID] = true
		}
		if b.ManagerID != "" {
			reports[b.ManagerID] = append(reports[b.ManagerID], b.SourceID)
		}
	}
	var out []int64
	for boss := range bosses {
		out = append(out, without(sortedSet(reports[boss]), l.deleted)...)
	}
	return sortedSet(out), nil
}

// gone tells whom BambooHR listed as deleted.
func (l *look) gone() map[int64]bool {
	out := make(map[int64]bool, len(l.deleted))
	for _, id := range l.deleted {
		out[id] = true
	}
	return out
}

// quiet lists the employees who are nobody here and were not read.
func (l *look) quiet() []int64 { return without(without(l.mark.People.Quiet, l.asked), l.deleted) }

// check compares what came with what was asked for.
func (l *look) check(f *findings) error {
	for _, id := range l.asked {
		if !has(f.read, id) {
			return whole("BambooHR does not show employee %d", id)
		}
	}
	if len(f.lost) > 0 {
		return whole("%q is blank for everybody who was read and had it: the key may have lost the right to see it", f.lost[0])
	}
	return nil
}

// unchanged is the mark after a look that found nothing to plan.
func (l *look) unchanged() Mark {
	m := l.at
	m.Reading, m.People = l.mark.Reading, l.mark.People
	m.People.Again, m.People.Quiet = without(m.People.Again, l.deleted), without(m.People.Quiet, l.deleted)
	return m
}

// next is the mark after a look that was planned.
func (l *look) next(f *findings, waiting int) Mark {
	m := l.at
	open, gone := &l.mark.People, slices.Concat(l.deleted, l.asked)
	gone = sortedSet(gone)
	m.Reading, m.People = l.mark.Reading, OpenPeople{
		Again:  sortedSet(slices.Concat(without(open.Again, gone), f.again)),
		Quiet:  sortedSet(slices.Concat(without(open.Quiet, gone), f.quiet)),
		Absent: sortedSet(slices.Concat(without(open.Absent, l.asked), l.deleted)),
	}
	if waiting > 0 {
		m.People.Again = without(sortedSet(slices.Concat(m.People.Again, f.planned)), m.People.Absent)
	}
	return m
}

// findings is what a reading and its plan say of single employees.
type findings struct {
	shape, owner string
	read         []int64  // yielded in full or as read and unchanged, by id; of a look only
	lost         []string // columns that everybody read lost; of a look only
	absent       []int64  // remembered, and not in the reading
	planned      []int64  // to be changed
	pending      []int64  // of them those who are not linked yet
	again        []int64  // not linked, held for a reason that others may lift
	quiet        []int64  // not linked, held for a reason of their own record
}

// note takes note of a row of the plan.
func (f *findings) note(it *plan.Item) {
	switch c, h := it.Change, it.Held; {
	case c != nil && c.SourceID != 0:
		f.planned = append(f.planned, c.SourceID)
		if c.Action == plan.Create || c.Reason == plan.Linked {
			f.pending = append(f.pending, c.SourceID)
		}
	case h != nil && h.Kind == plan.HeldPerson && h.PersonID == "" && h.SourceID != 0:
		if ownRecord(h.Reason) {
			f.quiet = append(f.quiet, h.SourceID)
		} else {
			f.again = append(f.again, h.SourceID)
		}
	}
}

// ownRecord tells whether an employee without a link is held for a reason that nobody else's record, and no
// passing of time, lifts.
func ownRecord(r plan.Reason) bool {
	switch r {
	case plan.OutOfScope, plan.NoEmail, plan.Unreadable, plan.InactiveUnknown, plan.StatusBlank, plan.OnHold:
		return true
	}
	return false
}

// question asks, before a full reading, up to where it will know what changed. It is nil where no mark is
// kept: looks are off, and nobody ever made one.
func (s *session) question(ctx context.Context) (*Mark, error) {
	source, ok := s.e.Source.(ChangeSource)
	if !ok {
		return nil, nil
	}
	if s.asked != nil {
		return s.asked, nil // a look did already
	}
	m, err := s.e.Store.Mark(ctx, s.conn.ID, true)
	c := s.e.Policy.Changes
	if err != nil || m.N == 0 && !s.looks && c.Every == 0 && !c.Webhook {
		return nil, err
	}
	before, now := source.Requests(), s.e.Now()
	for _, since := range m.asks(now) {
		answer, err := source.Changed(ctx, since)
		if err != nil {
			break // the old mark stands: it only has more to read again
		}
		if len(answer.Employees) > 0 || !since.After(everSince()) || !m.Since.IsZero() {
			m = m.moved(answer, since, now)
			break
		}
	}
	s.run.Requests += source.Requests() - before
	return &m, nil
}

// after is the mark behind a full reading.
func (m *Mark) after(s *session, info PlanInfo, waiting int) Mark {
	f := s.found
	m.Reading = FullReading{At: s.e.Now(), Grade: hr.Grade(info.Header.Evidence.Grade), Revision: s.run.Revision, Shape: f.shape,
		Key: s.e.Source.(ChangeSource).KeyPrint(), Owner: f.owner}
	m.People = OpenPeople{Again: f.again, Quiet: sortedSet(f.quiet), Absent: sortedSet(f.absent)}
	if waiting > 0 {
		m.People.Again = append(m.People.Again, f.pending...)
	}
	m.People.Again = sortedSet(m.People.Again)
	return *m
}

// broken keeps that the full reading broke.
func (m *Mark) broken(s *session) Mark {
	m.Reading.At, m.Reading.Grade, m.Reading.Revision = s.e.Now(), hr.Failed, s.run.Revision
	m.Reading.Key = s.e.Source.(ChangeSource).KeyPrint()
	return *m
}

// rest yields what is remembered of those who are wanted, ascending.
func (k *known) rest(wanted func(id int64) bool) iter.Seq2[int64, hr.Known] {
	return func(yield func(int64, hr.Known) bool) {
		for i := range k.rows {
			if r := &k.rows[i]; wanted(r.id) && !yield(r.id, hr.Known{Fingerprint: r.print, Coverage: r.coverage}) {
				return
			}
		}
	}
}

// anybody returns one employee who is wanted.
func (k *known) anybody(wanted func(id int64) bool) []int64 {
	for _, r := range k.rows {
		if wanted(r.id) {
			return []int64{r.id}
		}
	}
	return nil
}

// looksUnchanged tells whether a record may stand as remembered without being read.
func (r *knownRow) looksUnchanged() bool { return r.skip && !r.print.IsZero() }

// absent lists the remembered employees that the reading did not show.
func (k *known) absent() []int64 {
	var out []int64
	for _, r := range k.rows {
		if !r.seen {
			out = append(out, r.id)
		}
	}
	return out
}

// lostColumns tells which columns everybody among those who were read for a change lost.
type lostColumns struct {
	had, kept hr.Coverage
}

// see takes note of one record beside what is remembered of it.
func (l *lostColumns) see(before, now hr.Coverage) {
	l.had |= before
	l.kept |= before & now
}

// names lists them.
func (l *lostColumns) names(schema *hr.Schema) []string {
	var out []string
	for i, name := range schema.Names() {
		if i < hr.MaxTrackedFields && l.had.Has(i) && !l.kept.Has(i) {
			out = append(out, name)
		}
	}
	return out
}

// looked takes note, in a look, of a record that was read.
func (p *planning) looked(rec *hr.Record, before knownRow) {
	l := p.opt.look
	if l == nil || !has(l.asked, rec.Num) {
		return
	}
	p.found.read = append(p.found.read, rec.Num)
	if has(l.reads, rec.Num) {
		p.differs = p.differs || !rec.Unchanged
		p.lost.see(before.coverage, rec.Coverage)
	}
}

// enough reports whether a look shows what a full reading would.
func (p *planning) enough() error {
	l := p.opt.look
	p.found.read = sortedSet(p.found.read)
	p.found.lost = p.lost.names(p.snap.Schema)
	if err := l.check(&p.found); err != nil {
		return err
	}
	if p.cert.Grade != hr.Complete {
		return whole("%s", p.cert.Doubts[0].Text)
	}
	for _, id := range l.deleted {
		p.differs = p.differs || p.known.presents(id) && !has(l.mark.People.Absent, id)
	}
	p.builder.Unlinked(l.quiet())
	p.reading.Warnings = append(p.reading.Warnings, fmt.Sprintf("only %d of %d employees were read: those who changed, and those who have to be looked at every time", len(l.asked), p.reading.Employees))
	return nil
}

// presents tells whether an employee is remembered as linked.
func (k *known) presents(id int64) bool {
	i, ok := k.find(id)
	return ok && k.rows[i].linked
}

// openReading starts the reading that the options ask for.
func (p *planning) openReading(ctx context.Context, aliases map[string]string) (*hr.Snapshot, error) {
	fields := mapping.Fields(p.s.e.Policy, aliases)
	switch {
	case p.opt.look != nil:
		return p.opt.look.open(ctx, p.s, p.known, fields)
	case p.opt.AsOf != nil:
		return p.s.e.Source.ReadAsOf(ctx, fields, p.opt.AsOfDay)
	}
	return p.s.e.Source.Read(ctx, fields, p.known.fingerprint)
}
