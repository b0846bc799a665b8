package runs

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/notify"
	"github.com/rollcall-hr/rollcall/internal/view"
	"github.com/rollcall-hr/rollcall/internal/web/ui"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/policy"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// Mails is what these pages ask of internal/notify.
type Mails interface {
	Invitees(ctx context.Context, planID string, settings *policy.Connection, takes func(*syncrun.Newcomer) bool) (notify.Invitees, error)
	Welcomes(ctx context.Context, runID string) (notify.Welcomes, error)
	Told(ctx context.Context, info *syncrun.PlanInfo) (told []notify.Told, same bool, err error)
	Confirmed(ctx context.Context, addresses []string) (bool, error)
	Outbox(ctx context.Context, p notify.Page) (notify.List, error)
}

// invites is the choice whether the new people are invited by mail (promise SI23, contradiction C13), or why
// there is none.
type invites struct {
	Text   string // instead of a choice; "" when there is one
	Label  string // of the tick box
	Lines  []string
	Ticked bool
	People int // exactly whom the tick mails, now or later
}

// withInvites says whom applying what w counts would mail. form is what was ticked, nil for nothing yet.
func (p *pages) withInvites(ctx context.Context, s *view.PlanSummary, settings *policy.Connection, w *work, form url.Values) (invites, error) {
	in := p.mayInvite(settings)
	if in.Text != "" {
		return in, nil
	}
	n := notify.Invitees{}
	if w.Counts.Create > 0 {
		var err error
		if n, err = p.Mails.Invitees(ctx, s.Info.ID, settings, w.Takes); err != nil {
			return in, err
		}
	}
	if in.People = n.People(); in.People == 0 {
		in.Text = "No mails are sent to employees: nobody here is new and can be invited."
		return in, nil
	}
	in.Ticked = settings.Notify.Welcome == policy.WelcomeAlways
	if form != nil {
		in.Ticked = form.Has("invite")
	}
	in.Label = fmt.Sprintf("Invite the %s by mail now", ui.Count(in.People, "new person", "new people"))
	in.Lines = append(inviteLines(n), in.Lines...)
	return in, nil
}

// mayInvite says why nobody can be invited, else what there is to know whoever they are.
func (p *pages) mayInvite(settings *policy.Connection) invites {
	if p.Mails == nil {
		return invites{Text: "No mails are sent: this server has no outbox."}
	}
	var in invites
	switch settings.Notify.Welcome {
	case policy.WelcomeAlways:
		in.Lines = append(in.Lines, "The settings of this connection always invite new people. Take the tick away to leave it out this time.")
	case policy.WelcomeNever:
		in.Lines = append(in.Lines, "By itself this connection invites nobody; the tick invites this once. Without it nobody is mailed.")
	default:
		in.Lines = append(in.Lines, "Without the tick nobody is mailed.")
	}
	if !p.Sends {
		in.Lines = append(in.Lines, "There is no mail server, so the mails stay in the outbox.")
	}
	return in
}

// inviteLines say when the mails go out, and who gets none.
func inviteLines(n notify.Invitees) []string {
	var out []string
	switch {
	case n.Later > 0 && n.Now > 0:
		out = append(out, fmt.Sprintf("%s at once, %s on their first day of work.", ui.Number(n.Now), ui.Number(n.Later)))
	case n.Later > 0:
		out = append(out, "Not before their first day of work.")
	}
	if n.NoAddress > 0 {
		out = append(out, ui.Count(n.NoAddress, "new person has", "new people have")+" no e-mail address, and cannot be invited.")
	}
	if n.Waiting > 0 {
		out = append(out, fmt.Sprintf("One run invites %s by itself. The other %s wait in the outbox until an administrator releases them.", ui.Number(n.Cap), ui.Number(n.Waiting)))
	}
	return out
}

// syncPage asks before a connection is read and what the guard lets through is applied.
type syncPage struct {
	ui.Page
	Base    string
	Name    string
	Warning string
	Invites invites
}

