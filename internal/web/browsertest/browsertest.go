// Package browsertest drives the web application in Chromium for tests and screenshots: it signs in,
// clicks, types, and holds every page to the same bar (no console errors, no accessibility violations, no
// sideways scrolling, light and dark, narrow and wide). What a page must say is left to the tests.
package browsertest

import (
	"bytes"
	"compress/gzip"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	cdproto "github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	cdp "github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// axeSource is axe-core 4.14.1 (MPL-2.0, see NOTICE), the accessibility checker.
//
//go:embed axe.min.js.gz
var axeSource []byte

// patience bounds one step in the browser; a step that takes longer fails its test with what it waited for.
const patience = 20 * time.Second

// Browser is one running Chromium.
type Browser struct {
	ctx context.Context
	axe string
}

// Tab is one page with its own cookies.
type Tab struct {
	t    testing.TB
	ctx  context.Context
	base string
	axe  string

	told   map[string]bool // violations that were reported
	mu     sync.Mutex
	faults []string // console errors, uncaught exceptions, refused requests
	Clicks int      // links and buttons pressed so far
	Fields int      // fields filled so far
}

// Find returns the path of Chromium, "" when there is none.
func Find() string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// Start starts Chromium for a test. Without one it skips, and fails when CI is set.
func Start(t testing.TB) *Browser {
	t.Helper()
	path := Find()
	if path == "" {
		if os.Getenv("CI") != "" {
			t.Fatal("Chromium is missing; .ci/tools installs it")
		}
		t.Skip("Chromium is missing; install Debian's chromium to run the browser tests")
	}
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("no-first-run", true),
		chromedp.Flag("force-color-profile", "srgb"), chromedp.Flag("lang", "en-GB"), chromedp.UserDataDir(t.TempDir()))
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	// The library complains of events it does not know yet; what matters shows in the page or as an error.
	quiet := func(string, ...any) {}
	ctx, cancel := chromedp.NewContext(allocator, chromedp.WithErrorf(quiet), chromedp.WithLogf(quiet))
	t.Cleanup(func() {
		_ = chromedp.Cancel(ctx) // lets Chromium finish writing before its folder goes
		cancel()
	})
	if err := chromedp.Run(ctx); err != nil {
		t.Fatalf("start Chromium: %v", err)
	}
	z, err := gzip.NewReader(bytes.NewReader(axeSource))
	if err != nil {
		t.Fatal(err)
	}
	axe, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return &Browser{ctx: ctx, axe: string(axe)}
}

// Open opens a tab with cookies of its own on a server's address.
func (b *Browser) Open(t testing.TB, base string) *Tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(b.ctx, chromedp.WithTargetID(b.window(t)))
	t.Cleanup(cancel)
	tab := &Tab{told: map[string]bool{}, t: t, ctx: ctx, base: strings.TrimSuffix(base, "/"), axe: b.axe}
	chromedp.ListenTarget(ctx, tab.listen)
	// The first call's context is the tab's life: it must not be one that ends with a step.
	if err := chromedp.Run(ctx); err != nil {
		t.Fatalf("attach to the window: %v", err)
	}
	tab.run("open a tab", network.Enable(), log.Enable(), cdp.Enable(), emulation.SetTimezoneOverride("Europe/Amsterdam"))
	tab.Size(1280, 900)
	return tab
}

// window makes a window with cookies of its own. (chromedp's own way asks for a tab, which today's headless
// Chromium refuses where the new cookies have no window yet.)
func (b *Browser) window(t testing.TB) target.ID {
	t.Helper()
	var id target.ID
	err := chromedp.Run(b.ctx, chromedp.ActionFunc(func(ctx context.Context) error {
		browser := cdproto.WithExecutor(ctx, chromedp.FromContext(ctx).Browser)
		own, err := target.CreateBrowserContext().WithDisposeOnDetach(true).Do(browser)
		if err != nil {
			return err
		}
		id, err = target.CreateTarget("about:blank").WithBrowserContextID(own).WithNewWindow(true).Do(browser)
		return err
	}))
	if err != nil {
		t.Fatalf("open a window: %v", err)
	}
	return id
}

func (tab *Tab) listen(event any) {
	var fault string
	switch e := event.(type) {
	case *cdp.EventExceptionThrown:
		fault = "exception: " + e.ExceptionDetails.Error()
	case *cdp.EventConsoleAPICalled:
		if e.Type == cdp.APITypeError || e.Type == cdp.APITypeWarning {
			var parts []string
			for _, a := range e.Args {
				parts = append(parts, string(a.Value)+a.Description)
			}
			fault = "console: " + strings.Join(parts, " ")
		}
	case *log.EventEntryAdded:
		if e.Entry.Level == log.LevelError || e.Entry.Level == log.LevelWarning {
			fault = "log: " + e.Entry.Text + " " + e.Entry.URL
		}
	}
	if fault != "" {
		tab.mu.Lock()
		tab.faults = append(tab.faults, fault)
		tab.mu.Unlock()
	}
}

