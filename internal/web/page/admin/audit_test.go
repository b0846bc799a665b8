package admin_test

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/view"
	"github.com/rollcall-hr/rollcall/internal/web/page/admin"
)

// trail stands in for the audit trail, to hold what no part of the program writes yet.
type trail struct {
	admin.Views
	entries []view.AuditRecord // oldest first
	fails   int                // EachAudit fails after so many; 0: never
}

func (t *trail) Audit(_ context.Context, q view.AuditQuery) (view.Page[view.AuditRecord], error) {
	var out view.Page[view.AuditRecord]
	for i := len(t.entries) - 1; i >= 0; i-- {
		if e := t.entries[i]; (q.Event == "" || e.Event == q.Event) && (q.Actor == "" || e.Actor == q.Actor) {
			out.Items = append(out.Items, e)
		}
	}
	return out, nil
}

func (t *trail) EachAudit(context.Context, view.AuditQuery) iter.Seq2[view.AuditRecord, error] {
	return func(yield func(view.AuditRecord, error) bool) {
		for i, e := range t.entries {
			if t.fails > 0 && i == t.fails-1 {
				yield(e, errors.New("disk gone"))
				return
			}
			if !yield(e, nil) {
				return
			}
		}
	}
}

func (w *world) trail(entries ...view.AuditRecord) func(*admin.Deps) {
	return func(d *admin.Deps) {
		for i := range entries {
			entries[i].Seq, entries[i].At = int64(i+1), time.Date(2026, 11, 20, 9, i, 0, 0, time.UTC)
		}
		d.Views = &trail{Views: d.Views, entries: entries}
	}
}

