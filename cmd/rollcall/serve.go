package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/config"
	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/problem"
	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/simcontrol"
	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/text"
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
	if err := c.check(); err != nil {
		return err
	}
	address := c.fromEnv(a)
	file, err := config.Load(c.Config, a.lookupEnv)
	if err != nil {
		return err
	}
	dir, err := a.dataDir(&settings{Data: c.Data, DatabaseURL: c.DatabaseURL})
	if err != nil {
		return err
	}
	look := cmp.Or(c.Every, time.Second) // a clock that is followed may jump at any moment
	clock, err := a.serverClock(file, c.BambooHRURL, c.Clock, look/5)
	if err != nil {
		return err
	}
	o := serverOptions{dir: dir, clock: clock, file: file, external: c.URL, simulator: c.BambooHRURL, lease: c.Lease, silence: c.Silence, worker: c.does("worker"), metrics: c.Metrics}
	if o.proxies, err = c.proxies(file.Network); err != nil {
		return err
	}
	if o.private, err = c.allowed(file.Network); err != nil {
		return err
	}
	if cmp.Or(c.Clock, file.Clock) == "follow" {
		o.every = look
	}
	if !c.does("web") {
		return c.work(a, o)
	}
	o.pages, o.reachable = true, !loopback(address)
	s, err := a.newServer(o)
	if err != nil {
		return err
	}
	defer s.done(&err)
	l, err := listen(a.ctx, address)
	if err != nil {
		return err
	}
	if c.URL == "" {
		s.base.Host = l.Addr().String()
	}
	if err := s.startTalking(a.ctx, o.worker); err != nil {
		return errors.Join(err, l.Close())
	}
	v := serveView{URL: cmp.Or(c.URL, "http://"+l.Addr().String()), Metrics: s.metricsURL}
	err = a.print(c.Output, v, func(p *text.Page) {
		p.Linef("%s", p.Paint(text.Bold, "Rollcall serves at "+v.URL))
		if s.setupCode != "" {
			p.Linef("  Set-up code for the first owner: %s", s.setupCode)
		}
		p.Linef("Press Ctrl-C to stop.")
	})
	if err != nil {
		return errors.Join(err, l.Close())
	}
	return s.serve(a.ctx, l)
}

// work makes automatic runs until interrupted, and serves nothing.
func (c *serveCmd) work(a *app, o serverOptions) (err error) {
	s, err := a.newServer(o)
	if err != nil {
		return err
	}
	defer s.done(&err)
	if err := s.startTalking(a.ctx, o.worker); err != nil {
		return err
	}
	if err := a.print(c.Output, serveView{Metrics: s.metricsURL}, func(p *text.Page) {
		p.Linef("%s", p.Paint(text.Bold, "Rollcall makes automatic runs"))
		p.Linef("Press Ctrl-C to stop.")
	}); err != nil {
		return err
	}
	<-a.ctx.Done()
	return nil
}

// does tells whether the process has a role.
func (c *serveCmd) does(role string) bool { return len(c.Roles) == 0 || slices.Contains(c.Roles, role) }

func (c *serveCmd) fromEnv(a *app) string {
	address, _ := a.lookupEnv("ROLLCALL_LISTEN")
	if metrics, ok := a.lookupEnv("ROLLCALL_METRICS"); ok && c.Metrics == "" {
		c.Metrics = metrics
	}
	if external, ok := a.lookupEnv("ROLLCALL_URL"); ok && c.URL == "" {
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
	for name, text := range map[string]string{"--url": c.URL, "--bamboohr-url": c.BambooHRURL} {
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

// serverClock is the time that runs work with; a simulator's is asked for every so often. Who may sign in is always
// decided by the real time.
func (a *app) serverClock(file *config.Loaded, simulator, flag string, every time.Duration) (clock, error) {
	text := cmp.Or(flag, file.Clock)
	if text == "" {
		return clock{now: a.now}, nil
	}
	base, company := simulator, ""
	for i := range file.Connections {
		c := &file.Connections[i]
		if c.BambooHR.BaseURL == "" {
			return clock{}, problem.Usage("--clock works only with a simulator; connection %q has no bamboohr.base_url", c.Name)
		}
		base, company = cmp.Or(base, c.BambooHR.BaseURL), cmp.Or(company, c.BambooHR.Subdomain)
	}
	if base == "" {
		return clock{}, problem.Usage("--clock works only with a simulator; name one with --bamboohr-url, or connections with bamboohr.base_url in the file")
	}
	if text != "follow" {
		t, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return clock{}, problem.Usage("--clock %q is neither \"follow\" nor an RFC 3339 time such as 2026-11-21T12:00:00Z", text)
		}
		return standsAt(t), nil
	}
	sim, err := simcontrol.New(base, company)
	if err != nil {
		return clock{}, err
	}
	return keepUp(a.ctx, sim, a.now, every)
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

// serve answers until the context ends, then lets requests and runs come to a clean end.
func (s *server) serve(ctx context.Context, l net.Listener) error {
	h := newHTTPServer(s.answers.counted(s.app), s.log)
	failed := make(chan error, 1)
	go func() { failed <- h.Serve(limited(l)) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serve on %s: %w", l.Addr(), err)
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := h.Shutdown(stop); err != nil {
		return h.Close()
	}
	return nil
}
