package runs

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/view"
	"github.com/rollcall-hr/rollcall/internal/web/gate"
	"github.com/rollcall-hr/rollcall/internal/web/ui"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// historyPage lists runs, whatever came of them (contradiction C22).
type historyPage struct {
	ui.Page
	Base       string
	Runs       []runRow
	Selects    []ui.Input
	Errors     ui.Errors
	Narrowed   bool
	Next       string
	Everywhere bool // the runs of every connection
	Preview    string
}

// runRow is a run in a list.
type runRow struct {
	ID, Connection, Name string
	At                   time.Time
	Trigger, Actor       string
	Colour, Outcome      string
	Changes              string
	Took                 string
	Requests             int
	Problem              string    // of what somebody did beside runs: the reason
	Until                time.Time // of a pause; zero: somebody resumes it
	Switch               string    // what somebody did instead of a run, "" for runs
}

// historyFilter is what the list is narrowed to, as it stands in the address.
type historyFilter struct{ Connection, Outcome, Trigger, From, To, After, Above string }

func readHistory(r *http.Request) historyFilter {
	q := r.URL.Query()
	f := historyFilter{Connection: q.Get("connection"), Outcome: q.Get("outcome"), Trigger: q.Get("trigger"), From: q.Get("from"), To: q.Get("to"), After: q.Get("after"), Above: q.Get("above")}
	if id := r.PathValue("id"); id != "" {
		f.Connection = id
	}
	return f
}

func (f historyFilter) narrowed(fixed bool) bool {
	return f.Outcome+f.Trigger+f.From+f.To != "" || !fixed && f.Connection != ""
}

// running is the filter for runs that have no outcome yet.
const running = "running"

// query reads the days in the viewer's zone.
func (f historyFilter) query(zone *time.Location) (view.RunQuery, ui.Errors) {
	q := view.RunQuery{Connection: f.Connection, Trigger: syncrun.Trigger(f.Trigger), After: f.After, Limit: rowsPerPage}
	if f.Outcome == running {
		q.Running = true
	} else {
		q.Outcome = syncrun.Outcome(f.Outcome)
	}
	errors := ui.Errors{}
	day := func(name, text string, add int) time.Time {
		t, err := time.ParseInLocation(time.DateOnly, text, zone)
		switch {
		case text == "":
			return time.Time{}
		case err != nil:
			errors[name] = "Write the day as YYYY-MM-DD."
			return time.Time{}
		}
		return t.AddDate(0, 0, add)
	}
	q.From, q.To = day("from", f.From, 0), day("to", f.To, 1)
	return q, errors
}

// next is the address of the runs that follow; above is the instant of the oldest one shown.
func (f historyFilter) next(base string, fixed bool, after string, above time.Time) string {
	v := url.Values{"after": {after}, "above": {above.UTC().Format(time.RFC3339Nano)}}
	for name, text := range map[string]string{"outcome": f.Outcome, "trigger": f.Trigger, "from": f.From, "to": f.To} {
		if text != "" {
			v.Set(name, text)
		}
	}
	if !fixed && f.Connection != "" {
		v.Set("connection", f.Connection)
	}
	return base + "?" + v.Encode()
}

