package syncrun

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/hr"
	"github.com/rollcall-hr/rollcall/mapping"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/policy"
)

// decideBatch is how many records are decided per look-up of their people.
const decideBatch = 500

// PreviewOptions narrow a preview.
type PreviewOptions struct {
	Trigger Trigger
	AsOf    *time.Time // the last instant of a future day; the plan can never be applied
	AsOfDay string     // the same as YYYY-MM-DD
	Only    []int64    // plan only these employees; empty: everybody
	Person  string     // how Only was asked for
	// WithoutFreezes plans as if no freeze were in force: what waits for its end. The plan can never be applied.
	WithoutFreezes bool

	look *look // reads only who changed; nil: everybody
}

// Preview reads the company and stores the plan of what would change. It applies nothing. The run is
// kept with outcome preview, or failed with a *ReadError.
func (e *Engine) Preview(ctx context.Context, opt PreviewOptions) (PlanInfo, Run, error) {
	ctx, s, err := e.begin(ctx, opt.Trigger)
	if err != nil {
		return PlanInfo{}, Run{}, err
	}
	info, err := s.plan(ctx, opt)
	outcome := OutcomePreview
	if err != nil {
		outcome = OutcomeFailed
	}
	s.run.Counts = info.Header.Counts
	return info, s.run, errors.Join(err, s.end(ctx, outcome, err))
}

// plan makes and stores the plan. A reading that breaks after rows were seen is tried once more.
func (s *session) plan(ctx context.Context, opt PreviewOptions) (PlanInfo, error) {
	e := s.e
	before := e.Source.Requests()
	info, err := s.planOnce(ctx, opt)
	if err != nil && e.Retryable(err) && ctx.Err() == nil {
		info, err = s.planOnce(ctx, opt)
	}
	s.run.Requests += e.Source.Requests() - before
	if err == nil {
		s.run.PlanID = info.ID
		return info, s.goodReading(ctx, info, opt)
	}
	if cause := context.Cause(ctx); cause != nil {
		return info, cause
	}
	var read *ReadError
	if errors.As(err, &read) && opt.AsOf == nil && !s.looks {
		keep := context.WithoutCancel(ctx)
		err = errors.Join(err, e.Store.FinishReading(keep, s.lease, false, nil))
	}
	return info, err
}

// goodReading ends a series of failures and keeps the baseline of a certified reading.
func (s *session) goodReading(ctx context.Context, info PlanInfo, opt PreviewOptions) error {
	if opt.AsOf != nil || opt.look != nil {
		return nil
	}
	var baseline *hr.Baseline
	if info.Header.Evidence.Grade == string(hr.Complete) {
		baseline = &info.Baseline
	}
	return s.e.Store.FinishReading(ctx, s.lease, true, baseline)
}

// planning is the state of one attempt.
type planning struct {
	s       *session
	opt     PreviewOptions
	in      plan.Input
	builder *plan.Builder
	known   *known
	spool   *spool
	reading hr.Reading
	cert    hr.Certificate
	snap    *hr.Snapshot
	writer  PlanWriter
	found   *findings   // outlives the planning, see session
	lost    lostColumns // of a look
	differs bool        // somebody who was to be read differs; of a look
}

func (s *session) planOnce(ctx context.Context, opt PreviewOptions) (PlanInfo, error) {
	p := &planning{s: s, opt: opt, spool: newSpool(), found: &findings{look: opt.look != nil}}
	defer p.spool.close()
	in, err := s.e.input(ctx, s)
	if err != nil {
		return PlanInfo{}, err
	}
	in.AsOf, in.AsOfDay, in.Only, in.WithoutFreezes = opt.AsOf, opt.AsOfDay, opt.Only, opt.WithoutFreezes
	p.in, p.builder = in, plan.NewBuilder(in)
	if err := p.read(ctx); err != nil {
		return PlanInfo{}, &ReadError{Connection: s.conn.Name, Cert: p.refusal(), Err: err}
	}
	s.found = p.found
	if opt.look != nil && !p.differs {
		return PlanInfo{}, errNothing
	}
	if err := s.start(ctx); err != nil {
		return PlanInfo{}, err
	}
	if err := p.resolve(ctx); err != nil {
		return PlanInfo{}, err
	}
	return p.store(ctx)
}

