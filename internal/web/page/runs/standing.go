package runs

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/connection/release"
	"github.com/rollcall-hr/rollcall/internal/view"
	"github.com/rollcall-hr/rollcall/internal/web/ui"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/policy"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// stage is how far a plan has come.
type stage int

const (
	stageReady   stage = iota // may be applied
	stageDone                 // applied whole, or nothing to apply
	stageFuture               // of a future day
	stageUnsaved              // of settings that are not saved, or not saved here
	stageStale
	stageGone // its connection was deleted
)

// standing is what may be done with a plan, and why.
type standing struct {
	Stage      stage
	Connection connection.Detail
	Settings   string
	Notes      []note
}

func appliedRows(s *view.PlanSummary) int {
	n := 0
	for _, a := range s.Applied {
		n += a.Rows
	}
	return n
}

// standing tells whether a plan can still be applied (product, "A plan is a contract"), and words why not.
func (p *pages) standing(ctx context.Context, s *view.PlanSummary) (standing, error) {
	d, gone, err := p.of(ctx, s.Info.Connection)
	if err != nil {
		return standing{}, err
	}
	st := standing{Connection: d}
	if gone {
		st.Connection.ID = ""
		return st.at(stageGone, note{Kind: "warn", Text: "The connection of this plan was deleted; the plan is kept, and can no longer be applied."}), nil
	}
	versions, err := p.Connections.Versions(ctx, d.ID)
	if err != nil {
		return st, fmt.Errorf("list the settings of %s: %w", d.Name, err)
	}
	h := &s.Info.Header
	i := inForce(versions, h.Revision, s.Info.CreatedAt)
	if st.Settings = "not saved"; i >= 0 {
		st.Settings = fmt.Sprintf("version %d", versions[i].Number)
	} else if len(versions) == 0 {
		st.Settings = "the command line's"
	}
	again := note{Kind: "warn", Href: "/connections/" + d.ID + "/preview", Link: "Go to the newest preview"}
	switch {
	case h.AsOf != nil:
		return st.at(stageFuture, note{Kind: "info", Text: "This plan shows a future day, so it can never be applied."}), nil
	case h.WithoutFreezes:
		return st.at(stageFuture, note{Kind: "info", Text: "This plan shows what waits for the end of the freezes, so it can never be applied. End a freeze to let its part through.",
			Href: "/connections/" + d.ID + "/holds", Link: "Go to the freezes"}), nil
	case s.Changes == appliedRows(s) && (h.Verdict != plan.Refused || s.Changes > 0 && !doubtful(h)):
		return st.at(stageDone), nil
	case d.Origin == connection.FromCLI && len(versions) == 0:
		return st.at(stageUnsaved, note{Kind: "info", Text: "This connection runs from the command line. Apply the plan there."}), nil
	case h.Revision != policy.Revision(d.Settings) && i < 0:
		return st.at(stageUnsaved, note{Kind: "info", Text: "Made with settings that are not saved. It cannot be applied until they are saved and previewed again.",
			Href: "/connections/" + d.ID + "/unsaved", Link: "Go back to the form"}), nil
	case h.Revision != policy.Revision(d.Settings):
		again.Text = "This plan is stale: the settings changed since it was made. Make a new preview to apply anything."
		return st.at(stageStale, again), nil
	case p.Now().Sub(s.Info.CreatedAt) > d.Settings.PlanExpires:
		again.Text = fmt.Sprintf("This plan expired: it was made %s, and plans expire after %s. What was not applied was not done. Plan again to see what is due now.",
			ui.Ago(p.Now(), s.Info.CreatedAt), hours(d.Settings.PlanExpires))
		again.Href, again.Link, again.Again = "", "", "/connections/"+d.ID+"/preview"
		return st.at(stageStale, again), nil
	}
	newer, err := p.overtaken(ctx, &s.Info)
	if newer {
		again.Text = "This plan is stale: " + d.Name + " was read and planned again since."
		return st.at(stageStale, again), err
	}
	if err != nil || s.Info.UndoOf != "" {
		return st, err
	}
	if again.Text, err = p.frozenSince(ctx, d.ID, h); again.Text != "" {
		return st.at(stageStale, again), nil
	}
	return st, err
}

// doubtful tells a plan that lacks what a doubtful reading would take away: an administrator may still accept it.
func doubtful(h *plan.Header) bool {
	return slices.ContainsFunc(h.Reasons, func(r plan.VerdictReason) bool { return r.Kind == plan.KindBaseline })
}

func (st standing) at(s stage, notes ...note) standing {
	st.Stage, st.Notes = s, notes
	return st
}

func hours(d time.Duration) string {
	if d%time.Hour == 0 {
		return ui.Count(int(d/time.Hour), "hour", "hours")
	}
	return ui.Span(d)
}

// overtaken tells a plan after which the whole connection was planned again; plans of one person and undo
// plans stand beside that.
func (p *pages) overtaken(ctx context.Context, info *syncrun.PlanInfo) (bool, error) {
	if info.Person != "" && info.Person != syncrun.PlanOfChanges || info.UndoOf != "" {
		return false, nil
	}
	e, err := p.Connections.Engine(ctx, "", info.Connection)
	if err != nil {
		return false, err
	}
	latest, err := e.Store.LatestFullPlan(ctx, info.Connection)
	return latest > info.Seq, err
}

