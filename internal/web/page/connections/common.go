package connections

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/web/gate"
	"github.com/rollcall-hr/rollcall/internal/web/page/connections/form"
	"github.com/rollcall-hr/rollcall/internal/web/ui"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// typed reads what a form sent. Control characters, which no setting may have, become spaces; lines stay.
func typed(r *http.Request) (url.Values, error) {
	if err := r.ParseForm(); err != nil {
		if _, large := errors.AsType[*http.MaxBytesError](err); large {
			return nil, err
		}
		return nil, &gate.InputError{Field: "form", Text: "the form cannot be read; go back and send it again"}
	}
	for _, values := range r.PostForm {
		for i, v := range values {
			values[i] = form.Clean(v)
		}
	}
	return r.PostForm, nil
}

// formErrors tells what of an error belongs beside a form's fields; anything else is answered as an error.
func formErrors(err error, fields ...string) (ui.Errors, bool) {
	if wrong, ok := errors.AsType[*connection.SettingsError](err); ok {
		return form.Placed(wrong.Faults, fields...), true
	}
	if meanwhile, ok := errors.AsType[*connection.VersionError](err); ok {
		return ui.Errors{"": fmt.Sprintf("Not saved: version %d was saved meanwhile, and you began with version %d. What you typed is kept.", meanwhile.Now, meanwhile.Have)}, true
	}
	return nil, false
}

// frame is the page around one connection's screen.
func frame(d *connection.Detail, tab string) ui.Page {
	page := ui.Page{Title: d.Name, Nav: "connections", Crumbs: append(crumbs(), ui.Crumb{Text: "HRIS connections", Href: "/connections"}),
		Tabs: ui.ConnectionTabs(d.ID, tab)}
	if d.Pause != nil && tab != "Overview" { // the overview tells who paused it
		page.Standing = pausedLine(d.Summary)
	}
	return page
}

// crumbs are the way that the vendors' documents tell (promise AY3).
func crumbs() []ui.Crumb {
	return []ui.Crumb{{Text: "Admin", Href: "/"}, {Text: "Integrations", Href: "/connections"}}
}

// detail reads the connection that a request names.
func (p *pages) detail(r *http.Request) (connection.Detail, error) {
	return p.Connections.Get(r.Context(), r.PathValue("id"))
}

// editable tells whether the viewer may change the connection's settings here.
func editable(ctx context.Context, d *connection.Detail) bool {
	return d.Origin == connection.FromWeb && may(ctx, account.Configure)
}

func may(ctx context.Context, what account.Permission) bool { return gate.ViewerFrom(ctx).May(what) }

func actor(r *http.Request) string { return gate.ViewerFrom(r.Context()).Actor() }

