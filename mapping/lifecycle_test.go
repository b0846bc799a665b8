package mapping_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/hr"
	"github.com/rollcall-hr/rollcall/mapping"
)

// Product, "No status": what looks like no status and is none (promises BW22, BW24, BW25).
func TestNoStatus(t *testing.T) {
	const blocked = "block_statuses: [Contractor]"
	tests := []struct {
		name     string
		scope    string
		e        employee
		keyOwner string
		want     bool
		action   string // "unknown": a note says that it cannot be judged
	}{
		{"deactivate", blocked + ", no_status: deactivate", employee{}, "", true, "deactivate"},
		{"hold", blocked + ", no_status: hold", employee{}, "", true, "hold"},
		{"active", blocked + ", no_status: active", employee{}, "", false, ""},
		{"no block list", "no_status: deactivate", employee{}, "", false, ""},
		{"has a status", blocked + ", no_status: deactivate", employee{"employmentHistoryStatus": "Full-Time"}, "", false, ""},
		{"status unreadable", blocked + ", no_status: deactivate", employee{"employmentHistoryStatus": "?"}, "", false, "unknown"},
		{"the key's own employee", blocked + ", no_status: deactivate", employee{}, "4", false, ""},
		{"somebody else's key", blocked + ", no_status: deactivate", employee{}, "5", true, "deactivate"},
		{"a row is to come", blocked + ", no_status: deactivate", employee{"ahead.employmentHistoryStatus": "Full-Time"}, "", false, ""},
		{"coming rows unreadable", blocked + ", no_status: deactivate", employee{"ahead.employmentHistoryStatus": "?"}, "", false, "unknown"},
		{"hired today", blocked + ", no_status: deactivate", employee{"hireDate": "2026-03-10"}, "", true, "deactivate"},
		{"hired tomorrow", blocked + ", no_status: deactivate", employee{"hireDate": "2026-03-11"}, "", false, ""},
		{"hire date unreadable", blocked + ", no_status: deactivate", employee{"hireDate": "?"}, "", false, "unknown"},
		{"hire date no date", blocked + ", no_status: deactivate", employee{"hireDate": "soon"}, "", false, "unknown"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			conn := connection(t, "  scope: { "+tt.scope+" }\n")
			schema, ahead := schemas(conn, nil)
			m, faults := mapping.New(conn, nil, schema, ahead, tt.keyOwner, noon)
			if len(faults) > 0 {
				t.Fatal(faults)
			}
			rec := tt.e.record(4, schema, ahead)
			var w directory.Wanted
			m.Map(&rec, &w)
			action := ""
			if lifecycleNote(w.Notes, "employmentHistoryStatus") || lifecycleNote(w.Notes, "hireDate") {
				action = "unknown"
			}
			for _, s := range w.Signals {
				if s.Kind == directory.SignalNoStatus {
					action = s.Action
				}
			}
			if w.NoStatus != tt.want || action != tt.action {
				t.Errorf("no status %v, action %q; want %v, %q", w.NoStatus, action, tt.want, tt.action)
			}
		})
	}
}

// A source without a view of future rows, such as a file, shows everything it has.
func TestWithoutAheadView(t *testing.T) {
	conn := connection(t, "  scope: { block_statuses: [Contractor], no_status: deactivate }\n")
	schema, _ := schemas(conn, nil)
	m, faults := mapping.New(conn, nil, schema, nil, "", noon)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	rec := employee{"terminationDate": "2026-12-31"}.record(4, schema, hr.NewSchema())
	var w directory.Wanted
	m.Map(&rec, &w)
	if !w.NoStatus || w.FutureRow || w.Text(directory.DeactivationDate) != "2026-12-31" || len(w.Signals) != 2 {
		t.Errorf("got:\n%s", render(&w))
	}
}