// askSync asks before Sync now (promises BW19, SI23). How many people are new is known only once BambooHR is read.
func (p *pages) askSync(w http.ResponseWriter, r *http.Request) error {
	d, err := p.Connections.Get(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	page := &syncPage{Base: "/connections/" + d.ID, Name: d.Name, Invites: p.mayInvite(&d.Settings)}
	page.Page = ui.Page{Title: "Sync now", Nav: "connections", Crumbs: connectionCrumbs(d)}
	if page.Invites.Text == "" {
		page.Invites.Label, page.Invites.Ticked = "Invite new people by mail", d.Settings.Notify.Welcome == policy.WelcomeAlways
		if err := p.expected(r.Context(), page, d); err != nil {
			return err
		}
	}
	if page.Warning, err = p.unheard(r.Context(), d); err != nil {
		return err
	}
	return ui.Render(w, r, http.StatusOK, syncView(page))
}

// expected adds how many people the newest preview would invite.
func (p *pages) expected(ctx context.Context, page *syncPage, d connection.Detail) error {
	s, err := p.newestPlan(ctx, d.ID)
	if err != nil || s == nil {
		return err
	}
	n := notify.Invitees{}
	if s.Actions[plan.Create] > 0 {
		if n, err = p.Mails.Invitees(ctx, s.Info.ID, &d.Settings, nil); err != nil {
			return err
		}
	}
	page.Invites.Lines = append([]string{fmt.Sprintf("In the preview made %s that would be %s. What BambooHR says now decides.",
		ui.Ago(p.Now(), s.Info.CreatedAt), ui.Count(n.People(), "person", "people"))}, page.Invites.Lines...)
	return nil
}

// unheard warns when nobody would learn of failures (promise BW21); the addresses of the operator's file need
// not be confirmed.
func (p *pages) unheard(ctx context.Context, d connection.Detail) (string, error) {
	const so = " Look at the run afterwards: failures of single people might be missed."
	if len(d.Settings.Notify.Errors) == 0 {
		return "No address learns about failures of this connection." + so, nil
	}
	if p.Mails == nil || d.Origin == connection.FromFile {
		return "", nil
	}
	heard, err := p.Mails.Confirmed(ctx, d.Settings.Notify.Errors)
	if err != nil || heard {
		return "", err
	}
	return "None of the addresses that are to learn about failures has confirmed yet." + so, nil
}

// welcomes is how the invitations of a run stand.
type welcomes struct {
	Text string // "" when there are none
	Href string // "" for whoever may not see the outbox
	Link string
}

func (p *pages) welcomes(ctx context.Context, run *syncrun.Run, v account.Viewer) (out welcomes, err error) {
	if p.Mails == nil || run.Counts.Create == 0 || !wrote(run) {
		return out, nil
	}
	n, err := p.Mails.Welcomes(ctx, run.ID)
	if err != nil || n.Total() == 0 {
		return out, err
	}
	out.Text = welcomeText(n)
	if v.May(account.Accounts) {
		out.Href, out.Link = "/outbox?run="+url.QueryEscape(run.ID), "See them in the outbox"
		if n.Waiting > 0 {
			out.Link = "See and release them in the outbox"
		}
	}
	return out, nil
}

func welcomeText(n notify.Welcomes) string {
	text := ui.Count(n.Total(), "mail", "mails") + ": "
	var parts []string
	add := func(n int, words string) {
		if n > 0 {
			parts = append(parts, ui.Number(n)+" "+words)
		}
	}
	add(n.Queued-n.Later, "queued")
	add(n.Later, "queued for the first day of work")
	add(n.Sent, "sent")
	add(n.Waiting, "waiting for an administrator to release them")
	add(n.Abandoned, "given up or discarded")
	for i, part := range parts {
		if i > 0 {
			text += ", "
		}
		text += part
	}
	return text + "."
}
