package work_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/jobs"
	"github.com/rollcall-hr/rollcall/internal/view"
	"github.com/rollcall-hr/rollcall/internal/web/gate"
	"github.com/rollcall-hr/rollcall/internal/web/page/work"
	"github.com/rollcall-hr/rollcall/internal/web/ui"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/policy"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// world is the pages of this package over what a test says there is.
type world struct {
	t       *testing.T
	handler http.Handler
	now     time.Time
	alarms  []string

	list    []connection.Summary
	tables  []connection.Timetable
	busy    map[string]*connection.Job
	running []syncrun.Run
	stopped []string
	jobs    []jobs.Job
	health  jobs.Health
	effects []view.Effect // as they are listed
	asked   view.EffectQuery
}

func (w *world) List(context.Context) ([]connection.Summary, error)         { return w.list, nil }
func (w *world) Timetables(context.Context) ([]connection.Timetable, error) { return w.tables, nil }
func (w *world) Job(_ context.Context, id string) *connection.Job           { return w.busy[id] }
func (w *world) Jobs(context.Context, int) ([]jobs.Job, error)              { return w.jobs, nil }
func (w *world) Health(context.Context) (jobs.Health, error)                { return w.health, nil }

func (w *world) Cancel(_ context.Context, id string) error {
	if w.busy[id] == nil {
		return &connection.SetupError{Missing: "nothing is under way"}
	}
	w.stopped = append(w.stopped, id)
	return nil
}

func (w *world) Runs(_ context.Context, q view.RunQuery) (out view.Page[syncrun.Run], err error) {
	for _, r := range w.running {
		if r.Connection == q.Connection {
			out.Items = append(out.Items, r)
		}
	}
	return out, nil
}

func (w *world) Names(context.Context, []string) (map[string]string, error) {
	return map[string]string{"p_1": "Olga Owner"}, nil
}

// Effects pages by position.
func (w *world) Effects(_ context.Context, q view.EffectQuery) (out view.Page[view.Effect], err error) {
	w.asked = q
	if q.After == "nonsense" {
		return out, &view.CursorError{Cursor: q.After}
	}
	for i := range w.effects {
		e := w.effects[i]
		if at := e.Place(); (q.From.IsZero() || !at.Before(q.From)) && (q.To.IsZero() || at.Before(q.To)) && fmt.Sprintf("%04d", i) > q.After {
			if out.Items = append(out.Items, e); len(out.Items) == 3 {
				out.Next = fmt.Sprintf("%04d", i)
				return out, nil
			}
		}
	}
	return out, nil
}

func (w *world) EffectCounts(_ context.Context, q view.EffectQuery) (out []view.EffectCount, err error) {
	for i := range w.effects {
		if at := w.effects[i].Place(); !at.Before(q.From) && at.Before(q.To) && !w.effects[i].Cancelled {
			out = append(out, view.EffectCount{Place: at, Kind: w.effects[i].Kind, Count: 1})
		}
	}
	return out, nil
}

// The session's secret is the viewer's role.
func (w *world) Session(_ context.Context, secret string) (account.Viewer, error) {
	return account.Viewer{PersonID: "p_1", Name: "Olga Owner", Role: directory.Role(secret)}, nil
}

func (w *world) Token(context.Context, string) (account.Viewer, error) {
	return account.Viewer{}, account.ErrNoSession
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, now: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC), busy: map[string]*connection.Job{}}
	g := &gate.Gate{Sessions: w, Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return w.now },
		Page: func(out http.ResponseWriter, r *http.Request, p gate.Problem) {
			_ = ui.Render(out, r, p.Status, ui.Problem(p))
		}}
	inner := g.Pages(work.Routes(work.Deps{Gate: g, Connections: w, Queue: w, Views: w, Now: func() time.Time { return w.now }}))
	w.handler = http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		inner.ServeHTTP(out, r.WithContext(ui.WithChrome(r.Context(), ui.Chrome{Now: w.now, Alarms: func(context.Context) []string { return w.alarms }})))
	})
	return w
}

