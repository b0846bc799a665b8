package people

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/web/gate"
	"github.com/rollcall-hr/rollcall/internal/web/ui"
	"github.com/rollcall-hr/rollcall/internal/web/words"
	"github.com/rollcall-hr/rollcall/people"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/plan/explain"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// explainPage answers why somebody is as they are, or is not here.
type explainPage struct {
	ui.Page
	Path          string // where the form goes
	Who, At, Conn string
	AskWho        bool // the page that asks for whom, not a person's own
	Errors        ui.Errors
	Asked         bool
	Lines         []line
	Fix           string
	Colour        string
	Status        string
	Steps         []step
	Person        string // address, "" for nobody in the directory
	Candidates    []candidate
	Nobody        bool
}

// line is a sentence of an answer, with the addresses of the run that it is about, of the one which that took back, and
// of the plan that waits for somebody.
type line struct{ Text, Run, Undone, Plan string }

// step is one link of the chain from reading to today.
type step struct {
	Title, Result, Detail string
	From                  string
	At                    time.Time
	By                    party
	Run                   string
	Values                []step // of the values that were mapped
}

// candidate is somebody whom a WHO could mean.
type candidate struct{ Text, Href string }

// explainPerson answers for a person, now or at the end of a past day.
func (p *pages) explainPerson(w http.ResponseWriter, r *http.Request) error {
	person, e, err := p.find(r)
	if err != nil {
		return err
	}
	page := &explainPage{Page: frame(&person, "Why"), Path: personPath(person.ID) + "/explain", At: r.URL.Query().Get("at")}
	if _, err := p.stand(r.Context(), &page.Page, e, &person); err != nil {
		return err
	}
	then, ok := page.instant(e)
	if ok {
		e.Zone = gate.ZoneFrom(r.Context())
		why, err := e.Explain(r.Context(), "id:"+person.ID, then)
		if err != nil {
			return err
		}
		if err := p.answer(r.Context(), page, &why); err != nil {
			return err
		}
		page.Person = "" // it is this page
	}
	return ui.Render(w, r, page.status(), explainView(page))
}

// instant reads the day asked for: its end in the connection's zone; ok is false when it is none.
func (page *explainPage) instant(e *people.Editor) (then time.Time, ok bool) {
	page.Errors = ui.Errors{}
	if page.At == "" {
		return time.Time{}, true
	}
	then, err := syncrun.EndOfDay(page.At, e.Policy.Zones().Connection())
	if err != nil {
		page.Errors["at"] = "Write the day as 2026-11-21."
		return then, false
	}
	if page.At > e.Now().In(e.Policy.Zones().Connection()).Format(time.DateOnly) {
		page.Errors["at"] = "That day has not come yet. A preview for a future day shows what is due."
		return then, false
	}
	return then, true
}

func (page *explainPage) status() int {
	if len(page.Errors) > 0 {
		return http.StatusUnprocessableEntity
	}
	return http.StatusOK
}

// explain answers for anybody whom a connection knows, in the directory or not.
func (p *pages) explain(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	page := &explainPage{Path: "/explain", AskWho: true, Who: trim(q.Get("who")), At: q.Get("at"), Conn: q.Get("connection"), Errors: ui.Errors{}}
	page.Page = ui.Page{Title: "Why is somebody here, or not?", Nav: "people", Crumbs: []ui.Crumb{{Text: "People", Href: "/people"}},
		Lead: "From what runs and people decided. For employees who are not in the directory too."}
	if page.Who != "" {
		if err := p.explainAnybody(r, page); err != nil {
			return err
		}
	}
	return ui.Render(w, r, page.status(), explainView(page))
}

// editors are those of the connections that may know somebody.
func (p *pages) editors(r *http.Request, only string) ([]*people.Editor, []string, error) {
	conns, err := p.Connections.List(r.Context())
	if err != nil {
		return nil, nil, err
	}
	var out []*people.Editor
	var ids []string
	for _, c := range conns {
		if c.Absent || only != "" && c.ID != only {
			continue
		}
		e, err := p.Connections.Editor(r.Context(), viewer(r).Actor(), c.ID)
		if err != nil {
			return nil, nil, err
		}
		out, ids = append(out, e), append(ids, c.ID)
	}
	if len(out) == 0 && only == "" {
		e, err := p.editor(r)
		return []*people.Editor{e}, []string{""}, err
	}
	return out, ids, nil
}

