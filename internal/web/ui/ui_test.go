package ui

import (
	"compress/gzip"
	"context"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"
	"pgregory.net/rapid"
)

func TestAgo(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for d, want := range map[time.Duration]string{0: "just now", 44 * time.Second: "just now", 50 * time.Second: "1 minute ago", 3 * time.Minute: "3 minutes ago",
		50 * time.Minute: "1 hour ago", 21 * time.Hour: "21 hours ago", 23 * time.Hour: "1 day ago", 10 * 24 * time.Hour: "10 days ago",
		-2 * time.Second: "just now", -10 * time.Second: "in a moment", -3 * time.Hour: "in 3 hours", -48 * time.Hour: "in 2 days"} {
		if got := Ago(now, now.Add(-d)); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}

func TestNumbers(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -12345: "−12,345"} {
		if got := Number(n); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
	if got := Count(1, "change", "changes") + ", " + Count(2000, "change", "changes"); got != "1 change, 2,000 changes" {
		t.Error(got)
	}
	for d, want := range map[time.Duration]string{80 * time.Millisecond: "80 ms", 1400 * time.Millisecond: "1.4 s", 59 * time.Second: "59 s", 125 * time.Second: "2 min 5 s"} {
		if got := Span(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}

// Whatever the numbers, the bar is filled from end to end, in order, and nothing that is there is too
// narrow to be clicked.
func TestBarIsFilled(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		counts := rapid.SliceOfN(rapid.IntRange(0, 1_000_000), 1, 9).Draw(t, "counts")
		var segments []Segment
		some := false
		for _, n := range counts {
			segments = append(segments, Segment{Count: n})
			some = some || n > 0
		}
		x := 0.0
		for _, p := range layoutBar(segments) {
			if math.Abs(p.x-x) > 1e-6 || p.width < 8-1e-9 {
				t.Fatalf("%d is at %f, %f wide; the one before ended at %f", p.Count, p.x, p.width, x)
			}
			x += p.width
		}
		if some && math.Abs(x-1000) > 1e-6 {
			t.Fatalf("the bar is %f long", x)
		}
	})
}

func TestAssets(t *testing.T) {
	a, err := NewAssets()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"app.css", "tabler.css", "app.js", "htmx.js", "theme.js", "favicon.svg"} {
		path := a.Path(name)
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Header.Set("Accept-Encoding", "gzip")
		w := httptest.NewRecorder()
		a.ServeHTTP(w, r)
		if w.Code != 200 || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") || w.Header().Get("Content-Encoding") != "gzip" {
			t.Errorf("%s: %d %v", path, w.Code, w.Header())
			continue
		}
		z, err := gzip.NewReader(w.Body)
		if err != nil {
			t.Fatal(err)
		}
		packed, err := io.ReadAll(z)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Del("Accept-Encoding")
		w = httptest.NewRecorder()
		a.ServeHTTP(w, r)
		if w.Body.String() != string(packed) || len(packed) == 0 {
			t.Errorf("%s differs packed and plain", path)
		}
	}
	w := httptest.NewRecorder()
	a.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/assets/app.000000000000.css", nil))
	if w.Code != http.StatusNotFound {
		t.Errorf("an old name: %d", w.Code)
	}
}

