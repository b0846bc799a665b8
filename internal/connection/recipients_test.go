package connection_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-hr/rollcall/internal/connection"
)

// agreeing knows who agreed to be told.
type agreeing struct {
	known  map[string]connection.Recipient
	silent bool // there is no mail server
}

func (a *agreeing) Asked(context.Context) ([]connection.Recipient, error) {
	var out []connection.Recipient
	for _, r := range a.known {
		out = append(out, r)
	}
	return out, nil
}

func (a *agreeing) CanAsk() bool { return !a.silent }

// Contradiction C24, promises BW20 and BW21: automatic runs of a connection that was set up here begin once
// somebody agreed to be told of failures, by themselves, and the screen says who was asked and when.
func TestNothingRunsUnheard(t *testing.T) {
	h := newHouse(t, office(10))
	ctx := t.Context()
	people := &agreeing{known: map[string]connection.Recipient{}}
	o := h.options(h.store)
	o.Recipients = people
	s := connection.New(o)
	t.Cleanup(func() {
		if err := s.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	d := h.checked("notify: { errors: [it@acme.test, hr@acme.test] }")
	h.good(h.Preview(ctx, actor, d.ID, connection.PreviewRequest{}))
	if err := s.Enable(ctx, actor, d.ID); err != nil {
		t.Fatal(err)
	}
	look := func() (connection.Detail, bool) {
		t.Helper()
		d, err := s.Get(ctx, d.ID)
		if err != nil {
			t.Fatal(err)
		}
		tables, err := s.Timetables(ctx)
		if err != nil || len(tables) != 1 {
			t.Fatal(tables, err)
		}
		return d, tables[0].On
	}
	people.known["it"] = connection.Recipient{Email: "IT@acme.test", AskedAt: time.Date(2026, 11, 20, 14, 5, 0, 0, time.UTC)}
	got, on := look()
	if got.State != connection.Checked || on || got.Automatic || got.Heard || len(got.Recipients) != 2 {
		t.Errorf("unheard: %s, on %t, %+v", got.State, on, got.Recipients)
	}
	if want := "Automatic runs begin once somebody confirms an address for notices: it@acme.test was asked on 20 November 2026 at 14:05 UTC, hr@acme.test was not asked yet."; got.Problem != want {
		t.Errorf("problem %q, want %q", got.Problem, want)
	}
	people.silent = true
	if got, _ = look(); !strings.Contains(got.Problem, "no mail server") {
		t.Errorf("without a mail server: %q", got.Problem)
	}
	_, err := s.ApplyDue(ctx, actor, d.ID)
	wantError[*connection.SetupError](t, err)
	people.known["it"] = connection.Recipient{Email: "IT@acme.test", AskedAt: h.now, Confirmed: h.now}
	if got, on = look(); got.State != connection.Enabled || !on || !got.Automatic || !got.Heard || got.Problem != "" {
		t.Errorf("heard: %s, on %t, %q", got.State, on, got.Problem)
	}
	// While it runs, the last address that agreed stays.
	_, err = s.Save(ctx, actor, d.ID, 0, []byte("notify: { errors: [hr@acme.test] }"))
	wantFault(t, err, "notify.errors")
	if _, err := s.Save(ctx, actor, d.ID, 0, []byte("notify: { errors: [it@acme.test] }")); err != nil {
		t.Error(err)
	}
	// The operator answers for the addresses of the file.
	id := h.adopt(s, "connection: { name: Ops, enabled: true, bamboohr: { subdomain: acme, base_url: SIM }, notify: { errors: [ops@acme.test] } }")[0]
	if ops, err := s.Get(ctx, id); err != nil || !ops.Heard {
		t.Errorf("a connection of the file: %+v, %v", ops.Recipients, err)
	}
}
