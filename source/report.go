package source

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"

	"github.com/rollcall-hr/rollcall/bamboohr"
	"github.com/rollcall-hr/rollcall/hr"
)

// reports reads a company by two custom reports: every field with onlyCurrent=true, and the lifecycle
// fields with onlyCurrent=false, where future terminations show (bamboohr-api §3.5).
type reports struct {
	client  *bamboohr.Client
	columns [2][]string // what is asked for, id first
	fields  [2]map[string]bool
}

// openReports opens both reports at once.
func (b *BambooHR) openReports(ctx context.Context, schema, ahead *hr.Schema, known hr.KnownFunc) (*pass, error) {
	r := &reports{client: b.client, columns: [2][]string{idFirst(schema.Names()), idFirst(ahead.Names())}}
	streams, err := r.open(ctx, nil)
	if err != nil {
		return nil, err
	}
	for i, s := range streams {
		r.fields[i] = answeredBy(s)
	}
	build := r.assembler(b.secret, schema, ahead, known)
	return &pass{"report", build, func(yield func(hr.Record, error) bool) {
		defer closeAll(streams)
		if err := r.run(ctx, streams, build, yield); err != nil {
			yield(hr.Record{}, err)
		}
	}}, nil
}

// assembler makes records of both reports.
func (r *reports) assembler(secret string, schema, ahead *hr.Schema, known hr.KnownFunc) *assembler {
	same := func(alias string) string { return alias }
	return newAssembler("report", secret,
		newForm(schema, r.columns[0], same, r.fields[0]), newForm(ahead, r.columns[1], same, r.fields[1]), known)
}

// idFirst puts the id in front, where a row's id is found fastest.
func idFirst(names []string) []string {
	out := []string{aliasID}
	for _, n := range names {
		if n != aliasID {
			out = append(out, n)
		}
	}
	return out
}

func answeredBy(s *bamboohr.ReportStream) map[string]bool {
	m := map[string]bool{aliasID: true} // comes in every row, whether the header names it or not
	for _, f := range s.Fields() {
		m[f.ID] = true
	}
	return m
}

// open asks for both reports at the same time, of some employees or of all.
func (r *reports) open(ctx context.Context, ids []string) ([]*bamboohr.ReportStream, error) {
	streams := make([]*bamboohr.ReportStream, 2)
	errs := make([]error, 2)
	var wg sync.WaitGroup
	for i, columns := range r.columns {
		wg.Go(func() {
			streams[i], errs[i] = r.client.CustomReport(ctx, bamboohr.ReportQuery{
				Title: "Rollcall", Fields: columns, OnlyCurrent: i == 0, EmployeeIDs: ids,
			})
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			closeAll(streams)
			return nil, err
		}
	}
	return streams, nil
}

func closeAll(streams []*bamboohr.ReportStream) {
	for _, s := range streams {
		if s != nil {
			s.Close()
		}
	}
}

// run yields everybody: who is in both reads, and then whoever was in only one and is settled by asking
// for them once more.
func (r *reports) run(ctx context.Context, streams []*bamboohr.ReportStream, build *assembler, yield func(hr.Record, error) bool) error {
	j := r.join(streams, build, yield)
	if more, err := j.run(); err != nil || !more {
		return err
	}
	for i, s := range streams {
		noteStats(build.tally, s.Stats(), []*side{j.main, j.ahead}[i])
	}
	if a, b := streams[0].Stats().Rows, streams[1].Stats().Rows; (a == 0) != (b == 0) {
		return fmt.Errorf("%w: one of two reads shows %d employees and the other nobody", ErrDrift, max(a, b))
	}
	if ids := j.unmatched(); len(ids) > 0 {
		return r.settle(ctx, ids, build, yield)
	}
	return nil
}

func (r *reports) join(streams []*bamboohr.ReportStream, build *assembler, yield func(hr.Record, error) bool) *join {
	return &join{
		main: newSide(streams[0].Stream, r.columns[0]), ahead: newSide(streams[1].Stream, r.columns[1]),
		build: build, yield: yield,
	}
}

// settle asks again, by id, for the employees whom only one of the reads showed: somebody was hired,
// removed or hidden in between. Who is in both now is read like anybody else, who is in neither is gone.
// Who is still in one only is yielded with a problem, so that nobody is taken for missing because half
// of the record is. Too many of them mean that one read was not the whole company (performance §7).
func (r *reports) settle(ctx context.Context, ids []int64, build *assembler, yield func(hr.Record, error) bool) error {
	if len(ids) > maxDrift {
		return fmt.Errorf("%w: %d employees are in only one of two reads, among them %d", ErrDrift, len(ids), ids[0])
	}
	texts := make([]string, len(ids))
	for i, id := range ids {
		texts[i] = strconv.FormatInt(id, 10)
	}
	streams, err := r.open(ctx, texts)
	if err != nil {
		return err
	}
	defer closeAll(streams)
	for i, s := range streams {
		if !maps.Equal(answeredBy(s), r.fields[i]) {
			return fmt.Errorf("%w: the readable fields are not those of a moment ago", ErrDrift)
		}
	}
	j := r.join(streams, build, yield)
	j.main.only, j.ahead.only = ids, ids
	if more, err := j.run(); err != nil || !more {
		return err
	}
	build.tally.warn("%d employees were in one of two reads only and were asked for again", len(ids))
	for _, id := range j.unmatched() {
		if !yield(build.unusable(id, "BambooHR shows this employee in one of its two reads only"), nil) {
			return nil
		}
	}
	return nil
}

// noteStats keeps what was odd about a whole answer.
func noteStats(t *tally, s bamboohr.Stats, of *side) {
	if s.ByteOrderMark {
		t.warn("a byte order mark before the data was skipped")
	}
	switch of.merged {
	case 0:
	case 1:
		t.warn("a row came twice with the same content and counts once")
	default:
		t.warn("%d rows came twice with the same content and count once", of.merged)
	}
}

// asked tells whether a row's id is one of those a read is about.
func (s *side) asked(id int64) bool {
	if s.only == nil {
		return true
	}
	_, ok := slices.BinarySearch(s.only, id)
	return ok
}
