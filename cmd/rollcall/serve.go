package main

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/clock"
	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/config"
	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/problem"
	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/text"
	"github.com/rollcall-hr/rollcall/internal/server"
	"github.com/rollcall-hr/rollcall/policy"
)

type serveCmd struct {
	Config       string        `placeholder:"FILE" help:"Configuration file; its connections are brought in. Default $ROLLCALL_CONFIG, else ./rollcall.yaml when it exists."`
	Data         string        `placeholder:"DIR" help:"Data folder; default $ROLLCALL_DATA, else ./rollcall-data."`
	DatabaseURL  string        `name:"database-url" placeholder:"URL" help:"PostgreSQL instead of the data folder; comes with a later version."`
	Listen       string        `placeholder:"ADDR" help:"Address to serve on; default $ROLLCALL_LISTEN, else 127.0.0.1:8080."`
	URL          string        `name:"url" placeholder:"URL" help:"Address that people use, e.g. https://rollcall.acme.test behind a proxy; default $ROLLCALL_URL. With https, cookies are sent over https only."`
	BambooHRURL  string        `name:"bamboohr-url" placeholder:"URL" help:"Simulator for the connections that are made in the browser, e.g. http://127.0.0.1:9090; never for real companies."`
	TrustedProxy []string      `placeholder:"CIDR" help:"Address or network of a proxy whose X-Forwarded-For is believed; may be repeated. Default network.trusted_proxies, else this machine."`
	AllowPrivate []string      `placeholder:"HOST" help:"Host of the sign-in provider that may be in a private network; may be repeated. Default network.allow, else none."`
	Metrics      string        `placeholder:"ADDR" help:"Address to serve /metrics on, in Prometheus' text format, without a sign-in; default $ROLLCALL_METRICS, else nowhere."`
	Roles        []string      `placeholder:"web,worker" help:"What this process does: web, worker; default both."`
	Clock        string        `placeholder:"TIME" help:"RFC 3339 time, or \"follow\" for the simulator's clock; only with a simulator."`
	Lease        time.Duration `hidden:""`
	Silence      time.Duration `hidden:""` // of the process that works the queue, until another takes over
	Every        time.Duration `hidden:""` // between two looks at the schedules while a simulator's clock is followed
	output
}

// serveView says where the server is.
type serveView struct {
	URL     string `json:"url"` // "" without pages
	Metrics string `json:"metrics,omitempty"`
}

