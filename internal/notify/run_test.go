package notify_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/connection/release"
	"github.com/rollcall-hr/rollcall/internal/notify"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/policy"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// text is the text of the only mail that arrives.
func (w *world) text() string {
	w.t.Helper()
	mails, err := w.deliver()
	w.ok(err)
	if len(mails) != 1 {
		w.t.Fatalf("%d mails arrived, want 1", len(mails))
	}
	text, _ := body(w.t, mails[0])
	return "Subject: " + subject(mails[0]) + "\n\n" + text
}

// Promise BW20, security §3 #13 and #15: one mail when a connection begins to fail, one when it works again.
func TestFailureIsToldOnce(t *testing.T) {
	w := newWorld(t)
	w.conn.State, w.conn.Failures = connection.Failing, 3
	w.conn.Problem = "BambooHR refused the API key; paste a new one."
	w.conn.NextRun = w.at.Add(24 * time.Hour)
	run, info := w.finish(syncrun.TriggerSchedule, syncrun.OutcomeFailed, plan.Header{})
	golden(t, "failing.txt", w.text())
	w.ok(w.RunFinished(t.Context(), run, info, w.conn))
	for range 3 {
		w.at = w.at.Add(24 * time.Hour)
		w.restart()
		w.finish(syncrun.TriggerSchedule, syncrun.OutcomeFailed, plan.Header{})
		w.ok(w.ConnectionSeen(t.Context(), w.conn))
	}
	if got := w.arrive(); got != "" {
		t.Fatalf("told again: %s", got)
	}
	w.conn.State = connection.Draft // a new key that was not tried yet
	w.ok(w.ConnectionSeen(t.Context(), w.conn))
	w.conn.State, w.conn.Failures = connection.Enabled, 0
	w.finish(syncrun.TriggerSchedule, syncrun.OutcomeNoOp, plan.Header{})
	golden(t, "recovered.txt", w.text())
	w.ok(w.ConnectionSeen(t.Context(), w.conn))
	w.finish(syncrun.TriggerSchedule, syncrun.OutcomeNoOp, plan.Header{})
	if got := w.arrive(); got != "" {
		t.Fatalf("told again: %s", got)
	}
	w.at = w.at.Add(time.Hour)
	w.conn.State, w.conn.Failures = connection.Failing, 3
	w.ok(w.ConnectionSeen(t.Context(), w.conn))
	if got := w.arrive(); got != "it@acme.test Acme: Acme HR cannot be read" {
		t.Errorf("the next failure: %s", got)
	}
}

// With the mail server down through a whole failure, the recipient learns that it is over, not that it began.
func TestFailureThatIsOverIsNotTold(t *testing.T) {
	w := newWorld(t)
	w.conn.State = connection.Failing
	w.ok(w.ConnectionSeen(t.Context(), w.conn))
	w.server.set(busy)
	w.arrive()
	w.conn.State = connection.Enabled
	w.ok(w.ConnectionSeen(t.Context(), w.conn))
	w.server.set(works)
	w.at = w.at.Add(time.Hour)
	if got := w.arrive(); got != "it@acme.test Acme: Acme HR works again" {
		t.Error(got)
	}
}

