package api

import (
	"net/http"

	"github.com/rollcall-hr/rollcall/syncrun"
)

// runDetailView is a run with the mails to the people it made accounts for.
type runDetailView struct {
	syncrun.RunView
	Mails *runMailsView `json:"mails" doc:"Invitations to the people whose accounts it made; null when there are none."`
}

type runMailsView struct {
	Queued    int `json:"queued"`
	Later     int `json:"later" doc:"Of the queued ones: for people whose first day of work is still to come."`
	Waiting   int `json:"waiting" doc:"Above the number that one run invites by itself; an administrator releases them."`
	Sent      int `json:"sent"`
	Abandoned int `json:"abandoned" doc:"Given up, or discarded."`
}

func (a *api) viewRun(r *http.Request, run *syncrun.Run) (runDetailView, error) {
	v := runDetailView{RunView: syncrun.ViewRun(*run)}
	if a.Mails == nil || run.Counts.Create == 0 {
		return v, nil
	}
	n, err := a.Mails.Welcomes(r.Context(), run.ID)
	if err == nil && n.Total() > 0 {
		v.Mails = &runMailsView{n.Queued, n.Later, n.Waiting, n.Sent, n.Abandoned}
	}
	return v, err
}

// syncRequest is what may be chosen for one sync.
type syncRequest struct {
	Invite *bool `json:"invite" doc:"Whether new people are invited by mail; by default as the connection's settings say, which is nobody when a person asks."`
}