// Run serves until interrupted.
func (c *serveCmd) Run(a *app) (err error) {
	address := c.fromEnv(a)
	if err := c.check(); err != nil {
		return err
	}
	o, err := c.options(a)
	if err != nil {
		return err
	}
	o.Reachable = o.Pages && !loopback(address)
	a.noteMissing(o.File)
	s, err := server.New(a.ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	v := serveView{}
	if c.Metrics != "" {
		l, err := listen(a.ctx, "--metrics", c.Metrics)
		if err != nil {
			return fmt.Errorf("serve metrics: %w", err)
		}
		v.Metrics = "http://" + l.Addr().String() + "/metrics"
		s.ServeMetrics(l)
	}
	if !o.Pages {
		return c.work(a, s, v)
	}
	l, err := listen(a.ctx, "--listen", address)
	if err != nil {
		return err
	}
	if err := s.Start(a.ctx, l.Addr()); err != nil {
		return errors.Join(err, l.Close())
	}
	v.URL = cmp.Or(c.URL, "http://"+l.Addr().String())
	err = a.print(c.Output, v, func(p *text.Page) {
		p.Linef("%s", p.Paint(text.Bold, "Rollcall serves at "+v.URL))
		if s.SetupCode != "" {
			p.Linef("  Set-up code for the first owner: %s", s.SetupCode)
		}
		p.Linef("Press Ctrl-C to stop.")
	})
	if err != nil {
		return errors.Join(err, l.Close())
	}
	return s.Serve(a.ctx, l)
}

// work makes automatic runs until interrupted, and serves nothing.
func (c *serveCmd) work(a *app, s *server.Server, v serveView) error {
	if err := s.Start(a.ctx, nil); err != nil {
		return err
	}
	if err := a.print(c.Output, v, func(p *text.Page) {
		p.Linef("%s", p.Paint(text.Bold, "Rollcall makes automatic runs"))
		p.Linef("Press Ctrl-C to stop.")
	}); err != nil {
		return err
	}
	<-a.ctx.Done()
	return nil
}

// noteMissing says which connections of the file have no key yet, and which are enabled and do not run by themselves
// all the same; the server starts, and shows it.
func (a *app) noteMissing(file policy.File) {
	for i := range file.Connections {
		c := &file.Connections[i]
		if _, err := a.apiKey(c); err != nil {
			a.note("rollcall: %v", err)
		}
		if err := c.MayRunAlone(); c.Enabled && err != nil {
			a.note("rollcall: the schedule of %s is not started: %v", c.Name, err)
		}
	}
}

// options are what flags, environment and file say.
func (c *serveCmd) options(a *app) (server.Options, error) {
	file, err := config.Load(c.Config, a.environment())
	if err != nil {
		return server.Options{}, err
	}
	dir, err := a.dataDir(&settings{Data: c.Data, DatabaseURL: c.DatabaseURL})
	if err != nil {
		return server.Options{}, err
	}
	look := cmp.Or(c.Every, time.Second) // a clock that is followed may jump at any moment
	said := cmp.Or(c.Clock, file.Clock)
	runs, err := clock.OfServer(a.ctx, said, c.BambooHRURL, file.Connections, a.now, look/5)
	if err != nil {
		return server.Options{}, err
	}
	o := a.serverOptions(file.File, dir, runs)
	o.Simulator, o.Lease, o.Silence = c.BambooHRURL, cmp.Or(c.Lease, leaseFor), c.Silence
	o.Pages, o.Worker = c.does("web"), c.does("worker")
	if said == clock.Follow {
		o.Every = look
	}
	if o.Proxies, err = c.proxies(file.Network); err != nil {
		return o, err
	}
	if o.Private, err = c.allowed(file.Network); err != nil || c.URL == "" {
		return o, err
	}
	if o.URL, err = url.Parse(c.URL); err != nil {
		return o, problem.Usage("--url: %v", err)
	}
	return o, nil
}

// serverOptions are those that every server of this process has.
func (a *app) serverOptions(file policy.File, dir string, runs clock.Clock) server.Options {
	return server.Options{Organisation: organisation, Dir: dir, File: file, Key: a.apiKey, Version: buildVersion().Version, NewID: newID, Log: a.err,
		Now: a.now, RunNow: runs.Now, RunSleep: runs.Sleep, Lease: leaseFor}
}

// does tells whether the process has a role.
func (c *serveCmd) does(role string) bool { return len(c.Roles) == 0 || slices.Contains(c.Roles, role) }

func (c *serveCmd) fromEnv(a *app) string {
	address, _ := a.lookupEnv(config.ListenVariable)
	if metrics, ok := a.lookupEnv(config.MetricsVariable); ok && c.Metrics == "" {
		c.Metrics = metrics
	}
	if external, ok := a.lookupEnv(config.URLVariable); ok && c.URL == "" {
		c.URL = external
	}
	return cmp.Or(c.Listen, address, "127.0.0.1:8080")
}

func (c *serveCmd) check() error {
	if c.Lease != 0 && c.Lease < time.Second {
		return problem.Usage("--lease %s is too short; give at least 1s", c.Lease)
	}
	if c.Silence != 0 && c.Silence < time.Second {
		return problem.Usage("--silence %s is too short; give at least 1s", c.Silence)
	}
	if c.Every != 0 && c.Every < 10*time.Millisecond {
		return problem.Usage("--every %s is too short; give at least 10ms", c.Every)
	}
	for _, r := range c.Roles {
		if !slices.Contains([]string{"web", "worker"}, r) {
			return problem.Usage("--roles knows web and worker, not %q", r)
		}
	}
	for _, given := range [][2]string{{"--url, or " + config.URLVariable + ",", c.URL}, {"--bamboohr-url", c.BambooHRURL}} {
		name, text := given[0], given[1]
		if text == "" {
			continue
		}
		u, err := url.Parse(text)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || strings.Trim(u.Path, "/") != "" || u.User != nil {
			return problem.Usage("%s %q is no address such as https://rollcall.acme.test", name, text)
		}
	}
	return nil
}

// loopback reports an address to listen on that only this machine reaches.
func loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	at, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && at.IsLoopback()
}
