package runs

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/a-h/templ"

	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/connection/release"
	"github.com/rollcall-hr/rollcall/internal/notify"
	"github.com/rollcall-hr/rollcall/internal/view"
	"github.com/rollcall-hr/rollcall/internal/web/ui"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// waiting is what there is to know of a plan that waits for somebody.
type waiting struct {
	Since, Expires time.Time
	Zone           *time.Location
	Then           string // what happens when it expires
	Approvers      string // names, "" when nothing waits for an approval
	Releasers      string // names, "" when nothing is refused
	Why            string // why this viewer, or anybody, may not release
	Told           []toldLine
	Mail           note      // why nobody was told, or what became of the mails
	Same           bool      // they were told of an earlier plan that waited for the same
	Settled        time.Time // until then limits that were loosened do not count; zero: they do
}

type toldLine struct {
	To, State string
	At        time.Time
}

// waiting fills the card of a plan that waits, and tells who may release what is refused.
func (p *pages) waiting(ctx context.Context, page *planPage, s *view.PlanSummary, st standing, made *syncrun.Run, v account.Viewer) (release.Decision, error) {
	h := &s.Info.Header
	if st.Stage != stageReady || len(h.Reasons) == 0 {
		return release.Decision{}, nil
	}
	d := &st.Connection
	rel, err := p.Connections.Releasers(ctx, v.Actor(), d.ID, s.Info.ID)
	if err != nil {
		return rel, err
	}
	limits, err := p.Connections.Limits(ctx, d.ID)
	if err != nil {
		return rel, err
	}
	c := &waiting{Since: s.Info.CreatedAt, Expires: s.Info.CreatedAt.Add(d.Settings.PlanExpires), Settled: limits.Settled,
		Zone: d.Settings.Zones().Connection(), Then: "When it expires, nothing of it is done. A run or a new preview takes its place."}
	if d.Automatic {
		c.Then = "When it expires, nothing of it is done. The next automatic run, or a new preview, takes its place."
	}
	for _, r := range h.Reasons {
		if r.Waiting == plan.WaitingApproval {
			c.Approvers = either(rel.All)
		} else if c.Releasers = cmp.Or(either(rel.By), "nobody right now"); v.May(account.Configure) {
			c.Why = rel.Why
		} else {
			c.Why = rel.Nobody
		}
	}
	page.Waiting = c
	if err := p.told(ctx, c, &s.Info); err != nil {
		return rel, err
	}
	c.Mail = p.mailing(c.Told, made, &s.Info, d, v)
	return rel, nil
}

// mailing says why nobody was told of a plan that waits, or why the mails did not get there, and where that is set.
func (p *pages) mailing(told []toldLine, made *syncrun.Run, info *syncrun.PlanInfo, d *connection.Detail, v account.Viewer) note {
	sets, home := d.Origin == connection.FromWeb && v.May(account.Configure), "/connections/"+d.ID
	switch {
	case p.Mails == nil:
		return note{Text: "This server sends no mails."}
	case len(told) > 0 && !p.Sends:
		return p.inOutbox("There is no mail server, so mails stay in the outbox. Whoever runs the server sets smtp in its configuration file.", v)
	case slices.ContainsFunc(told, func(t toldLine) bool { return t.State == toldWord(notify.GaveUp) }):
		return p.inOutbox("The outbox says why a mail did not get there.", v)
	case len(told) > 0:
		return note{}
	case made.ID != "" && !notify.Tells(made, info):
		return note{Text: "A preview is mailed to nobody: whoever made it looks at it. Of a run, those who learn about failures are told."}
	case len(d.Recipients) == 0 && sets:
		return note{Text: "No address is named for notices.", Href: home + "/configuration#f-notify.errors", Link: "Name an address"}
	case len(d.Recipients) == 0 && d.Origin == connection.FromFile:
		return note{Text: "No address is named for notices: notify.errors in the operator’s configuration file is empty."}
	case len(d.Recipients) == 0:
		return note{Text: "No address is named for notices. An administrator names one in the configuration of the connection."}
	case !d.Heard && !p.Sends:
		return note{Text: "None of the named addresses has agreed to notices, and without a mail server nobody can be asked. Whoever runs the server sets smtp in its configuration file."}
	case !d.Heard && sets:
		return note{Text: "None of the named addresses has agreed to notices yet.", Href: home + "#recipients", Link: "Ask them again"}
	case !d.Heard:
		return note{Text: "None of the named addresses has agreed to notices yet. An administrator can ask them again."}
	}
	return note{Text: "Whoever agreed to notices since learns of the next run that waits."}
}

// inOutbox leads to the outbox whoever may see it.
func (p *pages) inOutbox(text string, v account.Viewer) note {
	if !v.May(account.Accounts) {
		return note{Text: text}
	}
	return note{Text: text, Href: "/outbox", Link: "See the outbox"}
}

// told lists who was mailed that the plan waits.
func (p *pages) told(ctx context.Context, c *waiting, info *syncrun.PlanInfo) error {
	if p.Mails == nil {
		return nil
	}
	told, same, err := p.Mails.Told(ctx, info)
	for _, t := range told {
		c.Told = append(c.Told, toldLine{t.To, toldWord(t.State), t.At})
	}
	c.Same = same
	return err
}

func toldWord(s notify.State) string {
	switch s {
	case notify.Sent:
		return "mailed"
	case notify.GaveUp:
		return "could not be mailed"
	case notify.Discarded:
		return "not mailed: it was discarded"
	case notify.Kept:
		return "shown in the outbox"
	}
	return "in the outbox"
}

// waitingItem is one thing that waits for somebody.
type waitingItem struct {
	Connection string
	Text       string
	Since      time.Time // zero: not known
	Expires    time.Time // zero: it does not
	Href, Link string
	Again      string // where it is planned again, when it expired
	Bad        bool   // the guard refused it
}

