package connections

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/a-h/templ"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/hint"
	"github.com/rollcall-hr/rollcall/internal/view"
	"github.com/rollcall-hr/rollcall/internal/web/page/connections/form"
	"github.com/rollcall-hr/rollcall/internal/web/page/connections/screen"
	"github.com/rollcall-hr/rollcall/internal/web/ui"
	"github.com/rollcall-hr/rollcall/policy"
	"github.com/rollcall-hr/rollcall/source"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// overviewPage is how one connection does.
type overviewPage struct {
	connection.Detail
	Standing  []standing
	Waiting   templ.Component // plans that wait for somebody; nil: none
	PausedBy  string
	Freezes   templ.Component // notes of those that are on
	Zone      *time.Location
	Next      []time.Time // of the schedule; empty when runs start by hand
	Seats     int         // active people from this connection
	People    int         // people from this connection
	Runs      []runRow
	Pending   []view.Effect // in the next 30 days, at most maxPending
	Coverage  []source.FieldReport
	Webhook   *hint.Status // nil: nobody asked for one
	Approver  string
	Operate   bool
	Configure bool // may change, and the settings are kept here
	Approve   bool // the button is offered
	Ask       bool // recipients can be asked to agree
}

type runRow struct {
	syncrun.Run
	Who string
}

const (
	maxPending  = 20
	pendingSpan = 30 * 24 * time.Hour
	shownRuns   = 5
	shownNext   = 3
)