// instant is the one that is planned for.
func (p *planning) instant() time.Time {
	if p.opt.AsOf != nil {
		return *p.opt.AsOf
	}
	return p.in.Now
}

// refusal is the certificate when it is what makes the reading unusable.
func (p *planning) refusal() *hr.Certificate {
	if p.cert.Grade == hr.Failed {
		return &p.cert
	}
	return nil
}

// read surveys every employee of one complete reading and certifies it.
func (p *planning) read(ctx context.Context) error {
	e := p.s.e
	aliases, err := e.Source.Resolve(ctx, e.Policy)
	if err != nil {
		return err
	}
	if p.known, err = e.loadKnown(ctx, p.s.conn.ID, p.in.Revision, p.in.Linked.People, p.in.Now); err != nil {
		return err
	}
	if p.snap, err = p.openReading(ctx, aliases); err != nil {
		return err
	}
	mapper, faults := mapping.New(e.Policy, aliases, p.snap.Schema, p.snap.Ahead, p.snap.KeyOwner, p.instant())
	if len(faults) > 0 {
		return joinFaults(faults)
	}
	if err := p.survey(mapper); err != nil {
		return err
	}
	p.reading = p.snap.Reading()
	p.builder.Unreadable(append(p.reading.UnreadableFields(), p.reading.AheadLost...))
	p.cert = hr.Certify(p.reading, p.s.conn.Baseline, critical(e.Policy, aliases))
	if p.opt.look != nil {
		return p.enough()
	}
	if p.cert.Grade == hr.Doubtful {
		p.builder.Doubtful()
	}
	p.found.shape, p.found.owner, p.found.absent = p.snap.Shape, p.snap.KeyOwner, p.known.absent()
	if p.cert.Grade == hr.Failed {
		return errors.New(p.cert.Doubts[0].Text)
	}
	return nil
}

func joinFaults(faults []policy.Fault) error {
	errs := make([]error, len(faults))
	for i, f := range faults {
		errs[i] = f
	}
	return errors.Join(errs...)
}

// critical are the BambooHR aliases without which a reading is not usable.
func critical(conn *policy.Connection, aliases map[string]string) []string {
	out := policy.CriticalFields(*conn)
	for i, f := range out {
		if alias, ok := aliases[f]; ok {
			out[i] = alias
		}
	}
	return out
}

func (p *planning) survey(mapper *mapping.Mapper) error {
	var w directory.Wanted
	state := directory.LinkState{}
	n := 0
	for rec, err := range p.snap.Records {
		if err != nil {
			return err
		}
		if n++; n%1000 == 0 {
			p.s.e.progress("reading", n, 0)
		}
		row, _ := p.known.see(rec.Num, rec.Unchanged)
		state.SourceID, state.Outcome = rec.Num, directory.OutcomeLeft
		if row.linked {
			state.Outcome = directory.OutcomeLinked
		}
		if row.skipped {
			p.builder.Unskip(&state) // the id came twice (security §3 #22)
		}
		p.looked(&rec, row)
		if rec.Unchanged {
			p.builder.Skip(&state)
			continue
		}
		mapper.Map(&rec, &w)
		p.builder.Survey(&w, row.linked)
		if row.adopted {
			p.builder.Adopted(rec.Num)
		}
		if err := p.spool.add(&w); err != nil {
			return err
		}
	}
	p.spool.sort()
	return nil
}