// Waiting makes the block of everything that waits for somebody: over all connections, or of plans of the one that
// the page's address names; nil when nothing does.
func Waiting(d Deps) func(*http.Request) (templ.Component, error) {
	p := &pages{d}
	return func(r *http.Request) (templ.Component, error) {
		items, err := p.waitingItems(r.Context(), viewer(r), r.PathValue("id"))
		if err != nil || len(items) == 0 {
			return nil, err
		}
		return waitingBlock(items), nil
	}
}

func (p *pages) waitingItems(ctx context.Context, v account.Viewer, only string) ([]waitingItem, error) {
	all, err := p.Connections.List(ctx)
	if err != nil {
		return nil, err
	}
	var out []waitingItem
	for i := range all {
		c := &all[i]
		if only != "" && c.ID != only {
			continue
		}
		if c.State == connection.AwaitingApproval && only == "" { // its own page says so
			d, err := p.Connections.Get(ctx, c.ID)
			if err != nil {
				return nil, err
			}
			out = append(out, waitingItem{Connection: c.Name, Text: fmt.Sprintf("Version %d of the settings waits for an approval.", d.Version.Number),
				Since: d.Version.At, Href: "/connections/" + c.ID, Link: "Look at the settings"})
		}
		items, err := p.waitingPlan(ctx, c, v)
		if err != nil {
			return nil, err
		}
		out = append(out, items...)
	}
	if p.Mails == nil || !v.May(account.Accounts) || only != "" {
		return out, nil
	}
	box, err := p.Mails.Outbox(ctx, notify.Page{State: notify.Waiting, Limit: 1})
	if n := box.Counts[notify.Waiting]; n > 0 {
		out = append(out, waitingItem{Text: ui.Count(n, "invitation waits", "invitations wait") + " to be released, because one run made so many accounts.",
			Href: "/outbox?state=" + string(notify.Waiting), Link: "See the outbox"})
	}
	return out, err
}

// waitingPlan is what the newest plan of a connection leaves to people: a decision of the guard, also one that
// expired, and matches to decide.
func (p *pages) waitingPlan(ctx context.Context, c *connection.Summary, v account.Viewer) ([]waitingItem, error) {
	s, err := p.newestPlan(ctx, c.ID)
	if err != nil || s == nil {
		return nil, err
	}
	st, err := p.standing(ctx, s)
	if err != nil {
		return nil, err
	}
	var out []waitingItem
	item := waitingItem{Connection: c.Name, Since: s.Info.CreatedAt, Href: "/plans/" + s.Info.ID, Link: "Look at the plan"}
	expired := len(st.Notes) > 0 && st.Notes[0].Again != ""
	if item.Text, item.Bad = waitingText(s); item.Text != "" && (st.Stage == stageReady || expired) {
		if item.Expires = s.Info.CreatedAt.Add(st.Connection.Settings.PlanExpires); expired {
			item.Text += " The plan expired, and nothing of it was done."
			if v.May(account.Operate) {
				item.Again = st.Notes[0].Again
			}
		}
		out = append(out, item)
	}
	if st.Stage != stageReady && st.Stage != stageDone && !expired {
		return out, nil
	}
	n, err := p.undecided(ctx, s)
	if n > 0 {
		out = append(out, waitingItem{Connection: c.Name, Since: s.Info.CreatedAt, Text: ui.Count(n, "employee", "employees") + " may be somebody who is here already. Decide who they are.",
			Href: "/plans/" + s.Info.ID + "?part=held&reason=" + string(plan.AmbiguousMatch), Link: "Decide"})
	}
	return out, err
}

// waitingText says what of a plan waits; "" for nothing.
func waitingText(s *view.PlanSummary) (text string, refused bool) {
	open := s.Changes - appliedRows(s)
	no, ask := min(s.Waiting[plan.WaitingRefused], open), min(s.Waiting[plan.WaitingApproval], open)
	switch {
	case no > 0 && ask > 0:
		return ui.Count(no, "change was", "changes were") + " refused by the guard, and " + ui.Number(ask) + " more wait for an approval.", true
	case no > 0:
		return ui.Count(no, "change was", "changes were") + " refused by the guard.", true
	case ask > 0:
		return ui.Count(ask, "change waits", "changes wait") + " for an approval.", false
	case s.Changes == 0 && s.Info.Header.Verdict == plan.Refused:
		return "The last reading is doubtful, and somebody has to look at it.", true
	}
	return "", false
}

// undecided counts the employees whom a person has to match and has not yet.
func (p *pages) undecided(ctx context.Context, s *view.PlanSummary) (n int, err error) {
	reasons := []plan.Reason{plan.AmbiguousMatch, plan.IdentityConflict}
	if s.HeldReasons[reasons[0]]+s.HeldReasons[reasons[1]] == 0 {
		return 0, nil
	}
	e, err := p.Connections.Editor(ctx, "", s.Info.Connection)
	if err != nil {
		return 0, err
	}
	made, err := e.Store.Decisions(ctx, s.Info.Connection)
	if err != nil {
		return 0, err
	}
	decided := make(map[int64]bool, len(made))
	for _, d := range made {
		decided[d.SourceID] = true
	}
	for _, reason := range reasons {
		if s.HeldReasons[reason] == 0 {
			continue
		}
		if err := p.eachRow(ctx, s.Info.ID, view.PlanQuery{Part: view.PartHeld, Reason: reason}, func(it *syncrun.StoredItem) {
			if it.Held != nil && !decided[it.Held.SourceID] {
				n++
			}
		}); err != nil {
			return 0, err
		}
	}
	return n, nil
}
