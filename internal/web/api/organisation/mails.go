package organisation

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/notify"
	"github.com/rollcall-hr/rollcall/internal/view"
	"github.com/rollcall-hr/rollcall/internal/web/api/rest"
	"github.com/rollcall-hr/rollcall/internal/web/gate"
)

// Words lists the words that a type of text knows, nil for types of other packages.
func Words(t reflect.Type) []string {
	if t != reflect.TypeFor[notify.State]() {
		return nil
	}
	return []string{string(notify.Queued), string(notify.Waiting), string(notify.Kept), string(notify.Sent), string(notify.GaveUp), string(notify.Discarded)}
}

// mails is the outbox, when there is one.
func (p *part) mails() (Mails, error) {
	if p.Mails == nil {
		return nil, &connection.SetupError{Missing: "this server mails nobody"}
	}
	return p.Mails, nil
}

// mailView is a mail in a list.
type mailView struct {
	ID         string       `json:"id"`
	Kind       string       `json:"kind"`
	State      notify.State `json:"state"`
	Subject    string       `json:"subject"`
	To         *string      `json:"to" doc:"null: a welcome whose address is looked up when it goes out."`
	PersonID   *string      `json:"person_id"`
	Connection *string      `json:"connection_id"`
	RunID      *string      `json:"run_id"`
	PlanID     *string      `json:"plan_id"`
	CreatedAt  string       `json:"created_at"`
	NotBefore  *string      `json:"not_before" doc:"An instant on the calendar of runs: somebody's first day of work."`
	NextAt     *string      `json:"next_at" doc:"When it is tried next, while it is queued."`
	DoneAt     *string      `json:"done_at"`
	Attempts   int          `json:"attempts"`
	Problem    *string      `json:"problem" doc:"Why the last attempt went wrong, or why it is not sent."`
}

func viewMail(m *notify.Listed) mailView {
	v := mailView{ID: m.ID, Kind: string(m.Kind), State: m.State, Subject: m.Subject, To: optional(m.To), PersonID: optional(m.PersonID),
		Connection: optional(m.Connection), RunID: optional(m.RunID), PlanID: optional(m.PlanID), CreatedAt: rest.Instant(m.CreatedAt),
		NotBefore: when(m.NotBefore), DoneAt: when(m.DoneAt), Attempts: m.Attempts, Problem: optional(m.Problem)}
	if m.State == notify.Queued {
		v.NextAt = when(m.NextAt)
	}
	return v
}

// mailTextView is a mail with what it says.
type mailTextView struct {
	mailView
	Text string `json:"text" doc:"Without its link, which only its recipient sees."`
}

type mailsQuery struct {
	rest.Paging
	State notify.State `query:"state"`
}

func (p *part) listMails(r *http.Request, in mailsQuery) (rest.Page[mailView], error) {
	var none rest.Page[mailView]
	mails, err := p.mails()
	if err != nil {
		return none, err
	}
	list, err := mails.Outbox(r.Context(), notify.Page{State: in.State, After: in.After, Limit: in.Limit})
	if wrongCursor(err) {
		err = &view.CursorError{Cursor: in.After}
	}
	return rest.PageOf(list.Items, list.Next, viewMail), err
}

func (p *part) getMail(r *http.Request, in rest.One) (mailTextView, error) {
	mails, err := p.mails()
	if err != nil {
		return mailTextView{}, err
	}
	m, err := mails.ShowSealed(r.Context(), in.ID)
	return mailTextView{viewMail(&m.Listed), m.Text}, err
}

func (p *part) retryMail(r *http.Request, in rest.One) (mailTextView, error) {
	return p.change(r, in, Mails.Retry)
}

func (p *part) discardMail(r *http.Request, in rest.One) (mailTextView, error) {
	return p.change(r, in, Mails.Discard)
}