// Contradiction C24: an address on a connection set up here is told nothing before it agreed.
func TestOnlyConfirmedRecipients(t *testing.T) {
	w := newWorld(t)
	w.conn.Origin = connection.FromWeb
	w.conn.Settings.Notify.Errors = []string{"IT@acme.test", "hr@acme.test"}
	w.conn.State = connection.Failing
	w.ok(w.ConnectionSeen(t.Context(), w.conn))
	if got := w.arrive(); got != "" {
		t.Fatalf("told without having agreed: %s", got)
	}
	if ok, err := w.Confirmed(t.Context(), w.conn.Settings.Notify.Errors); ok || err != nil {
		t.Errorf("confirmed: %t, %v", ok, err)
	}
	w.ok(w.Ask(t.Context(), "p_owner", "it@acme.test"))
	w.input(w.Ask(t.Context(), "p_owner", "it@acme.test"), "email")
	text := w.text()
	golden(t, "confirm.txt", text)
	w.ok(w.ConnectionSeen(t.Context(), w.conn))
	if got := w.arrive(); got != "" {
		t.Fatalf("told before having agreed: %s", got)
	}
	_, secret, _ := strings.Cut(text, "/recipients/")
	secret, _, _ = strings.Cut(secret, "\n")
	for range 3 { // mail scanners follow links
		r, err := w.Confirmation(t.Context(), secret)
		w.ok(err)
		if r.Email != "it@acme.test" || !r.Confirmed.IsZero() {
			t.Fatalf("%+v", r)
		}
	}
	w.ok(w.Confirm(t.Context(), secret))
	if err := w.Confirm(t.Context(), secret); err != notify.ErrLink {
		t.Errorf("a second time: %v", err)
	}
	list, err := w.Recipients(t.Context(), w.conn.Settings.Notify.Errors)
	w.ok(err)
	if !list[0].Confirmed.Equal(w.at) || list[0].AskedBy != "p_owner" || !list[1].Confirmed.IsZero() {
		t.Errorf("%+v", list)
	}
	w.ok(w.Ask(t.Context(), "p_owner", "it@acme.test")) // agreed already
	w.ok(w.ConnectionSeen(t.Context(), w.conn))         // who agrees during a failure learns of it
	if got := w.arrive(); got != "IT@acme.test Acme: Acme HR cannot be read" {
		t.Error(got)
	}
}

func TestConfirmationEnds(t *testing.T) {
	w := newWorld(t)
	ask := func() string {
		w.ok(w.Ask(t.Context(), "p_owner", "it@acme.test"))
		_, secret, _ := strings.Cut(w.text(), "/recipients/")
		secret, _, _ = strings.Cut(secret, "\n")
		return secret
	}
	older := ask()
	w.at = w.at.Add(10 * time.Minute)
	newer := ask()
	if _, err := w.Confirmation(t.Context(), older); err != notify.ErrLink {
		t.Errorf("a replaced link: %v", err)
	}
	w.at = w.at.Add(7 * 24 * time.Hour)
	if err := w.Confirm(t.Context(), newer); err != notify.ErrLink {
		t.Errorf("an old link: %v", err)
	}
	if _, err := w.Confirmation(t.Context(), ""); err != notify.ErrLink {
		t.Errorf("no link: %v", err)
	}
}

func waits(n int) plan.Header {
	return plan.Header{Verdict: plan.Refused, KindCounts: map[plan.Kind]int{plan.KindDeactivate: n},
		Reasons: []plan.VerdictReason{{Code: "too_many", Kind: plan.KindDeactivate, Count: n, Of: 240, Limit: 12, Waiting: plan.WaitingRefused,
			Sentence: fmt.Sprintf("%d of 240 linked people would be deactivated, more than 20 %%: Ann Lee, Bo Diaz, Cy Ek and %d more.", n, n-3)}}}
}

func TestPlanThatWaits(t *testing.T) {
	w := newWorld(t)
	w.may = release.Decision{All: []string{"Adam Admin", "Olga Owner"}, By: []string{"Olga Owner"}}
	run, info := w.finish(syncrun.TriggerSchedule, syncrun.OutcomeRefused, waits(37))
	golden(t, "plan.txt", w.text())
	w.ok(w.RunFinished(t.Context(), run, info, w.conn))
	w.at = w.at.Add(3 * time.Hour)
	w.finish(syncrun.TriggerSchedule, syncrun.OutcomeRefused, waits(37)) // every three hours the same
	if got := w.arrive(); got != "" {
		t.Fatalf("the same again: %s", got)
	}
	w.at = w.at.Add(21 * time.Hour)
	w.finish(syncrun.TriggerSchedule, syncrun.OutcomeRefused, waits(37))
	if got := w.arrive(); got != "it@acme.test Acme: changes of Acme HR still wait for you" {
		t.Errorf("a day later: %s", got)
	}
	w.finish(syncrun.TriggerSchedule, syncrun.OutcomeRefused, waits(38))
	if got := w.arrive(); got != "it@acme.test Acme: changes of Acme HR wait for you" {
		t.Errorf("something else waits: %s", got)
	}
	w.finish(syncrun.TriggerManual, syncrun.OutcomePreview, waits(39))
	if got := w.arrive(); got != "" {
		t.Errorf("a preview was mailed: %s", got)
	}
	w.finish(syncrun.TriggerSchedule, syncrun.OutcomeApplied, plan.Header{})
	w.may = release.Decision{All: w.may.All, Later: release.Later{Names: []string{"Adam Admin"}, From: w.at.Add(time.Hour)}}
	w.finish(syncrun.TriggerManual, syncrun.OutcomeRefused, waits(38))
	if got := strings.Join(strings.Fields(w.text()), " "); !strings.Contains(got, "Nobody may release it right now") ||
		!strings.Contains(got, "From Sunday 22 November 2026, 14:00 (Europe/Amsterdam) on it can be released by Adam Admin.") {
		t.Errorf("after it was quiet, nobody may: %s", got)
	}
}

