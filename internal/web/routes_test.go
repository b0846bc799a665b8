package web_test

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/notify"
	"github.com/rollcall-hr/rollcall/internal/web/gate"
	"github.com/rollcall-hr/rollcall/plan"
)

var wildcard = regexp.MustCompile(`\{([a-z_A-Z]+)(?:\.\.\.)?\}`)

// fill puts values into a route's wildcards: those of its kind where known, else one that exists nowhere.
func fill(path string, ids map[string]string) string {
	path = strings.TrimSuffix(path, "{$}")
	area := strings.Split(strings.TrimPrefix(strings.TrimPrefix(path, "/api/v1"), "/"), "/")[0]
	return wildcard.ReplaceAllStringFunc(path, func(w string) string {
		name := wildcard.FindStringSubmatch(w)[1]
		for _, key := range []string{area + "." + name, name} {
			if v, ok := ids[key]; ok {
				return url.PathEscape(v)
			}
		}
		return "nothing-here"
	})
}

// Every page asks for its permission, whatever the role (promises AY2, SI5): the table of routes is
// walked with every role and with nobody.
func TestPagesAskForTheirPermission(t *testing.T) {
	s := newSite(t, openStore(t), "acme", 20)
	cookies := map[directory.Role]*http.Cookie{}
	for _, role := range account.Roles() {
		s.person(string(role)+"@acme.test", role)
	}
	sign := func(role directory.Role) *http.Cookie { return s.cookie(string(role) + "@acme.test") }
	for _, role := range account.Roles() {
		cookies[role] = sign(role)
	}
	for _, route := range s.app.Pages {
		if route.Permission == gate.Public {
			continue
		}
		path := fill(route.Path, nil)
		if got := s.ask(route.Method, path, nil, nil); got.status != http.StatusSeeOther || !strings.HasPrefix(got.location, "/sign-in") {
			t.Errorf("%s %s without a session: %d %s", route.Method, path, got.status, got.location)
		}
		for _, role := range account.Roles() {
			got := s.ask(route.Method, path, cookies[role], url.Values{})
			if route.Path == "/sign-out" || strings.HasPrefix(route.Path, "/me") && route.Method == http.MethodPost {
				cookies[role] = sign(role) // that ended it
			}
			if allowed := account.Allows(role, route.Permission); (got.status == http.StatusForbidden) == allowed {
				t.Errorf("%s %s (%s) as %s: %d", route.Method, path, route.Permission, role, got.status)
			}
			if got.status >= 500 {
				t.Errorf("%s %s as %s: %d", route.Method, path, role, got.status)
			}
		}
	}
}

// The same for programs, by token.
func TestAPIAsksForItsPermission(t *testing.T) {
	s := newSite(t, openStore(t), "acme", 20)
	tokens := map[directory.Role]string{}
	for _, role := range account.Roles() {
		_, secret, err := s.accounts.CreateToken(t.Context(), account.Operator("test"), account.NewToken{Name: "test " + string(role), Role: role})
		if err != nil {
			t.Fatal(err)
		}
		tokens[role] = secret
	}
	for _, route := range s.app.API {
		path := fill(route.Path, nil)
		if route.Permission == gate.Public {
			continue
		}
		for _, header := range []string{"", "Bearer nonsense", "Basic b3duZXI6eA=="} {
			if got := s.ask(route.Method, path, nil, nil, "Authorization", header); got.status != http.StatusUnauthorized {
				t.Errorf("%s %s with %q: %d", route.Method, path, header, got.status)
			}
		}
		if got := s.ask(route.Method, path, s.cookie("owner@acme.test"), nil); got.status != http.StatusUnauthorized {
			t.Errorf("%s %s with a browser's cookie: %d", route.Method, path, got.status)
		}
		for _, role := range account.Roles() {
			got := s.ask(route.Method, path, nil, nil, "Authorization", "Bearer "+tokens[role])
			if allowed := account.Allows(role, route.Permission); (got.status == http.StatusForbidden) == allowed {
				t.Errorf("%s %s (%s) as %s: %d %s", route.Method, path, route.Permission, role, got.status, got.body)
			}
			if got.status >= 500 {
				t.Errorf("%s %s as %s: %d %s", route.Method, path, role, got.status, got.body)
			}
		}
	}
}

