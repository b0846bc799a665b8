package admin

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/view"
	"github.com/rollcall-hr/rollcall/internal/web/gate"
	"github.com/rollcall-hr/rollcall/internal/web/ui"
)

// auditPage is the audit log as it is filtered.
type auditPage struct {
	event, actor, from, to, q, subject string // as they stand in the address
	errors                             ui.Errors
	events, actors                     []ui.Option
	rows                               []auditRow
	next, csv, lines                   string // addresses
	filtered                           bool
	broken                             string // what is wrong with the chain, "" for nothing known
}

// auditRow is one entry in words.
type auditRow struct {
	view.AuditRecord
	what         event
	who          party
	about        party
	runHref      string
	change       bool // from before to past
	details      []string
	onlyActor    string    // address of the log of this actor alone
	before, past string    // before and after with names in place of ids
	until        time.Time // when a pause ends
}

// party is somebody or something that an entry names.
type party struct{ text, href string }

// showAudit lists the audit trail, newest first (promise SI46: who switched it off stands here).
func (p *pages) showAudit(w http.ResponseWriter, r *http.Request) error {
	return p.renderAudit(w, r, http.StatusOK, "")
}

func (p *pages) renderAudit(w http.ResponseWriter, r *http.Request, code int, broken string) error {
	ctx, values := r.Context(), r.URL.Query()
	query, errs := auditQuery(values, gate.ZoneFrom(ctx))
	page := auditPage{event: query.Event, actor: query.Actor, q: query.Q, subject: query.Subject, errors: errs, broken: broken}
	if !query.From.IsZero() {
		page.from = values.Get("from") // else no day, which a field for days cannot show
	}
	if !query.To.IsZero() {
		page.to = values.Get("to")
	}
	if len(errs) == 0 {
		found, err := p.Views.Audit(ctx, query)
		if err != nil {
			return gate.BadCursor(err)
		}
		if page.rows, err = p.auditRows(ctx, found.Items); err != nil {
			return err
		}
		if found.Next != "" {
			page.next = "/audit?" + with(values, "after", found.Next).Encode()
		}
	}
	if err := p.auditChoices(ctx, &page); err != nil {
		return err
	}
	kept := with(values, "after", "")
	page.filtered = len(kept) > 0
	page.csv, page.lines = withQuery("/audit.csv", kept), withQuery("/audit.jsonl", kept)
	return ui.Render(w, r, code, auditScreen(page))
}

// with returns the filters of an address with one of them set, "" to take it out; blank ones are left out.
func with(values url.Values, name, value string) url.Values {
	out := url.Values{}
	for _, k := range []string{"event", "actor", "subject", "from", "to", "q", "after"} {
		v := values.Get(k)
		if k == name {
			v = value
		}
		if v != "" {
			out.Set(k, v)
		}
	}
	return out
}

func withQuery(path string, values url.Values) string {
	if len(values) == 0 {
		return path
	}
	return path + "?" + values.Encode()
}

// auditQuery reads the filters; days are the viewer's, the last one included.
func auditQuery(values url.Values, zone *time.Location) (view.AuditQuery, ui.Errors) {
	q := view.AuditQuery{Actor: values.Get("actor"), Event: values.Get("event"), Subject: values.Get("subject"), Q: strings.TrimSpace(values.Get("q")), After: values.Get("after")}
	errs := ui.Errors{}
	day := func(name string, later int) time.Time {
		text := values.Get(name)
		if text == "" {
			return time.Time{}
		}
		t, err := time.ParseInLocation(time.DateOnly, text, zone)
		if err != nil {
			errs[name] = fmt.Sprintf("“%s” is no day; write it as 2026-11-21.", text)
			return time.Time{}
		}
		return t.AddDate(0, 0, later)
	}
	q.From, q.To = day("from", 0), day("to", 1)
	if len(errs) == 0 && !q.From.IsZero() && !q.To.IsZero() && !q.From.Before(q.To) {
		errs["to"] = "The last day is before the first."
	}
	return q, errs
}

