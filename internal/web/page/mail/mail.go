// Package mail shows the outbox to those who look after it, and the page on which somebody agrees to be
// told of failures. What is mailed to whom is left to internal/notify.
package mail

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/notify"
	"github.com/rollcall-hr/rollcall/internal/web/gate"
	"github.com/rollcall-hr/rollcall/internal/web/ui"
)

// Mails is what these pages ask of internal/notify.
type Mails interface {
	Outbox(ctx context.Context, p notify.Page) (notify.List, error)
	Show(ctx context.Context, id string) (notify.Shown, error)
	Retry(ctx context.Context, actor, id string) error
	Discard(ctx context.Context, actor, id string) error
	Welcomes(ctx context.Context, runID string) (notify.Welcomes, error)
	Release(ctx context.Context, actor, runID string) (int, error)
	Confirmation(ctx context.Context, secret string) (notify.Recipient, error)
	Confirm(ctx context.Context, secret string) error
}

// Deps is what the pages are built from.
type Deps struct {
	Gate  *gate.Gate
	Mails Mails
	Sends bool // there is a mail server; else mails stay in the outbox
	Now   func() time.Time
}

type pages struct{ Deps }

// Routes lists the pages.
func Routes(d Deps) []gate.Route {
	p := &pages{d}
	return []gate.Route{
		{Method: "GET", Path: "/outbox", Permission: account.Accounts, Handler: p.outbox},
		{Method: "GET", Path: "/outbox/{mail}", Permission: account.Accounts, Handler: p.show},
		{Method: "POST", Path: "/outbox/{mail}/retry", Permission: account.Accounts, Handler: p.act(d.Mails.Retry, p.retried())},
		{Method: "POST", Path: "/outbox/{mail}/discard", Permission: account.Accounts, Handler: p.act(d.Mails.Discard, "The mail was discarded.")},
		{Method: "POST", Path: "/outbox/runs/{run}/release", Permission: account.Accounts, Handler: p.release},
		{Method: "GET", Path: "/recipients/{secret}", Permission: gate.Public, Handler: p.ask},
		{Method: "POST", Path: "/recipients/{secret}", Permission: gate.Public, Handler: p.confirm},
	}
}

type outboxPage struct {
	List   notify.List
	Sends  bool
	State  notify.State
	States []ui.Tab
	Next   string
	Run    string // only the mails of this run
	Held   int    // of these, invitations that wait to be released
}

func (p *pages) outbox(w http.ResponseWriter, r *http.Request) error {
	state, run := notify.State(r.FormValue("state")), r.FormValue("run")
	list, err := p.Mails.Outbox(r.Context(), notify.Page{State: state, Run: run, After: r.FormValue("after")})
	if err != nil {
		return err
	}
	page := outboxPage{List: list, Sends: p.Sends, State: state, Run: run, States: []ui.Tab{{Text: "All", Href: "/outbox", Current: state == ""}}}
	for _, s := range []notify.State{notify.Queued, notify.Waiting, notify.Sent, notify.Kept, notify.GaveUp, notify.Discarded} {
		if n := list.Counts[s]; n > 0 || s == state {
			page.States = append(page.States, ui.Tab{Text: stateWord(s), Href: "/outbox?state=" + url.QueryEscape(string(s)), Count: n, Current: s == state})
		}
	}
	if run != "" {
		page.States = nil // they count the whole outbox
		n, err := p.Mails.Welcomes(r.Context(), run)
		if err != nil {
			return err
		}
		page.Held = n.Waiting
	}
	if list.Next != "" {
		page.Next = "/outbox?" + url.Values{"state": {string(state)}, "run": {run}, "after": {list.Next}}.Encode()
	}
	return ui.Render(w, r, http.StatusOK, outboxView(page))
}

// retried says what becomes of a mail that is tried at once.
func (p *pages) retried() string {
	if !p.Sends {
		return "There is no mail server, so the mail stays in the outbox."
	}
	return "The mail goes out in a moment."
}

func (p *pages) show(w http.ResponseWriter, r *http.Request) error {
	m, err := p.Mails.Show(r.Context(), r.PathValue("mail"))
	if err != nil {
		return err
	}
	return ui.Render(w, r, http.StatusOK, mailView(m, p.Sends))
}

// act changes a mail and goes back to it.
func (p *pages) act(do func(ctx context.Context, actor, id string) error, done string) gate.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		id := r.PathValue("mail")
		if err := do(r.Context(), gate.ViewerFrom(r.Context()).Actor(), id); err != nil {
			return err
		}
		p.Gate.Flash(w, done)
		http.Redirect(w, r, "/outbox/"+url.PathEscape(id), http.StatusSeeOther)
		return nil
	}
}

// ask shows whom a link is for; mail scanners that follow it change nothing (security §1.9).
func (p *pages) ask(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Referrer-Policy", "no-referrer")
	to, err := p.Mails.Confirmation(r.Context(), r.PathValue("secret"))
	if errors.Is(err, notify.ErrLink) {
		return ui.Render(w, r, http.StatusGone, overView())
	}
	if err != nil {
		return err
	}
	return ui.Render(w, r, http.StatusOK, askView(to, r.PathValue("secret")))
}

func (p *pages) confirm(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Referrer-Policy", "no-referrer")
	err := p.Mails.Confirm(r.Context(), r.PathValue("secret"))
	if errors.Is(err, notify.ErrLink) {
		return ui.Render(w, r, http.StatusGone, overView())
	}
	if err != nil {
		return err
	}
	return ui.Render(w, r, http.StatusOK, agreedView())
}

// stateWord names a state of a mail, stateColour gives it a colour of ui.Tag.
func stateWord(s notify.State) string {
	switch s {
	case notify.Queued:
		return "Queued"
	case notify.Waiting:
		return "Waits for release"
	case notify.Sent:
		return "Sent"
	case notify.Kept:
		return "Shown here"
	case notify.GaveUp:
		return "Given up"
	case notify.Discarded:
		return "Discarded"
	}
	return string(s)
}

func stateColour(s notify.State) string {
	switch s {
	case notify.Sent, notify.Kept:
		return "good"
	case notify.GaveUp:
		return "bad"
	case notify.Waiting:
		return "warn"
	}
	return "plain"
}
