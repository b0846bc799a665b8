package web_test

import (
	"net/http"
	"strings"
	"testing"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/web/gate"
)

// twins lists pages, the addresses of the API that programs use instead, and why there is none or why it asks for
// another permission.
const twins = `
GET /{$} | GET /overview, GET /connections | leads on to where somebody begins
GET /explain | GET /explain
GET /chart | GET /chart
GET /groups | GET /departments, GET /departments/similar, GET /teams, GET /teams/similar
GET /numbers | GET /headcount, GET /people, GET /plans/{id}/held
GET /history | GET /runs
GET /people | GET /people
GET /people.csv | GET /people.csv
GET /people/{id} | GET /people/{id}
GET /people/{id}/timeline | GET /people/{id}/timeline
GET /people/{id}/explain | GET /people/{id}/explain
POST /people/new | POST /people
POST /people/import | POST /people/import
POST /people/{id}/edit | PATCH /people/{id}
POST /people/{id}/invite | POST /people/{id}/invite
POST /people/{id}/deactivate | POST /people/{id}/deactivate
POST /people/{id}/reactivate | POST /people/{id}/reactivate
POST /people/{id}/hold | POST /holds
POST /people/{id}/holds/{hold}/remove | DELETE /holds/{id}
POST /groups/{id}/merge | POST /departments/{id}/merge, POST /teams/{id}/merge
POST /groups/{id}/rename | PATCH /departments/{id}, PATCH /teams/{id}

GET /connections | GET /connections
GET /connections/{id} | GET /connections/{id}
GET /connections/{id}/check | GET /connections/{id}, GET /connections/{id}/recipe
GET /connections/{id}/configuration | GET /connections/{id}
GET /connections/{id}/unsaved | - | leads back to the form that a preview was made with
POST /connections/{id}/unsaved | - | settles what one person typed into a form; a program saves or does not
GET /connections/{id}/mapping | GET /connections/{id}, GET /connections/{id}/examples, GET /connections/{id}/fields
GET /connections/{id}/scope | GET /connections/{id}, GET /connections/{id}/scope
GET /connections/{id}/settings | GET /connections/{id}/versions
GET /connections/{id}/settings/{version} | GET /connections/{id}/versions/{version}
GET /connections/{id}/settings/export | GET /connections/{id}/settings.yaml
GET /connections/{id}/holds | GET /holds
GET /connections/{id}/history | GET /runs
GET /connections/{id}/progress | GET /connections/{id}
GET /connections/{id}/preview | GET /runs
GET /connections/new | GET /presets
POST /connections/new | POST /connections, POST /connections/{id}/check
POST /connections/{id}/approve | POST /connections/{id}/approve
POST /connections/{id}/cancel | POST /connections/{id}/cancel
POST /connections/{id}/check | POST /connections/{id}/check
POST /connections/{id}/configuration | PATCH /connections/{id}
POST /connections/{id}/configuration/schedule | POST /connections/{id}/upcoming
POST /connections/{id}/delete | DELETE /connections/{id}
POST /connections/{id}/disable | POST /connections/{id}/disable
POST /connections/{id}/enable | POST /connections/{id}/enable
POST /connections/{id}/holds | POST /holds
POST /connections/{id}/holds/{hold}/remove | DELETE /holds/{id}
POST /connections/{id}/undone/{run}/release | DELETE /holds/{id}
POST /connections/{id}/key | PATCH /connections/{id}, POST /connections/{id}/check
POST /connections/{id}/mapping | PATCH /connections/{id}
POST /connections/{id}/mapping/check | POST /connections/{id}/examples
POST /connections/{id}/pause | POST /connections/{id}/pause
POST /connections/{id}/preview | POST /connections/{id}/plans
POST /connections/{id}/recipients/ask | POST /recipients/ask
POST /connections/{id}/resume | POST /connections/{id}/resume
POST /connections/{id}/scope | PATCH /connections/{id}
POST /connections/{id}/scope/counts | POST /connections/{id}/scope, POST /connections/{id}/recipe, GET /connections/{id}/values
POST /connections/{id}/settings/import | PUT /connections/{id}/settings.yaml
POST /connections/{id}/settings/{version}/restore | POST /connections/{id}/restore
POST /connections/{id}/sync | POST /connections/{id}/sync
GET /connections/{id}/freezes/new | - | asks for what POST freezes
GET /connections/{id}/freezes/{freeze} | GET /freezes
POST /connections/{id}/freezes | POST /freezes
POST /connections/{id}/freezes/preview | POST /connections/{id}/plans
POST /connections/{id}/freezes/{freeze}/end | DELETE /freezes/{id}

GET /plans/{id} | GET /plans/{id}, GET /plans/{id}/summary, GET /plans/{id}/changes, GET /plans/{id}/held, GET /plans/{id}/changes.csv
GET /plans/{id}/confirm | GET /plans/{id}/changes | counts what will be applied, for those who may
POST /plans/{id}/apply | POST /plans/{id}/apply
POST /plans/{id}/decide | POST /decisions
GET /runs/{id} | GET /runs/{id}, GET /runs/{id}/changes
POST /runs/{id}/undo | POST /runs/{id}/undo
GET /automation | GET /connections
GET /automation/calendar | GET /effects
GET /automation/jobs | GET /jobs
POST /automation/{id}/cancel | POST /connections/{id}/cancel

GET /audit | GET /audit
GET /audit.csv | GET /audit.csv
GET /audit.jsonl | GET /audit.jsonl
POST /audit/verify | POST /audit/verify
GET /outbox | GET /outbox
GET /outbox/{mail} | GET /outbox/{id}
POST /outbox/{mail}/discard | POST /outbox/{id}/discard
POST /outbox/{mail}/retry | POST /outbox/{id}/retry
POST /outbox/runs/{run}/release | POST /runs/{id}/release-welcomes
GET /settings | - | leads on to the settings
GET /settings/roles | GET /people | roles are a filter of people, whom an auditor sees too
POST /settings/roles/{id}/role | PATCH /people/{id} | a role in it asks for accounts as well
POST /settings/roles/{id}/link | POST /people/{id}/password-link
GET /settings/tokens | GET /tokens
POST /settings/tokens | - | no token makes another
POST /settings/tokens/{id}/revoke | DELETE /tokens/{id}
GET /settings/organisation | GET /organisation
POST /settings/organisation | PATCH /organisation
GET /settings/sign-in | GET /sign-in
POST /settings/sign-in | PUT /sign-in
POST /settings/sign-in/remove | DELETE /sign-in
POST /settings/sign-in/test | POST /sign-in/test

GET /me | GET /me, GET /me/person, GET /me/sessions
POST /me/sessions/end | DELETE /me/sessions/{id}
POST /me/sessions/end-others | DELETE /me/sessions
POST /me/password | - | somebody's own password is theirs to type
POST /me/identity | - | goes to the provider and back in a browser
POST /me/identity/unlink | - | one's own ways to sign in belong to one's own browser
POST /sign-out | - | a token is no session
POST /sign-in | - | a token needs none
POST /sign-in/oidc | - | goes to the provider and back in a browser
GET /sign-in/oidc/callback | - | goes to the provider and back in a browser
POST /first-start | - | makes the first owner, before there is any token; on the server "rollcall owner create" does
POST /password | - | for whoever cannot sign in
POST /password/{secret} | - | for whoever cannot sign in
POST /recipients/{secret} | - | for whoever reads the mail
`

