package connections_test

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-hr/rollcall/policy"
)

// typing sends a form as it is sent while somebody types.
func (w *world) typing(path string, form url.Values) answer {
	w.t.Helper()
	check := map[bool]string{true: "/check", false: "/counts"}[strings.HasSuffix(path, "/mapping")]
	if strings.HasSuffix(path, "/configuration") {
		check = "/schedule"
	}
	return w.post(path+check, form).status(200)
}

// unsaved settles what is not saved.
func (w *world) settle(path, form, action string) answer {
	w.t.Helper()
	return w.post(path+"/unsaved", url.Values{"form": {form}, "action": {action}}).status(303)
}

// What was typed waits for whoever typed it, on any device and across a restart, until it is saved, discarded or a
// week old. Nobody else sees it.
func TestUnsavedWaits(t *testing.T) {
	w := newWorld(t)
	path := w.connected()
	for form, change := range map[string]struct{ field, was, typed string }{
		"mapping": {"location.from", "location", "city"}, "scope": {"lifecycle.pre_hire_days", "0", "three"}, "configuration": {"name", "Acme HR", "Acme EU"},
	} {
		page := path + "/" + form
		first := w.get(page).saysNot("unsaved", "not saved").form(page)
		if first.Get(change.field) != change.was {
			t.Fatalf("%s says %q", form, first.Get(change.field))
		}
		w.typing(page, first).saysNot("kept for you") // as it was loaded
		w.get(page).saysNot("You have unsaved changes")
		first.Set(change.field, change.typed)
		w.typing(page, first).says("Not saved yet, but kept for you until 28 Nov 2026, 12:0").saysNot("took the place")
		w.now = w.now.Add(time.Minute)

		other := w.another()
		waiting := other.get(page).says("You have unsaved changes from 21 Nov 2026, 12:0", "Continue", "Discard them")
		if got := waiting.form(page).Get(change.field); got != change.was || strings.Contains(waiting.Body, `value="save"`) {
			t.Errorf("%s: before it is taken up, the form says %q and can be saved: %v", form, got, strings.Contains(waiting.Body, `value="save"`))
		}
		other.do("owner", "GET", page, nil).saysNot("You have unsaved changes")
		other.do("owner", "GET", page+"?unsaved=1", nil).says("Nothing that you typed here waits")
		taken := other.get(page + "?unsaved=1").says("These are your changes from 21 Nov 2026, 12:0").form(page)
		if got := taken.Get(change.field); got != change.typed {
			t.Errorf("%s: taken up, the form says %q", form, got)
		}
		other.typing(page, taken).saysNot("took the place")

		taken.Set(change.field, change.was) // by hand
		other.typing(page, taken).saysNot("kept for you")
		w.get(page).saysNot("You have unsaved changes")

		first.Set(change.field, change.typed)
		w.typing(page, first)
		if a := w.settle(path, form, "discard"); a.To != page {
			t.Errorf("%s discarded, it goes on at %s", form, a.To)
		}
		w.get(page + "?unsaved=1").says("Nothing that you typed here waits")
		w.typing(page, first)
		w.now = w.now.Add(7*24*time.Hour + time.Minute)
		w.get(page).saysNot("You have unsaved changes")
		w.now = w.now.Add(-7*24*time.Hour - time.Minute)
	}
}

// Nothing typed is lost when a save is refused, and what is saved is unsaved no more.
func TestUnsavedAfterARefusal(t *testing.T) {
	w := newWorld(t)
	path := w.connected()
	page := path + "/configuration"
	form := w.get(page).form(page)
	form.Set("time_zone", "Mars")
	w.post(page, form).status(422)
	form = w.another().get(page + "?unsaved=1").says("These are your changes").form(page)
	if form.Get("time_zone") != "Mars" {
		t.Errorf("what was refused came back as %q", form.Get("time_zone"))
	}
	form.Set("time_zone", "Europe/Oslo")
	w.post(page, form).status(303)
	w.settled(path)
	w.get(page).saysNot("unsaved")

	page = path + "/mapping"
	form = w.get(page).form(page)
	form.Set("action", "remove:phone")
	w.post(page, form).status(200)
	form = w.get(page + "?unsaved=1").form(page)
	if form.Has("phone.how") {
		t.Error("a row that was taken out is back")
	}
	if row := w.get(page).form(page); !row.Has("phone.how") {
		t.Error("it was saved")
	}
}

// Of two pages the last one wins, and says so; the other one says so too when it wins in turn.
func TestUnsavedOnTwoPages(t *testing.T) {
	w := newWorld(t)
	path := w.connected()
	page := path + "/mapping"
	one, two := w.get(page).form(page), w.get(page).form(page)
	one.Set("location.from", "city")
	w.typing(page, one).saysNot("took the place")
	w.now = w.now.Add(time.Minute)
	two.Set("location.from", "country")
	w.typing(page, two).says("It took the place of what you had typed on another page until 21 Nov 2026, 12:00")
	two.Set("phone.from", "homePhone")
	w.typing(page, two).says("It took the place") // still
	w.now = w.now.Add(time.Minute)
	one.Set("division.from", "customDivision")
	w.typing(page, one).says("It took the place of what you had typed on another page until 21 Nov 2026, 12:01")
	back := w.get(page + "?unsaved=1").form(page)
	if back.Get("location.from") != "city" || back.Get("division.from") != "customDivision" {
		t.Errorf("kept is %q and %q", back.Get("location.from"), back.Get("division.from"))
	}
	back.Set("location.from", "state") // a page that knows what it goes on from
	w.typing(page, back).saysNot("took the place")
}

