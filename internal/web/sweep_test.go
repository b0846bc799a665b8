package web_test

import (
	"database/sql"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/jobs"
	"github.com/rollcall-hr/rollcall/internal/web/browsertest"
)

// simulate changes the simulated company.
func (s *site) simulate(method, path, body string) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.sim.URL+"/_sim"+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode >= 300 {
		s.t.Fatalf("%s %s: %s", method, path, res.Status)
	}
}

// furnish adds what only some screens show: a hold, a freeze, links to set a password, people with dates ahead
// of which HR moved one, automatic runs, one of which was made.
func furnish(t *testing.T, s *site, ids map[string]string) {
	t.Helper()
	ctx, id := t.Context(), ids["connections.id"]
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	secret, _, err := s.accounts.MakeLinkByOperator(ctx, account.Operator("test"), "owner@acme.test")
	must(err)
	ids["password.secret"] = secret
	must(s.mails.Confirm(ctx, ids["recipients.secret"]))
	_, err = s.connections.Save(ctx, s.owner, id, 0, []byte(`{"notify": {"errors": ["it@acme.test", "hr@acme.test"]}}`))
	must(err)
	_, err = s.mails.Deliver(ctx)
	must(err)
	ids["recipients.secret"] = s.asked("hr@acme.test")

	e, err := s.connections.Editor(ctx, s.owner, id)
	must(err)
	hold, err := e.AddHold(ctx, "id:"+ids["people.id"], directory.JobTitle, today().AddDate(0, 1, 0), "promotion is not announced yet")
	must(err)
	freeze, err := e.AddFreeze(ctx, []string{"reporting_lines"}, today().AddDate(0, 0, 20), "review cycle")
	must(err)
	ids["hold"], ids["freeze"] = hold.ID, freeze.ID

	s.simulate(http.MethodPost, "/employees/5/terminate", `{"date": "2026-11-30"}`)
	s.simulate(http.MethodPost, "/employees/6/terminate", `{"date": "2026-11-25"}`)
	s.simulate(http.MethodPut, "/employees/901", `{"employeeNumber": "901", "firstName": "Noor", "lastName": "van Dijk", "workEmail": "noor@acme.test", "status": "Active", "hireDate": "2026-12-01"}`)
	s.sync(id)
	s.simulate(http.MethodPost, "/employees/5/terminate", `{"date": "2026-12-04"}`)
	s.simulate(http.MethodPut, "/employees/6", `{"terminationDate": ""}`)
	ids["plans.id"] = s.preview(id)
	must(s.connections.Enable(ctx, s.owner, id))
	must(s.jobs.Start(ctx))
	s.eventually("the next run to be kept", func() bool { return s.scheduled(id) })
	s.clock.set(today().Add(24*time.Hour), 0)
	s.eventually("the automatic run to be made", func() bool {
		list, err := s.jobs.Of(s.organisation).Jobs(ctx, 1)
		must(err)
		return len(list) > 0 && list[0].State == jobs.Done
	})
	must(s.jobs.Stop(ctx))
	s.simulate(http.MethodPut, "/employees/9", `{"lastName": "Newname"}`)
	ids["plans.id"] = s.preview(id) // one that can be applied
}

// eventually waits for what happens in the background.
func (s *site) eventually(what string, ok func() bool) {
	s.t.Helper()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for end := time.Now().Add(30 * time.Second); !ok(); <-again.C {
		if time.Now().After(end) {
			s.t.Fatalf("waited in vain for %s", what)
		}
	}
}

// scheduled tells whether the worker knows when a connection runs next.
func (s *site) scheduled(id string) bool {
	s.t.Helper()
	tx, err := s.queue.DB().BeginTx(s.t.Context(), &sql.TxOptions{ReadOnly: true})
	if err != nil {
		s.t.Fatal(err)
	}
	defer tx.Rollback()
	rows, err := s.queue.Rows(s.t.Context(), tx, s.organisation)
	if err != nil {
		s.t.Fatal(err)
	}
	return slices.ContainsFunc(rows, func(r jobs.Row) bool { return r.Connection == id && r.Kind == jobs.Run && !r.Next.IsZero() })
}

