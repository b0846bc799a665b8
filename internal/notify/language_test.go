package notify_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/notify"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/policy"
)

// letters are one mail of every kind, and of some two.
func letters() map[string]notify.Mail {
	at := func(day, hour int) time.Time { return time.Date(2026, 11, day, hour, 0, 0, 0, time.UTC) }
	c := func(c notify.Content) notify.Content {
		c.Connection, c.Zone = "Acme HR", "Europe/Berlin"
		return c
	}
	waiting := []notify.Wait{{Kind: plan.KindDeactivate, Count: 37, Of: 12400, Limit: 12, Hours: 24, Refused: true}, {Kind: plan.KindMoveEmail, Count: 1, Of: 240, Limit: 0, Hours: 24},
		{Kind: plan.KindBlank, Count: 30, Of: 200, Limit: 12, Hours: 24}, {Kind: plan.KindNewDepartments, Count: 21, Of: 9, Limit: 20, Hours: 24},
		{Kind: plan.KindIDChurn, Count: 55, Of: 240, Limit: 48}, {Kind: plan.KindBaseline, Count: 200, Of: 240, Refused: true}}
	var twentyOne []string
	for i := range 21 {
		twentyOne = append(twentyOne, fmt.Sprintf("Admin %d", i+1))
	}
	return map[string]notify.Mail{
		"01 welcome":   {Kind: notify.Welcome, UselessAt: at(25, 13), Content: c(notify.Content{Name: "Zoë Müller"})},
		"02 invite":    {Kind: notify.PasswordLink, UselessAt: at(25, 13), Content: c(notify.Content{Name: "Zoë Müller", Purpose: account.Invite})},
		"03 password":  {Kind: notify.PasswordLink, UselessAt: at(22, 14), Content: c(notify.Content{Purpose: account.Reset})},
		"04 confirm":   {Kind: notify.Confirmation, UselessAt: at(29, 13), Content: c(notify.Content{})},
		"05 failing":   {Kind: notify.Failing, Content: c(notify.Content{Since: at(22, 13), Next: at(23, 13), Problem: "BambooHR refused the API key; paste a new one."})},
		"06 recovered": {Kind: notify.Recovered, Content: c(notify.Content{Since: at(22, 13)})},
		"07 plan": {Kind: notify.PlanWaits, PlanID: "plan_1", Content: c(notify.Content{Waits: waiting, Approvers: []string{"Adam Admin", "Bea Admin", "Olga Owner"},
			Releasers: []string{"Adam Admin", "Olga Owner"}, Expires: at(23, 13), Former: at(21, 13)})},
		"08 expired":  {Kind: notify.PlanExpired, PlanID: "plan_1", Content: c(notify.Content{Since: at(21, 13), Expires: at(22, 13), Next: at(23, 13), Waits: waiting[:1]})},
		"09 approval": {Kind: notify.Approval, Content: c(notify.Content{Version: 3})},
		"10 records": {Kind: notify.Troubled, RunID: "run_1", Content: c(notify.Content{Total: 3, Entries: []notify.Entry{
			{Name: "Zoë <b>Müller</b>", Source: 1, Reason: plan.DuplicateEmail, Text: "Zoë and Ann share zoe@acme.test in BambooHR"}, {Source: 2, Text: "the record was gone"}}})},
		"11 digest": {Kind: notify.Digest, PlanID: "plan_1", Content: c(notify.Content{Waits: waiting[:1], Total: 8, OnPurpose: 4, Failed: 2, Since: at(20, 13), Entries: []notify.Entry{
			{Reason: plan.NoEmail, Count: 7, First: []notify.Entry{{Name: "Ann Lee"}, {Source: 12}}}, {Reason: plan.MissingInHR, Count: 1, First: []notify.Entry{{Name: "Bo Diaz"}}}},
			Holds: []notify.Entry{{Name: "Cy Ek", Text: "parental leave", Until: at(27, 23)}}})},
		"13 paused": {Kind: notify.Digest, Content: c(notify.Content{Pause: &notify.Pause{Reason: "payroll <week>", Since: at(20, 3), Until: at(27, 23)},
			Holds: []notify.Entry{{Frozen: []string{"reporting_lines", "phone", "custom.cost_centre"}, Text: "review", Until: at(27, 23)}}})},
		"14 paused, without an end": {Kind: notify.Digest, Content: c(notify.Content{Pause: &notify.Pause{Reason: "payroll", Since: at(20, 3)}})},
		"17 plan, nobody yet":       {Kind: notify.PlanWaits, PlanID: "plan_1", Content: c(notify.Content{Waits: waiting[:1], Later: &notify.Later{Names: []string{"Olga Owner"}, From: at(23, 9)}})},
		"18 plan, somebody asked":   {Kind: notify.PlanWaits, PlanID: "plan_1", Content: c(notify.Content{Waits: waiting[:1], Later: &notify.Later{Names: []string{"Olga Owner"}}})},
		"19 plan, nobody known":     {Kind: notify.PlanWaits, PlanID: "plan_1", Content: c(notify.Content{Waits: waiting[:1], Later: &notify.Later{}})},
		"20 plan, to approve":       {Kind: notify.PlanWaits, PlanID: "plan_1", Content: c(notify.Content{Waits: waiting[1:2], Approvers: twentyOne})},
		"15 plan, paused": {Kind: notify.PlanWaits, PlanID: "plan_1", Content: c(notify.Content{Waits: waiting[:1], Releasers: []string{"Olga Owner"}, Expires: at(23, 13),
			Pause: &notify.Pause{Reason: "payroll <week>", Since: at(20, 3), Until: at(27, 23)}})},
		"16 failing, paused": {Kind: notify.Failing, Content: c(notify.Content{Since: at(22, 13), Problem: "BambooHR refused the API key; paste a new one.", Pause: &notify.Pause{Since: at(20, 3)}})},
		"12 missed":          {Kind: notify.Overdue, Content: c(notify.Content{Since: at(20, 3), Idle: true})},
	}
}