// A mail about a plan that waits, and that the mail server did not take yet, is not sent when something else is true by
// then: what waited was released, is overtaken by another plan, or is waited for by a newer plan alone.
func TestPlanThatNoLongerWaits(t *testing.T) {
	begin := func() *world {
		w := newWorld(t)
		w.server.set(busy)
		w.finish(syncrun.TriggerSchedule, syncrun.OutcomeRefused, waits(37))
		w.arrive()
		return w
	}
	later := func(w *world) string {
		w.server.set(works)
		w.at = w.at.Add(time.Hour)
		return w.arrive()
	}
	ended := func(w *world, why string) {
		t.Helper()
		l, err := w.Outbox(t.Context(), notify.Page{State: notify.Discarded})
		w.ok(err)
		if len(l.Items) != 1 || l.Items[0].Problem != why {
			t.Errorf("the outbox says %+v, want %q", l.Items, why)
		}
	}

	w := begin()
	run, info := w.run(syncrun.TriggerManual, syncrun.OutcomeApplied, waits(37))
	run.Released = true
	w.ok(w.RunFinished(t.Context(), run, info, w.conn))
	if got := later(w); got != "" {
		t.Errorf("of what was released: %s", got)
	}
	ended(w, "What waited was decided, or no longer waits.")

	w = begin()
	w.finish(syncrun.TriggerSchedule, syncrun.OutcomeNoOp, plan.Header{})
	if got := later(w); got != "" {
		t.Errorf("of what no longer waits: %s", got)
	}

	w = begin()
	w.finish(syncrun.TriggerSchedule, syncrun.OutcomeRefused, waits(40))
	if got := later(w); got != "it@acme.test Acme: changes of Acme HR wait for you" {
		t.Errorf("of the newer plan alone: %s", got)
	}
	ended(w, "A newer plan waits, of which another mail tells.")

	w = begin()
	w.at = w.at.Add(time.Hour)
	_, info = w.finish(syncrun.TriggerSchedule, syncrun.OutcomeRefused, waits(37))
	if m := w.only(); m.State != notify.Queued || m.PlanID != info.ID {
		t.Errorf("the mail is %s and leads to %s, want queued and to the newer plan %s", m.State, m.PlanID, info.ID)
	}
	if got := later(w); got != "it@acme.test Acme: changes of Acme HR wait for you" {
		t.Errorf("of the plan that waits for the same: %s", got)
	}

	w = begin()
	h := waits(37)
	h.Revision = policy.Revision(w.conn.Settings)
	_, info = w.finish(syncrun.TriggerManual, syncrun.OutcomePreview, h)
	if m := w.only(); m.State != notify.Queued || m.PlanID != info.ID {
		t.Errorf("the mail is %s and leads to %s, want queued and to the preview %s", m.State, m.PlanID, info.ID)
	}
	w.finish(syncrun.TriggerManual, syncrun.OutcomePreview, plan.Header{}) // with settings that are not saved
	if m := w.only(); m.State != notify.Queued {
		t.Errorf("the mail is %s by a preview of other settings", m.State)
	}
	w.finish(syncrun.TriggerManual, syncrun.OutcomePreview, plan.Header{Revision: h.Revision})
	ended(w, "What waited was decided, or no longer waits.")
	w.finish(syncrun.TriggerSchedule, syncrun.OutcomeRefused, waits(37))
	if got := later(w); got != "it@acme.test Acme: changes of Acme HR wait for you" {
		t.Errorf("of what waits again after a preview of nothing: %s", got)
	}

	w = newWorld(t)
	w.server.set(busy)
	run, info = w.run(syncrun.TriggerSchedule, syncrun.OutcomeRefused, waits(37))
	info.Person = syncrun.PlanOfChanges
	w.ok(w.RunFinished(t.Context(), run, info, w.conn))
	w.arrive()
	w.finish(syncrun.TriggerSchedule, syncrun.OutcomeNoOp, plan.Header{})
	if got := later(w); got != "" {
		t.Errorf("of a look, after everybody was read: %s", got)
	}
	ended(w, "Everybody was read and planned again since.")

	w = begin()
	w.at = w.at.Add(w.conn.Settings.PlanExpires)
	w.ok(w.OnTime(t.Context()))
	if got := later(w); !strings.Contains(got, "expired") || strings.Contains(got, "wait for you") {
		t.Errorf("of the plan that expired: %s", got)
	}
	ended(w, "It expired before this could be sent.")
}

