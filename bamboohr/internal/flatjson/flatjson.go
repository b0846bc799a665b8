// Package flatjson finds the records in a JSON body that may be endless, and the
// members in a record, without decoding more than it is asked for; where the
// body comes from, and what a member means, it leaves to others.
package flatjson

import "fmt"

// Reason says why a body or record cannot be used.
type Reason uint8

// The reasons.
const (
	Broken  Reason = iota // not JSON, or not of the expected shape
	Nothing               // no data: an empty body, null, no records
	NotJSON               // a web page or other text
	Cut                   // it ends before its end
	Large                 // a record beyond its limit
	Deep                  // nested deeper than MaxDepth
)

// Error is a body or record that cannot be used.
type Error struct {
	Reason Reason
	Text   string // what stands where, without data from the body beyond a byte
}

// Error is the text.
func (e *Error) Error() string { return e.Text }

func fault(reason Reason, format string, args ...any) *Error {
	return &Error{reason, fmt.Sprintf(format, args...)}
}
