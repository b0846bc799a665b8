package policy_test

import (
	"fmt"
	"time"

	"github.com/rollcall-hr/rollcall/policy"
)

// A file with a preset, and one with faults: every fault is reported, with its line and the way out.
func Example() {
	file, faults := policy.ParseFile([]byte(`
connection:
  preset: betterworks
  bamboohr: { subdomain: "https://acme.bamboohr.com/home" }
  scope: { block_statuses: [Contractor, Intern] }
`), nil)
	fmt.Println(len(faults), "faults")
	c := file.Connections[0]
	fmt.Println(c.Name, c.Schedule, c.TimeZone)
	location, _ := c.Rule("location")
	fmt.Println("location comes from", location.From)
	fmt.Println(policy.NextRun(c.Schedule, c.Zones().Connection(), time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)))

	_, faults = policy.ParseFile([]byte(`
connection:
  bamboohr: { subdomain: acme.evil.test }
  mapping: { e_mail: { from: workEmail } }
`), nil)
	for _, f := range faults {
		fmt.Println(f)
	}
	// Output:
	// 0 faults
	// acme daily 03:00 America/Los_Angeles
	// location comes from [city]
	// 2026-11-22 03:00:00 -0800 PST
	// connection.bamboohr.subdomain (line 3): "acme.evil.test" is not a BambooHR sub-domain; write the part before .bamboohr.com, e.g. acme
	// connection.mapping.e_mail (line 4): not a field of the directory; did you mean email?
}

// Scope rules judge one readable value at a time.
func ExampleRule_Predicate() {
	rule := policy.Rule{Field: "employmentHistoryStatus", Op: policy.OpIn, Values: []string{"Full Time"}}
	judge, err := rule.Predicate()
	if err != nil {
		fmt.Println(err)
		return
	}
	holds, known := judge("Full-Time")
	fmt.Println(rule, holds, known)
	// Output: employmentHistoryStatus in [Full Time] true true
}

// Expressions name directory fields or BambooHR aliases.
func ExampleCompileExpr() {
	e, err := policy.CompileExpr(`upper(last_name) + ", " + firstName`, policy.Defaults().Mapping)
	if err != nil {
		fmt.Println(err)
		return
	}
	text, err := e.Run(func(name string) string {
		return map[string]string{"last_name": "Lee", "firstName": "Ann"}[name]
	})
	fmt.Println(e.Targets, e.Fields, text, err)
	// Output: [last_name] [firstName] LEE, Ann <nil>
}