// resolve gives the planner what it needs beside the records.
func (p *planning) resolve(ctx context.Context) error {
	e := p.s.e
	if ids := p.builder.NoStatus(); len(ids) > 0 {
		visible, err := e.Source.StatusReadable(ctx, ids)
		if err != nil {
			return &ReadError{Connection: p.s.conn.Name, Err: err}
		}
		p.builder.ConfirmNoStatus(visible)
	}
	missing, err := p.missing(ctx)
	if err != nil {
		return err
	}
	deleted, err := p.deleted(ctx, missing)
	if err != nil {
		return err
	}
	for b, err := range p.people(ctx) {
		if err != nil {
			return err
		}
		p.builder.AddPerson(b)
	}
	suspects, err := e.Store.PersonsByID(ctx, p.builder.Suspects())
	if err != nil {
		return err
	}
	links := make([]int64, 0, len(suspects))
	for i := range suspects {
		links = append(links, p.sourceID(&suspects[i]))
	}
	states, err := e.Store.LinkStatesOf(ctx, p.s.conn.ID, links)
	if err != nil {
		return err
	}
	for i := range suspects {
		p.builder.Examine(&suspects[i], stateOf(states, links[i]))
	}
	p.builder.Resolve(missing, deleted)
	return nil
}

// people yields the people whom the planner wants to know.
func (p *planning) people(ctx context.Context) iter.Seq2[*directory.Brief, error] {
	switch p.builder.Wants() {
	case plan.Unlinked:
		return p.s.e.Store.Briefs(ctx, true)
	case plan.Asked:
		return p.s.e.Store.BriefsOf(ctx, p.s.conn.ID, p.builder.Ask)
	}
	return p.s.e.Store.Briefs(ctx, false)
}

func (p *planning) missing(ctx context.Context) ([]directory.LinkState, error) {
	if len(p.opt.Only) > 0 {
		return nil, nil
	}
	ids := p.known.missing()
	states, err := p.s.e.Store.LinkStatesOf(ctx, p.s.conn.ID, ids)
	if err != nil {
		return nil, err
	}
	out := make([]directory.LinkState, 0, len(ids))
	for _, id := range ids {
		if ls, ok := states[id]; ok {
			out = append(out, ls)
		}
	}
	return out, nil
}

// deleted asks which of the missing employees BambooHR itself lists as deleted, when the settings
// listen to that signal.
func (p *planning) deleted(ctx context.Context, missing []directory.LinkState) (map[int64]bool, error) {
	e := p.s.e
	if len(missing) == 0 || p.opt.AsOf != nil || e.Policy.Lifecycle.Leaving[policy.SignalDeleted].Action == policy.LeaveNone {
		return nil, nil
	}
	if p.opt.look != nil {
		return p.opt.look.gone(), nil
	}
	ids := make([]int64, len(missing))
	for i, ls := range missing {
		ids[i] = ls.SourceID
	}
	// A year back covers any pause that does not need a human anyway.
	out, err := e.Source.Deleted(ctx, p.in.Now.AddDate(-1, 0, 0), ids)
	if err != nil {
		return nil, &ReadError{Connection: p.s.conn.Name, Err: err}
	}
	return out, nil
}

// store decides every record in order and writes the rows.
func (p *planning) store(ctx context.Context) (info PlanInfo, err error) {
	e := p.s.e
	p.writer, err = e.Store.NewPlan(ctx, p.s.lease, e.NewID("plan"), p.opt.Person, "", e.Now())
	if err != nil {
		return info, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.writer.Abort(context.WithoutCancel(ctx)))
		}
	}()
	emit := func(it plan.Item) error {
		p.found.note(&it)
		return p.writer.Add(ctx, it)
	}
	if err := p.decide(ctx, emit); err != nil {
		return info, err
	}
	if err := p.decideExtra(ctx, emit); err != nil {
		return info, err
	}
	h, err := p.builder.Finish(p.evidence(), emit)
	if err != nil {
		return info, err
	}
	return p.writer.Finish(ctx, h, hr.BaselineOf(p.reading, p.snap.TakenAt))
}

func (p *planning) decide(ctx context.Context, emit func(plan.Item) error) error {
	batch := make([]directory.Wanted, decideBatch)
	for from := 0; from < p.spool.len(); from += decideBatch {
		n := min(decideBatch, p.spool.len()-from)
		for i := range n {
			if err := p.spool.read(from+i, &batch[i]); err != nil {
				return err
			}
		}
		if err := p.decideSome(ctx, batch[:n], emit); err != nil {
			return err
		}
		p.s.e.progress("planning", from+n, p.spool.len())
	}
	return nil
}

