package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/completion"
	"github.com/rollcall-hr/rollcall/policy"
)

// TestOneCommandParsesAlike: a parser that knows only the command it is asked for helps and complains as
// the one that knows all.
func TestOneCommandParsesAlike(t *testing.T) {
	all, err := newParser(nil, io.Discard, io.Discard, func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	answers := func(known, args []string) (out, complaint string) {
		c := &call{}
		p, err := newParser(known, &c.out, &c.err, func(int) {})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Parse(args); err != nil {
			complaint = usageError(err, args).Error()
		}
		return c.out.String() + c.err.String(), complaint
	}
	for _, leaf := range all.Model.Leaves(false) {
		for _, flag := range []string{"--help", "--nonsense"} {
			args := append(strings.Fields(completion.Path(leaf)), flag)
			one, oneErr := answers(args, args)
			every, everyErr := answers(nil, args)
			if diff := cmp.Diff([]string{every, everyErr}, []string{one, oneErr}); diff != "" {
				t.Errorf("%q: the parser of one command answers otherwise (-all +one):\n%s", args, diff)
			}
		}
	}
	if got := modelFor([]string{"sync"}); fmt.Sprintf("%T", got) == fmt.Sprintf("%T", &cli{}) {
		t.Error("\"rollcall sync\" builds the model of every command")
	}
}

// TestRoomyLeavesTheOperatorsChoice: whoever tunes the runtime keeps what they have set.
func TestRoomyLeavesTheOperatorsChoice(t *testing.T) {
	procs := runtime.GOMAXPROCS(0)
	for _, name := range []string{"GOGC", "GOMEMLIMIT", "GOMAXPROCS"} {
		a := &app{surroundings: surroundings{lookupEnv: func(n string) (string, bool) { return "1000", n == name }}}
		before := debug.SetGCPercent(99)
		a.roomy()
		if got := debug.SetGCPercent(before); got != 99 || runtime.GOMAXPROCS(0) != procs {
			t.Errorf("%s was set, and the runtime was tuned all the same", name)
		}
	}
}

// TestRoomEndsAsItBegan: the collector's setting follows the first collection, and is given back once.
func TestRoomEndsAsItBegan(t *testing.T) {
	percent := func() int {
		was := debug.SetGCPercent(100)
		debug.SetGCPercent(was)
		return was
	}
	before, limit := percent(), debug.SetMemoryLimit(-1)
	r := newRoom()
	r.settle()
	if got := percent(); got != collectPercent {
		t.Errorf("%d per cent after the first collection, not %d", got, collectPercent)
	}
	if got := debug.SetMemoryLimit(-1); got != limit {
		t.Errorf("a limit of %d bytes after the first collection, not %d", got, limit)
	}
	r.end()
	r.settle() // a collection at the very end
	if got := percent(); got != before || r.spare != nil || debug.SetMemoryLimit(-1) != limit {
		t.Errorf("%d per cent, %d spare bytes and a limit of %d at the end, not %d, none and %d", got, len(r.spare), debug.SetMemoryLimit(-1), before, limit)
	}
}

// TestQuestionEndsWithTheCommand: Ctrl-C at a question ends the command, and needs no Enter behind it.
func TestQuestionEndsWithTheCommand(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("interrupted"))
	in, answers := io.Pipe() // nobody answers
	defer answers.Close()
	var asked strings.Builder
	a := &app{surroundings: surroundings{in: in, err: &asked}, ctx: ctx}
	yes, err := a.ask("Apply %d changes?", 3)
	if yes || err == nil || err.Error() != "nothing was answered, so nothing was done: interrupted" || asked.String() != "Apply 3 changes? [y/N] \n" {
		t.Errorf("%v, %v after %q", yes, err, &asked)
	}
}

// TestFirstLineAsksForNoMore: a password that is typed for --password-stdin ends with Enter.
func TestFirstLineAsksForNoMore(t *testing.T) {
	more := iotest.ErrReader(errors.New("asked for more"))
	for in, want := range map[string]string{"four plain words\r\n": "four plain words", "two\nlines": "two"} {
		if got, err := firstLine(io.MultiReader(strings.NewReader(in), more)); got != want || err != nil {
			t.Errorf("%q: %q, %v", in, got, err)
		}
	}
	if got, err := firstLine(strings.NewReader("no end")); got != "no end" || err != nil {
		t.Errorf("without a line end: %q, %v", got, err)
	}
}

// TestServeNamesWhatIsMissing: a connection of the file that could read nothing, or whose schedule does not start, is
// named when the server starts.
func TestServeNamesWhatIsMissing(t *testing.T) {
	var said strings.Builder
	a := &app{surroundings: surroundings{err: &said, lookupEnv: func(name string) (string, bool) { return "0123456789abcdef", name == "HERE" }}}
	here := policy.BambooHR{APIKeyEnv: "HERE"}
	a.noteMissing(policy.File{Connections: []policy.Connection{
		{Name: "Acme HR", BambooHR: here, Enabled: true, Notify: policy.Notify{Errors: []string{"it@acme.test"}}},
		{Name: "Beta", BambooHR: policy.BambooHR{APIKeyEnv: "MISSING"}}, {Name: "Gamma", BambooHR: here, Enabled: true}}})
	want := "rollcall: the API key of Beta is missing; set MISSING, or MISSING_FILE to a file that holds it\n" +
		"rollcall: the schedule of Gamma is not started: automatic runs need somebody who learns about failures; add an address to notify.errors\n"
	if said.String() != want {
		t.Errorf("%q, not %q", &said, want)
	}
}