// everything is an organisation with one of each: the ids that routes ask for.
func everything(s *site) map[string]string {
	s.t.Helper()
	ctx := s.t.Context()
	id, planID := s.connect()
	runID := s.apply(id, planID)
	if _, err := s.connections.Save(ctx, s.owner, id, 0, []byte(`{"notify": {"errors": ["it@acme.test"]}}`)); err != nil {
		s.t.Fatal(err)
	}
	planID = s.preview(id)
	var person string
	for p, err := range s.store.AllPeople(s.t.Context()) {
		if err != nil {
			s.t.Fatal(err)
		}
		if p.Link != nil {
			person = p.ID
			break
		}
	}
	if err := s.accounts.RequestReset(s.t.Context(), "owner@"+s.organisation+".test", "127.0.0.1"); err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.mails.Deliver(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	box, err := s.mails.Outbox(s.t.Context(), notify.Page{})
	if err != nil || len(box.Items) == 0 {
		s.t.Fatalf("the outbox: %v, %v", box.Items, err)
	}
	token, _, err := s.accounts.CreateToken(ctx, account.Operator("test"), account.NewToken{Name: "reports", Role: directory.RoleAuditor})
	if err != nil {
		s.t.Fatal(err)
	}
	groups, err := s.store.Views().Groups(ctx, directory.KindDepartment)
	if err != nil || len(groups) == 0 {
		s.t.Fatalf("the departments: %v, %v", groups, err)
	}
	return map[string]string{"mail": box.Items[0].ID, "connections.id": id, "automation.id": id, "plans.id": planID, "runs.id": runID, "people.id": person, "version": "1",
		"settings.id": token.ID, "tokens.id": token.ID, "groups.id": groups[0].ID, "recipients.secret": s.asked("it@acme.test")}
}

// asked returns the secret of the link by which an address agrees to be told of failures.
func (s *site) asked(address string) string {
	s.t.Helper()
	box, err := s.mails.Outbox(s.t.Context(), notify.Page{})
	if err != nil {
		s.t.Fatal(err)
	}
	for _, m := range box.Items {
		if m.Kind != notify.Confirmation || m.To != address {
			continue
		}
		shown, err := s.mails.Show(s.t.Context(), m.ID)
		if err != nil {
			s.t.Fatal(err)
		}
		if _, link, found := strings.Cut(shown.Text, "http://rollcall.test/recipients/"); found {
			return strings.Fields(link)[0]
		}
	}
	s.t.Fatalf("%s was not asked", address)
	return ""
}

// A GET changes nothing in the database (issue: no state changes on GET).
func TestGetChangesNothing(t *testing.T) {
	db := openStore(t)
	s := newSite(t, db, "acme", 30)
	ids := everything(s)
	cookie := s.cookie("owner@acme.test")
	conn, err := sqlite.OpenConn(db.file, sqlite.OpenReadOnly)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	version := func() (v int64) {
		err := sqlitex.ExecuteTransient(conn, "pragma data_version", &sqlitex.ExecOptions{ResultFunc: func(st *sqlite.Stmt) error {
			v = st.ColumnInt64(0)
			return nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	seen := 0
	for _, route := range s.app.Pages {
		if route.Method != http.MethodGet {
			continue
		}
		path := fill(route.Path, ids)
		before := version()
		got := s.ask(route.Method, path, cookie, nil)
		if after := version(); after != before {
			t.Errorf("GET %s wrote to the database", path)
		}
		if got.status >= 500 || got.status == http.StatusNotFound && !strings.Contains(path, "nothing-here") {
			t.Errorf("GET %s: %d %s", path, got.status, excerpt(got.body))
		}
		if got.status == http.StatusOK {
			seen++
			checkPage(t, path, got)
		}
	}
	if seen < 25 {
		t.Errorf("only %d pages were seen; are the routes there?", seen)
	}
}

var (
	inline  = regexp.MustCompile(`(?i)<style|\sstyle=|\son[a-z]+=|javascript:`)
	scripts = regexp.MustCompile(`(?is)<script[^>]*>(.*?)</script>`)
	forms   = regexp.MustCompile(`(?is)(<form[^>]*>)(.*?)</form>`)
	fields  = regexp.MustCompile(`<(?:input|textarea)[^>]*\sid="f-`)
)

// checkPage holds an answer to the headers and the content policy (security §1.8).
func checkPage(t *testing.T, path string, got answer) {
	t.Helper()
	for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Cache-Control": "no-store"} {
		if got.header.Get(name) != want {
			t.Errorf("GET %s: %s is %q, want %q", path, name, got.header.Get(name), want)
		}
	}
	if csp := got.header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
		t.Errorf("GET %s: content security policy %q", path, csp)
	}
	if !strings.HasPrefix(got.header.Get("Content-Type"), "text/html") {
		return
	}
	if m := inline.FindString(got.body); m != "" {
		t.Errorf("GET %s has inline style or script: %q", path, m)
	}
	for _, m := range scripts.FindAllStringSubmatch(got.body, -1) {
		if strings.TrimSpace(m[1]) != "" {
			t.Errorf("GET %s has an inline script: %.80q", path, m[1])
		}
	}
	for _, m := range forms.FindAllStringSubmatch(got.body, -1) {
		if fields.MatchString(m[2]) && strings.Contains(m[1], `method="post"`) && !strings.Contains(m[1], "novalidate") {
			t.Errorf("GET %s: the browser, not the page, would say what is wrong with %s", path, m[1])
		}
	}
}

func excerpt(s string) string { return s[:min(len(s), 300)] }

// Another organisation's session opens nothing here, and its ids do not exist here: every route answers
// as if they were made up.
func TestOtherOrganisations(t *testing.T) {
	db := openStore(t)
	acme, other := newSite(t, db, "acme", 20), newSite(t, db, "other", 20)
	ids := everything(acme)
	foreign := other.cookie("owner@other.test")
	_, token, err := other.accounts.CreateToken(t.Context(), account.Operator("test"), account.NewToken{Name: "other", Role: directory.RoleOwner})
	if err != nil {
		t.Fatal(err)
	}
	bearer := "Bearer " + token
	before, err := auditLength(acme)
	if err != nil {
		t.Fatal(err)
	}
	for _, route := range slices.Concat(acme.app.Pages, acme.app.API) {
		path := fill(route.Path, ids)
		isAPI := strings.HasPrefix(path, "/api/")
		if route.Permission != gate.Public {
			if got := acme.ask(route.Method, path, foreign, url.Values{}, "Authorization", bearer); got.status != http.StatusUnauthorized && got.status != http.StatusSeeOther {
				t.Errorf("%s %s at acme with the other's session: %d", route.Method, path, got.status)
			}
		}
		if path == fill(route.Path, nil) || path == route.Path || route.Path == "/sign-out" || strings.Contains(path, "nothing-here") {
			continue
		}
		got := other.ask(route.Method, path, foreign, url.Values{}, "Authorization", bearer)
		if strings.HasSuffix(route.Path, "{version}") || got.status == http.StatusNotFound {
			continue
		}
		if isAPI && got.status == http.StatusBadRequest {
			// A request without a body may be refused before anybody is looked for: that tells nothing either.
			made := other.ask(route.Method, fill(route.Path, nil), foreign, url.Values{}, "Authorization", bearer)
			if made.status == got.status {
				continue
			}
		}
		if made := other.ask(route.Method, fill(route.Path, nil), foreign, url.Values{}, "Authorization", bearer); made.status != got.status {
			t.Errorf("%s %s at the other: %d, but %d for an id that is nowhere", route.Method, path, got.status, made.status)
		}
	}
	if after, err := auditLength(acme); err != nil || after != before {
		t.Errorf("acme's audit trail went from %d to %d entries, %v", before, after, err)
	}
}

func auditLength(s *site) (n int, err error) {
	for _, err = range s.store.Audit(s.t.Context(), 0) {
		if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// A post that another site sends is refused on every page, signed in or not (security §1.7).
func TestCrossSitePosts(t *testing.T) {
	s := newSite(t, openStore(t), "acme", 20)
	cookie := s.cookie("owner@acme.test")
	before, err := auditLength(s)
	if err != nil {
		t.Fatal(err)
	}
	posts := 0
	for _, route := range s.app.Pages {
		if route.Method == http.MethodGet {
			continue
		}
		posts++
		path := fill(route.Path, nil)
		for _, site := range []string{"cross-site", "same-site"} {
			if got := s.ask(route.Method, path, cookie, url.Values{}, "Sec-Fetch-Site", site); got.status != http.StatusForbidden {
				t.Errorf("%s %s from %s: %d", route.Method, path, site, got.status)
			}
		}
		if got := s.ask(route.Method, path, cookie, url.Values{}, "Origin", "https://evil.test"); got.status != http.StatusForbidden {
			t.Errorf("%s %s from another origin: %d", route.Method, path, got.status)
		}
	}
	if after, err := auditLength(s); err != nil || after != before || posts < 15 {
		t.Errorf("%d posts; the audit trail went from %d to %d entries, %v", posts, before, after, err)
	}
}

// A session, a token and a link end everywhere in the moment their person is deactivated (security §1.6).
func TestDeactivationSignsOut(t *testing.T) {
	s := newSite(t, openStore(t), "acme", 20)
	id := s.person("ada@acme.test", directory.RoleAdmin)
	cookie := s.cookie("ada@acme.test")
	connection, _ := s.connect()
	if got := s.ask(http.MethodGet, "/people", cookie, nil); got.status != http.StatusOK {
		t.Fatalf("signed in: %d", got.status)
	}
	e, err := s.connections.Editor(t.Context(), s.owner, connection)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Deactivate(t.Context(), "id:"+id); err != nil {
		t.Fatal(err)
	}
	if got := s.ask(http.MethodGet, "/people", cookie, nil); got.status != http.StatusSeeOther || !strings.HasPrefix(got.location, "/sign-in") {
		t.Errorf("after the deactivation: %d %s", got.status, got.location)
	}
}

// An owner who has no way to sign in does not count: the one who has is the last owner.
func TestLastOwnerWhoCanSignIn(t *testing.T) {
	s := newSite(t, openStore(t), "acme", 20)
	connection, _ := s.connect()
	idle := directory.Person{ID: "p_idle", Status: directory.Active, Role: directory.RoleOwner}
	idle.Values.Set(directory.Email, directory.KindText, "idle@acme.test")
	change := plan.Change{Action: plan.Create, PersonID: idle.ID, Reason: plan.NewInHR, StatusAfter: directory.Active}
	if _, err := s.store.SavePerson(t.Context(), idle, change, "test", today()); err != nil {
		t.Fatal(err)
	}
	e, err := s.connections.Editor(t.Context(), s.owner, connection)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Deactivate(t.Context(), "id:"+s.owner); err == nil {
		t.Error("the only owner who can sign in was deactivated")
	}
	if _, err := e.Deactivate(t.Context(), "id:p_idle"); err != nil {
		t.Errorf("an owner who cannot sign in stays: %v", err)
	}
}
