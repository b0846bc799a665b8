// Package ui is what every screen is built from: the page around it, forms, badges, tables, charts and
// diffs, with the style sheet, icons and scripts. What a screen says is left to internal/web/page.
package ui

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/rollcall-hr/rollcall/internal/web/gate"
)

//go:embed assets
var assetFiles embed.FS

//go:embed icons
var iconFiles embed.FS

// Chrome is what the page around a screen shows beside the screen.
type Chrome struct {
	Organisation string
	Demo         bool // a simulated company: said on every page
	Mails        bool // there is an outbox
	Now          time.Time
	Assets       *Assets
	Theme        string
	// Alarms says why automatic runs do not happen, a sentence each; nil: nobody knows. It is asked only by the
	// pages that show it.
	Alarms func(ctx context.Context) []string
}

type chromeKey struct{}

// WithChrome gives a request's pages their surroundings.
func WithChrome(ctx context.Context, c Chrome) context.Context {
	return context.WithValue(ctx, chromeKey{}, c)
}

func chrome(ctx context.Context) Chrome {
	c, _ := ctx.Value(chromeKey{}).(Chrome)
	return c
}

// Page is what the layout needs to know of a screen.
type Page struct {
	Title    string // heading and window title
	Lead     string // one sentence below the heading, "" for none
	Nav      string // current entry: connections, automation, history, people, chart, groups, numbers, audit, settings, me
	Crumbs   []Crumb
	Actions  templ.Component // buttons beside the heading, nil for none
	Tabs     []Tab
	Standing templ.Component // what holds for all that the page shows, above it; nil for nothing
}

// Crumb is a step of the way to a page.
type Crumb struct{ Text, Href string }

// Tab is a sibling page.
type Tab struct {
	Text, Href string
	Current    bool
	Count      int // shown when above 0
}

// ConnectionTabs are the pages of one connection (product, "Screens" 3).
func ConnectionTabs(id, current string) []Tab {
	base := "/connections/" + id
	tabs := []Tab{{Text: "Overview", Href: base}, {Text: "Configuration", Href: base + "/configuration"}, {Text: "Mapping", Href: base + "/mapping"},
		{Text: "Scope & lifecycle", Href: base + "/scope"}, {Text: "Preview", Href: base + "/preview"}, {Text: "History", Href: base + "/history"},
		{Text: "Check", Href: base + "/check"}, {Text: "Holds", Href: base + "/holds"}}
	for i := range tabs {
		tabs[i].Current = tabs[i].Text == current
	}
	return tabs
}

// Render answers a request with a page or fragment.
func Render(w http.ResponseWriter, r *http.Request, status int, c templ.Component) error {
	var buf bytes.Buffer
	if err := c.Render(r.Context(), &buf); err != nil {
		return fmt.Errorf("render %s: %w", r.Pattern, err) // the address itself may hold a secret
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = buf.WriteTo(w) // an error means that whoever asked is gone
	return nil
}

// Icon draws one of the embedded icons; decoration only, hidden from screen readers.
func Icon(name string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		svg, err := iconFiles.ReadFile("icons/" + name + ".svg")
		if err != nil {
			return fmt.Errorf("icon %q: %w", name, err)
		}
		_, err = w.Write(svg)
		return err
	})
}

// Assets serves the embedded files under names that change with their content.
type Assets struct {
	names map[string]string // app.css → /assets/app.1f2e….css
	files map[string]asset
}

type asset struct {
	kind        string
	plain, gzip []byte
}

// NewAssets reads the embedded files.
func NewAssets() (*Assets, error) {
	a := &Assets{names: map[string]string{}, files: map[string]asset{}}
	entries, err := assetFiles.ReadDir("assets")
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		data, err := assetFiles.ReadFile("assets/" + e.Name())
		if err != nil {
			return nil, err
		}
		if err := a.add(e.Name(), data); err != nil {
			return nil, fmt.Errorf("asset %s: %w", e.Name(), err)
		}
	}
	return a, nil
}

func (a *Assets) add(name string, data []byte) error {
	var f asset
	if base, packed := strings.CutSuffix(name, ".gz"); packed {
		name, f.gzip = base, data
		z, err := gzip.NewReader(bytes.NewReader(data))
		if err != nil {
			return err
		}
		if f.plain, err = io.ReadAll(z); err != nil {
			return err
		}
	} else {
		f.plain = data
		var buf bytes.Buffer
		z := gzip.NewWriter(&buf)
		if _, err := z.Write(data); err != nil {
			return err
		}
		if err := z.Close(); err != nil {
			return err
		}
		f.gzip = buf.Bytes()
	}
	ext := path.Ext(name)
	switch ext {
	case ".css":
		f.kind = "text/css; charset=utf-8"
	case ".js":
		f.kind = "text/javascript; charset=utf-8"
	case ".svg":
		f.kind = "image/svg+xml"
	default:
		return fmt.Errorf("kind %q is not served", ext)
	}
	sum := sha256.Sum256(f.plain)
	address := "/assets/" + strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:6]) + ext
	a.names[name], a.files[address] = address, f
	return nil
}

