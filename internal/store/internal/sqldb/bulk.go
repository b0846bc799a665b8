package sqldb

import (
	"strconv"
	"strings"
)

// BulkRows is how many rows a Bulk writes at once; more save little.
const BulkRows = 8

// Bulk inserts many rows of one table, several per statement: opening a table's indexes and finding the end of
// each costs as much as writing a row. The text must say "or fail" or be sure that no row is in the way: to
// take back all rows of one statement the engine would copy every page before it changes it.
type Bulk struct{ many, one string }

// NewBulk takes a statement up to its word "values" and the number of its columns.
func NewBulk(insert string, columns int) Bulk {
	return Bulk{many: insert + tuples(BulkRows, columns), one: insert + tuples(1, columns)}
}

// Prepare returns the statement for the next of so many rows that are left, and how many of them are to be bound,
// one after the other.
func (b *Bulk) Prepare(c Conn, left int) (st Stmt, rows int) {
	if left < BulkRows {
		return c.Prepare(b.one), 1
	}
	return c.Prepare(b.many), BulkRows
}

// tuples returns ($1, $2), ($3, $4) and so on.
func tuples(rows, columns int) string {
	var b strings.Builder
	for i := range rows * columns {
		switch {
		case i == 0:
			b.WriteString(" ($")
		case i%columns == 0:
			b.WriteString("), ($")
		default:
			b.WriteString(", $")
		}
		b.WriteString(strconv.Itoa(i + 1))
	}
	return b.String() + ")"
}
