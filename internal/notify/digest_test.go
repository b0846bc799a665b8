package notify_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/notify"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/policy"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// onTime is what a sender does once a minute.
func (w *world) onTime() {
	w.t.Helper()
	w.ok(w.OnTime(w.t.Context()))
}

// Contradiction C18, promise SI50: what is left aside is mailed on Mondays at 08:00 where the connection is.
func TestDigest(t *testing.T) {
	w := newWorld(t)
	w.onTime() // the connection is new
	for i, name := range []string{"Ann Lee", "Bo Diaz"} {
		p := directory.Person{ID: []string{"p_ann", "p_bo"}[i], Status: directory.Active, Link: &directory.Link{Connection: w.conn.ID, SourceID: fmt.Sprint(i + 50)}}
		p.Values.Set(directory.DisplayName, directory.KindText, name)
		_, err := w.kept.SavePerson(t.Context(), p, plan.Change{Action: plan.Create, PersonID: p.ID}, "test", w.at)
		w.ok(err)
	}
	hold := func(id, person string, until time.Duration) {
		w.ok(w.kept.AddHold(t.Context(), directory.Hold{ID: id, PersonID: person, Until: w.at.Add(until), Reason: "parental leave", CreatedBy: "p_olga", CreatedAt: w.at}))
	}
	hold("h1", "p_ann", 4*24*time.Hour)
	hold("h2", "p_bo", 30*24*time.Hour)
	items := []plan.Item{held(1, plan.OutOfScope, "Out Ofscope", ""), held(20, plan.MissingInHR, "Di <i>Fox</i>", ""), held(21, plan.Unreadable, "Ed Gray", "phone"),
		held(21, plan.Unreadable, "Ed Gray", "location"), held(22, plan.InvalidValue, "", "the hire date 30 February is none")}
	for i := range 7 {
		items = append(items, held(2+i, plan.NoEmail, fmt.Sprintf("Person %d", i+1), "no work e-mail"))
	}
	w.finish(syncrun.TriggerSchedule, syncrun.OutcomeRefused, waits(37), items...)
	w.at = w.at.Add(time.Hour)
	w.finish(syncrun.TriggerSchedule, syncrun.OutcomeFailed, plan.Header{})
	w.at = w.at.Add(time.Hour)
	w.finish(syncrun.TriggerSchedule, syncrun.OutcomeFailed, plan.Header{})
	w.conn.Settings.PlanExpires = 7 * 24 * time.Hour
	w.finish(syncrun.TriggerSchedule, syncrun.OutcomeRefused, waits(38), items...)
	w.arrive()
	monday := time.Date(2026, 11, 23, 7, 0, 0, 0, time.UTC) // 08:00 in Amsterdam
	for w.at = monday.Add(-time.Minute); w.at.Before(monday); w.at = w.at.Add(time.Minute) {
		w.onTime()
	}
	if got := w.arrive(); got != "" {
		t.Errorf("before its time: %s", got)
	}
	w.onTime()
	mails, err := w.deliver()
	w.ok(err)
	if len(mails) != 1 {
		t.Fatalf("%d mails", len(mails))
	}
	text, html := body(t, mails[0])
	golden(t, "digest.txt", "Subject: "+subject(mails[0])+"\n\n"+text)
	if strings.Contains(html, "<i>") || !strings.Contains(html, "Di &lt;i&gt;Fox&lt;/i&gt;") {
		t.Errorf("HTML:\n%s", html)
	}
	for range 3 { // however often, and after a restart
		w.restart()
		w.onTime()
		w.at = w.at.Add(24 * time.Hour)
	}
	if got := w.arrive(); got != "" {
		t.Errorf("twice a week: %s", got)
	}
}

