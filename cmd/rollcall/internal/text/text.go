// Package text writes text for a person: lines, colours, tables, and the words that stand in them. What is
// said is left to its callers.
package text

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"
)

// Page is text under way to a person.
type Page struct {
	w      *bufio.Writer
	colour bool
}

// New begins a page on w.
func New(w io.Writer, colour bool) *Page { return &Page{w: bufio.NewWriter(w), colour: colour} }

// Flush hands on what was written.
func (p *Page) Flush() error { return p.w.Flush() }

// Linef writes one line.
func (p *Page) Linef(format string, a ...any) { fmt.Fprintf(p.w, format+"\n", a...) }

// The colours of the terminal's own palette.
const (
	Red    = "31"
	Green  = "32"
	Yellow = "33"
	Blue   = "34"
	Bold   = "1"
	Dim    = "2"
)

// Paint colours a text, on a page with colours.
func (p *Page) Paint(colour, s string) string {
	if !p.colour || colour == "" || s == "" {
		return s
	}
	return "\x1b[" + colour + "m" + s + "\x1b[0m"
}

// Table writes rows under a header, in columns as wide as their widest cell.
func (p *Page) Table(header []string, rows [][]string) {
	width := make([]int, len(header))
	for _, row := range append([][]string{header}, rows...) {
		for i, cell := range row {
			width[i] = max(width[i], utf8.RuneCountInString(cell))
		}
	}
	p.row(width, header, Dim)
	for _, row := range rows {
		p.row(width, row, "")
	}
}

func (p *Page) row(width []int, row []string, colour string) {
	var b strings.Builder
	for i, cell := range row {
		b.WriteString(cell)
		if i < len(row)-1 {
			b.WriteString(strings.Repeat(" ", width[i]-utf8.RuneCountInString(cell)+2))
		}
	}
	p.Linef("%s", p.Paint(colour, strings.TrimRight(b.String(), " ")))
}

// Count is "1 person", "2 people".
func Count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// Dash stands for blank.
func Dash(s *string) string {
	if s == nil || *s == "" {
		return "–"
	}
	return *s
}

// NameAndMail is "Ann Lee <ann@acme.test>" with what is known.
func NameAndMail(name, email string) string {
	switch {
	case email == "":
		return name
	case name == "":
		return email
	}
	return name + " <" + email + ">"
}

// End is when something ends, in the zone in which its day was given; open is what stands for no end.
func End(until *string, zone *time.Location, open string) string {
	if until == nil {
		return open
	}
	at, err := time.Parse(time.RFC3339, *until)
	if err != nil {
		return *until
	}
	return at.In(zone).Format("2006-01-02 15:04 MST")
}

// Moment is an instant for a person, in UTC.
func Moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }
