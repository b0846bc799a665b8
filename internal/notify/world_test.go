package notify_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	netmail "net/mail"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/hr"
	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/connection/release"
	"github.com/rollcall-hr/rollcall/internal/notify"
	"github.com/rollcall-hr/rollcall/internal/store"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/policy"
	"github.com/rollcall-hr/rollcall/syncrun"
)

var update = flag.Bool("update", false, "write the golden files")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is an organisation with a fake clock and a mail server, on a real database.
type world struct {
	*notify.Service
	t        *testing.T
	at       time.Time
	kept     *store.Store
	accounts *account.Service
	server   *mailServer
	opt      notify.Options
	conn     connection.Detail
	may      release.Decision
	mayErr   error
	actor    string // of runs
	runs     int
}

// sealer seals by saying what for, so that a test sees what was sealed.
type sealer struct{}

func (sealer) Seal(plain []byte, row string) (string, error) {
	return fmt.Sprintf("sealed %s %x", row, plain), nil
}

func (sealer) Open(sealed, row string) (plain []byte, err error) {
	_, err = fmt.Sscanf(sealed, "sealed "+row+" %x", &plain)
	return plain, err
}

func (w *world) Get(context.Context, string) (connection.Detail, error) { return w.conn, nil }

func (w *world) List(context.Context) ([]connection.Summary, error) {
	return []connection.Summary{w.conn.Summary}, nil
}

func (w *world) Releasers(_ context.Context, actor, id, planID string) (release.Decision, error) {
	if actor != "" || id != w.conn.ID || planID == "" {
		w.t.Errorf("%s asks who may release plan %s of %s", actor, planID, id)
	}
	if w.mayErr != nil {
		return release.Decision{}, w.mayErr
	}
	return w.may, nil
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
	w := &world{t: t, at: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC), kept: db.Org("acme"), server: newMailServer(t, nil), actor: "schedule"}
	base, err := url.Parse("https://rollcall.acme.test/")
	w.ok(err)
	w.opt = notify.Options{Organisation: "acme", Store: w.kept.Outbox(), Records: w.kept, Now: func() time.Time { return w.at }, BaseURL: base,
		Sealer: sealer{}, SMTP: &w.server.SMTP}
	w.restart()
	w.ok(w.accounts.SetOrganisationName(t.Context(), account.Operator("test"), "Acme"))
	row, err := w.kept.EnsureConnection(t.Context(), "Acme HR")
	w.ok(err)
	settings := policy.Defaults()
	settings.Notify = policy.Notify{Errors: []string{"it@acme.test"}, Welcome: policy.WelcomeAutomaticOnly}
	settings.TimeZone, settings.LocationZones = "Europe/Amsterdam", map[string]string{"Sydney": "Australia/Sydney", "Santiago": "America/Santiago"}
	w.conn = connection.Detail{Summary: connection.Summary{ID: row.ID, Name: row.Name, State: connection.Enabled, Origin: connection.FromFile,
		TimeZone: settings.TimeZone}, Settings: settings}
	return w
}

// restart makes the services anew on the same database, as a new process does.
func (w *world) restart() {
	w.Service = notify.New(w.opt)
	w.accounts = account.New(account.Options{Organisation: "acme", Store: w.kept.Accounts(), Now: w.opt.Now, Mailer: w.Service, Sealer: sealer{}})
	w.Connect(w.accounts, w)
	if w.opt.SMTP != nil {
		w.Patience(10 * time.Second)
	}
}