// Path returns the address of a file, e.g. of app.css.
func (a *Assets) Path(name string) string { return a.names[name] }

// ServeHTTP serves a file for ever: another content has another name.
func (a *Assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f, ok := a.files[r.URL.Path]
	if !ok {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", f.kind)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Vary", "Accept-Encoding")
	body := f.plain
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		body = f.gzip
	}
	_, _ = w.Write(body) // an error means that whoever asked is gone
}

func assetPath(ctx context.Context, name string) string {
	if a := chrome(ctx).Assets; a != nil {
		return a.Path(name)
	}
	return "/assets/" + name
}

// Instant is a moment with how it is written for the viewer.
type Instant struct {
	Machine string // RFC 3339
	Text    string // 22 Nov 2026, 05:38; with the zone where the clock shows that twice on this day
	Zone    string // of the viewer
	Ago     string // 3 minutes ago, in 2 hours
}

// Full is the instant with its zone, for a sentence that is read or passed on by itself.
func (i Instant) Full() string { return strings.TrimSuffix(i.Text, " "+i.Zone) + " " + i.Zone }

// At writes an instant in the viewer's zone.
func At(ctx context.Context, t time.Time) Instant {
	now := chrome(ctx).Now
	if now.IsZero() {
		now = t
	}
	return written(t.In(gate.ZoneFrom(ctx)), now)
}

func written(local, now time.Time) Instant {
	text := local.Format("2 Jan 2006, 15:04")
	if twice(local) {
		text += " " + ZoneShort(local)
	}
	return Instant{Machine: local.UTC().Format(time.RFC3339), Text: text, Zone: ZoneShort(local), Ago: Ago(now, local)}
}

// twice tells an instant whose hour comes twice on its day, because the clock is put back: before that, or after it.
func twice(t time.Time) bool {
	_, offset := t.Zone()
	back := func(from, to int) time.Duration { return time.Duration(from-to) * time.Second }
	begin, end := t.ZoneBounds()
	if !end.IsZero() {
		if _, next := end.Zone(); end.Sub(t) <= back(offset, next) {
			return true
		}
	}
	if begin.IsZero() {
		return false
	}
	_, before := begin.Add(-time.Second).Zone()
	return t.Sub(begin) < back(before, offset)
}

// ZoneShort is what a zone is called at an instant: CET, or UTC-03 where it has no letters.
func ZoneShort(t time.Time) string {
	name, _ := t.Zone()
	if strings.HasPrefix(name, "+") || strings.HasPrefix(name, "-") {
		return "UTC" + name
	}
	return name
}

// zoneName is the viewer's zone, in which a page's times are.
func zoneName(ctx context.Context) string {
	zone := gate.ZoneFrom(ctx)
	if short := ZoneShort(chrome(ctx).Now.In(zone)); short != zone.String() {
		return zone.String() + " (" + short + ")"
	}
	return zone.String()
}

// Ago tells how far apart two instants are, in the largest whole unit.
func Ago(now, t time.Time) string {
	d := now.Sub(t)
	ahead := d < 0
	if ahead {
		d = -d
	}
	var text string
	switch {
	case d < 45*time.Second:
		if ahead && d > 5*time.Second { // less is what happened while the page was made
			return "in a moment"
		}
		return "just now"
	case d < 45*time.Minute:
		text = Count(max(1, int(d.Round(time.Minute).Minutes())), "minute", "minutes")
	case d < 22*time.Hour:
		text = Count(max(1, int(d.Round(time.Hour).Hours())), "hour", "hours")
	default:
		text = Count(max(1, int((d+12*time.Hour).Hours()/24)), "day", "days")
	}
	if ahead {
		return "in " + text
	}
	return text + " ago"
}

// Count writes a number with its noun.
func Count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return Number(n) + " " + many
}

// Number writes a whole number with thin groups of three, as 12,345.
func Number(n int) string {
	s := fmt.Sprint(n)
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "−", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}

// Span writes a duration for people, e.g. 1.4 s, 2 min 5 s.
func Span(d time.Duration) string {
	switch {
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	default:
		return fmt.Sprintf("%d min %d s", int(d.Minutes()), int(d.Seconds())%60)
	}
}

// WithQuery is an address with parameters; those without a value are left out.
func WithQuery(path string, pairs ...string) string {
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			v.Set(pairs[i], pairs[i+1])
		}
	}
	if len(v) == 0 {
		return path
	}
	return path + "?" + v.Encode()
}
