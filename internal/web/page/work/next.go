package work

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/view"
	"github.com/rollcall-hr/rollcall/internal/web/gate"
	"github.com/rollcall-hr/rollcall/internal/web/ui"
	"github.com/rollcall-hr/rollcall/internal/web/words"
)

// nextPage is every connection with what it does by itself.
type nextPage struct {
	ui.Page
	Rows    []nextRow
	Running bool // something is under way: the page looks again
}

type nextRow struct {
	connection.Summary
	Zone     *time.Location
	Why      string // in place of the instant of the next run
	PausedBy string
	Under    *underWay
}

// underWay is work that is being done right now.
type underWay struct {
	Text       string
	Value, Max string // Max "": nobody knows how much there is
	Since      time.Time
	Run        string // its page, "" while there is none
	Cancel     bool
}

func (p *pages) next(w http.ResponseWriter, r *http.Request) error {
	all, err := p.Connections.List(r.Context())
	if err != nil {
		return err
	}
	names, err := p.pausers(r.Context(), all)
	if err != nil {
		return err
	}
	page := nextPage{Page: frame("Next", "What each connection does by itself, and what is under way.")}
	for _, s := range all {
		row := nextRow{Summary: s, Zone: zone(s.TimeZone), Why: words.NotYet(&s)}
		if s.Pause != nil {
			row.PausedBy = cmp.Or(names[s.Pause.By], directory.ActorWords(s.Pause.By))
		}
		if row.Under, err = p.underWay(r.Context(), s.ID); err != nil {
			return err
		}
		page.Running = page.Running || row.Under != nil
		page.Rows = append(page.Rows, row)
	}
	return ui.Render(w, r, http.StatusOK, nextView(page))
}

// pausers names who paused connections.
func (p *pages) pausers(ctx context.Context, all []connection.Summary) (map[string]string, error) {
	var ids []string
	for i := range all {
		if all[i].Pause != nil && !strings.Contains(all[i].Pause.By, ":") {
			ids = append(ids, all[i].Pause.By)
		}
	}
	slices.Sort(ids)
	if len(ids) == 0 {
		return nil, nil
	}
	return p.Views.Names(ctx, slices.Compact(ids))
}

// underWay returns what a connection is busy with, nil for nothing.
func (p *pages) underWay(ctx context.Context, id string) (*underWay, error) {
	if job := p.Connections.Job(ctx, id); job != nil && !job.Done {
		u := &underWay{Text: progress(job), Since: job.StartedAt, Cancel: gate.ViewerFrom(ctx).May(account.Operate)}
		if job.Progress.Total > 0 {
			u.Value, u.Max = fmt.Sprint(job.Progress.Done), fmt.Sprint(job.Progress.Total)
		}
		return u, nil
	}
	running, err := p.Views.Runs(ctx, view.RunQuery{Connection: id, Running: true, Limit: 1})
	if err != nil || len(running.Items) == 0 {
		return nil, err
	}
	run := &running.Items[0]
	return &underWay{Text: "A run is under way in another process", Since: run.StartedAt, Run: "/runs/" + run.ID}, nil
}

// progress says what a job is doing.
func progress(job *connection.Job) string {
	what := map[connection.JobKind]string{connection.JobPreview: "Preview", connection.JobApply: "Applying a plan", connection.JobSync: "Run", connection.JobUndo: "Undo"}[job.Kind]
	p := job.Progress
	switch p.Phase {
	case "reading":
		return what + ": read " + ui.Count(p.Done, "employee", "employees") + " from BambooHR"
	case "planning":
		return fmt.Sprintf("%s: compared %s of %s", what, ui.Number(p.Done), ui.Count(p.Total, "employee", "employees"))
	case "applying":
		return fmt.Sprintf("%s: applied %s of %s", what, ui.Number(p.Done), ui.Count(p.Total, "change", "changes"))
	}
	return what + ": getting ready"
}

// cancel stops work between two batches.
func (p *pages) cancel(w http.ResponseWriter, r *http.Request) error {
	err := p.Connections.Cancel(r.Context(), r.PathValue("id"))
	if _, idle := errors.AsType[*connection.SetupError](err); idle {
		p.Gate.FlashWarn(w, "It was done before it could be stopped, or another process does it.")
	} else if err != nil {
		return err
	} else {
		p.Gate.Flash(w, "Stopping. What was applied stays.")
	}
	http.Redirect(w, r, "/automation", http.StatusSeeOther)
	return nil
}