func (w *world) ok(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// input holds an error to be about a field.
func (w *world) input(err error, field string) {
	w.t.Helper()
	if in, ok := errors.AsType[*account.InputError](err); !ok || in.Field != field {
		w.t.Fatalf("got %v, want a word about %s", err, field)
	}
}

// deliver sends what is due and returns what arrived. Its error says that the server is out of reach.
func (w *world) deliver() ([]received, error) {
	_, err := w.Deliver(w.t.Context())
	return w.server.taken(), err
}

// arrive sends what is due and names who got what, by kind.
func (w *world) arrive() string {
	w.t.Helper()
	mails, err := w.deliver()
	w.ok(err)
	var out []string
	for _, m := range mails {
		out = append(out, m.To+" "+subject(m))
	}
	return strings.Join(out, "\n")
}

func subject(m received) string {
	s, err := new(mime.WordDecoder).DecodeHeader(m.header("Subject"))
	if err != nil {
		return err.Error()
	}
	return s
}

// state describes every mail of the outbox, oldest first.
func (w *world) state() string {
	w.t.Helper()
	l, err := w.Outbox(w.t.Context(), notify.Page{Limit: 1000})
	w.ok(err)
	var out []string
	for _, m := range l.Items {
		out = append([]string{fmt.Sprintf("%s %s %d", m.Kind, m.State, m.Attempts)}, out...)
	}
	return strings.Join(out, ", ")
}

func (w *world) only() notify.Listed {
	w.t.Helper()
	l, err := w.Outbox(w.t.Context(), notify.Page{})
	w.ok(err)
	if len(l.Items) != 1 {
		w.t.Fatalf("%d mails in the outbox, want 1", len(l.Items))
	}
	return l.Items[0]
}

// person adds somebody by hand.
func (w *world) person(id, email string, role directory.Role) directory.Person {
	w.t.Helper()
	p := directory.Person{ID: id, Status: directory.Active, Role: role}
	p.Values.Set(directory.Email, directory.KindText, email)
	p, err := w.kept.SavePerson(w.t.Context(), p, plan.Change{Action: plan.Create, PersonID: id}, "test", w.at)
	w.ok(err)
	return p
}

// joiner is the creation of a person; hire and location may be "".
func joiner(n int, hire, location string) plan.Item {
	id, email := fmt.Sprintf("p_%d", n), fmt.Sprintf("joiner%d@acme.test", n)
	c := plan.Change{Action: plan.Create, Reason: plan.NewInHR, SourceID: int64(n), PersonID: id, Email: email, Name: fmt.Sprintf("Joiner %d", n),
		StatusAfter: directory.Provisioned, Fields: []plan.FieldChange{{Field: directory.Email, Kind: directory.KindText, After: email}}}
	if hire != "" {
		c.Fields = append(c.Fields, plan.FieldChange{Field: directory.HireDate, Kind: directory.KindDate, After: hire})
	}
	if location != "" {
		c.Fields = append(c.Fields, plan.FieldChange{Field: directory.Location, Kind: directory.KindText, After: location})
	}
	return plan.Item{Change: &c}
}

// run makes a run that plans the items and, unless the outcome says otherwise, applies them.
func (w *world) run(trigger syncrun.Trigger, outcome syncrun.Outcome, h plan.Header, items ...plan.Item) (syncrun.Run, *syncrun.PlanInfo) {
	w.t.Helper()
	ctx := w.t.Context()
	w.runs++
	h.Evidence.SnapshotID = "snap"
	run := syncrun.Run{ID: fmt.Sprintf("run_%d", w.runs), Connection: w.conn.ID, Name: w.conn.Name, Trigger: trigger, Actor: w.actor, StartedAt: w.at}
	lease, err := w.kept.Acquire(ctx, w.conn.ID, run.ID, time.Minute)
	w.ok(err)
	w.ok(w.kept.StartRun(ctx, lease, run))
	pw, err := w.kept.NewPlan(ctx, lease, fmt.Sprintf("plan_%d", w.runs), "", "", w.at)
	w.ok(err)
	for _, it := range items {
		w.ok(pw.Add(ctx, it))
	}
	info, err := pw.Finish(ctx, h, hr.Baseline{Employees: 1})
	w.ok(err)
	var changes []int64
	for it, err := range w.kept.Items(ctx, info.ID, 0, true) {
		w.ok(err)
		if it.Change != nil {
			changes = append(changes, it.Seq)
		}
	}
	if outcome == syncrun.OutcomeApplied && len(changes) > 0 {
		_, err = w.kept.ApplyBatch(ctx, lease, run, info.ID, changes, w.at)
		w.ok(err)
	}
	run.Outcome, run.PlanID, run.FinishedAt = outcome, info.ID, w.at
	w.ok(w.kept.FinishRun(ctx, lease, run))
	w.ok(w.kept.Release(ctx, lease))
	return run, &info
}

// finish makes a run and tells the service of it.
func (w *world) finish(trigger syncrun.Trigger, outcome syncrun.Outcome, h plan.Header, items ...plan.Item) (syncrun.Run, *syncrun.PlanInfo) {
	w.t.Helper()
	run, info := w.run(trigger, outcome, h, items...)
	w.ok(w.RunFinished(w.t.Context(), run, info, w.conn))
	return run, info
}

// body takes a mail apart into its text and its HTML.
func body(t *testing.T, m received) (text, html string) {
	t.Helper()
	msg, err := netmail.ReadMessage(strings.NewReader(m.Raw))
	if err != nil {
		t.Fatal(err)
	}
	kind, params, err := mime.ParseMediaType(msg.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("content type %s, %v", kind, err)
	}
	parts := multipart.NewReader(msg.Body, params["boundary"])
	for {
		p, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			return text, html
		}
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(quotedprintable.NewReader(p))
		if err != nil {
			t.Fatal(err)
		}
		s := strings.ReplaceAll(string(b), "\r\n", "\n")
		if strings.HasPrefix(p.Header.Get("Content-Type"), "text/plain") {
			text = s
		} else {
			html = s
		}
	}
}

// golden compares with a file below testdata; secrets of links become SECRET.
func golden(t *testing.T, name, got string) {
	t.Helper()
	got = regexp.MustCompile(`(password|recipients)/[A-Za-z0-9_-]{40,}`).ReplaceAllString(got, "$1/SECRET")
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("%s (-want +got; write it with -update):\n%s", path, d)
	}
}
