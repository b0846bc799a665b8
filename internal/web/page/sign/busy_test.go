package sign_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/web/page/sign"
)

// busy is a server at which too many people sign in already.
type busy struct{ sign.Accounts }

func (busy) SignIn(context.Context, account.SignIn) (string, account.Viewer, error) {
	return "", account.Viewer{}, account.ErrBusy
}

func TestSignInWhileManyDo(t *testing.T) {
	w := newWorld(t, func(d *sign.Deps) { d.Accounts = busy{d.Accounts} })
	w.owner()
	p := w.browser().post("/sign-in", "email", "olga@acme.test", "password", good, "next", "/me")
	p.says(t, http.StatusServiceUnavailable, "Many people sign in at this moment; try again in a few seconds.", `value="olga@acme.test"`)
	if got := p.header.Get("Retry-After"); got != "5" {
		t.Errorf("Retry-After is %q", got)
	}
}