// verdict is what the plan comes to, in one sentence.
func verdict(s *planPage) note {
	h := &s.Info.Header
	total, rest := h.Counts.Changes(), ""
	if s.Stage == stageReady {
		rest = " The rest may be applied."
	}
	switch {
	case h.Verdict == plan.NothingToDo && s.Undoes != "":
		return note{Kind: "info", Text: "Nothing can be taken back. The lists below say why."}
	case h.Verdict == plan.NothingToDo:
		return note{Kind: "good", Text: "Nothing to do: the directory agrees with BambooHR."}
	case h.Verdict == plan.Refused && total == 0:
		return note{Kind: "bad", Text: "Refused: the reading is doubtful, and somebody has to look at it."}
	case h.Verdict == plan.Refused && s.Waits == total:
		return note{Kind: "bad", Text: "Refused: the guard stopped all of this, because it looks wrong."}
	case h.Verdict == plan.Refused:
		return note{Kind: "bad", Text: "Refused in part: the guard stopped something that looks wrong." + rest}
	case h.Verdict == plan.NeedsApproval && s.Waits == total:
		return note{Kind: "warn", Text: "All of this waits for an approval."}
	case h.Verdict == plan.NeedsApproval:
		return note{Kind: "warn", Text: "Something waits for an approval." + rest}
	case s.Stage != stageReady:
		return note{Kind: "info", Text: ui.Count(total, "change", "changes") + ", none of which the guard would stop."}
	}
	return note{Kind: "good", Text: "Good to apply: " + ui.Count(total, "change", "changes") + ", and nothing waits."}
}

// mayApply tells whether a viewer may apply plans such as this one; an undo is an administrator's.
func mayApply(info *syncrun.PlanInfo, v account.Viewer) bool {
	if info.UndoOf != "" {
		return v.May(account.Configure)
	}
	return v.May(account.Operate)
}

// applyText is what the button says, "" for no button.
func applyText(s *view.PlanSummary, st standing, v account.Viewer) string {
	n, applied := s.Waiting[plan.NotWaiting], appliedRows(s)
	switch {
	case st.Stage != stageReady || !mayApply(&s.Info, v) || n <= applied:
		return ""
	case applied > 0:
		return "Apply the rest"
	}
	return "Apply " + ui.Count(n, "change", "changes")
}

// guards words what the guard stopped: numbers and names, what to do, who may let it through.
func guards(s *view.PlanSummary, st standing, v account.Viewer, rel release.Decision) []guard {
	h := &s.Info.Header
	if st.Stage == stageDone { // what it stopped was let through, and the run says so
		return nil
	}
	var out []guard
	for _, reason := range h.Reasons {
		i := slices.IndexFunc(out, func(g guard) bool { return g.Kind == reason.Kind })
		if i < 0 {
			i = len(out)
			out = append(out, guard{Kind: reason.Kind, Title: kindWord(reason.Kind)})
			if n := s.Kinds[reason.Kind]; n > 0 {
				out[i].Show = "/plans/" + s.Info.ID + "?kind=" + url.QueryEscape(string(reason.Kind))
				out[i].ShowText = "Show " + ui.Count(n, "change", "changes")
			}
		}
		g := &out[i]
		g.Sentence = strings.TrimSpace(g.Sentence + " " + reason.Sentence)
		g.Refused = g.Refused || reason.Waiting == plan.WaitingRefused
	}
	for i := range out {
		g := &out[i]
		if st.Stage == stageReady {
			g.Advice = guardAdvice(g, rel, v.May(account.Configure))
		}
		if st.Stage == stageReady && v.May(account.Configure) {
			switch {
			case !g.Refused:
				g.Review, g.ReviewText = "/plans/"+s.Info.ID+"/confirm?approve="+url.QueryEscape(string(g.Kind)), "Review and approve…"
			case rel.May:
				g.Review, g.ReviewText = "/plans/"+s.Info.ID+"/confirm", "Review and release…"
			}
		}
	}
	return out
}

// guardAdvice says what to do about what the guard stopped; admin tells that the viewer is an administrator.
func guardAdvice(g *guard, rel release.Decision, admin bool) string {
	who, accept, release := releaser(rel, admin), "accepts", "releases"
	if rel.May && admin && !rel.Alone {
		who, accept, release = "you", "accept", "release"
	}
	switch {
	case g.Kind == plan.KindBaseline:
		return "If the company really is this small now, " + who + " " + accept + " the new head-count by typing it. If not, run the check: the key may see fewer people than before."
	case g.Refused:
		return "If this is meant, " + who + " " + release + " it by typing the count. If not, correct it in BambooHR and make a new preview."
	}
	return "If this is meant, an administrator approves it. If not, correct it in BambooHR and make a new preview."
}

// releaser names who lets a refusal through.
func releaser(rel release.Decision, admin bool) string {
	switch {
	case rel.Alone && rel.May && admin:
		return "the only administrator"
	case len(rel.By) == 0:
		return "another administrator"
	}
	return either(rel.By)
}

// either names one of several people, of many the first.
func either(names []string) string {
	const most = 4
	if n := len(names); n > most {
		names = append(slices.Clone(names[:most]), ui.Count(n-most, "other administrator", "other administrators"))
	}
	if n := len(names); n > 1 {
		return strings.Join(names[:n-1], ", ") + " or " + names[n-1]
	}
	return strings.Join(names, "")
}

// inForce finds the version that planned at an instant, newest first; -1 for settings that were not saved.
// Several versions plan the same, where they differ in what plans do not read.
func inForce(versions []connection.Version, revision string, at time.Time) int {
	same := func(v connection.Version) bool { return v.Revision == revision }
	if i := slices.IndexFunc(versions, func(v connection.Version) bool { return same(v) && !v.At.After(at) }); i >= 0 {
		return i
	}
	return slices.IndexFunc(versions, same)
}