// A mail says who may release as of when it goes out, and goes on saying it; also when nobody can be looked up any more.
func TestReleasersWhenSent(t *testing.T) {
	w := newWorld(t)
	may := func(by ...string) { w.may = release.Decision{All: []string{"Adam Admin", "Olga Owner"}, By: by} }
	says := func(what, got string, want, not string) {
		t.Helper()
		if got = strings.Join(strings.Fields(got), " "); !strings.Contains(got, want) || strings.Contains(got, not) {
			t.Errorf("%s says nothing of %q, or something of %q: %s", what, want, not, got)
		}
	}
	shown := func() string {
		t.Helper()
		m, err := w.Show(t.Context(), w.only().ID)
		w.ok(err)
		return m.Text
	}
	may("Olga Owner")
	w.finish(syncrun.TriggerSchedule, syncrun.OutcomeRefused, waits(37))
	may("Adam Admin")
	says("the outbox, before it was sent,", shown(), "(Adam Admin), by entering", "Olga")
	w.server.set(busy)
	if got := w.arrive(); got != "" {
		t.Errorf("a server that is busy took %s", got)
	}
	w.may = release.Decision{All: w.may.All, Later: release.Later{Names: []string{"Olga Owner"}, From: w.at.Add(time.Hour)}}
	w.server.set(works)
	w.at = w.at.Add(time.Minute)
	says("the mail", w.text(), "it can be released by Olga Owner", "Adam")
	may("Adam Admin")
	says("the outbox, afterwards,", shown(), "it can be released by Olga Owner", "Adam")

	w = newWorld(t)
	may("Olga Owner")
	w.finish(syncrun.TriggerSchedule, syncrun.OutcomeRefused, waits(37))
	w.mayErr = directory.ErrNotFound
	says("the mail of a connection that is gone", w.text(), "It can be released by an owner or administrator, by entering", "Olga")
}

