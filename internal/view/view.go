// Package view names what screens and the API ask for and are shown: queries, rows and pages. It holds
// shapes only; the store's read models answer the queries.
package view

import (
	"fmt"
)

// Page is a part of a list.
type Page[T any] struct {
	Items []T
	Next  string // cursor of the page after it, "" at the end
}

// CursorError says that a cursor is none of this list's.
type CursorError struct{ Cursor string }

func (e *CursorError) Error() string {
	return fmt.Sprintf("%q is no place in this list; begin again without it", e.Cursor)
}
