package web_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/rollcall-hr/rollcall/bamboosim"
	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/web/browsertest"
	"github.com/rollcall-hr/rollcall/internal/web/gate"
)

func signIn(tab *browsertest.Tab, email string) {
	tab.Go("/sign-in")
	tab.Type("#f-email", email)
	tab.Type("#f-password", password)
	tab.Click("main form button[type=submit]")
}

// An administrator's whole way, in a browser: first start, set-up in three steps, preview, a segment that
// filters, one person's diff, apply with confirmation, history, undo, sign out. The count of clicks and
// fields until the first preview is printed (promise SI1: within a matter of minutes).
func TestAdministratorsWay(t *testing.T) {
	s := bareSite(t, openStore(t), "acme", 40)
	tab := browsertest.Start(t).Open(t, s.url)

	tab.Go("/")
	tab.WaitPath("/first-start")
	tab.Type("#f-name", "Olga Owner")
	tab.Type("#f-email", "owner@acme.test")
	tab.Type("#f-password", password)
	tab.Type("#f-organisation", "Acme")
	tab.Click("main button[type=submit]")
	tab.WaitPath("/connections")
	tab.Sound()

	tab.Click(`main a[href="/connections/new"]`)
	tab.WaitPath("/connections/new")
	tab.Type(`[name="bamboohr.subdomain"]`, "https://acme.bamboohr.com/home")
	tab.Type(`[name="api_key"]`, bamboosim.DefaultKey)
	tab.Click(`main button[value="save"]`)
	tab.WaitText("employees") // the key works: step 2
	tab.WaitPath("/connections/c_")
	tab.Wait(`button[type=submit]`)
	if at := tab.Location(); !strings.Contains(at, "/mapping") {
		t.Fatalf("after the credentials comes %s, not the mapping", at)
	}
	tab.Sound()
	tab.ClickText("Save")
	tab.Wait("#plan-chart")
	t.Logf("first start to preview: %d clicks, %d fields", tab.Clicks, tab.Fields)
	if tab.Clicks > 10 || tab.Fields > 10 {
		t.Errorf("%d clicks and %d fields are too many", tab.Clicks, tab.Fields)
	}
	tab.Sound()

	// A segment of the chart filters the list (promise SI14).
	tab.Click(`#plan-chart .bar-legend a.k-create`)
	tab.Until("the list to be filtered", `new URLSearchParams(location.search).get("action") === "create"`)
	tab.Wait("#rows details summary")
	// One person's exact changes (promise SI15), with old and new value and the source (promise SI16).
	tab.Click("#rows details summary")
	tab.Wait("#rows details[open] ins")
	tab.Sound()

	tab.Click("#apply")
	tab.Wait("#modal[open] #apply-now")
	tab.Sound()
	confirm := tab.Text("#modal")
	if !strings.Contains(confirm, "new people") || !strings.Contains(confirm, "Without it nobody is mailed") {
		t.Errorf("the confirmation says %q", confirm)
	}
	tab.Click("#modal #apply-now")
	tab.WaitPath("/runs/")
	tab.Sound()

	tab.Click(`.side-nav a[href="/history"]`)
	tab.WaitPath("/history")
	tab.WaitText("Olga Owner")
	tab.Click(`main table a[href^="/runs/"]`)
	tab.WaitPath("/runs/")
	tab.ClickText("Undo")
	tab.Wait("#modal[open] button[type=submit]")
	tab.Sound()
	tab.Type("#modal #f-person", "employee:5") // taking everybody back is what the guard refuses
	tab.Click("#modal #preview-undo")
	tab.WaitPath("/plans/")
	tab.WaitText("Will be reverted")
	tab.Sound()
	tab.Click("#apply")
	tab.Wait("#modal[open] #apply-now")
	tab.Click("#modal #apply-now")
	tab.WaitPath("/runs/")

	tab.ClickText("Sign out")
	tab.WaitPath("/sign-in")
	tab.Go("/people")
	tab.WaitPath("/sign-in")
	tab.Sound()
}