// Whoever began before somebody else saved is told who saved what, and re-applies or discards.
func TestUnsavedOvertaken(t *testing.T) {
	w := newWorld(t)
	path := w.connected()
	page := path + "/mapping"
	save := func(role, field, value string) {
		form := w.do(role, "GET", page, nil).form(page)
		form.Set(field, value)
		w.do(role, "POST", page, form).status(303)
		w.settled(path)
	}
	mine := w.get(page).form(page)
	mine.Set("location.from", "city")
	w.typing(page, mine)
	save("owner", "phone.from", "homePhone")
	told := w.get(page).says("made to version 1. Since then: person p_owner saved version 2", "mapping.phone:", "Re-apply my changes", "Discard them")
	if strings.Contains(told.Body, `value="save"`) {
		t.Error("the form can be saved")
	}
	a := w.post(page, mine).status(422).says("version 2 was saved meanwhile, and you began with version 1. What you typed is kept.", "Since then: person p_owner saved version 2")
	again := a.form(page)
	if again.Get("location.from") != "city" || strings.Contains(a.Body, `value="save"`) {
		t.Errorf("what was typed came back as %q", again.Get("location.from"))
	}
	again.Set("job_title.authority", "locked") // typed after the refusal
	again.Set("action", "reapply")
	a = w.post(page, again).status(303)
	if a.To != page+"?unsaved=1" || !strings.Contains(a.Flash, "laid over version 2") {
		t.Errorf("to %s saying %q", a.To, a.Flash)
	}
	merged := w.get(a.To).says("These are your changes").form(page)
	if merged.Get("version") != "2" || merged.Get("location.from") != "city" || merged.Get("phone.from") != "homePhone" || merged.Get("job_title.authority") != "locked" {
		t.Errorf("re-applied: version %s, %q, %q, %s", merged.Get("version"), merged["location.from"], merged["phone.from"], merged.Get("job_title.authority"))
	}
	w.post(page, merged).status(303)
	w.settled(path)
	d, _ := w.Get(t.Context(), w.id(path))
	location, _ := d.Settings.Rule("location")
	if phone, _ := d.Settings.Rule("phone"); phone.From[0] != "homePhone" || location.From[0] != "city" || d.Version.Number != 3 {
		t.Errorf("saved version %d with %v and %v", d.Version.Number, phone.From, location.From)
	}

	mine = w.get(page).form(page)
	mine.Set("division.from", "customDivision")
	w.typing(page, mine)
	save("owner", "division.authority", string(policy.AuthorityLocal))
	w.get(page).says("Since then:")
	if a := w.settle(path, "mapping", "reapply"); a.To != page+"?unsaved=1" {
		t.Errorf("re-applied, it goes on at %s", a.To)
	}
	w.settle(path, "mapping", "discard")
	w.get(page).saysNot("unsaved", "Since then")

	mine = w.get(page).form(page)
	mine.Set("first_name.from", "preferredName")
	w.typing(page, mine)
	save("owner", "first_name.from", "preferredName") // the same
	w.get(page).saysNot("unsaved", "Since then")
	if a := w.settle(path, "mapping", "reapply"); !strings.Contains(a.Flash, "Nothing is left") {
		t.Errorf("nothing is left to re-apply: %q", a.Flash)
	}
}

// Nothing but the form's own fields is kept, so no key; and nothing of a connection that is gone.
func TestUnsavedHasNoKey(t *testing.T) {
	w := newWorld(t)
	path := w.connected()
	for _, page := range []string{path + "/mapping", path + "/scope", path + "/configuration"} {
		form := w.get(page).form(page)
		form.Set("name", "Other")
		form.Set("location.from", "city")
		form.Set("match_mode", "adopt")
		for _, field := range []string{"api_key", "bamboohr.api_key", "location.api_key", "password", "csrf"} {
			form.Set(field, "5ec7e7f0ca7")
		}
		w.typing(page, form).says("kept for you")
	}
	if stored(t, w, "5ec7e7f0ca7") || !stored(t, w, "customShirtsize") && !stored(t, w, "Other") {
		t.Error("a key is kept, or nothing is")
	}
	w.post(path+"/delete", url.Values{"confirm": {"Acme HR"}}).status(303)
	again := w.connected()
	for _, form := range []string{"mapping", "scope", "configuration"} {
		w.get(again + "/" + form).saysNot("unsaved changes")
	}
	w.post(path+"/unsaved", url.Values{"form": {"mapping"}, "action": {"discard"}}).status(404)
	w.post(again+"/unsaved", url.Values{"form": {"holds"}, "action": {"discard"}}).status(422)
}

// stored tells whether a text stands anywhere in the data folder.
func stored(t *testing.T, w *world, text string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(w.dir, "*"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err == nil && strings.Contains(string(b), text) {
			return true
		}
	}
	return false
}