// auditChoices fills in what can be chosen: every event, and whoever works here.
func (p *pages) auditChoices(ctx context.Context, page *auditPage) error {
	for name, e := range events() {
		page.events = append(page.events, ui.Option{Value: name, Text: e.text})
	}
	slices.SortFunc(page.events, func(a, b ui.Option) int { return strings.Compare(a.Text, b.Text) })
	page.events = slices.Insert(page.events, 0, ui.Option{Text: "Everything"})
	page.actors = []ui.Option{{Text: "Anybody"}, {Value: "schedule", Text: "The schedule"}}
	staff, err := p.staff(ctx)
	if err != nil {
		return err
	}
	for _, s := range staff {
		page.actors = append(page.actors, ui.Option{Value: s.ID, Text: s.Name})
	}
	chosen := func(o ui.Option) bool { return o.Value == page.actor }
	if !slices.ContainsFunc(page.actors, chosen) {
		who, err := p.actors(ctx, []string{page.actor})
		if err != nil {
			return err
		}
		page.actors = append(page.actors, ui.Option{Value: page.actor, Text: who(page.actor).text})
	}
	if page.event != "" && !slices.ContainsFunc(page.events, func(o ui.Option) bool { return o.Value == page.event }) {
		page.events = append(page.events, ui.Option{Value: page.event, Text: eventOf(page.event).text})
	}
	return nil
}

// askedBy begins the detail of an address that agreed to notices; an id follows.
const askedBy = "asked by "

// auditRows puts entries into words.
func (p *pages) auditRows(ctx context.Context, entries []view.AuditRecord) ([]auditRow, error) {
	var ids []string
	for _, e := range entries {
		ids = append(ids, e.Actor, e.Subject, e.Before, e.After)
		if e.Event == "recipient_confirmed" {
			ids = append(ids, strings.TrimPrefix(e.Detail, askedBy))
		}
	}
	who, err := p.actors(ctx, ids)
	if err != nil {
		return nil, err
	}
	connections, err := p.Connections.List(ctx)
	if err != nil {
		return nil, err
	}
	names := map[string]string{}
	for _, c := range connections {
		names[c.ID] = c.Name
	}
	out := make([]auditRow, len(entries))
	for i, e := range entries {
		row := auditRow{AuditRecord: e, what: eventOf(e.Event), who: who(e.Actor)}
		if e.Actor == "" {
			row.who = party{text: "Somebody unknown"}
		} else {
			row.onlyActor = "/audit?" + url.Values{"actor": {e.Actor}}.Encode()
		}
		if e.Event == "save_person" {
			row.what.text = savedAs(e.Detail)
		}
		if row.about = aboutOf(&e, row.what.about, who, names); row.what.about == aboutMail && !gate.ViewerFrom(ctx).May(account.Accounts) {
			row.about.href = "" // the outbox is not for everybody who reads here
		}
		if e.RunID != "" {
			row.runHref = "/runs/" + url.PathEscape(e.RunID)
		}
		row.before, row.past = nameOr(who, e.Before), nameOr(who, e.After)
		row.change = e.Before != "" && e.Before != e.After && row.about.text != e.Before && !row.what.ids
		if row.until = connection.PauseEnd(e.Event, e.After); e.Before == "" && e.After != "" && !row.what.ids && row.until.IsZero() {
			row.details = append(row.details, row.past)
		}
		if by, ok := strings.CutPrefix(e.Detail, askedBy); ok && e.Event == "recipient_confirmed" {
			e.Detail = askedBy + who(by).text
		}
		if text := detailWords(e.Event, e.Detail); text != "" && text != row.about.text {
			row.details = append(row.details, text)
		}
		out[i] = row
	}
	return out, nil
}

