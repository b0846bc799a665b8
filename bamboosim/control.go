package bamboosim

import (
	"errors"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/bamboosim/internal/answer"
	"github.com/rollcall-hr/rollcall/bamboosim/internal/company"
	"github.com/rollcall-hr/rollcall/bamboosim/internal/fault"
	"github.com/rollcall-hr/rollcall/bamboosim/internal/hook"
)

// control is one request to the control API.
type control struct {
	site *answer.Site
	w    http.ResponseWriter
	r    *http.Request
}

// serveControl answers /_sim/…, with several companies /_sim/{company}/….
func (s *Server) serveControl(w http.ResponseWriter, r *http.Request) {
	rest := strings.Trim(strings.TrimPrefix(r.URL.Path, "/_sim"), "/")
	name, inner, _ := strings.Cut(rest, "/")
	switch {
	case len(s.order) == 1 && name == s.order[0] && !controlWord(name):
		(&control{s.sites[name], w, r}).serve(inner)
	case len(s.order) == 1:
		(&control{s.sites[s.order[0]], w, r}).serve(rest)
	case s.sites[name] != nil:
		(&control{s.sites[name], w, r}).serve(inner)
	case rest == "" && r.Method == http.MethodGet:
		writePage(w, pageData{Companies: s.order})
	default:
		(&control{nil, w, r}).fail(http.StatusNotFound, "There are several companies: use /_sim/{company}/…")
	}
}

func controlWord(name string) bool {
	switch name {
	case "company", "employees", "clock", "users", "requests", "faults":
		return true
	}
	return false
}

// serve runs one control operation.
func (k *control) serve(path string) {
	words := strings.Split(path, "/")
	at := func(n int) string {
		if n < len(words) {
			return words[n]
		}
		return ""
	}
	method := k.r.Method
	if method == http.MethodHead {
		method = http.MethodGet // the server leaves the body out
	}
	switch op := method + " " + at(0); {
	case op == "GET " && len(words) == 1:
		k.page()
	case op == "GET company" && len(words) == 1:
		k.w.Header().Set("Content-Type", "application/json")
		_ = k.site.Store.WriteFile(k.w) // fails only when the client has left
	case op == "PUT employees" && len(words) == 2:
		k.putEmployee(at(1))
	case op == "DELETE employees" && len(words) == 2:
		k.deleteEmployee(at(1))
	case op == "POST employees" && len(words) == 3 && at(2) == "terminate":
		k.terminate(at(1))
	case op == "GET clock" && len(words) == 1:
		k.clock()
	case op == "POST clock" && len(words) == 1:
		k.setClock()
	case op == "POST users" && len(words) == 2:
		k.setUser(at(1))
	case op == "GET requests" && len(words) == 1:
		k.json(http.StatusOK, map[string]any{"items": k.site.Log.Items()})
	case op == "DELETE requests" && len(words) == 1:
		k.site.Log.Clear()
		k.w.WriteHeader(http.StatusNoContent)
	case op == "GET faults" && len(words) == 1:
		k.json(http.StatusOK, map[string]any{"items": k.site.Faults.List()})
	case op == "POST faults" && len(words) == 1:
		k.addFault()
	case op == "DELETE faults" && len(words) == 1:
		k.site.Faults.Clear()
		k.w.WriteHeader(http.StatusNoContent)
	default:
		k.fail(http.StatusNotFound, "There is no such control operation: "+k.r.Method+" "+k.r.URL.Path)
	}
}

func (k *control) json(status int, v any) {
	k.w.Header().Set("Content-Type", "application/json")
	k.w.WriteHeader(status)
	_, _ = k.w.Write(append(hook.Marshal(v), '\n'))
}

func (k *control) fail(status int, text string) {
	k.json(status, map[string]string{"error": text})
}

// decode reads the body strictly; false after it answered 400.
func (k *control) decode(into any) bool {
	raw, ok := k.read()
	if !ok {
		return false
	}
	err := fault.Decode(raw, into)
	if err != nil {
		k.fail(http.StatusBadRequest, err.Error())
	}
	return err == nil
}

func (k *control) read() ([]byte, bool) {
	raw, err := io.ReadAll(http.MaxBytesReader(k.w, k.r.Body, answer.MaxBody))
	if err != nil {
		k.fail(http.StatusBadRequest, "read body: "+err.Error())
	}
	return raw, err == nil
}

// settle delivers the webhooks that an operation caused before it answers, so that scripts need not wait.
func (k *control) settle() {
	k.site.Hooks.Notice()
	k.site.Hooks.Wait()
}

func (k *control) id(word string) (int, bool) {
	id, err := strconv.Atoi(word)
	if err != nil || id <= 0 || id > 1<<31-1 {
		k.fail(http.StatusNotFound, fmt.Sprintf("%q is no employee id", word))
		return 0, false
	}
	return id, true
}

func (k *control) employee(e *company.Employee) {
	k.w.Header().Set("Content-Type", "application/json")
	_, _ = k.w.Write(append(k.site.Store.Catalogue.AppendEmployee(nil, e), '\n'))
}

// putEmployee edits or creates a person: keys given replace, an unknown key is 400.
func (k *control) putEmployee(word string) {
	id, ok := k.id(word)
	if !ok {
		return
	}
	raw, ok := k.read()
	if !ok {
		return
	}
	e, err := k.site.Store.Put(id, func(e *company.Employee, _ string) error {
		return company.PatchEmployee(raw, e, k.site.Store.Catalogue)
	})
	if err != nil {
		k.fail(http.StatusBadRequest, err.Error())
		return
	}
	k.settle()
	k.employee(e)
}

