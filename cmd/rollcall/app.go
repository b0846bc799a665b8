package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/problem"
)

// surroundings is everything a command may know of its process; no command reads a global.
type surroundings struct {
	args                                 []string
	in                                   io.Reader
	out, err                             io.Writer
	inTerminal, outTerminal, errTerminal bool
	lookupEnv                            func(string) (string, bool)
	envNames                             []string // of all variables
	now                                  func() time.Time
}

// app is what every command is given.
type app struct {
	surroundings
	ctx    context.Context
	parser *kong.Kong
	out    *countingWriter // stdout; tells whether something stands there already
	unread []string        // what was said of variables that nothing reads
}

// cli is the command line: one field per command, in the order of help. The tag "example" of a command that has none
// below it is shown in its help.
type cli struct {
	Demo demoCmd `cmd:"" group:"try" help:"Show Rollcall at work: a server with a simulated company, ready to look at in a browser." example:"rollcall demo --employees 100"`
	Sim  simCmd  `cmd:"" group:"try" help:"Serve a simulated BambooHR with a clock, access levels and faults." example:"rollcall sim --employees 100 --seed 7"`

	Check checkCmd `cmd:"" group:"sync" help:"Test the connection and tell what its API key can read." example:"rollcall check"`
	Plan  planCmd  `cmd:"" group:"sync" help:"Read BambooHR and show what would change; writes nothing to the directory." example:"rollcall plan -o json"`
	Apply applyCmd `cmd:"" group:"sync" help:"Apply exactly one stored plan." example:"rollcall apply --approve deactivate"`
	Sync  syncCmd  `cmd:"" group:"sync" help:"Plan, then apply what the guard lets through." example:"rollcall sync --yes"`
	Runs  runsCmd  `cmd:"" group:"sync" help:"Show the history of runs, or one run with its changes." example:"rollcall runs --limit 10"`
	Undo  undoCmd  `cmd:"" group:"sync" help:"Undo a run, one kind of its changes, or one person." example:"rollcall undo run_7bqx4k2mzr5tnwch --kind deactivate"`

	Explain explainCmd `cmd:"" group:"people" help:"Tell why somebody is or is not in the directory, and in which state." example:"rollcall explain ann@acme.test --at 2026-11-20"`
	People  peopleCmd  `cmd:"" group:"people" help:"List the people of the directory." example:"rollcall people -o csv"`
	Person  personCmd  `cmd:"" group:"people" help:"Show or edit one person."`
	Decide  decideCmd  `cmd:"" group:"people" help:"Settle a held match of an employee." example:"rollcall decide employee:31 --link zoe@acme.test"`
	Holds   holdsCmd   `cmd:"" group:"people" help:"List the holds in force." example:"rollcall holds -o json"`
	Hold    holdCmd    `cmd:"" group:"people" help:"Keep runs off a person or field, or end a hold."`
	Freezes freezesCmd `cmd:"" group:"people" help:"List the freezes in force." example:"rollcall freezes -o json"`
	Freeze  freezeCmd  `cmd:"" group:"people" help:"Keep fields of everybody as they are for a while, or end that."`

	Import importCmd `cmd:"" group:"move" help:"Bring an existing directory in."`
	Export exportCmd `cmd:"" group:"move" help:"Write people to a file."`

	Serve      serveCmd      `cmd:"" group:"operate" help:"Serve the web application and the API." example:"rollcall serve --url https://rollcall.acme.test"`
	Owner      ownerCmd      `cmd:"" group:"operate" help:"Make owners, and let somebody back in who is locked out."`
	Tokens     tokensCmd     `cmd:"" group:"operate" help:"Manage API tokens."`
	Config     configCmd     `cmd:"" group:"operate" help:"Check the configuration and print the effective values, secrets hidden." example:"rollcall config --config rollcall.yaml"`
	Keys       keysCmd       `cmd:"" group:"operate" help:"Manage the keys that seal secrets at rest."`
	Migrate    migrateCmd    `cmd:"" group:"operate" help:"Bring the database to this version's schema." example:"rollcall migrate --data /var/lib/rollcall"`
	Version    versionCmd    `cmd:"" group:"operate" help:"Print the version." example:"rollcall version -o json"`
	Completion completionCmd `cmd:"" group:"operate" help:"Print a completion script for a shell." example:"rollcall completion bash > rollcall.bash"`
	Help       helpCmd       `cmd:"" group:"operate" help:"Show help for a command." example:"rollcall help person edit"`
}

