package syncrun

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/rollcall-hr/rollcall/hr"
	"github.com/rollcall-hr/rollcall/mapping"
)

// PlanOfChanges is whom a plan says it is of, in place of a person, when a look for changes made it. It
// stands beside the plans of everybody: it makes none of them stale, and a newer one of them makes it stale.
const PlanOfChanges = "changes"

// PlanOfDates is whom a plan says it is of when dates that came made it, without a reading.
const PlanOfDates = "due"

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
		err = s.e.Store.PutMark(context.WithoutCancel(ctx), s.lease, l.unchanged(s.e.Now()))
		return SyncResult{Nothing: err == nil}, errors.Join(err, s.abandon(ctx))
	case errors.Is(err, hr.ErrWhole):
		return s.syncAll(ctx, caller, trigger, wholeReason(err))
	case err != nil:
		if start := s.start(ctx); start != nil {
			return SyncResult{}, errors.Join(err, start, s.abandon(ctx))
		}
		return s.syncWithoutSource(ctx, err)
	}
	r, err := s.applyAndEnd(ctx, info, ApplyOptions{Trigger: trigger}, func(waiting int) (Mark, bool) { return l.next(s.found, waiting, info.CreatedAt), true })
	if err == nil {
		err = s.prune(caller)
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
		for _, id := range f.pending.All() {
			m.People.Again = append(m.People.Again, *id)
		}
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
	if err := l.check(p.found); err != nil {
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
