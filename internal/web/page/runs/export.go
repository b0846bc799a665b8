package runs

import (
	"encoding/csv"
	"net/http"
	"strconv"
	"strings"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/view"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// exportJSON writes a plan as surface, "Plan as JSON".
func (p *pages) exportJSON(w http.ResponseWriter, r *http.Request, id string) error {
	s, name, err := p.toExport(r, id)
	if err != nil {
		return err
	}
	attachment(w, "application/json", id+".json")
	e := plan.NewEncoder(w, id, name, &s.Info.Header)
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
	out := csv.NewWriter(w)
	line := func(cells []string) {
		for i, cell := range cells {
			cells[i] = safeCell(cell)
		}
		_ = out.Write(cells) // as above
	}
	line([]string{"action", "reason", "waiting", "source_id", "person_id", "email", "name", "effective_at", "field", "before", "after", "from", "detail"})
	err = p.eachRow(r.Context(), id, view.PlanQuery{}, func(it *syncrun.StoredItem) {
		for _, cells := range csvLines(&s.Info.Header, &it.Item) {
			line(cells)
		}
	})
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	out.Flush()
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

func csvLines(h *plan.Header, it *plan.Item) [][]string {
	if x := it.Held; x != nil {
		return [][]string{{"held", string(x.Reason), "", sourceID(x.SourceID), x.PersonID, x.Email, x.Name, "", string(x.Field), "", "", "", x.Detail}}
	}
	c := it.Change
	if c == nil {
		return nil
	}
	name, at := c.Name, ""
	if c.Group != nil {
		name = c.Group.Name
	}
	if t := syncrun.Timestamp(c.EffectiveAt); t != nil {
		at = *t
	}
	fields := c.Fields
	if len(fields) == 0 {
		fields = []plan.FieldChange{{}}
	}
	out := make([][]string, len(fields))
	for i, f := range fields {
		out[i] = []string{string(c.Action), string(c.Reason), string(h.Waiting(c.Kinds)), sourceID(c.SourceID), c.PersonID, c.Email, name, at,
			string(f.Field), csvValue(f.Kind, f.Before), csvValue(f.Kind, f.After), f.From, c.Sentence}
	}
	return out
}

func csvValue(kind directory.Kind, text string) string {
	if kind == directory.KindList {
		return strings.Join(directory.SplitList(text), ",")
	}
	return text
}

func sourceID(id int64) string {
	if id == 0 {
		return ""
	}
	return strconv.FormatInt(id, 10)
}

// safeCell defuses a cell that a spreadsheet would take for a formula.
func safeCell(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r\x00", rune(s[0])) {
		return "'" + s
	}
	return s
}