// Every notice of a connection says that its automatic runs are paused, why and until when: what waits, failed or was
// left aside is else expected to go on by itself (promise SI46).
func TestNoticesTellOfAPause(t *testing.T) {
	w := newWorld(t)
	told := func(subject string, more ...string) {
		t.Helper()
		got := strings.Join(strings.Fields(w.text()), " ")
		for _, want := range append(more, "Subject: Acme: "+subject, "paused since Saturday 21 November 2026, 13:00 (Europe/Amsterdam), and go on by themselves on Sunday 29 November 2026, 13:00",
			"The reason given: payroll") {
			if !strings.Contains(got, want) {
				t.Errorf("the mail does not say %q:\n%s", want, got)
			}
		}
	}
	pause := &connection.Pause{By: "p_olga", Reason: "payroll", At: w.at, Until: w.at.AddDate(0, 0, 8)}
	w.conn.Pause = pause
	w.finish(syncrun.TriggerManual, syncrun.OutcomeRefused, waits(37))
	told("changes of Acme HR wait for you", "What waits here can be decided on all the same.")
	w.at = w.at.Add(w.conn.Settings.PlanExpires)
	w.onTime()
	told("a plan of Acme HR expired")
	w.conn.State = connection.Failing
	w.ok(w.ConnectionSeen(t.Context(), w.conn))
	told("Acme HR cannot be read")
	w.conn.State = connection.Paused
	w.ok(w.ConnectionSeen(t.Context(), w.conn))
	told("Acme HR works again")
	w.finish(syncrun.TriggerManual, syncrun.OutcomeApplied, plan.Header{}, held(1, plan.DuplicateEmail, "Ann Lee", "two share ann@acme.test"))
	told("1 person of Acme HR needs attention")
	w.at = w.at.Add(time.Hour)
	w.conn.State, w.conn.Pause = connection.Failing, nil
	w.ok(w.ConnectionSeen(t.Context(), w.conn))
	if got := w.text(); strings.Contains(got, "paused") {
		t.Errorf("without a pause:\n%s", got)
	}
}

func held(n int, r plan.Reason, name, detail string) plan.Item {
	return plan.Item{Held: &plan.Held{Kind: plan.HeldPerson, Reason: r, SourceID: int64(n), Name: name, Detail: detail}}
}

// Promise BW21: what went wrong with single records comes in one mail a run, and each record once.
func TestTroubledRecords(t *testing.T) {
	w := newWorld(t)
	items := []plan.Item{held(1, plan.DuplicateEmail, "Zoë <b>Müller</b>", "Zoë and Ann share zoe@acme.test in BambooHR"),
		held(2, plan.InvalidValue, "", "the hire date 30 February is none"), held(3, plan.NoEmail, "Bo Diaz", "no work e-mail")}
	w.finish(syncrun.TriggerSchedule, syncrun.OutcomeApplied, plan.Header{}, items...)
	mails, err := w.deliver()
	w.ok(err)
	if len(mails) != 1 {
		t.Fatalf("%d mails", len(mails))
	}
	text, html := body(t, mails[0])
	golden(t, "records.txt", "Subject: "+subject(mails[0])+"\n\n"+text)
	if strings.Contains(html, "<b>") || !strings.Contains(html, "Zoë &lt;b&gt;Müller&lt;/b&gt;") {
		t.Errorf("HTML:\n%s", html)
	}
	w.finish(syncrun.TriggerSchedule, syncrun.OutcomeNoOp, plan.Header{}, items...)
	if got := w.arrive(); got != "" {
		t.Errorf("the same records again: %s", got)
	}
	w.finish(syncrun.TriggerSchedule, syncrun.OutcomeNoOp, plan.Header{}, append(items[1:2:2], held(4, plan.EmailTaken, "Di Fox", "taken"))...)
	if got := w.text(); !strings.Contains(got, "Di Fox") || strings.Contains(got, "February") {
		t.Errorf("one new record:\n%s", got)
	}
	w.finish(syncrun.TriggerSchedule, syncrun.OutcomeNoOp, plan.Header{}, items...)
	if got := w.text(); !strings.Contains(got, "Müller") {
		t.Errorf("a record that went wrong again:\n%s", got)
	}
	var many []plan.Item
	for i := range 30 {
		many = append(many, held(100+i, plan.EmailTaken, fmt.Sprintf("Person %d", i), "taken"))
	}
	w.finish(syncrun.TriggerSchedule, syncrun.OutcomeNoOp, plan.Header{}, many...)
	if got := w.text(); strings.Count(got, "- Person") != 20 || !strings.Contains(got, "and 10 more") {
		t.Errorf("a long list:\n%s", got)
	}
}

