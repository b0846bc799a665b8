package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/policy"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// defaultConfig is the file that is read when none is named and it exists.
const defaultConfig = "rollcall.yaml"

// settings are the flags of every command that touches a connection.
type settings struct {
	Config      string `placeholder:"FILE" help:"Configuration file; default $ROLLCALL_CONFIG, else ./rollcall.yaml when it exists."`
	Connection  string `placeholder:"NAME" help:"Connection to use; required when the file has several."`
	Data        string `placeholder:"DIR" help:"Data folder; default $ROLLCALL_DATA, else ./rollcall-data."`
	DatabaseURL string `name:"database-url" placeholder:"URL" help:"PostgreSQL instead of the data folder; comes with a later version."`
	Clock       string `placeholder:"TIME" help:"RFC 3339 time, or \"follow\" for the simulator's clock; only with a simulator base URL. With a clock that stands, waiting costs no real time."`
	// Lease replaces leaseFor, for an operator who tests what happens when a run is taken over.
	Lease time.Duration `hidden:""`
}

// loaded is the configuration in force: file, environment and presets merged.
type loaded struct {
	policy.File
	path   string
	origin map[string]string // place → environment variable that supplied it
}

// load reads the configuration of a command that needs a connection.
func (a *app) load(s *settings) (*loaded, error) {
	l, err := a.loadAny(s)
	if err != nil {
		return nil, err
	}
	if len(l.Connections) == 0 {
		if l.path == "" {
			return nil, badInput("there is no configuration: write %s here, or name a file with --config; \"rollcall demo\" needs none", defaultConfig)
		}
		return nil, badInput("%s has no connection; add one under connection:", l.path)
	}
	return l, nil
}

// loadAny reads the configuration (surface, "Configuration file"); all its faults come as one error. It
// may name no connection at all.
func (a *app) loadAny(s *settings) (*loaded, error) {
	path, data, err := a.configText(s)
	if err != nil {
		return nil, err
	}
	l := &loaded{path: path, origin: map[string]string{}}
	var unreadable []policy.Fault
	var faults []policy.Fault
	l.File, faults = policy.ParseFile(data, func(place string) (string, bool) {
		text, variable, err := a.fromEnv(place)
		if err != nil {
			unreadable = append(unreadable, policy.Fault{Place: place, Message: err.Error()})
		}
		if variable != "" {
			l.origin[place] = variable
		}
		return text, variable != ""
	})
	faults = append(faults, unreadable...)
	if len(faults) > 0 {
		return nil, &faultsError{path: path, what: "configuration", faults: faults, origin: l.origin}
	}
	return l, nil
}

// configText finds and reads the file. No file is no error: the environment may say everything.
func (a *app) configText(s *settings) (string, []byte, error) {
	path, named := s.Config, s.Config != ""
	if !named {
		if path, named = a.lookupEnv("ROLLCALL_CONFIG"); !named || path == "" {
			path, named = defaultConfig, false
		}
	}
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) && !named {
		return "", nil, nil
	}
	if err != nil {
		return path, nil, &coded{"config", fmt.Errorf("read the configuration: %w", err)}
	}
	return path, data, nil
}

// envName is the environment name of a place: ROLLCALL_ and its path in capitals with underscores.
func envName(place string) string {
	name := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			return r
		case r == ']':
			return -1
		}
		return '_'
	}, place)
	return "ROLLCALL_" + name
}

// secret reports a place whose value may also stand in a file named by …_FILE.
func secret(place string) bool { return strings.HasSuffix(place, ".password") }

// fromEnv answers for a place from the environment, with the name of the variable, "" when unset.
func (a *app) fromEnv(place string) (text, variable string, err error) {
	name := envName(place)
	if text, ok := a.lookupEnv(name); ok {
		return text, name, nil
	}
	if !secret(place) {
		return "", "", nil
	}
	if path, ok := a.lookupEnv(name + "_FILE"); ok {
		text, err := secretFile(path)
		return text, name + "_FILE", err
	}
	return "", "", nil
}

// secretFile reads a secret without the line end that editors add.
func secretFile(path string) (string, error) {
	data, err := os.ReadFile(path)
	return strings.TrimRight(string(data), "\r\n"), err
}

// choose picks the connection to work on.
func (l *loaded) choose(name string) (*policy.Connection, error) {
	names := make([]string, len(l.Connections))
	for i := range l.Connections {
		names[i] = l.Connections[i].Name
	}
	if name == "" && len(names) == 1 {
		return &l.Connections[0], nil
	}
	if i := slices.Index(names, name); i >= 0 {
		return &l.Connections[i], nil
	}
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = fmt.Sprintf("%q", n)
	}
	if name == "" {
		return nil, badInput("%s has several connections; choose one with --connection: %s", l.path, strings.Join(quoted, ", "))
	}
	return nil, badInput("%s has no connection %q; it has %s", l.path, name, strings.Join(quoted, ", "))
}

// dataDir is the folder of the database and the sealing keys.
func (a *app) dataDir(s *settings) (string, error) {
	if url, ok := a.lookupEnv("ROLLCALL_DATABASE_URL"); s.DatabaseURL != "" || ok && url != "" && s.Data == "" {
		return "", badInput("PostgreSQL (--database-url) comes with a later version; use --data DIR, which keeps everything in one SQLite file")
	}
	if s.Data != "" {
		return s.Data, nil
	}
	if dir, ok := a.lookupEnv("ROLLCALL_DATA"); ok && dir != "" {
		return dir, nil
	}
	return "rollcall-data", nil
}

// faultsError is everything that is wrong with a file, one line each.
type faultsError struct {
	path   string
	what   string
	faults []policy.Fault
	origin map[string]string
}

type faultView struct {
	Place   string `json:"place"`
	Line    *int   `json:"line"`
	Message string `json:"message"`
}

func (e *faultsError) Code() string { return "config" }

func (e *faultsError) Error() string { return strings.Join(e.lines(), "\n") }

func (e *faultsError) summary() string {
	return fmt.Sprintf("%s in the %s", count(len(e.faults), "fault", "faults"), e.what)
}

func (e *faultsError) lines() []string {
	out := make([]string, len(e.faults))
	for i, f := range e.faults {
		var where []string
		switch variable := e.origin[f.Place]; {
		case variable != "" && f.Line == 0:
			where = append(where, variable)
		case e.path != "" && f.Line > 0:
			where = append(where, fmt.Sprintf("%s:%d", filepath.Clean(e.path), f.Line))
		case e.path != "":
			where = append(where, filepath.Clean(e.path))
		}
		if f.Place != "" {
			where = append(where, f.Place)
		}
		out[i] = strings.Join(append(where, f.Message), ": ")
	}
	return out
}

func (e *faultsError) views() []faultView {
	out := make([]faultView, len(e.faults))
	for i, f := range e.faults {
		out[i] = faultView{Place: f.Place, Message: f.Message}
		if f.Line > 0 {
			out[i].Line = &e.faults[i].Line
		}
	}
	return out
}

// importFaults turns the engine's complaint about a file into ours.
func importFaults(path string, err error) error {
	imp, ok := errors.AsType[*syncrun.ImportError](err)
	if !ok {
		return fmt.Errorf("import %s: %w", path, err)
	}
	f := &faultsError{path: path, what: "file; nothing was imported"}
	for _, x := range imp.Faults {
		f.faults = append(f.faults, policy.Fault{Place: x.Column, Line: x.Line, Message: x.Text})
	}
	return f
}
