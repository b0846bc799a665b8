package web_test

import (
	"strings"
	"testing"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/web/browsertest"
)

// A session that ends while a form is filled in loses nothing of it but keys and passwords: after signing in the form has
// its values back, also one in a dialog, but for nobody else.
func TestTypedOutlivesTheSession(t *testing.T) {
	s := newSite(t, openStore(t), "acme", 12)
	id, _ := s.connect()
	s.person("adam@acme.test", directory.RoleAdmin)
	tab := browsertest.Start(t).Open(t, s.url)
	signIn(tab, "owner@acme.test")
	tab.WaitPath("/connections")
	// send sends a form whose session is over, and signs somebody in.
	send := func(button, email string) {
		t.Helper()
		tab.Until("the session to end", `window.over ||= (fetch("/sign-out", {method: "POST"}).then(() => { window.over = 2; }), 1), window.over === 2`)
		tab.Click(button)
		tab.WaitPath("/sign-in")
		tab.WaitText("Your session had ended, and nothing was changed")
		tab.Type("#f-email", email)
		tab.Type("#f-password", password)
		tab.Click("main form button[type=submit]")
	}
	value := func(field, want string) {
		t.Helper()
		tab.Until(field+" to be "+want, `document.querySelector('`+field+`').value === "`+want+`"`)
	}

	tab.Go("/connections/new")
	tab.Type("#f-name", "Acme EU")
	tab.Type(`[name="bamboohr.subdomain"]`, "acme-eu")
	tab.Type("#f-api_key", "a key of 40 characters, never to be kept")
	send(`main button[value="save"]`, "owner@acme.test")
	tab.WaitPath("/connections/new")
	tab.Wait("#typed-before")
	tab.WaitText("Keys and passwords were not kept")
	value("#f-name", "Acme EU")
	value(`[name="bamboohr.subdomain"]`, "acme-eu")
	value("#f-api_key", "")
	tab.Sound()
	var left string
	tab.Eval(`JSON.stringify(sessionStorage) + JSON.stringify(localStorage)`, &left)
	if strings.Contains(left, "acme-eu") || strings.Contains(left, "40 characters") {
		t.Errorf("the browser keeps what was typed: %s", left)
	}

	tab.Go("/connections/" + id + "/holds")
	tab.Click(`a[data-dialog][href="/connections/` + id + `/freezes/new"]`)
	tab.Wait("#modal[open] [name=reason]")
	tab.Type("#modal [name=reason]", "review cycle")
	send("#modal form button[type=submit]", "owner@acme.test")
	tab.Wait("#modal[open] #typed-before")
	value("#modal [name=reason]", "review cycle")
	tab.Sound()

	tab.Go("/connections/" + id + "/holds")
	tab.Type("#f-who", "employee:5")
	send(`main form[action$="/holds"] button[type=submit]`, "adam@acme.test")
	tab.WaitPath("/connections/" + id + "/holds")
	value("#f-who", "")
	tab.Eval(`sessionStorage.getItem("typed") || ""`, &left)
	if left != "" {
		t.Errorf("what somebody else had typed is still there: %s", left)
	}
}
