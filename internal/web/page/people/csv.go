package people

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/sheet"
	"github.com/rollcall-hr/rollcall/internal/view"
)

// export downloads everybody whom the filters pick as CSV, in the columns that the import reads, so that a
// directory can be the beginning of a BambooHR (promise SI37).
func (p *pages) export(w http.ResponseWriter, r *http.Request) error {
	f := readList(r.URL.Query())
	f.After = ""
	q := p.listQuery(f)
	own, managers, err := p.columns(r.Context(), q)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", fmt.Sprintf(`attachment; filename="rollcall-people-%s.csv"`, p.Now().UTC().Format(time.DateOnly)))
	err = sheet.Write(w, sheet.PeopleColumns(own), func(yield func(sheet.Row, error) bool) {
		for person, err := range p.Views.EachPerson(r.Context(), q) {
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(sheet.PersonRow(person, own, managers), nil) {
				return
			}
		}
	})
	if err != nil {
		// The status is out: the connection is cut, so that half a list never looks like a whole one.
		if r.Context().Err() == nil {
			p.Gate.Log.ErrorContext(r.Context(), "export people", "error", err)
		}
		panic(http.ErrAbortHandler)
	}
	return nil
}

// columns finds out, in a first reading, which own fields people have and what their managers' addresses are.
func (p *pages) columns(ctx context.Context, q view.PeopleQuery) (own []directory.Field, managers map[string]string, err error) {
	fields, ids := map[directory.Field]bool{}, map[string]bool{}
	for person, err := range p.Views.EachPerson(ctx, q) {
		if err != nil {
			return nil, nil, err
		}
		for _, x := range person.Values.Extras() {
			fields[x.Field] = true
		}
		if id := person.Values.Get(directory.Manager); id != "" {
			ids[id] = true
		}
	}
	found, err := p.Views.Briefs(ctx, slices.Sorted(maps.Keys(ids)))
	managers = make(map[string]string, len(found))
	for id, b := range found {
		managers[id] = b.Email
	}
	return slices.Sorted(maps.Keys(fields)), managers, err
}
