package view

import (
	"fmt"

	"github.com/rollcall-hr/rollcall/directory"
)

// NameTakenError says that a name, or an alias, is another department's or team's.
type NameTakenError struct{ Group directory.Group }

func (e *NameTakenError) Error() string {
	return fmt.Sprintf("there is a %s %q with this name or alias already; merge the two instead", e.Group.Kind, e.Group.Name)
}

// Regrouped is a department or team after a merge or a new name.
type Regrouped struct {
	Group directory.Group
	Moved int // people whose record changed
}
