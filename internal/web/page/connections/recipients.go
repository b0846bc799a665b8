package connections

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/web/page/connections/form"
	"github.com/rollcall-hr/rollcall/internal/web/page/connections/screen"
)

// Mails is what these pages ask of internal/notify.
type Mails interface {
	// Ask mails a link to an address, by which somebody there agrees to be told of failures.
	Ask(ctx context.Context, actor, email string) error
}

func askLabel(r connection.Recipient) string {
	if r.AskedAt.IsZero() {
		return "Ask"
	}
	return "Ask again"
}

// askAgain mails the link to one of the connection's addresses once more; to no other one.
func (p *pages) askAgain(w http.ResponseWriter, r *http.Request) error {
	d, err := p.Detail(r)
	if err != nil {
		return err
	}
	values, err := screen.Typed(r)
	if err != nil {
		return err
	}
	email, back := values.Get("email"), screen.Path(d.ID)
	i := slices.IndexFunc(d.Recipients, func(r connection.Recipient) bool { return strings.EqualFold(r.Email, email) })
	switch {
	case i < 0:
		return p.NotDone(w, r, back, "This address is not one of the connection's any more.")
	case p.Mails == nil || d.Origin != connection.FromWeb:
		return p.NotDone(w, r, back, "Nobody has to be asked for this connection.")
	case !d.Recipients[i].Confirmed.IsZero():
		return p.NotDone(w, r, back, "This address has agreed already.")
	}
	err = p.Mails.Ask(r.Context(), screen.Actor(r), d.Recipients[i].Email)
	if wrong, ok := errors.AsType[*account.InputError](err); ok {
		return p.NotDone(w, r, back, form.Sentence(wrong.Text))
	}
	if err != nil {
		return err
	}
	return p.Done(w, r, back, "The address is asked by mail.")
}
