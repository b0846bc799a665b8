package plan_test

import (
	"fmt"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/policy"
)

// Ann is in the directory with an old title; Bo is new in HR.
func ExampleMake() {
	file, _ := policy.ParseFile([]byte("connection: { name: Acme HR, bamboohr: { subdomain: acme } }"), nil)
	in := plan.Input{Organisation: "acme", Connection: "c1", Name: "Acme HR", Policy: &file.Connections[0],
		Now: time.Date(2026, 11, 21, 3, 0, 0, 0, time.UTC), Linked: plan.LinkedCounts{People: 1, Enabled: 1}}

	ann := directory.Person{ID: "p1", Status: directory.Active, Link: &directory.Link{Connection: "c1", SourceID: "12"}}
	ann.Values.Set(directory.Email, directory.KindText, "ann@acme.test")
	ann.Values.Set(directory.JobTitle, directory.KindText, "Engineer")

	p := plan.Make(in, plan.World{
		Wanted: []directory.Wanted{wanted(12, "Ann Lee", "ann@acme.test", "Lead"), wanted(13, "Bo Diaz", "bo@acme.test", "Clerk")},
		People: []directory.Person{ann},
	}, plan.Evidence{Employees: 2})

	fmt.Println(p.Header.Verdict)
	for _, item := range p.Items {
		if c := item.Change; c != nil {
			fmt.Println(c.Action, c.Name, c.Reason)
			for _, f := range c.Fields {
				fmt.Printf("  %s: %q to %q\n", f.Field, f.Before, f.After)
			}
		}
	}
	// Output:
	// applies
	// update Ann Lee field_changed
	//   job_title: "Engineer" to "Lead"
	// create Bo Diaz new_in_hr
	//   email: "" to "bo@acme.test"
	//   job_title: "" to "Clerk"
}

func wanted(id int64, name, email, title string) directory.Wanted {
	w := directory.Wanted{SourceID: id, Name: name, Account: directory.AccountActive, Scope: directory.ScopeDecision{Verdict: directory.ScopeIn}}
	w.Fields[directory.Email.Slot()] = directory.Want{State: directory.WantSet, Text: email, From: "workEmail"}
	w.Fields[directory.JobTitle.Slot()] = directory.Want{State: directory.WantSet, Text: title, From: "jobTitle"}
	return w
}