// done ends a POST: one sentence for the next page, and the way there.
func (p *pages) done(w http.ResponseWriter, r *http.Request, to, text string) error {
	if text != "" {
		p.Gate.Flash(w, text)
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// notDone ends a POST that did nothing: why, and the way to where it is told.
func (p *pages) notDone(w http.ResponseWriter, r *http.Request, to, text string) error {
	p.Gate.FlashWarn(w, text)
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

func path(id string, more ...string) string {
	return strings.Join(append([]string{"/connections", url.PathEscape(id)}, more...), "/")
}

func link(id string, more ...string) templ.SafeURL { return templ.SafeURL(path(id, more...)) }

// preview starts a plan of the given settings and goes where its progress and result are shown (promise
// SI11). Work that is under way already is no reason to lose what was done before.
func (p *pages) preview(w http.ResponseWriter, r *http.Request, id string, patch []byte, done, next string) error {
	return p.previewOf(w, r, id, connection.PreviewRequest{Settings: patch}, done, next)
}

// previewOf is preview for any request.
func (p *pages) previewOf(w http.ResponseWriter, r *http.Request, id string, request connection.PreviewRequest, done, next string) error {
	_, err := p.Connections.Preview(r.Context(), actor(r), id, request)
	busy, _ := errors.AsType[*syncrun.BusyError](err)
	setup, _ := errors.AsType[*connection.SetupError](err)
	to := path(id, "preview") + next
	switch {
	case busy != nil:
		return p.notDone(w, r, to, strings.TrimSpace(done+" A run is under way; make a preview when it is done."))
	case setup != nil:
		return p.notDone(w, r, to, strings.TrimSpace(done+" "+form.Sentence(setup.Error())))
	case err != nil:
		return err
	}
	return p.done(w, r, to, strings.TrimSpace(done))
}

// names gives people to the actors of what is shown.
func (p *pages) names(ctx context.Context, actors ...string) (map[string]string, error) {
	var ids []string
	for _, a := range actors {
		if a != "" && !strings.Contains(a, ":") && !slices.Contains(ids, a) {
			ids = append(ids, a)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	return p.Views.Names(ctx, ids)
}

// who says who did something, in words.
func who(actor string, names map[string]string) string {
	switch kind, rest, _ := strings.Cut(actor, ":"); {
	case actor == "":
		return "unknown"
	case kind == "cli":
		return rest + " at the command line"
	case kind == "token":
		return "the API token " + rest
	case actor == "schedule":
		return "the schedule"
	case actor == "operator":
		return "the operator’s file"
	}
	return cmp.Or(names[actor], "person "+actor)
}

// standing is a state as a tag.
type standing struct{ kind, text, meaning string }

// standingOf words a state with the labels of the vendors' documents (promise BW15).
func standingOf(s connection.State) standing {
	switch s {
	case connection.Checked:
		return standing{"good", "Connected", "BambooHR answers. Runs start by hand."}
	case connection.AwaitingApproval:
		return standing{"warn", "Awaiting approval", "An administrator has to approve the settings before they run by themselves."}
	case connection.Enabled:
		return standing{"good", "Connected", "Runs start by themselves."}
	case connection.Paused:
		return standing{"warn", "Paused", "Automatic runs are stopped for now."}
	case connection.Failing:
		return standing{"bad", "Error", "BambooHR could not be read."}
	}
	return standing{"plain", "Set up", "The set-up is not complete yet."}
}

// zone is a connection's time zone.
func zone(name string) *time.Location {
	if z, err := time.LoadLocation(name); err == nil && name != "" && name != "Local" {
		return z
	}
	return time.UTC
}

// outcome words how a run ended, as the history does.
func outcome(run *syncrun.Run) (kind, text string) {
	switch run.Outcome {
	case "":
		return "plain", "Running"
	case syncrun.OutcomeFailed, syncrun.OutcomeRefused, syncrun.OutcomeInterrupted:
		kind = "bad"
	case syncrun.OutcomePartial:
		return "warn", "Partly applied"
	case syncrun.OutcomeNoOp:
		return "plain", "Nothing to do"
	case syncrun.OutcomeApplied:
		kind = "good"
	default:
		kind = "plain"
	}
	text = string(run.Outcome)
	return kind, strings.ToUpper(text[:1]) + text[1:]
}

// changesOf tells what a run changed, in a few words.
func changesOf(run *syncrun.Run) string {
	var parts []string
	c := run.Counts
	for _, part := range []struct {
		n    int
		word string
	}{{c.Create, "created"}, {c.Update, "updated"}, {c.Deactivate, "deactivated"}, {c.Reactivate, "reactivated"}, {c.Link, "linked"}, {c.CreateDepartment, plural(c.CreateDepartment, "new department", "new departments")},
		{c.CreateTeam, plural(c.CreateTeam, "new team", "new teams")}} {
		if part.n > 0 {
			parts = append(parts, fmt.Sprintf("%s %s", ui.Number(part.n), part.word))
		}
	}
	if run.Outcome == syncrun.OutcomePreview && len(parts) > 0 {
		return "planned: " + strings.Join(parts, ", ")
	}
	return cmp.Or(strings.Join(parts, ", "), "no changes")
}

func runLink(id string) templ.SafeURL { return templ.SafeURL("/runs/" + url.PathEscape(id)) }

// problemKind tells how loud a problem is: what keeps the connection from working, or what is still to do.
func problemKind(s connection.State) string {
	switch s {
	case connection.Failing:
		return "bad"
	case connection.AwaitingApproval:
		return "warn"
	}
	return "info"
}
