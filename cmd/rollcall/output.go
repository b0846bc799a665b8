package main

import (
	"encoding/json"
	"fmt"

	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/text"
	"github.com/rollcall-hr/rollcall/internal/sheet"
)

// output is the flag of commands that print one value as text or JSON.
type output struct {
	Output string `name:"output" short:"o" enum:"table,json" default:"table" placeholder:"FORMAT" help:"Print as table (default) or json."`
}

// rowsOutput is the flag of commands whose value is rows.
type rowsOutput struct {
	Output string `name:"output" short:"o" enum:"table,json,csv" default:"table" placeholder:"FORMAT" help:"Print as table (default), json or csv."`
}

// print writes a value as JSON, or as the text that say writes: two renderings of one value.
func (a *app) print(format string, v any, say func(*text.Page)) error {
	if format == "json" {
		return a.printJSON(v)
	}
	return a.printText(say)
}

func (a *app) printJSON(v any) error {
	e := json.NewEncoder(a.out)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

func (a *app) printText(say func(*text.Page)) error {
	p := a.page()
	say(p)
	return p.Flush()
}

// printCSV writes rows that a spreadsheet cannot take for formulas.
func (a *app) printCSV(header []string, rows func(yield func([]string) bool)) error {
	return sheet.Write(a.out, header, func(yield func(sheet.Row, error) bool) {
		for row := range rows {
			if !yield(row, nil) {
				return
			}
		}
	})
}

// page opens the text on stdout, coloured only on a terminal without NO_COLOR.
func (a *app) page() *text.Page {
	_, plain := a.lookupEnv("NO_COLOR")
	return text.New(a.out, a.outTerminal && !plain)
}

// note tells a person something beside the value, on stderr.
func (a *app) note(format string, args ...any) {
	fmt.Fprintf(a.err, format+"\n", args...)
}
