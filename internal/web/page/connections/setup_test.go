package connections_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/rollcall-hr/rollcall/bamboosim"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/policy"
)

// Promises AY3 (Admin → Integrations → HRIS), BW15 (Set up, Connected, Settings), AY2.
func TestList(t *testing.T) {
	w := newWorld(t)
	w.get("/connections").status(200).says("Admin", "Integrations", "HRIS connections", "No connection yet", "Set up BambooHR")
	w.do("auditor", "GET", "/connections", nil).status(200).saysNot("Set up BambooHR")
	w.do("member", "GET", "/connections", nil).status(403)
	if _, err := w.Create(t.Context(), "p_admin", connection.NewConnection{Name: markup, Subdomain: "acme"}); err != nil {
		t.Fatal(err)
	}
	w.get("/connections").says("Set up", "no API key yet", markup, "the set-up is not complete").saysNot("Sync now")
	path := w.connected()
	w.get("/connections").says("Connected", "Settings", "Sync now", "acme .bamboohr.com", "No preset")
	auditor := w.do("auditor", "GET", "/connections", nil).status(200).says("Connected")
	auditor.saysNot("Sync now", "Add a connection")
	w.do("operator", "GET", path, nil).status(200).says("Sync now", "Preview").saysNot("Edit")
}

// Promises AY4 (name), AY5, BW14, SI9 (any form of the sub-domain), SI44 (the test tells how many employees the
// key sees), BW16 (nothing shows the key), AY10 (nothing runs by itself yet).
func TestSetUp(t *testing.T) {
	w := newWorld(t)
	form := url.Values{"name": {"Head office"}, "bamboohr.subdomain": {"https://acme.bamboohr.com/home"}, "api_key": {"a key with spaces"}, "preset": {"betterworks"}, "time_zone": {"Mars"}}
	a := w.post("/connections/new", form).status(422).says("Nothing was saved", "This is not an API key", `"Mars" is not an IANA time zone`, "Paste the key once more")
	if again := a.form("/connections/new"); again.Get("name") != "Head office" || again.Get("preset") != "betterworks" || again.Get("time_zone") != "Mars" || again.Get("api_key") != "" {
		t.Errorf("what was typed came back as %v", again)
	}
	form.Set("time_zone", "")
	form.Set("api_key", strings.Repeat("0", 40))
	w.post("/connections/new", form).status(422).says("API key: BambooHR refuses this key", "API Keys").saysNot("GET /", "[request")
	form.Set("bamboohr.subdomain", "acme@evil.test")
	w.post("/connections/new", form).status(422).says("contains an @")
	if all, _ := w.List(t.Context()); len(all) != 0 {
		t.Fatalf("a set-up that failed left %+v", all)
	}
	form.Set("bamboohr.subdomain", "ACME.bamboohr.com")
	form.Set("api_key", " "+w.key+"\n")
	a = w.post("/connections/new", form).status(303)
	if !strings.HasSuffix(a.To, "/mapping?setup=1") || a.Flash != "BambooHR answers, and the connection is saved." {
		t.Errorf("to %s saying %q", a.To, a.Flash)
	}
	w.get(a.To).status(200).says("Mapping", "This key sees 8 employees", "Save and preview")
	path := strings.TrimSuffix(a.To, "/mapping?setup=1")
	w.get(path).says("Connected", "Off. When they are on")
	// Betterworks' day is Los Angeles' where nobody says otherwise (BW9).
	if d, err := w.Get(t.Context(), w.id(path)); err != nil || d.TimeZone != "America/Los_Angeles" || d.Settings.Enabled {
		t.Errorf("zone %s, enabled %v: %v", d.TimeZone, d.Settings.Enabled, err)
	}
	form.Set("name", "head OFFICE")
	w.post("/connections/new", form).status(422).says("Another connection is called Head office")
}

// Promises PM1 (three steps), PM2, PM4 to PM8, PM10, AY6 to AY8, AL5 to AL10, AL14, SI6.
func TestGuide(t *testing.T) {
	w := newWorld(t)
	for _, name := range append([]string{""}, policy.PresetNames()...) {
		a := w.get("/connections/new?preset="+name).status(200).says(
			"1. Decide what the key may see", "Custom Access Level", "View Only", "All Employees", "See about themselves",
			"2. Create a non-employee user", "Non-Employee BambooHR User", "an alias such as",
			"3. Make the API key", "My Devices & API Keys", `name it "Rollcall"`, "shows it only now", "Settings > Account > API Management",
			"A key may do whatever the user who makes it may", "Which data is read", "workEmail")
		if name == "alleo" {
			a.says("Birth Date", "dateOfBirth", "Hire Date", "Original Hire Date").saysNot("Gender")
		} else if name == "small-improvements" {
			a.says("Gender", "Reports To")
		}
	}
	w.get("/connections/new?bamboohr.subdomain=https://ACME.bamboohr.com/x").says("Your company’s BambooHR is at acme.bamboohr.com")
	w.get("/connections/new?bamboohr.subdomain=a+b").saysNot("BambooHR is at")
	w.get("/connections/new?preset=none&name=" + url.QueryEscape(markup)).status(200)
}

// Promise BW16, contradiction C16: of a key, only its end, fingerprint, and who set it are shown. A new one is
// tested before the old one goes.
func TestReplaceKey(t *testing.T) {
	w := newWorld(t)
	path := w.connected()
	a := w.get(path+"/configuration").status(200).says("API key", "Fingerprint", w.key[len(w.key)-4:], "Replace the key")
	if strings.Contains(a.form(path+"/key").Get("api_key"), w.key[:6]) {
		t.Error("the key is in the form")
	}
	w.post(path+"/key", url.Values{"api_key": {""}}).status(422).says("Paste the new key")
	w.post(path+"/key", url.Values{"api_key": {strings.Repeat("0", 40)}}).status(422).says("The old key is still in use")
	before, _ := w.Get(t.Context(), w.id(path))
	if a := w.post(path+"/key", url.Values{"api_key": {w.key}}).status(303); a.To != path+"/check" {
		t.Errorf("goes to %s", a.To)
	}
	after, _ := w.Get(t.Context(), w.id(path))
	if before.Key.Fingerprint != after.Key.Fingerprint || after.Key.SetBy != "p_admin" || after.State != connection.Checked {
		t.Errorf("key %+v, state %s", after.Key, after.State)
	}
}

// The check is the permission doctor (promises SI44, BW24, C15).
func TestCheck(t *testing.T) {
	w := newWorld(t)
	path := w.connected()
	w.get(path+"/check").status(200).says("The key sees 8 employees", "8 active, 0 inactive", "Is that fewer than your staff?",
		"First name firstName yes", "never taken for a blank one", "Decide what the key may see")
	if a := w.post(path+"/check", nil).status(303); a.Flash != "Checked: this key sees 8 employees." {
		t.Errorf("says %q", a.Flash)
	}
	w.do("auditor", "GET", path+"/check", nil).status(200).saysNot("Check again")
	made, err := w.Create(t.Context(), "p_admin", connection.NewConnection{Name: "Unchecked", Subdomain: "other", Key: bamboosim.DefaultKey})
	if err != nil {
		t.Fatal(err)
	}
	other := "/connections/" + made.ID
	w.get(other+"/check").status(200).says("Not checked yet", "Run the check")
	w.post(other+"/check", nil).status(303)
	w.get(other + "/check").status(200).says("Tried")
}