func (w *world) ask(role, method, target string) *httptest.ResponseRecorder {
	w.t.Helper()
	r := httptest.NewRequest(method, target, nil)
	r.AddCookie(&http.Cookie{Name: "rollcall", Value: role})
	out := httptest.NewRecorder()
	w.handler.ServeHTTP(out, r)
	return out
}

var (
	tags   = regexp.MustCompile(`(?s)<(script|svg|aside|title)[^>]*>.*?</(script|svg|aside|title)>|<[^>]*>`)
	spaces = regexp.MustCompile(`\s+`)
)

// get returns a page's markup and text.
func (w *world) get(target string) (markup, text string) {
	w.t.Helper()
	a := w.ask("auditor", http.MethodGet, target)
	if a.Code != http.StatusOK {
		w.t.Fatalf("GET %s: %d", target, a.Code)
	}
	markup = a.Body.String()
	text = strings.NewReplacer("&#39;", "'", "&#34;", `"`, "&amp;", "&", "&lt;", "<", "&gt;", ">").Replace(tags.ReplaceAllString(markup, " "))
	return markup, spaces.ReplaceAllString(text, " ")
}

func (w *world) says(text string, wanted ...string) {
	w.t.Helper()
	for _, want := range wanted {
		if !strings.Contains(text, want) {
			w.t.Errorf("the page does not say %q:\n%s", want, text)
		}
	}
}

// connected adds a connection that runs daily in a zone.
func (w *world) connected(id, name, zone string) *connection.Summary {
	z, err := time.LoadLocation(zone)
	if err != nil {
		w.t.Fatal(err)
	}
	p := policy.Connection{TimeZone: zone, LocationZones: map[string]string{"Portland": "America/Los_Angeles"}}
	w.tables = append(w.tables, connection.Timetable{ID: id, Name: name, On: true, Schedule: policy.Schedule{Daily: "03:00"}, Zone: z, Activates: true, Zones: p.Zones()})
	w.list = append(w.list, connection.Summary{ID: id, Name: name, State: connection.Enabled, TimeZone: zone, Schedule: "daily at 03:00",
		NextRun: time.Date(2026, 11, 22, 3, 0, 0, 0, z)})
	return &w.list[len(w.list)-1]
}

const hostile = `<script>alert(1)</script> "=HYPERLINK" ` + "\u202egnp"

// Every connection tells its next run, why there is none, and what is under way; only who may is offered to
// stop it.
func TestNext(t *testing.T) {
	w := newWorld(t)
	_, text := w.get("/automation")
	w.says(text, "Nothing happens by itself yet")
	w.connected("c_1", "Acme "+hostile, "Europe/Amsterdam")
	w.busy["c_1"] = &connection.Job{ID: "run_1", Kind: connection.JobSync, StartedAt: w.now, Progress: syncrun.Progress{Phase: "applying", Done: 7, Total: 12}}
	s := w.connected("c_2", "Paused", "Europe/Amsterdam")
	s.State, s.NextRun, s.Pause = connection.Paused, time.Time{}, &connection.Pause{By: "p_1", Reason: hostile}
	w.connected("c_3", "Drafted", "UTC").State = connection.Draft
	w.list[2].NextRun = time.Time{}
	w.running = []syncrun.Run{{ID: "run_9", Connection: "c_3", StartedAt: w.now}}
	w.alarms = []string{"No worker is running."}
	markup, text := w.get("/automation")
	w.says(text, "No worker is running.", "Run: applied 7 of 12 changes", "22 Nov 2026, 02:00 (03:00 CET)", "Paused by Olga Owner until somebody resumes:", hostile,
		"the set-up is not complete", "after the pause", "A run is under way in another process")
	if strings.Contains(markup, "<script>alert") || !strings.Contains(markup, `hx-trigger="every 2s"`) {
		t.Error("a name is markup, or the page does not look again while something is under way")
	}
	if strings.Contains(markup, `action="/automation/`) {
		t.Error("an auditor is offered to stop a run")
	}
	if body := w.ask("operator", http.MethodGet, "/automation").Body.String(); strings.Count(body, `action="/automation/c_1/cancel"`) != 1 || strings.Contains(body, "c_3/cancel") {
		t.Error("an operator is not offered to stop what can be stopped here, or what cannot")
	}
	for _, id := range []string{"c_1", "c_2"} { // the second has nothing to stop
		if a := w.ask("operator", http.MethodPost, "/automation/"+id+"/cancel"); a.Code != http.StatusSeeOther || len(w.stopped) != 1 {
			t.Errorf("stop %s: %d, %v", id, a.Code, w.stopped)
		}
	}
	if a := w.ask("auditor", http.MethodPost, "/automation/c_1/cancel"); a.Code != http.StatusForbidden {
		t.Errorf("an auditor stops a run: %d", a.Code)
	}
}