// hostile changes some employees into what no screen may trip over (security §1.12, faults 19–21).
func hostile(t *testing.T, s *site) {
	t.Helper()
	names := []string{`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, "\u202egnp.exe", "محمد عبد الرحمن", strings.Repeat("Wolfeschlegelsteinhausenberger", 7)[:200],
		"👩‍👩‍👧‍👦 Family", `=HYPERLINK("http://evil.test")`, "O'Brien-Łukasiewicz & Söhne"}
	for i, name := range names {
		body := fmt.Sprintf(`{"lastName": %q}`, name)
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, fmt.Sprintf("%s/_sim/employees/%d", s.sim.URL, 5+i), strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusOK {
			t.Fatalf("change employee %d: %s", 5+i, res.Status)
		}
	}
}

// Every screen is sound in light and dark, at 390 and 1280 px, whatever people are called: no console
// errors, no violation of WCAG 2.2 AA, no sideways scrolling.
func TestScreensAreSound(t *testing.T) {
	s := newSite(t, openStore(t), "acme", 40)
	hostile(t, s)
	ids := everything(s)
	furnish(t, s, ids)
	browser := browsertest.Start(t)
	tab := browser.Open(t, s.url)
	for name, public := range map[string]string{"sign-in": "/sign-in", "forgotten": "/password", "set-password": "/password/" + ids["password.secret"],
		"recipient": "/recipients/" + ids["recipients.secret"]} {
		tab.Go(public)
		tab.SoundEverywhere("public-" + name)
	}
	wrongPages(tab)
	signIn(tab, "owner@acme.test")
	tab.WaitPath("/connections")
	dialogs := dialogs{}
	for _, route := range s.app.Pages {
		path := fill(route.Path, ids)
		if route.Method != http.MethodGet || route.Permission == gate.Public || strings.Contains(path, "nothing-here") || isFile(path) {
			continue
		}
		tab.Go(path)
		tab.SoundEverywhere(strings.Trim(strings.NewReplacer("/", "-", "{", "", "}", "").Replace(route.Path), "-"))
		dialogs.sweep(tab, path)
	}
	for name, path := range special(t, s, ids) {
		tab.Go(path)
		tab.SoundEverywhere(name)
		dialogs.sweep(tab, path)
	}
	dialogs.complete(t)
	refusedPages(t, s, browser)
	var ran bool
	tab.Eval(`window.alerted === true`, &ran)
	if ran {
		t.Error("a name ran as a script")
	}
}

// isFile tells downloads, which are no screens.
func isFile(path string) bool {
	return slices.ContainsFunc([]string{".csv", ".json", ".jsonl", ".yaml", "/export", "/progress"}, func(end string) bool { return strings.HasSuffix(path, end) })
}

// Pages that read work without JavaScript.
func TestReadsWithoutScripts(t *testing.T) {
	s := newSite(t, openStore(t), "acme", 40)
	ids := everything(s)
	tab := browsertest.Start(t).Open(t, s.url)
	tab.Scripts(false)
	signIn(tab, "owner@acme.test")
	tab.Wait(".side-nav")
	for _, path := range []string{"/plans/" + ids["plans.id"], "/history", "/people", "/people/" + ids["people.id"], "/audit", "/chart"} {
		tab.Go(path)
		tab.Wait("main h2, main table, main ul")
	}
	tab.Go("/plans/" + ids["plans.id"] + "?part=held")
	tab.Wait("#rows")
}

// Paper is white, whatever the screen is: what is printed from dark colours has the light ones, and goes back to dark.
func TestPaperIsWhite(t *testing.T) {
	s := newSite(t, openStore(t), "acme", 10)
	tab := browsertest.Start(t).Open(t, s.url)
	tab.Scheme("dark")
	signIn(tab, "owner@acme.test")
	tab.WaitPath("/connections")
	for _, c := range []struct{ event, want string }{{"", "dark"}, {"beforeprint", "light"}, {"afterprint", "dark"}} {
		var got string
		tab.Eval(fmt.Sprintf(`dispatchEvent(new Event(%q)), document.documentElement.dataset.bsTheme`, c.event), &got)
		if got != c.want {
			t.Errorf("after %q the colours are %s, want %s", c.event, got, c.want)
		}
	}
}

// An auditor sees everything and can change nothing; a member sees only their own part.
func TestWhatAuditorAndMemberSee(t *testing.T) {
	s := newSite(t, openStore(t), "acme", 40)
	ids := everything(s)
	s.person("audrey@acme.test", directory.RoleAuditor)
	s.person("mel@acme.test", directory.RoleMember)
	browser := browsertest.Start(t)

	audrey := browser.Open(t, s.url)
	signIn(audrey, "audrey@acme.test")
	audrey.WaitPath("/connections")
	for _, path := range []string{"/connections", "/connections/" + ids["connections.id"], "/plans/" + ids["plans.id"], "/runs/" + ids["runs.id"], "/people", "/people/" + ids["people.id"], "/audit"} {
		audrey.Go(path)
		audrey.Sound()
		var posts []string
		audrey.Eval(`[...document.querySelectorAll('main form[method=post], .page-actions form[method=post]')].map(f => f.getAttribute("action"))`, &posts)
		if posts = slices.DeleteFunc(posts, func(p string) bool { return strings.HasPrefix(p, "/audit") }); len(posts) > 0 {
			t.Errorf("%s offers an auditor to change something: %q", path, posts)
		}
	}

	mel := browser.Open(t, s.url)
	signIn(mel, "mel@acme.test")
	mel.WaitPath("/me")
	mel.Sound()
	var links []string
	mel.Eval(`[...document.querySelectorAll(".side-nav a")].map(a => a.getAttribute("href"))`, &links)
	if want := []string{"/me"}; !slices.Equal(links, want) {
		t.Errorf("a member's menu is %q, want %q", links, want)
	}
}
