package directory_test

import (
	"fmt"

	"github.com/rollcall-hr/rollcall/directory"
)

// Addresses and names are compared in forms of their own; what is stored keeps its spelling.
func Example() {
	fmt.Println(directory.EmailKey(" Ann.Lee@Acme.Test "))
	fmt.Println(directory.NameKey("Customer  Success") == directory.NameKey("customer success"))
	fmt.Println(directory.GroupKey(directory.KindDepartment, "R&D"))
	// Output:
	// ann.lee@acme.test
	// true
	// department:r&d
}
