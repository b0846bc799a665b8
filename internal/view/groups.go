package view

import (
	"github.com/rollcall-hr/rollcall/directory"
)

// GroupRow is a department or team in a list.
type GroupRow struct {
	directory.Group
	Active int // active people
	People int // people who are not deactivated
}
