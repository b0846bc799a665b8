package work

import (
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/view"
	"github.com/rollcall-hr/rollcall/internal/web/gate"
	"github.com/rollcall-hr/rollcall/internal/web/ui"
)

// calendarPage is a month of what dates bring, or one day of it.
type calendarPage struct {
	ui.Page
	Filter      calendarFilter
	Connections []ui.Option
	Kinds       []ui.Option
	Zone        *time.Location // whose days these are
	Month       string         // November 2026
	Before      string         // href of the month before, and of the one after
	After       string
	Weeks       [][]calendarDay
	Total       int
	Days        []dayEffects
	Next        string   // href of the rest of the list
	Sleeping    []string // connections whose dates wait for a run by hand
	First       string   // month of the first effect after an empty month, and its href
	FirstHref   string
}

// calendarFilter is what the address says.
type calendarFilter struct{ Connection, Kind, Month, Day, After string }

// calendarDay is a square of the month; the zero value is one outside it.
type calendarDay struct {
	Number  int
	Day     string // YYYY-MM-DD
	Href    string
	Today   bool
	Current bool
	Total   int
	Parts   []calendarPart
}

type calendarPart struct {
	Kind  string // colour of ui.Tag
	Text  string // 3 deactivations
	Count int
}

// dayEffects are the effects of one day, or those that came before now and are not done.
type dayEffects struct {
	Title string
	Late  bool
	Rows  []effectRow
}

func (p *pages) calendar(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	f := calendarFilter{Connection: q.Get("connection"), Kind: q.Get("kind"), Month: q.Get("month"), Day: q.Get("day"), After: q.Get("after")}
	tables, err := p.Connections.Timetables(r.Context())
	if err != nil {
		return err
	}
	if f.Kind != "" && !slices.Contains(view.EffectKinds(), view.EffectKind(f.Kind)) {
		return &gate.InputError{Field: "kind", Text: f.Kind + " is no kind of effect"}
	}
	now := p.Now()
	page := &calendarPage{Page: frame("Calendar", "What dates in BambooHR, and the ends of holds, freezes and pauses, will bring. When its moment comes, each is checked by the guard like a plan."),
		Filter: f, Zone: dayZone(tables, f.Connection, gate.ZoneFrom(r.Context())), Sleeping: sleeping(tables, f.Connection, now)}
	page.choices(tables)
	month, from, to, err := page.span(now)
	if err != nil {
		return err
	}
	query := view.EffectQuery{Connection: f.Connection, Kind: view.EffectKind(f.Kind), From: month, To: month.AddDate(0, 1, 0), Now: now, Rules: rules(tables)}
	counts, err := p.Views.EffectCounts(r.Context(), query)
	if err != nil {
		return err
	}
	page.grid(month, now, counts)
	query.From, query.To, query.After = from, to, f.After
	list, err := p.Views.Effects(r.Context(), query)
	if err != nil {
		return err
	}
	page.list(list.Items, tables, now)
	if list.Next != "" {
		page.Next = page.href(func(f *calendarFilter) { f.After = list.Next })
	}
	if len(list.Items) == 0 && f.Day == "" {
		if err := p.findNext(r, page, query); err != nil {
			return err
		}
	}
	return ui.Render(w, r, http.StatusOK, calendarView(page))
}

// findNext tells in which month the next effect after an empty one is.
func (p *pages) findNext(r *http.Request, page *calendarPage, q view.EffectQuery) error {
	q.From, q.To, q.After, q.Limit = q.To, time.Time{}, "", 1
	later, err := p.Views.Effects(r.Context(), q)
	if err == nil && len(later.Items) > 0 {
		at := later.Items[0].Place().In(page.Zone)
		page.First, page.FirstHref = at.Format("January 2006"), page.href(func(f *calendarFilter) { f.Month = at.Format("2006-01") })
	}
	return err
}

// rules is what the settings of each connection say about its dates.
func rules(tables []connection.Timetable) map[string]view.EffectRule {
	out := map[string]view.EffectRule{}
	for _, t := range tables {
		out[t.ID] = view.EffectRule{Zone: func(at string) *time.Location { return t.Zones.Of(at) }, Activates: t.Activates}
	}
	return out
}

// dayZone is whose days a calendar has: the connection's, or that of all connections, or the viewer's when
// they differ.
func dayZone(tables []connection.Timetable, only string, viewer *time.Location) *time.Location {
	var zone *time.Location
	for _, t := range tables {
		switch {
		case only != "" && t.ID != only:
		case zone == nil || zone.String() == t.Zone.String():
			zone = t.Zone
		default:
			return viewer
		}
	}
	if zone == nil {
		return viewer
	}
	return zone
}

// sleeping names the connections for which nothing happens by itself at the moment.
func sleeping(tables []connection.Timetable, only string, now time.Time) []string {
	var out []string
	for _, t := range tables {
		if (only == "" || t.ID == only) && (!t.On || now.Before(t.From)) {
			out = append(out, t.Name)
		}
	}
	return out
}

func (p *calendarPage) choices(tables []connection.Timetable) {
	p.Connections = []ui.Option{{Value: "", Text: "All connections"}}
	for _, t := range tables {
		p.Connections = append(p.Connections, ui.Option{Value: t.ID, Text: t.Name})
	}
	p.Kinds = []ui.Option{{Value: "", Text: "Everything"}}
	for _, k := range view.EffectKinds() {
		p.Kinds = append(p.Kinds, ui.Option{Value: string(k), Text: kindWords(k).title})
	}
}

