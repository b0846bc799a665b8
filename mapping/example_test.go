package mapping_test

import (
	"fmt"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/hr"
	"github.com/rollcall-hr/rollcall/mapping"
	"github.com/rollcall-hr/rollcall/policy"
)

// The record is written by hand: another HR system can stand behind hr.Record, and nothing to the right
// of it notices (promise AL21, C27).
func Example() {
	conn, faults := policy.ParseSettings([]byte(`
bamboohr: { subdomain: acme }
time_zone: America/Los_Angeles
mapping:
  email: { from: [workEmail, homeEmail] }
  teams: { from: teams, split: "," }
`))
	if len(faults) > 0 {
		fmt.Println(faults)
		return
	}
	schema := hr.NewSchema(mapping.Fields(&conn, nil)...)
	now := time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
	m, faults := mapping.New(&conn, nil, schema, nil, "", now)
	if len(faults) > 0 {
		fmt.Println(faults)
		return
	}

	says := map[string]hr.Value{
		"status":          hr.Text("Active"),
		"firstName":       hr.Text("Ann"),
		"lastName":        hr.Text(" Lee "),
		"workEmail":       hr.Empty(),
		"homeEmail":       hr.Text("ann@home.test"),
		"teams":           hr.Text("Platform, Security"),
		"jobTitle":        hr.Hidden(), // the key may not see it
		"terminationDate": hr.Text("2026-03-31"),
	}
	rec := hr.Record{ID: "4", Num: 4}
	for _, alias := range schema.Names() {
		v, ok := says[alias]
		if !ok {
			v = hr.Empty()
		}
		rec.Values = append(rec.Values, v)
	}

	var w directory.Wanted
	m.Map(&rec, &w)
	fmt.Println(w.Name)
	fmt.Println(w.Text(directory.Email), "from", w.Want(directory.Email).From)
	fmt.Println(directory.SplitList(w.Text(directory.Teams)))
	fmt.Println("job title stays:", w.Want(directory.JobTitle).State == directory.WantUnreadable)
	for _, s := range w.Signals {
		fmt.Println(s.Kind, s.Action, s.At.Format(time.RFC3339))
	}
	// Output:
	// Ann Lee
	// ann@home.test from homeEmail
	// [Platform Security]
	// job title stays: true
	// termination_date deactivate 2026-04-01T07:00:00Z
}
