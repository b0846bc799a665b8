package syncrun_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/internal/store"
	"github.com/rollcall-hr/rollcall/policy"
	"github.com/rollcall-hr/rollcall/source"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// A company in a file becomes people in a directory; the second sync finds nothing to do.
func ExampleEngine_Sync() {
	dir, err := os.MkdirTemp("", "rollcall-example-*")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	ctx := context.Background()
	now := func() time.Time { return time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC) }
	db, err := store.Open(ctx, filepath.Join(dir, "data"), store.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer db.Close()

	const company = `id,employeeNumber,firstName,lastName,workEmail,status,hireDate,terminationDate,employmentHistoryStatus
4,1,Ann,Lee,ann@acme.test,Active,2024-01-08,,Full-Time
9,2,Bo,Diaz,bo@acme.test,Active,2023-05-01,,Full-Time
`
	conn, faults := policy.ParseSettings([]byte(`
name: Acme
bamboohr: { subdomain: acme }
mapping:
  manager: null
  phone: null
  job_title: null
  department: null
  division: null
  location: null
  preferred_name: null
  original_hire_date: null
`))
	if len(faults) > 0 {
		fmt.Println(faults)
		return
	}
	open := func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(company)), nil }
	n := 0
	engine := &syncrun.Engine{
		Organisation: "acme", Policy: &conn, Store: db.Org("acme"),
		Source: source.NewCSV("employees.csv", open, source.Options{Now: now}),
		Now:    now, Actor: "example", LeaseFor: time.Minute, Retryable: source.Retryable,
		NewID: func(prefix string) string { n++; return fmt.Sprintf("%s_%d", prefix, n) },
	}
	for range 2 {
		r, err := engine.Sync(ctx, syncrun.PreviewOptions{Trigger: syncrun.TriggerManual})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(r.Run.Outcome, "created:", r.Run.Counts.Create)
	}
	// Output:
	// applied created: 2
	// no_op created: 0
}
