package connections

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/a-h/templ"

	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/web/gate"
	"github.com/rollcall-hr/rollcall/internal/web/ui"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// editable tells whether the viewer may change the connection's settings here.
func editable(ctx context.Context, d *connection.Detail) bool {
	return d.Origin == connection.FromWeb && may(ctx, account.Configure)
}

func may(ctx context.Context, what account.Permission) bool { return gate.ViewerFrom(ctx).May(what) }

// preview starts a plan of the given settings and goes where its progress and result are shown.
func (p *pages) preview(w http.ResponseWriter, r *http.Request, id string, patch []byte, done, next string) error {
	return p.Preview(w, r, id, connection.PreviewRequest{Settings: patch}, done, next)
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

// standingsOf words all that a connection's state is about: one that is paused may wait for something else besides.
func standingsOf(s *connection.Summary) []standing {
	out := []standing{standingOf(s.State)}
	if s.Silent {
		out[0] = standing{"warn", "Awaiting an address", "BambooHR answers. Automatic runs wait for a confirmed address."}
	}
	if s.Pause != nil && s.State != connection.Paused {
		out = append(out, standingOf(connection.Paused))
	}
	return out
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
	if run.Outcome == syncrun.OutcomeRefused {
		return "no changes; the guard stopped what was planned"
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
