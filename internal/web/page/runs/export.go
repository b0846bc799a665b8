package runs

import (
	"net/http"

	"github.com/rollcall-hr/rollcall/internal/sheet"
	"github.com/rollcall-hr/rollcall/internal/view"
	"github.com/rollcall-hr/rollcall/plan/planjson"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// exportJSON writes a plan as surface, "Plan as JSON".
func (p *pages) exportJSON(w http.ResponseWriter, r *http.Request, id string) error {
	s, name, err := p.toExport(r, id)
	if err != nil {
		return err
	}
	attachment(w, "application/json", id+".json")
	e := planjson.NewEncoder(w, id, name, &s.Info.Header)
	if err := p.eachRow(r.Context(), id, view.PlanQuery{}, func(it *syncrun.StoredItem) { e.Item(&it.Item) }); err != nil {
		panic(http.ErrAbortHandler) // a part is out already; the browser must not take it for the whole
	}
	_ = e.Close() // an error means that whoever asked is gone
	return nil
}

// exportCSV writes one line per changed field, and one per held entry, that a spreadsheet cannot take for
// formulas (security §1.13).
func (p *pages) exportCSV(w http.ResponseWriter, r *http.Request, id string) error {
	s, _, err := p.toExport(r, id)
	if err != nil {
		return err
	}
	attachment(w, "text/csv; charset=utf-8", id+".csv")
	err = sheet.Write(w, sheet.PlanColumns(), func(yield func(sheet.Row, error) bool) {
		more := true
		err := p.eachRow(r.Context(), id, view.PlanQuery{}, func(it *syncrun.StoredItem) {
			for _, row := range sheet.PlanRows(&s.Info.Header, &it.Item) {
				more = more && yield(row, nil)
			}
		})
		if err != nil && more {
			yield(nil, err)
		}
	})
	if err != nil {
		panic(http.ErrAbortHandler) // as above
	}
	return nil
}

func (p *pages) toExport(r *http.Request, id string) (view.PlanSummary, string, error) {
	s, err := p.Views.PlanSummary(r.Context(), id)
	if err != nil {
		return s, "", err
	}
	d, _, err := p.of(r.Context(), s.Info.Connection)
	return s, d.Name, err
}

// attachment names the file; ids of plans that exist are letters, digits and underscores.
func attachment(w http.ResponseWriter, kind, name string) {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
}
