package web_test

import (
	"strings"
	"testing"

	"github.com/rollcall-hr/rollcall/internal/web/browsertest"
)

// What only a browser shows: times are in the browser's own zone from the second page on, what is missing in a
// form stands beside its field and in no bubble, and the tabs of a connection fit one line of a phone with the
// open one in sight.
func TestWhatAStrangerMeets(t *testing.T) {
	s := newSite(t, openStore(t), "acme", 20)
	id, planID := s.connect()
	s.apply(id, planID)
	tab := browsertest.Start(t).Open(t, s.url)
	signIn(tab, "owner@acme.test")
	tab.WaitPath("/connections")
	tab.WaitText("Times are in Europe/Amsterdam (CET).")
	tab.Go("/history")
	if when := tab.Text("#runs tbody tr time"); !strings.Contains(when, "21 Nov 2026, 13:0") { // noon in UTC
		t.Errorf("the run was at %q", when)
	}

	tab.Go("/settings/tokens")
	tab.Click("#create-token button[type=submit]")
	tab.Wait("#f-name-error")
	tab.Faults() // the console notes that the form was refused, as it was

	tab.Go("/audit")
	tab.Type("#f-from", "12") // a day, or a month, and nothing else
	tab.Click("#audit-filters button[type=submit]")
	tab.Wait("#f-from-half")
	var said struct {
		Described, Invalid, Focus string
	}
	tab.Eval(`(() => { const f = document.getElementById("f-from"); return {Described: f.getAttribute("aria-describedby"), Invalid: f.getAttribute("aria-invalid"), Focus: document.activeElement.id} })()`, &said)
	if said.Described != "f-from-half" || said.Invalid != "true" || said.Focus != "f-from" {
		t.Errorf("half a date: %+v", said)
	}
	tab.Sound()
	tab.Eval(`(document.getElementById("f-from").value = "2026-11-21")`, nil)
	tab.Click("#audit-filters button[type=submit]")
	tab.Until("the filtered log", `location.search.includes("from=2026-11-21") && document.readyState === "complete" && !document.getElementById("f-from-half")`)

	tab.Size(390, 900)
	for _, page := range []string{"", "/scope", "/holds"} {
		tab.Go("/connections/" + id + page)
		var row struct{ Height, Left, Right, Width float64 }
		tab.Until("the script", `document.documentElement.classList.contains("js") && document.readyState === "complete"`)
		tab.Eval(`(() => { const n = document.querySelector(".page-top .tabs"), c = n.querySelector("[aria-current]").getBoundingClientRect();
			return {Height: n.offsetHeight, Left: c.left, Right: c.right, Width: window.innerWidth} })()`, &row)
		if row.Height > 60 || row.Left < 0 || row.Right > row.Width {
			t.Errorf("the tabs of %q: %+v", page, row)
		}
	}
}
