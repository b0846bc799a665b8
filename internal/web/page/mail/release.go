package mail

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/notify"
	"github.com/rollcall-hr/rollcall/internal/web/gate"
	"github.com/rollcall-hr/rollcall/internal/web/ui"
)

// release lets the invitations go that wait because one run made too many accounts.
func (p *pages) release(w http.ResponseWriter, r *http.Request) error {
	run := r.PathValue("run")
	of, err := p.Mails.Welcomes(r.Context(), run)
	if err != nil {
		return err
	}
	if of.Total() == 0 {
		return fmt.Errorf("invitations of run %s: %w", run, directory.ErrNotFound)
	}
	n, err := p.Mails.Release(r.Context(), gate.ViewerFrom(r.Context()).Actor(), run)
	if err != nil {
		return err
	}
	if n == 0 {
		p.Gate.FlashWarn(w, "Nothing of this run waits any more.")
	} else {
		p.Gate.Flash(w, ui.Count(n, "invitation goes", "invitations go")+" out when due.")
	}
	http.Redirect(w, r, "/outbox?run="+url.QueryEscape(run), http.StatusSeeOther)
	return nil
}

// addressee is the address of a mail, or whom it is for while the address is looked up only when it goes out.
func addressee(m notify.Mail) string { return cmp.Or(m.To, m.Content.Name) }
