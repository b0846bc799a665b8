package hr_test

import (
	"fmt"

	"github.com/rollcall-hr/rollcall/hr"
)

// A reading that lost a column the settings depend on is no proof of anything.
func ExampleCertify() {
	last := hr.Baseline{Employees: 40, Set: map[string]int{"status": 40, "workEmail": 39}}
	reading := hr.Reading{Employees: 40, Fields: []hr.FieldCount{
		{Field: "status", Answered: true, Set: 40},
		{Field: "workEmail", Answered: false, Unreadable: 40},
	}}
	cert := hr.Certify(reading, &last, []string{"status", "workEmail"})
	fmt.Println(cert.Grade)
	for _, d := range cert.Doubts {
		fmt.Println(d.Text)
	}
	// Output:
	// failed
	// the key cannot read "workEmail" for anybody, and the settings depend on it
}