func groups() kong.Option {
	return kong.ExplicitGroups([]kong.Group{
		{Key: "try", Title: "Try it:"}, {Key: "sync", Title: "Keep in step:"}, {Key: "people", Title: "People:"},
		{Key: "move", Title: "Bring in, take out:"}, {Key: "operate", Title: "Operate:"},
	})
}

// modelFor returns the part of cli that args need: the one command that they name, because building the
// model of all costs more than many a command, else all of it. help and completion tell of all commands.
func modelFor(args []string) any {
	all := reflect.TypeFor[cli]()
	for i := range all.NumField() {
		f := all.Field(i)
		if len(args) == 0 || args[0] == "help" || args[0] == "completion" || strings.ToLower(f.Name) != args[0] {
			continue
		}
		return reflect.New(reflect.StructOf([]reflect.StructField{f})).Interface()
	}
	return &cli{}
}

// newParser builds the parser of a command line over a fresh cli. exit is called by --help.
func newParser(args []string, out, err io.Writer, exit func(int)) (*kong.Kong, error) {
	parser, wrong := kong.New(modelFor(args), kong.Name("rollcall"),
		kong.Description("Rollcall keeps an application's users in step with BambooHR: it shows exactly what would change, applies it, and can undo it."),
		kong.Writers(out, err), kong.Exit(exit), groups(),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}))
	if wrong != nil {
		return nil, wrong
	}
	for _, command := range parser.Model.Leaves(false) {
		command.Detail = "Example:\n\n\t" + command.Tag.Get("example")
	}
	return parser, nil
}

// run executes one command line and returns the exit code (surface, "Exit codes").
func run(ctx context.Context, s surroundings) int {
	if len(s.args) > 0 && s.args[0] == "--version" { // as other programs have it
		s.args = append([]string{"version"}, s.args[1:]...)
	}
	a := &app{surroundings: s, ctx: ctx, out: &countingWriter{w: s.out}}
	helped := false
	parser, err := newParser(s.args, a.out, s.err, func(int) { helped = true })
	if err != nil {
		return a.fail(fmt.Errorf("build the command line: %w", err))
	}
	a.parser = parser
	if len(s.args) == 0 {
		s.args = []string{"--help"}
	}
	parsed, err := parser.Parse(s.args)
	if helped {
		return 0
	}
	if err != nil {
		return a.fail(usageError(err, s.args))
	}
	err = parsed.Run(a)
	if code, ok := errors.AsType[exitCode](err); ok {
		return int(code)
	}
	if err != nil {
		return a.fail(err)
	}
	return 0
}

// What the parser says of a flag without a value, and of a count that is none.
var (
	noValue  = regexp.MustCompile(`expected \w+ value but got "EOL" \(<EOL>\)|missing value, expecting "[^"]*"`)
	noNumber = regexp.MustCompile(`invalid map value ("[^"]*")`)
)

// usageError words a parser's complaint as one line with the way out.
func usageError(err error, args []string) error {
	hint := "rollcall help"
	if parse, ok := errors.AsType[*kong.ParseError](err); ok && parse.Context != nil {
		if n := parse.Context.Selected(); n != nil {
			hint = "rollcall help " + strings.TrimPrefix(n.Path(), "rollcall ")
		}
	}
	text := strings.NewReplacer("unexpected token", "unexpected word", `one of "",`, "one of ", // what a flag is without being given
		"a valid 64 bit int", "a whole number", "a valid 64 bit uint", "a whole number from 0").Replace(err.Error())
	text = noValue.ReplaceAllString(text, "expected a value but got none")
	text = noNumber.ReplaceAllString(text, "$1 is no whole number")
	if strings.HasPrefix(args[0], "-") {
		text += "; flags stand behind the command"
	}
	return problem.Coded("usage", fmt.Errorf("%s; \"%s\" shows what is accepted", text, hint))
}

// countingWriter notes whether anything was written.
type countingWriter struct {
	w io.Writer
	n int64
}

func (c *countingWriter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}