// Whoever reads the log finds who switched automatic runs off, by name (promise SI46).
func TestAuditNamesWhoSwitchedOff(t *testing.T) {
	w := newWorld(t, nil)
	id := w.owner()
	w.person("aud", "Aud Itor", directory.RoleAuditor)
	w2 := newWorld(t, w.trail(
		view.AuditRecord{Actor: "cli:root", Event: "connection_enabled", Subject: "con_1", After: "version 3"},
		view.AuditRecord{Actor: "ann", Event: "connection_disabled", Subject: "con_1", After: "version 4"},
		view.AuditRecord{Actor: "schedule", Event: "apply", Subject: "plan_1", RunID: "run_1", Detail: `{"create":3,"update":1200,"held":0}`},
		view.AuditRecord{Actor: "ann", Event: "role_changed", Subject: "bo", Before: "member", After: "admin"},
		view.AuditRecord{Actor: "token:tok_9", Event: "connection_paused", Subject: "con_1", Detail: "<b>holiday</b>"},
		view.AuditRecord{Actor: "", Event: "sign_in_failed", Detail: "password, from 203.0.113.9"},
		view.AuditRecord{Actor: "ann", Event: "connection_deleted", Subject: "con_0", Before: "Old HR"},
		view.AuditRecord{Actor: "ann", Event: "decide", Subject: "con_1/12", After: "bo", Detail: "link"},
		view.AuditRecord{Actor: "ann", Event: "something_new", Subject: "x1"},
		view.AuditRecord{Actor: "ann", Event: "add_hold", Subject: "bo", After: "hold_1", Detail: "phone"},
		view.AuditRecord{Actor: "ann", Event: "merge_groups", Subject: "g_2", Before: "g_1", After: "g_2", Detail: "Shops was merged into Sales; people of this department: 3"},
		view.AuditRecord{Actor: "bo", Event: "sign_in", Subject: "bo", Detail: "oidc, from 203.0.113.9"},
		view.AuditRecord{Actor: "ann", Event: "save_person", Subject: "bo", Before: "active", After: "deactivated", Detail: "deactivate, version 4"},
		view.AuditRecord{Actor: "ann", Event: "recipient_asked", Subject: "mail_1"},
		view.AuditRecord{Actor: "recipient", Event: "recipient_confirmed", Detail: "asked by bo"},
		view.AuditRecord{Actor: "ann", Event: "mail_retried", Subject: "mail_2", Before: "gave_up", After: "queued"},
		view.AuditRecord{Actor: "ann", Event: "connection_paused", Subject: "con_1", After: "until 2026-11-23 13:00 UTC", Detail: "review"},
		view.AuditRecord{Actor: "ann", Event: "connection_paused", Subject: "con_1", Detail: "stocktaking (until 2026-10-01 09:00 CEST)"}, // by a former version
		view.AuditRecord{Actor: "ann", Event: "settings_saved", Subject: "con_1", After: "until 2026-11-23 13:00 UTC"},
		view.AuditRecord{Actor: "ann", Event: "welcomes_released", Subject: "run_2", Detail: "3 people"},
	))
	w2.connections = []connection.Summary{{ID: "con_1", Name: "Acme HR"}}
	w2.owner()
	w2.person("ann", "Ann <script>Lee</script>", directory.RoleAdmin)
	w2.person("bo", "Bo Diaz", directory.RoleMember)
	w2.person("aud", "Aud Itor", directory.RoleAuditor)
	p := w2.signedIn("aud@acme.test").get("/audit")
	p.says(t, 200, "Automatic runs switched off", "Ann &lt;script&gt;Lee&lt;/script&gt;", `href="/connections/con_1"`, "Acme HR",
		"root on the server", "The schedule", "3 new people, 1,200 updates", `href="/plans/plan_1"`, `href="/runs/run_1"`, `href="/people/bo"`,
		"tok_9 (API token)", "&lt;b&gt;holiday&lt;/b&gt;", "Somebody unknown", "Old HR", "Employee 12 of Acme HR", "Something new", "20 Nov 2026, 09:01")
	p.says(t, 200, "Hold added", "Shops was merged into Sales", "at the sign-in provider, from 203.0.113.9", "Deactivated by hand")
	p.lacks(t, "<script>Lee", "held 0", "<b>holiday", ">hold_1", ">g_1", "deactivate, version", "oidc")
	p.says(t, 200, "Address asked whether it takes notices", "Whoever reads that address", "Address agreed to notices", "asked by Bo Diaz", "Mail sent again",
		"Invitations released", `href="/runs/run_2"`)
	p.says(t, 200, `<span dir="auto">review</span> <span>until <time datetime="2026-11-23T13:00:00Z"`, "stocktaking (until 2026-10-01 09:00 CEST)")
	if strings.Count(p.body, `until <time`) != 1 || strings.Count(p.body, "until 2026-11-23 13:00 UTC") != 1 {
		t.Error("the end of a pause is an instant, and no other text is")
	}
	p.lacks(t, "asked by bo", "/outbox", ">mail_1") // the outbox is not for an auditor
	w2.signedIn("ann@acme.test").get("/audit").says(t, 200, `href="/outbox/mail_1"`, `href="/outbox/mail_2"`)
	off, on := strings.Index(p.body, "entry-2\""), strings.Index(p.body, "entry-1\"")
	if off < 0 || off > on {
		t.Error("the newest entry does not come first")
	}

	// The same on the real trail.
	_, err := w.kept.EnsureConnection(t.Context(), "Acme HR")
	w.ok(err)
	real := w.signedIn("aud@acme.test").get("/audit")
	real.says(t, 200, "Owner created", "Signed in", "Olga Ortiz", `href="/people/`+id+`"`, "Person added", "password, from 127.0.0.1")
}

// Filters stand in the address, days are the viewer's, and what is wrong is said beside the field.
func TestAuditFilters(t *testing.T) {
	w := newWorld(t, nil)
	w.owner()
	for i := range 60 {
		w.ok(w.SetOrganisationName(t.Context(), account.Operator("cli:root"), "Acme "+strconv.Itoa(i)))
	}
	b := w.signedIn("olga@acme.test")
	first := b.get("/audit?event=organisation_named&actor=cli%3Aroot")
	first.says(t, 200, "Show more", `value="organisation_named" selected`, `value="cli:root" selected`, "root on the server", "Organisation renamed")
	_, rest, _ := strings.Cut(first.body, `rel="next" href="`)
	next, _, _ := strings.Cut(rest, `"`)
	second := b.get(strings.ReplaceAll(next, "&amp;", "&"))
	second.says(t, 200, `id="entry-`)
	second.lacks(t, "Show more")
	if n := strings.Count(first.body, `id="entry-`) + strings.Count(second.body, `id="entry-`); n != 60 {
		t.Errorf("two pages show %d entries, want 60", n)
	}
	b.get("/audit?q=no-such-thing").says(t, 200, "Nothing matches", "Show all")
	b.get("/audit?from=2026-11-21&to=2026-11-21").says(t, 200, `id="entry-`)
	b.get("/audit?to=2026-11-20").says(t, 200, "Nothing matches")
	b.get("/audit?from=21.11.2026").says(t, 200, `id="f-from-error"`, "“21.11.2026” is no day; write it as 2026-11-21.")
	b.get("/audit?from=2026-11-22&to=2026-11-21").says(t, 200, "The last day is before the first.")
	b.get("/audit?after=nonsense").says(t, 422)
	at, err := url.Parse(w.server.URL)
	w.ok(err)
	b.Jar.SetCookies(at, []*http.Cookie{{Name: "tz", Value: "Pacific/Kiritimati", Path: "/"}}) // 14 hours ahead
	b.get("/audit?to=2026-11-21").says(t, 200, "Nothing matches")
	b.get("/audit?from=2026-11-22").says(t, 200, `id="entry-`)
}

