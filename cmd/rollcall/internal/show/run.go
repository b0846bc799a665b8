package show

import (
	"fmt"
	"strings"

	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/text"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// Undo shows what an undo of a run reverts, keeps and cannot revert.
func Undo(p *text.Page, runID string, u *plan.UndoResult) {
	p.Linef("%s", p.Paint(text.Bold, "Undo of run "+runID))
	for _, list := range []struct {
		title   string
		entries []plan.UndoEntry
	}{
		{"Will be reverted", u.Reverted}, {"Changed since, kept", u.Kept}, {"Cannot be reverted", u.Impossible},
	} {
		p.Linef("%s: %d", list.title, len(list.entries))
		for _, e := range list.entries {
			line := strings.TrimPrefix(e.Name+": "+e.What, ": ")
			if e.Why != "" {
				line += " (" + e.Why + ")"
			}
			p.Linef("  %s", line)
		}
	}
}

// Outcome is how a run ended, if it has.
func Outcome(r syncrun.Run) string {
	if r.Outcome == "" {
		return "running"
	}
	return string(r.Outcome)
}

// RunHead is a run without its changes.
func RunHead(p *text.Page, r syncrun.Run) {
	p.Linef("%s  %s by %s", p.Paint(text.Bold, "Run "+r.ID+": "+Outcome(r)), r.Trigger, r.Actor)
	took := ""
	if !r.FinishedAt.IsZero() {
		took = fmt.Sprintf(", took %s", r.FinishedAt.Sub(r.StartedAt).Round(1e6))
	}
	p.Linef("  started %s%s, %s to BambooHR, %s", text.Moment(r.StartedAt), took, text.Count(r.Requests, "request", "requests"), text.Count(r.RowsWritten, "row written", "rows written"))
	p.Linef("  %s", Tally(p, r.Counts))
	if r.PlanID != "" {
		p.Linef("  plan %s", r.PlanID)
	}
	if r.UndoOf != "" {
		p.Linef("  undoes run %s", r.UndoOf)
	}
	for _, e := range r.Errors {
		id := ""
		if e.RequestID != "" {
			id = " [request " + e.RequestID + "]"
		}
		p.Linef("  %s %s%s", p.Paint(text.Red, "!"), e.Message, id)
	}
}

// Counts counts what an apply would write: "3 creations, 1 deactivation and 2 new departments".
func Counts(c plan.Counts) string {
	var parts []string
	for _, x := range []struct {
		n         int
		one, many string
	}{
		{c.Create, "creation", "creations"}, {c.Update, "update", "updates"}, {c.Deactivate, "deactivation", "deactivations"},
		{c.Reactivate, "reactivation", "reactivations"}, {c.Link, "link", "links"},
		{c.CreateDepartment, "new department", "new departments"}, {c.CreateTeam, "new team", "new teams"},
	} {
		if x.n > 0 {
			parts = append(parts, text.Count(x.n, x.one, x.many))
		}
	}
	switch n := len(parts); n {
	case 0:
		return "no changes"
	case 1:
		return parts[0]
	default:
		return strings.Join(parts[:n-1], ", ") + " and " + parts[n-1]
	}
}

// HeldCount says that somebody was left alone, and where to read why (promise BW21).
func HeldCount(p *text.Page, c plan.Counts) {
	if c.Held > 0 {
		p.Linef("  %s: \"rollcall plan\" tells who and why", text.Count(c.Held, "entry is held", "entries are held"))
	}
}

// Applied tells what a run did to the directory of a connection, and what it left.
func Applied(p *text.Page, connection string, res syncrun.ApplyResult) {
	switch changed := res.Run.Counts.Changes() > 0 || res.Waiting > 0 || res.Doubt; {
	case !changed && res.Run.UndoOf != "":
		p.Linef("Nothing was taken back.  %s", p.Paint(text.Dim, res.Run.ID))
		return
	case !changed:
		p.Linef("Nothing to do: the directory of %s agrees with BambooHR.  %s", connection, p.Paint(text.Dim, res.Run.ID))
		HeldCount(p, res.Run.Counts)
		return
	}
	what := "Applied to " + connection + ":"
	if res.Run.Counts.Changes() == 0 {
		what = "Nothing was applied to " + connection + ":"
	}
	p.Linef("%s  %s", p.Paint(text.Bold, what), p.Paint(text.Dim, res.Run.ID))
	p.Linef("  %s", Tally(p, res.Run.Counts))
	HeldCount(p, res.Run.Counts)
	switch {
	case res.Waiting > 0:
		p.Linef("%s", p.Paint(text.Yellow, text.Count(res.Waiting, "change waits and was", "changes wait and were")+" not applied:"))
		Waiting(p, res.Plan)
	case res.Doubt:
		p.Linef("%s", p.Paint(text.Yellow, "The reading waits for somebody to accept it:"))
		Waiting(p, res.Plan)
	}
	if res.Run.Counts.Changes() > 0 {
		p.Linef("To take it back: rollcall undo %s", res.Run.ID)
	}
}
