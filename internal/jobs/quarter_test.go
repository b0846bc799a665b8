package jobs_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-hr/rollcall/bamboosim"
	"github.com/rollcall-hr/rollcall/plan"
)

// sites are where people work, each in a zone of its own.
func sites() map[string]string {
	return map[string]string{"Utrecht": "Europe/Amsterdam", "Portland": "America/Los_Angeles", "Boston": "America/New_York",
		"Pune": "Asia/Kolkata", "Sydney": "Australia/Sydney"}
}

// moment is one lifecycle effect that must happen at its instant.
type moment struct {
	person string // first name
	site   string
	date   string // last day, or first day
	action plan.Action
}

// instant is the end of the last day, or the start of the first one, where the person works.
func (m moment) instant(t *testing.T) time.Time {
	t.Helper()
	zone, err := time.LoadLocation(sites()[m.site])
	if err != nil {
		t.Fatal(err)
	}
	day, err := time.Parse(time.DateOnly, m.date)
	if err != nil {
		t.Fatal(err)
	}
	year, month, d := day.Date()
	if m.action == plan.Deactivate {
		d++
	}
	return time.Date(year, month, d, 0, 0, 0, 0, zone)
}

// company has 60 people who stay, and one for every moment.
func company(today string, moments []moment) bamboosim.Company {
	c := office(today, 60)
	for i, m := range moments {
		e := bamboosim.Employee{ID: 500 + i, EmployeeNumber: fmt.Sprint(5000 + i), FirstName: m.person, LastName: "Moment",
			WorkEmail: strings.ToLower(m.person) + "@acme.test", HireDate: "2020-01-06",
			JobInfo: []bamboosim.JobRow{{Date: "2020-01-06", Department: "Engineering", Location: m.site, JobTitle: "Engineer"}}}
		if m.action == plan.Deactivate {
			e.TerminationDate = m.date
		} else {
			e.HireDate = m.date
		}
		c.Employees = append(c.Employees, e)
	}
	return c
}

// settings of a connection whose people work at the sites, and of whom 14 days ahead is known.
func settings(zone, daily string) string {
	var zones []string
	for site, zone := range sites() {
		zones = append(zones, fmt.Sprintf("%q: %q", site, zone))
	}
	slices.Sort(zones)
	return fmt.Sprintf(`{"time_zone": %q, "schedule": {"daily": %q}, "notify": {"errors": ["hr@acme.test"]},
		"location_time_zones": {%s}, "lifecycle": {"initial": "active", "pre_hire_days": 14}}`, zone, daily, strings.Join(zones, ", "))
}

// live lets time pass from instant to instant, and returns when what happened to whom.
func live(t *testing.T, w *world, zone, daily string, instants []time.Time, change map[time.Time]func()) (runs []time.Time, effects []string) {
	t.Helper()
	p := w.start()
	id := p.enabled("Acme", settings(zone, daily))
	for _, now := range instants {
		if f := change[now]; f != nil {
			f()
		}
		p.at(now)
	}
	for _, j := range p.list() {
		if j.State != "done" || j.Late || j.Missed != 0 || j.Interrupts != 0 || j.Attempt != 1 {
			t.Errorf("a job was not simply done: %+v", j)
		}
	}
	list := p.automatic(id)
	for _, r := range list {
		acted, first := 0, r.ID == list[0].ID // the first run makes everybody's account
		for it, err := range p.store.AppliedItems(t.Context(), r.ID) {
			if err != nil {
				t.Fatal(err)
			}
			c := it.Change
			if c.StatusAfter == c.StatusBefore || c.Action == plan.Create && first {
				continue
			}
			acted++
			m := moment{person: strings.Fields(c.Name)[0], action: c.Action}
			effects = append(effects, fmt.Sprintf("%s  %s %s", r.StartedAt.UTC().Format("2006-01-02 15:04"), m.action, m.person))
		}
		if acted == 0 || r.StartedAt.Equal(nthRun(t, zone, daily, r.StartedAt)) {
			runs = append(runs, r.StartedAt)
		}
	}
	return runs, effects
}

// nthRun is when the daily run of the local day of an instant is due.
func nthRun(t *testing.T, zone, daily string, day time.Time) time.Time {
	t.Helper()
	z, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	// The first minute of the day whose wall clock is not before the time.
	noon := time.Date(day.In(z).Year(), day.In(z).Month(), day.In(z).Day(), 12, 0, 0, 0, z)
	at := noon.Add(-14 * time.Hour)
	for at.In(z).Day() != noon.Day() || at.In(z).Format("15:04") < daily {
		at = at.Add(time.Minute)
	}
	return at
}

// autumn has a moment in every zone, and next to every change of clocks.
func autumn() []moment {
	return []moment{
		{"Anna", "Utrecht", "2026-09-20", plan.Deactivate},
		{"Bert", "Sydney", "2026-10-03", plan.Deactivate}, // clocks go forward in the night after
		{"Carl", "Sydney", "2026-10-04", plan.Deactivate}, // a day of 23 hours
		{"Dora", "Pune", "2026-10-10", plan.Deactivate},
		{"Emma", "Utrecht", "2026-10-24", plan.Deactivate}, // clocks go back in the night after
		{"Finn", "Utrecht", "2026-10-25", plan.Deactivate}, // a day of 25 hours
		{"Gina", "Portland", "2026-10-31", plan.Deactivate},
		{"Hans", "Portland", "2026-11-01", plan.Deactivate}, // a day of 25 hours
		{"Iris", "Boston", "2026-11-01", plan.Deactivate},
		{"Jack", "Pune", "2026-11-16", plan.Update}, // first day
		{"Kate", "Sydney", "2026-11-23", plan.Update},
		{"Liam", "Boston", "2026-11-30", plan.Deactivate}, // HR moves it to 8 December
		{"Mary", "Utrecht", "2026-12-05", plan.Deactivate},
	}
}

