package api

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/web/api/rest"
	"github.com/rollcall-hr/rollcall/internal/web/gate"
)

// patience is how long a request waits for a run before it is told where to look for it.
const patience = 10 * time.Minute

// jobView is work in the background. It goes on when the request ends; GET /runs/{job} tells how it ended.
type jobView struct {
	Job        string             `json:"job" doc:"The id of its run."`
	Connection string             `json:"connection_id"`
	Kind       connection.JobKind `json:"kind"`
	Actor      string             `json:"actor"`
	StartedAt  string             `json:"started_at"`
	Phase      string             `json:"phase" doc:"reading, planning, applying; blank before."`
	Done       int                `json:"done"`
	Total      int                `json:"total" doc:"0: not known yet."`
}

func viewJob(j *connection.Job) jobView {
	return jobView{Job: j.ID, Connection: j.Connection, Kind: j.Kind, Actor: j.Actor, StartedAt: instant(j.StartedAt),
		Phase: j.Progress.Phase, Done: j.Progress.Done, Total: j.Progress.Total}
}

// later is an answer that waited for a job, or the job itself (202) when the client did not want to wait.
type later[T any] struct {
	job   *jobView
	value T
}

func (later[T]) Done() reflect.Type { return reflect.TypeFor[T]() }

func (l later[T]) Answer(w http.ResponseWriter, r *http.Request, status int) error {
	if l.job == nil {
		return rest.Write(w, r, status, l.value)
	}
	w.Header().Set("Location", base+"/runs/"+l.job.Job)
	if wantsJob(r) {
		w.Header().Set("Preference-Applied", "respond-async")
	}
	return gate.WriteJSON(w, http.StatusAccepted, l.job)
}

// wantsJob tells the preference of RFC 7240.
func wantsJob(r *http.Request) bool {
	for _, line := range r.Header.Values("Prefer") {
		for _, p := range strings.Split(line, ",") {
			name, _, _ := strings.Cut(p, ";")
			if strings.EqualFold(strings.TrimSpace(name), "respond-async") {
				return true
			}
		}
	}
	return false
}

// wait waits for a job and shows what came of it.
func wait[T any](a *api, r *http.Request, j connection.Job, show func(connection.Job) (T, error)) (later[T], error) {
	asJob := func() later[T] { v := viewJob(&j); return later[T]{job: &v} }
	if wantsJob(r) {
		return asJob(), nil
	}
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	done, err := a.Connections.Wait(ctx, j.ID)
	switch {
	case err == nil && done.Err != nil:
		return later[T]{}, &runError{done.ID, done.Err}
	case err == nil:
		v, err := show(done)
		return later[T]{value: v}, err
	case errors.Is(err, directory.ErrNotFound), r.Context().Err() == nil && ctx.Err() != nil:
		return asJob(), nil // a newer one took its place, or it takes long
	}
	return later[T]{}, err
}

// doneView is a finished run with what it left, as "rollcall apply -o json" tells it.
type doneView struct {
	runDetailView
	Waiting int `json:"waiting" doc:"Changes that still wait."`
}

// viewDone makes the view of a finished job.
func (a *api) viewDone(r *http.Request) func(connection.Job) (doneView, error) {
	return func(j connection.Job) (doneView, error) {
		if j.Run == nil {
			return doneView{}, errors.New("a job ended without a run: " + j.ID)
		}
		v, err := a.viewRun(r, j.Run)
		return doneView{v, j.Waiting}, err
	}
}

func instant(t time.Time) string { return rest.Instant(t) }
