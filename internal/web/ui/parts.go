package ui

import (
	"cmp"
	"context"
	"io"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"github.com/rollcall-hr/rollcall/internal/web/gate"
)

func viewerName(ctx context.Context) string {
	v := gate.ViewerFrom(ctx)
	return cmp.Or(v.Name, v.Email, "You")
}

func noteIcon(kind string) string {
	switch kind {
	case "good":
		return "circle-check"
	case "warn":
		return "alert-triangle"
	case "bad":
		return "alert-circle"
	}
	return "info-circle"
}

// flashKind is how loud the sentence of the page before is: what was not done is no success.
func flashKind(ctx context.Context) string {
	if gate.FlashWarns(ctx) {
		return "warn"
	}
	return "good"
}

// noteRole lets a screen reader speak up about what is wrong only.
func noteRole(kind string) string {
	if kind == "bad" {
		return "alert"
	}
	return "note"
}

func alarms(ctx context.Context) []string {
	if ask := chrome(ctx).Alarms; ask != nil {
		return ask(ctx)
	}
	return nil
}

// Obstacle keeps runs off something for a while: a pause of automatic runs, a freeze.
type Obstacle struct {
	What       string    // begins the sentence that ends with "until …"
	Until      time.Time // zero: until Open
	Zone       *time.Location
	Open       string // e.g. "somebody ends it"
	Means      string // a sentence of its own, "" for none
	Reason     string // as somebody typed it, "" when it stands behind the link
	Href, Link string
}

// Until writes until when something lasts: an instant as TimeIn does, or open when there is none. end follows at once;
// templates would put a space before it.
func Until(t time.Time, zone *time.Location, open, end string) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		if t.IsZero() {
			_, err := io.WriteString(w, templ.EscapeString("until "+open+end))
			return err
		}
		if _, err := io.WriteString(w, "until "); err != nil {
			return err
		}
		if err := TimeIn(t, zone).Render(ctx, w); err != nil {
			return err
		}
		_, err := io.WriteString(w, templ.EscapeString(end))
		return err
	})
}

// Standing tells of obstacles above a page; nil when there are none.
func Standing(list []Obstacle) templ.Component {
	if len(list) == 0 {
		return nil
	}
	return obstacles(list)
}

func orDash(s string) string { return cmp.Or(s, "–") }

func sameClock(ctx context.Context, t time.Time, zone *time.Location) bool {
	_, there := t.In(zone).Zone()
	_, here := t.In(gate.ZoneFrom(ctx)).Zone()
	return there == here
}

// beside is an instant in another zone than the viewer's, with the day where that differs too.
func beside(ctx context.Context, t time.Time, zone *time.Location) string {
	local := t.In(zone)
	clock := local.Format("15:04 ") + ZoneShort(local)
	if local.Format(time.DateOnly) != t.In(gate.ZoneFrom(ctx)).Format(time.DateOnly) {
		return local.Format("2 Jan, ") + clock
	}
	return clock
}

func num(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// Segment is one kind in a bar chart.
type Segment struct {
	Kind    string // colour, see Tag
	Text    string // e.g. "created"
	Count   int
	Href    string // the list of just these
	Current bool
}

type placed struct {
	Segment
	x, width float64
}

// layoutBar spreads the segments over 1,000 units. One that is there is at least 8 units wide, so that a
// single deactivation among thousands can be seen and clicked.
func layoutBar(segments []Segment) []placed {
	const total, least = 1000.0, 8.0
	var shown []placed
	sum, small := 0.0, 0
	for _, s := range segments {
		if s.Count > 0 {
			shown = append(shown, placed{Segment: s})
			sum += float64(s.Count)
		}
	}
	// What is widened takes its room from the others, which may make the next one too narrow.
	narrow := make([]bool, len(shown))
	wide := sum
	for again := true; again; {
		again = false
		for i, s := range shown {
			if !narrow[i] && float64(s.Count)/wide*(total-float64(small)*least) < least {
				narrow[i], again = true, true
				small++
				wide -= float64(s.Count)
			}
		}
	}
	x := 0.0
	for i := range shown {
		shown[i].width = least
		if !narrow[i] {
			shown[i].width = float64(shown[i].Count) / wide * (total - float64(small)*least)
		}
		shown[i].x = x
		x += shown[i].width
	}
	return shown
}

// ColumnGroup is one step of a column chart's axis.
type ColumnGroup struct {
	Label  string
	Values []ColumnValue
}

// ColumnValue is one column.
type ColumnValue struct {
	Kind  string // colour, see Tag
	Text  string // e.g. "3 joined"
	Value int
}

type column struct {
	kind, text          string
	x, y, width, height float64
}

// layoutColumns places the columns of one group below the highest of all groups.
func layoutColumns(groups []ColumnGroup, i int) []column {
	top := 1
	for _, g := range groups {
		for _, v := range g.Values {
			top = max(top, v.Value)
		}
	}
	var out []column
	width := 28.0 / float64(max(1, len(groups[i].Values)))
	for j, v := range groups[i].Values {
		h := float64(v.Value) / float64(top) * 95
		out = append(out, column{v.Kind, v.Text, float64(i*40) + 6 + float64(j)*width, 100 - h, width - 1, h})
	}
	return out
}