// span reads which month is shown, and which part of it is listed. The current month lists what came due
// before it as well.
func (p *calendarPage) span(now time.Time) (month, from, to time.Time, err error) {
	year, m, _ := now.In(p.Zone).Date()
	month = time.Date(year, m, 1, 0, 0, 0, 0, p.Zone)
	current := month
	day := time.Time{}
	if p.Filter.Day != "" {
		if day, err = time.ParseInLocation(time.DateOnly, p.Filter.Day, p.Zone); err != nil {
			return month, from, to, &gate.InputError{Field: "day", Text: "write the day as YYYY-MM-DD"}
		}
		month = time.Date(day.Year(), day.Month(), 1, 0, 0, 0, 0, p.Zone)
	} else if p.Filter.Month != "" {
		if month, err = time.ParseInLocation("2006-01", p.Filter.Month, p.Zone); err != nil {
			return month, from, to, &gate.InputError{Field: "month", Text: "write the month as YYYY-MM"}
		}
	}
	p.Month = month.Format("January 2006")
	p.Before = p.href(func(f *calendarFilter) { f.Month = month.AddDate(0, -1, 0).Format("2006-01") })
	p.After = p.href(func(f *calendarFilter) { f.Month = month.AddDate(0, 1, 0).Format("2006-01") })
	switch {
	case !day.IsZero():
		return month, day, day.AddDate(0, 0, 1), nil
	case month.Equal(current):
		return month, time.Time{}, month.AddDate(0, 1, 0), nil
	}
	return month, month, month.AddDate(0, 1, 0), nil
}

// href is this page's address with something else in it; another month or day starts a list anew.
func (p *calendarPage) href(change func(*calendarFilter)) string {
	f := p.Filter
	f.After = ""
	was := f
	change(&f)
	if f.Month != was.Month && f.Month != "" {
		f.Day = ""
	}
	values := url.Values{}
	for name, v := range map[string]string{"connection": f.Connection, "kind": f.Kind, "month": f.Month, "day": f.Day, "after": f.After} {
		if v != "" {
			values.Set(name, v)
		}
	}
	if len(values) == 0 {
		return "/automation/calendar"
	}
	return "/automation/calendar?" + values.Encode()
}

// grid lays the month out in weeks that begin on Monday.
func (p *calendarPage) grid(month, now time.Time, counts []view.EffectCount) {
	byDay := map[string][]view.EffectCount{}
	for _, c := range counts {
		day := c.Place.In(p.Zone).Format(time.DateOnly)
		byDay[day] = append(byDay[day], c)
	}
	blank := (int(month.Weekday()) + 6) % 7
	week := make([]calendarDay, blank, 7)
	// Noon is on every day, also where clocks change at midnight.
	for at := month.Add(12 * time.Hour); at.Month() == month.Month(); at = time.Date(at.Year(), at.Month(), at.Day()+1, 12, 0, 0, 0, p.Zone) {
		if len(week) == 7 {
			p.Weeks, week = append(p.Weeks, week), nil
		}
		d := calendarDay{Number: at.Day(), Day: at.Format(time.DateOnly), Today: at.Format(time.DateOnly) == now.In(p.Zone).Format(time.DateOnly)}
		d.Current = d.Day == p.Filter.Day
		d.Href = p.href(func(f *calendarFilter) { f.Day, f.Month = d.Day, "" })
		for _, k := range view.EffectKinds() {
			n := 0
			for _, c := range byDay[d.Day] {
				if c.Kind == k {
					n += c.Count
				}
			}
			if n > 0 {
				w := kindWords(k)
				d.Parts, d.Total = append(d.Parts, calendarPart{w.colour, ui.Count(n, w.one, w.many), n}), d.Total+n
			}
		}
		p.Total += d.Total
		week = append(week, d)
	}
	for len(week) < 7 {
		week = append(week, calendarDay{})
	}
	p.Weeks = append(p.Weeks, week)
}

// list groups effects by day.
func (p *calendarPage) list(items []view.Effect, tables []connection.Timetable, now time.Time) {
	for _, e := range items {
		late := !e.At.After(now) && !e.Cancelled
		title := e.Place().In(p.Zone).Format("Monday 2 January 2006")
		if late {
			title = "Came due, and not done yet"
		}
		if n := len(p.Days); n == 0 || p.Days[n-1].Title != title {
			p.Days = append(p.Days, dayEffects{Title: title, Late: late})
		}
		d := &p.Days[len(p.Days)-1]
		d.Rows = append(d.Rows, newEffectRow(e, tables, p.Filter.Connection == "" && len(tables) > 1, now))
	}
}

func weekdays() []string {
	return []string{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}
}

// emptyText says what an empty list means.
func emptyText(p *calendarPage) string {
	switch {
	case p.First != "":
		return "No date brings anything in " + p.Month + "."
	case p.Filter.Day != "":
		return "No date brings anything on this day."
	}
	return "Leavers and joiners with a date appear here after the run that reads them; holds, freezes and pauses with an end at once."
}
