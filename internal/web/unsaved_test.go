package web_test

import (
	"strings"
	"testing"

	"github.com/rollcall-hr/rollcall/internal/web/browsertest"
)

// What is typed is kept while it is typed: closing the page loses nothing, another page takes it up, and of two pages
// the one that is typed into last says what it took the place of.
func TestTypedIsKept(t *testing.T) {
	s := newSite(t, openStore(t), "acme", 12)
	id, _ := s.connect()
	browser := browsertest.Start(t)
	var tabs [3]*browsertest.Tab // each signed in by itself, as on another device
	for i := range tabs {
		tabs[i] = browser.Open(t, s.url)
		signIn(tabs[i], "owner@acme.test")
		tabs[i].WaitPath("/connections")
	}
	first, second, third := tabs[0], tabs[1], tabs[2]
	for _, form := range []struct{ path, field, typed, said string }{
		{"/connections/" + id + "/mapping", `[name="location.from"]`, "city", "live-state"},
		{"/connections/" + id + "/scope", `[name="lifecycle.pre_hire_days"]`, "14", "live-state"},
		{"/connections/" + id + "/configuration", `[name="name"]`, "Acme EU", "next-runs"},
	} {
		value := `document.querySelector('` + form.field + `').value === "` + form.typed + `"`
		first.Go(form.path)
		first.Wait("#" + form.said)
		second.Go(form.path)
		second.Wait("#" + form.said)
		first.Type(form.field, form.typed)
		first.Wait("#kept-note time")

		third.Go(form.path)
		third.WaitText("You have unsaved changes from")
		third.Until("the form to wait", `document.querySelector('`+form.field+`').matches(":disabled") && !(`+value+`)`)
		sound := third.SoundEverywhere
		if !strings.HasSuffix(form.path, "/mapping") { // the notes are the same on all three
			sound = func(string) {}
		}
		sound("unsaved-waiting")
		third.ClickText("Continue")
		third.WaitText("These are your changes from")
		third.Until("the form to be as it was typed", value+` && !document.querySelector('`+form.field+`').matches(":disabled")`)
		sound("unsaved-open")

		second.Type(form.field, form.typed+"2")
		second.Wait("#kept-note strong")

		third.ClickText("Discard them")
		third.WaitText("What was not saved is gone")
		third.Until("the form to be as it is saved", `!(`+value+`)`)
	}
}
