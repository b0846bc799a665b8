package api

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/jobs"
	"github.com/rollcall-hr/rollcall/internal/view"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// Queue is what the API asks of internal/jobs.
type Queue interface {
	Jobs(ctx context.Context, limit int) ([]jobs.Job, error)
	Health(ctx context.Context) (jobs.Health, error)
}

func (a *api) automationEndpoints() []endpoint {
	return []endpoint{
		on("GET", "/automation", account.Read, "getAutomation", "Tells whether automatic runs happen", a.getAutomation),
		on("GET", "/jobs", account.Read, "listJobs", "Lists automatic runs of the last week and those to be made, newest first", a.listJobs),
		on("GET", "/effects", account.Read, "listEffects", "Lists what dates will bring, the first to come first", a.listEffects).Fails("not_found"),
	}
}

// automationView is whether automatic runs happen.
type automationView struct {
	Idle   bool         `json:"idle" doc:"Connections run by themselves, but no process makes their runs."`
	Missed []missedView `json:"missed" doc:"Connections whose run was due two starts ago and was not made."`
	Worker *workerView  `json:"worker" doc:"The process that makes automatic runs, of all organisations; null: none does."`
}

type workerView struct {
	Since  string `json:"since" doc:"When it began."`
	Seen   string `json:"seen_at" doc:"Its last sign of life; it gives one every 10 seconds."`
	Silent bool   `json:"silent" doc:"It has given none for a minute, and no other process took over."`
}

type missedView struct {
	Connection string `json:"connection_id"`
	Name       string `json:"connection"`
	Due        string `json:"due"`
}

func (a *api) getAutomation(r *http.Request, _ none) (automationView, error) {
	h, err := a.Queue.Health(r.Context())
	v := automationView{Idle: h.Idle, Missed: []missedView{}}
	if w := h.Worker; w != nil {
		v.Worker = &workerView{instant(w.Since), instant(w.Seen), h.Silent}
	}
	for _, m := range h.Missed {
		v.Missed = append(v.Missed, missedView{m.Connection, m.Name, instant(m.Due)})
	}
	return v, err
}

// queuedView is an automatic run in the queue.
type queuedView struct {
	ID         string     `json:"id"`
	Connection string     `json:"connection_id"`
	Kind       jobs.Kind  `json:"kind" doc:"run reads BambooHR; effects applies what came due without reading; changes reads those who changed."`
	State      jobs.State `json:"state"`
	Due        string     `json:"due"`
	Missed     int        `json:"missed" doc:"Later starts that this one makes up for."`
	Late       bool       `json:"late" doc:"It was found due later than it was."`
	Attempt    int        `json:"attempt"`
	Attempts   int        `json:"attempts" doc:"How often it is begun at most."`
	NextAt     *string    `json:"next_at" doc:"When it is begun next; null once it is running or ended."`
	FinishedAt *string    `json:"finished_at"`
	Error      *string    `json:"error" doc:"Of the last attempt."`
	Run        *string    `json:"run_id"`
}

type jobsQuery struct {
	Limit int `query:"limit" min:"1" max:"500" default:"100" doc:"How many items at most."`
}

func (a *api) listJobs(r *http.Request, in jobsQuery) (page[queuedView], error) {
	found, err := a.Queue.Jobs(r.Context(), in.Limit)
	out := page[queuedView]{Items: make([]queuedView, len(found))}
	for i, j := range found {
		v := queuedView{ID: strconv.FormatInt(j.ID, 10), Connection: j.Connection, Kind: j.Kind, State: j.State, Due: instant(j.Due), Missed: j.Missed, Late: j.Late,
			Attempt: j.Attempt, Attempts: j.Most, FinishedAt: syncrun.Timestamp(j.Finished), Error: syncrun.Optional(j.Error), Run: syncrun.Optional(j.Run)}
		if j.State == jobs.Waiting || j.State == jobs.Retrying {
			v.NextAt = syncrun.Timestamp(j.Scheduled)
		}
		out.Items[i] = v
	}
	return out, err
}