// A process that ended between a run and its mails, and one that never started: what Start finds.
func TestCatchUp(t *testing.T) {
	w := newWorld(t)
	w.run(syncrun.TriggerSchedule, syncrun.OutcomeApplied, plan.Header{}, joiner(1, "", "")) // before there were mails
	w.at = w.at.Add(time.Minute)
	w.ok(w.Start(t.Context()))
	w.ok(w.Stop(t.Context()))
	w.at = w.at.Add(time.Minute)
	run, info := w.run(syncrun.TriggerSchedule, syncrun.OutcomeApplied, plan.Header{}, joiner(2, "", ""))
	w.run(syncrun.TriggerSchedule, syncrun.OutcomeRefused, waits(37))
	w.actor = "cli:root" // tells for itself
	w.conn.Settings.Notify.Welcome = policy.WelcomeAlways
	w.run(syncrun.TriggerManual, syncrun.OutcomeApplied, plan.Header{}, joiner(3, "", ""))
	w.restart()
	for range 2 {
		w.ok(w.CatchUp(t.Context()))
		w.ok(w.RunFinished(t.Context(), run, info, w.conn))
	}
	if got := w.arrive(); got != "joiner2@acme.test Welcome to Acme: set your password\nit@acme.test Acme: changes of Acme HR wait for you" {
		t.Error(got)
	}
}

// Promise SI33: new people define their own password, by a link in their welcome.
func TestWelcome(t *testing.T) {
	w := newWorld(t)
	w.finish(syncrun.TriggerSchedule, syncrun.OutcomeApplied, plan.Header{}, joiner(1, "2026-11-02", ""))
	text := w.text()
	golden(t, "welcome.txt", text)
	_, secret, _ := strings.Cut(text, "/password/")
	secret, _, _ = strings.Cut(secret, "\n")
	w.ok(w.accounts.SetPassword(t.Context(), secret, "a violin in the rain"))
	p, err := w.kept.Person(t.Context(), "p_1")
	w.ok(err)
	if p.Status != directory.Active {
		t.Errorf("the link leaves the account %s", p.Status)
	}
}

// Promises SI23 and SI24, contradiction C13: which runs invite whom.
func TestWhoIsWelcomed(t *testing.T) {
	yes, no := true, false
	for i, c := range []struct {
		setting policy.Welcome
		trigger syncrun.Trigger
		choice  *bool
		outcome syncrun.Outcome
		want    bool
	}{
		{policy.WelcomeNever, syncrun.TriggerSchedule, nil, syncrun.OutcomeApplied, false},
		{policy.WelcomeNever, syncrun.TriggerManual, nil, syncrun.OutcomeApplied, false},
		{policy.WelcomeNever, syncrun.TriggerManual, &yes, syncrun.OutcomeApplied, true},
		{policy.WelcomeAutomaticOnly, syncrun.TriggerSchedule, nil, syncrun.OutcomeApplied, true},
		{policy.WelcomeAutomaticOnly, syncrun.TriggerWebhook, nil, syncrun.OutcomeApplied, true},
		{policy.WelcomeAutomaticOnly, syncrun.TriggerManual, nil, syncrun.OutcomeApplied, false},
		{policy.WelcomeAutomaticOnly, syncrun.TriggerManual, &yes, syncrun.OutcomeApplied, true},
		{policy.WelcomeAlways, syncrun.TriggerManual, nil, syncrun.OutcomeApplied, true},
		{policy.WelcomeAlways, syncrun.TriggerManual, &no, syncrun.OutcomeApplied, false},
		{policy.WelcomeAlways, syncrun.TriggerUndo, nil, syncrun.OutcomeApplied, false},
		{policy.WelcomeAlways, syncrun.TriggerManual, nil, syncrun.OutcomePreview, false},
	} {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.conn.Settings.Notify.Welcome = c.setting
			if c.choice != nil {
				w.ok(w.AskedFor(t.Context(), "run_1", *c.choice))
			}
			w.finish(c.trigger, c.outcome, plan.Header{}, joiner(1, "", ""))
			if got := w.arrive() != ""; got != c.want {
				t.Errorf("%+v: invited %t", c, got)
			}
		})
	}
}

