package bamboohr

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"github.com/rollcall-hr/rollcall/bamboohr/internal/flatjson"
)

// EmployeeDataset is the dataset with one record per employee.
const EmployeeDataset = "employee"

// Dataset is an entry of the catalogue.
type Dataset struct{ Name, Label string }

// DatasetField is a column of a dataset; its names are not those of reports
// (bamboohr-api §2.6).
type DatasetField struct {
	Name, Label, ParentType, ParentName, EntityName string
}

// Datasets lists the datasets that the key may read.
func (c *Client) Datasets(ctx context.Context) ([]Dataset, error) {
	return catalogue[Dataset](ctx, c, "datasets", "v1_2", "datasets")
}

// DatasetFields lists the columns of a dataset.
func (c *Client) DatasetFields(ctx context.Context, name string) ([]DatasetField, error) {
	return catalogue[DatasetField](ctx, c, "fields", "v1_2", "datasets", name, "fields")
}

// DatasetQuery asks for the records of a dataset.
type DatasetQuery struct {
	Name     string   // Defaults to EmployeeDataset
	Fields   []string // at least one; eeid is added for the employee dataset
	Filter   string   // as in bamboohr-api §2.6: status eq 'Active'; "" for all
	OrderBy  string   // Defaults to "eeid asc" for the employee dataset; without an order pages may overlap
	PageSize int      // 1 to 1000. Defaults to 1000
}

// DatasetRows walks over all pages of a dataset. It ends with ErrDrift when
// the records do not add up to the announced total, or an employee came twice
// and another is missing: then read again (bamboohr-api §9.3). An unknown
// column is ErrRejected; one that the key may not read is in Row.Restricted.
func (c *Client) DatasetRows(ctx context.Context, q DatasetQuery) (*Stream, error) {
	q.Name = cmp.Or(q.Name, EmployeeDataset)
	q.PageSize = min(max(cmp.Or(q.PageSize, 1000), 1), 1000)
	if len(q.Fields) == 0 {
		return nil, fmt.Errorf("dataset %s of %s: no fields asked for", printable(q.Name, 60), c.company)
	}
	employees := q.Name == EmployeeDataset
	if employees {
		q.OrderBy = cmp.Or(q.OrderBy, "eeid asc")
		if !slices.Contains(q.Fields, "eeid") {
			q.Fields = append([]string{"eeid"}, q.Fields...)
		}
	}
	w := &datasetWalk{client: c, query: q, ids: employees}
	return c.walk(&rowShape{id: "eeid", nested: true}, func(s *Stream) (*flatjson.Document, error) {
		s.see = w.see
		return w.turn(ctx, s)
	})
}

// datasetWalk counts what the pages of one reading hold.
type datasetWalk struct {
	client *Client
	query  DatasetQuery
	ids    bool // records have an employee's id
	page   int
	last   int      // page, as announced
	total  int      // records, as announced
	seen   []uint64 // numeric ids
	others int      // records without one
	before int      // records before this page
}

// see counts one record.
func (w *datasetWalk) see(row Row) {
	if w.ids {
		id, err := row.ID()
		if n, bad := strconv.ParseUint(id, 10, 64); err == nil && bad == nil {
			w.seen = append(w.seen, n)
			return
		}
	}
	w.others++ // also one without an id: the caller meets that error itself
}

// turn gets the next page, or checks the whole behind the last.
func (w *datasetWalk) turn(ctx context.Context, s *Stream) (*flatjson.Document, error) {
	if w.page > 0 && (w.page >= w.last || s.stats.Rows == w.before) {
		return nil, w.addUp(s)
	}
	w.before = s.stats.Rows
	w.page++
	body := map[string]any{"fields": w.query.Fields, "page": w.page, "pageSize": w.query.PageSize}
	if w.query.Filter != "" {
		body["filter"] = w.query.Filter
	}
	if w.query.OrderBy != "" {
		body["orderBy"] = w.query.OrderBy
	}
	r, err := w.client.send(http.MethodPost, body, "v2", "datasets", w.query.Name, "data")
	if err != nil {
		return nil, err
	}
	r.write = false // a POST that reads
	return s.page(ctx, r, "data", w.meta)
}

// meta reads a page's place in the whole.
func (w *datasetWalk) meta(d *flatjson.Document) error {
	var meta struct {
		Page       int
		TotalPages *int
		TotalItems *int
	}
	if d.Side["meta"] == nil {
		return fault(ErrShape, "no meta")
	}
	if err := decode(d.Side["meta"], &meta); err != nil {
		return err
	}
	switch {
	case meta.TotalPages == nil || meta.TotalItems == nil:
		return fault(ErrShape, "meta without totals")
	case meta.Page != 0 && meta.Page != w.page:
		return fault(ErrShape, "page %d came where %d was asked for", meta.Page, w.page)
	case w.page > 1 && (*meta.TotalItems != w.total || *meta.TotalPages != w.last):
		return fault(ErrDrift, "%d records on %d pages became %d on %d", w.total, w.last, *meta.TotalItems, *meta.TotalPages)
	}
	w.total, w.last = *meta.TotalItems, *meta.TotalPages
	return nil
}

// addUp compares what came with what was announced. A record that came twice
// while none is missing is the caller's to merge (security §3 #22).
func (w *datasetWalk) addUp(s *Stream) error {
	slices.Sort(w.seen)
	distinct := w.others + s.stats.Oversized + len(slices.Compact(w.seen))
	if distinct == w.total {
		return nil
	}
	return s.located(fault(ErrDrift, "%d records of %d came", distinct, w.total))
}
