// Package sheet writes people and plans as rows of a table that no spreadsheet takes for formulas. Which people
// and plans, and to whom they go, is left to its callers.
package sheet

import (
	"encoding/csv"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// Row is the cells of a line.
type Row = []string

// Write writes a table as CSV; the first error of rows ends it.
func Write(w io.Writer, header Row, rows iter.Seq2[Row, error]) error {
	out := csv.NewWriter(w)
	if err := out.Write(header); err != nil {
		return err
	}
	for row, err := range rows {
		if err == nil {
			err = out.Write(safe(row))
		}
		if err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

func safe(row Row) Row {
	out := make(Row, len(row))
	for i, cell := range row {
		out[i] = Safe(cell)
	}
	return out
}

// Safe defuses a cell that a spreadsheet would take for a formula (security §1.13).
func Safe(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r\x00", rune(s[0])) {
		return "'" + s
	}
	return s
}

// PlanColumns heads the rows of plans.
func PlanColumns() Row {
	return Row{"action", "reason", "waiting", "source_id", "person_id", "email", "name", "effective_at", "field", "before", "after", "from", "detail"}
}

// PlanRows is one row per field that an item of a plan changes, or one for what it holds.
func PlanRows(h *plan.Header, it *plan.Item) []Row {
	if x := it.Held; x != nil {
		return []Row{{"held", string(x.Reason), "", sourceID(x.SourceID), x.PersonID, x.Email, x.Name, "", string(x.Field), "", "", "", x.Detail}}
	}
	c := it.Change
	if c == nil {
		return nil
	}
	name, at := c.Name, ""
	if c.Group != nil {
		name = c.Group.Name
	}
	due := c.EffectiveAt
	if due.IsZero() { // as the JSON has it
		due = h.MadeAt
	}
	if t := syncrun.Timestamp(due); t != nil {
		at = *t
	}
	fields := c.Fields
	if len(fields) == 0 {
		fields = []plan.FieldChange{{}}
	}
	out := make([]Row, len(fields))
	for i, f := range fields {
		out[i] = Row{string(c.Action), string(c.Reason), string(h.Waiting(c.Kinds)), sourceID(c.SourceID), c.PersonID, c.Email, name, at,
			string(f.Field), text(f.Kind, f.Before), text(f.Kind, f.After), f.From, c.Sentence}
	}
	return out
}

func text(kind directory.Kind, value string) string {
	if kind == directory.KindList {
		return strings.Join(directory.SplitList(value), ",")
	}
	return value
}

func sourceID(id int64) string {
	if id == 0 {
		return ""
	}
	return strconv.FormatInt(id, 10)
}

// PeopleColumns heads the rows of people with these fields of their own: the columns that an import reads.
func PeopleColumns(own []directory.Field) Row {
	out := Row{"id", "status"}
	for _, f := range fields(own) {
		if f == directory.Manager {
			f = "manager_email"
		}
		out = append(out, string(f))
	}
	return out
}

// PersonRow is a person under those columns; managers tells the address of each manager's id.
func PersonRow(p *directory.Person, own []directory.Field, managers map[string]string) Row {
	out := Row{p.ID, string(p.Status)}
	for _, f := range fields(own) {
		value := text(p.Values.KindOf(f), p.Values.Get(f))
		if f == directory.Manager {
			value = managers[value]
		}
		out = append(out, value)
	}
	return out
}

func fields(own []directory.Field) []directory.Field {
	standard := directory.Standard()
	return slices.Concat(standard[:], own)
}