// Nobody is invited before the first day of work where they work, whatever HR makes of that day meanwhile.
func TestFirstDay(t *testing.T) {
	w := newWorld(t)
	run, info := w.finish(syncrun.TriggerSchedule, syncrun.OutcomeApplied, plan.Header{},
		joiner(1, "2026-11-23", ""), joiner(2, "2026-11-23", "Santiago"), joiner(3, "2026-11-25", ""), joiner(4, "2026-11-25", ""), joiner(5, "2026-11-23", "Sydney"))
	n, err := w.Invitees(t.Context(), info.ID, &w.conn.Settings, nil)
	w.ok(err)
	if n != (notify.Invitees{Cap: 500}) { // all of it is applied
		t.Errorf("%+v", n)
	}
	moves := func(n int, day string) plan.Item {
		p, err := w.kept.Person(t.Context(), fmt.Sprintf("p_%d", n))
		w.ok(err)
		return plan.Item{Change: &plan.Change{Action: plan.Update, SourceID: int64(n), PersonID: p.ID, Version: p.Version, StatusBefore: p.Status, StatusAfter: p.Status,
			Fields: []plan.FieldChange{{Field: directory.HireDate, Kind: directory.KindDate, Before: "2026-11-25", After: day}}}}
	}
	w.finish(syncrun.TriggerManual, syncrun.OutcomeApplied, plan.Header{}, moves(3, "2026-11-24"), moves(4, "2026-11-27"))
	got := map[string]string{}
	for ; w.at.Before(time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC)); w.at = w.at.Add(30 * time.Minute) {
		mails, err := w.deliver()
		w.ok(err)
		for _, m := range mails {
			got[strings.TrimSuffix(m.To, "@acme.test")] += w.at.Format("02T15:04 ")
		}
	}
	// East of Greenwich the day begins before that of UTC, before which accounts make no link.
	want := map[string]string{"joiner1": "23T00:00 ", "joiner2": "23T03:00 ", "joiner3": "24T00:00 ", "joiner4": "27T00:00 ", "joiner5": "23T00:00 "}
	for _, n := range []string{"joiner1", "joiner2", "joiner3", "joiner4", "joiner5"} {
		if got[n] != want[n] {
			t.Errorf("%s: invited %q, want %q", n, got[n], want[n])
		}
	}
	w.ok(w.RunFinished(t.Context(), run, info, w.conn))
	if got := w.arrive(); got != "" {
		t.Errorf("invited again: %s", got)
	}
}

func TestStartOfDay(t *testing.T) {
	for _, c := range []struct{ day, zone, want string }{
		{"2026-11-23", "Europe/Amsterdam", "2026-11-22T23:00:00Z"},
		{"2026-09-06", "America/Santiago", "2026-09-06T04:00:00Z"}, // there is no midnight
		{"2026-04-24", "Africa/Cairo", "2026-04-23T22:00:00Z"},     // nor here
		{"2028-02-29", "Pacific/Kiritimati", "2028-02-28T10:00:00Z"},
		{"2026-02-30", "UTC", "0001-01-01T00:00:00Z"},
		{"", "UTC", "0001-01-01T00:00:00Z"},
	} {
		zone, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		if got := notify.StartOfDay(c.day, zone).UTC().Format(time.RFC3339); got != c.want {
			t.Errorf("%s in %s begins %s, want %s", c.day, c.zone, got, c.want)
		}
	}
}