// sync makes a run as Sync now does.
func (s *site) sync(id string) {
	s.t.Helper()
	job, err := s.connections.Sync(s.t.Context(), s.owner, id)
	if err == nil {
		job, err = s.connections.Wait(s.t.Context(), job.ID)
	}
	if err == nil {
		err = job.Err
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

// special are addresses that no route's pattern gives: an undo with its lists, a past day, filters.
func special(t *testing.T, s *site, ids map[string]string) map[string]string {
	t.Helper()
	undo, err := s.connections.PlanUndo(t.Context(), s.owner, ids["connections.id"], connection.UndoRequest{RunID: ids["runs.id"], Person: "employee:9"})
	if err != nil {
		t.Fatal(err)
	}
	return map[string]string{
		"undo-plan":         "/plans/" + undo.Plan.ID,
		"explain-on-a-day":  "/people/" + ids["people.id"] + "/explain?at=2026-11-21",
		"explain-somebody":  "/explain?who=employee:7&connection=" + ids["connections.id"],
		"calendar-december": "/automation/calendar?month=2026-12&kind=deactivation",
		"calendar-day":      "/automation/calendar?day=2026-12-04",
		"calendar-empty":    "/automation/calendar?month=2031-01",
		"plan-held":         "/plans/" + ids["plans.id"] + "?part=held",
		"people-none":       "/people?q=nobody-has-this-name",
		"teams":             "/groups?kind=teams",
	}
}

// wrongPages are what somebody sees who is not signed in and came to a wrong place.
func wrongPages(tab *browsertest.Tab) {
	tab.GoWrong("/password/made-up", http.StatusGone)
	tab.SoundEverywhere("wrong-password-link")
	tab.GoWrong("/recipients/made-up", http.StatusGone)
	tab.SoundEverywhere("wrong-recipient-link")
	tab.GoWrong("/no/such/page", http.StatusNotFound)
	tab.SoundEverywhere("wrong-front")
}

// refusedPages are what somebody sees who is signed in and may not, or came to a wrong place.
func refusedPages(t *testing.T, s *site, browser *browsertest.Browser) {
	t.Helper()
	s.person("audrey@acme.test", directory.RoleAuditor)
	tab := browser.Open(t, s.url)
	signIn(tab, "audrey@acme.test")
	tab.WaitPath("/connections")
	tab.GoWrong("/settings", http.StatusForbidden)
	tab.SoundEverywhere("wrong-forbidden")
	tab.GoWrong("/people/p_nobody", http.StatusNotFound)
	tab.SoundEverywhere("wrong-nobody")
}

// dialogs are those that the sweep has opened, by where they come from.
type dialogs map[string]bool

var identifier = regexp.MustCompile(`/(?:[a-z]+_[A-Za-z0-9_]+|g_[^/]*|[0-9]+)(/|$)`)

// sweep opens each kind of dialog of the page that is shown once, and holds it to the bar: wide and light, narrow
// and dark.
func (d dialogs) sweep(tab *browsertest.Tab, path string) {
	var links []string
	tab.Eval(`[...new Set([...document.querySelectorAll("a[data-dialog]")].filter(a => a.offsetParent).map(a => a.getAttribute("href")))]`, &links)
	for _, href := range links {
		where, _, _ := strings.Cut(href, "?")
		kind := identifier.ReplaceAllString(identifier.ReplaceAllString(where, "/*$1"), "/*$1")
		if d[kind] {
			continue
		}
		d[kind] = true
		tab.Go(path)
		tab.Click(fmt.Sprintf("a[data-dialog][href=%q]", href))
		tab.Wait("#modal[open] #dialog")
		tab.Sound()
		tab.Scheme("dark")
		tab.Size(390, 900)
		tab.Sound()
		tab.Scheme("light")
		tab.Size(1280, 900)
	}
}

// complete wants the dialogs that there are known to be, so that none hides.
func (d dialogs) complete(t *testing.T) {
	t.Helper()
	for _, kind := range []string{"/connections/*/pause", "/connections/*/delete", "/connections/*/settings/*/restore", "/connections/*/sync", "/connections/*/freezes/new",
		"/connections/*/freezes/*/end", "/plans/*/confirm", "/runs/*/undo", "/people/*/hold", "/people/*/deactivate", "/people/*/holds/*/remove", "/groups/*/merge",
		"/groups/*/rename", "/settings/tokens/*/revoke"} {
		if !d[kind] {
			var all []string
			for k := range d {
				all = append(all, k)
			}
			slices.Sort(all)
			t.Errorf("the dialog %s was not opened; these were:\n%s", kind, strings.Join(all, "\n"))
		}
	}
}