// change does something with a mail and shows it afterwards.
func (p *part) change(r *http.Request, in rest.One, do func(m Mails, ctx context.Context, actor, id string) error) (mailTextView, error) {
	mails, err := p.mails()
	if err == nil {
		err = do(mails, r.Context(), viewer(r).Actor(), in.ID)
	}
	if err != nil {
		return mailTextView{}, err
	}
	return p.getMail(r, in)
}

type releasedView struct {
	Released int `json:"released" doc:"Mails that go out now."`
}

// releaseWelcomes answers the same for a run that is not known and for one of which nothing waits.
func (p *part) releaseWelcomes(r *http.Request, in rest.One) (releasedView, error) {
	mails, err := p.mails()
	if err != nil {
		return releasedView{}, err
	}
	n, err := mails.Release(r.Context(), viewer(r).Actor(), in.ID)
	if err == nil && n == 0 {
		err = fmt.Errorf("welcomes of run %s that wait: %w", in.ID, directory.ErrNotFound)
	}
	return releasedView{n}, err
}

// recipientView is an address that settings name.
type recipientView struct {
	Email       string   `json:"email"`
	Connections []string `json:"connection_ids" doc:"Those whose failures it is told of."`
	Confirmed   *string  `json:"confirmed_at" doc:"null: it did not agree yet, and is told nothing."`
	AskedAt     *string  `json:"asked_at"`
	AskedBy     *string  `json:"asked_by"`
	ExpiresAt   *string  `json:"expires_at" doc:"Of the link in the mail that asked."`
}

// named lists the addresses that settings name, with the connections, in order.
func (p *part) named(r *http.Request) (emails []string, by map[string][]string, err error) {
	list, err := p.Connections.List(r.Context())
	if err != nil {
		return nil, nil, err
	}
	by = map[string][]string{}
	for _, c := range list {
		d, err := p.Connections.Get(r.Context(), c.ID)
		if err != nil {
			return nil, nil, err
		}
		for _, e := range d.Settings.Notify.Errors {
			key := directory.EmailKey(e)
			if by[key] == nil {
				emails = append(emails, e)
			}
			by[key] = append(by[key], c.ID)
		}
	}
	slices.SortFunc(emails, func(a, b string) int { return cmp.Compare(directory.EmailKey(a), directory.EmailKey(b)) })
	return emails, by, nil
}

func (p *part) listRecipients(r *http.Request, _ rest.None) (rest.Page[recipientView], error) {
	var none rest.Page[recipientView]
	mails, err := p.mails()
	if err != nil {
		return none, err
	}
	emails, by, err := p.named(r)
	if err != nil {
		return none, err
	}
	list, err := mails.Recipients(r.Context(), emails)
	return rest.PageOf(list, "", func(x *notify.Recipient) recipientView {
		return recipientView{x.Email, by[directory.EmailKey(x.Email)], when(x.Confirmed), when(x.AskedAt), optional(x.AskedBy), when(x.ExpiresAt)}
	}), err
}

type recipientRequest struct {
	Email string `json:"email" required:"true"`
}

// askRecipient mails nobody whom no settings name: the server is no way to write to strangers.
func (p *part) askRecipient(r *http.Request, in struct{ Body recipientRequest }) (rest.Nothing, error) {
	mails, err := p.mails()
	if err != nil {
		return rest.Nothing{}, err
	}
	_, by, err := p.named(r)
	if err == nil && by[directory.EmailKey(in.Body.Email)] == nil {
		err = &gate.InputError{Field: "email", Text: "no connection's settings name this address under notify.errors; add it there first"}
	}
	if err != nil {
		return rest.Nothing{}, err
	}
	return rest.Nothing{}, mails.Ask(r.Context(), viewer(r).Actor(), in.Body.Email)
}

// wrongCursor tells an error about the place where a list begins.
func wrongCursor(err error) bool {
	e, ok := errors.AsType[*account.InputError](err)
	return ok && e.Field == "after"
}
