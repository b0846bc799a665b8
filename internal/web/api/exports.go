package api

import (
	"context"
	"io"
	"maps"
	"net/http"
	"slices"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/sheet"
	"github.com/rollcall-hr/rollcall/internal/view"
	"github.com/rollcall-hr/rollcall/internal/web/api/rest"
	"github.com/rollcall-hr/rollcall/plan"
)

// summaryView counts a plan, as the bars of its chart do.
type summaryView struct {
	ID          string              `json:"id"`
	Changes     int                 `json:"changes"`
	Held        int                 `json:"held"`
	Actions     map[plan.Action]int `json:"actions"`
	Waiting     map[string]int      `json:"waiting" doc:"Changes by what they wait for: none, approval or refused."`
	Kinds       map[plan.Kind]int   `json:"kinds" doc:"Changes that wait when this guarded kind does."`
	Reasons     map[plan.Reason]int `json:"reasons" doc:"Of changes."`
	HeldReasons map[plan.Reason]int `json:"held_reasons"`
	Applied     []appliedView       `json:"applied" doc:"What runs applied of it."`
}

type appliedView struct {
	RunID   string `json:"run_id"`
	Changes int    `json:"changes"`
}

func (a *api) summarizePlan(r *http.Request, in one) (summaryView, error) {
	s, err := a.Views.PlanSummary(r.Context(), in.ID)
	v := summaryView{in.ID, s.Changes, s.Held, filled(s.Actions), map[string]int{}, filled(s.Kinds), filled(s.Reasons), filled(s.HeldReasons),
		make([]appliedView, len(s.Applied))}
	for w, n := range s.Waiting {
		name := string(w)
		if w == plan.NotWaiting {
			name = view.WaitingNone
		}
		v.Waiting[name] = n
	}
	for i, x := range s.Applied {
		v.Applied[i] = appliedView{x.RunID, x.Rows}
	}
	return v, err
}

// filled is never null.
func filled[K comparable](m map[K]int) map[K]int {
	if m == nil {
		return map[K]int{}
	}
	return m
}

// exportChanges gives a plan as a table for a spreadsheet: a line per changed field and per held entry.
func (a *api) exportChanges(r *http.Request, in one) (rest.Table, error) {
	d, err := a.plan(r, in.ID)
	return func(w io.Writer) error {
		return sheet.Write(w, sheet.PlanColumns(), func(yield func(sheet.Row, error) bool) {
			for it, err := range d.store.Items(r.Context(), in.ID, 0, false) {
				if err != nil {
					yield(nil, err)
					return
				}
				for _, row := range sheet.PlanRows(&d.info.Header, &it.Item) {
					if !yield(row, nil) {
						return
					}
				}
			}
		})
	}, err
}

// exportPeople gives everybody whom the filters pick, in the columns that an import reads.
func (a *api) exportPeople(r *http.Request, in peopleFilter) (rest.Table, error) {
	q, err := a.peopleQuery(r, &in)
	if err != nil {
		return nil, err
	}
	own, managers, err := a.columns(r.Context(), q)
	return func(w io.Writer) error {
		return sheet.Write(w, sheet.PeopleColumns(own), func(yield func(sheet.Row, error) bool) {
			for p, err := range a.Views.EachPerson(r.Context(), q) {
				if err != nil {
					yield(nil, err)
					return
				}
				if !yield(sheet.PersonRow(p, own, managers), nil) {
					return
				}
			}
		})
	}, err
}

// columns finds out, in a first reading, which own fields people have and what their managers' addresses are.
func (a *api) columns(ctx context.Context, q view.PeopleQuery) (own []directory.Field, managers map[string]string, err error) {
	fields, ids := map[directory.Field]bool{}, map[string]bool{}
	for p, err := range a.Views.EachPerson(ctx, q) {
		if err != nil {
			return nil, nil, err
		}
		for _, x := range p.Values.Extras() {
			fields[x.Field] = true
		}
		if id := p.Values.Get(directory.Manager); id != "" {
			ids[id] = true
		}
	}
	found, err := a.Views.Briefs(ctx, slices.Sorted(maps.Keys(ids)))
	managers = make(map[string]string, len(found))
	for id, b := range found {
		managers[id] = b.Email
	}
	return slices.Sorted(maps.Keys(fields)), managers, err
}