func (k *control) deleteEmployee(word string) {
	id, ok := k.id(word)
	if !ok {
		return
	}
	if !k.site.Store.Delete(id) {
		k.fail(http.StatusNotFound, "there is no employee "+word)
		return
	}
	k.settle()
	k.w.WriteHeader(http.StatusNoContent)
}

// terminate sets the termination date and adds the employment status; the account status flips on that day, at once
// when it is here.
func (k *control) terminate(word string) {
	id, ok := k.id(word)
	if !ok {
		return
	}
	var body struct {
		Date string `json:"date"`
	}
	if !k.decode(&body) {
		return
	}
	if _, err := time.Parse(time.DateOnly, body.Date); err != nil {
		k.fail(http.StatusBadRequest, fmt.Sprintf("date: %q is no date (YYYY-MM-DD)", body.Date))
		return
	}
	e, err := k.site.Store.Update(id, func(e *company.Employee, today string) error {
		e.EmploymentStatus = append(e.EmploymentStatus, company.StatusRow{Date: body.Date, Status: Terminated})
		e.ApplyStatus(Terminated, body.Date, today, false)
		return nil
	})
	if err != nil {
		k.fail(http.StatusNotFound, "there is no employee "+word)
		return
	}
	k.settle()
	k.employee(e)
}

func (k *control) clock() {
	now, running := k.site.Store.Clock()
	k.json(http.StatusOK, map[string]any{"now": now.UTC().Format(time.RFC3339), "running": running})
}

func (k *control) setClock() {
	var body struct {
		Now     *string `json:"now"`
		Running *bool   `json:"running"`
	}
	if !k.decode(&body) {
		return
	}
	var now *time.Time
	if body.Now != nil {
		at, err := time.Parse(time.RFC3339, *body.Now)
		if err != nil {
			k.fail(http.StatusBadRequest, fmt.Sprintf("now: %q is no RFC 3339 time such as 2026-12-01T00:00:00Z", *body.Now))
			return
		}
		now = &at
	}
	k.site.Store.SetClock(now, body.Running)
	k.settle()
	k.clock()
}

func (k *control) setUser(id string) {
	var body struct {
		Enabled *bool `json:"enabled"`
	}
	if !k.decode(&body) {
		return
	}
	if body.Enabled == nil {
		k.fail(http.StatusBadRequest, "enabled: is missing")
		return
	}
	u, err := k.site.Store.EnableUser(id, *body.Enabled)
	if err != nil {
		k.fail(http.StatusNotFound, fmt.Sprintf("there is no user %q", id))
		return
	}
	k.json(http.StatusOK, map[string]any{"id": u.ID, "email": u.Email, "access_level": u.AccessLevel,
		"employee_id": strconv.Itoa(u.EmployeeID), "enabled": !u.Disabled})
}

func (k *control) addFault() {
	var spec fault.Spec
	if !k.decode(&spec) {
		return
	}
	err := k.site.Faults.Add(spec)
	var unknown *fault.UnknownError
	switch {
	case errors.As(err, &unknown):
		k.json(http.StatusBadRequest, map[string]any{"error": err.Error(), "names": fault.Names()})
	case err != nil:
		k.fail(http.StatusBadRequest, err.Error())
	default:
		k.json(http.StatusCreated, spec)
	}
}

// pageData is what the control page shows.
type pageData struct {
	Companies []string
	Name      string
	Base      string
	Now       string
	Running   bool
	People    int
	Users     []company.User
	Faults    []fault.Spec
	Requests  []answer.Entry
}

func (k *control) page() {
	v, _ := k.site.Store.Snapshot()
	now, running := k.site.Store.Clock()
	items := k.site.Log.Items()
	writePage(k.w, pageData{Name: k.site.Store.Company.Name, Base: strings.TrimSuffix(k.r.URL.Path, "/"),
		Now: now.UTC().Format(time.RFC3339), Running: running, People: v.Count(), Users: k.site.Store.Users(),
		Faults: k.site.Faults.List(), Requests: items[max(0, len(items)-20):]})
}

const pageText = `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>BambooHR simulator</title></head><body>
{{if .Companies}}<h1>BambooHR simulator</h1><ul>{{range .Companies}}<li><a href="/_sim/{{.}}/">{{.}}</a></li>{{end}}</ul>
{{else}}<h1>{{.Name}}: BambooHR simulator</h1>
<p>{{.People}} employees. The clock {{if .Running}}runs{{else}}stands still{{end}} at {{.Now}}.</p>
<ul><li><a href="{{.Base}}/company">company</a></li><li><a href="{{.Base}}/clock">clock</a></li>
<li><a href="{{.Base}}/requests">requests</a></li><li><a href="{{.Base}}/faults">faults</a></li></ul>
<h2>Users</h2><ul>{{range .Users}}<li>{{.ID}} {{.Email}} ({{.AccessLevel}}{{if .Disabled}}, disabled{{end}})</li>{{end}}</ul>
<h2>Faults</h2><ul>{{range .Faults}}<li>{{.Name}} {{.Match}}</li>{{else}}<li>none</li>{{end}}</ul>
<h2>Last requests</h2><table><tr><th>at</th><th>request</th><th>status</th></tr>
{{range .Requests}}<tr><td>{{.At}}</td><td>{{.Method}} {{.Path}}</td><td>{{.Status}}</td></tr>{{end}}</table>
{{end}}</body></html>
`

func writePage(w http.ResponseWriter, data pageData) {
	page := template.Must(template.New("page").Parse(pageText)) // a constant
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'")
	_ = page.Execute(w, data) // fails only when the client has left
}
