package runs

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/view"
	"github.com/rollcall-hr/rollcall/internal/web/gate"
	"github.com/rollcall-hr/rollcall/internal/web/ui"
	"github.com/rollcall-hr/rollcall/source"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// previewPage is a connection without a plan to show, or with work under way.
type previewPage struct {
	ui.Page
	Base       string // /connections/ID
	Notes      []note
	Job        *jobView
	MayPreview bool
	Narrow     bool // asks for one person or a future day
	Form       previewForm
	Errors     ui.Errors
}

// previewForm narrows a preview.
type previewForm struct{ AsOf, Person string }

// jobView is work under way.
type jobView struct {
	Base, Title, Text string
	Value, Max        string // Max "": nobody knows how much there is
	MayCancel         bool
	Kind              connection.JobKind
}

func (p *pages) previewPage(r *http.Request, d connection.Detail) *previewPage {
	page := &previewPage{Base: "/connections/" + d.ID, MayPreview: viewer(r).May(account.Operate)}
	page.Page = ui.Page{Title: "Preview", Nav: "connections", Lead: "What would change in the directory. Nothing is written until you apply it.",
		Crumbs: connectionCrumbs(d), Tabs: ui.ConnectionTabs(d.ID, "Preview")}
	page.Form = previewForm{AsOf: r.FormValue("as_of"), Person: strings.TrimSpace(r.FormValue("person"))}
	page.Narrow = page.Form != previewForm{} || r.URL.Query().Has("as_of") || r.URL.Query().Has("person")
	return page
}

// latest shows what is under way, else the newest plan of the whole connection, else how to make one.
func (p *pages) latest(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	d, err := p.Connections.Get(r.Context(), id)
	if err != nil {
		return err
	}
	page := p.previewPage(r, d)
	if err := p.stand(r.Context(), &page.Page, &d); err != nil {
		return err
	}
	job := p.Connections.Job(r.Context(), id)
	if job != nil && !job.Done {
		page.Job = p.jobView(r, job)
		return ui.Render(w, r, http.StatusOK, previewView(page))
	}
	if page.Notes, err = p.troubles(r.Context(), d, job); err != nil {
		return err
	}
	s, err := p.newestPlan(r.Context(), id)
	if err != nil {
		return err
	}
	if s == nil || page.Narrow {
		return ui.Render(w, r, http.StatusOK, previewView(page))
	}
	if page.Notes, err = p.before(r.Context(), s, page.Notes, job); err != nil {
		return err
	}
	return p.showPlan(w, r, s, page.Notes)
}

// troubles says what keeps a preview from being the newest one: work elsewhere, or work that failed.
func (p *pages) troubles(ctx context.Context, d connection.Detail, job *connection.Job) ([]note, error) {
	running, err := p.Views.Runs(ctx, view.RunQuery{Connection: d.ID, Running: true, Limit: 1})
	if err != nil {
		return nil, err
	}
	if len(running.Items) > 0 {
		return []note{{Kind: "info", Text: "A run of this connection is under way elsewhere.", Href: "/runs/" + running.Items[0].ID, Link: "See the run"}}, nil
	}
	if job == nil || job.Err == nil {
		return nil, nil
	}
	n := note{Kind: "bad", Text: failure(job)}
	if e, ok := errors.AsType[*source.Error](job.Err); ok && e.Code() == "settings" {
		n.Href, n.Link = "/connections/"+d.ID+"/mapping", "Go to the mapping"
	} else if job.Run != nil {
		n.Href, n.Link = "/runs/"+job.Run.ID, "See the run"
	}
	return []note{n}, nil
}

// before says of a plan that is shown below a reading that failed later how old it is.
func (p *pages) before(ctx context.Context, s *view.PlanSummary, notes []note, job *connection.Job) ([]note, error) {
	last, err := p.Views.Runs(ctx, view.RunQuery{Connection: s.Info.Connection, Limit: 1})
	if err != nil || len(last.Items) == 0 {
		return notes, err
	}
	run := &last.Items[0]
	if run.Outcome != syncrun.OutcomeFailed || run.PlanID != "" || run.StartedAt.Before(s.Info.CreatedAt) {
		return notes, nil
	}
	if len(notes) == 0 || job == nil || job.Run == nil || job.Run.ID != run.ID {
		text := "The last reading of BambooHR failed."
		if len(run.Errors) > 0 {
			text += " " + onScreen(sentence(run.Errors[0].Message))
		}
		notes = append(notes, note{Kind: "bad", Text: text, Href: "/runs/" + run.ID, Link: "See the run"})
	}
	notes[len(notes)-1].Older = s.Info.CreatedAt
	return notes, nil
}

// failure words why work ended.
func failure(job *connection.Job) string {
	what := map[connection.JobKind]string{connection.JobPreview: "The last preview", connection.JobApply: "The last apply", connection.JobSync: "The last sync",
		connection.JobUndo: "The last undo"}[job.Kind]
	if errors.Is(job.Err, connection.ErrCancelled) {
		return what + " was stopped. What was applied before stays; the rest can still be applied."
	}
	return what + " did not work. " + onScreen(gate.Classify(job.Err).Detail)
}

