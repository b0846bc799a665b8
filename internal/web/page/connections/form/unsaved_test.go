package form

import (
	"maps"
	"net/url"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/rollcall-hr/rollcall/policy"
)

// patched is settings after a form.
func patched(t interface{ Fatal(...any) }, c policy.Connection, f Form, v url.Values) policy.Connection {
	p, faults := policy.Patch(c, f.Patch(v, c.Mapping).Bytes())
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	return p
}

// What is kept of a form is enough to show it again, and nothing else that was sent.
func TestKept(t *testing.T) {
	for name, c := range examples(t) {
		for _, f := range Forms() {
			v := f.Values(c)
			sent := maps.Clone(v)
			for _, other := range []string{"api_key", "password", "csrf", "action", "version", "tab", "nobody.from", "rows.from"} {
				sent.Set(other, "3f1c0ffee")
			}
			kept := f.Kept(sent)
			if diff := cmp.Diff(patched(t, c, f, v), patched(t, c, f, kept)); diff != "" {
				t.Errorf("%s of %s (-shown +kept):\n%s", f.Name, name, diff)
			}
			for field, values := range kept {
				if slices.Contains(values, "3f1c0ffee") {
					t.Errorf("%s of %s keeps %s", f.Name, name, field)
				}
			}
			if f.Changes(kept, c) {
				t.Errorf("%s of %s as it is shown changes it", f.Name, name)
			}
		}
	}
}

// Merging changes that others made with one's own is to make one's own after theirs, where they do not touch the same.
func TestMerged(t *testing.T) {
	set := func(name string, values ...string) func(url.Values) { return func(v url.Values) { v[name] = values } }
	remove := func(target string) func(url.Values) { return func(v url.Values) { RemoveRow(v, target) } }
	add := func(target, from string) func(url.Values) {
		return func(v url.Values) {
			v.Add("rows", target)
			v.Set(target+".how", ByField)
			v.Set(target+".from", from)
		}
	}
	rule := func(list, value string) func(url.Values) {
		return func(v url.Values) { AddRule(v, list, "department", "in", value) }
	}
	changes := map[string][]func(url.Values){ // of one form; no two touch the same
		"mapping": {set("location.from", "city"), remove("phone"), add("custom.shirt", "customShirt"), set("job_title.authority", "locked"),
			func(v url.Values) { v.Set("email.how", ByExpr); v.Set("email.expr", "workEmail") }},
		"scope": {rule("include", "Board"), rule("exclude", "Care"), set("scope.block_statuses", "Contractor"), set("lifecycle.pre_hire_days", "3"),
			set("match", "home_email"), set("scope.no_status", "active")},
		"configuration": {set("name", "Other"), set("guard.deactivate.people", "7"), set("notify.errors", "it@acme.test"), set("pictures", "on"),
			func(v url.Values) { v.Add("zones.location", "Oslo"); v.Add("zones.zone", "Europe/Oslo") },
			func(v url.Values) { v.Set("schedule", "cron"); v.Set("schedule.cron", "0 5 * * *") }},
	}
	base, err := policy.Base("alleo")
	if err != nil {
		t.Fatal(err)
	}
	base.Name, base.BambooHR.Subdomain = "Acme", "acme"
	for _, f := range Forms() {
		rapid.Check(t, func(t *rapid.T) {
			began, mine, theirs, both := f.Values(base), f.Values(base), f.Values(base), f.Values(base)
			for _, change := range changes[f.Name] {
				switch rapid.IntRange(0, 3).Draw(t, "who") {
				case 0:
					change(mine)
					change(both)
				case 1:
					change(theirs)
					change(both)
				case 2:
					change(mine)
					change(theirs)
					change(both)
				}
			}
			now := patched(t, base, f, theirs)
			merged := patched(t, now, f, f.Merged(began, mine, f.Values(now)))
			if diff := cmp.Diff(patched(t, base, f, both), merged); diff != "" {
				t.Errorf("%s (-want +merged):\n%s", f.Name, diff)
			}
		})
	}
}

// Where both changed the same, one's own stands.
func TestMergedPrefersTheForm(t *testing.T) {
	c := policy.Defaults()
	c.Name, c.BambooHR.Subdomain = "Acme", "acme"
	began, mine, theirs := MappingValues(c), MappingValues(c), MappingValues(c)
	mine.Set("location.from", "city")
	theirs.Set("location.from", "country")
	theirs.Set("phone.from", "homePhone")
	RemoveRow(theirs, "job_title")
	mine.Set("job_title.from", "customTitle")
	got := Mapping().Merged(began, mine, theirs)
	for name, want := range map[string]string{"location.from": "city", "phone.from": "homePhone", "job_title.from": "customTitle"} {
		if got.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, got.Get(name), want)
		}
	}
	if !slices.Contains(got["rows"], "job_title") {
		t.Error("the row that only they took out, and I changed, is gone")
	}
}