// Every letter in every language, as text and as HTML.
func TestLetters(t *testing.T) {
	w := newWorld(t)
	for _, code := range policy.Languages() {
		t.Run(code, func(t *testing.T) {
			var texts, pages strings.Builder
			all := letters()
			for i := range len(all) {
				for name, m := range all {
					if !strings.HasPrefix(name, fmt.Sprintf("%02d ", i+1)) {
						continue
					}
					m.To, m.Connection = "it@acme.test", "c_acme"
					subject, text, html, err := notify.Letter(w.Service, m, code, "SECRET")
					w.ok(err)
					fmt.Fprintf(&texts, "=== %s\nSubject: %s\n\n%s\n", name, subject, text)
					fmt.Fprintf(&pages, "<!-- %s -->\n%s\n", name, html)
					punctuated(t, code, subject+"\n"+text, html)
					if !strings.Contains(html, `<html lang="`+code+`">`) || strings.ContainsAny(text, "{}") || strings.Contains(html, "<b>") {
						t.Errorf("%s in %s:\n%s\n%s", name, code, text, html)
					}
				}
			}
			golden(t, "letters_"+code+".txt", texts.String())
			golden(t, "letters_"+code+".html", pages.String())
		})
	}
}

// punctuated holds what joins the parts of a letter to the language: a colon has a no-break space before it in French,
// and none elsewhere. What is quoted is English.
func punctuated(t *testing.T, code, text, html string) {
	t.Helper()
	space := ""
	if code == "fr" {
		space = "\u00a0"
	}
	page := quoted.ReplaceAllString(html[strings.Index(html, "<body"):], "")
	for _, in := range []string{text, page} {
		for _, at := range colon.FindAllStringSubmatch(in, -1) {
			if at[1] != space {
				t.Errorf("%s: %q before the colon of %q, want %q", code, at[1], at[0], space)
			}
		}
	}
}

var (
	quoted = regexp.MustCompile(`<blockquote.*</blockquote>|(style|href)="[^"]*"`)
	colon  = regexp.MustCompile(`(?m)([\s\x{00a0}\x{202f}]*):( |$|<)`) // not in addresses and times
)

// Mails are written in the organisation's language, and every copy of a mail in the same one, in the outbox too.
func TestLanguageOfTheOrganisation(t *testing.T) {
	w := newWorld(t)
	w.conn.State = connection.Failing
	next := func() {
		w.at = w.at.Add(time.Hour)
		w.conn.State = map[connection.State]connection.State{connection.Failing: connection.Enabled, connection.Enabled: connection.Failing}[w.conn.State]
		w.ok(w.ConnectionSeen(t.Context(), w.conn))
	}
	w.ok(w.ConnectionSeen(t.Context(), w.conn))
	if got := w.arrive(); got != "it@acme.test Acme: Acme HR cannot be read" {
		t.Errorf("by default: %s", got)
	}
	w.opt.Language = "nl" // as the operator's file says
	w.restart()
	next()
	if got := w.arrive(); got != "it@acme.test Acme: Acme HR werkt weer" {
		t.Errorf("as the file says: %s", got)
	}
	owner := account.Operator("test")
	w.input(w.accounts.SetOrganisationLanguage(t.Context(), owner, "tlh"), "language")
	w.ok(w.accounts.SetOrganisationLanguage(t.Context(), owner, "de"))
	w.server.set(drops)
	next()
	first, err := w.deliver()
	if err == nil || len(first) != 1 || subject(first[0]) != "Acme: Acme HR kann nicht gelesen werden" {
		t.Fatalf("%d mails, %v", len(first), err)
	}
	w.server.set(works)
	w.ok(w.accounts.SetOrganisationLanguage(t.Context(), owner, "fr"))
	w.at = w.at.Add(time.Minute)
	second, err := w.deliver()
	w.ok(err)
	a, html := body(t, first[0])
	if b, _ := body(t, second[0]); a != b || !strings.Contains(html, `<html lang="de">`) {
		t.Errorf("two copies differ:\n%s\n%s", a, b)
	}
	l, err := w.Outbox(t.Context(), notify.Page{Limit: 1})
	w.ok(err)
	shown, err := w.Show(t.Context(), l.Items[0].ID)
	w.ok(err)
	if shown.Language != "de" || shown.Subject != "Acme: Acme HR kann nicht gelesen werden" || shown.Text != a {
		t.Errorf("the outbox shows %s: %s", shown.Language, shown.Subject)
	}
	next()
	if got := w.arrive(); got != "it@acme.test Acme\u00a0: Acme HR fonctionne de nouveau" {
		t.Errorf("after another choice: %s", got)
	}
}