// newestPlan finds the newest plan of today's whole connection; nil when there is none (any more).
func (p *pages) newestPlan(ctx context.Context, id string) (*view.PlanSummary, error) {
	newest, err := p.Views.NewestPlan(ctx, id)
	if err != nil || newest == "" {
		return nil, err
	}
	s, err := p.Views.PlanSummary(ctx, newest)
	if errors.Is(err, directory.ErrNotFound) { // dropped as old meanwhile
		return nil, nil
	}
	return &s, err
}

// startPreview plans in the background, also for one person or a future day.
func (p *pages) startPreview(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	d, err := p.Connections.Get(r.Context(), id)
	if err != nil {
		return err
	}
	page := p.previewPage(r, d)
	_, err = p.Connections.Preview(r.Context(), viewer(r).Actor(), id, connection.PreviewRequest{AsOf: page.Form.AsOf, Person: page.Form.Person})
	return p.started(w, r, page, err)
}

// startSync plans and applies what the guard lets through, with the settings in force (promise BW19).
func (p *pages) startSync(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	d, err := p.Connections.Get(r.Context(), id)
	if err != nil {
		return err
	}
	if actor := viewer(r).Actor(); r.FormValue("asked") != "" && p.mayInvite(&d.Settings).Text == "" {
		_, err = p.Connections.SyncInviting(r.Context(), actor, id, r.FormValue("invite") != "")
	} else {
		_, err = p.Connections.Sync(r.Context(), actor, id)
	}
	return p.started(w, r, p.previewPage(r, d), err)
}

// started goes to the progress, which leads to what came of it however soon that is, or shows why nothing began.
func (p *pages) started(w http.ResponseWriter, r *http.Request, page *previewPage, err error) error {
	if err == nil {
		http.Redirect(w, r, page.Base+"/progress", http.StatusSeeOther)
		return nil
	}
	if faults, ok := errors.AsType[*connection.SettingsError](err); ok {
		page.Errors = ui.Errors{}
		for _, f := range faults.Faults {
			page.Errors[f.Place] = sentence(f.Message)
		}
	} else if problem := gate.Classify(err); problem.Status >= http.StatusInternalServerError && problem.Code == "internal" {
		return err
	} else if page.Form.Person != "" && (problem.Code == "nobody" || problem.Code == "ambiguous") {
		page.Errors = ui.Errors{"person": onScreen(problem.Detail)}
	} else {
		page.Notes = []note{{Kind: "bad", Text: onScreen(problem.Detail)}}
		if problem.Code == "busy" {
			page.Notes[0].Href, page.Notes[0].Link = page.Base+"/progress", "See how far it is"
		}
	}
	return ui.Render(w, r, http.StatusUnprocessableEntity, previewView(page))
}

// cancel stops work between two batches.
func (p *pages) cancel(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	err := p.Connections.Cancel(r.Context(), id)
	if _, idle := errors.AsType[*connection.SetupError](err); idle {
		p.Gate.FlashWarn(w, "It was done before it could be stopped.")
	} else if err != nil {
		return err
	} else {
		p.Gate.Flash(w, "Stopping. What was applied stays.")
	}
	http.Redirect(w, r, "/connections/"+id+"/preview", http.StatusSeeOther)
	return nil
}

// progress shows how far work is; once it is done it leads to what came of it.
func (p *pages) progress(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	d, err := p.Connections.Get(r.Context(), id)
	if err != nil {
		return err
	}
	job := p.Connections.Job(r.Context(), id)
	if job == nil || job.Done {
		next := result(id, job)
		if isFragment(r) {
			w.Header().Set("HX-Redirect", next)
			w.WriteHeader(http.StatusOK)
			return nil
		}
		http.Redirect(w, r, next, http.StatusSeeOther)
		return nil
	}
	if isFragment(r) {
		return ui.Render(w, r, http.StatusOK, progressView(p.jobView(r, job)))
	}
	page := p.previewPage(r, d)
	if err := p.stand(r.Context(), &page.Page, &d); err != nil {
		return err
	}
	page.Job = p.jobView(r, job)
	return ui.Render(w, r, http.StatusOK, previewView(page))
}

// result is the page of what a job came to.
func result(id string, job *connection.Job) string {
	switch {
	case job != nil && job.Kind != connection.JobPreview && job.Run != nil:
		return "/runs/" + job.Run.ID
	case job != nil && job.Err == nil && job.PlanID != "":
		return "/plans/" + job.PlanID
	}
	return "/connections/" + id + "/preview"
}

func (p *pages) jobView(r *http.Request, job *connection.Job) *jobView {
	v := &jobView{Base: "/connections/" + job.Connection, Title: jobWord(job.Kind), Text: progressWords(job.Kind, job.Progress), Kind: job.Kind,
		MayCancel: viewer(r).May(account.Operate)}
	if job.Progress.Total > 0 {
		v.Value, v.Max = fmt.Sprint(job.Progress.Done), fmt.Sprint(job.Progress.Total)
	}
	return v
}
