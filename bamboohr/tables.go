package bamboohr

import (
	"context"

	"github.com/rollcall-hr/rollcall/bamboohr/internal/flatjson"
)

// TableRows reads one employee's rows of a history table, such as jobInfo or
// employmentStatus. They are not sorted, and columns that the key may not read
// are absent; the row in force is the one with the greatest date that is not
// in the future (bamboohr-api §2.8).
func (c *Client) TableRows(ctx context.Context, employeeID, table string) ([]Record, error) {
	var out []Record
	err := c.json(ctx, c.get(nil, "v1", "employees", employeeID, "tables", table), "[", &out, nil)
	return out, err
}

// AllTableRows streams a history table of everybody, inactive people too.
// Row.ID is the employee's id; the row's own is the column "id". Rows of one
// person need not be neighbours.
func (c *Client) AllTableRows(ctx context.Context, table string) (*Stream, error) {
	r := c.get(nil, "v1", "employees", "all", "tables", table)
	noHeader := func(*flatjson.Document) error { return nil }
	return c.stream(ctx, r, "", &rowShape{id: "employeeId"}, noHeader)
}

// CreateTableRow adds a row to a table of an employee. BambooHR does not
// answer its id. employmentStatus needs date and employmentStatus.
func (c *Client) CreateTableRow(ctx context.Context, employeeID, table string, row map[string]any) error {
	return c.post(ctx, row, "v1_1", "employees", employeeID, "tables", table)
}

// UpdateTableRow changes columns of a row.
func (c *Client) UpdateTableRow(ctx context.Context, employeeID, table, rowID string, row map[string]any) error {
	return c.post(ctx, row, "v1_1", "employees", employeeID, "tables", table, rowID)
}

// DeleteTableRow removes a row of a table: the way to take back a row that was
// created. ErrRejected means that BambooHR keeps it.
func (c *Client) DeleteTableRow(ctx context.Context, employeeID, table, rowID string) error {
	return c.delete(ctx, "v1", "employees", employeeID, "tables", table, rowID)
}