// The queue tells attempts, what is wrong in words, and the run.
func TestQueue(t *testing.T) {
	w := newWorld(t)
	_, text := w.get("/automation/jobs")
	w.says(text, "The queue is empty", "No process makes automatic runs")
	w.health = jobs.Health{Worker: &jobs.Worker{Since: at("2026-11-20 09:30"), Seen: at("2026-11-21 10:15")}}
	if _, text = w.get("/automation/jobs"); strings.Contains(text, "sign of life") {
		t.Errorf("a worker that lives: %s", text)
	}
	w.says(text, "One process makes automatic runs, since 20 Nov 2026, 09:30")
	w.health.Silent = true
	_, text = w.get("/automation/jobs")
	w.says(text, "; its last sign of life came 21 Nov 2026, 10:15")
	w.connected("c_1", hostile, "UTC")
	task := jobs.Task{Connection: "c_1", Due: w.now.Add(-time.Hour), Missed: 2}
	w.jobs = []jobs.Job{
		{Task: task, Kind: jobs.Run, State: jobs.Retrying, Attempt: 2, Most: 5, Scheduled: w.now, Late: true, Error: "the database is locked"},
		{Task: jobs.Task{Connection: "c_gone", Due: w.now}, Kind: jobs.Effects, State: jobs.Done, Attempt: 1, Most: 5, Run: "run_7", Interrupts: 3},
		{Task: jobs.Task{Connection: "c_1", Due: w.now, Moment: true}, Kind: jobs.Run, State: jobs.Failed, Attempt: 1, Most: 5,
			Error: "read employees of acme: BambooHR acme GET /v1/employees/directory: 503 service unavailable [request 1f2e]"},
	}
	markup, text := w.get("/automation/jobs")
	w.says(text, "found late; makes up for 3 starts", "Tried again soon attempt 2 of 5", "The database is locked.", "a deleted connection", "gave way 3 times to other work",
		"Run, because somebody’s date has come", "Not done", "BambooHR: service unavailable.")
	if !strings.Contains(markup, `href="/runs/run_7"`) || strings.Contains(markup, "c_gone") || strings.Contains(markup, "<script>alert") || strings.Contains(text, "/v1/") {
		t.Errorf("the run is not linked, a deleted connection is, or something raw shows:\n%s", text)
	}
}

func at(text string) time.Time {
	out, err := time.Parse("2006-01-02 15:04", text)
	if err != nil {
		panic(err)
	}
	return out
}