// Only what the settings listen to is a signal.
func TestSignalsFollowTheSettings(t *testing.T) {
	left := employee{"status": "Inactive", "terminationDate": "2026-03-01", "employmentHistoryStatus": "Contractor", "department": "Board"}
	tests := []struct {
		name, leaving string
		want          []string
	}{
		{"none", "{ status: { action: none }, termination_date: { action: none }, status_blocked: { action: none }, out_of_scope: { action: none } }", nil},
		{"all", "[status, termination_date, status_blocked, out_of_scope]",
			[]string{"status deactivate 0", "termination_date deactivate 0", "status_blocked deactivate 0", "out_of_scope deactivate 0"}},
		{"held and later", "{ status: { action: hold }, termination_date: { action: none }, status_blocked: { action: deactivate, grace_days: 3 }, out_of_scope: { action: hold, grace_days: 1 } }",
			[]string{"status hold 0", "status_blocked deactivate 3", "out_of_scope hold 1"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			conn := connection(t, "  scope: { block_statuses: [Contractor], exclude: [{ field: department, in: [Board] }] }\n  lifecycle: { leaving: "+tt.leaving+" }\n")
			var got []string
			for _, s := range mapped(t, conn, left).Signals {
				got = append(got, fmt.Sprintf("%s %s %d", s.Kind, s.Action, s.GraceDays))
			}
			if diff := cmp.Diff(tt.want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("signals (-want +got):\n%s", diff)
			}
		})
	}
}

// A termination date that cannot be judged is said once: by the field that shows it, else by a note.
func TestUnknownTerminationDate(t *testing.T) {
	const mappedTo = "  mapping: { deactivation_date: { from: terminationDate } }\n"
	const unmapped = "  mapping: { deactivation_date: null }\n"
	tests := []struct {
		name, mapping, date string
		ahead               string
		notes               []string
	}{
		{"unreadable, mapped", mappedTo, "?", "?", nil},
		{"unreadable, not mapped", unmapped, "?", "?", []string{" unreadable"}},
		{"unreadable ahead only", unmapped, "", "?", []string{" unreadable"}},
		{"unreadable now, set ahead", unmapped, "?", "2026-12-31", nil},
		{"no date, mapped", mappedTo, "soon", "soon", []string{"deactivation_date invalid_value"}},
		{"no date, not mapped", unmapped, "soon", "soon", []string{"deactivation_date invalid_value", " unreadable"}},
		{"blank", unmapped, "0000-00-00", "0000-00-00", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := mapped(t, connection(t, tt.mapping), employee{"terminationDate": tt.date, "ahead.terminationDate": tt.ahead})
			var notes []string
			for _, n := range w.Notes {
				notes = append(notes, string(n.Field)+" "+n.Reason)
			}
			if diff := cmp.Diff(tt.notes, notes); diff != "" {
				t.Errorf("notes (-want +got):\n%s", diff)
			}
		})
	}
}

// With a date in both views, the later view is what counts, for the field and for the signal alike.
func TestTerminationDateAhead(t *testing.T) {
	w := mapped(t, connection(t, ""), employee{"terminationDate": "2026-01-31", "ahead.terminationDate": "2026-12-31"})
	if len(w.Signals) != 1 || w.Signals[0].Date != "2026-12-31" || w.Text(directory.DeactivationDate) != "2026-12-31" {
		t.Errorf("got:\n%s", render(w))
	}
}

func TestAccount(t *testing.T) {
	conn := connection(t, "")
	for text, want := range map[string]directory.Account{
		"Active": directory.AccountActive, "ACTIVE ": directory.AccountActive, "inactive": directory.AccountInactive,
		"": directory.AccountBlank, "?": directory.AccountUnreadable, "Onboarding": directory.AccountOther,
	} {
		w := mapped(t, conn, employee{"status": text})
		if w.Account != want {
			t.Errorf("%q is account %d, want %d", text, w.Account, want)
		}
		if warned := len(w.Notes) == 1 && w.Notes[0].Reason == ""; warned != (want == directory.AccountOther) {
			t.Errorf("%q: notes %v", text, w.Notes)
		}
	}
}