func leapDay() []moment {
	return []moment{
		{"Nora", "Pune", "2028-02-28", plan.Deactivate},
		{"Otto", "Utrecht", "2028-02-29", plan.Deactivate},
		{"Paul", "Sydney", "2028-02-29", plan.Update},
		{"Rosa", "Portland", "2028-02-29", plan.Deactivate},
	}
}

// arrivals are the days from which who begins has an account, 14 days ahead, as far as they are still to come.
func arrivals(t *testing.T, moments []moment, from time.Time) []moment {
	t.Helper()
	var out []moment
	for _, m := range moments {
		if m.action != plan.Update {
			continue
		}
		day, err := time.Parse(time.DateOnly, m.date)
		if err != nil {
			t.Fatal(err)
		}
		m.date, m.action = day.AddDate(0, 0, -14).Format(time.DateOnly), plan.Create
		if m.instant(t).After(from) {
			out = append(out, m)
		}
	}
	return out
}

// instants are every third hour, twice a day under the race detector, and whatever should be done at its time and a minute before.
func instants(from, to time.Time, due ...time.Time) []time.Time {
	var out []time.Time
	every := 3 * time.Hour
	if testing.Short() {
		every = 12 * time.Hour
	}
	for at := from; at.Before(to); at = at.Add(every) {
		out = append(out, at)
	}
	for _, at := range due {
		out = append(out, at.Add(-time.Minute).UTC(), at.UTC())
	}
	slices.SortFunc(out, time.Time.Compare)
	return slices.CompactFunc(out, time.Time.Equal)
}

// TestQuarter lives through the autumn of 2026, and through a leap day: every scheduled run happens once per
// local day, also in the nights in which clocks are set back or forward, and every lifecycle effect at its
// instant where the person works (security §3 #37, #38).
func TestQuarter(t *testing.T) {
	cases := []struct {
		zone, daily, from, to string
		moments               []moment
	}{
		{"Europe/Amsterdam", "02:30", "2026-09-15", "2026-12-15", autumn()},
		{"America/Los_Angeles", "01:30", "2026-10-20", "2026-11-10", autumn()[4:9]},
		{"Africa/Cairo", "00:00", "2027-04-20", "2027-05-05", nil}, // clocks go forward at midnight
		{"Europe/Amsterdam", "00:00", "2028-02-24", "2028-03-04", leapDay()},
	}
	if testing.Short() {
		cases = cases[2:] // the whole quarter takes minutes under the race detector; a week or two do not
	}
	for _, c := range cases {
		t.Run(c.zone+" "+c.from, func(t *testing.T) {
			t.Parallel()
			from, to := utc(c.from+" 00:00"), utc(c.to+" 00:00")
			w := newWorld(t, from, company(c.from, c.moments))
			moments := slices.Clone(c.moments)
			change := map[time.Time]func(){}
			if i := slices.IndexFunc(moments, func(m moment) bool { return m.person == "Liam" }); i >= 0 {
				moments[i].date = "2026-12-08"
				change[utc("2026-11-20 12:00")] = func() { w.control(fmt.Sprintf("/employees/%d/terminate", 500+i), `{"date":"2026-12-08"}`) }
			}
			moments = append(moments, arrivals(t, moments, from)...)
			due := dailyRuns(t, c.zone, c.daily, from, to)
			for _, m := range moments {
				due = append(due, m.instant(t))
			}
			runs, effects := live(t, w, c.zone, c.daily, instants(from, to, due...), change)
			var want []string
			for _, m := range moments {
				want = append(want, fmt.Sprintf("%s  %s %s", m.instant(t).UTC().Format("2006-01-02 15:04"), m.action, m.person))
			}
			slices.Sort(want)
			t.Logf("lifecycle effects (UTC):\n%s", strings.Join(effects, "\n"))
			if diff := cmp.Diff(want, effects); diff != "" {
				t.Errorf("lifecycle effects (-want +got):\n%s", diff)
			}
			checkDaily(t, c.zone, c.daily, from, to, runs)
		})
	}
}

// dailyRuns is when a daily run is due on each local day.
func dailyRuns(t *testing.T, zone, daily string, from, to time.Time) []time.Time {
	t.Helper()
	var out []time.Time
	for day := from; day.Before(to.Add(24 * time.Hour)); day = day.Add(12 * time.Hour) {
		if at := nthRun(t, zone, daily, day); at.After(from) && at.Before(to) {
			out = append(out, at)
		}
	}
	return slices.CompactFunc(out, time.Time.Equal)
}

// checkDaily wants one run on every local day, at the time the schedule says.
func checkDaily(t *testing.T, zone, daily string, from, to time.Time, runs []time.Time) {
	t.Helper()
	var got, want []string
	show := func(r time.Time) string {
		z, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		return r.In(z).Format("2006-01-02 15:04 MST")
	}
	for _, r := range runs {
		got = append(got, show(r))
	}
	for _, r := range dailyRuns(t, zone, daily, from, to) {
		want = append(want, show(r))
	}
	t.Logf("%d scheduled runs, those whose zone shows another offset than the run before:", len(got))
	for i, r := range got {
		if i == 0 || r[16:] != got[i-1][16:] {
			t.Log(r)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("scheduled runs (-want +got):\n%s", diff)
	}
}
