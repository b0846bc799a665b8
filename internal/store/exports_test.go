package store

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/exporter"
	"github.com/rollcall-hr/rollcall/plan"
)

func TestExports(t *testing.T) {
	db := openTest(t)
	s, other := db.Org("acme"), db.Org("globex")
	conn, err := s.EnsureConnection(t.Context(), "Acme HR")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	export := func(id string) exporter.Export {
		return exporter.Export{ID: id, Connection: conn.ID, Company: "acme", Actor: "cli:ann", MadeAt: at, Employees: 3,
			Rows: []exporter.Row{{Seq: 1, PersonID: "p_1", Version: 4, Name: "Bo Diaz", Email: "bo@acme.test", ManagerID: "p_2", Manager: "Ann Lee",
				Fields: []exporter.Field{{Field: directory.FirstName, Alias: "firstName", Value: "Bo"}}, State: exporter.Planned}},
			Held: []plan.Held{{Kind: plan.HeldPerson, Reason: plan.NoEmail, PersonID: "p_3", Name: "Cy", Detail: "has none", Trace: plan.Trace{Fix: "give one"}}}}
	}
	if _, err := s.Export(t.Context(), conn.ID, ""); !errors.Is(err, directory.ErrNotFound) {
		t.Errorf("no export yet: %v", err)
	}
	e := export("exp_1")
	for _, x := range []exporter.Export{e, export("exp_2")} {
		if err := s.SaveExport(t.Context(), x); err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.Export(t.Context(), conn.ID, "exp_1")
	if diff := cmp.Diff(e, got); err != nil || diff != "" {
		t.Errorf("%v; (-saved +read):\n%s", err, diff)
	}
	if latest, err := s.Export(t.Context(), conn.ID, ""); err != nil || latest.ID != "exp_2" {
		t.Errorf("latest is %s: %v", latest.ID, err)
	}
	if _, err := other.Export(t.Context(), conn.ID, "exp_1"); !errors.Is(err, directory.ErrNotFound) {
		t.Errorf("another organisation reads it: %v", err)
	}
	if err := other.ClaimRow(t.Context(), e.ID, e.Rows[0]); !errors.As(err, new(*exporter.TakenError)) {
		t.Errorf("another organisation claims it: %v", err)
	}

	r := e.Rows[0]
	if err := s.ClaimRow(t.Context(), e.ID, r); err != nil {
		t.Fatal(err)
	}
	r.State, r.Attempts, r.EmployeeID = exporter.Created, 1, "121"
	for range 2 { // the second time only the reporting line is new
		if err := s.SettleRow(t.Context(), e, r, "cli:ann", at); err != nil {
			t.Fatal(err)
		}
		r.LineDone = true
	}
	decisions, err := s.Decisions(t.Context(), conn.ID)
	if diff := cmp.Diff([]directory.Decision{{SourceID: 121, Kind: directory.DecideLink, PersonID: "p_1"}}, decisions); err != nil || diff != "" {
		t.Errorf("%v; decisions (-want +got):\n%s", err, diff)
	}
	var events []string
	for entry, err := range s.Audit(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, entry.Event+" "+entry.Subject+" "+entry.After)
	}
	if diff := cmp.Diff([]string{"decide " + conn.ID + "/121 p_1", "export_person p_1 121"}, events); diff != "" {
		t.Errorf("audit trail (-want +got):\n%s", diff)
	}
	if got, err := s.Export(t.Context(), conn.ID, "exp_1"); err != nil || !cmp.Equal(got.Rows[0], r) {
		t.Errorf("%v; row %+v, want %+v", err, got.Rows[0], r)
	}
}