// run does one step within the patience and fails the test with what it was.
func (tab *Tab) run(what string, actions ...chromedp.Action) {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	if err := chromedp.Run(ctx, actions...); err != nil {
		tab.t.Fatalf("%s: %v\nat %s\n%s", what, err, tab.Location(), tab.excerpt())
	}
}

func (tab *Tab) excerpt() string {
	ctx, cancel := context.WithTimeout(tab.ctx, 5*time.Second)
	defer cancel()
	var text string
	if err := chromedp.Run(ctx, chromedp.Evaluate(`document.body ? document.body.innerText.slice(0, 1500) : ""`, &text)); err != nil {
		return ""
	}
	return text
}

// Size sets the window's size in CSS pixels.
func (tab *Tab) Size(width, height int64) {
	tab.t.Helper()
	tab.run("resize", emulation.SetDeviceMetricsOverride(width, height, 1, false))
}

// Scheme sets what the system prefers: light or dark.
func (tab *Tab) Scheme(scheme string) {
	tab.t.Helper()
	tab.run("set colours", emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme},
		{Name: "prefers-reduced-motion", Value: "reduce"}}))
}

// Scripts switches JavaScript on or off for the pages loaded from now on.
func (tab *Tab) Scripts(on bool) {
	tab.t.Helper()
	tab.run("switch scripts", emulation.SetScriptExecutionDisabled(!on))
}

// Go loads a path and returns when it is there.
func (tab *Tab) Go(path string) {
	tab.t.Helper()
	tab.run("load "+path, chromedp.Navigate(tab.base+path), chromedp.WaitReady("body"))
}

// GoWrong loads a path that is answered with an error page; the console's own note of the status is no fault.
func (tab *Tab) GoWrong(path string, status int) {
	tab.t.Helper()
	tab.Go(path)
	note := fmt.Sprintf("the server responded with a status of %d", status)
	tab.mu.Lock()
	defer tab.mu.Unlock()
	noted := slices.ContainsFunc(tab.faults, func(f string) bool { return strings.Contains(f, note) })
	if !noted {
		tab.t.Errorf("%s: not answered with %d; the console says %q", path, status, tab.faults)
	}
	tab.faults = slices.DeleteFunc(tab.faults, func(f string) bool { return strings.Contains(f, note) })
}

// Location is the address that is shown, without the server.
func (tab *Tab) Location() string {
	ctx, cancel := context.WithTimeout(tab.ctx, 5*time.Second)
	defer cancel()
	var at string
	_ = chromedp.Run(ctx, chromedp.Location(&at)) // for messages only
	return strings.TrimPrefix(at, tab.base)
}

// Click presses what a CSS selector finds and waits until the page that follows, if any, is there.
func (tab *Tab) Click(selector string) {
	tab.t.Helper()
	tab.Clicks++
	tab.run("click "+selector, chromedp.ScrollIntoView(selector, chromedp.ByQuery), chromedp.Click(selector, chromedp.ByQuery, chromedp.NodeVisible))
}

// ClickText presses the link or button with that text.
func (tab *Tab) ClickText(text string) {
	tab.t.Helper()
	tab.Clicks++
	path := fmt.Sprintf(`(//a|//button|//summary)[contains(normalize-space(.), %q)]`, text)
	tab.run("click "+text, chromedp.Click(path, chromedp.BySearch, chromedp.NodeVisible))
}

// Type replaces the content of a field.
func (tab *Tab) Type(selector, text string) {
	tab.t.Helper()
	tab.Fields++
	tab.run("type into "+selector, chromedp.WaitVisible(selector, chromedp.ByQuery),
		chromedp.Evaluate(fmt.Sprintf(`document.querySelector(%q).value = ""`, selector), nil), chromedp.SendKeys(selector, text, chromedp.ByQuery))
}

// Wait waits until a selector finds something visible.
func (tab *Tab) Wait(selector string) {
	tab.t.Helper()
	tab.run("wait for "+selector, chromedp.WaitVisible(selector, chromedp.ByQuery))
}

// WaitText waits until the page's text contains something.
func (tab *Tab) WaitText(text string) {
	tab.t.Helper()
	tab.until(fmt.Sprintf("wait for the text %q", text), fmt.Sprintf(`document.body.innerText.includes(%q)`, text))
}

// WaitPath waits until the address begins with a path and the page is there.
func (tab *Tab) WaitPath(prefix string) {
	tab.t.Helper()
	tab.until("wait for the page "+prefix, fmt.Sprintf(`location.pathname.startsWith(%q) && document.readyState === "complete"`, prefix))
}

// Until waits until a script says true.
func (tab *Tab) Until(what, script string) {
	tab.t.Helper()
	tab.until("wait for "+what, script)
}