// The clock of runs may jump, as a simulator's does: a digest does not wait for a minute of real time.
func TestDigestOfAJump(t *testing.T) {
	w := newWorld(t)
	w.conn.Settings.PlanExpires = 7 * 24 * time.Hour
	w.onTime()
	w.finish(syncrun.TriggerSchedule, syncrun.OutcomeRefused, waits(37), held(20, plan.MissingInHR, "Di Fox", ""))
	w.arrive()
	for len(w.server.arrived) > 0 {
		<-w.server.arrived
	}
	var clock atomic.Int64
	clock.Store(w.at.UnixMilli())
	w.opt.RunNow, w.opt.Every = func() time.Time { return time.UnixMilli(clock.Load()).UTC() }, time.Millisecond
	w.restart()
	w.ok(w.Start(t.Context()))
	clock.Store(time.Date(2026, 11, 23, 7, 0, 0, 0, time.UTC).UnixMilli()) // 08:00 in Amsterdam
	select {
	case <-w.server.arrived:
	case <-time.After(30 * time.Second):
		t.Error("no digest")
	}
	w.ok(w.Stop(t.Context()))
	if got := w.state(); !strings.Contains(got, "digest sent 1") {
		t.Error(got)
	}
}

// A digest comes when there is something to tell, to those who agreed, unless the settings want none.
func TestDigestHasSomethingToTell(t *testing.T) {
	monday := func(d int) time.Time { return time.Date(2026, 11, 23+d, 7, 0, 0, 0, time.UTC) }
	for _, c := range []struct {
		name string
		make func(w *world)
		want bool
	}{
		{"nothing", func(*world) {}, false},
		{"left alone on purpose", func(w *world) {
			w.finish(syncrun.TriggerSchedule, syncrun.OutcomeNoOp, plan.Header{}, held(1, plan.OutOfScope, "Ann", ""))
		}, false},
		{"left aside", func(w *world) {
			w.finish(syncrun.TriggerSchedule, syncrun.OutcomeNoOp, plan.Header{}, held(1, plan.NoEmail, "Ann", ""))
		}, true},
		{"left aside by a manual run", func(w *world) {
			w.finish(syncrun.TriggerManual, syncrun.OutcomeApplied, plan.Header{}, held(1, plan.NoEmail, "Ann", ""))
		}, true},
		{"in order by now", func(w *world) {
			w.finish(syncrun.TriggerSchedule, syncrun.OutcomeNoOp, plan.Header{}, held(1, plan.NoEmail, "Ann", ""))
			w.at = w.at.Add(time.Hour)
			w.finish(syncrun.TriggerSchedule, syncrun.OutcomeApplied, plan.Header{})
		}, false},
		{"a failure", func(w *world) { w.finish(syncrun.TriggerSchedule, syncrun.OutcomeFailed, plan.Header{}) }, true},
		{"paused", func(w *world) { w.conn.Pause = &connection.Pause{By: "p_olga", Reason: "payroll", At: w.at} }, true},
		{"freezes that end later, or not", func(w *world) {
			w.ok(w.kept.AddFreeze(t.Context(), directory.Freeze{ID: "f1", Connection: w.conn.ID, What: []string{"phone"}, Until: monday(8), Reason: "x", CreatedBy: "p_olga", CreatedAt: w.at}))
			w.ok(w.kept.AddFreeze(t.Context(), directory.Freeze{ID: "f2", Connection: w.conn.ID, What: []string{"email"}, Reason: "x", CreatedBy: "p_olga", CreatedAt: w.at}))
		}, false},
		{"a freeze that ends within the week", func(w *world) {
			w.ok(w.kept.AddFreeze(t.Context(), directory.Freeze{ID: "f1", Connection: w.conn.ID, What: []string{"phone"}, Until: monday(6), Reason: "x", CreatedBy: "p_olga", CreatedAt: w.at}))
		}, true},
		{"switched off", func(w *world) {
			w.conn.Settings.Notify.Digest = policy.DigestOff
			w.finish(syncrun.TriggerSchedule, syncrun.OutcomeFailed, plan.Header{})
		}, false},
		{"nobody agreed", func(w *world) {
			w.conn.Origin = connection.FromWeb
			w.finish(syncrun.TriggerSchedule, syncrun.OutcomeFailed, plan.Header{})
		}, false},
		{"long ago", func(w *world) {
			w.finish(syncrun.TriggerSchedule, syncrun.OutcomeNoOp, plan.Header{}, held(1, plan.NoEmail, "Ann", ""))
			w.at = monday(0)
			w.onTime()
			w.arrive()
			w.at = monday(0).Add(time.Hour)
		}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.onTime()
			c.make(w)
			w.arrive()
			next := monday(0)
			if w.at.After(next) {
				next = monday(7)
			}
			w.at = next
			w.onTime()
			if got := w.arrive(); (got == "it@acme.test Acme: the week of Acme HR") != c.want || got != "" && !c.want {
				t.Errorf("got %q", got)
			}
		})
	}
}