// The calendar tells what each date brings, why, where the person lives, and what HR did to it.
func TestCalendar(t *testing.T) {
	w := newWorld(t)
	_, text := w.get("/automation/calendar")
	w.says(text, "November 2026", "Nothing is due")
	w.connected("c_1", "Acme", "Europe/Amsterdam")
	moved := &view.EffectMove{WasAt: at("2026-11-20 23:00"), WasDate: "2026-11-20", RunID: "run_3", At: at("2026-11-19 02:00")}
	w.effects = []view.Effect{
		{At: at("2026-11-20 23:00"), Kind: view.Deactivation, Reason: plan.Terminated, Date: "2026-11-20", Connection: "c_1", PersonID: "p_5", Name: "Late Leaver"},
		{At: at("2026-11-30 23:00"), Kind: view.Deactivation, Reason: plan.Terminated, Date: "2026-11-30", Connection: "c_1", PersonID: "p_6", Name: hostile, Moved: moved, Held: true},
		{At: at("2026-12-01 08:00"), Kind: view.Deactivation, Reason: plan.Terminated, Date: "2026-11-30", Connection: "c_1", PersonID: "p_7", Name: "Far Away", Location: "Portland"},
		{At: at("2026-12-03 23:00"), Kind: view.Deactivation, Reason: plan.Terminated, Date: "2026-12-03", Connection: "c_1", PersonID: "p_8", Name: "Stays On", Cancelled: true, Moved: moved},
		{At: at("2026-12-04 23:00"), Kind: view.HoldEnd, PersonID: "p_9", Name: "Held Back", Field: directory.JobTitle, Note: hostile},
		{At: at("2026-12-08 23:00"), Kind: view.Arrival, Connection: "c_1", SourceID: 77, Date: "2026-12-11", WithRun: true},
	}
	markup, text := w.get("/automation/calendar")
	w.says(text, "Came due, and not done yet", "Late Leaver", "Monday 30 November 2026", hostile, "1 Dec, 00:00 CET", "HR moved this from 20 November 2026 to 30 November 2026.",
		"nothing happens before it ends", "2 effects, days in Europe/Amsterdam")
	if strings.Contains(markup, "<script>alert") || !strings.Contains(markup, `href="/automation/calendar?day=2026-11-30"`) || strings.Contains(text, "Far Away") {
		t.Errorf("a name is markup, a day is not counted, or an effect of December is in November:\n%s", text)
	}
	if !w.asked.From.IsZero() || w.asked.Rules["c_1"].Zone("Portland").String() != "America/Los_Angeles" || !w.asked.Rules["c_1"].Activates {
		t.Errorf("asked for %+v", w.asked)
	}
	_, text = w.get("/automation/calendar?month=2026-12&connection=c_1")
	w.says(text, "1 Dec, 09:00 CET (1 Dec, 00:00 PST where they work)", "The deactivation (3 December 2026 in BambooHR) was cancelled: BambooHR no longer says so.",
		"The hold on job title ends", "Show more")
	next := regexp.MustCompile(`rel="next" href="(/automation/calendar\?after=[^"]*)"`)
	markup, _ = w.get("/automation/calendar?month=2026-12&connection=c_1")
	more := next.FindStringSubmatch(markup)
	if more == nil {
		t.Fatal("there is no next page")
	}
	_, text = w.get(strings.ReplaceAll(more[1], "&amp;", "&"))
	w.says(text, "employee 77", "by the run of 9 Dec, 00:00 CET", "the hire date in BambooHR is 11 December 2026")
	_, text = w.get("/automation/calendar?day=2026-12-05&kind=hold_end")
	w.says(text, "December 2026", "No date brings anything on this day.", "Show the whole month")
	if markup, _ = w.get("/automation/calendar?month=2026-12&kind=deactivation"); !strings.Contains(markup, `href="/automation/calendar?day=2026-12-01&amp;kind=deactivation"`) {
		t.Error("a day's link loses the day or the filter")
	}
	_, text = w.get("/automation/calendar?month=2026-10")
	w.says(text, "No date brings anything in October 2026.", "Go to November 2026")
	w.connected("c_2", "Elsewhere", "Asia/Kolkata")
	w.tables[1].On = false
	_, text = w.get("/automation/calendar")
	w.says(text, "days in UTC", "Nothing happens by itself at the moment for Elsewhere") // the zones differ: the viewer's
	for _, wrong := range []string{"?month=x", "?day=2026-13-01", "?kind=party", "?after=nonsense"} {
		if a := w.ask("auditor", http.MethodGet, "/automation/calendar"+wrong); a.Code < 400 || a.Code >= 500 {
			t.Errorf("%s: %d", wrong, a.Code)
		}
	}
}