// TestProgramsCanDoWhatScreensDo holds every page against the API: the same permission, or a reason (issue: JSON API
// for everything the screens do).
func TestProgramsCanDoWhatScreensDo(t *testing.T) {
	s := newSite(t, openStore(t), "acme", 10)
	api := map[string]gate.Route{}
	for _, r := range s.app.API {
		api[r.Method+" "+strings.TrimPrefix(r.Path, "/api/v1")] = r
	}
	pages := map[string]gate.Route{}
	for _, r := range s.app.Pages {
		pages[r.Method+" "+r.Path] = r
	}
	known := map[string][]string{}
	for _, line := range strings.Split(strings.TrimSpace(twins), "\n") {
		if parts := strings.Split(line, " | "); len(parts) > 1 {
			known[parts[0]] = append(parts[1:], "")[:2]
		}
	}
	for name, page := range pages {
		w, ok := known[name]
		if form, posted := pages["POST "+page.Path]; !ok && page.Method == "GET" && posted && form.Permission == page.Permission {
			continue // asks for what is posted
		}
		if !ok {
			t.Errorf("%s (%s) has neither an address of the API nor a reason", name, page.Permission)
			continue
		}
		addresses, why := w[0], w[1]
		if addresses == "-" && why != "" {
			continue
		}
		for _, address := range strings.Split(addresses, ", ") {
			r, ok := api[address]
			if !ok {
				t.Errorf("%s: the API has no %s", name, address)
			} else if r.Permission != page.Permission && why == "" {
				t.Errorf("%s asks for %s, %s of the API for %s", name, page.Permission, address, r.Permission)
			}
		}
	}
	for name := range known {
		if _, ok := pages[name]; !ok {
			t.Errorf("there is no page %s", name)
		}
	}
}

// A GET of the API changes nothing in the database either, and answers.
func TestAPIGetChangesNothing(t *testing.T) {
	db := openStore(t)
	s := newSite(t, db, "acme", 30)
	ids := everything(s)
	_, secret, err := s.accounts.CreateToken(t.Context(), account.Operator("test"), account.NewToken{Name: "reads", Role: directory.RoleOwner})
	if err != nil {
		t.Fatal(err)
	}
	ids["outbox.id"], ids["departments.id"], ids["teams.id"] = ids["mail"], "nothing-here", "nothing-here"
	bearer := []string{"Authorization", "Bearer " + secret}
	s.ask(http.MethodGet, "/api/v1/me", nil, nil, bearer...) // notes that the token was used
	conn, err := sqlite.OpenConn(db.file, sqlite.OpenReadOnly)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	seen := 0
	for _, route := range s.app.API {
		if route.Method != http.MethodGet {
			continue
		}
		path := fill(route.Path, ids)
		if strings.HasSuffix(path, "/values") {
			path += "?field=department"
		}
		before := changes(t, conn)
		got := s.ask(http.MethodGet, path, nil, nil, bearer...)
		if changes(t, conn) != before {
			t.Errorf("GET %s wrote to the database", path)
		}
		if got.status == http.StatusOK {
			seen++
		} else if got.status >= 500 || got.status == http.StatusNotFound && !strings.Contains(path, "nothing-here") && !strings.HasSuffix(path, "/me/person") {
			t.Errorf("GET %s: %d %s", path, got.status, excerpt(got.body))
		}
	}
	if seen < 40 {
		t.Errorf("only %d addresses answered", seen)
	}
}

// changes grows with every commit of another connection.
func changes(t *testing.T, conn *sqlite.Conn) (v int64) {
	t.Helper()
	err := sqlitex.ExecuteTransient(conn, "pragma data_version", &sqlitex.ExecOptions{ResultFunc: func(st *sqlite.Stmt) error {
		v = st.ColumnInt64(0)
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	return v
}