func (p *pages) overview(w http.ResponseWriter, r *http.Request) error {
	d, err := p.Detail(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	page := overviewPage{Detail: d, Standing: standingsOf(&d.Summary), Zone: screen.Zone(d.TimeZone), Operate: runnable(ctx, &d.Summary), Configure: editable(ctx, &d)}
	page.Approve = d.State == connection.AwaitingApproval && may(ctx, account.Configure)
	page.Ask = page.Configure && p.Mails != nil
	if d.Automatic {
		page.Next = nextRuns(d.Settings.Schedule, page.Zone, d.NextRun)
	}
	if d.Check != nil {
		page.Coverage = once(d.Check.Report.Fields)
	}
	if page.Webhook, err = p.webhook(ctx, d.ID); err != nil {
		return err
	}
	if page.Freezes, err = p.Freezes(ctx, &d); err != nil {
		return err
	}
	if p.Waiting != nil {
		if page.Waiting, err = p.Waiting(r); err != nil {
			return err
		}
	}
	if err := p.figures(ctx, &page); err != nil {
		return err
	}
	return ui.Render(w, r, http.StatusOK, overview(page))
}

// figures reads what the database tells about a connection.
func (p *pages) figures(ctx context.Context, page *overviewPage) error {
	var err error
	if page.People, err = p.Views.CountPeople(ctx, connected(page.ID, p.Now())); err != nil {
		return err
	}
	if page.Seats, err = p.Views.CountPeople(ctx, view.PeopleQuery{Connection: page.ID, Status: directory.Active, Now: p.Now()}); err != nil {
		return err
	}
	zones := page.Settings.Zones()
	pending, err := p.Views.Effects(ctx, view.EffectQuery{Connection: page.ID, From: p.Now(), To: p.Now().Add(pendingSpan), Now: p.Now(), Limit: maxPending,
		Rules: map[string]view.EffectRule{page.ID: {Zone: func(at string) *time.Location { return zones.Of(at) }, Activates: page.Settings.Lifecycle.Initial == policy.InitialActive}}})
	if err != nil {
		return err
	}
	page.Pending = pending.Items
	runs, err := p.Views.Runs(ctx, view.RunQuery{Connection: page.ID, Limit: shownRuns})
	if err != nil {
		return err
	}
	var actors []string
	for i := range runs.Items {
		actors = append(actors, runs.Items[i].Actor)
	}
	approved := page.Version.Approved
	if page.Pause != nil {
		actors = append(actors, page.Pause.By)
	}
	if approved != nil {
		actors = append(actors, approved.By)
	}
	names, err := p.Actors(ctx, actors...)
	if err != nil {
		return err
	}
	for _, run := range runs.Items {
		page.Runs = append(page.Runs, runRow{run, screen.Who(run.Actor, names)})
	}
	if page.Pause != nil {
		page.PausedBy = screen.Who(page.Pause.By, names)
	}
	if approved != nil {
		page.Approver = screen.Who(approved.By, names)
	}
	return nil
}

// connected asks for the people of a connection.
func connected(id string, now time.Time) view.PeopleQuery {
	return view.PeopleQuery{Connection: id, Now: now}
}

// nextRuns lists the next starts of a schedule, the first of which is known.
func nextRuns(s policy.Schedule, zone *time.Location, first time.Time) []time.Time {
	out := []time.Time{first}
	for len(out) < shownNext {
		next := policy.NextRun(s, zone, out[len(out)-1])
		if next.IsZero() {
			break
		}
		out = append(out, next)
	}
	return out
}

// pausePage asks why and for how long.
type pausePage struct {
	connection.Detail
	Reason, Until string
	Errors        ui.Errors
}

func (p *pages) pauseDialog(w http.ResponseWriter, r *http.Request) error {
	d, err := p.Detail(r)
	if err != nil {
		return err
	}
	return ui.Render(w, r, http.StatusOK, pause(pausePage{Detail: d}))
}

func (p *pages) pause(w http.ResponseWriter, r *http.Request) error {
	d, err := p.Detail(r)
	if err != nil {
		return err
	}
	values, err := screen.Typed(r)
	if err != nil {
		return err
	}
	page := pausePage{Detail: d, Reason: values.Get("reason"), Until: values.Get("until"), Errors: ui.Errors{}}
	until, err := screen.LastDay(page.Until, screen.Zone(d.TimeZone))
	if err == nil {
		err = p.Connections.Pause(r.Context(), screen.Actor(r), d.ID, page.Reason, until)
	}
	if wrong, ok := screen.Errors(err, "reason", "until"); ok {
		page.Errors = wrong
		return ui.Render(w, r, http.StatusUnprocessableEntity, pause(page))
	}
	if err != nil {
		return err
	}
	return p.Done(w, r, screen.Path(d.ID), "Automatic runs are paused.")
}

// step makes a handler of an action that needs nothing but the connection.
func (p *pages) step(w http.ResponseWriter, r *http.Request, do func(ctx context.Context, actor, id string) error, text string) error {
	d, err := p.Detail(r)
	if err != nil {
		return err
	}
	if err := do(r.Context(), screen.Actor(r), d.ID); err != nil {
		if setup, ok := errors.AsType[*connection.SetupError](err); ok {
			return p.NotDone(w, r, screen.Path(d.ID), form.Sentence("not yet: "+setup.Error()))
		}
		return err
	}
	return p.Done(w, r, screen.Path(d.ID), text)
}

func (p *pages) resume(w http.ResponseWriter, r *http.Request) error {
	return p.step(w, r, p.Connections.Resume, "Automatic runs go on.")
}

func (p *pages) enable(w http.ResponseWriter, r *http.Request) error {
	return p.step(w, r, p.Connections.Enable, "Automatic runs are switched on.")
}

func (p *pages) disable(w http.ResponseWriter, r *http.Request) error {
	return p.step(w, r, p.Connections.Disable, "Automatic runs are off. You can still sync by hand.")
}

func (p *pages) approve(w http.ResponseWriter, r *http.Request) error {
	return p.step(w, r, p.Connections.Approve, "The settings are approved.")
}

// missing says what automatic runs still need, and the page where it is done; "" when nothing is.
func (p *overviewPage) missing() (text, where string) {
	switch {
	case p.Check == nil || !p.Check.Passed():
		return "a check that passed", "check"
	case p.Previewed.IsZero():
		return "a preview of these settings that somebody has seen", "preview"
	case p.Settings.MayRunAlone() != nil:
		return "an address that learns about failures", "configuration#f-notify.errors"
	}
	return "", ""
}

// gap is a field that the key cannot read well.
func gap(f source.FieldReport) bool {
	return !f.Readable || f.Restricted != nil && *f.Restricted > 0
}

func gaps(fields []source.FieldReport) int {
	n := 0
	for _, f := range fields {
		if gap(f) {
			n++
		}
	}
	return n
}

// effect words a dated effect.
func effect(e *view.Effect) string {
	switch {
	case e.Cancelled:
		return "nothing happens any more; it was cancelled"
	case e.Kind == view.Deactivation:
		return "is deactivated"
	case e.Kind == view.Decision:
		return "left, and it is up to you to deactivate them"
	case e.Kind == view.HoldEnd:
		return "is no longer on hold"
	case e.Kind == view.FreezeEnd:
		return "will no longer be frozen"
	case e.Kind == view.PauseEnd:
		return "go on after the pause"
	case e.Kind == view.Start:
		return "becomes active"
	}
	return "gets an account with the next run"
}

// once lists every BambooHR field by its first use.
func once(fields []source.FieldReport) []source.FieldReport {
	var out []source.FieldReport
	for _, f := range fields {
		if !slices.ContainsFunc(out, func(have source.FieldReport) bool { return have.From == f.From }) {
			out = append(out, f)
		}
	}
	return out
}

// coverageLabel names a directory field, or the BambooHR field where it fills none.
func coverageLabel(f source.FieldReport) string {
	if _, ok := policy.FindTarget(f.Name); ok {
		return form.Label(f.Name)
	}
	return form.Words(f.From)
}

// repeated tells a field that fills the same as another one, so that its alias has to be told too.
func repeated(fields []source.FieldReport, f source.FieldReport) bool {
	n := 0
	for _, other := range fields {
		if coverageLabel(other) == coverageLabel(f) {
			n++
		}
	}
	return n > 1
}
