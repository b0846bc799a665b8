package main

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

// output is the flag of commands that print one value as text or JSON.
type output struct {
	Output string `name:"output" short:"o" enum:"table,json" default:"table" placeholder:"FORMAT" help:"Print as table (default) or json."`
}

// rowsOutput is the flag of commands whose value is rows.
type rowsOutput struct {
	Output string `name:"output" short:"o" enum:"table,json,csv" default:"table" placeholder:"FORMAT" help:"Print as table (default), json or csv."`
}

// print writes a value as JSON, or as the text that text writes: two renderings of one value.
func (a *app) print(format string, v any, text func(*page)) error {
	if format == "json" {
		return a.printJSON(v)
	}
	return a.printText(text)
}

func (a *app) printJSON(v any) error {
	e := json.NewEncoder(a.out)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

func (a *app) printText(text func(*page)) error {
	p := a.page()
	text(p)
	return p.flush()
}

// printCSV writes rows that a spreadsheet cannot take for formulas.
func (a *app) printCSV(header []string, rows func(yield func([]string) bool)) error {
	w := csv.NewWriter(a.out)
	if err := w.Write(header); err != nil {
		return err
	}
	for row := range rows {
		if err := w.Write(safeRow(row)); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

func safeRow(row []string) []string {
	out := make([]string, len(row))
	for i, cell := range row {
		out[i] = safeCell(cell)
	}
	return out
}

// safeCell defuses a cell that a spreadsheet would take for a formula (security §1.13).
func safeCell(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r\x00", rune(s[0])) {
		return "'" + s
	}
	return s
}

// page is text under way to a person.
type page struct {
	w      *bufio.Writer
	colour bool
}

// page opens the text on stdout, coloured only on a terminal without NO_COLOR.
func (a *app) page() *page {
	_, plain := a.lookupEnv("NO_COLOR")
	return &page{w: bufio.NewWriter(a.out), colour: a.outTerminal && !plain}
}

func (p *page) flush() error { return p.w.Flush() }

// linef writes one line.
func (p *page) linef(format string, a ...any) { fmt.Fprintf(p.w, format+"\n", a...) }

// The colours of the terminal's own palette.
const (
	red    = "31"
	green  = "32"
	yellow = "33"
	blue   = "34"
	bold   = "1"
	dim    = "2"
)

func (p *page) paint(colour, s string) string {
	if !p.colour || colour == "" || s == "" {
		return s
	}
	return "\x1b[" + colour + "m" + s + "\x1b[0m"
}

// table writes rows under a header, in columns as wide as their widest cell.
func (p *page) table(header []string, rows [][]string) {
	width := make([]int, len(header))
	for _, row := range append([][]string{header}, rows...) {
		for i, cell := range row {
			width[i] = max(width[i], utf8.RuneCountInString(cell))
		}
	}
	p.row(width, header, dim)
	for _, row := range rows {
		p.row(width, row, "")
	}
}

func (p *page) row(width []int, row []string, colour string) {
	var b strings.Builder
	for i, cell := range row {
		b.WriteString(cell)
		if i < len(row)-1 {
			b.WriteString(strings.Repeat(" ", width[i]-utf8.RuneCountInString(cell)+2))
		}
	}
	p.linef("%s", p.paint(colour, strings.TrimRight(b.String(), " ")))
}

// count is "1 person", "2 people".
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// dash stands for blank.
func dash(s *string) string {
	if s == nil || *s == "" {
		return "–"
	}
	return *s
}

// note tells a person something beside the value, on stderr.
func (a *app) note(format string, args ...any) {
	fmt.Fprintf(a.err, format+"\n", args...)
}
