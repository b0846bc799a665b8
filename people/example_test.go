package people_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/store"
	"github.com/rollcall-hr/rollcall/people"
	"github.com/rollcall-hr/rollcall/policy"
)

// Somebody who does not come from BambooHR is added, edited, and asked about.
func ExampleEditor_Edit() {
	dir, err := os.MkdirTemp("", "rollcall-example-*")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	ctx := context.Background()
	db, err := store.Open(ctx, filepath.Join(dir, "data"), store.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer db.Close()

	conn, n := policy.Defaults(), 0
	conn.Name = "Acme"
	editor := &people.Editor{
		Policy: &conn, Store: db.Org("acme"), Actor: "example",
		Now:   func() time.Time { return time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC) },
		NewID: func(prefix string) string { n++; return fmt.Sprintf("%s_%d", prefix, n) },
	}
	if _, err := editor.Add(ctx, "ann@acme.test", map[directory.Field]string{directory.DisplayName: "Ann Lee"}); err != nil {
		fmt.Println(err)
		return
	}
	res, err := editor.Edit(ctx, "Ann Lee", map[directory.Field]string{directory.JobTitle: "Chief"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(res.Person.Name(), "is", res.Person.Values.Get(directory.JobTitle))
	why, err := editor.Explain(ctx, "ann@acme.test", time.Time{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(why.Sentence)
	_, err = editor.Edit(ctx, "ann@acme.test", map[directory.Field]string{directory.HireDate: "soon"})
	fmt.Println(err)
	// Output:
	// Ann Lee is Chief
	// Ann Lee has had an account since 2026-11-21 12:00 UTC: example added this person. The record was last changed at 2026-11-21 12:00 UTC: example edited this person (job_title).
	// "soon" is no date for hire_date; write YYYY-MM-DD
}