func (p *planning) decideSome(ctx context.Context, ws []directory.Wanted, emit func(plan.Item) error) error {
	ids := make([]int64, 0, len(ws))
	persons := make([]string, 0, len(ws))
	for i := range ws {
		ids = append(ids, ws[i].SourceID)
		if id, ok := p.builder.Target(ws[i].SourceID); ok {
			persons = append(persons, id)
		}
	}
	states, people, err := p.load(ctx, ids, persons)
	if err != nil {
		return err
	}
	for i := range ws {
		var cur *directory.Person
		if id, ok := p.builder.Target(ws[i].SourceID); ok {
			cur = people[id]
		}
		if err := p.builder.Decide(&ws[i], cur, stateOf(states, ws[i].SourceID), emit); err != nil {
			return err
		}
	}
	return nil
}

func (p *planning) load(ctx context.Context, ids []int64, persons []string) (map[int64]directory.LinkState, map[string]*directory.Person, error) {
	var states map[int64]directory.LinkState
	var err error
	if len(p.known.rows) > 0 {
		if states, err = p.s.e.Store.LinkStatesOf(ctx, p.s.conn.ID, ids); err != nil {
			return nil, nil, err
		}
	}
	people := make(map[string]*directory.Person, len(persons))
	if len(persons) > 0 {
		found, err := p.s.e.Store.PersonsByID(ctx, persons)
		if err != nil {
			return nil, nil, err
		}
		for i := range found {
			people[found[i].ID] = &found[i]
		}
	}
	return states, people, nil
}

func (p *planning) decideExtra(ctx context.Context, emit func(plan.Item) error) error {
	for chunk := range slices.Chunk(p.builder.Extra(), decideBatch) {
		people, err := p.s.e.Store.PersonsByID(ctx, chunk)
		if err != nil {
			return err
		}
		var ids []int64
		for i := range people {
			if id := p.sourceID(&people[i]); id != 0 {
				ids = append(ids, id)
			}
		}
		states, err := p.s.e.Store.LinkStatesOf(ctx, p.s.conn.ID, ids)
		if err != nil {
			return err
		}
		for i := range people {
			if err := p.builder.DecideExtra(&people[i], stateOf(states, p.sourceID(&people[i])), emit); err != nil {
				return err
			}
		}
	}
	return nil
}

// stateOf is what is remembered of an employee, nil when nothing is.
func stateOf(states map[int64]directory.LinkState, id int64) *directory.LinkState {
	ls, ok := states[id]
	if !ok {
		return nil
	}
	found := ls // its own variable, so that nothing is allocated for who is new
	return &found
}

// sourceID is the employee behind a person of this connection, 0 when there is none.
func (p *planning) sourceID(person *directory.Person) int64 {
	if person.Link == nil || person.Link.Connection != p.s.conn.ID {
		return 0
	}
	var id int64
	if _, err := fmt.Sscan(person.Link.SourceID, &id); err != nil {
		return 0
	}
	return id
}

func (p *planning) evidence() plan.Evidence {
	unreadable := p.reading.UnreadableFields()
	ev := plan.Evidence{SnapshotID: p.snap.ID, TakenAt: p.snap.TakenAt, SnapshotHash: p.reading.Hash,
		Employees: p.reading.Employees, Unreadable: unreadable, Empty: p.reading.EmptyFields(), Grade: string(p.cert.Grade), Warnings: p.reading.Warnings, Requests: p.s.e.Source.Requests()}
	for _, f := range p.reading.Fields {
		if !slices.Contains(unreadable, f.Field) {
			ev.Readable = append(ev.Readable, f.Field)
		}
	}
	for _, d := range p.cert.Doubts {
		ev.Doubts = append(ev.Doubts, d.Text)
		if d.Code == "head_count" {
			ev.HeadBefore = d.Before
		}
	}
	return ev
}