// The ends of freezes and pauses stand in the calendar with what waits for them, and a date that comes during a pause
// says when it happens.
func TestCalendarOfConnections(t *testing.T) {
	w := newWorld(t)
	w.connected("c_1", "Acme <HR>", "Europe/Amsterdam")
	w.tables[0].From = at("2026-11-27 23:00")
	end := at("2026-11-27 23:00")
	paused := []view.Effect{
		{At: at("2026-11-24 23:00"), Kind: view.Deactivation, Reason: plan.Terminated, Date: "2026-11-24", Connection: "c_1", PersonID: "p_1", Name: "Lea Ver"},
		{At: end, Kind: view.PauseEnd, Connection: "c_1", Note: "payroll", Waits: &view.EffectWaits{People: 1}},
	}
	w.effects = paused
	markup, text := w.get("/automation/calendar")
	w.says(text, "Automatic runs are paused: it happens when the pause ends, 28 November, 00:00 CET.", "Friday 27 November 2026", "1 pause ends",
		"The pause ends, and automatic runs go on. 1 person has a date that would come before it", "Reason given: payroll", "28 Nov, 00:00 CET")
	if !strings.Contains(markup, `href="/connections/c_1"`) {
		t.Error("a pause does not lead to the connection")
	}
	w.effects = []view.Effect{
		{At: end, Kind: view.FreezeEnd, Connection: "c_1", Freeze: "freeze_1", What: []string{"reporting_lines", "phone"}, Note: hostile, Waits: &view.EffectWaits{People: 2, Fields: 3}},
		{At: end, Kind: view.FreezeEnd, Connection: "c_1", Freeze: "freeze_2", What: []string{"email"}, Waits: &view.EffectWaits{People: 5000, Fields: 5000, More: true}},
		{At: end, Kind: view.FreezeEnd, Connection: "c_1", Freeze: "freeze_3", What: []string{"jobs"}},
	}
	markup, text = w.get("/automation/calendar")
	w.says(text, "3 freezes end", "The freeze of reporting lines and phone ends, and the next run catches up. 3 fields of 2 people wait for it so far.", hostile,
		"At least 5,000 fields of 5,000 people wait for it so far.", "The freeze of jobs ends, and the next run catches up. What waits for it is known after the next run or preview.")
	if !strings.Contains(markup, `href="/connections/c_1/freezes/freeze_1"`) {
		t.Error("a freeze does not lead to its page")
	}
	w.effects = paused
	w.tables[0].From = at("2026-11-01 23:00") // over
	if _, text = w.get("/automation/calendar"); strings.Contains(text, "it happens when the pause ends") {
		t.Error("a pause that is over still counts")
	}
}

// Every month of many years has each of its days once, in every zone, also where clocks change at midnight.
func TestMonths(t *testing.T) {
	number := regexp.MustCompile(`<span class="cal-number">\s*([0-9]+)`)
	for _, name := range []string{"Europe/Amsterdam", "Africa/Cairo", "America/Santiago", "Pacific/Apia", "Australia/Lord_Howe"} {
		w := newWorld(t)
		w.connected("c_1", "Acme", name)
		for month := at("2011-11-01 00:00"); month.Year() < 2013; month = month.AddDate(0, 1, 0) {
			markup, _ := w.get("/automation/calendar?" + url.Values{"month": {month.Format("2006-01")}}.Encode())
			var got []string
			for _, m := range number.FindAllStringSubmatch(markup, -1) {
				got = append(got, m[1])
			}
			want := month.AddDate(0, 1, -1).Day()
			if name == "Pacific/Apia" && month.Format("2006-01") == "2011-12" {
				want-- // Samoa had no 30 December
			}
			if len(got) != want || len(slices.Compact(got)) != want {
				t.Errorf("%s in %s has %v", month.Format("2006-01"), name, got)
			}
		}
	}
}

var errBroken = errors.New("broken")

// What cannot be read is an error, not an empty page.
func TestBroken(t *testing.T) {
	w := newWorld(t)
	w.handler = func() http.Handler {
		g := &gate.Gate{Sessions: w, Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return w.now },
			Page: func(out http.ResponseWriter, _ *http.Request, p gate.Problem) { out.WriteHeader(p.Status) }}
		return g.Pages(work.Routes(work.Deps{Gate: g, Connections: broken{}, Queue: w, Views: w, Now: func() time.Time { return w.now }}))
	}()
	for _, path := range []string{"/automation", "/automation/calendar", "/automation/jobs"} {
		if a := w.ask("auditor", http.MethodGet, path); a.Code != http.StatusInternalServerError {
			t.Errorf("%s: %d", path, a.Code)
		}
	}
}

type broken struct{ work.Connections }

func (broken) List(context.Context) ([]connection.Summary, error)         { return nil, errBroken }
func (broken) Timetables(context.Context) ([]connection.Timetable, error) { return nil, errBroken }