// until asks again and again, because a page that navigates away takes a question with it.
func (tab *Tab) until(what, script string) {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	every := time.NewTicker(25 * time.Millisecond)
	defer every.Stop()
	for yes := false; !yes; {
		select {
		case <-ctx.Done():
			tab.t.Fatalf("%s: it did not come\nat %s\n%s", what, tab.Location(), tab.excerpt())
		case <-every.C:
			_ = chromedp.Run(ctx, chromedp.Evaluate(script, &yes)) // an error is a page on its way
		}
	}
}

// Text returns the text of what a selector finds.
func (tab *Tab) Text(selector string) string {
	tab.t.Helper()
	var text string
	tab.run("read "+selector, chromedp.Text(selector, &text, chromedp.ByQuery))
	return text
}

// Eval evaluates a script.
func (tab *Tab) Eval(script string, result any) {
	tab.t.Helper()
	tab.run("evaluate "+script, chromedp.Evaluate(script, result))
}

// Faults returns and forgets what went wrong in the page so far.
func (tab *Tab) Faults() []string {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	out := tab.faults
	tab.faults = nil
	return out
}

// Sound holds the page that is shown to the bar, as it stands: nothing went wrong in the console, no
// violation of WCAG 2.2 A or AA, no sideways scrolling.
func (tab *Tab) Sound() {
	tab.t.Helper()
	at := tab.Location()
	for _, f := range tab.Faults() {
		tab.t.Errorf("%s: %s", at, f)
	}
	var width struct{ Page, Window int }
	tab.Eval(`({Page: document.documentElement.scrollWidth, Window: window.innerWidth})`, &width)
	if width.Page > width.Window {
		tab.t.Errorf("%s: the page is %d px wide in a window of %d px: %s", at, width.Page, width.Window, tab.widest())
	}
	for _, v := range tab.violations() {
		if line := at + ": " + v; !tab.told[line] { // the same at another width is no news
			tab.told[line] = true
			tab.t.Error(line)
		}
	}
}

// widest names the elements that stick out.
func (tab *Tab) widest() string {
	var out []string
	tab.Eval(`[...document.querySelectorAll("main *, header *, aside *")].filter(e => e.getBoundingClientRect().right > window.innerWidth + 1).slice(0, 5).map(e => e.outerHTML.slice(0, 160))`, &out)
	return strings.Join(out, " | ")
}

// violations runs the accessibility checker.
func (tab *Tab) violations() []string {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	var raw string
	script := tab.axe + `; axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"], rules: {"region": {enabled: false}}})
		.then(r => JSON.stringify(r.violations.map(v => ({id: v.id, help: v.help, nodes: v.nodes.slice(0, 4).map(n => n.html.slice(0, 200) + " :: " + n.any.concat(n.all, n.none).map(c => c.message).join("; "))}))))`
	err := chromedp.Run(ctx, chromedp.Evaluate(script, &raw, func(p *cdp.EvaluateParams) *cdp.EvaluateParams { return p.WithAwaitPromise(true) }))
	if err != nil {
		tab.t.Fatalf("check accessibility at %s: %v", tab.Location(), err)
	}
	var found []struct {
		ID    string   `json:"id"`
		Help  string   `json:"help"`
		Nodes []string `json:"nodes"`
	}
	if err := json.Unmarshal([]byte(raw), &found); err != nil {
		tab.t.Fatal(err)
	}
	var out []string
	for _, v := range found {
		out = append(out, fmt.Sprintf("%s (%s): %s", v.ID, v.Help, strings.Join(v.Nodes, "\n    ")))
	}
	return out
}

// SoundEverywhere holds the page to the bar in light and dark, at 390 and 1280 px. With ROLLCALL_SHOTS set
// to a folder it leaves a picture of each there.
func (tab *Tab) SoundEverywhere(name string) {
	tab.t.Helper()
	for _, scheme := range []string{"light", "dark"} {
		tab.Scheme(scheme)
		for _, width := range []int64{390, 1280} {
			tab.Size(width, 900)
			tab.Sound()
			if dir := os.Getenv("ROLLCALL_SHOTS"); dir != "" {
				tab.Shot(filepath.Join(dir, fmt.Sprintf("%s-%s-%d.png", name, scheme, width)))
			}
		}
	}
	tab.Scheme("light")
}

// Shot writes a picture of the whole page.
func (tab *Tab) Shot(path string) {
	tab.t.Helper()
	var png []byte
	tab.run("take a picture", chromedp.FullScreenshot(&png, 100))
	tab.save(path, png)
}

// Picture writes a picture of what the window shows.
func (tab *Tab) Picture(path string) {
	tab.t.Helper()
	var png []byte
	tab.run("take a picture", chromedp.Evaluate("scrollTo(0, 0)", nil), chromedp.CaptureScreenshot(&png))
	tab.save(path, png)
}

func (tab *Tab) save(path string, png []byte) {
	tab.t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		tab.t.Fatal(err)
	}
	if err := os.WriteFile(path, png, 0o644); err != nil {
		tab.t.Fatal(err)
	}
}
