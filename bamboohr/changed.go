package bamboohr

import (
	"context"
	"net/url"
	"time"
)

// The actions of a Change.
const (
	Inserted = "Inserted"
	Updated  = "Updated"
	Deleted  = "Deleted" // the record was removed, which is not a termination
)

// Changes is who changed since an instant.
type Changes struct {
	Latest    time.Time // the next question's since, less an overlap
	Employees []Change  // by id
}

// Change is one employee in Changes.
type Change struct {
	ID     string
	Action string    // Inserted, Updated or Deleted
	At     time.Time // zero when BambooHR does not say
}

// ChangedSince asks who changed since an instant. kind is inserted, updated,
// deleted or "" for all. A row that merely came into effect, a termination day
// that arrived or a right that was lost need not show: it speeds up full
// reads, it does not replace them (bamboohr-api §2.7).
func (c *Client) ChangedSince(ctx context.Context, at time.Time, kind string) (Changes, error) {
	query := url.Values{"since": {since(at)}}
	if kind != "" {
		query.Set("type", kind)
	}
	var answer struct {
		Latest    string
		Employees *keyed[struct {
			ID          ID
			Action      string
			LastChanged string
		}]
	}
	var out Changes
	err := c.json(ctx, c.get(query, "v1", "employees", "changed"), "{", &answer, func() error {
		if answer.Employees == nil {
			return fault(ErrShape, "no employees")
		}
		if out.Latest = parseTime(answer.Latest); out.Latest.IsZero() {
			return fault(ErrShape, "no instant of the latest change")
		}
		return nil
	})
	if err != nil {
		return Changes{}, err
	}
	for _, e := range *answer.Employees {
		id := string(e.value.ID)
		if id == "" {
			id = e.key
		}
		out.Employees = append(out.Employees, Change{id, e.value.Action, parseTime(e.value.LastChanged)})
	}
	return out, nil
}

// TableChange is one employee with all rows of a table, one of which changed.
type TableChange struct {
	EmployeeID string
	At         time.Time
	Rows       []Record // without id and employeeId
}

// ChangedTables reads the rows of everybody who changed in any way since an
// instant (bamboohr-api §2.8). An answer of more than 16 MiB is ErrTooLarge;
// then AllTableRows is the way.
func (c *Client) ChangedTables(ctx context.Context, table string, at time.Time) ([]TableChange, error) {
	var answer struct {
		Employees *keyed[struct {
			LastChanged string
			Rows        []Record
		}]
	}
	query := url.Values{"since": {since(at)}}
	err := c.json(ctx, c.get(query, "v1", "employees", "changed", "tables", table), "{", &answer, func() error {
		if answer.Employees == nil {
			return fault(ErrShape, "no employees")
		}
		for _, e := range *answer.Employees {
			if e.key == "" {
				return fault(ErrShape, "rows that belong to nobody")
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	var out []TableChange
	for _, e := range *answer.Employees {
		out = append(out, TableChange{e.key, parseTime(e.value.LastChanged), e.value.Rows})
	}
	return out, nil
}
