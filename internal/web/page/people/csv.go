package people

import (
	"context"
	"encoding/csv"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
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
	out := csv.NewWriter(w)
	header := []string{"id", "status"}
	for _, name := range slices.Concat(csvFields(), own) {
		if name == directory.Manager {
			name = "manager_email"
		}
		header = append(header, string(name))
	}
	err = out.Write(header)
	for person, readErr := range p.Views.EachPerson(r.Context(), q) {
		if err = readErr; err != nil {
			break
		}
		if err = out.Write(csvRow(person, own, managers)); err != nil {
			break
		}
	}
	out.Flush()
	if err == nil {
		err = out.Error()
	}
	if err != nil {
		// The status is out: the connection is cut, so that half a list never looks like a whole one.
		if r.Context().Err() == nil {
			p.Gate.Log.ErrorContext(r.Context(), "export people", "error", err)
		}
		panic(http.ErrAbortHandler)
	}
	return nil
}

// csvFields are the standard columns.
func csvFields() []directory.Field {
	all := directory.Standard()
	return all[:]
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

func csvRow(p *directory.Person, own []directory.Field, managers map[string]string) []string {
	row := []string{p.ID, string(p.Status)}
	for _, f := range slices.Concat(csvFields(), own) {
		text := p.Values.Get(f)
		switch {
		case f == directory.Manager:
			text = managers[text]
		case p.Values.KindOf(f) == directory.KindList:
			text = strings.Join(directory.SplitList(text), ",")
		}
		row = append(row, text)
	}
	for i := range row {
		row[i] = safeCell(row[i])
	}
	return row
}

// safeCell defuses a cell that a spreadsheet would take for a formula (security §1.13).
func safeCell(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r\x00", rune(s[0])) {
		return "'" + s
	}
	return s
}