// explainAnybody asks every connection: employees are known to theirs only.
func (p *pages) explainAnybody(r *http.Request, page *explainPage) error {
	editors, ids, err := p.editors(r, page.Conn)
	if err != nil {
		return err
	}
	type hit struct {
		e    *people.Editor
		conn string
		who  people.Subject
	}
	var hits []hit
	for i, e := range editors {
		s, err := e.Find(r.Context(), page.Who)
		if many, ok := errors.AsType[*people.AmbiguousError](err); ok {
			page.Candidates = append(page.Candidates, candidates(many, ids[i], page.At)...)
			continue
		}
		if errors.Is(err, directory.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if s.Person != nil { // every connection finds the people of the directory: one answer is enough
			if e, err = p.Connections.EditorFor(r.Context(), viewer(r).Actor(), *s.Person); err != nil {
				return err
			}
			hits, page.Candidates = []hit{{e, ids[i], s}}, nil
			break
		}
		hits = append(hits, hit{e, ids[i], s})
	}
	switch {
	case len(page.Candidates) == 0 && len(hits) == 1:
		page.Conn = ""
		then, ok := page.instant(hits[0].e)
		if !ok {
			return nil
		}
		who := page.Who
		if h := hits[0].who; h.Person != nil {
			who = "id:" + h.Person.ID
		}
		hits[0].e.Zone = gate.ZoneFrom(r.Context())
		why, err := hits[0].e.Explain(r.Context(), who, then)
		if err != nil {
			return err
		}
		return p.answer(r.Context(), page, &why)
	case len(page.Candidates)+len(hits) == 0:
		page.Nobody = true
	}
	for _, h := range hits {
		page.Candidates = append(page.Candidates, candidate{fmt.Sprintf("%s <%s>, employee %d of %s", h.who.Name, h.who.Email, h.who.SourceID, h.e.Policy.Name),
			ui.WithQuery("/explain", "who", fmt.Sprintf("employee:%d", h.who.SourceID), "connection", h.conn, "at", page.At)})
	}
	page.Candidates = distinct(page.Candidates)
	return nil
}

func distinct(list []candidate) (out []candidate) {
	seen := map[candidate]bool{}
	for _, c := range list {
		if !seen[c] {
			seen[c] = true
			out = append(out, c)
		}
	}
	return out
}

// candidates makes links of whom a name could mean: "Ann Lee <ann@acme.test> id:p_1".
func candidates(many *people.AmbiguousError, conn, at string) (out []candidate) {
	for _, text := range many.Candidates {
		i := strings.LastIndexByte(text, ' ')
		who := text[i+1:]
		shown := trim(text[:max(i, 0)])
		if strings.HasPrefix(who, "id:") {
			conn = "" // people belong to the directory, not to the connection that was asked
		} else {
			shown += ", " + strings.Replace(who, ":", " ", 1)
		}
		out = append(out, candidate{shown, ui.WithQuery("/explain", "who", who, "connection", conn, "at", at)})
	}
	return out
}

// answer puts an explanation onto the page.
func (p *pages) answer(ctx context.Context, page *explainPage, why *explain.Explanation) error {
	page.Asked = true
	page.Lines, page.Fix = answerLines(why)
	status := directory.Status("")
	if why.Status != nil {
		status = *why.Status
	}
	page.Colour, page.Status = statusTag(status)
	if when := " up to " + why.At; len(why.Steps) == 0 && page.At != "" {
		page.Colour, page.Status = "plain", "Not known"
		page.Lines[0].Text = strings.Replace(page.Lines[0].Text, when, " up to the end of "+page.At, 1)
	} else {
		page.Lines[0].Text = strings.Replace(page.Lines[0].Text, when, "", 1)
	}
	if why.PersonID != nil {
		page.Person = personPath(*why.PersonID)
	}
	actors := make([]string, len(why.Steps))
	for i, s := range why.Steps {
		actors[i] = text(s.Actor)
	}
	who, err := p.parties(ctx, append([]string{}, actors...)...)
	if err != nil {
		return err
	}
	for _, s := range why.Steps {
		page.add(&s, actors, who)
	}
	return nil
}

// answerLines words an explanation and its fix for the screen.
func answerLines(why *explain.Explanation) (lines []line, fix string) {
	for _, l := range why.Lines() {
		shown := line{Text: onScreen(l.Text)}
		if l.RunID != "" {
			shown.Run = "/runs/" + l.RunID
		}
		if l.UndoOf != "" {
			shown.Undone = "/runs/" + l.UndoOf
		}
		if l.PlanID != "" {
			shown.Plan = "/plans/" + l.PlanID
		}
		lines = append(lines, shown)
	}
	if why.Fix != nil {
		fix = onScreen(*why.Fix)
	}
	return lines, fix
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// add words one step; the values that were mapped stand together in one.
func (page *explainPage) add(s *explain.ExplainStep, actors []string, who func(string) party) {
	out := step{Title: stepTitle(s), Detail: onScreen(byName(s.Detail, actors, who)), From: fromWords(text(s.From))}
	if s.At != nil {
		out.At, _ = time.Parse(time.RFC3339, *s.At) // the planner wrote it
	}
	if s.Actor != nil {
		out.By = who(*s.Actor)
	}
	if s.RunID != nil {
		out.Run = "/runs/" + *s.RunID
	}
	switch s.Step {
	case "human":
		if text(s.Actor) == "" { // nobody did it: it is planned, which the decision says
			return
		}
	case "read":
		out.Result, out.From = text(s.Value), ""
	case "scope", "match":
		out.Result = text(s.Value)
	case "map":
		if s.Result == "note" {
			break
		}
		out = step{Title: words.Field(directory.Field(s.Result)), Detail: s.Detail, From: out.From}
		if n := len(page.Steps) - 1; n >= 0 && len(page.Steps[n].Values) > 0 {
			page.Steps[n].Values = append(page.Steps[n].Values, out)
			return
		}
		out = step{Title: "Mapping", Values: []step{out}}
	}
	page.Steps = append(page.Steps, out)
}

// stepTitle names a step.
func stepTitle(s *explain.ExplainStep) string {
	switch s.Step {
	case "read":
		return "BambooHR says"
	case "scope":
		return cmp.Or(map[string]string{"in": "In scope", "out": "Out of scope"}[s.Result], "Scope is not known")
	case "match":
		return "Match"
	case "map":
		return "Mapping"
	case "lifecycle":
		return "Leaving signal: " + strings.ReplaceAll(s.Result, "_", " ")
	case "plan":
		return "Decision: " + decisionWord(s.Result)
	case "run":
		return "Run"
	case "human":
		return "By hand"
	}
	return words.Capital(s.Step)
}

func decisionWord(result string) string {
	switch result {
	case "held":
		return "not changed"
	case "left":
		return "no account"
	}
	_, word := actionTag(plan.Action(result))
	return strings.ToLower(word)
}
