package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/bamboosim"
	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/clock"
	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/config"
	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/problem"
	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/simcontrol"
	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/story"
	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/text"
	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/server"
	"github.com/rollcall-hr/rollcall/policy"
)

type demoCmd struct {
	Listen    string `placeholder:"ADDR" help:"Address to serve on; default 127.0.0.1:8080, or a free port when that is taken."`
	Employees int    `placeholder:"N" default:"250" help:"Size of the invented company, 10 to 1000000; default ${default}."`
	Seed      uint64 `placeholder:"S" default:"1" help:"The same seed and size invent the same people; default ${default}."`
	Data      string `placeholder:"DIR" help:"Data folder to make and keep; default a temporary one, gone at the end."`
	Story     bool   `help:"Tell the story on the terminal instead: first sync, a disaster that the guard stops, an ordinary day, an undo."`
	output
}

// demoView says where everything is and how to get in.
type demoView struct {
	URL      string `json:"url"`
	Email    string `json:"email"`
	Password string `json:"password"`
	SimURL   string `json:"sim_url"`
	Data     string `json:"data"`
	APIToken string `json:"api_token"`
}

// Run serves the simulator and the web application on an invented company until interrupted.
func (c *demoCmd) Run(a *app) (err error) {
	company, err := bamboosim.Generate(bamboosim.GenerateOptions{Employees: c.Employees, Seed: c.Seed, Today: a.now().UTC().Format(time.DateOnly)})
	if err != nil {
		return err
	}
	handler, err := bamboosim.New(company)
	if err != nil {
		return err
	}
	dir, clean, err := c.folder()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, clean()) }()
	sim, err := listen(a.ctx, "--listen", "127.0.0.1:0")
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(a.ctx)
	served := make(chan error, 1)
	go func() { served <- serve(ctx, sim, handler) }()
	defer func() {
		stop()
		err = errors.Join(err, <-served)
	}()
	base := "http://" + sim.Addr().String()
	if c.Story {
		return c.tell(a, company, dir, base)
	}
	return c.web(a, company, dir, base)
}

func (c *demoCmd) listen(ctx context.Context) (net.Listener, error) {
	if c.Listen != "" {
		return listen(ctx, "--listen", c.Listen)
	}
	l, err := listen(ctx, "--listen", "127.0.0.1:8080")
	if err != nil {
		return listen(ctx, "--listen", "127.0.0.1:0")
	}
	return l, nil
}

// folder makes the data folder and says how to clean up.
func (c *demoCmd) folder() (string, func() error, error) {
	if c.Data == "" {
		dir, err := os.MkdirTemp("", "rollcall-demo-")
		return dir, func() error { return os.RemoveAll(dir) }, err
	}
	if entries, err := os.ReadDir(c.Data); err == nil && len(entries) > 0 {
		return "", nil, problem.Usage("%s is not empty; the demo makes its own data folder", c.Data)
	}
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return "", nil, fmt.Errorf("make the data folder: %w", err)
	}
	dir, err := filepath.Abs(c.Data)
	return dir, func() error { return nil }, err
}

// tell shows the story; on a terminal the simulator goes on until interrupted.
func (c *demoCmd) tell(a *app, company bamboosim.Company, dir, base string) (err error) {
	x, err := openDemo(a, company, dir, base)
	if err != nil {
		return err
	}
	defer x.done(&err)
	sim, err := simcontrol.New(base, company.Subdomain)
	if err != nil {
		return err
	}
	p := a.page()
	told := &story.Story{Engine: x.Engine, People: x.people, Sim: sim, Page: p, Unhurried: a.outTerminal}
	if err := told.Tell(a.ctx); err != nil {
		if a.ctx.Err() != nil {
			return nil // interrupted by whoever watched
		}
		return err
	}
	if !a.outTerminal {
		return p.Flush()
	}
	goOn(p, dir, base)
	if err := p.Flush(); err != nil {
		return err
	}
	<-a.ctx.Done()
	return nil
}

// goOn prints commands to copy.
func goOn(p *text.Page, dir, base string) {
	p.Linef("")
	p.Linef("%s", p.Paint(text.Bold, "Go on by yourself; the simulator runs until you press Ctrl-C. In another terminal:"))
	p.Linef("  export ROLLCALL_DATA=%s ROLLCALL_CONFIG=%s/%s", dir, dir, config.DefaultFile)
	p.Linef("  export BAMBOOHR_API_KEY=%s", bamboosim.DefaultKey)
	p.Linef("  rollcall people")
	p.Linef("  rollcall runs")
	p.Linef("  rollcall check")
	p.Linef("  curl -X PUT %s/_sim/employees/5 -d '{\"city\":\"Utrecht\"}'; rollcall plan", base)
}