// aboutOf links to what an entry is about.
func aboutOf(e *view.AuditRecord, kind subject, who func(string) party, connections map[string]string) party {
	switch kind {
	case aboutPerson:
		if e.Subject != "" && e.Subject != e.Actor {
			return who(e.Subject)
		}
		return party{}
	case aboutConnection:
		if name, ok := connections[e.Subject]; ok {
			return party{name, "/connections/" + url.PathEscape(e.Subject)}
		}
		return party{text: cmp.Or(e.Before, e.Subject)} // deleted: the entry keeps its name
	case aboutPlan:
		return party{"Plan", "/plans/" + url.PathEscape(e.Subject)}
	case aboutToken:
		return party{cmp.Or(e.Detail, e.Subject), "/settings/tokens"}
	case aboutEmployee:
		id, employee, _ := strings.Cut(e.Subject, "/")
		return party{text: fmt.Sprintf("Employee %s of %s", employee, cmp.Or(connections[id], id))}
	case aboutGroup:
		return party{"Departments and teams", "/groups"}
	case aboutMail:
		return party{"Mail", "/outbox/" + url.PathEscape(e.Subject)}
	case aboutRun:
		return party{"Run", "/runs/" + url.PathEscape(e.Subject)}
	case aboutNothing:
		return party{}
	}
	return party{text: e.Subject}
}

func nameOr(who func(string) party, id string) string {
	if known := who(id); known.href != "" {
		return known.text
	}
	return id
}

// actors names people, tokens, the operator and the schedule by the ids of the audit trail.
func (p *pages) actors(ctx context.Context, ids []string) (func(id string) party, error) {
	people, err := p.Views.Briefs(ctx, ids)
	if err != nil {
		return nil, err
	}
	tokens := map[string]string{}
	if slices.ContainsFunc(ids, func(id string) bool { return strings.HasPrefix(id, "token:") }) {
		all, err := p.Accounts.Tokens(ctx)
		if err != nil {
			return nil, err
		}
		for _, t := range all {
			tokens["token:"+t.ID] = t.Name
		}
	}
	return func(id string) party {
		if b, ok := people[id]; ok {
			return party{cmp.Or(b.Name, b.Email, id), "/people/" + url.PathEscape(id)}
		}
		if user, ok := strings.CutPrefix(id, "cli:"); ok {
			return party{text: user + " on the server"}
		}
		if strings.HasPrefix(id, "token:") {
			return party{text: cmp.Or(tokens[id], strings.TrimPrefix(id, "token:")) + " (API token)"}
		}
		switch id {
		case "schedule":
			return party{text: "The schedule"}
		case "recipient":
			return party{text: "Whoever reads that address"}
		}
		return party{text: id}
	}, nil
}

// verifyAudit checks the chain of hashes over the whole trail and says what it found.
func (p *pages) verifyAudit(w http.ResponseWriter, r *http.Request) error {
	err := p.Verify(r.Context())
	if err == nil {
		return p.done(w, r, "/audit", "The audit log is whole: every entry fits the one before it.")
	}
	broken, ok := errors.AsType[interface {
		error
		FirstBroken() int64
	}](err)
	if !ok {
		return fmt.Errorf("verify the audit trail: %w", err)
	}
	return p.renderAudit(w, r, http.StatusUnprocessableEntity, fmt.Sprintf(
		"Entry %s does not fit the one before it: it, or one before it, was changed or removed outside Rollcall.", ui.Number(int(broken.FirstBroken()))))
}

// staff is everybody with a role above member, by role and name.
func (p *pages) staff(ctx context.Context) ([]view.PersonRow, error) {
	var out []view.PersonRow
	roles := account.Roles()
	for i := len(roles) - 1; i > 0; i-- {
		q := view.PeopleQuery{Role: roles[i], Now: p.Now(), Limit: 1000}
		for {
			found, err := p.Views.People(ctx, q)
			if err != nil {
				return nil, err
			}
			out = append(out, found.Items...)
			if q.After = found.Next; q.After == "" {
				break
			}
		}
	}
	return out, nil
}
