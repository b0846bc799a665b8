package main

import (
	"fmt"

	"github.com/rollcall-hr/rollcall/syncrun"
)

// wipe clears the terminal's line.
const wipe = "\r\x1b[K"

// progress shows how far a run is, on one line of stderr that is wiped at the end of each phase; nil
// when stderr is no terminal.
func (a *app) progress() func(syncrun.Progress) {
	if !a.errTerminal {
		return nil
	}
	return func(p syncrun.Progress) {
		line := fmt.Sprintf("%s %d", p.Phase, p.Done)
		if p.Total > 0 {
			line += fmt.Sprintf(" of %d", p.Total)
		}
		if p.Total > 0 && p.Done >= p.Total {
			line = ""
		}
		fmt.Fprintf(a.err, "%s%s", wipe, line)
	}
}