// Nobody is invited twice, nor who left, signs in already, or has no address any more.
func TestNobodyIsInvitedInVain(t *testing.T) {
	w := newWorld(t)
	w.server.set(busy)
	w.finish(syncrun.TriggerSchedule, syncrun.OutcomeApplied, plan.Header{}, joiner(1, "", ""), joiner(2, "", ""), joiner(3, "", ""), joiner(4, "", ""))
	w.arrive()
	change := func(id string, f func(*directory.Person)) {
		p, err := w.kept.Person(t.Context(), id)
		w.ok(err)
		f(&p)
		_, err = w.kept.SavePerson(t.Context(), p, plan.Change{Action: plan.Update, PersonID: id}, "test", w.at)
		w.ok(err)
	}
	change("p_1", func(p *directory.Person) { p.Status = directory.Deactivated })
	change("p_2", func(p *directory.Person) { p.Values.Set(directory.Email, directory.KindText, "new@acme.test") })
	secret, _, err := w.accounts.MakeLink(t.Context(), account.Operator("test"), "p_3", account.Invite)
	w.ok(err)
	w.ok(w.accounts.SetPassword(t.Context(), secret, "a violin in the rain"))
	w.server.set(works)
	w.at = w.at.Add(time.Minute)
	if got := w.arrive(); got != "new@acme.test Welcome to Acme: set your password\njoiner4@acme.test Welcome to Acme: set your password" {
		t.Error(got)
	}
	if got := w.state(); got != "welcome discarded 1, welcome sent 2, welcome discarded 1, welcome sent 2" {
		t.Error(got)
	}
	// A later run cannot queue another one, not even once the first is forgotten.
	w.at = w.at.Add(100 * 24 * time.Hour)
	w.ok(w.Prune(t.Context()))
	w.ok(w.opt.Store.Write(t.Context(), func(tx notify.Tx) error {
		added, err := tx.Add(&notify.Mail{ID: "mail_again", Key: "welcome/p_4", Kind: notify.Welcome, State: notify.Queued, PersonID: "p_4"})
		if added {
			t.Error("a second welcome")
		}
		return err
	}))
}

// A dropped answer leaves two copies of a welcome, with the same link in both.
func TestCopiesOfAWelcomeAreAlike(t *testing.T) {
	w := newWorld(t)
	w.finish(syncrun.TriggerSchedule, syncrun.OutcomeApplied, plan.Header{}, joiner(1, "", ""))
	w.server.set(drops)
	first, err := w.deliver()
	if err == nil || len(first) != 1 {
		t.Fatalf("%d mails, %v", len(first), err)
	}
	w.server.set(works)
	w.at = w.at.Add(time.Minute)
	second, err := w.deliver()
	w.ok(err)
	a, _ := body(t, first[0])
	b, _ := body(t, second[0])
	if a != b || first[0].header("Message-ID") != second[0].header("Message-ID") {
		t.Errorf("two different copies:\n%s\n%s", a, b)
	}
}

// A run that makes too many accounts invites some; an administrator lets the others be invited.
func TestStorm(t *testing.T) {
	w := newWorld(t)
	w.opt.MaxWelcomes = 3
	w.restart()
	var items []plan.Item
	for i := range 8 {
		items = append(items, joiner(i+1, []string{"", "2026-12-01"}[i%2], ""))
	}
	_, planned := w.run(syncrun.TriggerManual, syncrun.OutcomePreview, plan.Header{}, items...)
	n, err := w.Invitees(t.Context(), planned.ID, &w.conn.Settings, nil)
	w.ok(err)
	if n != (notify.Invitees{Now: 4, Later: 4, Waiting: 5, Cap: 3}) {
		t.Errorf("%+v", n)
	}
	if n, err = w.Invitees(t.Context(), planned.ID, &w.conn.Settings, func(n *syncrun.Newcomer) bool { return n.Seq <= 2 }); err != nil || n != (notify.Invitees{Now: 1, Later: 1, Cap: 3}) {
		t.Errorf("%+v, %v", n, err)
	}
	run, info := w.finish(syncrun.TriggerSchedule, syncrun.OutcomeApplied, plan.Header{}, items...)
	w.ok(w.RunFinished(t.Context(), run, info, w.conn))
	if got := strings.Count(w.arrive(), "Welcome"); got != 2 { // the third starts in December
		t.Errorf("%d welcomes arrived", got)
	}
	l, err := w.Outbox(t.Context(), notify.Page{})
	w.ok(err)
	if l.Counts[notify.Waiting] != 5 || l.Counts[notify.Queued] != 1 {
		t.Errorf("%v", l.Counts)
	}
	w.input(w.Retry(t.Context(), "p_olga", l.Items[0].ID), "mail")
	released, err := w.Release(t.Context(), "p_olga", run.ID)
	w.ok(err)
	if got := strings.Count(w.arrive(), "Welcome"); got != 2 || released != 5 {
		t.Errorf("%d released, %d welcomes arrived", released, got)
	}
}