// A download holds every entry with its hash, is safe in a spreadsheet, and is never half a log.
func TestAuditExport(t *testing.T) {
	w := newWorld(t, nil)
	w.owner()
	viewer := account.Operator("cli:root")
	for _, name := range []string{"=HYPERLINK(1)", "+1", "-1", "@x", "\"quoted\", and", "äöü"} {
		_, _, err := w.CreateToken(t.Context(), viewer, account.NewToken{Name: name, Role: directory.RoleAuditor})
		w.ok(err)
	}
	b := w.signedIn("olga@acme.test")
	table := b.get("/audit.csv")
	table.says(t, 200)
	if got := table.header.Get("Content-Disposition"); got != `attachment; filename="rollcall-audit-2026-11-21.csv"` {
		t.Errorf("disposition %q", got)
	}
	rows, err := csv.NewReader(strings.NewReader(table.body)).ReadAll()
	w.ok(err)
	if rows[0][0] != "seq" || rows[1][0] != "1" || len(rows[1][9]) != 64 {
		t.Errorf("the table begins %q %q", rows[0], rows[1])
	}
	details := map[string]bool{}
	for _, row := range rows[1:] {
		details[row[8]] = true
		for _, cell := range row {
			if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
				t.Errorf("cell %q is a formula", cell)
			}
		}
	}
	for _, want := range []string{"'=HYPERLINK(1)", "'+1", "'-1", "'@x", "\"quoted\", and", "äöü"} {
		if !details[want] {
			t.Errorf("the table lacks %q", want)
		}
	}
	lines := b.get("/audit.jsonl?event=token_created")
	lines.says(t, 200)
	n := 0
	for dec := json.NewDecoder(strings.NewReader(lines.body)); dec.More(); n++ {
		var e view.AuditRecord
		w.ok(dec.Decode(&e))
		if e.Event != "token_created" || e.Actor != "cli:root" || e.Hash == "" {
			t.Errorf("entry %+v", e)
		}
	}
	if n != 6 {
		t.Errorf("%d lines, want 6", n)
	}
	b.get("/audit.csv?from=x").says(t, 422)

	entries := []view.AuditRecord{{Event: "a"}, {Event: "b"}}
	for fails, format := range map[int]string{1: "csv", 2: "jsonl"} {
		w := newWorld(t, func(d *admin.Deps) { d.Views = &trail{Views: d.Views, entries: entries, fails: fails} })
		w.owner()
		b := w.signedIn("olga@acme.test")
		if fails == 1 {
			p := b.get("/audit." + format)
			p.says(t, 500, "Something went wrong here")
			p.lacks(t, "disk gone")
			continue
		}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.server.URL+"/audit."+format, nil)
		w.ok(err)
		if res, err := b.Do(r); err == nil {
			_ = res.Body.Close()
			t.Error("half a log came as a whole one")
		}
		if !strings.Contains(w.log.String(), "disk gone") {
			t.Error("the log does not say why")
		}
	}
}

type broken int64

func (b broken) Error() string      { return "broken" }
func (b broken) FirstBroken() int64 { return int64(b) }

// Verification tells a whole chain from a broken one, and from not knowing.
func TestVerify(t *testing.T) {
	var result error
	w := newWorld(t, nil)
	w.owner()
	w.person("aud", "Aud Itor", directory.RoleAuditor)
	b := w.signedIn("aud@acme.test")
	b.post("/audit/verify").leadsTo(t, "/audit")
	b.get("/audit").says(t, 200, "The audit log is whole")

	w = newWorld(t, func(d *admin.Deps) { d.Verify = func(context.Context) error { return result } })
	w.owner()
	b = w.signedIn("olga@acme.test")
	result = broken(1234)
	b.post("/audit/verify").says(t, 422, "was tampered with", "Entry 1,234 does not fit", `role="alert"`)
	result = errors.New("disk gone")
	p := b.post("/audit/verify")
	p.says(t, 500)
	p.lacks(t, "disk gone", "tampered")
}