// Two processes look once an hour, through both changes of the clocks and a time without a server: every
// Monday has one digest, at 08:00 by the clocks of its zone, and the time without has one.
func TestDigestOnceAWeek(t *testing.T) {
	for _, name := range []string{"Europe/Amsterdam", "America/Los_Angeles", "Australia/Lord_Howe", "Pacific/Kiritimati", "Africa/Cairo", "UTC"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			zone, err := time.LoadLocation(name)
			w.ok(err)
			w.conn.TimeZone, w.conn.Settings.TimeZone = name, name
			w.at = time.Date(2027, 3, 3, 0, 30, 0, 0, time.UTC)
			w.onTime()
			other := notify.New(w.opt)
			other.Connect(w.accounts, w)
			var got, want []string
			down := time.Date(2027, 4, 20, 0, 0, 0, 0, time.UTC)
			for day := 0; day < 70; day++ {
				w.finish(syncrun.TriggerSchedule, syncrun.OutcomeFailed, plan.Header{})
				if local := w.at.In(zone); local.Weekday() == time.Monday {
					want = append(want, local.Format("2006-01-02"))
				}
				if w.at.After(down) && w.at.Before(down.Add(15*24*time.Hour)) {
					w.at = w.at.Add(24 * time.Hour)
					continue
				}
				for range 48 {
					if h := w.at.In(zone).Hour(); h < 7 || h > 9 {
						w.at = w.at.Add(30 * time.Minute)
						continue
					}
					for _, s := range []*notify.Service{w.Service, other} {
						told, err := s.QueueDigest(t.Context(), w.conn)
						w.ok(err)
						if told {
							got = append(got, w.at.In(zone).Format("2006-01-02T15:04"))
						}
					}
					w.at = w.at.Add(30 * time.Minute)
				}
			}
			mondays := map[string]int{}
			for _, g := range got {
				mondays[g]++
				at, err := time.ParseInLocation("2006-01-02T15:04", g, zone)
				w.ok(err)
				late := at.After(down) && at.Before(down.Add(17*24*time.Hour))
				if mondays[g] > 1 || !late && (at.Weekday() != time.Monday || at.Hour() != 8 || at.Minute() >= 30) {
					t.Errorf("a digest at %s", g)
				}
			}
			// Of the Mondays, two or three fall into the time without a server, and make one digest.
			if n := len(want) - len(got); n < 1 || n > 2 {
				t.Errorf("digests at %v, Mondays %v", got, want)
			}
		})
	}
}

// A clock that was wrong, years ahead, does not silence a connection.
func TestDigestAfterAWrongClock(t *testing.T) {
	w := newWorld(t)
	w.onTime()
	right := w.at
	w.at = right.AddDate(3, 0, 0)
	w.onTime()
	w.at = right
	w.onTime()
	w.finish(syncrun.TriggerSchedule, syncrun.OutcomeFailed, plan.Header{})
	w.at = time.Date(2026, 11, 23, 7, 0, 0, 0, time.UTC)
	w.onTime()
	if got := w.arrive(); got != "it@acme.test Acme: the week of Acme HR" {
		t.Errorf("got %q", got)
	}
}

