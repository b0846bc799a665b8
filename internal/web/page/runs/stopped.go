package runs

import (
	"context"
	"strings"

	"github.com/rollcall-hr/rollcall/internal/view"
	"github.com/rollcall-hr/rollcall/internal/web/ui"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// stopped is what the guard keeps back of a run's plan: as of now, not of when the run ended.
type stopped struct {
	refused, approval plan.Counts // that nobody has let through
	unreached         int         // changes that may be applied, and were not
	open              bool        // they can still be let through
	doubtful          bool        // the reading as such waits
}

func (s *stopped) waiting() int { return s.refused.Changes() + s.approval.Changes() }

// stopped asks the plan of a run that did not do all of it what is left.
func (p *pages) stopped(ctx context.Context, s *view.PlanSummary) (stopped, error) {
	st, err := p.standing(ctx, s)
	if err != nil {
		return stopped{}, err
	}
	h := &s.Info.Header
	left := stopped{open: st.Stage == stageReady, doubtful: doubtful(h)}
	for _, o := range s.Open {
		for range o.Rows {
			switch h.Waiting(o.Kinds) {
			case plan.WaitingRefused:
				left.refused.Add(o.Action)
			case plan.WaitingApproval:
				left.approval.Add(o.Action)
			default:
				left.unreached++
			}
		}
	}
	return left, nil
}

// words says what is left, in numbers; waited tells that the guard kept something back when the run ended.
func (s *stopped) words(waited bool) string {
	var out []string
	wait := func(c plan.Counts, now, then string) {
		n, what := c.Changes(), and(tally(c))
		switch {
		case n == 0:
		case s.open && n == 1:
			out = append(out, what+" waits"+now)
		case s.open:
			out = append(out, what+" wait"+now)
		default:
			out = append(out, what+then)
		}
	}
	wait(s.refused, ", refused by the guard.", " waited, refused by the guard.")
	wait(s.approval, " for an approval.", " waited for an approval.")
	switch n := s.waiting(); {
	case n > 0 && !s.open:
		out = append(out, "Nobody let "+thisOrThem(n)+" through, and the plan can no longer be applied.")
	case n == 0 && waited:
		out = append(out, "What waited was let through since.")
	}
	if s.doubtful && s.open {
		out = append(out, "The reading is doubtful, and somebody has to look at it.")
	} else if s.doubtful {
		out = append(out, "The reading was doubtful.")
	}
	if s.unreached > 0 {
		out = append(out, ui.Count(s.unreached, "more change was", "more changes were")+" not applied; the plan says which.")
	}
	return strings.Join(out, " ")
}

func thisOrThem(n int) string {
	if n == 1 {
		return "this"
	}
	return "them"
}

// and lists parts in a sentence.
func and(parts []string) string {
	if n := len(parts) - 1; n > 0 {
		return strings.Join(parts[:n], ", ") + " and " + parts[n]
	}
	return strings.Join(parts, "")
}

// sayStopped says on a run's page what the guard stopped, with the way to where it is let through.
func (p *pages) sayStopped(ctx context.Context, page *runPage, s *view.PlanSummary) error {
	run := &page.Run
	if run.Outcome != syncrun.OutcomeRefused && run.Outcome != syncrun.OutcomePartial {
		return nil
	}
	left, err := p.stopped(ctx, s)
	if err != nil {
		return err
	}
	waited := !run.Released && s.Waiting[plan.WaitingApproval]+s.Waiting[plan.WaitingRefused] > 0
	text := left.words(waited)
	if text == "" && len(run.Errors) == 0 {
		text = "The rest was applied since."
	}
	page.Said.Text = strings.TrimSpace(did(run) + " " + text)
	page.Said.Href, page.Said.Link = page.Plan, "See the plan"
	if n := left.waiting(); n > 0 && left.open {
		page.Said.Href, page.Said.Link = page.Plan+"?waiting="+view.WaitingAny, "See what waits, and why"
		page.Segments = append(page.Segments, ui.Segment{Kind: "waiting", Text: "waiting", Count: n, Href: page.Said.Href})
	}
	return nil
}