// demoEmail signs in to every demo.
const demoEmail = "owner@rollcall.test"

// web serves the application with a connection to the simulator and a first preview.
func (c *demoCmd) web(a *app, company bamboosim.Company, dir, base string) (err error) {
	sim, err := simcontrol.New(base, company.Subdomain)
	if err != nil {
		return err
	}
	// Webhooks are signed with its time.
	if err := sim.Do(a.ctx, http.MethodPost, "/clock", simcontrol.Clock{Now: a.now().UTC(), Running: true}, nil); err != nil {
		return err
	}
	o := a.serverOptions(policy.File{}, dir, clock.Clock{Now: a.now})
	o.Simulator, o.Pages, o.Worker, o.Demo = base, true, true, true
	s, err := server.New(a.ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	l, err := c.listen(a.ctx)
	if err != nil {
		return err
	}
	if err := s.Start(a.ctx, l.Addr()); err != nil {
		return errors.Join(err, l.Close())
	}
	v := demoView{URL: "http://" + l.Addr().String(), Email: demoEmail, Password: "demo-" + strings.ToLower(rand.Text()[:10]), SimURL: base, Data: dir}
	var id string
	if id, v.APIToken, err = furnish(a.ctx, s, v, company); err != nil {
		return errors.Join(err, l.Close())
	}
	if err := a.print(c.Output, v, func(p *text.Page) {
		p.Linef("%s", p.Paint(text.Bold, "Rollcall is ready: "+v.URL))
		p.Linef("  sign in as  %s", v.Email)
		p.Linef("  password    %s", v.Password)
		p.Linef("")
		p.Linef("A company of %s is connected and previewed; nothing was written yet. Open the preview and press Apply:", text.Count(c.Employees, "invented employee", "invented employees"))
		p.Linef("  %s/connections/%s/preview", v.URL, id)
		p.Linef("  BambooHR is simulated at %s  (change people there: %s/_sim/)", base, base)
		p.Linef("  API token   %s", v.APIToken)
		p.Linef("Press Ctrl-C to stop%s.", map[bool]string{true: "; everything is gone then", false: ""}[c.Data == ""])
	}); err != nil {
		return errors.Join(err, l.Close())
	}
	return s.Serve(a.ctx, l)
}

// furnish makes the owner, a token, the connection and its first preview; id is the connection's.
func furnish(ctx context.Context, s *server.Server, v demoView, company bamboosim.Company) (id, token string, err error) {
	operator := account.Operator("demo")
	owner, _, err := s.Accounts.CreateOwnerByOperator(ctx, operator, account.Owner{Email: v.Email, Name: "Olga Owner", Password: v.Password})
	if err != nil {
		return "", "", err
	}
	if err := s.Accounts.SetOrganisationName(ctx, operator, company.Name); err != nil {
		return "", "", err
	}
	_, token, err = s.Accounts.CreateToken(ctx, operator, account.NewToken{Name: "demo", Role: directory.RoleOwner})
	if err != nil {
		return "", "", err
	}
	d, err := s.Connections.Create(ctx, owner, connection.NewConnection{Name: company.Name, Subdomain: company.Subdomain, Key: bamboosim.DefaultKey,
		Settings: []byte(`{"lifecycle": {"initial": "active"}}`)})
	if err != nil {
		return "", "", err
	}
	if _, err := s.Connections.Check(ctx, owner, d.ID); err != nil {
		return "", "", err
	}
	job, err := s.Connections.Preview(ctx, owner, d.ID, connection.PreviewRequest{})
	if err != nil {
		return "", "", err
	}
	job, err = s.Connections.Wait(ctx, job.ID)
	return d.ID, token, errors.Join(err, job.Err)
}

// openDemo writes the demo's configuration into the data folder and opens it.
func openDemo(a *app, company bamboosim.Company, dir, base string) (*session, error) {
	text := fmt.Sprintf(`# Made by rollcall demo: a simulated BambooHR, nothing real.
connection:
  name: %s
  bamboohr: { subdomain: %s, base_url: %q }
  lifecycle: { initial: active }
`, company.Name, company.Subdomain, base)
	path := filepath.Join(dir, config.DefaultFile)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return nil, fmt.Errorf("write the demo's configuration: %w", err)
	}
	file, faults := policy.ParseFile([]byte(text), nil)
	if len(faults) > 0 {
		return nil, &problem.Faults{Path: path, What: "configuration", List: faults}
	}
	x, err := a.build(&config.Loaded{File: file, Path: path}, &file.Connections[0], dir, a.now)
	if err != nil {
		return nil, err
	}
	if err := x.connect(bamboosim.DefaultKey); err != nil {
		return nil, errors.Join(err, x.close())
	}
	return x, nil
}