type effectsQuery struct {
	paging
	Connection string          `query:"connection" doc:"Id or name."`
	Kind       view.EffectKind `query:"kind"`
	From       string          `query:"from" doc:"RFC 3339; without it, what came due and is not done is listed too."`
	To         string          `query:"to" doc:"Before: RFC 3339."`
}

// effectView is something that happens to one person, or to a connection, because a date comes.
type effectView struct {
	At         string          `json:"at"`
	Kind       view.EffectKind `json:"kind"`
	Reason     *plan.Reason    `json:"reason" doc:"null: the end of a hold, freeze or pause."`
	Date       *string         `json:"date" doc:"YYYY-MM-DD in BambooHR that causes it."`
	Connection *string         `json:"connection_id" doc:"null: the person is not from HR."`
	SourceID   *string         `json:"source_id" doc:"BambooHR's internal id of the employee."`
	PersonID   *string         `json:"person_id" doc:"null: nobody in the directory yet, or it is the end of a freeze or pause."`
	Name       string          `json:"name" doc:"Blank for the end of a freeze or pause."`
	Field      *string         `json:"field" doc:"The hold is on this field only."`
	Note       *string         `json:"note" doc:"The reason that was given for the hold, freeze or pause."`
	Freeze     *string         `json:"freeze_id" doc:"The freeze that ends."`
	What       []string        `json:"what" doc:"Of a freeze: the groups and fields that it is about; else empty."`
	Waits      *waitsView      `json:"waits" doc:"What waits for the freeze or pause to end; null: not known, or it is no such end."`
	WithRun    bool            `json:"with_run" doc:"It happens with the first run that starts then or later; otherwise at that instant."`
	OnHold     bool            `json:"on_hold" doc:"A hold in force then keeps the person as they are."`
	Cancelled  bool            `json:"cancelled" doc:"Nothing comes at this instant any more; moved tells since which run."`
	Moved      *movedView      `json:"moved" doc:"What the last run that touched it did; null: nothing."`
}

type waitsView struct {
	People int  `json:"people"`
	Fields int  `json:"fields" doc:"0 for a pause: its people have dates that come before it ends."`
	More   bool `json:"more" doc:"At least so many."`
}

type movedView struct {
	WasAt   string  `json:"was_at"`
	WasDate *string `json:"was_date"`
	Run     string  `json:"run_id"`
}

func (a *api) listEffects(r *http.Request, in effectsQuery) (page[effectView], error) {
	var none page[effectView]
	q := view.EffectQuery{Kind: in.Kind, Now: a.Now(), Rules: map[string]view.EffectRule{}, After: in.After, Limit: in.Limit}
	var err error
	if q.From, q.To, err = between(in.From, in.To); err == nil && in.Connection != "" {
		q.Connection, err = a.connectionID(r, in.Connection)
	}
	if err != nil {
		return none, err
	}
	tables, err := a.Connections.Timetables(r.Context())
	if err != nil {
		return none, err
	}
	for _, t := range tables {
		q.Rules[t.ID] = view.EffectRule{Zone: func(at string) *time.Location { return t.Zones.Of(at) }, Activates: t.Activates}
	}
	rows, err := a.Views.Effects(r.Context(), q)
	return pageOf(rows, viewEffect), err
}

func viewEffect(e *view.Effect) effectView {
	v := effectView{At: instant(e.At), Kind: e.Kind, Date: syncrun.Optional(e.Date), Connection: syncrun.Optional(e.Connection), PersonID: syncrun.Optional(e.PersonID),
		Name: e.Name, Field: syncrun.Optional(string(e.Field)), Note: syncrun.Optional(e.Note), Freeze: syncrun.Optional(e.Freeze),
		What: append([]string{}, e.What...), WithRun: e.WithRun, OnHold: e.Held, Cancelled: e.Cancelled}
	if e.Reason != "" {
		v.Reason = &e.Reason
	}
	if e.SourceID != 0 {
		v.SourceID = syncrun.Optional(strconv.FormatInt(e.SourceID, 10))
	}
	if w := e.Waits; w != nil {
		v.Waits = &waitsView{w.People, w.Fields, w.More}
	}
	if m := e.Moved; m != nil {
		v.Moved = &movedView{instant(m.WasAt), syncrun.Optional(m.WasDate), m.RunID}
	}
	return v
}