// history lists every run of one connection, or of all.
func (p *pages) history(w http.ResponseWriter, r *http.Request) error {
	ctx, f := r.Context(), readHistory(r)
	one := r.PathValue("id") != ""
	page := &historyPage{Base: "/history", Everywhere: !one, Narrowed: f.narrowed(one)}
	page.Page = ui.Page{Title: "History", Nav: "history", Lead: "Every run: what it was for, who asked, and what came of it. Between them, who paused automatic runs or froze fields."}
	if one {
		d, err := p.Connections.Get(ctx, f.Connection)
		if err != nil {
			return err
		}
		page.Base = "/connections/" + d.ID + "/history"
		page.Preview = "/connections/" + d.ID + "/preview"
		page.Nav, page.Crumbs, page.Tabs = "connections", connectionCrumbs(d), ui.ConnectionTabs(d.ID, "History")
	}
	all, err := p.Connections.List(ctx)
	if err != nil {
		return err
	}
	q, errors := f.query(gate.ZoneFrom(ctx))
	page.Errors = errors
	page.Selects = historySelects(f, all, one, errors)
	found, err := p.Views.Runs(ctx, q)
	if err != nil {
		return gate.BadCursor(err)
	}
	if found.Next != "" {
		page.Next = f.next(page.Base, one, found.Next, found.Items[len(found.Items)-1].StartedAt)
	}
	if page.Runs, err = p.runRows(ctx, found.Items); err != nil {
		return err
	}
	if f.Outcome+f.Trigger+f.From+f.To == "" {
		names := map[string]string{}
		for _, c := range all {
			names[c.ID] = c.Name
		}
		above, _ := time.Parse(time.RFC3339Nano, f.Above) // what is no instant is the first page
		if page.Runs, err = p.withSwitches(ctx, page.Runs, f.Connection, names, found.Next != "", above); err != nil {
			return err
		}
	}
	status := http.StatusOK
	if len(errors) > 0 {
		status = http.StatusUnprocessableEntity
	}
	return ui.Render(w, r, status, historyView(page))
}

func historySelects(f historyFilter, all []connection.Summary, one bool, errors ui.Errors) []ui.Input {
	var out []ui.Input
	if !one && len(all) > 1 {
		in := ui.Input{Name: "connection", Label: "Connection", Value: f.Connection, Options: []ui.Option{{Text: "All"}}}
		for _, c := range all {
			in.Options = append(in.Options, ui.Option{Value: c.ID, Text: c.Name})
		}
		out = append(out, in)
	}
	outcome := ui.Input{Name: "outcome", Label: "Outcome", Value: f.Outcome, Options: []ui.Option{{Text: "Any"}, {Value: running, Text: "Running"}}}
	for _, o := range outcomes() {
		_, text := outcomeWord(o)
		outcome.Options = append(outcome.Options, ui.Option{Value: string(o), Text: text})
	}
	trigger := ui.Input{Name: "trigger", Label: "Started by", Value: f.Trigger, Options: []ui.Option{{Text: "Anything"}}}
	for _, t := range triggers() {
		trigger.Options = append(trigger.Options, ui.Option{Value: string(t), Text: triggerWord(t)})
	}
	return append(out, outcome, trigger, ui.Input{Name: "from", Label: "From", Kind: "date", Value: f.From, Error: errors["from"]},
		ui.Input{Name: "to", Label: "To", Kind: "date", Value: f.To, Error: errors["to"]})
}

// runRows words runs for a list.
func (p *pages) runRows(ctx context.Context, runs []syncrun.Run) ([]runRow, error) {
	ids := make([]string, len(runs))
	for i := range runs {
		ids[i] = runs[i].Actor
	}
	names, err := p.actors(ctx, ids...)
	if err != nil {
		return nil, err
	}
	out := make([]runRow, len(runs))
	for i := range runs {
		r := &runs[i]
		by := names[r.Actor]
		if r.Actor == string(r.Trigger) { // schedule, webhook: nobody asked
			by = ""
		}
		colour, text := outcomeWord(r.Outcome)
		out[i] = runRow{ID: r.ID, Connection: r.Connection, Name: r.Name, At: r.StartedAt, Trigger: triggerWord(r.Trigger), Actor: by,
			Colour: colour, Outcome: text, Changes: changesText(r), Took: took(*r), Requests: r.Requests}
		if len(r.Errors) > 0 {
			out[i].Problem = onScreen(r.Errors[0].Message)
		}
	}
	return out, nil
}

// changesText counts what a run did; of a preview, what it planned.
func changesText(r *syncrun.Run) string {
	text := tallyText(r.Counts)
	switch {
	case r.Outcome == syncrun.OutcomePreview && r.Counts.Changes() > 0:
		text = "planned: " + text
	case r.Outcome == syncrun.OutcomeFailed && r.Counts.Changes() == 0:
		return ""
	case r.Outcome == syncrun.OutcomeRefused:
		return "none; the guard stopped what was planned"
	}
	return text
}
