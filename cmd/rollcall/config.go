package main

import (
	"slices"
	"time"

	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/config"
	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/problem"
)

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

// load reads the configuration of a command that needs a connection.
func (a *app) load(s *settings) (*config.Loaded, error) {
	l, err := a.configuration(s)
	if err == nil && len(l.Connections) == 0 {
		return nil, problem.Usage("%s has no connection; add one under connection:", l.Path)
	}
	return l, err
}

// configuration reads one that may be a server's, whose connections are made in the browser.
func (a *app) configuration(s *settings) (*config.Loaded, error) {
	l, err := config.Load(s.Config, a.environment())
	if err == nil && len(l.Connections) == 0 && l.Path == "" {
		return nil, problem.Usage("there is no configuration: write %s here, or name a file with --config; \"rollcall demo\" needs none", config.DefaultFile)
	}
	return l, err
}

// environment is the process's; it says once of each variable that nothing reads it.
func (a *app) environment() config.Environment {
	return config.Environment{Lookup: a.lookupEnv, Names: a.envNames, Tell: func(line string) {
		if !slices.Contains(a.unread, line) {
			a.unread = append(a.unread, line)
			a.note("rollcall: %s", line)
		}
	}}
}

// dataDir is the folder of the database and the sealing keys.
func (a *app) dataDir(s *settings) (string, error) {
	a.environment().TellOfData()
	if url, ok := a.lookupEnv(config.DatabaseVariable); s.DatabaseURL != "" || ok && url != "" && s.Data == "" {
		return "", problem.Usage("PostgreSQL (--database-url) comes with a later version; use --data DIR, which keeps everything in one SQLite file")
	}
	if s.Data != "" {
		return s.Data, nil
	}
	if dir, ok := a.lookupEnv(config.DataVariable); ok && dir != "" {
		return dir, nil
	}
	return "rollcall-data", nil
}
