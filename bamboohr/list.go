package bamboohr

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"net/url"
	"strconv"
	"strings"

	"github.com/rollcall-hr/rollcall/bamboohr/internal/flatjson"
)

// ListQuery asks for the employee list.
type ListQuery struct {
	// Fields are further columns, in this endpoint's own vocabulary
	// (bamboohr-api §2.6). Unknown ones are ignored by BambooHR, so compare.
	Fields []string
	// Filter narrows the list, by column: "status": "inactive". A filter on a
	// column that the key may not read drops people (bamboohr-api §2.1).
	Filter   map[string]string
	IDs      []string // only these internal ids
	Sort     string   // Defaults to "employeeId"
	PageSize int      // 1 to 2500. Defaults to 2500
}

// ListStream is the employee list and what it says of itself.
type ListStream struct {
	*Stream
	total int
}

// Total is the number of employees that the list announced last; it is
// information, not a proof of completeness.
func (l *ListStream) Total() int { return l.total }

// Employees walks over the employee list by its cursors: Active and Inactive
// people, future hires and blank records, with unreadable columns in
// Row.Restricted. ErrBadPage means that the list changed under the walk: start
// it again.
func (c *Client) Employees(ctx context.Context, q ListQuery) (*ListStream, error) {
	query := q.values()
	out := &ListStream{}
	seen := map[string]bool{}
	next, first := "", true
	var err error
	out.Stream, err = c.walk(&rowShape{id: "employeeId"}, func(s *Stream) (*flatjson.Document, error) {
		if next == "" && !first {
			return nil, nil
		}
		if first = false; next != "" {
			query.Set("page[after]", next)
		}
		return s.page(ctx, c.get(maps.Clone(query), "v1", "employees"), "data", func(d *flatjson.Document) error {
			total, cursor, err := listMeta(d.Side["meta"])
			if err != nil {
				return err
			}
			if seen[cursor] {
				return fault(ErrShape, "the cursor leads in a circle")
			}
			out.total, next, seen[cursor] = total, cursor, cursor != ""
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (q ListQuery) values() url.Values {
	size := min(max(cmp.Or(q.PageSize, 2500), 1), 2500)
	v := url.Values{"page[limit]": {strconv.Itoa(size)}, "sort": {cmp.Or(q.Sort, "employeeId")}}
	if len(q.Fields) > 0 {
		v.Set("fields", strings.Join(q.Fields, ",")) // repeated, only the last one counts (§2.1)
	}
	for name, value := range q.Filter {
		v.Set("filter["+name+"]", value)
	}
	if len(q.IDs) > 0 {
		v.Set("filter[ids]", strings.Join(q.IDs, ","))
	}
	return v
}

func listMeta(raw json.RawMessage) (total int, next string, err error) {
	var meta struct {
		Total int
		Page  *struct{ NextCursor string }
	}
	if raw == nil {
		return 0, "", fault(ErrShape, "no meta")
	}
	if err := decode(raw, &meta); err != nil {
		return 0, "", err
	}
	if meta.Page == nil {
		return 0, "", fault(ErrShape, "no meta.page")
	}
	return meta.Total, meta.Page.NextCursor, nil
}