// A plan that nobody decides about is told once as expired, unless the run that plans anew comes soon: then
// its mail says so.
func TestPlanThatExpires(t *testing.T) {
	w := newWorld(t)
	w.onTime()
	w.finish(syncrun.TriggerSchedule, syncrun.OutcomeRefused, waits(37))
	w.arrive()
	w.at = w.at.Add(24*time.Hour - time.Minute)
	w.onTime()
	if got := w.arrive(); got != "" {
		t.Errorf("before it expired: %s", got)
	}
	w.at = w.at.Add(time.Minute)
	w.conn.NextRun = w.at.Add(30 * time.Minute)
	w.onTime()
	if got := w.arrive(); got != "" {
		t.Errorf("just before the next run: %s", got)
	}
	w.at = w.at.Add(30 * time.Minute)
	w.conn.NextRun = w.at.Add(5 * 24 * time.Hour)
	w.finish(syncrun.TriggerSchedule, syncrun.OutcomeRefused, waits(37))
	if got := w.text(); !strings.Contains(got, "still wait for you") || !strings.Contains(strings.ReplaceAll(got, "\n", " "), "The plan before it, of Saturday 21 November 2026, 13:00 (Europe/Amsterdam), expired without anybody deciding.") {
		t.Errorf("the next plan:\n%s", got)
	}
	w.at = w.at.Add(24 * time.Hour)
	w.onTime()
	golden(t, "expired.txt", w.text())
	for range 3 {
		w.restart()
		w.at = w.at.Add(24 * time.Hour)
		w.onTime()
	}
	if got := w.arrive(); got != "" {
		t.Errorf("told again: %s", got)
	}
	w.finish(syncrun.TriggerSchedule, syncrun.OutcomeRefused, waits(37))
	if got := w.text(); !strings.Contains(got, "still wait for you") || strings.Contains(got, "The plan before it") {
		t.Errorf("a new episode:\n%s", got)
	}
}

// A plan that somebody let go ahead does not expire.
func TestReleasedPlanDoesNotExpire(t *testing.T) {
	w := newWorld(t)
	w.onTime()
	_, info := w.finish(syncrun.TriggerSchedule, syncrun.OutcomeRefused, waits(37))
	run, _ := w.run(syncrun.TriggerManual, syncrun.OutcomeApplied, plan.Header{})
	run.Released = true
	w.ok(w.RunFinished(t.Context(), run, info, w.conn))
	w.arrive()
	w.at = w.at.Add(30 * time.Hour)
	w.onTime()
	if got := w.arrive(); got != "" {
		t.Errorf("told: %s", got)
	}
}

// Settings that wait for an approval are told to those who may give it, once an episode.
func TestSettingsAwaitApproval(t *testing.T) {
	w := newWorld(t)
	w.person("p_olga", "olga@acme.test", directory.RoleOwner)
	w.person("p_adam", "adam@acme.test", directory.RoleAdmin)
	w.person("p_max", "max@acme.test", directory.RoleOperator)
	w.conn.State, w.conn.Version.Number = connection.AwaitingApproval, 3
	w.ok(w.SettingsSaved(t.Context(), w.conn))
	mails, err := w.deliver()
	w.ok(err)
	if len(mails) != 2 || mails[0].To+mails[1].To != "adam@acme.testolga@acme.test" {
		t.Fatalf("%d mails", len(mails))
	}
	text, _ := body(t, mails[0])
	golden(t, "approval.txt", "Subject: "+subject(mails[0])+"\n\n"+text)
	w.conn.Version.Number = 4
	w.ok(w.SettingsSaved(t.Context(), w.conn))
	w.onTime()
	w.conn.State = connection.Failing
	w.ok(w.ConnectionSeen(t.Context(), w.conn))
	w.conn.State = connection.AwaitingApproval
	w.restart()
	w.ok(w.SettingsSaved(t.Context(), w.conn))
	if got := w.arrive(); strings.Contains(got, "approval") {
		t.Errorf("told again: %s", got)
	}
	w.conn.State = connection.Enabled
	w.ok(w.SettingsSaved(t.Context(), w.conn))
	w.at = w.at.Add(time.Minute)
	w.conn.State = connection.AwaitingApproval // a process that ended before it could tell
	w.onTime()
	if got := w.arrive(); strings.Count(got, "Acme: settings of Acme HR wait for an approval") != 2 {
		t.Errorf("the next time: %q", got)
	}
}