// A field's error and hint belong to the input, a password never goes back to the browser, and what was
// typed is text.
func TestField(t *testing.T) {
	render := func(f Input) string {
		var b strings.Builder
		if err := Field(f).Render(context.Background(), &b); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	got := render(Input{Name: "email", Label: "E-mail", Value: `"><script>x</script>`, Error: "is no address", Hint: "of your work"})
	for _, want := range []string{`for="f-email"`, `aria-invalid="true"`, `aria-describedby="f-email-error f-email-hint"`, `id="f-email-error"`, "is no address"} {
		if !strings.Contains(got, want) {
			t.Errorf("%s lacks %s", got, want)
		}
	}
	if strings.Contains(got, "<script>") {
		t.Errorf("markup came through: %s", got)
	}
	if got := render(Input{Name: "password", Label: "Password", Kind: "password", Value: "hunter2hunter2"}); strings.Contains(got, "hunter2") {
		t.Errorf("the password is in %s", got)
	}
}

// What a reading failed with is told without the request and the places of a file.
func TestSaid(t *testing.T) {
	for text, want := range map[string]string{
		"try the API key of acme: BambooHR acme GET /v1/employees/0: 401 the API key was refused; make a new key: API key invalid [request 14100]; keys are under the name":                                                                           "BambooHR: the API key was refused; make a new key: API key invalid; keys are under the name",
		`read acme: look up the fields of acme: the settings name fields that cannot be read: connection.mapping.job_title.from[0]: unknown BambooHR field "x"; BambooHR lists them; connection.mapping.custom.size.expr: unknown BambooHR field "y"`: `the mapping does not fit this company: job title: unknown BambooHR field "x"; BambooHR lists them; size: unknown BambooHR field "y"`,
		`0 of 120 employees; "rollcall check" tells what the key sees`: "0 of 120 employees; the check tells what the key sees",
		"nobody was read": "nobody was read",
	} {
		if got := Said(text); got != want {
			t.Errorf("%s\n is said %q\n want    %q", text, got, want)
		}
	}
}

// Errors above a form begin with the label of their field, and stand in the form's order.
func TestErrorsHaveLabels(t *testing.T) {
	wrong := Errors{"email": "Give an address.", "": "Somebody changed it.", "size": "Too long."}
	order := append(Labelled(Input{Name: "name", Label: "Name"}, Input{Name: "email", Label: "E-mail address"}), "size")
	want := []formError{{"email", "E-mail address: Give an address."}, {"size", "Too long."}, {"", "Somebody changed it."}}
	if got := wrong.list(order); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	var page strings.Builder
	if err := FormErrors(wrong, order...).Render(t.Context(), &page); err != nil || !strings.Contains(page.String(), `<a href="#f-email">E-mail address: Give an address.</a>`) {
		t.Errorf("%v: %s", err, page.String())
	}
}

// Times say their zone: the viewer's beside sentences that are passed on, the connection's where it differs, with
// the day where that differs too.
func TestTimesHaveZones(t *testing.T) {
	zone := func(name string) *time.Location {
		t.Helper()
		z, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		return z
	}
	at := time.Date(2026, 11, 22, 23, 30, 0, 0, time.UTC)
	if got := At(t.Context(), at).Full(); got != "22 Nov 2026, 23:30 UTC" {
		t.Errorf("full: %q", got)
	}
	for name, want := range map[string]string{"Europe/Amsterdam": "23 Nov, 00:30 CET", "Europe/London": "", "America/Sao_Paulo": "20:30 UTC-03", "America/New_York": "18:30 EST"} {
		var b strings.Builder
		if err := TimeIn(at, zone(name)).Render(t.Context(), &b); err != nil {
			t.Fatal(err)
		}
		beside := regexp.MustCompile(`</time>\s+<span[^>]*>\((.*)\)</span>`).FindStringSubmatch(b.String())
		switch {
		case name == "Europe/London":
			if !strings.Contains(b.String(), "23:30") {
				t.Errorf("%s: %s", name, b.String())
			}
		case beside == nil || beside[1] != want:
			t.Errorf("%s: %s, want %q beside", name, b.String(), want)
		}
	}
}

// Where the clock is put back an hour comes twice, in Lord Howe half of one: its times say which of the two they are.
func TestHoursThatComeTwice(t *testing.T) {
	for _, c := range []struct {
		zone, at, want, full string
	}{
		{"Europe/Berlin", "2026-10-25T01:59:00+02:00", "25 Oct 2026, 01:59", "25 Oct 2026, 01:59 CEST"},
		{"Europe/Berlin", "2026-10-25T02:00:00+02:00", "25 Oct 2026, 02:00 CEST", "25 Oct 2026, 02:00 CEST"},
		{"Europe/Berlin", "2026-10-25T02:59:59+02:00", "25 Oct 2026, 02:59 CEST", "25 Oct 2026, 02:59 CEST"},
		{"Europe/Berlin", "2026-10-25T02:30:00+01:00", "25 Oct 2026, 02:30 CET", "25 Oct 2026, 02:30 CET"},
		{"Europe/Berlin", "2026-10-25T03:00:00+01:00", "25 Oct 2026, 03:00", "25 Oct 2026, 03:00 CET"},
		{"Europe/Berlin", "2027-03-28T03:00:00+02:00", "28 Mar 2027, 03:00", "28 Mar 2027, 03:00 CEST"},
		{"Australia/Lord_Howe", "2027-04-04T01:29:00+11:00", "4 Apr 2027, 01:29", "4 Apr 2027, 01:29 UTC+11"},
		{"Australia/Lord_Howe", "2027-04-04T01:45:00+10:30", "4 Apr 2027, 01:45 UTC+1030", "4 Apr 2027, 01:45 UTC+1030"},
		{"Australia/Lord_Howe", "2027-04-04T02:00:00+10:30", "4 Apr 2027, 02:00", "4 Apr 2027, 02:00 UTC+1030"},
		{"UTC", "2026-10-25T02:30:00Z", "25 Oct 2026, 02:30", "25 Oct 2026, 02:30 UTC"},
	} {
		zone, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		at, err := time.Parse(time.RFC3339, c.at)
		if err != nil {
			t.Fatal(err)
		}
		if got := written(at.In(zone), at); got.Text != c.want || got.Full() != c.full {
			t.Errorf("%s in %s is written %q and %q, want %q and %q", c.at, c.zone, got.Text, got.Full(), c.want, c.full)
		}
	}
}

// A full stop follows what it ends at once, also behind a time in two zones.
func TestUntil(t *testing.T) {
	at := time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)
	zone := time.FixedZone("X", 3600)
	for want, c := range map[string]templ.Component{
		"until somebody &lt;ends&gt; it.": Until(time.Time{}, zone, "somebody <ends> it", "."),
		"1 Dec 2026, 12:00</time>:":       Until(at, time.UTC, "", ":"),
		"(13:00 X)</span>.":               Until(at, zone, "", "."),
	} {
		var b strings.Builder
		if err := c.Render(t.Context(), &b); err != nil {
			t.Fatal(err)
		}
		if got := b.String(); !strings.HasPrefix(got, "until ") || !strings.HasSuffix(got, want) {
			t.Errorf("%q does not end with %q", got, want)
		}
	}
}
