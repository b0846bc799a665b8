package account_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/hr"
	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/store"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/syncrun"
)

const (
	good  = "a violin in the rain"
	other = "seven pianos at dawn"
	home  = "203.0.113.9"
)

// world is an organisation with a fake clock, on a real database.
type world struct {
	*account.Service
	t    *testing.T
	at   time.Time
	db   *store.DB
	kept *store.Store
	opt  account.Options
	mail []mailed
	runs int
}

type mailed struct {
	to     account.Link
	secret string
}

func (w *world) PasswordLink(_ context.Context, to account.Link, secret string) error {
	w.mail = append(w.mail, mailed{to, secret})
	return nil
}

// sealer seals by saying what for, so that a test sees what was sealed.
type sealer struct{}

func (sealer) Seal(plain []byte, row string) (string, error) {
	return fmt.Sprintf("sealed(%s,%x)", row, plain), nil
}

func (sealer) Open(sealed, row string) (plain []byte, err error) {
	_, err = fmt.Sscanf(strings.NewReplacer("(", " ", ",", " ", ")", " ").Replace(sealed), "sealed "+row+" %x", &plain)
	return plain, err
}

func newWorld(t *testing.T) *world {
	t.Helper()
	db, err := store.Open(t.Context(), t.TempDir()+"/data", store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	w := &world{t: t, at: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC), db: db, kept: db.Org("acme")}
	w.opt = account.Options{Organisation: "acme", Store: w.kept.Accounts(), Now: func() time.Time { return w.at }, Mailer: w, Sealer: sealer{}}
	w.Service = account.New(w.opt)
	w.Cheap()
	return w
}

func (w *world) ok(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// is holds an error to one of the sentinels.
func (w *world) is(err, want error) {
	w.t.Helper()
	if !errors.Is(err, want) {
		w.t.Fatalf("got %v, want %v", err, want)
	}
}

// input holds an error to be about a field.
func (w *world) input(err error, field string) {
	w.t.Helper()
	if in, ok := errors.AsType[*account.InputError](err); !ok || in.Field != field {
		w.t.Fatalf("got %v, want a word about %s", err, field)
	}
}

// person adds somebody with a role and a password ("" for none).
func (w *world) person(email string, role directory.Role, status directory.Status, password string) string {
	w.t.Helper()
	p := directory.Person{ID: "p_" + strings.Split(email, "@")[0], Status: status, Role: role}
	p.Values.Set(directory.Email, directory.KindText, email)
	_, err := w.kept.SavePerson(w.t.Context(), p, plan.Change{Action: plan.Create, PersonID: p.ID}, "test", w.at)
	w.ok(err)
	if password != "" {
		w.password(p.ID, password)
	}
	return p.ID
}

// password gives somebody a password by a link, as the operator would.
func (w *world) password(id, password string) {
	w.t.Helper()
	before := w.get(id)
	secret, _, err := w.MakeLink(w.t.Context(), account.Operator("cli:test"), id, account.Invite)
	w.ok(err)
	w.ok(w.SetPassword(w.t.Context(), secret, password))
	if p := w.get(id); p.Status != before.Status {
		p.Status = before.Status
		w.save(p)
	}
}

func (w *world) get(id string) directory.Person {
	w.t.Helper()
	p, err := w.kept.Person(w.t.Context(), id)
	w.ok(err)
	return p
}

// save writes a person as the engine's edits by hand do.
func (w *world) save(p directory.Person) {
	w.t.Helper()
	_, err := w.kept.SavePerson(w.t.Context(), p, plan.Change{Action: plan.Update, PersonID: p.ID}, "test", w.at)
	w.ok(err)
}

func (w *world) try(email, password, address string) (string, account.Viewer, error) {
	return w.SignIn(w.t.Context(), account.SignIn{Email: email, Password: password, Address: address, Agent: "Firefox"})
}

// enter signs somebody in and returns the secret and who it is.
func (w *world) enter(email, password string) (string, account.Viewer) {
	w.t.Helper()
	secret, v, err := w.try(email, password, home)
	w.ok(err)
	return secret, v
}

// events lists the audit trail's events about a subject.
func (w *world) events(subject string) string {
	w.t.Helper()
	var out []string
	for e, err := range w.kept.Audit(w.t.Context(), 0) {
		w.ok(err)
		if e.Subject == subject && e.Event != "save_person" {
			out = append(out, e.Event)
		}
	}
	return strings.Join(out, " ")
}

// apply stores a plan of one change and applies it in a run, as a sync does.
func (w *world) apply(c plan.Change) {
	w.t.Helper()
	ctx := w.t.Context()
	conn, err := w.kept.EnsureConnection(ctx, "Acme HR")
	w.ok(err)
	w.runs++
	run := syncrun.Run{ID: fmt.Sprintf("run_%d", w.runs), Connection: conn.ID, Name: conn.Name, Trigger: syncrun.TriggerManual, Actor: "cli:test", StartedAt: w.at}
	lease, err := w.kept.Acquire(ctx, conn.ID, run.ID, time.Minute)
	w.ok(err)
	w.ok(w.kept.StartRun(ctx, lease, run))
	pw, err := w.kept.NewPlan(ctx, lease, fmt.Sprintf("plan_%d", w.runs), "", "", w.at)
	w.ok(err)
	w.ok(pw.Add(ctx, plan.Item{Change: &c}))
	info, err := pw.Finish(ctx, plan.Header{}, hr.Baseline{Employees: 1})
	w.ok(err)
	var rows []int64
	for it, err := range w.kept.Items(ctx, info.ID, 0, true) {
		w.ok(err)
		rows = append(rows, it.Seq)
	}
	_, err = w.kept.ApplyBatch(ctx, lease, run, info.ID, rows, w.at)
	w.ok(err)
	w.ok(w.kept.FinishRun(ctx, lease, run))
	w.ok(w.kept.Release(ctx, lease))
}
