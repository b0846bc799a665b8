package work

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/jobs"
	"github.com/rollcall-hr/rollcall/internal/web/ui"
)

// shownJobs is how many of the newest jobs are listed.
const shownJobs = 100

type jobsPage struct {
	ui.Page
	Rows []jobRow
	Full bool // older ones are not listed

	Worker *jobs.Worker // who makes them; nil: nobody
	Silent bool         // it gives no sign of life
}

type jobRow struct {
	jobs.Job
	Name      string // of the connection
	Known     bool   // the connection is still there
	Zone      *time.Location
	Error     string
	StateKind string
	StateText string
}

func (p *pages) jobs(w http.ResponseWriter, r *http.Request) error {
	found, err := p.Queue.Jobs(r.Context(), shownJobs)
	if err != nil {
		return err
	}
	all, err := p.Connections.List(r.Context())
	if err != nil {
		return err
	}
	health, err := p.Queue.Health(r.Context())
	if err != nil {
		return err
	}
	page := jobsPage{Worker: health.Worker, Silent: health.Silent, Page: frame("Queue", "Automatic runs that are to be made, are being made, or were made within the last week. The newest come first."), Full: len(found) == shownJobs}
	for _, j := range found {
		row := jobRow{Job: j, Name: "a deleted connection", Error: errorWords(j.Error), Zone: time.UTC}
		row.StateKind, row.StateText = jobWords(j.State)
		for i := range all {
			if all[i].ID == j.Connection {
				row.Name, row.Zone, row.Known = all[i].Name, zone(all[i].TimeZone), true
			}
		}
		page.Rows = append(page.Rows, row)
	}
	return ui.Render(w, r, http.StatusOK, jobsView(page))
}

// jobWords names a job's state; the first is a colour of ui.Tag.
func jobWords(s jobs.State) (kind, text string) {
	switch s {
	case jobs.Running:
		return "update", "Running"
	case jobs.Retrying:
		return "warn", "Tried again soon"
	case jobs.Done:
		return "good", "Done"
	case jobs.Failed:
		return "bad", "Not done"
	}
	return "plain", "Waiting"
}

// stateWords names a connection's state.
func stateWords(s *connection.Summary) (kind, text string) {
	if s.Silent {
		return "warn", "Waits for an address"
	}
	switch s.State {
	case connection.Enabled:
		return "good", "Automatic"
	case connection.Paused:
		return "warn", "Paused"
	case connection.Failing:
		return "bad", "Error"
	case connection.AwaitingApproval:
		return "warn", "Awaiting approval"
	case connection.Checked:
		return "plain", "By hand"
	}
	return "plain", "Set up"
}

// what says what a job does.
func (j *jobRow) what() string {
	switch {
	case j.Kind == jobs.Effects:
		return "Applies what came due, without reading BambooHR"
	case j.Kind == jobs.Changes && j.Hinted:
		return "Reads whom BambooHR told of"
	case j.Kind == jobs.Changes:
		return "Looks for changes"
	case j.Moment:
		return "Run, because somebody’s date has come"
	}
	return "Run by the schedule"
}

// attempts tells how often a job was begun.
func (j *jobRow) attempts() string {
	if j.Attempt == 0 {
		return "not begun"
	}
	return fmt.Sprintf("attempt %d of %d", j.Attempt, j.Most)
}

// again reports a job that is begun later.
func (j *jobRow) again() bool { return j.State == jobs.Waiting || j.State == jobs.Retrying }

// late says how much a job makes up for, "" for nothing.
func (j *jobRow) late() string {
	switch {
	case j.Missed > 0:
		return "found late; makes up for " + ui.Count(j.Missed+1, "start", "starts")
	case j.Late:
		return "found late"
	}
	return ""
}

// errorWords is why the last attempt went wrong, as an administrator can use it.
func errorWords(text string) string {
	text = strings.TrimSpace(ui.Said(text))
	if text == "" {
		return ""
	}
	text = strings.ToUpper(text[:1]) + text[1:]
	if !strings.HasSuffix(text, ".") {
		text += "."
	}
	return text
}
