package api

import (
	"fmt"
	"strings"
)

// freezeStory keeps a field of everybody as it is, looks at what waits, and ends it.
func (w *world) freezeStory(con string) {
	t := w.t
	t.Helper()
	freeze := w.ok("POST", "/freezes", `{"connection":"Acme HR","what":["reporting_lines","phone"],"until":"2026-12-14","reason":"review cycle"}`)
	if freeze.str("until") != "2026-12-14T23:00:00Z" || freeze.str("what.1") != "phone" || freeze.str("connection") != "Acme HR" {
		t.Errorf("freeze: %s", freeze.text)
	}
	id := freeze.str("id")
	if list := w.ok("GET", "/freezes?connection="+con, ""); len(list.items()) != 1 || list.str("items.0.id") != id {
		t.Errorf("freezes: %s", list.text)
	}
	if rest := w.ok("GET", "/freezes?after="+id, ""); len(rest.items()) != 0 {
		t.Errorf("freezes after the last one: %s", rest.text)
	}
	w.simulate("PUT", "employees/9", `{"workPhone":"555-0909"}`)
	plan := w.ok("POST", "/connections/"+con+"/plans", "")
	held := w.ok("GET", "/plans/"+plan.str("id")+"/held?freeze="+id, "")
	if len(held.items()) != 1 || held.str("items.0.frozen.after") != "555-0909" || held.str("items.0.reason") != "on_hold" || plan.str("freezes.0") != id {
		t.Errorf("held back: %s\nof %s", held.text, plan.text)
	}
	catchUp := w.ok("POST", "/connections/"+con+"/plans", `{"without_freezes":true}`)
	if catchUp.at("without_freezes") != true || !strings.Contains(string(catchUp.text), "555-0909") {
		t.Errorf("the catch-up: %.900s", catchUp.text)
	}
	w.refused("setup", "POST", "/plans/"+catchUp.str("id")+"/apply", "{}")
	w.simulate("PUT", "employees/9", `{"workPhone":"555-0009"}`)
	w.refused("invalid", "POST", "/freezes", `{"connection":"Acme HR","what":["status"],"reason":"x"}`)
	w.refused("invalid", "POST", "/freezes", `{"connection":"Acme HR","what":["phone"],"until":"2020-01-01","reason":"x"}`)
	w.refused("not_found", "POST", "/freezes", `{"connection":"c_unknown","what":["phone"],"reason":"x"}`)
	w.refused("bad_query", "GET", "/freezes?after=x", "")
	w.ok("DELETE", "/freezes/"+id, "")
	w.refused("not_found", "DELETE", "/freezes/"+id, "")

	person := w.person("given9@").str("id")
	hold := w.ok("POST", "/holds", fmt.Sprintf(`{"person_id":%q,"field":"phone","until_hr_agrees":true,"reason":"HR has the old one"}`, person))
	if hold.str("until_hr") != "555-0009" || hold.at("until") != nil {
		t.Errorf("hold until HR agrees: %s", hold.text)
	}
	w.refused("invalid", "POST", "/holds", fmt.Sprintf(`{"person_id":%q,"until":"2026-12-24","until_hr_agrees":true,"reason":"x"}`, person))
	w.ok("DELETE", "/holds/"+hold.str("id"), "")
}
